use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// Text by an author or from a file, made safe to show: control characters, invisible characters and those that change the
/// direction of writing become escapes. Idempotent; everything else stays as it is.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut safe, c, is_hostile(c));
    }
    safe
}

/// Payload bytes as C would write them between quotes: printable UTF-8 as it is, anything else escaped (`\n`, `\xff`,
/// `\u{202e}`).
pub fn payload(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => safe.push_str("\\\""),
                '\\' => safe.push_str("\\\\"),
                _ => push(&mut safe, c, is_hostile(c) || c.width() == Some(0)),
            }
        }
        for byte in chunk.invalid() {
            write_escape(&mut safe, format_args!("\\x{byte:02x}"));
        }
    }
    safe
}

/// The same text with ASCII alone: the signs of tcpstory's own drawings by a likeness, any other character as an escape.
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match likeness(c) {
            Some(likeness) => plain.push_str(likeness),
            None if c.is_ascii() => plain.push(c),
            None => write_escape(&mut plain, c.escape_unicode()),
        }
    }
    plain
}

fn push(safe: &mut String, c: char, hostile: bool) {
    match c {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        '\0'..='\x7f' if hostile => write_escape(safe, format_args!("\\x{:02x}", u32::from(c))),
        _ if hostile => write_escape(safe, c.escape_unicode()),
        _ => safe.push(c),
    }
}

fn write_escape(safe: &mut String, escape: impl std::fmt::Display) {
    let _ = write!(safe, "{escape}"); // writing to a String cannot fail
}

/// Control, invisible, directional or non-character: what a terminal obeys instead of showing it.
pub(in crate::report) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{d7b0}'..='\u{d7ff}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// What stands for a sign of tcpstory's own in ASCII.
fn likeness(c: char) -> Option<&'static str> {
    Some(match c {
        '…' => "...",
        '→' => "->",
        '←' => "<-",
        '↖' => "<~",
        '▶' => ">",
        '◀' => "<",
        '─' | '┄' | '·' | '–' | '−' => "-",
        '╌' => ".",
        '│' | '├' | '┤' => "|",
        '✓' => "ok",
        '✗' => "FAILED:",
        '×' => "x",
        'µ' => "u",
        '┼' | 'Δ' => "+",
        '≥' => ">=",
        '≤' => "<=",
        '≠' => "!=",
        '‘' | '’' => "'",
        '“' | '”' => "\"",
        '—' => "--",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_is_shown_as_c_writes_it() {
        assert_eq!(payload(b"a\"\\\n\x1b[31m\xff\x00"), "a\\\"\\\\\\n\\x1b[31m\\xff\\x00");
        assert_eq!(payload("gr\u{fc}n \u{202e}\u{2028}e\u{301}".as_bytes()), "gr\u{fc}n \\u{202e}\\u{2028}e\\u{301}");
    }

    #[test]
    fn prose_keeps_its_letters_and_loses_its_controls() {
        assert_eq!(escape("na\u{ef}ve\u{7}\u{9b}31m\u{200f}"), "na\u{ef}ve\\x07\\u{9b}31m\\u{200f}");
        assert_eq!(escape(&escape("\u{1b}")), escape("\u{1b}"));
    }

    #[test]
    fn ascii_has_nothing_else() {
        assert_eq!(ascii("c4 → EPIPE ↖ p8 … \u{fc}"), "c4 -> EPIPE <~ p8 ... \\u{fc}");
    }
}
