//! What stands around the rows: the title, the lanes and their names.

use super::palette::Palette;
use super::xml::Xml;
use super::{Painter, SANS_FONT};
use crate::record::ActorId;
use crate::report::layout::geometry::{Band, MARGIN, TEXT, number};
use crate::report::words;

/// From the lanes' names to the first row.
pub(in crate::report) const NAMES: i32 = 46;
const TITLE: i32 = 19;
const TITLE_LINE: i32 = 25;

/// The title and the facts of the run.
pub(super) struct Head {
    lines: Vec<String>,
}

impl Head {
    pub(super) fn new(title: &str, width: i32) -> Self {
        Self { lines: prose_lines(title, width - 2 * MARGIN, TITLE) }
    }

    pub(super) fn height(&self) -> i32 {
        MARGIN + number(self.lines.len()) * TITLE_LINE + 20 + NAMES
    }

    pub(super) fn paint(&self, xml: &mut Xml, palette: &Palette, facts: &str) {
        let mut y = MARGIN + TITLE - 4;
        for line in &self.lines {
            sans(xml, MARGIN, y, TITLE).set("font-weight", "bold").set("fill", palette.text).text(line);
            y += TITLE_LINE;
        }
        sans(xml, MARGIN, y, TEXT).set("fill", palette.dim).text(facts);
    }
}

/// A text element of prose.
pub(in crate::report) fn sans(xml: &mut Xml, x: i32, y: i32, size: i32) -> super::xml::Tag<'_> {
    xml.tag("text").set("x", x).set("y", y).set("font-family", SANS_FONT).set("font-size", size)
}

/// A text element in type of one width, as the document has it.
pub(super) fn mono(xml: &mut Xml, x: i32, y: i32, size: i32) -> super::xml::Tag<'_> {
    let tag = xml.tag("text").set("x", x).set("y", y);
    if size == TEXT { tag } else { tag.set("font-size", size) }
}

/// Prose in lines. Of a proportional font only the usual width is known, 0.56 of its height; its lines are broken early enough.
pub(in crate::report) fn prose_lines(text: &str, width: i32, size: i32) -> Vec<String> {
    let columns = usize::try_from(width * 100 / (size * 56)).unwrap_or(0);
    words::wrap(text, columns)
}

impl Painter<'_> {
    /// The lanes and their names.
    pub(super) fn lanes(&mut self) {
        let (actors, wires) = (self.geometry().actors.len(), self.geometry().wires.clone());
        for place in 0..actors {
            self.name(ActorId(place));
        }
        for wire in wires.into_iter().filter(|wire| wire.width() > 0) {
            let kernel = self.geometry().kernel;
            for begin in [wire.begin - kernel, wire.end] {
                let band = Band { begin, end: begin + kernel };
                self.ground(band, self.palette.sunken);
                if !self.geometry().shares {
                    self.lane_label(band.middle(), "kernel");
                }
            }
            self.lane_label(wire.middle(), "wire");
        }
        let (dim, end, small) = (self.palette.dim, self.geometry().time_end, self.geometry().small);
        mono(self.xml, MARGIN, -12, small).set("fill", dim).text("id");
        if self.geometry().times {
            mono(self.xml, end, -12, small).set("text-anchor", "end").set("fill", dim).text("µs");
        }
    }

    fn ground(&mut self, band: Band, fill: &str) {
        let height = self.bottom() - self.top() + NAMES - 2;
        self.xml
            .tag("rect")
            .set("x", band.begin)
            .set("y", 4 - NAMES)
            .set("width", band.width())
            .set("height", height)
            .set("fill", fill)
            .end();
    }

    fn lane_label(&mut self, x: i32, text: &str) {
        sans(self.xml, x, -12, self.geometry().small)
            .set("text-anchor", "middle")
            .set("fill", self.palette.dim)
            .text(text);
    }

    fn name(&mut self, actor: ActorId) {
        let lane = self.geometry().lane(actor);
        let Some(about) = self.picture.ties.story.recording.actors.get(actor.0) else { return };
        let anchor = if lane.leans_right { "end" } else { "start" };
        let x = lane.text();
        let small = self.geometry().small;
        let address = about.address.to_string();
        let who = format!("pid {} · {address}", about.pid);
        let who = if prose_lines(&who, lane.room(), small).len() > 1 { address } else { who };
        sans(self.xml, x, -24, TEXT + 2)
            .set("text-anchor", anchor)
            .set("font-weight", "bold")
            .set("fill", self.palette.text)
            .text(&about.name);
        sans(self.xml, x, -9, small).set("text-anchor", anchor).set("fill", self.palette.dim).text(&who);
    }
}
