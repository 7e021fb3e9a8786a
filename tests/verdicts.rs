//! Expectations held against recorded runs: ways of a race, stories, kernels.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::path::Path;

use tcpstory::record::{
    ActorId, Alternative, Awaited, Because, Call, CallPattern, Detail, End, Errno, Expect, ExpectOutcome, ExpectValue,
    Flags, KernelRange, Located, Outcome, PossibleStory, Recording, Segment, SegmentKind, SegmentPattern, Signal,
    Since, SocketOptionName, StepId, Takes, What,
};
use tcpstory::report::format::json;
use tcpstory::report::withhold::before;
use tcpstory::report::words::{self, Judged};
use tcpstory::story::{Actual, Check, Expected, Told, Verdict, tell};

/// The step of the recording in which a write returns 1, and the one in which the next gives EPIPE.
const WRITES: [usize; 2] = [6, 7];

/// The actors of the recording.
const CLIENT: ActorId = ActorId(0);
const SERVER: ActorId = ActorId(1);

/// The recording as it is, with everything that its scenario expects.
fn whole() -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/broken-pipe.json");
    json::read(&std::fs::read(path).unwrap()).unwrap()
}

/// The recording, with nothing expected and nothing asked.
fn recording() -> Recording {
    let mut recording = whole();
    for step in &mut recording.script.steps {
        (step.expect, step.predict) = (Expect::default(), None);
    }
    recording
}

fn located<T>(value: T) -> Located<T> {
    Located { line: 1, value }
}

fn way(outcome: ExpectOutcome, story: Option<&str>) -> Located<Alternative> {
    let story = story.map(str::to_owned);
    located(Alternative { story, outcome, signal: None, because: None, kernel: None })
}

fn returns(value: i64, story: Option<&str>) -> Located<Alternative> {
    way(ExpectOutcome::Returns(ExpectValue::Number(value)), story)
}

fn fails(errno: Errno, story: Option<&str>) -> Located<Alternative> {
    way(ExpectOutcome::Fails(errno), story)
}

fn judged(recording: Recording) -> Vec<Check> {
    tell(recording).verdict.checks
}

/// The steps that expect one of these.
fn with(ways: [Vec<Located<Alternative>>; 2]) -> Recording {
    let mut recording = recording();
    let story = |name: &str| PossibleStory { name: name.into(), text: name.into() };
    recording.script.stories = vec![story("early"), story("late")];
    for (place, ways) in WRITES.into_iter().zip(ways) {
        recording.script.steps[place].expect.one_of = ways;
    }
    recording
}

/// The call itself returned 0, and what it told was an error.
#[test]
fn an_error_that_was_pending_is_not_zero() {
    let mut recording = with([Vec::new(), Vec::new()]);
    let places = recording.events.iter_mut().filter_map(|event| match &mut event.what {
        What::Syscall(call) if call.step == StepId(WRITES[0]) => Some(call),
        _ => None,
    });
    for call in places {
        call.call = Call::Getsockopt { option: SocketOptionName::SoError };
        call.outcome = Outcome::Returned { value: 0, detail: Detail::PendingError(Some(Errno::EPIPE)) };
    }
    let passes = |wanted: ExpectValue| {
        let mut recording = recording.clone();
        recording.script.steps[WRITES[0]].expect.outcome = Some(located(ExpectOutcome::Returns(wanted)));
        judged(recording).iter().all(|check| check.passed)
    };
    assert!(!passes(ExpectValue::Number(0)));
    assert!(passes(ExpectValue::PendingError(Errno::EPIPE)));
}

#[test]
fn one_of_the_ways_must_hold() {
    let checks = judged(with([
        vec![fails(Errno::ECONNRESET, None), returns(1, None)],
        vec![fails(Errno::ECONNRESET, None), returns(1, None)],
    ]));
    assert_eq!(
        checks.iter().map(|check| (check.expected, check.passed)).collect::<Vec<_>>(),
        [(Expected::OneOf, true), (Expected::OneOf, false)]
    );
    assert!(matches!(&checks[1].actual, Actual::Events(events) if events.len() == 1));
}

#[test]
fn a_way_holds_whole() {
    let mut wrong = fails(Errno::EPIPE, None);
    wrong.value.signal = Some(Signal::SIGTERM);
    let mut right = fails(Errno::EPIPE, None);
    right.value.signal = Some(Signal::SIGPIPE);
    let mut elsewhere = right.clone();
    elsewhere.value.kernel = KernelRange::parse("< 2.6");
    let held = |ways| judged(with([vec![returns(1, None)], ways])).last().unwrap().passed;
    assert!(held(vec![wrong.clone(), right]));
    assert!(!held(vec![wrong, elsewhere]));
}

#[test]
fn ways_of_different_stories_do_not_mix() {
    let second = |story| vec![fails(Errno::EPIPE, Some(story)), fails(Errno::ECONNRESET, None)];
    let same = judged(with([vec![returns(1, Some("late"))], second("late")]));
    assert!(same.iter().all(|check| check.passed));
    let mixed = judged(with([vec![returns(1, Some("late"))], second("early")]));
    assert!(mixed[0].passed && !mixed[1].passed);
    let Actual::OtherStory { told, possible, .. } = &mixed[1].actual else { panic!("{:?}", mixed[1]) };
    assert_eq!((told.as_slice(), possible.as_slice()), (&["early".to_owned()][..], &["late".to_owned()][..]));
    let both = judged(with([vec![returns(1, Some("late")), returns(1, Some("early"))], second("early")]));
    assert!(both.iter().all(|check| check.passed));
}

#[test]
fn what_holds_on_other_kernels_is_not_asserted() {
    let mut recording = with([vec![returns(2, None)], vec![returns(2, None)]]);
    recording.script.steps[WRITES[0]].expect.kernel = KernelRange::parse("< 2.6").map(located);
    let checks = judged(recording.clone());
    let said: Vec<_> = checks.iter().map(|check| (check.expected, check.passed)).collect();
    assert_eq!(said, [(Expected::Kernel, true), (Expected::OneOf, false)]);
    assert_eq!(checks[0].actual, Actual::OtherKernel);
    recording.script.kernel = KernelRange::parse("< 2.6").map(located);
    let said: Vec<_> = judged(recording).iter().map(|check| (check.expected, check.passed)).collect();
    assert_eq!(said, [(Expected::Kernel, true)]);
}

/// The checks of one step with these expectations, by what they are about and whether they hold.
fn held(step: usize, expect: Expect) -> Vec<(Expected, bool)> {
    let mut recording = recording();
    recording.script.steps[step].expect = expect;
    judged(recording).iter().map(|check| (check.expected, check.passed)).collect()
}

fn segment(kind: SegmentKind) -> SegmentPattern {
    SegmentPattern { from: SERVER, to: None, kind, payload: None, payload_bytes: None }
}

#[test]
fn bounds_are_not_meant_themselves() {
    let between = |more_than, less_than| {
        let outcome = Some(located(ExpectOutcome::Returns(ExpectValue::Between { more_than, less_than })));
        held(WRITES[0], Expect { outcome, ..Expect::default() })[0].1
    };
    assert!(between(Some(0), Some(2)) && between(Some(0), None) && between(None, Some(2)));
    assert!(!between(Some(1), None) && !between(None, Some(1)));
}

/// The first write provokes a reset; the second one sends nothing.
#[test]
fn silence_is_that_of_the_step_alone() {
    let quiet = Expect { quiet: Some(located(true)), ..Expect::default() };
    assert_eq!(held(WRITES[0], quiet.clone()), [(Expected::Quiet, false)]);
    assert_eq!(held(WRITES[1], quiet), [(Expected::Quiet, true)]);
    let no_wire = vec![located(segment(SegmentKind::Fin)), located(segment(SegmentKind::Rst))];
    let without = Expect { no_wire, ..Expect::default() };
    assert_eq!(held(WRITES[0], without.clone()), [(Expected::NoWire(0), true), (Expected::NoWire(1), false)]);
    assert_eq!(held(WRITES[1], without), [(Expected::NoWire(0), true), (Expected::NoWire(1), true)]);
}

/// A step that was not performed was not quiet.
#[test]
fn nobody_was_quiet_in_a_step_that_never_was() {
    let mut recording = recording();
    recording.script.steps[WRITES[1]].expect.quiet = Some(located(true));
    recording.steps.retain(|run| run.step != StepId(WRITES[1]));
    recording.end = End::Stopped { at: StepId(WRITES[1]) };
    let story = tell(recording);
    assert!(story.verdict.not_reached.iter().any(|open| open.expected == Expected::Quiet) && story.failed());
    assert!(story.verdict.checks.iter().all(|check| check.expected != Expected::Quiet));
}

#[test]
fn a_segment_that_comes_after_the_step_and_before_the_next_one_breaks_the_silence() {
    let mut recording = recording();
    recording.script.steps[WRITES[0]].expect.quiet = Some(located(true));
    let run = recording.steps.iter_mut().find(|run| run.step == StepId(WRITES[0])).unwrap();
    run.end_ns = run.begin_ns;
    assert_eq!(judged(recording).iter().map(|check| check.passed).collect::<Vec<_>>(), [false]);
}

#[test]
fn a_time_is_at_least_so_long() {
    let times = |since: Option<Since>, at_least_ns| {
        let takes = Some(located(Takes { since, at_least_ns }));
        held(WRITES[1], Expect { takes, ..Expect::default() })[0]
    };
    let hour_ns = 3_600_000_000_000;
    assert_eq!(times(None, 1), (Expected::Takes, true));
    assert_eq!(times(None, hour_ns), (Expected::Takes, false));
    let reset = Since::Segment(segment(SegmentKind::Rst));
    let write = Since::Call { call: CallPattern { actor: CLIENT, name: "write".into() } };
    let took =
        |since: Option<Since>| (1..64).map(|power| 1_u64 << power).take_while(|ns| times(since.clone(), *ns).1).count();
    let (own, since_reset, since_write) = (took(None), took(Some(reset)), took(Some(write)));
    assert!(own < since_reset && since_reset <= since_write, "{own} {since_reset} {since_write}");
    let never = Since::Segment(segment(SegmentKind::Syn));
    assert_eq!(times(Some(never), 1), (Expected::Takes, false));
}

#[test]
fn a_cause_is_the_one_that_the_story_found() {
    let holds = |because| held(WRITES[1], Expect { because: Some(located(because)), ..Expect::default() })[0].1;
    assert!(holds(Because::Segment(segment(SegmentKind::Rst))));
    assert!(!holds(Because::Segment(segment(SegmentKind::Fin))));
    let call = |actor, name: &str| Because::Call { call: CallPattern { actor, name: name.into() } };
    assert!(!holds(call(SERVER, "close")) && !holds(call(CLIENT, "close")));
    let story = tell(recording());
    let step = Some(StepId(WRITES[1]));
    let cause = story.causes.iter().find(|cause| {
        story.entries[cause.of.0].step == step && matches!(story.entries[cause.of.0].told, Told::Call(_))
    });
    let rule = |rule: &str| Because::Rule { rule: rule.into() };
    assert!(holds(rule(cause.unwrap().rule)));
    assert!(!holds(rule("fin-is-end-of-file")));
}

#[test]
fn what_was_not_reached_is_neither_met_nor_failed() {
    let all = judged(whole()).len();
    for at in 0..whole().script.steps.len() {
        let story = tell(before(whole(), StepId(at)));
        let verdict = &story.verdict;
        assert!(verdict.checks.iter().all(|check| check.passed && check.step < StepId(at)), "{at}: {verdict:?}");
        assert!(verdict.not_reached.iter().all(|open| open.step >= StepId(at)), "{at}: {verdict:?}");
        assert_eq!(verdict.checks.len() + verdict.not_reached.len(), all, "{at}: {verdict:?}");
        assert!(!verdict.passed() && !story.failed());
        let (judged, said) = words::verdict(&story);
        let (met, open) = (verdict.checks.len(), verdict.not_reached.len());
        let plural = if met == 1 { "" } else { "s" };
        assert_eq!((judged, said), (Judged::Open, format!("{met} expectation{plural} met, {open} not reached")));
    }
}

/// The run as if somebody had stopped it in the middle of a step, as long after its begin.
fn stopped_in(step: usize, after_ns: i64) -> Recording {
    let mut recording = whole();
    let limit = recording.steps[step].begin_ns + after_ns;
    recording.steps.truncate(step + 1);
    (recording.steps[step].end_ns, recording.steps[step].states) = (limit, Vec::new());
    recording.events.truncate(recording.events.partition_point(|event| event.t_ns <= limit));
    recording.end = End::Interrupted { at: StepId(step) };
    for event in &mut recording.events {
        if let What::Syscall(call) = &mut event.what
            && call.end_ns.is_some_and(|end_ns| end_ns > limit)
        {
            (call.end_ns, call.outcome) = (None, Outcome::Unfinished);
        }
    }
    recording
}

/// Of the step under way that is judged which came, and that which refutes an expectation.
#[test]
fn a_step_under_way_is_judged_by_what_came() {
    use Expected::{Outcome as Ends, State, Wire};

    let close = whole().script.steps.iter().position(|step| step.expect.state.len() == 2).unwrap();
    let kinds = |recording: Recording| {
        let Verdict { checks, not_reached, .. } = tell(recording).verdict;
        let here = |step: StepId| step == StepId(close);
        let judged = checks.into_iter().filter(|check| here(check.step)).map(|check| (check.expected, check.passed));
        let open = not_reached.into_iter().filter(|open| here(open.step)).map(|open| open.expected);
        (judged.collect::<Vec<_>>(), open.collect::<Vec<_>>())
    };
    assert_eq!(kinds(stopped_in(close, 0)), (vec![], vec![Ends, Wire(0), Wire(1), State(0), State(1)]));
    let recording = whole();
    let is_fin = |segment: &Segment| segment.flags.has(Flags::FIN);
    let fin = recording.events.iter().find(|event| recording.segment(event).is_some_and(is_fin)).unwrap();
    let later = fin.t_ns - recording.steps[close].begin_ns;
    assert_eq!(kinds(stopped_in(close, later)), (vec![(Wire(0), true)], vec![Ends, Wire(1), State(0), State(1)]));
    let mut late = stopped_in(close, later);
    late.steps[close].missed = Some(Awaited::Wire(1));
    let (judged, open) = kinds(late.clone());
    let failed = [Wire(1), State(0), State(1)].map(|expected| (expected, false));
    assert_eq!(judged, [&[(Ends, false), (Wire(0), true)], &failed[..]].concat(), "the deadline passed");
    assert!(open.is_empty() && tell(late).failed());
}

#[test]
fn a_call_under_way_is_not_judged() {
    let [_, last] = WRITES;
    let story = tell(stopped_in(last, 0));
    let open: Vec<_> = story.verdict.not_reached.iter().map(|open| open.expected).collect();
    assert_eq!(open, [Expected::Outcome, Expected::Signal, Expected::Because, Expected::Answer]);
    assert!(!story.failed());
}

/// A run that could not go on has failed, but not in what it did not come to.
#[test]
fn a_run_that_is_stuck_has_failed() {
    let mut recording = before(whole(), StepId(WRITES[0]));
    recording.end = End::Stopped { at: StepId(WRITES[0]) };
    let story = tell(recording);
    assert!(story.failed() && story.verdict.failed().count() == 0 && !story.verdict.not_reached.is_empty());
    let (judged, said) = words::verdict(&story);
    assert!(judged == Judged::Bad && said.contains("not reached"), "{said}");
}
