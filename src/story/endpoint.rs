//! The model: what one Linux TCP endpoint lets its user see, as a small executable machine.
//!
//! It is fed the calls and the segments of a recording and changes its state as Linux would. [`predict`](super::predict)
//! asks it what a call will return.

mod receive;
mod urgent;

use std::collections::{BTreeMap, VecDeque};

pub use urgent::{Mark, UrgentByte};

use super::{Deviation, EventId};
use crate::record::{Errno, Flags, Segment, TcpState};

/// One endpoint. Stream offsets count bytes from 0; sequence numbers are relative, the SYN being 0.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the model keeps what the kernel keeps")]
pub struct Endpoint {
    /// In which way it is told to differ from Linux.
    pub deviation: Option<Deviation>,
    /// The state of RFC 9293, as Linux names it.
    pub state: TcpState,
    /// The pending error (`sk_err`) and the segment that set it.
    pub pending: Option<(Errno, EventId)>,
    /// What ended the connection, and the state in which it arrived: an RST, or data for which this end answers with one.
    pub reset_by: Option<(EventId, TcpState)>,
    /// The peer's FIN, received in order (`SOCK_DONE`).
    pub fin_in: Option<EventId>,
    /// The call by which its own user stopped reading.
    pub shut_read: Option<EventId>,
    /// The call by which its own user stopped writing.
    pub shut_write: Option<EventId>,
    /// What took the last descriptor away: a close, an exit, a kill; of it or of its listener.
    pub closed: Option<EventId>,
    /// How that ends the connection.
    pub ending: Ending,
    /// Its own RST was seen: that of the close, not an answer to a segment.
    pub aborted: bool,
    /// The call that its socket was kept open for, after the close.
    pub kept_by: Option<EventId>,
    /// Its socket had `SO_REUSEADDR` when it was closed.
    pub reuse: bool,
    /// Its socket's `TCP_LINGER2` when it was closed, in nanoseconds, where it was set.
    pub linger2_ns: Option<i64>,
    /// In `FIN_WAIT2` it is a mini-socket by now: nobody has it any more.
    pub mini: bool,
    /// The segment that established the connection at this end.
    pub established_by: Option<EventId>,
    /// The connection was established once.
    pub established: bool,
    /// Received and not yet read: stream range and segment.
    pub unread: VecDeque<(u64, u64, EventId)>,
    /// What the user has read.
    pub read: u64,
    /// The last urgent byte that was announced.
    pub mark: Option<Mark>,
    /// `SO_OOBINLINE`.
    pub oob_inline: bool,
    /// Its listener wants data before it hands a connection over (`TCP_DEFER_ACCEPT`).
    pub defers: bool,
    /// Its listener's queue is full: the last ACK of the handshake does not count, and what comes with it is dropped.
    pub crowded: bool,
    /// Its SYN was answered with a cookie: there is no socket before the last ACK of the handshake, which then counts at once.
    pub cookie: bool,
    /// The SYN-ACK was sent again.
    pub syn_ack_again: bool,
    /// Since when the kernel probes the peer's closed window, with the first probe.
    pub probing: Option<(i64, EventId)>,
    /// When data that is still unacknowledged was first sent again, with that segment.
    pub sent_again: Option<(i64, EventId)>,
    /// Keep-alive probes since the peer was last heard.
    pub unanswered: Vec<EventId>,
    /// What the kernel waited for in vain before it gave the connection up.
    pub gave_up: Option<Waited>,
    /// Received in order.
    pub received: u64,
    /// The most payload that a segment has brought.
    pub largest: u64,
    /// Written and not yet sent for the first time: stream range and call.
    pub writes: VecDeque<(u64, u64, EventId)>,
    /// What the user has written.
    pub written: u64,
    /// What was sent for the first time.
    pub sent_upto: u64,
    /// What the peer has acknowledged.
    pub acked: u64,
    /// A write or a poll has found no room in the send buffer (`SOCK_NOSPACE`): who sleeps may be woken when there is some.
    pub no_space: bool,
    /// The sequence number behind the last that the peer's window lets it send, where a segment has told.
    pub window_edge: Option<u64>,
    /// The same before the last segment told.
    pub window_edge_before: Option<u64>,
    /// The sequence number behind the last that its own window lets the peer send.
    pub offered_edge: Option<u64>,
    /// The last segment received, and its time.
    pub last_received: Option<(EventId, i64)>,
    /// The highest acknowledgment number sent.
    pub ack_sent: u32,
    /// Sent segments by the sequence number that acknowledges them.
    pub sent: BTreeMap<u32, EventId>,
    /// Received segments by the acknowledgment number that they carry: the shape of an RST that answers them.
    pub received_acks: BTreeMap<u32, EventId>,
    /// The sequence number behind its own FIN, once sent.
    fin_out: Option<u32>,
    /// Segments beyond a gap, by their sequence number: length, FIN, event.
    beyond: BTreeMap<u32, (u32, bool, EventId)>,
    /// Every state held, with the time from which it was held.
    history: Vec<(i64, TcpState)>,
}

/// How a close, an exit or a kill ends a connection (`tcp_close`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Nobody has closed it.
    #[default]
    Open,
    /// A FIN after the data that is still unsent.
    Fin,
    /// An RST, because received data was not read.
    ResetUnread,
    /// An RST, because lingering is on with a time of 0.
    ResetLinger,
    /// An RST, because the connection would wait in `FIN_WAIT2` and `TCP_LINGER2` is off.
    ResetFinWait2,
    /// An RST, because the listener was closed before anybody accepted the connection.
    ResetUnaccepted,
    /// Nothing is sent: the connection was not or no longer there.
    Silent,
}

impl Ending {
    /// Whether it sends an RST.
    pub fn resets(self) -> bool {
        matches!(self, Self::ResetUnread | Self::ResetLinger | Self::ResetFinWait2 | Self::ResetUnaccepted)
    }
}

/// What the kernel waited for in vain before it gave a connection up (`tcp_write_err`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// An answer to its SYN.
    SynAck,
    /// That its data is acknowledged.
    Acknowledgment,
    /// That the peer opens its window, for `TCP_USER_TIMEOUT`.
    Window,
    /// Room for data that was on its way when the peer shut its window, for `TCP_USER_TIMEOUT`.
    ShutWindow,
    /// An answer to its keep-alive probes.
    KeepAlive,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            deviation: None,
            state: TcpState::Close,
            pending: None,
            reset_by: None,
            fin_in: None,
            shut_read: None,
            shut_write: None,
            closed: None,
            ending: Ending::Open,
            aborted: false,
            kept_by: None,
            reuse: false,
            linger2_ns: None,
            mini: false,
            established_by: None,
            established: false,
            unread: VecDeque::new(),
            read: 0,
            mark: None,
            oob_inline: false,
            defers: false,
            crowded: false,
            cookie: false,
            syn_ack_again: false,
            probing: None,
            sent_again: None,
            unanswered: Vec::new(),
            gave_up: None,
            received: 0,
            largest: 0,
            writes: VecDeque::new(),
            written: 0,
            sent_upto: 0,
            acked: 0,
            no_space: false,
            window_edge: None,
            window_edge_before: None,
            offered_edge: None,
            last_received: None,
            ack_sent: 0,
            sent: BTreeMap::new(),
            received_acks: BTreeMap::new(),
            fin_out: None,
            beyond: BTreeMap::new(),
            history: vec![(i64::MIN, TcpState::Close)],
        }
    }
}

impl Endpoint {
    /// A closed one, which may be told to differ from Linux.
    pub fn new(deviation: Option<Deviation>) -> Self {
        Self { deviation, ..Self::default() }
    }

    /// Whether it differs from Linux in this way.
    pub fn deviates(&self, deviation: Deviation) -> bool {
        self.deviation == Some(deviation)
    }

    /// The pending error is reported: it is taken.
    pub fn report(&mut self, errno: Errno) {
        if !self.deviates(Deviation::ErrorStays) {
            self.pending = self.pending.filter(|(pending, _)| *pending != errno);
        }
    }

    /// Throws away what is queued.
    pub fn flush(&mut self) {
        self.unread.clear();
        self.read = self.received;
    }

    /// The kernel gives the connection up: ETIMEDOUT is pending. `by` is the segment that nothing useful has answered.
    pub fn gives_up(&mut self, waited: Waited, by: EventId) {
        self.reset(by, self.state, Errno::ETIMEDOUT);
        self.gave_up = Some(waited);
    }

    /// Bytes that have come and that the user has not copied.
    pub fn unread_bytes(&self) -> u64 {
        self.received - self.read
    }

    /// Something was written and not yet sent.
    pub fn has_unsent(&self) -> bool {
        self.written > self.sent_upto
    }

    /// Its FIN was sent.
    pub fn has_sent_fin(&self) -> bool {
        self.fin_out.is_some()
    }

    /// The FIN cannot go out yet: data is before it, or the peer's window is closed to it (`tcp_snd_wnd_test`).
    pub fn fin_has_to_wait(&self) -> bool {
        // A SYN is before the data.
        let behind = self.sent_upto + 2;
        self.has_unsent() || self.window_edge.is_some_and(|edge| edge < behind)
    }

    /// It is being closed, and nothing shows that it is: the descriptors of a process that ends are closed one after another.
    pub fn may_be_open_yet(&self) -> bool {
        self.ending == Ending::Fin && self.shut_write.is_none() && !self.has_sent_fin() && !self.fin_has_to_wait()
    }

    /// What has come since its close began: it was unread when the close took effect, if an RST shows that.
    pub fn unread_since_its_close(&self) -> bool {
        let later = |(.., event): &(u64, u64, EventId)| self.closed.is_some_and(|close| *event > close);
        self.may_be_open_yet() && self.unread.back().is_some_and(later)
    }

    /// Something is still to be sent, the FIN at least.
    pub fn fin_waits(&self) -> bool {
        self.has_unsent() || self.fin_out.is_none()
    }

    /// Its FIN was sent and acknowledged.
    pub fn fin_is_acked(&self) -> bool {
        matches!(self.state, TcpState::FinWait2 | TcpState::TimeWait)
            || (self.state == TcpState::Close && self.established)
    }

    /// Nothing more will be received for the user (`RCV_SHUTDOWN`).
    pub fn receive_ended(&self) -> bool {
        self.fin_in.is_some() || self.shut_read.is_some() || self.dead()
    }

    /// Nothing more can be sent (`SEND_SHUTDOWN`).
    pub fn send_ended(&self) -> bool {
        self.shut_write.is_some() || self.closed.is_some() || self.dead()
    }

    /// It was established and the connection is over (`tcp_done`). A socket whose connection waits in `TIME_WAIT` is over too:
    /// the kernel has put a mini-socket in its place.
    pub fn dead(&self) -> bool {
        let over = matches!(self.state, TcpState::Close | TcpState::TimeWait);
        over && (self.established || self.reset_by.is_some())
    }

    /// A connection that was begun is over, whether it was ever established or not.
    pub fn over(&self) -> bool {
        self.dead() || (self.state == TcpState::Close && self.reset_by.is_some())
    }

    /// Whether the kernel may have reported this state in that span: the last segment that came before it may not have
    /// been processed.
    pub fn held(&self, state: TcpState, from_ns: i64, to_ns: i64) -> bool {
        let since = match self.last_received {
            Some((_, at)) if at <= to_ns => from_ns.min(at - 1),
            _ => from_ns,
        };
        let first = self.history.iter().rposition(|(at, _)| *at <= since).unwrap_or_default();
        self.history[first..].iter().take_while(|(at, _)| *at <= to_ns).any(|(_, held)| *held == state)
    }

    /// Since when it has been in its state.
    pub fn since_ns(&self) -> i64 {
        self.history.last().map_or(i64::MIN, |(at, _)| *at)
    }

    /// Goes into a state; returns the one before if it is another.
    pub fn enter(&mut self, t_ns: i64, state: TcpState) -> Option<TcpState> {
        let before = std::mem::replace(&mut self.state, state);
        if before == state {
            return None;
        }
        self.history.push((t_ns, state));
        self.established |= state == TcpState::Established;
        Some(before)
    }

    /// Its user writes: the bytes wait to be sent.
    pub fn write(&mut self, call: EventId, bytes: u64) {
        if bytes > 0 {
            self.writes.push_back((self.written, self.written + bytes, call));
            self.written += bytes;
        }
    }

    /// A write came out shorter than it was asked, or failed: takes the rest back.
    pub fn unwrite(&mut self, call: EventId, taken: u64) {
        let Some(place) = self.writes.iter().rposition(|(.., of)| *of == call) else { return };
        let (start, end, _) = self.writes[place];
        let kept = (start + taken).min(end);
        self.writes[place].1 = kept;
        if place + 1 == self.writes.len() {
            self.written = kept;
        }
        if start == kept {
            self.writes.remove(place);
        }
    }

    /// The writes that a stream range came from; forgets what is wholly behind it.
    pub fn writes_of(&mut self, start: u64, end: u64) -> Vec<(EventId, u64, u64)> {
        while self.writes.front().is_some_and(|(_, upto, _)| *upto <= start) {
            self.writes.pop_front();
        }
        overlap(&self.writes, start, end)
    }

    /// Its user reads that many bytes: the segments that they came in, with the stream range of each.
    pub fn take(&mut self, bytes: u64, peek: bool) -> Vec<(EventId, u64, u64)> {
        if bytes == 0 {
            return Vec::new();
        }
        let start = self.readable(bytes).0;
        let end = self.received.min(start.saturating_add(bytes));
        let found = overlap(&self.unread, start, end);
        if !peek {
            self.read = self.read.max(end);
            self.mark = self.mark.filter(|mark| mark.at >= end);
            while self.unread.front().is_some_and(|(_, upto, _)| *upto <= end) {
                self.unread.pop_front();
            }
        }
        found
    }

    /// Copies bytes that lie that far behind the first, without taking them.
    pub fn peek(&self, behind: u64, bytes: u64) -> Vec<(EventId, u64, u64)> {
        let (from, upto) = self.readable(behind.saturating_add(bytes));
        overlap(&self.unread, (from + behind).min(upto), upto)
    }

    /// It sends a segment: the state it goes into, if any.
    pub fn sends(&mut self, event: EventId, segment: &Segment, seq: u32, ack: Option<u32>) -> Option<TcpState> {
        let has = |flag| segment.flags.has(flag);
        let end = seq.wrapping_add(segment.seq_len());
        if !segment.payload.is_empty() {
            let start = u64::from(seq).saturating_sub(1);
            let upto = start + segment.payload.len() as u64;
            if upto > self.sent_upto {
                (self.sent_upto, self.probing) = (upto, None);
            }
        }
        if segment.seq_len() > 0 {
            self.sent.entry(end).or_insert(event);
        }
        if let Some(ack) = ack {
            self.ack_sent = self.ack_sent.max(ack);
        }
        if has(Flags::RST) && self.state == TcpState::SynSent {
            // It refuses an acknowledgment that belongs to an older connection, and goes on (RFC 9293, section 3.10.7.3).
            return None;
        }
        if has(Flags::RST) {
            if self.closed.is_none() && has(Flags::ACK) && self.established && !self.dead() {
                match self.unanswered.last() {
                    Some(probe) => self.gives_up(Waited::KeepAlive, *probe),
                    None => self.reset(event, self.state, Errno::ECONNABORTED),
                }
            }
            return Some(TcpState::Close);
        }
        if has(Flags::SYN) {
            self.syn_ack_again |= has(Flags::ACK) && self.state == TcpState::SynRecv;
            return Some(if has(Flags::ACK) { TcpState::SynRecv } else { TcpState::SynSent });
        }
        if has(Flags::FIN) {
            self.fin_out = Some(end);
            return self.after_fin_sent();
        }
        None
    }

    /// The state in which a FIN of its own puts it (RFC 9293, section 3.10.4).
    pub fn after_fin_sent(&self) -> Option<TcpState> {
        match self.state {
            TcpState::Established | TcpState::SynRecv => Some(TcpState::FinWait1),
            TcpState::CloseWait => Some(TcpState::LastAck),
            _ => None,
        }
    }
}

/// The parts of a stream range that lie in each of a list of ranges.
fn overlap(ranges: &VecDeque<(u64, u64, EventId)>, start: u64, end: u64) -> Vec<(EventId, u64, u64)> {
    let inside = ranges.iter().skip_while(|(_, upto, _)| *upto <= start).take_while(|(from, ..)| *from < end);
    inside.map(|(from, upto, event)| (*event, start.max(*from), end.min(*upto))).collect()
}
