//! Walks a recording in time order, feeds the model and ties events together.

mod addresses;
mod arrivals;
mod backlog;
mod calls;
mod closing;
mod descriptors;
mod epoll;
mod kernel;
mod local;
mod missing;
mod outcomes;
mod processes;
mod sharing;

use std::collections::{BTreeMap, BTreeSet};

use self::descriptors::Holders;
use self::local::Locals;
use self::missing::Owed;
use super::endpoint::Endpoint;
use super::flow::Flow;
use super::predict::{Foreseen, Options, SocketModel};
use super::{
    Allowed, Basis, Cause, Confidence, ConnectionId, Deviation, EndpointId, EventId, Finding, FindingKind, Link,
    Listener, Predicted, Rel, Side, Stream, Told, Transition,
};
use crate::record::{
    ActorId, Call, Detail, Event, Outcome, Recording, Signal, SignalCaught, SocketId, Syscall, TcpState, What,
};

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) told: Vec<Option<Told>>,
    pub(super) transitions: Vec<Vec<Transition>>,
    pub(super) links: Vec<Link>,
    pub(super) causes: Vec<Cause>,
    pub(super) streams: Vec<Stream>,
    pub(super) listeners: Vec<Listener>,
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
    caught: BTreeMap<usize, Signal>,
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
    /// Segments that must still come, and what calls for each.
    owed: BTreeMap<(EndpointId, Owed), EventId>,
    /// Ends whose handshake is not complete.
    half_open: BTreeSet<EndpointId>,
    /// The kernel takes no segment that ends beyond the window.
    looks_at_the_end: bool,
}

/// A call under way.
#[derive(Debug)]
struct Active {
    actor: ActorId,
    event: EventId,
    endpoint: Option<EndpointId>,
    state: Option<TcpState>,
    /// The socket's options when it began: what another process changes meanwhile does not concern it.
    options: Options,
    foreseen: Vec<Foreseen>,
    /// It might have waited where it might have returned as well.
    or_waits: bool,
    /// It has made the kernel send something; what arrives afterwards may be the answer to that.
    has_sent: bool,
    /// What it has copied out of the queue and not yet returned: stream ranges, and the segments that they came in.
    held: Vec<(EventId, u64, u64)>,
    /// Where it stands in the stream, if it copies without taking.
    looking: Looking,
    /// What it has copied without taking it, if it was woken before another process that took it.
    glimpsed: Vec<(EventId, u64, u64)>,
}

impl Active {
    /// As far as the model knows, it can only wait.
    fn sleeps(&self) -> bool {
        self.foreseen.iter().all(|one| one.outcome == Predicted::Blocks)
    }

    fn held_bytes(&self) -> u64 {
        self.held.iter().map(|(_, from, to)| to - from).sum()
    }

    /// How much of what is in the queue it has copied and left there. One that sleeps on has seen all of it.
    fn peeked(&self, endpoint: &Endpoint) -> u64 {
        let goes_on = self.looking.goes_on(endpoint, self.held_bytes());
        if self.looking.sleeps_on(endpoint) && !goes_on && !self.held.is_empty() {
            return endpoint.received.saturating_sub(endpoint.readable(0).0);
        }
        self.peeked_awake(endpoint)
    }

    /// The same once it is woken, if by its time limit alone.
    fn peeked_awake(&self, endpoint: &Endpoint) -> u64 {
        let goes_on = self.looking.goes_on(endpoint, self.held_bytes()) && !self.held.is_empty();
        if goes_on { self.looking.at.saturating_sub(endpoint.readable(0).0) } else { 0 }
    }

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

/// Where a recv with `MSG_PEEK` stands (`tcp_recvmsg_locked`).
#[derive(Clone, Copy, Debug, Default)]
struct Looking {
    /// The stream offset behind what it has copied (`peek_seq`).
    at: u64,
    /// How many urgent bytes it has stepped over (`urg_hole`).
    stepped_over: u64,
    /// What had been received when it last looked.
    upto: u64,
    /// It was woken since, with nothing new to look at.
    roused: bool,
}

impl Looking {
    fn from(endpoint: &Endpoint) -> Self {
        Self { at: endpoint.read, stepped_over: 0, upto: endpoint.received, roused: false }
    }

    /// Nothing has woken it since it last looked.
    fn sleeps_on(self, endpoint: &Endpoint) -> bool {
        let ended = endpoint.receive_ended() || endpoint.pending.is_some();
        !self.roused && !ended && self.upto == endpoint.received
    }

    /// Whether it goes on behind what it has copied once it is woken. Where `copied_seq` is not what it was, because another process
    /// has taken something or an urgent byte was skipped for a second one, the kernel goes back to what is there now, and calls that
    /// a bug of the application.
    fn goes_on(self, endpoint: &Endpoint, copied: u64) -> bool {
        self.at == endpoint.read + copied + self.stepped_over
    }

    /// It is awake, and looks on from there.
    fn looks(&mut self, endpoint: &Endpoint, copied: u64) {
        if !self.goes_on(endpoint, copied) {
            self.at = endpoint.read;
        }
        if self.at == endpoint.read && endpoint.at_mark() && endpoint.received > endpoint.read {
            (self.at, self.stepped_over) = (self.at + 1, self.stepped_over + 1);
        }
        (self.upto, self.roused) = (endpoint.received, false);
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
        owed: BTreeMap::new(),
        half_open: BTreeSet::new(),
        looks_at_the_end: backlog::looks_at_the_end(&recording.machine.kernel),
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
    walk.what_never_came();
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
    let begun_here = |event: &Event| match &event.what {
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

fn signals(recording: &Recording) -> BTreeMap<usize, Signal> {
    let caught = |event: &Event| match &event.what {
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

    pub(super) fn enter(&mut self, event: EventId, t_ns: i64, id: EndpointId, next: Option<TcpState>) {
        let Some(to) = next else { return };
        if let Some(from) = self.endpoint_mut(id).enter(t_ns, to) {
            if to == TcpState::SynRecv {
                self.half_open.insert(id);
            } else {
                self.half_open.remove(&id);
            }
            // Who answers a SYN with no SYN of its own was listening: Linux makes the socket only now.
            let from = if (from, to) == (TcpState::Close, TcpState::SynRecv) { TcpState::Listen } else { from };
            self.found.transitions[event.0].push(Transition { endpoint: id, from, to });
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
