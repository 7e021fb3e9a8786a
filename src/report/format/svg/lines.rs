//! The lines that run from row to row: processes, wires, the states of endpoints, and calls from begin to end.

use std::collections::BTreeMap;

use super::{Painter, Picture, as_fragment};
use crate::record::{ActorId, Outcome, StepId, TcpState, What};
use crate::report::layout::geometry::SLANT;
use crate::report::layout::{Body, Part, Row, StateLabel};
use crate::story::{EndpointId, EventId};

/// Half the width of a call's bar.
const BAR: i32 = 4;

/// A part of a line, and the step with which it appears.
struct Piece {
    seen: StepId,
    top: i32,
    bottom: i32,
}

impl Painter<'_> {
    /// Lines that only guide the eye: processes until they end, and both ends of each wire.
    pub(super) fn guides(&mut self) {
        let bottom = self.geometry().bottom();
        for actor in 0..self.geometry().actors.len() {
            let end = self.end_of(ActorId(actor)).filter(|_| !self.view.fragments).unwrap_or(bottom);
            let x = self.geometry().lane(ActorId(actor)).bar();
            self.guide(x, 0, end);
        }
        for wire in self.geometry().wires.clone().into_iter().filter(|wire| wire.width() > 0) {
            self.guide(wire.begin, 0, bottom);
            self.guide(wire.end, 0, bottom);
        }
    }

    fn guide(&mut self, x: i32, top: i32, bottom: i32) {
        let colour = self.palette.guide;
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
        for (row, place) in self.shown().iter().zip(&self.geometry().rows) {
            match bands.last_mut() {
                Some((step, _, bottom)) if *step == row.seen => *bottom = place.bottom(),
                _ if self.view.marked.contains(&row.seen) => bands.push((row.seen, place.top, place.bottom())),
                _ => {}
            }
        }
        let (end, fill) = (self.geometry().lanes_end, self.palette.fresh);
        for (_, top, bottom) in bands {
            let band = self.xml.tag("rect").set("x", 8).set("y", top).set("width", end - 8);
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
        for piece in self.pieces(*seen, *top, bottom) {
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
            0 => 0,
            1 => 5,
            _ => 10,
        }
    }

    /// Where a state begins in its row: at the arrow's begin for the sender, at its end for the receiver.
    pub(super) fn state_y(&self, place: usize, label: &StateLabel) -> i32 {
        let anchor = self.geometry().rows[place].anchor();
        match self.picture.layout.rows[place].body {
            Body::Segment(arrow) if arrow.sender != label.endpoint => anchor + SLANT,
            _ => anchor,
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

    /// Every call as a bar, from its begin to its end.
    pub(super) fn bars(&mut self) {
        let mut begun: BTreeMap<EventId, usize> = BTreeMap::new();
        for place in 0..self.shown().len() {
            let row = &self.picture.layout.rows[place];
            let (Body::Call { actor, part }, Some(event)) = (&row.body, row.event) else { continue };
            let anchor = self.geometry().rows[place].anchor();
            match part {
                Part::Begin => {
                    begun.insert(event, place);
                }
                Part::End => {
                    let from = begun.remove(&event).unwrap_or(place);
                    self.bar(*actor, event, from, anchor + 7);
                }
                Part::Whole if self.is_open(event) => self.bar(*actor, event, place, self.shown_bottom()),
                Part::Whole => self.bar(*actor, event, place, anchor + 7),
            }
        }
        for (event, place) in begun {
            if let Body::Call { actor, .. } = self.picture.layout.rows[place].body {
                self.bar(actor, event, place, self.shown_bottom());
            }
        }
    }

    /// Whether a call had not ended when the run did.
    fn is_open(&self, event: EventId) -> bool {
        let what = self.picture.ties.story.recording.events.get(event.0).map(|event| &event.what);
        matches!(what, Some(What::Syscall(call)) if call.outcome == Outcome::Unfinished && call.end_ns.is_none())
    }

    fn bar(&mut self, actor: ActorId, event: EventId, from: usize, bottom: i32) {
        let (seen, top) = (self.picture.layout.rows[from].seen, self.geometry().rows[from].anchor() - 7);
        let x = self.geometry().lane(actor).bar();
        let failed = self.has_failed(event);
        let fill = if failed { self.palette.bad } else { self.palette.dim };
        for piece in self.pieces(seen, top, bottom) {
            let tag = self.xml.tag("rect").set("x", x - BAR).set("y", piece.top);
            let tag = tag.set("width", 2 * BAR).set("height", piece.bottom - piece.top).set("rx", 2).set("fill", fill);
            as_fragment(tag, self.view.fragments, piece.seen).end();
        }
    }

    fn has_failed(&self, event: EventId) -> bool {
        let what = self.picture.ties.story.recording.events.get(event.0).map(|event| &event.what);
        matches!(what, Some(What::Syscall(call)) if matches!(call.outcome, Outcome::Failed { .. } | Outcome::Killed { .. }))
    }

    /// Whether a state ends a line.
    pub(super) fn is_end(state: TcpState) -> bool {
        state == TcpState::Close
    }
}
