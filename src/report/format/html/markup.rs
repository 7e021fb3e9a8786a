//! Text in HTML, safely.

use std::fmt::Write as _;

/// Text as HTML shows it, also inside an attribute's quotes.
pub(in crate::report) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

/// JSON for a `<script>` element: nothing in it ends the element or begins a comment, and nothing is invisible or turns the
/// direction of writing. The escaped characters stand in strings alone, and there they mean the same.
pub(in crate::report) fn json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{206f}' | '\u{feff}' => {
                let _ = write!(safe, "\\u{:04x}", u32::from(c)); // writing to a String cannot fail
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// A frame with its slots (`{{name}}`) filled. What is filled in is not looked at again; a slot that nobody fills stays empty.
pub(in crate::report) fn fill(frame: &str, slots: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(frame.len() + slots.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = frame;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(slots.iter().find(|(slot, _)| *slot == name).map_or("", |(_, text)| text));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// A style sheet or a script without its indentation and without the lines that are comments, which are for those who read the
/// sources. No text in them may go on over the end of a line.
pub(in crate::report) fn lean(source: &str) -> String {
    let mut lean = String::with_capacity(source.len());
    let mut is_comment = false;
    for line in source.lines().map(str::trim).filter(|line| !line.is_empty()) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.starts_with("//") {
            lean.push_str(line);
            lean.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    lean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        assert_eq!(fill("<b>{{a}}</b>{{b}}{{c}}.", &[("a", "{{b}}"), ("b", "2")]), "<b>{{b}}</b>2.");
        assert_eq!(fill("{{a", &[("a", "1")]), "{{a");
    }

    #[test]
    fn comments_and_indentation_stay_in_the_sources() {
        let source = "/** What\n * it is. */\nlet a = 1; // why\n\n  // ---\n  a += 2;\n/* one */\nb();\n";
        assert_eq!(lean(source), "let a = 1; // why\na += 2;\nb();\n");
    }

    #[test]
    fn nothing_ends_an_element_early() {
        assert_eq!(text("</p>\"'&"), "&lt;/p&gt;&quot;&#39;&amp;");
        assert_eq!(json("\"</script><!--\u{2028}\""), "\"\\u003c/script>\\u003c!--\\u2028\"");
    }
}
