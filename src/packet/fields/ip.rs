use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols as Protocol};

use super::cutter::Cutter;
use super::{kinds as k, tcp};
use crate::packet::locate::{IPV4_LEN, IPV6_LEN};

/// The more-fragments flag and the fragment offset (RFC 791, section 3.1).
const IPV4_FRAGMENT: u16 = 0x3fff;
/// The offset and the more-fragments flag (RFC 8200, section 4.5).
const IPV6_FRAGMENT: u16 = 0xfff9;
/// How many extension headers are read, so that no chain of empty ones takes long.
const MAX_EXTENSIONS: usize = 16;

/// An IPv4 packet and what follows it.
pub(super) fn version_4(cutter: &mut Cutter<'_>) {
    let header = cutter.peek::<IPV4_LEN>(0);
    if cutter.left() < IPV4_LEN || header[0] >> 4 != 4 {
        return;
    }
    let header_len = (usize::from(header[0] & 0xf) * 4).max(IPV4_LEN);
    let total_len = match usize::from(u16::from_be_bytes([header[2], header[3]])) {
        0 => cutter.left(), // too long for the field
        len => len.max(header_len),
    };
    let is_fragment = u16::from_be_bytes([header[6], header[7]]) & IPV4_FRAGMENT != 0;
    let is_tcp = IpNextHeaderProtocol(header[9]) == Protocol::Tcp;
    cutter.within(total_len, &k::DATA, |packet| {
        packet.within(header_len, &k::IP_OPTION_VALUE, header_4);
        if is_tcp && !is_fragment {
            tcp::segment(packet);
        }
    });
    cutter.whole(&k::ETH_TRAILER, cutter.left());
}

fn header_4(header: &mut Cutter<'_>) {
    header.bits::<1>(&[(&k::IP_VERSION, 0xf0), (&k::IP_HDR_LEN, 0x0f)]);
    header.bits::<1>(&[(&k::IP_DSCP, 0xfc), (&k::IP_ECN, 0x03)]);
    header.whole(&k::IP_LEN, 2);
    header.whole(&k::IP_ID, 2);
    header.bits::<2>(&[
        (&k::IP_FLAG_RESERVED, 0x8000),
        (&k::IP_DONT_FRAGMENT, 0x4000),
        (&k::IP_MORE_FRAGMENTS, 0x2000),
        (&k::IP_FRAGMENT_OFFSET, 0x1fff),
    ]);
    header.whole(&k::IP_TTL, 1);
    header.whole(&k::IP_PROTO, 1);
    header.whole(&k::IP_CHECKSUM, 2);
    header.whole(&k::IP_SRC, 4);
    header.whole(&k::IP_DST, 4);
    options_4(header);
}

/// The options of an IPv4 header: 0 ends them, 1 is padding, all others have a length (RFC 791, section 3.1).
fn options_4(header: &mut Cutter<'_>) {
    while header.left() > 0 {
        let [kind, len] = header.peek::<2>(0);
        let len = usize::from(len);
        match kind {
            0 => {
                header.whole(&k::IP_OPTION_TYPE, 1);
                return header.whole(&k::IP_OPTION_PADDING, header.left());
            }
            1 => header.whole(&k::IP_OPTION_TYPE, 1),
            _ if (2..=header.left()).contains(&len) => {
                header.whole(&k::IP_OPTION_TYPE, 1);
                header.whole(&k::IP_OPTION_LEN, 1);
                header.whole(&k::IP_OPTION_VALUE, len - 2);
            }
            _ => return,
        }
    }
}

/// An IPv6 packet and what follows it.
pub(super) fn version_6(cutter: &mut Cutter<'_>) {
    let header = cutter.peek::<IPV6_LEN>(0);
    if cutter.left() < IPV6_LEN || header[0] >> 4 != 6 {
        return;
    }
    let payload_len = match usize::from(u16::from_be_bytes([header[4], header[5]])) {
        0 => cutter.left(), // too long for the field, or in an option
        len => len,
    };
    cutter.bits::<4>(&[
        (&k::IPV6_VERSION, 0xf000_0000),
        (&k::IPV6_DSCP, 0x0fc0_0000),
        (&k::IPV6_ECN, 0x0030_0000),
        (&k::IPV6_FLOW, 0x000f_ffff),
    ]);
    cutter.whole(&k::IPV6_PLEN, 2);
    cutter.whole(&k::IPV6_NXT, 1);
    cutter.whole(&k::IPV6_HLIM, 1);
    cutter.whole(&k::IPV6_SRC, 16);
    cutter.whole(&k::IPV6_DST, 16);
    cutter.within(payload_len, &k::DATA, |payload| extensions(payload, IpNextHeaderProtocol(header[6])));
    cutter.whole(&k::ETH_TRAILER, cutter.left());
}

/// The extension headers and, where they lead there, the TCP segment (RFC 8200, section 4).
fn extensions(payload: &mut Cutter<'_>, first: IpNextHeaderProtocol) {
    let mut kind = first;
    for _ in 0..MAX_EXTENSIONS {
        if kind == Protocol::Tcp {
            return tcp::segment(payload);
        }
        let [next, units, high, low] = payload.peek::<4>(0);
        let len = match kind {
            Protocol::Hopopt | Protocol::Ipv6Opts | Protocol::Ipv6Route => (usize::from(units) + 1) * 8,
            Protocol::Ipv6Frag if u16::from_be_bytes([high, low]) & IPV6_FRAGMENT == 0 => 8,
            Protocol::Ah => (usize::from(units) + 2) * 4, // RFC 4302, section 2.2
            _ => return,
        };
        if payload.left() < len {
            return;
        }
        payload.within(len, &k::IPV6_EXTENSION_DATA, |header| extension(header, kind));
        kind = IpNextHeaderProtocol(next);
    }
}

fn extension(header: &mut Cutter<'_>, kind: IpNextHeaderProtocol) {
    let (next, len) = match kind {
        Protocol::Hopopt => (&k::HOPOPTS_NXT, &k::HOPOPTS_LEN),
        Protocol::Ipv6Opts => (&k::DSTOPTS_NXT, &k::DSTOPTS_LEN),
        Protocol::Ipv6Route => (&k::ROUTING_NXT, &k::ROUTING_LEN),
        Protocol::Ah => (&k::AH_NXT, &k::AH_LEN),
        _ => (&k::FRAGMENT_NXT, &k::FRAGMENT_RESERVED),
    };
    header.whole(next, 1);
    header.whole(len, 1);
}
