//! Segments that find no taker.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "data-for-a-closed-socket-gets-rst",
        statement: "Data for a connection whose socket is closed is answered with an RST.",
        sentence: "{segment} reached the socket closed by {by}: nobody can read it any more, and the RST says so.",
        notable: true,
        rfc: "RFC 9293 3.6.1 (SHLD-3): data received after a close should be answered with an RST.",
        linux: "tcp_rcv_state_process() or, once the FIN is acknowledged, tcp_timewait_state_process().",
        ..PLAIN
    },
    Rule {
        id: "data-after-shutdown-of-both-directions-gets-rst",
        statement: "Data for a socket that was shut down in both directions is answered with an RST.",
        sentence: "{segment} reached a socket that {by} had shut down in both directions.",
        notable: true,
        linux: "tcp_rcv_state_process().",
        ..PLAIN
    },
    Rule {
        id: "segment-without-a-socket-gets-rst",
        statement: "A segment for a connection that is no longer there is answered with an RST.",
        sentence: "{segment} belongs to a connection that this side no longer has.",
        notable: true,
        rfc: "RFC 9293 3.10.7.1: a segment to a CLOSED connection is answered with an RST.",
        linux: "tcp_v4_send_reset().",
        ..PLAIN
    },
];
