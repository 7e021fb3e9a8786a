//! One order for packets and rows.

use crate::record::{Call, Outcome, Recording, Syscall, What};
use crate::report::layout::GAP_NS;
use crate::report::ties::Ties;
use crate::story::{EventId, Rel};

/// A line of the packet list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When it happened.
    pub(super) t_ns: i64,
    /// What it is about.
    pub(super) event: EventId,
    /// Which part of it, for a call.
    pub(super) part: Part,
}

/// The part of a call that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// That it began.
    Begin,
    /// How it ended.
    End,
}

/// What happens first at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Ends,
    Happens,
    /// The end of what began at the same instant, or was caused at it.
    EndsLate,
}

/// The links whose earlier end a result depends on.
const RESULT: &[Rel] = &[Rel::Failed, Rel::EndOfFile, Rel::Delivered, Rel::Completed, Rel::Readied];

/// The lines of a story in an order in which time does not run backwards and no result stands before what it depends on.
///
/// A call is one line where nothing happens between its begin and its end, and two where something does. A call that had to
/// wait is two lines as well, so that the time it took can be seen. The kernel's answers about states are no lines.
pub(super) fn lines(ties: &Ties<'_>) -> Vec<Line> {
    let events = &ties.story.recording.events;
    let end_of_run = end_ns(&ties.story.recording);
    let mut moments = Vec::with_capacity(events.len() * 2);
    for (place, event) in events.iter().enumerate() {
        let id = EventId(place);
        let mut add = |t_ns, rank, part| moments.push((t_ns, rank, place, part));
        match &event.what {
            What::State(_) => {}
            What::Syscall(syscall) if has_end(syscall) => {
                let depends = latest_cause(ties, id).unwrap_or(event.t_ns).max(event.t_ns);
                let ends = syscall.end_ns.unwrap_or(end_of_run);
                let rank = if ends > depends && syscall.end_ns.is_some() { Rank::Ends } else { Rank::EndsLate };
                add(event.t_ns, Rank::Happens, Part::Begin);
                add(ends.max(depends), rank, Part::End);
            }
            _ => add(event.t_ns, Rank::Happens, Part::Whole),
        }
    }
    moments.sort_unstable_by_key(|(t_ns, rank, place, _)| (*t_ns, *rank, *place));
    merged(ties, moments.into_iter().map(|(t_ns, _, place, part)| Line { t_ns, event: EventId(place), part }))
}

/// When the last of all that was recorded happened.
pub(super) fn end_ns(recording: &Recording) -> i64 {
    let ends = recording.events.iter().map(|event| match &event.what {
        What::Syscall(Syscall { end_ns: Some(end_ns), .. }) => (*end_ns).max(event.t_ns),
        _ => event.t_ns,
    });
    ends.chain(recording.steps.iter().map(|step| step.end_ns)).max().unwrap_or_default()
}

/// Whether the call has an end of its own: `exit` has none.
fn has_end(syscall: &Syscall) -> bool {
    syscall.outcome != Outcome::Unfinished || !matches!(syscall.call, Call::Exit { .. })
}

fn latest_cause(ties: &Ties<'_>, call: EventId) -> Option<i64> {
    let events = &ties.story.recording.events;
    ties.links_by(call, RESULT).filter_map(|link| Some(events.get(link.from.0)?.t_ns)).max()
}

/// Makes one line of a call's two where nothing stands between them.
fn merged(ties: &Ties<'_>, lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = Vec::with_capacity(lines.size_hint().0);
    for line in lines {
        match merged.last_mut() {
            Some(begin) if line.part == Part::End && begin.event == line.event && !waited(ties, line.event) => {
                begin.part = Part::Whole;
            }
            _ => merged.push(line),
        }
    }
    merged
}

/// Whether a call waited: it was seen asleep, or took as long as a wait that the ladder shows.
fn waited(ties: &Ties<'_>, call: EventId) -> bool {
    let event = &ties.story.recording.events[call.0];
    let What::Syscall(Syscall { blocked, end_ns, .. }) = &event.what else { return false };
    *blocked || end_ns.is_some_and(|end| end.abs_diff(event.t_ns) >= GAP_NS)
}
