//! The classic capture: the packets and nothing else.

use crate::capture::{SNAPLEN, pcap};
use crate::record::{Recording, What};
use crate::report::Options;
use crate::story::{EventId, Story};

/// Writes the captured segments, in the order of their times.
pub(super) fn write(story: &Story, _: &Options) -> Vec<u8> {
    let recording = &story.recording;
    let clock = Clock::of(recording);
    let mut frames: Vec<(u64, &[u8])> = recording
        .events
        .iter()
        .enumerate()
        .filter_map(|(place, event)| Some((clock.unix_ns(event.t_ns), frame(recording, EventId(place))?)))
        .map(|(unix_ns, bytes)| (unix_ns.min(pcap::MAX_UNIX_NS), bytes))
        .collect();
    frames.sort_by_key(|(unix_ns, _)| *unix_ns); // stable: frames of the same time stay in the recording's order
    let mut file = Vec::new();
    pcap::write(&mut file, frames).expect("a Vec takes everything, and times and frames were cut to what fits");
    file
}

/// The recording's times as nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    zero: u64,
}

impl Clock {
    /// The clock of a recording; one whose time 0 is no number begins in 1970.
    pub(super) fn of(recording: &Recording) -> Self {
        Self { zero: recording.clock.t0_unix_ns.parse().unwrap_or_default() }
    }

    /// A time of the recording; the nearest there is for one before 1970.
    pub(super) fn unix_ns(self, t_ns: i64) -> u64 {
        self.zero.saturating_add_signed(t_ns)
    }
}

/// The bytes of a segment event, from the Ethernet header on, as far as a capture file takes them.
pub(super) fn frame(recording: &Recording, event: EventId) -> Option<&[u8]> {
    let What::Segment { frame } = recording.events.get(event.0)?.what else { return None };
    let bytes = recording.frames.get(frame.0)?.bytes.0.as_slice();
    Some(&bytes[..bytes.len().min(SNAPLEN as usize)])
}

#[cfg(test)]
mod tests {
    use pcap_file::pcap::PcapReader;

    use super::*;
    use crate::report::testing;
    use crate::story::tell;

    fn read(file: &[u8]) -> Vec<(u128, Vec<u8>)> {
        let mut reader = PcapReader::new(file).unwrap();
        let mut frames = Vec::new();
        while let Some(packet) = reader.next_packet() {
            let packet = packet.unwrap();
            frames.push((packet.timestamp().as_nanos(), packet.data().to_vec()));
        }
        frames
    }

    #[test]
    fn every_frame_has_its_time() {
        let recording = testing::broken_pipe().done();
        let frames = read(&write(&tell(recording.clone()), &Options::default()));
        assert_eq!(
            frames.iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(),
            recording.frames.iter().map(|frame| &frame.bytes.0).collect::<Vec<_>>()
        );
        let after: Vec<u128> = frames.iter().map(|(time, _)| (time - 1_700_000_000_000_000_000) / 1000).collect();
        assert_eq!(after, [0, 15, 30, 310, 320, 1_061, 1_066, 1_149, 1_157]);
    }

    #[test]
    fn what_the_format_cannot_say_is_cut() {
        let mut recording = testing::broken_pipe().done();
        recording.frames[2].bytes.0.resize(300_000, 0);
        for (zero, first) in [("18446744073709551615", u128::from(pcap::MAX_UNIX_NS)), ("-1", 0), ("", 0)] {
            recording.clock.t0_unix_ns = zero.into();
            let frames = read(&write(&tell(recording.clone()), &Options::default()));
            assert_eq!((frames.len(), frames[2].1.len()), (9, 262_144));
            assert_eq!(frames[0].0, first);
        }
    }
}
