//! What write and send return.

use super::{Foreseen, View, fails, plain, reported, size};
use crate::record::{Call, Data, Errno, MsgFlag, Signal, SigpipeDisposition, TcpState};
use crate::story::endpoint::Endpoint;
use crate::story::{Deviation, Predicted};

/// The most that a write can hand over to an idle connection without waiting, in bytes: a quarter of the smallest send buffer
/// that Linux starts with (`tcp_wmem`), since each small segment takes more room there than its bytes.
pub(super) const SURELY_FITS: u64 = 4096;

impl View<'_> {
    /// `tcp_sendmsg_locked` and `sk_stream_error`: the pending error first, then EPIPE.
    pub(super) fn send(&self, data: &Data, flags: &[MsgFlag]) -> Foreseen {
        let endpoint = self.endpoint;
        if self.socket.queue.is_some() {
            return self.broken(plain(Predicted::Blocks, "write-on-a-listener-gives-epipe"), flags);
        }
        if !endpoint.begun() && endpoint.pending.is_none() {
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
            let (rule, part) = match endpoint.gave_up {
                Some(_) => ("write-after-giving-up-gives-epipe", "waited"),
                None => ("write-after-reported-error-gives-epipe", "rst"),
            };
            let by = endpoint.reset_by.map(|(by, _)| by);
            let why = plain(Predicted::Blocks, rule).maybe_role(part, by);
            return self.broken(why, flags);
        }
        let may_be_cut = self.must_not_wait(flags) && self.may_fill(data);
        accepted(endpoint, data.size(), self.must_not_wait(flags), may_be_cut)
    }

    /// EPIPE, and SIGPIPE unless it is suppressed or ignored.
    pub(in crate::story) fn broken(&self, mut why: Foreseen, flags: &[MsgFlag]) -> Foreseen {
        why.fact.errno = Some(Errno::EPIPE);
        self.signalling(why, Errno::EPIPE, flags)
    }

    /// An error with the signal, as the caller has arranged it.
    pub(super) fn signalling(&self, mut why: Foreseen, errno: Errno, flags: &[MsgFlag]) -> Foreseen {
        why.outcome = match self.sigpipe {
            _ if flags.contains(&MsgFlag::NoSignal) => Predicted::Error(errno),
            SigpipeDisposition::Ignore => Predicted::Error(errno),
            SigpipeDisposition::Catch => Predicted::ErrorWithSignal(errno, Signal::SIGPIPE),
            SigpipeDisposition::Default => Predicted::Death(Signal::SIGPIPE),
        };
        why
    }

    /// The send buffer may not have room for all of it. How much room there is depends on sizes that the kernel tunes.
    pub(super) fn may_fill(&self, data: &Data) -> bool {
        let waiting = self.endpoint.written.saturating_sub(self.endpoint.acked);
        let asked = self.options.send_buffer.map(|bytes| u64::from(bytes) / BUFFER_PER_BYTE);
        waiting.saturating_add(data.size()) > asked.map_or(SURELY_FITS, |fits| fits.min(SURELY_FITS))
    }
}

/// How much of a send buffer that was asked for a byte may take.
const BUFFER_PER_BYTE: u64 = 16;

/// The flags and the data of a write or send.
fn write_of(call: &Call) -> Option<(&[MsgFlag], &Data)> {
    match call {
        Call::Write { data } | Call::Sendfile { data } => Some((&[], data)),
        Call::Send { data, flags } => Some((flags, data)),
        _ => None,
    }
}

/// A write that may have to wait for room in the send buffer.
pub fn may_wait(view: View<'_>, call: &Call) -> Option<Foreseen> {
    let (flags, data) = write_of(call)?;
    let open = view.endpoint.begun() && !view.endpoint.send_ended() && view.endpoint.pending.is_none();
    let waits = open && view.may_fill(data) && !view.must_not_wait(flags);
    waits.then(|| plain(Predicted::Blocks, "write-waits-for-room"))
}

/// What a write may do besides when the send buffer has no room for all of it.
pub fn when_the_buffer_is_full(view: View<'_>, call: &Call, blocked: bool) -> Vec<Foreseen> {
    let cut_by_its_end = view.endpoint.dead();
    let Some((flags, data)) = write_of(call) else { return Vec::new() };
    let nonblocking = view.must_not_wait(flags);
    let mut more = Vec::new();
    if let (Call::Sendfile { .. }, Some((_, rst))) = (call, view.endpoint.pending) {
        let short = Predicted::Between(1, size(data.size()) - 1);
        more.push(plain(short, "sendfile-swallows-the-error").role("rst", rst));
    }
    if blocked || (cut_by_its_end && view.may_fill(data)) {
        more.push(plain(Predicted::Between(1, size(data.size())), "blocked-write-may-be-cut-short"));
    }
    if nonblocking && view.may_fill(data) {
        more.push(fails(Errno::EAGAIN, "full-send-buffer-gives-eagain"));
    }
    more
}

impl Endpoint {
    /// So much waits to be acknowledged that the send buffer may have no room.
    pub fn may_be_full(&self) -> bool {
        self.written.saturating_sub(self.acked) > SURELY_FITS
    }
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
