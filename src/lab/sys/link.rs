//! Settings of network interfaces that have no safe wrapper.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

/// A switch of an interface (`include/uapi/linux/ethtool.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(in crate::lab) enum Offload {
    /// TCP segmentation left to the device (`ETHTOOL_STSO`).
    Tso = 0x1f,
    /// Segmentation as late as possible (`ETHTOOL_SGSO`).
    Gso = 0x24,
    /// Received segments merged (`ETHTOOL_SGRO`).
    Gro = 0x2c,
}

impl Offload {
    /// Every switch.
    pub(in crate::lab) const ALL: [Self; 3] = [Self::Tso, Self::Gso, Self::Gro];
}

/// `struct ethtool_value`.
#[repr(C)]
struct EthtoolValue {
    cmd: u32,
    data: u32,
}

/// Switches an offload of the loopback interface off, in the network namespace of the socket (`SIOCETHTOOL`).
pub(in crate::lab) fn switch_off(socket: BorrowedFd<'_>, offload: Offload) -> nix::Result<()> {
    let mut value = EthtoolValue { cmd: offload as u32, data: 0 };
    // SAFETY: an ifreq of zeros is valid: an empty name and a null pointer.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo\0") {
        *to = (*from).cast_signed();
    }
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the descriptor is open, the request and the value that it points to outlive the call, and this command
    // reads and writes an ethtool_value.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL, &raw mut request) }).map(drop)
}
