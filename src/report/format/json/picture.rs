//! The layout of a picture as a part of the timeline: ready-made coordinates for those who draw.

use schemars::JsonSchema;
use serde::Serialize;

use super::lines::Lines;
use super::write::Writer;
use crate::record::{ActorId, TcpState};
use crate::report::layout::{self, Body, Lane as Place, Part, StateLabel};
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
        Layout { width: 2 * drawn.lanes.len(), height: drawn.rows.len(), lanes: lanes.collect(), rows: rows.collect() }
    }

    fn lane(&self, x: usize, lane: Place, drawn: &layout::Layout) -> Lane<'a> {
        match lane {
            Place::Actor(actor) => Lane::Actor { x, actor: self.actor(actor) },
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
            states: row.states.iter().map(|label| self.state_label(label, lanes)).collect(),
        }
    }

    fn state_label(&self, label: &StateLabel, lanes: &[Place]) -> Entered<'a> {
        let [left, right] = edges(lanes, label.wire);
        let StateLabel { endpoint, state, .. } = *label;
        let x = if label.right { right } else { left };
        Entered { connection: self.label(endpoint), side: endpoint.side, state, x }
    }
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
