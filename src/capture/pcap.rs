//! The classic capture file (draft-ietf-opsawg-pcap): a header and packets, in nanoseconds.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapTsResolution, PcapWriteError, PcapWriter};
use pcap_file::{DataLink, Endianness};

use super::{SNAPLEN, invalid};

/// The latest time that the format can say, in nanoseconds since 1970: in 2106.
pub const MAX_UNIX_NS: u64 = u32::MAX as u64 * 1_000_000_000 + 999_999_999;

/// Writes Ethernet frames, each with its time in nanoseconds since 1970.
///
/// # Errors
/// Whatever the writer says; `InvalidInput` for a frame of more than 262,144 bytes or a time after [`MAX_UNIX_NS`], which the format
/// cannot say.
pub fn write<'a>(writer: impl Write, frames: impl IntoIterator<Item = (u64, &'a [u8])>) -> io::Result<()> {
    let mut file = PcapWriter::with_header(BufWriter::new(writer), header()).map_err(to_io)?;
    for (unix_ns, bytes) in frames {
        let len = u32::try_from(bytes.len()).map_err(invalid)?;
        let packet = PcapPacket::new(Duration::from_nanos(unix_ns), len, bytes).map_err(invalid)?;
        file.write_packet(&packet).map_err(to_io)?;
    }
    file.flush().map_err(to_io)
}

fn header() -> PcapHeader {
    PcapHeader {
        snaplen: SNAPLEN,
        datalink: DataLink::ETHERNET,
        ts_resolution: PcapTsResolution::NanoSecond,
        endianness: Endianness::Little,
        ..PcapHeader::default()
    }
}

fn to_io(error: PcapWriteError) -> io::Error {
    match error {
        PcapWriteError::Io(error) | PcapWriteError::FieldWriteFailed(_, error) => error,
        PcapWriteError::Validation(error) => invalid(error),
    }
}

#[cfg(test)]
mod tests {
    use pcap_file::pcap::PcapReader;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut reader = PcapReader::new(file).unwrap();
        let mut frames = Vec::new();
        while let Some(packet) = reader.next_packet() {
            let packet = packet.unwrap();
            assert_eq!(packet.orig_len() as usize, packet.data().len());
            frames.push((u64::try_from(packet.timestamp().as_nanos()).unwrap(), packet.data().to_vec()));
        }
        frames
    }

    #[test]
    fn the_header_is_what_tcpdump_writes_with_nano() {
        let mut file = Vec::new();
        write(&mut file, []).unwrap();
        let expected = [0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
        assert_eq!(file, expected);
    }

    #[test]
    fn what_the_format_cannot_say_is_refused() {
        let kind = |unix_ns, bytes: &[u8]| write(io::sink(), [(unix_ns, bytes)]).map_err(|error| error.kind());
        assert_eq!(kind(0, &vec![0; 262_144]), Ok(()));
        assert_eq!(kind(0, &vec![0; 262_145]), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(MAX_UNIX_NS, b""), Ok(()));
        assert_eq!(kind(MAX_UNIX_NS + 1, b""), Err(io::ErrorKind::InvalidInput));
    }

    #[test]
    fn the_writer_speaks_for_itself() {
        let mut full = [0; 30];
        let error = write(&mut full[..], [(0, &b"more than six bytes"[..])]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            frames in vec((0..u64::from(u32::MAX) * 1_000_000_000, vec(any::<u8>(), 0..100)), 0..20),
        ) {
            let mut file = Vec::new();
            write(&mut file, frames.iter().map(|(unix_ns, bytes)| (*unix_ns, &bytes[..]))).unwrap();
            prop_assert_eq!(read(&file), frames);
        }
    }
}
