//! Text in terminal columns: measuring, cutting and padding.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The longest beginning of a text that fits into `width` columns.
pub(crate) fn prefix(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (place, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[..place];
        }
    }
    text
}

/// The text if it fits, else its beginning with `mark` at the end, within `width` columns.
pub(crate) fn cut(text: &str, width: usize, mark: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    match width.checked_sub(mark.width()) {
        Some(room) => format!("{}{mark}", prefix(text, room)),
        None => prefix(mark, width).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_never_exceeds_its_columns() {
        assert_eq!(cut("abcdef", 6, "…"), "abcdef");
        assert_eq!(cut("abcdef", 4, "…"), "abc…");
        assert_eq!(cut("日本語", 4, "…"), "日…");
        assert_eq!(cut("abc", 2, "..."), "..");
    }
}
