//! Segments that must not appear.

use super::{Judged, Sheet};
use crate::story::{Actual, Check, EventId, Expected, SegmentTold};

impl Judged<'_> {
    /// `no_wire` and `quiet`, over the time from the step's begin to the begin of the next step, or to the end of the run.
    pub(super) fn silence(&self, sheet: &mut Sheet) {
        let expect = &self.step.expect;
        for (place, unwanted) in expect.no_wire.iter().enumerate() {
            let seen = |place: usize, told: &SegmentTold| self.bench.fits(&unwanted.value, place, told);
            self.add(sheet, self.absent(unwanted.line, Expected::NoWire(place), seen));
        }
        if let Some(quiet) = expect.quiet.as_ref().filter(|quiet| quiet.value) {
            self.add(sheet, self.absent(quiet.line, Expected::Quiet, |_, _| true));
        }
    }

    fn absent(&self, line: u32, expected: Expected, seen: impl Fn(usize, &SegmentTold) -> bool) -> Check {
        let seen = self.run.map(|run| {
            let (events, steps) = (&self.bench.recording.events, &self.bench.recording.steps);
            let next = steps.get(steps.partition_point(|other| other.step <= run.step));
            let limit_ns = next.map_or(i64::MAX, |next| next.begin_ns);
            let from = events.partition_point(|event| event.t_ns < run.begin_ns);
            let inside = self.bench.segments.range(from..).take_while(|(place, _)| events[**place].t_ns < limit_ns);
            inside.filter(|(place, told)| seen(**place, told)).map(|(place, _)| EventId(*place)).collect::<Vec<_>>()
        });
        let passed = seen.as_ref().is_some_and(Vec::is_empty);
        let actual = seen.filter(|seen| !seen.is_empty()).map_or(Actual::Nothing, Actual::Events);
        Check { step: self.id, line, expected, actual, passed }
    }
}
