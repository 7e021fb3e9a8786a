//! Urgent data.

use super::{PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "recv-oob-takes-the-urgent-byte",
        statement: "recv() with MSG_OOB returns the last urgent byte, one byte whatever was asked for.",
        sentence: "{data} carried the urgent byte; the kernel keeps it beside the stream, and MSG_OOB fetches it.",
        notable: true,
        calls: &["recv"],
        wire: "A segment with URG, whose urgent pointer is one past the urgent byte.",
        rfc: "RFC 9293 3.8.5: urgent data is a stretch of the stream, of any length (MUST-31), and the urgent pointer is one past it (MUST-62). New applications should not use it (SHLD-13).",
        linux: "tcp_urg() copies one byte out, tcp_recv_urg() hands it over.",
        differs: true,
        misconception: "Out-of-band data travels outside of the stream, and a whole message can be urgent.",
        lessons: &["urgent-data", "urgent-data-overwritten"],
        ..PLAIN
    },
    Rule {
        id: "no-urgent-byte-gives-einval",
        statement: "recv() with MSG_OOB fails with EINVAL where no urgent byte was announced, or it was fetched already.",
        sentence: "there is no urgent byte that was not fetched already: {errno}.",
        notable: true,
        calls: &["recv"],
        errno: Some(Errno::EINVAL),
        wire: "No segment with URG since the last fetch.",
        linux: "tcp_recv_urg() answers EINVAL.",
        lessons: &["urgent-data", "urgent-data-overwritten"],
        ..PLAIN
    },
    Rule {
        id: "urgent-byte-stays-in-the-stream",
        statement: "With SO_OOBINLINE recv() with MSG_OOB fails with EINVAL: urgent bytes are read like all others.",
        sentence: "SO_OOBINLINE leaves urgent bytes in the stream, so there is none to fetch beside it: {errno}.",
        notable: true,
        calls: &["recv", "setsockopt"],
        errno: Some(Errno::EINVAL),
        wire: "The same as without the option: it is the receiver's alone.",
        linux: "tcp_recv_urg() answers EINVAL with SOCK_URGINLINE.",
        misconception: "The sender decides whether data is out of band.",
        lessons: &["urgent-data-inline"],
        ..PLAIN
    },
    Rule {
        id: "urgent-byte-is-on-its-way",
        statement: "recv() with MSG_OOB fails with EAGAIN, also on a blocking socket, while the urgent byte is announced and not yet here.",
        sentence: "the urgent pointer has come and its byte has not: {errno}; MSG_OOB never waits.",
        notable: true,
        calls: &["recv"],
        errno: Some(Errno::EAGAIN),
        wire: "A segment with URG whose pointer is beyond its data.",
        linux: "tcp_recv_urg() never blocks.",
        unshown: "The moment between the pointer and its byte cannot be had on purpose over the loopback.",
        ..PLAIN
    },
    Rule {
        id: "urgent-byte-will-not-come",
        statement: "recv() with MSG_OOB returns 0 where an urgent byte was announced and the stream ended before it.",
        calls: &["recv"],
        linux: "tcp_recv_urg() answers 0 with RCV_SHUTDOWN.",
        unshown: "A corner of urgent data after a FIN; the random scenarios get into it.",
        ..PLAIN
    },
    Rule {
        id: "urgent-byte-of-a-dead-connection-gives-enotconn",
        statement: "recv() with MSG_OOB fails with ENOTCONN on a connection that was reset, even where the urgent byte had come.",
        sentence: "the connection was reset: {errno}, and the urgent byte is lost.",
        notable: true,
        calls: &["recv"],
        errno: Some(Errno::ENOTCONN),
        wire: "A segment with URG, then an RST.",
        linux: "tcp_recv_urg() tests for TCP_CLOSE without SOCK_DONE.",
        unshown: "A corner of urgent data after a reset; the random scenarios get into it.",
        ..PLAIN
    },
    Rule {
        id: "read-stops-at-the-urgent-byte",
        statement: "An ordinary read stops in front of the urgent byte, and the next one begins behind it.",
        sentence: "{data} is read only up to the urgent byte: a read never crosses it.",
        notable: true,
        calls: &["read", "recv"],
        wire: "A segment with URG.",
        linux: "tcp_recvmsg_locked() stops at urg_seq, and steps over that byte without SO_OOBINLINE.",
        misconception: "A read returns everything that is queued and fits.",
        lessons: &["urgent-data", "urgent-data-inline"],
        ..PLAIN
    },
    Rule {
        id: "poll-tells-urgent-data",
        statement: "poll() tells POLLPRI while an urgent byte waits to be fetched.",
        sentence: "an urgent byte waits to be fetched: POLLPRI.",
        notable: true,
        calls: &["poll"],
        wire: "A segment with URG.",
        rfc: "RFC 9293 3.8.5: the application must be told of an urgent pointer (MUST-32).",
        linux: "tcp_poll() tells EPOLLPRI while the byte is valid.",
        lessons: &["urgent-data"],
        ..PLAIN
    },
];
