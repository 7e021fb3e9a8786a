use super::{count, escape};
use crate::record::{Family, SandboxKind, What};
use crate::story::Story;

/// Where a story happened, and how large it is: `Linux 6.18 · loopback · IPv4 · 9 calls, 9 segments`.
pub fn facts(story: &Story) -> String {
    let recording = &story.recording;
    let network = match recording.machine.sandbox {
        SandboxKind::Namespace => "loopback",
        SandboxKind::HostLoopback => "the host's loopback",
    };
    let family = match recording.script.network.family {
        Family::Ipv4 => "IPv4",
        Family::Ipv6 => "IPv6",
    };
    let number = |wanted: fn(&What) -> bool| recording.events.iter().filter(|event| wanted(&event.what)).count() as u64;
    let calls = count(number(|what| matches!(what, What::Syscall(_))), "call");
    let segments = count(number(|what| matches!(what, What::Segment { .. })), "segment");
    let kernel = escape(&version(&recording.machine.kernel));
    format!("Linux {kernel} · {network} · {family} · {calls}, {segments}")
}

/// `6.18` of `6.18.3-generic`.
fn version(release: &str) -> String {
    release.split('.').take(2).collect::<Vec<_>>().join(".")
}
