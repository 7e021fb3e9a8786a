//! The browser, and the pages that are written for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use tcpstory::record::Recording;
use tcpstory::report::format::{self, json};
use tcpstory::report::{Options, tell};
use tempfile::TempDir;

use crate::devtools::{Browser, Trouble};
use crate::page::Page;

/// What tests stand on.
pub(crate) struct World {
    pub(crate) browser: Browser,
    /// Where pages are written.
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new(program: &Path) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for pages: {error}"))?;
        Ok(Self { browser: Browser::start(program)?, folder })
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

/// The names of all recordings of lessons.
pub(crate) fn names() -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for file in fs::read_dir(recordings())? {
        let file = file?.path();
        names.extend(file.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    assert!(names.len() >= 18, "a recording of each shape of story: {names:?}");
    Ok(names)
}

/// A recording by its name.
pub(crate) fn recording(name: &str) -> Result<Recording, Failed> {
    let folder = if name == HOSTILE { root().join("tests/browser") } else { recordings() };
    let file = folder.join(format!("{name}.json"));
    Ok(json::read(&fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?)?)
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
    let found: BTreeMap<_, _> = timeline["predictions"].as_array().into_iter().flatten().filter_map(of).collect();
    assert!(!found.is_empty(), "{name} asks nothing");
    Ok(found)
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn recordings() -> PathBuf {
    root().join("tests/recordings")
}
