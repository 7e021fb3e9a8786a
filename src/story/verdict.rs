//! The author's expectations, held against the story.

use std::collections::{BTreeMap, BTreeSet};

use super::{Actual, Answered, Cause, Check, Connection, EventId, Expected, NotReached, SegmentTold, Verdict};
use crate::record::{
    Action, ActorId, Alternative, Awaited, Detail, End, ExpectOutcome, ExpectValue, KernelRange, Located, Outcome,
    Recording, SegmentPattern, Signal, Step, StepId, StepRun, Syscall, What,
};

mod because;
mod silence;
mod takes;

/// What a judgement looks at.
pub(super) struct Bench<'a> {
    pub(super) recording: &'a Recording,
    pub(super) connections: &'a [Connection],
    pub(super) segments: &'a BTreeMap<usize, SegmentTold>,
    pub(super) causes: &'a [Cause],
    pub(super) answers: &'a [Answered],
}

/// Judges every expectation.
pub(super) fn judge(bench: &Bench<'_>) -> Verdict {
    let calls = calls(bench.recording);
    let causes: BTreeMap<EventId, &Cause> = bench.causes.iter().map(|cause| (cause.of, cause)).collect();
    let runs: BTreeMap<StepId, &StepRun> = bench.recording.steps.iter().map(|run| (run.step, run)).collect();
    let release = bench.recording.machine.kernel.as_str();
    let script = &bench.recording.script;
    let mut stories: BTreeSet<&str> = script.stories.iter().map(|story| story.name.as_str()).collect();
    let mut sheet = Sheet {
        checks: script.kernel.iter().filter_map(|range| other_kernel(StepId(0), range, release)).collect(),
        not_reached: Vec::new(),
    };
    let steps = if sheet.checks.is_empty() { script.steps.as_slice() } else { &[] };
    for (place, step) in steps.iter().enumerate() {
        let id = StepId(place);
        let of = match step.action {
            Action::Finish { step } => step,
            _ => id,
        };
        let run = runs.get(&id).copied();
        if run.is_none() && matches!(bench.recording.end, End::Withheld { .. }) {
            continue; // what is left out on purpose is not missing
        }
        let stopped = matches!(bench.recording.end, End::Interrupted { at } if at == id);
        let judged = Judged { bench, id, step, run, call: calls.get(&of).copied(), stopped };
        judged.all(&causes, &mut stories, &mut sheet);
    }
    Verdict {
        checks: sheet.checks,
        not_reached: sheet.not_reached,
        capture_complete: bench.recording.capture.dropped == 0,
        run_complete: matches!(bench.recording.end, End::Completed | End::Withheld { .. }),
    }
}

/// The call of each step that its author wrote.
fn calls(recording: &Recording) -> BTreeMap<StepId, EventId> {
    let written = |(place, event): (usize, &crate::record::Event)| match &event.what {
        What::Syscall(call) if !call.implied => Some((call.step, EventId(place))),
        _ => None,
    };
    recording.events.iter().enumerate().filter_map(written).collect()
}

struct Judged<'a> {
    bench: &'a Bench<'a>,
    id: StepId,
    step: &'a Step,
    /// None where the step was not begun.
    run: Option<&'a StepRun>,
    call: Option<EventId>,
    /// The run was interrupted in the middle of the step.
    stopped: bool,
}

/// What the judgements come to.
struct Sheet {
    checks: Vec<Check>,
    not_reached: Vec<NotReached>,
}

/// That nothing is asserted, where the kernel is not one of those meant.
fn other_kernel(step: StepId, range: &Located<KernelRange>, release: &str) -> Option<Check> {
    let check = Check { step, line: range.line, expected: Expected::Kernel, actual: Actual::OtherKernel, passed: true };
    (!range.value.contains(release)).then_some(check)
}

impl<'a> Judged<'a> {
    fn all(&self, causes: &BTreeMap<EventId, &Cause>, stories: &mut BTreeSet<&'a str>, sheet: &mut Sheet) {
        let expect = &self.step.expect;
        let release = &self.bench.recording.machine.kernel;
        if let Some(check) = expect.kernel.as_ref().and_then(|range| other_kernel(self.id, range, release)) {
            sheet.checks.extend(self.run.map(|_| check));
            return;
        }
        if let Some(first) = expect.one_of.first() {
            self.add(sheet, self.check(first.line, Expected::OneOf, self.one_of(causes, stories)));
        }
        if let Some(wanted) = &expect.outcome {
            self.add(sheet, self.check(wanted.line, Expected::Outcome, self.outcome(&wanted.value)));
        }
        if let Some(wanted) = &expect.signal {
            self.add(sheet, self.check(wanted.line, Expected::Signal, self.signal(wanted.value)));
        }
        self.blocking(sheet);
        if let Some(wanted) = &expect.exit {
            let whose = self.whose_end();
            let of = |what: &What| matches!(what, What::Exit(exit) if whose.is_none_or(|actor| actor == exit.actor));
            let ended = self.find(of).and_then(|event| match &self.bench.recording.events[event.0].what {
                What::Exit(exit) if exit.status == wanted.value => Ok(event),
                _ => Err(Actual::Events(vec![event])),
            });
            self.add(sheet, self.check(wanted.line, Expected::Exit, ended));
        }
        self.wire(sheet);
        for (place, wanted) in expect.state.iter().enumerate() {
            self.add(sheet, self.state(place, wanted));
        }
        self.silence(sheet);
        if let Some(wanted) = &expect.takes {
            self.add(sheet, self.takes(wanted));
        }
        if let Some(wanted) = &expect.because {
            self.add(sheet, self.because(wanted, causes));
        }
        self.answer(sheet);
    }

    /// Adds a judgement, unless the run was stopped before there could be one.
    fn add(&self, sheet: &mut Sheet, check: Check) {
        if self.is_open(&check) {
            let Check { step, line, expected, .. } = check;
            sheet.not_reached.push(NotReached { step, line, expected });
        } else {
            sheet.checks.push(check);
        }
    }

    /// Whether the step was not begun, or was interrupted while it waited for what is missing: who stops a run has not refuted what
    /// was to come.
    fn is_open(&self, check: &Check) -> bool {
        let Some(run) = self.run else { return true };
        self.stopped
            && match check.expected {
                Expected::Answer => true,
                _ if run.missed.is_some() => false, // the deadline of the step has passed
                Expected::Blocks => !self.syscall().is_some_and(|call| call.blocked),
                Expected::Wire(_) | Expected::Exit => check.actual == Actual::Nothing,
                Expected::State(_) => check.actual == Actual::State(None),
                Expected::Takes => check.actual == Actual::Took(None),
                Expected::Quiet | Expected::NoWire(_) => check.passed, // the silence is not over
                Expected::Outcome | Expected::OneOf | Expected::Signal | Expected::Because => {
                    self.syscall().is_none_or(|call| call.end_ns.is_none())
                }
                Expected::Returns | Expected::Kernel => false,
            }
    }

    /// The call of the step.
    fn syscall(&self) -> Option<&'a Syscall> {
        match &self.bench.recording.events.get(self.call?.0)?.what {
            What::Syscall(call) => Some(call),
            _ => None,
        }
    }

    /// One choice is right, and it is the one that the lesson states.
    fn answer(&self, sheet: &mut Sheet) {
        let Some(question) = self.step.predict.as_ref().filter(|question| !question.choices.is_empty()) else { return };
        let answered = self.bench.answers.iter().find(|answered| answered.step == self.id);
        if answered.is_none() && self.run.is_some() && !self.stopped {
            return;
        }
        let is_stated = |place: &usize| question.choices.get(*place).is_some_and(|choice| choice.stated);
        let passed = match answered.map(|answered| answered.right.as_slice()) {
            Some([right]) => is_stated(right) || question.choices.iter().all(|choice| !choice.stated),
            _ => false,
        };
        let actual = Actual::Events(answered.and_then(|answered| answered.of).into_iter().collect());
        self.add(sheet, Check { step: self.id, line: question.line, expected: Expected::Answer, actual, passed });
    }

    fn check(&self, line: u32, expected: Expected, found: Result<EventId, Actual>) -> Check {
        let (passed, actual) = match found {
            Ok(event) => (true, Actual::Events(vec![event])),
            Err(actual) => (false, actual),
        };
        Check { step: self.id, line, expected, actual, passed }
    }

    fn missed(&self, what: &Awaited) -> bool {
        self.run.is_some_and(|run| run.missed.as_ref() == Some(what))
    }

    fn outcome(&self, wanted: &ExpectOutcome) -> Result<EventId, Actual> {
        let event = self.call.filter(|_| self.run.is_some()).ok_or(Actual::Nothing)?;
        let call = self.syscall().ok_or(Actual::Nothing)?;
        if as_wanted(wanted, &call.outcome) { Ok(event) } else { Err(Actual::Events(vec![event])) }
    }

    fn signal(&self, wanted: Signal) -> Result<EventId, Actual> {
        self.find(|what| match what {
            What::Signal(one) => Some(EventId(one.during)) == self.call && one.signal == wanted,
            _ => false,
        })
    }

    /// One of the ways in which the call may end holds whole, and belongs to a story that the steps before have left possible.
    fn one_of(&self, causes: &BTreeMap<EventId, &Cause>, possible: &mut BTreeSet<&'a str>) -> Result<EventId, Actual> {
        let holds = |way: &&'a Located<Alternative>| self.holds(&way.value, causes);
        let ways: Vec<_> = self.step.expect.one_of.iter().filter(holds).collect();
        let call = self.call.filter(|_| self.run.is_some()).ok_or(Actual::Nothing)?;
        if ways.is_empty() {
            return Err(Actual::Events(vec![call]));
        }
        let told: BTreeSet<&str> = ways.iter().filter_map(|way| way.value.story.as_deref()).collect();
        if told.is_empty() || ways.iter().any(|way| way.value.story.is_none()) {
            return Ok(call);
        }
        let both: BTreeSet<&str> = possible.intersection(&told).copied().collect();
        if both.is_empty() {
            let names = |of: &BTreeSet<&str>| of.iter().map(|name| (*name).to_owned()).collect();
            return Err(Actual::OtherStory { call, told: names(&told), possible: names(possible) });
        }
        *possible = both;
        Ok(call)
    }

    fn holds(&self, way: &Alternative, causes: &BTreeMap<EventId, &Cause>) -> bool {
        way.kernel.as_ref().is_none_or(|range| range.contains(&self.bench.recording.machine.kernel))
            && self.outcome(&way.outcome).is_ok()
            && way.signal.is_none_or(|signal| self.signal(signal).is_ok())
            && way.because.as_ref().is_none_or(|wanted| self.cause(wanted, causes).is_ok())
    }

    /// A call that should block must be seen asleep; one that nothing is said about must return.
    fn blocking(&self, sheet: &mut Sheet) {
        let (Action::Call { blocks, starts: None, .. }, line) = (&self.step.action, self.step.line) else { return };
        let event = self.call.filter(|_| self.run.is_some());
        let actual = event.map_or(Actual::Nothing, |event| Actual::Events(vec![event]));
        let (expected, failed) = if blocks.is_some() {
            (Expected::Blocks, self.missed(&Awaited::Block))
        } else {
            (Expected::Returns, self.missed(&Awaited::Return) && self.says_nothing())
        };
        if failed || blocks.is_some() {
            self.add(sheet, Check { step: self.id, line, expected, actual, passed: !failed });
        }
    }

    fn says_nothing(&self) -> bool {
        self.step.expect.outcome.is_none() && self.step.expect.one_of.is_empty()
    }

    /// The actor whose process a step may end.
    fn whose_end(&self) -> Option<ActorId> {
        let of = |action: &Action| match action {
            Action::Call { actor, .. } | Action::Kill { actor, .. } => Some(*actor),
            _ => None,
        };
        match self.step.action {
            Action::Finish { step } => of(&self.bench.recording.script.steps.get(step.0)?.action),
            ref action => of(action),
        }
    }

    fn find(&self, fits: impl Fn(&What) -> bool) -> Result<EventId, Actual> {
        let run = self.run.ok_or(Actual::Nothing)?;
        let events = &self.bench.recording.events;
        let first = events.partition_point(|event| event.t_ns < run.begin_ns);
        let inside = events[first..].iter().take_while(|event| event.t_ns <= run.end_ns);
        let place = inside.enumerate().find(|(_, event)| fits(&event.what)).map(|(place, _)| first + place);
        place.map(EventId).ok_or(Actual::Nothing)
    }

    /// Patterns in order, each after the one before.
    fn wire(&self, sheet: &mut Sheet) {
        let mut from =
            self.run.map(|run| self.bench.recording.events.partition_point(|event| event.t_ns < run.begin_ns));
        for (place, wanted) in self.step.expect.wire.iter().enumerate() {
            let found = from.and_then(|from| self.next_fitting(&wanted.value, from));
            from = found.map(|event| event.0 + 1);
            self.add(sheet, self.check(wanted.line, Expected::Wire(place), found.ok_or(Actual::Nothing)));
        }
    }

    fn next_fitting(&self, pattern: &SegmentPattern, from: usize) -> Option<EventId> {
        let end_ns = self.run?.end_ns;
        let segments = self.bench.segments.range(from..);
        let mut inside = segments.take_while(|(place, _)| self.bench.recording.events[**place].t_ns <= end_ns);
        inside.find(|(place, told)| self.bench.fits(pattern, **place, told)).map(|(place, _)| EventId(*place))
    }

    /// The kernel's last answer about that socket within the step.
    fn state(&self, place: usize, wanted: &Located<(crate::record::SocketRef, crate::record::TcpState)>) -> Check {
        let last = self.run.and_then(|run| run.states.get(place)).copied();
        let (line, passed) = (wanted.line, last == Some(wanted.value.1));
        Check { step: self.id, line, expected: Expected::State(place), actual: Actual::State(last), passed }
    }
}

impl Bench<'_> {
    fn fits(&self, pattern: &SegmentPattern, place: usize, told: &SegmentTold) -> bool {
        let connection = &self.connections[told.sender.connection.0];
        let from = connection.end(told.sender.side).actor;
        let to = connection.end(told.sender.side.other()).actor;
        let segment = self.recording.segment(&self.recording.events[place]);
        segment.is_some_and(|segment| pattern.matches(segment, from, to))
    }

    /// Whether two connections join the same two actors: then the latest segment is meant, else the pattern is ambiguous.
    fn same_pair(&self, one: super::ConnectionId, other: super::ConnectionId) -> bool {
        let pair = |id: super::ConnectionId| self.connections[id.0].ends.each_ref().map(|end| end.actor);
        pair(one) == pair(other)
    }
}

/// Whether a call has ended as somebody said.
pub(super) fn as_wanted(wanted: &ExpectOutcome, outcome: &Outcome) -> bool {
    match (wanted, outcome) {
        (ExpectOutcome::Fails(wanted), Outcome::Failed { errno }) => wanted == errno,
        (ExpectOutcome::Killed(wanted), Outcome::Killed { signal }) => wanted == signal,
        (ExpectOutcome::Returns(wanted), Outcome::Returned { value, detail }) => {
            value_as_wanted(wanted, *value, detail)
        }
        _ => false,
    }
}

fn value_as_wanted(wanted: &ExpectValue, value: i64, detail: &Detail) -> bool {
    match (wanted, detail) {
        (ExpectValue::Number(wanted), Detail::Option(actual)) => wanted == actual,
        (ExpectValue::Number(wanted), Detail::PendingError(pending)) => pending.is_none() && *wanted == 0,
        (ExpectValue::Number(wanted), _) => *wanted == value,
        (ExpectValue::Between { more_than, less_than }, detail) => {
            let value = if let Detail::Option(actual) = detail { *actual } else { value };
            more_than.is_none_or(|bound| value > bound) && less_than.is_none_or(|bound| value < bound)
        }
        (ExpectValue::Data(wanted), Detail::Data(data)) => {
            wanted.0 == data.0 || (wanted.0.len() as u64 == value.unsigned_abs() && wanted.0.starts_with(&data.0))
        }
        (ExpectValue::Data(wanted), Detail::None) => wanted.0.is_empty() && value == 0,
        (ExpectValue::Ready(wanted), Detail::Ready(ready)) => {
            let sorted = |events: &[crate::record::PollEvent]| {
                let mut events = events.to_vec();
                events.sort_unstable();
                events
            };
            sorted(wanted) == sorted(ready)
        }
        (ExpectValue::Ready(wanted), Detail::None) => wanted.is_empty() && value == 0,
        (ExpectValue::PendingError(wanted), Detail::PendingError(actual)) => Some(*wanted) == *actual,
        _ => false,
    }
}
