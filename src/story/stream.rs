//! The bytes of a connection, one direction at a time: which call wrote them, which segments carried them, which call read them.

use super::{EndpointId, EventId};
use crate::record::{Outcome, Recording, Syscall, What};

/// The bytes that one end of a connection sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The end that sent them.
    pub sender: EndpointId,
    /// What each call wrote, in order. Of a call that has not returned, what was seen on the wire.
    pub writes: Vec<Piece>,
    /// What each segment carried, in the order of capture; a retransmission carries bytes again.
    pub segments: Vec<Piece>,
    /// What each call took, in order; looking without taking (`MSG_PEEK`) does not count.
    pub reads: Vec<Piece>,
}

/// A range of a byte stream and the event that had to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The event.
    pub event: EventId,
    /// The first byte, counted from 0.
    pub begin: u64,
    /// The byte behind the last.
    pub end: u64,
}

impl Stream {
    /// A stream without bytes.
    pub(super) fn new(sender: EndpointId) -> Self {
        Self { sender, writes: Vec::new(), segments: Vec::new(), reads: Vec::new() }
    }

    /// A call took these parts of it.
    pub(super) fn is_read(&mut self, event: EventId, parts: &[(EventId, u64, u64)]) {
        for &(_, begin, end) in parts {
            match self.reads.last_mut() {
                Some(last) if last.event == event && last.end == begin => last.end = end,
                _ => self.reads.push(Piece { event, begin, end }),
            }
        }
    }

    /// How many bytes were written, or seen on the wire.
    pub fn size(&self) -> u64 {
        self.writes.iter().chain(&self.segments).map(|piece| piece.end).max().unwrap_or(0)
    }

    /// Whether nobody wrote, sent or read anything.
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.segments.is_empty() && self.reads.is_empty()
    }

    /// Once everything is known: a write took what its call returned, and where it has not returned at least what was sent.
    pub(super) fn settle(&mut self, recording: &Recording) {
        let sent = self.segments.iter().map(|piece| piece.end).max().unwrap_or(0);
        for piece in &mut self.writes {
            let taken = match recording.events.get(piece.event.0).map(|event| &event.what) {
                Some(What::Syscall(Syscall { outcome: Outcome::Returned { value, .. }, .. })) => {
                    piece.begin.saturating_add(u64::try_from(*value).unwrap_or_default())
                }
                Some(What::Syscall(Syscall { outcome: Outcome::Failed { .. }, .. })) => piece.begin,
                _ => piece.begin.max(sent),
            };
            piece.end = piece.end.min(taken);
        }
        self.writes.retain(|piece| piece.begin < piece.end);
    }
}
