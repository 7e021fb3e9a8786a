//! Where a call goes: addresses of the sandbox, and actors.

use core::net::{IpAddr, SocketAddr};

use super::actors::Actors;
use super::calls::Asked;
use super::reader::Reader;
use crate::record::{ActorId, Address, Family, Target};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Node, Span};

impl Reader<'_> {
    pub(super) fn address(&mut self, actors: &Actors, asked: &Asked<'_>) -> Option<Address> {
        let Some(node) = asked.argument else { return Some(Address::default()) };
        let entries = self.entries(node, "the address of `bind`")?;
        self.only(entries, &["ip", "port"], "the address of `bind`");
        let mut address = Address::default();
        if let Some(entry) = node.get("ip") {
            address.ip = Some(self.ip(&entry.node, "`ip`", actors.family)?);
        }
        if let Some(entry) = node.get("port") {
            address.port = Some(self.integer(&entry.node, "`port`", 0..=65_535)?);
        }
        Some(address)
    }

    /// An address of the sandbox.
    pub(super) fn ip(&mut self, node: &Node, what: &str, family: Family) -> Option<IpAddr> {
        let text = self.text(node, what)?;
        let span = self.inside(node);
        let fault = match text.parse() {
            Ok(ip) => match refuse(ip, family, span) {
                None => return Some(ip),
                Some(fault) => fault,
            },
            Err(_) => Fault::new(span, format!("`{text}` is not an IP address")).label("expected an address"),
        };
        self.report(fault);
        None
    }

    pub(super) fn target(&mut self, actors: &Actors, asked: &Asked<'_>) -> Option<Target> {
        match asked.argument {
            None => self.only_listener(actors, asked).map(Target::Actor),
            Some(node) => {
                let text = self.text(node, "the target of `connect`")?;
                if let Some(actor) = actors.find(text) {
                    return Some(Target::Actor(actor));
                }
                if text.contains(':') {
                    return self.socket_address(node, text, actors.family).map(Target::Address);
                }
                let fault = Fault::new(self.inside(node), format!("there is no actor `{text}`"));
                let help = suggest(text, actors.names());
                self.report(fault.label("neither an actor nor an address").help(help));
                None
            }
        }
    }

    fn socket_address(&mut self, node: &Node, text: &str, family: Family) -> Option<SocketAddr> {
        let span = self.inside(node);
        let Ok(address) = text.parse::<SocketAddr>() else {
            let fault = Fault::new(span, format!("`{text}` is not an address")).label("expected an address and a port");
            self.report(fault.help("for example \"127.0.0.9:1\" or \"[fd00::9]:1\""));
            return None;
        };
        if let Some(fault) = refuse(address.ip(), family, span) {
            self.report(fault);
            return None;
        }
        Some(address)
    }

    fn only_listener(&mut self, actors: &Actors, asked: &Asked<'_>) -> Option<ActorId> {
        let mut others = actors.listening.iter().filter(|actor| **actor != asked.actor);
        let fault = |message| Fault::new(asked.span.clone(), message).label("where to?");
        match (others.next(), others.next()) {
            (Some(actor), None) => Some(*actor),
            (None, _) => {
                let fault = fault("no other actor listens, so `connect` must say where to");
                self.report(
                    fault.help("name an actor, do.connect = \"server\", or an address, do.connect = \"127.0.0.9:1\""),
                );
                None
            }
            (Some(first), Some(_)) => {
                let help = format!("for example do.connect = \"{}\"", actors.name(*first));
                self.report(fault("several actors listen, so `connect` must say where to").help(help));
                None
            }
        }
    }
}

/// Why an address cannot be used, where it cannot.
fn refuse(ip: IpAddr, family: Family, span: Span) -> Option<Fault> {
    let inside = match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.octets()[0] == 0xfd,
    };
    let message = match (inside, ip.is_ipv4() == (family == Family::Ipv4)) {
        (true, true) => return None,
        (true, false) => format!("{ip} is not of the scenario's family"),
        (false, _) => format!("{ip} is outside the sandbox"),
    };
    Some(Fault::new(span, message).label(match family {
        Family::Ipv4 => "expected 127.0.0.1 to 127.255.255.255",
        Family::Ipv6 => "expected ::1 or an address that begins with fd",
    }))
}
