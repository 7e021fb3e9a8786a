//! How connect ends.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "connect-waits-for-the-answer",
        statement: "A blocking connect waits for the answer to its SYN.",
        rfc: "RFC 9293 3.10.1: OPEN sends a SYN.",
        ..PLAIN
    },
    Rule {
        id: "syn-ack-completes-connect",
        statement: "connect() returns 0 when the SYN-ACK has arrived; the other program need not have called accept.",
        sentence: "the SYN-ACK {syn_ack} completed the handshake for this side; nobody had to call accept for that.",
        rfc: "RFC 9293 3.10.7.3: a SYN-ACK in SYN-SENT establishes the connection.",
        linux: "tcp_rcv_synsent_state_process() wakes the caller of connect.",
        misconception: "connect() returns when the server accepts.",
        ..PLAIN
    },
    Rule {
        id: "rst-in-syn-sent-refuses",
        statement: "An RST that answers the SYN makes connect fail with ECONNREFUSED.",
        sentence: "the RST {rst} answered the SYN; Linux turns an RST that arrives in SYN_SENT into {errno} (the RFC says \"connection reset\" here too).",
        notable: true,
        rfc: "RFC 9293 3.10.7.3: an acceptable RST in SYN-SENT signals \"connection reset\" to the user.",
        linux: "tcp_reset() sets sk_err to ECONNREFUSED in SYN_SENT.",
        ..PLAIN
    },
    Rule {
        id: "connect-again-gives-eisconn",
        statement: "connect() on a connected socket fails with EISCONN.",
        linux: "__inet_stream_connect().",
        ..PLAIN
    },
    Rule {
        id: "connect-still-under-way",
        statement: "A second connect while the first is under way fails with EALREADY.",
        linux: "__inet_stream_connect().",
        ..PLAIN
    },
    Rule {
        id: "connect-non-blocking-gives-einprogress",
        statement: "A non-blocking connect returns EINPROGRESS and goes on by itself.",
        sentence: "the socket is non-blocking: connect sends the SYN and returns {errno} without waiting for the answer.",
        notable: true,
        linux: "__inet_stream_connect().",
        ..PLAIN
    },
    Rule {
        id: "connect-send-timeout-gives-einprogress",
        statement: "A blocking connect whose SO_SNDTIMEO passes fails with EINPROGRESS and goes on.",
        sentence: "no answer came within SO_SNDTIMEO: {errno}; the attempt goes on by itself.",
        notable: true,
        linux: "__inet_stream_connect().",
        ..PLAIN
    },
];
