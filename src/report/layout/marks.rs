//! What is drawn over several rows: calls from begin to end, and what caused what. And what marks mean: the kind of a segment, how a
//! call went, what family a state belongs to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Body, Layout, Part, Row};
use crate::record::{ActorId, Flags, Outcome, Segment, StepId, Syscall, TcpState, What};
use crate::report::ties::Ties;
use crate::story::{Basis, Confidence, EndpointId, EventId, Link, Told};

/// What kind of segment it is, by the most telling of its flags; it decides an arrow's colour, shaft and head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// It opens a connection: a dot at its tail.
    Syn,
    /// It carries bytes.
    Data,
    /// It only acknowledges: dashed, with an open head.
    Ack,
    /// It ends one direction: a bar at its tail, and a hollow head.
    Fin,
    /// It ends the connection: thick, with a diamond for a head.
    Rst,
}

impl Look {
    /// The look of a segment's arrow.
    pub(super) fn of(segment: &Segment) -> Self {
        let has = |flag| segment.flags.has(flag);
        match () {
            () if has(Flags::RST) => Self::Rst,
            () if has(Flags::SYN) => Self::Syn,
            () if has(Flags::FIN) => Self::Fin,
            () if segment.payload.is_empty() => Self::Ack,
            () => Self::Data,
        }
    }
}

/// How a call went; it decides the colour of its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum CallTone {
    /// It returned, or did what it is for.
    Fine,
    /// It failed, or its process was killed in it.
    Failed,
    /// It came out otherwise than the model allows.
    Trouble,
    /// It had not returned when the run ended.
    Unfinished,
}

impl CallTone {
    fn of(syscall: &Syscall, explained: bool) -> Self {
        match &syscall.outcome {
            _ if !explained => Self::Trouble,
            Outcome::Failed { .. } | Outcome::Killed { .. } => Self::Failed,
            // exit never returns, and is none the worse for it.
            Outcome::Unfinished if syscall.call.name() != "exit" => Self::Unfinished,
            _ => Self::Fine,
        }
    }
}

/// The family of a state; it decides its colour. Its name stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum StateTone {
    /// Nothing is open yet.
    Quiet,
    /// The handshake goes on.
    Opening,
    /// Both directions are open.
    Open,
    /// This end has sent its FIN first, or at once.
    Closing,
    /// The peer has sent its FIN.
    Left,
    /// There is no connection any more.
    Closed,
}

impl StateTone {
    /// The family of a state.
    pub(in crate::report) fn of(state: TcpState) -> Self {
        match state {
            TcpState::Listen => Self::Quiet,
            TcpState::SynSent | TcpState::SynRecv => Self::Opening,
            TcpState::Established => Self::Open,
            TcpState::FinWait1 | TcpState::FinWait2 | TcpState::Closing | TcpState::TimeWait => Self::Closing,
            TcpState::CloseWait | TcpState::LastAck => Self::Left,
            TcpState::Close => Self::Closed,
        }
    }
}

/// A call, from the row of its begin to the last row before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Bar {
    /// The call.
    pub(in crate::report) event: EventId,
    /// Who called.
    pub(in crate::report) actor: ActorId,
    /// The row of its begin.
    pub(in crate::report) from: usize,
    /// The last row that it reaches: that of its result, or the last that happened before it returned.
    pub(in crate::report) to: usize,
    /// The row of its result; behind all rows where that is not among them.
    pub(in crate::report) told: usize,
    /// The step that shows how it went.
    pub(in crate::report) seen: StepId,
    /// How it went.
    pub(in crate::report) tone: CallTone,
    /// Whether it slept.
    pub(in crate::report) blocked: bool,
}

/// Where a row is tied to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Anchor {
    /// In an actor's lane.
    Lane(ActorId),
    /// At the begin of a segment's arrow.
    Tail,
    /// At its end.
    Head,
}

/// What caused what: from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Curve {
    /// The cause's row, and where in it.
    pub(in crate::report) from: (usize, Anchor),
    /// The effect's row, and where in it.
    pub(in crate::report) to: (usize, Anchor),
    /// The cause and the effect.
    pub(in crate::report) events: (EventId, EventId),
    /// Whether a rule of the model or the order in time says so, and no observation.
    pub(in crate::report) inferred: bool,
}

impl Layout {
    /// Every call as a bar. No bar reaches the row of the same actor's next call.
    pub(in crate::report) fn bars(&self, ties: &Ties<'_>) -> Vec<Bar> {
        let mut bars: Vec<Bar> = Vec::new();
        let mut begun: BTreeMap<EventId, usize> = BTreeMap::new();
        let mut latest: BTreeMap<ActorId, usize> = BTreeMap::new();
        for (place, row) in self.rows.iter().enumerate() {
            let (&Body::Call { actor, part }, Some(event)) = (&row.body, row.event) else { continue };
            if part == Part::End {
                if let Some(bar) = begun.get(&event).and_then(|bar| bars.get_mut(*bar)) {
                    (bar.told, bar.to, bar.seen) = (place, place, row.seen);
                }
                continue;
            }
            if let Some(before) = latest.get(&actor).and_then(|bar| bars.get_mut(*bar)) {
                before.to = before.to.min(place - 1).max(before.from);
            }
            latest.insert(actor, bars.len());
            begun.insert(event, bars.len());
            bars.extend(self.bar(ties, place, row, event, actor).map(|bar| match part {
                Part::Begin => Bar { told: usize::MAX, ..bar },
                _ => bar,
            }));
        }
        bars
    }

    fn bar(&self, ties: &Ties<'_>, from: usize, row: &Row, event: EventId, actor: ActorId) -> Option<Bar> {
        let What::Syscall(syscall) = &ties.story.recording.events.get(event.0)?.what else { return None };
        let told = &ties.story.entries.get(event.0)?.told;
        let explained = !matches!(told, Told::Call(told) if !told.explained);
        let to = match syscall.end_ns {
            Some(end_ns) => self.rows.partition_point(|row| row.t_ns <= end_ns).saturating_sub(1).max(from),
            None if syscall.outcome == Outcome::Unfinished => self.rows.len() - 1,
            None => from,
        };
        let tone = CallTone::of(syscall, explained);
        Some(Bar { event, actor, from, to, told: from, seen: row.seen, tone, blocked: syscall.blocked })
    }

    /// Every tie between two rows.
    pub(in crate::report) fn curves(&self, ties: &Ties<'_>) -> Vec<Curve> {
        let mut rows: BTreeMap<EventId, (usize, usize)> = BTreeMap::new();
        for (place, event) in self.rows.iter().enumerate().filter_map(|(place, row)| Some((place, row.event?))) {
            rows.entry(event).and_modify(|(_, last)| *last = place).or_insert((place, place));
        }
        ties.story.links.iter().filter_map(|link| self.curve(ties, link, &rows)).collect()
    }

    fn curve(&self, ties: &Ties<'_>, link: &Link, rows: &BTreeMap<EventId, (usize, usize)>) -> Option<Curve> {
        let ((begin, end), (_, effect)) = (*rows.get(&link.from)?, *rows.get(&link.to)?);
        // What a call sets off, it sets off where it begins, unless it had returned before.
        let effect_ns = ties.story.recording.events.get(link.to.0)?.t_ns;
        let cause = if effect_ns < self.rows[end].t_ns { begin } else { end };
        let is_inferred = matches!(link.basis, Basis::Model | Basis::Time) || link.confidence != Confidence::Certain;
        let same_sender = self.sender(cause).is_some() && self.sender(cause) == self.sender(effect);
        let at = |row: usize, segment| match self.rows[row].body {
            Body::Segment(_) => Some(segment),
            Body::Call { actor, .. } | Body::Signal(actor) | Body::Kill(actor) | Body::Exit(actor) => {
                Some(Anchor::Lane(actor))
            }
            _ => None,
        };
        Some(Curve {
            from: (cause, at(cause, if same_sender { Anchor::Tail } else { Anchor::Head })?),
            to: (effect, at(effect, Anchor::Tail)?),
            events: (link.from, link.to),
            inferred: is_inferred,
        })
    }

    fn sender(&self, row: usize) -> Option<EndpointId> {
        match self.rows[row].body {
            Body::Segment(arrow) => Some(arrow.sender),
            _ => None,
        }
    }
}
