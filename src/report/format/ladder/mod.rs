//! The story as a ladder in the terminal: gutter, actors, and the wire between them.
//!
//! Three shapes, by width: with a lane for the kernel's states between each actor and the wire, without, and a list. Where the
//! actors are too many for a shape's width, the next narrower one is taken. A line is never wider than the terminal: texts are
//! cut with `…`, and prose is wrapped.

mod foot;
mod grid;
mod head;
mod line;
mod paint;
mod parts;
#[cfg(test)]
mod tests;

use crate::report::Options;
use crate::report::layout::{Cells, Layout, Row};
use crate::report::ties::Ties;
use crate::story::Story;
use grid::Grid;
use paint::Page;
pub use parts::{Painted, Parts, parts};

/// The narrowest page that is painted; a narrower terminal will break its lines.
const LEAST_WIDTH: usize = 20;

/// Writes a story as a ladder.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let layout = Layout::of(&ties, options);
    let mut page = Page::new(options, options.width.max(LEAST_WIDTH));
    let cells: Vec<Cells> = layout.rows.iter().map(|row| cells(&ties, row, options)).collect();
    let grid = Grid::new(story, &layout, &cells, page.width);
    head::write(&mut page, story, &grid, options);
    paint::rows(&mut page, story, &layout, &cells, &grid, options);
    foot::write(&mut page, &ties, &layout, options);
    page.finish()
}

/// The texts of a row, in the page's alphabet.
fn cells(ties: &Ties<'_>, row: &Row, options: &Options) -> Cells {
    let cells = Cells::new(ties, row);
    if options.ascii { cells.ascii() } else { cells }
}
