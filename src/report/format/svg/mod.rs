//! The story as a picture: lanes, calls with their results, slanted arrows, states, folded gaps, and the reasons below.
//!
//! It is made for places that treat SVG badly: everything is said by attributes in the elements (Quarto and Pandoc lose classes),
//! there are no foreign objects, markers, scripts, fonts or references, and the fonts are generic. Every event is a group with its
//! short id and a title. As fragments, what a step adds is shown at a click of its own in reveal.js.

mod foot;
mod frame;
mod legend;
mod lines;
mod marks;
pub(in crate::report) mod palette;
mod rows;
mod slide;
#[cfg(test)]
mod tests;
pub(in crate::report) mod xml;

use crate::record::StepId;
use crate::report::layout::geometry::{Geometry, Limits, MARGIN, TEXT};
use crate::report::layout::{Cells, Layout};
use crate::report::ties::Ties;
use crate::report::{Options, words};
use crate::story::Story;
use foot::Foot;
use palette::Palette;
use slide::Slides;
use xml::Xml;

pub(in crate::report) use frame::{NAMES, prose_lines, sans};

pub(in crate::report) const MONO_FONT: &str = "monospace";
pub(in crate::report) const SANS_FONT: &str = "sans-serif";

/// Writes a story as a picture.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let picture = Picture::new(&ties, options);
    let view = View { rows: picture.layout.rows.len(), seen: None, marked: Vec::new(), fragments: options.fragments };
    picture.whole(&view, Palette::of(options.theme))
}

/// Pictures for each step that was performed, for slides: all of one size, 16 by 9. What the step has added stands out; where that has no
/// room on one, the step has several. With the place of the step in the script.
pub fn steps(story: &Story, options: &Options) -> Vec<(StepId, Vec<u8>)> {
    let ties = Ties::new(story);
    let slides = Slides::new(&ties, options);
    let palette = Palette::of(options.theme);
    // A picture that ends with an event leaves nothing for the steps after it.
    let last = options.upto.and_then(|_| story.recording.steps.iter().position(|run| slides.has_all(run.step)));
    let shown = last.map_or(story.recording.steps.len(), |last| last + 1);
    let of = |step: StepId| slides.of(step, palette).into_iter().map(move |slide| (step, slide));
    story.recording.steps.iter().take(shown).flat_map(|run| of(run.step)).collect()
}

/// A story with the places of everything in it.
pub(in crate::report) struct Picture<'a> {
    pub(in crate::report) ties: &'a Ties<'a>,
    pub(in crate::report) layout: Layout,
    pub(in crate::report) cells: Vec<Cells>,
    pub(in crate::report) geometry: Geometry,
    options: Options,
    /// What stands before every id, so that two pictures can stand in one document.
    prefix: &'static str,
}

/// Which part of a picture is painted, and how.
#[derive(Clone, Debug)]
pub(in crate::report) struct View {
    /// So many rows.
    pub(in crate::report) rows: usize,
    /// The step that a reader has come to; none has seen all.
    pub(in crate::report) seen: Option<StepId>,
    /// The steps whose rows stand out.
    pub(in crate::report) marked: Vec<StepId>,
    /// What a step adds is a fragment.
    pub(in crate::report) fragments: bool,
}

impl<'a> Picture<'a> {
    fn new(ties: &'a Ties<'a>, options: &Options) -> Self {
        Self::within(ties, options, "", Limits::whole)
    }

    /// One of two pictures that stand beside each other in one document.
    pub(in crate::report) fn half(ties: &'a Ties<'a>, options: &Options, prefix: &'static str) -> Self {
        Self::within(ties, options, prefix, Limits::half)
    }

    /// With lanes of a certain width.
    fn within(
        ties: &'a Ties<'a>,
        options: &Options,
        prefix: &'static str,
        limits: fn(&Layout, &[Cells], usize) -> Limits,
    ) -> Self {
        let layout = Layout::of(ties, options);
        let cells: Vec<Cells> = layout.rows.iter().map(|row| Cells::new(ties, row)).collect();
        let actors = ties.story.recording.actors.len();
        let geometry = Geometry::new(&layout, &cells, actors, &limits(&layout, &cells, actors));
        Self { ties, layout, cells, geometry, options: *options, prefix }
    }

    /// The picture as a document.
    fn whole(&self, view: &View, palette: &'static Palette) -> Vec<u8> {
        let title = words::plain(&self.ties.story.recording.script.title);
        let head = frame::Head::new(&title, self.geometry.width());
        let foot = Foot::new(self, self.geometry.width());
        let body_top = head.height();
        let foot_top = body_top + self.geometry.bottom() + 14;
        let mut xml = Xml::default();
        begin_document(&mut xml, self.geometry.width(), foot_top + foot.height() + MARGIN, &title);
        let facts = words::facts(self.ties.story);
        xml.tag("desc").text(&facts);
        xml.tag("rect").set("width", "100%").set("height", "100%").set("fill", palette.page).end();
        head.paint(&mut xml, palette, &facts);
        translated(&mut xml, 0, body_top, |xml| self.ladder(xml, view, palette));
        translated(&mut xml, 0, foot_top, |xml| foot.paint(xml, view, palette));
        xml.close("svg");
        xml.finish().into_bytes()
    }

    /// The lanes and the rows, from 0 downwards; the lanes' names stand above 0.
    pub(in crate::report) fn ladder(&self, xml: &mut Xml, view: &View, palette: &'static Palette) {
        let steps = Painter::step_tops(self);
        let mut painter = Painter { picture: self, xml, view, palette, steps, first: 0, room: None };
        painter.lanes();
        painter.events();
    }
}

/// Paints one view of a picture.
struct Painter<'a> {
    picture: &'a Picture<'a>,
    xml: &'a mut Xml,
    view: &'a View,
    palette: &'static Palette,
    /// Where each step begins that has rows.
    steps: Vec<(StepId, i32)>,
    /// The first row that is painted.
    first: usize,
    /// How much room the rows have where they have less than they need.
    room: Option<i32>,
}

impl Painter<'_> {
    fn geometry(&self) -> &Geometry {
        &self.picture.geometry
    }

    /// Everything that happens: lines, calls and segments.
    fn events(&mut self) {
        self.marked();
        self.guides();
        self.lifelines();
        self.bars();
        for place in self.first..self.shown().len() {
            self.row(place);
        }
        self.curves();
    }

    /// The top of the first row that is painted.
    fn top(&self) -> i32 {
        self.geometry().rows.get(self.first).map_or(0, |row| row.top)
    }

    /// Where the lanes end.
    fn bottom(&self) -> i32 {
        self.room.map_or(self.geometry().bottom(), |room| self.top() + room)
    }

    /// Begins a group that appears with a step.
    fn group(&mut self, id: Option<&str>, seen: StepId) {
        let fragments = self.view.fragments;
        let prefix = self.picture.prefix;
        let tag = self.xml.tag("g");
        let tag = match id {
            Some(id) => tag.set("id", format_args!("{prefix}{}", safe_id(id))),
            None => tag,
        };
        as_fragment(tag, fragments, seen).begin();
    }
}

fn as_fragment(tag: xml::Tag<'_>, fragments: bool, seen: StepId) -> xml::Tag<'_> {
    if fragments { tag.set("class", "fragment").set("data-fragment-index", seen.0) } else { tag }
}

/// The root element, with the document's title; texts are in type of one width where they do not say otherwise.
pub(in crate::report) fn begin_document(xml: &mut Xml, width: i32, height: i32, title: &str) {
    xml.tag("svg")
        .set("xmlns", "http://www.w3.org/2000/svg")
        .set("width", width)
        .set("height", height)
        .set("viewBox", format_args!("0 0 {width} {height}"))
        .set("role", "graphics-document document")
        .set("font-family", MONO_FONT)
        .set("font-size", TEXT)
        .begin();
    xml.tag("title").text(title);
}

/// Paints something elsewhere.
pub(in crate::report) fn translated(xml: &mut Xml, x: i32, y: i32, paint: impl FnOnce(&mut Xml)) {
    xml.tag("g").set("transform", format_args!("translate({x} {y})")).begin();
    paint(xml);
    xml.close("g");
}

/// An id as XML and CSS allow it: letters, digits, `.`, `-` and `_`, and no digit at its beginning.
fn safe_id(id: &str) -> String {
    use std::fmt::Write as _;
    let mut safe = String::with_capacity(id.len());
    for (place, c) in id.char_indices() {
        let plain = c.is_ascii_alphabetic() || place > 0 && (c.is_ascii_digit() || c == '-' || c == '.');
        if plain {
            safe.push(c);
        } else {
            let _ = write!(safe, "_{:x}_", u32::from(c)); // writing to a String cannot fail
        }
    }
    safe
}
