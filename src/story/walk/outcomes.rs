//! What the outcome of a call changes.

use std::collections::VecDeque;

use super::{Active, Walk};
use crate::record::{
    Call, Detail, Errno, MsgFlag, Outcome, PollEvent, Signal, SocketId, SocketOption, Syscall, TcpState,
};
use crate::story::endpoint::Ending;
use crate::story::predict::{Foreseen, SocketModel};
use crate::story::{Basis, Cause, Deviation, EndpointId, EventId, Listener, Piece, Rel, outcome, rules};

impl Walk<'_> {
    /// What the outcome changes. False if the bytes that were read are not the bytes that were sent.
    pub(super) fn settle(&mut self, event: EventId, call: &Syscall, active: &Active) -> bool {
        let endpoint = active.endpoint;
        if self.is_local(call.socket) && !self.local_settles(event, call) {
            return false;
        }
        self.finds_no_space(call);
        if let Outcome::Failed { errno } = call.outcome {
            let endpoint = self.endpoint_or_own(call.socket);
            if call.call.data().is_some() {
                endpoint.unwrite(event, 0);
            }
            endpoint.report(errno);
        }
        if call.outcome == (Outcome::Killed { signal: Signal::SIGPIPE }) {
            // The signal came with the error, which was taken.
            self.endpoint_or_own(call.socket).report(Errno::EPIPE);
        }
        if let (Outcome::Failed { errno }, Call::Connect { .. }) = (&call.outcome, &call.call) {
            self.sockets[call.socket.0].under_way |= *errno == Errno::EINPROGRESS;
            self.connect_failed(call, *errno);
        }
        let Outcome::Returned { value, detail } = &call.outcome else { return true };
        match (&call.call, endpoint) {
            (Call::Read { .. }, Some(id)) => return self.delivered(active, id, *value, detail, false),
            (Call::Recv { flags, .. }, Some(id)) if flags.contains(&MsgFlag::Oob) => {
                return self.fetched(event, id, detail, flags.contains(&MsgFlag::Peek));
            }
            (Call::Recv { flags, .. }, Some(id)) => {
                return self.delivered(active, id, *value, detail, flags.contains(&MsgFlag::Peek));
            }
            (Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data }, Some(id)) => {
                let taken = u64::try_from(*value).unwrap_or_default();
                let swallows = matches!(call.call, Call::Sendfile { .. }) && taken < data.size();
                let endpoint = self.endpoint_mut(id);
                endpoint.unwrite(event, taken);
                endpoint.pending = endpoint.pending.filter(|_| !swallows);
            }
            (Call::Getsockopt { .. }, _) if matches!(detail, Detail::PendingError(_)) => {
                let endpoint = self.endpoint_or_own(call.socket);
                if !endpoint.deviates(Deviation::SoErrorKeepsTheError) {
                    endpoint.pending = None;
                }
            }
            (Call::Connect { .. }, _) => self.sockets[call.socket.0].connect = Some((event, true)),
            (Call::Socketpair { .. } | Call::Pipe { .. }, _) => {
                if let Detail::Pair(ends) = detail {
                    self.pairs(*ends);
                }
            }
            (Call::Dup { to }, _) => self.duplicates(call, to),
            (Call::Fork { child }, _) => {
                self.makes(event, *child);
                self.forks(call.actor, *child);
            }
            (Call::Clone { child }, _) => self.makes(event, *child),
            (Call::Setsockopt { option }, _) => {
                self.sockets[call.socket.0].options.set(*option);
                if matches!(option, SocketOption::SoSndbuf(_)) {
                    self.wakes_writers(call);
                }
                if let SocketOption::SoOobinline(on) = option {
                    self.endpoint_or_own(call.socket).oob_inline = *on;
                }
            }
            (Call::EpollCtl { events, edge, .. }, _) => self.registers(call, events, *edge),
            (Call::EpollWait { .. }, _) if *value > 0 => self.was_told(call),
            (Call::Listen { backlog }, _) => self.listens(event, call.socket, *backlog),
            (Call::Bind { to }, _) => {
                let model = &mut self.sockets[call.socket.0];
                model.bound = self.recording.sockets[call.socket.0].local;
                model.port_chosen = to.port != Some(0);
            }
            (Call::Accept { .. }, _) => self.accepted(call.socket, detail),
            (Call::Close | Call::Shutdown { .. }, Some(id)) => self.closing(event, call, id),
            _ => {}
        }
        true
    }

    /// A call that has found the send buffer full, or may have, leaves a note of it (`SOCK_NOSPACE`).
    fn finds_no_space(&mut self, call: &Syscall) {
        let endpoint = self.endpoint_or_own(call.socket);
        if endpoint.send_ended() || !endpoint.may_be_full() {
            return;
        }
        endpoint.no_space |= match (&call.call, &call.outcome) {
            (Call::Poll { .. } | Call::EpollWait { .. }, Outcome::Returned { detail: Detail::Ready(ready), .. }) => {
                !ready.contains(&PollEvent::Out)
            }
            (Call::Write { .. } | Call::Send { .. } | Call::Sendfile { .. }, _) => true,
            _ => false,
        };
    }

    pub(super) fn listens(&mut self, event: EventId, socket: SocketId, backlog: u32) {
        let most = self.sysctl("net.core.somaxconn").and_then(|most| u32::try_from(most).ok()).unwrap_or(u32::MAX);
        self.sockets[socket.0].backlog = backlog.min(most);
        if self.sockets[socket.0].queue.is_none() {
            self.sockets[socket.0].queue = Some(VecDeque::new());
            self.found.listeners.push(Listener { socket, from: event, until: None });
        }
        if let Some(local) = self.recording.sockets[socket.0].local {
            self.listeners.entry(local.port()).or_default().push(socket);
        }
    }

    /// An accepted socket takes its listener's options over, but not `O_NONBLOCK` (accept(2)).
    pub(super) fn accepted(&mut self, listener: SocketId, detail: &Detail) {
        let Detail::Accepted(socket) = detail else { return };
        self.holders.seen.insert(*socket);
        let endpoint = self.flow.of_socket.get(socket).and_then(|ends| ends.first()).copied();
        if let Some(end) = endpoint {
            self.tied.insert(*socket, end);
        }
        let model = &mut self.sockets[listener.0];
        let mut options = model.options;
        if let Some(queue) = &mut model.queue {
            let taken = queue.iter().position(|waiting| Some(waiting.endpoint) == endpoint);
            options = taken.and_then(|place| queue.remove(place)).map_or(options, |waiting| waiting.options);
        }
        let options = options.of_accepted();
        let (bound, unconnected) = (model.bound, model.unconnected.clone());
        let inherited = SocketModel { accepted: true, options, bound, unconnected, ..SocketModel::default() };
        if let Some(model) = self.sockets.get_mut(socket.0) {
            *model = inherited;
        }
    }

    /// A close or shutdown whose FIN could not leave at once changes the state all the same.
    pub(super) fn closing(&mut self, event: EventId, call: &Syscall, id: EndpointId) {
        let t_ns = call.end_ns.unwrap_or(self.recording.events[event.0].t_ns);
        let endpoint = self.endpoint(id);
        let fin = endpoint.ending == Ending::Fin || (endpoint.closed.is_none() && endpoint.shut_write == Some(event));
        let forgets = endpoint.fin_has_to_wait() && endpoint.deviates(Deviation::WaitingFinLeavesTheState);
        let next = if fin && !forgets {
            endpoint.after_fin_sent()
        } else {
            (endpoint.closed == Some(event) && endpoint.state == TcpState::SynSent).then_some(TcpState::Close)
        };
        self.enter(event, t_ns, id, next);
    }

    /// Links a read to the segments that its bytes came in, and compares the bytes.
    pub(super) fn delivered(
        &mut self,
        active: &Active,
        id: EndpointId,
        value: i64,
        detail: &Detail,
        peek: bool,
    ) -> bool {
        let event = active.event;
        let peek = peek && !self.endpoint(id).deviates(Deviation::PeekTakes);
        let rest = u64::try_from(value).unwrap_or_default().saturating_sub(active.held_bytes());
        if rest > 0 && active.held.is_empty() && !peek {
            self.others_were_first(active.actor, id, rest, detail);
        }
        let mut parts = active.held.clone();
        let fresh = if peek {
            self.endpoint(id).peek(active.peeked(self.endpoint(id)), rest)
        } else {
            self.endpoint_mut(id).take(rest, false)
        };
        parts.extend(fresh);
        let sender = self.flow.facing(id);
        if !peek {
            self.stream_mut(sender).is_read(event, &parts);
        }
        let same = match detail {
            Detail::Data(data) => self.carry(&parts, &data.0),
            _ => true,
        };
        for (segment, from, to) in parts {
            self.link(segment, event, Rel::Delivered, Basis::Sequence, (from, to));
        }
        same
    }

    /// Whether segments carry, part by part, what a read returned.
    pub(super) fn carry(&self, parts: &[(EventId, u64, u64)], data: &[u8]) -> bool {
        let mut at = 0;
        parts.iter().all(|(segment, from, to)| {
            let rest = data.get(at..).unwrap_or_default();
            at += usize::try_from(to - from).unwrap_or(usize::MAX);
            self.carries(*segment, *from, *to, rest)
        })
    }

    /// Links the fetching of an urgent byte to the segment that it came in, and compares the byte.
    fn fetched(&mut self, event: EventId, id: EndpointId, detail: &Detail, peek: bool) -> bool {
        let Some((segment, at)) = self.endpoint_mut(id).take_urgent(peek) else { return true };
        self.link(segment, event, Rel::Delivered, Basis::Sequence, (at, at + 1));
        if !peek {
            let sender = self.flow.facing(id);
            self.stream_mut(sender).reads.push(Piece { event, begin: at, end: at + 1 });
        }
        match detail {
            Detail::Data(data) => self.carries(segment, at, at + 1, &data.0),
            _ => true,
        }
    }

    /// Whether a segment's payload is what a read returned for that stream range.
    fn carries(&self, event: EventId, from: u64, to: u64, read: &[u8]) -> bool {
        let known = self.flow.segments.get(&event.0).zip(self.recording.segment(&self.recording.events[event.0]));
        let Some((told, segment)) = known else { return false };
        let begin = u64::from(told.seq_rel).saturating_sub(1);
        let index = |offset: u64| usize::try_from(offset.saturating_sub(begin)).unwrap_or(usize::MAX);
        let Some(payload) = segment.payload.get(index(from)..index(to)) else { return false };
        payload.iter().zip(read).all(|(sent, got)| sent == got)
    }

    pub(super) fn explain_call(&mut self, event: EventId, call: &Syscall, one: Foreseen) {
        for (role, from) in &one.fact.roles {
            if let Some((rel, basis)) = outcome::tie(one.rule, role, &call.outcome, &call.call) {
                self.link(*from, event, rel, basis, (0, 0));
            }
        }
        if !one.because.is_empty() || rules::rule(one.rule).is_some_and(|rule| rule.notable) {
            self.found.causes.push(Cause { of: event, because: one.because, rule: one.rule, fact: one.fact });
        }
    }
}
