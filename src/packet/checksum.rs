use pnet::packet::tcp::{self, MutableTcpPacket, TcpPacket};

use super::locate::{Addresses, locate};

/// Computes the TCP checksum (RFC 9293, section 3.1; over IPv6, RFC 8200, section 8.1) and writes it into the frame.
///
/// True if the frame holds a whole TCP segment; else the bytes are left as they are.
pub fn complete_checksum(bytes: &mut [u8]) -> bool {
    complete(bytes).is_some()
}

fn complete(bytes: &mut [u8]) -> Option<()> {
    let located = locate(bytes)?;
    let segment = &mut bytes[located.tcp];
    let checksum = compute(segment, located.addresses)?;
    MutableTcpPacket::new(segment)?.set_checksum(checksum);
    Some(())
}

/// The checksum that a segment between these addresses must have.
fn compute(segment: &[u8], addresses: Addresses) -> Option<u16> {
    let packet = TcpPacket::new(segment)?;
    Some(match addresses {
        Addresses::V4(src, dst) => tcp::ipv4_checksum(&packet, &src, &dst),
        Addresses::V6(src, dst) => tcp::ipv6_checksum(&packet, &src, &dst),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::samples;

    fn tcp_checksum(frame: &[u8]) -> u16 {
        let at = locate(frame).unwrap().tcp.start + 16;
        u16::from_be_bytes([frame[at], frame[at + 1]])
    }

    #[test]
    fn it_is_the_one_that_tcpdump_computed() {
        for sample in samples::ALL {
            let mut frame = sample.bytes();
            assert!(complete_checksum(&mut frame));
            assert_eq!(tcp_checksum(&frame), sample.checksum);
        }
    }

    #[test]
    fn a_complete_frame_is_left_as_it_is() {
        let mut frame = samples::V4_RST.bytes();
        complete_checksum(&mut frame);
        assert_eq!(frame, samples::V4_RST.bytes());
    }

    #[test]
    fn padding_does_not_count() {
        let mut frame = samples::V4_HELLO.bytes();
        frame.extend([0xff; 7]);
        complete_checksum(&mut frame);
        assert_eq!(tcp_checksum(&frame), samples::V4_HELLO.checksum);
    }

    proptest! {
        #[test]
        fn what_is_no_segment_stays(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut after = bytes.clone();
            prop_assert!(complete_checksum(&mut after) || after == bytes);
        }
    }
}
