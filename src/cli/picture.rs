//! What `run` and `render` do about pictures: how far they go, and a file for each step.

use std::path::Path;

use super::args::Look;
use super::{Code, output, save};
use crate::report::format::svg;
use crate::report::words::escape;
use crate::report::{self, Options};
use crate::story::Story;

/// The options for one story: `--upto` names one of its events.
pub(super) fn of_story(options: &Options, look: &Look, story: &Story) -> Result<Options, String> {
    let Some(name) = look.picture.upto.as_deref() else { return Ok(*options) };
    let event = report::find(story, name).map_err(|near| {
        let shown = escape(&name.chars().take(80).collect::<String>());
        let near = near.into_iter().map(escape).collect::<Vec<_>>().join(", ");
        format!("there is no event {shown}\n  help: near ones are {near}; the ladder's first column lists all of them")
    })?;
    Ok(Options { upto: Some(event), ..*options })
}

/// Writes a picture for each step that was performed: `step-01.svg` and so on, numbered as the scenario numbers them; where a step has
/// several, `step-01b.svg` follows.
pub(super) fn write_steps(folder: &Path, story: &Story, options: &Options) -> Code {
    let steps = svg::steps(story, options);
    let digits = steps.iter().map(|(step, _)| (step.0 + 1).to_string().len()).max().unwrap_or(0).max(2);
    let written = save::folder(folder, "--steps DIR").and_then(|()| {
        steps.chunk_by(|(one, _), (next, _)| one == next).try_for_each(|slides| {
            slides.iter().enumerate().try_for_each(|(place, (step, picture))| {
                save::write(&folder.join(format!("step-{:0digits$}{}.svg", step.0 + 1, mark(place))), picture)
            })
        })
    });
    match written {
        Ok(()) => Code::Success,
        Err(message) => {
            output::error(&message);
            Code::Usage
        }
    }
}

/// What follows a step's number in the name of a further slide, so that sorted names keep the order: `b`, `c` and so on.
fn mark(place: usize) -> String {
    match u8::try_from(place) {
        Ok(0) => String::new(),
        Ok(place @ 1..=24) => char::from(b'a' + place).to_string(),
        _ => format!("z{place:05}"),
    }
}
