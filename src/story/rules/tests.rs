use std::collections::BTreeSet;

use super::RULES;
use crate::scenario::builtin;

#[test]
fn ids_are_unique_words() {
    let ids: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    let plain = |id: &str| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    assert!(RULES.iter().all(|rule| !rule.id.is_empty() && plain(rule.id)));
}

#[test]
fn every_rule_has_a_statement() {
    for rule in RULES {
        assert!(rule.statement.ends_with('.'), "{}", rule.id);
    }
}

/// Every id that the model and the links name is a row of the table, and every row is named.
#[test]
fn rules_are_used_and_known() {
    let sources = concat!(include_str!("../predict.rs"), include_str!("../walk.rs"), include_str!("../origin.rs"));
    let named: BTreeSet<&str> =
        sources.split('"').skip(1).step_by(2).filter(|text| text.matches('-').count() >= 1).collect();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(named, known);
}

#[test]
fn lessons_are_shipped() {
    for rule in RULES {
        for lesson in rule.lessons {
            assert!(builtin::get(lesson).is_some(), "{}: {lesson}", rule.id);
        }
    }
}
