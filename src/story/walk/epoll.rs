//! Which sockets are on the ready list of their epoll instance.

use std::collections::BTreeSet;

use super::{Active, Walk};
use crate::record::{ActorId, Call, Flags, PollEvent, Segment, SocketId, Syscall, TcpState, What};
use crate::story::predict::{self, EpollModel};
use crate::story::{EndpointId, EventId};

impl Walk<'_> {
    /// A socket is registered: it begins on the list if something is ready.
    pub(super) fn registers(&mut self, call: &Syscall, events: &[PollEvent], edge: bool) {
        let listed = self.view(call).is_some_and(|view| view.is_ready(events));
        let model = EpollModel { events: events.to_vec(), edge, listed };
        let descriptor = self.descriptor(call);
        self.sockets[call.socket.0].epoll.insert(descriptor, model);
        self.watched.insert(call.socket);
    }

    /// What was ready was told.
    pub(super) fn was_told(&mut self, call: &Syscall) {
        let descriptor = self.descriptor(call);
        if let Some(epoll) = self.sockets[call.socket.0].epoll.get_mut(&descriptor) {
            epoll.listed = false;
        }
    }

    /// Something woke those who wait for a socket. Data wakes only who asked to read, everything else wakes all.
    pub(super) fn wakes(&mut self, socket: SocketId, only_readers: bool) {
        self.polls_again(socket, only_readers);
        let watching = self.sockets.get_mut(socket.0).into_iter().flat_map(|model| model.epoll.values_mut());
        for epoll in watching {
            let reads = epoll.events.iter().any(|event| matches!(event, PollEvent::In | PollEvent::Pri));
            epoll.listed |= reads || !only_readers;
        }
    }

    /// A poll that is woken looks its descriptor up anew (`do_pollfd`), and that may have been closed meanwhile.
    fn polls_again(&mut self, socket: SocketId, only_readers: bool) {
        let recording = self.recording;
        let nval = |(actor, active): (&ActorId, &Active)| {
            let What::Syscall(call) = &recording.events[active.event.0].what else { return None };
            let Call::Poll { events, .. } = &call.call else { return None };
            let asked = !only_readers || events.iter().any(|event| matches!(event, PollEvent::In | PollEvent::Pri));
            let close = self.closed_during(active, call).filter(|_| call.socket == socket && asked)?;
            Some((*actor, predict::poll_of_closed(close)))
        };
        let woken: Vec<_> = self.active.iter().filter_map(nval).collect();
        for (actor, nval) in woken {
            if let Some(active) = self.active.get_mut(&actor).filter(|active| active.sleeps()) {
                active.foreseen.push(nval);
            }
        }
    }

    /// What closed the descriptor of a call that was under way.
    pub(super) fn closed_during(&self, active: &Active, call: &Syscall) -> Option<EventId> {
        self.holds(call).0.filter(|close| *close > active.event)
    }

    /// Setting the size of the send buffer wakes who waits to write, if there is room (`sk_setsockopt`, `sk_stream_write_space`).
    pub(super) fn wakes_writers(&mut self, call: &Syscall) {
        if let Some(id) = self.endpoint_of(call.socket).filter(|id| self.endpoint(*id).no_space) {
            self.may_rouse(id);
        }
        let has_room = self.view(call).is_some_and(|view| view.is_ready(&[PollEvent::Out]));
        let watching = self.sockets.get_mut(call.socket.0).into_iter().flat_map(|model| model.epoll.values_mut());
        for epoll in watching {
            epoll.listed |= has_room && epoll.events.contains(&PollEvent::Out);
        }
    }

    /// What was acknowledged may have made room for which somebody waits (`tcp_check_space`).
    fn may_have_room(&mut self, id: EndpointId) {
        let endpoint = self.endpoint_mut(id);
        if !endpoint.no_space {
            return;
        }
        endpoint.no_space = endpoint.may_be_full();
        self.may_rouse(id);
    }

    /// What a segment wakes at its receiver, which held that state before.
    pub(super) fn wakes_receiver(&mut self, receiver: EndpointId, segment: &Segment, before: TcpState) {
        let everybody = before != self.endpoint(receiver).state || segment.flags.has(Flags::FIN);
        if everybody {
            self.rouses(receiver);
        }
        self.may_have_room(receiver);
        if !everybody && segment.payload.is_empty() {
            return;
        }
        self.may_rouse(receiver);
        let concerned = |socket: &SocketId| self.endpoint_of(*socket) == Some(receiver);
        let on = |active: &Active| match &self.recording.events[active.event.0].what {
            What::Syscall(call) => Some(call.socket),
            _ => None,
        };
        let polled = self.active.values().filter_map(on);
        let sockets: BTreeSet<_> = self.watched.iter().copied().chain(polled).filter(concerned).collect();
        for socket in sockets {
            self.wakes(socket, !everybody);
        }
    }
}
