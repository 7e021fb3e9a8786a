//! Recorded runs out of which a segment was taken: that it is missing is a finding.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::path::Path;

use tcpstory::record::{End, Flags, Recording, StepId, What};
use tcpstory::report::format::json;
use tcpstory::report::words;
use tcpstory::story::{FindingKind, Story, tell};

fn recording(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name).with_extension("json");
    json::read(&std::fs::read(path).unwrap()).unwrap()
}

/// The recording as if the first segment with exactly these flags had never been sent.
fn without(name: &str, flags: Flags) -> Recording {
    let mut recording = recording(name);
    let segments = recording.events.iter().filter_map(|event| match event.what {
        What::Segment { frame } => Some(frame),
        _ => None,
    });
    let fits = |frame: &tcpstory::record::FrameId| {
        recording.frames[frame.0].segment.as_ref().is_some_and(|segment| segment.flags == flags)
    };
    let frame = segments.into_iter().find(fits).unwrap();
    recording.frames[frame.0].segment = None;
    recording
}

fn missing(story: &Story) -> Vec<FindingKind> {
    story.findings.iter().map(|finding| finding.kind).filter(|kind| kind.is_missing()).collect()
}

fn sentence(story: &Story, kind: FindingKind) -> String {
    words::finding(story, story.findings.iter().find(|finding| finding.kind == kind).unwrap())
}

/// In a run in which everything came nothing is missing.
#[test]
fn nothing_is_missing_where_all_came() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert_eq!(missing(&tell(recording(&name))), [], "{name}");
    }
}

#[test]
fn a_close_calls_for_a_fin() {
    let story = tell(without("broken-pipe", Flags::FIN.with(Flags::ACK)));
    assert_eq!(missing(&story), [FindingKind::FinMissing]);
    let told = sentence(&story, FindingKind::FinMissing);
    assert!(told.starts_with("the model does not explain this: s"), "{told}");
    assert!(told.ends_with(" calls for a FIN, and none was captured"), "{told}");
}

#[test]
fn data_for_a_closed_socket_calls_for_an_rst() {
    assert_eq!(missing(&tell(without("broken-pipe", Flags::RST))), [FindingKind::RstMissing]);
}

#[test]
fn an_abort_calls_for_an_rst() {
    assert_eq!(missing(&tell(without("abortive-close", Flags::RST.with(Flags::ACK)))), [FindingKind::RstMissing]);
}

#[test]
fn a_syn_calls_for_an_answer() {
    let found = missing(&tell(without("broken-pipe", Flags::SYN.with(Flags::ACK))));
    assert!(found.contains(&FindingKind::SynAckMissing), "{found:?}");
    assert_eq!(missing(&tell(without("connection-refused", Flags::RST.with(Flags::ACK)))), [FindingKind::RstMissing]);
}

#[test]
fn a_connect_calls_for_a_syn() {
    let found = missing(&tell(without("broken-pipe", Flags::SYN)));
    assert!(found.contains(&FindingKind::SynMissing), "{found:?}");
}

/// What was cut off may have come later, and what was dropped may have come.
#[test]
fn a_run_that_is_not_whole_says_nothing() {
    let mut cut = without("broken-pipe", Flags::RST);
    cut.end = End::Interrupted { at: StepId(8) };
    assert_eq!(missing(&tell(cut)), []);
    let mut dropped = without("broken-pipe", Flags::RST);
    dropped.capture.dropped = 1;
    assert_eq!(missing(&tell(dropped)), []);
}
