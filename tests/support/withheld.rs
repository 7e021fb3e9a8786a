//! Whether a story without its answers holds any of them, in any output.
//!
//! Two ways: words of the answers are looked for; and what the answers are is changed, whereupon not a byte of any output may change.
//! The first finds what an author gives away, the second numbers, bytes and counts too, which stand in every output anyway.

use std::collections::BTreeSet;

use serde_json::Value;
use tcpstory::record::{
    Action, Awaited, Bytes, Detail, End, Errno, Event, Expect, FrameId, Outcome, PossibleStory, Recording, StateSample,
    Step, StepId, StepRun, Syscall, TcpState, What,
};
use tcpstory::report::compare::{self, Comparison};
use tcpstory::report::format::{self, FORMATS};
use tcpstory::report::withhold::{first_question, withhold};
use tcpstory::report::{Options, normalize};
use tcpstory::story::{Story, tell};

/// What in the outputs tells an answer, or comes after the first question; nothing where nothing is asked.
pub(crate) fn leaks(recording: &Recording) -> Vec<String> {
    let Some(at) = first_question(&recording.script) else { return Vec::new() };
    // Normalized, so that no chance in a sequence number spells a word.
    let whole = tell(normalize(recording.clone()));
    let mut withheld = withhold(whole.recording.clone());
    let limit = whole.recording.steps.iter().find(|run| run.step == at).map_or(i64::MAX, |run| run.begin_ns);
    let mut wrong = Vec::new();
    if withheld.events.iter().any(|event| event.t_ns >= limit) || withheld.steps.iter().any(|run| run.step >= at) {
        wrong.push("an event after the first question".to_owned());
    }
    let document: Value = serde_json::from_slice(&write("json", &tell(withheld.clone()))).expect("a timeline is JSON");
    wrong.extend(keys(&document["predictions"], &["right", "answer", "tempting", "of"]));
    let script = &document["recording"]["script"];
    wrong.extend(keys(script, &["tempting", "stated", "say", "summary", "goals", "tags", "misconception"]));
    for step in withheld.script.steps.iter_mut().filter_map(|step| step.predict.as_mut()) {
        step.choices.clear();
    }
    let told = tell(withheld);
    let known = known(&told);
    let furniture = tell(empty(&told.recording));
    let unknown = answers(&whole).into_iter().filter(|words| !words.iter().any(|word| known.contains(word)));
    for word in unknown.flatten() {
        for format in FORMATS {
            let plain = (format.write)(&furniture, &Options::default());
            if holds(&(format.write)(&told, &Options::default()), &word) && !holds(&plain, &word) {
                wrong.push(format!("{} in {}", word, format.name));
            }
        }
        for format in compare::FORMATS {
            let besides = |story: &Story| (format.write)(&Comparison::new(story, story), &Options::default());
            if holds(&besides(&told), &word) && !holds(&besides(&furniture), &word) {
                wrong.push(format!("{} in the comparison as {}", word, format.name));
            }
        }
    }
    wrong
}

/// In which outputs bytes change when everything that answers the questions does. `leave_out` is [`withhold`].
pub(crate) fn betrays(recording: &Recording, leave_out: impl Fn(Recording) -> Recording) -> Vec<String> {
    let Some(at) = first_question(&recording.script) else { return Vec::new() };
    let one = normalize(recording.clone());
    let [one, other] = [one.clone(), otherwise(one, at)].map(|recording| tell(leave_out(recording)));
    let options = Options::default();
    let documents = FORMATS.iter().filter(|format| (format.write)(&one, &options) != (format.write)(&other, &options));
    let beside = |story: &Story, format: &compare::Format| (format.write)(&Comparison::new(story, story), &options);
    let comparisons = compare::FORMATS.iter().filter(|format| beside(&one, format) != beside(&other, format));
    let comparisons = comparisons.map(|format| format!("the comparison as {}", format.name));
    documents.map(|format| format.name.to_owned()).chain(comparisons).collect()
}

/// A run that is the same up to the first question, and then another: calls return other bytes and other numbers, other segments come at
/// other times, the kernel says another state, and the author has foreseen something else.
fn otherwise(mut recording: Recording, at: StepId) -> Recording {
    let limit = recording.steps.iter().find(|run| run.step == at).map_or(i64::MAX, |run| run.begin_ns);
    let asked = finished_by_questions(&recording, at);
    let is_open = |call: &Syscall| {
        call.end_ns.is_none_or(|end_ns| end_ns >= limit) || (asked.contains(&call.step) && !call.implied)
    };
    recording.events.retain(|event| event.t_ns < limit);
    for event in &mut recording.events {
        if let What::Syscall(call) = &mut event.what
            && is_open(call)
        {
            let data = Detail::Data(Bytes(b"another answer".to_vec()));
            (call.end_ns, call.outcome) = (Some(limit + 7), Outcome::Returned { value: 14, detail: data });
        }
    }
    add_another_end(&mut recording, limit);
    recording.steps.retain(|run| run.step < at);
    let (begin_ns, end_ns) = (limit, limit + 9_000);
    let missed = Some(Awaited::Return);
    recording.steps.push(StepRun { step: at, begin_ns, end_ns, states: vec![TcpState::Closing], missed });
    recording.end = End::Stopped { at: StepId(at.0 + 1) };
    for step in recording.script.steps.iter_mut().skip(at.0) {
        intend_otherwise(step, at);
    }
    let script = &mut recording.script;
    (script.id, script.title, script.summary) = ("another".into(), "Another title".into(), "Another end.".into());
    (script.misconception, script.loopback_differs) = ("Another error.".into(), "Another network.".into());
    (script.goals, script.tags, script.slow) = (vec!["Another goal".into()], vec!["another".into()], !script.slow);
    script.stories = vec![PossibleStory { name: "another".into(), text: "Another story.".into() }];
    (script.source.path, script.source.sha256) = ("another.toml".into(), "11".repeat(32));
    recording
}

/// The steps that a question's step waits for: their calls are asked about, also where they have ended before.
fn finished_by_questions(recording: &Recording, at: StepId) -> BTreeSet<StepId> {
    let asked = recording.script.steps.iter().skip(at.0).filter(|step| step.predict.is_some());
    let finished = asked.filter_map(|step| match step.action {
        Action::Finish { step } => Some(step),
        _ => None,
    });
    finished.collect()
}

/// Every segment comes once more, a socket is somewhere else, and the kernel says another state.
fn add_another_end(recording: &mut Recording, limit: i64) {
    let told = recording.events.iter().filter_map(|event| match event.what {
        What::Segment { frame } => recording.frames.get(frame.0).cloned(),
        _ => None,
    });
    for (place, frame) in told.collect::<Vec<_>>().into_iter().enumerate() {
        recording.frames.push(frame);
        let again = FrameId(recording.frames.len() - 1);
        let t_ns = limit + 10 * (1 + i64::try_from(place).expect("a short recording"));
        recording.events.push(Event { t_ns, what: What::Segment { frame: again } });
    }
    recording.capture.received += 1_000;
    if let Some((local, peer)) = recording.sockets.iter().find_map(|socket| socket.local.zip(socket.peer)) {
        let (state, unread_bytes, unsent_bytes) = (TcpState::Closing, 4_711, 4_712);
        let sample = StateSample { end_ns: limit + 8_000, local, peer, state, unread_bytes, unsent_bytes };
        recording.events.push(Event { t_ns: limit + 8_000, what: What::State(sample) });
    }
}

fn intend_otherwise(step: &mut Step, from: StepId) {
    step.say = Some("Another word.".into());
    step.expect = Expect::default();
    match &mut step.action {
        Action::Call { blocks, starts, .. } if blocks.is_none() && starts.is_none() => *blocks = Some("another".into()),
        Action::Call { blocks, starts, .. } => (*blocks, *starts) = (None, None),
        Action::Finish { step } if *step >= from => step.0 += 1,
        Action::Finish { .. } | Action::Kill { .. } | Action::Pause { .. } | Action::Wait => {}
    }
    for choice in step.predict.iter_mut().flat_map(|question| &mut question.choices) {
        (choice.tempting, choice.stated) = (Some("Another temptation.".into()), !choice.stated);
    }
}

fn write(format: &str, story: &Story) -> Vec<u8> {
    (format::by_name(format).expect("it is a format").write)(story, &Options::default())
}

/// Which of these keys stand anywhere in a value.
fn keys(value: &Value, unwanted: &[&str]) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.keys().filter(|key| unwanted.contains(&key.as_str())).map(|key| format!("the key {key}"));
            own.chain(map.values().flat_map(|value| keys(value, unwanted))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| keys(item, unwanted)).collect(),
        _ => Vec::new(),
    }
}

/// The words by which the answers to all questions would be recognized; those of one answer together.
fn answers(story: &Story) -> Vec<Vec<String>> {
    let of = story.answers.iter().filter_map(|answered| answered.of);
    of.flat_map(|event| match &story.recording.events[event.0].what {
        What::Syscall(call) => match &call.outcome {
            Outcome::Failed { errno } => vec![errno_words(*errno)],
            Outcome::Killed { signal } => vec![vec![signal.to_string()]],
            _ => Vec::new(),
        },
        _ => match story.recording.segment(&story.recording.events[event.0]) {
            Some(segment) => {
                let flags = segment.flags.to_string();
                flags
                    .split(',')
                    .filter(|flag| ["RST", "FIN"].contains(flag))
                    .map(|flag| vec![flag.to_owned()])
                    .collect()
            }
            None => Vec::new(),
        },
    })
    .collect()
}

fn errno_words(errno: Errno) -> Vec<String> {
    vec![errno.to_string(), errno.text().to_owned(), errno.text().to_lowercase()]
}

/// What is told of the events before the first question: whoever has read it knows these words.
fn known(story: &Story) -> String {
    let mut document: Value = serde_json::from_slice(&write("json", story)).expect("a timeline is JSON");
    if let Value::Object(parts) = &mut document {
        parts.retain(|name, _| !["run", "steps", "predictions", "recording"].contains(&name.as_str()));
    }
    let told = document.to_string();
    // Some languages print the text of an error without its capital letter.
    format!("{told}\n{}", told.to_lowercase())
}

/// The same without anything that happened or was asked: what a format always says.
fn empty(recording: &Recording) -> Recording {
    let mut recording = recording.clone();
    recording.script.steps.clear();
    (recording.events, recording.frames, recording.steps) = (Vec::new(), Vec::new(), Vec::new());
    recording.end = tcpstory::record::End::Completed;
    recording
}

/// Whether a word stands in the bytes, between other characters than letters, digits and `_`.
fn holds(bytes: &[u8], word: &str) -> bool {
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let at = |place: usize| {
        bytes[place..].starts_with(word.as_bytes())
            && !place.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(is_inner)
            && !bytes.get(place + word.len()).is_some_and(is_inner)
    };
    (0..bytes.len()).any(at)
}
