//! A story as steps with what came of each.

use crate::record::{Action, Call, Outcome, Segment, StepId, TcpState, What};
use crate::report::layout::{Body, Cells, Layout, Part, Place, Row};
use crate::report::ties::Ties;
use crate::report::words;
use crate::story::{EventId, Story};

/// A step and what came of it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) id: StepId,
    /// What it does: `client write("a")`.
    pub(super) does: String,
    /// Whose step it is.
    pub(super) actor: String,
    /// The call's name, or what else it does.
    pub(super) deed: &'static str,
    pub(super) lines: Vec<Line>,
}

impl Default for Step {
    fn default() -> Self {
        Self { id: StepId(0), does: String::new(), actor: String::new(), deed: "", lines: Vec::new() }
    }
}

impl Step {
    pub(super) fn keys(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.key.as_deref()).collect()
    }
}

/// A row of the picture.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) event: Option<EventId>,
    /// The short id; empty where there is no event.
    pub(super) alias: String,
    /// What happened: `client → server PSH,ACK seq 1 "a"`, `write("a") = 1`.
    pub(super) text: String,
    /// What is compared; none for what differs between any two runs.
    pub(super) key: Option<String>,
    /// The part of it that is not a state: what the wire alone shows.
    pub(super) bare: Option<String>,
    /// The states that it led to: whose, and which.
    pub(super) states: Vec<(String, TcpState)>,
}

/// The steps that were performed, in order.
pub(super) fn steps(story: &Story) -> Vec<Step> {
    let ties = Ties::new(story);
    let layout = Layout::new(&ties);
    let mut rows = layout.rows.as_slice();
    let mut steps = Vec::new();
    for run in &story.recording.steps {
        let (now, later) = rows.split_at(rows.partition_point(|row| row.seen <= run.step));
        rows = later;
        steps.push(step(&ties, run.step, now));
    }
    steps
}

fn step(ties: &Ties<'_>, id: StepId, rows: &[Row]) -> Step {
    let script = &ties.story.recording.script;
    let Some(step) = script.steps.get(id.0) else { return Step { id, ..Step::default() } };
    let actor = |actor: crate::record::ActorId| script.actors.get(actor.0).map_or("", |spec| spec.name.as_str());
    let (who, deed) = match &step.action {
        Action::Call { actor: by, call, .. } => (actor(*by), call.name()),
        Action::Finish { step } => match script.steps.get(step.0).map(|step| &step.action) {
            Some(Action::Call { actor: by, call, .. }) => (actor(*by), call.name()),
            _ => ("", "finish"),
        },
        Action::Kill { actor: whose, .. } => (actor(*whose), "kill"),
        Action::Pause { .. } => ("", "pause"),
        Action::Wait => ("", "wait"),
    };
    let lines = rows.iter().map(|row| line(ties, row)).collect();
    Step { id, does: words::action(step, script), actor: words::escape(who), deed, lines }
}

fn line(ties: &Ties<'_>, row: &Row) -> Line {
    let cells = Cells::new(ties, row);
    let story = ties.story;
    let who = match (cells.place, row.event) {
        (Place::Wire(..), Some(event)) => words::way(story, event),
        (Place::Lane(actor), _) => story.recording.actors.get(actor.0).map(|actor| words::escape(&actor.name)),
        _ => None,
    };
    let text = match &who {
        Some(who) => format!("{who} {}", cells.main),
        None => cells.main.clone(),
    };
    let bare = key(ties, row).map(|key| format!("{}: {key}", who.unwrap_or_default()));
    let is_segment = matches!(row.body, Body::Segment(_));
    let states: Vec<_> = row
        .states
        .iter()
        .filter(|_| is_segment)
        .map(|label| (words::end_name(story, label.endpoint), label.state))
        .collect();
    let names: Vec<&str> = states.iter().map(|(_, state)| state.name()).collect();
    let key = bare.as_ref().map(|bare| format!("{bare} {}", names.join(" ")));
    Line { event: row.event, alias: cells.id, text, key, bare, states }
}

/// What happened, without states and what differs between runs.
fn key(ties: &Ties<'_>, row: &Row) -> Option<String> {
    let story = ties.story;
    let event = row.event.and_then(|event| story.recording.events.get(event.0));
    match (&row.body, event.map(|event| &event.what)) {
        (Body::Call { part: Part::Begin, .. }, Some(What::Syscall(_))) => Some("begins".into()),
        (Body::Call { .. }, Some(What::Syscall(syscall))) => {
            let signals = words::signal_suffix(row.event.into_iter().flat_map(|event| ties.caught_during(event)));
            let ended = match (&syscall.call, &syscall.outcome) {
                (
                    Call::Socket
                    | Call::Accept { .. }
                    | Call::Dup { .. }
                    | Call::Fork { .. }
                    | Call::Clone { .. }
                    | Call::EpollCreate,
                    Outcome::Returned { .. },
                ) => "a descriptor".into(),
                (Call::Getsockname | Call::Getpeername, Outcome::Returned { .. }) => "an address".into(),
                _ => words::syscall_outcome(syscall),
            };
            Some(format!("{} {ended}{signals}", syscall.call.name()))
        }
        (Body::Segment(_), _) => {
            let segment =
                event.and_then(|event| story.recording.segment(event)).filter(|segment| !segment.is_pure_ack())?;
            Some(segment_key(segment))
        }
        (Body::Failed { .. } | Body::Gap { .. }, _) => None,
        _ => Some(Cells::new(ties, row).main),
    }
}

fn segment_key(segment: &Segment) -> String {
    format!("{} {}", segment.flags, words::quote(&segment.payload))
}
