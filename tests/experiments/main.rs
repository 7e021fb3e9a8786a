//! Replays measured experiments through the pure model: what it predicts is what the kernel did.
//!
//! `tests/truth/experiments.json` holds experiments on Linux 6.18, each repeated 20 times. An experiment is replayed when every
//! call in it belongs to the vocabulary; the others are listed here by name, so that none is passed over in silence.

mod replay;
mod shorthand;

use std::collections::BTreeSet;

use serde_json::Value;
use tcpstory::story::{FindingKind, Story, tell};

use replay::Replay;

/// Experiments with calls or effects that the vocabulary does not have.
const BEYOND: &[(&str, &str)] = &[("M5", "TCP_FASTOPEN: no call of the vocabulary sends data with the SYN")];

/// Experiments that need a packet filter to be performed, and whose segments tell the model all that it needs.
const ALSO: &[&str] = &["G1", "G2"];

#[test]
fn the_model_allows_what_the_kernel_did() {
    let experiments: Vec<Value> =
        serde_json::from_str(include_str!("../truth/experiments.json")).expect("the file is JSON");
    let beyond: BTreeSet<&str> = BEYOND.iter().map(|(id, _)| *id).collect();
    let mut replayed = 0;
    let mut wrong = Vec::new();
    for experiment in &experiments {
        let id = experiment["id"].as_str().expect("an id");
        let wanted = experiment.get("needs").is_none_or(is_at_hand) || ALSO.contains(&id);
        if !wanted || beyond.contains(id) {
            continue;
        }
        let story =
            tell(Replay::recording(experiment).unwrap_or_else(|call| panic!("{id}: the vocabulary lacks {call}")));
        wrong.extend(mismatches(&story).into_iter().map(|text| format!("{id}: {text}")));
        replayed += 1;
    }
    assert!(wrong.is_empty(), "{} of {replayed} experiments:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(
        replayed + beyond.len(),
        70 + ALSO.len(),
        "every experiment that needs no more than processes is replayed or listed"
    );
}

/// Whether the actors of a scenario are all that an experiment needs.
fn is_at_hand(needs: &Value) -> bool {
    needs.as_array().is_some_and(|needs| needs.iter().all(|one| one == "process" || one == "vanish"))
}

fn mismatches(story: &Story) -> Vec<String> {
    let told = |kind: FindingKind, about: &[tcpstory::story::EventId]| {
        let names: Vec<_> = about
            .iter()
            .map(|event| {
                let entry = &story.entries[event.0];
                format!("{} {:?} {:?}", entry.id, story.recording.events[event.0], entry.told)
            })
            .collect();
        format!("{kind:?}: {}", names.join("; "))
    };
    story.findings.iter().filter(|one| one.kind.is_mismatch()).map(|one| told(one.kind, &one.about)).collect()
}
