//! An author's Markdown, read once: what stands where in which style, for every output that has styles.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde::{Serialize, Serializer};

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As the rest.
    Plain,
    /// Code.
    Code,
    /// With weight.
    Strong,
    /// With emphasis.
    Emphasis,
}

impl Style {
    /// The element of HTML for it; none for plain text.
    pub fn element(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Code => Some("code"),
            Self::Strong => Some("strong"),
            Self::Emphasis => Some("em"),
        }
    }
}

/// A piece of text in one style. It is text: what looks like markup in it is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Its style.
    pub style: Style,
}

/// A plain span is its text, any other `[element, text]`.
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.style.element() {
            None => self.text.serialize(serializer),
            Some(element) => (element, &self.text).serialize(serializer),
        }
    }
}

/// A paragraph, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RichBlock {
    /// It is an item of a list.
    pub is_item: bool,
    /// Its text.
    pub spans: Vec<Span>,
}

/// `[is_item, spans]`.
impl Serialize for RichBlock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.is_item, &self.spans).serialize(serializer)
    }
}

/// Markdown as paragraphs and items of lists.
///
/// There are no other blocks: what `CommonMark` would take for a heading, a quotation or a block of code is a paragraph.
pub fn rich(markdown: &str) -> Vec<RichBlock> {
    let mut blocks: Vec<(bool, String)> = Vec::new();
    let mut open = false;
    for line in markdown.lines().map(str::trim) {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        match (item, blocks.last_mut().filter(|_| open)) {
            _ if line.is_empty() => open = false,
            (None, Some((_, text))) => {
                text.push(' ');
                text.push_str(line);
            }
            _ => {
                blocks.push((item.is_some(), item.unwrap_or(line).to_owned()));
                open = true;
            }
        }
    }
    blocks.iter().map(|(is_item, text)| RichBlock { is_item: *is_item, spans: spans(text) }).collect()
}

/// What stands before a text, so that nothing at its beginning is read as the mark of a heading, a list or a block of code.
const LEAD: &str = "a ";

/// Markdown within a paragraph: code, strong and emphasized words, the texts of links and pictures. HTML in it is text.
pub fn spans(markdown: &str) -> Vec<Span> {
    let joined = markdown.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = format!("{LEAD}{joined}");
    let mut reader = Reader::default();
    Parser::new_ext(&text, Options::empty()).for_each(|event| reader.event(event));
    let mut spans = reader.spans;
    if let Some(first) = spans.first_mut() {
        first.text.drain(..LEAD.len().min(first.text.len()));
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}

#[derive(Default)]
struct Reader {
    spans: Vec<Span>,
    /// The styles that are open, the innermost last.
    open: Vec<Style>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Strong) => self.open.push(Style::Strong),
            Event::Start(Tag::Emphasis) => self.open.push(Style::Emphasis),
            Event::End(TagEnd::Strong | TagEnd::Emphasis) => {
                self.open.pop();
            }
            Event::Code(text) => self.push(&text, Style::Code),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.push(text, self.open.last().copied().unwrap_or(Style::Plain));
    }

    fn push(&mut self, text: &str, style: Style) {
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.to_owned(), style }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(markdown: &str) -> String {
        serde_json::to_string(&spans(markdown)).unwrap()
    }

    #[test]
    fn words_have_styles() {
        let expected = r#"["The ",["strong","write"]," ",["em","succeeds"],": ",["code","a*b*"]," 2*3 a_b_c"]"#;
        assert_eq!(said("The **write** *succeeds*:\n`a*b*` 2*3 a_b_c"), expected);
        assert_eq!(said("see [the `RFC`](https://x.org/a_(b)) ![p](q)"), r#"["see the ",["code","RFC"]," p"]"#);
        assert_eq!(
            said("[x](javascript:alert((1))) [y](z). [x](javascript:alert(1)"),
            r#"["x y. [x](javascript:alert(1)"]"#
        );
    }

    #[test]
    fn what_begins_a_line_is_text() {
        for text in ["1. one", "# x", "> y", "- z", "---", "a ", "<b>x</b>", "```", "</script>", "~~~", "[x]: y"] {
            let text = text.trim();
            assert_eq!(said(text), serde_json::to_string(&[text]).unwrap());
        }
        assert_eq!(said(""), "[]");
    }

    #[test]
    fn items_are_told_from_paragraphs() {
        let blocks = serde_json::to_string(&rich("One\ntwo:\n\n- `a`\n  b\n* c\n\nEnd.")).unwrap();
        assert_eq!(blocks, r#"[[false,["One two:"]],[true,[["code","a"]," b"]],[true,["c"]],[false,["End."]]]"#);
    }
}
