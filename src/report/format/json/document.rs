//! The timeline file: what is in it and under which names.
//!
//! A minor version only adds; readers ignore what they do not know. Everything beside `recording` follows from it and is written for
//! those who draw or query; tcpstory itself reads only `recording`.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::event::{Event, HeaderField};
use super::lines::Lines;
use super::picture::Layout;
use crate::record::{About, Actor, Clock, End, Recording, SandboxKind, Socket, SocketId};
use crate::story::{Basis, Confidence, Expected, FindingKind, Rel, Side};

/// The value of `schema`, at the top of every timeline.
pub const SCHEMA: &str = "tcpstory.timeline";
/// The major version: a reader refuses a greater one.
pub(super) const MAJOR: u64 = 1;
/// The value of `schema_version`.
pub(super) const SCHEMA_VERSION: &str = "1.1.0";

/// A recording of a scenario's run on real sockets, and the story that it tells. Times are integer nanoseconds from time 0;
/// quantities carry their unit in their name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "tcpstory timeline")]
pub(super) struct Document<'a> {
    /// Always `tcpstory.timeline`.
    pub(super) schema: &'a str,
    /// The version of this format, as in semantic versioning: a minor version only adds.
    pub(super) schema_version: &'a str,
    /// What was run, where, and with which verdict.
    pub(super) run: Run<'a>,
    /// What time 0 is.
    pub(super) clock: &'a Clock,
    /// The actors: a process each.
    pub(super) actors: &'a [Actor],
    /// Every socket that an actor had.
    pub(super) sockets: &'a [Socket],
    /// The connections, in the order of their first segment or call.
    pub(super) connections: Vec<Connection<'a>>,
    /// Everything that happened, in the order of time.
    pub(super) events: Vec<Event<'a>>,
    /// Which events are tied to each other.
    pub(super) links: Vec<Link<'a>>,
    /// Why events came out as they did.
    pub(super) causes: Vec<Cause<'a>>,
    /// The steps of the scenario: what a slide shows at each, and what to say.
    pub(super) steps: Vec<Step<'a>>,
    /// What a reader is asked before a step is shown, with the kernel's answer. Since 1.1.
    pub(super) predictions: Vec<Question<'a>>,
    /// The bytes of each connection, one direction at a time. Since 1.1.
    pub(super) streams: Vec<Stream<'a>>,
    /// The sockets that listen, in the order in which they began to. Since 1.1.
    pub(super) listeners: Vec<Listener<'a>>,
    /// Where everything stands in a picture. Since 1.1.
    pub(super) layout: Layout<'a>,
    /// What the fields of the captured headers are, by Wireshark's filter for each. Since 1.1.
    pub(super) header_fields: BTreeMap<&'static str, HeaderField>,
    /// What a reader must be told beside that: doubts, mismatches, retransmissions.
    pub(super) findings: Vec<Finding<'a>>,
    /// The author's expectations, held against the story.
    pub(super) expectations: Vec<Expectation>,
    /// The expectations about which nothing can be said, because the run was stopped before: neither met nor failed. Since 1.1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_reached: Vec<NotReached>,
    /// What was asked and what happened, complete: every other part follows from it.
    #[schemars(with = "Recording")] // only a page has none
    pub(super) recording: Option<&'a Recording>,
}

/// What was run, where, and with which verdict.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Run<'a> {
    /// The scenario.
    pub(super) scenario: Scenario<'a>,
    /// The version of tcpstory.
    pub(super) tcpstory: &'a str,
    /// The kernel's release.
    pub(super) kernel: &'a str,
    /// The hardware.
    pub(super) arch: &'a str,
    /// Where the traffic ran.
    pub(super) sandbox: SandboxKind,
    /// Sysctls that matter to TCP, as they were during the run.
    pub(super) sysctls: &'a BTreeMap<String, String>,
    /// Frames that the capture saw.
    pub(super) frames_received: u64,
    /// Frames that the capture lost.
    pub(super) frames_dropped: u64,
    /// Whether the capture lost nothing and every step was performed.
    pub(super) complete: bool,
    /// How the run ended.
    pub(super) end: &'a End,
    /// The verdict.
    pub(super) verdict: Verdict,
}

/// The scenario of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Scenario<'a> {
    /// Its name.
    pub(super) id: &'a str,
    /// Its title.
    pub(super) title: &'a str,
    /// The SHA-256 of its file, in hexadecimal.
    pub(super) sha256: &'a str,
}

/// How a run is judged. The first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// A signal or a person ended the run early.
    Interrupted,
    /// What came from the first question on is left out, so that nothing of it is judged.
    Withheld,
    /// The capture lost frames, so nothing is sure.
    Incomplete,
    /// An expectation was not met, or a step could not be performed.
    Failed,
    /// Every step was performed and every expectation met.
    Passed,
}

/// A connection, or an attempt at one.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Connection<'a> {
    /// `client>server`, with `/2` for the second between the same actors. Other parts name the connection by it.
    pub(super) label: &'a str,
    /// Both ends, the initiator first.
    pub(super) ends: [ConnectionEnd<'a>; 2],
}

/// One end of a connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConnectionEnd<'a> {
    /// Which end.
    pub(super) side: Side,
    /// Whose it is, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actor: Option<&'a str>,
    /// The socket's place in `sockets`, where a program had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) socket: Option<SocketId>,
    /// Its address.
    pub(super) address: SocketAddr,
    /// Its initial sequence number, where its SYN was captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) initial_seq: Option<u32>,
    /// Its window scale, a shift count.
    pub(super) window_scale: u8,
}

/// A tie between two events: `to` exists, or is as it is, through `from`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Link<'a> {
    /// The earlier event in the chain of causes.
    pub(super) from: &'a str,
    /// The later event.
    pub(super) to: &'a str,
    /// What kind of tie.
    pub(super) rel: Rel,
    /// What it rests on.
    pub(super) basis: Basis,
    /// How sure it is.
    pub(super) confidence: Confidence,
    /// The bytes of the stream that it is about, where it is about bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_bytes: Option<StreamRange>,
}

/// A range of a byte stream, from 0.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StreamRange {
    /// The first byte.
    pub(super) begin: u64,
    /// The byte behind the last.
    pub(super) end: u64,
}

/// Why an event came out as it did.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Cause<'a> {
    /// The event that is explained.
    pub(super) of: &'a str,
    /// The events that it is explained by; the nearest cause first.
    pub(super) because: Vec<&'a str>,
    /// The rule's id.
    pub(super) rule: &'static str,
    /// Whether a reader should be told unasked.
    pub(super) notable: bool,
    /// The sentence.
    pub(super) text: String,
    /// The cause of a segment in a few words, as the comment on its packet says it. Since 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) brief: Option<String>,
}

/// A step of the scenario.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Step<'a> {
    /// Its place in the scenario, from 0.
    #[serde(rename = "step")]
    pub(super) place: usize,
    /// Its line in the scenario's file.
    pub(super) line: u32,
    /// What it does: `client write("c")`.
    pub(super) does: String,
    /// Whose step it is. Since 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actor: Option<&'a str>,
    /// The event that the step is about: the call that it makes or waits for, or the signal that it sends. Since 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<&'a str>,
    /// What to say. Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) say: Option<&'a str>,
    /// When it began; absent where it was not performed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begin_ns: Option<i64>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_ns: Option<i64>,
    /// The events that it shows, in the order of time.
    pub(super) events: Vec<&'a str>,
}

/// A question that a reader is to answer before a step is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Question<'a> {
    /// The step: a place in `steps`.
    pub(super) step: usize,
    /// The question. Markdown.
    #[serde(rename = "question")]
    pub(super) text: &'a str,
    /// What it asks about.
    pub(super) about: About,
    /// The event that is the answer: the step's call, or the segment; absent where nothing came, and where the answer is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<&'a str>,
    /// What to choose from; empty where any answer may be given.
    pub(super) choices: Vec<Choice<'a>>,
    /// What the kernel did; absent where the step was not performed, and where answers are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<String>,
}

/// An answer to choose.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Choice<'a> {
    /// How it is shown.
    pub(super) text: String,
    /// Why it is tempting although it is wrong. Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tempting: Option<&'a str>,
    /// Whether it is what the kernel did; absent where the answer is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) right: Option<bool>,
}

/// Something that a reader must be told.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// What.
    pub(super) kind: FindingKind,
    /// The events that it is about.
    pub(super) about: Vec<&'a str>,
    /// The sentence.
    pub(super) text: String,
}

/// An expectation with its judgement.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Expectation {
    /// The step: a place in `steps`.
    pub(super) step: usize,
    /// The line in the scenario's file.
    pub(super) line: u32,
    /// Which expectation of the step.
    pub(super) kind: Expected,
    /// What was expected, in words.
    pub(super) expected: String,
    /// What was found, in the same words.
    pub(super) actual: String,
    /// Whether they agree.
    pub(super) passed: bool,
}

/// An expectation that the run did not come to.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct NotReached {
    /// The step: a place in `steps`.
    pub(super) step: usize,
    /// The line in the scenario's file.
    pub(super) line: u32,
    /// Which expectation of the step.
    pub(super) kind: Expected,
    /// What was expected, in words.
    pub(super) expected: String,
}

/// The bytes that one end of a connection sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stream<'a> {
    /// The connection.
    pub(super) connection: &'a str,
    /// Which end sent them.
    pub(super) sender: Side,
    /// How many there are: written, or seen on the wire.
    pub(super) size_bytes: u64,
    /// What each call wrote. Of a call that has not returned, what was seen on the wire.
    pub(super) writes: Lines<Piece<'a>>,
    /// What each segment carried; a retransmission carries bytes again.
    pub(super) segments: Lines<Piece<'a>>,
    /// What each call took; looking without taking (`MSG_PEEK`) does not count.
    pub(super) reads: Lines<Piece<'a>>,
}

/// A socket while it is in `LISTEN`. A connection's responder is there before its first transition, without a socket of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Listener<'a> {
    /// Which socket: a place in `sockets`.
    pub(super) socket: SocketId,
    /// The `listen`.
    pub(super) from: &'a str,
    /// What ended it: the close of its last descriptor, a shutdown, or the end of its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<&'a str>,
}

/// A range of a byte stream and the event that had to do with it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Piece<'a> {
    /// The event.
    pub(super) event: &'a str,
    /// The first byte, from 0.
    pub(super) begin: u64,
    /// The byte behind the last.
    pub(super) end: u64,
}
