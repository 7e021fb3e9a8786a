//! The scenarios that are shipped, embedded in the program.

use crate::record::Script;

use super::{Diagnostic, SourceText, parse};

/// A scenario that is part of the program.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name: what `tcpstory run` takes.
    pub name: &'static str,
    /// `NAME.toml`.
    pub path: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl Builtin {
    /// The script.
    ///
    /// # Errors
    ///
    /// As for [`parse`]; the tests hold that none of the shipped files has any.
    pub fn parse(&self) -> Result<Script, Vec<Diagnostic>> {
        parse(&self.source())
    }

    /// The file, as if it had been read.
    pub fn source(&self) -> SourceText<'static> {
        SourceText { path: self.path, bytes: self.text.as_bytes() }
    }
}

macro_rules! builtins {
    ($($name:literal,)*) => {
        &[$(Builtin {
            name: $name,
            path: concat!($name, ".toml"),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $name, ".toml")),
        },)*]
    };
}

const BUILTINS: &[Builtin] = builtins![
    "broken-pipe",
    "broken-pipe-server-side",
    "connection-reset-on-read",
    "connection-reset-on-write",
    "read-after-rst-returns-zero",
    "abortive-close",
    "server-crash",
    "server-crash-unread",
    "sigpipe-kills",
    "msg-nosignal",
    "handle-ignore",
    "handle-log",
    "handle-reconnect",
    "half-close",
    "connection-refused",
    "read-timeout",
    "graceful-close",
    "upstream-prematurely-closed",
];

/// Every shipped scenario, in the order in which they are best taught.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    BUILTINS.iter()
}

/// The shipped scenario of that name.
pub fn get(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// The name of the shipped scenario that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    super::nearest(name, all().map(|builtin| builtin.name))
}
