//! Descriptors that refer to one socket: duplicates, and those of forked processes.

use std::collections::{BTreeMap, BTreeSet};

use super::{Active, Walk};
use crate::record::{ActorId, Call, SocketId, Syscall, TcpState, What};
use crate::story::endpoint::Ending;
use crate::story::{EndpointId, EventId};

/// A descriptor: whose, and its name where that is not the socket's own.
type Descriptor = (ActorId, Option<String>);

/// The descriptors that refer to one socket.
#[derive(Debug, Default)]
struct Open {
    /// Those that a call can name.
    named: BTreeSet<Descriptor>,
    /// How many there are in each table whose name was given to another: nobody closes them before the process ends.
    nameless: BTreeMap<ActorId, usize>,
}

impl Open {
    fn is_empty(&self) -> bool {
        self.named.is_empty() && self.nameless.is_empty()
    }

    /// A duplicate with that name.
    fn duplicate(&mut self, table: ActorId, copy: Descriptor) {
        if !self.named.insert(copy) {
            *self.nameless.entry(table).or_default() += 1;
        }
    }

    /// Another table has what one has.
    fn copy(&mut self, from: ActorId, to: ActorId) {
        let named: Vec<_> = self.named.iter().filter(|(table, _)| *table == from).cloned().collect();
        self.named.extend(named.into_iter().map(|(_, name)| (to, name)));
        if let Some(count) = self.nameless.get(&from).copied() {
            self.nameless.insert(to, count);
        }
    }

    /// A table is gone.
    fn lose(&mut self, table: ActorId) {
        self.named.retain(|(holder, _)| *holder != table);
        self.nameless.remove(&table);
    }
}

/// Who holds the sockets that several descriptors refer to. A socket that is not here has one: its actor's.
#[derive(Debug, Default)]
pub(super) struct Holders {
    open: BTreeMap<SocketId, Open>,
    /// Sockets that exist by now.
    pub(super) seen: BTreeSet<SocketId>,
    /// Sockets whose last descriptor is closed while a call on them is under way, and the close.
    until_return: BTreeMap<SocketId, EventId>,
    /// Actors that another has made, and the call that did.
    made: BTreeMap<ActorId, EventId>,
    /// Actors whose process has ended.
    gone: BTreeSet<ActorId>,
    /// What closed each descriptor while others were still open.
    closed: BTreeMap<(SocketId, Descriptor), EventId>,
}

impl Walk<'_> {
    /// Whose descriptors an actor has: its own, or those that it shares.
    fn table(&self, actor: ActorId) -> ActorId {
        let shared = |actor: &ActorId| {
            self.recording.actors.get(actor.0).filter(|one| one.shares_descriptors).and_then(|one| one.forked_from)
        };
        let tables = std::iter::successors(Some(actor), shared);
        tables.take(self.recording.actors.len() + 1).last().unwrap_or(actor)
    }

    /// The descriptor that a call is made on.
    pub(super) fn descriptor(&self, call: &Syscall) -> Descriptor {
        (self.table(call.actor), call.through.clone())
    }

    /// What closed the descriptor of a call, and whether others refer to its socket.
    pub(super) fn holds(&self, call: &Syscall) -> (Option<EventId>, bool) {
        let own = self.descriptor(call);
        let others = self
            .holders
            .open
            .get(&call.socket)
            .is_some_and(|open| !open.nameless.is_empty() || open.named.iter().any(|other| *other != own));
        let closed = self.sockets.get(call.socket.0).and_then(|model| model.closed);
        (closed.or_else(|| self.holders.closed.get(&(call.socket, own)).copied()), others)
    }

    fn open_of(&mut self, socket: SocketId) -> &mut Open {
        let owner = self.recording.sockets[socket.0].actor;
        let own = || Open { named: BTreeSet::from([(owner, None)]), ..Open::default() };
        self.holders.open.entry(socket).or_insert_with(own)
    }

    /// dup(2): the same open file by another number.
    pub(super) fn duplicates(&mut self, call: &Syscall, to: &str) {
        let table = self.table(call.actor);
        let copy = (table, Some(to.to_owned()));
        self.holders.closed.remove(&(call.socket, copy.clone()));
        self.open_of(call.socket).duplicate(table, copy);
    }

    /// A process was made.
    pub(super) fn makes(&mut self, event: EventId, child: ActorId) {
        self.holders.made.insert(child, event);
    }

    /// fork(2): the child has every descriptor of its parent.
    pub(super) fn forks(&mut self, parent: ActorId, child: ActorId) {
        let parent = self.table(parent);
        for socket in (0..self.sockets.len()).map(SocketId) {
            let owned = self.recording.sockets[socket.0].actor == parent || self.holders.open.contains_key(&socket);
            if !owned || !self.holders.seen.contains(&socket) || self.sockets[socket.0].closed.is_some() {
                continue;
            }
            self.open_of(socket).copy(parent, child);
        }
    }

    /// A close: of the last descriptor it is one of the socket.
    pub(super) fn lets_go(&mut self, event: EventId, call: &Syscall) {
        let own = self.descriptor(call);
        let in_a_call = self.is_held_by_a_call(call.socket, call.actor);
        if in_a_call {
            self.open_of(call.socket);
        }
        if let Some(open) = self.holders.open.get_mut(&call.socket) {
            if open.named.remove(&own) {
                self.holders.closed.insert((call.socket, own), event);
            }
            if self.holders.open.get(&call.socket).is_some_and(|open| !open.is_empty()) {
                return;
            }
        }
        if in_a_call {
            self.holders.until_return.entry(call.socket).or_insert(event);
        } else {
            self.close(event, call.socket);
        }
    }

    /// Whether another who shares the descriptor is in a call on it: the call has the open file for as long as it lasts
    /// (`fdget`). A wait for epoll has the epoll instance instead.
    pub(super) fn is_held_by_a_call(&self, socket: SocketId, but: ActorId) -> bool {
        self.active.iter().any(|(actor, active)| {
            *actor != but
                && self.table(*actor) == self.table(but)
                && matches!(&self.recording.events[active.event.0].what,
                    What::Syscall(call) if call.socket == socket && !matches!(call.call, Call::EpollWait { .. }))
        })
    }

    /// What another who shares the socket has done to it wakes who is in a call on it.
    pub(super) fn wakes_callers(&mut self, socket: SocketId, but: ActorId) {
        let on_it = |active: &Active| matches!(&self.recording.events[active.event.0].what, What::Syscall(call) if call.socket == socket);
        let others = self.active.iter().filter(|(actor, active)| **actor != but && on_it(active));
        for actor in others.map(|(actor, _)| *actor).collect::<Vec<_>>() {
            self.may_return(actor);
        }
    }

    /// A call on a socket has returned: where it was the last to have the file, an earlier close takes effect now.
    pub(super) fn releases(&mut self, by: EventId, socket: SocketId) {
        let Some(close) = self.holders.until_return.get(&socket).copied() else { return };
        let on_it = |active: &Active| matches!(&self.recording.events[active.event.0].what, What::Syscall(call) if call.socket == socket);
        if !self.active.values().any(on_it) {
            self.holders.until_return.remove(&socket);
            self.close(close, socket);
            if let Some(id) = self.endpoint_of(socket) {
                self.endpoint_mut(id).kept_by = Some(by);
            }
        }
    }

    /// An end that is closed as soon as a call returns has sent its FIN or RST: so the call has returned.
    pub(super) fn has_released(&mut self, id: EndpointId) {
        let waits = |socket: &&SocketId| self.endpoint_of(**socket) == Some(id);
        let Some(socket) = self.holders.until_return.keys().find(waits).copied() else { return };
        if self.endpoint(id).shut_write.is_some() {
            return;
        }
        let recording = self.recording;
        let events: Vec<_> = self.active.values().map(|active| active.event).collect();
        for event in events {
            if let What::Syscall(call) = &recording.events[event.0].what
                && call.socket == socket
            {
                self.ends(event, call);
            }
        }
    }

    /// The processes that share an actor's descriptors, itself not among them.
    fn sharing(&self, actor: ActorId) -> impl Iterator<Item = ActorId> {
        let table = self.table(actor);
        let others = (0..self.recording.actors.len()).map(ActorId).filter(move |other| *other != actor);
        others.filter(move |other| self.table(*other) == table && self.lives(*other))
    }

    fn lives(&self, actor: ActorId) -> bool {
        let begun = self.recording.actors[actor.0].forked_from.is_none() || self.holders.made.contains_key(&actor);
        begun && !self.holders.gone.contains(&actor)
    }

    /// The call by which somebody who is still there came to share an actor's descriptors.
    pub(super) fn shared_since(&self, actor: ActorId) -> Option<EventId> {
        let other = self.sharing(actor).next()?;
        self.holders.made.get(&other).max(self.holders.made.get(&actor)).copied()
    }

    /// The process ends, and with it every descriptor that it has and does not share.
    pub(super) fn close_all(&mut self, by: EventId, actor: ActorId) {
        self.holders.gone.insert(actor);
        if self.sharing(actor).next().is_some() {
            return;
        }
        let actor = self.table(actor);
        for socket in (0..self.sockets.len()).map(SocketId) {
            let held = match self.holders.open.get_mut(&socket) {
                None => self.recording.sockets[socket.0].actor == actor,
                Some(open) => {
                    let had_any = !open.is_empty();
                    open.lose(actor);
                    open.is_empty() && had_any
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
            self.owes_nothing(id);
            let t_ns = self.recording.events[event.0].t_ns;
            self.enter(event, t_ns, id, Some(TcpState::Close));
        }
    }
}
