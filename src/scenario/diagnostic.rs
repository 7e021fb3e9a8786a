//! What is wrong with the author's file, where, and what to do about it.

use core::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::fault::Fault;
use super::node::Span;

/// Characters of the line that are shown on each side of the place.
const CONTEXT: usize = 60;
/// Characters of the line that are marked at most.
const MARKED: usize = 80;
/// Characters of a message, a label or a help at most: they quote the author's words, which may be of any length.
const PROSE: usize = 400;

/// Something wrong in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file's path as the user gave it.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// How many characters are marked; 0 where something is missing at the end of the line.
    pub length: u32,
    /// What is wrong, in one sentence without a capital and a full stop.
    pub message: String,
    /// What stands beside the caret: what was expected there. May be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line of the file, or the part of it around the place.
    pub excerpt: Excerpt,
}

/// A line of the file in three parts: before the place, the place, and after it. Raw, not escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text before the place; begins with `…` where the line was cut.
    pub before: String,
    /// The place.
    pub marked: String,
    /// The text after the place; ends with `…` where the line was cut.
    pub after: String,
}

impl Diagnostic {
    /// The diagnostic as several lines of text with a final line end; control characters are escaped.
    ///
    /// ```text
    /// error: there is no call `wirte`
    ///   --> lesson.toml:12:4
    ///    |
    /// 12 | do.wirte = "a"
    ///    |    ^^^^^ not a call
    ///    = help: did you mean `write`?
    /// ```
    pub fn render(&self, color: bool) -> String {
        let paint = Paint::new(color);
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let [before, marked, after] =
            [&self.excerpt.before, &self.excerpt.marked, &self.excerpt.after].map(|s| escape(s));
        let caret = format!("{}{}", " ".repeat(before.width()), "^".repeat(marked.width().max(1)));
        let label = escape(&self.label);
        let space = if label.is_empty() { "" } else { " " };

        let mut out = String::new();
        let _ = writeln!(out, "{} {}", paint.error("error:"), paint.strong(&escape(&self.message)));
        let place = format!("{}:{}:{}", escape(&self.path), self.line, self.column);
        let _ = writeln!(out, "{margin}{} {place}", paint.frame("-->"));
        let _ = writeln!(out, "{margin} {}", paint.frame("|"));
        let line = format!("{before}{marked}{after}");
        let _ = writeln!(out, "{}", format!("{} {} {line}", paint.frame(&number), paint.frame("|")).trim_end());
        let _ = writeln!(out, "{margin} {} {}{space}{}", paint.frame("|"), paint.error(&caret), paint.error(&label));
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{margin} {} {}", paint.frame("= help:"), escape(help));
        }
        out
    }
}

impl core::fmt::Display for Diagnostic {
    /// `path:line:column: message`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}:{}: {}", escape(&self.path), self.line, self.column, escape(&self.message))
    }
}

impl std::error::Error for Diagnostic {}

/// The styles of rustc's diagnostics, or none.
struct Paint {
    error: Style,
    frame: Style,
    strong: Style,
}

impl Paint {
    fn new(color: bool) -> Self {
        if !color {
            return Self { error: Style::new(), frame: Style::new(), strong: Style::new() };
        }
        Self {
            error: AnsiColor::BrightRed.on_default().bold(),
            frame: AnsiColor::BrightBlue.on_default().bold(),
            strong: Style::new().bold(),
        }
    }

    fn error(&self, text: &str) -> String {
        paint(self.error, text)
    }

    fn frame(&self, text: &str) -> String {
        paint(self.frame, text)
    }

    fn strong(&self, text: &str) -> String {
        paint(self.strong, text)
    }
}

fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// The text with everything that could move the cursor or reorder the line made visible.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c if c.is_control() || is_format(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Invisible characters that change the direction or the joining of text (Unicode general category Cf, the common ones).
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The lines of a file, to turn byte offsets into lines and columns.
pub(super) struct Lines<'a> {
    path: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Self {
        let starts = core::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path, text, starts }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, at: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    /// The diagnostic of a fault.
    pub(super) fn diagnostic(&self, fault: Fault) -> Diagnostic {
        let (line, span) = self.on_one_line(fault.span);
        let row = self.row(line);
        let [before, marked, after] = [&row[..span.start], &row[span.clone()], &row[span.end..]];
        Diagnostic {
            path: self.path.to_owned(),
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: count(before) + 1,
            length: count(marked),
            message: cut(&fault.message, PROSE),
            label: cut(&fault.label, PROSE),
            help: fault.help.map(|help| cut(&help, PROSE)),
            excerpt: Excerpt {
                before: cut_front(before, CONTEXT),
                marked: cut(marked, MARKED),
                after: cut(after, CONTEXT),
            },
        }
    }

    /// The line's place, from 0, and the part of the span on it, on character boundaries.
    fn on_one_line(&self, span: Span) -> (usize, Span) {
        let at = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let line = self.line(at) as usize - 1;
        let row = self.row(line);
        let start = (at - self.starts[line]).min(row.len());
        let end = span.end.max(at).saturating_sub(self.starts[line]).min(row.len());
        (line, start..row.ceil_char_boundary(end))
    }

    /// A line without its end.
    fn row(&self, line: usize) -> &'a str {
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        self.text[self.starts[line]..end].trim_end_matches(['\n', '\r'])
    }
}

fn count(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn cut_front(text: &str, most: usize) -> String {
    let keep = |first: usize| text.char_indices().rev().nth(first).map(|(at, _)| &text[at..]);
    match (keep(most), keep(most - 1)) {
        (Some(_), Some(kept)) => format!("…{kept}"),
        _ => text.to_owned(),
    }
}
