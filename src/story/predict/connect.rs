//! Connections: how they begin and how they end.

use std::collections::VecDeque;

use super::{Foreseen, Occupant, Ports, View, fails, gave_up, plain};
use crate::record::{Call, Errno, SocketOptionName, TcpState};
use crate::story::Predicted;

impl View<'_> {
    /// `__inet_bind`: a socket that has a port keeps it. One that the kernel chose, or accept, is given back with the connection.
    pub(super) fn bind(&self) -> Foreseen {
        let given_back = !self.socket.port_chosen && self.endpoint.over();
        let chosen = self.socket.bound.is_some() && !given_back;
        let connected = self.endpoint.begun() && !self.endpoint.over();
        if chosen || connected || self.socket.queue.is_some() {
            return fails(Errno::EINVAL, "bind-again-gives-einval");
        }
        self.takes_address()
    }

    /// `inet_csk_get_port`.
    pub(super) fn takes_address(&self) -> Foreseen {
        match self.occupied_by {
            None => plain(Predicted::Value(0), "bind-takes-a-free-address"),
            Some(Occupant::Socket) => fails(Errno::EADDRINUSE, "bind-of-an-open-sockets-address"),
            Some(Occupant::Connection(close)) => {
                fails(Errno::EADDRINUSE, "bind-of-a-lingering-address").maybe_role("close", close)
            }
        }
    }

    /// `__inet_stream_connect`.
    pub(super) fn connect(&self) -> Foreseen {
        let endpoint = self.endpoint;
        if let Some(shutdown) = self.socket.disconnecting {
            let rule = "connect-after-shutdown-of-a-failed-connect-gives-einval";
            return fails(Errno::EINVAL, rule).role("shutdown", shutdown);
        }
        let told = self.socket.connect.is_none_or(|(_, told)| told);
        if (endpoint.established && told) || self.socket.queue.is_some() {
            return fails(Errno::EISCONN, "connect-again-gives-eisconn");
        }
        if let Some((errno, by)) = endpoint.pending {
            if let Some(waited) = endpoint.gave_up {
                return fails(errno, gave_up(waited)).role("waited", by);
            }
            if !endpoint.begun() {
                return fails(errno, "shutdown-of-a-connect-gives-econnreset").role("shutdown", by);
            }
            let rule =
                if errno == Errno::ECONNREFUSED { "rst-in-syn-sent-refuses" } else { "pending-error-is-reported" };
            return fails(errno, rule).role("rst", by).in_state(TcpState::SynSent);
        }
        if let Some((rst, _)) = endpoint.reset_by.filter(|_| !endpoint.established) {
            return fails(Errno::ECONNABORTED, "connect-after-reported-error-gives-econnaborted").role("rst", rst);
        }
        match (endpoint.established, self.socket.connect) {
            (true, _) => {
                let answer = endpoint.last_received.map(|(event, _)| event);
                plain(Predicted::Value(0), "syn-ack-completes-connect").maybe_role("syn_ack", answer)
            }
            _ if self.ports == Ports::Exhausted => fails(Errno::EADDRNOTAVAIL, "no-local-port-is-left"),
            _ if self.ports == Ports::StillUsed => fails(Errno::EADDRNOTAVAIL, "the-chosen-port-is-still-used"),
            (false, _) if self.options.nonblocking && self.socket.under_way => {
                fails(Errno::EALREADY, "connect-still-under-way")
            }
            (false, _) if self.options.nonblocking => {
                fails(Errno::EINPROGRESS, "connect-non-blocking-gives-einprogress")
            }
            (false, _) => plain(Predicted::Blocks, "connect-waits-for-the-answer"),
        }
    }

    /// `inet_csk_accept`.
    pub(super) fn accept(&self) -> Foreseen {
        match self.socket.queue.as_ref().map(VecDeque::front) {
            None => fails(Errno::EINVAL, "accept-needs-a-listener"),
            Some(Some(waiting)) => match self.waits_reset {
                None => plain(Predicted::Descriptor, "accept-takes-from-the-queue").role("ack", waiting.completed),
                Some(rst) => plain(Predicted::Descriptor, "accept-takes-a-dead-connection")
                    .role("ack", waiting.completed)
                    .role("rst", rst),
            },
            Some(None) if self.options.nonblocking => {
                let rule = match self.socket.deferred {
                    Some(_) => "deferred-accept-waits-for-data",
                    None => "accept-non-blocking-gives-eagain",
                };
                fails(Errno::EAGAIN, rule).maybe_role("ack", self.socket.deferred)
            }
            Some(None) => plain(Predicted::Blocks, "accept-waits-for-a-connection"),
        }
    }

    /// `inet_shutdown`.
    pub(super) fn shutdown(&self) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() {
            return plain(Predicted::Value(0), "shutdown-returns-at-once");
        }
        if endpoint.state == TcpState::SynSent {
            return plain(Predicted::Value(0), "shutdown-ends-a-connect-under-way");
        }
        if !endpoint.begun() {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            return fails(Errno::ENOTCONN, "shutdown-of-a-dead-connection-gives-enotconn").maybe_role("rst", rst);
        }
        plain(Predicted::Value(0), "shutdown-returns-at-once")
    }

    /// `inet_getname`.
    pub(super) fn getpeername(&self) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() || !endpoint.begun() || endpoint.state == TcpState::SynSent {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            return fails(Errno::ENOTCONN, "getpeername-of-a-dead-connection-gives-enotconn").maybe_role("rst", rst);
        }
        plain(Predicted::Value(0), "getpeername-tells-the-peer")
    }

    pub(super) fn getsockopt(&self, option: SocketOptionName) -> Foreseen {
        if option != SocketOptionName::SoError {
            let told = self.socket.options.told(option).map_or(Predicted::Between(0, i64::MAX), Predicted::OptionValue);
            return plain(told, "option-is-told");
        }
        match self.endpoint.pending {
            Some((errno, by)) => {
                let (rule, part) = match self.endpoint.gave_up {
                    _ if !self.endpoint.begun() => ("shutdown-of-a-connect-gives-econnreset", "shutdown"),
                    Some(_) => ("so-error-tells-that-the-kernel-gave-up", "waited"),
                    None => ("so-error-takes-the-pending-error", "rst"),
                };
                let mut taken = plain(Predicted::PendingError(Some(errno)), rule);
                taken.fact.errno = Some(errno);
                taken.role(part, by)
            }
            None => plain(Predicted::PendingError(None), "so-error-is-0-without-a-pending-error"),
        }
    }
}

/// What let a close that lingered return: the acknowledgment of the FIN, or the end of its time.
pub fn after_lingering(view: View<'_>) -> Foreseen {
    let acked = view.endpoint.fin_is_acked();
    let rule = if acked { "lingering-close-saw-everything-acknowledged" } else { "lingering-close-ran-out-of-time" };
    let ack = view.endpoint.last_received.map(|(event, _)| event).filter(|_| acked);
    plain(Predicted::Value(0), rule).maybe_role("ack", ack)
}

/// A close that lingers waits until what was written and the FIN are acknowledged, or until its time is up.
pub fn may_linger(view: View<'_>, call: &Call) -> Option<Foreseen> {
    let lingers = *call == Call::Close && !view.shared && view.options.linger.is_some_and(|seconds| seconds > 0);
    (lingers && view.endpoint.begun()).then(|| plain(Predicted::Blocks, "close-lingers"))
}
