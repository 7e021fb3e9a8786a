//! Expectations held against recorded runs: ways of a race, stories, kernels.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::path::Path;

use tcpstory::record::{
    Alternative, Call, Detail, Errno, Expect, ExpectOutcome, ExpectValue, KernelRange, Located, Outcome, PossibleStory,
    Recording, Signal, SocketOptionName, StepId, What,
};
use tcpstory::report::format::json;
use tcpstory::story::{Actual, Check, Expected, tell};

/// The step of the recording in which a write returns 1, and the one in which the next gives EPIPE.
const WRITES: [usize; 2] = [6, 7];

fn recording() -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/broken-pipe.json");
    let mut recording = json::read(&std::fs::read(path).unwrap()).unwrap();
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
