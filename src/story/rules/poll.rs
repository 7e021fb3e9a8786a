//! What poll tells.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "poll-tells-readiness",
        statement: "poll() tells what a call would find now.",
        calls: &["poll"],
        wire: "Nothing: poll() sends nothing and consumes nothing. What made the socket ready came before.",
        linux: "tcp_poll(): EPOLLHUP where both directions are shut down or the state is TCP_CLOSE, EPOLLRDHUP after the peer's FIN, EPOLLERR while an error is pending.",
        misconception: "POLLHUP comes with the peer's FIN, or POLLIN means that there is data.",
        ..PLAIN
    },
    Rule {
        id: "poll-waits",
        statement: "poll() waits until something that was asked for is ready.",
        calls: &["poll"],
        linux: "tcp_poll() has nothing to tell yet.",
        ..PLAIN
    },
    Rule {
        id: "poll-timeout-gives-0",
        statement: "poll() returns 0 when its time has passed.",
        sentence: "nothing that was asked for became ready in time.",
        notable: true,
        calls: &["poll"],
        wire: "Silence.",
        ..PLAIN
    },
    Rule {
        id: "poll-of-a-closed-descriptor",
        statement: "poll() on a closed descriptor returns POLLNVAL.",
        sentence: "{close} had closed the descriptor: poll says POLLNVAL.",
        wire: "Nothing.",
        calls: &["poll"],
        notable: true,
        ..PLAIN
    },
    Rule {
        id: "poll-tells-no-room",
        statement: "poll() does not tell POLLOUT while the send buffer is full.",
        calls: &["poll"],
        linux: "tcp_poll().",
        ..PLAIN
    },
];
