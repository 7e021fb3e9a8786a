//! What each row says, before it is known how much room there is; the same for every painter.

use unicode_width::UnicodeWidthStr as _;

use super::{Arrow, Body, Look, Part, Row};
use crate::record::{ActorId, Detail, ExitStatus, Outcome, Syscall, TcpState, What};
use crate::report::ties::Ties;
use crate::report::words;
use crate::story::{EventId, Story, Told};

/// How a text is meant, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    Plain,
    Error,
    Trouble,
    Data,
    Syn,
    Fin,
    Rst,
    Ack,
    Quiet,
}

/// The texts of a row.
#[derive(Debug)]
pub(in crate::report) struct Cells {
    pub(in crate::report) id: String,
    /// Microseconds from time 0.
    pub(in crate::report) time: String,
    /// Microseconds from the row before.
    pub(in crate::report) delta: String,
    pub(in crate::report) main: String,
    /// The same in fewer and fewer words, for a narrow wire.
    pub(in crate::report) shorter: Vec<String>,
    pub(in crate::report) tone: Tone,
    pub(in crate::report) place: Place,
    /// Ways to say where it comes from, the longest first.
    pub(in crate::report) origin: Vec<String>,
}

/// Where a row's main text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Place {
    /// In an actor's lane.
    Lane(ActorId),
    /// On the wire.
    Wire(Arrow, Shaft),
    /// Across the page.
    Across,
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Shaft {
    Solid,
    /// A pure acknowledgment.
    Dashed,
    /// A retransmission.
    Double,
}

impl Cells {
    pub(in crate::report) fn new(ties: &Ties<'_>, row: &Row) -> Self {
        let (main, tone, place) = main(ties, row);
        let shorter = match (row.event, &row.body) {
            (Some(event), Body::Segment(_)) => labels(ties, event).into_iter().skip(1).collect(),
            _ => Vec::new(),
        };
        let has_event = row.event.is_some();
        let origin = match (row.event, &row.body) {
            (Some(event), Body::Segment(_)) => words::origin(ties, event),
            _ => Vec::new(),
        };
        Self {
            id: row.event.map_or_else(String::new, |event| words::alias(ties.story, event)),
            time: if has_event { row.t_ns.div_euclid(1_000).to_string() } else { String::new() },
            delta: if has_event && row.delta_ns > 0 { (row.delta_ns / 1_000).to_string() } else { String::new() },
            main,
            shorter,
            tone,
            place,
            origin,
        }
    }

    /// The same in ASCII alone.
    #[must_use]
    pub(in crate::report) fn ascii(mut self) -> Self {
        for text in [&mut self.id, &mut self.main].into_iter().chain(&mut self.shorter).chain(&mut self.origin) {
            *text = words::ascii(text);
        }
        self
    }

    /// The main text in the most words that have room in so many columns; where even the fewest have none, those.
    pub(in crate::report) fn fitting(&self, columns: usize) -> &str {
        let mut forms = std::iter::once(&self.main).chain(&self.shorter);
        let fewest = self.shorter.last().unwrap_or(&self.main);
        forms.find(|form| form.width() <= columns).unwrap_or(fewest)
    }
}

fn main(ties: &Ties<'_>, row: &Row) -> (String, Tone, Place) {
    let what = row.event.and_then(|event| Some((event, &ties.story.recording.events.get(event.0)?.what)));
    match (&row.body, what) {
        (Body::Call { actor, part }, Some((event, What::Syscall(syscall)))) => {
            let (text, tone) = call(ties, event, syscall, *part);
            (text, tone, Place::Lane(*actor))
        }
        (Body::Segment(arrow), Some((event, _))) => segment(ties, event, *arrow),
        (Body::Signal(actor), Some((_, What::Signal(caught)))) => {
            (format!("caught {}", caught.signal), Tone::Error, Place::Lane(*actor))
        }
        (Body::Kill(actor), Some((_, What::Kill(kill)))) => {
            (format!("{} ← the scenario", kill.signal), Tone::Error, Place::Lane(*actor))
        }
        (Body::Exit(actor), Some((event, What::Exit(exit)))) => {
            let tone = if exit.status == ExitStatus::Code(0) { Tone::Plain } else { Tone::Error };
            let from = words::origin(ties, event).pop().map_or_else(String::new, |from| format!(" {from}"));
            (format!("process ends: {}{from}", words::exit_status(exit.status)), tone, Place::Lane(*actor))
        }
        (Body::Disagreement(actor), Some((event, What::State(sample)))) => {
            let text = format!("kernel says {}, model says {}", sample.state, model_state(ties, event));
            (text, Tone::Trouble, actor.map_or(Place::Across, Place::Lane))
        }
        (Body::Failed { check, actor }, _) => {
            (failed(ties, *check), Tone::Trouble, actor.map_or(Place::Across, Place::Lane))
        }
        (Body::Gap { ns, between_steps }, _) => (words::wait(*ns, *between_steps), Tone::Quiet, Place::Across),
        _ => (String::new(), Tone::Plain, Place::Across),
    }
}

fn call(ties: &Ties<'_>, event: EventId, syscall: &Syscall, part: Part) -> (String, Tone) {
    let script = &ties.story.recording.script;
    let name = match part {
        Part::Whole => words::call(&syscall.call, script),
        Part::Begin => return (format!("{} …", words::call(&syscall.call, script)), Tone::Plain),
        Part::End => format!("… {}", syscall.call.name()),
    };
    let told = ties.story.entries.get(event.0).map(|entry| &entry.told);
    let explained = !matches!(told, Some(Told::Call(told)) if !told.explained);
    let tone = match &syscall.outcome {
        _ if !explained => Tone::Trouble,
        Outcome::Failed { .. } | Outcome::Killed { .. } => Tone::Error,
        _ => Tone::Plain,
    };
    (format!("{name}{}", result(ties, event, syscall)), tone)
}

/// ` → EPIPE ↖ p8 + SIGPIPE`
fn result(ties: &Ties<'_>, event: EventId, syscall: &Syscall) -> String {
    let ended = words::syscall_outcome(syscall);
    let ended = if ended.is_empty() { ended } else { format!(" {ended}") };
    let from = words::origin(ties, event).pop().map_or_else(String::new, |from| format!(" {from}"));
    format!("{ended}{from}{}", words::signal_suffix(ties.caught_during(event)))
}

fn segment(ties: &Ties<'_>, event: EventId, arrow: Arrow) -> (String, Tone, Place) {
    let Some(said) = labels(ties, event).into_iter().next() else {
        return (String::new(), Tone::Plain, Place::Across);
    };
    let shaft = match arrow {
        Arrow { again: true, .. } => Shaft::Double,
        Arrow { look: Look::Ack, .. } => Shaft::Dashed,
        _ => Shaft::Solid,
    };
    (said, tone_of(arrow.look), Place::Wire(arrow, shaft))
}

/// What stands on an arrow, in fewer and fewer words; of a later connection between the same two with its number.
fn labels(ties: &Ties<'_>, event: EventId) -> Vec<String> {
    let story = ties.story;
    let told = story.entries.get(event.0).map(|entry| &entry.told);
    let bytes = story.recording.events.get(event.0).and_then(|event| story.recording.segment(event));
    let (Some(Told::Segment(told)), Some(bytes)) = (told, bytes) else { return Vec::new() };
    let forms = words::segment_forms(story, event, bytes, told);
    match ties.ordinal(told.sender.connection) {
        1 => forms,
        ordinal => forms.into_iter().map(|form| format!("[{ordinal}] {form}")).collect(),
    }
}

/// The payload of a segment, or the bytes that a call returned, where they are longer than a preview.
pub(in crate::report) fn long_payload(story: &Story, row: &Row) -> String {
    let event = row.event.and_then(|event| story.recording.events.get(event.0));
    let bytes = match event.map(|event| (&event.what, story.recording.segment(event))) {
        Some((_, Some(segment))) => segment.payload.as_slice(),
        Some((What::Syscall(Syscall { outcome: Outcome::Returned { detail: Detail::Data(data), .. }, .. }), _)) => {
            data.0.as_slice()
        }
        _ => &[],
    };
    if bytes.len() > words::PREVIEW_BYTES { words::quote_long(bytes) } else { String::new() }
}

fn tone_of(look: Look) -> Tone {
    match look {
        Look::Rst => Tone::Rst,
        Look::Syn => Tone::Syn,
        Look::Fin => Tone::Fin,
        Look::Ack => Tone::Ack,
        Look::Data => Tone::Data,
    }
}

fn model_state(ties: &Ties<'_>, event: EventId) -> String {
    let model = ties.story.entries.get(event.0).and_then(|entry| match &entry.told {
        Told::State(told) => told.model,
        _ => None,
    });
    model.map_or_else(|| "nothing".into(), |state: TcpState| state.to_string())
}

fn failed(ties: &Ties<'_>, check: usize) -> String {
    let Some(check) = ties.story.verdict.checks.get(check) else { return String::new() };
    let said = words::check(ties, check);
    format!("✗ expected {} ({})", said.expected, said.place)
}
