//! The rules that a story tells of.

use std::collections::BTreeSet;

use tcpstory::story::rules::RULES;
use tcpstory::story::{Story, Told};

/// The rules that a story tells of: as causes, or as the one that foresaw an outcome.
pub(crate) fn told(story: &Story) -> BTreeSet<&'static str> {
    let causes = story.causes.iter().map(|cause| cause.rule);
    let foreseen = story.entries.iter().filter_map(|entry| match &entry.told {
        Told::Call(call) if call.explained => Some(&call.prediction.allowed),
        _ => None,
    });
    causes.chain(foreseen.flatten().map(|allowed| allowed.rule)).collect()
}

/// What is wrong between the table and a lesson that tells of those rules: a rule that names the lesson and is not told, or one
/// that a reader is told unasked and that names no lesson at all.
pub(crate) fn disagreements(lesson: &str, told: &BTreeSet<&'static str>) -> Vec<String> {
    let wrong = |rule: &tcpstory::story::rules::Rule| match told.contains(rule.id) {
        false if rule.lessons.contains(&lesson) => Some(format!("{lesson} does not show {}", rule.id)),
        true if rule.notable && rule.lessons.is_empty() => {
            Some(format!("{} is shown by {lesson} and names no lesson", rule.id))
        }
        _ => None,
    };
    RULES.iter().filter_map(wrong).collect()
}
