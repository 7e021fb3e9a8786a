//! What `run` and `render` do about pictures: how far they go, and a file for each step.

use std::path::Path;
use std::{fs, io};

use super::args::Look;
use super::{output, save};
use crate::record::StepId;
use crate::report::format::svg;
use crate::report::words::{count, escape};
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

/// Writes a picture for each step that was performed, as far as the pictures go: `step-01.svg` and so on, numbered as the scenario
/// numbers them; where a step has several, `step-01b.svg` follows. How many there are, and which others are left in the folder.
pub(super) fn write_steps(folder: &Path, story: &Story, options: &Options) -> Result<Written, String> {
    let steps = svg::steps(story, options);
    let digits = steps.iter().map(|(step, _)| (step.0 + 1).to_string().len()).max().unwrap_or(0).max(2);
    let of_step = steps.chunk_by(|(one, _), (next, _)| one == next).flat_map(|slides| slides.iter().enumerate());
    let name = |place, step: StepId| format!("step-{:0digits$}{}.svg", step.0 + 1, mark(place));
    let named: Vec<_> = of_step.map(|(place, (step, picture))| (name(place, *step), picture)).collect();
    save::folder(folder, "--steps DIR")?;
    named.iter().try_for_each(|(name, picture)| save::write(&folder.join(name), picture))?;
    let mut strangers: Vec<_> = pictures_in(folder)?;
    strangers.retain(|name| named.iter().all(|(own, _)| own != name));
    Ok(Written { pictures: named.len(), strangers })
}

/// What has become of a picture for each step.
pub(super) struct Written {
    pictures: usize,
    /// Pictures of steps in the same folder that another story has left there, in order. They are not removed: the folder is the
    /// user's.
    strangers: Vec<String>,
}

impl Written {
    /// Says how many pictures there are.
    pub(super) fn tell(&self, folder: &Path) {
        let pictures = count(self.pictures as u64, "picture");
        output::note(&format!("wrote {pictures} into {}", escape(&folder.display().to_string())));
    }

    /// Says which others are left beside them.
    pub(super) fn warn(&self, folder: &Path) {
        let (Some(first), Some(last)) = (self.strangers.first(), self.strangers.last()) else { return };
        let folder = escape(&folder.display().to_string());
        let names = if first == last { first.clone() } else { format!("{first} to {last}") };
        let (others, are) = match self.strangers.len() {
            1 => ("one picture of another run is".to_owned(), "it is"),
            several => (format!("{several} pictures of another run are"), "they are"),
        };
        output::note(&format!("{others} left in {folder} ({names}); {are} not of this story"));
    }
}

/// The names of the pictures of steps in a folder, in order.
fn pictures_in(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: io::Error| format!("cannot read {}: {error}", escape(&folder.display().to_string()));
    let is_picture = |name: &str| {
        let number = name.strip_prefix("step-").and_then(|name| name.strip_suffix(".svg"));
        let is_number = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()) && number.bytes().all(is_number))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok().filter(|name| is_picture(name)));
    }
    names.sort_unstable();
    Ok(names)
}

/// What follows a step's number in the name of a further slide, so that sorted names keep the order: `b`, `c` and so on.
fn mark(place: usize) -> String {
    match u8::try_from(place) {
        Ok(0) => String::new(),
        Ok(place @ 1..=24) => char::from(b'a' + place).to_string(),
        _ => format!("z{place:05}"),
    }
}
