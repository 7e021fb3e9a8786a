//! Descriptors, options and the pending error.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "socket-returns-a-descriptor",
        statement: "socket() returns a new descriptor; nothing is sent.",
        ..PLAIN
    },
    Rule {
        id: "bind-takes-a-free-address",
        statement: "bind() gives the socket an address that is free; nothing is sent.",
        ..PLAIN
    },
    Rule { id: "option-is-set", statement: "setsockopt() changes the socket alone; nothing is sent.", ..PLAIN },
    Rule { id: "option-is-told", statement: "getsockopt() tells an option's value.", ..PLAIN },
    Rule {
        id: "so-error-takes-the-pending-error",
        statement: "SO_ERROR returns the pending error and clears it.",
        sentence: "SO_ERROR returned the error that {rst} had set and cleared it: later calls see a quiet end of file.",
        notable: true,
        linux: "sk_getsockopt() calls sock_error().",
        ..PLAIN
    },
    Rule {
        id: "so-error-is-0-without-a-pending-error",
        statement: "SO_ERROR is 0 when no error is pending.",
        linux: "sk_getsockopt() calls sock_error().",
        ..PLAIN
    },
    Rule {
        id: "pending-error-is-reported",
        statement: "The pending error is reported to whoever asks first, once.",
        sentence: "the error that {rst} had set was still pending, and {of} took it.",
        notable: true,
        linux: "sock_error() returns sk_err and clears it.",
        ..PLAIN
    },
    Rule { id: "call-waits", statement: "The call waits.", ..PLAIN },
    Rule {
        id: "call-needs-a-connection",
        statement: "A call that needs a connection fails with ENOTCONN where there never was one.",
        sentence: "the socket has no connection: {errno}, and nothing is sent.",
        notable: true,
        ..PLAIN
    },
    Rule {
        id: "closed-descriptor-gives-ebadf",
        statement: "A call on a closed descriptor fails with EBADF; TCP never hears of it.",
        sentence: "{close} had closed the descriptor: {errno} comes from the table of descriptors, not from TCP.",
        notable: true,
        ..PLAIN
    },
];
