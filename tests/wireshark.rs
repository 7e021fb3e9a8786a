//! The profile for Wireshark, and the captures as tshark shows them with it; and the header fields of the timeline as tshark dissects
//! them.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed};
use roxmltree::{Document, Node};
use serde_json::Value;
use tcpstory::capture::pcap;
use tcpstory::packet::build_frame;
use tcpstory::packet::fields::{Field, Layer, fields, kinds};
use tcpstory::record::{Event, Flags, Recording, Segment, TcpOptions};
use tcpstory::report::Options;
use tcpstory::report::format::{self, json};
use tcpstory::story::tell;
use tempfile::TempDir;

use support::{needing, output};

/// The recorded stories that are looked at.
const RECORDED: [&str; 5] =
    ["broken-pipe", "connection-refused", "half-close", "server-crash-unread", "upstream-prematurely-closed"];

/// The columns, from left to right.
const COLUMNS: [&str; 11] = ["No.", "Time", "Δ", "Who", "Flags", "Seq", "Ack", "Win", "Len", "Analysis", "Story"];

/// A test: its name, the programs that it needs, and what it does.
type Test = (&'static str, &'static [&'static str], fn(&Desk) -> Result<(), Failed>);

const TESTS: [Test; 9] = [
    ("every_column_is_filled", &["tshark"], every_column_is_filled),
    ("every_colour_rule_is_used", &["tshark"], every_colour_rule_is_used),
    ("every_button_finds_something", &["tshark"], every_button_finds_something),
    ("every_preference_is_taken", &["tshark"], every_preference_is_taken),
    ("an_errno_finds_the_failing_call", &["tshark"], an_errno_finds_the_failing_call),
    ("comments_are_the_causes_of_the_timeline", &["tshark"], comments_are_the_causes_of_the_timeline),
    ("editcap_keeps_comments", &["tshark", "editcap"], editcap_keeps_comments),
    ("header_fields_are_those_that_tshark_sees", &["tshark"], header_fields_are_those_that_tshark_sees),
    ("filters_and_names_are_wiresharks", &["tshark"], filters_and_names_are_wiresharks),
];

fn main() {
    let desk = Arc::new(Desk::new().unwrap_or_else(|error| panic!("{error:?}")));
    let mut trials = Vec::new();
    for (name, tools, test) in TESTS {
        let desk = Arc::clone(&desk);
        trials.push(needing(tools, name, move || test(&desk)));
    }
    drop(desk);
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A folder with the profile installed in it, and with captures of recorded stories: `NAME.pcapng`, `NAME.pcap`, `NAME.json`.
struct Desk {
    folder: TempDir,
    names: Vec<String>,
}

impl Desk {
    fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let program =
            std::env::var_os("TCPSTORY_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_tcpstory").into(), PathBuf::from);
        let arguments = ["wireshark", "install", "--dir"];
        let installed = Command::new(program).args(arguments).arg(folder.path()).output()?;
        assert!(installed.status.success(), "{installed:?}");
        let mut desk = Self { folder, names: Vec::new() };
        for name in RECORDED {
            desk.tell(name, recorded(name)?)?;
        }
        desk.tell("retransmission", retransmitting()?)?;
        Ok(desk)
    }

    fn tell(&mut self, name: &str, recording: Recording) -> Result<(), Failed> {
        let story = tell(recording);
        for format in ["pcapng", "pcap", "json"].map(|name| format::by_name(name).expect("it is one of the formats")) {
            let file = self.path().join(format!("{name}.{}", format.extension));
            fs::write(file, (format.write)(&story, &Options::default()))?;
        }
        self.names.push(name.to_owned());
        Ok(())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What tshark prints with the profile. It must not complain of the profile.
    fn shows(&self, capture: &str, arguments: &[&str]) -> Result<String, Failed> {
        let arguments = [&["-C", "tcpstory", "-r", capture], arguments].concat();
        let mut command = Command::new("tshark");
        command.args(&arguments).current_dir(self.path()).env("WIRESHARK_CONFIG_DIR", self.path());
        let Output { status, stdout, stderr } = command.env("LC_ALL", "C.UTF-8").output()?;
        let complaints = String::from_utf8_lossy(&stderr);
        if !status.success() || complaints.contains("WARNING") || complaints.contains("tshark:") {
            return Err(format!("tshark {arguments:?}: {status}\n{complaints}").into());
        }
        Ok(String::from_utf8(stdout)?)
    }

    /// The rows of the packet list: each column's text.
    fn rows(&self, capture: &str) -> Result<Vec<Vec<String>>, Failed> {
        let printed = self.shows(capture, &["-T", "psml"])?;
        let document = Document::parse(&printed)?;
        let sections = |node: Node<'_, '_>| -> Vec<String> {
            let sections = node.children().filter(|child| child.has_tag_name("section"));
            sections.map(|section| section.text().unwrap_or_default().to_owned()).collect()
        };
        let tagged = |tag: &'static str| document.descendants().filter(move |node| node.has_tag_name(tag));
        assert_eq!(tagged("structure").map(sections).collect::<Vec<_>>(), [COLUMNS]);
        Ok(tagged("packet").map(sections).collect())
    }

    fn timeline(&self, name: &str) -> Result<Value, Failed> {
        Ok(serde_json::from_slice(&fs::read(self.path().join(format!("{name}.json")))?)?)
    }
}

fn recorded(name: &str) -> Result<Recording, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name).with_extension("json");
    Ok(json::read(&fs::read(path)?).map_err(|error| error.to_string())?)
}

/// A recording at whose end the first data segment is sent again.
fn retransmitting() -> Result<Recording, Failed> {
    let mut recording = recorded("read-timeout")?;
    let is_data = |event: &&Event| recording.segment(event).is_some_and(|segment| !segment.payload.is_empty());
    let mut again = recording.events.iter().find(is_data).ok_or("a segment with data")?.clone();
    again.t_ns = recording.events.iter().map(|event| event.t_ns).max().unwrap_or(0) + 1_000;
    recording.events.push(again);
    Ok(recording)
}

fn profile(file: &str) -> &'static str {
    match file {
        "preferences" => include_str!("../src/cli/wireshark/profile/preferences"),
        "colorfilters" => include_str!("../src/cli/wireshark/profile/colorfilters"),
        _ => include_str!("../src/cli/wireshark/profile/dfilter_buttons"),
    }
}

fn every_column_is_filled(desk: &Desk) -> Result<(), Failed> {
    let mut filled = BTreeSet::new();
    for name in &desk.names {
        for row in desk.rows(&format!("{name}.pcapng"))? {
            assert!(
                row[..4].iter().all(|text| !text.is_empty()),
                "number, time, Δ and who are there in each row: {row:?}"
            );
            assert!(!row[1].starts_with('-') && !row[2].starts_with('-'), "time runs backwards: {row:?}");
            let is_packet = !row[4].is_empty();
            assert_eq!(row[5..9].iter().all(|text| !text.is_empty()), is_packet, "{row:?}");
            assert!(is_packet || row[10].starts_with('['), "a call is told: {row:?}");
            filled.extend(row.iter().zip(COLUMNS).filter(|(text, _)| !text.is_empty()).map(|(_, column)| column));
        }
    }
    let empty: Vec<&str> = COLUMNS.into_iter().filter(|column| !filled.contains(column)).collect();
    assert_eq!(empty, Vec::<&str>::new());
    Ok(())
}

fn every_colour_rule_is_used(desk: &Desk) -> Result<(), Failed> {
    let mut used = BTreeMap::new();
    for name in &desk.names {
        let arguments = ["--color", "-T", "fields", "-e", "frame.coloring_rule.name", "-e", "systemd_journal.errno"];
        for row in desk.shows(&format!("{name}.pcapng"), &arguments)?.lines() {
            let (rule, errno) = row.split_once('\t').ok_or("two fields")?;
            assert_eq!(rule == "tcpstory failed call", !errno.is_empty(), "{row}");
            *used.entry(rule.to_owned()).or_insert(0) += 1;
        }
    }
    let rules = profile("colorfilters").lines().filter_map(|line| line.strip_prefix('@')?.split('@').next());
    let unused: Vec<&str> = rules.filter(|rule| !used.contains_key(*rule)).collect();
    assert_eq!(unused, Vec::<&str>::new(), "{used:?}");
    Ok(())
}

fn every_button_finds_something(desk: &Desk) -> Result<(), Failed> {
    let lines = profile("dfilter_buttons").lines().filter(|line| !line.starts_with('#'));
    let buttons: Vec<Vec<&str>> = lines.map(|line| line.trim_matches('"').split("\",\"").collect()).collect();
    assert_eq!(buttons.iter().map(|button| button[1]).collect::<Vec<_>>(), ["Calls", "Errors", "Story", "Packets"]);
    let all = desk.rows("broken-pipe.pcapng")?.len();
    for button in buttons {
        let found = desk.shows("broken-pipe.pcapng", &["-Y", button[2], "-T", "fields", "-e", "frame.number"])?;
        assert!((1..all).contains(&found.lines().count()), "{button:?} finds {found}");
    }
    Ok(())
}

/// What differs from Wireshark's own defaults is what Wireshark then says it does; an unknown preference would be a warning.
fn every_preference_is_taken(desk: &Desk) -> Result<(), Failed> {
    let taken = output(desk.path(), "tshark", &["-G", "currentprefs", "-C", "tcpstory"])?;
    for line in profile("preferences").lines().filter(|line| line.contains(": ") && !line.starts_with(['#', '\t'])) {
        if line.starts_with("gui.column.format") {
            continue;
        }
        assert!(taken.lines().any(|one| one.trim_start_matches('#') == line), "{line}");
    }
    Ok(())
}

fn an_errno_finds_the_failing_call(desk: &Desk) -> Result<(), Failed> {
    let asked = ["-Y", "systemd_journal.errno == 32", "-T", "fields", "-e", "systemd_journal.message"];
    let found = desk.shows("broken-pipe.pcapng", &asked)?;
    assert_eq!(found.trim_end(), "[c4] write(\"c\") = -1 EPIPE (Broken pipe) <- p6");
    Ok(())
}

fn comments(desk: &Desk, capture: &str) -> Result<Vec<String>, Failed> {
    let asked = ["-Y", "frame.comment", "-T", "fields", "-E", "separator=/s", "-e", "frame.comment"];
    Ok(desk.shows(capture, &asked)?.lines().map(str::to_owned).collect())
}

/// Every segment with a cause has a comment that says it, in the same words, and the comment names the same events.
fn comments_are_the_causes_of_the_timeline(desk: &Desk) -> Result<(), Failed> {
    let mut compared = 0;
    for name in &desk.names {
        let timeline = desk.timeline(name)?;
        let alias = |id: &Value| {
            let event = timeline["events"].as_array()?.iter().find(|event| event["id"] == *id)?;
            Some(event["alias"].as_str()?.to_owned())
        };
        let comments = comments(desk, &format!("{name}.pcapng"))?;
        let causes = timeline["causes"].as_array().ok_or("causes")?;
        for cause in causes.iter().filter(|cause| cause["brief"].is_string()) {
            let of = alias(&cause["of"]).ok_or("an event")?;
            let own = comments.iter().find(|comment| comment.starts_with(&format!("[{of}] ")));
            let own = own.ok_or_else(|| format!("{name}: no comment on {of} in {comments:#?}"))?;
            let brief = cause["brief"].as_str().ok_or("text")?;
            assert!(own.contains(&format!(" <- {brief}")), "{name}: {own} does not say {brief}");
            let because = cause["because"].as_array().ok_or("because")?;
            for event in because.iter().filter_map(alias) {
                assert!(own.contains(&event), "{name}: {own} does not name {event}");
            }
            compared += 1;
        }
    }
    assert!(compared >= desk.names.len(), "only {compared} comments in {} captures", desk.names.len());
    Ok(())
}

fn editcap_keeps_comments(desk: &Desk) -> Result<(), Failed> {
    for name in &desk.names {
        let (before, after) = (format!("{name}.pcapng"), format!("{name}-again.pcapng"));
        output(desk.path(), "editcap", &["-F", "pcapng", &before, &after])?;
        assert_eq!(comments(desk, &after)?, comments(desk, &before)?, "{name}");
    }
    Ok(())
}

/// Frames of both families with every option that tcpstory knows.
fn frames() -> Vec<Vec<u8>> {
    let options = TcpOptions {
        mss: Some(1_460),
        window_scale: Some(7),
        sack_permitted: true,
        sack: vec![(101, 105)],
        timestamps: Some((1_000, 2_000)),
    };
    let frame = |src: &str, dst: &str, flags: Flags, payload: &[u8]| {
        let (src, dst): (SocketAddr, SocketAddr) = (src.parse().expect("an address"), dst.parse().expect("an address"));
        let (options, payload) = (options.clone(), payload.to_vec());
        build_frame(&Segment { src, dst, seq: 4_711, ack: 815, flags, window: 512, urgent: 0, options, payload })
    };
    let (data, all) = (Flags::PSH.with(Flags::ACK), Flags(0xff));
    vec![
        frame("127.0.0.1:50001", "127.0.0.2:47000", Flags::SYN, b""),
        frame("127.0.0.1:50001", "127.0.0.2:47000", data, b"hello"),
        frame("127.0.0.1:50001", "127.0.0.2:47000", all, b""),
        frame("[::1]:50001", "[::1]:47000", Flags::SYN.with(Flags::ACK), b""),
        frame("[::1]:50001", "[::1]:47000", data, b"bye"),
    ]
}

fn header_fields_are_those_that_tshark_sees(desk: &Desk) -> Result<(), Failed> {
    let frames = frames();
    let packets = frames.iter().enumerate().map(|(place, bytes)| (place as u64, bytes.as_slice()));
    pcap::write(File::create(desk.path().join("made.pcap"))?, packets)?;
    let printed = desk.shows("made.pcap", &["-n", "-T", "pdml"])?;
    let document = Document::parse(&printed)?;
    let packets: Vec<_> = document.descendants().filter(|node| node.has_tag_name("packet")).collect();
    assert_eq!(packets.len(), frames.len());
    let mut compared = 0;
    for (packet, bytes) in packets.iter().zip(&frames) {
        for field in fields(bytes) {
            assert!(is_seen(&field, *packet), "tshark does not see {field:?}");
            compared += 1;
        }
    }
    assert!(compared > 180, "{compared} fields");
    Ok(())
}

/// Whether tshark has a field of that name there with that value. It counts the bytes of a whole word for bits of it.
fn is_seen(field: &Field, packet: Node<'_, '_>) -> bool {
    let number = |node: &Node<'_, '_>, name: &str| node.attribute(name).and_then(|text| text.parse::<usize>().ok());
    let named = packet.descendants().filter(|node| node.attribute("name") == Some(field.kind.filter));
    let mut placed = named.filter(|node| match (number(node, "pos"), number(node, "size"), field.mask) {
        (Some(pos), Some(size), None) => (pos, size) == (field.offset, field.len),
        (Some(pos), Some(size), Some(_)) => pos <= field.offset && field.offset + field.len <= pos + size,
        _ => false,
    });
    let value = field.value.split(" (multiply").next().unwrap_or_default();
    placed.any(|node| {
        let shown = node.attribute("showname").unwrap_or_default();
        // tshark shows a payload as its length and its bytes in hexadecimal, and edges of blocks relative to the first number.
        field.kind.filter.starts_with("tcp.options.sack_")
            || shown.contains(field.kind.name) && (field.kind.layer == Layer::Payload || shown.contains(value))
    })
}

fn filters_and_names_are_wiresharks(desk: &Desk) -> Result<(), Failed> {
    let printed = output(desk.path(), "tshark", &["-G", "fields"])?;
    let known: BTreeMap<&str, &str> = printed
        .lines()
        .filter_map(|line| {
            let mut parts = line.strip_prefix("F\t")?.split('\t');
            let name = parts.next()?;
            Some((parts.next()?, name))
        })
        .collect();
    for kind in kinds::ALL {
        // Parts that Wireshark has no field for go by the header that they are part of.
        let is_header = ["ip", "ipv6", "tcp.options", "tcp.options.eol"].contains(&kind.filter);
        assert!(
            is_header || known.get(kind.filter) == Some(&kind.name),
            "{}: {:?}",
            kind.filter,
            known.get(kind.filter)
        );
    }
    Ok(())
}
