//! The story step by step for slides: every picture as wide and as high as a screen of 16 by 9, with narrow lanes, so that its type is
//! large. The newest row stands at the foot, and what has no room any more goes at the top, where it is said how many rows did; below
//! stands why the step came out so. A step with more rows than have room has several slides.

use std::ops::Range;

use super::foot::Foot;
use super::frame::{Head, sans};
use super::palette::Palette;
use super::xml::Xml;
use super::{Painter, Picture, View, begin_document, translated};
use crate::record::StepId;
use crate::report::layout::geometry::{Limits, MARGIN, RowBox, TEXT};
use crate::report::ties::Ties;
use crate::report::{Options, words};

/// Between the rows and what is said below.
const ABOVE_FOOT: i32 = 14;
/// So many pixels have room for rows, whatever is said above and below.
const LEAST_ROOM: i32 = 240;
/// A line that says how many rows are not shown.
const MARK: i32 = 22;

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
        let picture = Picture::within(ties, options, "", Limits::slide);
        let width = picture.geometry.width();
        let title = words::plain(&ties.story.recording.script.title);
        let (head, foot) = (Head::new(&title, width), Foot::new(&picture, width));
        let steps = ties.story.recording.steps.iter().map(|run| foot.height_at(run.step));
        let foot_height = steps.max().unwrap_or(0);
        let besides = head.height() + ABOVE_FOOT + foot_height + MARGIN;
        let room = (width * 9 / 16 - besides).max(LEAST_ROOM);
        Self { height: besides + room, picture, head, foot, title, room, foot_height }
    }

    /// Whether nothing comes after a step.
    pub(super) fn has_all(&self, step: StepId) -> bool {
        self.picture.layout.seen_at(step) == self.picture.layout.rows.len()
    }

    /// The slides of a step: one, where there is room for what it has added, which stands out.
    pub(super) fn of(&self, step: StepId, palette: &'static Palette) -> Vec<Vec<u8>> {
        let end = self.picture.layout.seen_at(step);
        self.windows(step, end).into_iter().map(|shown| self.slide(step, &shown, end, palette)).collect()
    }

    /// One slide: some rows of those that a step ends with.
    fn slide(&self, step: StepId, shown: &Range<usize>, end: usize, palette: &'static Palette) -> Vec<u8> {
        let view = View { rows: shown.end, seen: Some(step), marked: vec![step], fragments: false };
        let mut xml = Xml::default();
        begin_document(&mut xml, self.picture.geometry.width(), self.height, &self.title);
        let facts = words::facts(self.picture.ties.story);
        xml.tag("desc").text(&facts);
        xml.tag("rect").set("width", "100%").set("height", "100%").set("fill", palette.page).end();
        self.head.paint(&mut xml, palette, &facts);
        translated(&mut xml, 0, self.head.height(), |xml| {
            self.rows(xml, &view, shown.start, palette);
            self.marks(xml, shown, end, palette);
        });
        let foot_top = self.head.height() + self.room + ABOVE_FOOT;
        // Why is said when everything has been shown.
        let told = (shown.end == end).then_some(step);
        translated(&mut xml, 0, foot_top, |xml| self.foot.paint_at(xml, told, palette, self.foot_height));
        xml.close("svg");
        xml.finish().into_bytes()
    }

    fn rows(&self, xml: &mut Xml, view: &View, first: usize, palette: &'static Palette) {
        let steps = Painter::step_tops(&self.picture);
        let mark = if first > 0 { MARK } else { 0 };
        let room = Some(self.room - mark);
        let mut painter = Painter { picture: &self.picture, xml, view, palette, steps, first, room };
        painter.lanes();
        let top = painter.top();
        painter.xml.tag("g").set("transform", format_args!("translate(0 {})", mark - top)).begin();
        painter.events();
        painter.xml.close("g");
    }

    /// How many rows are not shown, above those that are and below.
    fn marks(&self, xml: &mut Xml, shown: &Range<usize>, end: usize, palette: &Palette) {
        let mut mark = |y: i32, text: String| {
            sans(xml, MARGIN, y, TEXT).set("font-weight", "bold").set("fill", palette.dim).text(&text);
        };
        if shown.start > 0 {
            mark(MARK - 8, format!("▲ {} above", words::count(shown.start as u64, "earlier row")));
        }
        if shown.end < end {
            let more = words::count((end - shown.end) as u64, "more row");
            mark(self.room - 5, format!("▼ {more} of this step on the next slide"));
        }
    }

    /// Which rows each slide of a step shows.
    fn windows(&self, step: StepId, end: usize) -> Vec<Range<usize>> {
        let own = self.picture.layout.rows.partition_point(|row| row.seen < step).min(end);
        let last = self.first(end);
        let (mut windows, mut start) = (Vec::new(), own);
        while start < last {
            let next = self.end(start).min(end);
            windows.push(start..next);
            start = next;
        }
        // The last has as many rows before its own as there is room for.
        if start < end || windows.is_empty() {
            windows.push(last.min(start)..end);
        }
        windows
    }

    /// The first row that has room above a last one.
    fn first(&self, end: usize) -> usize {
        let places = &self.picture.geometry.rows[..end];
        let Some(bottom) = places.last().map(RowBox::bottom) else { return 0 };
        if bottom <= self.room {
            return 0;
        }
        // One row has room at least.
        places.partition_point(|place| bottom - place.top > self.room - MARK).min(end - 1)
    }

    /// Behind the last row that has room below a first one, with a line above it and one below.
    fn end(&self, start: usize) -> usize {
        let places = &self.picture.geometry.rows;
        let top = places.get(start).map_or(0, |place| place.top);
        places.partition_point(|place| place.bottom() - top <= self.room - 2 * MARK).max(start + 1)
    }
}
