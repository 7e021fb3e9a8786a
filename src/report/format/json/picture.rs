//! The layout of a picture as a part of the timeline: ready-made coordinates for those who draw.

use schemars::JsonSchema;
use serde::Serialize;

use super::lines::Lines;
use super::write::Writer;
use crate::record::{ActorId, TcpState};
use crate::report::layout::{self, Anchor, Body, CallTone, Lane as Place, Look, Part, StateLabel, StateTone};
use crate::story::Side;

/// Where everything stands in a picture. `x` counts half lanes from the left edge: lane n reaches from 2n to 2n + 2, and its middle
/// is 2n + 1. `y` counts rows from the top, which are from early to late.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Layout<'a> {
    /// How wide the picture is: twice the number of lanes.
    width: usize,
    /// How high it is: the number of rows.
    height: usize,
    /// The lanes, from left to right: actors and the wires between them.
    lanes: Vec<Lane<'a>>,
    /// The rows, from top to bottom. A call that takes effect on others before it returns has two.
    rows: Lines<Row<'a>>,
    /// The calls from begin to end, in the lanes of their actors. Since 1.1.
    bars: Lines<Bar>,
    /// What caused what, from row to row. Since 1.1.
    curves: Lines<Curve>,
}

/// To which side of its lane an actor's calls stand; their texts begin there.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Leaning {
    /// At its left edge.
    Left,
    /// At its right edge: of the last actor, so that all texts stand inside the picture.
    Right,
}

/// A call from begin to end.
#[derive(Debug, Serialize, JsonSchema)]
struct Bar {
    /// The middle of its lane.
    x: usize,
    /// The row of its begin, which says which call it is.
    y: usize,
    /// The last row that it reaches: that of its result, or the last that happened before it returned. It never reaches the row of
    /// the same actor's next call.
    y_to: usize,
    /// How it went.
    tone: CallTone,
    /// Whether it slept; false is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    blocked: bool,
}

/// What caused what. At an arrow, an x is that of the arrow's begin or of its end.
#[derive(Debug, Serialize, JsonSchema)]
struct Curve {
    /// Where it begins.
    x: usize,
    /// The row of the cause.
    y: usize,
    /// Where it ends.
    x_to: usize,
    /// The row of the effect.
    y_to: usize,
    /// Whether a rule of the model or the order in time says so, and no observation; false is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inferred: bool,
}

/// A lane of the picture.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Lane<'a> {
    /// What a process does.
    Actor {
        /// Its middle.
        x: usize,
        /// Whose.
        actor: &'a str,
        /// To which side its calls stand. Since 1.1.
        leans: Leaning,
    },
    /// What flies between two neighbours.
    Wire {
        /// Its middle.
        x: usize,
        /// The connections that are drawn here, or pass here.
        connections: Vec<&'a str>,
    },
}

/// A row of the picture.
#[derive(Debug, Serialize, JsonSchema)]
struct Row<'a> {
    /// Its place from the top.
    y: usize,
    /// When, in nanoseconds from time 0; never less than in the row above.
    t_ns: i64,
    /// How long after the row above, in nanoseconds.
    delta_ns: u64,
    /// What it shows.
    kind: RowKind,
    /// The event that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    /// The step that it belongs to: a place in `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    /// The step at which somebody who steps through the picture first sees it. A blocked call's result belongs to the call's
    /// step and is seen at a later one.
    seen: usize,
    /// The failed expectation that it shows: a place in `expectations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    expectation: Option<usize>,
    /// Where it stands, or an arrow begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<usize>,
    /// Where an arrow ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    x_to: Option<usize>,
    /// Whether the kernel that the segment came to has dropped it, so that its arrow ends in a cross; false is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dropped: bool,
    /// Of a gap, whether most of it lies between two steps: a person's pause, and no wait of the protocol; false is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    between_steps: bool,
    /// What kind of segment it is, which decides how its arrow is drawn. Since 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    look: Option<Look>,
    /// Whether its bytes were sent before, so that its shaft is double; false is left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    again: bool,
    /// The states that endpoints enter, beside the wire.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<Entered<'a>>,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RowKind {
    /// A call with its result.
    Call,
    /// A call whose result follows further down.
    CallBegin,
    /// The result of a call further up.
    CallEnd,
    /// A segment: an arrow.
    Segment,
    /// A signal that no shown call caught.
    Signal,
    /// A signal that the scenario sent.
    Kill,
    /// The end of a process.
    Exit,
    /// The kernel reports a state that the model does not hold.
    Disagreement,
    /// An expectation that was not met.
    FailedExpectation,
    /// Nothing happened for `delta_ns`: time is folded here.
    Gap,
}

/// A state that an endpoint enters.
#[derive(Debug, Serialize, JsonSchema)]
struct Entered<'a> {
    /// The connection.
    connection: &'a str,
    /// Which end of it.
    side: Side,
    /// The state.
    state: TcpState,
    /// Its family, which decides its colour. Since 1.1.
    tone: StateTone,
    /// Where it stands: an edge of a wire.
    x: usize,
}

/// What a row shows, and where: from, to.
type Shown = (RowKind, Option<usize>, Option<usize>);

impl<'a> Writer<'a> {
    /// The layout of the story's picture.
    pub(super) fn layout(&self) -> Layout<'a> {
        let drawn = layout::Layout::new(self.ties);
        let lanes = drawn.lanes.iter().enumerate().map(|(place, lane)| self.lane(2 * place + 1, *lane, &drawn));
        let rows = drawn.rows.iter().enumerate().map(|(y, row)| self.row(y, row, &drawn.lanes));
        Layout {
            width: 2 * drawn.lanes.len(),
            height: drawn.rows.len(),
            lanes: lanes.collect(),
            rows: rows.collect(),
            bars: drawn.bars(self.ties).iter().filter_map(|bar| shown_bar(bar, &drawn.lanes)).collect(),
            curves: drawn.curves(self.ties).iter().filter_map(|curve| shown_curve(curve, &drawn)).collect(),
        }
    }

    fn lane(&self, x: usize, lane: Place, drawn: &layout::Layout) -> Lane<'a> {
        match lane {
            Place::Actor(actor) => {
                let actors = self.story.recording.actors.len();
                let leans = if layout::leans_right(actor, actors) { Leaning::Right } else { Leaning::Left };
                Lane::Actor { x, actor: self.actor(actor), leans }
            }
            Place::Wire(wire) => {
                let connections = drawn.wires.get(wire).into_iter().flat_map(|wire| &wire.connections);
                let label = |place: usize| self.story.connections.get(place).map_or("", |one| one.label.as_str());
                Lane::Wire { x, connections: connections.map(|connection| label(connection.0)).collect() }
            }
        }
    }

    fn row(&self, y: usize, row: &layout::Row, lanes: &[Place]) -> Row<'a> {
        let (kind, x, x_to) = shown(&row.body, lanes);
        Row {
            y,
            t_ns: row.t_ns,
            delta_ns: row.delta_ns,
            kind,
            event: row.event.map(|event| self.id(event)),
            step: row.step.map(|step| step.0),
            seen: row.seen.0,
            expectation: match row.body {
                Body::Failed { check, .. } => Some(check),
                _ => None,
            },
            x,
            x_to,
            dropped: matches!(row.body, Body::Segment(arrow) if arrow.dropped),
            between_steps: matches!(row.body, Body::Gap { between_steps: true, .. }),
            look: match row.body {
                Body::Segment(arrow) => Some(arrow.look),
                _ => None,
            },
            again: matches!(row.body, Body::Segment(arrow) if arrow.again),
            states: row.states.iter().map(|label| self.state_label(label, lanes)).collect(),
        }
    }

    fn state_label(&self, label: &StateLabel, lanes: &[Place]) -> Entered<'a> {
        let [left, right] = edges(lanes, label.wire);
        let StateLabel { endpoint, state, .. } = *label;
        let x = if label.right { right } else { left };
        Entered { connection: self.label(endpoint), side: endpoint.side, state, tone: StateTone::of(state), x }
    }
}

fn shown_bar(bar: &layout::Bar, lanes: &[Place]) -> Option<Bar> {
    let layout::Bar { actor, from, to, tone, blocked, .. } = *bar;
    Some(Bar { x: middle(lanes, actor)?, y: from, y_to: to, tone, blocked })
}

fn shown_curve(curve: &layout::Curve, drawn: &layout::Layout) -> Option<Curve> {
    let x = |(row, anchor): (usize, Anchor)| match (anchor, &drawn.rows[row].body) {
        (Anchor::Lane(actor), _) => middle(&drawn.lanes, actor),
        (Anchor::Tail, body) => shown(body, &drawn.lanes).1,
        (Anchor::Head, body) => shown(body, &drawn.lanes).2,
    };
    let layout::Curve { from, to, inferred, .. } = *curve;
    Some(Curve { x: x(from)?, y: from.0, x_to: x(to)?, y_to: to.0, inferred })
}

fn shown(body: &Body, lanes: &[Place]) -> Shown {
    let at = |kind, actor: ActorId| (kind, middle(lanes, actor), None);
    let perhaps = |kind, actor: Option<ActorId>| (kind, actor.and_then(|actor| middle(lanes, actor)), None);
    match *body {
        Body::Call { actor, part: Part::Whole } => at(RowKind::Call, actor),
        Body::Call { actor, part: Part::Begin } => at(RowKind::CallBegin, actor),
        Body::Call { actor, part: Part::End } => at(RowKind::CallEnd, actor),
        Body::Segment(arrow) => {
            let ([left, _], [_, right]) = (edges(lanes, arrow.span.0), edges(lanes, arrow.span.1));
            let (from, to) = if arrow.rightwards { (left, right) } else { (right, left) };
            (RowKind::Segment, Some(from), Some(to))
        }
        Body::Signal(actor) => at(RowKind::Signal, actor),
        Body::Kill(actor) => at(RowKind::Kill, actor),
        Body::Exit(actor) => at(RowKind::Exit, actor),
        Body::Disagreement(actor) => perhaps(RowKind::Disagreement, actor),
        Body::Failed { actor, .. } => perhaps(RowKind::FailedExpectation, actor),
        Body::Gap { .. } => (RowKind::Gap, None, None),
    }
}

/// The middle of an actor's lane.
fn middle(lanes: &[Place], actor: ActorId) -> Option<usize> {
    lanes.iter().position(|lane| *lane == Place::Actor(actor)).map(|place| 2 * place + 1)
}

/// The left and the right edge of a wire.
fn edges(lanes: &[Place], wire: usize) -> [usize; 2] {
    let place = lanes.iter().position(|lane| *lane == Place::Wire(wire)).unwrap_or(0);
    [2 * place, 2 * place + 2]
}
