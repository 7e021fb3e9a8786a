//! The sockets of a run: names, descriptors, addresses.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::RawFd;

use crate::record::{ActorId, PollEvent, Socket, SocketId, SocketKind};

/// A descriptor that no process has open: calls on a closed socket are made on it, so that they fail as they would on the
/// closed number, whatever has become of that.
pub(super) const NEVER_OPEN: RawFd = RawFd::MAX;

/// A descriptor by its place in [`Sockets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DescriptorId(usize);

/// The local address of a connection and its peer's.
pub(super) type Ends = (SocketAddr, SocketAddr);

/// Every socket that an actor had, in the order in which they came to be, and the descriptors that refer to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sockets {
    records: Vec<Socket>,
    kept: Vec<Kept>,
    descriptors: Vec<Descriptor>,
    /// The ends of every connection: a socket that was refused may try again from another port.
    had: BTreeSet<Ends>,
    /// Those that a call was made on since it was last asked.
    called: BTreeSet<SocketId>,
    /// Whose descriptors an actor shares.
    shared: BTreeMap<ActorId, ActorId>,
    /// Actors whose process has ended.
    gone: BTreeSet<ActorId>,
}

/// What is known of a socket beside its record.
#[derive(Clone, Debug, Default)]
struct Kept {
    listens: bool,
}

/// A descriptor of an actor's process, open or closed.
#[derive(Clone, Debug)]
struct Descriptor {
    actor: ActorId,
    name: String,
    socket: SocketId,
    fd: Option<RawFd>,
    /// Its epoll instance.
    epoll: Option<RawFd>,
    /// What it is registered for there: events, and whether each change is told once.
    registered: Option<(Vec<PollEvent>, bool)>,
}

impl Sockets {
    /// The records.
    pub(super) fn records(&self) -> &[Socket] {
        &self.records
    }

    /// The records, at the end, and every pair of ends that any of the sockets had.
    pub(super) fn into_records(self) -> (Vec<Socket>, BTreeSet<Ends>) {
        (self.records, self.had)
    }

    /// A socket's record.
    pub(super) fn get(&self, id: SocketId) -> &Socket {
        &self.records[id.0]
    }

    /// The socket that a descriptor refers to, or referred to.
    pub(super) fn of(&self, descriptor: DescriptorId) -> SocketId {
        self.descriptors[descriptor.0].socket
    }

    /// The name of a descriptor, where it is not that of its socket.
    pub(super) fn alias(&self, descriptor: DescriptorId) -> Option<&str> {
        let Descriptor { name, socket, .. } = &self.descriptors[descriptor.0];
        (!name.is_empty() && *name != self.records[socket.0].name).then_some(name)
    }

    /// A new socket of that name, which now means this one.
    pub(super) fn add(&mut self, actor: ActorId, name: &str) -> DescriptorId {
        let actor = self.table(actor);
        let before = self.records.iter().filter(|socket| socket.actor == actor && socket.name == name).count();
        let generation = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        let record = Socket {
            actor,
            name: name.to_owned(),
            kind: SocketKind::Tcp,
            generation,
            local: None,
            peer: None,
            accepted_from: None,
        };
        self.records.push(record);
        self.kept.push(Kept::default());
        self.refer(actor, name, SocketId(self.records.len() - 1))
    }

    /// A record for a call that is made on no socket, by an actor that has none. Its descriptor has no name and is never found.
    pub(super) fn stand_in(&mut self, actor: ActorId, name: &str) -> DescriptorId {
        let descriptor = self.add(actor, name);
        self.descriptors[descriptor.0].name.clear();
        descriptor
    }

    /// It is something else than a TCP socket.
    pub(super) fn is_a(&mut self, id: SocketId, kind: SocketKind) {
        self.records[id.0].kind = kind;
    }

    /// Another descriptor for a socket.
    pub(super) fn refer(&mut self, actor: ActorId, name: &str, socket: SocketId) -> DescriptorId {
        self.descriptors.push(Descriptor {
            actor: self.table(actor),
            name: name.to_owned(),
            socket,
            fd: None,
            epoll: None,
            registered: None,
        });
        DescriptorId(self.descriptors.len() - 1)
    }

    /// A new connection, accepted by the actor.
    pub(super) fn accept(&mut self, from: SocketId, actor: ActorId, name: &str) -> DescriptorId {
        let descriptor = self.add(actor, name);
        let id = self.of(descriptor);
        self.records[id.0].accepted_from = Some(from);
        descriptor
    }

    /// Whose descriptors an actor has: its own, or those that it shares.
    fn table(&self, actor: ActorId) -> ActorId {
        self.shared.get(&actor).copied().unwrap_or(actor)
    }

    /// The child has the descriptors of its parent, the very same ones.
    pub(super) fn share(&mut self, parent: ActorId, child: ActorId) {
        self.shared.insert(child, self.table(parent));
    }

    /// The child has what its parent has, but makes epoll instances of its own.
    pub(super) fn inherit(&mut self, parent: ActorId, child: ActorId) {
        let parent = self.table(parent);
        let open = |descriptor: &&Descriptor| descriptor.actor == parent && descriptor.fd.is_some();
        let copies: Vec<_> = self.descriptors.iter().filter(open).cloned().collect();
        self.descriptors.extend(copies.into_iter().map(|copy| Descriptor {
            actor: child,
            epoll: None,
            registered: None,
            ..copy
        }));
    }

    /// The last descriptor of that name, open or closed.
    pub(super) fn latest(&self, actor: ActorId, name: &str) -> Option<DescriptorId> {
        let table = self.table(actor);
        self.find(|descriptor| descriptor.actor == table && descriptor.name == name)
    }

    /// Any descriptor of the actor, preferably the last of that name.
    pub(super) fn any(&self, actor: ActorId, name: &str) -> Option<DescriptorId> {
        self.latest(actor, name).or_else(|| self.find(|descriptor| descriptor.actor == self.table(actor)))
    }

    /// The actor's last listener.
    pub(super) fn listener(&self, actor: ActorId) -> Option<SocketId> {
        let found =
            self.find(|descriptor| descriptor.actor == self.table(actor) && self.kept[descriptor.socket.0].listens);
        found.map(|descriptor| self.of(descriptor))
    }

    fn find(&self, wanted: impl Fn(&Descriptor) -> bool) -> Option<DescriptorId> {
        self.descriptors.iter().rposition(wanted).map(DescriptorId)
    }

    /// The number to call on.
    pub(super) fn fd(&self, descriptor: DescriptorId) -> RawFd {
        self.descriptors[descriptor.0].fd.unwrap_or(NEVER_OPEN)
    }

    /// The number of its epoll instance.
    pub(super) fn epoll(&self, descriptor: DescriptorId) -> RawFd {
        self.descriptors[descriptor.0].epoll.unwrap_or(NEVER_OPEN)
    }

    /// It has an epoll instance now.
    pub(super) fn watched_by(&mut self, descriptor: DescriptorId, epoll: RawFd) {
        self.descriptors[descriptor.0].epoll = Some(epoll);
    }

    /// What it is registered for there.
    pub(super) fn registered(&self, descriptor: DescriptorId) -> Option<&(Vec<PollEvent>, bool)> {
        self.descriptors[descriptor.0].registered.as_ref()
    }

    /// It is registered for that now.
    pub(super) fn register(&mut self, descriptor: DescriptorId, events: Vec<PollEvent>, edge: bool) {
        self.descriptors[descriptor.0].registered = Some((events, edge));
    }

    /// Whether it is open.
    pub(super) fn is_open(&self, descriptor: DescriptorId) -> bool {
        self.descriptors[descriptor.0].fd.is_some()
    }

    /// Whether it was made a listener.
    pub(super) fn listens(&self, id: SocketId) -> bool {
        self.kept[id.0].listens
    }

    /// It has this number now.
    pub(super) fn opened(&mut self, descriptor: DescriptorId, fd: RawFd) {
        self.descriptors[descriptor.0].fd = Some(fd);
    }

    /// It listens now.
    pub(super) fn listening(&mut self, id: SocketId) {
        self.kept[id.0].listens = true;
    }

    /// It is closed.
    pub(super) fn closed(&mut self, descriptor: DescriptorId) {
        self.descriptors[descriptor.0].fd = None;
    }

    /// The other open descriptors of its socket, as actor and name.
    pub(super) fn others(&self, descriptor: DescriptorId) -> Vec<(ActorId, String)> {
        let socket = self.of(descriptor);
        let open = self
            .descriptors
            .iter()
            .enumerate()
            .filter(|(place, other)| *place != descriptor.0 && other.socket == socket && other.fd.is_some());
        open.map(|(_, other)| (other.actor, other.name.clone())).collect()
    }

    /// The process is gone, and with it every descriptor, unless it shared them with one that is still there.
    pub(super) fn gone(&mut self, actor: ActorId) {
        self.gone.insert(actor);
        let actor = self.table(actor);
        let lives = |other: &ActorId| self.table(*other) == actor && !self.gone.contains(other);
        if lives(&actor) || self.shared.keys().any(lives) {
            return;
        }
        for descriptor in self.descriptors.iter_mut().filter(|descriptor| descriptor.actor == actor) {
            if descriptor.fd.take().is_some() {
                self.called.insert(descriptor.socket);
            }
        }
    }

    /// What the kernel says of its addresses; a port of 0 is none.
    pub(super) fn addressed(&mut self, id: SocketId, local: Option<SocketAddr>, peer: Option<SocketAddr>) {
        let record = &mut self.records[id.0];
        record.local = local.filter(|local| local.port() != 0).or(record.local);
        record.peer = peer.or(record.peer);
        self.had.extend(record.local.zip(record.peer));
    }

    /// Its next attempt to connect comes from another address.
    pub(super) fn forget_local(&mut self, id: SocketId) {
        self.records[id.0].local = None;
    }

    /// A call is made on it, or has returned.
    pub(super) fn call_on(&mut self, id: SocketId) {
        self.called.insert(id);
    }

    /// The ends of those that calls were made on since this was asked last, or whose process has ended.
    pub(super) fn take_called(&mut self) -> Vec<Ends> {
        let called = std::mem::take(&mut self.called);
        let records = called.into_iter().map(|id| self.get(id));
        records.filter_map(|socket| socket.local.zip(socket.peer)).collect()
    }

    /// The last connection to one of the actor's listeners that was not accepted, as (the listener's end, its peer).
    pub(super) fn waiting(&self, actor: ActorId) -> Option<(SocketAddr, SocketAddr)> {
        let local = self.get(self.listener(actor)?).local?;
        let accepted =
            |peer| self.records.iter().any(|socket| socket.accepted_from.is_some() && socket.peer == Some(peer));
        let clients = self.records.iter().rev().filter(|socket| socket.accepted_from.is_none());
        let mut ends = clients.filter_map(|socket| socket.peer.zip(socket.local));
        ends.find(|(theirs, ours)| theirs.port() == local.port() && !accepted(*ours))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: ActorId = ActorId(0);
    const SERVER: ActorId = ActorId(1);

    fn at(text: &str) -> Option<SocketAddr> {
        text.parse().ok()
    }

    #[test]
    fn a_second_socket_of_a_name_is_its_second_generation() {
        let mut sockets = Sockets::default();
        let first = sockets.add(CLIENT, "connection");
        sockets.opened(first, 3);
        sockets.closed(first);
        assert!(!sockets.is_open(first) && sockets.fd(first) == NEVER_OPEN);
        let second = sockets.add(CLIENT, "connection");
        sockets.add(SERVER, "connection");
        let generation = |descriptor| sockets.get(sockets.of(descriptor)).generation;
        assert_eq!((generation(second), generation(first)), (2, 1));
        assert_eq!(sockets.latest(CLIENT, "connection"), Some(second));
    }

    #[test]
    fn both_ends_are_one_connection_and_a_queued_one_waits() {
        let mut sockets = Sockets::default();
        let listener = sockets.add(SERVER, "listener");
        let listener = sockets.of(listener);
        sockets.listening(listener);
        sockets.addressed(listener, at("127.0.0.2:47000"), None);
        let client = sockets.add(CLIENT, "connection");
        let client = sockets.of(client);
        sockets.addressed(client, at("127.0.0.1:0"), at("127.0.0.2:47000"));
        assert_eq!((sockets.get(client).local, sockets.waiting(SERVER)), (None, None));
        sockets.addressed(client, at("127.0.0.1:9"), None);
        assert_eq!(sockets.waiting(SERVER), at("127.0.0.2:47000").zip(at("127.0.0.1:9")));
        let accepted = sockets.accept(listener, SERVER, "connection");
        let accepted = sockets.of(accepted);
        sockets.addressed(accepted, at("127.0.0.2:47000"), at("127.0.0.1:9"));
        assert_eq!(sockets.waiting(SERVER), None);
    }

    #[test]
    fn it_says_once_which_connections_were_called_on() {
        let mut sockets = Sockets::default();
        let quiet = sockets.add(SERVER, "quiet");
        let [called, unconnected] = ["called", "unconnected"].map(|name| sockets.add(CLIENT, name));
        let ids = [quiet, called, unconnected].map(|descriptor| sockets.of(descriptor));
        sockets.addressed(ids[0], at("127.0.0.2:47000"), at("127.0.0.1:9"));
        sockets.addressed(ids[1], at("127.0.0.1:10"), at("127.0.0.2:47000"));
        sockets.call_on(ids[1]);
        sockets.call_on(ids[2]);
        let ends = (at("127.0.0.1:10").unwrap(), at("127.0.0.2:47000").unwrap());
        assert_eq!((sockets.take_called(), sockets.take_called()), (vec![ends], vec![]));
        sockets.opened(quiet, 3);
        sockets.gone(SERVER);
        assert_eq!(sockets.take_called().len(), 1);
    }

    #[test]
    fn a_shared_table_is_open_until_the_last_is_gone() {
        let mut sockets = Sockets::default();
        let first = sockets.add(CLIENT, "connection");
        sockets.opened(first, 3);
        sockets.share(CLIENT, SERVER);
        assert_eq!(sockets.latest(SERVER, "connection"), Some(first));
        let second = sockets.add(SERVER, "second");
        sockets.opened(second, 4);
        assert_eq!(sockets.latest(CLIENT, "second"), Some(second));
        assert!(sockets.others(first).is_empty(), "there is one descriptor, whoever calls on it");
        sockets.gone(CLIENT);
        assert!(sockets.is_open(first) && sockets.is_open(second));
        sockets.gone(SERVER);
        assert!(!sockets.is_open(first) && !sockets.is_open(second));
    }

    #[test]
    fn duplicates_and_children_refer_to_one_socket() {
        let mut sockets = Sockets::default();
        let first = sockets.add(CLIENT, "connection");
        sockets.opened(first, 3);
        let copy = sockets.refer(CLIENT, "copy", sockets.of(first));
        sockets.opened(copy, 4);
        sockets.inherit(CLIENT, SERVER);
        assert_eq!((sockets.alias(first), sockets.alias(copy)), (None, Some("copy")));
        assert_eq!(sockets.others(first).len(), 3);
        sockets.gone(CLIENT);
        assert!(!sockets.is_open(first));
        let kept = sockets.latest(SERVER, "copy").unwrap();
        assert_eq!((sockets.fd(kept), sockets.of(kept)), (4, sockets.of(first)));
        assert_eq!(sockets.others(kept), [(SERVER, "connection".to_owned())]);
    }
}
