//! The lines that run from row to row: processes, wires, the states of endpoints, and calls from begin to end.

use std::collections::BTreeMap;

use super::marks::{self, BarLook};
use super::{Painter, Picture, as_fragment};
use crate::record::{ActorId, StepId, TcpState};
use crate::report::layout::geometry::SLANT;
use crate::report::layout::{Anchor, Bar, Body, Row, StateLabel};
use crate::story::EndpointId;

/// From the end of a wire to the line of an endpoint, beside which arrows end.
const RAIL: i32 = 3;
/// Half the height of a call's bar in its row.
const HALF: i32 = 10;

/// From the bottom of a row to the middle of a name that stands under its text.
const UNDER: i32 = 11;

/// A part of a line, and the step with which it appears.
struct Piece {
    seen: StepId,
    top: i32,
    bottom: i32,
}

impl Painter<'_> {
    /// Lines that only guide the eye: processes until they end, and both ends of each wire.
    pub(super) fn guides(&mut self) {
        let (top, bottom) = (self.top(), self.bottom());
        for actor in 0..self.geometry().actors.len() {
            let end = self.end_of(ActorId(actor)).unwrap_or(bottom).max(top);
            let x = self.geometry().lane(ActorId(actor)).bar();
            if self.view.fragments {
                self.growing_guide(x, top, end);
            } else {
                self.guide(x, top, end);
            }
        }
        for wire in self.geometry().wires.clone().into_iter().filter(|wire| wire.width() > 0) {
            self.guide(wire.begin, top, bottom);
            self.guide(wire.end, top, bottom);
        }
    }

    /// A line that comes with the steps, so that nobody sees before where it ends.
    fn growing_guide(&mut self, x: i32, top: i32, bottom: i32) {
        let first = self.steps.first().map_or(StepId(0), |(step, _)| *step);
        for piece in self.pieces(first, top, bottom) {
            as_fragment(self.xml.tag("g"), true, piece.seen).begin();
            self.guide(x, piece.top, piece.bottom);
            self.xml.close("g");
        }
    }

    fn guide(&mut self, x: i32, top: i32, bottom: i32) {
        let colour = self.palette.strong_line;
        self.xml.tag("path").set("d", format_args!("M{x} {top}V{bottom}")).set("stroke", colour).end();
    }

    /// Where an actor's process ends, as far as that is shown.
    fn end_of(&self, actor: ActorId) -> Option<i32> {
        let row = self.shown().iter().position(|row| row.body == Body::Exit(actor))?;
        Some(self.geometry().rows.get(row)?.anchor())
    }

    pub(super) fn shown(&self) -> &[Row] {
        let rows = &self.picture.layout.rows;
        &rows[..self.view.rows.min(rows.len())]
    }

    /// Behind the rows of the steps that stand out.
    pub(super) fn marked(&mut self) {
        let mut bands: Vec<(StepId, i32, i32)> = Vec::new();
        for (row, place) in self.shown().iter().zip(&self.geometry().rows).skip(self.first) {
            match bands.last_mut() {
                Some((step, _, bottom)) if *step == row.seen => *bottom = place.bottom(),
                _ if self.view.marked.contains(&row.seen) => bands.push((row.seen, place.top, place.bottom())),
                _ => {}
            }
        }
        let (end, fill) = (self.geometry().lanes_end, self.palette.band);
        for (step, top, bottom) in bands {
            let band = as_fragment(self.xml.tag("rect"), self.view.fragments, step)
                .set("x", 8)
                .set("y", top)
                .set("width", end - 8);
            band.set("height", bottom - top).set("rx", 4).set("fill", fill).end();
        }
    }

    /// The line of each endpoint, from state to state.
    pub(super) fn lifelines(&mut self) {
        let mut open: BTreeMap<EndpointId, (StateLabel, StepId, i32)> = BTreeMap::new();
        for place in 0..self.shown().len() {
            let row = &self.picture.layout.rows[place];
            for label in &row.states {
                let y = self.state_y(place, label);
                if let Some(before) = open.insert(label.endpoint, (*label, row.seen, y)) {
                    self.lifeline(&before, y);
                }
            }
        }
        let bottom = self.shown_bottom();
        for last in open.into_values() {
            self.lifeline(&last, bottom);
        }
    }

    pub(super) fn shown_bottom(&self) -> i32 {
        self.shown().len().checked_sub(1).map_or(0, |last| self.geometry().rows[last].bottom())
    }

    /// Where each step begins that has rows.
    pub(super) fn step_tops(picture: &Picture<'_>) -> Vec<(StepId, i32)> {
        let rows = picture.layout.rows.iter().zip(&picture.geometry.rows);
        let mut tops: Vec<(StepId, i32)> = rows.map(|(row, place)| (row.seen, place.top)).collect();
        tops.dedup_by_key(|(step, _)| *step);
        tops
    }

    fn lifeline(&mut self, (label, seen, top): &(StateLabel, StepId, i32), bottom: i32) {
        let Some(stroke) = self.palette.state(label.state) else { return };
        let Some(x) = self.rail(label) else { return };
        for piece in self.pieces(*seen, (*top).max(self.top()), bottom.max(self.top())) {
            let tag = self.xml.tag("path").set("d", format_args!("M{x} {}V{}", piece.top, piece.bottom));
            let tag = tag.set("stroke", stroke.colour).set("stroke-width", stroke.width);
            let tag = if stroke.dashes.is_empty() { tag } else { tag.set("stroke-dasharray", stroke.dashes) };
            as_fragment(tag, self.view.fragments, piece.seen).end();
        }
    }

    /// Where the line of an endpoint stands: further connections of the same actors beside the first.
    pub(super) fn rail(&self, label: &StateLabel) -> Option<i32> {
        let wire = self.geometry().wires.get(label.wire)?;
        let aside = self.aside(label.endpoint);
        Some(if label.right { wire.end + aside } else { wire.begin - aside })
    }

    pub(super) fn aside(&self, endpoint: EndpointId) -> i32 {
        match (self.picture.ties.ordinal(endpoint.connection) - 1) % 3 {
            0 => RAIL,
            1 => 3 * RAIL,
            _ => 5 * RAIL,
        }
    }

    /// Where a state begins in its row: at the arrow's begin for the sender, at its end for the receiver.
    pub(super) fn state_y(&self, place: usize, label: &StateLabel) -> i32 {
        let row = &self.geometry().rows[place];
        match self.picture.layout.rows[place].body {
            Body::Segment(arrow) if arrow.sender != label.endpoint => row.anchor() + SLANT,
            Body::Segment(_) => row.anchor(),
            // Under the text that stands in the same lane.
            _ if self.geometry().shares => row.bottom() - UNDER,
            _ => row.anchor(),
        }
    }

    /// A line from top to bottom, cut where it goes on in a later step and is to appear with that.
    fn pieces(&self, seen: StepId, top: i32, bottom: i32) -> Vec<Piece> {
        let mut pieces = vec![Piece { seen, top, bottom }];
        if !self.view.fragments {
            return pieces;
        }
        for (step, begin) in self.steps.iter().copied().filter(|(_, begin)| (top + 1..bottom).contains(begin)) {
            if let Some(last) = pieces.last_mut() {
                last.bottom = begin;
            }
            pieces.push(Piece { seen: step, top: begin, bottom });
        }
        pieces
    }

    /// Every call as a bar, from its begin to its end. How it went is not told before its result is.
    pub(super) fn bars(&mut self) {
        for bar in self.picture.layout.bars(self.picture.ties) {
            if bar.from < self.shown().len() && bar.to >= self.first {
                self.bar(&bar);
            }
        }
    }

    fn bar(&mut self, bar: &Bar) {
        let shown = self.shown().len();
        let rows = &self.geometry().rows;
        let (begin, bottom) = (rows[bar.from].middle() - HALF, rows[bar.to.min(shown - 1)].middle() + HALF);
        let top = begin.max(self.top());
        let x = self.geometry().lane(bar.actor).bar();
        let from = self.picture.layout.rows[bar.from].seen;
        let pieces = self.pieces(from, top, bottom);
        let last = pieces.len() - 1;
        for (place, piece) in pieces.iter().enumerate() {
            let is_open = bar.told >= shown || self.view.fragments && piece.seen < bar.seen;
            let look = if is_open { BarLook::Waiting } else { BarLook::Told(bar.tone, bar.blocked) };
            let edges = (place == 0 && top == begin, place == last && (bar.to < shown || bar.told < shown));
            let place = (x, piece.top, piece.bottom);
            if self.view.fragments {
                as_fragment(self.xml.tag("g"), true, piece.seen).begin();
                marks::bar(self.xml, self.palette, look, place, edges);
                self.xml.close("g");
            } else {
                marks::bar(self.xml, self.palette, look, place, edges);
            }
        }
    }

    /// What made the last event of a part of the story happen: curves from its causes.
    pub(super) fn curves(&mut self) {
        let Some(chosen) = self.picture.options.upto else { return };
        for curve in self.picture.layout.curves(self.picture.ties) {
            if curve.events.1 == chosen {
                let (Some(from), Some(to)) = (self.tied(curve.from), self.tied(curve.to)) else { continue };
                marks::curve(self.xml, self.palette, from, to, curve.inferred);
            }
        }
    }

    /// Where a curve is tied to a row.
    fn tied(&self, (row, anchor): (usize, Anchor)) -> Option<(i32, i32)> {
        let place = self.geometry().rows.get(row)?;
        let (Body::Segment(arrow), false) = (&self.picture.layout.rows[row].body, matches!(anchor, Anchor::Lane(_)))
        else {
            let Anchor::Lane(actor) = anchor else { return None };
            return Some((self.geometry().lane(actor).bar(), place.middle()));
        };
        let (from, to) = self.ends(*arrow)?;
        Some(if anchor == Anchor::Head { (to, place.anchor() + SLANT) } else { (from, place.anchor()) })
    }

    /// Whether a state ends a line.
    pub(super) fn is_end(state: TcpState) -> bool {
        state == TcpState::Close
    }
}
