//! What write and send return, and SIGPIPE.

use super::{PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "write-copies-to-the-send-buffer",
        statement: "write() returns when the bytes are in the kernel's send buffer; it says nothing about the peer.",
        calls: &["write", "send"],
        wire: "The data follows when the windows allow; often inside the call, always without waiting for the ACK.",
        rfc: "RFC 9293 3.10.2: SEND segmentizes the buffer and sends it.",
        linux: "tcp_sendmsg_locked() copies into the write queue and pushes.",
        misconception: "A write that succeeds has reached the peer.",
        lessons: &["broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "write-in-close-wait-succeeds",
        statement: "A write after the peer's FIN succeeds: the FIN only says that the peer sends no more.",
        sentence: "the FIN {fin} says only that the peer will send no more; whether it still reads cannot be known here, so the bytes are taken and sent.",
        notable: true,
        calls: &["write", "send"],
        wire: "FIN from the peer, then DATA to it. What the peer answers decides: an ACK (it still reads) or an RST (it does not).",
        rfc: "RFC 9293 3.10.2: SEND in CLOSE-WAIT sends; section 3.6.1: a half-closed connection carries data in the open direction.",
        linux: "tcp_sendmsg_locked() accepts data in TCP_ESTABLISHED and TCP_CLOSE_WAIT alike.",
        misconception: "The first write after the peer closed fails.",
        lessons: &["broken-pipe", "half-close"],
        ..PLAIN
    },
    Rule {
        id: "rst-in-close-wait-sets-epipe",
        statement: "An RST that arrives in CLOSE_WAIT sets the pending error to EPIPE, and the next write reports it.",
        sentence: "the RST {rst} arrived in {state}; Linux then sets the pending error to {errno} (RFC 9293 3.10.7.4 says only \"connection reset\"), and {of} takes it. Later writes fail with EPIPE as well: sending is over.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        wire: "FIN from the peer; DATA to it; RST from the peer. The write after that fails and sends nothing.",
        rfc: "RFC 9293 3.10.7.4: users receive a \"connection reset\" signal in CLOSE-WAIT as in ESTABLISHED.",
        linux: "tcp_reset() sets sk_err to EPIPE in TCP_CLOSE_WAIT; sk_stream_error() reports it.",
        differs: true,
        misconception: "The write after the RST gives \"connection reset by peer\".",
        lessons: &["broken-pipe", "server-crash", "broken-pipe-server-side"],
        ..PLAIN
    },
    Rule {
        id: "rst-sets-econnreset-write",
        statement: "An RST that arrives without a FIN before it makes the next write fail with ECONNRESET, once and without SIGPIPE.",
        sentence: "the RST {rst} arrived in {state}, with no FIN before it: Linux sets the pending error to {errno}, and {of} is the first to ask and takes it. SIGPIPE comes with EPIPE only.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::ECONNRESET),
        wire: "An RST from the peer, and no FIN from the peer before it. The write that fails sends nothing.",
        rfc: "RFC 9293 3.10.7.4: outstanding SENDs get \"reset\" responses and users a \"connection reset\" signal.",
        linux: "tcp_reset() sets sk_err to ECONNRESET; sk_stream_error() sends SIGPIPE for EPIPE alone.",
        misconception: "A write to a reset connection gives \"broken pipe\".",
        lessons: &["connection-reset-on-write", "server-crash-unread"],
        ..PLAIN
    },
    Rule {
        id: "write-after-reported-error-gives-epipe",
        statement: "Once the error has been reported, every write fails with EPIPE.",
        sentence: "the connection was over since {rst} and its error had been reported before; every further write fails with {errno}.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        wire: "Nothing new: an RST long ago, and an earlier call that reported its error.",
        rfc: "RFC 9293 3.10.2: SEND where no connection exists any more is answered with \"error: connection does not exist\".",
        linux: "tcp_sendmsg_locked() finds SEND_SHUTDOWN; sk_stream_error(): with sk_err cleared, EPIPE is left.",
        misconception: "A reset connection goes on returning ECONNRESET.",
        lessons: &["connection-reset-on-write", "server-crash-unread"],
        ..PLAIN
    },
    Rule {
        id: "own-shutdown-write-gives-epipe",
        statement: "A write after one's own shutdown(SHUT_WR) fails with EPIPE; nothing is sent.",
        sentence: "{shutdown} closed the writing direction of this very socket: {errno} comes from this side, and nothing is sent.",
        notable: true,
        calls: &["write", "send", "shutdown"],
        errno: Some(Errno::EPIPE),
        wire: "A FIN from this side, and no RST from the peer.",
        rfc: "RFC 9293 3.10.2: SEND after CLOSE is answered with \"error: connection closing\".",
        linux: "tcp_sendmsg_locked(): sk_stream_wait_connect() finds a state that cannot send; or the test of SEND_SHUTDOWN does.",
        misconception: "EPIPE always means that the peer has gone.",
        ..PLAIN
    },
    Rule {
        id: "own-rst-sets-econnreset",
        statement: "Data that arrives after shutdown(SHUT_RDWR) resets the connection at both ends: the end that sends the RST has ECONNRESET pending too.",
        sentence: "{data} arrived after {shutdown} had closed both directions: this side answered with an RST and reset itself as well, so {of} takes {errno}.",
        notable: true,
        calls: &["read", "recv", "shutdown"],
        errno: Some(Errno::ECONNRESET),
        wire: "FIN from this side, DATA from the peer, RST from this side.",
        rfc: "RFC 9293 3.6.1 (SHLD-3): new data after a close should be answered with an RST.",
        linux: "tcp_rcv_state_process() calls tcp_reset() on its own socket in TCP_FIN_WAIT1 and TCP_FIN_WAIT2 with RCV_SHUTDOWN.",
        misconception: "Only the end that receives the RST sees \"connection reset\".",
        ..PLAIN
    },
    Rule {
        id: "write-needs-a-connection",
        statement: "A write on a socket that was never connected fails with EPIPE.",
        sentence: "the socket was never connected: {errno}, and nothing is sent.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        wire: "Nothing: there is no connection.",
        rfc: "RFC 9293 3.10.2: SEND where no connection exists is answered with \"error: connection does not exist\".",
        linux: "sk_stream_wait_connect() returns EPIPE outside of TCP_SYN_SENT and TCP_SYN_RECV.",
        misconception: "A write without a connection gives ENOTCONN.",
        lessons: &["connect-times-out"],
        ..PLAIN
    },
    Rule {
        id: "write-waits-for-the-connection",
        statement: "A blocking write while connecting waits for the handshake.",
        calls: &["write", "send"],
        rfc: "RFC 9293 3.10.2: SEND in SYN-SENT is queued until the connection is established.",
        linux: "tcp_sendmsg_locked() sleeps in sk_stream_wait_connect(); nothing is queued meanwhile.",
        ..PLAIN
    },
    Rule {
        id: "write-while-connecting-gives-eagain",
        statement: "A non-blocking write while connecting fails with EAGAIN.",
        sentence: "the handshake is not complete and the call must not wait: {errno}.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EAGAIN),
        wire: "The SYN, and no answer yet.",
        rfc: "RFC 9293 3.10.2: SEND in SYN-SENT is queued until the connection is established.",
        linux: "sk_stream_wait_connect() returns EAGAIN where it must not wait.",
        differs: true,
        ..PLAIN
    },
    Rule {
        id: "write-waits-for-room",
        statement: "A blocking write waits while the send buffer has no room.",
        calls: &["write", "send"],
        linux: "sk_stream_wait_memory().",
        ..PLAIN
    },
    Rule {
        id: "full-send-buffer-gives-eagain",
        statement: "A write that must not block fails with EAGAIN while the send buffer is full.",
        sentence: "the send buffer was full and the call must not wait: {errno}. The connection is healthy.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EAGAIN),
        wire: "Data that is not yet acknowledged, often a zero window from the peer.",
        rfc: "RFC 9293 3.10.2: SEND without space is answered with \"error: insufficient resources\".",
        linux: "tcp_sendmsg_locked(): sk_stream_wait_memory() returns EAGAIN where it must not wait.",
        misconception: "EAGAIN on a write means that bytes are lost.",
        lessons: &["user-timeout-at-zero-window"],
        ..PLAIN
    },
    Rule {
        id: "blocked-write-may-be-cut-short",
        statement: "A write that was blocked may return having taken only a part.",
        calls: &["write", "send"],
        wire: "Data up to the cut; then what ended the wait (an RST, say). The error itself stays for the next call.",
        linux: "tcp_sendmsg_locked() returns what it has copied before it looks at the error.",
        misconception: "A blocking write takes all or fails.",
        ..PLAIN
    },
    Rule {
        id: "empty-sendfile-sends-nothing",
        statement: "sendfile() of an empty file returns 0 without asking the socket, whatever has become of its connection.",
        calls: &["sendfile"],
        ..PLAIN
    },
    Rule {
        id: "sendfile-swallows-the-error",
        statement: "A sendfile() that an RST cuts short returns the count so far and takes the pending error with it: the next write gets EPIPE, and nobody sees ECONNRESET.",
        sentence: "{rst} ended the connection after a part had been sent: the count is returned, and the error is lost inside the call.",
        notable: true,
        calls: &["sendfile"],
        wire: "DATA, then an RST from the peer.",
        linux: "splice_to_socket() sends until an error comes, and returns the count where there is one.",
        misconception: "A reset is reported to somebody, once.",
        ..PLAIN
    },
    Rule {
        id: "send-timeout-gives-eagain",
        statement: "A write whose SO_SNDTIMEO passes with nothing taken fails with EAGAIN.",
        sentence: "the send buffer stayed full for SO_SNDTIMEO: {errno}.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EAGAIN),
        wire: "Data that stays unacknowledged, or a zero window that does not open.",
        linux: "tcp_sendmsg_locked(): sk_stream_wait_memory() came back with no time left.",
        misconception: "A send timeout is ETIMEDOUT.",
        ..PLAIN
    },
    Rule {
        id: "sigpipe-comes-with-epipe",
        statement: "A write that fails with EPIPE also raises SIGPIPE, unless it is ignored or MSG_NOSIGNAL is given.",
        sentence: "{signal} comes with {errno} from {call}; a handler caught it, by default it ends the process.",
        calls: &["write", "send"],
        wire: "Nothing of its own: the same segments as EPIPE.",
        linux: "sk_stream_error() sends SIGPIPE to the caller with EPIPE, unless MSG_NOSIGNAL is set.",
        misconception: "SIGPIPE comes with every write to a dead connection.",
        lessons: &["broken-pipe", "server-crash"],
        ..PLAIN
    },
    Rule {
        id: "sigpipe-default-ends-the-process",
        statement: "With the default disposition SIGPIPE ends the process inside the write, before any errno is returned.",
        sentence: "{signal} was raised inside {by}; its default action ends the process, which never sees the errno.",
        notable: true,
        calls: &["write", "send"],
        wire: "The same segments as EPIPE; then what the kernel sends as it closes the other sockets of the process.",
        linux: "sk_stream_error() sends SIGPIPE with EPIPE; its default action is to terminate (signal(7)).",
        misconception: "The program can look at errno and go on.",
        lessons: &["sigpipe-kills"],
        ..PLAIN
    },
    Rule {
        id: "write-on-a-listener-gives-epipe",
        statement: "A write on a listening socket fails with EPIPE.",
        sentence: "the socket listens and is no connection: {errno}, and nothing is sent.",
        notable: true,
        wire: "Nothing.",
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        linux: "sk_stream_wait_connect() answers -EPIPE in TCP_LISTEN.",
        ..PLAIN
    },
];
