//! The story step by step for slides: every picture as wide and as high as a screen of 16 by 9, with narrow lanes, so that its type is
//! large. The newest row stands at the foot, and what has no room any more goes at the top; below stands why the step came out so.

use super::foot::Foot;
use super::frame::Head;
use super::palette::Palette;
use super::xml::Xml;
use super::{Painter, Picture, View, begin_document, translated};
use crate::record::StepId;
use crate::report::layout::geometry::{Limits, MARGIN, RowBox};
use crate::report::ties::Ties;
use crate::report::{Options, words};

/// Between the rows and what is said below.
const ABOVE_FOOT: i32 = 14;
/// So many pixels have room for rows, whatever is said above and below.
const LEAST_ROOM: i32 = 240;

/// A story as slides of one size.
pub(super) struct Slides<'a> {
    picture: Picture<'a>,
    head: Head,
    foot: Foot,
    title: String,
    /// How much room the rows have.
    room: i32,
    /// How much what is said below needs at most.
    foot_height: i32,
    height: i32,
}

impl<'a> Slides<'a> {
    pub(super) fn new(ties: &'a Ties<'a>, options: &Options) -> Self {
        let limits = Limits::slide(ties.story.recording.actors.len());
        let picture = Picture::within(ties, options, "", &limits);
        let width = picture.geometry.width();
        let title = words::plain(&ties.story.recording.script.title);
        let (head, foot) = (Head::new(&title, width), Foot::new(&picture, width));
        let steps = ties.story.recording.steps.iter().map(|run| foot.height_at(run.step));
        let foot_height = steps.max().unwrap_or(0);
        let besides = head.height() + ABOVE_FOOT + foot_height + MARGIN;
        let room = (width * 9 / 16 - besides).max(LEAST_ROOM);
        Self { height: besides + room, picture, head, foot, title, room, foot_height }
    }

    /// The slide of a step. What it has added stands out.
    pub(super) fn at(&self, step: StepId, palette: &'static Palette) -> Vec<u8> {
        let rows = self.picture.layout.seen_at(step);
        let view = View { rows, seen: Some(step), marked: vec![step], fragments: false };
        let mut xml = Xml::default();
        begin_document(&mut xml, self.picture.geometry.width(), self.height, &self.title);
        let facts = words::facts(self.picture.ties.story);
        xml.tag("desc").text(&facts);
        xml.tag("rect").set("width", "100%").set("height", "100%").set("fill", palette.page).end();
        self.head.paint(&mut xml, palette, &facts);
        translated(&mut xml, 0, self.head.height(), |xml| self.rows(xml, &view, palette));
        let foot_top = self.head.height() + self.room + ABOVE_FOOT;
        translated(&mut xml, 0, foot_top, |xml| self.foot.paint_at(xml, step, palette, self.foot_height));
        xml.close("svg");
        xml.finish().into_bytes()
    }

    fn rows(&self, xml: &mut Xml, view: &View, palette: &'static Palette) {
        let steps = Painter::step_tops(&self.picture);
        let first = self.first(view.rows);
        let mut painter = Painter { picture: &self.picture, xml, view, palette, steps, first, room: Some(self.room) };
        painter.lanes();
        let top = painter.top();
        painter.xml.tag("g").set("transform", format_args!("translate(0 {})", -top)).begin();
        painter.events();
        painter.xml.close("g");
    }

    /// The first of so many rows that has room, so that the last has.
    fn first(&self, rows: usize) -> usize {
        let places = &self.picture.geometry.rows[..rows];
        let bottom = places.last().map_or(0, RowBox::bottom);
        places.partition_point(|place| bottom - place.top > self.room)
    }
}
