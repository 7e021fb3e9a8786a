use pnet::packet::ipv4::{self, MutableIpv4Packet};
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::packet::tcp::{MutableTcpPacket, TcpOptionNumbers as Kind};

use super::checksum::complete_checksum;
use super::locate::{Addresses, ETHERNET_LEN, Located, locate};
use super::options::{self, pair_bytes, word_pairs};
use crate::record::Flags;

/// What of a frame is replaced, so that two runs of the same story become the same bytes: all that the kernel chooses at
/// random or by the clock. Payload, flags, windows and addresses stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The sender's port.
    pub src_port: u16,
    /// The receiver's port.
    pub dst_port: u16,
    /// Added, modulo 2³², to the sequence number.
    pub seq_shift: u32,
    /// Added, modulo 2³², to what counts the other direction's bytes: the acknowledgment number, where the ACK flag says that it
    /// counts, and the edges of SACK blocks.
    pub ack_shift: u32,
    /// Value and echo reply of the timestamps option, where the segment has one.
    pub timestamps: (u32, u32),
    /// The identification of an IPv4 packet.
    pub ip_id: u16,
    /// The flow label of an IPv6 packet; 20 bits count.
    pub flow_label: u32,
}

/// Changes a frame and makes its checksums right again. True if it holds a whole TCP segment; else the bytes are left as they
/// are.
pub fn rewrite(bytes: &mut [u8], changes: &Rewrite) -> bool {
    let Some(located) = locate(bytes) else { return false };
    rewrite_options(&mut bytes[located.options()], changes);
    rewrite_tcp(bytes, &located, changes)
        .and_then(|()| rewrite_ip(&mut bytes[ETHERNET_LEN..], located.addresses, changes))
        .is_some_and(|()| complete_checksum(bytes))
}

fn rewrite_options(bytes: &mut [u8], changes: &Rewrite) {
    for option in options::split(bytes) {
        let value = &mut bytes[option.value];
        let whole = value.len().is_multiple_of(8);
        match option.kind {
            Kind::TIMESTAMPS if value.len() == 8 => value.copy_from_slice(&pair_bytes(&[changes.timestamps])),
            Kind::SACK if whole => value.copy_from_slice(&shifted(value, changes.ack_shift)),
            _ => {}
        }
    }
}

fn shifted(edges: &[u8], by: u32) -> Vec<u8> {
    let mut pairs = word_pairs(edges);
    for (left, right) in &mut pairs {
        *left = left.wrapping_add(by);
        *right = right.wrapping_add(by);
    }
    pair_bytes(&pairs)
}

fn rewrite_tcp(bytes: &mut [u8], located: &Located, changes: &Rewrite) -> Option<()> {
    let mut tcp = MutableTcpPacket::new(&mut bytes[located.tcp.clone()])?;
    tcp.set_source(changes.src_port);
    tcp.set_destination(changes.dst_port);
    tcp.set_sequence(tcp.get_sequence().wrapping_add(changes.seq_shift));
    if Flags(tcp.get_flags()).has(Flags::ACK) {
        tcp.set_acknowledgement(tcp.get_acknowledgement().wrapping_add(changes.ack_shift));
    }
    Some(())
}

fn rewrite_ip(packet: &mut [u8], family: Addresses, changes: &Rewrite) -> Option<()> {
    match family {
        Addresses::V4(..) => {
            let mut ip = MutableIpv4Packet::new(packet)?;
            ip.set_identification(changes.ip_id);
            ip.set_checksum(ipv4::checksum(&ip.to_immutable()));
        }
        Addresses::V6(..) => MutableIpv6Packet::new(packet)?.set_flow_label(changes.flow_label & 0x000f_ffff),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::{build_frame, dissect_frame, samples, strategy};

    const CHANGES: Rewrite = Rewrite {
        src_port: 40_001,
        dst_port: 47_000,
        seq_shift: 1_u32.wrapping_sub(3_338_936_080),
        ack_shift: 1_u32.wrapping_sub(3_807_231_532),
        timestamps: (5, 4),
        ip_id: 3,
        flow_label: 0xfff0_0007,
    };

    #[test]
    fn everything_random_is_replaced() {
        let mut frame = samples::V4_HELLO.bytes();
        assert!(rewrite(&mut frame, &CHANGES));
        let before = dissect_frame(&samples::V4_HELLO.bytes()).unwrap();
        let after = dissect_frame(&frame).unwrap();
        assert_eq!((after.src.port(), after.dst.port()), (40_001, 47_000));
        assert_eq!((after.seq, after.ack, after.options.timestamps), (1, 1, Some((5, 4))));
        assert_eq!((after.flags, after.window, after.payload), (before.flags, before.window, before.payload));
        assert_eq!(frame[18..20], [0, 3]);
        assert!(strategy::sums_are_right(&frame));
    }

    #[test]
    fn a_flow_label_is_replaced_and_nothing_beside_it() {
        let mut frame = samples::V6_HELLO.bytes();
        assert!(rewrite(&mut frame, &CHANGES));
        assert_eq!(frame[14..18], [0x60, 0, 0, 7]);
    }

    #[test]
    fn an_acknowledgment_number_that_does_not_count_stays() {
        let mut frame = samples::V4_SYN.bytes();
        assert!(rewrite(&mut frame, &CHANGES));
        assert_eq!(dissect_frame(&frame).unwrap().ack, 0);
    }

    #[test]
    fn sack_edges_follow_the_other_direction() {
        let mut segment = dissect_frame(&samples::V4_HELLO.bytes()).unwrap();
        segment.options.sack = vec![(3_807_231_632, 3_807_231_732)];
        let mut frame = build_frame(&segment);
        assert!(rewrite(&mut frame, &CHANGES));
        assert_eq!(dissect_frame(&frame).unwrap().options.sack, [(101, 201)]);
    }

    proptest! {
        #[test]
        fn checksums_are_right_afterwards(segment in strategy::segment(), shift in any::<u32>(), ip_id in any::<u16>()) {
            let mut frame = build_frame(&segment);
            let changes = Rewrite { seq_shift: shift, ip_id, ..CHANGES };
            prop_assert!(rewrite(&mut frame, &changes));
            prop_assert!(strategy::sums_are_right(&frame));
        }

        #[test]
        fn what_is_no_segment_stays(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut after = bytes.clone();
            prop_assert!(rewrite(&mut after, &CHANGES) || after == bytes);
        }
    }
}
