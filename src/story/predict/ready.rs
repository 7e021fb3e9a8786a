//! What poll and epoll tell.

use std::collections::VecDeque;

use super::{Foreseen, View, plain};
use crate::record::{Call, PollEvent, TcpState};
use crate::story::endpoint::{Mark, UrgentByte};
use crate::story::{Deviation, EventId, Predicted};

impl View<'_> {
    /// Why epoll has nothing to tell until its time is up.
    pub(super) fn silence(&self) -> &'static str {
        let told_before = self.epoll.is_some_and(|epoll| epoll.edge && !epoll.listed && self.is_ready(&epoll.events));
        if told_before { "epoll-tells-an-edge-once" } else { "epoll-timeout-gives-0" }
    }

    /// What is ready of what epoll was asked for, and whether it is told.
    pub(super) fn epoll(&self, timeout_ns: Option<u64>) -> Foreseen {
        let told = self.epoll.filter(|epoll| epoll.listed || !epoll.edge);
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

    /// A registration lives as long as the socket: until the last descriptor is closed (epoll(7)).
    pub(super) fn epoll_of_closed(&self, timeout_ns: Option<u64>, close: EventId) -> Foreseen {
        match timeout_ns {
            _ if self.shared => self.epoll(timeout_ns),
            Some(0) => plain(Predicted::Ready(Vec::new()), "epoll-forgets-a-closed-socket").role("close", close),
            _ => plain(Predicted::Blocks, "epoll-waits"),
        }
    }

    /// Whether something is ready of what was asked for: a registration then begins on the ready list.
    pub fn is_ready(&self, asked: &[PollEvent]) -> bool {
        matches!(self.poll(asked, Some(0)).outcome, Predicted::Ready(ready) if !ready.is_empty())
    }

    /// `tcp_poll`.
    pub(super) fn poll(&self, asked: &[PollEvent], timeout_ns: Option<u64>) -> Foreseen {
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
    pub(super) fn poll_rule(&self) -> &'static str {
        let endpoint = self.endpoint;
        match (endpoint.pending, endpoint.reset_by, endpoint.fin_in) {
            _ if self.defers() => "deferred-accept-waits-for-data",
            _ if self.socket.queue.is_some() => "poll-tells-readiness",
            _ if endpoint.gave_up.is_some() => "poll-tells-that-the-kernel-gave-up",
            _ if self.urgent_is_here() => "poll-tells-urgent-data",
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

    /// A listener that would have a connection to accept, were it not for `TCP_DEFER_ACCEPT`.
    fn defers(&self) -> bool {
        self.socket.deferred.is_some() && self.socket.queue.as_ref().is_some_and(VecDeque::is_empty)
    }

    fn urgent_is_here(&self) -> bool {
        matches!(self.endpoint.mark, Some(Mark { byte: UrgentByte::Here(_), .. }))
    }

    pub(super) fn readiness(&self) -> (Vec<PollEvent>, Vec<(&'static str, EventId)>) {
        if let Some(queue) = &self.socket.queue {
            let waiting = queue.front().map(|waiting| ("ack", waiting.completed));
            let deferred = self.socket.deferred.filter(|_| self.defers()).map(|ack| ("ack", ack));
            return (waiting.iter().map(|_| PollEvent::In).collect(), waiting.or(deferred).into_iter().collect());
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
        } else if endpoint.unread_bytes() > u64::from(endpoint.at_mark()) {
            // An urgent byte alone is nothing to read.
            mask.push(PollEvent::In);
        }
        if self.urgent_is_here() {
            mask.push(PollEvent::Pri);
        }
        if !connecting {
            mask.push(PollEvent::Out);
        }
        if endpoint.pending.is_some() {
            mask.push(PollEvent::Err);
        }
        let role = if endpoint.gave_up.is_some() { "waited" } else { "rst" };
        let rst = endpoint.reset_by.map(|(rst, _)| (role, rst));
        let fin = endpoint.fin_in.map(|fin| ("fin", fin));
        let data = endpoint.unread.front().map(|(.., data)| ("data", *data));
        let connecting = self.socket.connect.is_some_and(|(_, told)| !told);
        let answer = endpoint.established_by.filter(|_| connecting).map(|answer| ("syn_ack", answer));
        (mask, [rst, fin, data, answer].into_iter().flatten().collect())
    }
}

/// What else a poll may tell: whether a send buffer in use has room depends on sizes that the kernel tunes.
pub fn without_room(view: View<'_>, call: &Call, usual: &Foreseen) -> Option<Foreseen> {
    let (Call::Poll { timeout_ns, .. } | Call::EpollWait { timeout_ns, .. }) = call else { return None };
    let Predicted::Ready(ready) = &usual.outcome else { return None };
    let uncertain = view.endpoint.may_be_full() && !view.endpoint.send_ended() && ready.contains(&PollEvent::Out);
    let rest: Vec<_> = ready.iter().copied().filter(|event| *event != PollEvent::Out).collect();
    let waits = rest.is_empty() && *timeout_ns != Some(0);
    let outcome = if waits { Predicted::Blocks } else { Predicted::Ready(rest) };
    uncertain.then(|| plain(outcome, "poll-tells-no-room"))
}

/// What else a poll may tell of an urgent byte alone: where the window has no room for another segment it is readable
/// (`tcp_epollin_ready`). How large the kernel takes segments to be (`rcv_mss`) is known only roughly.
pub fn at_a_small_window(view: View<'_>, call: &Call, usual: &Foreseen) -> Option<Foreseen> {
    let (Call::Poll { events, .. } | Call::EpollWait { events, .. }) = call else { return None };
    let endpoint = view.endpoint;
    let alone = endpoint.at_mark() && endpoint.unread_bytes() == 1 && !endpoint.receive_ended();
    let window = endpoint.offered_edge?.saturating_sub(endpoint.next_expected().into());
    if !alone || window > endpoint.largest.max(LEAST_SEGMENT) || !events.contains(&PollEvent::In) {
        return None;
    }
    let others = match &usual.outcome {
        Predicted::Ready(ready) => ready.as_slice(),
        _ => &[],
    };
    let told = |event: &PollEvent| *event == PollEvent::In || others.contains(event);
    let ready = PollEvent::ALL.iter().copied().filter(told).collect();
    Some(plain(Predicted::Ready(ready), "poll-tells-readiness"))
}

/// The size of segments that the kernel begins with, in bytes (`TCP_MSS_DEFAULT`).
const LEAST_SEGMENT: u64 = 536;

#[cfg(test)]
mod tests;
