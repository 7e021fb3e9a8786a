//! What read and recv return.

use super::{Foreseen, View, fails, plain, reported, size};
use crate::record::{Errno, MsgFlag};
use crate::story::endpoint::{Endpoint, UrgentByte};
use crate::story::{Deviation, Predicted};

impl View<'_> {
    /// `tcp_recvmsg_locked`: queued data, then the FIN, then the pending error, then the closed direction.
    pub(super) fn receive(&self, wanted: u64, flags: &[MsgFlag], reports_on_empty: bool) -> Foreseen {
        if wanted == 0 && !reports_on_empty {
            return plain(Predicted::Value(0), "empty-read-asks-nothing");
        }
        let endpoint = self.endpoint;
        if flags.contains(&MsgFlag::Oob) && self.socket.queue.is_none() {
            return self.receive_urgent(wanted);
        }
        let idle = !endpoint.begun() && endpoint.pending.is_none();
        if self.socket.queue.is_some() || (idle && endpoint.shut_read.is_none()) {
            return fails(Errno::ENOTCONN, "call-needs-a-connection");
        }
        let wanted = wanted.saturating_sub(self.held);
        let (from, upto) = self.left(wanted);
        if self.waits_for_all(endpoint, wanted, flags) {
            return plain(Predicted::Blocks, "waitall-waits-for-the-whole-buffer");
        }
        if self.held > 0 && self.peeked == 0 && endpoint.is_before_mark() {
            return queued(endpoint, endpoint.read, self.held);
        }
        if upto > from || self.held > 0 || (wanted == 0 && endpoint.unread_bytes() > 0) {
            let rest = if self.held > 0 && !flags.contains(&MsgFlag::WaitAll) { 0 } else { upto - from };
            return queued(endpoint, upto, self.held + rest);
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
            let (rule, part) = match endpoint.gave_up {
                Some(_) => ("read-after-giving-up-gives-0", "waited"),
                None => ("read-after-reported-error-gives-0", "rst"),
            };
            let by = endpoint.reset_by.map(|(by, _)| by);
            return plain(Predicted::Value(0), rule).maybe_role(part, by);
        }
        if self.must_not_wait(flags) {
            return fails(Errno::EAGAIN, "nothing-to-read-gives-eagain");
        }
        plain(Predicted::Blocks, "read-waits-for-data")
    }

    /// `tcp_recv_urg`: it never waits.
    fn receive_urgent(&self, wanted: u64) -> Foreseen {
        let endpoint = self.endpoint;
        match endpoint.mark.map(|mark| mark.byte) {
            _ if endpoint.oob_inline => fails(Errno::EINVAL, "urgent-byte-stays-in-the-stream"),
            None | Some(UrgentByte::Taken) => fails(Errno::EINVAL, "no-urgent-byte-gives-einval"),
            Some(_) if endpoint.dead() && endpoint.fin_in.is_none() => {
                fails(Errno::ENOTCONN, "urgent-byte-of-a-dead-connection-gives-enotconn")
            }
            Some(UrgentByte::Here(segment)) => {
                plain(Predicted::Value(size(wanted.min(1))), "recv-oob-takes-the-urgent-byte").role("data", segment)
            }
            Some(UrgentByte::NotYet) if endpoint.receive_ended() => {
                plain(Predicted::Value(0), "urgent-byte-will-not-come")
            }
            Some(UrgentByte::NotYet) => fails(Errno::EAGAIN, "urgent-byte-is-on-its-way"),
        }
    }

    /// `sock_rcvlowat`: with `MSG_WAITALL` a blocking read goes on until the buffer is full, or nothing more can come.
    pub(super) fn waits_for_all(&self, endpoint: &Endpoint, wanted: u64, flags: &[MsgFlag]) -> bool {
        let asked = flags.contains(&MsgFlag::WaitAll) && !flags.contains(&MsgFlag::DontWait);
        let over = endpoint.receive_ended() || endpoint.pending.is_some() || self.options.nonblocking;
        let (from, upto) = self.left(wanted);
        // Who only looks stands behind what it has seen, and the urgent byte in front of that.
        let before_mark = self.held > 0 && self.peeked == 0 && endpoint.is_before_mark();
        let stops = endpoint.stops_at_mark(upto) || before_mark;
        asked && !over && upto - from < wanted && !stops
    }

    /// What is there of that many bytes, behind what the call has copied already.
    pub(super) fn left(&self, wanted: u64) -> (u64, u64) {
        let (from, upto) = self.endpoint.readable(wanted.saturating_add(self.peeked));
        ((from + self.peeked).min(upto), upto)
    }

    pub(super) fn must_not_wait(&self, flags: &[MsgFlag]) -> bool {
        self.options.nonblocking || flags.contains(&MsgFlag::DontWait)
    }
}

fn queued(endpoint: &Endpoint, upto: u64, bytes: u64) -> Foreseen {
    let rule = match endpoint.reset_by {
        Some(_) if endpoint.gave_up.is_none() => "received-data-survives-the-rst",
        _ if endpoint.stops_at_mark(upto) => "read-stops-at-the-urgent-byte",
        _ => "read-takes-queued-data",
    };
    let carried = endpoint.unread.front().map(|(.., data)| *data);
    let mut foreseen = plain(Predicted::Value(size(bytes)), rule).bytes(bytes).maybe_role("data", carried);
    if let Some((rst, _)) = endpoint.reset_by.filter(|_| endpoint.gave_up.is_none()) {
        foreseen = foreseen.role("rst", rst);
    }
    foreseen
}
