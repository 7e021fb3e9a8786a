//! One row after the other: an event is a group with its id and title.

use super::Painter;
use super::frame::{mono, sans};
use super::marks::{self, Drawn, Line};
use crate::record::ActorId;
use crate::report::columns;
use crate::report::layout::geometry::{LINE, MARGIN, SLANT, TEXT, mono_columns, mono_width};
use crate::report::layout::{Arrow, Body, Cells, Look, Part, Place, Row, StateLabel, Tone};
use crate::report::words;
use crate::story::EventId;

impl Painter<'_> {
    pub(super) fn row(&mut self, place: usize) {
        let row = &self.picture.layout.rows[place];
        let id = row.event.map(|event| self.id(event, row));
        self.group(id.as_deref(), row.seen);
        self.about(row, &self.picture.cells[place]);
        self.gutter(place);
        match self.picture.cells[place].place {
            Place::Wire(arrow, _) => self.segment(place, arrow),
            Place::Lane(_) => self.call(place),
            Place::Across if matches!(row.body, Body::Gap { .. }) => self.gap(place),
            Place::Across => self.across(place),
        }
        let mut labels: Vec<StateLabel> = row.states.clone();
        labels.reverse();
        labels.sort_by_key(|label| label.endpoint);
        labels.dedup_by_key(|label| label.endpoint); // of several changes at once, the last
        for label in &labels {
            self.state(place, label);
        }
        self.xml.close("g");
    }

    /// The short id; a result that stands apart from its call has an id of its own.
    fn id(&self, event: EventId, row: &Row) -> String {
        let alias = self.picture.ties.story.entries.get(event.0).map_or("", |entry| entry.alias.as_str());
        let end = matches!(row.body, Body::Call { part: Part::End, .. });
        if end { format!("{alias}-end") } else { alias.to_owned() }
    }

    /// What a reader hears who does not see the picture.
    fn about(&mut self, row: &Row, cells: &Cells) {
        let ties = self.picture.ties;
        let who = match (cells.place, row.event) {
            (Place::Wire(..), Some(event)) => words::way(ties.story, event),
            (Place::Lane(actor), _) => ties.story.recording.actors.get(actor.0).map(|actor| actor.name.clone()),
            _ => None,
        };
        let title: Vec<String> = [cells.id.clone(), who.unwrap_or_default(), cells.main.clone()].into();
        let title = title.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        self.xml.tag("title").text(&title);
        let mut said = if cells.time.is_empty() { String::new() } else { format!("at {} µs", cells.time) };
        if matches!(row.body, Body::Segment(arrow) if arrow.dropped) {
            said.push_str(", dropped by the kernel that it came to");
        }
        if let Some(origin) = cells.origin.first() {
            said = format!("{said} {origin}");
        }
        let causes = row.event.into_iter().flat_map(|event| ties.causes_of(event));
        let said = causes.fold(said, |said, cause| format!("{said}; {}", words::cause(ties.story, cause)));
        if !said.is_empty() {
            self.xml.tag("desc").text(&said);
        }
    }

    fn gutter(&mut self, place: usize) {
        let cells = &self.picture.cells[place];
        let (y, end) = (self.geometry().rows[place].middle() + 4, self.geometry().time_end);
        if !cells.id.is_empty() {
            let time = if self.geometry().times { 8 + mono_width(&cells.time, self.geometry().small) } else { 0 };
            let room = end - MARGIN - time;
            let id = columns::cut(&cells.id, mono_columns(room, TEXT), "…");
            mono(self.xml, MARGIN, y, TEXT).set("font-weight", "bold").set("fill", self.palette.text).text(&id);
        }
        if !cells.time.is_empty() && self.geometry().times {
            let (dim, small) = (self.palette.dim, self.geometry().small);
            mono(self.xml, end, y, small).set("text-anchor", "end").set("fill", dim).text(&cells.time);
        }
    }

    /// What stands in an actor's lane.
    fn call(&mut self, place: usize) {
        let Place::Lane(actor) = self.picture.cells[place].place else { return };
        let cells = &self.picture.cells[place];
        let (lane, row) = (self.geometry().lane(actor), self.geometry().rows[place].clone());
        let weight = if matches!(cells.tone, Tone::Error | Tone::Trouble) { "bold" } else { "normal" };
        let anchor = if lane.leans_right { "end" } else { "start" };
        for (number, line) in (0..).zip(&row.lines) {
            mono(self.xml, lane.text(), row.anchor() + 4 + number * LINE, TEXT)
                .set("text-anchor", anchor)
                .set("font-weight", weight)
                .set("fill", self.palette.tone(cells.tone))
                .text(line);
        }
        if matches!(self.picture.layout.rows[place].body, Body::Exit(_) | Body::Signal(_) | Body::Kill(_)) {
            let failed = cells.tone == Tone::Error;
            marks::process(self.xml, self.palette, (lane.bar(), row.anchor()), failed);
        }
    }

    fn across(&mut self, place: usize) {
        let cells = &self.picture.cells[place];
        let x = self.geometry().time_end + 24;
        let row = self.geometry().rows[place].clone();
        for (number, line) in (0..).zip(&row.lines) {
            mono(self.xml, x, row.anchor() + 4 + number * LINE, TEXT)
                .set("font-weight", "bold")
                .set("fill", self.palette.tone(cells.tone))
                .text(line);
        }
    }

    /// A break in the time.
    fn gap(&mut self, place: usize) {
        let row = self.geometry().rows[place].clone();
        let text = &self.picture.cells[place].main;
        let (begin, end) = (self.geometry().time_end + 16, self.geometry().lanes_end);
        let (middle, y) = (i32::midpoint(begin, end), i32::midpoint(row.top, row.bottom()));
        let half = mono_width(text, TEXT) / 2 + 12;
        let (page, dim) = (self.palette.page, self.palette.dim);
        let ground = self.xml.tag("rect").set("x", begin).set("y", row.top + 6).set("width", end - begin);
        ground.set("height", row.height - 12).set("fill", page).end();
        let d = format!("M{begin} {y}H{}M{} {y}H{end}", middle - half, middle + half);
        self.xml.tag("path").set("d", d).set("stroke", dim).set("stroke-dasharray", "2 5").end();
        sans(self.xml, middle, y + 4, TEXT).set("text-anchor", "middle").set("fill", dim).text(text);
    }

    /// An arrow with its text in its middle, and in its sender's lane where it comes from.
    fn segment(&mut self, place: usize, arrow: Arrow) {
        let Some((from, to)) = self.ends(arrow) else { return };
        let row = &self.geometry().rows[place];
        let (y, middle) = (row.anchor(), row.middle());
        let (label, x) = self.label(place, arrow);
        let half = mono_width(&label, TEXT) / 2 + 5;
        let line = Line { from: (from, y), to: (to, y + SLANT) };
        let drawn = Drawn { look: arrow.look, again: arrow.again, dropped: arrow.dropped };
        marks::arrow(self.xml, self.palette, drawn, line, Some((x - half, x + half)));
        let tone = self.picture.cells[place].tone;
        let weight = if matches!(arrow.look, Look::Data | Look::Ack) { "normal" } else { "bold" };
        mono(self.xml, x, middle + 4, TEXT)
            .set("text-anchor", "middle")
            .set("font-weight", weight)
            .set("fill", self.palette.tone(tone))
            .text(&label);
        self.note(place, arrow);
    }

    /// Where an arrow begins and ends.
    pub(super) fn ends(&self, arrow: Arrow) -> Option<(i32, i32)> {
        let wires = &self.geometry().wires;
        let (left, right) = (wires.get(arrow.span.0)?.begin, wires.get(arrow.span.1)?.end);
        Some(if arrow.rightwards { (left, right) } else { (right, left) })
    }

    /// The text of an arrow as much as there is room for, and its middle: that of the wire next to the sender.
    fn label(&self, place: usize, arrow: Arrow) -> (String, i32) {
        let wire = if arrow.rightwards { arrow.span.0 } else { arrow.span.1 };
        let Some(wire) = self.geometry().wires.get(wire).copied() else { return (String::new(), 0) };
        let cells = &self.picture.cells[place];
        // So much of the shaft is seen on both sides.
        let shaft = if self.geometry().shares { 40 } else { 64 };
        let room = mono_columns(wire.width() - shaft, TEXT);
        (columns::cut(cells.fitting(room), room, "…"), wire.middle())
    }

    /// Where a segment comes from, in its sender's lane, in the longest words that have room.
    fn note(&mut self, place: usize, arrow: Arrow) {
        let actor = if arrow.rightwards { arrow.span.0 } else { arrow.span.1 + 1 };
        if self.geometry().actors.get(actor).is_none() {
            return;
        }
        let lane = self.geometry().lane(ActorId(actor));
        let (small, taken) = (self.geometry().small, self.taken(place, arrow));
        let fits = |note: &&String| mono_width(note, small) <= lane.room() - taken;
        let Some(note) = self.picture.cells[place].origin.iter().find(fits) else { return };
        // Beside the arrow's begin.
        let (x, anchor) = match (arrow.rightwards, lane.leans_right) {
            (true, _) => (lane.band.end - 8 - taken, "end"),
            (false, true) => (lane.band.begin + 8 + taken, "start"),
            (false, false) => (lane.text() + taken, "start"),
        };
        let y = self.geometry().rows[place].middle() + 4;
        let dim = self.palette.dim;
        mono(self.xml, x, y, small).set("text-anchor", anchor).set("fill", dim).text(note);
    }

    /// How much of its sender's lane the name of a state takes beside an arrow's begin.
    fn taken(&self, place: usize, arrow: Arrow) -> i32 {
        if !self.geometry().shares {
            return 0;
        }
        let states = self.picture.layout.rows[place].states.iter().filter(|label| label.endpoint == arrow.sender);
        states.map(|label| self.name_width(label) + 8).max().unwrap_or(0)
    }

    /// How wide the name of a state is with the frame around it.
    fn name_width(&self, label: &StateLabel) -> i32 {
        mono_width(label.state.name(), self.geometry().small) + 10
    }

    /// Where the name of a state begins: beside its line, or where the kernel has no room for it in the lane of the actor.
    fn name_begin(&self, label: &StateLabel, rail: i32) -> Option<i32> {
        let width = self.name_width(label);
        let geometry = self.geometry();
        if !geometry.shares {
            return Some(if label.right { rail + 6 } else { rail - 6 - width });
        }
        let wire = geometry.wires.get(label.wire)?;
        let lane = geometry.lane(ActorId(label.wire + usize::from(label.right)));
        Some(match label.right {
            true if lane.leans_right => wire.end + geometry.kernel + 4,
            true => lane.text() - 4,
            false => wire.begin - geometry.kernel - 4 - width,
        })
    }

    /// A state beside its endpoint's line.
    fn state(&mut self, place: usize, label: &StateLabel) {
        let Some(rail) = self.rail(label) else { return };
        let (name, width) = (label.state.name(), self.name_width(label));
        let y = self.state_y(place, label);
        let Some(x) = self.name_begin(label, rail) else { return };
        let colour = self.palette.state(label.state).map_or(self.palette.dim, |stroke| stroke.colour);
        self.xml
            .tag("rect")
            .set("x", x)
            .set("y", y - 8)
            .set("width", width)
            .set("height", 16)
            .set("rx", 8)
            .set("fill", self.palette.page)
            .set("stroke", colour)
            .end();
        let middle = x + width / 2;
        let small = self.geometry().small;
        mono(self.xml, middle, y + 4, small).set("text-anchor", "middle").set("fill", colour).text(name);
        if Self::is_end(label.state) {
            let d = format!("M{} {y}h10", rail - 5);
            self.xml.tag("path").set("d", d).set("stroke", colour).set("stroke-width", "2").end();
        }
    }
}
