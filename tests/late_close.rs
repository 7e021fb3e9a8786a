//! A recorded run in which a process is killed a moment earlier: what its peer has sent reaches a socket that is about to be closed.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::path::Path;

use tcpstory::record::{Event, Recording, Signal, SignalCaught, What};
use tcpstory::report::format::json;
use tcpstory::story::{Story, tell};

/// The server is killed before the client's data comes, does not read it, and nobody asks for states meanwhile.
fn killed_before_the_data() -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/server-crash-unread.json");
    let mut recording = json::read(&std::fs::read(path).unwrap()).unwrap();
    let place = |fits: fn(&What) -> bool| recording.events.iter().position(|event| fits(&event.what)).unwrap();
    let kill = place(|what| matches!(what, What::Kill(_)));
    let write = place(|what| matches!(what, What::Syscall(call) if call.call.data().is_some()));
    let mut meanwhile: Vec<Event> = recording.events.drain(write + 1..=kill).collect();
    let mut killed = meanwhile.pop().unwrap();
    killed.t_ns = meanwhile[0].t_ns - 1;
    meanwhile.retain(|event| matches!(event.what, What::Segment { .. }));
    meanwhile.insert(0, killed);
    let taken_out = kill - write - meanwhile.len();
    let at = write + 1;
    recording.events.splice(at..at, meanwhile);
    for event in &mut recording.events {
        if let What::Signal(SignalCaught { during, signal: Signal::SIGPIPE, .. }) = &mut event.what {
            *during -= taken_out;
        }
    }
    recording
}

fn mismatches(story: &Story) -> Vec<String> {
    story.findings.iter().filter(|found| found.kind.is_mismatch()).map(|found| format!("{found:?}")).collect()
}

/// The descriptors of a process that ends are closed one after another: what came in between was unread.
#[test]
fn what_comes_before_the_close_takes_effect_is_unread() {
    let story = tell(killed_before_the_data());
    assert_eq!(mismatches(&story), Vec::<String>::new());
    let rule = "the-end-of-a-process-with-unread-data-sends-rst";
    assert!(story.causes.iter().any(|cause| cause.rule == rule), "{:?}", story.causes);
}
