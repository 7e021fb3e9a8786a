//! How C, Go, Python, Rust, Java and Node show what a call gave.
//!
//! C is glibc; Python 3.11, Rust 1.95, Java 17 and Node 20. What is [`Said::Run`] was seen in a run on Linux 6.18.

use std::fmt;

/// A language, with the runtime that people use it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// C with glibc.
    C,
    /// Go and its package net.
    Go,
    /// Python's module socket.
    Python,
    /// Rust's `std::net`.
    Rust,
    /// Java's `java.net`.
    Java,
    /// Node's module net.
    Node,
}

impl Language {
    /// All, in the order of a row's words.
    pub const ALL: [Self; 6] = [Self::C, Self::Go, Self::Python, Self::Rust, Self::Java, Self::Node];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Go => "Go",
            Self::Python => "Python",
            Self::Rust => "Rust",
            Self::Java => "Java",
            Self::Node => "Node",
        }
    }
}

/// What a language shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Seen in a run.
    Run(&'static str),
    /// As found in logs; not run here.
    Logs(&'static str),
    /// Neither run nor found.
    Unknown,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(text) => f.pad(text),
            Self::Logs(text) => write!(f, "{text} (from logs, not run)"),
            Self::Unknown => f.pad("not run"),
        }
    }
}

/// A situation, the errno behind it, and what each language shows of it.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// The situation, in words.
    pub situation: &'static str,
    /// The errnos that the kernel gives in it, in their order; none where it gives none.
    pub errnos: &'static [&'static str],
    /// The calls it is about.
    pub calls: &'static [&'static str],
    /// What each of [`Language::ALL`] shows.
    pub words: [Said; 6],
}

impl Shown {
    /// What that language shows.
    pub fn words(&self, language: Language) -> Said {
        self.words[language as usize]
    }
}

/// The rows that speak of an errno.
pub fn of_errno(errno: &str) -> impl Iterator<Item = &'static Shown> {
    TABLE.iter().filter(move |row| row.errnos.contains(&errno))
}

/// The rows that speak of a call.
pub fn of_call(call: &str) -> impl Iterator<Item = &'static Shown> {
    TABLE.iter().filter(move |row| row.calls.contains(&call))
}

use Said::{Logs, Run, Unknown};

/// Every situation that was looked at.
pub const TABLE: &[Shown] = &[
    Shown {
        situation: "write after the peer's FIN and RST",
        errnos: &["EPIPE"],
        calls: &["write", "send"],
        words: [
            Run("EPIPE \"Broken pipe\"; SIGPIPE kills by default"),
            Run("write tcp A->B: write: broken pipe (errors.Is EPIPE)"),
            Run("BrokenPipeError: [Errno 32] Broken pipe"),
            Run("ErrorKind::BrokenPipe: Broken pipe (os error 32)"),
            Run("java.net.SocketException: Broken pipe"),
            Run(
                "write EPIPE with allowHalfOpen; else \"This socket has been ended by the other party\" (no system call)",
            ),
        ],
    },
    Shown {
        situation: "first read after an RST without FIN",
        errnos: &["ECONNRESET"],
        calls: &["read", "recv"],
        words: [
            Run("ECONNRESET \"Connection reset by peer\""),
            Run("read tcp A->B: read: connection reset by peer"),
            Run("ConnectionResetError: [Errno 104] Connection reset by peer"),
            Run("ErrorKind::ConnectionReset: Connection reset by peer (os error 104)"),
            Run("java.net.SocketException: Connection reset"),
            Run("error event: read ECONNRESET"),
        ],
    },
    Shown {
        situation: "second read after that RST",
        errnos: &[],
        calls: &["read", "recv"],
        words: [
            Run("0"),
            Run("EOF"),
            Run("b''"),
            Run("Ok(0)"),
            Run("Connection reset again: the JDK keeps it"),
            Run("close event, hadError true: Node has closed the socket by itself"),
        ],
    },
    Shown {
        situation: "writes after an RST without FIN",
        errnos: &["ECONNRESET", "EPIPE"],
        calls: &["write", "send"],
        words: [
            Run("ECONNRESET, then EPIPE"),
            Run("connection reset by peer, then broken pipe"),
            Run("ConnectionResetError, then BrokenPipeError"),
            Run("ConnectionReset, then BrokenPipe"),
            Run("Connection reset by peer, then Broken pipe"),
            Run("the read side reports ECONNRESET first"),
        ],
    },
    Shown {
        situation: "timeout on a read",
        errnos: &["EAGAIN"],
        calls: &["read", "recv"],
        words: [
            Run("EAGAIN \"Resource temporarily unavailable\" (SO_RCVTIMEO)"),
            Run("i/o timeout (os.ErrDeadlineExceeded; the kernel said EAGAIN)"),
            Run("TimeoutError: timed out (settimeout)"),
            Run("ErrorKind::WouldBlock: Resource temporarily unavailable (os error 11) (set_read_timeout)"),
            Run("java.net.SocketTimeoutException: Read timed out (setSoTimeout)"),
            Run("timeout event (setTimeout), no error: the socket stays open until the program destroys it"),
        ],
    },
    Shown {
        situation: "non-blocking read with nothing there",
        errnos: &["EAGAIN"],
        calls: &["read", "recv"],
        words: [
            Run("EAGAIN \"Resource temporarily unavailable\""),
            Unknown,
            Run("BlockingIOError: [Errno 11] Resource temporarily unavailable"),
            Run("ErrorKind::WouldBlock: Resource temporarily unavailable (os error 11)"),
            Run("SocketChannel.read returns 0 (configureBlocking(false)); end of file is -1"),
            Run("nothing: libuv waits, and the data event comes when there is data"),
        ],
    },
    Shown {
        situation: "write after one's own shutdown or close",
        errnos: &["EPIPE", "EBADF"],
        calls: &["write", "send", "shutdown", "close"],
        words: [
            Run("EPIPE after shutdown; EBADF after close"),
            Run("broken pipe after CloseWrite; use of closed network connection after Close (no system call)"),
            Run("BrokenPipeError after shutdown; OSError: [Errno 9] Bad file descriptor after close"),
            Run("ErrorKind::BrokenPipe after shutdown (a closed stream cannot be named any more)"),
            Run("Socket output is shutdown; Socket is closed (no system call)"),
            Run("Cannot call write after a stream was destroyed (no system call)"),
        ],
    },
    Shown {
        situation: "connect to a port where nobody listens",
        errnos: &["ECONNREFUSED"],
        calls: &["connect"],
        words: [
            Run("ECONNREFUSED \"Connection refused\""),
            Logs("dial tcp A: connect: connection refused"),
            Run("ConnectionRefusedError: [Errno 111] Connection refused"),
            Run("ErrorKind::ConnectionRefused: Connection refused (os error 111)"),
            Run("java.net.ConnectException: Connection refused"),
            Run("Error: connect ECONNREFUSED A"),
        ],
    },
    Shown {
        situation: "connect that the kernel gave up",
        errnos: &["ETIMEDOUT"],
        calls: &["connect"],
        words: [
            Run("ETIMEDOUT \"Connection timed out\""),
            Logs("dial tcp A: connect: connection timed out"),
            Run("TimeoutError: [Errno 110] Connection timed out"),
            Run("ErrorKind::TimedOut: Connection timed out (os error 110)"),
            Run("java.net.ConnectException: Connection timed out"),
            Run("Error: connect ETIMEDOUT A"),
        ],
    },
    Shown {
        situation: "connect that the program gave up (its own timeout; no errno of the connection)",
        errnos: &[],
        calls: &["connect"],
        words: [
            Unknown,
            Logs("dial tcp A: i/o timeout"),
            Unknown,
            Run("ErrorKind::TimedOut: connection timed out (connect_timeout)"),
            Run("java.net.SocketTimeoutException: Connect timed out"),
            Unknown,
        ],
    },
    Shown {
        situation: "read on a connection that the kernel gave up",
        errnos: &["ETIMEDOUT"],
        calls: &["read", "recv"],
        words: [
            Run("ETIMEDOUT \"Connection timed out\""),
            Logs("read tcp A->B: read: connection timed out"),
            Run("TimeoutError: [Errno 110] Connection timed out"),
            Run("ErrorKind::TimedOut: Connection timed out (os error 110)"),
            Run("java.net.SocketException: Connection timed out"),
            Run("error event: read ETIMEDOUT"),
        ],
    },
    Shown {
        situation: "non-blocking connect under way",
        errnos: &["EINPROGRESS"],
        calls: &["connect"],
        words: [
            Run("EINPROGRESS \"Operation now in progress\""),
            Unknown,
            Run("BlockingIOError: [Errno 115] Operation now in progress"),
            Unknown,
            Run("SocketChannel.connect returns false (configureBlocking(false))"),
            Run("nothing: every connect is one, and the connect event comes when it is done"),
        ],
    },
    Shown {
        situation: "connect without a route",
        errnos: &["ENETUNREACH"],
        calls: &["connect"],
        words: [
            Run("ENETUNREACH \"Network is unreachable\""),
            Logs("dial tcp A: connect: network is unreachable"),
            Run("OSError: [Errno 101] Network is unreachable"),
            Run("ErrorKind::NetworkUnreachable: Network is unreachable (os error 101)"),
            Run("java.net.SocketException: Network is unreachable"),
            Run("Error: connect ENETUNREACH A - Local (0.0.0.0:0)"),
        ],
    },
    Shown {
        situation: "bind to an address in use",
        errnos: &["EADDRINUSE"],
        calls: &["bind", "listen"],
        words: [
            Run("EADDRINUSE \"Address already in use\""),
            Logs("listen tcp A: bind: address already in use"),
            Run("OSError: [Errno 98] Address already in use"),
            Run("ErrorKind::AddrInUse: Address already in use (os error 98)"),
            Run("java.net.BindException: Address already in use"),
            Run("Error: listen EADDRINUSE: address already in use A"),
        ],
    },
    Shown {
        situation: "bind to an address that this machine does not have",
        errnos: &["EADDRNOTAVAIL"],
        calls: &["bind"],
        words: [
            Run("EADDRNOTAVAIL \"Cannot assign requested address\""),
            Logs("listen tcp A: bind: cannot assign requested address"),
            Run("OSError: [Errno 99] Cannot assign requested address"),
            Run("ErrorKind::AddrNotAvailable: Cannot assign requested address (os error 99)"),
            Run("java.net.BindException: Cannot assign requested address"),
            Run("Error: listen EADDRNOTAVAIL: address not available A"),
        ],
    },
    Shown {
        situation: "read on a socket that was never connected",
        errnos: &["ENOTCONN"],
        calls: &["read", "recv"],
        words: [
            Run("ENOTCONN \"Transport endpoint is not connected\""),
            Unknown,
            Run("OSError: [Errno 107] Transport endpoint is not connected"),
            Unknown,
            Run("java.net.SocketException: Socket is not connected (no system call)"),
            Run("nothing: socket.read() gives null"),
        ],
    },
];

/// What the languages do about SIGPIPE.
pub const SIGPIPE: &[(Language, &str)] = &[
    (Language::C, "The default disposition ends the process; ignore SIGPIPE or use MSG_NOSIGNAL."),
    (
        Language::Go,
        "The runtime ignores it, but for descriptors 1 and 2: a write to a broken standard output ends the program.",
    ),
    (Language::Python, "The interpreter ignores it at start; the write raises BrokenPipeError."),
    (Language::Rust, "std ignores it before main; the write returns ErrorKind::BrokenPipe."),
    (Language::Java, "The program sees SocketException: Broken pipe and goes on."),
    (Language::Node, "The program sees an error event with the code EPIPE and goes on."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::record::Errno;

    #[test]
    fn rows_are_told_apart_and_name_errnos() {
        let situations: BTreeSet<_> = TABLE.iter().map(|row| row.situation).collect();
        assert_eq!(situations.len(), TABLE.len());
        for row in TABLE {
            assert!(row.errnos.iter().all(|name| Errno::from_name(name).is_some()), "{}", row.situation);
            assert!(!row.calls.is_empty(), "{}", row.situation);
        }
    }

    /// C shows an errno by its name, and by the text of strerror(3) where it stands alone.
    #[test]
    fn c_and_rust_show_the_kernels_text() {
        for row in TABLE {
            let [errno] = row.errnos else { continue };
            let text = Errno::from_name(errno).unwrap().text();
            let Said::Run(c) = row.words(Language::C) else { panic!("{}: C was not run", row.situation) };
            assert!(c.starts_with(errno) && c.contains(text), "{}: {c}", row.situation);
            if let Said::Run(rust) = row.words(Language::Rust) {
                assert!(rust.contains(text), "{}: {rust}", row.situation);
            }
        }
    }

    #[test]
    fn rows_are_found_by_errno_and_call() {
        assert_eq!(of_errno("EPIPE").count(), 3);
        assert!(of_call("connect").all(|row| row.situation.contains("connect")));
        assert_eq!(TABLE[0].words(Language::Java), Said::Run("java.net.SocketException: Broken pipe"));
        assert_eq!(SIGPIPE.iter().map(|(language, _)| *language).collect::<Vec<_>>(), Language::ALL);
    }
}
