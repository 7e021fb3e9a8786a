//! What is written is read back with `pcap-file`'s own reader.

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketOption;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionOption, InterfaceTsResolution};
use pcap_file::pcapng::blocks::interface_statistics::InterfaceStatisticsOption;
use pcap_file::pcapng::blocks::name_resolution::Record;
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::SectionHeaderOption;
use pcap_file::pcapng::{Block as Raw, PcapNgReader};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::capture::one_line;

fn written(file: &Annotated<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, file).unwrap();
    bytes
}

/// Every block, the section header first.
fn read(file: &[u8]) -> Vec<Raw<'static>> {
    let mut reader = PcapNgReader::new(file).unwrap();
    let mut blocks = vec![Raw::SectionHeader(reader.section().clone())];
    while let Some(block) = reader.next_block() {
        blocks.push(block.unwrap().0.into_owned());
    }
    blocks
}

fn packet<'a>(unix_ns: u64, bytes: &'a [u8], comments: &[&str]) -> Block<'a> {
    let comments = comments.iter().map(|&comment| comment.to_owned()).collect();
    Block::Packet { unix_ns, bytes, comments, direction: Direction::Inbound }
}

fn row(unix_ns: u64, message: &str) -> Block<'static> {
    Block::Journal { unix_ns, fields: vec![("MESSAGE".to_owned(), message.to_owned())] }
}

fn example() -> Annotated<'static> {
    Annotated {
        section: Section {
            comments: vec!["Broken pipe".to_owned(), "sha256 00".to_owned()],
            hardware: "x86_64".to_owned(),
            os: "Linux 6.18".to_owned(),
            application: "tcpstory 0.1.0".to_owned(),
        },
        interface: Interface {
            name: "lo".to_owned(),
            description: "story of a broken pipe".to_owned(),
            filter: "tcp".to_owned(),
        },
        names: vec![("127.0.0.1".parse().unwrap(), "client".to_owned()), ("::1".parse().unwrap(), "six".to_owned())],
        blocks: vec![packet(1_000_000_001, b"abcde", &["[p1] why", "basis"]), row(1_000_002_000, "[c1] write()")],
        statistics: Some(Statistics { start_unix_ns: 7, end_unix_ns: 9_000_000_000, received: 12, dropped: 3 }),
    }
}

#[test]
fn every_part_is_read_back() {
    let blocks = read(&written(&example()));
    let [Raw::SectionHeader(section), Raw::InterfaceDescription(interface), Raw::NameResolution(names), rest @ ..] =
        &blocks[..]
    else {
        panic!("{blocks:?}")
    };
    let [Raw::EnhancedPacket(packet), Raw::SystemdJournalExport(journal), Raw::InterfaceStatistics(counted)] = rest
    else {
        panic!("{rest:?}")
    };
    let comment = |text: &'static str| CommonOption::Comment(text.into());
    assert_eq!(
        section.options,
        [
            SectionHeaderOption::Common(comment("Broken pipe")),
            SectionHeaderOption::Common(comment("sha256 00")),
            SectionHeaderOption::Hardware("x86_64".into()),
            SectionHeaderOption::OS("Linux 6.18".into()),
            SectionHeaderOption::UserApplication("tcpstory 0.1.0".into()),
        ]
    );
    assert_eq!(
        interface.options,
        [
            InterfaceDescriptionOption::IfName("lo".into()),
            InterfaceDescriptionOption::IfDescription("story of a broken pipe".into()),
            InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO),
            InterfaceDescriptionOption::IfFilter(b"\0tcp"[..].into()),
        ]
    );
    assert!(matches!(&names.records[..], [Record::Ipv4(four), Record::Ipv6(six)]
        if four.names == ["client"] && six.names == ["six"] && six.ip_addr.is_loopback()));
    assert_eq!((packet.timestamp.as_nanos(), &packet.data[..], packet.original_len), (1_000_000_001, &b"abcde"[..], 5));
    assert_eq!(
        packet.options,
        [
            EnhancedPacketOption::Common(comment("[p1] why")),
            EnhancedPacketOption::Common(comment("basis")),
            EnhancedPacketOption::Flags(1),
        ]
    );
    assert!(
        journal
            .journal_entry
            .starts_with(b"__REALTIME_TIMESTAMP=1000002\n_SOURCE_REALTIME_TIMESTAMP=1000002\nMESSAGE=[c1] write()\n")
    );
    let counts = [InterfaceStatisticsOption::IsbIfRecv(12), InterfaceStatisticsOption::IsbIfDrop(3)];
    assert_eq!(counted.options[2..], counts);
}

#[test]
fn plain_tells_nothing() {
    let bytes = written(&example().plain());
    let kinds: Vec<_> = read(&bytes).iter().map(core::mem::discriminant).collect();
    let expected = read(&written(&Annotated { blocks: vec![packet(0, b"", &[])], ..example() }));
    let packets_only = expected.iter().filter(|block| !matches!(block, Raw::NameResolution(_)));
    assert_eq!(kinds, packets_only.map(core::mem::discriminant).collect::<Vec<_>>());
    for told in ["Broken", "sha256", "story of", "client", "six", "why", "basis", "write"] {
        assert!(!bytes.windows(told.len()).any(|window| window == told.as_bytes()), "{told}");
    }
    for kept in ["abcde", "x86_64", "Linux 6.18", "tcpstory 0.1.0"] {
        assert!(bytes.windows(kept.len()).any(|window| window == kept.as_bytes()), "{kept}");
    }
}

#[test]
fn a_text_that_is_too_long_is_cut() {
    let mut file = example();
    let long = "é".repeat(40_000);
    file.section.comments = vec![long.clone()];
    file.names[0].1.clone_from(&long);
    file.blocks = vec![packet(1, b"", &[&long]), row(2, &long)];
    let blocks = read(&written(&file));
    let Raw::SectionHeader(section) = &blocks[0] else { panic!() };
    let SectionHeaderOption::Common(CommonOption::Comment(comment)) = &section.options[0] else { panic!() };
    assert_eq!(comment.len(), 65_535);
    assert!(comment.ends_with("é…"));
}

#[test]
fn a_frame_that_the_interface_denies_is_refused() {
    let frame = vec![0; 262_145];
    let file = Annotated { blocks: vec![packet(0, &frame, &[])], ..Annotated::default() };
    assert_eq!(write(std::io::sink(), &file).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_writer_speaks_for_itself() {
    let mut full = [0; 100];
    assert_eq!(write(&mut full[..], &example()).unwrap_err().kind(), std::io::ErrorKind::WriteZero);
}

/// The time that each packet or row is shown with, in nanoseconds.
fn shown(file: &[u8]) -> Vec<Option<u128>> {
    let time = |block: &Raw<'_>| match block {
        Raw::EnhancedPacket(packet) => Some(Some(packet.timestamp.as_nanos())),
        Raw::SystemdJournalExport(row) => {
            let entry = String::from_utf8(row.journal_entry.to_vec()).unwrap();
            let micros = entry.strip_prefix("__REALTIME_TIMESTAMP=").and_then(|rest| rest.split('\n').next());
            Some(micros.map(|micros| micros.parse::<u128>().unwrap() * 1000))
        }
        _ => None,
    };
    read(file).iter().filter_map(time).collect()
}

#[test]
fn a_row_between_two_packets_of_one_microsecond_has_no_time() {
    let blocks =
        vec![packet(5_200, b"", &[]), row(5_400, "a"), packet(5_900, b"", &[]), row(5_950, "b"), row(5_960, "c")];
    let file = written(&Annotated { blocks, ..Annotated::default() });
    assert_eq!(shown(&file), [Some(5_200), None, Some(5_900), Some(6_000), Some(6_000)]);
}

proptest! {
    #[test]
    fn hostile_text_stays_where_it_is_put(
        texts in vec(prop_oneof![any::<String>(), "[\n\u{1b}\0=\u{202e}A-Z_]{0,40}"], 8),
    ) {
        let text = |place: usize| texts[place].clone();
        let file = Annotated {
            section: Section { comments: vec![text(0)], hardware: text(1), os: text(2), application: text(3) },
            interface: Interface { name: text(4), description: text(5), filter: text(6) },
            names: vec![("127.0.0.1".parse().unwrap(), text(7)), ("::1".parse().unwrap(), text(0))],
            blocks: vec![packet(1, b"x", &[&texts[1], &texts[2]]), row(2, &texts[3])],
            statistics: None,
        };
        let blocks = read(&written(&file));
        let line = |place: usize| one_line(&texts[place]).into_owned();
        let filled = |places: &[usize]| places.iter().map(|&place| line(place)).filter(|line| !line.is_empty()).collect::<Vec<_>>();
        for block in &blocks {
            match block {
                Raw::SectionHeader(section) => prop_assert_eq!(section.options.len(), filled(&[0, 1, 2, 3]).len()),
                Raw::InterfaceDescription(about) => prop_assert_eq!(about.options.len(), 1 + filled(&[4, 5, 6]).len()),
                Raw::NameResolution(names) => prop_assert_eq!(names.records.len(), filled(&[7, 0]).len()),
                Raw::EnhancedPacket(packet) => {
                    let comments = packet.options.iter().filter_map(|option| match option {
                        EnhancedPacketOption::Common(CommonOption::Comment(comment)) => Some(comment.to_string()),
                        _ => None,
                    });
                    prop_assert_eq!(comments.collect::<Vec<_>>(), filled(&[1, 2]));
                }
                Raw::SystemdJournalExport(row) => {
                    let times = "__REALTIME_TIMESTAMP=1\n_SOURCE_REALTIME_TIMESTAMP=0\n";
                    let mut expected = format!("{times}MESSAGE={}\n", line(3)).into_bytes();
                    expected.resize(expected.len().next_multiple_of(4), 0);
                    prop_assert_eq!(&row.journal_entry[..], expected);
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn time_never_runs_backwards(steps in vec((any::<bool>(), 0..3_000_u64), 1..40)) {
        let mut now = 1_000_000;
        let blocks: Vec<_> = steps
            .iter()
            .map(|&(is_packet, step)| {
                now += step;
                if is_packet { packet(now, b"x", &[]) } else { row(now, "r") }
            })
            .collect();
        let shown = shown(&written(&Annotated { blocks: blocks.clone(), ..Annotated::default() }));
        prop_assert!(shown.iter().flatten().is_sorted());
        for (block, time) in blocks.iter().zip(shown) {
            let within = |asked: u64, most: u64| time.is_some_and(|time| time.abs_diff(u128::from(asked)) <= u128::from(most));
            match block {
                Block::Packet { unix_ns, .. } => prop_assert!(within(*unix_ns, 0)),
                Block::Journal { unix_ns, .. } => prop_assert!(time.is_none() || within(*unix_ns, 1_000)),
            }
        }
    }
}
