//! What a close takes away, and how it ends a connection.

use super::Walk;
use crate::record::{SocketId, TcpState};
use crate::story::endpoint::{Ending, Endpoint};
use crate::story::predict::{Options, Waiting};
use crate::story::{Deviation, EventId};

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
            let waits = endpoint.ending == Ending::Fin && endpoint.has_unsent();
            let next = endpoint.after_fin_sent().filter(|_| waits);
            self.enter(by, t_ns, id, next);
        }
    }

    /// Connections that nobody has accepted are reset (`inet_csk_listen_stop`).
    pub(super) fn stop_listening(&mut self, by: EventId, socket: SocketId) {
        let Some(queue) = self.sockets[socket.0].queue.take() else { return };
        let listened = self.found.listeners.iter_mut().rfind(|listener| listener.socket == socket);
        if let Some(listener) = listened {
            listener.until = Some(by);
        }
        for Waiting { endpoint: id, .. } in queue {
            let endpoint = self.endpoint_mut(id);
            endpoint.closed = Some(by);
            endpoint.ending = Ending::ResetUnaccepted;
        }
    }
}

/// How `__tcp_close` ends the connection of an endpoint: unread data is looked at before lingering.
fn ending(endpoint: &Endpoint, options: Options) -> Ending {
    use TcpState::{CloseWait, Established, FinWait1, FinWait2, SynRecv};
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
        Established | SynRecv | CloseWait => Ending::Fin,
        FinWait2 if options.linger2_off => Ending::ResetFinWait2,
        _ => Ending::Silent,
    }
}
