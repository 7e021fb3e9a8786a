use unicode_width::UnicodeWidthStr as _;

use super::{Span, escape, spans};

/// Markdown as plain text on one line: emphasis and code marks go, links keep their text, the rest stays.
pub fn plain(markdown: &str) -> String {
    plain_spans(&spans(markdown))
}

/// The text of spans, on one line.
pub fn plain_spans(spans: &[Span]) -> String {
    escape(&spans.iter().map(|span| span.text.as_str()).collect::<String>())
}

/// Breaks a text into lines of at most `width` columns, at spaces where there are any; no line ends in one.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').flat_map(|word| pieces(word, width)) {
        let wide = word.width();
        if used > 0 && used + 1 + wide > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len()); // of several spaces in a row, the first may end a line
    }
    lines
}

/// A word, or where it is wider than a line its parts.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while rest.width() > width {
        let (head, tail) = rest.split_at(super::super::columns::prefix(rest, width).len());
        pieces.push(head);
        rest = tail;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_plain() {
        let said =
            plain("The **write** *succeeds*: it `copies *p` into\nthe [buffer](https://x.y/z). SO_ERROR, 2*3, a_b_c");
        assert_eq!(said, "The write succeeds: it copies *p into the buffer. SO_ERROR, 2*3, a_b_c");
        assert_eq!(plain("[RFC](https://x.org/a_(b)) and ![a picture](x.png)!"), "RFC and a picture!");
        assert_eq!(plain("_quietly_ \u{1b}[2J"), "quietly \\x1b[2J");
    }

    #[test]
    fn lines_keep_their_width() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("abcdefghijklmnopqrstuvwxyz", 10), ["abcdefghij", "klmnopqrst", "uvwxyz"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two    three", 10), ["one two", "three"]);
    }
}
