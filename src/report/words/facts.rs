use super::{count, escape};
use crate::record::{Family, Recording, SandboxKind, What};
use crate::story::Story;

/// Where a story happened, and how large it is: `Linux 6.18 · loopback · IPv4 · 9 calls, 9 segments`.
pub fn facts(story: &Story) -> String {
    let recording = &story.recording;
    let network = match recording.machine.sandbox {
        SandboxKind::Namespace => "loopback",
        SandboxKind::HostLoopback => "the host's loopback",
    };
    let number = |wanted: fn(&What) -> bool| recording.events.iter().filter(|event| wanted(&event.what)).count() as u64;
    let calls = count(number(|what| matches!(what, What::Syscall(_))), "call");
    let segments = count(number(|what| matches!(what, What::Segment { .. })), "segment");
    let kernel = escape(&version(&recording.machine.kernel));
    format!("Linux {kernel} · {network} · {} · {calls}, {segments}", families(recording))
}

/// What the segments went over; where there are none, what the script asks for.
fn families(recording: &Recording) -> &'static str {
    let went = |is_ipv4: bool| {
        let mut segments = recording.events.iter().filter_map(|event| recording.segment(event));
        segments.any(|segment| segment.src.is_ipv4() == is_ipv4)
    };
    match (went(true), went(false), recording.script.network.family) {
        (true, true, _) => "IPv4 and IPv6",
        (true, false, _) | (false, false, Family::Ipv4) => "IPv4",
        (false, true, _) | (false, false, Family::Ipv6) => "IPv6",
    }
}

/// `6.18` of `6.18.3-generic`.
fn version(release: &str) -> String {
    release.split('.').take(2).collect::<Vec<_>>().join(".")
}
