//! Walks a recording in time order, feeds the model and ties events together.

mod descriptors;
mod epoll;
mod local;

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};

use self::descriptors::Holders;
use self::local::Locals;
use super::endpoint::{Ending, Endpoint};
use super::flow::Flow;
use super::predict::{self, Foreseen, Occupant, Ports, SocketModel, View};
use super::{
    Allowed, Basis, CallTold, Cause, Confidence, ConnectionId, Deviation, EndpointId, EventId, Fact, Finding,
    FindingKind, Link, Piece, Predicted, Prediction, Rel, SegmentTold, Side, StateTold, Stream, Told, Transition,
    outcome,
};
use crate::record::{
    ActorId, Address, Call, Detail, End, Errno, ExitStatus, Kill, MsgFlag, Outcome, Recording, Segment, ShutdownHow,
    SignalCaught, SigpipeDisposition, SocketId, StateSample, Syscall, TcpState, What,
};

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) told: Vec<Option<Told>>,
    pub(super) transitions: Vec<Vec<Transition>>,
    pub(super) links: Vec<Link>,
    pub(super) causes: Vec<Cause>,
    pub(super) streams: Vec<Stream>,
    pub(super) findings: Vec<Finding>,
}

/// The model of everything in a recording, on its way through time.
pub(super) struct Walk<'r> {
    pub(super) recording: &'r Recording,
    pub(super) flow: &'r Flow,
    pub(super) endpoints: Vec<[Endpoint; 2]>,
    pub(super) sockets: Vec<SocketModel>,
    /// The end that each socket is now.
    tied: BTreeMap<SocketId, EndpointId>,
    pub(super) found: Found,
    /// Segments that only ask for an acknowledgment.
    pub(super) probes: BTreeSet<EventId>,
    /// The call that each actor is in.
    active: BTreeMap<ActorId, Active>,
    /// Calls during which a signal was caught.
    caught: BTreeMap<usize, crate::record::Signal>,
    /// Listening sockets by their port.
    listeners: BTreeMap<u16, Vec<SocketId>>,
    /// The last call that each actor has begun.
    last_call: BTreeMap<ActorId, EventId>,
    /// Who holds the sockets that several descriptors refer to.
    holders: Holders,
    /// Ends of pairs and pipes.
    locals: Locals,
    /// Sockets that are registered with epoll.
    watched: BTreeSet<SocketId>,
    /// The kill that ended each actor.
    killed: BTreeMap<ActorId, EventId>,
}

/// The most ports that are counted one by one.
const SHORT_RANGE: usize = 64;

/// How long `TIME_WAIT` lasts (`TCP_TIMEWAIT_LEN`), and how long an orphan waits in `FIN_WAIT2` by default, in nanoseconds.
const MINUTE_NS: i64 = 60_000_000_000;

/// A call under way.
#[derive(Debug)]
struct Active {
    event: EventId,
    endpoint: Option<EndpointId>,
    state: Option<TcpState>,
    foreseen: Vec<Foreseen>,
    /// It has made the kernel send something; what arrives afterwards may be the answer to that.
    has_sent: bool,
}

impl Active {
    fn allowed(&self) -> Vec<Allowed> {
        let mut allowed: Vec<Allowed> = Vec::new();
        for one in &self.foreseen {
            if allowed.iter().all(|known| known.outcome != one.outcome) {
                allowed.push(Allowed { outcome: one.outcome.clone(), rule: one.rule });
            }
        }
        allowed
    }
}

/// A moment of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    End,
    Happens,
    InstantEnd,
}

/// Walks a recording.
pub(super) fn walk(recording: &Recording, flow: &Flow, deviation: Option<Deviation>) -> Found {
    let fresh = || Endpoint::new(deviation);
    let events = recording.events.len();
    let tied = tied_from_the_start(recording, flow);
    let mut walk = Walk {
        recording,
        flow,
        endpoints: flow.connections.iter().map(|_| [fresh(), fresh()]).collect(),
        sockets: vec![SocketModel { unconnected: fresh(), ..SocketModel::default() }; recording.sockets.len()],
        found: Found {
            told: vec![None; events],
            transitions: vec![Vec::new(); events],
            streams: streams(flow),
            ..Found::default()
        },
        tied,
        probes: BTreeSet::new(),
        active: BTreeMap::new(),
        caught: signals(recording),
        listeners: BTreeMap::new(),
        last_call: BTreeMap::new(),
        holders: Holders::default(),
        locals: Locals::new(),
        watched: BTreeSet::new(),
        killed: BTreeMap::new(),
    };
    for (_, moment, place) in moments(recording) {
        let event = EventId(place);
        match (moment, &recording.events[place].what) {
            (Moment::Happens, _) => walk.happens(event),
            (_, What::Syscall(call)) => walk.ends(event, call),
            _ => {}
        }
    }
    walk.unfinished();
    walk.found.streams.iter_mut().for_each(|stream| stream.settle(recording));
    walk.found.streams.retain(|stream| !stream.is_empty());
    walk.found
}

/// Both streams of every connection, empty.
fn streams(flow: &Flow) -> Vec<Stream> {
    let connections = (0..flow.connections.len()).map(ConnectionId);
    let ends = connections.flat_map(|connection| Side::BOTH.map(|side| EndpointId { connection, side }));
    ends.map(Stream::new).collect()
}

/// Sockets whose connection was there before the recording's first call on them.
fn tied_from_the_start(recording: &Recording, flow: &Flow) -> BTreeMap<SocketId, EndpointId> {
    let begun_here = |event: &crate::record::Event| match &event.what {
        What::Syscall(call) => match (&call.call, &call.outcome) {
            (Call::Connect { .. }, _) => Some(call.socket),
            (_, Outcome::Returned { detail: Detail::Accepted(socket), .. }) => Some(*socket),
            _ => None,
        },
        _ => None,
    };
    let begun: BTreeSet<SocketId> = recording.events.iter().filter_map(begun_here).collect();
    let before = flow.of_socket.iter().filter(|(socket, _)| !begun.contains(*socket));
    before.filter_map(|(socket, ends)| Some((*socket, *ends.first()?))).collect()
}

fn signals(recording: &Recording) -> BTreeMap<usize, crate::record::Signal> {
    let caught = |event: &crate::record::Event| match &event.what {
        What::Signal(SignalCaught { during, signal, .. }) => Some((*during, *signal)),
        _ => None,
    };
    recording.events.iter().filter_map(caught).collect()
}

/// Begins, happenings and ends in time order. At one instant, calls that began earlier end first.
fn moments(recording: &Recording) -> Vec<(i64, Moment, usize)> {
    let mut moments = Vec::with_capacity(recording.events.len() * 2);
    for (place, event) in recording.events.iter().enumerate() {
        moments.push((event.t_ns, Moment::Happens, place));
        if let What::Syscall(Syscall { end_ns: Some(end), .. }) = &event.what {
            let kind = if *end > event.t_ns { Moment::End } else { Moment::InstantEnd };
            moments.push((*end, kind, place));
        }
    }
    moments.sort_unstable();
    moments
}

impl Walk<'_> {
    fn happens(&mut self, event: EventId) {
        let recording = self.recording;
        let t_ns = recording.events[event.0].t_ns;
        match &recording.events[event.0].what {
            What::Syscall(call) => self.begins(event, call),
            What::Segment { .. } => {
                let known = self.flow.segments.get(&event.0).zip(recording.segment(&recording.events[event.0]));
                if let Some((told, segment)) = known {
                    self.segment(event, t_ns, segment, told.clone());
                }
            }
            What::Signal(caught) => self.signal(event, caught),
            What::Kill(kill) => self.kill(event, kill),
            What::Exit(exit) => self.exit(event, exit.actor),
            What::State(sample) => self.sample(event, t_ns, sample),
        }
    }

    // ---- calls ----

    fn begins(&mut self, event: EventId, call: &Syscall) {
        if matches!(call.call, Call::Connect { .. }) {
            self.connects(event, call);
        }
        self.last_call.insert(call.actor, event);
        self.holders.seen.insert(call.socket);
        let endpoint = self.endpoint_of(call.socket);
        let state = endpoint.map(|id| self.endpoint(id).state);
        let foreseen = self.foresee(call);
        self.takes_effect(event, call, endpoint, &foreseen.outcome);
        let mut foreseen = vec![foreseen];
        foreseen.extend(self.alternative(call, &foreseen[0]));
        self.active.insert(call.actor, Active { event, endpoint, state, foreseen, has_sent: false });
    }

    /// A connect on a socket without a connection begins the next one that it made.
    fn connects(&mut self, event: EventId, call: &Syscall) {
        let Some(model) = self.sockets.get_mut(call.socket.0).filter(|model| model.connect.is_none()) else { return };
        model.connect = Some((event, false));
        let ends = self.flow.of_socket.get(&call.socket).map_or(&[][..], Vec::as_slice);
        if let Some(end) = ends.get(model.attempts).copied() {
            model.attempts += 1;
            let (shut_read, shut_write) = (model.unconnected.shut_read, model.unconnected.shut_write);
            let endpoint = self.endpoint_mut(end);
            (endpoint.shut_read, endpoint.shut_write) = (shut_read, shut_write);
            self.tied.insert(call.socket, end);
        }
    }

    /// A connect that failed leaves a fresh socket (`__inet_stream_connect` disconnects it).
    fn connect_failed(&mut self, call: &Syscall, errno: Errno) {
        if ![Errno::EINPROGRESS, Errno::EALREADY, Errno::EISCONN].contains(&errno) {
            let model = &mut self.sockets[call.socket.0];
            model.connect = None;
            model.under_way = false;
            model.unconnected = Endpoint::new(model.unconnected.deviation);
            self.tied.remove(&call.socket);
        }
    }

    pub(super) fn endpoint_of(&self, socket: SocketId) -> Option<EndpointId> {
        self.tied.get(&socket).copied()
    }

    pub(super) fn endpoint(&self, id: EndpointId) -> &Endpoint {
        &self.endpoints[id.connection.0][id.side.index()]
    }

    pub(super) fn endpoint_mut(&mut self, id: EndpointId) -> &mut Endpoint {
        &mut self.endpoints[id.connection.0][id.side.index()]
    }

    /// What an end sends.
    fn stream_mut(&mut self, sender: EndpointId) -> &mut Stream {
        &mut self.found.streams[2 * sender.connection.0 + sender.side.index()]
    }

    /// Whether a connect of that actor finds a port. Only short ranges are counted; a long one is never used up here.
    fn ports(&self, call: &Syscall) -> Ports {
        let Call::Connect { .. } = call.call else { return Ports::Free };
        let sysctl = |name: &str| self.recording.machine.sysctls.get(name).map(String::as_str);
        if let Some(bound) = self.sockets[call.socket.0].bound.filter(|bound| bound.port() != 0) {
            let still_used =
                self.four_tuple_is_used(bound, call.socket, sysctl("net.ipv4.tcp_timestamps") != Some("0"));
            return if still_used { Ports::StillUsed } else { Ports::Free };
        }
        let range = sysctl("net.ipv4.ip_local_port_range").and_then(|text| {
            let mut ends = text.split_ascii_whitespace().filter_map(|end| end.parse::<u16>().ok());
            Some(ends.next()?..=ends.next()?)
        });
        let Some(range) = range.filter(|range| range.len() <= SHORT_RANGE) else { return Ports::Free };
        let Some(actor) = self.recording.actors.get(call.actor.0) else { return Ports::Free };
        let (mut taken, mut waiting) = (0, 0);
        for port in range.clone() {
            let ends = self.flow.ends_at(SocketAddr::new(actor.address, port)).map(|id| self.endpoint(id));
            let mut states = ends.map(|end| end.state).filter(|state| *state != TcpState::Close);
            match states.next() {
                Some(TcpState::TimeWait) => waiting += 1,
                Some(_) => taken += 1,
                None => {}
            }
        }
        match range.len() {
            all if taken + waiting < all => Ports::Free,
            all if taken < all && sysctl("net.ipv4.tcp_tw_reuse") != Some("0") => Ports::Reusable,
            _ => Ports::Exhausted,
        }
    }

    /// Whether the 4-tuple of a connect from a chosen port is in use. One in `TIME_WAIT` may be taken over if its timestamps tell
    /// old segments from new ones (`tcp_twsk_unique`).
    fn four_tuple_is_used(&self, bound: SocketAddr, socket: SocketId, timestamps: bool) -> bool {
        let peer = self.recording.sockets[socket.0].peer;
        self.flow.ends_at(bound).any(|id| {
            let state = self.endpoint(id).state;
            let same = Some(self.flow.connections[id.connection.0].end(id.side.other()).address) == peer;
            same && state != TcpState::Close && !(state == TcpState::TimeWait && timestamps)
        })
    }

    /// What a bind would meet. Both sockets may allow it with `SO_REUSEADDR`, unless the other one listens
    /// (`inet_bind_conflict`).
    fn occupant(&self, call: &Syscall, socket: &SocketModel) -> Option<Occupant> {
        let wanted = match call.call {
            Call::Bind { to: Address { ip, port: Some(port) } } => {
                SocketAddr::new(ip.or(self.recording.actors.get(call.actor.0).map(|actor| actor.address))?, port)
            }
            // A socket that begins to listen asks for its port once more (`inet_csk_listen_start`).
            Call::Listen { .. } if socket.queue.is_none() => socket.bound?,
            _ => return None,
        };
        if wanted.port() == 0 {
            return None;
        }
        let open = |(place, other): (usize, &SocketModel)| {
            let another = SocketId(place) != call.socket && other.closed.is_none() && other.bound == Some(wanted);
            let tolerated = other.queue.is_none() && socket.reuse && other.reuse;
            // A connection that is over gives an address back that it did not bind itself.
            let given_back =
                other.accepted && self.endpoint_of(SocketId(place)).is_some_and(|id| self.endpoint(id).dead());
            another && !tolerated && !given_back
        };
        if self.sockets.iter().enumerate().any(open) {
            return Some(Occupant::Socket);
        }
        let ends = self.flow.ends_at(wanted).map(|id| self.endpoint(id));
        let gone = |end: &&Endpoint| end.closed.is_some() && end.state != TcpState::Close;
        let mut left = ends.filter(gone).filter(|end| !(socket.reuse && end.reuse));
        left.next().map(|end| Occupant::Connection(end.closed))
    }

    /// The endpoint of a socket, connected or not.
    fn endpoint_or_own(&mut self, socket: SocketId) -> &mut Endpoint {
        match self.endpoint_of(socket) {
            Some(id) => self.endpoint_mut(id),
            None => &mut self.sockets[socket.0].unconnected,
        }
    }

    fn view(&self, call: &Syscall) -> Option<View<'_>> {
        let sigpipe = self.recording.actors.get(call.actor.0).map_or(SigpipeDisposition::Catch, |actor| actor.sigpipe);
        let socket = self.sockets.get(call.socket.0)?;
        let endpoint = self.endpoint_of(call.socket).map_or(&socket.unconnected, |id| self.endpoint(id));
        let occupied_by = self.occupant(call, socket);
        let ports = self.ports(call);
        let (closed, shared) = self.holds(call);
        Some(View { socket, endpoint, ports, occupied_by, sigpipe, closed, shared })
    }

    fn foresee(&self, call: &Syscall) -> Foreseen {
        match self.view(call) {
            Some(view) => self.foresee_local(view, call).unwrap_or_else(|| predict::predict(view, &call.call)),
            None => {
                Foreseen { outcome: Predicted::Blocks, rule: "call-waits", because: Vec::new(), fact: Fact::default() }
            }
        }
    }

    /// What the call may do instead, because buffers are larger or smaller than the model can know.
    fn alternative(&self, call: &Syscall, usual: &Foreseen) -> Option<Foreseen> {
        let view = self.view(call)?;
        if self.is_local(call.socket) {
            return self.local_alternative(view, call, false).pop();
        }
        predict::may_wait(view, &call.call)
            .or_else(|| predict::may_linger(view, &call.call))
            .or_else(|| predict::without_room(view, &call.call, usual))
    }

    /// What a call changes as soon as it begins, because it cannot fail to.
    fn takes_effect(&mut self, event: EventId, call: &Syscall, endpoint: Option<EndpointId>, foreseen: &Predicted) {
        if matches!(call.outcome, Outcome::Killed { .. })
            && *foreseen == Predicted::Death(crate::record::Signal::SIGPIPE)
        {
            self.close_all(event, call.actor);
        }
        self.local_begins(event, call, foreseen);
        let accepted = matches!(foreseen, Predicted::Value(_) | Predicted::Between(..));
        let listens = self.sockets[call.socket.0].queue.is_some();
        match (&call.call, endpoint) {
            (Call::Close, _) => self.lets_go(event, call),
            (Call::Vanish, _) => self.vanishes(event, call),
            (Call::Exit { .. }, _) => self.close_all(event, call.actor),
            (Call::Shutdown { how: ShutdownHow::Write }, _) if listens => {}
            (Call::Shutdown { .. }, _) if listens => self.stop_listening(event, call.socket),
            (Call::Shutdown { how }, _) => {
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
                if *how != ShutdownHow::Read {
                    endpoint.shut_write.get_or_insert(event);
                }
                self.wakes(call.socket, false);
            }
            (Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data }, Some(id)) if accepted => {
                let begin = self.endpoint(id).written;
                self.endpoint_mut(id).write(event, data.size());
                self.stream_mut(id).writes.push(Piece { event, begin, end: begin.saturating_add(data.size()) });
            }
            _ => {}
        }
    }

    /// The last descriptor goes away (`__tcp_close`).
    fn close(&mut self, by: EventId, socket: SocketId) {
        let Some(model) = self.sockets.get_mut(socket.0) else { return };
        if model.closed.is_some() {
            return;
        }
        model.closed = Some(by);
        let linger = model.linger;
        let (reuse, linger2_ns) = (self.sockets[socket.0].reuse, self.sockets[socket.0].linger2_ns);
        self.stop_listening(by, socket);
        self.local_close(by, socket);
        if let Some(id) = self.endpoint_of(socket) {
            let t_ns = self.recording.events[by.0].t_ns;
            let endpoint = self.endpoint_mut(id);
            endpoint.ending = ending(endpoint, linger);
            endpoint.closed.get_or_insert(by);
            endpoint.reuse = reuse;
            endpoint.linger2_ns = linger2_ns;
            endpoint.pending = None;
            // The FIN waits behind what is still unsent, but the state changes at once.
            let waits = endpoint.ending == Ending::Fin && endpoint.has_unsent();
            let next = endpoint.after_fin_sent().filter(|_| waits);
            self.enter(by, t_ns, id, next);
        }
    }

    /// Connections that nobody has accepted are reset (`inet_csk_listen_stop`).
    fn stop_listening(&mut self, by: EventId, socket: SocketId) {
        for (id, _) in self.sockets[socket.0].queue.take().unwrap_or_default() {
            let endpoint = self.endpoint_mut(id);
            endpoint.closed = Some(by);
            endpoint.ending = Ending::ResetUnaccepted;
        }
    }

    fn ends(&mut self, event: EventId, call: &Syscall) {
        let Some(active) = self.active.remove(&call.actor).filter(|active| active.event == event) else { return };
        let mut active = active;
        self.add_late_outcomes(event, call, &mut active.foreseen);
        let signal = self.caught.get(&event.0).copied();
        let fits = |one: &&Foreseen| outcome::fits(&one.outcome, &call.outcome, signal);
        let matched = active.foreseen.iter().find(fits).cloned();
        let slept = call.blocked && active.foreseen.iter().all(|one| one.outcome != Predicted::Blocks);
        let explained = matched.is_some() && !slept && self.settle(event, call, active.endpoint);
        if let Some(one) = matched.filter(|_| explained) {
            self.explain_call(event, call, one);
        }
        let waits = |one: &Allowed| one.outcome == Predicted::Blocks;
        let mut allowed = active.allowed();
        if !allowed.iter().all(waits) {
            allowed.retain(|one| !waits(one));
        }
        self.tell_call(&active, allowed, explained);
    }

    fn tell_call(&mut self, active: &Active, allowed: Vec<Allowed>, explained: bool) {
        let &Active { event, endpoint, state, .. } = active;
        if !explained {
            self.found.findings.push(Finding { kind: FindingKind::OutcomeNotExplained, about: vec![event] });
        }
        let told = CallTold { endpoint, state, prediction: Prediction { allowed }, explained };
        self.found.told[event.0] = Some(Told::Call(told));
    }

    /// Outcomes that only time or force brings: a timeout, a partial write, a kill.
    fn add_late_outcomes(&self, event: EventId, call: &Syscall, foreseen: &mut Vec<Foreseen>) {
        let Some(view) = self.view(call) else { return };
        let waited = call.end_ns.map_or(0, |end| end.saturating_sub(self.recording.events[event.0].t_ns));
        if let Some((ns, late)) = predict::after_timeout(view, &call.call)
            && waited >= i64::try_from(ns).unwrap_or(i64::MAX)
        {
            foreseen.push(late);
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

    /// What the outcome changes. False if the bytes that were read are not the bytes that were sent.
    fn settle(&mut self, event: EventId, call: &Syscall, endpoint: Option<EndpointId>) -> bool {
        if self.is_local(call.socket) && !self.local_settles(event, call) {
            return false;
        }
        if let (Outcome::Failed { errno }, Some(id)) = (&call.outcome, endpoint) {
            let endpoint = self.endpoint_mut(id);
            if call.call.data().is_some() {
                endpoint.unwrite(event, 0);
            }
            endpoint.report(*errno);
        }
        if let (Outcome::Failed { errno }, Call::Connect { .. }) = (&call.outcome, &call.call) {
            self.sockets[call.socket.0].under_way |= *errno == Errno::EINPROGRESS;
            self.connect_failed(call, *errno);
        }
        let Outcome::Returned { value, detail } = &call.outcome else { return true };
        match (&call.call, endpoint) {
            (Call::Read { .. }, Some(id)) => return self.delivered(event, id, *value, detail, false),
            (Call::Recv { flags, .. }, Some(id)) => {
                return self.delivered(event, id, *value, detail, flags.contains(&MsgFlag::Peek));
            }
            (Call::Write { .. } | Call::Send { .. } | Call::Sendfile { .. }, Some(id)) => {
                self.endpoint_mut(id).unwrite(event, u64::try_from(*value).unwrap_or_default());
            }
            (Call::Getsockopt { .. }, Some(id)) if matches!(detail, Detail::PendingError(_)) => {
                let endpoint = self.endpoint_mut(id);
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
            (Call::Fork { child }, _) => self.forks(call.actor, *child),
            (Call::Setsockopt { option }, _) => self.sockets[call.socket.0].set(*option),
            (Call::EpollCtl { events, edge, .. }, _) => self.registers(call, events, *edge),
            (Call::EpollWait { .. }, _) if *value > 0 => self.was_told(call.socket),
            (Call::Listen { .. }, _) => self.listens(call.socket),
            (Call::Bind { .. }, _) => self.sockets[call.socket.0].bound = self.recording.sockets[call.socket.0].local,
            (Call::Accept { .. }, _) => self.accepted(call.socket, detail),
            (Call::Close | Call::Shutdown { .. }, Some(id)) => self.closing(event, call, id),
            _ => {}
        }
        true
    }

    fn listens(&mut self, socket: SocketId) {
        self.sockets[socket.0].queue.get_or_insert_default();
        if let Some(local) = self.recording.sockets[socket.0].local {
            self.listeners.entry(local.port()).or_default().push(socket);
        }
    }

    /// An accepted socket takes its listener's options over, but not `O_NONBLOCK` (accept(2)).
    fn accepted(&mut self, listener: SocketId, detail: &Detail) {
        let Detail::Accepted(socket) = detail else { return };
        self.holders.seen.insert(*socket);
        let endpoint = self.flow.of_socket.get(socket).and_then(|ends| ends.first()).copied();
        if let Some(end) = endpoint {
            self.tied.insert(*socket, end);
        }
        let model = &mut self.sockets[listener.0];
        if let Some(queue) = &mut model.queue {
            queue.retain(|(id, _)| Some(*id) != endpoint);
        }
        let inherited = SocketModel {
            accepted: true,
            nonblocking: false,
            connect: None,
            closed: None,
            queue: None,
            ..model.clone()
        };
        if let Some(model) = self.sockets.get_mut(socket.0) {
            *model = inherited;
        }
    }

    /// A close or shutdown whose FIN could not leave at once changes the state all the same.
    fn closing(&mut self, event: EventId, call: &Syscall, id: EndpointId) {
        let t_ns = call.end_ns.unwrap_or(self.recording.events[event.0].t_ns);
        let endpoint = self.endpoint(id);
        let fin = endpoint.ending == Ending::Fin || (endpoint.closed.is_none() && endpoint.shut_write == Some(event));
        let next = if fin {
            endpoint.after_fin_sent()
        } else {
            (endpoint.closed == Some(event) && endpoint.state == TcpState::SynSent).then_some(TcpState::Close)
        };
        self.enter(event, t_ns, id, next);
    }

    /// Links a read to the segments that its bytes came in, and compares the bytes.
    fn delivered(&mut self, event: EventId, id: EndpointId, value: i64, detail: &Detail, peek: bool) -> bool {
        let peek = peek && !self.endpoint(id).deviates(Deviation::PeekTakes);
        let begin = self.endpoint(id).read;
        let parts = self.endpoint_mut(id).take(u64::try_from(value).unwrap_or_default(), peek);
        let end = self.endpoint(id).read;
        if begin < end {
            let sender = EndpointId { connection: id.connection, side: id.side.other() };
            self.stream_mut(sender).reads.push(Piece { event, begin, end });
        }
        let start = parts.first().map_or(0, |(_, from, _)| *from);
        let mut same = true;
        for (segment, from, to) in parts {
            if let Detail::Data(data) = detail {
                same &= self.carries(segment, from, to, start, &data.0);
            }
            self.link(segment, event, Rel::Delivered, Basis::Sequence, (from, to));
        }
        same
    }

    /// Whether a segment's payload is what a read returned for that stream range.
    fn carries(&self, event: EventId, from: u64, to: u64, start: u64, data: &[u8]) -> bool {
        let known = self.flow.segments.get(&event.0).zip(self.recording.segment(&self.recording.events[event.0]));
        let Some((told, segment)) = known else { return false };
        let begin = u64::from(told.seq_rel).saturating_sub(1);
        let index = |offset: u64, base: u64| usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX);
        let Some(payload) = segment.payload.get(index(from, begin)..index(to, begin)) else { return false };
        let read = data.get(index(from, start)..).unwrap_or_default();
        payload.iter().zip(read).all(|(sent, got)| sent == got)
    }

    fn explain_call(&mut self, event: EventId, call: &Syscall, one: Foreseen) {
        for (role, from) in &one.fact.roles {
            if let Some((rel, basis)) = outcome::tie(one.rule, role, &call.outcome, &call.call) {
                self.link(*from, event, rel, basis, (0, 0));
            }
        }
        if !one.because.is_empty() || super::rules::rule(one.rule).is_some_and(|rule| rule.notable) {
            self.found.causes.push(Cause { of: event, because: one.because, rule: one.rule, fact: one.fact });
        }
    }

    /// Calls that have not returned: what the model allows at the end is that they wait. In a run that was cut they may also have
    /// returned unheard.
    fn unfinished(&mut self) {
        let cut = matches!(self.recording.end, End::Interrupted { .. } | End::Withheld { .. });
        for (actor, active) in std::mem::take(&mut self.active) {
            let What::Syscall(call) = &self.recording.events[active.event.0].what else { continue };
            let usual = self.foresee(call);
            let now = [self.alternative(call, &usual), Some(usual)].into_iter().flatten();
            let waits = now.filter(|one| matches!(one.outcome, Predicted::Blocks | Predicted::Ends));
            let allowed: Vec<_> = waits.map(|one| Allowed { outcome: one.outcome, rule: one.rule }).collect();
            let explained = !allowed.is_empty() || cut || self.killed.contains_key(&actor);
            self.tell_call(&active, allowed, explained);
        }
    }

    // ---- processes ----

    fn signal(&mut self, event: EventId, caught: &SignalCaught) {
        let call = EventId(caught.during);
        self.link(call, event, Rel::Raised, Basis::Kernel, (0, 0));
        let fact = Fact {
            signal: Some(caught.signal),
            errno: Some(Errno::EPIPE),
            roles: vec![("call", call)],
            ..Fact::default()
        };
        self.found.causes.push(Cause { of: event, because: vec![call], rule: "sigpipe-comes-with-epipe", fact });
        self.found.told[event.0] = Some(Told::Signal);
    }

    fn kill(&mut self, event: EventId, kill: &Kill) {
        let dies = self.recording.events.iter().any(|other| match &other.what {
            What::Exit(exit) => exit.actor == kill.actor && exit.status == ExitStatus::Signal(kill.signal),
            _ => false,
        });
        if dies {
            self.killed.insert(kill.actor, event);
            self.close_all(event, kill.actor);
        }
        self.found.told[event.0] = Some(Told::Kill);
    }

    fn exit(&mut self, event: EventId, actor: ActorId) {
        let by = self.killed.get(&actor).or(self.last_call.get(&actor)).copied();
        if let Some(by) = by {
            let (rule, signal) = match &self.recording.events[by.0].what {
                What::Kill(kill) => ("a-kill-ends-the-process", Some(kill.signal)),
                What::Syscall(Syscall { outcome: Outcome::Killed { signal }, .. }) => {
                    ("sigpipe-default-ends-the-process", Some(*signal))
                }
                _ => ("exit-ends-the-process", None),
            };
            self.link(by, event, Rel::Ended, Basis::Kernel, (0, 0));
            let fact = Fact { signal, roles: vec![("by", by)], ..Fact::default() };
            self.found.causes.push(Cause { of: event, because: vec![by], rule, fact });
            self.close_all(by, actor);
        }
        self.found.told[event.0] = Some(Told::Exit);
    }

    // ---- the kernel's testimony ----

    fn sample(&mut self, event: EventId, t_ns: i64, sample: &StateSample) {
        let known = self.flow.latest(sample.local, sample.peer, event.0);
        if let Some(id) = known {
            self.expire(event, id, sample.end_ns);
        }
        let endpoint = known.map(|id| self.endpoint(id));
        let agrees = endpoint.is_none_or(|endpoint| {
            let held = endpoint.held(sample.state, t_ns, sample.end_ns) || self.will_hold(known, sample, event);
            // A close changes the state before its FIN is captured.
            let closes = endpoint.ending == Ending::Fin || (endpoint.closed.is_none() && endpoint.shut_write.is_some());
            held || (closes && endpoint.after_fin_sent() == Some(sample.state))
        });
        let model = endpoint.map(|endpoint| endpoint.state);
        if !agrees {
            self.found.findings.push(Finding { kind: FindingKind::StateNotExplained, about: vec![event] });
        }
        self.found.told[event.0] = Some(Told::State(StateTold { endpoint: known, model, agrees }));
    }

    /// A connection that only waits disappears without a segment when its time is up: `TIME_WAIT`, and `FIN_WAIT2` where no
    /// program has the socket any more.
    fn expire(&mut self, event: EventId, id: EndpointId, now_ns: i64) {
        let endpoint = self.endpoint(id);
        let seconds = self.recording.machine.sysctls.get("net.ipv4.tcp_fin_timeout").and_then(|text| text.parse().ok());
        let fin_timeout_ns = endpoint.linger2_ns.or(seconds.map(|seconds: i64| seconds.saturating_mul(1_000_000_000)));
        let lasts_ns = match endpoint.state {
            TcpState::TimeWait => MINUTE_NS,
            TcpState::FinWait2 if endpoint.closed.is_some() => fin_timeout_ns.unwrap_or(MINUTE_NS),
            _ => return,
        };
        if now_ns.saturating_sub(endpoint.since_ns()) >= lasts_ns {
            self.enter(event, now_ns, id, Some(TcpState::Close));
        }
    }

    /// A segment that was captured while the kernel was being asked may count already.
    fn will_hold(&self, known: Option<EndpointId>, sample: &StateSample, event: EventId) -> bool {
        let Some(id) = known else { return false };
        let mut ahead = self.endpoint(id).clone();
        let later = self.recording.events.iter().enumerate().skip(event.0 + 1);
        for (place, other) in later.take_while(|(_, other)| other.t_ns <= sample.end_ns) {
            let Some((told, segment)) = self.flow.segments.get(&place).zip(self.recording.segment(other)) else {
                continue;
            };
            if told.sender.connection != id.connection {
                continue;
            }
            let states = if told.sender == id {
                ahead.sends(EventId(place), segment, told.seq_rel, told.ack_rel).into_iter().collect()
            } else {
                ahead.receives(EventId(place), other.t_ns, segment, told.seq_rel, told.ack_rel)
            };
            if states.contains(&sample.state) {
                return true;
            }
            if let Some(state) = states.last() {
                ahead.enter(other.t_ns, *state);
            }
        }
        false
    }

    // ---- segments ----

    fn segment(&mut self, event: EventId, t_ns: i64, segment: &Segment, told: SegmentTold) {
        let sender = told.sender;
        let receiver = EndpointId { connection: sender.connection, side: sender.side.other() };
        if !segment.payload.is_empty() {
            let begin = u64::from(told.seq_rel).saturating_sub(1);
            let end = begin + segment.payload.len() as u64;
            self.stream_mut(sender).segments.push(Piece { event, begin, end });
        }
        let explained = self.origin(event, segment, &told);
        if !explained {
            self.found.findings.push(Finding { kind: FindingKind::SegmentNotExplained, about: vec![event] });
        }
        let next = self.endpoint_mut(sender).sends(event, segment, told.seq_rel, told.ack_rel);
        self.enter(event, t_ns, sender, next);
        self.mark_sent(sender);
        let before = self.endpoint(receiver).state;
        let states = self.endpoint_mut(receiver).receives(event, t_ns, segment, told.seq_rel, told.ack_rel);
        let established = states.contains(&TcpState::Established);
        self.enter(event, t_ns, receiver, states.last().copied());
        if established && receiver.side == Side::Responder {
            self.enqueue(event, receiver);
        }
        self.wakes_receiver(receiver, segment, before);
        self.arrived(receiver);
        self.found.told[event.0] = Some(Told::Segment(told));
    }

    pub(super) fn enter(&mut self, event: EventId, t_ns: i64, id: EndpointId, next: Option<TcpState>) {
        let Some(to) = next else { return };
        if let Some(from) = self.endpoint_mut(id).enter(t_ns, to) {
            self.found.transitions[event.0].push(Transition { endpoint: id, from, to });
        }
    }

    /// The active call, if any, of the program at that end.
    pub(super) fn active_at(&self, id: EndpointId) -> Option<EventId> {
        let actor = self.flow.connections[id.connection.0].end(id.side).actor?;
        self.active.get(&actor).filter(|active| active.endpoint == Some(id)).map(|active| active.event)
    }

    fn mark_sent(&mut self, id: EndpointId) {
        let Some(actor) = self.flow.connections[id.connection.0].end(id.side).actor else { return };
        let Some(active) = self.active.get_mut(&actor).filter(|active| active.endpoint == Some(id)) else { return };
        let What::Syscall(call) = &self.recording.events[active.event.0].what else { return };
        // What a read makes the kernel send acknowledges; what arrives next does not answer it.
        active.has_sent |=
            !matches!(call.call, Call::Read { .. } | Call::Recv { .. } | Call::Poll { .. } | Call::EpollWait { .. });
    }

    /// An established connection waits for accept at the listener of its port.
    fn enqueue(&mut self, event: EventId, id: EndpointId) {
        let address = self.flow.connections[id.connection.0].end(id.side).address;
        let fits = |socket: &SocketId| {
            let local = self.recording.sockets[socket.0].local;
            let same = local.is_some_and(|local| local.ip() == address.ip() || local.ip().is_unspecified());
            same && self.sockets[socket.0].queue.is_some()
        };
        let listener = self.listeners.get(&address.port()).and_then(|all| all.iter().rev().copied().find(fits));
        if let Some(queue) = listener.and_then(|socket| self.sockets[socket.0].queue.as_mut()) {
            queue.push_back((id, event));
        }
        if let Some(listener) = listener {
            self.wakes(listener, true);
        }
    }

    /// Something arrived: what a call that is under way there may return now.
    fn arrived(&mut self, id: EndpointId) {
        let own = self.flow.connections[id.connection.0].end(id.side).actor;
        let concerned = |(actor, active): (&ActorId, &Active)| {
            let What::Syscall(call) = &self.recording.events[active.event.0].what else { return None };
            let waits = matches!(call.call, Call::Accept { .. } | Call::Poll { .. } | Call::EpollWait { .. });
            (active.endpoint == Some(id) || (waits && own == Some(*actor))).then_some(*actor)
        };
        let concerned: Vec<_> = self.active.iter().filter_map(concerned).collect();
        for actor in concerned {
            self.may_return(actor);
        }
    }

    fn may_return(&mut self, actor: ActorId) {
        let Some(active) = self.active.get(&actor) else { return };
        let What::Syscall(call) = &self.recording.events[active.event.0].what else { return };
        let waiting = active.foreseen.last().is_none_or(|last| last.outcome == Predicted::Blocks);
        if active.has_sent && !waiting {
            return;
        }
        let asleep = active.foreseen.iter().all(|one| one.outcome == Predicted::Blocks);
        let now = self.foresee(call);
        let now = predict::woken(&call.call).filter(|_| asleep && now.outcome != Predicted::Blocks).unwrap_or(now);
        let instead = self.alternative(call, &now);
        let known = &active.foreseen;
        let fresh: Vec<_> = [Some(now), instead].into_iter().flatten().filter(|one| !known.contains(one)).collect();
        if let Some(active) = self.active.get_mut(&actor) {
            active.foreseen.extend(fresh.into_iter().filter(|one| one.outcome != Predicted::Blocks));
        }
    }

    pub(super) fn link(&mut self, from: EventId, to: EventId, rel: Rel, basis: Basis, bytes: (u64, u64)) {
        let confidence = if basis == Basis::Time { Confidence::Likely } else { Confidence::Certain };
        self.found.links.push(Link { from, to, rel, basis, confidence, bytes });
        if confidence == Confidence::Likely {
            self.found.findings.push(Finding { kind: FindingKind::Likely, about: vec![to, from] });
        }
    }
}

/// Whether a call lasted as long as its socket lets a write wait.
fn timed_out(view: View<'_>, waited_ns: i64) -> bool {
    let limit = i64::try_from(view.socket.send_timeout_ns).unwrap_or(i64::MAX);
    limit > 0 && waited_ns >= limit
}

/// How `__tcp_close` ends the connection of an endpoint: unread data is looked at before lingering.
fn ending(endpoint: &Endpoint, linger: Option<u32>) -> Ending {
    use TcpState::{CloseWait, Established, FinWait1, FinWait2, SynRecv};
    if endpoint.dead() || !endpoint.established {
        return Ending::Silent;
    }
    match endpoint.state {
        _ if endpoint.unread_bytes() > 0 && !endpoint.deviates(Deviation::CloseWithUnreadSendsFin) => {
            Ending::ResetUnread
        }
        Established | SynRecv | CloseWait | FinWait1 | FinWait2
            if linger == Some(0) && !endpoint.deviates(Deviation::LingerZeroSendsFin) =>
        {
            Ending::ResetLinger
        }
        Established | SynRecv | CloseWait => Ending::Fin,
        _ => Ending::Silent,
    }
}
