use super::call::{epoll_events, ready};
use super::{escape, flight, pattern, quote, signal_suffix, syscall_outcome};
use crate::record::{
    About, Action, Answer, Call, Choice, End, ExpectOutcome, ExpectValue, Question, Script, Step, StepId, What,
};
use crate::report::ties::Ties;
use crate::story::{Answered, Story};

/// A choice as a reader sees it: the author's words, or what it says of the step.
pub fn choice(choice: &Choice, step: StepId, script: &Script) -> String {
    match &choice.text {
        Some(text) => escape(text),
        None => answer(&choice.answer, step, script),
    }
}

/// The questions of a story that ends before the first of them.
pub fn open_questions(story: &Story) -> impl Iterator<Item = (StepId, &Question)> {
    let withheld = matches!(story.recording.end, End::Withheld { .. });
    let steps = story.recording.script.steps.iter().enumerate().filter(move |_| withheld);
    steps.filter_map(|(place, step)| Some((StepId(place), step.predict.as_ref()?)))
}

/// A question with its choices, and what it is about, in one line: `client write("b"): What does it return? a: 1; b: EPIPE`.
pub fn asked(question: &Question, step: StepId, script: &Script) -> String {
    let does = script.steps.get(step.0).map_or_else(String::new, |step| super::action(step, script));
    let one = |(place, one): (usize, &Choice)| format!("{}: {}", letter(place), choice(one, step, script));
    let choices: Vec<String> = question.choices.iter().enumerate().map(one).collect();
    format!("{does}: {} {}", super::plain(&question.text), choices.join("; ")).trim_end().to_owned()
}

/// How a choice is named by its place: `a`, `b`, `c`.
pub fn letter(place: usize) -> char {
    u8::try_from(place).ok().and_then(|place| b'a'.checked_add(place)).map_or('?', char::from)
}

/// What an answer says of a step: `EPIPE`, `0 (end of file)`, `it blocks`, `server RST`.
pub fn answer(answer: &Answer, step: StepId, script: &Script) -> String {
    match answer {
        Answer::Ends(ExpectOutcome::Returns(value)) => returned(value, call_of(step, script)),
        Answer::Ends(ExpectOutcome::Fails(errno)) => errno.to_string(),
        Answer::Ends(ExpectOutcome::Killed(signal)) => format!("killed by {signal}"),
        Answer::Succeeds => "no error".into(),
        Answer::Blocks => "it blocks".into(),
        Answer::Segment(Some(wanted)) => pattern(wanted, script),
        Answer::Segment(None) => "no segment".into(),
    }
}

/// The call that a question of a step is about.
pub fn call_of(step: StepId, script: &Script) -> Option<&Call> {
    match &script.steps.get(step.0)?.action {
        Action::Call { call, .. } => Some(call),
        Action::Finish { step } => match script.steps.get(step.0) {
            Some(Step { action: Action::Call { call, .. }, .. }) => Some(call),
            _ => None,
        },
        Action::Kill { .. } | Action::Pause { .. } | Action::Wait => None,
    }
}

/// A range of numbers: `more than 0 and less than 100,000`.
pub(super) fn between(more_than: Option<i64>, less_than: Option<i64>) -> String {
    let more = more_than.map(|bound| format!("more than {bound}"));
    let less = less_than.map(|bound| format!("less than {bound}"));
    more.into_iter().chain(less).collect::<Vec<_>>().join(" and ")
}

fn returned(value: &ExpectValue, call: Option<&Call>) -> String {
    match value {
        ExpectValue::Number(0) if matches!(call, Some(Call::Read { .. } | Call::Recv { .. })) => {
            "0 (end of file)".into()
        }
        ExpectValue::Number(0) if matches!(call, Some(Call::Poll { .. } | Call::EpollWait { .. })) => {
            "0 (nothing is ready)".into()
        }
        ExpectValue::Number(value) => value.to_string(),
        ExpectValue::Between { more_than, less_than } => between(*more_than, *less_than),
        ExpectValue::Data(bytes) => quote(&bytes.0),
        ExpectValue::Ready(events) if matches!(call, Some(Call::EpollWait { .. })) => epoll_events(events, false),
        ExpectValue::Ready(events) => ready(events),
        ExpectValue::PendingError(errno) => errno.to_string(),
    }
}

/// What the kernel did, as the answer to a question: `write("c") → EPIPE + SIGPIPE`, `p6 server → client RST seq 2`.
pub fn answered(ties: &Ties<'_>, question: &Question, answered: &Answered) -> String {
    let story = ties.story;
    let script = &story.recording.script;
    let Some(of) = answered.of else {
        return if question.about == About::Segment { "no segment".into() } else { "nothing".into() };
    };
    match story.recording.events.get(of.0).map(|event| &event.what) {
        Some(What::Syscall(syscall)) => {
            let call = super::call(&syscall.call, script);
            let ended = story.recording.steps.iter().find(|run| run.step == answered.step);
            let inside = ended.is_some_and(|run| syscall.end_ns.is_some_and(|end_ns| end_ns <= run.end_ns));
            if inside {
                format!("{call} {}{}", syscall_outcome(syscall), signal_suffix(ties.caught_during(of)))
            } else {
                format!("{call} blocks")
            }
        }
        _ => flight(story, of).unwrap_or_else(|| "a segment".into()),
    }
}

/// What a question's choices must agree with: the answer that the lesson states, or one of all choices.
pub(super) fn wanted(question: &Question, step: StepId, script: &Script) -> String {
    let said = |one: &Choice| choice(one, step, script);
    match question.choices.iter().find(|choice| choice.stated) {
        Some(stated) => format!("the stated answer {}", said(stated)),
        None => format!("one answer of {}", question.choices.iter().map(said).collect::<Vec<_>>().join("; ")),
    }
}
