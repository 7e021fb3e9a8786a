use std::fmt;

use super::document::MAJOR;

/// Why a file cannot be read as a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It ends in the middle of a value.
    Truncated {
        /// The line where it ends, from 1.
        line: usize,
    },
    /// It is not JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is JSON, but not a timeline of tcpstory.
    NotATimeline,
    /// It was written by a newer tcpstory.
    Newer {
        /// Its version.
        version: String,
    },
    /// It is a timeline, but a part of its recording is missing or of the wrong kind.
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, in bytes, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Its recording contradicts itself.
    Inconsistent {
        /// Where: `events[12].actor`.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { line } => {
                write!(f, "the file ends too early, in line {line}: it was not saved completely")
            }
            Self::NotJson { line, column, problem } => write!(f, "line {line}, column {column}: not JSON: {problem}"),
            Self::NotATimeline => {
                f.write_str("not a timeline that tcpstory saved (\"schema\" is not \"tcpstory.timeline\")")
            }
            Self::Newer { version } => write!(
                f,
                "the timeline has version {version}, and this tcpstory reads versions up to {MAJOR}: use a newer tcpstory"
            ),
            Self::Malformed { line, column, problem } => {
                write!(f, "line {line}, column {column}: the recording is damaged: {problem}")
            }
            Self::Inconsistent { place, problem } => write!(f, "recording.{place}: {problem}"),
        }
    }
}

impl std::error::Error for ReadError {}
