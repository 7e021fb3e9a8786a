//! What judging the author's expectations comes to.

use schemars::JsonSchema;
use serde::Serialize;

use super::EventId;
use crate::record::{StepId, TcpState};

/// The author's expectations, held against the story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Each expectation with its judgement, in the order of the scenario.
    pub checks: Vec<Check>,
    /// The expectations about which nothing can be said, because the run was stopped before: neither met nor failed.
    pub not_reached: Vec<NotReached>,
    /// Whether the capture lost nothing.
    pub capture_complete: bool,
    /// Whether every step was performed, or the end is left out on purpose.
    pub run_complete: bool,
}

impl Verdict {
    /// Whether the story is as expected.
    pub fn passed(&self) -> bool {
        self.capture_complete && self.run_complete && self.checks.iter().all(|check| check.passed)
    }

    /// The expectations that were not met.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// An expectation that the run did not come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReached {
    /// The step.
    pub step: StepId,
    /// The line of the scenario file.
    pub line: u32,
    /// Which expectation of the step.
    pub expected: Expected,
}

/// An expectation with its judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The step.
    pub step: StepId,
    /// The line of the scenario file.
    pub line: u32,
    /// Which expectation of the step.
    pub expected: Expected,
    /// What was found instead or as expected.
    pub actual: Actual,
    /// Whether they agree.
    pub passed: bool,
}

/// Which expectation of a step a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// `Expect::outcome`.
    Outcome,
    /// `Expect::signal`.
    Signal,
    /// `Expect::exit`.
    Exit,
    /// This place in `Expect::wire`.
    Wire(usize),
    /// This place in `Expect::state`.
    State(usize),
    /// This place in `Expect::no_wire`.
    NoWire(usize),
    /// `Expect::quiet`.
    Quiet,
    /// `Expect::takes`.
    Takes,
    /// `Expect::because`.
    Because,
    /// `Expect::one_of`.
    OneOf,
    /// That the expectations of the step, or of the whole scenario, hold on this kernel; where they do not, nothing else of them is
    /// judged.
    Kernel,
    /// That the call blocks.
    Blocks,
    /// That the call returns in time, where nothing else is said about its outcome.
    Returns,
    /// That one choice of the step's question is right; where the lesson states an answer, that one.
    Answer,
}

/// What was found where something was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actual {
    /// These events.
    Events(Vec<EventId>),
    /// This state.
    State(Option<TcpState>),
    /// Nothing in time.
    Nothing,
    /// `because`: the pattern fits segments of several connections.
    Ambiguous(Vec<EventId>),
    /// `one_of`: this way fits, but it belongs to other stories than the ways that steps before have taken.
    OtherStory {
        /// The call.
        call: EventId,
        /// The stories that this way belongs to.
        told: Vec<String>,
        /// The stories that were still possible.
        possible: Vec<String>,
    },
    /// Another kernel, on which nothing is asserted.
    OtherKernel,
    /// `takes`: from when to when, in the recording's time; none where one end of the measured time is missing.
    Took(Option<(i64, i64)>),
    /// `because`: the outcome has this cause by this rule.
    Rule(&'static str, Vec<EventId>),
}
