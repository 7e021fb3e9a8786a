//! Descriptors that an actor hands to its conductor.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

use crate::lab::sys::process::received;

/// Sends a message with a descriptor.
pub(super) fn lend(control: &UnixStream, message: &[u8], fd: RawFd) -> io::Result<()> {
    let fds = [fd];
    let parts = [IoSlice::new(message)];
    let rights = [ControlMessage::ScmRights(&fds)];
    let sent = sendmsg::<()>(control.as_raw_fd(), &parts, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
    // A message of a few bytes goes whole into an empty socket buffer.
    if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Takes what has arrived, without waiting, and the descriptor that came with it.
pub(super) fn take(control: BorrowedFd<'_>, buffer: &mut [u8]) -> nix::Result<(usize, Option<OwnedFd>)> {
    let mut space = cmsg_space!([RawFd; 1]);
    let mut parts = [IoSliceMut::new(buffer)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(control.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let rights = message.cmsgs()?.find_map(|rights| match rights {
        ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
        _ => None,
    });
    Ok((message.bytes, rights.map(received)))
}
