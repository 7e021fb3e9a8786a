//! The lessons that the rules name, held against what those lessons tell: no privilege, no kernel, no clock.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tcpstory::report::format;
use tcpstory::story::rules::RULES;
use tcpstory::story::{Story, Told, tell};

/// The rules that a story tells of: as causes, or as the one that foresaw an outcome.
fn told(story: &Story) -> BTreeSet<&'static str> {
    let causes = story.causes.iter().map(|cause| cause.rule);
    let foreseen = story.entries.iter().filter_map(|entry| match &entry.told {
        Told::Call(call) if call.explained => Some(&call.prediction.allowed),
        _ => None,
    });
    causes.chain(foreseen.flatten().map(|allowed| allowed.rule)).collect()
}

/// What each recorded lesson tells of.
fn lessons() -> BTreeMap<String, BTreeSet<&'static str>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let read = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.unwrap().path();
        let recording = format::json::read(&std::fs::read(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), told(&tell(recording)))
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

#[test]
fn lessons_show_the_rules_that_name_them() {
    let lessons = lessons();
    for rule in RULES {
        for name in rule.lessons {
            let told = lessons.get(*name).unwrap_or_else(|| panic!("{name} is not recorded"));
            assert!(told.contains(rule.id), "{name} does not show {}", rule.id);
        }
    }
}

#[test]
fn what_lessons_show_unasked_is_named_by_a_rule() {
    let lessons = lessons();
    for rule in RULES.iter().filter(|rule| rule.notable && rule.lessons.is_empty()) {
        let shown: Vec<_> = lessons.iter().filter(|(_, told)| told.contains(rule.id)).map(|(name, _)| name).collect();
        assert!(shown.is_empty(), "{} is shown by {shown:?} and names none of them", rule.id);
    }
}
