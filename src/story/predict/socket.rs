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
    /// The port was asked for, and is kept when a connection ends (`SOCK_BINDPORT_LOCK`); one that the kernel chose is given back.
    pub port_chosen: bool,
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
    /// `SO_OOBINLINE`.
    pub oob_inline: bool,
    /// `SO_SNDBUF` as it was asked for, in bytes, where it was.
    pub send_buffer: Option<u32>,
    /// `TCP_USER_TIMEOUT`, in nanoseconds; 0 is none.
    pub user_timeout_ns: u64,
    /// `TCP_DEFER_ACCEPT`, in nanoseconds; 0 is off.
    pub defer_accept_ns: u64,
    /// `SO_RCVBUF` as it was asked for, in bytes, where it was.
    pub receive_buffer: Option<u32>,
    /// `TCP_NODELAY`.
    pub no_delay: bool,
    /// `TCP_CORK`.
    pub cork: bool,
    /// `SO_KEEPALIVE`.
    pub keep_alive: bool,
    /// `TCP_KEEPCNT`, where it was set.
    pub keep_count: Option<u32>,
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

impl SocketModel {
    /// A listener with as many connections to accept as it may have (`sk_acceptq_is_full`).
    pub fn is_crowded(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.len() > self.backlog as usize)
    }
}

impl Options {
    /// What asking for an option tells (`sk_getsockopt`, `do_tcp_getsockopt`); none where that depends on sysctls, or on what the
    /// kernel rounds, tunes or changes by itself.
    pub fn told(&self, option: SocketOptionName) -> Option<i64> {
        const SECOND: u64 = 1_000_000_000;
        // The kernel doubles what is asked for, from a least size on; the most is the administrator's choice.
        let buffer = |bytes: Option<u32>, least: i64| {
            bytes.filter(|bytes| *bytes <= 100_000).map(|bytes| (i64::from(bytes) * 2).max(least))
        };
        let exact = |ns: u64, most: u64| i64::try_from(ns).ok().filter(|_| ns <= most);
        match option {
            SocketOptionName::SoLinger => Some(self.linger.map_or(-1, i64::from)),
            SocketOptionName::TcpNodelay => Some(self.no_delay.into()),
            SocketOptionName::TcpCork => Some(self.cork.into()),
            SocketOptionName::SoKeepalive => Some(self.keep_alive.into()),
            SocketOptionName::SoReuseaddr => Some(self.reuse.into()),
            SocketOptionName::SoOobinline => Some(self.oob_inline.into()),
            SocketOptionName::ONonblock => Some(self.nonblocking.into()),
            SocketOptionName::SoRcvtimeo => exact(self.receive_timeout_ns, 0),
            SocketOptionName::SoSndtimeo => exact(self.send_timeout_ns, 0),
            SocketOptionName::TcpUserTimeout => exact(self.user_timeout_ns, u64::MAX),
            SocketOptionName::TcpDeferAccept => exact(self.defer_accept_ns, SECOND),
            SocketOptionName::TcpLinger2 if self.linger2_off => Some(-1),
            SocketOptionName::TcpKeepcnt => self.keep_count.map(i64::from),
            SocketOptionName::SoSndbuf => buffer(self.send_buffer, 4608),
            SocketOptionName::SoRcvbuf => buffer(self.receive_buffer, 2304),
            SocketOptionName::SoError
            | SocketOptionName::TcpLinger2
            | SocketOptionName::TcpKeepidle
            | SocketOptionName::TcpKeepintvl
            | SocketOptionName::TcpQuickack => None,
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
        match option {
            SocketOption::SoLinger(linger) => self.linger = linger,
            SocketOption::SoRcvtimeo(ns) => self.receive_timeout_ns = ns,
            SocketOption::SoSndtimeo(ns) => self.send_timeout_ns = ns,
            SocketOption::ONonblock(on) => self.nonblocking = on,
            SocketOption::TcpNodelay(on) => self.no_delay = on,
            SocketOption::TcpCork(on) => self.cork = on,
            SocketOption::SoKeepalive(on) => self.keep_alive = on,
            SocketOption::TcpKeepcnt(count) => self.keep_count = Some(count),
            SocketOption::SoRcvbuf(bytes) => self.receive_buffer = Some(bytes),
            SocketOption::TcpKeepidle(_) | SocketOption::TcpKeepintvl(_) | SocketOption::TcpQuickack(_) => {}
            SocketOption::SoSndbuf(bytes) => self.send_buffer = Some(bytes),
            SocketOption::TcpUserTimeout(ns) => self.user_timeout_ns = ns,
            SocketOption::TcpDeferAccept(ns) => self.defer_accept_ns = ns,
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
