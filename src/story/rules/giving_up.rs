//! When the kernel gives a connection up.

use super::{PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "no-answer-to-the-syn-gives-etimedout",
        statement: "connect() fails with ETIMEDOUT when no SYN was answered for the time of tcp_syn_retries, by default a little over two minutes.",
        sentence: "nothing has answered {waited}, sent again and again: the kernel gives up, {errno}.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::ETIMEDOUT),
        wire: "The SYN, several times, and no answer: once a second at first (since Linux 6.5), then ever further apart. Nothing is sent at the end.",
        rfc: "RFC 9293 3.8.3: a SYN must be tried for at least three minutes (MUST-23).",
        linux: "tcp_write_timeout() counts the retransmissions of the SYN against tcp_syn_retries and tcp_syn_linear_timeouts, and calls tcp_write_err().",
        differs: true,
        since: "6.5 for the number of SYNs: the first of them are sent one second apart",
        misconception: "ETIMEDOUT means that the server is down.",
        lessons: &["connect-times-out"],
        ..PLAIN
    },
    Rule {
        id: "user-timeout-gives-etimedout",
        statement: "With TCP_USER_TIMEOUT the kernel gives a connection up that makes no progress for that time, even if the peer answers the probes.",
        sentence: "since {waited} the peer's window stayed closed for TCP_USER_TIMEOUT: the kernel gave the connection up, {errno}.",
        notable: true,
        calls: &["write", "send", "read", "recv", "setsockopt"],
        errno: Some(Errno::ETIMEDOUT),
        wire: "Window probes, answered with a window of 0, and then nothing: giving up sends no segment.",
        rfc: "RFC 9293 3.8.6.1: a connection whose peer goes on acknowledging probes must be allowed to stay open (MUST-37); section 3.10.8: the user timeout ends it all the same.",
        linux: "tcp_probe_timer() calls tcp_write_err().",
        since: "5.11, and the stable kernels of that time, for a closed window whose probes are answered",
        misconception: "ETIMEDOUT means that the peer does not answer.",
        lessons: &["user-timeout-at-zero-window"],
        ..PLAIN
    },
    Rule {
        id: "unacknowledged-data-gives-etimedout",
        statement: "Data that is sent again and again and never acknowledged makes the kernel give the connection up: after TCP_USER_TIMEOUT, or without it after the time of tcp_retries2, by default about a quarter of an hour.",
        sentence: "{waited} was the first of several attempts, and nothing has acknowledged the data: the kernel gave the connection up, {errno}.",
        notable: true,
        calls: &["write", "send", "read", "recv", "setsockopt"],
        errno: Some(Errno::ETIMEDOUT),
        wire: "The same data several times, ever further apart, without an acknowledgment, and then nothing: giving up sends no segment.",
        rfc: "RFC 9293 3.8.3: a connection on which the same segment was sent again too often must be closed (MUST-20).",
        linux: "tcp_write_timeout() compares with the time since the first retransmission and calls tcp_write_err().",
        misconception: "A write that succeeded cannot lead to an error any more.",
        unshown: "It needs a path that loses segments, and a sandbox has none.",
        ..PLAIN
    },
    Rule {
        id: "keep-alive-gives-etimedout",
        statement: "When none of the keep-alive probes was answered the kernel gives the connection up: ETIMEDOUT.",
        sentence: "nothing has answered the keep-alive probes up to {waited}: {errno}.",
        notable: true,
        calls: &["read", "recv", "write", "send"],
        errno: Some(Errno::ETIMEDOUT),
        wire: "Unanswered probes, then an RST,ACK from the side that gives up.",
        rfc: "RFC 9293 3.8.4: one unanswered probe must not be taken for a dead connection (MUST-29).",
        linux: "tcp_keepalive_timer() calls tcp_write_err(), which takes what an ICMP message has said, else ETIMEDOUT.",
        misconception: "Keep-alive finds out that the peer's program hangs.",
        lessons: &["keep-alive-gives-up"],
        ..PLAIN
    },
    Rule {
        id: "keep-alive-gives-up-with-rst",
        statement: "The side that gives a connection up because its keep-alive probes stay unanswered sends an RST.",
        sentence: "{probe} stayed unanswered: the kernel gives the connection up and says so, should anybody hear it.",
        notable: true,
        calls: &["setsockopt"],
        wire: "Unanswered probes, then an RST,ACK.",
        linux: "tcp_keepalive_timer() calls tcp_send_active_reset() and tcp_write_err().",
        misconception: "Giving up sends nothing.",
        lessons: &["keep-alive-gives-up"],
        ..PLAIN
    },
    Rule {
        id: "read-after-giving-up-gives-0",
        statement: "Once the error with which the kernel gave up (mostly ETIMEDOUT) has been reported, read returns 0.",
        sentence: "that the kernel gave up after {waited} was reported before, once; what is left looks like end of file.",
        notable: true,
        calls: &["read", "recv"],
        wire: "Nothing new.",
        linux: "tcp_recvmsg_locked(): with sk_err cleared, RCV_SHUTDOWN answers 0.",
        misconception: "A connection that timed out goes on returning ETIMEDOUT.",
        lessons: &["keep-alive-gives-up"],
        ..PLAIN
    },
    Rule {
        id: "write-after-giving-up-gives-epipe",
        statement: "Once the error with which the kernel gave up (mostly ETIMEDOUT) has been reported, every write fails with EPIPE.",
        sentence: "that the kernel gave up after {waited} was reported before; every further write fails with {errno}.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        wire: "Nothing new, and no RST: nobody but this kernel has ended the connection.",
        linux: "sk_stream_wait_connect() finds TCP_CLOSE and no sk_err any more, and answers EPIPE.",
        misconception: "EPIPE always means that the peer has gone.",
        lessons: &["user-timeout-at-zero-window", "keep-alive-gives-up"],
        ..PLAIN
    },
    Rule {
        id: "so-error-tells-that-the-kernel-gave-up",
        statement: "SO_ERROR returns ETIMEDOUT after the kernel gave the connection up, and clears it.",
        sentence: "SO_ERROR returned that the kernel gave up after {waited}, and cleared it.",
        notable: true,
        calls: &["getsockopt"],
        wire: "Nothing: asking sends nothing.",
        linux: "sk_getsockopt() calls sock_error(), which returns sk_err and sets it to 0.",
        misconception: "SO_ERROR is for connect alone.",
        unshown: "`keep-alive-gives-up` and `user-timeout-at-zero-window` let a read and a write take that error.",
        ..PLAIN
    },
    Rule {
        id: "poll-tells-that-the-kernel-gave-up",
        statement: "When the kernel gives a connection up poll() tells POLLHUP, and POLLERR until the error is reported.",
        sentence: "the kernel gave the connection up after {waited}: both directions are over (POLLHUP); POLLERR stays until somebody is told.",
        notable: true,
        calls: &["poll"],
        wire: "Nothing comes from the peer.",
        linux: "tcp_write_err() sets sk_err and wakes who waits; tcp_poll() reads it.",
        misconception: "poll() wakes up when the cable is pulled.",
        lessons: &["user-timeout-at-zero-window"],
        ..PLAIN
    },
];
