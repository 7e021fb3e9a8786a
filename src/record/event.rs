use core::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActorId, Bytes, Call, Errno, FrameId, PollEvent, Signal, SocketId, StepId, TcpState};

/// Something that happened, at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Nanoseconds from time 0; for a call, when it began.
    pub t_ns: i64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A process made a system call.
    Syscall(Syscall),
    /// A TCP segment was received on the interface.
    Segment {
        /// Its frame; the frame's `segment` is present.
        frame: FrameId,
    },
    /// A caught signal was delivered to a process.
    Signal(SignalCaught),
    /// The conductor sent a signal to a process (a `kill` step).
    Kill(Kill),
    /// A process ended.
    Exit(Exit),
    /// The kernel was asked for the state of a socket.
    State(StateSample),
}

/// A system call and how it ended. It began at the event's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Syscall {
    /// Who called.
    pub actor: ActorId,
    /// The socket it was called on; the listener for accept. `exit` is called on none: one of the actor's sockets stands
    /// here, without meaning.
    pub socket: SocketId,
    /// The name of the descriptor it was called through, where that is not the socket's own: a duplicate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub through: Option<String>,
    /// The step that asked for it.
    pub step: StepId,
    /// Not written by the author, but needed by the step's own call (socket before connect, say).
    pub implied: bool,
    /// The call.
    pub call: Call,
    /// When it ended, in nanoseconds from time 0; none if it was still blocked at the end of the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end_ns: Option<i64>,
    /// It was seen asleep in the kernel before it ended.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub blocked: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It returned a value that is not an error.
    Returned {
        /// The value that C sees.
        value: i64,
        /// What came with it.
        #[serde(skip_serializing_if = "Detail::is_none", default)]
        detail: Detail,
    },
    /// It returned −1 with this errno.
    Failed {
        /// The error.
        errno: Errno,
    },
    /// The process died of a signal inside the call; no value was ever returned.
    Killed {
        /// The signal.
        signal: Signal,
    },
    /// It had not returned when the run ended (no end), or its process ended for another reason than a signal (its end
    /// is then when that was noticed). Always so for `exit`, which never returns.
    Unfinished,
}

/// What came with a returned value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// The bytes that were read; only the first 65,536 where there were more.
    Data(Bytes),
    /// The connection that accept returned.
    Accepted(SocketId),
    /// The two ends that socketpair or pipe made, in their order.
    Pair([SocketId; 2]),
    /// The events that poll returned.
    Ready(Vec<PollEvent>),
    /// An option's value: a number, 0 or 1 for a switch, bytes or nanoseconds; for `SO_LINGER` the seconds, or −1 for off.
    Option(i64),
    /// The address that getsockname or getpeername returned.
    Address(SocketAddr),
    /// The pending error that `SO_ERROR` returned; none was 0.
    PendingError(Option<Errno>),
}

impl Detail {
    /// Whether there is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// A signal that a handler caught.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalCaught {
    /// Whose process.
    pub actor: ActorId,
    /// The signal.
    pub signal: Signal,
    /// The event of the call during which it came.
    pub during: usize,
}

/// A signal that a `kill` step sent. The event's time is just before kill(2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kill {
    /// To whose process.
    pub actor: ActorId,
    /// The signal.
    pub signal: Signal,
    /// The step that asked for it.
    pub step: StepId,
}

/// The end of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exit {
    /// Whose process.
    pub actor: ActorId,
    /// How it ended.
    pub status: ExitStatus,
    /// The step that asked for it (kill, exit, or the call in which it died).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<StepId>,
}

/// How a process ended, as wait(2) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExitStatus {
    /// It exited with this code.
    Code(u8),
    /// It died of this signal.
    Signal(Signal),
}

/// The kernel's answer about a socket (`sock_diag`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateSample {
    /// When the answer had come; the event's time is when it was asked for.
    pub end_ns: i64,
    /// The socket's own address.
    pub local: SocketAddr,
    /// Its peer's address.
    pub peer: SocketAddr,
    /// The state; `CLOSE` when the kernel no longer knows the 4-tuple.
    pub state: TcpState,
    /// Bytes received and not yet read (for a listener: connections waiting).
    pub unread_bytes: u32,
    /// Bytes written and not yet acknowledged (for a listener: the backlog).
    pub unsent_bytes: u32,
}
