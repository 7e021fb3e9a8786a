//! The kernel's view of TCP sockets, by `sock_diag(7)`: no privilege needed, no socket touched.

use core::net::{IpAddr, SocketAddr};

use nix::errno::Errno;
use nix::sys::socket::SockProtocol;

use super::message::Batch;
use super::{Message, Netlink};
use crate::lab::LabError;
use crate::record::TcpState;

/// `SOCK_DIAG_BY_FAMILY`, `include/uapi/linux/sock_diag.h`.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// The length of `struct inet_diag_msg`, `include/uapi/linux/inet_diag.h`.
const DIAG_MSG: usize = 72;
/// The length of `struct inet_diag_sockid`.
const SOCKID: usize = 48;

/// A window to the TCP sockets of one network namespace: the one of the thread that opened it.
#[derive(Debug)]
pub struct SockDiag {
    netlink: Netlink,
}

/// What the kernel says about a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SockState {
    /// Its state.
    pub state: TcpState,
    /// Bytes received in order and not yet read; for a listener, connections waiting to be accepted.
    pub unread_bytes: u32,
    /// Bytes written and not yet acknowledged; for a listener, the backlog.
    pub unsent_bytes: u32,
}

impl SockDiag {
    /// Opens it in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the kernel refuses a netlink socket of that family.
    pub fn open() -> Result<Self, LabError> {
        let netlink = Netlink::open(SockProtocol::NetlinkSockDiag, 0).map_err(LabError::failed(
            "cannot ask the kernel for socket states",
            "socket(AF_NETLINK, NETLINK_SOCK_DIAG)",
        ))?;
        Ok(Self { netlink })
    }

    /// The socket with exactly this 4-tuple: also one that no descriptor refers to any more, a request that has not yet
    /// become a connection (`SYN_RECV`), and one in `TIME_WAIT`. None when the kernel knows no such socket.
    ///
    /// # Errors
    /// When the kernel refuses the look-up.
    pub fn state(&mut self, local: SocketAddr, peer: SocketAddr) -> Result<Option<SockState>, LabError> {
        self.look_up(local, peer).map_err(LabError::failed("cannot ask the kernel for a socket's state", "sock_diag"))
    }

    /// The listener that a connection to this address would reach.
    ///
    /// # Errors
    /// When the kernel refuses the look-up.
    pub fn listener(&mut self, local: SocketAddr) -> Result<Option<SockState>, LabError> {
        let nobody = SocketAddr::new(if local.is_ipv4() { [0; 4].into() } else { [0; 16].into() }, 0);
        let found = self.ask(local, nobody);
        let found = found.map_err(LabError::failed("cannot ask the kernel for a listener", "sock_diag"))?;
        Ok(found.filter(|found| found.state.state == TcpState::Listen).map(|found| found.state))
    }

    /// Whether this machine has it at all: looks up what is not there.
    pub(in crate::lab) fn probe() -> nix::Result<()> {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { netlink: Netlink::open(SockProtocol::NetlinkSockDiag, 0)? }.ask(nobody, nobody).map(drop)
    }

    fn look_up(&mut self, local: SocketAddr, peer: SocketAddr) -> nix::Result<Option<SockState>> {
        // A connection that is gone is answered with the listener on its port, so the 4-tuple is compared.
        let found = self.ask(local, peer)?;
        Ok(found.filter(|found| found.local == local && found.peer == peer).map(|found| found.state))
    }

    fn ask(&mut self, local: SocketAddr, peer: SocketAddr) -> nix::Result<Option<Found>> {
        if local.is_ipv4() != peer.is_ipv4() {
            return Ok(None);
        }
        let mut batch = Batch::default();
        batch.message(
            SOCK_DIAG_BY_FAMILY,
            u16::try_from(libc::NLM_F_REQUEST).unwrap_or(1),
            &request(local, peer),
            |_| {},
        );
        self.netlink.send(&batch)?;
        let answer = self.netlink.receive()?.next().ok_or(Errno::EBADMSG)?;
        match answer.acknowledged() {
            Some(Err(Errno::ENOENT)) => Ok(None),
            Some(result) => result.and(Err(Errno::EBADMSG)),
            None => Found::read(&answer).map(Some).ok_or(Errno::EBADMSG),
        }
    }
}

/// `struct inet_diag_req_v2`: every state, no extensions, one socket.
fn request(local: SocketAddr, peer: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut bytes = vec![u8::try_from(family).unwrap_or(0), u8::try_from(libc::IPPROTO_TCP).unwrap_or(0), 0, 0];
    bytes.extend_from_slice(&u32::MAX.to_ne_bytes());
    bytes.extend_from_slice(&local.port().to_be_bytes());
    bytes.extend_from_slice(&peer.port().to_be_bytes());
    bytes.extend_from_slice(&address_bytes(local.ip()));
    bytes.extend_from_slice(&address_bytes(peer.ip()));
    bytes.extend_from_slice(&0_u32.to_ne_bytes()); // any interface
    bytes.extend_from_slice(&[0xff; 8]); // INET_DIAG_NOCOOKIE
    bytes
}

fn address_bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V6(ip) => ip.octets(),
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
    }
}

/// A socket as a `struct inet_diag_msg` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    local: SocketAddr,
    peer: SocketAddr,
    state: SockState,
}

impl Found {
    fn read(message: &Message) -> Option<Self> {
        let bytes = message.body.first_chunk::<DIAG_MSG>()?;
        let id = bytes.get(4..4 + SOCKID)?;
        let port = |at: usize| Some(u16::from_be_bytes(*id.get(at..)?.first_chunk()?));
        let is_ipv4 = i32::from(bytes[0]) == libc::AF_INET;
        let ip = |at: usize| {
            let bytes = id.get(at..)?;
            if is_ipv4 {
                bytes.first_chunk::<4>().copied().map(IpAddr::from)
            } else {
                bytes.first_chunk::<16>().copied().map(IpAddr::from)
            }
        };
        let queue = |at: usize| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
        Some(Self {
            local: SocketAddr::new(ip(4)?, port(0)?),
            peer: SocketAddr::new(ip(20)?, port(2)?),
            state: SockState::from_queues(TcpState::from_number(bytes[1])?, queue(56)?, queue(60)?),
        })
    }
}

impl SockState {
    /// The kernel's queue lengths are differences of sequence numbers (`tcp_diag_get_info`), in which an unread FIN of the
    /// peer and an own SYN or FIN that is not yet acknowledged count one each.
    fn from_queues(state: TcpState, receive: u32, send: u32) -> Self {
        use TcpState::{CloseWait, Closing, FinWait1, LastAck, SynRecv, SynSent};
        let peer_fin = matches!(state, CloseWait | LastAck | Closing);
        let own_flag = matches!(state, SynSent | SynRecv | FinWait1 | LastAck | Closing);
        Self {
            state,
            unread_bytes: receive.saturating_sub(u32::from(peer_fin)),
            unsent_bytes: send.saturating_sub(u32::from(own_flag)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_not_counted_as_bytes() {
        let bytes = |state, receive, send| {
            let state = SockState::from_queues(state, receive, send);
            (state.unread_bytes, state.unsent_bytes)
        };
        assert_eq!(bytes(TcpState::Established, 3, 4), (3, 4));
        assert_eq!(bytes(TcpState::CloseWait, 1, 0), (0, 0));
        assert_eq!(bytes(TcpState::CloseWait, 0, 2), (0, 2));
        assert_eq!(bytes(TcpState::LastAck, 2, 3), (1, 2));
        assert_eq!(bytes(TcpState::FinWait1, 5, 1), (5, 0));
        assert_eq!(bytes(TcpState::SynSent, 0, 1), (0, 0));
    }

    #[test]
    fn a_short_answer_is_not_a_socket() {
        for length in 0..DIAG_MSG {
            let body = vec![2; length];
            assert_eq!(Found::read(&Message { kind: SOCK_DIAG_BY_FAMILY, seq: 0, body: &body }), None);
        }
    }
}
