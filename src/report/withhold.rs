//! A recording without what answers its questions, for students who are to answer them.
//!
//! The story is told up to the first step with a question. Of that step and all later ones only this stays: what is done, the
//! questions, and the choices without a word on which is right. What the author wrote in knowledge of the end goes altogether:
//! the scenario's name and file, title, summary, goals, tags, misconception, stories, and what the lecturer says. Every output is
//! made from the recording, so none holds what the recording does not.

use core::net::SocketAddr;
use std::collections::BTreeSet;

use super::normalize::keep_told_frames;
use crate::record::{
    Action, ActorId, Call, Detail, End, Event, Expect, Outcome, Recording, Script, Segment, Socket, SocketId, Source,
    Step, StepId, Syscall, What,
};

/// The name and the title of a scenario whose answers are left out.
const NAME: &str = "exercise";
const TITLE: &str = "What happens next?";

/// The first step with a question.
pub fn first_question(script: &Script) -> Option<StepId> {
    script.steps.iter().position(|step| step.predict.is_some()).map(StepId)
}

/// A recording without the answers to its script's questions; as it is where nothing is asked.
pub fn withhold(recording: Recording) -> Recording {
    let Some(at) = first_question(&recording.script) else { return recording };
    let asked = asked_calls(&recording.script, at);
    let mut recording = cut(recording, at, &asked);
    recording.end = End::Withheld { at };
    forget_prose(&mut recording.script);
    forget_intentions(&mut recording.script.steps, at);
    recording
}

/// What had happened before a step began, as if somebody had stopped the run there, and nothing of the end of the call that the
/// step asks about. Behind the last step it is the whole.
pub fn before(recording: Recording, at: StepId) -> Recording {
    let Some(step) = recording.script.steps.get(at.0) else { return recording };
    let asked = match step.action {
        _ if step.predict.is_none() => None,
        Action::Finish { step } => Some(step),
        _ => Some(at),
    };
    let mut recording = cut(recording, at, &asked.into_iter().collect());
    recording.end = End::Interrupted { at };
    recording
}

/// The steps whose calls are asked about in a step or later: a call that was left blocked may return long before the step that
/// finishes it.
fn asked_calls(script: &Script, from: StepId) -> BTreeSet<StepId> {
    let asked = script.steps.iter().enumerate().skip(from.0).filter(|(_, step)| step.predict.is_some());
    let call = |(place, step): (usize, &Step)| match step.action {
        Action::Finish { step } => step,
        _ => StepId(place),
    };
    asked.map(call).collect()
}

/// Cuts a recording before a step, and inside the calls of those steps.
fn cut(mut recording: Recording, at: StepId, inside: &BTreeSet<StepId>) -> Recording {
    let begun = recording.steps.iter().position(|run| run.step >= at).unwrap_or(recording.steps.len());
    let limit = recording.steps.get(begun).map_or(i64::MAX, |run| run.begin_ns);
    recording.steps.truncate(begun);
    let known = recording.events.partition_point(|event| event.t_ns < limit);
    recording.events.truncate(known);
    for event in &mut recording.events {
        if let What::Syscall(call) = &mut event.what
            && (call.end_ns.is_some_and(|end_ns| end_ns >= limit) || (inside.contains(&call.step) && !call.implied))
        {
            (call.end_ns, call.outcome) = (None, Outcome::Unfinished);
        }
    }
    forget_what_unfinished_calls_caught(&mut recording.events);
    keep_told_frames(&mut recording);
    forget_sockets(&mut recording);
    for (place, actor) in recording.actors.iter_mut().enumerate().filter(|(_, actor)| actor.forked_from.is_some()) {
        let is_born = |event: &Event| matches!(&event.what, What::Syscall(Syscall { call, outcome: Outcome::Returned { .. }, .. }) if call.child() == Some(ActorId(place)));
        if !recording.events.iter().any(is_born) {
            actor.pid = 0;
        }
    }
    recording
}

/// A signal that came in a call whose end is not known is not known either.
fn forget_what_unfinished_calls_caught(events: &mut Vec<Event>) {
    let unfinished = |event: &Event| matches!(&event.what, What::Syscall(call) if call.end_ns.is_none());
    let ended: Vec<bool> = events.iter().map(|event| !unfinished(event)).collect();
    let is_known = |event: &Event| match &event.what {
        What::Signal(caught) => ended.get(caught.during).copied().unwrap_or_default(),
        _ => true,
    };
    let known: Vec<bool> = events.iter().map(is_known).collect();
    let moved: Vec<usize> = known
        .iter()
        .scan(0, |next, known| {
            let place = *next;
            *next += usize::from(*known);
            Some(place)
        })
        .collect();
    let mut known = known.into_iter();
    events.retain(|_| known.next().unwrap_or_default());
    for event in events {
        if let What::Signal(caught) = &mut event.what {
            caught.during = moved.get(caught.during).copied().unwrap_or(caught.during);
        }
    }
}

/// Sockets that nothing was done with yet, and addresses that nothing shows yet.
fn forget_sockets(recording: &mut Recording) {
    let used = |event: &Event| match &event.what {
        What::Syscall(Syscall {
            outcome: Outcome::Returned { detail: Detail::Accepted(SocketId(accepted)), .. },
            socket,
            ..
        }) => Some(socket.0.max(*accepted)),
        What::Syscall(call) => Some(call.socket.0),
        _ => None,
    };
    let count = recording.events.iter().filter_map(used).max().map_or(0, |last| last + 1);
    recording.sockets.truncate(count);
    let seen: BTreeSet<(SocketAddr, SocketAddr)> =
        recording.frames.iter().filter_map(|frame| frame.segment.as_ref()).flat_map(ends).collect();
    let named = |(place, _): &(usize, &Socket)| {
        recording.events.iter().any(|event| match &event.what {
            What::Syscall(Syscall {
                call: Call::Bind { .. } | Call::Listen { .. } | Call::Getsockname,
                outcome: Outcome::Returned { .. },
                socket,
                ..
            }) => socket.0 == *place,
            _ => false,
        })
    };
    let bound: BTreeSet<usize> = recording.sockets.iter().enumerate().filter(named).map(|(place, _)| place).collect();
    for (place, socket) in recording.sockets.iter_mut().enumerate() {
        let met = socket.local.zip(socket.peer).is_some_and(|ends| seen.contains(&ends));
        socket.peer = socket.peer.filter(|_| met);
        socket.local = socket.local.filter(|_| met || bound.contains(&place));
    }
}

fn ends(segment: &Segment) -> [(SocketAddr, SocketAddr); 2] {
    [(segment.src, segment.dst), (segment.dst, segment.src)]
}

/// What the author wrote about the whole.
fn forget_prose(script: &mut Script) {
    *script = Script {
        id: NAME.to_owned(),
        title: TITLE.to_owned(),
        source: Source { path: format!("{NAME}.toml"), sha256: String::new() },
        network: std::mem::take(&mut script.network),
        actors: std::mem::take(&mut script.actors),
        steps: std::mem::take(&mut script.steps),
        kernel: script.kernel.take(),
        ..Script::default()
    };
    for step in &mut script.steps {
        step.say = None;
    }
}

/// What the author expects from a step on, and that a call is to be left under way.
fn forget_intentions(steps: &mut [Step], from: StepId) {
    for step in steps.iter_mut().skip(from.0) {
        step.expect = Expect::default();
        match &mut step.action {
            Action::Call { blocks, starts, .. } => (*blocks, *starts) = (None, None),
            Action::Finish { step: call } if *call >= from => step.action = Action::Wait,
            Action::Finish { .. } | Action::Kill { .. } | Action::Pause { .. } | Action::Wait => {}
        }
        for choice in step.predict.iter_mut().flat_map(|question| &mut question.choices) {
            (choice.tempting, choice.stated) = (None, false);
        }
    }
}
