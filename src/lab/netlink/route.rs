//! Addresses and routes of a fresh namespace's loopback interface, by rtnetlink(7).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::SockProtocol;

use super::message::{Attributes, Batch, attributes};
use super::{Message, Netlink};

/// The index of the loopback interface, the same in every namespace (`LOOPBACK_IFINDEX`, `include/net/net_namespace.h`).
const LOOPBACK: u32 = 1;
/// `RTAX_QUICKACK`, `include/uapi/linux/rtnetlink.h`: every segment is acknowledged at once.
const RTAX_QUICKACK: u16 = 15;
/// `RTAX_RTO_MIN`, `include/uapi/linux/rtnetlink.h`: the least retransmission timeout in milliseconds; counts only where it is locked
/// (`tcp_rto_min()`).
const RTAX_RTO_MIN: u16 = 13;
/// `RTAX_LOCK`, `include/uapi/linux/rtnetlink.h`: a bit for each metric that the kernel must not change.
const RTAX_LOCK: u16 = 1;
/// `IFA_F_NOPREFIXROUTE`, `include/uapi/linux/if_addr.h`.
const IFA_F_NOPREFIXROUTE: u32 = 0x200;
/// How long the kernel may take to install the routes of new IPv6 addresses; it takes some 50 µs.
const ROUTES_WITHIN: Duration = Duration::from_secs(5);

const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;

/// Sets the loopback interface of the calling thread's namespace up, with that MTU in bytes and those addresses.
///
/// Connections from a socket that is not bound come from the first address of their family. When it returns, all of this holds.
///
/// The error names the request that the kernel refused.
pub(in crate::lab) fn configure_loopback(
    mtu: u32,
    addresses: &[IpAddr],
    metrics: Metrics,
) -> Result<(), (&'static str, Errno)> {
    let mut plan = Plan { metrics, ..Plan::default() };
    plan.link(mtu);
    for ip in addresses.iter().filter(|ip| !is_implied(**ip)) {
        plan.address(*ip);
    }
    plan.routes(addresses);
    plan.perform()
}

/// The kernel gives these to a loopback interface that comes up.
fn is_implied(ip: IpAddr) -> bool {
    ip.is_loopback()
}

/// What routes say of the connections that use them.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::lab) struct Metrics {
    /// TCP acknowledges every segment at once.
    pub(in crate::lab) quick_ack: bool,
    /// The least retransmission timeout in milliseconds, where it is not the kernel's.
    pub(in crate::lab) rto_min_ms: Option<u32>,
}

impl Metrics {
    /// As attributes of `RTA_METRICS`.
    fn attributes(self) -> Vec<(u16, u32)> {
        let quick = self.quick_ack.then_some((RTAX_QUICKACK, 1));
        let least = self.rto_min_ms.into_iter().flat_map(|ms| [(RTAX_LOCK, 1 << RTAX_RTO_MIN), (RTAX_RTO_MIN, ms)]);
        least.chain(quick).collect()
    }
}

/// Requests with what they are for, and the kernel's own IPv6 routes, which go once they are there.
#[derive(Debug, Default)]
struct Plan {
    metrics: Metrics,
    batch: Batch,
    names: Vec<&'static str>,
    superseded: Vec<Ipv6Addr>,
}

impl Plan {
    fn link(&mut self, mtu: u32) {
        let up = u32::try_from(libc::IFF_UP).unwrap_or(1);
        let mut fixed = [0; 16]; // struct ifinfomsg
        fixed[4..8].copy_from_slice(&LOOPBACK.to_ne_bytes());
        fixed[8..12].copy_from_slice(&up.to_ne_bytes());
        fixed[12..16].copy_from_slice(&up.to_ne_bytes());
        self.names.push("RTM_NEWLINK (loopback up, its MTU)");
        self.batch.message(libc::RTM_NEWLINK, REQUEST | ACK, &fixed, |attributes| {
            attributes.add(libc::IFLA_MTU, &mtu.to_ne_bytes());
        });
    }

    fn address(&mut self, ip: IpAddr) {
        let [a, b, c, d] = LOOPBACK.to_ne_bytes();
        let fixed = [family(ip), bits(ip), 0, libc::RT_SCOPE_HOST, a, b, c, d]; // struct ifaddrmsg
        self.names.push("RTM_NEWADDR (an address of the loopback)");
        self.batch.message(libc::RTM_NEWADDR, REQUEST | ACK | CREATE, &fixed, |attributes| {
            attributes.add(libc::IFA_LOCAL, &octets(ip));
            attributes.add(libc::IFA_ADDRESS, &octets(ip));
            attributes.add(libc::IFA_FLAGS, &(libc::IFA_F_NODAD | IFA_F_NOPREFIXROUTE).to_ne_bytes());
        });
    }

    fn routes(&mut self, addresses: &[IpAddr]) {
        let first = |is_ipv4| addresses.iter().copied().find(|ip| ip.is_ipv4() == is_ipv4);
        let v4 = addresses.iter().filter(|ip| ip.is_ipv4() && !ip.is_loopback()).map(|ip| (*ip, 32));
        let localhost = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for (ip, bits) in [(Ipv4Addr::new(127, 0, 0, 0).into(), 8), (localhost, 32)].into_iter().chain(v4) {
            self.route(ip, bits, REPLACE, first(true).or(Some(localhost)));
        }
        for ip in addresses.iter().filter_map(|ip| if let IpAddr::V6(ip) = ip { Some(*ip) } else { None }) {
            self.route(ip.into(), 128, 0, first(false));
            self.superseded.push(ip);
        }
    }

    fn route(&mut self, ip: IpAddr, bits: u8, flags: u16, source: Option<IpAddr>) {
        let metrics = self.metrics.attributes();
        self.names.push("RTM_NEWROUTE (a local route)");
        self.batch.message(libc::RTM_NEWROUTE, REQUEST | ACK | CREATE | flags, &rtmsg(ip, bits), |attributes| {
            destination(attributes, ip);
            if let Some(source) = source {
                attributes.add(libc::RTA_PREFSRC, &octets(source));
            }
            if !metrics.is_empty() {
                attributes.nested(libc::RTA_METRICS, |nested| {
                    for (metric, value) in &metrics {
                        nested.add(*metric, &value.to_ne_bytes());
                    }
                });
            }
        });
    }

    fn perform(self) -> Result<(), (&'static str, Errno)> {
        let hears = if self.superseded.is_empty() { 0 } else { libc::RTMGRP_IPV6_ROUTE };
        let notices = Netlink::open(SockProtocol::NetlinkRoute, hears.cast_unsigned())
            .map_err(|errno| ("socket(AF_NETLINK, NETLINK_ROUTE)", errno))?;
        let mut requests = Netlink::open(SockProtocol::NetlinkRoute, 0)
            .map_err(|errno| ("socket(AF_NETLINK, NETLINK_ROUTE)", errno))?;
        transact(&mut requests, &self.batch, &self.names)?;
        if self.superseded.is_empty() {
            return Ok(());
        }
        await_routes(notices, &self.superseded)
            .map_err(|errno| ("waiting for the kernel's routes to the IPv6 addresses", errno))?;
        let (mut batch, mut names) = (Batch::default(), Vec::new());
        for ip in self.superseded {
            names.push("RTM_DELROUTE (the kernel's own local route)");
            batch.message(libc::RTM_DELROUTE, REQUEST | ACK, &rtmsg(ip.into(), 128), |attributes| {
                destination(attributes, ip.into());
            });
        }
        transact(&mut requests, &batch, &names)
    }
}

/// Sends the requests and takes the kernel's acknowledgment of each.
fn transact(netlink: &mut Netlink, batch: &Batch, names: &[&'static str]) -> Result<(), (&'static str, Errno)> {
    netlink.send(batch).map_err(|errno| ("a netlink request", errno))?;
    let mut acknowledged = 0;
    while acknowledged < batch.count() {
        for answer in netlink.receive().map_err(|errno| ("a netlink answer", errno))? {
            if let Some(result) = answer.acknowledged() {
                let name = usize::try_from(answer.seq).ok().and_then(|place| names.get(place));
                result.map_err(|errno| (name.copied().unwrap_or("a netlink request"), errno))?;
                acknowledged += 1;
            }
        }
    }
    Ok(())
}

/// Waits until the kernel has said that its own route to each address is in place: it installs the route of a new IPv6
/// address from a work queue (`addrconf_dad_work`), some time after the address was added.
fn await_routes(mut notices: Netlink, addresses: &[Ipv6Addr]) -> nix::Result<()> {
    let deadline = Instant::now() + ROUTES_WITHIN;
    let mut missing = addresses.to_vec();
    while !missing.is_empty() {
        notices.wait(deadline)?;
        for notice in notices.receive()? {
            missing.retain(|ip| !is_kernels_route(&notice, *ip));
        }
    }
    Ok(())
}

fn is_kernels_route(notice: &Message, ip: Ipv6Addr) -> bool {
    let Some((fixed, rest)) = notice.body.split_first_chunk::<12>() else { return false };
    let is_new_host_route = notice.kind == libc::RTM_NEWROUTE && fixed[1] == 128 && fixed[4] == libc::RT_TABLE_LOCAL;
    let has = |kind, value: &[u8]| attributes(rest).any(|attribute| attribute == (kind, value));
    is_new_host_route && has(libc::RTA_DST, &ip.octets()) && has(libc::RTA_PRIORITY, &0_u32.to_ne_bytes())
}

/// A host's local route, `struct rtmsg`.
fn rtmsg(ip: IpAddr, bits: u8) -> [u8; 12] {
    let (table, protocol, scope) = (libc::RT_TABLE_LOCAL, libc::RTPROT_KERNEL, libc::RT_SCOPE_HOST);
    [family(ip), bits, 0, 0, table, protocol, scope, libc::RTN_LOCAL, 0, 0, 0, 0]
}

fn destination(attributes: &mut Attributes, ip: IpAddr) {
    attributes.add(libc::RTA_DST, &octets(ip));
    attributes.add(libc::RTA_OIF, &LOOPBACK.to_ne_bytes());
}

fn family(ip: IpAddr) -> u8 {
    u8::try_from(if ip.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }).unwrap_or(0)
}

fn bits(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
