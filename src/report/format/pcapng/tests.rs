//! What is written is read back with `pcap-file`'s own reader.

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsOption;
use pcap_file::pcapng::blocks::name_resolution::Record;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::SectionHeaderOption;
use pcap_file::pcapng::{Block as Raw, PcapNgReader};
use proptest::prelude::*;

use super::order::{Part, lines};
use super::*;
use crate::record::{
    ActorId, Bytes, CONNECTION, Call, Data, End, Errno, Exit, ExitStatus, Flags, FrameId, Kill, Outcome, Signal,
    SigpipeDisposition, SocketId, SocketOption, StepId, Syscall, Target,
};
use crate::report::testing::{self, Stage, address, read, returned};
use crate::story::{Basis, Confidence, EventId, Link, Rel, tell};

fn written(story: &Story, wireshark: Wireshark) -> Vec<u8> {
    write(story, &Options { wireshark, ..Options::default() })
}

/// Every block, the section header first.
fn blocks_of(file: &[u8]) -> Vec<Raw<'static>> {
    let mut reader = PcapNgReader::new(file).unwrap();
    let mut blocks = vec![Raw::SectionHeader(reader.section().clone())];
    while let Some(block) = reader.next_block() {
        blocks.push(block.unwrap().0.into_owned());
    }
    blocks
}

fn section_comments(blocks: &[Raw<'_>]) -> Vec<String> {
    let Raw::SectionHeader(section) = &blocks[0] else { panic!("{blocks:?}") };
    let comment = |option: &SectionHeaderOption<'_>| match option {
        SectionHeaderOption::Common(CommonOption::Comment(text)) => Some(text.to_string()),
        _ => None,
    };
    section.options.iter().filter_map(comment).collect()
}

fn comments_of(block: &Raw<'_>) -> Vec<String> {
    let Raw::EnhancedPacket(packet) = block else { return Vec::new() };
    let comment = |option: &EnhancedPacketOption<'_>| match option {
        EnhancedPacketOption::Common(CommonOption::Comment(text)) => Some(text.to_string()),
        _ => None,
    };
    packet.options.iter().filter_map(comment).collect()
}

/// The values of a row's field, or nothing for what is no row.
fn values(block: &Raw<'_>, name: &str) -> Vec<String> {
    let Raw::SystemdJournalExport(row) = block else { return Vec::new() };
    let text = str::from_utf8(&row.journal_entry).unwrap();
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    text.lines().filter_map(value).collect()
}

/// The packet list as text: a row's message, or a packet's time in microseconds and its comments.
fn list(story: &Story) -> Vec<String> {
    let zero: u64 = story.recording.clock.t0_unix_ns.parse().unwrap();
    let blocks = blocks_of(&written(story, Wireshark::Journal));
    let said = |block: &Raw<'_>| match block {
        Raw::EnhancedPacket(packet) => {
            let after = packet.timestamp.as_nanos() - u128::from(zero);
            let time = format!("{} µs", after / 1000);
            Some([vec![time], comments_of(block)].concat().join(" # "))
        }
        Raw::SystemdJournalExport(_) => Some(values(block, "MESSAGE").concat()),
        _ => None,
    };
    blocks.iter().filter_map(said).collect()
}

/// The lines from the first that begins so.
fn from<'a>(list: &'a [String], start: &str) -> &'a [String] {
    let first = list.iter().position(|line| line.starts_with(start));
    &list[first.unwrap_or_else(|| panic!("{start} is not in {list:#?}"))..]
}

#[test]
fn calls_stand_around_their_packets() {
    let story = tell(testing::broken_pipe().done());
    let expected = [
        "[s1] listen(128) = 0",
        "[c1] connect(server) …",
        "0 µs",
        "15 µs",
        "30 µs",
        "[c1] = 0",
        "[s2] accept() = 5",
        "[c2] write(\"a\") …",
        "310 µs",
        "320 µs",
        "[c2] = 1",
        "[s3] read(1) = 1 \"a\" <- p3",
        "[s4] close() …",
        "1061 µs # [p4] FIN <- s4 closed the socket",
        "1066 µs",
        "[s4] = 0",
        "[c3] write(\"b\") …",
        "1149 µs",
        "1157 µs # [p6] RST <- p5 hit a socket closed by s4 | felt at c4",
        "[c3] = 1",
        "[c4] write(\"c\") …",
        "[g1] caught SIGPIPE <- c4",
        "[c4] write(\"c\") = -1 EPIPE (Broken pipe) <- p6",
    ];
    assert_eq!(list(&story), expected);
}

#[test]
fn a_failed_call_can_be_filtered() {
    let story = tell(testing::broken_pipe().done());
    let blocks = blocks_of(&written(&story, Wireshark::Journal));
    let failed: Vec<_> = blocks.iter().filter(|block| !values(block, "ERRNO").is_empty()).collect();
    let [row] = failed[..] else { panic!("{failed:?}") };
    for (name, value) in [
        ("ERRNO", "32"),
        ("PRIORITY", "3"),
        ("_COMM", "client"),
        ("SYSLOG_IDENTIFIER", "client"),
        ("_PID", "4711"),
        ("CODE_FUNC", "write"),
        ("CODE_FILE", "test.toml"),
        ("TCPSTORY_ID", "client.write#3"),
    ] {
        assert_eq!(values(row, name), [value], "{name}");
    }
    assert!(values(row, "TCPSTORY_WHY")[0].starts_with("the RST p6 arrived in CLOSE_WAIT"));
    let begun: Vec<_> = blocks.iter().filter(|block| values(block, "MESSAGE").concat().ends_with('…')).collect();
    assert!(!begun.is_empty() && begun.iter().all(|row| values(row, "PRIORITY") == ["6"]));
}

#[test]
fn the_file_says_what_it_is() {
    let mut recording = testing::broken_pipe().done();
    recording.script.goals = vec!["Say *why*.".into()];
    recording.capture.dropped = 2;
    recording.end = End::Stopped { at: StepId(1) };
    let story = tell(recording);
    let blocks = blocks_of(&written(&story, Wireshark::Journal));
    let said = section_comments(&blocks);
    assert_eq!(said[0], "Broken pipe: the second write after the peer closed");
    assert_eq!(said[1], "goal: Say why.");
    assert_eq!(said[2], format!("scenario test, sha256 {}", "00".repeat(32)));
    assert!(said[3].starts_with("the kernel dropped 2 of 9 frames"), "{said:?}");
    assert!(said[4].starts_with("the run stopped at test.toml:"), "{said:?}");
    let [_, Raw::InterfaceDescription(interface), Raw::NameResolution(names), ..] = &blocks[..] else { panic!() };
    assert!(interface.options.contains(&InterfaceDescriptionOption::IfName("lo".into())));
    assert!(matches!(&names.records[..], [Record::Ipv4(client), Record::Ipv4(server)]
        if client.names == ["client"] && client.ip_addr.octets() == [127, 0, 0, 1] && server.names == ["server"]));
    let Some(Raw::InterfaceStatistics(counted)) = blocks.last() else { panic!() };
    assert!(counted.options.contains(&InterfaceStatisticsOption::IsbIfDrop(2)));
    assert!(counted.options.contains(&InterfaceStatisticsOption::IsbIfRecv(9)));
}

#[test]
fn comments_alone_leave_the_rows_out() {
    let story = tell(testing::broken_pipe().done());
    let blocks = blocks_of(&written(&story, Wireshark::Comments));
    assert!(!blocks.iter().any(|block| matches!(block, Raw::SystemdJournalExport(_))));
    assert_eq!(blocks.iter().flat_map(comments_of).count(), 2);
    assert!(!section_comments(&blocks).iter().any(|line| line.contains("systemd_journal")));
}

#[test]
fn plain_leaks_nothing() {
    let mut recording = testing::broken_pipe_of("A telltale title", ["zelda", "sergej"], "b").done();
    recording.script.goals = vec!["A telltale goal".into()];
    recording.script.source.path = "telltale.toml".into();
    recording.script.id = "telltale".into();
    recording.script.source.sha256 = "5a7e".repeat(16);
    let story = tell(recording);
    let tells = |file: &[u8]| {
        let said = |word: &&str| file.windows(word.len()).any(|bytes| bytes == word.as_bytes());
        ["telltale", "zelda", "sergej", "5a7e", "EPIPE", "write", "felt", "RST", "namespace"]
            .into_iter()
            .filter(said)
            .count()
    };
    assert_eq!(tells(&written(&story, Wireshark::Journal)), 9);
    let plain = written(&story, Wireshark::Plain);
    assert_eq!(tells(&plain), 0);
    let packets = blocks_of(&plain).iter().filter(|block| matches!(block, Raw::EnhancedPacket(_))).count();
    assert_eq!(packets, 9);
}

#[test]
fn a_shared_address_has_no_name() {
    let mut recording = testing::proxy().done();
    recording.actors[2].address = recording.actors[0].address;
    let blocks = blocks_of(&written(&tell(recording), Wireshark::Journal));
    let Raw::NameResolution(names) = &blocks[2] else { panic!("{blocks:?}") };
    assert!(matches!(&names.records[..], [Record::Ipv4(only)] if only.names == ["proxy"]));
}

#[test]
fn a_process_that_ends_is_a_row() {
    let mut recording = testing::proxy().done();
    recording.events.iter_mut().for_each(|event| {
        if let What::Exit(exit) = &mut event.what {
            exit.status = ExitStatus::Code(3);
        }
    });
    let shown = list(&tell(recording));
    let expected = [
        "[u4] _exit(0)",
        "60010 µs # [p7] FIN <- u4 ended the process | felt at pr6",
        "60020 µs",
        "[ux] process ends: exit code 3 <- u4",
        "[pr6] read(100) = 0 <- p7",
    ];
    assert_eq!(from(&shown, "[u4]")[..5], expected);
}

/// A connection of which the client is about to read, at 1 ms.
fn connected() -> (Stage, SocketId) {
    let mut stage = Stage::new("Waiting", &["client", "server"]);
    let (c, s) = (address(1, 50_001), address(2, 47_000));
    let client = stage.socket(0, CONNECTION, Some(c), Some(s));
    let connect = Call::Connect { to: Target::Actor(ActorId(1)) };
    stage.act((-20, 45), 0, client, connect, returned(0));
    stage.segment(0, c, s, Flags::SYN, b"");
    stage.segment(15, s, c, Flags::SYN.with(Flags::ACK), b"");
    stage.segment(30, c, s, Flags::ACK, b"");
    (stage, client)
}

#[test]
fn a_call_that_waits_is_two_rows() {
    let (mut stage, client) = connected();
    let timeout = SocketOption::SoRcvtimeo(20_000_000);
    stage.act((800, 810), 0, client, Call::Setsockopt { option: timeout }, returned(0));
    let eagain = Outcome::Failed { errno: Errno::EAGAIN };
    stage.act((1_000, 21_100), 0, client, Call::Read { size: 10 }, eagain);
    let expected = ["[c3] read(10) …", "[c3] read(10) = -1 EAGAIN (Resource temporarily unavailable)"];
    assert_eq!(from(&list(&tell(stage.done())), "[c3]"), expected);
}

#[test]
fn a_call_that_never_returned_says_so_at_the_end() {
    let (mut stage, client) = connected();
    let call = stage.act((1_000, 1_010), 0, client, Call::Read { size: 10 }, Outcome::Unfinished);
    let What::Syscall(syscall) = &mut stage.recording.events[call].what else { panic!() };
    (syscall.end_ns, syscall.blocked) = (None, true);
    stage.event(1_500, What::Kill(Kill { actor: ActorId(1), signal: Signal::SIGKILL, step: StepId(0) }));
    let status = ExitStatus::Signal(Signal::SIGKILL);
    stage.event(1_600, What::Exit(Exit { actor: ActorId(1), status, step: None }));
    let expected = [
        "[c2] read(10) …",
        "[k1] SIGKILL sent by the scenario",
        "[sx] process ends: killed by SIGKILL <- k1",
        "[c2] read(10) … still blocked",
    ];
    assert_eq!(from(&list(&tell(stage.done())), "[c2]"), expected);
}

#[test]
fn a_call_that_a_signal_ended_says_so() {
    let mut recording = testing::broken_pipe().done();
    recording.actors[0].sigpipe = SigpipeDisposition::Default;
    recording.events.pop();
    let What::Syscall(syscall) = &mut recording.events.last_mut().unwrap().what else { panic!() };
    syscall.outcome = Outcome::Killed { signal: Signal::SIGPIPE };
    let story = tell(recording);
    assert_eq!(list(&story).last().unwrap(), "[c4] write(\"c\") … killed by SIGPIPE <- p6");
    let blocks = blocks_of(&written(&story, Wireshark::Journal));
    let errors: Vec<_> = blocks.iter().filter(|block| values(block, "PRIORITY") == ["3"]).collect();
    assert!(errors.len() == 1 && values(errors[0], "ERRNO").is_empty());
}

#[test]
fn what_no_rule_explains_is_said() {
    let (mut stage, client) = connected();
    let (c, s) = (address(1, 50_001), address(2, 47_000));
    stage.segment(900, s, c, Flags::PSH.with(Flags::ACK), b"from nowhere");
    stage.act((1_000, 1_010), 0, client, Call::Read { size: 12 }, read(b"from elsewhe"));
    let expected = [
        "900 µs # [p3] DATA <- ? no rule explains where it comes from",
        "[c2] read(12) = 12 \"from elsewhe\" <- p3 | the model does not explain this",
    ];
    assert_eq!(from(&list(&tell(stage.done())), "900"), expected);
}

#[test]
fn repetitions_and_doubts_are_said() {
    let (mut stage, client) = connected();
    let (c, s) = (address(1, 50_001), address(2, 47_000));
    stage.act((100, 150), 0, client, testing::write("b"), returned(1));
    stage.segment(110, c, s, Flags::PSH.with(Flags::ACK), b"b");
    stage.segment(120, s, c, Flags::ACK, b"");
    let data = FrameId(stage.recording.frames.len() - 2);
    stage.event(300, What::Segment { frame: data });
    stage.event(310, What::Segment { frame: FrameId(data.0 + 1) });
    let expected = [
        "300 µs # [p3r1] DATA <- p3 sent again",
        "310 µs # [a3] ACK <- p3r1 # [a3] basis: that it belongs to p3r1 is likely; only the order in time says so",
    ];
    assert_eq!(from(&list(&tell(stage.done())), "300"), expected);
}

/// Whatever could act on a reader's screen, end a field, or break a script of another output.
const HOSTILE: &str = "x\nERRNO=32\n\n\r\u{1b}[2J\u{9b}31m\0y\u{202e}z\u{2028}__REALTIME_TIMESTAMP=1\t</script>";

#[test]
fn nothing_hostile_is_written() {
    let names = [HOSTILE, &format!("{HOSTILE}{}", "n".repeat(70_000))];
    let mut recording = testing::broken_pipe_of(HOSTILE, names, HOSTILE).done();
    recording.script.title = format!("{HOSTILE}{}", "t".repeat(100_000));
    recording.script.goals = vec![HOSTILE.into()];
    recording.script.source.path = HOSTILE.into();
    recording.capture.interface = HOSTILE.into();
    recording.machine.kernel = HOSTILE.into();
    let What::Syscall(Syscall { call: Call::Write { data }, .. }) = &mut recording.events[6].what else { panic!() };
    *data = Data::Hex(Bytes(b"\xff\xfe\x00\x1b\n".to_vec()));
    for mode in [Wireshark::Journal, Wireshark::Comments, Wireshark::Plain] {
        let blocks = blocks_of(&written(&tell(recording.clone()), mode));
        for block in &blocks {
            let comments = comments_of(block);
            assert!(comments.iter().all(|comment| comment.chars().count() <= 120));
            assert!(!comments.iter().any(|comment| comment.contains(acts)));
            assert!(values(block, "ERRNO").iter().all(|errno| errno == "32"));
            if let Raw::SystemdJournalExport(row) = block {
                let text = str::from_utf8(&row.journal_entry).unwrap().trim_end_matches('\0'); // the block's padding
                assert!(!text.contains(|c: char| c != '\n' && acts(c)));
                assert_eq!(text.matches("__REALTIME_TIMESTAMP=").count(), 1);
            }
        }
        let failed = blocks.iter().filter(|block| !values(block, "ERRNO").is_empty()).count();
        assert_eq!(failed, usize::from(mode == Wireshark::Journal));
        assert!(!section_comments(&blocks).iter().any(|comment| comment.contains(acts)));
    }
}

fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202e}' | '\u{2028}')
}

proptest! {
    /// Time never runs backwards, a call ends after it begins, and no result stands before what it depends on.
    #[test]
    fn order_is_causal(
        times in prop::collection::vec((0..60_i64, prop::option::of(-5..30_i64)), 1..25),
        ties in prop::collection::vec((0..25_usize, 0..25_usize), 0..15),
    ) {
        let mut stage = Stage::new("Order", &["client"]);
        let socket = stage.socket(0, CONNECTION, None, None);
        stage.step(0, 0, Call::Close, "");
        for (begin, length) in times {
            match length {
                Some(length) => { stage.call((begin, begin + length), 0, socket, Call::Close, returned(0)); }
                None => { stage.event(begin, What::Exit(Exit { actor: ActorId(0), status: ExitStatus::Code(0), step: None })); }
            }
        }
        stage.recording.events.sort_by_key(|event| event.t_ns);
        let mut story = tell(stage.done());
        let events = story.recording.events.len();
        let link = |(from, to): (usize, usize)| Link {
            from: EventId(from % events), to: EventId(to % events), rel: Rel::Failed, basis: Basis::Model,
            confidence: Confidence::Certain, bytes: (0, 0),
        };
        let is_call = |link: &Link| matches!(story.recording.events[link.to.0].what, What::Syscall(_));
        story.links = ties.into_iter().map(link).filter(|link| link.from != link.to && is_call(link)).collect();

        let lines = lines(&Ties::new(&story));
        prop_assert!(lines.is_sorted_by_key(|line| line.t_ns));
        let place = |event: EventId, parts: &[Part]| {
            lines.iter().position(|line| line.event == event && parts.contains(&line.part)).unwrap()
        };
        for event in (0..events).map(EventId) {
            let begin = place(event, &[Part::Whole, Part::Begin]);
            let end = place(event, &[Part::Whole, Part::End]);
            prop_assert!(begin <= end && (begin + 1 != end));
        }
        for link in &story.links {
            let cause = place(link.from, &[Part::Whole, Part::Begin]);
            let result = place(link.to, &[Part::Whole, Part::End]);
            prop_assert!(cause < result, "{} before {}", link.to.0, link.from.0);
        }
    }
}
