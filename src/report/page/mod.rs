//! A page of text: what `explain` and `why` print, as data, and its forms.
//!
//! - [`terminal`](terminal()): wrapped to a width, with colours where the reader has them
//! - [`markdown`](markdown()): for notes and slides
//! - JSON: the page itself, for programs

mod markdown;
mod terminal;

pub(in crate::report) use markdown::escaped;
pub use markdown::markdown;
pub use terminal::terminal;

use serde::Serialize;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// What it is about, in one line.
    pub title: String,
    /// The sections, in order.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading; empty for the beginning of a page.
    pub heading: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Short items.
    List(Vec<String>),
    /// A thing of its own, with what is known of it.
    Entry(Entry),
    /// Names and what belongs to each.
    Pairs(Vec<(String, String)>),
    /// A table.
    Table {
        /// The heads of the columns.
        head: Vec<String>,
        /// The rows, as wide as the head.
        rows: Vec<Vec<String>>,
    },
}

/// A thing with a name and a sentence about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
    /// More about it: label and text.
    pub more: Vec<(String, String)>,
}

impl Page {
    /// An empty page.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), sections: Vec::new() }
    }

    /// Adds a section, unless it has nothing to say.
    pub fn add(&mut self, heading: &str, blocks: Vec<Block>) {
        let blocks: Vec<_> = blocks.into_iter().filter(|block| !block.is_empty()).collect();
        if !blocks.is_empty() {
            self.sections.push(Section { heading: heading.to_owned(), blocks });
        }
    }
}

impl Block {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Items.
    pub fn list<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Entry(entry) => entry.name.is_empty() && entry.text.is_empty(),
            Self::Pairs(pairs) => pairs.is_empty(),
            Self::Table { rows, .. } => rows.is_empty(),
        }
    }
}

impl Entry {
    /// With a label and a text, unless the text is empty.
    #[must_use]
    pub fn with(mut self, label: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.more.push((label.to_owned(), text));
        }
        self
    }
}
