//! Whether a story without its answers holds any of them, in any output.

use serde_json::Value;
use tcpstory::record::{Errno, Outcome, Recording, What};
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
