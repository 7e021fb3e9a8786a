//! Arbitrary segments for property tests, and an independent check of their checksums.

use core::net::SocketAddr;

use proptest::collection::vec;
use proptest::prelude::*;

use super::locate::{Addresses, locate};
use crate::record::{Flags, Segment, TcpOptions};

fn addresses() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let four = any::<[([u8; 4], u16); 2]>().prop_map(|[src, dst]| (src.into(), dst.into()));
    let six = any::<[([u8; 16], u16); 2]>().prop_map(|[src, dst]| (src.into(), dst.into()));
    prop_oneof![four, six]
}

fn options() -> impl Strategy<Value = TcpOptions> {
    // Two SACK blocks fit beside all other options.
    let sack = vec(any::<(u32, u32)>(), 0..=2);
    let others = any::<(Option<u16>, Option<u8>, bool, Option<(u32, u32)>)>();
    (sack, others).prop_map(|(sack, (mss, window_scale, sack_permitted, timestamps))| TcpOptions {
        mss,
        window_scale,
        sack_permitted,
        sack,
        timestamps,
    })
}

/// Any segment of either family.
pub(super) fn segment() -> impl Strategy<Value = Segment> {
    let numbers = any::<(u32, u32, u8, u16, u16)>();
    (addresses(), numbers, options(), vec(any::<u8>(), 0..300)).prop_map(|((src, dst), numbers, options, payload)| {
        let (seq, ack, flags, window, urgent) = numbers;
        Segment { src, dst, seq, ack, flags: Flags(flags), window, urgent, options, payload }
    })
}

/// Whether the IP header and the segment sum up as RFC 1071 asks: to all ones with their checksums in place.
pub(super) fn sums_are_right(frame: &[u8]) -> bool {
    let located = locate(frame).unwrap();
    let (header, pseudo) = match located.addresses {
        Addresses::V4(src, dst) => (&frame[14..34], [src.octets(), dst.octets()].concat()),
        Addresses::V6(src, dst) => (&[0xff, 0xff][..], [src.octets(), dst.octets()].concat()),
    };
    let protocol_and_length = 6 + u64::try_from(located.tcp.len()).unwrap();
    folded(words(header)) == 0xffff
        && folded(words(&pseudo) + protocol_and_length + words(&frame[located.tcp])) == 0xffff
}

fn words(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u64::from(low))).sum()
}

fn folded(sum: u64) -> u64 {
    if sum > 0xffff { folded((sum >> 16) + (sum & 0xffff)) } else { sum }
}
