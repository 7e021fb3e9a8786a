//! Trying things in a forked child: whether a whole chain works can only be known by doing it, and entering a namespace
//! cannot be undone.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, socket, sockopt::ReceiveTimestampns};
use nix::unistd::{Gid, Uid, getegid, geteuid};

use super::default_address;
use super::sysctl::is_writable as sysctl_is_writable;
use crate::lab::netlink::{Metrics, SockDiag, configure_loopback};
use crate::lab::sys::fork::{Child, in_child};
use crate::lab::sys::packet::{AuxData, IgnoreOutgoing};
use crate::record::{Family, SandboxKind};

/// Something that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lab) enum Step {
    /// A network namespace alone.
    NetworkNamespace,
    /// A user namespace with a network namespace.
    UserNamespace,
    /// `/proc/self/setgroups`.
    Setgroups,
    /// `/proc/self/uid_map`.
    UidMap,
    /// `/proc/self/gid_map`.
    GidMap,
    /// The loopback interface of the new namespace up.
    LoopbackUp,
    /// A packet socket in the new namespace.
    PacketSocket,
    /// A packet socket in the host's namespace.
    HostPacketSocket,
    /// Time stamps and checksum status of frames.
    FrameStamps,
    /// The kernel's view of sockets.
    SockDiag,
    /// A sysctl of the new namespace.
    Sysctl,
    /// IPv6 addresses.
    Ipv6,
}

impl Step {
    const ALL: [Self; 12] = [
        Self::NetworkNamespace,
        Self::UserNamespace,
        Self::Setgroups,
        Self::UidMap,
        Self::GidMap,
        Self::LoopbackUp,
        Self::PacketSocket,
        Self::HostPacketSocket,
        Self::FrameStamps,
        Self::SockDiag,
        Self::Sysctl,
        Self::Ipv6,
    ];

    /// The operation, as it is written in a manual page.
    pub(in crate::lab) fn what(self) -> &'static str {
        match self {
            Self::NetworkNamespace => "unshare(CLONE_NEWNET)",
            Self::UserNamespace => "unshare(CLONE_NEWUSER | CLONE_NEWNET)",
            Self::Setgroups => "writing /proc/self/setgroups",
            Self::UidMap => "writing /proc/self/uid_map",
            Self::GidMap => "writing /proc/self/gid_map",
            Self::LoopbackUp => "setting lo up in the new namespace",
            Self::PacketSocket => "socket(AF_PACKET) in the new namespace",
            Self::HostPacketSocket => "socket(AF_PACKET) on the host's network",
            Self::FrameStamps => "setsockopt(SO_TIMESTAMPNS, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING)",
            Self::SockDiag => "socket(AF_NETLINK, NETLINK_SOCK_DIAG) and a look-up",
            Self::Sysctl => "opening net.ipv4.tcp_fin_timeout for writing",
            Self::Ipv6 => "IPv6 addresses on lo",
        }
    }
}

/// What was tried, in order, and how it ended.
pub(in crate::lab) type Record = Vec<(Step, Result<(), Errno>)>;

/// What a probing child may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// A network namespace, alone or else with a user namespace, up to a packet socket.
    Namespace,
    /// The host's loopback.
    Host,
}

/// Ends a child's report.
const END: u8 = b'.';

/// Tries what [`enter()`](super::enter()) needs. The child is left to be waited for: the kernel takes some 15 ms to close its
/// packet socket.
pub(super) fn attempt(chain: Chain) -> nix::Result<(Child, Record)> {
    report_of(move |report| match chain {
        Chain::Namespace => namespace(report),
        Chain::Host => report.try_step(Step::HostPacketSocket, packet_socket),
    })
}

/// What each way to a ground meets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lab) struct Examination {
    /// A network namespace alone.
    pub(in crate::lab) alone: Record,
    /// A user namespace with a network namespace.
    pub(in crate::lab) with_user: Record,
    /// The host's loopback.
    pub(in crate::lab) host: Record,
}

/// Tries everything that can be tried, each way in a child of its own.
pub(in crate::lab) fn examine() -> nix::Result<Examination> {
    Ok(Examination {
        alone: report_of(|report| furnish(alone(report), report))?.1,
        with_user: report_of(|report| furnish(with_user(report), report))?.1,
        host: attempt(Chain::Host)?.1,
    })
}

/// What a run needs beyond a packet socket.
fn furnish(packets: Option<OwnedFd>, report: &mut Report) {
    let Some(packets) = packets else { return };
    report.try_step(Step::FrameStamps, || stamps(&packets));
    report.try_step(Step::SockDiag, SockDiag::probe);
    report.try_step(Step::Sysctl, || io(sysctl_is_writable("net.ipv4.tcp_fin_timeout")));
    report.try_step(Step::Ipv6, || {
        let addresses = [1, 2].map(|place| default_address(Family::Ipv6, place, SandboxKind::Namespace));
        configure_loopback(1500, &addresses, Metrics { quick_ack: true, rto_min_ms: None }).map_err(|(_, errno)| errno)
    });
}

/// Maps the own user and group to themselves in a new user namespace (`user_namespaces(7)`).
pub(super) fn map_ids(uid: Uid, gid: Gid, mut each: impl FnMut(Step, nix::Result<()>) -> bool) -> bool {
    each(Step::Setgroups, io(fs::write("/proc/self/setgroups", "deny")))
        && each(Step::UidMap, io(fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))))
        && each(Step::GidMap, io(fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))))
}

fn namespace(report: &mut Report) -> Option<OwnedFd> {
    alone(report).or_else(|| with_user(report))
}

fn alone(report: &mut Report) -> Option<OwnedFd> {
    report.try_step(Step::NetworkNamespace, || unshare(CloneFlags::CLONE_NEWNET))?;
    packets(report)
}

fn with_user(report: &mut Report) -> Option<OwnedFd> {
    let (uid, gid) = (geteuid(), getegid());
    report.try_step(Step::UserNamespace, || unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET))?;
    map_ids(uid, gid, |step, result| report.try_step(step, || result).is_some()).then_some(())?;
    packets(report)
}

fn packets(report: &mut Report) -> Option<OwnedFd> {
    report
        .try_step(Step::LoopbackUp, || configure_loopback(1500, &[], Metrics::default()).map_err(|(_, errno)| errno))?;
    report.try_step(Step::PacketSocket, packet_socket)
}

fn packet_socket() -> nix::Result<OwnedFd> {
    socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)
}

fn stamps(packets: &OwnedFd) -> nix::Result<()> {
    setsockopt(packets, ReceiveTimestampns, &true)?;
    setsockopt(packets, AuxData, &true)?;
    setsockopt(packets, IgnoreOutgoing, &true)
}

fn io(result: std::io::Result<()>) -> nix::Result<()> {
    result.map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
}

/// The child keeps what `work` returns until it has reported: closing it may take long.
fn report_of<T>(work: impl FnOnce(&mut Report) -> T) -> nix::Result<(Child, Record)> {
    let (child, text) = in_child(END, |writer| {
        let mut report = Report { writer };
        let kept = work(&mut report);
        report.say(&[END]);
        drop(kept);
    })?;
    Ok((child, parse(&String::from_utf8_lossy(&text))))
}

/// The child's side: a line for each step, its number and its errno, written as it happens.
struct Report {
    writer: File,
}

impl Report {
    fn try_step<T>(&mut self, step: Step, work: impl FnOnce() -> nix::Result<T>) -> Option<T> {
        let result = work();
        let errno = result.as_ref().err().map_or(0, |errno| *errno as i32);
        self.say(format!("{} {errno}\n", step as u8).as_bytes());
        result.ok()
    }

    /// A parent that has gone reads nothing any more; the child then ends as it would anyway.
    fn say(&mut self, bytes: &[u8]) {
        drop(self.writer.write_all(bytes));
    }
}

fn parse(text: &str) -> Record {
    let line = |line: &str| {
        let (step, errno) = line.split_once(' ')?;
        let step = *Step::ALL.get(step.parse::<usize>().ok()?)?;
        let errno = errno.parse().ok()?;
        Some((step, if errno == 0 { Ok(()) } else { Err(Errno::from_raw(errno)) }))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back() {
        for (number, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step as usize, number);
            assert_eq!(parse(&format!("{number} 0\n{number} 1\n")), [(step, Ok(())), (step, Err(Errno::EPERM))]);
        }
        assert_eq!(parse("99 0\nx\n1"), []);
    }
}
