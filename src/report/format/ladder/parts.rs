//! The ladder in pieces, for a screen that shows a part of it.

use super::grid::Grid;
use super::paint::Page;
use super::{LEAST_WIDTH, foot, head, paint};
use crate::record::StepId;
use crate::report::Options;
use crate::report::layout::{Body, Cells, Layout, Row};
use crate::report::ties::Ties;
use crate::story::Story;

/// A ladder in pieces. Every line is at most as wide as the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The names of the lanes.
    pub names: String,
    /// The rows, in the order of time; without the waits between two steps, which are a person's.
    pub rows: Vec<String>,
    /// How many of those lines the newest row has.
    pub newest: usize,
    /// The sentences on why things came out as they did, with the steps that they are about.
    pub why: Vec<Painted>,
}

/// Lines about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painted {
    /// The step, where there is one.
    pub step: Option<StepId>,
    /// The lines.
    pub lines: Vec<String>,
}

/// Paints a story in pieces. The columns stay where they are while the story grows.
pub fn parts(story: &Story, options: &Options) -> Parts {
    let ties = Ties::new(story);
    let layout = Layout::of(&ties, options);
    let width = options.width.max(LEAST_WIDTH);
    let mut cells: Vec<Cells> = layout.rows.iter().map(|row| super::cells(&ties, row, options)).collect();
    for (_, next) in layout.rows.iter().zip(cells.iter_mut().skip(1)).filter(|(row, _)| is_a_persons(row)) {
        next.delta.clear(); // a person's pause is no distance either
    }
    let grid = Grid::steady(story, &layout, &cells, width);
    let lines = |paint: &dyn Fn(&mut Page)| {
        let mut page = Page::new(options, width);
        paint(&mut page);
        String::from_utf8_lossy(&page.finish()).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut rows, mut newest) = (Vec::new(), 0);
    for (row, cells) in layout.rows.iter().zip(&cells) {
        if !is_a_persons(row) {
            let painted = lines(&|page| {
                paint::row(page, story, row, cells, &grid);
            });
            newest = painted.len();
            rows.extend(painted);
        }
    }
    let why = layout.causes(&ties, options).into_iter().map(|cause| Painted {
        step: story.entries.get(cause.of.0).and_then(|entry| entry.step),
        lines: lines(&|page| foot::cause(page, &ties, cause)),
    });
    let why = why.collect();
    Parts { names: lines(&|page| head::names(page, story, &grid)).concat(), rows, newest, why }
}

/// A wait for the person who asks for the steps.
fn is_a_persons(row: &Row) -> bool {
    matches!(row.body, Body::Gap { between_steps: true, .. })
}
