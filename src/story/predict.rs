//! What a call will return, told from the state of the endpoint before it.

mod connect;
mod read;
mod ready;
mod socket;
mod write;

pub use connect::{after_lingering, may_linger};
pub use ready::{at_a_small_window, without_room};
pub use socket::{EpollModel, Occupant, Options, Ports, SocketModel, Waiting};
pub use write::{may_wait, when_the_buffer_is_full};

use super::endpoint::{Endpoint, Waited};
use super::{EventId, Fact, Predicted};
use crate::record::{Call, Errno, PollEvent, SigpipeDisposition, TcpState};

/// An outcome that the model allows, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The outcome.
    pub outcome: Predicted,
    /// The rule that says so.
    pub rule: &'static str,
    /// The events that it rests on; the nearest cause first.
    pub because: Vec<EventId>,
    /// What a sentence about it needs.
    pub fact: Fact,
}

/// What a prediction looks at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The socket.
    pub socket: &'a SocketModel,
    /// Its options, as they were when the call began.
    pub options: Options,
    /// Its endpoint.
    pub endpoint: &'a Endpoint,
    /// What has reset the connection that an accept would take.
    pub waits_reset: Option<EventId>,
    /// Whether a connect can have a port of its own.
    pub ports: Ports,
    /// What occupies the address that a bind asks for.
    pub occupied_by: Option<Occupant>,
    /// What the caller does with SIGPIPE.
    pub sigpipe: SigpipeDisposition,
    /// The registration of the caller's descriptor with epoll.
    pub epoll: Option<&'a EpollModel>,
    /// What closed the caller's descriptor.
    pub closed: Option<EventId>,
    /// Other descriptors refer to the socket: of this process or another.
    pub shared: bool,
    /// Another who shares the descriptor is in a call on it.
    pub in_a_call: bool,
    /// How many bytes the call has copied already: they are out of the queue, and not yet returned.
    pub held: u64,
    /// How many of the bytes in the queue it has copied without taking them.
    pub peeked: u64,
}

pub(super) fn plain(outcome: Predicted, rule: &'static str) -> Foreseen {
    Foreseen { outcome, rule, because: Vec::new(), fact: Fact::default() }
}

impl Foreseen {
    pub(super) fn role(mut self, name: &'static str, event: EventId) -> Self {
        self.because.push(event);
        self.fact.roles.push((name, event));
        self
    }

    fn maybe_role(self, name: &'static str, event: Option<EventId>) -> Self {
        match event {
            Some(event) => self.role(name, event),
            None => self,
        }
    }

    fn in_state(mut self, state: TcpState) -> Self {
        self.fact.state = Some(state);
        self
    }

    pub(super) fn bytes(mut self, bytes: u64) -> Self {
        self.fact.bytes = Some(bytes);
        self
    }
}

pub(super) fn fails(errno: Errno, rule: &'static str) -> Foreseen {
    let mut foreseen = plain(Predicted::Error(errno), rule);
    foreseen.fact.errno = Some(errno);
    foreseen
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What the call will do if nothing arrives meanwhile.
pub fn predict(view: View<'_>, call: &Call) -> Foreseen {
    let makes = matches!(call, Call::Socket | Call::Socketpair { .. } | Call::Pipe { .. });
    let needs_none =
        makes || matches!(call, Call::Fork { .. } | Call::Clone { .. } | Call::Exit { .. } | Call::EpollCreate);
    if let (Some(close), false) = (view.closed, needs_none) {
        if matches!(call, Call::Poll { .. }) {
            return poll_of_closed(close);
        }
        if let Call::EpollWait { timeout_ns, .. } = call {
            return view.epoll_of_closed(*timeout_ns, close);
        }
        return fails(Errno::EBADF, "closed-descriptor-gives-ebadf").role("close", close);
    }
    match call {
        Call::Socket => plain(Predicted::Descriptor, "socket-returns-a-descriptor"),
        Call::Bind { .. } => view.bind(),
        Call::Listen { .. } if view.socket.connect.is_some() || view.socket.accepted => {
            fails(Errno::EINVAL, "listen-on-a-connection-gives-einval")
        }
        Call::Listen { .. } if view.occupied_by.is_some() => view.takes_address(),
        Call::Listen { .. } => plain(Predicted::Value(0), "listen-opens-the-queue"),
        Call::Setsockopt { .. } => plain(Predicted::Value(0), "option-is-set"),
        Call::Getsockopt { option } => view.getsockopt(*option),
        Call::Connect { .. } => view.connect(),
        Call::Accept { .. } => view.accept(),
        Call::Read { size } => view.receive(*size, &[], false),
        Call::Recv { size, flags } => view.receive(*size, flags, true),
        Call::Sendfile { data } if data.size() == 0 => plain(Predicted::Value(0), "empty-sendfile-sends-nothing"),
        Call::Write { data } | Call::Sendfile { data } => view.send(data, &[]),
        Call::Send { data, flags } => view.send(data, flags),
        Call::Shutdown { .. } => view.shutdown(),
        Call::Close if view.shared => plain(Predicted::Value(0), "close-of-a-shared-socket-sends-nothing"),
        Call::Close if view.in_a_call => plain(Predicted::Value(0), "close-does-not-wake-a-blocked-call"),
        Call::Close => plain(Predicted::Value(0), "close-returns-at-once"),
        Call::Socketpair { .. } | Call::Pipe { .. } => plain(Predicted::Value(0), "a-pair-is-made"),
        Call::Dup { .. } => plain(Predicted::Descriptor, "dup-refers-to-the-same-socket"),
        Call::Fork { .. } => plain(Predicted::Descriptor, "fork-shares-every-descriptor"),
        Call::Clone { .. } => plain(Predicted::Descriptor, "clone-shares-the-descriptor-table"),
        Call::Vanish => plain(Predicted::Value(0), "a-socket-vanishes"),
        Call::Poll { events, timeout_ns } => view.poll(events, *timeout_ns),
        Call::Getsockname => plain(Predicted::Value(0), "getsockname-tells-the-own-address"),
        Call::Getpeername => view.getpeername(),
        Call::EpollCreate => plain(Predicted::Descriptor, "epoll-is-created"),
        Call::EpollCtl { .. } => plain(Predicted::Value(0), "epoll-registers-the-socket"),
        Call::EpollWait { timeout_ns, .. } => view.epoll(*timeout_ns),
        Call::Exit { .. } => plain(Predicted::Ends, "exit-ends-the-process"),
    }
}

/// What a poll tells of a descriptor that was closed, also where that was while it slept and something has woken it since.
pub fn poll_of_closed(close: EventId) -> Foreseen {
    plain(Predicted::Ready(vec![PollEvent::Nval]), "poll-of-a-closed-descriptor").role("close", close)
}

/// What a call that was asleep returns when it is woken, where that does not depend on what woke it: a recv of 0 bytes leaves the
/// loop of `tcp_recvmsg_locked` after its first wait.
pub fn woken(call: &Call) -> Option<Foreseen> {
    let empty = matches!(call, Call::Recv { size: 0, .. });
    empty.then(|| plain(Predicted::Value(0), "empty-recv-wakes-to-0"))
}

/// What a call that blocks will return when its time is up; none if it waits for ever.
pub fn after_timeout(view: View<'_>, call: &Call) -> Option<(u64, Foreseen)> {
    let receive = view.options.receive_timeout_ns;
    let send = view.options.send_timeout_ns;
    let (ns, foreseen) = match call {
        Call::Recv { size: 0, .. } => (receive, woken(call)?),
        Call::Recv { size: wanted, .. } if view.held > 0 || view.endpoint.readable(*wanted).1 > view.endpoint.read => {
            let (from, upto) = view.left(wanted.saturating_sub(view.held));
            let unread = view.held + upto - from;
            (receive, plain(Predicted::Value(size(unread)), "waitall-returns-what-came-in-time").bytes(unread))
        }
        Call::Read { .. } | Call::Recv { .. } | Call::Accept { .. } => {
            (receive, fails(Errno::EAGAIN, "receive-timeout-gives-eagain"))
        }
        Call::Write { .. } | Call::Send { .. } | Call::Sendfile { .. } => {
            (send, fails(Errno::EAGAIN, "send-timeout-gives-eagain"))
        }
        Call::Connect { .. } if view.socket.under_way => (send, fails(Errno::EALREADY, "connect-still-under-way")),
        Call::Connect { .. } => (send, fails(Errno::EINPROGRESS, "connect-send-timeout-gives-einprogress")),
        Call::EpollWait { timeout_ns: Some(ns), .. } => (*ns, plain(Predicted::Ready(Vec::new()), view.silence())),
        Call::Poll { timeout_ns: Some(ns), .. } => (*ns, plain(Predicted::Ready(Vec::new()), "poll-timeout-gives-0")),
        _ => (0, plain(Predicted::Blocks, "call-waits")),
    };
    (ns > 0).then_some((ns, foreseen))
}

/// The pending error, told to whoever asks first.
fn reported(endpoint: &Endpoint, errno: Errno, by: EventId, rule: &'static str) -> Foreseen {
    if let Some(waited) = endpoint.gave_up {
        return fails(errno, gave_up(waited)).role("waited", by);
    }
    if !endpoint.begun() {
        return fails(errno, "shutdown-of-a-connect-gives-econnreset").role("shutdown", by);
    }
    let rule = if errno == Errno::ECONNABORTED { "destroyed-socket-gives-econnaborted" } else { rule };
    let state = endpoint.reset_by.map_or(endpoint.state, |(_, state)| state);
    fails(errno, rule).role("rst", by).in_state(state)
}

/// The rule by which the kernel gave a connection up.
fn gave_up(waited: Waited) -> &'static str {
    match waited {
        Waited::SynAck => "no-answer-to-the-syn-gives-etimedout",
        Waited::Acknowledgment => "unacknowledged-data-gives-etimedout",
        Waited::Window => "user-timeout-gives-etimedout",
        Waited::ShutWindow => "shut-window-gives-etimedout",
        Waited::KeepAlive => "keep-alive-gives-etimedout",
    }
}

impl Endpoint {
    /// A SYN was sent or received: there is or was a connection to speak of.
    pub fn begun(&self) -> bool {
        self.state != TcpState::Close || self.established || self.reset_by.is_some()
    }
}
