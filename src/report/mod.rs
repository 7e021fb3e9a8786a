//! For a reader: layout, words and formats.
