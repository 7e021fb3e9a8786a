//! Options of packet sockets that have no safe wrapper (packet(7), `include/uapi/linux/if_packet.h`).

use std::os::fd::AsFd;

use nix::sys::socket::{getsockopt, setsockopt};
use nix::{getsockopt_impl, setsockopt_impl, sockopt_impl};

sockopt_impl!(
    /// Outgoing frames are not delivered: on loopback each would come twice.
    IgnoreOutgoing, SetOnly, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, bool
);
sockopt_impl!(
    /// Each frame comes with a `tpacket_auxdata` control message.
    AuxData, SetOnly, libc::SOL_PACKET, libc::PACKET_AUXDATA, bool
);
sockopt_impl!(Statistics, GetOnly, libc::SOL_PACKET, libc::PACKET_STATISTICS, libc::tpacket_stats);
sockopt_impl!(AttachFilter, SetOnly, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, libc::sock_fprog);

/// What the socket counted since it was last asked: frames that passed the filter, and how many of them found no space.
pub(in crate::lab) fn statistics(socket: &impl AsFd) -> nix::Result<(u64, u64)> {
    let counted = getsockopt(socket, Statistics)?;
    Ok((u64::from(counted.tp_packets), u64::from(counted.tp_drops)))
}

/// Attaches a classic BPF filter; the kernel checks and copies it.
pub(in crate::lab) fn attach_filter(socket: &impl AsFd, filter: &mut [libc::sock_filter]) -> nix::Result<()> {
    let len = u16::try_from(filter.len()).map_err(|_| nix::errno::Errno::EINVAL)?;
    setsockopt(socket, AttachFilter, &libc::sock_fprog { len, filter: filter.as_mut_ptr() })
}
