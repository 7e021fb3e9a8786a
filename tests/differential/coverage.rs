//! What the random scenarios have reached: calls by kind and state, and how narrow the predictions are.

use std::collections::BTreeMap;
use std::fmt;

use tcpstory::record::{Outcome, What};
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
    passed_over: u64,
    states: BTreeMap<&'static str, u64>,
    kinds: BTreeMap<(&'static str, &'static str), u64>,
    outcomes: BTreeMap<String, u64>,
}

impl Coverage {
    /// Adds a story.
    pub(crate) fn add(&mut self, story: &Story) {
        self.scenarios += 1;
        self.passed_over += (story.recording.script.steps.len() - story.recording.steps.len()) as u64;
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

/// Whether an outcome leaves open how many bytes.
fn is_range(outcome: &Predicted) -> bool {
    matches!(outcome, Predicted::Between(least, most) if least < most)
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64, whole: u64| (part * 10_000).checked_div(whole).unwrap_or_default();
        let (exact, mean) = (share(self.exact, self.calls), share(self.allowed, self.calls));
        writeln!(f, "{} scenarios, {} calls", self.scenarios, self.calls)?;
        writeln!(f, "steps passed over, because their process was in another call or had ended: {}", self.passed_over)?;
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
        let outcomes: Vec<_> = self.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
        write!(f, "  outcomes    {}", outcomes.join(", "))
    }
}
