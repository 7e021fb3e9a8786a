//! Questions held against recorded runs: which choice is right is found by comparing with what the kernel did.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

#[path = "support/withheld.rs"]
mod withheld;

use std::path::Path;

use tcpstory::record::{
    About, Action, ActorId, Answer, Choice, End, Errno, Event, Expect, ExpectOutcome, ExpectValue, Outcome, Question,
    Recording, SegmentKind, SegmentPattern, Signal, StepId, What,
};
use tcpstory::report::Options;
use tcpstory::report::format::{self, FORMATS, json};
use tcpstory::report::withhold::{before, withhold};
use tcpstory::story::{Check, Expected, Story, Told, answers, tell};

/// The step of the recording in which a write succeeds and provokes a reset, and the one in which the next fails.
const WRITES: [usize; 2] = [6, 7];
/// The step in which the server only reads.
const READ: usize = 4;
const SERVER: ActorId = ActorId(1);

fn recording(name: &str) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name).with_extension("json");
    let mut recording = json::read(&std::fs::read(path).unwrap()).unwrap();
    for step in &mut recording.script.steps {
        (step.expect, step.predict) = (Expect::default(), None);
    }
    recording
}

fn ask(step: usize, about: About, choices: Vec<Choice>) -> Story {
    let mut recording = recording("broken-pipe");
    recording.script.steps[step].predict = Some(Question { line: 1, text: "What?".into(), about, choices });
    tell(recording)
}

fn choice(answer: Answer) -> Choice {
    Choice { answer, text: None, tempting: None, stated: false }
}

fn stated(answer: Answer) -> Choice {
    Choice { stated: true, ..choice(answer) }
}

fn number(value: i64) -> Answer {
    Answer::Ends(ExpectOutcome::Returns(ExpectValue::Number(value)))
}

fn fails(errno: Errno) -> Answer {
    Answer::Ends(ExpectOutcome::Fails(errno))
}

fn segment(from: ActorId, kind: SegmentKind) -> Answer {
    Answer::Segment(Some(SegmentPattern { from, to: None, kind, payload: None, payload_bytes: None }))
}

fn only_check(story: &Story) -> &Check {
    let [check] = &story.verdict.checks[..] else { panic!("{:?}", story.verdict.checks) };
    check
}

#[test]
fn the_right_choice_is_the_one_that_the_kernel_took() {
    let result = ask(WRITES[1], About::Result, vec![choice(number(1)), choice(fails(Errno::EPIPE))]);
    assert_eq!(result.answers[0].right, [1]);
    let errno = ask(WRITES[0], About::Errno, vec![choice(fails(Errno::EPIPE)), choice(Answer::Succeeds)]);
    assert_eq!(errno.answers[0].right, [1]);
    let kinds = [SegmentKind::Fin, SegmentKind::Rst].map(|kind| choice(segment(SERVER, kind)));
    let wire = ask(WRITES[0], About::Segment, kinds.to_vec());
    assert_eq!(wire.answers[0].right, [1]);
    assert_eq!(wire.entries[wire.answers[0].of.unwrap().0].alias, "p6");
    let silence =
        ask(READ, About::Segment, vec![choice(segment(SERVER, SegmentKind::Data)), choice(Answer::Segment(None))]);
    assert_eq!((silence.answers[0].right.as_slice(), silence.answers[0].of), (&[1][..], None));
    for story in [result, errno, wire, silence] {
        assert!(only_check(&story).passed && only_check(&story).expected == Expected::Answer);
    }
}

#[test]
fn a_lesson_fails_that_states_what_the_kernel_did_not_do() {
    let wrong = ask(WRITES[1], About::Errno, vec![stated(fails(Errno::ECONNRESET)), choice(fails(Errno::EPIPE))]);
    assert!(!only_check(&wrong).passed && !wrong.verdict.passed());
    let right = ask(WRITES[1], About::Errno, vec![choice(fails(Errno::ECONNRESET)), stated(fails(Errno::EPIPE))]);
    assert!(right.verdict.passed());
}

#[test]
fn a_question_fails_whose_choices_hold_no_right_one_or_several() {
    let none = ask(WRITES[1], About::Result, vec![choice(number(1)), choice(fails(Errno::ECONNRESET))]);
    assert!(none.answers[0].right.is_empty() && !none.verdict.passed());
    let both = ask(WRITES[0], About::Result, vec![choice(number(1)), choice(Answer::Succeeds)]);
    assert!(both.answers[0].right == [0, 1] && !both.verdict.passed());
}

#[test]
fn a_question_without_choices_has_an_answer_and_no_verdict() {
    let story = ask(WRITES[1], About::Errno, Vec::new());
    assert!(story.verdict.checks.is_empty() && story.answers[0].of.is_some());
}

#[test]
fn any_answer_can_be_held_against_a_step() {
    let killed = recording("sigpipe-kills");
    let dies = Answer::Ends(ExpectOutcome::Killed(Signal::SIGPIPE));
    let last = StepId(killed.script.steps.len() - 1);
    assert_eq!(answers::holds(&killed, last, &dies), Some(true));
    assert_eq!(answers::holds(&killed, last, &fails(Errno::EPIPE)), Some(false));
    assert_eq!(answers::holds(&killed, last, &Answer::Blocks), Some(false));
    assert_eq!(answers::holds(&killed, StepId(last.0 + 1), &dies), None);
}

#[test]
fn a_step_that_was_not_performed_has_no_answer() {
    let mut recording = recording("broken-pipe");
    recording.script.steps[WRITES[1]].predict =
        Some(Question { line: 1, text: "What?".into(), about: About::Errno, choices: Vec::new() });
    recording.steps.pop();
    recording.end = End::Interrupted { at: StepId(WRITES[1]) };
    assert!(tell(recording).answers.is_empty());
}

/// The lesson as it was recorded, with its questions.
fn lesson() -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/broken-pipe.json");
    json::read(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_story_without_answers_ends_before_the_first_question() {
    assert_eq!(withheld::leaks(&lesson()), Vec::<String>::new());
    let story = tell(withhold(lesson()));
    assert_eq!(story.recording.end, End::Withheld { at: StepId(WRITES[0]) });
    let mut segments = story.entries.iter().filter(|entry| matches!(entry.told, Told::Segment(_)));
    assert_eq!(segments.next_back().unwrap().alias, "a3");
    assert!(story.answers.is_empty() && story.verdict.passed() && story.findings.is_empty());
    assert_eq!(story.recording.script.steps.len(), lesson().script.steps.len());
}

#[test]
fn what_is_left_out_is_looked_for_where_it_could_be() {
    let mut tells = lesson();
    let question = tells.script.steps[WRITES[0]].predict.as_mut().unwrap();
    question.text = "Is it EPIPE?".into();
    let documents = ["ladder", "json", "svg", "mermaid", "markdown"].map(|format| format!("EPIPE in {format}"));
    let besides = ["text", "json", "svg", "html"].map(|format| format!("EPIPE in the comparison as {format}"));
    assert_eq!(withheld::leaks(&tells), [&documents[..], &besides[..]].concat());
}

#[test]
fn no_byte_depends_on_the_answers() {
    let folders =
        ["tests/recordings", "captures/reference"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let mut asking = 0;
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let recording = json::read(&std::fs::read(&file).unwrap()).unwrap();
        asking += usize::from(recording.script.steps.iter().any(|step| step.predict.is_some()));
        assert_eq!(withheld::betrays(&recording, withhold), Vec::<String>::new(), "{}", file.display());
    }
    assert!(asking >= 10, "{asking} recordings ask");
    // Every output would show it.
    let comparisons = ["text", "json", "svg", "html"].map(|name| format!("the comparison as {name}"));
    let all: Vec<String> = FORMATS.iter().map(|format| format.name.to_owned()).chain(comparisons).collect();
    assert_eq!(withheld::betrays(&lesson(), |recording| recording), all);
    let counted = |recording: Recording| Recording { capture: recording.capture.clone(), ..withhold(recording) };
    assert_eq!(withheld::betrays(&lesson(), counted), ["json", "html", "pcapng"], "how many segments there were");
}

#[test]
fn a_story_without_answers_can_be_read_again() {
    let story = tell(withhold(lesson()));
    let bytes = (format::by_name("json").unwrap().write)(&story, &Options::default());
    assert_eq!(tell(json::read(&bytes).unwrap()), story);
    assert_eq!(withhold(story.recording.clone()), story.recording, "once is enough");
}

#[test]
fn the_call_that_is_asked_about_has_no_end() {
    let mut tells = lesson();
    // A question in the step after the write asks about that write: it returned long before.
    tells.script.steps[WRITES[1]].predict = None;
    let question = tells.script.steps[WRITES[0]].predict.take();
    tells.script.steps[WRITES[1]].action = Action::Finish { step: StepId(WRITES[0]) };
    tells.script.steps[WRITES[1]].predict = question;
    let cut = withhold(tells.clone());
    let writes = |recording: &Recording| {
        let of = |event: &Event| match &event.what {
            What::Syscall(call) if call.step == StepId(WRITES[0]) => Some(call.outcome.clone()),
            _ => None,
        };
        recording.events.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert_eq!(writes(&cut), [Outcome::Unfinished]);
    assert_eq!(writes(&before(tells, StepId(WRITES[1]))), [Outcome::Unfinished]);
}

#[test]
fn what_nothing_shows_yet_is_not_known() {
    let recording = before(lesson(), StepId(1));
    assert_eq!(recording.sockets.len(), 1, "the listener");
    assert!(recording.sockets[0].local.is_some() && recording.frames.is_empty());
    let connected = before(lesson(), StepId(2));
    let [_, client] = &connected.sockets[..] else { panic!("{:?}", connected.sockets) };
    assert!(client.local.is_some() && client.peer.is_some());
}
