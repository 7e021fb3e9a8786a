//! Which column everything stands in.

use unicode_width::UnicodeWidthStr as _;

use crate::record::ActorId;
use crate::report::layout::{Cells, Layout, Place};
use crate::report::words;
use crate::story::Story;

/// The columns of a page.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) shape: Shape,
    /// Where the id ends.
    pub(super) id_end: usize,
    /// Where the time ends; a narrow list has none.
    pub(super) time_end: Option<usize>,
    /// Where the time since the row before ends; only in the widest shape.
    pub(super) delta_end: Option<usize>,
    /// Where the gutter ends and the lanes begin.
    pub(super) lanes_begin: usize,
    /// The actors' lanes, from left to right.
    pub(super) actors: Vec<Span>,
    /// The wires between them, from left to right.
    pub(super) wires: Vec<Span>,
    /// Where the last lane ends.
    pub(super) end: usize,
    /// How wide the actors' names are in a list.
    pub(super) names: usize,
}

/// A shape of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// With a lane for the states between each actor and the wire.
    Kernel,
    /// States stand in the actors' lanes.
    Lanes,
    /// One under the other.
    List,
}

/// Columns from `begin` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl Span {
    pub(super) fn width(self) -> usize {
        self.end - self.begin
    }
}

/// A narrower list has no times.
const TIMED: usize = 40;
/// Room for the longest state, ESTABLISHED.
const STATE: usize = 11;
/// Between two lanes.
const SPACE: usize = 1;
const LEAST_ACTOR: usize = 13;
/// What every lane gets before one gets more.
const EASY_ACTOR: usize = 18;
/// In every lane but the last a longer text may run over the empty wire.
const MOST_ACTOR: usize = 26;
const MOST_LAST: usize = 44;
const MOST_WIRE: usize = 56;
const LONGEST_NAME: usize = 16;

impl Shape {
    /// The least width of a page with this shape.
    fn least(self) -> usize {
        match self {
            Self::Kernel => 110,
            Self::Lanes => 80,
            Self::List => 0,
        }
    }

    /// The least width of a wire: where the states take room of their own, data must not suffer for it.
    fn least_wire(self) -> usize {
        match self {
            Self::Kernel => 28,
            Self::Lanes | Self::List => 20,
        }
    }

    /// What stands between an actor's lane and a wire.
    fn between(self) -> usize {
        match self {
            Self::Kernel => STATE + 2 * SPACE,
            Self::Lanes | Self::List => SPACE,
        }
    }
}

impl Grid {
    pub(super) fn new(story: &Story, layout: &Layout, cells: &[Cells], width: usize) -> Self {
        let wanted = |shape| (Gutter::new(cells, shape), wanted(cells, story.recording.actors.len(), shape));
        Self::best(story, layout, width, wanted)
    }

    /// The columns of a page that is painted while the story goes on: they do not move with what comes.
    pub(super) fn steady(story: &Story, layout: &Layout, cells: &[Cells], width: usize) -> Self {
        let wanted = |shape| (Gutter::steady(cells, shape), vec![MOST_LAST; story.recording.actors.len()]);
        Self::best(story, layout, width, wanted)
    }

    /// The widest shape that has room, given what each would like.
    fn best(story: &Story, layout: &Layout, width: usize, wanted: impl Fn(Shape) -> (Gutter, Vec<usize>)) -> Self {
        let shape = |shape| Self::shaped(shape, layout, width, wanted(shape));
        let list = || Self::list(story, wanted(Shape::List).0, width);
        shape(Shape::Kernel).or_else(|| shape(Shape::Lanes)).unwrap_or_else(list)
    }

    fn list(story: &Story, gutter: Gutter, width: usize) -> Self {
        let gutter = gutter.within(width);
        let names = story.recording.actors.iter().map(|actor| words::escape(&actor.name).width()).max().unwrap_or(0);
        Self { names: names.min(LONGEST_NAME), end: width, ..gutter.grid(Shape::List) }
    }

    /// A page of that shape, if the lanes have room for it.
    fn shaped(shape: Shape, layout: &Layout, width: usize, (gutter, wanted): (Gutter, Vec<usize>)) -> Option<Self> {
        let grid = gutter.grid(shape);
        let (actors, wires) = (wanted.len(), layout.wires.len());
        let between = shape.between() * (actors + wires).saturating_sub(1);
        let room = width.checked_sub(grid.lanes_begin + between)?;
        let spare = room.checked_sub(LEAST_ACTOR * actors + shape.least_wire() * wires)?;
        if width < shape.least() || actors == 0 {
            return None;
        }
        let widths = Widths::share(&wanted, wires, shape.least_wire(), spare);
        Some(grid.with_lanes(&widths, shape.between()))
    }

    fn with_lanes(mut self, widths: &Widths, between: usize) -> Self {
        let mut at = self.lanes_begin;
        for (place, actor) in widths.actors.iter().enumerate() {
            self.actors.push(Span { begin: at, end: at + actor });
            at += actor;
            if place < widths.wires {
                self.wires.push(Span { begin: at + between, end: at + between + widths.wire });
                at += widths.wire + 2 * between;
            }
        }
        self.end = self.actors.last().map_or(at, |last| last.end).max(self.wires.last().map_or(0, |last| last.end));
        self
    }
}

struct Gutter {
    id: usize,
    time: Option<usize>,
    delta: Option<usize>,
}

impl Gutter {
    fn new(cells: &[Cells], shape: Shape) -> Self {
        Self {
            id: widest(cells, |cells| &cells.id).clamp(3, 8),
            time: Some(widest(cells, |cells| &cells.time).max(4)),
            delta: (shape == Shape::Kernel).then(|| widest(cells, |cells| &cells.delta).max(4)),
        }
    }

    /// With room for most ids, and for a quarter of an hour in microseconds.
    fn steady(cells: &[Cells], shape: Shape) -> Self {
        Self {
            id: widest(cells, |cells| &cells.id).clamp(4, 8),
            time: Some(widest(cells, |cells| &cells.time).max(9)),
            delta: (shape == Shape::Kernel).then(|| widest(cells, |cells| &cells.delta).max(7)),
        }
    }

    /// A narrow list keeps its room for what happened.
    fn within(self, width: usize) -> Self {
        if width < TIMED { Self { id: self.id.min(5), time: None, delta: None } } else { self }
    }

    fn grid(self, shape: Shape) -> Grid {
        let id_end = 1 + self.id;
        let time_end = self.time.map(|time| id_end + 1 + time);
        let delta_end = time_end.zip(self.delta).map(|(time_end, delta)| time_end + 2 + delta);
        let lanes_begin = delta_end.or(time_end).map_or(id_end + 1, |end| end + 2);
        let (actors, wires) = (Vec::new(), Vec::new());
        Grid { shape, id_end, time_end, delta_end, lanes_begin, actors, wires, end: lanes_begin, names: 0 }
    }
}

fn widest(cells: &[Cells], text: fn(&Cells) -> &str) -> usize {
    cells.iter().map(|cells| text(cells).width()).max().unwrap_or(0)
}

/// How wide each actor's lane would like to be: for its calls, and the last one for the notes behind the arrows.
fn wanted(cells: &[Cells], actors: usize, shape: Shape) -> Vec<usize> {
    let mut wanted = vec![EASY_ACTOR; actors];
    let states = if shape == Shape::Lanes { STATE + 2 } else { 0 };
    for row in cells {
        let (lane, width) = match row.place {
            Place::Lane(ActorId(actor)) => (actor, row.main.width()),
            Place::Wire(arrow, _) => (arrow.span.1 + 1, states + row.origin.first().map_or(0, |origin| origin.width())),
            Place::Across => continue,
        };
        let most = if lane + 1 == actors { MOST_LAST } else { MOST_ACTOR };
        if let Some(wanted) = wanted.get_mut(lane) {
            *wanted = width.clamp(*wanted, most);
        }
    }
    wanted
}

struct Widths {
    actors: Vec<usize>,
    wire: usize,
    wires: usize,
}

impl Widths {
    /// Shares what is left over: half to the wires, the rest to the actors that want it, the last first, because a text in a
    /// lane further left may run over the empty wire. What nobody wants goes to the wires.
    fn share(wanted: &[usize], wires: usize, least_wire: usize, spare: usize) -> Self {
        let mut left = spare;
        let mut wire = least_wire;
        let grow = |wire: &mut usize, left: &mut usize, most: usize| {
            let more = (most / wires).min(MOST_WIRE - *wire);
            *wire += more;
            *left -= more * wires;
        };
        grow(&mut wire, &mut left, spare / 3);
        let mut actors = vec![LEAST_ACTOR; wanted.len()];
        for most in [EASY_ACTOR, MOST_LAST] {
            for (actor, wanted) in actors.iter_mut().zip(wanted).rev() {
                let more = (*wanted).min(most).saturating_sub(*actor).min(left);
                *actor += more;
                left -= more;
            }
        }
        let most = left;
        grow(&mut wire, &mut left, most);
        Self { actors, wire, wires }
    }
}
