use super::{alias, call, count, escape, flight, outcome, payload, question, quote_start, signal_suffix, why::failed};
use crate::record::{
    Action, Alternative, Awaited, Because, CallPattern, ExitStatus, Expect, ExpectOutcome, ExpectValue, PollEvent,
    Script, SegmentPattern, Since, SocketRef, Step, StepId, Takes, What,
};
use crate::report::ties::Ties;
use crate::story::{Actual, Check, EventId, Expected, NotReached, Story};

/// An expectation held against the story, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSaid {
    /// Where the author wrote it: `broken-pipe.toml:52`.
    pub place: String,
    /// What the step does: `client write("c")`.
    pub step: String,
    /// What was expected: `→ EPIPE`, `server → client RST`.
    pub expected: String,
    /// What was found, in the same notation.
    pub actual: String,
}

/// Says an expectation and what was found instead or as expected.
pub fn check(ties: &Ties<'_>, check: &Check) -> CheckSaid {
    let [place, step, expected] = said(ties.story, check.step, check.line, check.expected);
    CheckSaid { place, step, expected, actual: actual(ties, check) }
}

/// Says an expectation that the run did not come to; there is nothing that was found.
pub fn not_reached(story: &Story, open: &NotReached) -> CheckSaid {
    let [place, step, expected] = said(story, open.step, open.line, open.expected);
    CheckSaid { place, step, expected, actual: "not reached".into() }
}

/// Where an expectation stands, what its step does, and what is expected.
fn said(story: &Story, at: StepId, line: u32, which: Expected) -> [String; 3] {
    let script = &story.recording.script;
    let step = script.steps.get(at.0);
    let wanted = match step {
        Some(Step { predict: Some(question), .. }) if which == Expected::Answer => {
            question::wanted(question, at, script)
        }
        Some(step) => expected(which, &step.expect, script),
        None => "?".into(),
    };
    let does = step.map_or_else(String::new, |step| action(step, script));
    [format!("{}:{line}", escape(&script.source.path)), does, wanted]
}

/// A segment pattern in the notation of [`flight`](super::flight()): `server → client RST`, `client → any DATA "b"`.
pub fn pattern(pattern: &SegmentPattern, script: &Script) -> String {
    let mut said = actor_name(script, pattern.from);
    if let Some(to) = pattern.to {
        said = format!("{said} → {}", actor_name(script, to));
    }
    said = format!("{said} {}", pattern.kind.name());
    if let Some(bytes) = &pattern.payload {
        said = format!("{said} {}", quote_start(&bytes.0));
    }
    if let Some(bytes) = pattern.payload_bytes {
        said = format!("{said} of {}", count(bytes, "byte"));
    }
    said
}

fn actor_name(script: &Script, actor: crate::record::ActorId) -> String {
    script.actors.get(actor.0).map_or_else(|| "?".into(), |spec| escape(&spec.name))
}

/// What a step does: `client write("c")`, `server killed with SIGKILL`, `wait`.
pub fn action(step: &Step, script: &Script) -> String {
    match &step.action {
        Action::Call { actor, call: made, .. } => format!("{} {}", actor_name(script, *actor), call(made, script)),
        Action::Finish { step } => match script.steps.get(step.0) {
            Some(Step { action: Action::Call { actor, call: made, .. }, .. }) => {
                format!("{} {} finishes", actor_name(script, *actor), call(made, script))
            }
            _ => "finish".into(),
        },
        Action::Kill { actor, signal } => format!("{signal} to {}", actor_name(script, *actor)),
        Action::Pause { ns } => format!("pause {}", super::duration(*ns)),
        Action::Wait => "wait".into(),
    }
}

fn expected(which: Expected, expect: &Expect, script: &Script) -> String {
    let said = match which {
        Expected::Outcome => expect.outcome.as_ref().map(|outcome| expected_outcome(&outcome.value)),
        Expected::Signal => expect.signal.as_ref().map(|signal| signal.value.to_string()),
        Expected::Exit => expect.exit.as_ref().map(|status| exit_status(status.value)),
        Expected::Wire(place) => expect.wire.get(place).map(|wanted| pattern(&wanted.value, script)),
        Expected::State(place) => expect.state.get(place).map(|wanted| {
            let (socket, state) = &wanted.value;
            format!("{} in {state}", socket_name(socket, script))
        }),
        Expected::NoWire(place) => expect
            .no_wire
            .get(place)
            .map(|unwanted| format!("no {} before the next step", pattern(&unwanted.value, script))),
        Expected::Quiet => Some("no segment at all before the next step".into()),
        Expected::Takes => expect.takes.as_ref().map(|wanted| takes(&wanted.value, script)),
        Expected::Because => expect.because.as_ref().map(|wanted| because(&wanted.value, script)),
        Expected::OneOf => Some(one_of(expect, script)),
        Expected::Kernel => {
            expect.kernel.as_ref().or(script.kernel.as_ref()).map(|range| format!("Linux {}", range.value))
        }
        Expected::Blocks => Some("the call blocks".into()),
        Expected::Returns => Some("the call returns".into()),
        Expected::Answer => None, // said of the question
    };
    said.unwrap_or_else(|| "?".into())
}

/// `at least 30 ms since client DATA`.
fn takes(takes: &Takes, script: &Script) -> String {
    let least = format!("at least {}", super::duration(takes.at_least_ns));
    match &takes.since {
        None => least,
        Some(Since::Segment(since)) => format!("{least} since {}", pattern(since, script)),
        Some(Since::Call { call }) => format!("{least} since {}", named_call(call, script)),
    }
}

/// `because of server RST`, `because of server close`, `because of the rule user-timeout-gives-etimedout`.
fn because(because: &Because, script: &Script) -> String {
    let wanted = match because {
        Because::Segment(wanted) => pattern(wanted, script),
        Because::Call { call } => named_call(call, script),
        Because::Rule { rule } => format!("the rule {}", escape(rule)),
    };
    format!("because of {wanted}")
}

fn named_call(call: &CallPattern, script: &Script) -> String {
    format!("{} {}", actor_name(script, call.actor), escape(&call.name))
}

/// Every way in which the call may end.
fn one_of(expect: &Expect, script: &Script) -> String {
    let way = |way: &Alternative| {
        let mut said = expected_outcome(&way.outcome);
        if let Some(signal) = way.signal {
            said = format!("{said} + {signal}");
        }
        if let Some(wanted) = &way.because {
            said = format!("{said} {}", because(wanted, script));
        }
        if let Some(range) = &way.kernel {
            said = format!("{said} on Linux {range}");
        }
        match &way.story {
            Some(story) => format!("{said} ({})", escape(story)),
            None => said,
        }
    };
    let ways: Vec<String> = expect.one_of.iter().map(|one| way(&one.value)).collect();
    format!("one of: {}", ways.join("; "))
}

fn socket_name(socket: &SocketRef, script: &Script) -> String {
    let actor = actor_name(script, socket.actor);
    if socket.socket == crate::record::CONNECTION { actor } else { format!("{actor}.{}", escape(&socket.socket)) }
}

fn expected_outcome(outcome: &ExpectOutcome) -> String {
    match outcome {
        ExpectOutcome::Returns(ExpectValue::Number(value)) => format!("= {value}"),
        ExpectOutcome::Returns(ExpectValue::Between { more_than, less_than }) => {
            format!("= {}", question::between(*more_than, *less_than))
        }
        ExpectOutcome::Returns(ExpectValue::Data(bytes)) => format!("= {} {}", bytes.0.len(), quote_start(&bytes.0)),
        ExpectOutcome::Returns(ExpectValue::Ready(events)) => {
            format!("ready for {}", events.iter().map(|event| PollEvent::name(*event)).collect::<Vec<_>>().join("|"))
        }
        ExpectOutcome::Returns(ExpectValue::PendingError(errno)) => format!("pending error {errno}"),
        ExpectOutcome::Fails(errno) => failed(*errno),
        ExpectOutcome::Killed(signal) => format!("→ killed by {signal}"),
    }
}

/// How a process ended: `exit code 0`, `killed by SIGPIPE`.
pub fn exit_status(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exit code {code}"),
        ExitStatus::Signal(signal) => format!("killed by {signal}"),
    }
}

fn actual(ties: &Ties<'_>, check: &Check) -> String {
    let story = ties.story;
    match &check.actual {
        Actual::Events(events) if events.is_empty() => nothing(ties, check),
        Actual::Events(events) => all(story, events, "; "),
        Actual::State(Some(state)) => state.to_string(),
        Actual::State(None) => "the kernel knows no such socket".into(),
        Actual::Nothing => nothing(ties, check),
        Actual::OtherStory { call, told, possible } => format!(
            "{}, which is the story {}; after the steps before only {} was possible",
            happening(story, *call),
            escape(&told.join(" or ")),
            if possible.is_empty() { "none".into() } else { escape(&possible.join(" or ")) },
        ),
        Actual::OtherKernel => {
            format!("Linux {}: nothing else of this is asserted here", escape(&story.recording.machine.kernel))
        }
        Actual::Took(Some((from, to))) => {
            format!("it took {}", super::duration(to.saturating_sub(*from).max(0).unsigned_abs()))
        }
        Actual::Took(None) => "it was not over, or never began".into(),
        Actual::Rule(rule, events) if events.is_empty() => format!("the rule {rule}"),
        Actual::Rule(rule, events) => format!("the rule {rule}, because of {}", all(story, events, "; ")),
        Actual::Ambiguous(events) => format!("ambiguous, it fits {}", all(story, events, " and ")),
    }
}

/// What was seen where nothing that fits came: for a segment, those of the step.
fn nothing(ties: &Ties<'_>, check: &Check) -> String {
    let late = if waited_in_vain(ties.story, check) { " in time" } else { "" };
    match check.expected {
        Expected::Because => "no cause is known of it".into(),
        Expected::Wire(_) => match ties.segments_of(check.step) {
            [] => format!("no segment{late}"),
            seen => format!("not seen{late}, but {}", all(ties.story, seen, "; ")),
        },
        Expected::NoWire(_) | Expected::Quiet if check.passed => "none".into(),
        Expected::NoWire(_) | Expected::Quiet | Expected::Takes => "the step was not performed".into(),
        Expected::Signal => "no signal".into(),
        Expected::Exit => format!("still running{late}"),
        Expected::Blocks => "it did not".into(),
        Expected::Kernel => "another kernel".into(),
        Expected::Outcome | Expected::OneOf | Expected::Returns => format!("nothing{late}"),
        Expected::State(_) => format!("no such state{late}"),
        Expected::Answer => "no segment".into(),
    }
}

fn waited_in_vain(story: &Story, check: &Check) -> bool {
    let run = story.recording.steps.iter().find(|run| run.step == check.step);
    run.and_then(|run| run.missed.as_ref()).is_some_and(|missed| match (missed, check.expected) {
        (Awaited::Wire(missed), Expected::Wire(place)) | (Awaited::State(missed), Expected::State(place)) => {
            *missed <= place
        }
        (Awaited::Exit, Expected::Exit)
        | (Awaited::Return, Expected::Outcome | Expected::OneOf | Expected::Returns) => true,
        _ => false,
    })
}

/// At most five events in words; then how many more.
fn all(story: &Story, events: &[EventId], between: &str) -> String {
    const MOST: usize = 5;
    let mut said: Vec<String> = events.iter().take(MOST).map(|event| happening(story, *event)).collect();
    if events.len() > MOST {
        said.push(format!("{} more", events.len() - MOST));
    }
    said.join(between)
}

/// An event on its own: `p8 server → client RST seq 2`, `c4 → EPIPE`, `SIGPIPE`.
fn happening(story: &Story, event: EventId) -> String {
    let name = alias(story, event);
    let Some(happened) = story.recording.events.get(event.0) else { return name };
    match &happened.what {
        What::Syscall(syscall) => format!("{name} {}", outcome(&syscall.outcome)),
        What::Segment { .. } => flight(story, event).unwrap_or(name),
        What::Signal(caught) => format!("{name}{}", signal_suffix([caught.signal])),
        What::Kill(kill) => format!("{name} {} sent", kill.signal),
        What::Exit(exit) => format!("{name} {}", exit_status(exit.status)),
        What::State(sample) => format!("{} in {}", payload(sample.local.to_string().as_bytes()), sample.state),
    }
}
