//! Where things stand in a picture of a story: lanes from left to right, rows from early to late. Pure data, the same for
//! every painter.
//!
//! **Lanes.** One for each actor in the script's order, and a [`Wire`] between neighbours. A connection is drawn on the wire
//! between its actors. Connections between the same two actors share it; a painter marks all but the first, by
//! [`Ties::ordinal`]. Where the actors are not neighbours the connection spans all wires between them. An end that no actor
//! is known for lies beside its peer.
//!
//! **Rows.** A call is one row, at its begin, with its result: `write("b") = 1`. Where something that the result depends on
//! happens inside the call (the SYN-ACK inside a connect), or where the call slept while other things happened or for long,
//! it is two rows, so that no result is read before its cause: `connect(server) …` and, further down, `… connect = 0`. A
//! result that depends on nothing inside the call stays with it, although the call may return later than the segments below
//! it: the 1 of a write only says that the bytes were copied. A caught signal belongs to the row of the call that it came in. The
//! kernel's answers about states are rows only where the model disagrees. Waits of [`GAP_NS`] and more are folded.

mod cells;
pub(in crate::report) mod geometry;
mod marks;
mod rows;

pub(in crate::report) use cells::{Cells, Place, Shaft, Tone, long_payload};
pub use marks::Look;
pub(in crate::report) use marks::{Anchor, Bar, CallTone, Curve, StateTone};

use std::collections::BTreeSet;

use crate::record::{ActorId, StepId, TcpState};
use crate::report::Options;
use crate::report::ties::Ties;
use crate::story::{Cause, Connection, ConnectionId, EndpointId, EventId, Side, Story};

/// The shortest time without a row that is folded into a [`Body::Gap`], in nanoseconds.
pub const GAP_NS: u64 = 10_000_000;

/// A picture of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// From left to right: actors and wires in turn.
    pub lanes: Vec<Lane>,
    /// The wires, from left to right.
    pub wires: Vec<Wire>,
    /// From early to late.
    pub rows: Vec<Row>,
}

/// A lane of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What a process does.
    Actor(ActorId),
    /// What flies between two neighbours: a place in [`Layout::wires`].
    Wire(usize),
}

/// The lane between two neighbouring actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The connections that are drawn here, or pass here.
    pub connections: Vec<ConnectionId>,
}

/// A row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When, in nanoseconds from time 0; never less than in the row before.
    pub t_ns: i64,
    /// How long after the row before; 0 in the first.
    pub delta_ns: u64,
    /// The event that it shows.
    pub event: Option<EventId>,
    /// The step that it belongs to.
    pub step: Option<StepId>,
    /// The step that had begun last at that time: the one at which somebody who steps through the picture first sees the row.
    /// Never earlier than in the row before. A blocked call's result belongs to the call's step and is seen at a later one.
    pub seen: StepId,
    /// What it shows.
    pub body: Body,
    /// The states that changed.
    pub states: Vec<StateLabel>,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A call, or a part of one.
    Call {
        /// Who called.
        actor: ActorId,
        /// Which part.
        part: Part,
    },
    /// A segment.
    Segment(Arrow),
    /// A signal that no shown call caught.
    Signal(ActorId),
    /// A signal sent by a `kill` step.
    Kill(ActorId),
    /// The end of a process.
    Exit(ActorId),
    /// The kernel reports a state that the model does not hold.
    Disagreement(Option<ActorId>),
    /// A failed expectation: its place in the verdict's checks, and whose step it was.
    Failed {
        /// The place in [`Verdict::checks`](crate::story::Verdict::checks).
        check: usize,
        /// Whose step.
        actor: Option<ActorId>,
    },
    /// Nothing happened for a while.
    Gap {
        /// How long, in nanoseconds.
        ns: u64,
        /// Whether most of it lies between two steps: nobody waited for the protocol then, but it for somebody.
        between_steps: bool,
    },
}

/// Which part of a call a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The call with its result.
    Whole,
    /// The call alone; its result follows further down.
    Begin,
    /// The result alone.
    End,
}

/// A segment's way through the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The end that sent it.
    pub sender: EndpointId,
    /// Whether it flies from left to right.
    pub rightwards: bool,
    /// The first and last wire that it passes.
    pub span: (usize, usize),
    /// What kind of segment it is.
    pub look: Look,
    /// Whether its bytes were sent before: its shaft is double.
    pub again: bool,
    /// Whether the kernel that it came to has dropped it: it ends in a cross.
    pub dropped: bool,
}

/// A state that an endpoint has entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateLabel {
    /// Whose.
    pub endpoint: EndpointId,
    /// The state.
    pub state: TcpState,
    /// The wire beside which it stands.
    pub wire: usize,
    /// Whether it stands at the wire's right end.
    pub right: bool,
}

/// Where a connection is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: usize,
    last: usize,
    /// Whether the initiator is the left end.
    initiator_left: bool,
}

impl Span {
    /// Where a connection is drawn between `actors` lanes.
    fn of(connection: &Connection, actors: usize) -> Self {
        let [initiator, responder] = connection.ends.each_ref().map(|end| end.actor.map(|actor| actor.0));
        let wires = wires(actors);
        match (initiator, responder) {
            (Some(from), Some(to)) if from < to => Self::between(from, to, true, wires),
            (Some(from), Some(to)) if to < from => Self::between(to, from, false, wires),
            (Some(only), _) => Self::beside(only, true, wires),
            (None, Some(only)) => Self::beside(only, false, wires),
            (None, None) => Self::between(0, 1, true, wires),
        }
    }

    fn between(left: usize, right: usize, initiator_left: bool, wires: usize) -> Self {
        Self { first: left.min(wires - 1), last: (right - 1).min(wires - 1), initiator_left }
    }

    /// Beside an actor whose peer has no lane: to its right, or where nothing is there to its left.
    fn beside(actor: usize, is_initiator: bool, wires: usize) -> Self {
        if actor < wires {
            Self { first: actor, last: actor, initiator_left: is_initiator }
        } else {
            Self { first: wires - 1, last: wires - 1, initiator_left: !is_initiator }
        }
    }

    /// Whether an end is the right one.
    fn is_right(self, side: Side) -> bool {
        (side == Side::Initiator) != self.initiator_left
    }
}

/// How many wires there are; a single actor has one, to talk to itself.
fn wires(actors: usize) -> usize {
    actors.saturating_sub(1).max(1)
}

impl Layout {
    /// Lays a story out.
    pub fn new(ties: &Ties<'_>) -> Self {
        let story = ties.story;
        let actors = story.recording.actors.len();
        let spans: Vec<Span> = story.connections.iter().map(|connection| Span::of(connection, actors)).collect();
        Self { lanes: lanes(actors), wires: drawn_on(&spans, wires(actors)), rows: rows::rows(ties, &spans) }
    }

    /// Lays a story out as far as the options ask for it.
    pub fn of(ties: &Ties<'_>, options: &Options) -> Self {
        let mut layout = Self::new(ties);
        if let Some(event) = options.upto {
            layout.cut_after(ties.story, event);
        }
        layout
    }

    /// Drops what comes after an event: after its last row, or where it has none, after its time.
    fn cut_after(&mut self, story: &Story, event: EventId) {
        let last = self.rows.iter().rposition(|row| row.event == Some(event));
        let t_ns = story.recording.events.get(event.0).map_or(i64::MAX, |event| event.t_ns);
        let end = last.map_or_else(|| self.rows.partition_point(|row| row.t_ns <= t_ns), |last| last + 1);
        self.rows.truncate(end);
    }

    /// The causes to tell under the picture: of a part of the story only those of what it shows. With `verbose`, also those that
    /// nobody needs to be told.
    pub fn causes<'a>(&self, ties: &Ties<'a>, options: &Options) -> Vec<&'a Cause> {
        let causes = ties.told_causes(options.verbose);
        if options.upto.is_none() {
            return causes;
        }
        let is_begin = |row: &&Row| matches!(row.body, Body::Call { part: Part::Begin, .. });
        let shown: BTreeSet<EventId> =
            self.rows.iter().filter(|row| !is_begin(row)).filter_map(|row| row.event).collect();
        causes.into_iter().filter(|cause| shown.contains(&cause.of)).collect()
    }

    /// How many rows somebody has seen who steps through the picture and has come to this step.
    pub fn seen_at(&self, step: StepId) -> usize {
        self.rows.partition_point(|row| row.seen <= step)
    }
}

/// Whether an actor's calls stand at the right edge of its lane, with their texts to the left of them: those of the last actor.
pub(in crate::report) fn leans_right(actor: ActorId, actors: usize) -> bool {
    actor.0 > 0 && actor.0 + 1 == actors
}

fn lanes(actors: usize) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = (0..actors).flat_map(|place| [Lane::Actor(ActorId(place)), Lane::Wire(place)]).collect();
    if actors > 1 {
        lanes.pop();
    }
    lanes
}

fn drawn_on(spans: &[Span], wires: usize) -> Vec<Wire> {
    let mut drawn = vec![Wire { connections: Vec::new() }; wires];
    for (place, span) in spans.iter().enumerate() {
        for wire in &mut drawn[span.first..=span.last] {
            wire.connections.push(ConnectionId(place));
        }
    }
    drawn
}
