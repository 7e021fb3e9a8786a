//! Listening and accepting.

use super::{ONLY_WAITS, PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "listen-on-a-connection-gives-einval",
        statement: "listen() on a socket that was connected or accepted fails with EINVAL, also when the connection is over.",
        calls: &["listen"],
        errno: Some(Errno::EINVAL),
        wire: "Nothing.",
        linux: "inet_listen() wants a socket in SS_UNCONNECTED.",
        unshown: "A mistake of the program that no packet has to do with.",
        ..PLAIN
    },
    Rule {
        id: "listen-opens-the-queue",
        statement: "listen() lets the kernel complete handshakes and queue connections before anybody calls accept.",
        calls: &["listen"],
        wire: "Nothing; from now on a SYN is answered with a SYN-ACK.",
        rfc: "RFC 9293 3.10.1: a passive OPEN enters LISTEN.",
        linux: "inet_csk_listen_start() enters TCP_LISTEN.",
        misconception: "Nobody can connect before the server calls accept().",
        lessons: &["graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "accept-takes-from-the-queue",
        statement: "accept() takes a connection that the kernel has completed.",
        sentence: "the kernel had completed the handshake at {ack}; accept only took the connection from the queue.",
        calls: &["accept"],
        wire: "Nothing: the three segments of the handshake came before.",
        linux: "inet_csk_accept() takes the first request of the accept queue.",
        misconception: "accept() performs the handshake.",
        lessons: &["accept-comes-late", "graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "accept-takes-a-dead-connection",
        statement: "accept() takes a connection that was reset while it waited, without an error; the next calls on it tell.",
        sentence: "the handshake was complete at {ack}, and {rst} reset the connection while it waited: accept takes it all the same, and its calls will tell.",
        notable: true,
        calls: &["accept"],
        wire: "The three segments of the handshake, perhaps DATA, and an RST, all before accept.",
        linux: "inet_csk_accept() takes the first request of the accept queue, whatever has become of its connection.",
        misconception: "accept() fails with ECONNABORTED when the client has gone.",
        lessons: &["abort-before-accept"],
        ..PLAIN
    },
    Rule {
        id: "deferred-accept-waits-for-data",
        statement: "A listener with TCP_DEFER_ACCEPT has no connection to accept until its first data has come; the ACK of the handshake does not count.",
        sentence: "{ack} completed the handshake for the client; with TCP_DEFER_ACCEPT the server's kernel ignores it and waits for data.",
        notable: true,
        calls: &["accept", "poll", "setsockopt"],
        wire: "SYN, SYN-ACK, ACK, and no difference to other handshakes until the data comes. If it takes too long, the SYN-ACK is sent again.",
        rfc: "RFC 9293 3.10.7.4: an acceptable ACK in SYN-RECEIVED establishes the connection.",
        linux: "tcp_check_req() drops the bare ACK while the SYN-ACK has not been sent again as often as the option allows.",
        differs: true,
        misconception: "When connect() has succeeded, the server has an established connection.",
        lessons: &["deferred-accept"],
        ..PLAIN
    },
    Rule {
        id: "accept-waits-for-a-connection",
        statement: "A blocking accept waits until a handshake is complete.",
        calls: &["accept"],
        linux: "inet_csk_accept() sleeps in inet_csk_wait_for_connect().",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "accept-non-blocking-gives-eagain",
        statement: "A non-blocking accept with an empty queue fails with EAGAIN.",
        notable: true,
        calls: &["accept"],
        errno: Some(Errno::EAGAIN),
        wire: "No completed handshake that has not been accepted already.",
        linux: "inet_csk_accept() returns EAGAIN where it must not wait.",
        misconception: "When poll says that a listener is readable, accept() cannot come back empty.",
        lessons: &["rollout-drain"],
        ..PLAIN
    },
    Rule {
        id: "accept-needs-a-listener",
        statement: "accept() on a socket that does not listen fails with EINVAL.",
        notable: true,
        calls: &["accept"],
        errno: Some(Errno::EINVAL),
        wire: "Nothing.",
        linux: "inet_csk_accept() tests for TCP_LISTEN.",
        lessons: &["shutdown-wakes-an-accept"],
        ..PLAIN
    },
    Rule {
        id: "syn-without-listener-gets-rst",
        statement: "A SYN to a port where nobody listens is answered with an RST.",
        sentence: "nobody listens at the address that {syn} asks for.",
        notable: true,
        calls: &["connect"],
        wire: "RST,ACK: sequence number 0, acknowledging the SYN. The kernel answers; no program has seen the SYN.",
        rfc: "RFC 9293 3.10.7.1: a segment for a connection that does not exist is answered with an RST; to one without ACK it is <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>.",
        linux: "tcp_v4_rcv() finds no socket and calls tcp_v4_send_reset().",
        misconception: "A port where nobody listens swallows the SYN.",
        lessons: &["connection-refused", "nonblocking-connect-refused"],
        ..PLAIN
    },
    Rule {
        id: "closing-a-listener-resets-its-queue",
        statement: "Closing a listener resets the connections that nobody has accepted.",
        sentence: "{by} closed the listener while this connection was still waiting to be accepted.",
        notable: true,
        calls: &["close", "exit"],
        wire: "RST,ACK to every connection of the queue, though each handshake was complete and data may have been acknowledged.",
        rfc: "RFC 9293 3.10.5: ABORT of a connection sends an RST.",
        linux: "inet_csk_listen_stop() disconnects every queued connection, and tcp_disconnect() sends the RST. With net.ipv4.tcp_migrate_req and another listener of the same SO_REUSEPORT group they move to that instead.",
        since: "5.14 for net.ipv4.tcp_migrate_req",
        misconception: "A connection whose handshake is complete belongs to a program.",
        lessons: &["listener-closed-with-a-queue", "rollout-reset"],
        ..PLAIN
    },
];
