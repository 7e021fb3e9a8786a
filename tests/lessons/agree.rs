//! Every format of one run tells of the same calls and segments, by the same ids and as often.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jsonschema::Validator;
use libtest_mimic::Failed;
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::{Block, PcapNgReader};
use roxmltree::Document;
use serde_json::Value;
use tcpstory::record::{Detail, Outcome, What};
use tcpstory::report::format::{FORMATS, Format};
use tcpstory::report::{Options, timeline_schema};
use tcpstory::story::{Piece, Story, Stream};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(&timeline_schema()).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("and a JSON Schema")
});

/// The aliases of a story's events, by what they are.
struct Aliases<'a> {
    segments: BTreeSet<&'a str>,
    calls: BTreeSet<&'a str>,
    /// Signals, kills and ends of processes.
    others: BTreeSet<&'a str>,
}

impl<'a> Aliases<'a> {
    fn of(story: &'a Story) -> Self {
        let mut aliases = Self { segments: BTreeSet::new(), calls: BTreeSet::new(), others: BTreeSet::new() };
        for (event, entry) in story.recording.events.iter().zip(&story.entries) {
            let kind = match &event.what {
                What::Segment { .. } => &mut aliases.segments,
                What::Syscall(_) => &mut aliases.calls,
                What::Signal(_) | What::Kill(_) | What::Exit(_) => &mut aliases.others,
                What::State(_) => continue,
            };
            assert!(kind.insert(&entry.alias), "{} is there twice", entry.alias);
        }
        aliases
    }

    /// Every call and every segment, in one or two places each; a segment in one.
    fn are_shown(&self, shown: &[String]) -> Result<(), Failed> {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for alias in shown {
            *times.entry(alias).or_insert(0) += 1;
        }
        for alias in self.segments.iter().chain(&self.calls) {
            let most = if self.calls.contains(alias) { 2 } else { 1 };
            let times = times.get(alias).copied().unwrap_or(0);
            if !(1..=most).contains(&times) {
                return Err(format!("{alias} is shown {times} times").into());
            }
        }
        Ok(())
    }
}

/// Holds every format against the story.
pub(crate) fn agree(story: &Story) -> Result<(), Failed> {
    let aliases = Aliases::of(story);
    story.streams.iter().try_for_each(|stream| flows(story, stream))?;
    for format in FORMATS {
        let bytes = (format.write)(story, &Options { width: 200, ..Options::default() });
        tells(format, &bytes, story, &aliases).map_err(|failed| {
            format!("{}: {}", format.name, failed.message().unwrap_or("it does not agree with the story"))
        })?;
    }
    Ok(())
}

fn tells(format: &Format, bytes: &[u8], story: &Story, aliases: &Aliases<'_>) -> Result<(), Failed> {
    match format.name {
        "json" => json(bytes, story),
        "html" => html(str::from_utf8(bytes)?, story),
        "pcap" => pcap(bytes, aliases),
        "pcapng" => pcapng(bytes, story, aliases),
        "svg" => {
            let text = str::from_utf8(bytes)?;
            let document = Document::parse(text)?;
            let ids = document.descendants().filter_map(|node| node.attribute("id"));
            // The second row of a call has an id of its own.
            aliases.are_shown(&ids.map(|id| id.strip_suffix("-end").unwrap_or(id).to_owned()).collect::<Vec<_>>())
        }
        "ladder" => aliases.are_shown(&heads(bytes, |line| line.split_whitespace().next())?),
        "mermaid" => aliases.are_shown(&heads(bytes, |line| line.split_once(": ")?.1.split_whitespace().next())?),
        "markdown" => {
            aliases.are_shown(&heads(bytes, |line| line.trim_start().strip_prefix("- **")?.split("**").next())?)
        }
        _ => Err("say here how to count in it".into()),
    }
}

/// What each line is about.
fn heads(bytes: &[u8], head: impl Fn(&str) -> Option<&str>) -> Result<Vec<String>, Failed> {
    Ok(str::from_utf8(bytes)?.lines().filter_map(head).map(str::to_owned).collect())
}

fn json(bytes: &[u8], story: &Story) -> Result<(), Failed> {
    let document: Value = serde_json::from_slice(bytes)?;
    let problems: Vec<String> =
        VALIDATOR.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if !problems.is_empty() {
        return Err(format!("not valid by the schema: {problems:#?}").into());
    }
    ids(&document, story)
}

/// The events of a timeline are the story's, in its order.
fn ids(document: &Value, story: &Story) -> Result<(), Failed> {
    let events = document["events"].as_array().ok_or("events")?;
    let told: Vec<_> = events.iter().map(|event| (event["id"].as_str(), event["alias"].as_str())).collect();
    let known: Vec<_> = story.entries.iter().map(|entry| (Some(&*entry.id), Some(&*entry.alias))).collect();
    if told == known { Ok(()) } else { Err(format!("{told:?} instead of {known:?}").into()) }
}

/// Both what the page's script draws from, and the table that is there without it.
fn html(page: &str, story: &Story) -> Result<(), Failed> {
    let rest = page.split_once("<script type=\"application/json\" id=\"timeline\">").ok_or("no timeline")?.1;
    ids(&serde_json::from_str(rest.split_once("</script>").ok_or("no end of the timeline")?.0)?, story)?;
    let row = |line: &'_ str| {
        let (place, rest) = line.strip_prefix("<tr data-event=\"")?.split_once("\"><th scope=\"row\">")?;
        Some((place.parse().ok()?, rest.split_once('<')?.0.to_owned()))
    };
    let mut rows: Vec<(usize, String)> = page.lines().filter_map(row).collect();
    rows.sort_unstable();
    let known: Vec<_> = story.entries.iter().map(|entry| entry.alias.clone()).enumerate().collect();
    if rows == known { Ok(()) } else { Err(format!("rows of {rows:?} instead of {known:?}").into()) }
}

/// A stream has no gaps: writes follow each other, segments carry what was written, and reads return what segments carried.
fn flows(story: &Story, stream: &Stream) -> Result<(), Failed> {
    let wrong = |what: &str, piece: &Piece| {
        let alias = &story.entries[piece.event.0].alias;
        Failed::from(format!("{alias} {what} {}..{}: {stream:?}", piece.begin, piece.end))
    };
    let mut written = 0;
    for piece in &stream.writes {
        if piece.begin != written || piece.end <= written {
            return Err(wrong("writes", piece));
        }
        written = piece.end;
    }
    let mut carried: Vec<u8> = Vec::new();
    for piece in &stream.segments {
        let event = &story.recording.events[piece.event.0];
        let payload = story.recording.segment(event).map_or(&[][..], |segment| &segment.payload);
        let (begin, end) = (usize::try_from(piece.begin)?, usize::try_from(piece.end)?);
        if begin > carried.len() || piece.end > written || end - begin != payload.len() {
            return Err(wrong("carries", piece));
        }
        carried.resize(carried.len().max(end), 0);
        carried[begin..end].copy_from_slice(payload);
    }
    let mut taken = 0;
    for piece in &stream.reads {
        let bytes = carried.get(usize::try_from(piece.begin)?..usize::try_from(piece.end)?);
        if piece.begin < taken || bytes.is_none() || returned(story, piece).is_some_and(|data| bytes != Some(data)) {
            return Err(wrong("reads", piece));
        }
        taken = piece.end;
    }
    Ok(())
}

/// What a read returned, where it returned all of its piece.
fn returned<'a>(story: &'a Story, piece: &Piece) -> Option<&'a [u8]> {
    let What::Syscall(call) = &story.recording.events[piece.event.0].what else { return None };
    let Outcome::Returned { detail: Detail::Data(data), .. } = &call.outcome else { return None };
    Some(data.0.as_slice()).filter(|data| data.len() as u64 == piece.end - piece.begin)
}

fn pcap(bytes: &[u8], aliases: &Aliases<'_>) -> Result<(), Failed> {
    let mut reader = PcapReader::new(bytes)?;
    let mut packets = 0;
    while let Some(packet) = reader.next_packet() {
        packet?;
        packets += 1;
    }
    count("packets", packets, aliases.segments.len())
}

fn pcapng(bytes: &[u8], story: &Story, aliases: &Aliases<'_>) -> Result<(), Failed> {
    let mut segments =
        story.entries.iter().map(|entry| entry.alias.as_str()).filter(|alias| aliases.segments.contains(alias));
    let mut reader = PcapNgReader::new(bytes)?;
    let (mut packets, mut rows) = (0, BTreeSet::new());
    while let Some(block) = reader.next_block() {
        match block?.0 {
            Block::EnhancedPacket(packet) => {
                let alias = segments.next().ok_or("a packet more than there are segments")?;
                for option in &packet.options {
                    let EnhancedPacketOption::Common(CommonOption::Comment(comment)) = option else { continue };
                    if !comment.starts_with(&format!("[{alias}] ")) {
                        return Err(format!("{alias} has the comment {comment:?}").into());
                    }
                }
                packets += 1;
            }
            Block::SystemdJournalExport(row) => {
                let entry = String::from_utf8_lossy(&row.journal_entry);
                let message = entry.lines().find_map(|line| line.strip_prefix("MESSAGE=[")?.split(']').next());
                rows.insert(message.ok_or("a row without its id")?.to_owned());
            }
            _ => {}
        }
    }
    count("packets", packets, aliases.segments.len())?;
    let known: BTreeSet<String> = aliases.calls.union(&aliases.others).map(|alias| (*alias).to_owned()).collect();
    if rows == known { Ok(()) } else { Err(format!("rows of {rows:?} instead of {known:?}").into()) }
}

fn count(what: &str, counted: usize, known: usize) -> Result<(), Failed> {
    if counted == known { Ok(()) } else { Err(format!("{counted} {what} instead of {known}").into()) }
}
