use core::net::SocketAddr;

use pnet::packet::tcp::TcpPacket;

use super::locate::locate;
use super::options;
use crate::record::{Flags, Recording, Segment};

/// The TCP segment of an Ethernet frame.
///
/// None where the frame is something else, a fragment, or shorter than its IP header says. Options that are malformed are
/// left out; padding behind the IP packet is not payload.
pub fn dissect_frame(bytes: &[u8]) -> Option<Segment> {
    let located = locate(bytes)?;
    let tcp = TcpPacket::new(&bytes[located.tcp.clone()])?;
    Some(Segment {
        src: SocketAddr::new(located.addresses.src(), tcp.get_source()),
        dst: SocketAddr::new(located.addresses.dst(), tcp.get_destination()),
        seq: tcp.get_sequence(),
        ack: tcp.get_acknowledgement(),
        flags: Flags(tcp.get_flags()),
        window: tcp.get_window(),
        urgent: tcp.get_urgent_ptr(),
        options: options::parse(&bytes[located.options()]),
        payload: bytes[located.payload()].to_vec(),
    })
}

/// Derives every frame's segment from its bytes, as needed after a recording was loaded.
pub fn dissect(recording: &mut Recording) {
    for frame in &mut recording.frames {
        frame.segment = dissect_frame(&frame.bytes.0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::samples;
    use crate::record::TcpOptions;

    #[test]
    fn a_syn_is_read_whole() {
        let segment = dissect_frame(&samples::V4_SYN.bytes()).unwrap();
        let expected = Segment {
            src: "127.0.0.1:37489".parse().unwrap(),
            dst: "127.0.0.2:47000".parse().unwrap(),
            seq: 3_338_936_079,
            ack: 0,
            flags: Flags::SYN,
            window: 64_240,
            urgent: 0,
            options: TcpOptions {
                mss: Some(1460),
                window_scale: Some(10),
                sack_permitted: true,
                sack: Vec::new(),
                timestamps: Some((672_400_708, 0)),
            },
            payload: Vec::new(),
        };
        assert_eq!(segment, expected);
    }

    #[test]
    fn ipv6_and_payload_are_read() {
        let segment = dissect_frame(&samples::V6_HELLO.bytes()).unwrap();
        assert_eq!(segment.src, "[::1]:47562".parse().unwrap());
        assert_eq!(segment.flags, Flags::PSH.with(Flags::ACK));
        assert_eq!(segment.options.timestamps, Some((1_802_947_001, 1_771_567_431)));
        assert_eq!(segment.payload, b"hello");
    }

    #[test]
    fn padding_is_not_payload() {
        let mut frame = samples::V4_RST.bytes();
        frame.resize(60, 0xaa);
        assert_eq!(dissect_frame(&frame), dissect_frame(&samples::V4_RST.bytes()));
    }

    #[test]
    fn a_frame_that_was_cut_is_no_segment() {
        for sample in samples::ALL {
            let frame = sample.bytes();
            assert!((0..frame.len()).all(|len| dissect_frame(&frame[..len]).is_none()));
        }
    }

    #[test]
    fn a_fragment_is_no_segment() {
        let first = |byte: usize, value: u8| {
            let mut frame = samples::V4_HELLO.bytes();
            frame[byte] = value;
            dissect_frame(&frame)
        };
        assert_eq!(first(20, 0x20), None, "more fragments");
        assert_eq!(first(21, 0x01), None, "offset 8");
        assert!(first(20, 0x00).is_some(), "may be fragmented, but is not");
    }

    /// The sample with extension headers before TCP.
    fn extended(first: u8, headers: &[u8]) -> Vec<u8> {
        let mut frame = samples::V6_HELLO.bytes();
        frame[20] = first;
        let len = u16::from_be_bytes([frame[18], frame[19]]) + u16::try_from(headers.len()).unwrap();
        frame[18..20].copy_from_slice(&len.to_be_bytes());
        frame.splice(54..54, headers.iter().copied());
        frame
    }

    #[test]
    fn extension_headers_are_skipped() {
        let plain = dissect_frame(&samples::V6_HELLO.bytes());
        let options = [[60, 0, 1, 4, 0, 0, 0, 0], [6, 0, 1, 4, 0, 0, 0, 0]].concat();
        assert_eq!(dissect_frame(&extended(0, &options)), plain, "hop-by-hop, then destination options");
        assert_eq!(dissect_frame(&extended(43, &[6, 0, 0, 0, 0, 0, 0, 0])), plain, "a route at its end");
        assert_eq!(dissect_frame(&extended(43, &[6, 0, 0, 1, 0, 0, 0, 0])), None, "a route on its way");
        assert_eq!(dissect_frame(&extended(44, &[6, 0, 0, 0, 1, 2, 3, 4])), plain, "an atomic fragment");
        assert_eq!(dissect_frame(&extended(44, &[6, 0, 0, 1, 1, 2, 3, 4])), None, "more fragments");
        assert_eq!(dissect_frame(&extended(44, &[6, 0, 0, 8, 1, 2, 3, 4])), None, "a later fragment");
        assert_eq!(dissect_frame(&extended(51, &[6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1])), plain, "authentication");
        assert_eq!(dissect_frame(&extended(50, &[6, 0, 0, 0, 0, 0, 0, 0])), None, "encrypted");
        assert_eq!(dissect_frame(&extended(0, &[0, 255, 0, 0, 0, 0, 0, 0])), None, "longer than the frame");
    }

    #[test]
    fn a_length_of_zero_reaches_to_the_end() {
        let mut frame = samples::V4_HELLO.bytes();
        frame[16..18].fill(0);
        assert_eq!(dissect_frame(&frame), dissect_frame(&samples::V4_HELLO.bytes()));
        frame.resize(70_000, 0);
        assert_eq!(dissect_frame(&frame), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            dissect_frame(&bytes);
        }

        #[test]
        fn no_damage_makes_it_panic(
            which in 0..samples::ALL.len(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = samples::ALL[which].bytes();
            for (place, value) in damage {
                let place = place.index(bytes.len());
                bytes[place] = value;
            }
            dissect_frame(&bytes);
        }
    }
}
