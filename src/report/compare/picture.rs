//! A comparison as a picture: both ladders beside each other, the steps of a pair at the same height.

use super::{Comparison, Relation, Which};
use crate::record::StepId;
use crate::report::format::svg::palette::Palette;
use crate::report::format::svg::xml::Xml;
use crate::report::format::svg::{NAMES, Picture, View, begin_document, prose_lines, sans, translated};
use crate::report::layout::geometry::{LINE, MARGIN, TEXT, number};
use crate::report::ties::Ties;
use crate::report::{Options, words};

const TITLE: i32 = 17;
const HEAD: i32 = MARGIN + 26 + 22 + NAMES;
/// Between the two ladders.
const BETWEEN: i32 = 28;
/// Above the steps of a pair.
const ABOVE_PAIR: i32 = 10;
/// Above the first pair that differs.
const MARK: i32 = 18;

/// Writes a comparison as a picture.
pub(super) fn write(comparison: &Comparison<'_>, options: &Options) -> Vec<u8> {
    paint(comparison, options, ["a-", "b-"], false)
}

/// The picture in pieces: what a step adds is a fragment of its side, and what marks a pair of steps has its place. With what stands
/// before the ids of each side.
pub(super) fn paint_in_pieces(comparison: &Comparison<'_>, options: &Options, prefixes: [&'static str; 2]) -> Vec<u8> {
    paint(comparison, options, prefixes, true)
}

fn paint(comparison: &Comparison<'_>, options: &Options, prefixes: [&'static str; 2], in_pieces: bool) -> Vec<u8> {
    let options = &Options { upto: None, fragments: false, ..*options };
    let palette = Palette::of(options.theme);
    let ties = Which::BOTH.map(|which| Ties::new(comparison.story(which)));
    let [mut a, mut b] = Which::BOTH.map(|which| Picture::half(&ties[which.index()], options, prefixes[which.index()]));
    let spans = level(&mut a, &mut b, comparison);
    let (width_a, width_b) = (a.geometry.width(), b.geometry.width());
    let width = width_a + BETWEEN + width_b;
    let bottom = HEAD + a.geometry.bottom().max(b.geometry.bottom()) + 16;
    let sentences: Vec<String> =
        comparison.explanation().iter().flat_map(|said| prose_lines(said, width - 2 * MARGIN, TEXT)).collect();
    let [title_a, title_b] = Which::BOTH.map(|which| title(comparison, which));
    let mut xml = Xml::default();
    let height = bottom + number(sentences.len() + 1) * LINE + MARGIN;
    begin_document(&mut xml, width, height, &format!("{title_a} – {title_b}"));
    xml.tag("desc").text(&comparison.explanation().join(" "));
    xml.tag("rect").set("width", "100%").set("height", "100%").set("fill", palette.page).end();
    for (picture, title, x) in [(&a, title_a, 0), (&b, title_b, width_a + BETWEEN)] {
        head(&mut xml, palette, &title, &words::facts(picture.ties.story), x, picture.geometry.width());
        let which = if x == 0 { Which::A } else { Which::B };
        let marked = comparison.differing(which);
        let view = View { rows: picture.layout.rows.len(), seen: None, marked, fragments: in_pieces };
        if in_pieces {
            xml.tag("g").set("data-side", which.name().to_ascii_lowercase()).begin();
        }
        translated(&mut xml, x, HEAD, |xml| picture.ladder(xml, &view, palette));
        if in_pieces {
            xml.close("g");
        }
    }
    translated(&mut xml, 0, HEAD, |xml| marks(xml, comparison, palette, &spans, width_a));
    if in_pieces {
        translated(&mut xml, 0, HEAD, |xml| bands(xml, &spans, width));
    }
    xml.tag("g").set("class", "parted").begin();
    for (y, line) in (0..).zip(&sentences) {
        sans(&mut xml, MARGIN, bottom + TEXT + y * LINE, TEXT).set("fill", palette.text).text(line);
    }
    xml.close("g");
    xml.close("svg");
    xml.finish().into_bytes()
}

/// A sign between the steps that differ, and words above the first of them.
fn marks(xml: &mut Xml, comparison: &Comparison<'_>, palette: &Palette, spans: &[Span], width_a: i32) {
    let first = comparison.first_difference();
    for (place, (pair, Span { top, .. })) in comparison.pairs.iter().zip(spans).enumerate() {
        if pair.relation == Relation::Same {
            continue;
        }
        xml.tag("g").set("data-pair", place).begin();
        let middle = width_a + BETWEEN / 2;
        let tag = sans(xml, middle, top + 19, TITLE).set("text-anchor", "middle").set("font-weight", "bold");
        tag.set("fill", palette.bad).text("≠");
        if Some(place) == first {
            let tag = sans(xml, MARGIN, top - 7, TEXT).set("font-weight", "bold");
            tag.set("fill", palette.bad).text("▼ the first difference");
        }
        xml.close("g");
    }
}

/// Around each pair of steps something to mark it by.
fn bands(xml: &mut Xml, spans: &[Span], width: i32) {
    for (place, Span { top, bottom }) in spans.iter().enumerate().filter(|(_, span)| span.bottom > span.top) {
        let band = xml.tag("rect").set("class", "band").set("data-pair", place).set("fill", "none");
        band.set("x", 4).set("y", top - 2).set("width", width - 8).set("height", bottom - top + 4).end();
    }
}

fn title(comparison: &Comparison<'_>, which: Which) -> String {
    let script = &comparison.story(which).recording.script;
    format!("{}: {}", which.name(), words::plain(&script.title))
}

fn head(xml: &mut Xml, palette: &Palette, title: &str, facts: &str, x: i32, width: i32) {
    let title = prose_lines(title, width - 2 * MARGIN, TITLE);
    let shown = match title.as_slice() {
        [only] => only.clone(),
        [first, ..] => format!("{first} …"),
        [] => String::new(),
    };
    sans(xml, x + MARGIN, MARGIN + TITLE, TITLE).set("font-weight", "bold").set("fill", palette.text).text(&shown);
    sans(xml, x + MARGIN, MARGIN + TITLE + 22, TEXT).set("fill", palette.dim).text(facts);
}

/// Where the rows of a pair of steps are.
#[derive(Clone, Copy, Debug)]
struct Span {
    top: i32,
    bottom: i32,
}

/// Lets the rows of each pair of steps begin at the same height, and tells the heights.
fn level<'a>(a: &mut Picture<'a>, b: &mut Picture<'a>, comparison: &Comparison<'_>) -> Vec<Span> {
    let mut tops = [vec![0; a.layout.rows.len()], vec![0; b.layout.rows.len()]];
    let mut done = [0, 0];
    let (mut top, mut spans) = (0, Vec::with_capacity(comparison.pairs.len()));
    let first = comparison.first_difference();
    for (place, pair) in comparison.pairs.iter().enumerate() {
        if Some(place) == first {
            top += MARK;
        }
        let begin = top + ABOVE_PAIR;
        let mut bottom = top;
        for (which, picture) in Which::BOTH.into_iter().zip([&*a, &*b]) {
            let Some(step) = pair.side(which) else { continue };
            let side = which.index();
            let rows = rows_of(picture, step.id, done[side]);
            if let Some(first) = tops[side].get_mut(done[side]).filter(|_| !rows.is_empty()) {
                *first = top + ABOVE_PAIR;
            }
            let height: i32 = picture.geometry.rows[rows.clone()].iter().map(|row| row.height).sum();
            bottom = bottom.max(top + ABOVE_PAIR + height);
            done[side] = rows.end;
        }
        spans.push(Span { top: begin, bottom });
        top = bottom;
    }
    for (picture, tops) in [a, b].into_iter().zip(&tops) {
        picture.geometry.stack(|place| tops.get(place).copied().unwrap_or(0));
    }
    spans
}

/// The rows that a step adds, after those that earlier steps have.
fn rows_of(picture: &Picture<'_>, step: StepId, done: usize) -> std::ops::Range<usize> {
    done..picture.layout.seen_at(step).max(done)
}
