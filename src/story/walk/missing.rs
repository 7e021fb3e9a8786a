//! Segments that must come: what calls for each, and which never came.
//!
//! Acknowledgments may be delayed and data may have to wait; a SYN, its answer, a FIN and an RST are sent at once, the FIN as soon as
//! all data is out.

use super::Walk;
use crate::record::{Call, End, Errno, Flags, Outcome, Segment, Syscall, TcpState};
use crate::story::endpoint::Ending;
use crate::story::{EndpointId, EventId, Finding, FindingKind, Side};

/// A segment that an end must send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owed {
    SynAck,
    Fin,
    Rst,
}

impl Owed {
    fn kind(self) -> FindingKind {
        match self {
            Self::SynAck => FindingKind::SynAckMissing,
            Self::Fin => FindingKind::FinMissing,
            Self::Rst => FindingKind::RstMissing,
        }
    }
}

impl Walk<'_> {
    fn owes(&mut self, id: EndpointId, what: Owed, by: EventId) {
        self.owed.entry((id, what)).or_insert(by);
    }

    /// Nothing is expected of an end any more: it is gone.
    pub(super) fn owes_nothing(&mut self, id: EndpointId) {
        self.owed.retain(|(of, _), _| *of != id);
    }

    /// An end sends a segment: what it had to send, perhaps.
    pub(super) fn pays(&mut self, sender: EndpointId, segment: &Segment) {
        let has = |flag| segment.flags.has(flag);
        let waits = self.endpoint(sender).fin_has_to_wait();
        let paid = [
            (Owed::Rst, has(Flags::RST)),
            // An RST refuses a SYN, and makes a FIN needless that could not go out yet.
            (Owed::SynAck, has(Flags::SYN) || (has(Flags::RST) && has(Flags::ACK))),
            (Owed::Fin, has(Flags::FIN) || (has(Flags::RST) && waits)),
        ];
        for (what, _) in paid.into_iter().filter(|(_, is_paid)| *is_paid) {
            self.owed.remove(&(sender, what));
        }
    }

    /// A close, or the end of a process, has decided how the connection ends.
    pub(super) fn close_owes(&mut self, id: EndpointId, by: EventId) {
        let endpoint = self.endpoint(id);
        match endpoint.ending {
            Ending::Fin if !endpoint.has_sent_fin() => self.owes(id, Owed::Fin, by),
            ending if ending.resets() && !endpoint.dead() => self.owes(id, Owed::Rst, by),
            _ => {}
        }
    }

    /// A shutdown has ended what its user sends.
    pub(super) fn shutdown_owes(&mut self, id: EndpointId, by: EventId) {
        let endpoint = self.endpoint(id);
        if endpoint.shut_write == Some(by) && endpoint.after_fin_sent().is_some() {
            self.owes(id, Owed::Fin, by);
        }
    }

    /// A connect that is under way, or has succeeded, has sent a SYN.
    pub(super) fn connect_called_for_a_syn(&mut self, event: EventId, call: &Syscall) {
        let under_way = matches!(&call.outcome, Outcome::Failed { errno } if *errno == Errno::EINPROGRESS);
        let begun = under_way || matches!(&call.outcome, Outcome::Returned { .. });
        let sent = self.endpoint_of(call.socket).is_some_and(|id| !self.endpoint(id).sent.is_empty());
        if matches!(call.call, Call::Connect { .. }) && begun && !sent && self.is_whole() {
            self.found.findings.push(Finding { kind: FindingKind::SynMissing, about: vec![event] });
        }
    }

    /// What a segment calls for at its receiver, which was in that state before.
    pub(super) fn arrival_owes(&mut self, event: EventId, receiver: EndpointId, segment: &Segment, before: TcpState) {
        let endpoint = self.endpoint(receiver);
        if segment.flags.has(Flags::RST) {
            if before != endpoint.state {
                self.owes_nothing(receiver);
            }
            return;
        }
        let aborts = endpoint.reset_by.is_some_and(|(by, _)| by == event);
        let opens = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
        let says_something = !segment.payload.is_empty() || segment.flags.has(Flags::FIN);
        match before {
            _ if aborts => self.owes(receiver, Owed::Rst, event),
            TcpState::Close if opens && receiver.side == Side::Responder => self.syn_owes(event, receiver),
            TcpState::Close if says_something => self.owes(receiver, Owed::Rst, event),
            _ => {}
        }
    }

    /// A SYN is answered, unless the listener's queue is full. What an older connection of the same ports says to it is its own
    /// matter.
    fn syn_owes(&mut self, event: EventId, receiver: EndpointId) {
        let is_over = |id| matches!(self.endpoint(id).state, TcpState::Close | TcpState::TimeWait);
        if self.flow.before(receiver).is_some_and(|older| !is_over(older)) {
            return;
        }
        match self.listener_of(receiver).map(|listener| &self.sockets[listener.0]) {
            Some(listener) if listener.is_crowded() => {}
            Some(_) => self.owes(receiver, Owed::SynAck, event),
            None => self.owes(receiver, Owed::Rst, event),
        }
    }

    /// A run that was cut, or whose capture is not complete, says nothing of what never came.
    fn is_whole(&self) -> bool {
        let whole = matches!(self.recording.end, End::Completed | End::Stopped { .. });
        whole && self.recording.capture.dropped == 0
    }

    /// Tells what never came.
    pub(super) fn what_never_came(&mut self) {
        if !self.is_whole() {
            return;
        }
        let waits = |(id, what): &(EndpointId, Owed)| *what == Owed::Fin && self.endpoint(*id).fin_has_to_wait();
        let missing: Vec<_> = self.owed.iter().filter(|(owed, _)| !waits(owed)).collect();
        let told = missing.into_iter().map(|((_, what), by)| Finding { kind: what.kind(), about: vec![*by] });
        let told: Vec<_> = told.collect();
        self.found.findings.extend(told);
    }
}
