//! One line of the page: texts at columns.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use crate::report::columns::cut;

/// A line under construction.
#[derive(Debug, Default)]
pub(super) struct Line {
    pieces: Vec<Piece>,
    behind: Vec<(usize, &'static str, Style)>,
}

#[derive(Debug)]
struct Piece {
    column: usize,
    text: String,
    style: Style,
}

impl Line {
    /// Puts a text at a column. It may be as long as the line has room: up to the next text or the end.
    pub(super) fn put(&mut self, column: usize, text: impl Into<String>, style: Style) {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push(Piece { column, text, style });
        }
    }

    /// Puts a text so that it ends before a column.
    pub(super) fn put_before(&mut self, column: usize, text: impl Into<String>, style: Style) {
        let text = text.into();
        self.put(column.saturating_sub(text.width()), text, style);
    }

    /// Puts a sign one column wide behind everything: it shows only where nothing else is.
    pub(super) fn put_behind(&mut self, column: usize, sign: &'static str, style: Style) {
        self.behind.push((column, sign, style));
    }

    /// Paints the line into `out`, at most `width` columns wide. Returns whether a text was cut.
    pub(super) fn paint(mut self, out: &mut String, width: usize, mark: &str, colour: bool) -> bool {
        self.pieces.sort_by_key(|piece| piece.column);
        let mut painter = Painter { out, colour, used: 0 };
        let mut was_cut = false;
        let mut behind = self.behind.into_iter().filter(|(column, ..)| *column < width).peekable();
        for place in 0..self.pieces.len() {
            let end = self.pieces.get(place + 1).map_or(width, |next| next.column.saturating_sub(1).min(width));
            let piece = &self.pieces[place];
            let begin = piece.column.max(painter.used);
            while let Some((column, sign, style)) = behind.next_if(|(column, ..)| *column < begin) {
                painter.sign(column, sign, style);
            }
            let text = cut(&piece.text, end.saturating_sub(begin), mark);
            was_cut |= text != piece.text;
            painter.text(begin, &text, piece.style);
            while behind.next_if(|(column, ..)| *column <= painter.used).is_some() {}
        }
        for (column, sign, style) in behind {
            painter.sign(column, sign, style);
        }
        was_cut
    }
}

struct Painter<'a> {
    out: &'a mut String,
    colour: bool,
    used: usize,
}

impl Painter<'_> {
    fn sign(&mut self, column: usize, sign: &str, style: Style) {
        if column >= self.used {
            self.text(column, sign, style);
        }
    }

    /// Paints a text, without the spaces at its end: nothing shows there, and no line ends in them.
    fn text(&mut self, column: usize, text: &str, style: Style) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.out.extend(std::iter::repeat_n(' ', column.saturating_sub(self.used)));
        self.used = column.max(self.used) + text.width();
        super::paint::styled(self.out, text, style, self.colour);
    }
}
