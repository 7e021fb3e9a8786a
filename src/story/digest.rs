//! Whether two runs told the same story: calls, outcomes, causes and all segments but pure acknowledgments.

use std::fmt::Write as _;

use super::{Cause, EventId, Story, Told};
use crate::record::{Detail, Outcome, Syscall, What};

/// A story without its times and without what may differ between runs of the same scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// One line for each call, segment, signal, end and finding; sorted by id, so that the order in which independent things
    /// happened does not count.
    pub lines: Vec<String>,
}

/// What two runs of the same story may differ in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Pure acknowledgments.
    pub pure_acks: u64,
    /// Segments whose numbers had been sent before.
    pub retransmissions: u64,
}

impl Beside {
    /// The smaller of each.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self {
            pure_acks: self.pure_acks.min(other.pure_acks),
            retransmissions: self.retransmissions.min(other.retransmissions),
        }
    }

    /// The larger of each.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        Self {
            pure_acks: self.pure_acks.max(other.pure_acks),
            retransmissions: self.retransmissions.max(other.retransmissions),
        }
    }
}

/// The digest of a story, and what was left out of it.
pub fn digest(story: &Story) -> (Digest, Beside) {
    let mut lines = Vec::new();
    let mut beside = Beside::default();
    let name = |event: &EventId| story.entries[event.0].id.as_str();
    for (entry, event) in story.entries.iter().zip(&story.recording.events) {
        let line = match (&entry.told, &event.what) {
            // The process id is another one each time.
            (_, What::Syscall(Syscall { call, outcome: Outcome::Returned { .. }, .. })) if call.child().is_some() => {
                format!("{} forked", entry.id)
            }
            (_, What::Syscall(call)) => format!("{} {}", entry.id, outcome(&call.outcome)),
            (Told::Segment(told), _) => {
                let segment = story.recording.segment(event);
                if segment.is_some_and(crate::record::Segment::is_pure_ack) {
                    beside.pure_acks += 1;
                    continue;
                }
                if told.transmission > 1 {
                    beside.retransmissions += 1;
                    continue;
                }
                format!("{} {}", entry.id, segment.map_or_else(String::new, |segment| segment.flags.to_string()))
            }
            (_, What::Exit(exit)) => format!("{} {:?}", entry.id, exit.status),
            (_, What::Signal(_) | What::Kill(_)) => entry.id.clone(),
            _ => continue,
        };
        lines.push(line);
    }
    // A pure acknowledgment is counted beside the story, and so is why it was sent. Not even the rules can be kept: probes of a
    // closed window and of an idle connection are pure acknowledgments, and whether one is sent depends on how long a step takes. A
    // run at two seconds a step has probes that a fast one has not, and tells the same story.
    // Nor is it kept that data waited for an ACK: a write that comes late finds nothing to wait for.
    let is_told = |cause: &&Cause| !name(&cause.of).contains(".ack#") && cause.rule != "small-segment-waits-for-an-ack";
    for cause in story.causes.iter().filter(is_told) {
        let because: Vec<_> = cause.because.iter().map(name).filter(|id| !id.contains(".ack#")).collect();
        lines.push(format!("{} because {} {}", name(&cause.of), cause.rule, because.join(" ")));
    }
    for finding in story.findings.iter().filter(|finding| finding.kind.is_mismatch()) {
        let about: Vec<_> = finding.about.iter().map(name).collect();
        lines.push(format!("{} not explained", about.join(" ")));
    }
    lines.sort_unstable();
    (Digest { lines }, beside)
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned { detail: Detail::Accepted(_), .. } => "a descriptor".to_owned(),
        Outcome::Returned { value, detail } => {
            let mut text = value.to_string();
            if !detail.is_none() {
                // Writing to a string cannot fail.
                let _ = write!(text, " {detail:?}");
            }
            text
        }
        Outcome::Failed { errno } => errno.to_string(),
        Outcome::Killed { signal } => format!("killed by {signal}"),
        Outcome::Unfinished => "unfinished".to_owned(),
    }
}
