//! What poll tells.

use super::{ONLY_WAITS, PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "poll-tells-readiness",
        statement: "poll() tells what a call would find now.",
        calls: &["poll"],
        wire: "Nothing: poll() sends nothing and consumes nothing. What made the socket ready came before.",
        linux: "tcp_poll(): EPOLLIN where the queue holds more than an urgent byte, or RCV_SHUTDOWN is set; EPOLLRDHUP where RCV_SHUTDOWN is, by the peer's FIN or by this side's shutdown; EPOLLPRI while an urgent byte is valid; EPOLLOUT where __sk_stream_is_writeable() finds room or SEND_SHUTDOWN is set, but not in TCP_SYN_SENT; EPOLLHUP where both are set or the state is TCP_CLOSE; EPOLLERR while an error is pending.",
        misconception: "POLLHUP comes with the peer's FIN, or POLLIN means that there is data.",
        lessons: &["poll-through-fin-and-reset", "poll-hang-up-without-error", "send-buffer-full"],
        ..PLAIN
    },
    Rule {
        id: "poll-waits",
        statement: "poll() waits until something that was asked for is ready.",
        calls: &["poll"],
        linux: "tcp_poll() has nothing to tell yet.",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "poll-timeout-gives-0",
        statement: "poll() returns 0 when its time has passed.",
        sentence: "nothing that was asked for became ready in time.",
        notable: true,
        calls: &["poll"],
        wire: "Silence.",
        lessons: &["backlog-full", "keep-alive-answered"],
        ..PLAIN
    },
    Rule {
        id: "poll-of-a-closed-descriptor",
        statement: "poll() on a closed descriptor returns POLLNVAL, also where it was closed while poll() slept and something has woken it since.",
        sentence: "{close} had closed the descriptor: poll says POLLNVAL.",
        wire: "Nothing.",
        calls: &["poll"],
        linux: "do_pollfd() looks the descriptor up, and do_poll() calls it again after each wait.",
        notable: true,
        lessons: &["epoll-forgets-a-closed-socket"],
        ..PLAIN
    },
    Rule {
        id: "poll-tells-no-room",
        statement: "poll() does not tell POLLOUT while the send buffer is full.",
        calls: &["poll"],
        linux: "tcp_poll() asks __sk_stream_is_writeable(), which wants at least half as much room as is taken.",
        misconception: "POLLOUT comes as soon as one byte is free.",
        lessons: &["send-buffer-full"],
        ..PLAIN
    },
    Rule {
        id: "poll-tells-the-pending-error",
        statement: "After an RST poll() tells POLLERR while the error is pending, and POLLHUP because both directions are over.",
        sentence: "the RST {rst} ended both directions (POLLIN, POLLOUT, POLLRDHUP, POLLHUP), and its error is still pending \
                   (POLLERR): whoever asks first takes it.",
        notable: true,
        calls: &["poll"],
        wire: "An RST from the peer; poll() itself sends nothing.",
        linux: "tcp_poll() reads sk_err, sk_shutdown and the state.",
        misconception: "POLLERR and POLLHUP come only to who asks for them.",
        lessons: &["poll-through-a-plain-reset", "so-error-hides-a-reset", "abort-before-accept"],
        ..PLAIN
    },
    Rule {
        id: "poll-after-the-error-was-taken",
        statement: "Once the error has been reported POLLERR goes; POLLHUP stays.",
        sentence: "{rst} ended both directions, so POLLHUP stays; its error was reported before, so POLLERR is gone.",
        notable: true,
        calls: &["poll"],
        wire: "Nothing new: the RST is long past.",
        linux: "tcp_poll() reads sk_err, which sock_error() has cleared.",
        misconception: "POLLERR stays on a socket that was reset.",
        lessons: &["poll-through-a-plain-reset", "so-error-hides-a-reset"],
        ..PLAIN
    },
    Rule {
        id: "poll-after-fin",
        statement: "After the peer's FIN poll() tells POLLIN and POLLRDHUP, and still POLLOUT: not POLLHUP.",
        sentence: "the FIN {fin} ended one direction: POLLIN because a read would return 0, POLLRDHUP because the peer will send no \
                   more. POLLHUP would need both directions to be over.",
        notable: true,
        calls: &["poll"],
        wire: "A FIN from the peer, and none from this side.",
        linux: "tcp_poll() tells POLLHUP only when sk_shutdown has both bits or the state is TCP_CLOSE.",
        misconception: "POLLHUP says that the peer has closed.",
        lessons: &["poll-wakes-for-a-fin", "poll-through-fin-and-reset"],
        ..PLAIN
    },
    Rule {
        id: "poll-after-both-directions-ended",
        statement: "When this side's FIN is sent and the peer's has come, poll() tells POLLHUP without POLLERR.",
        sentence: "the FIN {fin} came, and this side has ended its own direction: POLLHUP, but no POLLERR, for nothing went wrong.",
        notable: true,
        calls: &["poll"],
        wire: "A FIN in each direction.",
        linux: "tcp_poll() tells POLLHUP when sk_shutdown has both bits.",
        misconception: "POLLHUP means that something went wrong.",
        lessons: &["poll-hang-up-without-error"],
        ..PLAIN
    },
    Rule {
        id: "poll-tells-that-connect-is-done",
        statement: "After a non-blocking connect poll() tells POLLOUT when the handshake is complete.",
        sentence: "the SYN-ACK {syn_ack} completed the handshake that connect had begun: POLLOUT.",
        notable: true,
        calls: &["poll"],
        wire: "The SYN-ACK came before.",
        linux: "tcp_poll() tells POLLOUT in TCP_ESTABLISHED, not in TCP_SYN_SENT.",
        misconception: "Writable means connected.",
        lessons: &["nonblocking-connect"],
        ..PLAIN
    },
];
