//! The author's file: TOML or JSON to a script, with diagnostics.
//!
//! [`parse`] reads a file that somebody else has opened; this room does no I/O. The language is described in
//! `scenarios/README.md`; its tables of keys and calls live in `vocabulary` and `read::calls`, and the parser, the
//! [`schema`](schema()) and the [`reference`](reference()) are all made from them.
//!
//! # How a file becomes a script
//!
//! 1. `toml_tree` or `json_tree` reads the text into one tree (`node`), in which every key and value knows its place.
//! 2. `read::top` walks the tree by hand. Every table is closed: an unknown key is an error, and one that belongs to another
//!    table is told to have fallen into this one.
//! 3. `read::actors` surveys all steps first, because a step may name an actor that acts only later: who takes part, who
//!    listens, and which call opens an actor's unnamed socket next.
//! 4. `read::steps` reads the steps in order, and `read::sockets` follows meanwhile which sockets exist, who has met whom,
//!    who is blocked and whose process has ended. So a call that cannot be made is an error at its place, before anything runs.
//! 5. What is wrong becomes a `Fault` with a byte range, and at the end a [`Diagnostic`] with line, column and excerpt.
//!
//! # Decisions
//!
//! - After a step that could not be read, sockets and peers are no longer known for certain; what then seems to be missing is
//!   not reported, so that one mistake is one diagnostic.
//! - An unnamed `socket`, `bind`, `setsockopt` or `getsockopt` means the open connection; else the listener, if the actor's next
//!   unnamed opening is a `listen`, or if it only has a listener; else a new connection. `close`, `shutdown` and `poll` mean the
//!   listener as long as the actor never had a connection.
//! - A call on a closed socket is an error of the file unless the step expects EBADF; `poll` is allowed, it returns POLLNVAL.
//! - A call may stay blocked to the end of the run: not to finish it is no error, for "still blocked" is an outcome.
//! - `because` must name one segment: an actor with several peers is ambiguous there and must say which one it means.
//! - Memory is bounded by the file's size: repeated data stays a pattern, and what `returns` spells out is limited.
//!
//! # Example
//!
//! ```
//! use tcpstory::scenario::{SourceText, parse};
//!
//! let text = b"title = \"Refused\"\n[actors.server]\n[[step]]\nby = \"client\"\ndo.connect = \"sever\"\n";
//! let wrong = parse(&SourceText { path: "refused.toml", bytes: text }).unwrap_err();
//! assert_eq!(wrong[0].to_string(), "refused.toml:5:15: there is no actor `sever`");
//! assert_eq!(wrong[0].help.as_deref(), Some("did you mean `server`?"));
//! ```

pub mod builtin;
mod diagnostic;
mod fault;
mod json_tree;
mod nearest;
mod node;
mod read;
mod reference;
mod schema;
mod toml_tree;
mod vocabulary;

use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::record::{Family, Script, Source};

pub use builtin::Builtin;
pub use diagnostic::{Diagnostic, Excerpt};
pub use nearest::nearest;
pub use reference::reference;
pub use schema::schema;

/// The description of the scenario language, in Markdown: `scenarios/README.md`, with which it links to the shipped scenarios.
pub const LANGUAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/README.md"));

use diagnostic::Lines;
use fault::Fault;
use read::Reader;

/// The largest scenario file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How a scenario is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML, for people.
    Toml,
    /// JSON, the same structure for programs.
    Json,
}

impl Format {
    /// The format by the path's extension: `.json` is JSON, everything else TOML.
    pub fn of(path: &str) -> Self {
        let json = path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Toml }
    }
}

/// A scenario file that somebody has read.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// The path as the user gave it; its extension says the format.
    pub path: &'a str,
    /// The whole file.
    pub bytes: &'a [u8],
}

/// Reads a scenario.
///
/// # Errors
///
/// Everything that is wrong with the file, in its order; after about twenty errors the rest is not looked for. A wrong
/// syntax hides what else is wrong.
pub fn parse(source: &SourceText<'_>) -> Result<Script, Vec<Diagnostic>> {
    parse_given(source, &Given::default())
}

/// What a reader of a scenario knows that its file does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The family to read it for, whatever its `network.family` is: what cannot be had over that family is an error of the file.
    pub family: Option<Family>,
    /// The ids of the model's rules: `because` may name no other. Without them any id is taken for one.
    pub rules: Option<&'a [&'a str]>,
}

/// Reads a scenario with what else is known.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_given(source: &SourceText<'_>, given: &Given<'_>) -> Result<Script, Vec<Diagnostic>> {
    let format = Format::of(source.path);
    let text = text(source)?;
    let mut reader = Reader::new(source.path, text, format, given.rules);
    let root = match format {
        Format::Toml => toml_tree::parse(text),
        Format::Json => json_tree::parse(text).map_err(|fault| vec![fault]),
    };
    let script = match root {
        Ok(root) => {
            let about = Source { path: source.path.to_owned(), sha256: sha256(source.bytes) };
            read::script(&mut reader, &root, id(source.path), about, given.family)
        }
        Err(faults) => {
            for fault in faults {
                reader.report(fault);
            }
            None
        }
    };
    script.ok_or_else(|| reader.diagnostics())
}

/// The file as text, if it is one that can hold a scenario.
fn text<'a>(source: &SourceText<'a>) -> Result<&'a str, Vec<Diagnostic>> {
    let refuse = |text: &str, fault: Fault| Err(vec![Lines::new(source.path, text).diagnostic(fault)]);
    if source.bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, and a scenario has at most {MAX_BYTES}", source.bytes.len());
        return refuse("", Fault::new(0..0, message).label("too long to be read"));
    }
    let text = match core::str::from_utf8(source.bytes) {
        Ok(text) => text,
        Err(error) => {
            let text = String::from_utf8_lossy(source.bytes);
            let at = error.valid_up_to();
            return refuse(&text, not_text(source.bytes, at));
        }
    };
    if let Some(at) = text.find('\0') {
        return refuse(text, not_text(source.bytes, at));
    }
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        let fault = Fault::new(0..0, "the file is empty").label("expected a scenario");
        return refuse(text, fault.help("`tcpstory list --show broken-pipe` prints a scenario to start from, and `tcpstory list` the names of others"));
    }
    Ok(text)
}

fn not_text(bytes: &[u8], at: usize) -> Fault {
    let byte = bytes.get(at).copied().unwrap_or_default();
    Fault::new(at..at + 1, format!("the file is not UTF-8 text: byte 0x{byte:02x} at offset {at}"))
        .label("not text")
        .help("a scenario is TOML (or JSON) saved as UTF-8; is this the right file?")
}

/// The scenario's name: the file's name without folder and extension.
fn id(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let id = if stem.is_empty() { file } else { stem };
    if id.is_empty() { "scenario".to_owned() } else { id.to_owned() }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
