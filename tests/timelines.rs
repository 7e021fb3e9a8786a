//! Recorded timelines, each in every format: no privilege, no kernel, no clock.
//!
//! The files in `tests/recordings` are normalized runs of the shipped scenarios, as `tcpstory run NAME --normalize -o FILE.json`
//! writes them. What is kept of a run is its recording; the story around it is told anew, so a file is its own snapshot. With
//! `TCPSTORY_BLESS=1` the files are written again from their recordings, and `INSTA_UPDATE=always` does it for the ladders.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

#[path = "support/bless.rs"]
mod bless;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bless::is_blessing;
use sha2::{Digest as _, Sha256};
use tcpstory::record::Recording;
use tcpstory::report::format::{self, FORMATS, Format};
use tcpstory::report::{Options, normalize, timeline_schema};
use tcpstory::story::{Story, tell};
use unicode_width::UnicodeWidthStr as _;

/// One page for each shape of the ladder, and one in ASCII.
const PAGES: [(usize, bool); 4] = [(60, false), (90, false), (120, false), (100, true)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// Every recording by its name.
fn recordings() -> BTreeMap<String, (Vec<u8>, Recording)> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let recording = format::json::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, (bytes, recording))
    };
    let recordings: BTreeMap<_, _> = files.map(read).collect();
    assert!(recordings.len() >= 18, "a timeline of every scenario");
    recordings
}

fn write(format: &str, story: &Story, options: &Options) -> Vec<u8> {
    (format::by_name(format).unwrap().write)(story, options)
}

#[test]
fn timelines_are_written_as_they_were_read() {
    let mut stale = Vec::new();
    for (name, (bytes, recording)) in recordings() {
        let written = write("json", &tell(recording), &Options::default());
        if written == bytes {
            continue;
        }
        if is_blessing() {
            std::fs::write(folder().join(format!("{name}.json")), written).unwrap();
        } else {
            stale.push(name);
        }
    }
    assert_eq!(stale, Vec::<String>::new(), "TCPSTORY_BLESS=1 writes them again; look at the difference");
}

#[test]
fn timelines_are_valid_by_their_schema() {
    let validator = jsonschema::validator_for(&serde_json::from_str(&timeline_schema()).unwrap()).unwrap();
    for (name, (_, recording)) in recordings() {
        let written = write("json", &tell(recording), &Options::default());
        let document = serde_json::from_slice(&written).unwrap();
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new(), "{name}");
    }
}

/// Every version that was ever written stays readable, and valid by the schema of today.
#[test]
fn earlier_versions_stay_readable() {
    let validator = jsonschema::validator_for(&serde_json::from_str(&timeline_schema()).unwrap()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept");
    let mut versions = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new());
        versions.push(document["schema_version"].as_str().unwrap().to_owned());
        let story = tell(format::json::read(&bytes).unwrap());
        assert!(story.verdict.passed());
        assert_eq!(story.entries.len(), document["events"].as_array().unwrap().len());
        for (entry, event) in story.entries.iter().zip(document["events"].as_array().unwrap()) {
            assert_eq!(
                (entry.id.as_str(), entry.alias.as_str()),
                (event["id"].as_str().unwrap(), event["alias"].as_str().unwrap())
            );
        }
        let ladder = String::from_utf8(write("ladder", &story, &Options::default())).unwrap();
        assert!(ladder.contains("EPIPE"), "{ladder}");
        assert!(FORMATS.iter().all(|format| !(format.write)(&story, &Options::default()).is_empty()));
    }
    assert_eq!(versions, ["1.0.0"]);
}

#[test]
fn recorded_stories_are_as_expected() {
    for (name, (_, recording)) in recordings() {
        let story = tell(recording);
        assert!(story.verdict.passed(), "{name}");
        assert!(!story.findings.iter().any(|finding| finding.kind.is_mismatch()), "{name}: {:?}", story.findings);
    }
}

#[test]
fn normalizing_twice_changes_nothing_more() {
    for (name, (_, recording)) in recordings() {
        assert!(normalize(recording.clone()) == recording, "{name}");
    }
}

#[test]
fn ladders() {
    for (name, (_, recording)) in recordings() {
        let story = tell(recording);
        let mut pages = String::new();
        for (width, ascii) in PAGES {
            let page =
                String::from_utf8(write("ladder", &story, &Options { width, ascii, ..Options::default() })).unwrap();
            assert!(page.lines().all(|line| line.width() <= width), "{name} is wider than {width}");
            assert!(!ascii || page.is_ascii(), "{name}");
            writeln!(pages, "{}\n{page}", "=".repeat(width)).unwrap();
        }
        insta::assert_snapshot!(name, pages);
    }
}

#[test]
fn files_for_other_programs() {
    let binary: Vec<&Format> = FORMATS.iter().filter(|format| !format.is_text).collect();
    for (name, (_, recording)) in recordings() {
        let story = tell(recording);
        let mut sums = String::new();
        for format in &binary {
            let bytes = (format.write)(&story, &Options::default());
            write!(sums, "{} {} bytes, sha256 ", format.name, bytes.len()).unwrap();
            Sha256::digest(&bytes).iter().for_each(|byte| write!(sums, "{byte:02x}").unwrap());
            sums.push('\n');
        }
        if !sums.is_empty() {
            insta::assert_snapshot!(format!("{name}_files"), sums);
        }
    }
}
