use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActorId, ActorSpec, Bytes, Call, Errno, ExitStatus, KernelRange, PollEvent, Question, SegmentPattern, Signal,
    TcpState,
};

/// A scenario as plain data: prose, steps and expectations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Script {
    /// The scenario's name: the file's name without its extension.
    pub id: String,
    /// One line.
    pub title: String,
    /// Markdown.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub summary: String,
    /// What a student should be able to say afterwards.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub goals: Vec<String>,
    /// What people often say instead, and the lesson corrects. Markdown.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub misconception: String,
    /// What a real network would change. Markdown.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub loopback_differs: String,
    /// It waits for timers of the kernel: a second or more.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub slow: bool,
    /// Nothing need come as it is written, as in random scenarios: any call may be left blocked, and a step whose actor is in a
    /// call or gone is passed over. Nothing is expected of its steps. Since 1.1.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub anything_goes: bool,
    /// The kernels for which its expectations hold; none is all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kernel: Option<Located<KernelRange>>,
    /// The stories that it may tell, where that is a race by nature.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stories: Vec<PossibleStory>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// The file it came from.
    pub source: Source,
    /// The network it runs on.
    pub network: Network,
    /// The actors, in the order in which they are drawn.
    pub actors: Vec<ActorSpec>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A step by its place in [`Script::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StepId(pub usize);

/// A story that a race may tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PossibleStory {
    /// The name by which alternatives belong to it.
    pub name: String,
    /// What happens in it. Markdown.
    pub text: String,
}

/// Where a scenario came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The path as the user gave it, or `NAME.toml` for a built-in scenario.
    pub path: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// The network that a scenario asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Network {
    /// The address family.
    pub family: Family,
    /// The loopback interface's MTU, in bytes.
    pub mtu: u32,
    /// The author chose the MTU, also where it is the default.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub mtu_is_chosen: bool,
    /// The kernel's habit of delaying acknowledgments; off by default, so that runs repeat.
    pub delayed_ack: bool,
    /// The author said how acknowledgments are to be, also where it is the default.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub delayed_ack_is_chosen: bool,
    /// The least retransmission timeout in nanoseconds, a multiple of a millisecond; the kernel's 200 ms where it is left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rto_min_ns: Option<u64>,
    /// Per-namespace sysctls to set before the run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub sysctl: BTreeMap<String, String>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            family: Family::Ipv4,
            mtu: 1500,
            mtu_is_chosen: false,
            delayed_ack: false,
            delayed_ack_is_chosen: false,
            rto_min_ns: None,
            sysctl: BTreeMap::new(),
        }
    }
}

/// An address family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// A value with the line of the scenario file that says it, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Located<T> {
    /// The line, from 1.
    pub line: u32,
    /// The value.
    pub value: T,
}

/// One step: something to do, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The line of its `[[step]]`, from 1.
    pub line: u32,
    /// What to do.
    pub action: Action,
    /// What is expected.
    #[serde(default)]
    pub expect: Expect,
    /// What the lecturer says. Markdown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub say: Option<String>,
    /// What a reader is asked before it is shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub predict: Option<Question>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An actor makes a call. Calls that this one needs first (socket, bind) are implied.
    Call {
        /// Who.
        actor: ActorId,
        /// The name of the socket; always resolved ([`CONNECTION`](super::CONNECTION), [`LISTENER`](super::LISTENER) or
        /// the author's name). For accept, the name that the new connection gets.
        socket: String,
        /// The call.
        call: Call,
        /// The call is expected to block; the label by which a later step finishes it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        blocks: Option<String>,
        /// The call is begun and not waited for, so that the next step's call runs against it; the label by which a later step
        /// finishes it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        starts: Option<String>,
    },
    /// Waits for the end of a call that was left blocked or was only begun.
    Finish {
        /// The blocked call's step.
        step: StepId,
    },
    /// Sends a signal to an actor's process.
    Kill {
        /// Whose process.
        actor: ActorId,
        /// The signal.
        signal: Signal,
    },
    /// Lets time pass.
    Pause {
        /// How long, in nanoseconds.
        ns: u64,
    },
    /// Only waits for what is expected.
    Wait,
}

/// What is expected of a step. Only what the author wrote is asserted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expect {
    /// How the call ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Located<ExpectOutcome>>,
    /// How the call may end, where that is a race: one of these must hold whole.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub one_of: Vec<Located<Alternative>>,
    /// The kernels for which all of this is expected; none is all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kernel: Option<Located<KernelRange>>,
    /// The signal that is caught during the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signal: Option<Located<Signal>>,
    /// How the actor's process ends in this step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exit: Option<Located<ExitStatus>>,
    /// Segments, in order, counted from the step's begin; others between them are allowed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub wire: Vec<Located<SegmentPattern>>,
    /// States that the kernel reports.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub state: Vec<Located<(SocketRef, TcpState)>>,
    /// Segments that must not appear from the step's begin to the begin of the next one, or to the end of the run.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub no_wire: Vec<Located<SegmentPattern>>,
    /// That no segment at all appears in that time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quiet: Option<Located<bool>>,
    /// How long it takes at least.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub takes: Option<Located<Takes>>,
    /// What the story must name as the cause of the call's outcome.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<Located<Because>>,
    /// How long to wait for all of that, in nanoseconds; none is the default of 5 s.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub within_ns: Option<u64>,
}

/// One way in which a call may end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The story that it belongs to; none belongs to all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub story: Option<String>,
    /// How the call ends.
    pub outcome: ExpectOutcome,
    /// The signal that is caught during the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signal: Option<Signal>,
    /// What the story must name as the cause.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<Because>,
    /// The kernels on which it may be so; none is all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kernel: Option<KernelRange>,
}

/// What the story must name as the cause of a call's outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Because {
    /// A segment: the latest one that fits and came before the call returned.
    Segment(SegmentPattern),
    /// A call: the latest one that fits and was begun before the call returned.
    Call {
        /// Which.
        call: CallPattern,
    },
    /// A rule of the model, whatever it was applied to: a timer that ran out leaves neither segment nor call behind.
    Rule {
        /// Its id.
        rule: String,
    },
}

/// A call as an author describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallPattern {
    /// Who makes it.
    pub actor: ActorId,
    /// Its name.
    pub name: String,
}

/// How long something takes at least. An upper bound would say how busy the machine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Takes {
    /// What it is measured from; none is the begin of the call or of the step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Since>,
    /// In nanoseconds.
    pub at_least_ns: u64,
}

/// What a time is measured from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Since {
    /// The latest such segment before the end.
    Segment(SegmentPattern),
    /// The begin of the latest such call before the end.
    Call {
        /// Which.
        call: CallPattern,
    },
}

impl Expect {
    /// Whether all of this is expected on a kernel of that release.
    pub fn holds_on(&self, release: &str) -> bool {
        self.kernel.as_ref().is_none_or(|range| range.value.contains(release))
    }
}

impl Script {
    /// Whose step it is; that of a step that finishes a call is the caller's.
    pub fn actor_of(&self, step: StepId) -> Option<ActorId> {
        match self.steps.get(step.0)?.action {
            Action::Call { actor, .. } | Action::Kill { actor, .. } => Some(actor),
            Action::Finish { step } => match self.steps.get(step.0)?.action {
                Action::Call { actor, .. } => Some(actor),
                _ => None,
            },
            Action::Pause { .. } | Action::Wait => None,
        }
    }

    /// The actor whose process this one's was forked from, over every generation; itself if it is there from the start.
    pub fn ancestor_of(&self, actor: ActorId) -> ActorId {
        let generations = std::iter::successors(Some(actor), |actor| self.parent_of(*actor));
        generations.take(self.actors.len() + 1).last().unwrap_or(actor)
    }

    /// The actor that forks this one; none if it is there from the start.
    pub fn parent_of(&self, child: ActorId) -> Option<ActorId> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::Call { actor, call, .. } if call.child() == Some(child) => Some(*actor),
            _ => None,
        })
    }

    /// Whether the actor shares its parent's descriptor table: it was made by clone, not by fork.
    pub fn shares_descriptors(&self, child: ActorId) -> bool {
        self.steps.iter().any(
            |step| matches!(&step.action, Action::Call { call: Call::Clone { child: cloned }, .. } if *cloned == child),
        )
    }

    /// Whether its expectations hold on a kernel of that release.
    pub fn holds_on(&self, release: &str) -> bool {
        self.kernel.as_ref().is_none_or(|range| range.value.contains(release))
    }
}

/// A socket of an actor, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SocketRef {
    /// Whose.
    pub actor: ActorId,
    /// Its name; always resolved.
    pub socket: String,
}

/// How a call is expected to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectOutcome {
    /// With this value.
    Returns(ExpectValue),
    /// With this errno.
    Fails(Errno),
    /// By the death of the process inside the call.
    Killed(Signal),
}

/// The value that a call is expected to return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectValue {
    /// A number: the return value, or an option's value.
    Number(i64),
    /// A number between these, which are not meant themselves.
    Between {
        /// It is larger than this.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        more_than: Option<i64>,
        /// It is smaller than this.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        less_than: Option<i64>,
    },
    /// Exactly these bytes were read.
    Data(Bytes),
    /// Exactly these events are ready (poll).
    Ready(Vec<PollEvent>),
    /// This error was pending (`SO_ERROR`).
    PendingError(Errno),
}
