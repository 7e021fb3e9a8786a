//! What the random scenarios have reached: calls by kind and state, and how narrow the predictions are.

use std::collections::BTreeMap;
use std::fmt;

use tcpstory::record::{Action, ActorId, Outcome, Recording, StepId, What};
use tcpstory::story::{Predicted, Story, Told};

/// What was reached so far.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    scenarios: u64,
    calls: u64,
    exact: u64,
    /// Of the others, those where a count of bytes is not told exactly.
    ranges: u64,
    allowed: u64,
    steps: u64,
    /// Steps that could not be performed, by what was in the way, and by the call.
    passed_over: BTreeMap<&'static str, u64>,
    calls_passed_over: BTreeMap<&'static str, u64>,
    states: BTreeMap<&'static str, u64>,
    kinds: BTreeMap<(&'static str, &'static str), u64>,
    outcomes: BTreeMap<String, u64>,
}

impl Coverage {
    /// Adds a story.
    pub(crate) fn add(&mut self, story: &Story) {
        self.scenarios += 1;
        self.steps += story.recording.script.steps.len() as u64;
        self.add_passed_over(&story.recording);
        for (entry, event) in story.entries.iter().zip(&story.recording.events) {
            let (Told::Call(told), What::Syscall(call)) = (&entry.told, &event.what) else { continue };
            let allowed = told.prediction.allowed.len() as u64;
            self.calls += 1;
            let ranges = told.prediction.allowed.iter().any(|one| is_range(&one.outcome));
            self.exact += u64::from(allowed == 1 && !ranges);
            self.ranges += u64::from(ranges);
            self.allowed += allowed;
            let state = told.state.map_or("no connection", tcpstory::record::TcpState::name);
            *self.kinds.entry((call.call.name(), state)).or_default() += 1;
            *self.states.entry(state).or_default() += 1;
            let outcome = match &call.outcome {
                Outcome::Returned { value: 0, .. } => "0".to_owned(),
                Outcome::Returned { .. } => "more than 0".to_owned(),
                Outcome::Failed { errno } => errno.to_string(),
                Outcome::Killed { signal } => format!("killed by {signal}"),
                Outcome::Unfinished => "unfinished".to_owned(),
            };
            *self.outcomes.entry(outcome).or_default() += 1;
        }
    }
}

impl Coverage {
    /// A step is passed over where its process is in an earlier call, has ended, or was not forked.
    fn add_passed_over(&mut self, recording: &Recording) {
        for (place, step) in recording.script.steps.iter().enumerate() {
            let later = recording.steps.partition_point(|run| run.step < StepId(place));
            if recording.steps.get(later).is_some_and(|run| run.step == StepId(place)) {
                continue;
            }
            let until_ns = recording.steps.get(later).map_or(i64::MAX, |run| run.begin_ns);
            let Some(actor) = recording.script.actor_of(StepId(place)) else { continue };
            *self.passed_over.entry(in_the_way(recording, actor, until_ns)).or_default() += 1;
            let name = match &step.action {
                Action::Call { call, .. } => call.name(),
                _ => "kill",
            };
            *self.calls_passed_over.entry(name).or_default() += 1;
        }
    }
}

/// Why a process cannot act at that time.
fn in_the_way(recording: &Recording, actor: ActorId, at_ns: i64) -> &'static str {
    let before = recording.events.iter().take_while(|event| event.t_ns <= at_ns);
    let mut forked = recording.script.parent_of(actor).is_none();
    for event in before {
        match &event.what {
            What::Exit(exit) if exit.actor == actor => return "its process had ended",
            What::Syscall(call) if matches!(call.call, tcpstory::record::Call::Fork { child } if child == actor) => {
                forked |= matches!(call.outcome, Outcome::Returned { .. });
            }
            _ => {}
        }
    }
    if forked { "its process was in an earlier call" } else { "its process was never forked" }
}

/// Whether an outcome leaves open how many bytes.
fn is_range(outcome: &Predicted) -> bool {
    matches!(outcome, Predicted::Between(least, most) if least < most)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64, whole: u64| (part * 10_000).checked_div(whole).unwrap_or_default();
        let (exact, mean) = (share(self.exact, self.calls), share(self.allowed, self.calls));
        writeln!(f, "{} scenarios, {} calls", self.scenarios, self.calls)?;
        writeln!(f, "{} steps, of which were passed over:", self.steps)?;
        for (why, count) in &self.passed_over {
            writeln!(f, "  {count:6} because {why}")?;
        }
        let passed_over: Vec<_> =
            self.calls_passed_over.iter().map(|(call, count)| format!("{call} {count}")).collect();
        writeln!(f, "  by call: {}", passed_over.join(", "))?;
        writeln!(f, "exactly one outcome allowed: {}.{:02} %", exact / 100, exact % 100)?;
        writeln!(f, "a count of bytes left open: {} calls", self.ranges)?;
        writeln!(f, "outcomes allowed on average: {}.{:04}", mean / 10_000, mean % 10_000)?;
        let mut by_call: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((call, state), count) in &self.kinds {
            by_call.entry(call).or_default().push(format!("{state} {count}"));
        }
        for (call, states) in by_call {
            writeln!(f, "  {call:11} {}", states.join(", "))?;
        }
        let states: Vec<_> = self.states.iter().map(|(state, count)| format!("{state} {count}")).collect();
        writeln!(f, "  states      {}", states.join(", "))?;
        writeln!(f, "              (no program has a socket in SYN_RECV: accept gives it one after the handshake)")?;
        let outcomes: Vec<_> = self.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
        write!(f, "  outcomes    {}", outcomes.join(", "))
    }
}
