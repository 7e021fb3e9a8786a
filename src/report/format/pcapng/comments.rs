//! What is said on packets: `[p8] RST <- p7 hit a socket closed by s4 | felt at c4`.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Segment, SegmentKind};
use crate::report::ties::Ties;
use crate::report::words;
use crate::story::{Confidence, EventId, FindingKind, Link, Rel};

/// The longest comment, in characters.
const MAX_CHARS: usize = 120;

/// Ties of a segment to where it came from, the most telling first.
const ORIGIN: &[Rel] = &[Rel::Retransmits, Rel::ClosedByExit, Rel::Sent, Rel::Answers, Rel::Doomed];

/// The comments on a story's packets.
///
/// A comment stands only where there is something to explain: on a FIN, an RST, a retransmission, a segment that a call failed
/// of, and one whose origin is not certain or not known.
#[derive(Debug)]
pub(super) struct Comments<'t, 'a> {
    ties: &'t Ties<'a>,
    /// The calls whose failure, end of file or readiness came from a segment.
    felt: BTreeMap<EventId, Vec<&'a Link>>,
    unexplained: BTreeSet<EventId>,
}

impl<'t, 'a> Comments<'t, 'a> {
    pub(super) fn new(ties: &'t Ties<'a>) -> Self {
        let mut felt: BTreeMap<EventId, Vec<&'a Link>> = BTreeMap::new();
        let is_felt = |rel| matches!(rel, Rel::Failed | Rel::EndOfFile | Rel::Readied);
        for link in ties.story.links.iter().filter(|link| is_felt(link.rel)) {
            felt.entry(link.from).or_default().push(link);
        }
        let findings = ties.story.findings.iter().filter(|finding| finding.kind == FindingKind::SegmentNotExplained);
        let unexplained = findings.flat_map(|finding| finding.about.iter().copied()).collect();
        Self { ties, felt, unexplained }
    }

    /// The comments on a packet: what it is, where it came from and who felt it; then what is not certain about that.
    pub(super) fn of(&self, event: EventId) -> Vec<String> {
        let recording = &self.ties.story.recording;
        let Some(segment) = recording.events.get(event.0).and_then(|event| recording.segment(event)) else {
            return Vec::new();
        };
        let likely: Vec<EventId> = self.likely(event);
        if !self.needs_words(event) && likely.is_empty() {
            return Vec::new();
        }
        let alias = words::alias(self.ties.story, event);
        let first = format!("[{alias}] {}{}{}", kind(segment), self.origin(event), self.felt_at(event));
        let doubt = (!likely.is_empty()).then(|| {
            let others = words::aliases(self.ties.story, &likely);
            format!("[{alias}] basis: that it belongs to {others} is likely; only the order in time says so")
        });
        [Some(first), doubt].into_iter().flatten().map(|line| cut(&line)).collect()
    }

    fn needs_words(&self, event: EventId) -> bool {
        let failed = |links: &Vec<&Link>| links.iter().any(|link| link.rel == Rel::Failed);
        self.unexplained.contains(&event)
            || self.ties.causes_of(event).next().is_some()
            || self.ties.links_by(event, &[Rel::Retransmits]).next().is_some()
            || self.felt.get(&event).is_some_and(failed)
    }

    fn likely(&self, event: EventId) -> Vec<EventId> {
        let links = self.ties.links_by(event, ORIGIN).filter(|link| link.confidence == Confidence::Likely);
        links.map(|link| link.from).collect()
    }

    /// ` <- p7 hit a socket closed by s4`
    fn origin(&self, event: EventId) -> String {
        let story = self.ties.story;
        if self.unexplained.contains(&event) {
            return " <- ? no rule explains where it comes from".to_owned();
        }
        if let Some(cause) = self.ties.causes_of(event).next() {
            return format!(" <- {}", words::brief(story, cause));
        }
        match self.ties.links_by(event, ORIGIN).next() {
            Some(link) if link.rel == Rel::Retransmits => format!(" <- {} sent again", words::alias(story, link.from)),
            Some(link) => format!(" <- {}", words::alias(story, link.from)),
            None => String::new(),
        }
    }

    /// ` | felt at c4`
    fn felt_at(&self, event: EventId) -> String {
        let mut calls: Vec<EventId> = self.felt.get(&event).into_iter().flatten().map(|link| link.to).collect();
        calls.dedup();
        if calls.is_empty() {
            return String::new();
        }
        format!(" | felt at {}", words::aliases(self.ties.story, &calls))
    }
}

/// What kind of segment it is, by its most telling mark.
fn kind(segment: &Segment) -> &'static str {
    use SegmentKind::{Ack, Data, Fin, Rst, Syn, SynAck};
    let kinds = [Rst, SynAck, Syn, Fin, Data, Ack];
    kinds.into_iter().find(|kind| kind.matches(segment)).map_or("segment", SegmentKind::name)
}

/// The line, or its beginning and `…`.
fn cut(line: &str) -> String {
    if line.chars().count() <= MAX_CHARS {
        return line.to_owned();
    }
    let start: String = line.chars().take(MAX_CHARS - 1).collect();
    format!("{start}…")
}
