use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExpectOutcome, SegmentPattern};

/// What a reader is asked to predict before a step is shown.
///
/// No answer is written here as the truth: which one is right follows from what the kernel did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The line of its table in the scenario file, from 1.
    pub line: u32,
    /// The question. Markdown.
    pub text: String,
    /// What it asks about.
    pub about: About,
    /// What the reader chooses from; none where any answer may be given.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub choices: Vec<Choice>,
}

/// What a question asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// How the step's call ends.
    Result,
    /// Which errno the step's call fails with, if any.
    Errno,
    /// Which segment appears during the step, if any.
    Segment,
}

impl About {
    /// Every subject.
    pub const ALL: [Self; 3] = [Self::Result, Self::Errno, Self::Segment];

    /// The name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Errno => "errno",
            Self::Segment => "segment",
        }
    }
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// What it says of the step.
    pub answer: Answer,
    /// How it is shown, where the author gave words for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Why it is tempting although it is wrong. Markdown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tempting: Option<String>,
    /// The lesson states that this is the answer: where the kernel says otherwise, the lesson fails.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stated: bool,
}

/// What may be said of a step, and held against what the kernel did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The call ends so.
    Ends(ExpectOutcome),
    /// The call does not return in this step.
    Blocks,
    /// The call returns, and not with an error.
    Succeeds,
    /// A segment of this kind appears; none: no segment but pure acknowledgments.
    Segment(Option<SegmentPattern>),
}
