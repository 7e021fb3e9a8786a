//! The marks of a picture, in the ladder and in its legend: bars of calls, arrows with their heads and tails, curves.

use super::palette::{Palette, Stroke};
use super::xml::{Tag, Xml};
use crate::report::layout::{CallTone, Look};

/// Half the width of a call's bar.
const BAR: i32 = 4;
/// The length of an arrow's head, and half its width.
const HEAD: (f64, f64) = (9.5, 4.6);
/// From the line between two rows to the text of the lower one.
const ABOVE: i32 = 13;

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Drawn {
    pub(super) look: Look,
    pub(super) again: bool,
    pub(super) dropped: bool,
}

/// From where to where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) from: (i32, i32),
    pub(super) to: (i32, i32),
}

/// How a call's bar is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BarLook {
    /// It has not returned yet.
    Waiting,
    /// How it went, and whether it slept.
    Told(CallTone, bool),
}

/// An arrow, open between two places for its text.
pub(super) fn arrow(xml: &mut Xml, palette: &Palette, drawn: Drawn, line: Line, gap: Option<(i32, i32)>) {
    let stroke = palette.arrow(drawn.look);
    let asides: &[f64] = if drawn.again { &[-2.3, 2.3] } else { &[0.0] };
    for aside in asides {
        shaft(xml, line, *aside, gap, stroke);
    }
    tail(xml, drawn.look, line, stroke);
    if drawn.dropped {
        cross(xml, line.to, 6, palette.bad, "2.4");
    } else {
        head(xml, palette, drawn.look, line, stroke);
    }
}

fn shaft(xml: &mut Xml, line: Line, aside: f64, gap: Option<(i32, i32)>, stroke: Stroke) {
    let ((x0, y0), (x1, y1)) = (line.from, line.to);
    let end = x1 - (x1 - x0).signum() * 5;
    let y = |x: i32| f64::from(y0) + f64::from(y1 - y0) * f64::from(x - x0) / f64::from(x1 - x0) + aside;
    let is_right = x1 > x0;
    let pieces = match gap {
        Some((left, right)) if is_right => vec![(x0, left), (right, end)],
        Some((left, right)) => vec![(x0, right), (left, end)],
        None => vec![(x0, end)],
    };
    let drawn = pieces.into_iter().filter(|(a, b)| if is_right { a < b } else { a > b });
    let d: Vec<String> = drawn.map(|(a, b)| format!("M{a} {:.1}L{b} {:.1}", y(a), y(b))).collect();
    stroked(xml, d.concat(), stroke).end();
}

fn tail(xml: &mut Xml, look: Look, line: Line, stroke: Stroke) {
    let ((x, y), way) = (line.from, (line.to.0 - line.from.0).signum());
    match look {
        Look::Syn => {
            xml.tag("circle").set("cx", x + way * 4).set("cy", y).set("r", "3.8").set("fill", stroke.colour).end();
        }
        Look::Fin => {
            let d = format!("M{} {}v12", x + way * 3, y - 6);
            xml.tag("path").set("d", d).set("stroke", stroke.colour).set("stroke-width", "2.2").end();
        }
        Look::Data | Look::Ack | Look::Rst => {}
    }
}

fn head(xml: &mut Xml, palette: &Palette, look: Look, line: Line, stroke: Stroke) {
    let (x, y) = (f64::from(line.to.0), f64::from(line.to.1));
    let (dx, dy) = (x - f64::from(line.from.0), y - f64::from(line.from.1));
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    // A place so far behind the tip, and so far beside the line.
    let at = |back: f64, beside: f64| {
        let (x, y) = (x - ux * back - uy * beside, y - uy * back + ux * beside);
        format!("{x:.1} {y:.1}")
    };
    let (long, half) = HEAD;
    let point = format!("M{}L{}L{}", at(long, half), at(0.0, 0.0), at(long, -half));
    let d = match look {
        Look::Ack => point,
        Look::Rst => {
            let (middle, wide) = (long * 0.75, half * 1.5);
            format!("M{}L{}L{}L{}Z", at(0.0, 0.0), at(middle, wide), at(2.0 * middle, 0.0), at(middle, -wide))
        }
        Look::Syn | Look::Data | Look::Fin => point + "Z",
    };
    let fill = match look {
        Look::Ack => "none",
        Look::Fin => palette.page,
        _ => stroke.colour,
    };
    let tag = xml.tag("path").set("d", d).set("fill", fill).set("stroke", stroke.colour);
    tag.set("stroke-width", "1.4").set("stroke-linejoin", "round").end();
}

/// A call's bar around `x` from top to bottom, and whether those ends are its own.
pub(super) fn bar(
    xml: &mut Xml,
    palette: &Palette,
    look: BarLook,
    (x, top, bottom): (i32, i32, i32),
    (begins, ends): (bool, bool),
) {
    let (left, right) = (x - BAR, x + BAR);
    let (tone, dashes, percent) = match look {
        BarLook::Waiting => (CallTone::Fine, "4 2", 0),
        BarLook::Told(tone @ CallTone::Unfinished, _) => (tone, "3 3", 0),
        BarLook::Told(tone @ CallTone::Trouble, _) => (tone, "", 100),
        BarLook::Told(tone @ CallTone::Fine, true) => (tone, "4 2", 0),
        BarLook::Told(tone, _) => (tone, "", 30),
    };
    let colour = palette.bar(tone);
    let stroke = Stroke { colour, width: if tone == CallTone::Failed { "1.6" } else { "1.2" }, dashes };
    let tag = xml.tag("rect").set("x", left).set("y", top).set("width", 2 * BAR).set("height", bottom - top);
    let tag = tag.set("fill", palette.tint(colour, percent));
    if begins && ends {
        with(tag, stroke).end();
    } else {
        tag.end();
        let d = match (begins, ends) {
            (true, _) => format!("M{left} {bottom}V{top}H{right}V{bottom}"),
            (false, true) => format!("M{left} {top}V{bottom}H{right}V{top}"),
            (false, false) => format!("M{left} {top}V{bottom}M{right} {top}V{bottom}"),
        };
        stroked(xml, d, stroke).set("fill", "none").end();
    }
    if ends && tone == CallTone::Failed {
        cross(xml, (x, bottom - 6), 3, colour, "1.8");
    }
}

/// The mark of a signal or of a process's end: a square, crossed out where the process has died.
pub(super) fn process(xml: &mut Xml, palette: &Palette, (x, y): (i32, i32), failed: bool) {
    let colour = if failed { palette.bad } else { palette.text };
    let tag = xml.tag("rect").set("x", x - BAR).set("y", y - BAR).set("width", 2 * BAR).set("height", 2 * BAR);
    tag.set("fill", palette.page).set("stroke", colour).set("stroke-width", "1.5").end();
    if failed {
        cross(xml, (x, y), 2, colour, "1.8");
    }
}

/// A curve from a cause to its effect: below each other beside the lane, else down to the line between two rows and across there.
pub(super) fn curve(xml: &mut Xml, palette: &Palette, from: (i32, i32), to: (i32, i32), inferred: bool) {
    let ((x0, y0), (x1, y1)) = (from, to);
    let d = if x0 == x1 {
        format!("M{x0} {y0}C{} {y0} {} {y1} {x1} {y1}", x0 - 22, x1 - 22)
    } else {
        format!("M{x0} {y0}V{}H{x1}V{y1}", y0.max(y1 - ABOVE))
    };
    let dashes = if inferred { "6 5" } else { "" };
    let stroke = Stroke { colour: palette.purple, width: "2.2", dashes };
    stroked(xml, d, stroke).set("stroke-linejoin", "round").set("fill", "none").end();
    xml.tag("circle").set("cx", x1).set("cy", y1).set("r", "3.4").set("fill", palette.purple).end();
}

fn cross(xml: &mut Xml, (x, y): (i32, i32), size: i32, colour: &str, width: &str) {
    let long = 2 * size;
    let d = format!("M{} {}l{long} {long}m0 -{long}l-{long} {long}", x - size, y - size);
    xml.tag("path").set("d", d).set("stroke", colour).set("stroke-width", width).set("fill", "none").end();
}

fn stroked(xml: &mut Xml, d: String, stroke: Stroke) -> Tag<'_> {
    with(xml.tag("path").set("d", d), stroke)
}

fn with(tag: Tag<'_>, stroke: Stroke) -> Tag<'_> {
    let tag = tag.set("stroke", stroke.colour).set("stroke-width", stroke.width);
    if stroke.dashes.is_empty() { tag } else { tag.set("stroke-dasharray", stroke.dashes) }
}
