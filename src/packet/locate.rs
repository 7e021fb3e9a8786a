//! Where the TCP segment of a frame begins and ends.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ops::Range;

use pnet::packet::ethernet::{EtherTypes, EthernetPacket};
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols as Protocol};
use pnet::packet::ipv4::{Ipv4Flags, Ipv4Packet};
use pnet::packet::ipv6::{ExtensionPacket, FragmentPacket, Ipv6Packet, RoutingPacket};
use pnet::packet::tcp::TcpPacket;

/// The Ethernet header's length in bytes.
pub(super) const ETHERNET_LEN: usize = EthernetPacket::minimum_packet_size();

/// The shortest IPv4 header's length in bytes (RFC 791, section 3.1).
pub(super) const IPV4_LEN: usize = Ipv4Packet::minimum_packet_size();

/// The IPv6 header's length in bytes (RFC 8200, section 3).
pub(super) const IPV6_LEN: usize = Ipv6Packet::minimum_packet_size();

/// The shortest TCP header's length in bytes (RFC 9293, section 3.1).
pub(super) const TCP_LEN: usize = TcpPacket::minimum_packet_size();

/// The offset and the more-fragments flag of an IPv6 fragment header (RFC 8200, section 4.5).
const FRAGMENT_OFFSET_OR_MORE: u16 = 0xfff9;

/// A whole TCP segment inside a frame: every range lies within the frame, the header within the segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    /// The addresses of the IP header.
    pub(super) addresses: Addresses,
    /// Header and payload of the segment, without the padding that may follow it.
    pub(super) tcp: Range<usize>,
    /// The length of the TCP header with its options.
    pub(super) header_len: usize,
}

impl Located {
    /// The options, with their padding.
    pub(super) fn options(&self) -> Range<usize> {
        self.tcp.start + TCP_LEN..self.payload().start
    }

    /// The payload.
    pub(super) fn payload(&self) -> Range<usize> {
        self.tcp.start + self.header_len..self.tcp.end
    }
}

/// Sender and receiver of an IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addresses {
    /// IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl Addresses {
    /// The sender.
    pub(super) fn src(self) -> IpAddr {
        match self {
            Self::V4(src, _) => src.into(),
            Self::V6(src, _) => src.into(),
        }
    }

    /// The receiver.
    pub(super) fn dst(self) -> IpAddr {
        match self {
            Self::V4(_, dst) => dst.into(),
            Self::V6(_, dst) => dst.into(),
        }
    }
}

/// The TCP segment of an Ethernet frame.
pub(super) fn locate(frame: &[u8]) -> Option<Located> {
    let (addresses, tcp) = match EthernetPacket::new(frame)?.get_ethertype() {
        EtherTypes::Ipv4 => in_ipv4(frame)?,
        EtherTypes::Ipv6 => in_ipv6(frame)?,
        _ => return None,
    };
    let header_len = usize::from(TcpPacket::new(frame.get(tcp.clone())?)?.get_data_offset()) * 4;
    (TCP_LEN..=tcp.len()).contains(&header_len).then_some(Located { addresses, tcp, header_len })
}

fn in_ipv4(frame: &[u8]) -> Option<(Addresses, Range<usize>)> {
    let ip = Ipv4Packet::new(frame.get(ETHERNET_LEN..)?)?;
    let header_len = usize::from(ip.get_header_length()) * 4;
    let fragment = ip.get_fragment_offset() != 0 || ip.get_flags() & Ipv4Flags::MoreFragments != 0;
    if ip.get_version() != 4 || header_len < IPV4_LEN || fragment || ip.get_next_level_protocol() != Protocol::Tcp {
        return None;
    }
    let end = end_of(frame, ETHERNET_LEN, ip.get_total_length())?;
    Some((Addresses::V4(ip.get_source(), ip.get_destination()), ETHERNET_LEN + header_len..end))
}

fn in_ipv6(frame: &[u8]) -> Option<(Addresses, Range<usize>)> {
    let ip = Ipv6Packet::new(frame.get(ETHERNET_LEN..)?)?;
    if ip.get_version() != 6 {
        return None;
    }
    let extensions = ETHERNET_LEN + IPV6_LEN;
    let end = end_of(frame, extensions, ip.get_payload_length())?;
    let start = extensions + extensions_len(frame.get(extensions..end)?, ip.get_next_header())?;
    Some((Addresses::V6(ip.get_source(), ip.get_destination()), start..end))
}

/// Where a part of the frame ends whose IP header gives its length. Linux writes the length 0 where it does not fit in 16 bits; a
/// card that segments by itself may leave it 0 too. Then the frame's end is the part's end.
fn end_of(frame: &[u8], start: usize, length: u16) -> Option<usize> {
    let rest = frame.len().checked_sub(start)?;
    match usize::from(length) {
        0 if u16::try_from(rest).is_ok() => Some(frame.len()),
        length if (1..=rest).contains(&length) => Some(start + length),
        _ => None,
    }
}

/// The length of the extension headers before the TCP header (RFC 8200, section 4).
fn extensions_len(payload: &[u8], first: IpNextHeaderProtocol) -> Option<usize> {
    let (mut next, mut at) = (first, 0);
    while next != Protocol::Tcp {
        let rest = payload.get(at..)?;
        let header = ExtensionPacket::new(rest)?;
        at += extension_len(rest, next, header.get_hdr_ext_len())?;
        next = header.get_next_header();
    }
    Some(at)
}

/// The length of one extension header, if the segment can be found behind it.
fn extension_len(bytes: &[u8], kind: IpNextHeaderProtocol, hdr_ext_len: u8) -> Option<usize> {
    let units = usize::from(hdr_ext_len);
    match kind {
        Protocol::Hopopt | Protocol::Ipv6Opts | Protocol::MobilityHeader | Protocol::Hip | Protocol::Shim6 => {
            Some((units + 1) * 8)
        }
        // On its way to another address than the header's, the pseudo-header is not what it seems (RFC 8200, section 8.1).
        Protocol::Ipv6Route => (RoutingPacket::new(bytes)?.get_segments_left() == 0).then_some((units + 1) * 8),
        // An atomic fragment is whole (RFC 6946).
        Protocol::Ipv6Frag => {
            let word = FragmentPacket::new(bytes)?.get_fragment_offset_with_flags();
            (word & FRAGMENT_OFFSET_OR_MORE == 0).then_some(FragmentPacket::minimum_packet_size())
        }
        // In units of four bytes, minus two (RFC 4302, section 2.2).
        Protocol::Ah => Some((units + 2) * 4),
        _ => None,
    }
}
