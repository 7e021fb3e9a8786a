//! Words of the scenario language on the real kernel: each file is held to its own expectations and to the model, over both
//! families.

use libtest_mimic::Failed;
use tcpstory::lab::sandbox::Ground;
use tcpstory::record::Family;
use tcpstory::report::words;
use tcpstory::scenario::{Given, SourceText, parse_given};
use tcpstory::story::tell;

use crate::perform;

/// Every file of the folder beside this one.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("epoll", include_str!("vocabulary/epoll.toml")),
    ("descriptors", include_str!("vocabulary/descriptors.toml")),
    ("pairs", include_str!("vocabulary/pairs.toml")),
    ("vanish", include_str!("vocabulary/vanish.toml")),
    ("network", include_str!("vocabulary/network.toml")),
];

pub(crate) fn holds(ground: Ground, name: &str, text: &str) -> Result<(), Failed> {
    for family in [Family::Ipv4, Family::Ipv6] {
        let source = SourceText { path: name, bytes: text.as_bytes() };
        let script = parse_given(&source, &Given { family: Some(family), rules: None })
            .map_err(|wrong| wrong.iter().map(|wrong| wrong.render(false)).collect::<String>())?;
        let story = tell(perform(ground, &script)?);
        let mut wrong: Vec<String> = Vec::new();
        for check in story.verdict.checks.iter().filter(|check| !check.passed) {
            wrong
                .push(format!("{name} {family:?} line {}: {:?}, found {:?}", check.line, check.expected, check.actual));
        }
        for finding in story.findings.iter().filter(|finding| finding.kind.is_mismatch()) {
            wrong.push(format!("{name} {family:?}: {}", words::finding(&story, finding)));
        }
        if !wrong.is_empty() || !story.verdict.passed() {
            return Err(format!("{:?}\n{}", story.recording.end, wrong.join("\n")).into());
        }
    }
    Ok(())
}
