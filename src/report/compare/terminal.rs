//! A comparison for the terminal: two columns, or where there is no room for them one below the other.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::{Comparison, Pair, Relation, Which};
use crate::report::{Options, columns, words};

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const OWN: Style = AnsiColor::Red.on_default();
/// The narrowest page with two columns.
const TWO_COLUMNS: usize = 80;
const LEAST_WIDTH: usize = 40;
/// Between the columns: a space, the mark, a space.
const BETWEEN: usize = 3;

/// Writes a comparison for the terminal.
pub(super) fn write(comparison: &Comparison<'_>, options: &Options) -> Vec<u8> {
    let width = options.width.max(LEAST_WIDTH);
    let mut page = Page { out: String::new(), options: *options, width };
    page.heads(comparison);
    let first = comparison.first_difference();
    for (place, pair) in comparison.pairs.iter().enumerate() {
        if Some(place) == first {
            page.line(&[(1, "▼ the first difference", BOLD)]);
        }
        if width >= TWO_COLUMNS { page.beside(pair) } else { page.below(pair) }
    }
    page.out.push('\n');
    for sentence in comparison.explanation() {
        page.prose(1, &sentence, PLAIN);
    }
    page.out.into_bytes()
}

struct Page {
    out: String,
    options: Options,
    width: usize,
}

/// A text with how it looks.
type Cell = (String, Style);

fn mark(relation: Relation) -> &'static str {
    match relation {
        Relation::Same => "=",
        Relation::OtherResult | Relation::OtherDeed => "≠",
        Relation::OnlyA => "<",
        Relation::OnlyB => ">",
    }
}

impl Page {
    fn text(&self, text: &str) -> String {
        if self.options.ascii { words::ascii(text) } else { text.to_owned() }
    }

    fn cut(&self, text: &str, width: usize) -> String {
        columns::cut(text, width, if self.options.ascii { "..." } else { "…" })
    }

    /// A line of texts at columns, each cut where the next begins.
    fn line(&mut self, texts: &[(usize, &str, Style)]) {
        let mut used = 0;
        for (place, (column, text, style)) in texts.iter().enumerate() {
            let end = texts.get(place + 1).map_or(self.width, |(next, ..)| next.saturating_sub(1));
            let text = self.cut(&self.text(text), end.saturating_sub(*column));
            if text.is_empty() {
                continue;
            }
            self.out.extend(std::iter::repeat_n(' ', column.saturating_sub(used)));
            used = column + text.width();
            if self.options.colour && *style != PLAIN {
                let _ = write!(self.out, "{style}{text}{style:#}"); // writing to a String cannot fail
            } else {
                self.out.push_str(&text);
            }
        }
        self.out.push('\n');
    }

    fn prose(&mut self, indent: usize, text: &str, style: Style) {
        for (place, part) in words::wrap(&self.text(text), self.width - indent - 2).into_iter().enumerate() {
            self.line(&[(if place == 0 { indent } else { indent + 2 }, &part, style)]);
        }
    }

    fn heads(&mut self, comparison: &Comparison<'_>) {
        for which in Which::BOTH {
            let script = &comparison.story(which).recording.script;
            let (id, title) = (words::escape(&script.id), words::plain(&script.title));
            self.prose(1, &format!("{} {id}: {title}", which.name()), BOLD);
        }
        self.out.push('\n');
    }

    /// The cells of a side: what it does, and what came of it.
    fn cells(&self, pair: &Pair, which: Which) -> Vec<Cell> {
        let Some(step) = pair.side(which) else { return Vec::new() };
        let mut cells = vec![(format!("{} {}", step.id.0 + 1, step.does), BOLD)];
        for (line, own) in pair.lines(which).filter(|(line, _)| line.key.is_some() || self.options.verbose) {
            let sign = if own { "≠" } else { " " };
            let style = if own { OWN } else { DIM };
            cells.push((format!(" {sign} {:4} {}", line.alias, line.text), style));
        }
        cells
    }

    fn beside(&mut self, pair: &Pair) {
        let column = (self.width - BETWEEN - 1) / 2;
        let [left, right] = Which::BOTH.map(|which| self.cells(pair, which));
        for place in 0..left.len().max(right.len()) {
            let empty = (String::new(), PLAIN);
            let (a, b) = (left.get(place).unwrap_or(&empty), right.get(place).unwrap_or(&empty));
            let mark = if place == 0 { mark(pair.relation) } else { "" };
            self.line(&[(1, &a.0, a.1), (column + 1, mark, BOLD), (column + 1 + BETWEEN, &b.0, b.1)]);
        }
    }

    fn below(&mut self, pair: &Pair) {
        if pair.relation == Relation::Same {
            for (place, cell) in self.cells(pair, Which::A).iter().enumerate() {
                self.line(&[(1, if place == 0 { "=" } else { "" }, BOLD), (3, &cell.0, cell.1)]);
            }
            return;
        }
        for which in Which::BOTH {
            for (place, cell) in self.cells(pair, which).iter().enumerate() {
                self.line(&[(1, if place == 0 { which.name() } else { "" }, BOLD), (3, &cell.0, cell.1)]);
            }
        }
    }
}
