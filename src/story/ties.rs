//! Ties between events: links, and causes with what their sentences need.

use schemars::JsonSchema;
use serde::Serialize;

use super::EventId;
use crate::record::{Errno, Signal, TcpState};

/// A tie between two events: `to` exists, or is as it is, through `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// The earlier in the chain of causes.
    pub from: EventId,
    /// The later.
    pub to: EventId,
    /// What kind of tie.
    pub rel: Rel,
    /// What it rests on.
    pub basis: Basis,
    /// How sure it is.
    pub confidence: Confidence,
    /// The bytes of the stream that it is about, from 0, end exclusive; both 0 where it is not about bytes.
    pub bytes: (u64, u64),
}

/// What kind of tie a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rel {
    /// The call made the kernel send the segment.
    Sent,
    /// The segment answers the segment: SYN-ACK to SYN, ACK to data, RST to a segment that found no taker.
    Answers,
    /// The segment carried bytes that the read returned.
    Delivered,
    /// The segment (FIN) made the call return end of file.
    EndOfFile,
    /// The segment or call made the call fail.
    Failed,
    /// The segment or call let the call return successfully (SYN-ACK: connect; data: a blocked read).
    Completed,
    /// The earlier call made the later segment be answered as it was (a close, and the RST to data after it).
    Doomed,
    /// The call raised the signal.
    Raised,
    /// The signal, kill or call ended the process.
    Ended,
    /// The segment is a retransmission of the earlier one.
    Retransmits,
    /// The death of the process closed the socket and so sent the segment.
    ClosedByExit,
    /// The call raised the events that the poll returned.
    Readied,
}

/// What a link rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// 4-tuple and sequence numbers.
    Sequence,
    /// What the kernel itself reported.
    Kernel,
    /// A rule of the model.
    Model,
    /// Order in time alone.
    Time,
}

/// How sure a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Nothing else is possible.
    Certain,
    /// Only the order in time decided.
    Likely,
}

/// Why an event came out as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The event that is explained.
    pub of: EventId,
    /// The events that it is explained by; the nearest cause first.
    pub because: Vec<EventId>,
    /// The rule's id in [`RULES`](crate::story::rules::RULES).
    pub rule: &'static str,
    /// What the sentence about it needs to know.
    pub fact: Fact,
}

/// The data of a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fact {
    /// The state of the endpoint that it is about, before the event took effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<TcpState>,
    /// An errno.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<Errno>,
    /// A signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<Signal>,
    /// A count of bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Events by the part that they play in the sentence: `rst`, `fin`, `data`, `close`, `write`, `shutdown`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<(&'static str, EventId)>,
}
