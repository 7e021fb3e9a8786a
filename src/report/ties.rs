//! Look-ups that every format needs: links by their later event, causes by what they explain, events by step.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Flags, Signal, StepId, What};
use crate::story::rules::rule;
use crate::story::{Cause, Connection, ConnectionId, EventId, Link, Rel, Side, Story, Told};

/// A kernel answers a SYN within microseconds; so long after it, in nanoseconds, none is to come.
const PATIENCE_NS: i64 = 10_000_000;

/// A story with its look-up tables. Built once, in linearithmic time.
#[derive(Debug)]
pub struct Ties<'a> {
    /// The story.
    pub story: &'a Story,
    links_to: BTreeMap<EventId, Vec<&'a Link>>,
    causes_of: BTreeMap<EventId, Vec<&'a Cause>>,
    caught: BTreeMap<EventId, Vec<Signal>>,
    segments_of: BTreeMap<StepId, Vec<EventId>>,
    ordinals: Vec<u32>,
    dropped: BTreeSet<EventId>,
}

impl<'a> Ties<'a> {
    /// Builds the tables.
    pub fn new(story: &'a Story) -> Self {
        let mut ties = Self {
            story,
            links_to: BTreeMap::new(),
            causes_of: BTreeMap::new(),
            caught: BTreeMap::new(),
            segments_of: BTreeMap::new(),
            ordinals: ordinals(story),
            dropped: dropped(story),
        };
        for link in &story.links {
            ties.links_to.entry(link.to).or_default().push(link);
        }
        for cause in &story.causes {
            ties.causes_of.entry(cause.of).or_default().push(cause);
        }
        for (place, (event, entry)) in story.recording.events.iter().zip(&story.entries).enumerate() {
            match (&event.what, entry.step) {
                (What::Signal(caught), _) => {
                    ties.caught.entry(EventId(caught.during)).or_default().push(caught.signal);
                }
                (What::Segment { .. }, Some(step)) => {
                    ties.segments_of.entry(step).or_default().push(EventId(place));
                }
                _ => {}
            }
        }
        ties
    }

    /// The links that lead to an event.
    pub fn links_to(&self, event: EventId) -> impl Iterator<Item = &'a Link> + '_ {
        self.links_to.get(&event).into_iter().flatten().copied()
    }

    /// The links of some kinds that lead to an event, in the order of those kinds.
    pub fn links_by(&self, event: EventId, rels: &'static [Rel]) -> impl Iterator<Item = &'a Link> + '_ {
        rels.iter().flat_map(move |rel| self.links_to(event).filter(move |link| link.rel == *rel))
    }

    /// The causes of an event.
    pub fn causes_of(&self, event: EventId) -> impl Iterator<Item = &'a Cause> + '_ {
        self.causes_of.get(&event).into_iter().flatten().copied()
    }

    /// The causes that a reader should be told unasked, or all of them, in the order of what they explain.
    pub fn told_causes(&self, all: bool) -> Vec<&'a Cause> {
        let wanted = |cause: &&Cause| all || rule(cause.rule).is_none_or(|rule| rule.notable);
        let mut causes: Vec<&Cause> = self.story.causes.iter().filter(wanted).collect();
        causes.sort_by_key(|cause| cause.of);
        causes
    }

    /// The signals that were caught during a call.
    pub fn caught_during(&self, call: EventId) -> impl Iterator<Item = Signal> + '_ {
        self.caught.get(&call).into_iter().flatten().copied()
    }

    /// The segments that were seen during a step.
    pub fn segments_of(&self, step: StepId) -> &[EventId] {
        self.segments_of.get(&step).map_or(&[], Vec::as_slice)
    }

    /// Whether a segment was dropped by the kernel that it came to. Known of SYNs alone: any other kernel would have answered, with a
    /// SYN-ACK or an RST (RFC 9293, section 3.10.7), and the capture missed nothing.
    pub fn is_dropped(&self, event: EventId) -> bool {
        self.dropped.contains(&event)
    }

    /// Which connection between the same two actors it is, from 1.
    pub fn ordinal(&self, connection: ConnectionId) -> u32 {
        self.ordinals.get(connection.0).copied().unwrap_or(1)
    }
}

fn ordinals(story: &Story) -> Vec<u32> {
    let mut counts = BTreeMap::new();
    let ordinal = |connection: &Connection| {
        let mut actors = connection.ends.each_ref().map(|end| end.actor);
        actors.sort_unstable();
        let count = counts.entry(actors).or_insert(0);
        *count += 1;
        *count
    };
    story.connections.iter().map(ordinal).collect()
}

/// The SYNs that came to a kernel and were never answered: before the next of the same kind, or before the end. What a socket that is
/// connected to itself sends next is its answer.
fn dropped(story: &Story) -> BTreeSet<EventId> {
    let mut dropped = BTreeSet::new();
    if story.recording.capture.dropped > 0 {
        return dropped;
    }
    let mut open: BTreeMap<ConnectionId, (Side, EventId)> = BTreeMap::new();
    for (place, (event, entry)) in story.recording.events.iter().zip(&story.entries).enumerate() {
        let (Told::Segment(told), Some(segment)) = (&entry.told, story.recording.segment(event)) else { continue };
        let (connection, side) = (told.sender.connection, told.sender.side);
        let is_answer = |sender: Side| sender != side || story.connections[connection.0].is_to_itself();
        let unanswered = open.remove(&connection).filter(|(sender, _)| !is_answer(*sender));
        dropped.extend(unanswered.map(|(_, syn)| syn));
        if segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK) {
            open.insert(connection, (side, EventId(place)));
        }
    }
    let last_ns = story.recording.events.last().map_or(0, |event| event.t_ns);
    let is_over = |syn: &EventId| last_ns - story.recording.events[syn.0].t_ns >= PATIENCE_NS;
    dropped.extend(open.into_values().map(|(_, syn)| syn).filter(is_over));
    dropped
}
