//! The timelines in `tests/recordings`.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tcpstory::report::Options;
use tcpstory::report::format;
use tcpstory::story::{Story, tell};

/// The story of every recording by its name.
pub(crate) fn stories() -> BTreeMap<String, Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let recording = format::json::read(&std::fs::read(&path).unwrap());
        (name.clone(), tell(recording.unwrap_or_else(|error| panic!("{name}: {error}"))))
    };
    let stories: BTreeMap<_, _> = files.map(read).collect();
    assert!(stories.len() >= 18, "a timeline of every scenario");
    stories
}

/// A story in a format.
pub(crate) fn write(format: &str, story: &Story, options: &Options) -> Vec<u8> {
    (format::by_name(format).unwrap().write)(story, options)
}
