//! Whether a recording from a file keeps the promises that one from a run keeps: every place in range, events in order, sizes
//! that can be added up. The story and the formats rely on them.

use super::ReadError;
use crate::record::{
    Action, ActorId, Answer, Awaited, Because, Call, Data, Detail, End, Event, Expect, Outcome, Recording,
    SegmentPattern, Since, SocketId, StepId, Syscall, Target, What,
};

/// The furthest from time 0, in nanoseconds: about 13 days.
const MAX_TIME: i64 = 1 << 50;
/// The largest count of bytes in one call.
const MAX_SIZE: u64 = 1 << 40;
/// The largest frame, in bytes: what the classic capture format's snapshot length allows.
const MAX_FRAME: usize = 1 << 18;
/// The most actors.
const MAX_ACTORS: usize = 64;

type Checked = Result<(), ReadError>;

/// Checks a recording whose frames are dissected.
pub(super) fn validate(recording: &Recording) -> Checked {
    let checker = Checker { recording };
    checker.actors()?;
    checker.script()?;
    checker.sockets()?;
    checker.steps()?;
    checker.frames()?;
    checker.events()?;
    checker.rest()
}

struct Checker<'a> {
    recording: &'a Recording,
}

impl Checker<'_> {
    fn actors(&self) -> Checked {
        let (ran, asked) = (self.recording.actors.len(), self.recording.script.actors.len());
        ensure(ran == asked, || format!("actors: {ran} ran, but the script has {asked}"))?;
        ensure((1..=MAX_ACTORS).contains(&ran), || format!("actors: 1 to {MAX_ACTORS} are possible"))
    }

    fn script(&self) -> Checked {
        for (place, step) in self.recording.script.steps.iter().enumerate() {
            let at = || format!("script.steps[{place}]");
            match &step.action {
                Action::Call { actor, call, .. } => {
                    self.actor(*actor, at)?;
                    self.call(call, at)?;
                }
                Action::Kill { actor, .. } => self.actor(*actor, at)?,
                Action::Finish { step } => {
                    let blocked = self.recording.script.steps.get(step.0).map(|step| &step.action);
                    let is_earlier_call = step.0 < place && matches!(blocked, Some(Action::Call { .. }));
                    ensure(is_earlier_call, || format!("{}: finishes no earlier call", at()))?;
                }
                Action::Pause { ns } => ensure(*ns <= MAX_TIME.unsigned_abs(), || format!("{}: too long", at()))?,
                Action::Wait => {}
            }
            self.expect(&step.expect, at)?;
            for choice in step.predict.iter().flat_map(|question| &question.choices) {
                if let Answer::Segment(Some(pattern)) = &choice.answer {
                    self.pattern(pattern, at)?;
                }
            }
        }
        Ok(())
    }

    fn expect(&self, expect: &Expect, at: impl Fn() -> String + Copy) -> Checked {
        for pattern in expect.wire.iter().chain(&expect.no_wire) {
            self.pattern(&pattern.value, at)?;
        }
        match expect.takes.as_ref().and_then(|takes| takes.value.since.as_ref()) {
            Some(Since::Segment(pattern)) => self.pattern(pattern, at)?,
            Some(Since::Call { call }) => self.actor(call.actor, at)?,
            None => {}
        }
        let ways = expect.one_of.iter().filter_map(|way| way.value.because.as_ref());
        for because in expect.because.iter().map(|located| &located.value).chain(ways) {
            match because {
                Because::Segment(pattern) => self.pattern(pattern, at)?,
                Because::Call { call } => self.actor(call.actor, at)?,
                Because::Rule { .. } => {}
            }
        }
        expect.state.iter().try_for_each(|located| self.actor(located.value.0.actor, at))
    }

    fn pattern(&self, pattern: &SegmentPattern, at: impl Fn() -> String + Copy) -> Checked {
        self.actor(pattern.from, at)?;
        pattern.to.map_or(Ok(()), |to| self.actor(to, at))
    }

    fn sockets(&self) -> Checked {
        for (place, socket) in self.recording.sockets.iter().enumerate() {
            let at = || format!("sockets[{place}]");
            self.actor(socket.actor, at)?;
            socket.accepted_from.map_or(Ok(()), |listener| self.socket(listener, at))?;
        }
        Ok(())
    }

    fn steps(&self) -> Checked {
        let mut last: Option<(StepId, i64)> = None;
        for (place, run) in self.recording.steps.iter().enumerate() {
            let at = || format!("steps[{place}]");
            self.step(run.step, at)?;
            time(run.begin_ns, at)?;
            time(run.end_ns, at)?;
            ensure(run.begin_ns <= run.end_ns, || format!("{}: ends before it begins", at()))?;
            let in_order = last.is_none_or(|(step, begin_ns)| step < run.step && begin_ns <= run.begin_ns);
            ensure(in_order, || format!("{}: not in order", at()))?;
            last = Some((run.step, run.begin_ns));
            let expect = &self.recording.script.steps[run.step.0].expect;
            let exists = match run.missed {
                Some(Awaited::Wire(place)) => place < expect.wire.len(),
                Some(Awaited::State(place)) => place < expect.state.len(),
                Some(Awaited::Return | Awaited::Block | Awaited::Exit) | None => true,
            };
            ensure(exists, || format!("{}.missed: the step expects no such thing", at()))?;
        }
        Ok(())
    }

    fn frames(&self) -> Checked {
        for (place, frame) in self.recording.frames.iter().enumerate() {
            ensure(frame.bytes.0.len() <= MAX_FRAME, || format!("frames[{place}]: more than {MAX_FRAME} bytes"))?;
        }
        Ok(())
    }

    fn events(&self) -> Checked {
        let mut last = -MAX_TIME;
        let mut seen = vec![false; self.recording.frames.len()];
        for (place, event) in self.recording.events.iter().enumerate() {
            let at = || format!("events[{place}]");
            time(event.t_ns, at)?;
            ensure(last <= event.t_ns, || format!("{}: earlier than the event before it", at()))?;
            last = event.t_ns;
            self.event(event, place, &mut seen)?;
        }
        Ok(())
    }

    fn event(&self, event: &Event, place: usize, seen: &mut [bool]) -> Checked {
        let at = || format!("events[{place}]");
        match &event.what {
            What::Syscall(syscall) => self.syscall(event.t_ns, syscall, at),
            What::Segment { frame } => {
                let known = self.recording.frames.get(frame.0).and_then(|frame| frame.segment.as_ref());
                ensure(known.is_some(), || format!("{}: frame {} holds no TCP segment", at(), frame.0))?;
                ensure(!std::mem::replace(&mut seen[frame.0], true), || format!("{}: frame {} again", at(), frame.0))
            }
            What::Signal(caught) => {
                self.actor(caught.actor, at)?;
                let call = self.recording.events[..place].get(caught.during).map(|event| &event.what);
                let own = matches!(call, Some(What::Syscall(call)) if call.actor == caught.actor);
                ensure(own, || format!("{}: event {} is no earlier call of that actor", at(), caught.during))
            }
            What::Kill(kill) => {
                self.actor(kill.actor, at)?;
                self.step(kill.step, at)
            }
            What::Exit(exit) => {
                self.actor(exit.actor, at)?;
                exit.step.map_or(Ok(()), |step| self.step(step, at))
            }
            What::State(sample) => {
                time(sample.end_ns, at)?;
                ensure(event.t_ns <= sample.end_ns, || format!("{}: answered before it was asked", at()))
            }
        }
    }

    fn syscall(&self, begin_ns: i64, syscall: &Syscall, at: impl Fn() -> String + Copy) -> Checked {
        self.actor(syscall.actor, at)?;
        self.socket(syscall.socket, at)?;
        self.step(syscall.step, at)?;
        self.call(&syscall.call, at)?;
        if let Some(end_ns) = syscall.end_ns {
            time(end_ns, at)?;
            ensure(begin_ns <= end_ns, || format!("{}: ends before it begins", at()))?;
        }
        ensure(syscall.end_ns.is_some() || syscall.outcome == Outcome::Unfinished, || {
            format!("{}: has an outcome, but no end", at())
        })?;
        if let Outcome::Returned { value, detail } = &syscall.outcome {
            ensure(value.unsigned_abs() <= MAX_SIZE, || format!("{}: {value} cannot be returned", at()))?;
            match detail {
                Detail::Accepted(socket) => self.socket(*socket, at)?,
                Detail::Pair(ends) => {
                    ends.iter().try_for_each(|socket| self.socket(*socket, at))?;
                    ensure(ends[0] != ends[1], || format!("{}: a pair has two ends", at()))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn call(&self, call: &Call, at: impl Fn() -> String + Copy) -> Checked {
        let size = match call {
            Call::Connect { to: Target::Actor(actor) } => return self.actor(*actor, at),
            Call::Read { size } | Call::Recv { size, .. } => *size,
            Call::Fork { child } | Call::Clone { child } => return self.actor(*child, at),
            Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data } => {
                let empty = matches!(data, Data::Repeat { pattern, .. } if pattern.0.is_empty());
                ensure(!empty, || format!("{}: the repeated pattern is empty", at()))?;
                data.size()
            }
            _ => 0,
        };
        ensure(size <= MAX_SIZE, || format!("{}: {size} bytes are too many", at()))
    }

    fn rest(&self) -> Checked {
        let steps = self.recording.script.steps.len();
        match self.recording.end {
            End::Stopped { at } | End::Interrupted { at } | End::Withheld { at } => {
                ensure(at.0 <= steps, || format!("end: there is no step {}", at.0))?;
            }
            End::Completed => {}
        }
        let t0 = self.recording.clock.t0_unix_ns.parse::<i64>();
        let in_range = t0.is_ok_and(|t0| (MAX_TIME..=i64::MAX - MAX_TIME).contains(&t0));
        ensure(in_range, || "clock.t0_unix_ns: not a time between 1970 and 2262".to_owned())
    }

    fn actor(&self, actor: ActorId, at: impl Fn() -> String) -> Checked {
        let exists = actor.0 < self.recording.actors.len();
        ensure(exists, || format!("{}: there is no actor {}", at(), actor.0))
    }

    fn socket(&self, socket: SocketId, at: impl Fn() -> String) -> Checked {
        let exists = socket.0 < self.recording.sockets.len();
        ensure(exists, || format!("{}: there is no socket {}", at(), socket.0))
    }

    fn step(&self, step: StepId, at: impl Fn() -> String) -> Checked {
        let exists = step.0 < self.recording.script.steps.len();
        ensure(exists, || format!("{}: there is no step {}", at(), step.0))
    }
}

fn time(t_ns: i64, at: impl Fn() -> String) -> Checked {
    ensure((-MAX_TIME..=MAX_TIME).contains(&t_ns), || format!("{}: {t_ns} ns is too far from time 0", at()))
}

/// An error of the form `place: problem` unless the condition holds.
fn ensure(holds: bool, message: impl Fn() -> String) -> Checked {
    if holds {
        return Ok(());
    }
    let message = message();
    let (place, problem) = message.split_once(": ").unwrap_or(("", &message));
    Err(ReadError::Inconsistent { place: place.to_owned(), problem: problem.to_owned() })
}
