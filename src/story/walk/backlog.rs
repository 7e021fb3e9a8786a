//! Segments that their socket does not take: while a call works on it, and beyond its window.

use super::Walk;
use crate::record::{KernelRange, Segment, What};
use crate::story::{Cause, EndpointId, EventId, Fact, SegmentTold};

/// The least receive buffer (`SOCK_MIN_RCVBUF`), and what a backlog may hold beyond the buffers, in bytes.
const LEAST_BUFFER: u64 = 2304;
const HEADROOM: u64 = 64 * 1024;

/// The most that a segment takes beside its payload (`skb->truesize`), in bytes.
const SEGMENT_MEMORY: u64 = 2048;

/// Whether a kernel compares a segment's end with the window, and not only its beginning.
pub(super) fn looks_at_the_end(release: &str) -> bool {
    KernelRange::parse(">= 6.17").is_some_and(|range| range.contains(release))
}

impl Walk<'_> {
    /// Whether a segment is dropped because its socket is at work and has too much in its queue.
    ///
    /// While a call has the socket to itself, what comes waits in the socket's backlog, and is dropped where the receive queue takes
    /// more memory than twice the receive buffer, half the send buffer and some headroom (`tcp_add_backlog`). That takes a
    /// buffer that was made smaller than what it holds. How much memory segments take nothing in a recording says: where it may
    /// be too much the kernel's own word decides, which is the state that it reports next.
    pub(super) fn finds_no_backlog(
        &mut self,
        event: EventId,
        receiver: EndpointId,
        segment: &Segment,
        told: &SegmentTold,
    ) -> bool {
        if !self.is_at_work(receiver) || !self.may_hold_too_much(receiver) {
            return false;
        }
        let before = self.endpoint(receiver).state;
        let mut ahead = self.endpoint(receiver).clone();
        let t_ns = self.recording.events[event.0].t_ns;
        let states = ahead.receives(event, t_ns, segment, told.seq_rel, told.ack_rel);
        let changes = states.last().is_some_and(|state| *state != before);
        let Some(sample) = self.reports_next(event, receiver).filter(|_| changes) else { return false };
        let What::State(said) = &self.recording.events[sample.0].what else { return false };
        let dropped = said.state == before;
        if dropped {
            let fact = Fact { state: Some(before), roles: vec![("segment", event)], ..Fact::default() };
            let rule = "full-socket-at-work-drops-what-comes";
            self.found.causes.push(Cause { of: sample, because: vec![event], rule, fact });
        }
        dropped
    }

    /// Whether a segment ends beyond the receiver's window while something in the receive queue is unread: Linux answers it, and takes
    /// nothing of it (`tcp_sequence`, asked by `tcp_validate_incoming`). One that was sent anew into a window that has closed does.
    pub(super) fn lies_beyond_the_window(
        &mut self,
        event: EventId,
        receiver: EndpointId,
        segment: &Segment,
        told: &SegmentTold,
    ) -> bool {
        let endpoint = self.endpoint(receiver);
        let Some(edge) = endpoint.offered_edge.filter(|_| !segment.payload.is_empty()) else { return false };
        let end = u64::from(told.seq_rel) + segment.payload.len() as u64;
        let unread = endpoint.unread.front().filter(|_| endpoint.closed.is_none() && !endpoint.dead());
        let Some((.., data)) = unread.copied().filter(|_| end > edge.max(endpoint.next_expected().into())) else {
            return false;
        };
        if !self.looks_at_the_end || !self.flow.knows_windows(receiver.connection) {
            return false;
        }
        // Where the answer says that there was no room, its story is told with that.
        if !self.flow.lacks_room(event) {
            let fact = Fact { state: Some(endpoint.state), roles: vec![("data", data)], ..Fact::default() };
            let rule = "segment-beyond-the-window-is-not-taken";
            self.found.causes.push(Cause { of: event, because: vec![data], rule, fact });
        }
        true
    }

    /// A call has the socket to itself: it has sent something and has not returned.
    fn is_at_work(&self, id: EndpointId) -> bool {
        self.active.values().any(|active| active.endpoint == Some(id) && active.has_sent)
    }

    fn may_hold_too_much(&self, id: EndpointId) -> bool {
        let socket = self.flow.connections[id.connection.0].end(id.side).socket;
        let Some(asked) = socket.and_then(|socket| self.sockets[socket.0].options.receive_buffer) else { return false };
        // The kernel doubles what is asked for.
        let buffer = (2 * u64::from(asked)).max(LEAST_BUFFER);
        let unread = self.endpoint(id).unread.iter();
        let held: u64 = unread.map(|(from, upto, _)| upto - from + SEGMENT_MEMORY).sum();
        held > 2 * buffer + HEADROOM
    }

    /// Where the kernel next says what state an end is in.
    fn reports_next(&self, event: EventId, id: EndpointId) -> Option<EventId> {
        let connection = &self.flow.connections[id.connection.0];
        let ends = (connection.end(id.side).address, connection.end(id.side.other()).address);
        let later = self.recording.events.iter().enumerate().skip(event.0 + 1);
        let mut samples = later.filter(|(_, other)| match &other.what {
            What::State(sample) => (sample.local, sample.peer) == ends,
            _ => false,
        });
        samples.next().map(|(place, _)| EventId(place))
    }
}
