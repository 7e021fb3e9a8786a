//! For a reader: layout, words and formats.

mod columns;
pub mod ties;
pub mod words;
