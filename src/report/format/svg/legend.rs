//! What the marks mean: every mark that appears in the picture, and no other.

use std::collections::BTreeSet;

use super::Picture;
use super::frame::sans;
use super::marks::{self, BarLook, Drawn, Line};
use super::palette::Palette;
use super::xml::Xml;
use crate::report::layout::geometry::{LINE, MARGIN, number};
use crate::report::layout::{Body, CallTone, Look, StateTone, Tone};

/// What a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Call(BarLook),
    Process { failed: bool },
    Arrow(Look),
    Again,
    Dropped,
    State,
    Fold,
    Curve { inferred: bool },
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Self::Call(BarLook::Waiting) => "call that waits",
            Self::Call(BarLook::Told(CallTone::Fine, false)) => "call",
            Self::Call(BarLook::Told(CallTone::Fine, true)) => "call that slept",
            Self::Call(BarLook::Told(CallTone::Failed, _)) => "failed",
            Self::Call(BarLook::Told(CallTone::Trouble, _)) => "not as the model says",
            Self::Call(BarLook::Told(CallTone::Unfinished, _)) => "never returned",
            Self::Process { failed: false } => "process ends",
            Self::Process { failed: true } => "signal, or death",
            Self::Arrow(Look::Syn) => "SYN",
            Self::Arrow(Look::Data) => "data",
            Self::Arrow(Look::Ack) => "ACK",
            Self::Arrow(Look::Fin) => "FIN",
            Self::Arrow(Look::Rst) => "RST",
            Self::Again => "sent again",
            Self::Dropped => "dropped by the kernel",
            Self::State => "state of an end",
            Self::Fold => "time is folded",
            Self::Curve { inferred: false } => "cause",
            Self::Curve { inferred: true } => "cause, inferred",
        }
    }

    /// How wide its picture is.
    fn width(self) -> i32 {
        match self {
            Self::Call(_) | Self::Process { .. } | Self::State => 10,
            _ => 32,
        }
    }

    fn paint(self, xml: &mut Xml, x: i32, y: i32, palette: &Palette) {
        let plain = Drawn { look: Look::Data, again: false, dropped: false };
        let line = Line { from: (x, y), to: (x + 30, y) };
        match self {
            Self::Call(look) => marks::bar(xml, palette, look, (x + 5, y - 7, y + 7), (true, true)),
            Self::Process { failed } => marks::process(xml, palette, (x + 5, y), failed),
            Self::Arrow(look) => marks::arrow(xml, palette, Drawn { look, ..plain }, line, None),
            Self::Again => marks::arrow(xml, palette, Drawn { again: true, ..plain }, line, None),
            Self::Dropped => marks::arrow(xml, palette, Drawn { look: Look::Syn, dropped: true, ..plain }, line, None),
            Self::State => {
                let d = format!("M{} {}v14", x + 5, y - 7);
                xml.tag("path").set("d", d).set("stroke", palette.green).set("stroke-width", "5").end();
            }
            Self::Fold => {
                let tag = xml.tag("path").set("d", format_args!("M{x} {y}h30")).set("stroke", palette.dim);
                tag.set("stroke-dasharray", "2 5").end();
            }
            Self::Curve { inferred } => marks::curve(xml, palette, (x, y - 5), (x + 28, y + 4), inferred),
        }
    }
}

/// The marks with their places.
pub(super) struct Legend {
    entries: Vec<(Mark, i32, i32)>,
    lines: i32,
    /// The size of its type.
    size: i32,
}

impl Legend {
    /// In lines of that width.
    pub(super) fn new(picture: &Picture<'_>, width: i32) -> Self {
        let (mut x, mut line) = (MARGIN, 0);
        let mut entries = Vec::new();
        let size = picture.geometry.small;
        for mark in appearing(picture) {
            let wide = mark.width() + 6 + number(mark.name().len()) * (size * 5 / 8 + 1) + 16;
            if x > MARGIN && x + wide > width - MARGIN {
                (x, line) = (MARGIN, line + 1);
            }
            entries.push((mark, x, line));
            x += wide;
        }
        let lines = if entries.is_empty() { 0 } else { line + 1 };
        Self { entries, lines, size }
    }

    pub(super) fn height(&self) -> i32 {
        self.lines * LINE
    }

    pub(super) fn paint(&self, xml: &mut Xml, y: i32, palette: &Palette) {
        for (mark, x, line) in &self.entries {
            let y = y + line * LINE;
            mark.paint(xml, *x, y - 4, palette);
            sans(xml, x + mark.width() + 6, y, self.size).set("fill", palette.dim).text(mark.name());
        }
    }
}

fn appearing(picture: &Picture<'_>) -> BTreeSet<Mark> {
    let bars = picture.layout.bars(picture.ties).into_iter().map(|bar| {
        let sleeps = bar.blocked && bar.tone == CallTone::Fine;
        let is_told = bar.told < picture.layout.rows.len();
        Mark::Call(if is_told { BarLook::Told(bar.tone, sleeps) } else { BarLook::Waiting })
    });
    let mut marks: BTreeSet<Mark> = bars.collect();
    for (row, cells) in picture.layout.rows.iter().zip(&picture.cells) {
        match row.body {
            Body::Segment(arrow) => {
                marks.insert(Mark::Arrow(arrow.look));
                marks.extend(arrow.again.then_some(Mark::Again));
                marks.extend(arrow.dropped.then_some(Mark::Dropped));
            }
            Body::Signal(_) | Body::Kill(_) | Body::Exit(_) => {
                marks.insert(Mark::Process { failed: cells.tone == Tone::Error });
            }
            Body::Gap { .. } => {
                marks.insert(Mark::Fold);
            }
            Body::Call { .. } | Body::Disagreement(_) | Body::Failed { .. } => {}
        }
        let has_line = row.states.iter().any(|label| StateTone::of(label.state) != StateTone::Closed);
        marks.extend(has_line.then_some(Mark::State));
    }
    if let Some(chosen) = picture.options.upto {
        let curves = picture.layout.curves(picture.ties).into_iter();
        marks.extend(curves.filter(|c| c.events.1 == chosen).map(|c| Mark::Curve { inferred: c.inferred }));
    }
    marks
}
