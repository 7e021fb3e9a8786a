//! Segments: who sent them, and whom their arrival concerns.

use super::calls::takes_bytes;
use super::{Active, Walk};
use crate::record::{ActorId, Call, Flags, Segment, SocketId, TcpState, What};
use crate::story::endpoint::Endpoint;
use crate::story::predict::{Options, Waiting};
use crate::story::{EndpointId, EventId, Finding, FindingKind, Piece, SegmentTold, Side, Told};

impl Walk<'_> {
    pub(super) fn segment(&mut self, event: EventId, t_ns: i64, segment: &Segment, told: SegmentTold) {
        let sender = told.sender;
        let receiver = self.flow.facing(sender);
        self.meets_listener(event, t_ns, receiver);
        if !segment.payload.is_empty() {
            let begin = u64::from(told.seq_rel).saturating_sub(1);
            let end = begin + segment.payload.len() as u64;
            self.stream_mut(sender).segments.push(Piece { event, begin, end });
        }
        if segment.flags.has(Flags::RST) {
            self.shows_that_it_gave_up(event, t_ns, sender);
        }
        if segment.flags.has(Flags::RST) && self.endpoint(sender).state == TcpState::SynSent {
            self.resets_the_older(event, t_ns, receiver, segment);
        }
        if segment.flags.has(Flags::RST) || segment.flags.has(Flags::FIN) {
            self.has_released(sender);
        }
        let explained = self.origin(event, segment, &told);
        if !explained {
            self.found.findings.push(Finding { kind: FindingKind::SegmentNotExplained, about: vec![event] });
        }
        self.answers_a_syn(sender, segment);
        let next = self.endpoint_mut(sender).sends(event, segment, told.seq_rel, told.ack_rel);
        self.enter(event, t_ns, sender, next);
        self.mark_sent(sender);
        if segment.flags.has(Flags::RST) {
            // A kernel that gives up wakes its own program.
            self.arrived(sender);
        }
        self.pays(sender, segment);
        if let Some(ack) = told.ack_rel.filter(|_| !segment.flags.has(Flags::RST)) {
            self.endpoint_mut(sender).offered_edge = Some(u64::from(ack) + told.window_bytes);
        }
        let taken = self.flow.as_taken(event.0, segment);
        if self.lies_beyond_the_window(event, receiver, segment, &told) {
            self.endpoint_mut(receiver).last_received = Some((event, t_ns));
        } else if !self.finds_no_backlog(event, receiver, &taken, &told) {
            self.arrives(event, t_ns, receiver, &taken, &told);
            if taken.payload.len() < segment.payload.len() {
                self.endpoint_mut(receiver).hears_of_dropped_urgent_data(event, segment, told.seq_rel);
            }
        }
        self.found.told[event.0] = Some(Told::Segment(told));
    }

    /// An RST from an end that is open: its time is over, and the kernel answers as for a connection that it does not have.
    fn shows_that_it_gave_up(&mut self, event: EventId, t_ns: i64, sender: EndpointId) {
        let endpoint = self.endpoint(sender);
        if endpoint.closed.is_some() || endpoint.dead() || !endpoint.unanswered.is_empty() {
            return;
        }
        if let Some(limit) = self.patience(sender).filter(|limit| limit.at_ns <= t_ns) {
            self.gives_up(event, sender, limit);
        }
    }

    /// A segment is taken at its receiver.
    fn arrives(&mut self, event: EventId, t_ns: i64, receiver: EndpointId, segment: &Segment, told: &SegmentTold) {
        let before = self.endpoint(receiver).state;
        self.endpoint_mut(receiver).mini = self.is_mini_in_fin_wait2(receiver, t_ns);
        if let Some(ack) = told.ack_rel.filter(|_| !segment.flags.has(Flags::RST)) {
            let receiver = self.endpoint_mut(receiver);
            receiver.window_edge_before = receiver.window_edge;
            receiver.window_edge = Some(u64::from(ack) + told.window_bytes);
        }
        let states = self.endpoint_mut(receiver).receives(event, t_ns, segment, told.seq_rel, told.ack_rel);
        if before == TcpState::SynRecv && states.is_empty() && segment.is_pure_ack() {
            self.defers(event, receiver);
        }
        let established = states.contains(&TcpState::Established);
        self.enter(event, t_ns, receiver, states.last().copied());
        self.arrival_owes(event, receiver, segment, before);
        if established && receiver.side == Side::Responder {
            self.enqueue(event, receiver);
        }
        self.wakes_receiver(receiver, segment, before);
        self.arrived(receiver);
    }

    /// A SYN that finds more handshakes under way than the backlog allows is answered with a cookie, where the administrator has not
    /// forbidden that: the listener keeps nothing of it (`inet_csk_reqsk_queue_is_full`, asked by `tcp_conn_request`).
    fn answers_a_syn(&mut self, sender: EndpointId, segment: &Segment) {
        let answers = segment.flags.has(Flags::SYN) && segment.flags.has(Flags::ACK);
        if self.endpoint(sender).state != TcpState::Close {
            return;
        }
        let Some(listener) = self.listener_of(sender).filter(|_| answers) else { return };
        let beside = self.half_open.iter().filter(|id| self.listener_of(**id) == Some(listener));
        let full = beside.filter(|id| !self.endpoint(**id).cookie).count() > self.sockets[listener.0].backlog as usize;
        self.endpoint_mut(sender).cookie = match self.sysctl("net.ipv4.tcp_syncookies") {
            Some(0) => false,
            Some(2) => true,
            _ => full,
        };
    }

    /// The RST of a connect that has met an older connection of the same ports reaches that one.
    fn resets_the_older(&mut self, event: EventId, t_ns: i64, receiver: EndpointId, segment: &Segment) {
        let Some(older) = self.flow.before(receiver) else { return };
        let next = self.endpoint_mut(older).is_reset(event, segment);
        self.enter(event, t_ns, older, next);
        self.arrived(older);
    }

    /// The active call, if any, of the program at that end.
    pub(in crate::story) fn active_at(&self, id: EndpointId) -> Option<EventId> {
        self.active.values().find(|active| active.endpoint == Some(id)).map(|active| active.event)
    }

    pub(super) fn mark_sent(&mut self, id: EndpointId) {
        for active in self.active.values_mut().filter(|active| active.endpoint == Some(id)) {
            let What::Syscall(call) = &self.recording.events[active.event.0].what else { continue };
            // What a read makes the kernel send acknowledges; what arrives next does not answer it.
            active.has_sent |= !matches!(
                call.call,
                Call::Read { .. } | Call::Recv { .. } | Call::Poll { .. } | Call::EpollWait { .. }
            );
        }
    }

    /// A handshake that is not complete depends on its listener: one that wants data first goes on waiting, one that is gone has
    /// forgotten the handshake.
    fn meets_listener(&mut self, event: EventId, t_ns: i64, id: EndpointId) {
        if self.endpoint(id).state != TcpState::SynRecv || id.side != Side::Responder {
            return;
        }
        match self.listener_of(id).map(|listener| &self.sockets[listener.0]) {
            Some(listener) => {
                let Options { defer_accept_ns, oob_inline, .. } = listener.options;
                let crowded = listener.is_crowded();
                let Endpoint { shut_read, shut_write, .. } = listener.unconnected;
                let endpoint = self.endpoint_mut(id);
                endpoint.crowded = crowded;
                (endpoint.defers, endpoint.oob_inline) = (defer_accept_ns > 0, oob_inline);
                // What was shut down before it listened, its connections are born with (`sk_clone_lock`).
                (endpoint.shut_read, endpoint.shut_write) = (shut_read, shut_write);
            }
            None if !self.had_listener(id) => {}
            None => self.enter(event, t_ns, id, Some(TcpState::Close)),
        }
    }

    /// A handshake's ACK did not count.
    fn defers(&mut self, event: EventId, id: EndpointId) {
        if let Some(listener) = self.listener_of(id).filter(|_| self.endpoint(id).defers) {
            self.sockets[listener.0].deferred = Some(event);
        }
    }

    /// The listening socket at an end's address.
    pub(super) fn listener_of(&self, id: EndpointId) -> Option<SocketId> {
        self.once_listened(id).rev().find(|socket| self.sockets[socket.0].queue.is_some())
    }

    fn had_listener(&self, id: EndpointId) -> bool {
        self.once_listened(id).next().is_some()
    }

    /// The sockets that listen at an end's address, or did.
    fn once_listened(&self, id: EndpointId) -> impl DoubleEndedIterator<Item = SocketId> {
        let address = self.flow.connections[id.connection.0].end(id.side).address;
        let fits = move |socket: &SocketId| {
            let local = self.recording.sockets[socket.0].local;
            local.is_some_and(|local| local.ip() == address.ip() || local.ip().is_unspecified())
        };
        self.listeners.get(&address.port()).into_iter().flatten().copied().filter(fits)
    }

    /// An established connection waits for accept at the listener of its port.
    pub(super) fn enqueue(&mut self, event: EventId, id: EndpointId) {
        let listener = self.listener_of(id);
        let Some(listener) = listener else { return };
        let model = &mut self.sockets[listener.0];
        let waiting = Waiting { endpoint: id, completed: event, options: model.options };
        model.deferred = None;
        model.queue.get_or_insert_default().push_back(waiting);
        self.wakes(listener, true);
    }

    /// Whether that actor waits in a read of that end that would take bytes away.
    fn sleeps_in_read(&self, actor: ActorId, id: EndpointId) -> bool {
        self.active.get(&actor).is_some_and(|active| {
            let What::Syscall(call) = &self.recording.events[active.event.0].what else { return false };
            active.endpoint == Some(id) && active.sleeps() && takes_bytes(&call.call) && active.held.is_empty()
        })
    }

    fn holds_bytes(&self, actor: ActorId) -> bool {
        self.active.get(&actor).is_some_and(|active| !active.held.is_empty())
    }

    /// Something arrived: what a call that is under way there may return now.
    pub(super) fn arrived(&mut self, id: EndpointId) {
        let own = self.flow.connections[id.connection.0].end(id.side).actor;
        let concerned = |(actor, active): (&ActorId, &Active)| {
            let What::Syscall(call) = &self.recording.events[active.event.0].what else { return None };
            let waits = matches!(call.call, Call::Accept { .. } | Call::Poll { .. } | Call::EpollWait { .. });
            (active.endpoint == Some(id) || (waits && own == Some(*actor))).then_some(*actor)
        };
        let concerned: Vec<_> = self.active.iter().filter_map(concerned).collect();
        if concerned.iter().any(|actor| self.sleeps_in_read(*actor, id)) {
            // One who has copied something stops in front of the urgent byte, if it is first.
            let holding: Vec<_> = concerned.iter().copied().filter(|actor| self.holds_bytes(*actor)).collect();
            for actor in holding {
                self.may_return(actor);
            }
            self.endpoint_mut(id).steps_over_mark();
        }
        for actor in &concerned {
            self.may_return(*actor);
        }
        // Who is woken may look before another has taken.
        for actor in concerned {
            self.copies(actor);
        }
    }
}
