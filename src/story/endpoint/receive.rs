//! What an endpoint does with a segment that arrives.

use super::Endpoint;
use crate::record::{Errno, Flags, Segment, TcpState};
use crate::story::{Deviation, EventId};

impl Endpoint {
    /// It receives a segment: the states it goes through, in order.
    pub fn receives(
        &mut self,
        event: EventId,
        t_ns: i64,
        segment: &Segment,
        seq: u32,
        ack: Option<u32>,
    ) -> Vec<TcpState> {
        self.last_received = Some((event, t_ns));
        self.unanswered.clear();
        self.largest = self.largest.max(segment.payload.len() as u64);
        if let Some(ack) = ack {
            self.received_acks.insert(segment.ack, event);
            let acked = self.acked.max(u64::from(ack.saturating_sub(1)).min(self.written));
            self.sent_again = self.sent_again.filter(|_| acked == self.acked);
            self.acked = acked;
        }
        if segment.flags.has(Flags::RST) {
            return self.receives_rst(event, segment, seq);
        }
        let mut states = Vec::new();
        states.extend(self.after_ack(segment, ack));
        if states.contains(&TcpState::Established) {
            self.established_by = Some(event);
        }
        let state = states.last().copied().unwrap_or(self.state);
        self.hears_of_urgent_data(event, state, segment, seq);
        if self.aborts_on(state, segment, seq) {
            self.reset(event, state, Errno::ECONNRESET);
            return vec![TcpState::Close];
        }
        if accepts_data(state) && !(state == TcpState::SynRecv && self.crowded) {
            self.queue(event, segment, seq);
        }
        if self.fin_in == Some(event) {
            states.extend(after_fin_received(state));
        }
        states
    }

    /// New data for a socket that nobody can read any more and that has sent its FIN: Linux resets the connection at both ends
    /// (`tcp_rcv_state_process`, and `tcp_timewait_state_process` once the FIN is acknowledged and the socket has no owner).
    fn aborts_on(&self, state: TcpState, segment: &Segment, seq: u32) -> bool {
        let unreadable = self.shut_read.is_some() || self.closed.is_some();
        let waits = matches!(state, TcpState::FinWait1 | TcpState::FinWait2);
        let end = seq.wrapping_add(u32::try_from(segment.payload.len()).unwrap_or(u32::MAX));
        unreadable && waits && !segment.payload.is_empty() && end > self.next_expected()
    }

    /// An RST with exactly the number that is expected arrives: the state that it puts the endpoint in.
    pub fn is_reset(&mut self, event: EventId, segment: &Segment) -> Option<TcpState> {
        let expected = self.next_expected();
        self.receives_rst(event, segment, expected).last().copied()
    }

    pub(super) fn reset(&mut self, by: EventId, state: TcpState, errno: Errno) {
        self.reset_by = Some((by, state));
        if self.closed.is_none() && state != TcpState::TimeWait {
            self.pending = Some((errno, by));
        }
        if self.deviates(Deviation::ResetFlushesTheQueue) {
            self.flush();
        }
    }

    /// `tcp_reset`: the pending error depends on the state that the RST finds. One that does not fit the window is not
    /// taken (RFC 9293, section 3.10.7.4).
    fn receives_rst(&mut self, event: EventId, segment: &Segment, seq: u32) -> Vec<TcpState> {
        let errno = match self.state {
            TcpState::Close => return Vec::new(),
            TcpState::SynSent => Errno::ECONNREFUSED,
            TcpState::CloseWait if !self.deviates(Deviation::ResetInCloseWaitIsEconnreset) => Errno::EPIPE,
            _ => Errno::ECONNRESET,
        };
        let expected = self.next_expected();
        // One before RCV.NXT is taken too once the peer's FIN has come: what it answers crossed the FIN (`tcp_reset_check`).
        let crossed = matches!(self.state, TcpState::CloseWait | TcpState::LastAck | TcpState::Closing)
            && seq.wrapping_add(1) == expected;
        // The mini-socket of an orphan in FIN_WAIT2 takes any within its window (`tcp_timewait_state_process`).
        let mini = self.state == TcpState::FinWait2 && self.mini;
        let inside = mini && seq >= expected && self.offered_edge.is_some_and(|edge| u64::from(seq) <= edge);
        let opens = self.state == TcpState::SynSent || segment.flags.has(Flags::SYN);
        let fits = opens || seq == expected || crossed || inside;
        if !fits {
            return Vec::new();
        }
        self.reset(event, self.state, errno);
        vec![TcpState::Close]
    }

    /// RCV.NXT, relative.
    pub(in crate::story) fn next_expected(&self) -> u32 {
        let data = u32::try_from(self.received & u64::from(u32::MAX)).unwrap_or_default();
        data.wrapping_add(1).wrapping_add(u32::from(self.fin_in.is_some()))
    }

    fn after_ack(&self, segment: &Segment, ack: Option<u32>) -> Option<TcpState> {
        let Some(ack) = ack else {
            // Both sides have sent a SYN (RFC 9293, section 3.5: simultaneous open).
            let both = self.state == TcpState::SynSent && segment.flags.has(Flags::SYN);
            return both.then_some(TcpState::SynRecv);
        };
        let fin_acked = self.fin_out.is_some_and(|fin| ack >= fin);
        match self.state {
            TcpState::SynSent if segment.flags.has(Flags::SYN) => Some(TcpState::Established),
            // With TCP_DEFER_ACCEPT a bare ACK does not count until the SYN-ACK was sent again (`tcp_check_req`).
            TcpState::SynRecv if self.defers && !self.cookie && !self.syn_ack_again && segment.seq_len() == 0 => None,
            // `sk_acceptq_is_full`, seen by `tcp_v4_syn_recv_sock`.
            TcpState::SynRecv if self.crowded => None,
            TcpState::SynRecv => Some(TcpState::Established),
            TcpState::FinWait1 if fin_acked => Some(TcpState::FinWait2),
            TcpState::Closing if fin_acked => Some(TcpState::TimeWait),
            TcpState::LastAck if fin_acked => Some(TcpState::Close),
            _ => None,
        }
    }

    /// Takes payload and FIN in order; what lies beyond a gap waits.
    fn queue(&mut self, event: EventId, segment: &Segment, seq: u32) {
        let length = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX);
        let fin = segment.flags.has(Flags::FIN);
        let start = seq.wrapping_add(u32::from(segment.flags.has(Flags::SYN)));
        if length > 0 || fin {
            self.beyond.insert(start, (length, fin, event));
        }
        while let Some((&start, &(length, fin, of))) = self.beyond.first_key_value() {
            let expected = self.next_expected();
            if self.fin_in.is_some() || start > expected {
                break;
            }
            self.beyond.pop_first();
            let fresh = start.wrapping_add(length).saturating_sub(expected);
            if fresh > 0 {
                let upto = self.received + u64::from(fresh);
                if self.closed.is_none() || self.may_be_open_yet() {
                    self.unread.push_back((self.received, upto, of));
                }
                self.received = upto;
            }
            if fin && start.wrapping_add(length) >= expected {
                // A FIN that waited beyond a gap takes effect with the segment that fills it.
                self.fin_in = Some(event);
            }
        }
    }
}

/// Whether payload that arrives in a state is queued.
pub(super) fn accepts_data(state: TcpState) -> bool {
    use TcpState::{Close, Listen, SynSent, TimeWait};
    !matches!(state, Close | Listen | SynSent | TimeWait)
}

/// The state in which the peer's FIN puts an endpoint (RFC 9293, section 3.10.7.4, eighth step).
fn after_fin_received(state: TcpState) -> Option<TcpState> {
    match state {
        TcpState::Established | TcpState::SynRecv => Some(TcpState::CloseWait),
        TcpState::FinWait1 => Some(TcpState::Closing),
        TcpState::FinWait2 => Some(TcpState::TimeWait),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use core::net::SocketAddr;

    use super::*;
    use crate::record::TcpOptions;

    /// Where an orphan in `FIN_WAIT2` is by an RST that lies so far behind what it expects.
    fn after_rst(mini: bool, behind: u32) -> Vec<TcpState> {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
        let (flags, options) = (Flags::RST, TcpOptions::default());
        let (window, urgent, payload) = (0, 0, Vec::new());
        let rst = Segment { src: nobody, dst: nobody, seq: 0, ack: 0, flags, window, urgent, options, payload };
        let (closed, offered_edge) = (Some(EventId(0)), Some(1_000));
        let mut orphan = Endpoint { closed, mini, offered_edge, ..Endpoint::default() };
        orphan.enter(0, TcpState::FinWait2);
        orphan.receives(EventId(1), 1, &rst, 1 + behind, None)
    }

    #[test]
    fn only_a_mini_socket_takes_an_rst_within_its_window() {
        assert_eq!(after_rst(false, 0), [TcpState::Close]);
        assert_eq!(after_rst(true, 0), [TcpState::Close]);
        assert!(after_rst(false, 500).is_empty());
        assert_eq!(after_rst(true, 500), [TcpState::Close]);
        assert!(after_rst(true, 5_000).is_empty());
    }
}
