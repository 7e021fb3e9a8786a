//! The kernel's own word on the state of sockets.

use core::net::SocketAddr;
use std::collections::BTreeSet;

use super::{Halt, Session, now};
use crate::lab::LabError;
use crate::lab::netlink::{SockDiag, SockState};
use crate::record::{Event, SocketRef, StateSample, TcpState, What};

/// What the kernel is asked, and about which connections it need not be asked again.
#[derive(Debug)]
pub(super) struct States {
    kernel: SockDiag,
    over: BTreeSet<(SocketAddr, SocketAddr)>,
}

impl States {
    /// Opens it in the calling thread's network namespace.
    pub(super) fn open() -> Result<Self, LabError> {
        Ok(Self { kernel: SockDiag::open()?, over: BTreeSet::new() })
    }
}

impl Session {
    /// Records what the kernel says of both ends of every connection, until it knows neither.
    pub(super) fn sample(&mut self) -> Result<(), Halt> {
        for (one, other) in self.sockets.connections() {
            if self.states.over.contains(&(one, other)) {
                continue;
            }
            let first = self.sample_end(one, other)?;
            let second = self.sample_end(other, one)?;
            if (first, second) == (TcpState::Close, TcpState::Close) {
                self.states.over.insert((one, other));
            }
        }
        Ok(())
    }

    fn sample_end(&mut self, local: SocketAddr, peer: SocketAddr) -> Result<TcpState, Halt> {
        let t_ns = now();
        let gone = SockState { state: TcpState::Close, unread_bytes: 0, unsent_bytes: 0 };
        let SockState { state, unread_bytes, unsent_bytes } = self.states.kernel.state(local, peer)?.unwrap_or(gone);
        let sample = StateSample { end_ns: now(), local, peer, state, unread_bytes, unsent_bytes };
        self.events.push(Event { t_ns, what: What::State(sample) });
        Ok(state)
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
