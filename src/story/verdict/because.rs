//! What the author says is the cause, held against the causes that the story found.

use std::collections::BTreeMap;

use super::Judged;
use crate::record::{Because, CallPattern, Located, SegmentPattern, Syscall, What};
use crate::story::{Actual, Cause, Check, ConnectionId, EventId, Expected};

impl Judged<'_> {
    pub(super) fn because(&self, wanted: &Located<Because>, causes: &BTreeMap<EventId, &Cause>) -> Check {
        let found = self.cause(&wanted.value, causes);
        self.check(wanted.line, Expected::Because, found)
    }

    pub(super) fn cause(&self, wanted: &Because, causes: &BTreeMap<EventId, &Cause>) -> Result<EventId, Actual> {
        let call = self.call.ok_or(Actual::Nothing)?;
        let syscall = self.syscall().ok_or(Actual::Nothing)?;
        let cause = causes.get(&call).copied();
        let found = match wanted {
            Because::Rule { rule } => return by_rule(call, rule, cause),
            Because::Segment(pattern) => self.latest_segment(pattern, syscall)?,
            Because::Call { call: pattern } => self.latest_call(pattern, self.before_the_end_of(syscall)),
        };
        let named = cause.map(|cause| cause.because.clone()).unwrap_or_default();
        found.filter(|found| named.contains(found)).ok_or(Actual::Events(named))
    }

    /// The events up to the end of a call.
    fn before_the_end_of(&self, syscall: &Syscall) -> usize {
        let limit = syscall.end_ns.unwrap_or(i64::MAX);
        self.bench.recording.events.partition_point(|event| event.t_ns <= limit)
    }

    /// The latest segment that fits and came before the call returned; an error where it may be one of several connections.
    fn latest_segment(&self, pattern: &SegmentPattern, syscall: &Syscall) -> Result<Option<EventId>, Actual> {
        let before = self.bench.segments.range(..self.before_the_end_of(syscall)).rev();
        let mut latest: Vec<(EventId, ConnectionId)> = Vec::new();
        for (place, told) in before.filter(|(place, told)| self.bench.fits(pattern, **place, told)) {
            if latest.iter().all(|(_, connection)| *connection != told.sender.connection) {
                latest.push((EventId(*place), told.sender.connection));
            }
        }
        let Some(&(found, connection)) = latest.first() else { return Ok(None) };
        if latest.iter().all(|(_, other)| self.bench.same_pair(*other, connection)) {
            return Ok(Some(found));
        }
        Err(Actual::Ambiguous(latest.into_iter().map(|(event, _)| event).collect()))
    }

    /// The latest other call that fits, among the first so many events.
    pub(super) fn latest_call(&self, pattern: &CallPattern, last: usize) -> Option<EventId> {
        let events = self.bench.recording.events[..last].iter().enumerate().rev();
        let fits = |(place, what): &(usize, &What)| match what {
            What::Syscall(other) => {
                Some(EventId(*place)) != self.call && other.actor == pattern.actor && other.call.name() == pattern.name
            }
            _ => false,
        };
        events.map(|(place, event)| (place, &event.what)).find(fits).map(|(place, _)| EventId(place))
    }
}

/// The outcome has its cause by this rule. Found is the call itself: a timer leaves nothing else behind.
fn by_rule(call: EventId, rule: &str, cause: Option<&Cause>) -> Result<EventId, Actual> {
    match cause {
        Some(cause) if cause.rule == rule => Ok(call),
        Some(cause) => Err(Actual::Rule(cause.rule, cause.because.clone())),
        None => Err(Actual::Nothing),
    }
}
