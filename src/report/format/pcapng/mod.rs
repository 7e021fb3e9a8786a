//! The annotated capture: packets with comments, names for addresses, and the calls as rows between the packets.
//!
//! What Wireshark shows is one list, so [`order`] puts packets and calls into one order in which no result stands before its
//! cause; [`comments`] and [`rows`] say what they are.

mod comments;
mod order;
mod rows;
#[cfg(test)]
mod tests;

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::pcap::{Clock, frame};
use crate::capture::pcapng::{Annotated, Block, Direction, Interface, Section, Statistics, write as write_file};
use crate::record::{Recording, SandboxKind, What};
use crate::report::ties::Ties;
use crate::report::{Options, Wireshark, words};
use crate::story::{FindingKind, Story};
use comments::Comments;
use order::Line;

/// Writes the capture with as much of the story as the options ask for.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let annotated = annotated(story, options.wireshark);
    let annotated = if options.wireshark == Wireshark::Plain { annotated.plain() } else { annotated };
    let mut file = Vec::new();
    write_file(&mut file, &annotated).expect("a Vec takes everything, frames were cut to what fits, fields have names");
    file
}

fn annotated(story: &Story, mode: Wireshark) -> Annotated<'_> {
    let ties = Ties::new(story);
    let recording = &story.recording;
    Annotated {
        section: section(story, mode),
        interface: interface(recording),
        names: names(recording),
        blocks: blocks(&ties, mode),
        statistics: Some(statistics(recording)),
    }
}

fn section(story: &Story, mode: Wireshark) -> Section {
    let Recording { script, machine, .. } = &story.recording;
    let mut comments = vec![words::escape(&script.title)];
    comments.extend(script.goals.iter().map(|goal| format!("goal: {}", words::plain(goal))));
    comments.push(format!("scenario {}, sha256 {}", words::escape(&script.id), words::escape(&script.source.sha256)));
    let about_the_run = |kind| matches!(kind, FindingKind::FramesDropped | FindingKind::CutShort);
    let findings = story.findings.iter().filter(|finding| about_the_run(finding.kind));
    comments.extend(findings.map(|finding| words::finding(story, finding)));
    if mode == Wireshark::Journal {
        comments.push(
            "system calls are rows between the packets; to filter: systemd_journal (calls), systemd_journal.errno (failed \
             calls), tcp (packets)"
                .to_owned(),
        );
    }
    Section {
        comments,
        hardware: machine.arch.clone(),
        os: format!("Linux {}", machine.kernel),
        application: format!("tcpstory {}", env!("CARGO_PKG_VERSION")),
    }
}

fn interface(recording: &Recording) -> Interface {
    let description = match recording.machine.sandbox {
        SandboxKind::Namespace => "loopback of a network namespace made for this run",
        SandboxKind::HostLoopback => "the host's loopback; only the segments of this run",
    };
    Interface {
        name: recording.capture.interface.clone(),
        description: description.to_owned(),
        filter: String::new(), // none is needed to read the file, and none in libpcap's language was set
    }
}

/// The actors by address, but none for an address that several have. A forked actor has the address, and the sockets, of its parent.
fn names(recording: &Recording) -> Vec<(IpAddr, String)> {
    let mut names: BTreeMap<IpAddr, Vec<&str>> = BTreeMap::new();
    for actor in recording.actors.iter().filter(|actor| actor.forked_from.is_none()) {
        names.entry(actor.address).or_default().push(&actor.name);
    }
    let only = |(address, names): (IpAddr, Vec<&str>)| match names.as_slice() {
        [name] => Some((address, words::escape(name))),
        _ => None,
    };
    names.into_iter().filter_map(only).collect()
}

fn statistics(recording: &Recording) -> Statistics {
    let clock = Clock::of(recording);
    let begun = recording.steps.first().map(|step| step.begin_ns);
    let start_ns = recording.events.iter().map(|event| event.t_ns).chain(begun).min().unwrap_or_default();
    Statistics {
        start_unix_ns: clock.unix_ns(start_ns),
        end_unix_ns: clock.unix_ns(order::end_ns(recording)),
        received: recording.capture.received,
        dropped: recording.capture.dropped,
    }
}

fn blocks<'a>(ties: &Ties<'a>, mode: Wireshark) -> Vec<Block<'a>> {
    let recording = &ties.story.recording;
    let clock = Clock::of(recording);
    let comments = Comments::new(ties);
    let block = |line: Line| {
        let unix_ns = clock.unix_ns(line.t_ns);
        match recording.events[line.event.0].what {
            What::Segment { .. } => Some(Block::Packet {
                unix_ns,
                bytes: frame(recording, line.event)?,
                comments: comments.of(line.event),
                direction: Direction::Inbound,
            }),
            _ if mode == Wireshark::Journal => Some(Block::Journal { unix_ns, fields: rows::fields(ties, line)? }),
            _ => None,
        }
    };
    order::lines(ties).into_iter().filter_map(block).collect()
}
