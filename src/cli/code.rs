use std::process::ExitCode;

/// How the program ends. A bug ends it with 101, as every panic does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Everything was told as expected: 0.
    Success,
    /// An expectation failed, or the capture is incomplete: 1.
    Unexpected,
    /// The scenario or the arguments are wrong: 2.
    Usage,
    /// This machine cannot: 3; `tcpstory doctor` says why.
    Machine,
    /// A signal interrupted the run: 128 and its number, as shells have it.
    Interrupted(u8),
}

impl Code {
    /// The graver of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.gravity() >= other.gravity() { self } else { other }
    }

    fn gravity(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Machine => 3,
            Self::Interrupted(_) => 4,
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(match code {
            Code::Success => 0,
            Code::Unexpected => 1,
            Code::Usage => 2,
            Code::Machine => 3,
            Code::Interrupted(signal) => 128 + signal,
        })
    }
}
