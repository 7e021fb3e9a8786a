//! Urgent data: a mark in the stream, and one byte that can be fetched beside it.

use super::Endpoint;
use super::receive::accepts_data;
use crate::record::{Flags, Segment, TcpState};
use crate::story::EventId;

/// Where the last urgent byte is in the stream (`urg_seq`), and what has become of it (`urg_data`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its stream offset.
    pub at: u64,
    /// The byte itself.
    pub byte: UrgentByte,
}

/// What has become of an urgent byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrgentByte {
    /// Announced, and still on its way.
    NotYet,
    /// Received with that segment.
    Here(EventId),
    /// Fetched with `MSG_OOB`.
    Taken,
}

impl Endpoint {
    /// Takes note of a segment's urgent pointer (`tcp_urg`).
    pub(super) fn hears_of_urgent_data(&mut self, event: EventId, state: TcpState, segment: &Segment, seq: u32) {
        if !accepts_data(state) {
            return;
        }
        let start = u64::from(seq).saturating_sub(1);
        if segment.flags.has(Flags::URG) {
            // The pointer is one past the last urgent byte (RFC 9293, section 3.8.5).
            self.moves_mark(start + u64::from(segment.urgent.saturating_sub(1)));
        }
        let inside = start..start + segment.payload.len() as u64;
        if let Some(mark) = &mut self.mark
            && mark.byte == UrgentByte::NotYet
            && inside.contains(&mark.at)
        {
            mark.byte = UrgentByte::Here(event);
        }
    }

    /// A segment whose data finds no room is dropped only after its urgent byte was kept (`tcp_urg` before `tcp_data_queue`).
    pub fn hears_of_dropped_urgent_data(&mut self, event: EventId, segment: &Segment, seq: u32) {
        self.hears_of_urgent_data(event, self.state, segment, seq);
    }

    /// `tcp_check_urg`: there is one mark. Where the reader stands in front of the old one, that byte is lost.
    fn moves_mark(&mut self, at: u64) {
        let old = at < self.read || at < self.received || self.fin_in.is_some();
        if old || self.mark.is_some_and(|mark| at <= mark.at) {
            return;
        }
        if self.at_mark() && self.received > self.read {
            self.skip_byte();
        }
        self.mark = Some(Mark { at, byte: UrgentByte::NotYet });
    }

    /// The next byte of the stream is the urgent one, and it is kept beside the stream.
    pub fn at_mark(&self) -> bool {
        !self.oob_inline && self.mark.is_some_and(|mark| mark.at == self.read)
    }

    /// The next byte of the stream is the last urgent one, wherever it is kept.
    pub fn is_before_mark(&self) -> bool {
        self.mark.is_some_and(|mark| mark.at == self.read)
    }

    /// A reader that stands in front of the urgent byte steps over it (`tcp_recvmsg_locked`).
    pub fn steps_over_mark(&mut self) {
        if self.at_mark() && self.received > self.read {
            self.skip_byte();
            self.mark = None;
        }
    }

    fn skip_byte(&mut self) {
        self.read += 1;
        let read = self.read;
        while self.unread.front().is_some_and(|(_, upto, _)| *upto <= read) {
            self.unread.pop_front();
        }
    }

    /// The stream range that a read of that size would copy: it begins behind an urgent byte and stops in front of the next.
    pub fn readable(&self, wanted: u64) -> (u64, u64) {
        let start = self.read + u64::from(self.at_mark() && self.received > self.read);
        let end = self.received.min(start.saturating_add(wanted)).max(start);
        match self.mark {
            Some(mark) if mark.at > start => (start, end.min(mark.at)),
            _ => (start, end),
        }
    }

    /// Whether a read that has copied up to there stops because of the mark.
    pub fn stops_at_mark(&self, upto: u64) -> bool {
        self.mark.is_some_and(|mark| mark.at == upto && upto > self.read)
    }

    /// The urgent byte is fetched with `MSG_OOB` (`tcp_recv_urg`): the segment that it came in.
    pub fn take_urgent(&mut self, peek: bool) -> Option<(EventId, u64)> {
        let mark = self.mark.as_mut()?;
        let UrgentByte::Here(segment) = mark.byte else { return None };
        if !peek {
            mark.byte = UrgentByte::Taken;
        }
        Some((segment, mark.at))
    }
}
