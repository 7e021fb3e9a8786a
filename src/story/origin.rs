//! Where each segment came from: the call that sent it, or the segment that it answers.

use super::endpoint::{Ending, Endpoint};
use super::predict::Options;
use super::walk::Walk;
use super::{Basis, Cause, Deviation, EndpointId, EventId, Fact, Finding, FindingKind, Rel, SegmentTold};
use crate::record::{Call, Flags, MsgFlag, Segment, Syscall, TcpState, What};

/// The least time for which an ACK is delayed (`TCP_DELACK_MIN`), in nanoseconds.
const ACK_DELAY_NS: i64 = 40_000_000;

impl Walk<'_> {
    /// Ties a segment to its origin. False if no rule says where it came from.
    pub(super) fn origin(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        let has = |flag| segment.flags.has(flag);
        if has(Flags::RST) {
            return self.rst(event, segment, told);
        }
        if told.transmission > 1 {
            return self.retransmission(event, segment, told);
        }
        let mut known = false;
        if has(Flags::SYN) {
            known |= if has(Flags::ACK) { self.answers(event, told) } else { self.syn(event, told.sender) };
        }
        if !segment.payload.is_empty() {
            known |= self.data(event, segment, told);
        }
        if has(Flags::FIN) {
            known |= self.fin(event, told.sender);
        }
        if segment.is_pure_ack() {
            known |= self.pure_ack(event, segment, told);
        }
        known
    }

    fn syn(&mut self, event: EventId, sender: EndpointId) -> bool {
        let socket = self.flow.connections[sender.connection.0].end(sender.side).socket;
        let connect = socket.and_then(|socket| self.sockets[socket.0].connect);
        if let Some((connect, _)) = connect {
            self.link(connect, event, Rel::Sent, Basis::Sequence, (0, 0));
        }
        connect.is_some()
    }

    /// Ties a segment to the one of the peer's whose numbers it is the first to acknowledge.
    fn answers(&mut self, event: EventId, told: &SegmentTold) -> bool {
        let receiver = self.flow.facing(told.sender);
        let answered = told.ack_rel.and_then(|ack| self.endpoint(receiver).sent.get(&ack).copied());
        if let Some(answered) = answered {
            self.link(answered, event, Rel::Answers, Basis::Sequence, (0, 0));
        }
        answered.is_some()
    }

    fn data(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        let start = u64::from(told.seq_rel).saturating_sub(1);
        let end = start + segment.payload.len() as u64;
        let parts = self.endpoint_mut(told.sender).writes_of(start, end);
        let covered: u64 = parts.iter().map(|(_, from, to)| to - from).sum();
        if let Some((call, ..)) = parts.last() {
            self.held_back(event, *call, segment, told);
        }
        for (call, from, to) in parts {
            self.link(call, event, Rel::Sent, Basis::Sequence, (from, to));
        }
        covered == end - start
    }

    /// Data that its call left behind, and that went out when an ACK came for a small segment before it, is what Nagle's algorithm held
    /// back (`tcp_nagle_check`): where the peer's window had room for it all the time, and the program had not asked for something else.
    fn held_back(&mut self, event: EventId, write: EventId, segment: &Segment, told: &SegmentTold) {
        let is_asked_for = |options: &Options| options.no_delay || options.cork;
        let socket = self.flow.connections[told.sender.connection.0].end(told.sender.side).socket;
        if socket.is_none_or(|socket| is_asked_for(&self.sockets[socket.0].options)) || self.says_more(write) {
            return;
        }
        let sender = self.endpoint(told.sender);
        let had_room = sender
            .window_edge_before
            .is_some_and(|edge| edge >= u64::from(told.seq_rel) + u64::from(segment.seq_len()));
        let Some((ack, ack_ns)) = sender.last_received.filter(|_| had_room && sender.acked == sender.sent_upto) else {
            return;
        };
        let Some(data) = self.acknowledged_by(ack, sender) else { return };
        let is_small = |segment: &Segment| segment.payload.len() < self.flow.surely_small(told.sender.connection);
        let both_small =
            is_small(segment) && self.recording.segment(&self.recording.events[data.0]).is_some_and(is_small);
        let left_behind =
            self.ended_by(write, ack_ns) && self.recording.events[data.0].t_ns <= self.recording.events[write.0].t_ns;
        if !both_small || !left_behind {
            return;
        }
        let fact = Fact { roles: vec![("write", write), ("data", data), ("ack", ack)], ..Fact::default() };
        let because = vec![write, ack];
        self.found.causes.push(Cause { of: event, because, rule: "small-segment-waits-for-an-ack", fact });
    }

    /// A send with `MSG_MORE`.
    fn says_more(&self, write: EventId) -> bool {
        let What::Syscall(call) = &self.recording.events[write.0].what else { return false };
        matches!(&call.call, Call::Send { flags, .. } if flags.contains(&MsgFlag::More))
    }

    /// Whether a call had ended by then.
    fn ended_by(&self, call: EventId, t_ns: i64) -> bool {
        let What::Syscall(call) = &self.recording.events[call.0].what else { return false };
        call.end_ns.is_some_and(|end_ns| end_ns <= t_ns)
    }

    /// The segment with data of an endpoint whose end a received segment acknowledges.
    fn acknowledged_by(&self, ack: EventId, sender: &Endpoint) -> Option<EventId> {
        let acknowledged = sender.sent.get(&self.flow.segments.get(&ack.0)?.ack_rel?).copied()?;
        self.has_data(acknowledged).then_some(acknowledged)
    }

    fn fin(&mut self, event: EventId, sender: EndpointId) -> bool {
        let endpoint = self.endpoint(sender);
        let closed = endpoint.closed.filter(|_| endpoint.ending == Ending::Fin);
        let Some(by) = endpoint.shut_write.or(closed) else { return false };
        let rule = if endpoint.shut_write.is_some() {
            "shutdown-sends-fin"
        } else if endpoint.kept_by.is_some() {
            "the-return-of-a-call-sends-fin"
        } else if self.is_close(by) {
            "close-sends-fin"
        } else {
            "the-end-of-a-process-sends-fin"
        };
        let kept_by = endpoint.kept_by.filter(|_| endpoint.shut_write.is_none());
        self.sent_by(by, event);
        let roles: Vec<_> = kept_by.map(|call| ("call", call)).into_iter().chain([("by", by)]).collect();
        let because = roles.iter().map(|(_, event)| *event).collect();
        self.found.causes.push(Cause { of: event, because, rule, fact: Fact { roles, ..Fact::default() } });
        true
    }

    fn sent_by(&mut self, by: EventId, event: EventId) {
        let process_ended = !self.is_close(by)
            && !matches!(&self.recording.events[by.0].what, What::Syscall(Syscall { call: Call::Shutdown { .. }, .. }));
        let rel = if process_ended { Rel::ClosedByExit } else { Rel::Sent };
        self.link(by, event, rel, Basis::Model, (0, 0));
    }

    fn is_close(&self, event: EventId) -> bool {
        matches!(&self.recording.events[event.0].what, What::Syscall(Syscall { call: Call::Close, .. }))
    }

    fn is_vanish(&self, event: EventId) -> bool {
        matches!(&self.recording.events[event.0].what, What::Syscall(Syscall { call: Call::Vanish, .. }))
    }

    /// A pure acknowledgment answers what it acknowledges first; one that acknowledges nothing new is sent because a read
    /// opened the window, or answers whatever came last.
    fn pure_ack(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        let sender = self.endpoint(told.sender);
        let advances = told.ack_rel.is_some_and(|ack| ack > sender.ack_sent);
        let last = sender.last_received;
        let says_dropped = self.tells_of_no_room(event);
        if advances && !says_dropped {
            self.is_late(event, told);
        }
        if (advances && self.answers(event, told)) || says_dropped {
            return true;
        }
        // Its number tells a probe, also where a program waits in a read.
        if self.probe(event, segment, told) {
            return true;
        }
        if let Some(read) = self.active_at(told.sender).filter(|call| self.is_read(*call)) {
            self.link(read, event, Rel::Sent, Basis::Model, (0, 0));
            return true;
        }
        let Some((last, _)) = last else { return false };
        // A probe and a SYN,ACK must be answered, whatever was acknowledged before.
        let opens = |segment: &Segment| segment.flags.has(Flags::SYN);
        let must_be_answered =
            self.probes.contains(&last) || self.recording.segment(&self.recording.events[last.0]).is_some_and(opens);
        let basis = if must_be_answered { Basis::Sequence } else { Basis::Time };
        self.link(last, event, Rel::Answers, basis, (0, 0));
        true
    }

    /// An acknowledgment of data that only a timer can have sent (`tcp_delack_timer_handler`): so long after the last segment had come, and
    /// not in a call that began after that. A read acknowledges as well (`tcp_cleanup_rbuf`), and so does `TCP_QUICKACK`.
    fn is_late(&mut self, event: EventId, told: &SegmentTold) {
        let receiver = self.flow.facing(told.sender);
        let answered = told.ack_rel.and_then(|ack| self.endpoint(receiver).sent.get(&ack).copied());
        let Some(data) = answered.filter(|data| self.has_data(*data)) else { return };
        let Some((_, came_ns)) = self.endpoint(told.sender).last_received else { return };
        let at = |event: EventId| self.recording.events[event.0].t_ns;
        if self.active_at(told.sender).is_some_and(|call| at(call) > came_ns) || at(event) - came_ns < ACK_DELAY_NS {
            return;
        }
        let fact = Fact { roles: vec![("data", data)], ..Fact::default() };
        self.found.causes.push(Cause { of: event, because: vec![data], rule: "ack-waits-for-data", fact });
    }

    fn has_data(&self, event: EventId) -> bool {
        self.recording.segment(&self.recording.events[event.0]).is_some_and(|segment| !segment.payload.is_empty())
    }

    /// The acknowledgment of a receiver that had no room for what has come. Tied to the first of the segments: the others lie
    /// beyond it.
    fn tells_of_no_room(&mut self, event: EventId) -> bool {
        let flow = self.flow;
        let dropped = flow.dropped_according_to(event);
        let Some(first) = dropped.first() else { return false };
        self.link(*first, event, Rel::Answers, Basis::Sequence, (0, 0));
        let fact = Fact { roles: vec![("data", *first)], ..Fact::default() };
        let rule = "data-without-room-is-dropped";
        self.found.causes.push(Cause { of: event, because: dropped.to_vec(), rule, fact });
        true
    }

    /// An acknowledgment whose sequence number lies before what was sent is out of the window on purpose: the peer must answer
    /// it. It is sent while the peer's window is closed, or to see whether the peer is still there (`tcp_xmit_probe_skb`).
    fn probe(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        let sender = self.endpoint(told.sender);
        let next = sender.sent.last_key_value().map_or(0, |(end, _)| *end);
        let tells_urgent = segment.flags.has(Flags::URG) && sender.has_unsent();
        if told.seq_rel >= next && !tells_urgent {
            return false;
        }
        let waiting = sender.writes.front().filter(|_| sender.has_unsent()).map(|(.., write)| *write);
        let rule = if waiting.is_some() { "zero-window-probe" } else { "keep-alive-probe" };
        let roles: Vec<_> = waiting.iter().map(|write| ("write", *write)).collect();
        if let Some(write) = waiting {
            self.link(write, event, Rel::Sent, Basis::Model, (0, 0));
        }
        self.probes.insert(event);
        let t_ns = self.recording.events[event.0].t_ns;
        let sender = self.endpoint_mut(told.sender);
        match waiting {
            Some(_) => sender.probing = sender.probing.or(Some((t_ns, event))),
            None => sender.unanswered.push(event),
        }
        let because = waiting.into_iter().collect();
        self.found.causes.push(Cause { of: event, because, rule, fact: Fact { roles, ..Fact::default() } });
        true
    }

    fn is_read(&self, event: EventId) -> bool {
        let What::Syscall(call) = &self.recording.events[event.0].what else { return false };
        matches!(call.call, Call::Read { .. } | Call::Recv { .. })
    }

    fn retransmission(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        let end = told.seq_rel.wrapping_add(segment.seq_len());
        let first = self.endpoint(told.sender).sent.range(end..).next().map(|(_, first)| *first);
        let Some(first) = first else { return false };
        self.link(first, event, Rel::Retransmits, Basis::Sequence, (0, 0));
        let t_ns = self.recording.events[event.0].t_ns;
        let sender = self.endpoint_mut(told.sender);
        if sender.established && !segment.payload.is_empty() {
            sender.sent_again.get_or_insert((t_ns, event));
        }
        self.found.findings.push(Finding { kind: FindingKind::Retransmission, about: vec![event, first] });
        true
    }

    fn rst(&mut self, event: EventId, segment: &Segment, told: &SegmentTold) -> bool {
        if segment.flags.has(Flags::ACK) {
            self.closes_only_now(told.sender);
        }
        let endpoint = self.endpoint(told.sender);
        // The socket is out of the kernel's tables before its RST is sent (`__tcp_close`): an answer to data may come before that.
        let aborts = endpoint.ending.resets() && !endpoint.aborted;
        if aborts && segment.flags.has(Flags::ACK) {
            return self.abort(event, told.sender);
        }
        if segment.flags.has(Flags::ACK) && endpoint.closed.is_none() && !endpoint.unanswered.is_empty() {
            return self.gave_up(event, told.sender);
        }
        if segment.flags.has(Flags::ACK) && endpoint.closed.is_none() && endpoint.established && !endpoint.dead() {
            let fact = Fact { state: Some(endpoint.state), ..Fact::default() };
            let rule = "a-socket-is-destroyed-from-outside";
            self.found.causes.push(Cause { of: event, because: Vec::new(), rule, fact });
            return true;
        }
        if segment.flags.has(Flags::ACK) {
            return self.refusal(event, told);
        }
        // RFC 9293, section 3.5.2: a reset that answers a segment takes its acknowledgment number as sequence number.
        match endpoint.received_acks.get(&segment.seq).copied() {
            Some(answered) => self.stray(event, answered, told.sender),
            None => false,
        }
    }

    /// An RST that a close, an exit or a kill sends itself (`tcp_send_active_reset`).
    fn abort(&mut self, event: EventId, sender: EndpointId) -> bool {
        let endpoint = self.endpoint(sender);
        let Some(by) = endpoint.closed else { return false };
        let unread = endpoint.unread.iter().map(|(.., data)| ("data", *data));
        let (state, bytes, ending) = (endpoint.state, endpoint.unread_bytes(), endpoint.ending);
        let mut roles = vec![("by", by)];
        if ending == Ending::ResetUnread {
            roles.extend(unread.take(1));
        }
        let rule = match ending {
            Ending::ResetUnread if self.is_close(by) => "close-with-unread-data-sends-rst",
            Ending::ResetUnread => "the-end-of-a-process-with-unread-data-sends-rst",
            Ending::ResetLinger => "close-with-linger-0-sends-rst",
            Ending::ResetFinWait2 => "close-in-fin-wait2-with-linger2-off-sends-rst",
            _ => "closing-a-listener-resets-its-queue",
        };
        let fact = Fact { state: Some(state), bytes: Some(bytes), roles: roles.clone(), ..Fact::default() };
        self.endpoint_mut(sender).aborted = true;
        self.sent_by(by, event);
        let because = roles.into_iter().map(|(_, event)| event).collect();
        self.found.causes.push(Cause { of: event, because, rule, fact });
        true
    }

    /// An RST that goes out because no keep-alive probe was answered (`tcp_keepalive_timer`).
    fn gave_up(&mut self, event: EventId, sender: EndpointId) -> bool {
        let probes = self.endpoint(sender).unanswered.clone();
        for probe in &probes {
            self.link(*probe, event, Rel::Doomed, Basis::Model, (0, 0));
        }
        let roles = probes.iter().map(|probe| ("probe", *probe)).collect();
        let fact = Fact { roles, ..Fact::default() };
        self.found.causes.push(Cause { of: event, because: probes, rule: "keep-alive-gives-up-with-rst", fact });
        true
    }

    /// An RST with ACK that answers a segment without one: a SYN to a port where nobody listens.
    fn refusal(&mut self, event: EventId, told: &SegmentTold) -> bool {
        let receiver = self.flow.facing(told.sender);
        let answered = told.ack_rel.and_then(|ack| self.endpoint(receiver).sent.get(&ack).copied());
        let Some(syn) = answered.filter(|_| self.endpoint(receiver).state == TcpState::SynSent) else { return false };
        self.link(syn, event, Rel::Answers, Basis::Sequence, (0, 0));
        let fact = Fact { roles: vec![("syn", syn)], ..Fact::default() };
        self.found.causes.push(Cause { of: event, because: vec![syn], rule: "syn-without-listener-gets-rst", fact });
        true
    }

    /// A bare RST: the answer to a segment that found no taker (`tcp_v4_send_reset`).
    fn stray(&mut self, event: EventId, answered: EventId, sender: EndpointId) -> bool {
        let endpoint = self.endpoint(sender);
        if endpoint.closed.is_some() && endpoint.deviates(Deviation::ClosedSocketIsSilent) {
            return false;
        }
        let (state, closed, shut) = (endpoint.state, endpoint.closed, endpoint.shut_read);
        self.link(answered, event, Rel::Answers, Basis::Sequence, (0, 0));
        let (rule, by) = match (closed, shut) {
            (Some(closed), _) if self.is_vanish(closed) => ("segment-for-a-vanished-socket-gets-rst", Some(closed)),
            (Some(closed), _) => ("data-for-a-closed-socket-gets-rst", Some(closed)),
            (None, Some(shutdown)) => ("data-after-shutdown-of-both-directions-gets-rst", Some(shutdown)),
            (None, None) => ("segment-without-a-socket-gets-rst", None),
        };
        let mut roles = vec![("segment", answered)];
        if let Some(by) = by {
            self.link(by, event, Rel::Doomed, Basis::Model, (0, 0));
            roles.push(("by", by));
        }
        let because = roles.iter().map(|(_, event)| *event).collect();
        let fact = Fact { state: Some(state), roles, ..Fact::default() };
        self.found.causes.push(Cause { of: event, because, rule, fact });
        true
    }
}
