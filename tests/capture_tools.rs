//! tshark, tcpdump, capinfos and editcap read the capture files that tcpstory writes.

mod support;

use core::net::Ipv4Addr;
use std::fs::{self, File};

use libtest_mimic::{Arguments, Failed, Trial};
use tcpstory::capture::pcap;
use tcpstory::capture::pcapng::{self, Annotated, Block, Direction, Interface, Section, Statistics};
use tcpstory::packet::build_frame;
use tcpstory::record::{Flags, Segment, TcpOptions};
use tempfile::TempDir;

use support::{needing, output};

/// When the first row of the example happened, in nanoseconds since 1970.
const BEGIN: u64 = 1_700_000_000_000_000_000;

/// The two ends of the example.
const CLIENT: Ipv4Addr = Ipv4Addr::LOCALHOST;
const SERVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Packets and journal rows of the example.
const PACKETS: usize = 7;
const ROWS: usize = 6;

fn main() {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit();
}

fn trials() -> Vec<Trial> {
    vec![
        needing(&["tshark"], "tshark_reads_every_frame", tshark_reads_every_frame),
        needing(&["tshark"], "tshark_shows_rows_between_packets", tshark_shows_rows_between_packets),
        needing(&["tshark"], "tshark_filters_rows_by_errno", tshark_filters_rows_by_errno),
        needing(&["tshark"], "tshark_shows_names", tshark_shows_names),
        needing(&["tshark"], "tshark_shows_comments", tshark_shows_comments),
        needing(&["tshark"], "tshark_finds_no_time_running_backwards", tshark_finds_no_time_running_backwards),
        needing(&["tshark"], "tshark_finds_every_checksum_right", tshark_finds_every_checksum_right),
        needing(&["tshark"], "tshark_reads_the_drop_count", tshark_reads_the_drop_count),
        needing(&["tshark"], "nothing_hostile_is_obeyed", nothing_hostile_is_obeyed),
        needing(&["tshark"], "plain_has_packets_only", plain_has_packets_only),
        needing(&["tcpdump"], "tcpdump_reads_the_packets_of_both", tcpdump_reads_the_packets_of_both),
        needing(&["capinfos"], "capinfos_knows_the_capture", capinfos_knows_the_capture),
        needing(&["editcap"], "editcap_makes_plain_classic", editcap_makes_plain_classic),
        needing(&["editcap", "tshark"], "editcap_keeps_rows", editcap_keeps_rows),
    ]
}

/// The close, write, RST, write sequence.
fn frames() -> [Vec<u8>; PACKETS] {
    let ack = |flags: Flags| flags.with(Flags::ACK);
    [
        frame(true, 100, 0, Flags::SYN, b""),
        frame(false, 300, 101, ack(Flags::SYN), b""),
        frame(true, 101, 301, Flags::ACK, b""),
        frame(false, 301, 101, ack(Flags::FIN), b""),
        frame(true, 101, 302, Flags::ACK, b""),
        frame(true, 101, 302, ack(Flags::PSH), b"b"),
        frame(false, 302, 0, Flags::RST, b""),
    ]
}

fn frame(from_client: bool, seq: u32, ack: u32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let (client, server) = ((CLIENT, 37_489).into(), (SERVER, 47_000).into());
    let (src, dst) = if from_client { (client, server) } else { (server, client) };
    let options = TcpOptions { timestamps: Some((1, 1)), ..TcpOptions::default() };
    build_frame(&Segment { src, dst, seq, ack, flags, window: 512, urgent: 0, options, payload: payload.to_vec() })
}

fn packet<'a>(after_ns: u64, bytes: &'a [u8], comments: &[&str]) -> Block<'a> {
    let comments = comments.iter().map(|&comment| comment.to_owned()).collect();
    Block::Packet { unix_ns: BEGIN + after_ns, bytes, comments, direction: Direction::Inbound }
}

fn row(after_ns: u64, fields: &[(&str, &str)]) -> Block<'static> {
    let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Block::Journal { unix_ns: BEGIN + after_ns, fields }
}

/// Rows before, between and after packets; one in the microsecond of the packet before it, one with packets on both sides.
fn blocks(frames: &[Vec<u8>; PACKETS]) -> Vec<Block<'_>> {
    let call = [("_COMM", "client"), ("_PID", "4711"), ("PRIORITY", "6")];
    let says = |message: &'static str| [&[("MESSAGE", message)], &call[..]].concat();
    vec![
        row(0, &says("[c1] connect(server) …")),
        packet(1_200, &frames[0], &[]),
        row(1_500, &says("[s1] accept() …")),
        packet(1_900, &frames[1], &[]),
        packet(30_900, &frames[2], &[]),
        row(30_950, &says("[c1] connect = 0")),
        packet(40_000, &frames[3], &["[p4] FIN <- s2 close()"]),
        packet(41_000, &frames[4], &[]),
        row(50_000, &says("[c2] write(\"b\") …")),
        packet(50_100, &frames[5], &[]),
        packet(
            50_200,
            &frames[6],
            &["[p7] RST <- p6 hit a socket closed by s2 | felt at c3", "basis: sequence numbers"],
        ),
        row(52_000, &says("[c2] write = 1")),
        row(60_000, &[&says("[c3] write(\"c\") = EPIPE")[..], &[("ERRNO", "32"), ("CODE_FUNC", "write")]].concat()),
    ]
}

fn example(frames: &[Vec<u8>; PACKETS]) -> Annotated<'_> {
    Annotated {
        section: Section {
            comments: vec!["Broken pipe: the second write after the peer closed".to_owned()],
            hardware: "x86_64".to_owned(),
            os: "Linux 6.18".to_owned(),
            application: "tcpstory 0.1.0".to_owned(),
        },
        interface: Interface {
            name: "lo".to_owned(),
            description: "loopback of a sandbox".to_owned(),
            filter: "tcp port 47000".to_owned(),
        },
        names: vec![(CLIENT.into(), "client".to_owned()), (SERVER.into(), "server".to_owned())],
        blocks: blocks(frames),
        statistics: Some(Statistics {
            start_unix_ns: BEGIN - 1_000,
            end_unix_ns: BEGIN + 100_000,
            received: 7,
            dropped: 3,
        }),
    }
}

/// A folder with `annotated.pcapng`, `plain.pcapng` and `classic.pcap`, all of the example.
fn saved() -> Result<TempDir, Failed> {
    let frames = frames();
    let folder = saved_as(&example(&frames))?;
    let plain = example(&frames).plain();
    pcapng::write(File::create(folder.path().join("plain.pcapng"))?, &plain)?;
    let packets = plain.blocks.iter().filter_map(|block| match block {
        Block::Packet { unix_ns, bytes, .. } => Some((*unix_ns, *bytes)),
        Block::Journal { .. } => None,
    });
    pcap::write(File::create(folder.path().join("classic.pcap"))?, packets)?;
    Ok(folder)
}

fn saved_as(annotated: &Annotated<'_>) -> Result<TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    pcapng::write(File::create(folder.path().join("annotated.pcapng"))?, annotated)?;
    Ok(folder)
}

/// The fields of each frame that tshark shows.
fn fields(folder: &TempDir, arguments: &[&str], names: &[&str]) -> Result<Vec<Vec<String>>, Failed> {
    let mut all = vec!["-r", "annotated.pcapng", "-T", "fields"];
    all.extend(names.iter().flat_map(|name| ["-e", name]));
    all.extend(arguments);
    let printed = output(folder.path(), "tshark", &all)?;
    Ok(printed.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

/// One field of each frame.
fn field(folder: &TempDir, arguments: &[&str], name: &str) -> Result<Vec<String>, Failed> {
    Ok(fields(folder, arguments, &[name])?.into_iter().map(|line| line.concat()).collect())
}

fn tshark_reads_every_frame() -> Result<(), Failed> {
    let folder = saved()?;
    let printed = output(folder.path(), "tshark", &["-r", "annotated.pcapng", "-V"])?;
    assert!(!printed.contains("Malformed"), "{printed}");
    assert_eq!(field(&folder, &[], "frame.number")?.len(), PACKETS + ROWS);
    assert_eq!(field(&folder, &["-Y", "tcp"], "frame.number")?.len(), PACKETS);
    Ok(())
}

fn tshark_shows_rows_between_packets() -> Result<(), Failed> {
    let shown = fields(&saved()?, &[], &["_ws.col.Protocol", "_ws.col.Info"])?;
    let is_row = |line: &Vec<String>| line[0] == "systemd Journal";
    let expected = [0, 2, 5, 8, 11, 12];
    assert_eq!(
        shown.iter().enumerate().filter(|(_, line)| is_row(line)).map(|(at, _)| at).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(shown[12][1], "[c3] write(\"c\") = EPIPE");
    assert!(shown[10][1].contains("[RST]"), "{shown:?}");
    Ok(())
}

fn tshark_filters_rows_by_errno() -> Result<(), Failed> {
    let names = ["frame.number", "systemd_journal.comm", "systemd_journal.pid", "systemd_journal.code_func"];
    let found = fields(&saved()?, &["-Y", "systemd_journal.errno == 32"], &names)?;
    assert_eq!(found, [["13", "client", "4711", "write"]]);
    Ok(())
}

fn tshark_shows_names() -> Result<(), Failed> {
    let shown = fields(&saved()?, &["-N", "n", "-Y", "tcp"], &["_ws.col.Source", "_ws.col.Destination"])?;
    assert_eq!(shown[0], ["client", "server"]);
    assert_eq!(shown[PACKETS - 1], ["server", "client"]);
    Ok(())
}

fn tshark_shows_comments() -> Result<(), Failed> {
    let folder = saved()?;
    let shown = fields(&folder, &["-Y", "frame.comment", "-E", "aggregator=|"], &["frame.number", "frame.comment"])?;
    let second = "[p7] RST <- p6 hit a socket closed by s2 | felt at c3|basis: sequence numbers";
    assert_eq!(shown, [["7", "[p4] FIN <- s2 close()"], ["11", second]]);
    assert_eq!(field(&folder, &["-Y", "frame.comment contains \"felt at c3\""], "frame.number")?, ["11"]);
    Ok(())
}

fn tshark_finds_no_time_running_backwards() -> Result<(), Failed> {
    let folder = saved()?;
    assert_eq!(field(&folder, &["-Y", "frame.time_delta < 0"], "frame.number")?, [""; 0]);
    let times = field(&folder, &[], "frame.time_epoch")?;
    assert_eq!(times[1], "1700000000.000001200");
    assert_eq!(times[2], "", "the row between two packets of one microsecond");
    assert_eq!(times[5], "1700000000.000031000", "the row after a packet of its microsecond");
    let happened = field(&folder, &["-Y", "frame.number == 3"], "systemd_journal.source_realtime_timestamp")?;
    assert!(happened[0].contains("20.000001"), "{happened:?}");
    Ok(())
}

fn tshark_finds_every_checksum_right() -> Result<(), Failed> {
    let checking = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y"];
    let right = [&checking[..], &["tcp.checksum.status == Good && ip.checksum.status == Good"]].concat();
    assert_eq!(field(&saved()?, &right, "frame.number")?.len(), PACKETS);
    Ok(())
}

fn tshark_reads_the_drop_count() -> Result<(), Failed> {
    // The file's blocks themselves, in place of the frames in them.
    let blocks = ["-X", "read_format:MIME Files Format"];
    let names = ["pcapng.options.option.data.interface.received", "pcapng.options.option.data.interface.dropped"];
    assert_eq!(fields(&saved()?, &blocks, &names)?, [["7", "3"]]);
    Ok(())
}

fn nothing_hostile_is_obeyed() -> Result<(), Failed> {
    const HOSTILE: &str =
        "x\nERRNO=32\n\nMESSAGE=injected\r\u{1b}[2J\u{9b}31m\0y\u{202e}z\u{2028}__REALTIME_TIMESTAMP=1\t\\xff";
    let frames = frames();
    let mut file = example(&frames);
    file.section.comments = vec![HOSTILE.to_owned()];
    file.interface.description = HOSTILE.into();
    file.names[0].1 = HOSTILE.into();
    file.blocks = vec![
        packet(1_200, &frames[0], &[HOSTILE]),
        row(1_500, &[("MESSAGE", HOSTILE), ("_COMM", HOSTILE)]),
        packet(1_900, &frames[1], &[]),
    ];
    let folder = saved_as(&file)?;
    assert_eq!(field(&folder, &["-Y", "systemd_journal.errno"], "frame.number")?, [""; 0]);
    assert_eq!(field(&folder, &[], "frame.time_epoch")?, ["1700000000.000001200", "", "1700000000.000001900"]);
    let details = output(folder.path(), "tshark", &["-N", "n", "-r", "annotated.pcapng", "-V"])?;
    let list = output(folder.path(), "tshark", &["-N", "n", "-r", "annotated.pcapng"])?;
    for printed in [&details, &list] {
        assert!(!printed.contains(|c: char| c != '\n' && c.is_control()), "{printed:?}");
        assert!(!printed.contains(['\u{202e}', '\u{2028}']), "{printed:?}");
    }
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(!details.lines().any(|line| line.trim_start().starts_with("Message: injected")), "{details}");
    Ok(())
}

fn plain_has_packets_only() -> Result<(), Failed> {
    let folder = saved()?;
    let list = |name| output(folder.path(), "tshark", &["-N", "n", "-r", name]);
    assert_eq!(list("plain.pcapng")?.lines().count(), PACKETS);
    assert_eq!(list("plain.pcapng")?, list("classic.pcap")?);
    let bytes = fs::read(folder.path().join("plain.pcapng"))?;
    for told in ["client", "server", "Broken", "felt", "write", "sandbox"] {
        assert!(!bytes.windows(told.len()).any(|window| window == told.as_bytes()), "{told}");
    }
    Ok(())
}

fn tcpdump_reads_the_packets_of_both() -> Result<(), Failed> {
    let folder = saved()?;
    let mut printed = Vec::new();
    for name in ["annotated.pcapng", "plain.pcapng", "classic.pcap"] {
        let text = output(folder.path(), "tcpdump", &["-n", "-vv", "-tt", "--nano", "-r", name])?;
        assert_eq!(text.matches("(correct)").count(), PACKETS, "{text}");
        assert!(text.starts_with("1700000000.000001200 IP "), "{text}");
        printed.push(text);
    }
    assert!(printed.iter().all(|text| *text == printed[0]));
    Ok(())
}

fn capinfos_knows_the_capture() -> Result<(), Failed> {
    let printed = output(saved()?.path(), "capinfos", &["annotated.pcapng"])?;
    let lines: Vec<_> = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for expected in [
        "Number of packets: 7",
        "File timestamp precision: nanoseconds (9)",
        "Capture hardware: x86_64",
        "Capture oper-sys: Linux 6.18",
        "Capture application: tcpstory 0.1.0",
        "Capture comment: Broken pipe: the second write after the peer closed",
        "Name = lo",
        "Description = loopback of a sandbox",
        "Filter string = tcp port 47000",
        "Number of stat entries = 1",
        "Number of resolved IPv4 addresses in file: 2",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\nis not in\n{printed}");
    }
    Ok(())
}

fn editcap_makes_plain_classic() -> Result<(), Failed> {
    let folder = saved()?;
    output(folder.path(), "editcap", &["-F", "nsecpcap", "plain.pcapng", "made.pcap"])?;
    let read = |name: &str| fs::read(folder.path().join(name));
    assert!(read("made.pcap")? == read("classic.pcap")?);
    Ok(())
}

fn editcap_keeps_rows() -> Result<(), Failed> {
    let folder = saved()?;
    output(folder.path(), "editcap", &["annotated.pcapng", "copy.pcapng"])?;
    let rows = ["-T", "fields", "-e", "systemd_journal.message", "-e", "frame.comment", "-r"];
    let messages = |name| output(folder.path(), "tshark", &[&rows[..], &[name]].concat());
    assert_eq!(messages("copy.pcapng")?, messages("annotated.pcapng")?);
    Ok(())
}
