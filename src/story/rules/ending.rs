//! What close, shutdown and the end of a process send and return.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "close-returns-at-once",
        statement: "close() returns 0 at once; what it sends depends on what is unread and on SO_LINGER.",
        rfc: "RFC 9293 3.10.4: CLOSE.",
        linux: "tcp_close().",
        ..PLAIN
    },
    Rule {
        id: "close-sends-fin",
        statement: "close() of a connection with nothing unread sends a FIN.",
        sentence: "{by} closed the socket with nothing unread.",
        rfc: "RFC 9293 3.10.4: CLOSE sends a FIN.",
        linux: "__tcp_close() sends the FIN.",
        ..PLAIN
    },
    Rule {
        id: "close-with-unread-data-sends-rst",
        statement: "close() with unread data sends an RST instead of a FIN.",
        sentence: "{by} closed the socket while {bytes} from {data} had not been read: the data is lost, and Linux says so with an RST instead of a FIN.",
        notable: true,
        rfc: "RFC 9293 3.6.1 (SHLD-3): a close with unread data should send an RST.",
        linux: "__tcp_close() sends an RST when the receive queue is not empty.",
        misconception: "close() always sends a FIN.",
        ..PLAIN
    },
    Rule {
        id: "close-with-linger-0-sends-rst",
        statement: "close() with SO_LINGER on and a time of 0 sends an RST.",
        sentence: "{by} closed a socket that lingers for 0 seconds: the connection is aborted with an RST, unsent data is thrown away.",
        notable: true,
        rfc: "RFC 9293 3.10.5: ABORT sends an RST.",
        linux: "__tcp_close() calls tcp_disconnect(), which sends the RST.",
        ..PLAIN
    },
    Rule {
        id: "shutdown-returns-at-once",
        statement: "shutdown() returns 0 at once.",
        linux: "inet_shutdown().",
        ..PLAIN
    },
    Rule {
        id: "shutdown-sends-fin",
        statement: "shutdown(SHUT_WR) sends a FIN after the data; the other direction stays open.",
        sentence: "{by} closed this direction; the other one stays open.",
        rfc: "RFC 9293 3.6: CLOSE means \"I have no more data to send\".",
        linux: "tcp_shutdown() sends the FIN.",
        ..PLAIN
    },
    Rule {
        id: "shutdown-of-a-dead-connection-gives-enotconn",
        statement: "shutdown() after the connection is over fails with ENOTCONN and leaves the pending error.",
        sentence: "the connection was over: {errno}; a pending error stays pending.",
        notable: true,
        linux: "inet_shutdown() answers ENOTCONN in TCP_CLOSE.",
        ..PLAIN
    },
    Rule {
        id: "exit-ends-the-process",
        statement: "A process that exits closes every descriptor it has.",
        sentence: "{by} ended the process.",
        linux: "do_exit() closes the files of the process.",
        ..PLAIN
    },
    Rule {
        id: "a-kill-ends-the-process",
        statement: "A fatal signal ends the process; the kernel closes its descriptors like close().",
        sentence: "{signal} from {by} ended the process; the kernel closed its sockets as close() would.",
        notable: true,
        linux: "do_exit() closes the files of the process.",
        misconception: "A crashed process leaves its connection hanging.",
        ..PLAIN
    },
    Rule {
        id: "a-kill-ends-the-call",
        statement: "A fatal signal from outside ends a process inside its call; nothing is returned.",
        sentence: "{signal} from {kill} ended the process inside this call; it never returned.",
        notable: true,
        ..PLAIN
    },
    Rule {
        id: "the-end-of-a-process-sends-fin",
        statement: "A process that ends closes its connections: with nothing unread, by a FIN.",
        sentence: "the process ended by {by} and nothing was unread, so the kernel closed the connection as close() would: with a FIN, and not with an RST.",
        notable: true,
        linux: "do_exit() closes the files of the process; __tcp_close() sends the FIN.",
        misconception: "A crash sends an RST.",
        ..PLAIN
    },
    Rule {
        id: "the-end-of-a-process-with-unread-data-sends-rst",
        statement: "A process that ends with unread data resets the connection.",
        sentence: "the process ended by {by} while {bytes} from {data} had not been read: the kernel resets the connection, as close() would.",
        notable: true,
        rfc: "RFC 9293 3.6.1 (SHLD-3): a close with unread data should send an RST.",
        linux: "__tcp_close() sends an RST when the receive queue is not empty.",
        ..PLAIN
    },
];
