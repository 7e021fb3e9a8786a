//! Which addresses and ports are in use.

use core::net::SocketAddr;

use super::Walk;
use crate::record::{Address, Call, SocketId, Syscall, TcpState};
use crate::story::endpoint::Endpoint;
use crate::story::predict::{Occupant, Ports, SocketModel};

/// The most ports that are counted one by one.
const SHORT_RANGE: usize = 64;

impl Walk<'_> {
    /// Whether a connect of that actor finds a port. Only short ranges are counted; a long one is never used up here.
    pub(super) fn ports(&self, call: &Syscall) -> Ports {
        let Call::Connect { .. } = call.call else { return Ports::Free };
        let sysctl = |name: &str| self.recording.machine.sysctls.get(name).map(String::as_str);
        if let Some(bound) = self.sockets[call.socket.0].bound.filter(|bound| bound.port() != 0) {
            let still_used = self.four_tuple_is_used(bound, call, sysctl("net.ipv4.tcp_timestamps") != Some("0"));
            return if still_used { Ports::StillUsed } else { Ports::Free };
        }
        let range = sysctl("net.ipv4.ip_local_port_range").and_then(|text| {
            let mut ends = text.split_ascii_whitespace().filter_map(|end| end.parse::<u16>().ok());
            Some(ends.next()?..=ends.next()?)
        });
        let Some(range) = range.filter(|range| range.len() <= SHORT_RANGE) else { return Ports::Free };
        let Some(actor) = self.recording.actors.get(call.actor.0) else { return Ports::Free };
        let (mut taken, mut waiting) = (0, 0);
        for port in range.clone() {
            let ends = self.flow.ends_at(SocketAddr::new(actor.address, port)).map(|id| self.endpoint(id));
            let mut states = ends.map(|end| end.state).filter(|state| *state != TcpState::Close);
            match states.next() {
                Some(TcpState::TimeWait) => waiting += 1,
                Some(_) => taken += 1,
                None => {}
            }
        }
        match range.len() {
            all if taken + waiting < all => Ports::Free,
            all if taken < all && sysctl("net.ipv4.tcp_tw_reuse") != Some("0") => Ports::Reusable,
            _ => Ports::Exhausted,
        }
    }

    /// Whether the 4-tuple of a connect from a chosen port is in use. One in `TIME_WAIT` may be taken over if its timestamps tell
    /// old segments from new ones (`tcp_twsk_unique`).
    pub(super) fn four_tuple_is_used(&self, bound: SocketAddr, call: &Syscall, timestamps: bool) -> bool {
        let peer = self.recording.sockets[call.socket.0].peer;
        let own = self.endpoint_of(call.socket);
        let now_ns = self.last_call.get(&call.actor).map_or(i64::MIN, |event| self.recording.events[event.0].t_ns);
        self.flow.ends_at(bound).filter(|id| Some(*id) != own).any(|id| {
            let state = self.endpoint(id).state;
            let same = Some(self.flow.connections[id.connection.0].end(id.side.other()).address) == peer;
            let waits = state == TcpState::FinWait2 && self.is_mini_in_fin_wait2(id, now_ns);
            let mini = state == TcpState::TimeWait || waits;
            same && state != TcpState::Close && !(mini && timestamps)
        })
    }

    /// What a bind would meet. Both sockets may allow it with `SO_REUSEADDR`, unless the other one listens
    /// (`inet_bind_conflict`).
    pub(super) fn occupant(&self, call: &Syscall, socket: &SocketModel) -> Option<Occupant> {
        let wanted = match call.call {
            Call::Bind { to: Address { ip, port: Some(port) } } => {
                SocketAddr::new(ip.or(self.recording.actors.get(call.actor.0).map(|actor| actor.address))?, port)
            }
            // A socket that begins to listen asks for its port once more (`inet_csk_listen_start`).
            Call::Listen { .. } if socket.queue.is_none() => socket.bound?,
            _ => return None,
        };
        if wanted.port() == 0 {
            return None;
        }
        let open = |(place, other): (usize, &SocketModel)| {
            let another = SocketId(place) != call.socket && other.closed.is_none() && other.bound == Some(wanted);
            let tolerated = other.queue.is_none() && socket.options.reuse && other.options.reuse;
            // A connection that is over gives an address back that it did not bind itself.
            let given_back =
                other.accepted && self.endpoint_of(SocketId(place)).is_some_and(|id| self.endpoint(id).dead());
            another && !tolerated && !given_back
        };
        if self.sockets.iter().enumerate().any(open) {
            return Some(Occupant::Socket);
        }
        let ends = self.flow.ends_at(wanted).map(|id| self.endpoint(id));
        // What TIME_WAIT keeps is no longer the socket's, whether that is closed or not.
        let gone =
            |end: &&Endpoint| end.closed.is_some() && end.state != TcpState::Close || end.state == TcpState::TimeWait;
        let mut left = ends.filter(gone).filter(|end| !(socket.options.reuse && end.reuse));
        left.next().map(|end| Occupant::Connection(end.closed))
    }
}
