//! The ports of listeners.

use core::net::{IpAddr, SocketAddr};
use std::net::TcpListener;

use crate::lab::LabError;
use crate::lab::sandbox::HOST_ALONE;
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
        let shared = kind == SandboxKind::HostLoopback;
        if shared && script.steps.iter().any(|step| binds_to_the_default(script, &step.action)) {
            return Err(LabError::new(HOST_ALONE)
                .tried(format!("bind to port {DEFAULT_PORT}"), "on the host its listener has a free port instead")
                .advise("give the listener a port of its own: port = 50000 in its [actors] table"));
        }
        let free = if shared { free_ports(addresses)? } else { Vec::new() };
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

/// Whether a call names the port of a listener that has it only where nobody else is: on the host it would be another one.
fn binds_to_the_default(script: &Script, action: &Action) -> bool {
    let Action::Call { actor, call: Call::Bind { to }, .. } = action else { return false };
    to.port == Some(DEFAULT_PORT) && script.actors[script.ancestor_of(*actor).0].port.is_none()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceText, parse};

    fn choose(bind: &str, actors: &str, kind: SandboxKind) -> Result<Vec<u16>, LabError> {
        let text = format!(
            "title = \"t\"\nsummary = \"s\"\n{actors}\n[[step]]\nby = \"server\"\ndo = \"listen\"\n[[step]]\nby = \"server.next\"\ndo.bind = {bind}\n"
        );
        let script = parse(&SourceText { path: "t.toml", bytes: text.as_bytes() }).unwrap();
        Ports::choose(&script, &["127.0.0.1".parse().unwrap()], kind).map(|ports| ports.all().to_vec())
    }

    /// On the host the listener has another port than the one that is bound to.
    #[test]
    fn the_default_port_is_bound_only_where_the_listener_has_it() {
        let (bind, own) = ("{ port = 47000 }", "[actors.server]\nport = 47000");
        assert_eq!(choose(bind, "", SandboxKind::Namespace).unwrap(), [47000, 47000]);
        assert_eq!(choose(bind, own, SandboxKind::HostLoopback).unwrap(), [47000, 47000]);
        assert!(choose("{ port = 47001 }", "", SandboxKind::HostLoopback).unwrap().contains(&47001));
        let refused = choose(bind, "", SandboxKind::HostLoopback).unwrap_err();
        assert_eq!((refused.wanted.as_str(), refused.attempts.len()), (HOST_ALONE, 1));
    }
}
