//! What poll tells.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "poll-tells-readiness",
        statement: "poll() tells what a call would find now.",
        linux: "tcp_poll().",
        ..PLAIN
    },
    Rule {
        id: "poll-waits",
        statement: "poll() waits until something that was asked for is ready.",
        linux: "tcp_poll().",
        ..PLAIN
    },
    Rule {
        id: "poll-timeout-gives-0",
        statement: "poll() returns 0 when its time has passed.",
        sentence: "nothing that was asked for became ready in time.",
        notable: true,
        ..PLAIN
    },
];
