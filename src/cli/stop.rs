//! Ends before the end: signals, and machines that cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Code, output};
use crate::lab::{LabError, StopFlag};

/// What is told of a run that was interrupted.
pub(super) const SO_FAR: &str = "this is the story so far";

/// Signals that end a run before its end.
const STOPPING: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Tells that this machine cannot do what was asked.
pub(super) fn cannot(error: &LabError) -> Code {
    output::error(&error.to_string());
    output::note("  help: `tcpstory doctor` tells what this machine allows");
    Code::Machine
}

/// Ctrl-C and its like: they stop the runs, and are told in the exit code.
pub(super) struct Stop {
    pub(super) flag: StopFlag,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    pub(super) fn new() -> Result<Self, LabError> {
        let stop = Self { flag: StopFlag::new()?, signal: Arc::default() };
        for signal in STOPPING {
            let number = usize::try_from(signal).unwrap_or_default();
            signal_hook::flag::register_usize(signal, Arc::clone(&stop.signal), number)
                .map_err(|error| LabError::new("cannot catch a signal").tried("sigaction", error))?;
            stop.flag.raise_on(signal)?;
        }
        Ok(stop)
    }

    /// How a command ends that a person may leave at any time: Ctrl-C is a way out of it like any other, and no failure.
    pub(super) fn left(&self) -> Code {
        match self.signal.load(Ordering::SeqCst) {
            signal if i32::try_from(signal) == Ok(libc::SIGINT) => Code::Success,
            _ => self.code(SO_FAR),
        }
    }

    /// How the command ends, after a word on what has become of it where a signal came.
    pub(super) fn code(&self, outcome: &str) -> Code {
        match u8::try_from(self.signal.load(Ordering::SeqCst)) {
            Ok(signal) if signal > 0 => {
                output::note(&format!("interrupted: {outcome}"));
                Code::Interrupted(signal)
            }
            _ => Code::Success,
        }
    }
}
