//! How long something takes at least.

use super::Judged;
use crate::record::{Located, Since, Takes, What};
use crate::story::{Actual, Check, EventId, Expected};

impl Judged<'_> {
    pub(super) fn takes(&self, wanted: &Located<Takes>) -> Check {
        let took = self.took(wanted.value.since.as_ref());
        let long_enough = |(from, to): (i64, i64)| {
            u64::try_from(to.saturating_sub(from)).is_ok_and(|ns| ns >= wanted.value.at_least_ns)
        };
        let passed = took.is_some_and(long_enough);
        Check { step: self.id, line: wanted.line, expected: Expected::Takes, actual: Actual::Took(took), passed }
    }

    /// From the begin of the call, or of a step that makes none, or from what the author says; to the end of the call, or to the last segment
    /// that the step waits for.
    fn took(&self, since: Option<&Since>) -> Option<(i64, i64)> {
        let run = self.run?;
        let events = &self.bench.recording.events;
        let (begin_ns, end_ns) = match self.call.map(|call| &events[call.0]) {
            Some(event) => match &event.what {
                What::Syscall(call) => (event.t_ns, call.end_ns?),
                _ => return None,
            },
            None => (run.begin_ns, events[self.last_awaited()?.0].t_ns),
        };
        let last = events.partition_point(|event| event.t_ns < end_ns);
        let begin_ns = match since {
            None => begin_ns,
            Some(Since::Segment(pattern)) => {
                let mut before = self.bench.segments.range(..last).rev();
                events[*before.find(|(place, told)| self.bench.fits(pattern, **place, told))?.0].t_ns
            }
            Some(Since::Call { call }) => events[self.latest_call(call, last)?.0].t_ns,
        };
        Some((begin_ns, end_ns))
    }

    /// The segment that the last pattern of `wire` found.
    fn last_awaited(&self) -> Option<EventId> {
        let mut from =
            self.bench.recording.events.partition_point(|event| event.t_ns < self.run.map_or(0, |run| run.begin_ns));
        let mut last = None;
        for wanted in &self.step.expect.wire {
            let found = self.next_fitting(&wanted.value, from)?;
            (from, last) = (found.0 + 1, Some(found));
        }
        last
    }
}
