//! Replays measured experiments through the pure model: what it predicts is what the kernel did.
//!
//! `tests/truth/experiments.json` holds experiments on Linux 6.18, each repeated 20 times. An experiment is replayed when every
//! call in it belongs to the vocabulary; the one other is listed here by name, so that none is passed over in silence. Where not
//! all repetitions went alike, every way is replayed. What the segments carry is what the calls wrote, and each read must have
//! got what the model says that it took.

mod arranged;
mod bytes;
mod replay;
mod shorthand;
mod variants;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tcpstory::record::{Call, Detail, MsgFlag, Outcome, Syscall, What};
use tcpstory::story::{EventId, FindingKind, Story, Stream, tell};

use replay::Replay;
use variants::ways;

/// The one experiment that is not replayed. TCP Fast Open (RFC 7413) sends data with the SYN, by a flag of sendto that names the
/// peer; it needs a cookie of an earlier connection and a setting at the server that is off by default, and hardly any network lets
/// it pass. No lesson needs it, so neither the vocabulary nor the model has it.
const BEYOND: &str = "M5";

/// Experiments that need a packet filter to be performed, and whose segments tell the model all that it needs.
const ALSO: &[&str] = &["G1", "G2"];

#[test]
fn the_model_allows_what_the_kernel_did() {
    let experiments: Vec<Value> =
        serde_json::from_str(include_str!("../truth/experiments.json")).expect("the file is JSON");
    let (mut replayed, mut beyond, mut variants) = (0, Vec::new(), 0);
    let mut wrong = Vec::new();
    for experiment in &experiments {
        let id = experiment["id"].as_str().expect("an id");
        if !experiment.get("needs").is_none_or(is_at_hand) && !ALSO.contains(&id) {
            continue;
        }
        if id == BEYOND {
            beyond.push(Replay::recording(experiment).expect_err("no call of the vocabulary"));
            continue;
        }
        for (name, way) in ways(experiment) {
            let recording =
                Replay::recording(&way).unwrap_or_else(|call| panic!("{name}: the vocabulary lacks {call}"));
            let story = tell(recording);
            wrong.extend(mismatches(&story).into_iter().map(|text| format!("{name}: {text}")));
            wrong.extend(read_otherwise(&story).into_iter().map(|text| format!("{name}: {text}")));
            variants += 1;
        }
        replayed += 1;
    }
    assert!(wrong.is_empty(), "{} of {variants} ways:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(beyond, ["sendto(MSG_FASTOPEN)()"], "only one experiment is passed over, and for its call");
    assert_eq!(replayed, 69 + ALSO.len(), "every other one that needs no more than processes is replayed");
    assert!(variants > replayed + 15, "only {variants} ways of {replayed} experiments");
}

#[test]
fn what_is_arranged_is_arranged_for_an_experiment() {
    let experiments: Vec<Value> =
        serde_json::from_str(include_str!("../truth/experiments.json")).expect("the file is JSON");
    let ids: BTreeSet<&str> = experiments.iter().filter_map(|one| one["id"].as_str()).collect();
    assert!(arranged::known().all(|id| ids.contains(id)));
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

/// Reads that returned other bytes than those that the model says they took, by what the segments carried.
fn read_otherwise(story: &Story) -> Vec<String> {
    let events = &story.recording.events;
    let mut took: BTreeMap<EventId, Vec<u8>> = BTreeMap::new();
    for stream in &story.streams {
        let carried = carried(story, stream);
        for piece in &stream.reads {
            let range = usize::try_from(piece.begin).expect("a place")..usize::try_from(piece.end).expect("a place");
            took.entry(piece.event).or_default().extend(&carried[range]);
        }
    }
    let got = events.iter().enumerate().filter_map(|(place, event)| match &event.what {
        What::Syscall(Syscall { call, outcome: Outcome::Returned { detail: Detail::Data(data), .. }, .. }) => {
            let beside = matches!(call, Call::Recv { flags, .. } if flags.contains(&MsgFlag::Peek) || flags.contains(&MsgFlag::Oob));
            (!beside && !data.0.is_empty()).then_some((EventId(place), &data.0))
        }
        _ => None,
    });
    let other = got.filter(|(event, data)| !took.get(event).is_some_and(|took| took.starts_with(data)));
    other.map(|(event, data)| format!("{}: {data:?}, not {:?}", story.entries[event.0].id, took.get(&event))).collect()
}

/// The bytes of a stream, as far as segments carried them.
fn carried(story: &Story, stream: &Stream) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(stream.size()).expect("a size")];
    for piece in &stream.segments {
        let segment = story.recording.segment(&story.recording.events[piece.event.0]).expect("a segment");
        let begin = usize::try_from(piece.begin).expect("a place");
        let end = usize::try_from(piece.end).expect("a place");
        bytes[begin..end].copy_from_slice(&segment.payload[segment.payload.len() - (end - begin)..]);
    }
    bytes
}
