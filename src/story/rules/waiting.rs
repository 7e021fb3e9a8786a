//! Segments that the kernel could have sent earlier.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "small-segment-waits-for-an-ack",
        statement: "Data that does not fill a segment waits while an earlier small segment is not acknowledged: Nagle's algorithm, unless TCP_NODELAY is set.",
        sentence: "{write} wrote less than a segment while {data} was not acknowledged: Nagle's algorithm held it back, and {ack} let it go.",
        notable: true,
        calls: &["write", "send"],
        wire: "A small segment, nothing for a while, its ACK, and at once another small segment.",
        rfc: "RFC 9293 3.7.4: the Nagle algorithm (SHLD-7), which an application must be able to switch off (MUST-17).",
        linux: "tcp_nagle_check() asks tcp_minshall_check() for a small segment on its way, where the RFC looks for any data.",
        differs: true,
        misconception: "write() sends a segment.",
        lessons: &["nagle-meets-delayed-ack"],
        ..PLAIN
    },
    Rule {
        id: "ack-waits-for-data",
        statement: "The kernel delays an ACK for about 40 ms, in the hope that an answer of the program takes it along.",
        sentence: "{data} was acknowledged by a timer: no answer came that could take the ACK along.",
        notable: true,
        wire: "Data, nothing for 40 ms or more, and an ACK without data.",
        rfc: "RFC 9293 3.8.6.3: an ACK should be delayed (SHLD-18), by less than 0.5 seconds (MUST-40).",
        linux: "tcp_send_delayed_ack() sets the timer, TCP_DELACK_MIN (40 ms) or more; tcp_delack_timer_handler() sends the ACK.",
        misconception: "The receiver's kernel acknowledges every segment at once.",
        lessons: &["nagle-meets-delayed-ack"],
        ..PLAIN
    },
];
