use core::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActorId, Bytes};

/// One call on a socket: the closed vocabulary shared by the scenario language, the actors and the model.
///
/// Adding a call is a variant here; the compiler then leads to the three places that must know it: perform
/// (`lab::actor`), predict (`story::endpoint`) and print (`report::words`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Call {
    /// socket(2): a TCP stream socket of the scenario's family.
    Socket,
    /// bind(2).
    Bind {
        /// The address to bind to.
        to: Address,
    },
    /// listen(2).
    Listen {
        /// The most connections that may wait to be accepted.
        backlog: u32,
    },
    /// connect(2).
    Connect {
        /// Where to.
        to: Target,
    },
    /// accept(2) on the actor's listener `from`; the step's own socket is the new connection.
    Accept {
        /// The listener's name.
        from: String,
    },
    /// read(2).
    Read {
        /// The size of the buffer, in bytes.
        size: u64,
    },
    /// write(2).
    Write {
        /// What to write.
        data: Data,
    },
    /// recv(2).
    Recv {
        /// The size of the buffer, in bytes.
        size: u64,
        /// Flags.
        flags: Vec<MsgFlag>,
    },
    /// send(2).
    Send {
        /// What to send.
        data: Data,
        /// Flags.
        flags: Vec<MsgFlag>,
    },
    /// shutdown(2).
    Shutdown {
        /// Which direction.
        how: ShutdownHow,
    },
    /// close(2).
    Close,
    /// setsockopt(2), or fcntl(2) for `O_NONBLOCK`.
    Setsockopt {
        /// The option and its value.
        option: SocketOption,
    },
    /// getsockopt(2), or fcntl(2) for `O_NONBLOCK`.
    Getsockopt {
        /// The option.
        option: SocketOptionName,
    },
    /// poll(2) on one socket.
    Poll {
        /// The events asked for.
        events: Vec<PollEvent>,
        /// How long to wait, in nanoseconds; none waits for ever.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        timeout_ns: Option<u64>,
    },
    /// getsockname(2).
    Getsockname,
    /// getpeername(2).
    Getpeername,
    /// sendfile(2) of a whole file: one in memory that holds this data.
    Sendfile {
        /// What the file holds.
        data: Data,
    },
    /// `epoll_create1(2)`: an epoll instance for this socket alone. Implied by the first `epoll_wait`.
    EpollCreate,
    /// `epoll_ctl(2)` of the socket. Implied by an `epoll_wait` that asks for something else than before.
    EpollCtl {
        /// `EPOLL_CTL_ADD` the first time, `EPOLL_CTL_MOD` later.
        add: bool,
        /// The events asked for, by the names of poll(2), whose values are the same.
        events: Vec<PollEvent>,
        /// `EPOLLET`: tell each change once.
        edge: bool,
    },
    /// `epoll_wait(2)` on the socket's epoll instance.
    EpollWait {
        /// The events asked for, by the names of poll(2), whose values are the same.
        events: Vec<PollEvent>,
        /// `EPOLLET`: tell each change once.
        edge: bool,
        /// How long to wait, in nanoseconds; none waits for ever.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        timeout_ns: Option<u64>,
    },
    /// socketpair(2): two connected stream sockets of `AF_UNIX`; the step's own socket is the first.
    Socketpair {
        /// Their names.
        names: [String; 2],
    },
    /// pipe(2): a pipe; the step's own socket is its read end.
    Pipe {
        /// The names of the read end and of the write end.
        names: [String; 2],
    },
    /// dup(2): a second descriptor for the same socket.
    Dup {
        /// The name of the new descriptor.
        to: String,
    },
    /// fork(2): a new actor that has every descriptor of this one.
    ///
    /// The child is made by clone(2) with `CLONE_PARENT`, so that the conductor, not the parent, learns of its end.
    Fork {
        /// The child.
        child: ActorId,
    },
    /// clone(2) with `CLONE_FILES`: a new actor that shares the descriptor table of this one, as threads do. What one opens or
    /// closes the other has opened or closed.
    ///
    /// Unlike a thread it has memory, signals and an end of its own, so that an actor remains a process.
    Clone {
        /// The new actor.
        child: ActorId,
    },
    /// The socket disappears without a segment, as when its machine loses power: `TCP_REPAIR` is set, then
    /// connect(2) to `AF_UNSPEC` ends the connection and close(2) the socket.
    Vanish,
    /// `_exit(2)`: the process ends without closing anything itself.
    Exit {
        /// The exit code.
        code: u8,
    },
}

impl Call {
    /// The call's name in C, which is also its name in the scenario language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Connect { .. } => "connect",
            Self::Accept { .. } => "accept",
            Self::Read { .. } => "read",
            Self::Write { .. } => "write",
            Self::Recv { .. } => "recv",
            Self::Send { .. } => "send",
            Self::Shutdown { .. } => "shutdown",
            Self::Close => "close",
            Self::Setsockopt { .. } => "setsockopt",
            Self::Getsockopt { .. } => "getsockopt",
            Self::Poll { .. } => "poll",
            Self::Getsockname => "getsockname",
            Self::Getpeername => "getpeername",
            Self::Sendfile { .. } => "sendfile",
            Self::EpollCreate => "epoll_create1",
            Self::EpollCtl { .. } => "epoll_ctl",
            Self::EpollWait { .. } => "epoll_wait",
            Self::Socketpair { .. } => "socketpair",
            Self::Pipe { .. } => "pipe",
            Self::Dup { .. } => "dup",
            Self::Fork { .. } => "fork",
            Self::Clone { .. } => "clone",
            Self::Vanish => "vanish",
            Self::Exit { .. } => "exit",
        }
    }

    /// The actor that the call makes, for fork and clone.
    pub fn child(&self) -> Option<ActorId> {
        match self {
            Self::Fork { child } | Self::Clone { child } => Some(*child),
            _ => None,
        }
    }

    /// The bytes that the call hands to the kernel, for write, send and sendfile.
    pub fn data(&self) -> Option<&Data> {
        match self {
            Self::Write { data } | Self::Send { data, .. } | Self::Sendfile { data } => Some(data),
            _ => None,
        }
    }
}

/// An address to bind to. Missing parts come from the actor: its own address, and for a listener its port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// The address; none is the actor's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip: Option<core::net::IpAddr>,
    /// The port; none is the actor's listening port for a listener, and 0 (the kernel chooses) otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<u16>,
}

/// Where a connect goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An actor's listening address, whether it listens or not.
    Actor(ActorId),
    /// An address of the sandbox.
    Address(SocketAddr),
}

/// Bytes to write, as the author gave them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// UTF-8 text.
    Text(String),
    /// Bytes given in hexadecimal.
    Hex(Bytes),
    /// A pattern repeated until the size is reached; the last repetition may be cut.
    Repeat {
        /// The pattern, not empty.
        pattern: Bytes,
        /// The size of the whole, in bytes.
        size: u64,
    },
}

impl Data {
    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Hex(bytes) => bytes.0.clone(),
            Self::Repeat { pattern, size } => {
                let size = usize::try_from(*size).unwrap_or(usize::MAX);
                pattern.0.iter().copied().cycle().take(size).collect()
            }
        }
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Hex(bytes) => bytes.0.len() as u64,
            Self::Repeat { pattern, size } => {
                if pattern.0.is_empty() {
                    0
                } else {
                    *size
                }
            }
        }
    }
}

/// A C constant by name: gives an enum its names in files and messages.
macro_rules! constants {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in C.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The value with that name in C.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }

            /// What it means, in a sentence or two. Markdown.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

constants! {
    /// A flag of send(2) or recv(2).
    MsgFlag {
        /// No SIGPIPE with EPIPE.
        NoSignal = "MSG_NOSIGNAL",
        /// Read and leave the bytes in the queue.
        Peek = "MSG_PEEK",
        /// Do not block, for this call only.
        DontWait = "MSG_DONTWAIT",
        /// Wait until the buffer is full (recv).
        WaitAll = "MSG_WAITALL",
        /// Urgent data: the last byte is sent, or the urgent byte is read.
        Oob = "MSG_OOB",
        /// More is to come: hold back what does not fill a segment, for this call only.
        More = "MSG_MORE",
    }
}

constants! {
    /// An event of poll(2).
    PollEvent {
        /// Something can be read, or a read would say end of file or an error.
        In = "POLLIN",
        /// Urgent data.
        Pri = "POLLPRI",
        /// The send buffer has room, or a write would fail at once.
        Out = "POLLOUT",
        /// An error is pending; always reported.
        Err = "POLLERR",
        /// Both directions are closed; always reported.
        Hup = "POLLHUP",
        /// The peer will send no more (Linux).
        RdHup = "POLLRDHUP",
        /// Not an open descriptor; always reported.
        Nval = "POLLNVAL",
    }
}

impl PollEvent {
    /// The names of the events that epoll has too: `EPOLLIN` and so on.
    pub fn epoll_names() -> impl Iterator<Item = &'static str> + Clone {
        ["EPOLLIN", "EPOLLPRI", "EPOLLOUT", "EPOLLERR", "EPOLLHUP", "EPOLLRDHUP"].into_iter()
    }

    /// The event that epoll calls so.
    pub fn from_epoll_name(name: &str) -> Option<Self> {
        let name = Self::epoll_names().find(|known| *known == name)?;
        Self::from_name(&name[1..])
    }
}

constants! {
    /// The direction that shutdown(2) closes.
    ShutdownHow {
        /// No more reading.
        Read = "SHUT_RD",
        /// No more writing: sends a FIN.
        Write = "SHUT_WR",
        /// Both.
        Both = "SHUT_RDWR",
    }
}

constants! {
    /// An option that can be set or asked for.
    SocketOptionName {
        /// What close does with unsent data.
        SoLinger = "SO_LINGER",
        /// The pending error; asking for it clears it. Cannot be set.
        SoError = "SO_ERROR",
        /// Nagle's algorithm off.
        TcpNodelay = "TCP_NODELAY",
        /// How long a read may block.
        SoRcvtimeo = "SO_RCVTIMEO",
        /// How long a write or connect may block.
        SoSndtimeo = "SO_SNDTIMEO",
        /// The send buffer, in bytes; Linux doubles what is asked.
        SoSndbuf = "SO_SNDBUF",
        /// The receive buffer, in bytes; Linux doubles what is asked.
        SoRcvbuf = "SO_RCVBUF",
        /// Bind in spite of connections in `TIME_WAIT`.
        SoReuseaddr = "SO_REUSEADDR",
        /// Probe a connection on which nothing was heard for long.
        SoKeepalive = "SO_KEEPALIVE",
        /// How long nothing must have been heard before the first keep-alive probe.
        TcpKeepidle = "TCP_KEEPIDLE",
        /// The time between keep-alive probes.
        TcpKeepintvl = "TCP_KEEPINTVL",
        /// How many keep-alive probes may stay unanswered.
        TcpKeepcnt = "TCP_KEEPCNT",
        /// How long sent data may stay unacknowledged before the connection is given up.
        TcpUserTimeout = "TCP_USER_TIMEOUT",
        /// Hold back what does not fill a segment, until it is switched off.
        TcpCork = "TCP_CORK",
        /// Acknowledge at once; the kernel may leave this mode by itself.
        TcpQuickack = "TCP_QUICKACK",
        /// A listener wakes accept only when data has come, or after about this time.
        TcpDeferAccept = "TCP_DEFER_ACCEPT",
        /// How long a closed socket stays in `FIN_WAIT2`.
        TcpLinger2 = "TCP_LINGER2",
        /// Leave urgent bytes in the stream.
        SoOobinline = "SO_OOBINLINE",
        /// Calls return EAGAIN instead of blocking (fcntl).
        ONonblock = "O_NONBLOCK",
    }
}

/// What kind of value an option has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionShape {
    /// On or off.
    Switch,
    /// A size in bytes.
    Bytes,
    /// A number from 1 to this one.
    Count(u32),
    /// A time that the kernel is given in this unit (in nanoseconds), from a least to a most of it.
    Time {
        /// Nanoseconds of the unit.
        unit_ns: u64,
        /// The least, in units.
        least: u64,
        /// The most, in units.
        most: u64,
    },
    /// Whole seconds, or off.
    Linger,
    /// A time in whole seconds, or off.
    TimeOrOff,
    /// An error; it can only be asked for.
    Error,
}

impl SocketOptionName {
    /// What kind of value it has.
    pub fn shape(self) -> OptionShape {
        const SECOND: u64 = 1_000_000_000;
        let time = |unit_ns, least, most| OptionShape::Time { unit_ns, least, most };
        match self {
            Self::SoLinger => OptionShape::Linger,
            Self::SoError => OptionShape::Error,
            Self::SoRcvtimeo | Self::SoSndtimeo => time(1, 0, 3_600 * SECOND),
            Self::TcpKeepidle | Self::TcpKeepintvl => time(SECOND, 1, 3_600),
            Self::TcpUserTimeout => time(1_000_000, 0, 3_600_000),
            Self::TcpDeferAccept => time(SECOND, 0, 3_600),
            Self::TcpLinger2 => OptionShape::TimeOrOff,
            Self::TcpKeepcnt => OptionShape::Count(127),
            Self::SoSndbuf | Self::SoRcvbuf => OptionShape::Bytes,
            Self::TcpNodelay
            | Self::SoReuseaddr
            | Self::SoKeepalive
            | Self::TcpCork
            | Self::TcpQuickack
            | Self::SoOobinline
            | Self::ONonblock => OptionShape::Switch,
        }
    }
}

/// An option with the value to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SocketOption {
    /// `l_onoff` and `l_linger`: none is off, `Some(0)` makes close send an RST.
    #[serde(rename = "SO_LINGER")]
    SoLinger(Option<u32>),
    /// On or off.
    #[serde(rename = "TCP_NODELAY")]
    TcpNodelay(bool),
    /// In nanoseconds; 0 waits for ever. The kernel rounds up to its tick.
    #[serde(rename = "SO_RCVTIMEO")]
    SoRcvtimeo(u64),
    /// In nanoseconds; 0 waits for ever. The kernel rounds up to its tick.
    #[serde(rename = "SO_SNDTIMEO")]
    SoSndtimeo(u64),
    /// In bytes.
    #[serde(rename = "SO_SNDBUF")]
    SoSndbuf(u32),
    /// In bytes.
    #[serde(rename = "SO_RCVBUF")]
    SoRcvbuf(u32),
    /// On or off.
    #[serde(rename = "SO_REUSEADDR")]
    SoReuseaddr(bool),
    /// On or off.
    #[serde(rename = "SO_KEEPALIVE")]
    SoKeepalive(bool),
    /// In nanoseconds: whole seconds, from 1 to 32,767.
    #[serde(rename = "TCP_KEEPIDLE")]
    TcpKeepidle(u64),
    /// In nanoseconds: whole seconds, from 1 to 32,767.
    #[serde(rename = "TCP_KEEPINTVL")]
    TcpKeepintvl(u64),
    /// From 1 to 127.
    #[serde(rename = "TCP_KEEPCNT")]
    TcpKeepcnt(u32),
    /// In nanoseconds: whole milliseconds; 0 is the kernel's habit.
    #[serde(rename = "TCP_USER_TIMEOUT")]
    TcpUserTimeout(u64),
    /// On or off.
    #[serde(rename = "TCP_CORK")]
    TcpCork(bool),
    /// On or off.
    #[serde(rename = "TCP_QUICKACK")]
    TcpQuickack(bool),
    /// In nanoseconds: whole seconds; 0 is off. The kernel rounds up to a number of retransmissions of the SYN-ACK.
    #[serde(rename = "TCP_DEFER_ACCEPT")]
    TcpDeferAccept(u64),
    /// In nanoseconds: whole seconds; none is −1: no `FIN_WAIT2` at all once nobody holds the socket.
    #[serde(rename = "TCP_LINGER2")]
    TcpLinger2(Option<u64>),
    /// On or off.
    #[serde(rename = "SO_OOBINLINE")]
    SoOobinline(bool),
    /// On or off.
    #[serde(rename = "O_NONBLOCK")]
    ONonblock(bool),
}

impl SocketOption {
    /// Which option it is.
    pub fn name(self) -> SocketOptionName {
        match self {
            Self::SoLinger(_) => SocketOptionName::SoLinger,
            Self::TcpNodelay(_) => SocketOptionName::TcpNodelay,
            Self::SoRcvtimeo(_) => SocketOptionName::SoRcvtimeo,
            Self::SoSndtimeo(_) => SocketOptionName::SoSndtimeo,
            Self::SoSndbuf(_) => SocketOptionName::SoSndbuf,
            Self::SoRcvbuf(_) => SocketOptionName::SoRcvbuf,
            Self::SoReuseaddr(_) => SocketOptionName::SoReuseaddr,
            Self::SoKeepalive(_) => SocketOptionName::SoKeepalive,
            Self::TcpKeepidle(_) => SocketOptionName::TcpKeepidle,
            Self::TcpKeepintvl(_) => SocketOptionName::TcpKeepintvl,
            Self::TcpKeepcnt(_) => SocketOptionName::TcpKeepcnt,
            Self::TcpUserTimeout(_) => SocketOptionName::TcpUserTimeout,
            Self::TcpCork(_) => SocketOptionName::TcpCork,
            Self::TcpQuickack(_) => SocketOptionName::TcpQuickack,
            Self::TcpDeferAccept(_) => SocketOptionName::TcpDeferAccept,
            Self::TcpLinger2(_) => SocketOptionName::TcpLinger2,
            Self::SoOobinline(_) => SocketOptionName::SoOobinline,
            Self::ONonblock(_) => SocketOptionName::ONonblock,
        }
    }
}
