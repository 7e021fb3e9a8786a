use std::error::Error;
use std::fmt;

use nix::errno::Errno;

/// What this machine refused: what was tried, how each attempt ended, and what to do about it. Exit code 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabError {
    /// What was wanted, as a sentence without a full stop.
    pub wanted: String,
    /// What was tried for it, in order.
    pub attempts: Vec<Attempt>,
    /// What helps: sentences, and commands to be typed as they are.
    pub advice: Vec<String>,
}

/// Something that was tried and did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The operation, such as `unshare(CLONE_NEWNET)`.
    pub what: String,
    /// Its end: an errno with its text, or a sentence.
    pub result: String,
}

impl LabError {
    /// An error without attempts and advice yet.
    pub fn new(wanted: impl Into<String>) -> Self {
        Self { wanted: wanted.into(), attempts: Vec::new(), advice: Vec::new() }
    }

    /// Adds an attempt and its end.
    #[must_use]
    pub fn tried(mut self, what: impl Into<String>, result: impl fmt::Display) -> Self {
        self.attempts.push(Attempt { what: what.into(), result: result.to_string() });
        self
    }

    /// Adds what helps.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// For `map_err`: wanting this, that call failed.
    pub(super) fn failed(wanted: &str, what: &str) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::new(wanted).tried(what, errno)
    }

    /// For `map_err` of the standard library's calls.
    pub(super) fn failed_io(wanted: &str, what: &str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::new(wanted).tried(what, error)
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.wanted)?;
        for Attempt { what, result } in &self.attempts {
            write!(f, "\n  tried {what}: {result}")?;
        }
        for advice in &self.advice {
            write!(f, "\n  help: {advice}")?;
        }
        Ok(())
    }
}

impl Error for LabError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_wanted_tried_and_what_helps() {
        let error = LabError::new("cannot enter a sandbox")
            .tried("unshare(CLONE_NEWNET)", Errno::EPERM)
            .advise("sudo sysctl kernel.unprivileged_userns_clone=1");
        assert_eq!(
            error.to_string(),
            "cannot enter a sandbox\n  tried unshare(CLONE_NEWNET): EPERM: Operation not permitted\n  \
             help: sudo sysctl kernel.unprivileged_userns_clone=1"
        );
    }
}
