//! What pairs of `AF_UNIX` sockets and pipes tell: the contrast to TCP.

use super::{PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "a-pair-is-made",
        statement: "socketpair() and pipe() make two ends that are connected from the start; there is no wire between them.",
        calls: &["socketpair", "pipe"],
        lessons: &["unix-socket-broken-pipe", "pipe-broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "a-pair-takes-at-once",
        statement: "What is written at one end of a pair or a pipe lies at the other end when write() returns.",
        calls: &["write", "send"],
        lessons: &["unix-socket-unread", "yes-head"],
        ..PLAIN
    },
    Rule {
        id: "a-pair-delivers-at-once",
        statement: "read() on a pair or a pipe returns what was written at the other end.",
        calls: &["read", "recv"],
        lessons: &["yes-head"],
        ..PLAIN
    },
    Rule {
        id: "the-first-write-to-a-closed-pair-gives-epipe",
        statement: "On a pair or a pipe the first write after the other end was closed fails with EPIPE: there is no round trip.",
        sentence: "{close} ended the other end, and that is known here at once: {errno} on the first write. TCP would have taken it.",
        notable: true,
        calls: &["write", "send"],
        errno: Some(Errno::EPIPE),
        wire: "Nothing: there is no wire.",
        linux: "unix_stream_sendmsg() finds the peer dead or the direction shut; anon_pipe_write() (pipe_write() before 6.15) finds no readers. Both raise SIGPIPE.",
        misconception: "The first write after the peer has closed always succeeds.",
        lessons: &["unix-socket-broken-pipe", "pipe-broken-pipe", "yes-head"],
        ..PLAIN
    },
    Rule {
        id: "the-other-end-is-closed",
        statement: "When the other end of a pair or a pipe is closed and everything is read, read() returns 0.",
        sentence: "{close} ended the other end, and everything is read: end of file.",
        notable: true,
        calls: &["read", "recv"],
        wire: "Nothing: there is no wire.",
        misconception: "A pipe returns 0 when the writer has stopped to write.",
        lessons: &["unix-socket-broken-pipe", "pipe-broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "a-pair-closed-with-unread-data-gives-econnreset",
        statement: "Closing one end of a socket pair with unread data gives ECONNRESET at the other end to who asks first, read or SO_ERROR, once.",
        sentence: "{close} closed the other end with data unread: {errno}, as TCP would say with an RST.",
        notable: true,
        calls: &["read", "recv", "getsockopt"],
        errno: Some(Errno::ECONNRESET),
        wire: "Nothing: there is no wire.",
        linux: "unix_release_sock() sets the peer's sk_err to ECONNRESET where its own receive queue holds data.",
        misconception: "ECONNRESET needs a network.",
        lessons: &["unix-socket-unread"],
        ..PLAIN
    },
    Rule {
        id: "shutdown-of-a-pair-is-seen-at-once",
        statement: "shutdown() on one end of a socket pair acts on both at once.",
        calls: &["shutdown"],
        linux: "unix_shutdown() marks both sockets.",
        unshown: "A corner of pairs; the lessons on them are there for the contrast with TCP.",
        ..PLAIN
    },
    Rule {
        id: "poll-of-a-pair-sees-the-other-end",
        statement: "poll() on a pair or a pipe tells what the other end has done: a pipe without a reader gives POLLERR, one without a writer POLLHUP.",
        calls: &["poll"],
        linux: "unix_poll() and pipe_poll() look at the other end.",
        lessons: &["pipe-broken-pipe", "unix-socket-broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "a-pipe-has-a-direction",
        statement: "Reading from the write end of a pipe, or writing to its read end, fails with EBADF.",
        calls: &["read", "write"],
        unshown: "A mistake of the program that no packet has to do with.",
        ..PLAIN
    },
    Rule {
        id: "a-pipe-is-no-socket",
        statement: "A call for sockets fails with ENOTSOCK on a pipe.",
        calls: &["recv", "send", "shutdown"],
        unshown: "A mistake of the program that no packet has to do with.",
        ..PLAIN
    },
];
