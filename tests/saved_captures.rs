//! Stories saved as captures, as other people's tools read them: their counts must be the story's.
//!
//! One story is recorded (`tests/recordings/`), so that it needs no privilege; the others
//! are every shipped scenario, performed on the real kernel over both address families. So it has its own `main`, like every
//! test that enters the sandbox.

#[path = "support/live.rs"]
mod live;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use serde_json::Value;
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options as RunOptions;
use tcpstory::lab::{StopFlag, actor};
use tcpstory::record::{Family, Flags, Outcome, SandboxKind, Syscall, What};
use tcpstory::report::format::{self, json};
use tcpstory::report::{Options, Wireshark, tell};
use tcpstory::scenario::builtin::{self, Builtin};
use tcpstory::story::{EventId, FindingKind, Rel, Story};
use tempfile::TempDir;

use support::{missing, needing, output, require};

/// The programs that read the captures.
const TOOLS: &[&str] = &["tshark", "tcpdump", "editcap"];

/// The recorded story.
const RECORDED: &str = include_str!("recordings/broken-pipe.json");

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    let mut trials = vec![needing(TOOLS, "recorded", recorded)];
    for family in [Family::Ipv4, Family::Ipv6] {
        trials.extend(builtin::all().filter_map(|scenario| performing(&standing, scenario, family)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn performing(standing: &live::Standing, scenario: &'static Builtin, family: Family) -> Option<Trial> {
    let name = format!("{}_{}", if family == Family::Ipv6 { "ipv6" } else { "ipv4" }, scenario.name);
    match missing(TOOLS) {
        Some(reason) => Some(Trial::ignorable_test(name, move || require::unavailable(&reason))),
        None => live::trial(standing, name, |_| true, move |ground| performed(ground, scenario, family)),
    }
}

fn recorded() -> Result<(), Failed> {
    let recording = json::read(RECORDED.as_bytes()).map_err(|error| format!("{error:?}"))?;
    let saved = Saved::new(tell(recording, &Options::default()))?;
    saved.is_the_storys()?;
    saved.filters_find_the_storys()?;
    saved.tells_a_broken_pipe()?;
    let around = saved.places(&["[c3] write(\"b\") …", "[p6] RST", "[c3] = 1"])?;
    assert!(around.is_sorted(), "the write stands around the RST that it provoked: {around:?}");
    Ok(())
}

fn performed(ground: Ground, scenario: &Builtin, family: Family) -> Result<(), Failed> {
    let mut script = scenario.parse().map_err(|errors| format!("{errors:?}"))?;
    script.network.family = family;
    let recording = run(&ground, &script, &RunOptions::default(), &StopFlag::new()?)?;
    let saved = Saved::new(tell(recording, &Options::default()))?;
    saved.is_the_storys()?;
    if scenario.name == "broken-pipe" {
        saved.filters_find_the_storys()?;
        saved.tells_a_broken_pipe()?;
    }
    Ok(())
}

/// What can be counted in a story and in its capture.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    packets: usize,
    resets: usize,
    explained: usize,
    failed: usize,
}

/// What tshark is asked of every line of the packet list, and the places of the answers.
const FIELDS: &[&str] = &[
    "tcp.stream",
    "tcp.flags.reset",
    "frame.comment",
    "systemd_journal.errno",
    "systemd_journal.message",
    "frame.time_delta",
    "_ws.malformed",
    "_ws.col.Source",
];
const STREAM: usize = 0;
const RESET: usize = 1;
const COMMENT: usize = 2;
const ERRNO: usize = 3;
const MESSAGE: usize = 4;
const DELTA: usize = 5;
const MALFORMED: usize = 6;
const SOURCE: usize = 7;

/// A story with its captures in a folder: `x.pcapng`, `comments.pcapng`, `plain.pcapng` and `x.pcap`.
struct Saved {
    story: Story,
    folder: TempDir,
}

impl Saved {
    fn new(story: Story) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let modes = [
            ("x.pcapng", "pcapng", Wireshark::Journal),
            ("comments.pcapng", "pcapng", Wireshark::Comments),
            ("plain.pcapng", "pcapng", Wireshark::Plain),
            ("x.pcap", "pcap", Wireshark::Journal),
        ];
        for (file, name, wireshark) in modes {
            let format = format::by_name(name).ok_or("no such format")?;
            let options = Options { wireshark, ..Options::default() };
            fs::write(folder.path().join(file), (format.write)(&story, &options))?;
        }
        Ok(Self { story, folder })
    }

    /// The lines of the packet list that pass a filter: one field of each.
    fn shown(&self, file: &str, filter: &str, field: &str) -> Result<Vec<String>, Failed> {
        let arguments = ["-r", file, "-N", "n", "-Y", filter, "-T", "fields", "-e", field];
        Ok(output(self.folder.path(), "tshark", &arguments)?.lines().map(str::to_owned).collect())
    }

    /// What holds for every story.
    fn is_the_storys(&self) -> Result<(), Failed> {
        let lines = self.list()?;
        self.list_is_the_storys(&lines);
        let comments: Vec<&str> = lines.iter().map(|line| line[COMMENT].as_str()).collect();
        self.comments_are_the_timelines_causes(&comments)?;
        self.packets_are_the_same_in_every_file()?;
        self.editcap_keeps_what_is_said()
    }

    /// tshark's whole packet list, looked at once.
    fn list_is_the_storys(&self, lines: &[Vec<String>]) {
        let recording = &self.story.recording;
        let having = |field: usize| lines.iter().filter(move |line| !line[field].is_empty());
        assert_eq!(having(MALFORMED).count(), 0, "{lines:#?}");
        assert!(having(DELTA).all(|line| !line[DELTA].starts_with('-')), "time runs backwards: {lines:#?}");
        let counted = Counts {
            packets: having(STREAM).count(),
            resets: having(RESET).filter(|line| line[RESET] == "1").count(),
            explained: having(COMMENT).count(),
            failed: having(ERRNO).count(),
        };
        assert_eq!(counted, self.counts(), "{lines:#?}");
        let begun = having(MESSAGE).filter(|line| line[MESSAGE].ends_with(" …")).count();
        let happened =
            recording.events.iter().filter(|event| !matches!(event.what, What::Segment { .. } | What::State(_)));
        assert_eq!(having(MESSAGE).count(), happened.count() + begun, "{lines:#?}");
        if recording.machine.sandbox == SandboxKind::Namespace || recording.script.network.family == Family::Ipv4 {
            let shown: BTreeSet<&str> = having(STREAM).map(|line| line[SOURCE].as_str()).collect();
            let names: BTreeSet<&str> = recording.actors.iter().map(|actor| actor.name.as_str()).collect();
            assert!(shown.is_subset(&names), "{shown:?} are not all among {names:?}");
            assert_eq!(shown.is_empty(), counted.packets == 0, "a connection has two named ends");
        }
    }

    /// Whatever the timeline gives as the cause of a segment stands on its packet, in the same words and with the same ids.
    fn comments_are_the_timelines_causes(&self, comments: &[&str]) -> Result<(), Failed> {
        let format = format::by_name("json").ok_or("no timeline")?;
        let timeline: Value = serde_json::from_slice(&(format.write)(&self.story, &Options::default()))?;
        let list = |key: &str| timeline[key].as_array().ok_or("a list");
        let pairs = list("events")?.iter().map(|event| Some((event["id"].as_str()?, event["alias"].as_str()?)));
        let aliases: BTreeMap<&str, &str> = pairs.collect::<Option<_>>().ok_or("an event without its ids")?;
        let alias = |id: &Value| id.as_str().and_then(|id| aliases.get(id)).ok_or("a cause of no event");
        for cause in list("causes")?.iter().filter(|cause| cause["brief"].is_string()) {
            let of = alias(&cause["of"])?;
            let own = comments.iter().find(|comment| comment.starts_with(&format!("[{of}] ")));
            let own = own.ok_or_else(|| format!("no comment on {of} in {comments:#?}"))?;
            let brief = cause["brief"].as_str().unwrap_or_default();
            assert!(own.contains(&format!(" <- {brief}")), "{own} does not say {brief}");
            for event in cause["because"].as_array().into_iter().flatten() {
                assert!(own.contains(alias(event)?), "{own} does not name {event}");
            }
        }
        Ok(())
    }

    /// The fields of every line of the packet list.
    fn list(&self) -> Result<Vec<Vec<String>>, Failed> {
        let mut arguments = vec!["-r", "x.pcapng", "-N", "n", "-T", "fields"];
        arguments.extend(FIELDS.iter().flat_map(|field| ["-e", field]));
        let printed = output(self.folder.path(), "tshark", &arguments)?;
        Ok(printed.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }

    /// The filters that the file itself, and the documentation, tell people to use.
    fn filters_find_the_storys(&self) -> Result<(), Failed> {
        let Counts { packets, resets, explained, failed } = self.counts();
        for (file, filter, count) in [
            ("x.pcapng", "tcp", packets),
            ("x.pcapng", "tcp.flags.reset == 1", resets),
            ("x.pcapng", "frame.comment", explained),
            ("x.pcapng", "systemd_journal.errno", failed),
            ("comments.pcapng", "frame.comment && tcp", explained),
            ("comments.pcapng", "!tcp", 0),
            ("plain.pcapng", "frame.comment || systemd_journal", 0),
            ("plain.pcapng", "tcp", packets),
        ] {
            assert_eq!(self.shown(file, filter, "frame.number")?.len(), count, "{filter} in {file}");
        }
        let names: Vec<&str> = self.story.recording.actors.iter().map(|actor| actor.name.as_str()).collect();
        let shown = self.shown("plain.pcapng", "tcp", "_ws.col.Source")?;
        assert!(shown.iter().all(|source| !names.contains(&source.as_str())), "{shown:?}");
        Ok(())
    }

    fn counts(&self) -> Counts {
        let recording = &self.story.recording;
        let segments = || recording.events.iter().filter_map(|event| recording.segment(event));
        let is_failed = |what: &What| matches!(what, What::Syscall(Syscall { outcome: Outcome::Failed { .. }, .. }));
        Counts {
            packets: segments().count(),
            resets: segments().filter(|segment| segment.flags.has(Flags::RST)).count(),
            explained: self.explained().len(),
            failed: recording.events.iter().filter(|event| is_failed(&event.what)).count(),
        }
    }

    /// The segments about which the story has something to say.
    fn explained(&self) -> BTreeSet<EventId> {
        let doubts = [FindingKind::Likely, FindingKind::Retransmission, FindingKind::SegmentNotExplained];
        let findings = self.story.findings.iter().filter(|finding| doubts.contains(&finding.kind));
        let doubted = findings.filter_map(|finding| finding.about.first().copied());
        let caused = self.story.causes.iter().map(|cause| cause.of);
        let felt = self.story.links.iter().filter(|link| link.rel == Rel::Failed).map(|link| link.from);
        let is_segment = |event: &EventId| matches!(self.story.recording.events[event.0].what, What::Segment { .. });
        doubted.chain(caused).chain(felt).filter(is_segment).collect()
    }

    fn packets_are_the_same_in_every_file(&self) -> Result<(), Failed> {
        let folder = self.folder.path();
        let read = |file: &str| output(folder, "tcpdump", &["-n", "-vv", "-tt", "--nano", "-r", file]);
        let packets = read("x.pcap")?;
        assert!(!packets.contains("incorrect"), "{packets}");
        for file in ["x.pcapng", "comments.pcapng", "plain.pcapng"] {
            assert_eq!(read(file)?, packets, "{file}");
        }
        output(folder, "editcap", &["-F", "nsecpcap", "plain.pcapng", "made.pcap"])?;
        assert!(fs::read(folder.join("made.pcap"))? == fs::read(folder.join("x.pcap"))?);
        Ok(())
    }

    fn editcap_keeps_what_is_said(&self) -> Result<(), Failed> {
        output(self.folder.path(), "editcap", &["-F", "pcapng", "x.pcapng", "again.pcapng"])?;
        let [before, after] = ["x.pcapng", "again.pcapng"].map(|file| said(&self.folder.path().join(file)));
        assert_eq!(after?, before?);
        Ok(())
    }

    /// No result stands before its cause. Where the machine is busy, a write may have returned before the RST that it provoked
    /// is there; so only what causes it must be before the RST.
    fn tells_a_broken_pipe(&self) -> Result<(), Failed> {
        let places = self.places(&[
            "[s4] close()",
            "[p4] FIN <- s4 closed the socket",
            "[c3] write(\"b\")",
            "[p6] RST <- p5 hit a socket closed by s4 | felt at c4",
            "[c4] write(\"c\") …",
            "[g1] caught SIGPIPE <- c4",
            "[c4] write(\"c\") = -1 EPIPE (Broken pipe) <- p6",
        ])?;
        assert!(places.is_sorted(), "{places:?}");
        let resets = self.shown("x.pcapng", "tcp.flags.reset == 1", "frame.number")?;
        assert_eq!(resets, [(places[3] + 1).to_string()]);
        let failed = self.shown("x.pcapng", "systemd_journal.errno == 32", "systemd_journal.comm")?;
        assert_eq!(failed, ["client"]);
        Ok(())
    }

    /// Where in the packet list these texts stand, as Info or comment.
    fn places(&self, texts: &[&str]) -> Result<Vec<usize>, Failed> {
        let arguments = ["-r", "x.pcapng", "-T", "fields", "-e", "_ws.col.Info", "-e", "frame.comment"];
        let list = output(self.folder.path(), "tshark", &arguments)?;
        let place = |text: &&str| list.lines().position(|line| line.contains(text));
        texts.iter().map(|text| place(text).ok_or_else(|| format!("{text} is not in\n{list}").into())).collect()
    }
}

/// The comments and rows of a capture, in its order, and its packets between them.
fn said(file: &Path) -> Result<Vec<String>, Failed> {
    let mut reader = PcapNgReader::new(fs::File::open(file)?)?;
    let mut all = Vec::new();
    while let Some(block) = reader.next_block() {
        match block?.0 {
            Block::EnhancedPacket(packet) => {
                all.push(format!("{:02x?}", packet.data));
                all.extend(packet.options.iter().filter_map(|option| match option {
                    EnhancedPacketOption::Common(CommonOption::Comment(comment)) => Some(comment.to_string()),
                    _ => None,
                }));
            }
            Block::SystemdJournalExport(row) => {
                let entry = String::from_utf8_lossy(&row.journal_entry);
                all.extend(entry.lines().filter(|line| line.starts_with("MESSAGE=")).map(str::to_owned));
            }
            _ => {}
        }
    }
    Ok(all)
}
