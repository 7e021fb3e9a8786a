//! Under the ladder: why things came out as they did, findings, the verdict, and how to read the lines.

use std::collections::BTreeMap;

use super::frame::{prose_lines, sans};
use super::legend::Legend;
use super::palette::Palette;
use super::xml::Xml;
use super::{Picture, View, as_fragment, safe_id};
use crate::record::StepId;
use crate::report::layout::geometry::{LINE, MARGIN, TEXT, number};
use crate::report::words::{self, Judged};
use crate::story::EventId;

/// From one paragraph to the next, beside the lines.
const BETWEEN: i32 = 6;

/// Paragraphs with their places.
pub(super) struct Foot {
    paragraphs: Vec<Paragraph>,
    legend: Legend,
    prefix: &'static str,
}

struct Paragraph {
    /// The part of its id behind `why-`.
    of: Option<String>,
    /// From which step on it is shown.
    seen: StepId,
    label: String,
    kind: Kind,
    lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Good,
    Bad,
}

impl Foot {
    pub(super) fn new(picture: &Picture<'_>, width: i32) -> Self {
        let mut foot = Self { paragraphs: Vec::new(), legend: Legend::new(picture, width), prefix: picture.prefix };
        foot.causes(picture, width);
        if picture.options.upto.is_none() {
            foot.findings(picture, width);
            foot.questions(picture, width);
            foot.verdict(picture, width);
        }
        foot
    }

    fn causes(&mut self, picture: &Picture<'_>, width: i32) {
        let ties = picture.ties;
        let rows = picture.layout.rows.iter();
        let seen: BTreeMap<EventId, StepId> = rows.filter_map(|row| Some((row.event?, row.seen))).collect(); // by the last row
        for cause in picture.layout.causes(ties, &picture.options) {
            let alias = words::alias(ties.story, cause.of);
            let text = words::cause(ties.story, cause);
            let paragraph = Paragraph {
                seen: seen.get(&cause.of).copied().unwrap_or_else(|| last(picture)),
                ..Paragraph::new(format!("why {alias}:"), &text, Kind::Plain, width)
            };
            self.paragraphs.push(Paragraph { of: Some(alias), ..paragraph });
        }
    }

    fn findings(&mut self, picture: &Picture<'_>, width: i32) {
        for finding in &picture.ties.story.findings {
            let kind = if finding.kind.is_alarming() { Kind::Bad } else { Kind::Plain };
            let label = if kind == Kind::Bad { "!" } else { "·" };
            let text = words::finding(picture.ties.story, finding);
            self.paragraphs.push(Paragraph { seen: last(picture), ..Paragraph::new(label.into(), &text, kind, width) });
        }
    }

    /// What is asked where the answers are left out.
    fn questions(&mut self, picture: &Picture<'_>, width: i32) {
        for (step, question) in words::open_questions(picture.ties.story) {
            let text = words::asked(question, step, &picture.ties.story.recording.script);
            let paragraph = Paragraph::new("?".into(), &text, Kind::Plain, width);
            self.paragraphs.push(Paragraph { seen: last(picture), ..paragraph });
        }
    }

    fn verdict(&mut self, picture: &Picture<'_>, width: i32) {
        let story = picture.ties.story;
        for check in story.verdict.failed() {
            let said = words::check(picture.ties, check);
            let text = format!("{}: expected {}, found {}", said.step, said.expected, said.actual);
            let paragraph = Paragraph::new(format!("✗ {}", said.place), &text, Kind::Bad, width);
            self.paragraphs.push(Paragraph { seen: last(picture), ..paragraph });
        }
        let (judged, text) = words::verdict(story);
        let kind = match judged {
            Judged::Good => Kind::Good,
            Judged::Bad => Kind::Bad,
            Judged::Open => Kind::Plain,
        };
        let label = judged.sign().to_owned();
        self.paragraphs.push(Paragraph { seen: last(picture), ..Paragraph::new(label, &text, kind, width) });
    }

    pub(super) fn height(&self) -> i32 {
        let lines: i32 = self.paragraphs.iter().map(Paragraph::height).sum();
        lines + self.legend.height() + BETWEEN
    }

    /// How high what belongs to one step is, with the legend.
    pub(super) fn height_at(&self, step: StepId) -> i32 {
        let own = self.paragraphs.iter().filter(|paragraph| paragraph.seen == step);
        own.map(Paragraph::height).sum::<i32>() + self.legend.height() + BETWEEN
    }

    /// Paints what belongs to one step, and at the end of so much height the legend.
    pub(super) fn paint_at(&self, xml: &mut Xml, step: Option<StepId>, palette: &Palette, height: i32) {
        let view = View { rows: 0, seen: step, marked: Vec::new(), fragments: false };
        let mut y = TEXT;
        for paragraph in self.paragraphs.iter().filter(|paragraph| Some(paragraph.seen) == step) {
            paragraph.paint(xml, y, self.prefix, &view, palette);
            y += paragraph.height();
        }
        self.legend.paint(xml, TEXT + height - self.legend.height(), palette);
    }

    /// Paints what a view has come to.
    pub(super) fn paint(&self, xml: &mut Xml, view: &View, palette: &Palette) {
        let mut y = TEXT;
        for paragraph in &self.paragraphs {
            if view.seen.is_none_or(|step| paragraph.seen <= step) {
                paragraph.paint(xml, y, self.prefix, view, palette);
            }
            y += paragraph.height();
        }
        self.legend.paint(xml, y + BETWEEN, palette);
    }
}

impl Paragraph {
    fn new(label: String, text: &str, kind: Kind, width: i32) -> Self {
        let lines = prose_lines(text, width - 2 * MARGIN - label_width(&label), TEXT);
        Self { of: None, seen: StepId(0), label, kind, lines }
    }

    fn height(&self) -> i32 {
        number(self.lines.len()) * LINE + BETWEEN
    }

    fn paint(&self, xml: &mut Xml, y: i32, prefix: &str, view: &View, palette: &Palette) {
        let tag = xml.tag("g");
        let tag = match &self.of {
            Some(of) => tag.set("id", format_args!("{prefix}why-{}", safe_id(of))),
            None => tag,
        };
        as_fragment(tag, view.fragments, self.seen).begin();
        let (label, text) = match self.kind {
            Kind::Plain => (palette.text, palette.text),
            Kind::Good => (palette.green, palette.text),
            Kind::Bad => (palette.bad, palette.text),
        };
        sans(xml, MARGIN, y, TEXT).set("font-weight", "bold").set("fill", label).text(&self.label);
        for (number, line) in (0..).zip(&self.lines) {
            sans(xml, MARGIN + label_width(&self.label), y + number * LINE, TEXT).set("fill", text).text(line);
        }
        xml.close("g");
    }
}

/// How far the text behind a label is set in.
fn label_width(label: &str) -> i32 {
    number(label.chars().count()) * 8 + 8
}

/// The last step that has a row.
fn last(picture: &Picture<'_>) -> StepId {
    picture.layout.rows.last().map_or(StepId(0), |row| row.seen)
}
