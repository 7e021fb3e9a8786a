use core::net::IpAddr;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption, InterfaceTsResolution,
};
use pcap_file::pcapng::blocks::interface_statistics::{InterfaceStatisticsBlock, InterfaceStatisticsOption};
use pcap_file::pcapng::blocks::name_resolution::{Ipv4Record, Ipv6Record, NameResolutionBlock, Record};
use pcap_file::pcapng::blocks::opt_common::CommonOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::blocks::systemd_journal_export::SystemdJournalExportBlock;
use pcap_file::pcapng::{PcapNgWriteError, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

use super::super::text::one_line_within;
use super::super::{SNAPLEN, invalid};
use super::{Annotated, Block, Direction, Interface, Section, Statistics, journal};

/// The longest string of an option, in bytes: its length is a 16-bit number.
const MAX_OPTION: usize = u16::MAX as usize;

/// The longest name of an address, in bytes: that of a domain name (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 255;

/// Writes the file: section, interface, names, blocks, statistics.
///
/// # Errors
/// Whatever the writer says; `InvalidInput` for a journal field whose name the journal does not allow, and for a packet of more
/// than 262,144 bytes.
pub fn write(writer: impl Write, file: &Annotated<'_>) -> io::Result<()> {
    let mut out = PcapNgWriter::with_section_header(BufWriter::new(writer), section(&file.section)).map_err(to_io)?;
    out.write_pcapng_block(interface(&file.interface)).map_err(to_io)?;
    if let Some(names) = names(&file.names) {
        out.write_pcapng_block(names).map_err(to_io)?;
    }
    write_blocks(&mut out, &file.blocks)?;
    if let Some(counted) = &file.statistics {
        out.write_pcapng_block(statistics(counted)).map_err(to_io)?;
    }
    out.get_mut().flush()
}

fn write_blocks(out: &mut PcapNgWriter<impl Write>, blocks: &[Block<'_>]) -> io::Result<()> {
    let mut shown_ns = 0;
    for (block, next_packet_ns) in blocks.iter().zip(next_packets(blocks)) {
        match block {
            Block::Packet { unix_ns, bytes, comments, direction } => {
                shown_ns = *unix_ns;
                out.write_pcapng_block(packet(*unix_ns, bytes, comments, *direction)?).map_err(to_io)?;
            }
            Block::Journal { unix_ns, fields } => {
                let microsecond = journal::microsecond(*unix_ns, shown_ns, next_packet_ns);
                shown_ns = microsecond.map_or(shown_ns, |time| time * 1000);
                let journal_entry = Cow::Owned(journal::entry(*unix_ns, microsecond, fields)?);
                out.write_pcapng_block(SystemdJournalExportBlock { journal_entry }).map_err(to_io)?;
            }
        }
    }
    Ok(())
}

/// For each block the time of the first packet behind it.
fn next_packets(blocks: &[Block<'_>]) -> Vec<Option<u64>> {
    let mut next = None;
    let mut found: Vec<_> = blocks
        .iter()
        .rev()
        .map(|block| match block {
            Block::Packet { unix_ns, .. } => next.replace(*unix_ns),
            Block::Journal { .. } => next,
        })
        .collect();
    found.reverse();
    found
}

/// The strings that are not empty, each as a line that fits into an option.
fn lines<'a>(texts: impl IntoIterator<Item = &'a String>) -> impl Iterator<Item = Cow<'a, str>> {
    texts.into_iter().filter(|text| !text.is_empty()).map(|text| one_line_within(text, MAX_OPTION))
}

fn section(about: &Section) -> SectionHeaderBlock<'_> {
    let comments = lines(&about.comments).map(|line| SectionHeaderOption::Common(CommonOption::Comment(line)));
    let options = comments
        .chain(lines([&about.hardware]).map(SectionHeaderOption::Hardware))
        .chain(lines([&about.os]).map(SectionHeaderOption::OS))
        .chain(lines([&about.application]).map(SectionHeaderOption::UserApplication))
        .collect();
    SectionHeaderBlock { endianness: Endianness::Little, options, ..SectionHeaderBlock::default() }
}

fn interface(about: &Interface) -> InterfaceDescriptionBlock<'_> {
    // The first byte says that a libpcap string follows.
    let filter = |line: Cow<'_, str>| [b"\0", line.as_bytes()].concat();
    let resolution = InterfaceDescriptionOption::IfTsResol(InterfaceTsResolution::NANO);
    let options = lines([&about.name])
        .map(InterfaceDescriptionOption::IfName)
        .chain(lines([&about.description]).map(InterfaceDescriptionOption::IfDescription))
        .chain(Some(resolution))
        .chain(lines([&about.filter]).map(|line| InterfaceDescriptionOption::IfFilter(filter(line).into())))
        .collect();
    InterfaceDescriptionBlock { linktype: DataLink::ETHERNET, snaplen: SNAPLEN, options }
}

fn names(pairs: &[(IpAddr, String)]) -> Option<NameResolutionBlock<'_>> {
    let filled = pairs.iter().filter(|(_, name)| !name.is_empty());
    let records: Vec<_> = filled.map(|(address, name)| record(*address, one_line_within(name, MAX_NAME))).collect();
    (!records.is_empty()).then_some(NameResolutionBlock { records, options: Vec::new() })
}

fn record(address: IpAddr, name: Cow<'_, str>) -> Record<'_> {
    match address {
        IpAddr::V4(ip_addr) => Record::Ipv4(Ipv4Record { ip_addr, names: vec![name] }),
        IpAddr::V6(ip_addr) => Record::Ipv6(Ipv6Record { ip_addr, names: vec![name] }),
    }
}

fn packet<'a>(
    unix_ns: u64,
    bytes: &'a [u8],
    comments: &'a [String],
    direction: Direction,
) -> io::Result<EnhancedPacketBlock<'a>> {
    let original_len = u32::try_from(bytes.len()).map_err(invalid)?;
    if original_len > SNAPLEN {
        return Err(invalid(format!("a frame of {original_len} bytes is longer than {SNAPLEN}")));
    }
    let comments = lines(comments).map(|line| EnhancedPacketOption::Common(CommonOption::Comment(line)));
    Ok(EnhancedPacketBlock {
        interface_id: 0,
        timestamp: Duration::from_nanos(unix_ns),
        original_len,
        data: Cow::Borrowed(bytes),
        options: comments.chain(flags(direction).map(EnhancedPacketOption::Flags)).collect(),
    })
}

fn flags(direction: Direction) -> Option<u32> {
    match direction {
        Direction::Unknown => None,
        Direction::Inbound => Some(0b01),
        Direction::Outbound => Some(0b10),
    }
}

fn statistics(counted: &Statistics) -> InterfaceStatisticsBlock<'static> {
    let (start, end) = (Duration::from_nanos(counted.start_unix_ns), Duration::from_nanos(counted.end_unix_ns));
    let options = vec![
        InterfaceStatisticsOption::IsbStartTime(start),
        InterfaceStatisticsOption::IsbEndTime(end),
        InterfaceStatisticsOption::IsbIfRecv(counted.received),
        InterfaceStatisticsOption::IsbIfDrop(counted.dropped),
    ];
    InterfaceStatisticsBlock { interface_id: 0, timestamp: end, options }
}

fn to_io(error: PcapNgWriteError) -> io::Error {
    match error {
        PcapNgWriteError::Io(error) => error,
        other => invalid(other),
    }
}
