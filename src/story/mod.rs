//! The pure core: events to meaning.
//!
//! [`tell`] turns a [`Recording`] into a [`Story`]: who sent what, what answered what, which segment or call is behind
//! every result. It uses nothing but the recording. What no rule explains becomes a [`Finding`], never a guess.
//!
//! - `timeline`: order, steps, ids and aliases
//! - `flow`: connections, relative numbers, retransmissions
//! - `endpoint`: the model of one Linux TCP endpoint, which predicts every outcome before it is looked at
//! - `link`: call ⇄ segment ⇄ segment ⇄ outcome
//! - `stream`: which call wrote which bytes, which segments carried them, which call read them
//! - `rules`: the table of everything that a story may claim
//! - `ties`, `finding` and `judged`: what the story is made of: links and causes, doubts and mismatches, judgements
//! - `verdict`: expectations held against the story
//! - `answers`: what the kernel answered to the questions of the script
//! - `digest`: whether two runs told the same story

pub mod answers;
mod deviation;
pub mod digest;
pub mod endpoint;
mod finding;
mod flow;
mod ids;
mod judged;
mod origin;
mod outcome;
pub mod outlook;
pub mod predict;
pub mod rules;
mod stream;
mod ties;
mod verdict;
mod walk;

pub use answers::Answered;
pub use deviation::Deviation;
pub use finding::{Finding, FindingKind};
use flow::Flow;
pub use judged::{Actual, Check, Expected, NotReached, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
pub use stream::{Piece, Stream};
pub use ties::{Basis, Cause, Confidence, Fact, Link, Rel};

use crate::record::{ActorId, End as RunEnd, Errno, Recording, Signal, SocketId, StepId, TcpState, What};

/// Tells the story of a recording whose frames have been dissected (`packet::dissect`).
///
/// Time and memory are linear in the recording, but for the logarithm of look-ups. The recording's references (to actors,
/// sockets, steps and frames) must be in range, as the session makes them and as `report::json::read` checks them.
pub fn tell(recording: Recording) -> Story {
    tell_of(recording, None)
}

/// Tells the story as if the kernel differed from Linux in one way: what then becomes a finding shows that the model notices.
pub fn tell_deviating(recording: Recording, deviation: Deviation) -> Story {
    tell_of(recording, Some(deviation))
}

fn tell_of(recording: Recording, deviation: Option<Deviation>) -> Story {
    let flow = flow::Flow::read(&recording);
    let names = ids::assign(&recording, &flow);
    let mut found = walk::walk(&recording, &flow, deviation);
    found.findings.extend(about_the_run(&recording));
    let answers = answers::answered(&recording);
    let bench = verdict::Bench {
        recording: &recording,
        connections: &flow.connections,
        segments: &flow.segments,
        causes: &found.causes,
        answers: &answers,
    };
    let verdict = verdict::judge(&bench);
    let told = found.told.into_iter().zip(found.transitions).zip(names).zip(&recording.events);
    let entries = told
        .map(|(((told, transitions), names), event)| Entry {
            id: names.id,
            alias: names.alias,
            step: names.step,
            told: told.unwrap_or_else(|| untold(&event.what)),
            transitions,
        })
        .collect();
    found.links.sort_by_key(|link| (link.to, link.from));
    found.causes.sort_by_key(|cause| cause.of);
    let Flow { connections, .. } = flow;
    Story {
        recording,
        connections,
        entries,
        links: found.links,
        causes: found.causes,
        streams: found.streams,
        listeners: found.listeners,
        findings: found.findings,
        answers,
        verdict,
    }
}

/// An event that the walk could not place: a frame without a segment, or a call that overlaps another of its actor.
fn untold(what: &What) -> Told {
    match what {
        What::Syscall(_) => {
            Told::Call(CallTold { endpoint: None, state: None, prediction: Prediction::default(), explained: false })
        }
        What::Segment { .. } => Told::Undissected,
        What::Signal(_) => Told::Signal,
        What::Kill(_) => Told::Kill,
        What::Exit(_) => Told::Exit,
        What::State(_) => Told::State(StateTold { endpoint: None, model: None, agrees: true }),
    }
}

fn about_the_run(recording: &Recording) -> Vec<Finding> {
    let dropped = (recording.capture.dropped > 0).then_some(FindingKind::FramesDropped);
    let is_cut = matches!(recording.end, RunEnd::Stopped { .. } | RunEnd::Interrupted { .. });
    let cut = is_cut.then_some(FindingKind::CutShort);
    [dropped, cut].into_iter().flatten().map(|kind| Finding { kind, about: Vec::new() }).collect()
}

/// A recording and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// What was asked and what happened.
    pub recording: Recording,
    /// The connections, in the order of their first segment or call.
    pub connections: Vec<Connection>,
    /// One entry for each event of the recording, in the same order.
    pub entries: Vec<Entry>,
    /// Who is tied to whom.
    pub links: Vec<Link>,
    /// Why things came out as they did, in the order of the events.
    pub causes: Vec<Cause>,
    /// The bytes that each end of each connection sent; none for an end that sent none.
    pub streams: Vec<Stream>,
    /// The sockets that listen, in the order in which they began to.
    pub listeners: Vec<Listener>,
    /// What a reader must be told beside that: doubts, mismatches, retransmissions.
    pub findings: Vec<Finding>,
    /// What the kernel answered to the questions of the steps that were performed.
    pub answers: Vec<Answered>,
    /// The author's expectations, held against all this.
    pub verdict: Verdict,
}

impl Story {
    /// Whether something is not as expected: an expectation was not met, frames were lost, or a step could not be performed. A run
    /// that somebody has stopped is not complete, but has failed in nothing by that.
    pub fn failed(&self) -> bool {
        let stuck = matches!(self.recording.end, RunEnd::Stopped { .. });
        stuck || !self.verdict.capture_complete || self.verdict.failed().next().is_some()
    }
}

/// A socket while it is in `LISTEN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Which socket.
    pub socket: SocketId,
    /// The `listen`.
    pub from: EventId,
    /// What ended it, if anything did: the close of its last descriptor, a shutdown, or the end of its process.
    pub until: Option<EventId>,
}

/// An event by its place in [`Recording::events`] and [`Story::entries`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct EventId(pub usize);

/// A connection by its place in [`Story::connections`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct ConnectionId(pub usize);

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The end that called connect.
    Initiator,
    /// The other end.
    Responder,
}

impl Side {
    /// Both, the initiator first.
    pub const BOTH: [Self; 2] = [Self::Initiator, Self::Responder];

    /// The other side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Responder,
            Self::Responder => Self::Initiator,
        }
    }

    /// `initiator` or `responder`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        }
    }

    /// 0 for the initiator, 1 for the responder.
    pub fn index(self) -> usize {
        match self {
            Self::Initiator => 0,
            Self::Responder => 1,
        }
    }
}

/// An end of a connection of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct EndpointId {
    /// The connection.
    pub connection: ConnectionId,
    /// Which end.
    pub side: Side,
}

/// A connection, or an attempt at one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `client>server`, with `/2` for the second between the same actors.
    pub label: String,
    /// Both ends, initiator first.
    pub ends: [End; 2],
}

impl Connection {
    /// A socket that is connected to itself is both ends, and is told as the initiator.
    pub fn is_to_itself(&self) -> bool {
        self.ends[0].address == self.ends[1].address
    }

    /// The side at the other end of what a side sends.
    pub fn facing(&self, side: Side) -> Side {
        if self.is_to_itself() { side } else { side.other() }
    }

    /// One end.
    pub fn end(&self, side: Side) -> &End {
        &self.ends[side.index()]
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Whose it is, where that is known.
    pub actor: Option<ActorId>,
    /// The socket that a program had for it, if it ever had one (a refused or unaccepted connection has none).
    pub socket: Option<SocketId>,
    /// Its address.
    pub address: core::net::SocketAddr,
    /// Its initial sequence number, where its SYN was captured.
    pub isn: Option<u32>,
    /// Its window scale shift, where both SYNs offered one.
    pub window_scale: u8,
}

/// An event with its place in the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The full id, from the scenario and not from time: `client.write#2`, `client>server.data[1:6]#1`.
    pub id: String,
    /// The short id: `c2`, `p4`, `a1`; for an implied call that of the call that needed it with a letter (`c1a`).
    pub alias: String,
    /// The step during which it happened.
    pub step: Option<StepId>,
    /// What the story knows about it.
    pub told: Told,
    /// The state changes that it made, in the model.
    pub transitions: Vec<Transition>,
}

/// What the story knows about an event, by its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A system call.
    Call(CallTold),
    /// A segment.
    Segment(SegmentTold),
    /// A frame in which no TCP segment could be read.
    Undissected,
    /// A caught signal.
    Signal,
    /// A signal that a step sent.
    Kill,
    /// The end of a process.
    Exit,
    /// A state that the kernel reported.
    State(StateTold),
}

/// A call in the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTold {
    /// The connection's end that the call acts on; none for a listener or an unconnected socket.
    pub endpoint: Option<EndpointId>,
    /// The model's state of that end when the call began.
    pub state: Option<TcpState>,
    /// What the model allowed before it looked at the outcome.
    pub prediction: Prediction,
    /// Whether the outcome is one of those.
    pub explained: bool,
}

/// What the model says of a call before looking at its outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Prediction {
    /// Each outcome that the model allows, with the rule that says so. Empty: the model has no rule for this call.
    pub allowed: Vec<Allowed>,
}

/// An outcome that the model allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Allowed {
    /// The outcome.
    pub outcome: Predicted,
    /// The rule's id in [`rules::RULES`].
    pub rule: &'static str,
}

/// An outcome as the model can tell it beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Predicted {
    /// Success with this value.
    Value(i64),
    /// Success with a value of this range, both ends included: a partial write.
    Between(i64, i64),
    /// Success with a new descriptor.
    Descriptor,
    /// This error is taken by `SO_ERROR`; none is 0.
    PendingError(Option<Errno>),
    /// This error, without a signal.
    Error(Errno),
    /// This error, and the signal to the process.
    ErrorWithSignal(Errno, Signal),
    /// The process dies of this signal inside the call.
    Death(Signal),
    /// The value of an option, as `record::Detail::Option` has it.
    OptionValue(i64),
    /// These poll events and no others, in the order of `record::PollEvent::ALL`.
    Ready(Vec<crate::record::PollEvent>),
    /// The process ends; the call does not return.
    Ends,
    /// It does not return by itself in this state.
    Blocks,
}

/// A segment in the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentTold {
    /// The end that sent it.
    pub sender: EndpointId,
    /// The sequence number relative to the sender's initial one (its SYN is 0), as Wireshark shows it.
    pub seq_rel: u32,
    /// The acknowledgment number relative to the receiver's initial one; none without the ACK flag.
    pub ack_rel: Option<u32>,
    /// Which transmission of these sequence numbers it is, from 1.
    pub transmission: u32,
    /// The window in bytes, scaled.
    pub window_bytes: u64,
}

/// A state that the kernel reported, in the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateTold {
    /// The end that was asked about, where it is one of the story's.
    pub endpoint: Option<EndpointId>,
    /// What the model held it to be at that time.
    pub model: Option<TcpState>,
    /// Whether the two agree.
    pub agrees: bool,
}

/// A state change of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Transition {
    /// Whose state.
    pub endpoint: EndpointId,
    /// Before.
    pub from: TcpState,
    /// After.
    pub to: TcpState,
}
