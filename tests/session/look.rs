//! Looking at recordings.

use tcpstory::record::{Bytes, Call, Detail, Event, Outcome, Recording, Segment, StepId, Syscall, What};

/// Every call with its outcome, as `who.call -> outcome`.
pub(crate) fn calls(recording: &Recording) -> Vec<String> {
    recording.events.iter().filter_map(|event| Some(said(recording, syscall(event)?))).collect()
}

/// The calls of a step, without those it implied.
pub(crate) fn outcome(recording: &Recording, step: usize) -> Outcome {
    let made = recording.events.iter().filter_map(syscall).find(|made| made.step == StepId(step) && !made.implied);
    made.unwrap_or_else(|| panic!("step {step} made no call:\n{}", told(recording))).outcome.clone()
}

pub(crate) fn syscall(event: &Event) -> Option<&Syscall> {
    match &event.what {
        What::Syscall(syscall) => Some(syscall),
        _ => None,
    }
}

/// Every segment, as `client FIN,ACK`.
pub(crate) fn segments(recording: &Recording) -> Vec<String> {
    let of = |segment: &Segment| {
        let who = recording.actor_at(segment.src).map_or("?", |actor| &recording.actors[actor.0].name);
        format!("{who} {} {}", segment.flags, shortened(&segment.payload))
    };
    recording.events.iter().filter_map(|event| recording.segment(event)).map(of).collect()
}

/// Bytes to compare and to read: much of the same byte as a count.
fn shortened(bytes: &[u8]) -> String {
    match bytes {
        [first, rest @ ..] if rest.len() > 16 && rest.iter().all(|byte| byte == first) => {
            format!("{} times {:?}", bytes.len(), Bytes(vec![*first]))
        }
        _ => format!("{:?}", Bytes(bytes.to_vec())),
    }
}

/// What must be the same in every run: calls with outcomes, signals, ends and segments, in order.
pub(crate) fn told(recording: &Recording) -> String {
    let line = |event: &Event| match &event.what {
        What::Syscall(made) => Some(said(recording, made)),
        What::Segment { .. } => None,
        What::Signal(caught) => Some(format!("{:?} in {:?}", caught.signal, caught.actor)),
        What::Kill(kill) => Some(format!("kill {:?} {:?}", kill.actor, kill.signal)),
        What::Exit(exit) => Some(format!("exit {:?} {:?} {:?}", exit.actor, exit.status, exit.step)),
        What::State(sample) => {
            Some(format!("{} is {} {}/{}", sample.local.ip(), sample.state, sample.unread_bytes, sample.unsent_bytes))
        }
    };
    let missed = recording
        .steps
        .iter()
        .filter_map(|step| Some(format!("missed in {:?}: {:?}", step.step, step.missed.clone()?)));
    let lines = recording.events.iter().filter_map(line).chain(segments(recording)).chain(missed);
    lines.chain([format!("{:?}", recording.end)]).collect::<Vec<_>>().join("\n")
}

fn said(recording: &Recording, made: &Syscall) -> String {
    let outcome = match &made.outcome {
        // A process id is another one each time.
        Outcome::Returned { .. } if matches!(made.call, Call::Fork { .. } | Call::Clone { .. }) => {
            "a process".to_owned()
        }
        Outcome::Returned { value, detail: Detail::None } => format!("{value}"),
        Outcome::Returned { value, detail: Detail::Data(data) } => format!("{value} {}", shortened(&data.0)),
        Outcome::Returned { value, detail } => format!("{value} {detail:?}"),
        Outcome::Failed { errno } => errno.to_string(),
        Outcome::Killed { signal } => format!("killed by {signal}"),
        Outcome::Unfinished => "unfinished".into(),
    };
    let who = &recording.actors[made.actor.0].name;
    let marks = [(made.implied, "+"), (made.blocked, "~")].map(|(is, mark)| if is { mark } else { "" }).concat();
    format!("{who}.{}{marks} -> {outcome}", made.call.name())
}
