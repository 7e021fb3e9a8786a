//! Descriptors that refer to one socket: duplicates, and those of forked processes.

use std::collections::{BTreeMap, BTreeSet};

use super::Walk;
use crate::record::{ActorId, SocketId, Syscall, TcpState};
use crate::story::EventId;
use crate::story::endpoint::Ending;

/// A descriptor: whose, and its name where that is not the socket's own.
type Descriptor = (ActorId, Option<String>);

/// Who holds the sockets that several descriptors refer to. A socket that is not here has one: its actor's.
#[derive(Debug, Default)]
pub(super) struct Holders {
    open: BTreeMap<SocketId, BTreeSet<Descriptor>>,
    /// Sockets that exist by now.
    pub(super) seen: BTreeSet<SocketId>,
    /// What closed each descriptor while others were still open.
    closed: BTreeMap<(SocketId, Descriptor), EventId>,
}

pub(super) fn descriptor(call: &Syscall) -> Descriptor {
    (call.actor, call.through.clone())
}

impl Walk<'_> {
    /// What closed the descriptor of a call, and whether others refer to its socket.
    pub(super) fn holds(&self, call: &Syscall) -> (Option<EventId>, bool) {
        let own = descriptor(call);
        let others = self.holders.open.get(&call.socket).is_some_and(|open| open.iter().any(|other| *other != own));
        let closed = self.sockets.get(call.socket.0).and_then(|model| model.closed);
        (closed.or_else(|| self.holders.closed.get(&(call.socket, own)).copied()), others)
    }

    fn open_of(&mut self, socket: SocketId) -> &mut BTreeSet<Descriptor> {
        let owner = self.recording.sockets[socket.0].actor;
        self.holders.open.entry(socket).or_insert_with(|| BTreeSet::from([(owner, None)]))
    }

    /// dup(2): the same open file by another number.
    pub(super) fn duplicates(&mut self, call: &Syscall, to: &str) {
        let copy = (call.actor, Some(to.to_owned()));
        self.holders.closed.remove(&(call.socket, copy.clone()));
        self.open_of(call.socket).insert(copy);
    }

    /// fork(2): the child has every descriptor of its parent.
    pub(super) fn forks(&mut self, parent: ActorId, child: ActorId) {
        for socket in (0..self.sockets.len()).map(SocketId) {
            let owned = self.recording.sockets[socket.0].actor == parent || self.holders.open.contains_key(&socket);
            if !owned || !self.holders.seen.contains(&socket) || self.sockets[socket.0].closed.is_some() {
                continue;
            }
            let open = self.open_of(socket);
            let copies: Vec<_> = open.iter().filter(|(actor, _)| *actor == parent).cloned().collect();
            open.extend(copies.into_iter().map(|(_, name)| (child, name)));
        }
    }

    /// A close: of the last descriptor it is one of the socket.
    pub(super) fn lets_go(&mut self, event: EventId, call: &Syscall) {
        let own = descriptor(call);
        if let Some(open) = self.holders.open.get_mut(&call.socket) {
            if open.remove(&own) {
                self.holders.closed.insert((call.socket, own), event);
            }
            if self.holders.open.get(&call.socket).is_some_and(|open| !open.is_empty()) {
                return;
            }
        }
        self.close(event, call.socket);
    }

    /// The process ends, and with it every descriptor that it has.
    pub(super) fn close_all(&mut self, by: EventId, actor: ActorId) {
        for socket in (0..self.sockets.len()).map(SocketId) {
            let held = match self.holders.open.get_mut(&socket) {
                None => self.recording.sockets[socket.0].actor == actor,
                Some(open) => {
                    let before = open.len();
                    open.retain(|(holder, _)| *holder != actor);
                    open.is_empty() && before > 0
                }
            };
            if held && self.sockets[socket.0].closed.is_none() {
                self.close(by, socket);
            }
        }
    }

    /// The socket is gone without a segment, and nobody at the other end knows.
    pub(super) fn vanishes(&mut self, event: EventId, call: &Syscall) {
        self.lets_go(event, call);
        if let Some(id) = self.endpoint_of(call.socket).filter(|_| self.sockets[call.socket.0].closed == Some(event)) {
            self.endpoint_mut(id).ending = Ending::Silent;
            let t_ns = self.recording.events[event.0].t_ns;
            self.enter(event, t_ns, id, Some(TcpState::Close));
        }
    }
}
