use std::borrow::Cow;

/// The text as one line in which nothing acts: control characters (also line ends and ESC), and characters that turn the
/// direction of writing or are a mark without a shape, are replaced by `\n`, `\u{1b}` and the like.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts) { Cow::Owned(text.chars().map(escaped).collect()) } else { Cow::Borrowed(text) }
}

fn escaped(c: char) -> String {
    if acts(c) { c.escape_default().to_string() } else { c.into() }
}

/// Whether it does something to its reader's screen beside being seen.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction of writing
            | '\u{2028}' | '\u{2029}' // line and paragraph ends
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}') // marks without a shape
}

/// The text as one line of at most so many bytes; what is cut off is replaced by `…`.
pub(super) fn one_line_within(text: &str, max_bytes: usize) -> Cow<'_, str> {
    const ELLIPSIS: char = '…';
    let line = one_line(text);
    if line.len() <= max_bytes {
        return line;
    }
    let end = line.floor_char_boundary(max_bytes.saturating_sub(ELLIPSIS.len_utf8()));
    Cow::Owned(format!("{}{ELLIPSIS}", &line[..end]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_replaced() {
        assert_eq!(one_line("a\nERRNO=0\r\t\0"), r"a\nERRNO=0\r\t\u{0}");
        assert_eq!(one_line("\u{1b}[2J\u{9b}1m\u{7f}"), r"\u{1b}[2J\u{9b}1m\u{7f}");
        assert_eq!(one_line("exe.\u{202e}gpj"), r"exe.\u{202e}gpj");
    }

    #[test]
    fn what_is_only_seen_stays() {
        for text in ["write(\"b\") → 1", r"\n stays", "à côté\u{a0}!", "नमस्ते", "日本", "👩\u{200d}🚀"]
        {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        assert_eq!(one_line_within("äöü", 6), "äöü");
        assert_eq!(one_line_within("äöüä", 6), "ä…");
    }

    proptest! {
        #[test]
        fn no_text_acts(text in any::<String>(), max in 3..50_usize) {
            let line = one_line_within(&text, max);
            prop_assert!(!line.chars().any(acts));
            prop_assert!(line.len() <= max);
        }
    }
}
