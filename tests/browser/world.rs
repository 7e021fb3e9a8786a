//! The browser, and the pages that are written for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use tcpstory::record::Recording;
use tcpstory::report::format::{self, json};
use tcpstory::report::{Options, tell};
use tempfile::TempDir;

use crate::driver::{Browser, Programs, Trouble};
use crate::page::Page;

/// What tests stand on.
pub(crate) struct World {
    pub(crate) browser: Browser,
    /// Where pages are written.
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new(programs: &Programs) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for pages: {error}"))?;
        Ok(Self { browser: Browser::start(programs)?, folder })
    }

    /// The page of a recording: `broken-pipe`, or [`HOSTILE`].
    pub(crate) fn page(&self, name: &str) -> Result<PathBuf, Failed> {
        self.written(name, "html", &Options::default())
    }

    /// A recording's output in a format, as a file; written at the first time.
    pub(crate) fn written(&self, name: &str, format: &str, options: &Options) -> Result<PathBuf, Failed> {
        let kind = if options.no_answers { "-without-answers" } else { "" };
        let file = self.folder.path().join(format!("{name}{kind}.{format}"));
        if !file.exists() {
            fs::write(&file, bytes(&recording(name)?, format, options)?)?;
        }
        Ok(file)
    }

    /// Opens a page, waits until its picture is there, lets a test look, and makes sure that the page was quiet all the time.
    pub(crate) fn visit(
        &self,
        name: &str,
        rest: &str,
        size: (u32, u32),
        look: impl FnOnce(&Page<'_>) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let page = Page::new(&self.browser, size)?;
        self.open(&page, name, rest)?;
        look(&page)?;
        Ok(page.was_quiet()?)
    }

    /// Opens the page of a recording in a tab, and waits until its picture is there.
    pub(crate) fn open(&self, page: &Page<'_>, name: &str, rest: &str) -> Result<(), Failed> {
        page.open(&self.page(name)?, rest)?;
        page.until("document.querySelector('.alive .ladder-scroll svg, .alive .sheets .sheet')")?;
        Ok(())
    }
}

/// The recording of a scenario that tries what it can on those who look at it: `hostile.toml` beside it.
pub(crate) const HOSTILE: &str = "hostile";

/// Where recordings are: shapes of story that only a page tells of, whole lessons with their questions, and every other shape. A
/// name is looked for in this order.
const RECORDINGS: [&str; 3] = ["tests/browser", "captures/reference", "tests/recordings"];

/// The names of all recordings of lessons.
pub(crate) fn names() -> Result<Vec<String>, Failed> {
    let mut names = BTreeSet::new();
    for folder in RECORDINGS {
        for file in fs::read_dir(root().join(folder))? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                names.extend(file.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
    }
    names.remove(HOSTILE);
    assert!(names.len() >= 30, "a recording of each shape of story: {names:?}");
    Ok(names.into_iter().collect())
}

/// A recording by its name.
pub(crate) fn recording(name: &str) -> Result<Recording, Failed> {
    let files = RECORDINGS.map(|folder| root().join(folder).join(format!("{name}.json")));
    let file = files.iter().find(|file| file.is_file()).ok_or_else(|| format!("nothing is recorded of {name}"))?;
    Ok(json::read(&fs::read(file)?)?)
}

/// A recording in a format.
pub(crate) fn bytes(recording: &Recording, format: &str, options: &Options) -> Result<Vec<u8>, Failed> {
    let format = format::by_name(format).ok_or_else(|| format!("there is no format {format}"))?;
    Ok((format.write)(&tell(recording.clone(), options), options))
}

/// What each prediction of a recording asks, and the kernel's answer, by the step's number from 1.
pub(crate) fn questions(name: &str) -> Result<BTreeMap<u64, (String, String)>, Failed> {
    let timeline: serde_json::Value = serde_json::from_slice(&bytes(&recording(name)?, "json", &Options::default())?)?;
    let of = |one: &serde_json::Value| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        Some((one["step"].as_u64()? + 1, (text("question"), text("answer"))))
    };
    Ok(timeline["predictions"].as_array().into_iter().flatten().filter_map(of).collect())
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
