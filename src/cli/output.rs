//! Standard output and standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use super::Code;
use super::args::{Color, Look, Screen, Telling, Text};
use crate::report::Options;
use crate::report::words::escape;
use crate::scenario::Diagnostic;

/// The ladder's width where nothing says another.
const DEFAULT_WIDTH: usize = 110;

/// How outputs look, with the terminal asked for what was not said.
pub(super) fn options(look: &Look) -> Options {
    Options {
        verbose: look.verbose,
        wireshark: look.wireshark.into(),
        theme: look.picture.theme.into(),
        fragments: look.picture.fragments,
        ..telling(&look.telling, text(&look.text))
    }
}

/// How a text looks.
pub(super) fn text(text: &Text) -> Options {
    let Screen { width, color } = text.screen;
    Options { width: columns(width), ascii: text.ascii, colour: coloured(color), ..Options::default() }
}

/// What is told of a story.
pub(super) fn telling(telling: &Telling, options: Options) -> Options {
    Options { normalize: telling.normalize, no_answers: telling.no_answers, ..options }
}

/// The width that was asked for, or the terminal's.
pub(super) fn columns(asked: Option<u16>) -> usize {
    asked.map_or_else(width, usize::from)
}

/// Whether standard output is to have colours.
pub(super) fn coloured(when: Color) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stdout().is_terminal() && !is_plain(),
    }
}

/// The width that was asked for, the terminal's, or none: whoever reads lines wants whole ones.
pub(super) fn list_columns(asked: Option<u16>) -> Option<usize> {
    asked.map(usize::from).or_else(known_width)
}

fn width() -> usize {
    known_width().unwrap_or(DEFAULT_WIDTH)
}

/// The terminal's width, or what COLUMNS says.
fn known_width() -> Option<usize> {
    let of_terminal = || terminal_size::terminal_size_of(io::stdout()).map(|(columns, _)| usize::from(columns.0));
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    of_terminal().or_else(said).filter(|columns| *columns >= 20)
}

/// `NO_COLOR` (no-color.org) is set, or the terminal is a dumb one.
fn is_plain() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Writes to standard output. A reader that has gone away is not an error: it has seen enough.
pub(super) fn print(bytes: &[u8]) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Prints a command's result and says how the command ends.
pub(super) fn result(bytes: &[u8]) -> Code {
    match print(bytes) {
        Ok(()) => Code::Success,
        Err(message) => {
            error(&message);
            Code::Usage
        }
    }
}

/// Whether standard output is a terminal, where bytes that are not text do harm.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Tells what went wrong.
pub(super) fn error(message: &str) {
    note(&format!("error: {message}"));
}

/// Tells something beside the result. Where nobody listens any more, there is nothing to do about it.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Shows what is wrong with a scenario file.
pub(super) fn diagnostic(diagnostic: &Diagnostic) {
    let colour = io::stderr().is_terminal() && !is_plain();
    note(diagnostic.render(colour).trim_end_matches('\n'));
}

/// A path as a shell reads it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    if text.chars().all(plain) {
        return text;
    }
    format!("'{}'", escape(&text).replace('\'', r"'\''"))
}
