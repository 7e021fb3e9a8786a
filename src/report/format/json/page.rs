//! The timeline as a page has it: without its recording, without spaces, and with the header fields of the segments beside it, where
//! equal ones are written once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::document::Document;
use super::event::{Event, Field, What};
use super::write::Writer;
use crate::report::ties::Ties;
use crate::story::Story;

/// Where a field lies: its filter, its offset and size in bytes, and its mask.
type Place = (&'static str, usize, usize, Option<u32>);

/// The header fields of all segments.
#[derive(Debug, Default, Serialize)]
pub(in crate::report::format) struct Fields<'a> {
    /// Where fields lie: `[filter, offset_bytes, size_bytes, mask]`.
    places: Vec<Place>,
    /// The different fields: `[place, value]`.
    known: Vec<(usize, String)>,
    /// The fields of each segment in order, as places in `known`; by the event's id.
    of: BTreeMap<&'a str, Vec<usize>>,
    #[serde(skip)]
    place_of: BTreeMap<Place, usize>,
    #[serde(skip)]
    number_of: BTreeMap<(usize, String), usize>,
}

impl Fields<'_> {
    fn number(&mut self, field: Field) -> usize {
        let Field { filter, offset_bytes, size_bytes, mask, value } = field;
        let place = numbered((filter, offset_bytes, size_bytes, mask), &mut self.places, &mut self.place_of);
        numbered((place, value), &mut self.known, &mut self.number_of)
    }
}

/// The number of a thing among the different ones.
fn numbered<T: Clone + Ord>(thing: T, known: &mut Vec<T>, numbers: &mut BTreeMap<T, usize>) -> usize {
    if let Some(number) = numbers.get(&thing) {
        return *number;
    }
    known.push(thing.clone());
    numbers.insert(thing, known.len() - 1);
    known.len() - 1
}

/// The timeline for a page that draws the story and needs no more, as JSON, and the header fields of its segments.
pub(in crate::report::format) fn for_page<'a>(story: &'a Story, ties: &'a Ties<'a>) -> (String, Fields<'a>) {
    let mut document = Document { recording: None, ..Writer { story, ties }.document() };
    let mut fields = Fields::default();
    for event in &mut document.events {
        take(event, &mut fields);
    }
    // No map in the document has keys that are not strings, so that nothing can fail.
    (serde_json::to_string(&document).unwrap_or_default(), fields)
}

fn take<'a>(event: &mut Event<'a>, fields: &mut Fields<'a>) {
    if let What::Segment(segment) = &mut event.what {
        let own = std::mem::take(&mut segment.fields.0);
        let numbers = own.into_iter().map(|field| fields.number(field)).collect();
        fields.of.insert(event.id, numbers);
    }
}
