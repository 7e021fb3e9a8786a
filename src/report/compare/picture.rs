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
    paint(comparison, options, ["a-", "b-"])
}

/// The picture, with what stands before the ids of each side.
pub(super) fn paint(comparison: &Comparison<'_>, options: &Options, prefixes: [&'static str; 2]) -> Vec<u8> {
    let options = &Options { upto: None, fragments: false, ..*options };
    let palette = Palette::of(options.theme);
    let ties = Which::BOTH.map(|which| Ties::new(comparison.story(which)));
    let [mut a, mut b] = Which::BOTH.map(|which| Picture::new(&ties[which.index()], options, prefixes[which.index()]));
    let tops = level(&mut a, &mut b, comparison);
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
        let view = View { rows: picture.layout.rows.len(), seen: None, marked, fragments: false };
        translated(&mut xml, x, HEAD, |xml| picture.ladder(xml, &view, palette));
    }
    translated(&mut xml, 0, HEAD, |xml| marks(xml, comparison, palette, &tops, width_a));
    for (y, line) in (0..).zip(&sentences) {
        sans(&mut xml, MARGIN, bottom + TEXT + y * LINE, TEXT).set("fill", palette.text).text(line);
    }
    xml.close("svg");
    xml.finish().into_bytes()
}

/// A sign between the steps that differ, and words above the first of them.
fn marks(xml: &mut Xml, comparison: &Comparison<'_>, palette: &Palette, tops: &[i32], width_a: i32) {
    let first = comparison.first_difference();
    for (place, (pair, top)) in comparison.pairs.iter().zip(tops).enumerate() {
        if pair.relation == Relation::Same {
            continue;
        }
        let middle = width_a + BETWEEN / 2;
        let tag = sans(xml, middle, top + 19, TITLE).set("text-anchor", "middle").set("font-weight", "bold");
        tag.set("fill", palette.bad).text("≠");
        if Some(place) == first {
            let tag = sans(xml, MARGIN, top - 7, TEXT).set("font-weight", "bold");
            tag.set("fill", palette.bad).text("▼ the first difference");
        }
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

/// Lets the rows of each pair of steps begin at the same height, and tells the heights.
fn level<'a>(a: &mut Picture<'a>, b: &mut Picture<'a>, comparison: &Comparison<'_>) -> Vec<i32> {
    let mut tops = [vec![0; a.layout.rows.len()], vec![0; b.layout.rows.len()]];
    let mut done = [0, 0];
    let (mut top, mut pair_tops) = (0, Vec::with_capacity(comparison.pairs.len()));
    let first = comparison.first_difference();
    for (place, pair) in comparison.pairs.iter().enumerate() {
        if Some(place) == first {
            top += MARK;
        }
        pair_tops.push(top + ABOVE_PAIR);
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
        top = bottom;
    }
    for (picture, tops) in [a, b].into_iter().zip(&tops) {
        picture.geometry.stack(|place| tops.get(place).copied().unwrap_or(0));
    }
    pair_tops
}

/// The rows that a step adds, after those that earlier steps have.
fn rows_of(picture: &Picture<'_>, step: StepId, done: usize) -> std::ops::Range<usize> {
    done..picture.layout.seen_at(step).max(done)
}
