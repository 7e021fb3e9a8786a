//! The kernel's own word on the state of sockets.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sockets::Ends;
use super::{Halt, Session, now};
use crate::lab::LabError;
use crate::lab::netlink::{SockDiag, SockState};
use crate::record::{Event, SocketRef, StateSample, StepId, TcpState, What};

/// How long a connection is left alone of which nothing but the end of `TIME_WAIT`, a minute later, can still be told.
const REST_NS: i64 = 1_000_000_000;

/// What the kernel is asked, and what it said last.
#[derive(Debug)]
pub(super) struct States {
    kernel: SockDiag,
    /// In the order in which they were met.
    connections: Vec<Connection>,
    /// Where each is, by its ends in both orders.
    places: BTreeMap<Ends, usize>,
    /// Those that may change at any time.
    live: BTreeSet<usize>,
    /// Those that only wait, the one that was asked about longest ago first.
    waiting: VecDeque<usize>,
}

/// A connection that the kernel is asked about.
#[derive(Debug)]
struct Connection {
    ends: Ends,
    /// When it was asked about last, and what the kernel said of both ends.
    said: Option<(i64, [SockState; 2])>,
}

impl States {
    /// Opens it in the calling thread's network namespace.
    pub(super) fn open() -> Result<Self, LabError> {
        Ok(Self {
            kernel: SockDiag::open()?,
            connections: Vec::new(),
            places: BTreeMap::new(),
            live: BTreeSet::new(),
            waiting: VecDeque::new(),
        })
    }

    fn place_of(&mut self, (local, peer): Ends) -> usize {
        let new = self.connections.len();
        let place = *self.places.entry((local, peer)).or_insert(new);
        if place == new {
            self.places.insert((peer, local), new);
            self.connections.push(Connection { ends: (local, peer), said: None });
        }
        place
    }

    /// Those that may have changed, in the order in which they were met.
    fn due(&mut self, called: &BTreeSet<usize>) -> BTreeSet<usize> {
        let rested = |place: &usize| self.connections[*place].said.is_none_or(|(at_ns, _)| at_ns + REST_NS <= now());
        let rested = self.waiting.iter().take_while(|place| rested(place)).count();
        let rested = self.waiting.drain(..rested);
        rested.chain(self.live.iter().copied()).chain(called.iter().copied()).collect()
    }

    /// Keeps what the kernel said; says what it said before.
    fn note(&mut self, place: usize, said: [SockState; 2]) -> Option<[SockState; 2]> {
        let is = |state| said.iter().all(|end| end.state == state || end.state == TcpState::Close);
        self.live.remove(&place);
        if !is(TcpState::TimeWait) {
            self.live.insert(place);
        } else if !is(TcpState::Close) && !self.waiting.contains(&place) {
            self.waiting.push_back(place);
        }
        self.connections[place].said.replace((now(), said)).map(|(_, before)| before)
    }
}

impl Session {
    /// Asks the kernel about both ends of every connection, and records what it says of those that the step's calls were made on
    /// and of those that have changed: what grows is the number of steps, and not that times the number of connections. At
    /// the end of the script all that are not over are recorded once more.
    pub(super) fn sample(&mut self, at: StepId) -> Result<(), Halt> {
        let called = self.sockets.take_called();
        let called: BTreeSet<_> = called.into_iter().map(|ends| self.states.place_of(ends)).collect();
        let last = at.0 + 1 == self.script.steps.len();
        let due = if last { (0..self.states.connections.len()).collect() } else { self.states.due(&called) };
        for place in due {
            let (one, other) = self.states.connections[place].ends;
            let (first, second) = (self.ask(one, other)?, self.ask(other, one)?);
            let said = [first.1, second.1];
            let before = self.states.note(place, said);
            let was_over = before.is_some_and(|ends| ends.iter().all(|end| end.state == TcpState::Close));
            if before != Some(said) || ((last || called.contains(&place)) && !was_over) {
                self.events.extend([first.0, second.0]);
            }
        }
        Ok(())
    }

    fn ask(&mut self, local: SocketAddr, peer: SocketAddr) -> Result<(Event, SockState), Halt> {
        let t_ns = now();
        let gone = SockState { state: TcpState::Close, unread_bytes: 0, unsent_bytes: 0 };
        let said = self.states.kernel.state(local, peer)?.unwrap_or(gone);
        let SockState { state, unread_bytes, unsent_bytes } = said;
        let sample = StateSample { end_ns: now(), local, peer, state, unread_bytes, unsent_bytes };
        Ok((Event { t_ns, what: What::State(sample) }, said))
    }

    /// The state of a socket by its name, now. A connection that was not yet accepted is meant where the name means nothing
    /// yet.
    pub(super) fn state_of(&mut self, socket: &SocketRef) -> Result<TcpState, LabError> {
        let known = self.sockets.latest(socket.actor, &socket.socket).map(|descriptor| self.sockets.of(descriptor));
        let ends = match known {
            None => self.sockets.waiting(socket.actor),
            Some(id) if self.sockets.listens(id) => return self.listener_state(id),
            Some(id) => self.sockets.get(id).local.zip(self.sockets.get(id).peer),
        };
        let Some((local, peer)) = ends else { return Ok(TcpState::Close) };
        Ok(self.states.kernel.state(local, peer)?.map_or(TcpState::Close, |found| found.state))
    }

    fn listener_state(&mut self, id: crate::record::SocketId) -> Result<TcpState, LabError> {
        let Some(local) = self.sockets.get(id).local else { return Ok(TcpState::Close) };
        Ok(self.states.kernel.listener(local)?.map_or(TcpState::Close, |found| found.state))
    }
}
