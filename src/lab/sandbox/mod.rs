//! Where the traffic runs: a network namespace of its own for every run, or the host's loopback where that is refused.
//!
//! [`enter()`] is for the process, once, while it has a single thread; [`Sandbox::open`] is for each run, on its thread.

mod advice;
mod enter;
mod probe;
mod sysctl;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::net::UdpSocket;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::netlink::{Metrics, configure_loopback};
use super::sys::link::{Offload, switch_off};
use super::{Attempt, LabError};
use crate::record::{Family, Network, SandboxKind};

pub(super) use advice::advice;
pub(super) use enter::ground_of;
pub use enter::{Ground, Preference, enter, enter_with};
pub(super) use probe::{Examination, Record, Step, examine};

/// The MTUs of a loopback interface that TCP over IPv4 can live with (RFC 791: 68) and that a captured frame fits.
const MTU: std::ops::RangeInclusive<u32> = 68..=65_536;
/// The smallest MTU with which Linux keeps IPv6 on an interface (RFC 8200, section 5).
const MTU_IPV6: u32 = 1280;
/// The interface that everything runs over.
pub(super) const INTERFACE: &str = "lo";

/// One run's network: made by the run's thread and usable only there, as network namespaces belong to threads.
///
/// Processes and threads that this thread starts are inside too. The namespace goes when the last of them has gone.
#[derive(Debug)]
pub struct Sandbox {
    kind: SandboxKind,
    asked: BTreeMap<String, String>,
    on_this_thread: PhantomData<*const ()>,
}

impl Sandbox {
    /// Makes the network that a scenario asks for.
    ///
    /// In a namespace ground, the calling thread moves into a fresh network namespace, whose loopback interface gets the MTU,
    /// the addresses, no segmentation offload and, unless `network.delayed_ack`, routes that make TCP acknowledge every segment
    /// at once; an unbound connection then comes from `addresses[0]`. Sysctls get known values and then the scenario's.
    ///
    /// On the host's loopback nothing is changed: acknowledgments come as the host's kernel likes.
    ///
    /// # Errors
    /// When the kernel refuses something, or the scenario asks for something that this ground cannot give.
    pub fn open(ground: &Ground, network: &Network, addresses: &[IpAddr]) -> Result<Self, LabError> {
        match ground.kind() {
            SandboxKind::Namespace => open_namespace(network, addresses)?,
            SandboxKind::HostLoopback => check_host(network, addresses)?,
        }
        Ok(Self { kind: ground.kind(), asked: network.sysctl.clone(), on_this_thread: PhantomData })
    }

    /// Where the traffic runs.
    pub fn kind(&self) -> SandboxKind {
        self.kind
    }

    /// Lets orphans wait in `FIN_WAIT2` for as long as a person may think, instead of the minute that the kernel gives them. Only in a
    /// namespace, where it is nobody else's; where `/proc/sys` cannot be written, the minute stays.
    pub(super) fn wait_for_a_person(&self) {
        if self.kind == SandboxKind::Namespace {
            sysctl::set_patient();
        }
    }

    /// The sysctls that matter to TCP and those that the scenario set, with the values that they have now.
    pub fn sysctls(&self) -> BTreeMap<String, String> {
        let names = sysctl::TELLING.iter().copied().chain(self.asked.keys().map(String::as_str));
        names.filter_map(|name| Some((name.to_owned(), sysctl::read(name)?))).collect()
    }
}

/// Whether orphans wait in `FIN_WAIT2` for as long as a person may think, in the calling thread's network namespace.
pub(super) fn orphans_wait() -> bool {
    sysctl::is_patient()
}

/// The address of the actor at that place: 127.0.0.1, 127.0.0.2 and so on; over IPv6 `fd00::1`, `fd00::2` and so on (RFC 4193) in
/// a namespace, and `::1` for everybody on the host's loopback.
pub fn default_address(family: Family, index: usize, kind: SandboxKind) -> IpAddr {
    let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    match (family, kind) {
        (Family::Ipv4, _) => Ipv4Addr::from_bits(0x7f00_0000 | number.min(0x00ff_fffe)).into(),
        (Family::Ipv6, SandboxKind::Namespace) => Ipv6Addr::from_bits((0xfd00 << 112) | u128::from(number)).into(),
        (Family::Ipv6, SandboxKind::HostLoopback) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// Why a scenario cannot run where nothing of the host is changed.
pub(super) const HOST_ALONE: &str =
    "the scenario needs a network of its own, and this run has only the host's loopback";

const WANTED: &str = "cannot make the scenario's network";

fn open_namespace(network: &Network, addresses: &[IpAddr]) -> Result<(), LabError> {
    let has_ipv6 = network.family == Family::Ipv6 || addresses.iter().any(IpAddr::is_ipv6);
    check_mtu(network, has_ipv6)?;
    network.sysctl.keys().try_for_each(|name| sysctl::check_name(name))?;
    unshare(CloneFlags::CLONE_NEWNET).map_err(LabError::failed(WANTED, "unshare(CLONE_NEWNET)"))?;
    if has_ipv6 {
        enable_ipv6()?;
    }
    configure_loopback(network.mtu, addresses, metrics(network))
        .map_err(|(what, errno)| LabError::new(WANTED).tried(what, errno))?;
    switch_offloads_off().map_err(LabError::failed(WANTED, "ioctl(SIOCETHTOOL)"))?;
    sysctl::set_known();
    network.sysctl.iter().try_for_each(|(name, value)| sysctl::write(name, value))
}

fn metrics(network: &Network) -> Metrics {
    let milliseconds = |ns: u64| u32::try_from(ns / 1_000_000).unwrap_or(u32::MAX);
    Metrics { quick_ack: !network.delayed_ack, rto_min_ms: network.rto_min_ns.map(milliseconds) }
}

fn check_mtu(network: &Network, has_ipv6: bool) -> Result<(), LabError> {
    let least = if has_ipv6 { MTU_IPV6 } else { *MTU.start() };
    if (least..=*MTU.end()).contains(&network.mtu) {
        return Ok(());
    }
    let range = format!("it must be from {least} to {}", MTU.end());
    Err(LabError::new(WANTED).tried(format!("an MTU of {}", network.mtu), range))
}

/// A host may have switched IPv6 off, and new namespaces may inherit that (`net.core.devconf_inherit_init_net`).
fn enable_ipv6() -> Result<(), LabError> {
    if sysctl::read("net.ipv6.conf.all.disable_ipv6").is_none() {
        return Err(LabError::new("this kernel has no IPv6")
            .tried("/proc/sys/net/ipv6", Errno::ENOENT)
            .advise("run the scenario over IPv4, or boot without ipv6.disable=1"));
    }
    let switches = ["net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.lo.disable_ipv6"];
    switches
        .into_iter()
        .filter(|name| sysctl::read(name).is_some_and(|value| value != "0"))
        .try_for_each(|name| sysctl::write(name, "0"))
}

fn switch_offloads_off() -> nix::Result<()> {
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    Offload::ALL.into_iter().try_for_each(|offload| switch_off(socket.as_fd(), offload))
}

/// Nothing of the host is changed, so what the scenario asks for must be there already.
fn check_host(network: &Network, addresses: &[IpAddr]) -> Result<(), LabError> {
    let refused = host_refusals(network, addresses);
    if refused.is_empty() {
        return Ok(());
    }
    let mut error = LabError::new(HOST_ALONE);
    error.attempts = refused;
    Err(error.advise("`tcpstory doctor` says why there is no network namespace and what would allow one"))
}

fn host_refusals(network: &Network, addresses: &[IpAddr]) -> Vec<Attempt> {
    let refusal = |what: String, result: &str| Attempt { what, result: result.to_owned() };
    let sysctls = network.sysctl.keys().map(|name| refusal(format!("sysctl {name}"), "it would change the whole host"));
    let chosen = network.mtu_is_chosen || network.mtu != Network::default().mtu;
    let mtu = (chosen && host_mtu() != Some(network.mtu))
        .then(|| refusal(format!("an MTU of {}", network.mtu), "it would change the whole host"));
    let addresses = addresses
        .iter()
        .filter_map(|ip| Some((ip, UdpSocket::bind(SocketAddr::new(*ip, 0)).err()?)))
        .map(|(ip, error)| refusal(format!("the address {ip}"), &error.to_string()));
    let quick = (network.delayed_ack_is_chosen && !network.delayed_ack)
        .then(|| refusal("acknowledgments without delay".to_owned(), "it would change the host's routes"));
    let least = network
        .rto_min_ns
        .map(|_| refusal("a least retransmission timeout".to_owned(), "it would change the host's routes"));
    sysctls.chain(mtu).chain(quick).chain(least).chain(addresses).collect()
}

fn host_mtu() -> Option<u32> {
    std::fs::read_to_string("/sys/class/net/lo/mtu").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_get_addresses_of_their_own_where_the_ground_has_them() {
        let address = |family, index, kind| default_address(family, index, kind).to_string();
        assert_eq!(address(Family::Ipv4, 0, SandboxKind::HostLoopback), "127.0.0.1");
        assert_eq!(address(Family::Ipv4, 2, SandboxKind::Namespace), "127.0.0.3");
        assert_eq!(address(Family::Ipv4, usize::MAX, SandboxKind::Namespace), "127.255.255.254");
        assert_eq!(address(Family::Ipv6, 1, SandboxKind::Namespace), "fd00::2");
        assert_eq!(address(Family::Ipv6, 1, SandboxKind::HostLoopback), "::1");
    }

    #[test]
    fn the_host_is_never_changed() {
        let asked =
            Network { sysctl: [("net.ipv4.tcp_sack".into(), "0".into())].into(), mtu: 1400, ..Network::default() };
        let refused = host_refusals(&asked, &["127.0.0.9".parse().unwrap(), "192.0.2.1".parse().unwrap()]);
        let what: Vec<_> = refused.iter().map(|refusal| refusal.what.as_str()).collect();
        assert_eq!(what, ["sysctl net.ipv4.tcp_sack", "an MTU of 1400", "the address 192.0.2.1"]);
        assert_eq!(host_refusals(&Network::default(), &["127.0.0.1".parse().unwrap()]), []);
    }

    #[test]
    fn an_mtu_must_be_possible() {
        let check =
            |family, mtu| check_mtu(&Network { family, mtu, ..Network::default() }, family == Family::Ipv6).is_ok();
        assert!(check(Family::Ipv4, 68) && check(Family::Ipv4, 65_536) && check(Family::Ipv6, 1280));
        assert!(!check(Family::Ipv4, 67) && !check(Family::Ipv4, 65_537) && !check(Family::Ipv6, 1279));
    }
}
