//! The ports of listeners.

use core::net::{IpAddr, SocketAddr};
use std::net::TcpListener;

use crate::lab::LabError;
use crate::record::{Action, ActorId, Call, DEFAULT_PORT, SandboxKind, Script, Target};

/// Which port each actor listens on, and which ports the run uses.
#[derive(Debug)]
pub(super) struct Ports {
    of_actors: Vec<u16>,
    all: Vec<u16>,
}

impl Ports {
    /// The author's; else the default; else, on a host's loopback that others use too, one that is free.
    pub(super) fn choose(script: &Script, addresses: &[IpAddr], kind: SandboxKind) -> Result<Self, LabError> {
        let free = if kind == SandboxKind::HostLoopback { free_ports(addresses)? } else { Vec::new() };
        let chosen = |place: usize| free.get(place).copied().unwrap_or(DEFAULT_PORT);
        let of_actor = |place: usize| {
            let place = script.ancestor_of(ActorId(place)).0;
            script.actors[place].port.unwrap_or_else(|| chosen(place))
        };
        let of_actors: Vec<_> = (0..script.actors.len()).map(of_actor).collect();
        let named = script.steps.iter().filter_map(|step| match &step.action {
            Action::Call { call, .. } => port_in(call),
            _ => None,
        });
        let all = of_actors.iter().copied().chain(named).collect();
        Ok(Self { of_actors, all })
    }

    /// The port that an actor's listener gets.
    pub(super) fn of(&self, actor: ActorId) -> u16 {
        self.of_actors[actor.0]
    }

    /// Every port that the script listens on or connects to.
    pub(super) fn all(&self) -> &[u16] {
        &self.all
    }
}

fn port_in(call: &Call) -> Option<u16> {
    match call {
        Call::Bind { to } => to.port.filter(|port| *port != 0),
        Call::Connect { to: Target::Address(to) } => Some(to.port()),
        _ => None,
    }
}

/// A free port for each address, all different: held together, then let go.
fn free_ports(addresses: &[IpAddr]) -> Result<Vec<u16>, LabError> {
    let failed = || LabError::failed_io("cannot find free ports on the host's loopback", "bind");
    let bind = |address: &IpAddr| TcpListener::bind(SocketAddr::new(*address, 0)).map_err(failed());
    let held = addresses.iter().map(bind).collect::<Result<Vec<_>, _>>()?;
    held.iter().map(|held| held.local_addr().map(|local| local.port()).map_err(failed())).collect()
}
