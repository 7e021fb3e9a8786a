//! What a reader must be told beside the story.

use schemars::JsonSchema;
use serde::Serialize;

use super::EventId;

/// Something that a reader must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The events that it is about.
    pub about: Vec<EventId>,
}

/// What a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The model does not allow what the kernel did.
    OutcomeNotExplained,
    /// The kernel reports a state that the model does not hold.
    StateNotExplained,
    /// No rule says where the segment came from.
    SegmentNotExplained,
    /// The connect that it is about calls for a SYN, and none was captured.
    SynMissing,
    /// The SYN that it is about calls for an answer, and none was captured.
    SynAckMissing,
    /// What it is about, a close or a shutdown, calls for a FIN, and none was captured although nothing was in its way.
    FinMissing,
    /// What it is about, a close or a segment that finds no taker, calls for an RST, and none was captured.
    RstMissing,
    /// A tie rests on the order in time alone.
    Likely,
    /// Sequence numbers were sent again.
    Retransmission,
    /// The kernel dropped frames: the capture is incomplete.
    FramesDropped,
    /// The run was interrupted or stopped before its last step.
    CutShort,
}

impl FindingKind {
    /// Whether it says that the model and the kernel disagree.
    pub fn is_mismatch(self) -> bool {
        self.is_missing()
            || matches!(self, Self::OutcomeNotExplained | Self::StateNotExplained | Self::SegmentNotExplained)
    }

    /// Whether it says that a segment never came.
    pub fn is_missing(self) -> bool {
        matches!(self, Self::SynMissing | Self::SynAckMissing | Self::FinMissing | Self::RstMissing)
    }

    /// Whether it says that the story is not to be trusted as it stands.
    pub fn is_alarming(self) -> bool {
        self.is_mismatch() || matches!(self, Self::FramesDropped | Self::CutShort)
    }
}
