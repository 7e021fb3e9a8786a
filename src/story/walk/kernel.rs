//! The kernel's testimony.

use super::Walk;
use crate::record::{Call, KernelRange, ShutdownHow, StateSample, TcpState, What};
use crate::story::endpoint::{Ending, Endpoint, Waited};
use crate::story::{Deviation, EndpointId, EventId, Finding, FindingKind, StateTold, Told};

/// How long `TIME_WAIT` lasts (`TCP_TIMEWAIT_LEN`), and how long an orphan waits in `FIN_WAIT2` by default, in nanoseconds.
const MINUTE_NS: i64 = 60_000_000_000;

const SECOND_NS: i64 = 1_000_000_000;

/// The shortest and the longest time after which data is sent again (`TCP_RTO_MIN`, `TCP_RTO_MAX`), in nanoseconds.
const RTO_MIN_NS: i64 = SECOND_NS / 5;
const RTO_MAX_NS: i64 = 120 * SECOND_NS;

/// Until when a connection waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// The earliest time at which it may be over.
    pub(super) at_ns: i64,
    /// How much later the kernel may notice: its timers never go off early; late they are by up to an eighth of their time (the timer
    /// wheel's levels), and where it only looks when it sends again, by as long as it waits for that.
    late_ns: i64,
    /// What is waited for, and the segment that asked for it; none where the wait ends without an error.
    waits: Option<(Waited, EventId)>,
}

impl Limit {
    /// A busy machine adds to the lateness.
    fn has_surely_passed(self, now_ns: i64) -> bool {
        now_ns >= self.at_ns.saturating_add(self.late_ns).saturating_add(SECOND_NS)
    }

    /// What that makes of the endpoint.
    pub(super) fn pass(self, endpoint: &mut Endpoint) {
        if let Some((waited, by)) = self.waits {
            endpoint.gives_up(waited, by);
        }
    }
}

impl Walk<'_> {
    pub(super) fn sample(&mut self, event: EventId, t_ns: i64, sample: &StateSample) {
        let known = self.flow.latest(sample.local, sample.peer, event.0);
        if let Some(id) = known {
            self.gives_up_for_certain(event, id, t_ns);
            let over = self.patience(id).filter(|limit| limit.at_ns <= sample.end_ns);
            if let Some(limit) = over.filter(|_| sample.state == TcpState::Close) {
                self.gives_up(event, id, limit);
            }
        }
        let endpoint = known.map(|id| self.endpoint(id));
        let agrees = endpoint.is_none_or(|endpoint| {
            let held = endpoint.held(sample.state, t_ns, sample.end_ns) || self.will_hold(known, sample, event);
            // A close changes the state before its FIN is captured.
            let forgets = endpoint.fin_has_to_wait() && endpoint.deviates(Deviation::WaitingFinLeavesTheState);
            let closes = !forgets && endpoint.ending == Ending::Fin
                || (endpoint.closed.is_none() && endpoint.shut_write.is_some());
            let may_close = || closes || known.is_some_and(|id| self.begins_to_close(id, sample, event));
            let cookie = endpoint.cookie && endpoint.state == TcpState::SynRecv && sample.state == TcpState::Close;
            held || cookie || (endpoint.after_fin_sent() == Some(sample.state) && may_close())
        });
        let model = endpoint.map(|endpoint| endpoint.state);
        if !agrees {
            self.found.findings.push(Finding { kind: FindingKind::StateNotExplained, about: vec![event] });
        }
        self.found.told[event.0] = Some(Told::State(StateTold { endpoint: known, model, agrees }));
    }

    /// How long a connection that only waits lasts: `TIME_WAIT` and an orphan's `FIN_WAIT2` disappear without a word, and the kernel
    /// gives up a connection when nothing comes of its SYN or of its window probes.
    pub(super) fn patience(&self, id: EndpointId) -> Option<Limit> {
        let endpoint = self.endpoint(id);
        let user_timeout_ns = self.user_timeout_ns(id);
        let (since_ns, lasts_ns, waits) = match (endpoint.state, endpoint.probing) {
            (TcpState::TimeWait, _) => (endpoint.since_ns(), MINUTE_NS, None),
            (TcpState::FinWait2, _) if endpoint.closed.is_some() => {
                (self.orphan_since_ns(endpoint), self.orphan_ns(endpoint), None)
            }
            (TcpState::SynSent, _) => {
                let (_, syn) = endpoint.sent.first_key_value()?;
                let lasts_ns = if user_timeout_ns > 0 { user_timeout_ns.max(SECOND_NS) } else { self.syn_timeout_ns() };
                (endpoint.since_ns(), lasts_ns, Some((Waited::SynAck, *syn)))
            }
            (_, Some((since_ns, probe))) if user_timeout_ns > 0 && !endpoint.dead() => {
                (since_ns, user_timeout_ns, Some((Waited::Window, probe)))
            }
            (_, None) if !endpoint.dead() => return self.patience_of_retransmission(endpoint, user_timeout_ns),
            _ => return None,
        };
        Some(Limit { at_ns: since_ns.saturating_add(lasts_ns), late_ns: lasts_ns / 4, waits })
    }

    /// Data that is sent again and again (`retransmits_timed_out`): for `TCP_USER_TIMEOUT` from the first time on, whatever the peer
    /// says besides; without it for the time that `tcp_retries2` stands for, while nothing is heard.
    fn patience_of_retransmission(&self, endpoint: &Endpoint, user_timeout_ns: i64) -> Option<Limit> {
        let Some((first_ns, segment)) = endpoint.sent_again else {
            return self.patience_at_a_shut_window(endpoint, user_timeout_ns);
        };
        let waits = Some((Waited::Acknowledgment, segment));
        if user_timeout_ns > 0 {
            let at_ns = first_ns.saturating_add(user_timeout_ns);
            return Some(Limit { at_ns, late_ns: user_timeout_ns / 4, waits });
        }
        let heard_ns = endpoint.last_received.map_or(first_ns, |(_, at)| at);
        let lasts_ns = self.retransmission_timeout_ns();
        let at_ns = first_ns.max(heard_ns).saturating_add(lasts_ns);
        Some(Limit { at_ns, late_ns: lasts_ns.min(RTO_MAX_NS) + RTO_MIN_NS, waits })
    }

    /// Data on its way to a window that has been shut behind it: when it is due again for the first time, and `TCP_USER_TIMEOUT` is over by
    /// then, the kernel gives up instead of sending it (`tcp_rtx_probe0_timed_out`, asked by `tcp_retransmit_timer`).
    fn patience_at_a_shut_window(&self, endpoint: &Endpoint, user_timeout_ns: i64) -> Option<Limit> {
        let acknowledged = endpoint.acked + 1;
        let is_shut = endpoint.window_edge.is_some_and(|edge| edge <= acknowledged);
        if user_timeout_ns == 0 || !is_shut || endpoint.closed.is_some() || !self.gives_up_at_a_shut_window() {
            return None;
        }
        let (_, segment) = endpoint.sent.range(u32::try_from(acknowledged + 1).ok()?..).next()?;
        let sent_ns = self.recording.events[segment.0].t_ns;
        let heard_ns = endpoint.last_received.map_or(sent_ns, |(_, at_ns)| at_ns.max(sent_ns));
        let at_ns = sent_ns.saturating_add(user_timeout_ns.max(RTO_MIN_NS));
        // What is heard starts the timer again.
        let late_ns =
            heard_ns.saturating_add(user_timeout_ns.max(2 * RTO_MIN_NS)).saturating_sub(at_ns).max(RTO_MIN_NS);
        Some(Limit { at_ns, late_ns, waits: Some((Waited::ShutWindow, *segment)) })
    }

    /// Older kernels send the data again all the same.
    fn gives_up_at_a_shut_window(&self) -> bool {
        KernelRange::parse(">= 6.10").is_some_and(|range| range.contains(&self.recording.machine.kernel))
    }

    /// `tcp_model_timeout` for `tcp_retries2`: the wait doubles from 200 ms up to two minutes.
    fn retransmission_timeout_ns(&self) -> i64 {
        let retries = self.sysctl("net.ipv4.tcp_retries2").unwrap_or(15).clamp(0, 255);
        let doubled = retries.min(9);
        ((2 << doubled) - 1) * RTO_MIN_NS + (retries - doubled) * RTO_MAX_NS
    }

    pub(super) fn sysctl(&self, name: &str) -> Option<i64> {
        self.recording.machine.sysctls.get(name)?.parse().ok()
    }

    /// How long an orphan waits in `FIN_WAIT2`.
    fn fin_wait2_ns(&self, endpoint: &Endpoint) -> i64 {
        let timeout = self.sysctl("net.ipv4.tcp_fin_timeout");
        endpoint.linger2_ns.or(timeout.map(|seconds| seconds.saturating_mul(SECOND_NS))).unwrap_or(MINUTE_NS)
    }

    /// Since when an endpoint in `FIN_WAIT2` has been an orphan there.
    fn orphan_since_ns(&self, endpoint: &Endpoint) -> i64 {
        let closed_ns = endpoint.closed.map_or(i64::MIN, |close| self.recording.events[close.0].t_ns);
        endpoint.since_ns().max(closed_ns)
    }

    /// How long the whole socket of an orphan in `FIN_WAIT2` is kept before a mini-socket takes its place: by as much as it waits
    /// longer than a minute (`__tcp_close`, `tcp_rcv_state_process`).
    fn whole_ns(&self, endpoint: &Endpoint) -> i64 {
        self.fin_wait2_ns(endpoint).saturating_sub(MINUTE_NS).max(0)
    }

    /// How long an orphan is in `FIN_WAIT2`. One that is to wait for longer than a minute waits for what is beyond that, and as a
    /// mini-socket for the same time once more (`tcp_keepalive_timer`).
    fn orphan_ns(&self, endpoint: &Endpoint) -> i64 {
        match self.whole_ns(endpoint) {
            0 => self.fin_wait2_ns(endpoint),
            beyond => beyond.saturating_mul(2),
        }
    }

    /// Whether an endpoint in `FIN_WAIT2` is a mini-socket at that time, like one in `TIME_WAIT`.
    pub(super) fn is_mini_in_fin_wait2(&self, id: EndpointId, t_ns: i64) -> bool {
        let endpoint = self.endpoint(id);
        let whole_ns = self.whole_ns(endpoint);
        let replaced = whole_ns == 0 || t_ns >= self.orphan_since_ns(endpoint).saturating_add(whole_ns);
        endpoint.closed.is_some() && replaced
    }

    /// How long a SYN is sent again and again (`tcp_model_timeout` for `tcp_syn_retries`): the wait doubles from one second up to
    /// two minutes.
    fn syn_timeout_ns(&self) -> i64 {
        let retries = self.sysctl("net.ipv4.tcp_syn_retries").unwrap_or(6).clamp(0, 255);
        let doubled = retries.min(6);
        ((2 << doubled) - 1 + (retries - doubled) * 120) * SECOND_NS
    }

    fn user_timeout_ns(&self, id: EndpointId) -> i64 {
        let socket = self.flow.connections[id.connection.0].end(id.side).socket;
        let ns = socket.map_or(0, |socket| self.sockets[socket.0].options.user_timeout_ns);
        i64::try_from(ns).unwrap_or(i64::MAX)
    }

    /// What has waited so long that its timer has gone off, however coarse that is.
    pub(super) fn gives_up_for_certain(&mut self, event: EventId, id: EndpointId, now_ns: i64) {
        if let Some(limit) = self.patience(id).filter(|limit| limit.has_surely_passed(now_ns)) {
            self.gives_up(event, id, limit);
        }
    }

    /// The time of a connection is over.
    pub(super) fn gives_up(&mut self, event: EventId, id: EndpointId, limit: Limit) {
        limit.pass(self.endpoint_mut(id));
        self.enter(event, limit.at_ns, id, Some(TcpState::Close));
    }

    /// Whether a call began while the kernel was being asked that closes the writing direction.
    fn begins_to_close(&self, id: EndpointId, sample: &StateSample, event: EventId) -> bool {
        let Some(socket) = self.flow.connections[id.connection.0].end(id.side).socket else { return false };
        let actor = self.flow.connections[id.connection.0].end(id.side).actor;
        let later = self.recording.events.iter().skip(event.0 + 1).take_while(|other| other.t_ns <= sample.end_ns);
        later.filter_map(|other| if let What::Syscall(call) = &other.what { Some(call) } else { None }).any(|made| {
            match made.call {
                Call::Close | Call::Shutdown { how: ShutdownHow::Write | ShutdownHow::Both } => made.socket == socket,
                Call::Exit { .. } => actor == Some(made.actor),
                _ => false,
            }
        })
    }

    /// A segment that was captured while the kernel was being asked may count already.
    pub(super) fn will_hold(&self, known: Option<EndpointId>, sample: &StateSample, event: EventId) -> bool {
        let Some(id) = known else { return false };
        let mut ahead = self.endpoint(id).clone();
        let later = self.recording.events.iter().enumerate().skip(event.0 + 1);
        for (place, other) in later.take_while(|(_, other)| other.t_ns <= sample.end_ns) {
            let Some((told, segment)) = self.flow.segments.get(&place).zip(self.recording.segment(other)) else {
                continue;
            };
            if told.sender.connection != id.connection {
                continue;
            }
            let states = if told.sender == id {
                ahead.sends(EventId(place), segment, told.seq_rel, told.ack_rel).into_iter().collect()
            } else {
                let taken = self.flow.as_taken(place, segment);
                ahead.receives(EventId(place), other.t_ns, &taken, told.seq_rel, told.ack_rel)
            };
            // A mini-socket takes the place of the socket, which is still found by who was already looking (`tcp_time_wait`, `tcp_done`).
            let is_mini = |state: &TcpState| {
                *state == TcpState::TimeWait
                    || *state == TcpState::FinWait2 && self.is_mini_in_fin_wait2(id, other.t_ns)
            };
            let replaced = sample.state == TcpState::Close && states.iter().any(is_mini);
            if replaced || states.contains(&sample.state) {
                return true;
            }
            if let Some(state) = states.last() {
                ahead.enter(other.t_ns, *state);
            }
        }
        false
    }
}
