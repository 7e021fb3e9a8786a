//! Data that found no room in the receive buffer: the receiver itself says so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::record::{Flags, Segment};
use crate::story::{EventId, SegmentTold};

/// Which segments of a recording found no room.
///
/// A receiver never moves the right edge of its window back, but where it has no memory for a segment that it had offered the
/// room for: it drops the segment and closes the window at what it holds (`tcp_data_queue`, `tcp_select_window`). What was sent
/// beyond that edge is dropped as well, whether it has arrived by then or is still on its way.
#[derive(Debug, Default)]
pub(super) struct Room {
    dropped: BTreeSet<usize>,
    /// What each acknowledgment says was dropped.
    said_by: BTreeMap<usize, Vec<EventId>>,
}

/// Data segments of one direction that were not yet acknowledged: first and last number, place.
pub(super) type Unacknowledged = VecDeque<(u32, u32, usize)>;

impl Room {
    /// A segment by the end whose data is in flight.
    pub(super) fn sends(in_flight: &mut Unacknowledged, place: usize, segment: &Segment, told: &SegmentTold) {
        if !segment.payload.is_empty() {
            in_flight.push_back((told.seq_rel, told.seq_rel.wrapping_add(segment.seq_len()), place));
        }
    }

    /// A segment from the other end, with what it acknowledges and offers.
    pub(super) fn acknowledges(
        &mut self,
        in_flight: &mut Unacknowledged,
        place: usize,
        segment: &Segment,
        told: &SegmentTold,
    ) {
        let Some(ack) = told.ack_rel.filter(|_| !segment.flags.intersects(Flags::SYN.with(Flags::RST))) else { return };
        while in_flight.front().is_some_and(|(_, end, _)| *end <= ack) {
            in_flight.pop_front();
        }
        let edge = u64::from(ack) + told.window_bytes;
        let beyond = |start: u32, end: u32| start >= ack && u64::from(end) > edge;
        if !in_flight.back().is_some_and(|(start, end, _)| beyond(*start, *end)) {
            return;
        }
        let found = in_flight.iter().filter(|(start, end, _)| beyond(*start, *end)).map(|(.., place)| *place);
        let found: Vec<_> = found.collect();
        in_flight.retain(|(start, end, _)| !beyond(*start, *end));
        self.dropped.extend(found.iter().copied());
        self.said_by.insert(place, found.into_iter().map(EventId).collect());
    }

    /// Whether the data of a segment found no room.
    pub(super) fn lacked_for(&self, place: usize) -> bool {
        self.dropped.contains(&place)
    }

    /// The segments that an acknowledgment says were dropped.
    pub(super) fn said_by(&self, place: usize) -> &[EventId] {
        self.said_by.get(&place).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use core::net::SocketAddr;

    use super::*;
    use crate::record::TcpOptions;
    use crate::story::{ConnectionId, EndpointId, Side};

    fn segment(flags: Flags, size: usize) -> Segment {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = TcpOptions::default();
        Segment {
            src: nobody,
            dst: nobody,
            seq: 0,
            ack: 0,
            flags,
            window: 0,
            urgent: 0,
            options,
            payload: vec![0; size],
        }
    }

    fn told(side: Side, seq_rel: u32, ack_rel: u32, window_bytes: u64) -> SegmentTold {
        let sender = EndpointId { connection: ConnectionId(0), side };
        SegmentTold { sender, seq_rel, ack_rel: Some(ack_rel), transmission: 1, window_bytes }
    }

    /// Three segments of 1,000 bytes at places 0 to 2, and what an answer with these numbers says of them.
    fn dropped(flags: Flags, ack: u32, window: u64) -> Vec<usize> {
        let (mut room, mut in_flight) = (Room::default(), Unacknowledged::new());
        for place in 0..3_u32 {
            let told = told(Side::Initiator, 1 + place * 1_000, 1, 60_000);
            Room::sends(&mut in_flight, place as usize, &segment(Flags::ACK, 1_000), &told);
        }
        room.acknowledges(&mut in_flight, 3, &segment(flags, 0), &told(Side::Responder, 1, ack, window));
        let found: Vec<_> = (0..3).filter(|place| room.lacked_for(*place)).collect();
        assert_eq!(found, room.said_by(3).iter().map(|event| event.0).collect::<Vec<_>>());
        found
    }

    #[test]
    fn a_window_that_closes_in_front_of_data_drops_it() {
        assert_eq!(dropped(Flags::ACK, 1_001, 0), [1, 2]);
        assert_eq!(dropped(Flags::ACK, 1, 0), [0, 1, 2]);
    }

    #[test]
    fn data_within_the_window_is_on_its_way() {
        assert!(dropped(Flags::ACK, 1_001, 2_000).is_empty());
        assert!(dropped(Flags::ACK, 3_001, 0).is_empty());
    }

    /// An RST offers no window, and a SYN's is not scaled.
    #[test]
    fn other_segments_say_nothing_of_the_window() {
        assert!(dropped(Flags::ACK.with(Flags::RST), 1, 0).is_empty());
        assert!(dropped(Flags::ACK.with(Flags::SYN), 1, 0).is_empty());
    }
}
