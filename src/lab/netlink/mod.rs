//! Netlink (RFC 3549, netlink(7)): routes and addresses of a sandbox, and the kernel's view of its TCP sockets.

mod diag;
mod message;
mod route;

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send, socket,
};

pub use diag::{SockDiag, SockState};
pub(super) use route::{Metrics, configure_loopback};

use message::{Batch, Message, messages};

/// A netlink socket that speaks with the kernel alone.
#[derive(Debug)]
struct Netlink {
    fd: OwnedFd,
    buffer: Vec<u8>,
}

impl Netlink {
    /// Opens a socket in the calling thread's network namespace, which also hears the given multicast groups.
    fn open(protocol: SockProtocol, groups: u32) -> nix::Result<Self> {
        let fd = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol)?;
        bind(fd.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
        Ok(Self { fd, buffer: vec![0; 32 * 1024] })
    }

    fn send(&self, batch: &Batch) -> nix::Result<()> {
        let bytes = batch.as_bytes();
        let sent = send(self.fd.as_raw_fd(), bytes, MsgFlags::empty())?;
        if sent == bytes.len() { Ok(()) } else { Err(Errno::EMSGSIZE) }
    }

    /// The next datagram's messages. The kernel answers a request before `send` returns, so nothing is waited for.
    fn receive(&mut self) -> nix::Result<impl Iterator<Item = Message<'_>>> {
        let length = recv(self.fd.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_DONTWAIT)?;
        Ok(messages(&self.buffer[..length]))
    }

    /// Waits for something to receive; ETIMEDOUT after the deadline.
    fn wait(&self, deadline: Instant) -> nix::Result<()> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            match poll(&mut [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)], timeout) {
                Ok(0) => return Err(Errno::ETIMEDOUT),
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}
