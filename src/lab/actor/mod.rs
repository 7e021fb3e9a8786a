//! Actors: a process for each, so that its pid, its death and its SIGPIPE are real.
//!
//! An actor is this same executable, started anew with a hidden first argument by the thread that owns the sandbox, whose
//! network namespace it inherits. It performs one call at a time, as it is told over its control socket (its
//! standard input), and reports when the call began, when it ended and how. It knows no scenario: names, steps and
//! expectations are the conductor's.

mod handle;
mod lend;
mod perform;
mod process;
mod protocol;

pub(super) use handle::{Ended, Handle, Heard};
pub(super) use protocol::{Done, Order};

use std::path::{Path, PathBuf};

/// The hidden first argument that makes a process an actor.
const ARGUMENT: &str = "__actor";

/// Becomes an actor, never to return, if this process was started as one.
///
/// Every program that runs scenarios calls it as its first statement: `tcpstory` itself, live tests and benchmarks.
pub fn main_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == ARGUMENT) {
        process::main(arguments)
    }
}

/// The executable that actors are started from; its `main` begins with [`main_if_asked`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable(PathBuf);

impl Executable {
    /// Another executable than the running one.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Default for Executable {
    /// The running one, also if its file was replaced or deleted meanwhile (proc(5)).
    fn default() -> Self {
        Self::at("/proc/self/exe")
    }
}
