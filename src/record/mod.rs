//! What was asked and what happened: data and serde, nothing else.
//!
//! A [`Recording`] holds a [`Script`] (what the author asked) and the [`Event`]s that a run produced (what the
//! machine did). This room does no I/O, reads no clock and decides nothing. Every other room imports it; it
//! imports none.

mod actor;
mod bytes;
mod call;
mod errno;
mod event;
mod kernel;
mod question;
mod recording;
mod script;
mod segment;
mod signal;
mod state;

pub use actor::{Actor, ActorId, ActorSpec, SigpipeDisposition};
pub use bytes::Bytes;
pub use call::{
    Address, Call, Data, MsgFlag, OptionShape, PollEvent, ShutdownHow, SocketOption, SocketOptionName, Target,
};
pub use errno::Errno;
pub use event::{Detail, Event, Exit, ExitStatus, Kill, Outcome, SignalCaught, StateSample, Syscall, What};
pub use kernel::KernelRange;
pub use question::{About, Answer, Choice, Question};
pub use recording::{
    Awaited, Capture, Clock, End, Frame, FrameId, Machine, Recording, SandboxKind, Socket, SocketId, SocketKind,
    StepRun, owner,
};
pub use script::{
    Action, Alternative, Because, CallPattern, Expect, ExpectOutcome, ExpectValue, Family, Located, Network,
    PossibleStory, Script, Since, SocketRef, Source, Step, StepId, Takes,
};
pub use segment::{Flags, Segment, SegmentKind, SegmentPattern, TcpOptions};
pub use signal::Signal;
pub use state::TcpState;

/// The port that a listener gets when the scenario does not choose one: no Wireshark dissector claims it.
pub const DEFAULT_PORT: u16 = 47_000;

/// The name of an actor's unnamed connected (or connecting) socket.
pub const CONNECTION: &str = "connection";

/// The name of an actor's unnamed listening socket.
pub const LISTENER: &str = "listener";
