//! The title, the facts of the run, and the lanes' names.

use unicode_width::UnicodeWidthStr as _;

use super::grid::{Grid, Shape};
use super::line::Line;
use super::paint::{BOLD, DIM, PLAIN, Page, actor_name};
use crate::record::ActorId;
use crate::report::{Options, columns, words};
use crate::story::Story;

pub(super) fn write(page: &mut Page, story: &Story, grid: &Grid, options: &Options) {
    title(page, story);
    if options.verbose {
        prose(page, story);
    }
    page.blank();
    names(page, story, grid);
}

/// Title and facts on one line where both have room.
fn title(page: &mut Page, story: &Story) {
    let title = page.text(&words::plain(&story.recording.script.title));
    let facts = page.text(&words::facts(story));
    if title.width() + facts.width() + 5 <= page.width {
        let mut line = Line::default();
        line.put(1, title, BOLD);
        line.put_before(page.width - 1, facts, DIM);
        page.line(line);
    } else {
        page.prose(1, ("", PLAIN), &title, BOLD);
        page.prose(1, ("", PLAIN), &facts, DIM);
    }
}

fn prose(page: &mut Page, story: &Story) {
    let script = &story.recording.script;
    if !script.summary.is_empty() {
        page.blank();
    }
    for block in words::rich(&script.summary) {
        let label = if block.is_item { "- " } else { "" };
        page.prose(1, (label, DIM), &words::plain_spans(&block.spans), PLAIN);
    }
    for goal in &script.goals {
        page.prose(1, ("· ", DIM), &words::plain(goal), PLAIN);
    }
}

pub(super) fn names(page: &mut Page, story: &Story, grid: &Grid) {
    let mut line = Line::default();
    line.put(1, "id", DIM);
    if let Some(end) = grid.time_end {
        line.put_before(end, page.text("µs"), DIM);
    }
    if let Some(end) = grid.delta_end {
        line.put_before(end, page.text("Δ µs"), DIM);
    }
    if grid.shape == Shape::List {
        let names = list_names(page, story);
        let names = if grid.time_end.is_some() { names } else { format!("no times; {names}") };
        line.put(grid.lanes_begin, names, DIM);
        page.line(line);
        return;
    }
    for (place, lane) in grid.actors.iter().enumerate() {
        let name = actor_name(page, story, ActorId(place)).to_uppercase();
        let pid = story.recording.actors.get(place).map_or_else(String::new, |actor| format!("pid {}", actor.pid));
        let name = columns::cut(&name, lane.width(), page.sign("…", "..."));
        if name.width() + pid.len() < lane.width() || place + 1 == grid.actors.len() {
            line.put(lane.begin + name.width() + 1, pid, DIM);
        }
        line.put(lane.begin, name, BOLD);
    }
    for wire in &grid.wires {
        line.put(wire.begin + (wire.width() - "wire".len()) / 2, "wire", DIM);
    }
    page.line(line);
}

/// `client pid 4711, server pid 4712`
fn list_names(page: &Page, story: &Story) -> String {
    let actors = story.recording.actors.iter().enumerate();
    let said = actors.map(|(place, actor)| format!("{} pid {}", actor_name(page, story, ActorId(place)), actor.pid));
    said.collect::<Vec<_>>().join(", ")
}
