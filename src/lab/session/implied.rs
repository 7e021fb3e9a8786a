//! What a call needs first: a socket, an address; and the addresses that the author left out.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::net::UdpSocket;

use super::calls::Asked;
use super::sockets::DescriptorId;
use super::wait::Deadline;
use super::{Halt, Session};
use crate::record::{Action, Address, Call, LISTENER, SocketId, Target};

impl Session {
    /// The socket to call on, after the calls that the step's call implies. None where one of those failed.
    ///
    /// A name that was never used gets a socket. One whose socket is closed gets another by bind, listen and connect, with which
    /// a new life begins; every other call is made on the closed one.
    pub(super) fn prepare(&mut self, asked: &Asked<'_>, deadline: Deadline) -> Result<Option<DescriptorId>, Halt> {
        let (actor, name) = (asked.actor, called_on(asked));
        let known = match asked.call {
            Call::Socket | Call::Socketpair { .. } | Call::Pipe { .. } => None,
            Call::Exit { .. } | Call::Fork { .. } | Call::Clone { .. } => {
                return Ok(Some(self.sockets.any(actor, name).unwrap_or_else(|| self.sockets.stand_in(actor, name))));
            }
            call => {
                self.sockets.latest(actor, name).filter(|known| self.sockets.is_open(*known) || !begins_a_life(call))
            }
        };
        let descriptor = known.unwrap_or_else(|| self.sockets.add(actor, name));
        let makes_it = matches!(asked.call, Call::Socket | Call::Socketpair { .. } | Call::Pipe { .. });
        let is_missing = known.is_none() && !makes_it;
        if is_missing && !self.act_implied(asked, descriptor, Call::Socket, deadline)? {
            return Ok(None);
        }
        let is_bound = match self.implied_bind(asked, descriptor) {
            Some(bind) => self.act_implied(asked, descriptor, bind, deadline)?,
            None => true,
        };
        let is_ready = is_bound && self.prepare_epoll(asked, descriptor, deadline)?;
        Ok(is_ready.then_some(descriptor))
    }

    /// The epoll instance of a descriptor and its registration there, where an `epoll_wait` needs them. False where that failed.
    fn prepare_epoll(&mut self, asked: &Asked<'_>, descriptor: DescriptorId, deadline: Deadline) -> Result<bool, Halt> {
        let Call::EpollWait { events, edge, .. } = asked.call else { return Ok(true) };
        let is_new = self.sockets.registered(descriptor).is_none();
        if is_new && !self.act_implied(asked, descriptor, Call::EpollCreate, deadline)? {
            return Ok(false);
        }
        if self.sockets.registered(descriptor).is_some_and(|(known, how)| known == events && how == edge) {
            return Ok(true);
        }
        let register = Call::EpollCtl { add: is_new, events: events.clone(), edge: *edge };
        self.act_implied(asked, descriptor, register, deadline)
    }

    /// The call with every address filled in.
    pub(super) fn resolved(&self, asked: &Asked<'_>, socket: SocketId) -> Call {
        match asked.call {
            Call::Bind { to } => {
                let ip = to.ip.unwrap_or(self.actors[asked.actor.0].address);
                let port = if self.will_listen(asked, socket) { self.ports.of(asked.actor) } else { 0 };
                Call::Bind { to: Address { ip: Some(ip), port: Some(to.port.unwrap_or(port)) } }
            }
            Call::Connect { to } => Call::Connect { to: Target::Address(self.target(to)) },
            other => other.clone(),
        }
    }

    /// The bind that a call on an unbound socket implies: a listener's to its actor's address and port, a connecting socket's
    /// to its actor's address where the kernel would choose another.
    fn implied_bind(&self, asked: &Asked<'_>, descriptor: DescriptorId) -> Option<Call> {
        let socket = self.sockets.of(descriptor);
        if self.sockets.get(socket).local.is_some() || !self.sockets.is_open(descriptor) {
            return None;
        }
        let own = self.actors[asked.actor.0].address;
        let port = match asked.call {
            Call::Listen { .. } => self.ports.of(asked.actor),
            // Over the other family its own address is no source at all: the kernel chooses one.
            Call::Connect { to } if self.target(to).is_ipv6() != own.is_ipv6() => return None,
            Call::Connect { to } if source_for(self.target(to)) != Some(own) => 0,
            _ => return None,
        };
        Some(Call::Bind { to: Address { ip: Some(own), port: Some(port) } })
    }

    /// Whether the socket is a listener to be: the next call on its name that decides it tells.
    fn will_listen(&self, asked: &Asked<'_>, socket: SocketId) -> bool {
        let name = &self.sockets.get(socket).name;
        let later = self.script.steps.iter().skip(asked.step.0 + 1).filter_map(|step| match &step.action {
            Action::Call { actor, socket, call, .. } if *actor == asked.actor && socket == name => Some(call),
            _ => None,
        });
        let mut deciding = later
            .filter(|call| matches!(call, Call::Listen { .. } | Call::Connect { .. } | Call::Close | Call::Socket));
        match deciding.next() {
            Some(call) => matches!(call, Call::Listen { .. }),
            None => name == LISTENER,
        }
    }

    fn target(&self, to: &Target) -> SocketAddr {
        match to {
            Target::Address(to) => *to,
            Target::Actor(actor) => {
                let own = self.actors[actor.0].address;
                let listener = self.sockets.listener(*actor).and_then(|id| self.sockets.get(id).local);
                let at = listener.unwrap_or_else(|| SocketAddr::new(own, self.ports.of(*actor)));
                if at.ip().is_unspecified() { SocketAddr::new(own, at.port()) } else { at }
            }
        }
    }
}

/// The name of the socket that the call is made on.
fn called_on<'a>(asked: &Asked<'a>) -> &'a str {
    match asked.call {
        Call::Accept { from } => from,
        _ => asked.socket,
    }
}

fn begins_a_life(call: &Call) -> bool {
    matches!(call, Call::Socket | Call::Bind { .. } | Call::Listen { .. } | Call::Connect { .. })
}

/// The address that the kernel chooses for an unbound socket that connects there. The connect of a UDP socket asks for the
/// route and sends nothing (udp(7)).
fn source_for(target: SocketAddr) -> Option<IpAddr> {
    let anywhere = match target {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((anywhere, 0)).ok()?;
    socket.connect(target).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
