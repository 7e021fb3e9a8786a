//! Socket pairs of `AF_UNIX` and pipes: no wire, no segments, and each end sees at once what the other does.

use std::collections::{BTreeMap, VecDeque};

use super::Walk;
use crate::record::{
    Call, Detail, Errno, MsgFlag, Outcome, PollEvent, ShutdownHow, SocketId, SocketKind, SocketOption,
    SocketOptionName, Syscall,
};
use crate::story::predict::{Foreseen, View, fails, plain};
use crate::story::{EventId, Predicted};

/// The most that surely fits into a pipe (16 pages, of which a write may take one to itself) or into the send buffer of a socket,
/// in bytes and in writes.
const SURELY_FITS: (u64, usize) = (4096, 8);

/// The ends by their sockets.
pub(super) type Locals = BTreeMap<SocketId, LocalEnd>;

/// One end of a pair or of a pipe.
#[derive(Clone, Debug)]
pub(super) struct LocalEnd {
    kind: SocketKind,
    other: SocketId,
    /// What was written at the other end and not yet read here, write by write.
    unread: VecDeque<(EventId, VecDeque<u8>)>,
    /// What closed the last descriptor.
    closed: Option<EventId>,
    /// The pending error, and the close of the other end that set it.
    pending: Option<(Errno, EventId)>,
    shut_read: Option<EventId>,
    shut_write: Option<EventId>,
}

impl LocalEnd {
    fn new(kind: SocketKind, other: SocketId) -> Self {
        let unread = VecDeque::new();
        Self { kind, other, unread, closed: None, pending: None, shut_read: None, shut_write: None }
    }

    fn unread_bytes(&self) -> u64 {
        self.unread.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    fn has_room(&self, more: u64) -> bool {
        self.unread_bytes().saturating_add(more) <= SURELY_FITS.0 && self.unread.len() < SURELY_FITS.1
    }

    /// Takes bytes out of the queue, or looks at them.
    fn take(&mut self, count: u64, peek: bool) -> Vec<u8> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let found: Vec<u8> = self.unread.iter().flat_map(|(_, bytes)| bytes).copied().take(count).collect();
        let mut rest = if peek { 0 } else { found.len() };
        while let Some((_, bytes)) = self.unread.front_mut().filter(|_| rest > 0) {
            let taken = rest.min(bytes.len());
            bytes.drain(..taken);
            rest -= taken;
            if bytes.is_empty() {
                self.unread.pop_front();
            }
        }
        found
    }
}

impl Walk<'_> {
    /// Whether a socket is an end of a pair or of a pipe.
    pub(super) fn is_local(&self, socket: SocketId) -> bool {
        self.locals.contains_key(&socket)
    }

    /// socketpair and pipe.
    pub(super) fn pairs(&mut self, ends: [SocketId; 2]) {
        for (own, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            let kind = self.recording.sockets[own.0].kind;
            self.locals.insert(own, LocalEnd::new(kind, other));
            self.holders.seen.insert(own);
        }
    }

    /// What a call on an end will do; none for calls that concern no end.
    pub(super) fn foresee_local(&self, view: View<'_>, call: &Syscall) -> Option<Foreseen> {
        let own = self.locals.get(&call.socket)?;
        let other = self.locals.get(&own.other)?;
        let ends = Ends { own, other, view };
        let is_socket = own.kind == SocketKind::Unix;
        Some(match &call.call {
            _ if view.closed.is_some() => return None,
            Call::Read { size } => ends.read(*size, &[], false),
            Call::Recv { size, flags } if is_socket => ends.read(*size, flags, true),
            Call::Write { data } => ends.write(data.size(), &[]),
            Call::Send { data, flags } if is_socket => ends.write(data.size(), flags),
            Call::Shutdown { .. } if is_socket => plain(Predicted::Value(0), "shutdown-of-a-pair-is-seen-at-once"),
            Call::Poll { events, timeout_ns } => ends.poll(events, *timeout_ns),
            Call::Getsockopt { option: SocketOptionName::SoError } if is_socket => ends.error(),
            Call::Setsockopt { option: SocketOption::ONonblock(_) }
            | Call::Getsockopt { option: SocketOptionName::ONonblock }
            | Call::Close
            | Call::Dup { .. }
            | Call::Fork { .. }
            | Call::Clone { .. }
            | Call::Exit { .. } => return None,
            _ if !is_socket => fails(Errno(88), "a-pipe-is-no-socket"),
            _ => return None,
        })
    }

    /// What a call on an end may do besides, because buffers are larger or smaller than the model can know.
    pub(super) fn local_alternative(&self, view: View<'_>, call: &Syscall, late: bool) -> Vec<Foreseen> {
        if let Call::Poll { events, timeout_ns } = &call.call {
            return self.local_poll_without_room(view, call, events, *timeout_ns).into_iter().collect();
        }
        let own = self.locals.get(&call.socket);
        let Some((own, size)) = own.zip(call.call.data().map(crate::record::Data::size)) else { return Vec::new() };
        let Some(other) = self.locals.get(&own.other).filter(|other| !other.has_room(size)) else { return Vec::new() };
        let ends = Ends { own, other, view };
        if ends.broken().is_some() {
            return Vec::new();
        }
        let flags = match &call.call {
            Call::Send { flags, .. } => flags.as_slice(),
            _ => &[],
        };
        match (ends.must_not_wait(flags), late) {
            (false, false) => vec![plain(Predicted::Blocks, "write-waits-for-room")],
            (true, true) => vec![fails(Errno::EAGAIN, "full-send-buffer-gives-eagain"), cut_short(size)],
            (false, true) => vec![cut_short(size)],
            (true, false) => Vec::new(),
        }
    }

    /// What poll tells where the queue may be full.
    fn local_poll_without_room(
        &self,
        view: View<'_>,
        call: &Syscall,
        events: &[PollEvent],
        timeout_ns: Option<u64>,
    ) -> Option<Foreseen> {
        let own = self.locals.get(&call.socket)?;
        let other = self.locals.get(&own.other).filter(|other| !other.has_room(1))?;
        let asked: Vec<_> = events.iter().copied().filter(|event| *event != PollEvent::Out).collect();
        Some(Ends { own, other, view }.poll(&asked, timeout_ns))
    }

    /// What a call changes when it begins.
    pub(super) fn local_begins(&mut self, event: EventId, call: &Syscall, foreseen: &Predicted) {
        let Some(own) = self.locals.get_mut(&call.socket) else { return };
        let other = own.other;
        match &call.call {
            Call::Write { data } | Call::Send { data, .. } if matches!(foreseen, Predicted::Value(_)) => {
                let bytes: VecDeque<u8> = data.bytes().into();
                if let Some(other) = self.locals.get_mut(&other).filter(|_| !bytes.is_empty()) {
                    other.unread.push_back((event, bytes));
                }
                self.local_arrived(other);
            }
            Call::Shutdown { how } if own.kind == SocketKind::Unix => {
                let (reads, writes) = (*how != ShutdownHow::Write, *how != ShutdownHow::Read);
                own.shut_read = own.shut_read.or(reads.then_some(event));
                own.shut_write = own.shut_write.or(writes.then_some(event));
                self.local_arrived(other);
            }
            _ => {}
        }
    }

    /// The last descriptor of an end goes away.
    pub(super) fn local_close(&mut self, by: EventId, socket: SocketId) {
        let Some(own) = self.locals.get_mut(&socket) else { return };
        let (other, unread) = (own.other, !own.unread.is_empty());
        own.closed = Some(by);
        let resets = own.kind == SocketKind::Unix && unread;
        if let Some(other) = self.locals.get_mut(&other).filter(|other| resets && other.closed.is_none()) {
            other.pending = Some((Errno::ECONNRESET, by));
        }
        self.local_arrived(other);
    }

    /// What the outcome changes. False if the bytes that were read are not the bytes that were written.
    pub(super) fn local_settles(&mut self, event: EventId, call: &Syscall) -> bool {
        let Some(own) = self.locals.get_mut(&call.socket) else { return true };
        let other = own.other;
        match (&call.call, &call.outcome) {
            (Call::Read { .. } | Call::Recv { .. }, Outcome::Returned { value, detail }) => {
                let peek = matches!(&call.call, Call::Recv { flags, .. } if flags.contains(&MsgFlag::Peek));
                let found = own.take(u64::try_from(*value).unwrap_or_default(), peek);
                let Detail::Data(data) = detail else { return found.is_empty() };
                found.len() as u64 == value.unsigned_abs() && found.starts_with(&data.0)
            }
            (Call::Read { .. } | Call::Recv { .. }, Outcome::Failed { errno }) => {
                own.pending = own.pending.filter(|(pending, _)| pending != errno);
                true
            }
            (Call::Getsockopt { option: SocketOptionName::SoError }, Outcome::Returned { .. }) => {
                own.pending = None;
                true
            }
            (Call::Write { .. } | Call::Send { .. }, outcome) => {
                let taken = match outcome {
                    Outcome::Returned { value, .. } => usize::try_from(*value).unwrap_or_default(),
                    _ => 0,
                };
                let written = self.locals.get_mut(&other).map(|other| &mut other.unread).into_iter().flatten();
                for (_, bytes) in written.filter(|(write, _)| *write == event) {
                    bytes.truncate(taken);
                }
                true
            }
            _ => true,
        }
    }

    /// Something changed at an end: what calls under way there may return now.
    fn local_arrived(&mut self, socket: SocketId) {
        let on = |event: EventId| match &self.recording.events[event.0].what {
            crate::record::What::Syscall(call) => call.socket == socket,
            _ => false,
        };
        let concerned: Vec<_> =
            self.active.iter().filter(|(_, active)| on(active.event)).map(|(actor, _)| *actor).collect();
        for actor in concerned {
            self.may_return(actor);
        }
    }
}

fn cut_short(size: u64) -> Foreseen {
    let most = i64::try_from(size).unwrap_or(i64::MAX);
    plain(Predicted::Between(1, most), "blocked-write-may-be-cut-short")
}

/// Both ends as a call on one of them finds them.
struct Ends<'a> {
    own: &'a LocalEnd,
    other: &'a LocalEnd,
    view: View<'a>,
}

impl Ends<'_> {
    fn must_not_wait(&self, flags: &[MsgFlag]) -> bool {
        self.view.options.nonblocking || flags.contains(&MsgFlag::DontWait)
    }

    /// Why nothing more can come.
    fn over(&self) -> Option<EventId> {
        self.own.shut_read.or(self.other.closed).or(self.other.shut_write)
    }

    /// Why nothing more can be written.
    fn broken(&self) -> Option<EventId> {
        self.own.shut_write.or(self.other.closed).or(self.other.shut_read)
    }

    /// `unix_stream_read_generic` and `anon_pipe_read`: queued data, then the pending error, then the end.
    fn read(&self, wanted: u64, flags: &[MsgFlag], asks_when_empty: bool) -> Foreseen {
        if self.own.kind == SocketKind::PipeWriter {
            return fails(Errno(9), "a-pipe-has-a-direction");
        }
        if wanted == 0 && !asks_when_empty {
            return plain(Predicted::Value(0), "empty-read-asks-nothing");
        }
        if wanted == 0 && !self.own.unread.is_empty() {
            return plain(Predicted::Value(0), "a-pair-delivers-at-once");
        }
        let unread = self.own.unread_bytes().min(wanted);
        let fills = unread == wanted || !flags.contains(&MsgFlag::WaitAll) || self.over().is_some();
        if unread > 0 && (fills || self.must_not_wait(flags)) {
            let value = i64::try_from(unread).unwrap_or(i64::MAX);
            return plain(Predicted::Value(value), "a-pair-delivers-at-once").bytes(unread);
        }
        if let Some((errno, by)) = self.own.pending.filter(|_| unread == 0) {
            return fails(errno, "a-pair-closed-with-unread-data-gives-econnreset").role("close", by);
        }
        match self.over() {
            Some(by) => plain(Predicted::Value(0), "the-other-end-is-closed").role("close", by),
            None if self.must_not_wait(flags) => fails(Errno::EAGAIN, "nothing-to-read-gives-eagain"),
            None => plain(Predicted::Blocks, "read-waits-for-data"),
        }
    }

    /// `unix_stream_sendmsg` and `anon_pipe_write`: EPIPE before anything else.
    fn write(&self, size: u64, flags: &[MsgFlag]) -> Foreseen {
        if self.own.kind == SocketKind::PipeReader {
            return fails(Errno(9), "a-pipe-has-a-direction");
        }
        if size == 0 && self.own.kind == SocketKind::PipeWriter {
            return plain(Predicted::Value(0), "a-pair-takes-at-once");
        }
        if let Some(by) = self.broken() {
            let why = plain(Predicted::Blocks, "the-first-write-to-a-closed-pair-gives-epipe").role("close", by);
            return self.view.broken(why, flags);
        }
        let value = i64::try_from(size).unwrap_or(i64::MAX);
        plain(Predicted::Value(value), "a-pair-takes-at-once").bytes(size)
    }

    /// `sock_error`.
    fn error(&self) -> Foreseen {
        match self.own.pending {
            Some((errno, by)) => {
                let rule = "a-pair-closed-with-unread-data-gives-econnreset";
                let mut taken = plain(Predicted::PendingError(Some(errno)), rule).role("close", by);
                taken.fact.errno = Some(errno);
                taken
            }
            None => plain(Predicted::PendingError(None), "so-error-is-0-without-a-pending-error"),
        }
    }

    /// `unix_poll` and `pipe_poll`.
    fn poll(&self, asked: &[PollEvent], timeout_ns: Option<u64>) -> Foreseen {
        let mask = if self.own.kind == SocketKind::Unix { self.socket_mask() } else { self.pipe_mask() };
        let always = [PollEvent::Err, PollEvent::Hup];
        let seen = |event: &PollEvent| mask.contains(event) && (asked.contains(event) || always.contains(event));
        let ready: Vec<_> = PollEvent::ALL.iter().copied().filter(seen).collect();
        if ready.is_empty() && timeout_ns != Some(0) {
            return plain(Predicted::Blocks, "poll-waits");
        }
        plain(Predicted::Ready(ready), "poll-of-a-pair-sees-the-other-end")
    }

    fn socket_mask(&self) -> Vec<PollEvent> {
        let mut mask = vec![PollEvent::Out];
        if self.over().is_some() {
            mask.extend([PollEvent::In, PollEvent::RdHup]);
        } else if self.own.unread_bytes() > 0 {
            mask.push(PollEvent::In);
        }
        if self.over().is_some() && self.broken().is_some() {
            mask.push(PollEvent::Hup);
        }
        if self.own.pending.is_some() {
            mask.push(PollEvent::Err);
        }
        mask
    }

    fn pipe_mask(&self) -> Vec<PollEvent> {
        let closed = self.other.closed.is_some();
        match self.own.kind {
            SocketKind::PipeWriter if closed => vec![PollEvent::Out, PollEvent::Err],
            SocketKind::PipeWriter => vec![PollEvent::Out],
            _ => {
                let data = (self.own.unread_bytes() > 0).then_some(PollEvent::In);
                data.into_iter().chain(closed.then_some(PollEvent::Hup)).collect()
            }
        }
    }
}
