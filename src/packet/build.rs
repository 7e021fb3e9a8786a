use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet::packet::ethernet::{EtherTypes, MutableEthernetPacket};
use pnet::packet::ip::IpNextHeaderProtocols as Protocol;
use pnet::packet::ipv4::{self, Ipv4Flags, MutableIpv4Packet};
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::packet::tcp::MutableTcpPacket;

use super::checksum::complete_checksum;
use super::locate::{Addresses, ETHERNET_LEN, IPV4_LEN, IPV6_LEN, TCP_LEN};
use super::options;
use crate::record::Segment;

/// The time to live that Linux gives a packet (`net.ipv4.ip_default_ttl`).
const TTL: u8 = 64;

/// The frame of a segment as the loopback interface carries it: Ethernet addresses of zero, an IP header without options, right
/// checksums.
///
/// Where one address is IPv4 and the other is not, the packet is IPv6 with a mapped address (RFC 4291, section 2.5.5.2). Of
/// the payload as much is taken as the IP header's 16-bit length allows, of the SACK blocks as many as fit.
pub fn build_frame(segment: &Segment) -> Vec<u8> {
    let options = options::encode(&segment.options);
    match (segment.src.ip(), segment.dst.ip()) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => build(segment, &options, Addresses::V4(src, dst), IPV4_LEN),
        (src, dst) => build(segment, &options, Addresses::V6(mapped(src), mapped(dst)), IPV6_LEN),
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

fn build(segment: &Segment, options: &[u8], addresses: Addresses, ip_len: usize) -> Vec<u8> {
    let header_len = TCP_LEN + options.len();
    // The length of an IPv4 packet counts its header, that of an IPv6 packet does not; the shorter bound serves both.
    let payload = segment.payload.len().min(usize::from(u16::MAX) - IPV4_LEN - header_len);
    let tcp_start = ETHERNET_LEN + ip_len;
    let mut frame = vec![0; tcp_start + TCP_LEN];
    frame.extend(options);
    frame.extend(&segment.payload[..payload]);
    let views = match addresses {
        Addresses::V4(src, dst) => fill_ipv4(&mut frame, src, dst),
        Addresses::V6(src, dst) => fill_ipv6(&mut frame, src, dst),
    };
    views.and_then(|()| fill_tcp(&mut frame[tcp_start..], segment, header_len)).expect("the frame holds its headers");
    complete_checksum(&mut frame);
    frame
}

fn fill_ipv4(frame: &mut [u8], src: Ipv4Addr, dst: Ipv4Addr) -> Option<()> {
    MutableEthernetPacket::new(frame)?.set_ethertype(EtherTypes::Ipv4);
    let total_len = u16::try_from(frame.len() - ETHERNET_LEN).ok()?;
    let mut ip = MutableIpv4Packet::new(&mut frame[ETHERNET_LEN..])?;
    ip.set_version(4);
    ip.set_header_length(5);
    ip.set_total_length(total_len);
    ip.set_flags(Ipv4Flags::DontFragment);
    ip.set_ttl(TTL);
    ip.set_next_level_protocol(Protocol::Tcp);
    ip.set_source(src);
    ip.set_destination(dst);
    ip.set_checksum(ipv4::checksum(&ip.to_immutable()));
    Some(())
}

fn fill_ipv6(frame: &mut [u8], src: Ipv6Addr, dst: Ipv6Addr) -> Option<()> {
    MutableEthernetPacket::new(frame)?.set_ethertype(EtherTypes::Ipv6);
    let payload_len = u16::try_from(frame.len() - ETHERNET_LEN - IPV6_LEN).ok()?;
    let mut ip = MutableIpv6Packet::new(&mut frame[ETHERNET_LEN..])?;
    ip.set_version(6);
    ip.set_payload_length(payload_len);
    ip.set_next_header(Protocol::Tcp);
    ip.set_hop_limit(TTL);
    ip.set_source(src);
    ip.set_destination(dst);
    Some(())
}

fn fill_tcp(bytes: &mut [u8], segment: &Segment, header_len: usize) -> Option<()> {
    let mut tcp = MutableTcpPacket::new(bytes)?;
    tcp.set_source(segment.src.port());
    tcp.set_destination(segment.dst.port());
    tcp.set_sequence(segment.seq);
    tcp.set_acknowledgement(segment.ack);
    tcp.set_data_offset(u8::try_from(header_len / 4).ok()?);
    tcp.set_flags(segment.flags.0);
    tcp.set_window(segment.window);
    tcp.set_urgent_ptr(segment.urgent);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::{dissect_frame, samples, strategy};

    #[test]
    fn it_is_what_the_kernel_sent() {
        // The kernel numbers IPv4 packets and labels IPv6 flows; these two kinds carry neither.
        let sent = samples::V4_RST.bytes();
        assert_eq!(build_frame(&dissect_frame(&sent).unwrap()), sent);
        let mut sent = samples::V6_RST.bytes();
        complete_checksum(&mut sent);
        sent[15..18].copy_from_slice(&[0, 0, 0]);
        sent[14] = 0x60;
        sent[18..20].copy_from_slice(&20_u16.to_be_bytes());
        assert_eq!(build_frame(&dissect_frame(&sent).unwrap()), sent);
    }

    #[test]
    fn options_are_laid_out_as_the_kernel_does() {
        for sample in samples::ALL {
            let mut sent = sample.bytes();
            complete_checksum(&mut sent);
            let built = build_frame(&dissect_frame(&sent).unwrap());
            assert_eq!(&built[sent.len() - 20..], &sent[sent.len() - 20..]);
        }
    }

    #[test]
    fn a_long_payload_is_cut_to_what_the_header_can_say() {
        let mut segment = dissect_frame(&samples::V4_HELLO.bytes()).unwrap();
        segment.payload = vec![7; 100_000];
        assert_eq!(dissect_frame(&build_frame(&segment)).unwrap().payload.len(), 65_535 - 20 - 32);
    }

    #[test]
    fn mixed_families_meet_in_ipv6() {
        let mut segment = dissect_frame(&samples::V4_HELLO.bytes()).unwrap();
        segment.dst = "[::1]:47000".parse().unwrap();
        assert_eq!(dissect_frame(&build_frame(&segment)).unwrap().src, "[::ffff:127.0.0.1]:37489".parse().unwrap());
    }

    proptest! {
        #[test]
        fn what_is_built_is_read_back(segment in strategy::segment()) {
            let frame = build_frame(&segment);
            prop_assert_eq!(dissect_frame(&frame), Some(segment));
        }

        #[test]
        fn its_checksums_are_right(segment in strategy::segment()) {
            let frame = build_frame(&segment);
            prop_assert!(strategy::sums_are_right(&frame));
        }
    }
}
