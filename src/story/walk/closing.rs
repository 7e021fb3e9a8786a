//! What a close takes away, and how it ends a connection.

use super::Walk;
use crate::record::{Errno, SocketId, TcpState};
use crate::story::endpoint::{Ending, Endpoint};
use crate::story::predict::{Options, Waiting};
use crate::story::{Deviation, EndpointId, EventId};

impl Walk<'_> {
    /// The last descriptor goes away (`__tcp_close`).
    pub(super) fn close(&mut self, by: EventId, socket: SocketId) {
        let Some(model) = self.sockets.get_mut(socket.0) else { return };
        if model.closed.is_some() {
            return;
        }
        model.closed = Some(by);
        let options = model.options;
        self.stop_listening(by, socket);
        self.local_close(by, socket);
        if let Some(id) = self.endpoint_of(socket) {
            let t_ns = self.recording.events[by.0].t_ns;
            let endpoint = self.endpoint_mut(id);
            endpoint.ending = ending(endpoint, options);
            endpoint.closed.get_or_insert(by);
            (endpoint.reuse, endpoint.linger2_ns) = (options.reuse, options.linger2_ns);
            endpoint.pending = None;
            // The FIN waits behind what is still unsent, but the state changes at once.
            let forgets = endpoint.deviates(Deviation::WaitingFinLeavesTheState);
            let waits = endpoint.ending == Ending::Fin && endpoint.fin_has_to_wait() && !forgets;
            let next = match endpoint.state {
                TcpState::SynSent => Some(TcpState::Close),
                _ => endpoint.after_fin_sent().filter(|_| waits),
            };
            self.close_owes(id, by);
            self.enter(by, t_ns, id, next);
        }
    }

    /// An RST of its own shows that what came while it was being closed was unread when the close took effect.
    pub(in crate::story) fn closes_only_now(&mut self, id: EndpointId) {
        if self.endpoint(id).unread_since_its_close() {
            self.endpoint_mut(id).ending = Ending::ResetUnread;
            self.owes_nothing(id);
        }
    }

    /// A shutdown while a connect is under way ends it (`inet_shutdown`), and leaves a fresh socket with an error. True where
    /// it did. One that comes when the connect has failed, or has succeeded, settles that.
    pub(super) fn shuts_while_connecting(&mut self, by: EventId, socket: SocketId) -> bool {
        let Some((connect, false)) = self.sockets[socket.0].connect else { return false };
        let Some(id) = self.endpoint_of(socket) else { return false };
        let endpoint = self.endpoint(id);
        match endpoint.state {
            TcpState::SynSent => {}
            _ if endpoint.established => {
                self.sockets[socket.0].connect = Some((connect, true));
                return false;
            }
            _ => {
                self.sockets[socket.0].disconnecting = Some(by);
                return false;
            }
        }
        let t_ns = self.recording.events[by.0].t_ns;
        self.enter(by, t_ns, id, Some(TcpState::Close));
        self.arrived(id);
        self.disconnects(socket);
        self.sockets[socket.0].unconnected.pending = Some((Errno::ECONNRESET, by));
        self.wakes(socket, false);
        true
    }

    /// What is left is a fresh socket (`tcp_disconnect`).
    pub(super) fn disconnects(&mut self, socket: SocketId) {
        let model = &mut self.sockets[socket.0];
        model.connect = None;
        model.under_way = false;
        model.bound = model.bound.filter(|_| model.port_chosen);
        model.unconnected = Endpoint::new(model.unconnected.deviation);
        self.tied.remove(&socket);
    }

    /// Connections that nobody has accepted are reset (`inet_csk_listen_stop`).
    pub(super) fn stop_listening(&mut self, by: EventId, socket: SocketId) {
        let Some(queue) = self.sockets[socket.0].queue.take() else { return };
        let listened = self.found.listeners.iter_mut().rfind(|listener| listener.socket == socket);
        if let Some(listener) = listened {
            listener.until = Some(by);
        }
        // `tcp_disconnect` opens what an earlier shutdown had closed.
        let unconnected = &mut self.sockets[socket.0].unconnected;
        (unconnected.shut_read, unconnected.shut_write) = (None, None);
        for Waiting { endpoint: id, .. } in queue {
            let endpoint = self.endpoint_mut(id);
            endpoint.closed = Some(by);
            endpoint.ending = Ending::ResetUnaccepted;
            self.close_owes(id, by);
        }
    }
}

/// How `__tcp_close` ends the connection of an endpoint: unread data is looked at before lingering.
fn ending(endpoint: &Endpoint, options: Options) -> Ending {
    use TcpState::{CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynRecv};
    if endpoint.dead() || !endpoint.established {
        return Ending::Silent;
    }
    match endpoint.state {
        _ if endpoint.unread_bytes() > 0 && !endpoint.deviates(Deviation::CloseWithUnreadSendsFin) => {
            Ending::ResetUnread
        }
        Established | SynRecv | CloseWait | FinWait1 | FinWait2
            if options.linger == Some(0) && !endpoint.deviates(Deviation::LingerZeroSendsFin) =>
        {
            Ending::ResetLinger
        }
        // With something still to send Linux takes these for states before the FIN (`tcp_disconnect`).
        Closing | LastAck if options.linger == Some(0) && endpoint.fin_waits() => Ending::ResetLinger,
        Established | SynRecv | CloseWait if endpoint.deviates(Deviation::CloseSendsNothing) => Ending::Silent,
        Established | SynRecv | CloseWait => Ending::Fin,
        FinWait2 if options.linger2_off => Ending::ResetFinWait2,
        _ => Ending::Silent,
    }
}
