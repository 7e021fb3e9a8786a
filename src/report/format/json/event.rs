//! The events of a timeline file: calls, segments with their header fields, signals, ends and states.

use core::net::SocketAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::lines::Lines;
use crate::record::{Bytes, Call, ExitStatus, PollEvent, SocketId, TcpState};
use crate::story::Side;

/// Something that happened, at a time.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Event<'a> {
    /// The full id, from the scenario and not from time. Other parts name the event by it.
    pub(super) id: &'a str,
    /// The short id, the same in every output.
    pub(super) alias: &'a str,
    /// Its place among the events, from 0.
    pub(super) order: usize,
    /// When, in nanoseconds from time 0; for a call, when it began.
    pub(super) t_ns: i64,
    /// The step during which it happened: a place in `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<usize>,
    /// What kind of event it is: the name of the object that follows.
    pub(super) kind: Kind,
    /// The object named after the kind.
    #[serde(flatten)]
    pub(super) what: What<'a>,
    /// The state changes that it made, in the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) transitions: Vec<Transition<'a>>,
}

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A system call.
    Syscall,
    /// A TCP segment.
    Segment,
    /// A caught signal.
    Signal,
    /// A signal that the scenario sent.
    Kill,
    /// The end of a process.
    Exit,
    /// The kernel's answer about the state of a socket.
    State,
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum What<'a> {
    /// A system call.
    Syscall(Box<Syscall<'a>>),
    /// A TCP segment.
    Segment(Box<Segment<'a>>),
    /// A caught signal.
    Signal(Signal<'a>),
    /// A signal that the scenario sent.
    Kill(Kill<'a>),
    /// The end of a process.
    Exit(Exit<'a>),
    /// The kernel's answer about the state of a socket.
    State(State<'a>),
}

/// A system call and how it ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Syscall<'a> {
    /// Who called.
    pub(super) actor: &'a str,
    /// The socket it was called on: a place in `sockets`.
    pub(super) socket: SocketId,
    /// The call and its arguments.
    pub(super) call: &'a Call,
    /// Whether it was not written by the author, but needed by the step's own call.
    pub(super) implied: bool,
    /// When it ended, in nanoseconds from time 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_ns: Option<i64>,
    /// How long it took, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duration_ns: Option<u64>,
    /// Whether it was seen asleep in the kernel.
    pub(super) blocked: bool,
    /// How it ended.
    pub(super) outcome: Outcome<'a>,
    /// The connection that it acted on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<&'a str>,
    /// What the model allowed before it looked at the outcome.
    pub(super) predicted: Vec<Prediction>,
    /// Whether the outcome is one of those.
    pub(super) explained: bool,
    /// The call and its result in one line: `write("c") → EPIPE`.
    pub(super) text: String,
}

/// How a call ended.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Outcome<'a> {
    /// It returned a value that is not an error.
    Returned {
        /// The value that C sees.
        value: i64,
        /// The bytes that were read.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<Payload<'a>>,
        /// The socket that accept returned: a place in `sockets`.
        #[serde(skip_serializing_if = "Option::is_none")]
        accepted: Option<SocketId>,
        /// The two sockets that socketpair or pipe returned: places in `sockets`. Since 1.1.
        #[serde(skip_serializing_if = "Option::is_none")]
        pair: Option<[SocketId; 2]>,
        /// The events that poll returned.
        #[serde(skip_serializing_if = "Option::is_none")]
        ready: Option<&'a [PollEvent]>,
        /// An option's value.
        #[serde(skip_serializing_if = "Option::is_none")]
        option: Option<i64>,
        /// The pending error that `SO_ERROR` returned and cleared.
        #[serde(skip_serializing_if = "Option::is_none")]
        pending_error: Option<Errno>,
    },
    /// It returned −1 with this error.
    Failed {
        /// The error.
        errno: Errno,
    },
    /// The process died of a signal inside the call.
    Killed {
        /// The signal's name.
        signal: String,
    },
    /// It had not returned when the run or its process ended.
    Unfinished,
}

/// An error number of a system call.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Errno {
    /// Its name in C.
    pub(super) name: String,
    /// Its number on Linux.
    pub(super) number: i32,
    /// What strerror(3) says.
    pub(super) text: &'static str,
}

/// An outcome that the model allowed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Prediction {
    /// The outcome in words: `= 1`, `→ EPIPE + SIGPIPE`.
    pub(super) outcome: String,
    /// The rule that says so.
    pub(super) rule: &'static str,
}

/// A TCP segment.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Segment<'a> {
    /// The connection.
    pub(super) connection: &'a str,
    /// Which end sent it.
    pub(super) sender: Side,
    /// The sender's address.
    pub(super) src: SocketAddr,
    /// The receiver's address.
    pub(super) dst: SocketAddr,
    /// The control bits, ACK last: `FIN,ACK`.
    pub(super) flags: String,
    /// The sequence number, raw.
    pub(super) seq: u32,
    /// The sequence number, the sender's SYN being 0.
    pub(super) seq_rel: u32,
    /// The acknowledgment number, raw; absent without the ACK flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ack: Option<u32>,
    /// The acknowledgment number, the receiver's SYN being 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ack_rel: Option<u32>,
    /// The window field, not scaled.
    pub(super) window: u16,
    /// The window in bytes.
    pub(super) window_bytes: u64,
    /// Which transmission of these sequence numbers it is, from 1.
    pub(super) transmission: u32,
    /// The payload; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<Payload<'a>>,
    /// The frame that it came in: a place in `recording.frames`.
    pub(super) frame: usize,
    /// Every byte of that frame as header fields, in order: each bit belongs to one of them. Since 1.1.
    pub(super) fields: Lines<Field>,
    /// The segment in one line: `PSH,ACK seq 2 "b"`.
    pub(super) text: String,
}

/// Bytes, for machines and for people.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Payload<'a> {
    /// How many there are.
    pub(super) size_bytes: u64,
    /// The bytes.
    pub(super) base64: Base64<'a>,
    /// Their beginning, with control characters escaped.
    pub(super) preview: String,
}

/// Borrowed bytes, written as [`Bytes`] are.
#[derive(Debug)]
pub(super) struct Base64<'a>(pub(super) &'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        serializer.serialize_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl JsonSchema for Base64<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Bytes::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Bytes::json_schema(generator)
    }
}

/// A signal that a handler caught.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Signal<'a> {
    /// Whose process.
    pub(super) actor: &'a str,
    /// The signal's name.
    pub(super) name: String,
    /// The signal's number on Linux.
    pub(super) number: i32,
    /// The event of the call during which it came.
    pub(super) during: &'a str,
}

/// A signal that the scenario sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Kill<'a> {
    /// To whose process.
    pub(super) actor: &'a str,
    /// The signal's name.
    pub(super) name: String,
    /// The signal's number on Linux.
    pub(super) number: i32,
}

/// The end of a process.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Exit<'a> {
    /// Whose process.
    pub(super) actor: &'a str,
    /// How it ended.
    pub(super) status: ExitStatus,
}

/// The kernel's answer about the state of a socket.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct State<'a> {
    /// The socket's own address.
    pub(super) local: SocketAddr,
    /// Its peer's address.
    pub(super) peer: SocketAddr,
    /// The connection, where it is one of the story's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<&'a str>,
    /// The state that the kernel reports.
    #[serde(rename = "state")]
    pub(super) reported: TcpState,
    /// The state that the model held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<TcpState>,
    /// Whether the two agree.
    pub(super) agrees: bool,
    /// Bytes received and not yet read.
    pub(super) unread_bytes: u32,
    /// Bytes written and not yet acknowledged.
    pub(super) unsent_bytes: u32,
}

/// A state change of an endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Transition<'a> {
    /// The connection.
    pub(super) connection: &'a str,
    /// Which end of it.
    pub(super) side: Side,
    /// Before.
    pub(super) from: TcpState,
    /// After.
    pub(super) to: TcpState,
}

/// A header field of a captured frame.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Field {
    /// Which field: a key of `header_fields`.
    pub(super) filter: &'static str,
    /// Its first byte, counted from the frame's first.
    pub(super) offset_bytes: usize,
    /// How many bytes it touches.
    pub(super) size_bytes: usize,
    /// The bits of those bytes that it has, as a big-endian number of that many bytes; absent where it has them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mask: Option<u32>,
    /// Its value as text.
    pub(super) value: String,
}

/// What a header field is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HeaderField {
    /// Its name, as Wireshark shows it.
    pub(super) name: &'static str,
    /// The header that it is part of, as Wireshark names it.
    pub(super) layer: &'static str,
    /// What it is for.
    pub(super) explanation: &'static str,
}
