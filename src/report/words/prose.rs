use unicode_width::UnicodeWidthStr as _;

use super::{escape, spans};

/// Markdown as plain text on one line: emphasis and code marks go, links keep their text, the rest stays.
pub fn plain(markdown: &str) -> String {
    escape(&spans(markdown).into_iter().map(|span| span.text).collect::<String>())
}

/// A paragraph of an author's Markdown, or an item of a list; its text is on one line, and still Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// It is an item of a list.
    pub is_item: bool,
    /// Its text, without the mark of an item.
    pub text: String,
}

/// An author's Markdown as paragraphs and items.
pub fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in markdown.lines().map(str::trim) {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        match (item, blocks.last_mut().filter(|_| open)) {
            _ if line.is_empty() => open = false,
            (None, Some(last)) => {
                last.text.push(' ');
                last.text.push_str(line);
            }
            _ => {
                blocks.push(Block { is_item: item.is_some(), text: item.unwrap_or(line).to_owned() });
                open = true;
            }
        }
    }
    blocks
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

/// `[text](address)` becomes `text`.
pub(in crate::report) fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, label, after)) = next_link(rest) {
        plain.push_str(before);
        plain.push_str(label);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let close = middle + 1 + closing(&text[middle + 1..])?;
    let before = &text[..open];
    Some((before.strip_suffix('!').unwrap_or(before), &text[open + 1..middle], &text[close + 1..]))
}

/// Where the parenthesis is closed that a text begins with; an address may hold pairs of them.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.char_indices().find_map(|(at, letter)| {
        match letter {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        (open == 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_its_text_wherever_it_leads() {
        assert_eq!(without_links("[x](javascript:alert((1))) [y](z)."), "x y.");
        assert_eq!(without_links("[x](javascript:alert(1)"), "[x](javascript:alert(1)");
    }

    #[test]
    fn markdown_becomes_plain() {
        let said =
            plain("The **write** *succeeds*: it `copies *p` into\nthe [buffer](https://x.y/z). SO_ERROR, 2*3, a_b_c");
        assert_eq!(said, "The write succeeds: it copies *p into the buffer. SO_ERROR, 2*3, a_b_c");
        assert_eq!(plain("[RFC](https://x.org/a_(b)) and ![a picture](x.png)!"), "RFC and a picture!");
        assert_eq!(plain("_quietly_ \u{1b}[2J"), "quietly \\x1b[2J");
    }

    #[test]
    fn paragraphs_and_items_are_told_apart() {
        let found = blocks("One\ntwo:\n\n- a\n  b\n* c\n\nEnd.");
        let said: Vec<_> = found.iter().map(|block| (block.is_item, block.text.as_str())).collect();
        assert_eq!(said, [(false, "One two:"), (true, "a b"), (true, "c"), (false, "End.")]);
    }

    #[test]
    fn lines_keep_their_width() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("abcdefghijklmnopqrstuvwxyz", 10), ["abcdefghij", "klmnopqrst", "uvwxyz"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two    three", 10), ["one two", "three"]);
    }
}
