//! Listening and accepting.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "listen-opens-the-queue",
        statement: "listen() lets the kernel complete handshakes and queue connections before anybody calls accept.",
        ..PLAIN
    },
    Rule {
        id: "accept-takes-from-the-queue",
        statement: "accept() takes a connection that the kernel has completed.",
        sentence: "the kernel had completed the handshake at {ack}; accept only took the connection from the queue.",
        linux: "inet_csk_accept().",
        ..PLAIN
    },
    Rule {
        id: "accept-waits-for-a-connection",
        statement: "A blocking accept waits until a handshake is complete.",
        linux: "inet_csk_accept().",
        ..PLAIN
    },
    Rule {
        id: "accept-non-blocking-gives-eagain",
        statement: "A non-blocking accept with an empty queue fails with EAGAIN.",
        notable: true,
        linux: "inet_csk_accept().",
        ..PLAIN
    },
    Rule {
        id: "accept-needs-a-listener",
        statement: "accept() on a socket that does not listen fails with EINVAL.",
        notable: true,
        linux: "inet_csk_accept().",
        ..PLAIN
    },
    Rule {
        id: "syn-without-listener-gets-rst",
        statement: "A SYN to a port where nobody listens is answered with an RST.",
        sentence: "nobody listens at the address that {syn} asks for.",
        notable: true,
        rfc: "RFC 9293 3.10.7.1: a segment to a CLOSED connection is answered with an RST.",
        linux: "tcp_v4_send_reset().",
        ..PLAIN
    },
    Rule {
        id: "closing-a-listener-resets-its-queue",
        statement: "Closing a listener resets the connections that nobody has accepted.",
        sentence: "{by} closed the listener while this connection was still waiting to be accepted.",
        notable: true,
        linux: "inet_csk_listen_stop().",
        ..PLAIN
    },
];
