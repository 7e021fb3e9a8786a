use serde::Deserialize;
use serde_json::error::Category;

use super::document::{MAJOR, SCHEMA};
use super::{ReadError, validate};
use crate::packet;
use crate::record::Recording;
use crate::report::words;

/// What tells what a file is.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
    schema_version: Option<String>,
}

/// What is read of a timeline: everything else follows from it.
#[derive(Deserialize)]
struct Body {
    recording: Recording,
}

/// Reads the recording of a saved timeline, checks that it does not contradict itself, and dissects its frames.
///
/// # Errors
///
/// [`ReadError`] where the bytes are no timeline, a newer one, or a damaged one.
pub fn read(bytes: &[u8]) -> Result<Recording, ReadError> {
    let head: Head = serde_json::from_slice(bytes).map_err(|error| head_error(&error))?;
    if head.schema.as_deref() != Some(SCHEMA) {
        return Err(ReadError::NotATimeline);
    }
    check_version(head.schema_version.as_deref().unwrap_or_default())?;
    let Body { mut recording } = serde_json::from_slice(bytes).map_err(|error| ReadError::Malformed {
        line: error.line(),
        column: error.column(),
        problem: problem(&error),
    })?;
    packet::dissect(&mut recording);
    validate::validate(&recording)?;
    Ok(recording)
}

fn head_error(error: &serde_json::Error) -> ReadError {
    match error.classify() {
        Category::Eof => ReadError::Truncated { line: error.line() },
        Category::Data => ReadError::NotATimeline,
        Category::Syntax | Category::Io => {
            ReadError::NotJson { line: error.line(), column: error.column(), problem: problem(error) }
        }
    }
}

/// A minor version only adds, so any of a known major version can be read.
fn check_version(version: &str) -> Result<(), ReadError> {
    match version.split('.').next().map(str::parse::<u64>) {
        Some(Ok(major)) if (1..=MAJOR).contains(&major) => Ok(()),
        Some(Ok(major)) if major > MAJOR => Err(ReadError::Newer { version: words::escape(version) }),
        _ => Err(ReadError::NotATimeline),
    }
}

/// The message without the place, which is told beside it.
fn problem(error: &serde_json::Error) -> String {
    let message = words::escape(&error.to_string());
    let place = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}
