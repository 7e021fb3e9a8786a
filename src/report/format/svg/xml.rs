//! XML under construction: every text and every attribute is escaped here and nowhere else.

use std::fmt::{Display, Write as _};

use crate::report::words;

/// A document, or a part of one.
#[derive(Debug, Default)]
pub(in crate::report) struct Xml {
    out: String,
}

/// A start tag under construction. It must be ended by [`begin`](Tag::begin), [`end`](Tag::end) or [`text`](Tag::text).
#[must_use]
pub(in crate::report) struct Tag<'a> {
    xml: &'a mut Xml,
    name: &'static str,
}

impl Xml {
    /// A start tag of that name.
    pub(in crate::report) fn tag(&mut self, name: &'static str) -> Tag<'_> {
        self.out.push('<');
        self.out.push_str(name);
        Tag { xml: self, name }
    }

    /// The end tag of an element that was begun.
    pub(in crate::report) fn close(&mut self, name: &'static str) {
        self.raw(&format!("</{name}>\n"));
    }

    /// Adds what is XML already.
    pub(in crate::report) fn raw(&mut self, xml: &str) {
        self.out.push_str(xml);
    }

    pub(in crate::report) fn finish(self) -> String {
        self.out
    }
}

impl Tag<'_> {
    /// With an attribute.
    pub(in crate::report) fn set(self, name: &str, value: impl Display) -> Self {
        let value = escaped(&value.to_string());
        let _ = write!(self.xml.out, " {name}=\"{value}\""); // writing to a String cannot fail
        self
    }

    /// An element with content: its end tag is to follow.
    pub(in crate::report) fn begin(self) {
        self.xml.raw(">\n");
    }

    /// An element without content.
    pub(in crate::report) fn end(self) {
        self.xml.raw("/>\n");
    }

    /// An element with this text. Spaces that a reader of XML would drop are kept.
    pub(in crate::report) fn text(self, text: &str) {
        let drops = text.contains("  ") || text.starts_with(' ') || text.ends_with(' ');
        let tag = if drops { self.set("xml:space", "preserve") } else { self };
        let (xml, name) = (tag.xml, tag.name);
        xml.raw(&format!(">{}</{name}>\n", escaped(text)));
    }
}

/// A text as it may stand in an element or between quotes; what XML 1.0 does not allow (section 2.2) becomes a visible escape.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in words::escape(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let mut xml = Xml::default();
        xml.tag("text").set("id", "a\"b'<").text("</svg>\u{1b}[2J & \u{0}\u{fffe}  x");
        let expected = "<text id=\"a&quot;b&apos;&lt;\" xml:space=\"preserve\">&lt;/svg&gt;\\x1b[2J &amp; \\x00\\u{fffe}  x</text>\n";
        assert_eq!(xml.finish(), expected);
    }
}
