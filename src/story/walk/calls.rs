//! Calls: what they will do, and what they have done.

use super::kernel::Limit;
use super::{Active, Looking, Walk};
use crate::record::{
    ActorId, Call, End, Errno, MsgFlag, Outcome, ShutdownHow, Signal, SigpipeDisposition, SocketId, Syscall, TcpState,
    What,
};
use crate::story::endpoint::Endpoint;
use crate::story::predict::{self, Foreseen, View};
use crate::story::{
    Allowed, CallTold, Deviation, EndpointId, EventId, Fact, Finding, FindingKind, Piece, Predicted, Prediction, Told,
    outcome,
};

impl Walk<'_> {
    pub(super) fn begins(&mut self, event: EventId, call: &Syscall) {
        if matches!(call.call, Call::Connect { .. }) {
            self.connects(event, call);
        }
        self.last_call.insert(call.actor, event);
        self.holders.seen.insert(call.socket);
        let endpoint = self.endpoint_of(call.socket);
        if let Some(id) = endpoint {
            self.gives_up_for_certain(event, id, self.recording.events[event.0].t_ns);
        }
        if let Some(id) = endpoint {
            self.others_have_copied(id);
        }
        if takes_bytes(&call.call) && self.holds(call).0.is_none() {
            self.endpoint_or_own(call.socket).steps_over_mark();
        }
        let state = endpoint.map(|id| self.endpoint(id).state);
        let foreseen = self.foresee(call);
        self.takes_effect(event, call, endpoint, &foreseen.outcome);
        let mut foreseen = vec![foreseen];
        foreseen.extend(self.alternative(call, &foreseen[0]));
        let options = self.sockets[call.socket.0].options;
        let (actor, held, or_waits) = (call.actor, Vec::new(), or_waits(&foreseen));
        let glimpsed = Vec::new();
        let looking = endpoint.map_or_else(Looking::default, |id| Looking::from(self.endpoint(id)));
        let has_sent = false;
        let active =
            Active { actor, event, endpoint, state, options, foreseen, or_waits, has_sent, held, looking, glimpsed };
        self.active.insert(actor, active);
        self.copies(call.actor);
    }

    /// A connect on a socket without a connection begins the next one that it made.
    pub(super) fn connects(&mut self, event: EventId, call: &Syscall) {
        let Some(model) =
            self.sockets.get_mut(call.socket.0).filter(|model| model.connect.is_none() && !model.accepted)
        else {
            return;
        };
        model.connect = Some((event, false));
        let ends = self.flow.of_socket.get(&call.socket).map_or(&[][..], Vec::as_slice);
        if let Some(end) = ends.get(model.attempts).copied() {
            model.attempts += 1;
            let (shut_read, shut_write) = (model.unconnected.shut_read, model.unconnected.shut_write);
            let oob_inline = model.options.oob_inline;
            let endpoint = self.endpoint_mut(end);
            (endpoint.shut_read, endpoint.shut_write, endpoint.oob_inline) = (shut_read, shut_write, oob_inline);
            self.tied.insert(call.socket, end);
        }
    }

    /// A connect that failed leaves a fresh socket (`__inet_stream_connect` disconnects it).
    pub(super) fn connect_failed(&mut self, call: &Syscall, errno: Errno) {
        if ![Errno::EINPROGRESS, Errno::EALREADY, Errno::EISCONN, Errno::EINVAL].contains(&errno) {
            self.disconnects(call.socket);
        }
    }

    /// The endpoint of a socket, connected or not.
    pub(super) fn endpoint_or_own(&mut self, socket: SocketId) -> &mut Endpoint {
        match self.endpoint_of(socket) {
            Some(id) => self.endpoint_mut(id),
            None => &mut self.sockets[socket.0].unconnected,
        }
    }

    pub(super) fn view(&self, call: &Syscall) -> Option<View<'_>> {
        let sigpipe = self.recording.actors.get(call.actor.0).map_or(SigpipeDisposition::Catch, |actor| actor.sigpipe);
        let socket = self.sockets.get(call.socket.0)?;
        let endpoint = self.endpoint_of(call.socket).map_or(&socket.unconnected, |id| self.endpoint(id));
        let own = self.active.get(&call.actor);
        let under_way = own.filter(|active| self.is_event_of(active.event, call));
        let options = under_way.map_or(socket.options, |active| active.options);
        let held = under_way.map_or(0, Active::held_bytes);
        let peeked = under_way.map_or(0, |active| active.peeked(endpoint));
        let occupied_by = self.occupant(call, socket);
        let ports = self.ports(call);
        let (closed, shared) = self.holds(call);
        // A call has looked up its descriptor when it begins: that it is closed meanwhile does not concern it.
        let closed = closed.filter(|close| under_way.is_none_or(|active| *close < active.event));
        let in_a_call = call.call == Call::Close && self.is_held_by_a_call(call.socket, call.actor);
        let epoll = socket.epoll.get(&self.descriptor(call));
        let first = socket.queue.as_ref().and_then(|queue| queue.front());
        let waits_reset = first.and_then(|waiting| self.endpoint(waiting.endpoint).reset_by).map(|(rst, _)| rst);
        Some(View {
            socket,
            options,
            endpoint,
            waits_reset,
            ports,
            occupied_by,
            sigpipe,
            epoll,
            closed,
            shared,
            in_a_call,
            held,
            peeked,
        })
    }

    fn is_event_of(&self, event: EventId, call: &Syscall) -> bool {
        matches!(&self.recording.events[event.0].what, What::Syscall(known) if std::ptr::eq(known, call))
    }

    pub(super) fn foresee(&self, call: &Syscall) -> Foreseen {
        match self.view(call) {
            Some(view) => self.foresee_local(view, call).unwrap_or_else(|| predict::predict(view, &call.call)),
            None => {
                Foreseen { outcome: Predicted::Blocks, rule: "call-waits", because: Vec::new(), fact: Fact::default() }
            }
        }
    }

    /// What the call may do instead, because buffers are larger or smaller than the model can know.
    pub(super) fn alternative(&self, call: &Syscall, usual: &Foreseen) -> Option<Foreseen> {
        let view = self.view(call)?;
        if self.is_local(call.socket) {
            return self.local_alternative(view, call, false).pop();
        }
        predict::may_wait(view, &call.call)
            .or_else(|| predict::may_linger(view, &call.call))
            .or_else(|| predict::without_room(view, &call.call, usual))
            .or_else(|| predict::at_a_small_window(view, &call.call, usual))
    }

    /// What a call changes as soon as it begins, because it cannot fail to.
    pub(super) fn takes_effect(
        &mut self,
        event: EventId,
        call: &Syscall,
        endpoint: Option<EndpointId>,
        foreseen: &Predicted,
    ) {
        if matches!(call.outcome, Outcome::Killed { .. }) && *foreseen == Predicted::Death(Signal::SIGPIPE) {
            self.close_all(event, call.actor);
        }
        self.local_begins(event, call, foreseen);
        let accepted = matches!(foreseen, Predicted::Value(_) | Predicted::Between(..));
        let listens = self.sockets[call.socket.0].queue.is_some();
        match (&call.call, endpoint) {
            (Call::Close, _) => self.lets_go(event, call),
            (Call::Vanish, _) => self.vanishes(event, call),
            (Call::Exit { .. }, _) => self.close_all(event, call.actor),
            (Call::Shutdown { .. }, _) if self.holds(call).0.is_some() => {}
            (Call::Shutdown { how: ShutdownHow::Write }, _) if listens => {}
            (Call::Shutdown { .. }, _) if listens => {
                self.stop_listening(event, call.socket);
                self.wakes_callers(call.socket, call.actor);
            }
            (Call::Shutdown { how }, _) => {
                if self.shuts_while_connecting(event, call.socket) {
                    self.wakes_callers(call.socket, call.actor);
                    return;
                }
                // Whoever polls is woken, also where the connection is over (`inet_shutdown`).
                self.wakes(call.socket, false);
                let endpoint = self.endpoint_or_own(call.socket);
                if endpoint.dead() {
                    return;
                }
                if *how != ShutdownHow::Write {
                    endpoint.shut_read.get_or_insert(event);
                    if endpoint.deviates(Deviation::ShutdownReadFlushes) {
                        endpoint.flush();
                    }
                }
                if *how != ShutdownHow::Read || endpoint.deviates(Deviation::ShutdownReadSendsFin) {
                    endpoint.shut_write.get_or_insert(event);
                }
                if let Some(id) = self.endpoint_of(call.socket) {
                    self.shutdown_owes(id, event);
                    self.rouses(id);
                    self.arrived(id);
                }
            }
            (Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data }, Some(id)) if accepted => {
                let begin = self.endpoint(id).written;
                self.endpoint_mut(id).write(event, data.size());
                self.stream_mut(id).writes.push(Piece { event, begin, end: begin.saturating_add(data.size()) });
            }
            _ => {}
        }
    }

    pub(super) fn ends(&mut self, event: EventId, call: &Syscall) {
        let Some(active) = self.active.get(&call.actor).filter(|active| active.event == event) else { return };
        let mut foreseen = active.foreseen.clone();
        self.add_late_outcomes(event, call, &mut foreseen);
        let Some(active) = self.active.remove(&call.actor) else { return };
        let mut active = Active { foreseen, ..active };
        let signal = self.caught.get(&event.0).copied();
        let fits = |one: &&Foreseen| outcome::fits(&one.outcome, &call.outcome, signal);
        let mut matched = active.foreseen.iter().find(fits).cloned();
        if let Some(late) = self.after_looking_first(call, &active) {
            if fits(&&late) && (matched.is_none() || !self.lies_in_the_queue(call, &active)) {
                active.held = std::mem::take(&mut active.glimpsed);
                matched = Some(late.clone());
            }
            active.foreseen.push(late);
        }
        if let Some((id, limit, late)) = self.after_giving_up(event, call, &active) {
            if matched.is_none() && fits(&&late) {
                self.gives_up(event, id, limit);
                matched = Some(late.clone());
            }
            active.foreseen.push(late);
        }
        let slept = call.blocked && active.foreseen.iter().all(|one| one.outcome != Predicted::Blocks);
        let explained = matched.is_some() && !slept && self.settle(event, call, &active);
        if let Some(one) = matched.filter(|_| explained) {
            self.explain_call(event, call, one);
        }
        let waits = |one: &Allowed| one.outcome == Predicted::Blocks;
        let mut allowed = active.allowed();
        // That it waited first, as it had to, is no other way for it to end; that it might have waited is.
        if !active.or_waits && !allowed.iter().all(waits) {
            allowed.retain(|one| !waits(one));
        }
        if let Some(id) = active.endpoint.filter(|_| takes_bytes(&call.call)) {
            self.others_may_take_the_rest(id);
        }
        self.connect_called_for_a_syn(event, call);
        self.tell_call(&active, allowed, explained);
        self.releases(event, call.socket);
    }

    /// What a call may return because the kernel gave the connection up while it was under way.
    fn after_giving_up(
        &self,
        event: EventId,
        call: &Syscall,
        active: &Active,
    ) -> Option<(EndpointId, Limit, Foreseen)> {
        let id = active.endpoint?;
        let until_ns = call.end_ns.unwrap_or(self.recording.events[event.0].t_ns);
        let limit = self.patience(id).filter(|limit| limit.at_ns <= until_ns)?;
        let mut ahead = self.endpoint(id).clone();
        limit.pass(&mut ahead);
        ahead.enter(limit.at_ns, TcpState::Close);
        let view = View { endpoint: &ahead, ..self.view(call)? };
        Some((id, limit, predict::predict(view, &call.call)))
    }

    pub(super) fn tell_call(&mut self, active: &Active, allowed: Vec<Allowed>, explained: bool) {
        let &Active { event, endpoint, state, .. } = active;
        if !explained {
            self.found.findings.push(Finding { kind: FindingKind::OutcomeNotExplained, about: vec![event] });
        }
        let told = CallTold { endpoint, state, prediction: Prediction { allowed }, explained };
        self.found.told[event.0] = Some(Told::Call(told));
    }

    /// Outcomes that only time or force brings: a timeout, a partial write, a kill.
    pub(super) fn add_late_outcomes(&self, event: EventId, call: &Syscall, foreseen: &mut Vec<Foreseen>) {
        let Some(view) = self.view(call) else { return };
        let waited = call.end_ns.map_or(0, |end| end.saturating_sub(self.recording.events[event.0].t_ns));
        let awake = self.active.get(&call.actor).map_or(view.peeked, |active| active.peeked_awake(view.endpoint));
        if let Some((ns, late)) = predict::after_timeout(View { peeked: awake, ..view }, &call.call)
            && waited >= i64::try_from(ns).unwrap_or(i64::MAX)
        {
            let is_poll = matches!(call.call, Call::Poll { .. });
            let closed = self.active.get(&call.actor).and_then(|active| self.closed_during(active, call));
            foreseen.push(closed.filter(|_| is_poll).map_or(late, predict::poll_of_closed));
        }
        foreseen.extend(self.local_alternative(view, call, true));
        foreseen.extend(predict::when_the_buffer_is_full(view, &call.call, call.blocked || timed_out(view, waited)));
        if let (Call::Close, true) = (&call.call, call.blocked) {
            foreseen.insert(0, predict::after_lingering(view));
        }
        if let (Outcome::Killed { signal }, Some(kill)) = (&call.outcome, self.killed.get(&call.actor)) {
            let fact = Fact { signal: Some(*signal), roles: vec![("kill", *kill)], ..Fact::default() };
            let rule = "a-kill-ends-the-call";
            foreseen.push(Foreseen { outcome: Predicted::Death(*signal), rule, because: vec![*kill], fact });
        }
    }

    /// Calls that have not returned: what the model allows at the end is that they wait. In a run that was cut they may also have
    /// returned unheard.
    pub(super) fn unfinished(&mut self) {
        let cut = matches!(self.recording.end, End::Interrupted { .. } | End::Withheld { .. });
        let left = self.active.iter().filter_map(|(actor, active)| Some((*actor, self.still_waits(*actor, active)?)));
        for (actor, allowed) in left.collect::<Vec<_>>() {
            let explained = !allowed.is_empty() || cut || self.killed.contains_key(&actor);
            if let Some(active) = self.active.remove(&actor) {
                self.tell_call(&active, allowed, explained);
            }
        }
    }

    /// That a call waits, as far as the model allows it at the end.
    fn still_waits(&self, actor: ActorId, active: &Active) -> Option<Vec<Allowed>> {
        let What::Syscall(call) = &self.recording.events[active.event.0].what else { return None };
        let usual = self.foresee(call);
        let now = [self.alternative(call, &usual), Some(usual)].into_iter().flatten();
        let now = now.chain(self.after_others(actor, active, call));
        let waits = now.filter(|one| matches!(one.outcome, Predicted::Blocks | Predicted::Ends));
        let mut allowed: Vec<Allowed> = Vec::new();
        for one in waits {
            if allowed.iter().all(|known| known.outcome != one.outcome) {
                allowed.push(Allowed { outcome: one.outcome, rule: one.rule });
            }
        }
        Some(allowed)
    }

    pub(super) fn may_return(&mut self, actor: ActorId) {
        let Some(active) = self.active.get(&actor) else { return };
        let What::Syscall(call) = &self.recording.events[active.event.0].what else { return };
        let waiting = active.foreseen.last().is_none_or(|last| last.outcome == Predicted::Blocks);
        let looks_anew = matches!(call.call, Call::Poll { .. }) && self.closed_during(active, call).is_some();
        if looks_anew || (active.has_sent && !waiting) {
            return;
        }
        let asleep = active.sleeps();
        let now = self.foresee(call);
        let now = predict::woken(&call.call).filter(|_| asleep && now.outcome != Predicted::Blocks).unwrap_or(now);
        let instead = self.alternative(call, &now);
        let after = self.after_others(actor, active, call);
        let known = &active.foreseen;
        let now: Vec<_> = [Some(now), instead].into_iter().flatten().collect();
        let may_wait = or_waits(&now);
        let all = now.into_iter().chain(after);
        let fresh: Vec<_> = all.filter(|one| !known.contains(one)).collect();
        let event = active.event;
        let is_death = |one: &Foreseen| one.outcome == Predicted::Death(Signal::SIGPIPE);
        if matches!(call.outcome, Outcome::Killed { .. }) && fresh.iter().any(is_death) {
            // The FINs of its other sockets may come before its end is noticed.
            self.close_all(event, actor);
        }
        if let Some(active) = self.active.get_mut(&actor) {
            active.or_waits |= may_wait;
            active.foreseen.extend(fresh.into_iter().filter(|one| one.outcome != Predicted::Blocks));
        }
    }
}

/// Whether at one and the same moment a call may wait, and may return.
fn or_waits(allowed: &[Foreseen]) -> bool {
    let waiting = allowed.iter().filter(|one| one.outcome == Predicted::Blocks).count();
    (1..allowed.len()).contains(&waiting)
}

/// Whether a call takes bytes of the stream away, and steps over an urgent one.
pub(super) fn takes_bytes(call: &Call) -> bool {
    match call {
        Call::Read { size } => *size > 0,
        Call::Recv { size, flags } => *size > 0 && !flags.contains(&MsgFlag::Oob) && !flags.contains(&MsgFlag::Peek),
        _ => false,
    }
}

/// Whether a call lasted as long as its socket lets a write wait.
fn timed_out(view: View<'_>, waited_ns: i64) -> bool {
    let limit = i64::try_from(view.options.send_timeout_ns).unwrap_or(i64::MAX);
    limit > 0 && waited_ns >= limit
}
