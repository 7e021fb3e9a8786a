//! What a call will return, told from the state of the endpoint before it.

use std::collections::VecDeque;

use super::endpoint::Endpoint;
use super::{Deviation, EndpointId, EventId, Fact, Predicted};
use crate::record::{
    Call, Data, Errno, MsgFlag, PollEvent, Signal, SigpipeDisposition, SocketOption, SocketOptionName, TcpState,
};

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

/// A program's socket, as far as its outcomes depend on it and not on the connection.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the kernel's socket")]
pub struct SocketModel {
    /// `O_NONBLOCK`.
    pub nonblocking: bool,
    /// `SO_RCVTIMEO`, in nanoseconds; 0 waits for ever.
    pub receive_timeout_ns: u64,
    /// `SO_SNDTIMEO`, in nanoseconds; 0 waits for ever.
    pub send_timeout_ns: u64,
    /// `SO_LINGER` in seconds, where it is on.
    pub linger: Option<u32>,
    /// Connections that wait to be accepted, with the segment that completed each; none if it does not listen.
    pub queue: Option<VecDeque<(EndpointId, EventId)>>,
    /// The connect that began a connection, and whether its result was told.
    pub connect: Option<(EventId, bool)>,
    /// The address that it was bound to, or got by accept.
    pub bound: Option<core::net::SocketAddr>,
    /// `TCP_LINGER2`, in nanoseconds, where it was set.
    pub linger2_ns: Option<i64>,
    /// It came from accept.
    pub accepted: bool,
    /// `SO_REUSEADDR`.
    pub reuse: bool,
    /// A connect has returned before its answer and goes on by itself.
    pub under_way: bool,
    /// How many connections it has begun.
    pub attempts: usize,
    /// The endpoint of a socket without a connection.
    pub unconnected: Endpoint,
    /// What closed the descriptor.
    pub closed: Option<EventId>,
    /// Its registration with its epoll instance.
    pub epoll: Option<EpollModel>,
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
    /// An option is set.
    pub fn set(&mut self, option: SocketOption) {
        match option {
            SocketOption::SoLinger(linger) => self.linger = linger,
            SocketOption::SoRcvtimeo(ns) => self.receive_timeout_ns = ns,
            SocketOption::SoSndtimeo(ns) => self.send_timeout_ns = ns,
            SocketOption::ONonblock(on) => self.nonblocking = on,
            SocketOption::TcpNodelay(_)
            | SocketOption::SoSndbuf(_)
            | SocketOption::SoRcvbuf(_)
            | SocketOption::SoKeepalive(_)
            | SocketOption::TcpKeepidle(_)
            | SocketOption::TcpKeepintvl(_)
            | SocketOption::TcpKeepcnt(_)
            | SocketOption::TcpUserTimeout(_)
            | SocketOption::TcpCork(_)
            | SocketOption::TcpQuickack(_)
            | SocketOption::TcpDeferAccept(_)
            | SocketOption::SoOobinline(_) => {}
            SocketOption::SoReuseaddr(on) => self.reuse = on,
            SocketOption::TcpLinger2(ns) => self.linger2_ns = ns.and_then(|ns| i64::try_from(ns).ok()),
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

/// What a prediction looks at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The socket.
    pub socket: &'a SocketModel,
    /// Its endpoint.
    pub endpoint: &'a Endpoint,
    /// Whether a connect can have a port of its own.
    pub ports: Ports,
    /// What occupies the address that a bind asks for.
    pub occupied_by: Option<Occupant>,
    /// What the caller does with SIGPIPE.
    pub sigpipe: SigpipeDisposition,
    /// What closed the caller's descriptor.
    pub closed: Option<EventId>,
    /// Other descriptors refer to the socket: of this process or another.
    pub shared: bool,
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
    let needs_none = makes || matches!(call, Call::Fork { .. } | Call::Exit { .. });
    if let (Some(close), false) = (view.closed, needs_none) {
        if matches!(call, Call::Poll { .. }) {
            return plain(Predicted::Ready(vec![PollEvent::Nval]), "poll-of-a-closed-descriptor").role("close", close);
        }
        return fails(Errno(9), "closed-descriptor-gives-ebadf").role("close", close);
    }
    match call {
        Call::Socket => plain(Predicted::Descriptor, "socket-returns-a-descriptor"),
        Call::Bind { .. } => view.bind(),
        Call::Listen { .. } if view.occupied_by.is_some() => view.bind(),
        Call::Listen { .. } => plain(Predicted::Value(0), "listen-opens-the-queue"),
        Call::Setsockopt { .. } => plain(Predicted::Value(0), "option-is-set"),
        Call::Getsockopt { option } => view.getsockopt(*option),
        Call::Connect { .. } => view.connect(),
        Call::Accept { .. } => view.accept(),
        Call::Read { size } => view.receive(*size, &[], false),
        Call::Recv { size, flags } => view.receive(*size, flags, true),
        Call::Write { data } | Call::Sendfile { data } => view.send(data, &[]),
        Call::Send { data, flags } => view.send(data, flags),
        Call::Shutdown { .. } => view.shutdown(),
        Call::Close if view.shared => plain(Predicted::Value(0), "close-of-a-shared-socket-sends-nothing"),
        Call::Close => plain(Predicted::Value(0), "close-returns-at-once"),
        Call::Socketpair { .. } | Call::Pipe { .. } => plain(Predicted::Value(0), "a-pair-is-made"),
        Call::Dup { .. } => plain(Predicted::Descriptor, "dup-refers-to-the-same-socket"),
        Call::Fork { .. } => plain(Predicted::Descriptor, "fork-shares-every-descriptor"),
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

/// What a call that was asleep returns when it is woken, where that does not depend on what woke it: a recv of 0 bytes leaves the
/// loop of `tcp_recvmsg_locked` after its first wait.
pub fn woken(call: &Call) -> Option<Foreseen> {
    let empty = matches!(call, Call::Recv { size: 0, .. });
    empty.then(|| plain(Predicted::Value(0), "empty-recv-wakes-to-0"))
}

/// What a call that blocks will return when its time is up; none if it waits for ever.
pub fn after_timeout(view: View<'_>, call: &Call) -> Option<(u64, Foreseen)> {
    let receive = view.socket.receive_timeout_ns;
    let send = view.socket.send_timeout_ns;
    let (ns, foreseen) = match call {
        Call::Recv { size: 0, .. } => (receive, woken(call)?),
        Call::Recv { .. } if view.endpoint.unread_bytes() > 0 => {
            let unread = view.endpoint.unread_bytes();
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
        Call::EpollWait { timeout_ns: Some(ns), .. } => {
            (*ns, plain(Predicted::Ready(Vec::new()), "epoll-timeout-gives-0"))
        }
        Call::Poll { timeout_ns: Some(ns), .. } => (*ns, plain(Predicted::Ready(Vec::new()), "poll-timeout-gives-0")),
        _ => (0, plain(Predicted::Blocks, "call-waits")),
    };
    (ns > 0).then_some((ns, foreseen))
}

/// The most that a write can hand over to an idle connection without waiting, in bytes: a quarter of the smallest send buffer
/// that Linux starts with (`tcp_wmem`), since each small segment takes more room there than its bytes.
const SURELY_FITS: u64 = 4096;

/// The flags and the data of a write or send.
fn write_of(call: &Call) -> Option<(&[MsgFlag], &Data)> {
    match call {
        Call::Write { data } | Call::Sendfile { data } => Some((&[], data)),
        Call::Send { data, flags } => Some((flags, data)),
        _ => None,
    }
}

impl View<'_> {
    fn must_not_wait(&self, flags: &[MsgFlag]) -> bool {
        self.socket.nonblocking || flags.contains(&MsgFlag::DontWait)
    }

    /// The send buffer may not have room for all of it. How much room there is depends on sizes that the kernel tunes.
    fn may_fill(&self, data: &Data) -> bool {
        let waiting = self.endpoint.written.saturating_sub(self.endpoint.acked);
        waiting.saturating_add(data.size()) > SURELY_FITS
    }
}

/// A write that may have to wait for room in the send buffer.
pub fn may_wait(view: View<'_>, call: &Call) -> Option<Foreseen> {
    let (flags, data) = write_of(call)?;
    let open = view.endpoint.begun() && !view.endpoint.send_ended() && view.endpoint.pending.is_none();
    let waits = open && view.may_fill(data) && !view.must_not_wait(flags);
    waits.then(|| plain(Predicted::Blocks, "write-waits-for-room"))
}

/// What let a close that lingered return: the acknowledgment of the FIN, or the end of its time.
pub fn after_lingering(view: View<'_>) -> Foreseen {
    let acked = view.endpoint.fin_is_acked();
    let rule = if acked { "lingering-close-saw-everything-acknowledged" } else { "lingering-close-ran-out-of-time" };
    let ack = view.endpoint.last_received.map(|(event, _)| event).filter(|_| acked);
    plain(Predicted::Value(0), rule).maybe_role("ack", ack)
}

/// A close that lingers waits until what was written and the FIN are acknowledged, or until its time is up.
pub fn may_linger(view: View<'_>, call: &Call) -> Option<Foreseen> {
    let lingers = *call == Call::Close && !view.shared && view.socket.linger.is_some_and(|seconds| seconds > 0);
    (lingers && view.endpoint.begun()).then(|| plain(Predicted::Blocks, "close-lingers"))
}

/// What else a poll may tell: whether a send buffer in use has room depends on sizes that the kernel tunes.
pub fn without_room(view: View<'_>, call: &Call, usual: &Foreseen) -> Option<Foreseen> {
    let (Call::Poll { timeout_ns, .. } | Call::EpollWait { timeout_ns, .. }) = call else { return None };
    let Predicted::Ready(ready) = &usual.outcome else { return None };
    let full = view.endpoint.written.saturating_sub(view.endpoint.acked) > SURELY_FITS;
    let uncertain = full && !view.endpoint.send_ended() && ready.contains(&PollEvent::Out);
    let rest: Vec<_> = ready.iter().copied().filter(|event| *event != PollEvent::Out).collect();
    let waits = rest.is_empty() && *timeout_ns != Some(0);
    let outcome = if waits { Predicted::Blocks } else { Predicted::Ready(rest) };
    uncertain.then(|| plain(outcome, "poll-tells-no-room"))
}

/// What a write may do besides when the send buffer has no room for all of it.
pub fn when_the_buffer_is_full(view: View<'_>, call: &Call, blocked: bool) -> Vec<Foreseen> {
    let cut_by_its_end = view.endpoint.dead();
    let Some((flags, data)) = write_of(call) else { return Vec::new() };
    let nonblocking = view.must_not_wait(flags);
    let mut more = Vec::new();
    if blocked || (cut_by_its_end && view.may_fill(data)) {
        more.push(plain(Predicted::Between(1, size(data.size())), "blocked-write-may-be-cut-short"));
    }
    if nonblocking && view.may_fill(data) {
        more.push(fails(Errno::EAGAIN, "full-send-buffer-gives-eagain"));
    }
    more
}

impl View<'_> {
    /// `inet_csk_get_port`.
    fn bind(&self) -> Foreseen {
        match self.occupied_by {
            None => plain(Predicted::Value(0), "bind-takes-a-free-address"),
            Some(Occupant::Socket) => fails(Errno::EADDRINUSE, "bind-of-an-open-sockets-address"),
            Some(Occupant::Connection(close)) => {
                fails(Errno::EADDRINUSE, "bind-of-a-lingering-address").maybe_role("close", close)
            }
        }
    }

    fn getsockopt(&self, option: SocketOptionName) -> Foreseen {
        if option != SocketOptionName::SoError {
            return plain(Predicted::Between(i64::MIN, i64::MAX), "option-is-told");
        }
        match self.endpoint.pending {
            Some((errno, by)) => {
                let mut taken = plain(Predicted::PendingError(Some(errno)), "so-error-takes-the-pending-error");
                taken.fact.errno = Some(errno);
                taken.role("rst", by)
            }
            None => plain(Predicted::PendingError(None), "so-error-is-0-without-a-pending-error"),
        }
    }

    /// `__inet_stream_connect`.
    fn connect(&self) -> Foreseen {
        let endpoint = self.endpoint;
        let told = self.socket.connect.is_none_or(|(_, told)| told);
        if endpoint.established && told {
            return fails(Errno::EISCONN, "connect-again-gives-eisconn");
        }
        if let Some((errno, by)) = endpoint.pending {
            let rule =
                if errno == Errno::ECONNREFUSED { "rst-in-syn-sent-refuses" } else { "pending-error-is-reported" };
            return fails(errno, rule).role("rst", by).in_state(TcpState::SynSent);
        }
        match (endpoint.established, self.socket.connect) {
            (true, _) => {
                let answer = endpoint.last_received.map(|(event, _)| event);
                plain(Predicted::Value(0), "syn-ack-completes-connect").maybe_role("syn_ack", answer)
            }
            _ if self.ports == Ports::Exhausted => fails(Errno::EADDRNOTAVAIL, "no-local-port-is-left"),
            _ if self.ports == Ports::StillUsed => fails(Errno::EADDRNOTAVAIL, "the-chosen-port-is-still-used"),
            (false, _) if self.socket.nonblocking && self.socket.under_way => {
                fails(Errno::EALREADY, "connect-still-under-way")
            }
            (false, _) if self.socket.nonblocking => {
                fails(Errno::EINPROGRESS, "connect-non-blocking-gives-einprogress")
            }
            (false, _) => plain(Predicted::Blocks, "connect-waits-for-the-answer"),
        }
    }

    /// `inet_csk_accept`.
    fn accept(&self) -> Foreseen {
        match self.socket.queue.as_ref().map(VecDeque::front) {
            None => fails(Errno::EINVAL, "accept-needs-a-listener"),
            Some(Some((_, completed))) => {
                plain(Predicted::Descriptor, "accept-takes-from-the-queue").role("ack", *completed)
            }
            Some(None) if self.socket.nonblocking => fails(Errno::EAGAIN, "accept-non-blocking-gives-eagain"),
            Some(None) => plain(Predicted::Blocks, "accept-waits-for-a-connection"),
        }
    }

    /// `tcp_recvmsg_locked`: queued data, then the FIN, then the pending error, then the closed direction.
    fn receive(&self, wanted: u64, flags: &[MsgFlag], reports_on_empty: bool) -> Foreseen {
        if wanted == 0 && !reports_on_empty {
            return plain(Predicted::Value(0), "empty-read-asks-nothing");
        }
        let endpoint = self.endpoint;
        if !endpoint.begun() && (self.socket.queue.is_some() || endpoint.shut_read.is_none()) {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        let unread = endpoint.unread_bytes();
        if self.waits_for_all(endpoint, wanted, flags) {
            return plain(Predicted::Blocks, "waitall-waits-for-the-whole-buffer");
        }
        if unread > 0 {
            return queued(endpoint, unread.min(wanted));
        }
        let error_first = endpoint.pending.is_some() && endpoint.deviates(Deviation::ReadTellsErrorBeforeEnd);
        if let Some(fin) = endpoint.fin_in.filter(|_| !error_first) {
            return match endpoint.reset_by {
                Some((rst, _)) => plain(Predicted::Value(0), "read-after-fin-stays-0-in-spite-of-rst")
                    .role("fin", fin)
                    .role("rst", rst),
                None => plain(Predicted::Value(0), "fin-is-end-of-file").role("fin", fin),
            };
        }
        if let Some((errno, by)) = endpoint.pending {
            return match endpoint.shut_read {
                Some(shutdown) if endpoint.shut_write.is_some() => {
                    fails(errno, "own-rst-sets-econnreset").role("data", by).role("shutdown", shutdown)
                }
                _ => reported(endpoint, errno, by, "rst-sets-econnreset-read"),
            };
        }
        if let Some(shutdown) = endpoint.shut_read {
            return plain(Predicted::Value(0), "own-shutdown-read-gives-0").role("shutdown", shutdown);
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            return plain(Predicted::Value(0), "read-after-reported-error-gives-0").maybe_role("rst", rst);
        }
        if self.must_not_wait(flags) {
            return fails(Errno::EAGAIN, "nothing-to-read-gives-eagain");
        }
        plain(Predicted::Blocks, "read-waits-for-data")
    }

    /// `sock_rcvlowat`: with `MSG_WAITALL` a blocking read goes on until the buffer is full, or nothing more can come.
    fn waits_for_all(&self, endpoint: &Endpoint, wanted: u64, flags: &[MsgFlag]) -> bool {
        let asked = flags.contains(&MsgFlag::WaitAll) && !flags.contains(&MsgFlag::DontWait);
        let over = endpoint.receive_ended() || endpoint.pending.is_some() || self.socket.nonblocking;
        asked && !over && endpoint.unread_bytes() < wanted
    }

    /// `tcp_sendmsg_locked` and `sk_stream_error`: the pending error first, then EPIPE.
    fn send(&self, data: &Data, flags: &[MsgFlag]) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() {
            return self.broken(plain(Predicted::Blocks, "write-on-a-listener-gives-epipe"), flags);
        }
        if !endpoint.begun() {
            return self.broken(plain(Predicted::Blocks, "write-needs-a-connection"), flags);
        }
        if let Some((errno, by)) = endpoint.pending {
            if errno == Errno::EPIPE {
                return self.broken(reported(endpoint, errno, by, "rst-in-close-wait-sets-epipe"), flags);
            }
            let told = reported(endpoint, errno, by, "rst-sets-econnreset-write");
            let signals = endpoint.deviates(Deviation::SigpipeWithEveryError);
            return if signals { self.signalling(told, errno, flags) } else { told };
        }
        if let Some(fin) = endpoint.fin_in.filter(|_| endpoint.deviates(Deviation::WriteAfterFinFails)) {
            return self.broken(plain(Predicted::Blocks, "write-in-close-wait-succeeds").role("fin", fin), flags);
        }
        if let Some(shutdown) = endpoint.shut_write {
            let why = plain(Predicted::Blocks, "own-shutdown-write-gives-epipe").role("shutdown", shutdown);
            return self.broken(why, flags);
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            let why = plain(Predicted::Blocks, "write-after-reported-error-gives-epipe").maybe_role("rst", rst);
            return self.broken(why, flags);
        }
        let may_be_cut = self.must_not_wait(flags) && self.may_fill(data);
        accepted(endpoint, data.size(), self.must_not_wait(flags), may_be_cut)
    }

    /// EPIPE, and SIGPIPE unless it is suppressed or ignored.
    pub(super) fn broken(&self, mut why: Foreseen, flags: &[MsgFlag]) -> Foreseen {
        why.fact.errno = Some(Errno::EPIPE);
        self.signalling(why, Errno::EPIPE, flags)
    }

    /// An error with the signal, as the caller has arranged it.
    fn signalling(&self, mut why: Foreseen, errno: Errno, flags: &[MsgFlag]) -> Foreseen {
        why.outcome = match self.sigpipe {
            _ if flags.contains(&MsgFlag::NoSignal) => Predicted::Error(errno),
            SigpipeDisposition::Ignore => Predicted::Error(errno),
            SigpipeDisposition::Catch => Predicted::ErrorWithSignal(errno, Signal::SIGPIPE),
            SigpipeDisposition::Default => Predicted::Death(Signal::SIGPIPE),
        };
        why
    }

    /// `inet_shutdown`.
    fn shutdown(&self) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() {
            return plain(Predicted::Value(0), "shutdown-returns-at-once");
        }
        if !endpoint.begun() {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            return fails(Errno::ENOTCONN, "shutdown-of-a-dead-connection-gives-enotconn").maybe_role("rst", rst);
        }
        plain(Predicted::Value(0), "shutdown-returns-at-once")
    }

    /// `inet_getname`.
    fn getpeername(&self) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() || !endpoint.begun() || endpoint.state == TcpState::SynSent {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        if endpoint.dead() {
            let rst = endpoint.reset_by.map(|(rst, _)| rst);
            return fails(Errno::ENOTCONN, "getpeername-of-a-dead-connection-gives-enotconn").maybe_role("rst", rst);
        }
        plain(Predicted::Value(0), "getpeername-tells-the-peer")
    }

    /// What is ready of what epoll was asked for, and whether it is told.
    fn epoll(&self, timeout_ns: Option<u64>) -> Foreseen {
        let told = self.socket.epoll.as_ref().filter(|epoll| epoll.listed || !epoll.edge);
        let asked = told.map_or(&[][..], |epoll| epoll.events.as_slice());
        let now = timeout_ns == Some(0);
        let mut foreseen = match told {
            Some(_) => self.poll(asked, timeout_ns),
            None if now => return plain(Predicted::Ready(Vec::new()), "epoll-tells-an-edge-once"),
            None => return plain(Predicted::Blocks, "epoll-waits"),
        };
        let waits = foreseen.outcome == Predicted::Blocks;
        foreseen.rule = if waits { "epoll-waits" } else { "epoll-tells-readiness" };
        foreseen
    }

    /// Whether something is ready of what was asked for: a registration then begins on the ready list.
    pub fn is_ready(&self, asked: &[PollEvent]) -> bool {
        matches!(self.poll(asked, Some(0)).outcome, Predicted::Ready(ready) if !ready.is_empty())
    }

    /// `tcp_poll`.
    fn poll(&self, asked: &[PollEvent], timeout_ns: Option<u64>) -> Foreseen {
        let (mask, because) = self.readiness();
        let always = [PollEvent::Err, PollEvent::Hup];
        let seen = |event: &PollEvent| mask.contains(event) && (asked.contains(event) || always.contains(event));
        let ready: Vec<_> = PollEvent::ALL.iter().copied().filter(seen).collect();
        if ready.is_empty() && timeout_ns != Some(0) {
            return plain(Predicted::Blocks, "poll-waits");
        }
        let mut foreseen = plain(Predicted::Ready(ready), self.poll_rule());
        for (name, event) in because {
            foreseen = foreseen.role(name, event);
        }
        foreseen
    }

    /// The rule that says most about what poll tells.
    fn poll_rule(&self) -> &'static str {
        let endpoint = self.endpoint;
        match (endpoint.pending, endpoint.reset_by, endpoint.fin_in) {
            _ if self.socket.queue.is_some() => "poll-tells-readiness",
            (Some(_), Some(_), _) => "poll-tells-the-pending-error",
            (None, Some(_), _) => "poll-after-the-error-was-taken",
            (_, _, Some(_)) if endpoint.send_ended() => "poll-after-both-directions-ended",
            (_, _, Some(_)) => "poll-after-fin",
            _ if self.socket.connect.is_some_and(|(_, told)| !told) && endpoint.established => {
                "poll-tells-that-connect-is-done"
            }
            _ => "poll-tells-readiness",
        }
    }

    fn readiness(&self) -> (Vec<PollEvent>, Vec<(&'static str, EventId)>) {
        if let Some(queue) = &self.socket.queue {
            let waiting = queue.front().map(|(_, ack)| ("ack", *ack));
            return (waiting.iter().map(|_| PollEvent::In).collect(), waiting.into_iter().collect());
        }
        let endpoint = self.endpoint;
        let mut mask = Vec::new();
        let connecting = endpoint.state == TcpState::SynSent;
        let hangs_up = endpoint.fin_in.is_some() && endpoint.deviates(Deviation::PollHangsUpAfterFin);
        let both_ended = endpoint.receive_ended() && endpoint.send_ended();
        if both_ended || endpoint.dead() || !endpoint.begun() || hangs_up {
            mask.push(PollEvent::Hup);
        }
        if endpoint.receive_ended() {
            mask.extend([PollEvent::In, PollEvent::RdHup]);
        } else if endpoint.unread_bytes() > 0 {
            mask.push(PollEvent::In);
        }
        if !connecting {
            mask.push(PollEvent::Out);
        }
        if endpoint.pending.is_some() {
            mask.push(PollEvent::Err);
        }
        let rst = endpoint.reset_by.map(|(rst, _)| ("rst", rst));
        let fin = endpoint.fin_in.map(|fin| ("fin", fin));
        let data = endpoint.unread.front().map(|(.., data)| ("data", *data));
        let connecting = self.socket.connect.is_some_and(|(_, told)| !told);
        let answer = endpoint.established_by.filter(|_| connecting).map(|answer| ("syn_ack", answer));
        (mask, [rst, fin, data, answer].into_iter().flatten().collect())
    }
}

fn queued(endpoint: &Endpoint, bytes: u64) -> Foreseen {
    let rule = if endpoint.reset_by.is_some() { "received-data-survives-the-rst" } else { "read-takes-queued-data" };
    let carried = endpoint.unread.front().map(|(.., data)| *data);
    let mut foreseen = plain(Predicted::Value(size(bytes)), rule).bytes(bytes).maybe_role("data", carried);
    if let Some((rst, _)) = endpoint.reset_by {
        foreseen = foreseen.role("rst", rst);
    }
    foreseen
}

/// The pending error, told to whoever asks first.
fn reported(endpoint: &Endpoint, errno: Errno, by: EventId, rule: &'static str) -> Foreseen {
    let state = endpoint.reset_by.map_or(endpoint.state, |(_, state)| state);
    fails(errno, rule).role("rst", by).in_state(state)
}

fn accepted(endpoint: &Endpoint, bytes: u64, nonblocking: bool, may_be_cut: bool) -> Foreseen {
    if matches!(endpoint.state, TcpState::SynSent | TcpState::SynRecv) {
        return if nonblocking {
            fails(Errno::EAGAIN, "write-while-connecting-gives-eagain")
        } else {
            plain(Predicted::Blocks, "write-waits-for-the-connection")
        };
    }
    let outcome =
        if may_be_cut && bytes > 1 { Predicted::Between(1, size(bytes)) } else { Predicted::Value(size(bytes)) };
    match endpoint.fin_in {
        Some(fin) => plain(outcome, "write-in-close-wait-succeeds").role("fin", fin).in_state(endpoint.state),
        None => plain(outcome, "write-copies-to-the-send-buffer"),
    }
    .bytes(bytes)
}

impl Endpoint {
    /// A SYN was sent or received: there is or was a connection to speak of.
    pub fn begun(&self) -> bool {
        self.state != TcpState::Close || self.established || self.reset_by.is_some()
    }
}
