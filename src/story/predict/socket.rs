//! A program's socket, and the addresses that it asks for.

use std::collections::{BTreeMap, VecDeque};

use crate::record::{ActorId, PollEvent, SocketOption, SocketOptionName};
use crate::story::endpoint::Endpoint;
use crate::story::{EndpointId, EventId};

/// A program's socket, as far as its outcomes depend on it and not on the connection.
#[derive(Clone, Debug, Default)]
pub struct SocketModel {
    /// Its options.
    pub options: Options,
    /// Connections that wait to be accepted; none if it does not listen.
    pub queue: Option<VecDeque<Waiting>>,
    /// How many connections may wait besides one, where it listens.
    pub backlog: u32,
    /// The ACK of a handshake that does not count for `TCP_DEFER_ACCEPT`.
    pub deferred: Option<EventId>,
    /// The connect that began a connection, and whether its result was told.
    pub connect: Option<(EventId, bool)>,
    /// The address that it was bound to, or got by accept.
    pub bound: Option<core::net::SocketAddr>,
    /// It came from accept.
    pub accepted: bool,
    /// A connect has returned before its answer and goes on by itself.
    pub under_way: bool,
    /// The shutdown that met a connect which had failed without anybody being told: no other connect is possible.
    pub disconnecting: Option<EventId>,
    /// How many connections it has begun.
    pub attempts: usize,
    /// The endpoint of a socket without a connection.
    pub unconnected: Endpoint,
    /// What closed the descriptor.
    pub closed: Option<EventId>,
    /// Its registrations, by whose epoll instance and the descriptor's name where that is not the socket's own.
    pub epoll: BTreeMap<(ActorId, Option<String>), EpollModel>,
}

/// The options of a socket on which outcomes depend.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the kernel's socket")]
pub struct Options {
    /// `O_NONBLOCK`.
    pub nonblocking: bool,
    /// `SO_RCVTIMEO`, in nanoseconds; 0 waits for ever.
    pub receive_timeout_ns: u64,
    /// `SO_SNDTIMEO`, in nanoseconds; 0 waits for ever.
    pub send_timeout_ns: u64,
    /// `SO_LINGER` in seconds, where it is on.
    pub linger: Option<u32>,
    /// `TCP_LINGER2`, in nanoseconds, where it was set.
    pub linger2_ns: Option<i64>,
    /// `TCP_LINGER2` is off: an orphan does not wait in `FIN_WAIT2`.
    pub linger2_off: bool,
    /// `SO_REUSEADDR`.
    pub reuse: bool,
    /// `TCP_DEFER_ACCEPT` is on.
    pub defers_accept: bool,
    /// `SO_OOBINLINE`.
    pub oob_inline: bool,
    /// `SO_SNDBUF` as it was asked for, in bytes, where it was.
    pub send_buffer: Option<u32>,
    /// `TCP_USER_TIMEOUT`, in nanoseconds; 0 is none.
    pub user_timeout_ns: u64,
    /// What asking for each would tell, where it was set and the kernel does not round it.
    values: [Option<i64>; SocketOptionName::ALL.len()],
    /// Which were set to something that the kernel rounds.
    rounded: [bool; SocketOptionName::ALL.len()],
}

/// A connection that waits to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Its end here.
    pub endpoint: EndpointId,
    /// The segment that completed its handshake.
    pub completed: EventId,
    /// The options that the listener had at that time: the connection has them from it.
    pub options: Options,
}

/// A socket's registration with epoll.
#[derive(Clone, Debug)]
pub struct EpollModel {
    /// The events asked for.
    pub events: Vec<PollEvent>,
    /// `EPOLLET`.
    pub edge: bool,
    /// It is on the ready list: something happened since it was last told (`ep_poll_callback`).
    pub listed: bool,
}

/// What an option that was set tells (`do_tcp_getsockopt`, `sk_getsockopt`); none where the kernel rounds it in a way of its own, or
/// changes it by itself.
fn told(option: SocketOption) -> Option<i64> {
    const SECOND: u64 = 1_000_000_000;
    let time = |ns: u64| i64::try_from(ns).ok();
    // The kernel doubles what is asked for, from a least size on; the most is the administrator's choice.
    let buffer = |bytes: u32, least: i64| (bytes <= 100_000).then_some((i64::from(bytes) * 2).max(least));
    match option {
        SocketOption::SoLinger(linger) => Some(linger.map_or(-1, i64::from)),
        SocketOption::TcpNodelay(on)
        | SocketOption::SoReuseaddr(on)
        | SocketOption::SoKeepalive(on)
        | SocketOption::TcpCork(on)
        | SocketOption::SoOobinline(on)
        | SocketOption::ONonblock(on) => Some(on.into()),
        SocketOption::SoRcvtimeo(ns) | SocketOption::SoSndtimeo(ns) => (ns == 0).then_some(0),
        SocketOption::TcpDeferAccept(ns) => time(ns).filter(|_| ns <= SECOND),
        SocketOption::TcpKeepidle(ns) | SocketOption::TcpKeepintvl(ns) | SocketOption::TcpUserTimeout(ns) => time(ns),
        SocketOption::TcpLinger2(None) => Some(-1),
        SocketOption::TcpLinger2(Some(ns)) => time(ns).filter(|_| (SECOND..=120 * SECOND).contains(&ns)),
        SocketOption::TcpKeepcnt(count) => Some(count.into()),
        SocketOption::SoSndbuf(bytes) => buffer(bytes, 4608),
        SocketOption::SoRcvbuf(bytes) => buffer(bytes, 2304),
        SocketOption::TcpQuickack(_) => None,
    }
}

/// What a socket tells of an option that nobody has set; none where that depends on sysctls, or on what the kernel tunes.
fn untouched(option: SocketOptionName) -> Option<i64> {
    match option {
        SocketOptionName::SoLinger => Some(-1),
        SocketOptionName::TcpNodelay
        | SocketOptionName::SoRcvtimeo
        | SocketOptionName::SoSndtimeo
        | SocketOptionName::SoReuseaddr
        | SocketOptionName::SoKeepalive
        | SocketOptionName::TcpUserTimeout
        | SocketOptionName::TcpCork
        | SocketOptionName::TcpDeferAccept
        | SocketOptionName::SoOobinline
        | SocketOptionName::ONonblock => Some(0),
        SocketOptionName::SoError
        | SocketOptionName::SoSndbuf
        | SocketOptionName::SoRcvbuf
        | SocketOptionName::TcpKeepidle
        | SocketOptionName::TcpKeepintvl
        | SocketOptionName::TcpKeepcnt
        | SocketOptionName::TcpQuickack
        | SocketOptionName::TcpLinger2 => None,
    }
}

impl Options {
    /// What asking for an option tells, where that is known.
    pub fn told(&self, option: SocketOptionName) -> Option<i64> {
        match self.values[option as usize] {
            None if !self.rounded[option as usize] => untouched(option),
            value => value,
        }
    }

    /// An accepted socket has its listener's options, but not `O_NONBLOCK` (accept(2)).
    #[must_use]
    pub fn of_accepted(mut self) -> Self {
        self.set(SocketOption::ONonblock(false));
        self
    }

    /// An option is set.
    pub fn set(&mut self, option: SocketOption) {
        let place = option.name() as usize;
        self.values[place] = told(option);
        self.rounded[place] = self.values[place].is_none();
        match option {
            SocketOption::SoLinger(linger) => self.linger = linger,
            SocketOption::SoRcvtimeo(ns) => self.receive_timeout_ns = ns,
            SocketOption::SoSndtimeo(ns) => self.send_timeout_ns = ns,
            SocketOption::ONonblock(on) => self.nonblocking = on,
            SocketOption::TcpNodelay(_)
            | SocketOption::SoRcvbuf(_)
            | SocketOption::SoKeepalive(_)
            | SocketOption::TcpKeepidle(_)
            | SocketOption::TcpKeepintvl(_)
            | SocketOption::TcpKeepcnt(_)
            | SocketOption::TcpCork(_)
            | SocketOption::TcpQuickack(_) => {}
            SocketOption::SoSndbuf(bytes) => self.send_buffer = Some(bytes),
            SocketOption::TcpUserTimeout(ns) => self.user_timeout_ns = ns,
            SocketOption::TcpDeferAccept(ns) => self.defers_accept = ns > 0,
            SocketOption::SoOobinline(on) => self.oob_inline = on,
            SocketOption::SoReuseaddr(on) => self.reuse = on,
            SocketOption::TcpLinger2(ns) => {
                self.linger2_ns = ns.and_then(|ns| i64::try_from(ns).ok());
                self.linger2_off = ns.is_none();
            }
        }
    }
}

/// Whether a connect finds a local port (`ip_local_port_range`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// There are enough.
    #[default]
    Free,
    /// All are used, but some only by connections in `TIME_WAIT` that the kernel may replace (`tcp_tw_reuse`).
    Reusable,
    /// All are used.
    Exhausted,
    /// The port that was chosen with bind is in use towards the same address.
    StillUsed,
}

/// What occupies an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupant {
    /// A socket that is open.
    Socket,
    /// A connection that no program has any more, with what closed it.
    Connection(Option<EventId>),
}
