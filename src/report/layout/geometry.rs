//! Where everything stands in a drawn picture, in pixels.
//!
//! From left to right: a gutter for ids and times, then the lanes of the layout. Between an actor's lane and a wire lies a kernel's
//! lane, for the states. Where there are more than two actors, a kernel has only its lines there, and the names of its states stand in
//! the lane of its actor, where calls stand in other rows. Rows are as high as what they say needs, and stand one under the other from 0: the painter adds what is
//! above them.

use unicode_width::UnicodeWidthStr as _;

use super::{Body, Cells, Layout, Place, Row, Wire, leans_right};
use crate::record::ActorId;
use crate::report::{columns, words};

/// The sizes of type, in pixels.
pub(in crate::report) const TEXT: i32 = 13;
pub(in crate::report) const SMALL: i32 = 11;
/// How much lower an arrow ends than it begins.
pub(in crate::report) const SLANT: i32 = 8;
/// From one line of a text to the next.
pub(in crate::report) const LINE: i32 = 17;
/// What is left free at the picture's edges.
pub(in crate::report) const MARGIN: i32 = 24;
/// From an actor lane's edge to its text: the bar of a call stands between.
pub(in crate::report) const INDENT: i32 = 28;

/// Between two actors that no connection joins.
const BETWEEN_ACTORS: i32 = 24;
const ARROW_ROW: i32 = 30;
const GAP_ROW: i32 = 32;
/// A row with one line of text.
const TEXT_ROW: i32 = 26;
/// A call is told in at most so many lines.
const MOST_LINES: usize = 4;

/// How wide lanes are, and what is shown in them.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Limits {
    /// A kernel's lane.
    kernel: i32,
    /// An actor's lane, at least and at most.
    actor: (i32, i32),
    /// A wire, at least and at most.
    wire: (i32, i32),
    /// The size of type for what stands beside: times, states, origins.
    small: i32,
    /// The names of states stand in the actors' lanes.
    shares: bool,
    /// The times are shown.
    times: bool,
}

/// So wide is a picture whose type is at least 16 pixels high on a screen of 1280 by 720.
const LEGIBLE: i32 = 1040;
/// So wide is each of two that stand beside each other there, so that their type keeps its size.
const HALF: i32 = 630;
/// A kernel's lane with room for the longest state, in small type and in large.
const STATES: (i32, i32) = (104, 116);
/// A kernel's lane with room for its lines alone.
const LINES: i32 = 18;
/// As narrow as an actor's lane and a wire may become, so that there is room for a word.
const NARROWEST: (i32, i32) = (130, 150);

impl Limits {
    /// For a picture as a whole: of two actors with room for long texts on one line, of more as narrow as is legible.
    pub(in crate::report) fn whole(layout: &Layout, cells: &[Cells], actors: usize) -> Self {
        let wide = Self {
            kernel: STATES.0,
            actor: (150, 356),
            wire: (230, 440),
            small: SMALL,
            shares: actors > 2,
            times: true,
        };
        if wide.shares { Self { kernel: LINES, ..wide }.within(LEGIBLE, layout, cells, actors) } else { wide }
    }

    /// For one of two pictures beside each other.
    pub(in crate::report) fn half(layout: &Layout, cells: &[Cells], actors: usize) -> Self {
        let limits = Self { kernel: LINES, actor: (0, 0), wire: (0, 0), small: SMALL, shares: true, times: false };
        limits.within(HALF, layout, cells, actors)
    }

    /// For a screen: so narrow that all type is large, and long texts are broken.
    pub(in crate::report) fn slide(layout: &Layout, cells: &[Cells], actors: usize) -> Self {
        let shares = actors > 2;
        let kernel = if shares { LINES } else { STATES.1 };
        let limits = Self { kernel, actor: (0, 0), wire: (0, 0), small: TEXT, shares, times: !shares };
        limits.within(LEGIBLE, layout, cells, actors)
    }

    /// As wide as a picture of that width has room for.
    fn within(self, width: i32, layout: &Layout, cells: &[Cells], actors: usize) -> Self {
        let used = layout.wires.iter().filter(|wire| !wire.connections.is_empty()).count();
        let between = number(layout.wires.len() - used) * BETWEEN_ACTORS;
        let besides = time_end(cells, self.times) + 16 + MARGIN + between + 2 * self.kernel * number(used);
        let share = (width - besides) / (9 * number(actors) + 10 * number(used)).max(1);
        let (actor, wire) = ((9 * share).max(NARROWEST.0), (10 * share).max(NARROWEST.1));
        Self { actor: (actor, actor), wire: (wire, wire), ..self }
    }
}

/// Where everything stands.
#[derive(Clone, Debug)]
pub(in crate::report) struct Geometry {
    /// The right end of the times.
    pub(in crate::report) time_end: i32,
    /// The actors' lanes, from left to right.
    pub(in crate::report) actors: Vec<Band>,
    /// The wires between the kernels' lanes, from left to right; of no width where there is no connection.
    pub(in crate::report) wires: Vec<Band>,
    /// The rows of the layout.
    pub(in crate::report) rows: Vec<RowBox>,
    /// The right edge of the last lane.
    pub(in crate::report) lanes_end: i32,
    /// The width of a kernel's lane.
    pub(in crate::report) kernel: i32,
    /// The size of type for what stands beside.
    pub(in crate::report) small: i32,
    /// The names of states stand in the actors' lanes.
    pub(in crate::report) shares: bool,
    /// The times are shown.
    pub(in crate::report) times: bool,
}

/// From left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Band {
    pub(in crate::report) begin: i32,
    pub(in crate::report) end: i32,
}

impl Band {
    pub(in crate::report) fn width(self) -> i32 {
        self.end - self.begin
    }

    pub(in crate::report) fn middle(self) -> i32 {
        i32::midpoint(self.begin, self.end)
    }
}

/// A row's place, and its text in an actor's lane as it is broken into lines.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct RowBox {
    pub(in crate::report) top: i32,
    pub(in crate::report) height: i32,
    pub(in crate::report) lines: Vec<String>,
}

impl RowBox {
    pub(in crate::report) fn bottom(&self) -> i32 {
        self.top + self.height
    }

    /// The height of its first line of text.
    pub(in crate::report) fn middle(&self) -> i32 {
        self.top + if self.height == ARROW_ROW { ARROW_ROW } else { TEXT_ROW } / 2
    }

    /// Where its arrow begins, or its line of text stands.
    pub(in crate::report) fn anchor(&self) -> i32 {
        if self.height == ARROW_ROW { self.middle() - SLANT / 2 } else { self.middle() }
    }
}

/// How wide a text is in type of one width, in pixels. Such type is at most 0.61 times as wide as it is high.
pub(in crate::report) fn mono_width(text: &str, size: i32) -> i32 {
    (number(text.width()) * size * 61).div_euclid(100) + 1
}

/// How many columns of such type have room.
pub(in crate::report) fn mono_columns(width: i32, size: i32) -> usize {
    usize::try_from((width * 100).div_euclid(size * 61)).unwrap_or(0)
}

/// A number of things as a number for coordinates.
pub(in crate::report) fn number(count: usize) -> i32 {
    i32::try_from(count.min(100_000)).unwrap_or_default()
}

impl Geometry {
    /// Gives every row and lane its place.
    pub(in crate::report) fn new(layout: &Layout, cells: &[Cells], actors: usize, limits: &Limits) -> Self {
        let Limits { kernel, small, shares, times, .. } = *limits;
        let mut geometry = Self {
            time_end: time_end(cells, times),
            actors: Vec::new(),
            wires: Vec::new(),
            rows: Vec::new(),
            lanes_end: 0,
            kernel,
            small,
            shares,
            times,
        };
        geometry.place_lanes(&widths(layout, cells, actors, limits));
        geometry.rows = cells.iter().zip(&layout.rows).map(|(cells, row)| geometry.row(row, cells)).collect();
        geometry.stack(|_| 0);
        geometry
    }

    /// Puts the rows one under the other, each not higher than what `least` says for its place.
    pub(in crate::report) fn stack(&mut self, least: impl Fn(usize) -> i32) {
        let mut top = 0;
        for (place, row) in self.rows.iter_mut().enumerate() {
            row.top = top.max(least(place));
            top = row.bottom();
        }
    }

    /// The bottom of the last row.
    pub(in crate::report) fn bottom(&self) -> i32 {
        self.rows.last().map_or(0, RowBox::bottom)
    }

    /// The picture's whole width.
    pub(in crate::report) fn width(&self) -> i32 {
        self.lanes_end + MARGIN
    }

    /// Where an actor's texts and calls stand.
    pub(in crate::report) fn lane(&self, actor: ActorId) -> Lane {
        let band = self.actors.get(actor.0).copied().unwrap_or(Band { begin: self.time_end + 16, end: self.lanes_end });
        let leans_right = leans_right(actor, self.actors.len());
        Lane { band, leans_right }
    }

    fn place_lanes(&mut self, widths: &Widths) {
        let mut at = self.time_end + 16;
        for (place, width) in widths.actors.iter().enumerate() {
            self.actors.push(Band { begin: at, end: at + width });
            at += width;
            match widths.wires.get(place) {
                Some(0) => {
                    self.wires.push(Band { begin: at, end: at });
                    at += BETWEEN_ACTORS;
                }
                Some(width) => {
                    self.wires.push(Band { begin: at + self.kernel, end: at + self.kernel + width });
                    at += width + 2 * self.kernel;
                }
                None => {}
            }
        }
        self.lanes_end = at;
    }

    fn row(&self, row: &Row, cells: &Cells) -> RowBox {
        let (height, lines) = match cells.place {
            Place::Wire(..) => (ARROW_ROW, Vec::new()),
            Place::Across if matches!(row.body, Body::Gap { .. }) => (GAP_ROW, Vec::new()),
            Place::Across => text_row(broken(&cells.main, self.lanes_end - self.time_end - 32)),
            Place::Lane(actor) => text_row(broken(&cells.main, self.lane(actor).room())),
        };
        let under = self.shares && !row.states.is_empty() && !matches!(cells.place, Place::Wire(..));
        RowBox { top: 0, height: height + if under { LINE } else { 0 }, lines }
    }
}

/// An actor's lane.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Lane {
    pub(in crate::report) band: Band,
    /// Its calls stand at its right edge and its texts to the left of them.
    pub(in crate::report) leans_right: bool,
}

impl Lane {
    /// The middle of the bars of calls.
    pub(in crate::report) fn bar(self) -> i32 {
        if self.leans_right { self.band.end - 14 } else { self.band.begin + 14 }
    }

    /// Where texts begin, or where they end if the lane leans right.
    pub(in crate::report) fn text(self) -> i32 {
        if self.leans_right { self.band.end - INDENT } else { self.band.begin + INDENT }
    }

    pub(in crate::report) fn room(self) -> i32 {
        self.band.width() - INDENT - 8
    }
}

struct Widths {
    actors: Vec<i32>,
    wires: Vec<i32>,
}

fn time_end(cells: &[Cells], times: bool) -> i32 {
    let widest = |text: fn(&Cells) -> &str| cells.iter().map(|cells| mono_width(text(cells), TEXT)).max().unwrap_or(0);
    let ids = MARGIN + widest(|cells| &cells.id).clamp(30, 90);
    if times { ids + 10 + widest(|cells| &cells.time).max(40) } else { ids }
}

/// How wide every lane is: as its texts need, within limits.
fn widths(layout: &Layout, cells: &[Cells], actors: usize, limits: &Limits) -> Widths {
    let ((least_actor, most_actor), (least_wire, most_wire)) = (limits.actor, limits.wire);
    let least = |wire: &Wire| if wire.connections.is_empty() { 0 } else { least_wire };
    let mut widths = Widths { actors: vec![least_actor; actors], wires: layout.wires.iter().map(least).collect() };
    let grow = |width: Option<&mut i32>, wanted: i32, most: i32| {
        if let Some(width) = width {
            *width = wanted.clamp(*width, most);
        }
    };
    for cells in cells {
        match cells.place {
            Place::Lane(ActorId(actor)) => {
                grow(widths.actors.get_mut(actor), mono_width(&cells.main, TEXT) + INDENT + 8, most_actor);
            }
            Place::Wire(arrow, _) => {
                let sender = if arrow.rightwards { arrow.span.0 } else { arrow.span.1 + 1 };
                let note = cells.origin.first().map_or(0, |note| mono_width(note, limits.small) + INDENT + 8);
                grow(widths.actors.get_mut(sender), note, most_actor);
                if arrow.span.0 == arrow.span.1 {
                    grow(widths.wires.get_mut(arrow.span.0), mono_width(&cells.main, TEXT) + 72, most_wire);
                }
            }
            Place::Across => {}
        }
    }
    widths
}

fn text_row(lines: Vec<String>) -> (i32, Vec<String>) {
    (TEXT_ROW + LINE * (number(lines.len()) - 1).max(0), lines)
}

/// A text in lines of that width; the last is cut where there would be too many.
fn broken(text: &str, width: i32) -> Vec<String> {
    let room = mono_columns(width, TEXT).max(8);
    // A sign and what it belongs to stay together.
    let text = ["= ", "→ ", "↖ ", "+ "]
        .iter()
        .fold(text.to_owned(), |text, sign| text.replace(sign, &format!("{}\u{a0}", sign.trim_end())));
    let mut lines = words::wrap(&text, room);
    if lines.len() > MOST_LINES {
        let rest = lines.split_off(MOST_LINES - 1).join(" ");
        lines.push(columns::cut(&rest, room, "…"));
    }
    lines
}
