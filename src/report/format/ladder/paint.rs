//! The page, and its rows.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::grid::{Grid, Shape, Span};
use super::line::Line;
use crate::record::{ActorId, StepId};
use crate::report::layout::{self, Arrow, Body, Cells, Layout, Place, Row, Shaft, StateLabel, Tone};
use crate::report::{Options, columns, words};
use crate::story::{Side, Story};

/// The text of a page under construction.
pub(super) struct Page {
    pub(super) width: usize,
    out: String,
    colour: bool,
    ascii: bool,
}

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// So many columns a text needs behind its label, or it stands below.
const LEAST_PROSE: usize = 12;
/// The longest state's name, and a space to what follows.
const STATE_COLUMNS: usize = 13;
const STATE: Style = AnsiColor::Cyan.on_default();

impl Page {
    pub(super) fn new(options: &Options, width: usize) -> Self {
        Self { width, out: String::new(), colour: options.colour, ascii: options.ascii }
    }

    /// The sign, or its likeness in ASCII.
    pub(super) fn sign(&self, sign: &'static str, likeness: &'static str) -> &'static str {
        if self.ascii { likeness } else { sign }
    }

    /// A text in the page's alphabet.
    pub(super) fn text(&self, text: &str) -> String {
        if self.ascii { words::ascii(text) } else { text.to_owned() }
    }

    /// Adds a line. Returns whether a text had to be cut.
    pub(super) fn line(&mut self, line: Line) -> bool {
        let mark = self.sign("…", "...");
        let was_cut = line.paint(&mut self.out, self.width, mark, self.colour);
        self.out.push('\n');
        was_cut
    }

    /// Adds a text, wrapped, behind a label; further lines begin under the text's first.
    pub(super) fn prose(&mut self, indent: usize, label: (&str, Style), text: &str, style: Style) {
        let label = (self.text(label.0), label.1);
        let begin = indent + label.0.width();
        let text = self.text(text);
        if begin + LEAST_PROSE > self.width && !label.0.is_empty() {
            self.prose(indent, ("", PLAIN), &label.0, label.1);
            return self.prose(indent + 2, ("", PLAIN), &text, style);
        }
        for (place, part) in words::wrap(&text, self.width.saturating_sub(begin + 1)).into_iter().enumerate() {
            let mut line = Line::default();
            if place == 0 {
                line.put(indent, label.0.trim_end(), label.1);
            }
            line.put(begin, part, style);
            self.line(line);
        }
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }
}

/// Adds a text in a style.
pub(super) fn styled(out: &mut String, text: &str, style: Style, colour: bool) {
    use std::fmt::Write as _;
    if colour && style != PLAIN {
        let _ = write!(out, "{style}{text}{style:#}"); // writing to a String cannot fail
    } else {
        out.push_str(text);
    }
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => PLAIN,
        Tone::Error | Tone::Rst => AnsiColor::Red.on_default().bold(),
        Tone::Trouble => AnsiColor::Magenta.on_default().bold(),
        Tone::Data => AnsiColor::Blue.on_default().bold(),
        Tone::Syn => AnsiColor::Green.on_default(),
        Tone::Fin => AnsiColor::Yellow.on_default(),
        Tone::Ack | Tone::Quiet => DIM,
    }
}

/// Paints every row; with `verbose` what is said at each step, and in full what had to be cut.
pub(super) fn rows(page: &mut Page, story: &Story, layout: &Layout, cells: &[Cells], grid: &Grid, options: &Options) {
    let mut said: Option<StepId> = None;
    for (row, cells) in layout.rows.iter().zip(cells) {
        if options.verbose && row.step > said {
            say(page, story, grid, said, row.step);
            said = row.step;
        }
        let was_cut = self::row(page, story, row, cells, grid);
        if was_cut && options.verbose {
            page.prose(grid.lanes_begin, ("", PLAIN), &cells.main, style(cells.tone));
        }
        if options.verbose {
            payload(page, story, row, grid);
        }
    }
}

/// Paints one row. Returns whether a text had to be cut.
pub(super) fn row(page: &mut Page, story: &Story, row: &Row, cells: &Cells, grid: &Grid) -> bool {
    match grid.shape {
        Shape::List => list_row(page, story, row, cells, grid),
        Shape::Kernel | Shape::Lanes => lane_row(page, row, cells, grid),
    }
}

/// A payload in full, where the row shows only its beginning.
fn payload(page: &mut Page, story: &Story, row: &Row, grid: &Grid) {
    let payload = layout::long_payload(story, row);
    if !payload.is_empty() {
        page.prose(grid.lanes_begin, ("", PLAIN), &payload, DIM);
    }
}

/// What the lecturer says at the steps after `last` up to `step`.
fn say(page: &mut Page, story: &Story, grid: &Grid, last: Option<StepId>, step: Option<StepId>) {
    let Some(StepId(to)) = step else { return };
    let from = last.map_or(0, |last| last.0 + 1);
    for step in story.recording.script.steps.get(from..=to).into_iter().flatten() {
        let mut label = "» ";
        for block in step.say.iter().flat_map(|text| words::rich(text)) {
            let label = if block.is_item { "- " } else { std::mem::replace(&mut label, "  ") };
            page.prose(grid.lanes_begin, (label, DIM), &words::plain_spans(&block.spans), DIM);
        }
    }
}

/// The gutter: id, time, and the time since the row before.
fn gutter(page: &Page, row: &Row, cells: &Cells, grid: &Grid) -> Line {
    let mut line = Line::default();
    let room = grid.time_end.map_or(grid.id_end - 1, |end| end - cells.time.width() - 2);
    line.put(1, columns::cut(&cells.id, room, page.sign("…", "...")), if row.event.is_some() { BOLD } else { DIM });
    if let Some(end) = grid.time_end {
        line.put_before(end, cells.time.as_str(), DIM);
    }
    if let Some(end) = grid.delta_end {
        line.put_before(end, cells.delta.as_str(), DIM);
    }
    line
}

fn lane_row(page: &mut Page, row: &Row, cells: &Cells, grid: &Grid) -> bool {
    let mut line = gutter(page, row, cells, grid);
    for label in &row.states {
        state(&mut line, label, row, cells, grid);
    }
    let mut was_cut = false;
    match cells.place {
        Place::Lane(actor) => in_lane(&mut line, page, cells, actor, grid),
        Place::Wire(arrow, shaft) => {
            let (first, last) = (grid.wires[arrow.span.0], grid.wires[arrow.span.1]);
            let way = Span { begin: first.begin, end: last.end };
            was_cut = draw_arrow(&mut line, page, cells, arrow, shaft, way);
            note(&mut line, page, row, cells, arrow, grid);
        }
        Place::Across if matches!(row.body, Body::Gap { .. }) => return gap(page, line, cells, grid),
        Place::Across => line.put(grid.lanes_begin, cells.main.as_str(), style(cells.tone)),
    }
    edges(&mut line, page, grid);
    page.line(line) || was_cut
}

/// The two rails of each wire, where nothing else stands.
fn edges(line: &mut Line, page: &Page, grid: &Grid) {
    for wire in &grid.wires {
        line.put_behind(wire.begin, page.sign("│", "|"), DIM);
        line.put_behind(wire.end - 1, page.sign("│", "|"), DIM);
    }
}

/// A text in an actor's lane; a longer one runs over the empty wire to its right, and in the last lane to its left.
fn in_lane(line: &mut Line, page: &Page, cells: &Cells, actor: ActorId, grid: &Grid) {
    let begin = grid.actors.get(actor.0).map_or(grid.lanes_begin, |span| span.begin);
    let latest = page.width.saturating_sub(cells.main.width()).max(grid.lanes_begin);
    line.put(begin.min(latest), cells.main.as_str(), style(cells.tone));
}

/// A state beside its end of the wire. Where there is no lane for it and a call stands there, it is left out: the next
/// segment's row shows what it led to.
fn state(line: &mut Line, label: &StateLabel, row: &Row, cells: &Cells, grid: &Grid) {
    let Some(wire) = grid.wires.get(label.wire) else { return };
    if grid.shape == Shape::Lanes && matches!(row.body, Body::Call { .. }) {
        return;
    }
    let runs_over = matches!(cells.place, Place::Lane(actor) if grid.actors.get(actor.0).is_some_and(|lane| lane.width() < cells.main.width()));
    if runs_over {
        return;
    }
    if label.right {
        line.put(wire.end + 1, label.state.name(), STATE);
    } else {
        line.put_before(wire.begin - 1, label.state.name(), STATE);
    }
}

/// Draws an arrow with its text in the middle, in as many words as have room. Returns whether something was left out.
fn draw_arrow(line: &mut Line, page: &Page, cells: &Cells, arrow: Arrow, shaft: Shaft, way: Span) -> bool {
    let (body, style) = (shaft_sign(page, shaft), style(cells.tone));
    let room = way.width().saturating_sub(6);
    let text = columns::cut(cells.fitting(room), room, page.sign("…", "..."));
    let bars = way.width().saturating_sub(text.width() + 4);
    let (before, after) = (bars / 2, bars - bars / 2);
    let (tail, head) = if arrow.rightwards {
        (page.sign("├", "|"), page.sign("▶", ">"))
    } else {
        (page.sign("┤", "|"), page.sign("◀", "<"))
    };
    let head = if arrow.dropped { page.sign("✕", "x") } else { head };
    let (left, right) = if arrow.rightwards { (tail, head) } else { (head, tail) };
    let painted = format!("{left}{} {text} {}{right}", body.repeat(before), body.repeat(after));
    line.put(way.begin, painted, style);
    // Flags that all data has are no loss.
    !cells.main.ends_with(&text)
}

fn shaft_sign(page: &Page, shaft: Shaft) -> &'static str {
    match shaft {
        Shaft::Solid => page.sign("─", "-"),
        Shaft::Dashed => page.sign("╌", "."),
        Shaft::Double => page.sign("═", "="),
    }
}

/// Where a segment comes from, behind its arrow and the state that stands there: in the longest words that have room.
fn note(line: &mut Line, page: &Page, row: &Row, cells: &Cells, arrow: Arrow, grid: &Grid) {
    let begin = grid.actors.get(arrow.span.1 + 1).map_or(grid.end + 1, |span| span.begin);
    let states = row.states.iter().filter(|label| label.right && grid.shape == Shape::Lanes);
    let behind = states.map(|label| begin + label.state.name().width() + 2).max().unwrap_or(begin);
    let aligned = if grid.shape == Shape::Lanes { begin + STATE_COLUMNS } else { begin }.max(behind);
    let fitting = |column: usize| {
        let room = page.width.saturating_sub(column);
        cells.origin.iter().find(|origin| origin.width() <= room).map(|origin| (column, origin))
    };
    if let Some((column, origin)) = fitting(aligned).or_else(|| fitting(behind)) {
        line.put(column, origin.as_str(), DIM);
    }
}

fn gap(page: &mut Page, mut line: Line, cells: &Cells, grid: &Grid) -> bool {
    let end = grid.end.min(page.width);
    let dots = (end.saturating_sub(grid.lanes_begin + cells.main.width() + 2)) / 2;
    let side = page.sign("┄", "-").repeat(dots);
    line.put(grid.lanes_begin, format!("{side} {} {side}", cells.main), DIM);
    page.line(line)
}

/// A row of the list: who, what, from where, and the states that changed. What has no room on its line follows below: nothing is cut.
fn list_row(page: &mut Page, story: &Story, row: &Row, cells: &Cells, grid: &Grid) -> bool {
    let mut line = gutter(page, row, cells, grid);
    let at = grid.lanes_begin;
    let (column, pieces) = match cells.place {
        Place::Lane(actor) => {
            let name = columns::cut(&actor_name(page, story, actor), grid.names, page.sign("…", "..."));
            line.put(at, name, BOLD);
            (at + grid.names + 1, vec![(cells.main.clone(), style(cells.tone))])
        }
        Place::Wire(arrow, _) => {
            let text = format!("{}  {}", way(page, story, arrow, grid), cells.main);
            let origin = cells.origin.last().map(|origin| (origin.clone(), DIM));
            let said = [Some((text, style(cells.tone))), origin, Some((states(story, row, page), STATE))];
            (at + 2, said.into_iter().flatten().collect())
        }
        Place::Across if matches!(row.body, Body::Gap { .. }) => return gap(page, line, cells, grid),
        Place::Across => (at, vec![(cells.main.clone(), style(cells.tone))]),
    };
    in_turn(page, line, column, at + 2, &pieces);
    false
}

/// Puts texts behind each other, from a column of the line on; where there is no more room, on lines of their own.
fn in_turn(page: &mut Page, mut line: Line, mut column: usize, indent: usize, pieces: &[(String, Style)]) {
    for (text, style) in pieces.iter().filter(|(text, _)| !text.is_empty()) {
        if column + text.width() <= page.width {
            line.put(column, text.as_str(), *style);
            column += text.width() + 2;
            continue;
        }
        let mut is_free = column == indent;
        for part in words::wrap(text, page.width.saturating_sub(indent)) {
            if !std::mem::take(&mut is_free) {
                page.line(std::mem::take(&mut line));
            }
            column = indent + part.width() + 2;
            line.put(indent, part, *style);
        }
    }
    page.line(line);
}

/// `client ▶ server`
fn way(page: &Page, story: &Story, arrow: Arrow, grid: &Grid) -> String {
    let name = |side| {
        let end = story.connections.get(arrow.sender.connection.0).map(|connection| connection.end(side));
        let actor = end.and_then(|end| end.actor);
        let name = match (actor, end) {
            (Some(actor), _) => actor_name(page, story, actor),
            (None, Some(end)) => end.address.to_string(),
            (None, None) => "?".into(),
        };
        columns::cut(&name, grid.names.max(8), page.sign("…", "..."))
    };
    let sign = page.sign("▶", ">");
    format!("{} {sign} {}", name(arrow.sender.side), name(arrow.sender.side.other()))
}

pub(super) fn actor_name(page: &Page, story: &Story, actor: ActorId) -> String {
    let name = story.recording.actors.get(actor.0).map_or("?", |actor| actor.name.as_str());
    page.text(&words::escape(name))
}

/// `[client CLOSE_WAIT, server FIN_WAIT1]`: the states that changed, the initiator's first.
fn states(story: &Story, row: &Row, page: &Page) -> String {
    let mut labels: Vec<&StateLabel> = row.states.iter().collect();
    labels.sort_by_key(|label| label.endpoint.side == Side::Responder);
    let named = labels.iter().map(|label| {
        let connection = story.connections.get(label.endpoint.connection.0);
        let actor = connection.and_then(|connection| connection.end(label.endpoint.side).actor);
        let name = actor.map_or_else(|| "?".into(), |actor| actor_name(page, story, actor));
        format!("{name} {}", label.state)
    });
    let said = named.collect::<Vec<_>>().join(", ");
    if said.is_empty() { said } else { format!("[{said}]") }
}
