//! For a reader: layout, words and formats.
//!
//! - [`words`]: sentences in one place, safe to show whatever the payload and the names contain
//! - [`ties`]: look-ups over a story
//! - [`layout`]: rows, lanes and folded gaps, as data; every picture is painted from it
//! - [`compare`]: two stories beside each other
//! - [`format`](mod@format): one file per output; the table [`format::FORMATS`] lists them
//! - [`knowledge`]: pages about errnos, calls and rules
//! - [`list`]: the list of scenarios
//! - [`languages`]: how six languages show each error
//! - [`why`]: log lines of real programs, and the stories behind them
//! - [`page`]: a page of text and its forms
//! - [`find`](find()): events by the names that people type
//! - [`normalize`](normalize()): a recording with everything replaced that differs between two runs of the same story
//! - [`withhold`]: a recording without what answers its questions

pub(crate) mod columns;
pub mod compare;
mod find;
pub mod format;
pub mod knowledge;
pub mod languages;
pub mod layout;
pub mod list;
mod normalize;
mod options;
pub mod page;
#[cfg(test)]
mod testing;
pub mod ties;
pub mod why;
pub mod withhold;
pub mod words;

pub use find::find;
pub use format::json::{reference as timeline_reference, schema as timeline_schema};
pub use normalize::normalize;
pub use options::{Options, Theme, Wireshark, tell};
