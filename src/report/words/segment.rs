use std::fmt::Write as _;

use super::{alias, escape, quote};
use crate::record::{Flags, Segment};
use crate::story::{EndpointId, EventId, SegmentTold, Story, Told};

/// A segment as people say it, with relative numbers: `PSH,ACK seq 2 "b"`, `RST seq 2`, `ACK 2`.
///
/// A zero window and a repeated transmission are said too, because they explain what follows.
pub fn segment(segment: &Segment, told: &SegmentTold) -> String {
    let mut said = if segment.is_pure_ack() {
        format!("ACK {}", told.ack_rel.unwrap_or_default())
    } else {
        format!("{} seq {}", flags(segment.flags), told.seq_rel)
    };
    if !segment.payload.is_empty() {
        add(&mut said, &quote(&segment.payload));
    }
    if told.window_bytes == 0 && !segment.flags.has(Flags::RST) {
        add(&mut said, "window 0");
    }
    if told.transmission > 1 {
        add(&mut said, &format!("(sent again, #{})", told.transmission));
    }
    said
}

/// A segment event with its direction: `p8 server → client RST seq 2`. Nothing for other events.
pub fn flight(story: &Story, event: EventId) -> Option<String> {
    let Told::Segment(told) = &story.entries.get(event.0)?.told else { return None };
    let bytes = story.recording.segment(story.recording.events.get(event.0)?)?;
    Some(format!("{} {} {}", alias(story, event), way(story, event)?, segment(bytes, told)))
}

/// The direction of a segment event: `server → client`. Nothing for other events.
pub fn way(story: &Story, event: EventId) -> Option<String> {
    let Told::Segment(told) = &story.entries.get(event.0)?.told else { return None };
    let receiver = EndpointId { side: told.sender.side.other(), ..told.sender };
    Some(format!("{} → {}", end_name(story, told.sender), end_name(story, receiver)))
}

/// Whose end it is; its address where nobody is known.
pub(in crate::report) fn end_name(story: &Story, endpoint: EndpointId) -> String {
    let Some(connection) = story.connections.get(endpoint.connection.0) else { return "?".into() };
    let end = connection.end(endpoint.side);
    match end.actor.and_then(|actor| story.recording.script.actors.get(actor.0)) {
        Some(spec) => escape(&spec.name),
        None => end.address.to_string(),
    }
}

fn flags(flags: Flags) -> String {
    if flags == Flags::default() { "no flags".into() } else { flags.to_string() }
}

fn add(said: &mut String, more: &str) {
    let _ = write!(said, " {more}"); // writing to a String cannot fail
}
