use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Field, fields, kinds};
use crate::packet::{build_frame, samples, strategy};

/// How often each bit of a frame is in a field.
fn covered(frame: &[u8]) -> Vec<[u8; 8]> {
    let mut times = vec![[0; 8]; frame.len()];
    for Field { offset, len, mask, .. } in fields(frame) {
        for byte in 0..len {
            let bits = mask.map_or(0xff, |mask| mask >> (8 * (len - 1 - byte)) & 0xff);
            (0..8).filter(|bit| bits >> bit & 1 == 1).for_each(|bit| times[offset + byte][bit] += 1);
        }
    }
    times
}

fn is_partition(frame: &[u8]) -> bool {
    covered(frame).iter().flatten().all(|times| *times == 1)
}

/// `filter = value` of each field.
fn said(frame: &[u8]) -> Vec<String> {
    fields(frame).iter().map(|field| format!("{} = {}", field.kind.filter, field.value)).collect()
}

#[test]
fn a_syn_is_told_whole() {
    let said = said(&samples::V4_SYN.bytes());
    assert_eq!(
        said.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            "eth.dst = 00:00:00:00:00:00",
            "eth.src = 00:00:00:00:00:00",
            "eth.type = IPv4 (0x0800)",
            "ip.version = 4",
            "ip.hdr_len = 20 bytes (5)",
            "ip.dsfield.dscp = 0",
            "ip.dsfield.ecn = Not ECN-Capable Transport (0)",
            "ip.len = 60",
            "ip.id = 0x9ac9",
            "ip.flags.rb = Not set",
            "ip.flags.df = Set",
            "ip.flags.mf = Not set",
            "ip.frag_offset = 0",
            "ip.ttl = 64",
            "ip.proto = TCP (6)",
            "ip.checksum = 0xa1ef",
            "ip.src = 127.0.0.1",
            "ip.dst = 127.0.0.2",
            "tcp.srcport = 37489",
            "tcp.dstport = 47000",
            "tcp.seq_raw = 3338936079",
            "tcp.ack_raw = 0",
            "tcp.hdr_len = 40 bytes (10)",
            "tcp.flags.res = Not set",
            "tcp.flags.ae = Not set",
            "tcp.flags.cwr = Not set",
            "tcp.flags.ece = Not set",
            "tcp.flags.urg = Not set",
            "tcp.flags.ack = Not set",
            "tcp.flags.push = Not set",
            "tcp.flags.reset = Not set",
            "tcp.flags.syn = Set",
            "tcp.flags.fin = Not set",
            "tcp.window_size_value = 64240",
            "tcp.checksum = 0xfe31",
            "tcp.urgent_pointer = 0",
            "tcp.option_kind = Maximum Segment Size (2)",
            "tcp.option_len = 4",
            "tcp.options.mss_val = 1460",
            "tcp.option_kind = SACK Permitted (4)",
            "tcp.option_len = 2",
            "tcp.option_kind = Time Stamp Option (8)",
            "tcp.option_len = 10",
            "tcp.options.timestamp.tsval = 672400708",
            "tcp.options.timestamp.tsecr = 0",
            "tcp.option_kind = No-Operation (1)",
            "tcp.option_kind = Window Scale (3)",
            "tcp.option_len = 3",
            "tcp.options.wscale.shift = 10 (multiply by 1024)",
        ]
    );
}

#[test]
fn bits_stand_where_they_are() {
    let frame = samples::V6_HELLO.bytes();
    let place = |filter: &str| {
        let field = fields(&frame).into_iter().find(|field| field.kind.filter == filter).unwrap();
        (field.offset, field.len, field.mask)
    };
    assert_eq!(place("ipv6.version"), (14, 1, Some(0xf0)));
    assert_eq!(place("ipv6.tclass.dscp"), (14, 2, Some(0x0fc0)));
    assert_eq!(place("ipv6.tclass.ecn"), (15, 1, Some(0x30)));
    assert_eq!(place("ipv6.flow"), (15, 3, Some(0x0f_ffff)));
    assert_eq!(place("tcp.hdr_len"), (66, 1, Some(0xf0)));
    assert_eq!(place("tcp.flags.ae"), (66, 1, Some(0x01)));
    assert_eq!(place("tcp.flags.fin"), (67, 1, Some(0x01)));
    assert_eq!(place("tcp.payload"), (86, 5, None));
    assert!(said(&frame).contains(&"tcp.payload = \"hello\"".to_owned()));
    assert!(said(&frame).contains(&"ipv6.flow = 0x334bc".to_owned()));
}

#[test]
fn a_frame_that_was_cut_is_read_as_far_as_it_goes() {
    for sample in samples::ALL {
        let frame = sample.bytes();
        for len in 0..=frame.len() {
            assert!(is_partition(&frame[..len]), "{len}");
        }
    }
    let cut = &samples::V4_SYN.bytes()[..62];
    assert_eq!(said(cut)[39..], ["tcp.option_kind = SACK Permitted (4)", "tcp.option_len = 2", "tcp.options = 080a"]);
}

#[test]
fn what_cannot_be_read_is_shown_as_bytes() {
    let with = |place: usize, value: u8| {
        let mut frame = samples::V4_SYN.bytes();
        frame[place] = value;
        said(&frame)
    };
    assert_eq!(with(12, 0x12).last().unwrap(), "data.data = 4500003c9ac940004006a1ef7f0000017f0000029271b798…");
    assert!(with(55, 0).last().unwrap().starts_with("tcp.options = 0200"), "an option without a length");
    assert!(with(21, 1).last().unwrap().starts_with("data.data = 9271"), "a fragment");
    let padded = [samples::V4_RST.bytes(), vec![0; 6]].concat();
    assert_eq!(said(&padded).last().unwrap(), "eth.trailer = 000000000000");
}

#[test]
fn every_kind_is_explained_and_has_a_filter_of_its_own() {
    let filters: BTreeSet<&str> = kinds::ALL.iter().map(|kind| kind.filter).collect();
    assert_eq!(filters.len(), kinds::ALL.len());
    assert!(kinds::ALL.iter().all(|kind| kind.explanation.ends_with('.') && !kind.name.is_empty()));
}

proptest! {
    #[test]
    fn every_bit_belongs_to_one_field(segment in strategy::segment()) {
        prop_assert!(is_partition(&build_frame(&segment)));
    }

    #[test]
    fn any_bytes_are_a_partition(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(is_partition(&bytes));
    }

    #[test]
    fn damaged_frames_are_a_partition(
        which in 0..samples::ALL.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        extra in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = samples::ALL[which].bytes();
        bytes.extend(extra);
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        prop_assert!(is_partition(&bytes));
        prop_assert!(fields(&bytes).iter().all(|field| !field.value.contains(char::is_control)));
    }
}
