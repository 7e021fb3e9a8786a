use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::{Block, Entry, Page};
use crate::report::columns::cut;
use crate::report::words::wrap;

const TITLE: Style = Style::new().bold();
const HEADING: Style = AnsiColor::Cyan.on_default().bold();
const NAME: Style = AnsiColor::Green.on_default();
const LABEL: Style = Style::new().dimmed();
/// The widest column of labels; a longer label stands on a line of its own, and no column takes half of the page.
const LABEL_COLUMNS: usize = 40;
/// How far a text is indented that stands under its label.
const UNDER: usize = 4;
/// The narrowest page; a terminal with fewer columns wraps by itself.
const LEAST_WIDTH: usize = 40;

/// The page for a terminal of that many columns.
pub fn terminal(page: &Page, width: usize, colour: bool) -> String {
    let mut out = Out { text: String::new(), width: width.max(LEAST_WIDTH), colour };
    out.wrapped(0, &page.title, TITLE);
    for section in &page.sections {
        out.text.push('\n');
        if !section.heading.is_empty() {
            out.line(0, &[(&section.heading.to_uppercase(), HEADING)]);
        }
        for (place, block) in section.blocks.iter().enumerate() {
            let loose = matches!(block, Block::Entry(_) | Block::Text(_) | Block::Table { .. });
            if place > 0 && (loose || !matches!(section.blocks[place - 1], Block::Text(_))) {
                out.text.push('\n');
            }
            out.block(block);
        }
    }
    out.text
}

struct Out {
    text: String,
    width: usize,
    colour: bool,
}

impl Out {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Text(text) => self.wrapped(2, text, Style::new()),
            Block::List(items) => {
                for item in items {
                    self.labelled(2, ("- ", Style::new()), item, 2);
                }
            }
            Block::Entry(entry) => self.entry(entry),
            Block::Pairs(pairs) => self.pairs(2, pairs, NAME),
            Block::Table { head, rows } => self.table(head, rows),
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.wrapped(2, &entry.name, NAME);
        self.wrapped(4, &entry.text, Style::new());
        self.pairs(4, &entry.more, LABEL);
    }

    /// Labels in a column, their texts beside them.
    fn pairs(&mut self, indent: usize, pairs: &[(String, String)], style: Style) {
        let column = pairs.iter().map(|(label, _)| label.width()).max().unwrap_or_default();
        let fits = column <= LABEL_COLUMNS.min(self.width / 2 - indent);
        for (label, text) in pairs {
            if !fits {
                self.wrapped(indent, label, style);
                self.wrapped(indent + UNDER, text, Style::new());
                continue;
            }
            let label = format!("{label}{}", " ".repeat(column - label.width() + 2));
            self.labelled(indent, (&label, style), text, column + 2);
        }
    }

    fn labelled(&mut self, indent: usize, label: (&str, Style), text: &str, hang: usize) {
        let room = self.width.saturating_sub(indent + hang);
        for (place, part) in wrap(text, room).iter().enumerate() {
            if place == 0 {
                self.line(indent, &[label, (part, Style::new())]);
            } else {
                self.line(indent + hang, &[(part, Style::new())]);
            }
        }
    }

    fn wrapped(&mut self, indent: usize, text: &str, style: Style) {
        if text.is_empty() {
            return;
        }
        for part in wrap(text, self.width.saturating_sub(indent)) {
            self.line(indent, &[(&part, style)]);
        }
    }

    /// A table where it fits; where it does not, each row as a list of its cells.
    fn table(&mut self, head: &[String], rows: &[Vec<String>]) {
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).chain(head.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(widest).collect();
        if 2 + widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1) <= self.width {
            self.row(head, &widths, LABEL);
            for row in rows {
                self.row(row, &widths, Style::new());
            }
            return;
        }
        for row in rows {
            self.wrapped(2, row.first().map_or("", String::as_str), NAME);
            let pairs: Vec<_> = head.iter().cloned().zip(row.iter().cloned()).skip(1).collect();
            self.pairs(4, &pairs, LABEL);
        }
    }

    fn row(&mut self, cells: &[String], widths: &[usize], style: Style) {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line.push_str(&cut(cell, *width, "…"));
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        self.line(2, &[(line.trim_end(), style)]);
    }

    fn line(&mut self, indent: usize, parts: &[(&str, Style)]) {
        self.text.push_str(&" ".repeat(indent));
        for (text, style) in parts {
            if self.colour && *style != Style::new() {
                // The escape must not swallow the spaces that align what follows.
                let bare = text.trim_end();
                let _ = write!(self.text, "{style}{bare}{style:#}{}", &text[bare.len()..]); // writing to a String cannot fail
            } else {
                self.text.push_str(text);
            }
        }
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut page = Page::new("A title");
        page.add("", vec![Block::text("A paragraph that is long enough to be wrapped where the page is narrow.")]);
        let entry = Entry { name: "a-rule".into(), text: "What it says.".into(), more: Vec::new() };
        page.add("Ways", vec![Block::Entry(entry.with("wire", "FIN, then RST").with("empty", ""))]);
        let rows = vec![vec!["now".into(), "= 0".into(), "→ EPIPE + SIGPIPE".into()]];
        let head = ["", "read", "write"].map(String::from).to_vec();
        page.add("Next", vec![Block::Table { head, rows }, Block::list(["one", "two"])]);
        page.add("Nothing", vec![Block::list(Vec::<String>::new())]);
        page
    }

    #[test]
    fn a_page_is_wrapped_and_aligned() {
        let text = terminal(&page(), 44, false);
        let expected = "A title\n\n  A paragraph that is long enough to be\n  wrapped where the page is narrow.\n\nWAYS\n  a-rule\n    What it says.\n    wire  FIN, then RST\n\nNEXT\n       read  write\n  now  = 0   → EPIPE + SIGPIPE\n\n  - one\n  - two\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn colour_changes_no_letter_and_no_column() {
        let painted = terminal(&page(), 44, true);
        assert!(painted.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), terminal(&page(), 44, false));
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        for width in [40, 57, 80, 110] {
            assert!(terminal(&page(), width, false).lines().all(|line| line.width() <= width), "{width}");
        }
    }
}
