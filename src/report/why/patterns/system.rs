//! The kernel's own words: strace, errno names, the texts of strerror(3). Call and errno come from the line.

use super::{Pattern, row};

pub(super) const PATTERNS: &[Pattern] = &[
    row(
        "strace",
        r"SIGPIPE \{si_signo=SIGPIPE|\+\+\+ killed by SIGPIPE",
        ("write", "EPIPE"),
        "SIGPIPE came with EPIPE; by default it ends the process.",
        &[],
        "--- SIGPIPE {si_signo=SIGPIPE, si_code=SI_USER, si_pid=4711, si_uid=1000} ---",
    ),
    row(
        "strace",
        r"\b[a-z0-9_]+\(.*\)\s+= -1 E[A-Z]+",
        ("", ""),
        "A system call failed.",
        &[],
        "write(3, \"b\", 1) = -1 EPIPE (Broken pipe)",
    ),
    row(
        "a Rust program",
        r"failed printing to std(out|err): Broken pipe",
        ("write", "EPIPE"),
        "println! panicked: standard output was a pipe whose reader had ended. Rust programs ignore SIGPIPE, which would have ended it quietly.",
        &["reader-of-a-pipe-ended"],
        "thread 'main' panicked at library/std/src/io/stdio.rs: failed printing to stdout: Broken pipe (os error 32)",
    ),
    row(
        "a Rust program",
        r"\(os error \d+\)|\bOs \{ code: \d+, kind: ",
        ("", ""),
        "std::io::Error shows the kernel's text and number.",
        &[],
        "Os { code: 104, kind: ConnectionReset, message: \"Connection reset by peer\" }",
    ),
    row(
        "a program with the C library's texts",
        r"(?i)\b(broken pipe|connection reset by peer|connection refused|connection timed out|operation timed out|no route to host|network is unreachable|address already in use|permission denied|invalid argument|no buffer space available|interrupted system call|(cannot|can't) assign requested address|transport endpoint is (not|already) connected|bad file descriptor|software caused connection abort|resource temporarily unavailable|operation (now|already) in progress|too many open files)\b",
        ("", ""),
        "The text of strerror(3).",
        &[],
        "sendmail: Connection reset by peer",
    ),
    row(
        "a program that names the errno",
        r"\b(EPIPE|ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAGAIN|EWOULDBLOCK|EADDRINUSE|EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH|ENOTCONN|ECONNABORTED|EBADF|EINPROGRESS|EALREADY|EMFILE|ENOBUFS|EISCONN|EINTR|EACCES|EINVAL)\b",
        ("", ""),
        "The name of the errno.",
        &[],
        "worker 7: flush failed: EPIPE",
    ),
    row(
        "a program that gives the errno's number",
        r"(?i)\b(errno|error number|errno code)\b[ =:(\[]{1,3}(4|9|11|13|22|24|32|98|99|10[13-7]|11[013-5])\b",
        ("", ""),
        "The number of the errno on Linux; other systems number most of them otherwise.",
        &[],
        "send failed, errno: 104",
    ),
    row(
        "a shell",
        r"\b(exit(ed)?|status|code|returned)\b.{0,20}\b141\b",
        ("write", "EPIPE"),
        "141 is 128 + 13: the process was ended by SIGPIPE.",
        &["reader-of-a-pipe-ended", "closed-then-reset", "told-before", "own-shutdown"],
        "command exited with status 141",
    ),
];
