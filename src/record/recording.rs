use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Actor, ActorId, Bytes, Event, Script, Segment, SegmentPattern, StepId, TcpState, What};

/// What was asked and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recording {
    /// What the author asked.
    pub script: Script,
    /// The machine it ran on.
    pub machine: Machine,
    /// What time 0 is.
    pub clock: Clock,
    /// How the segments were captured.
    pub capture: Capture,
    /// The actors, in the script's order.
    pub actors: Vec<Actor>,
    /// Every socket that an actor had.
    pub sockets: Vec<Socket>,
    /// The steps that were begun, in order.
    pub steps: Vec<StepRun>,
    /// Everything that happened, sorted by time.
    pub events: Vec<Event>,
    /// Every captured frame, in the order of capture.
    pub frames: Vec<Frame>,
    /// How the run ended.
    pub end: End,
}

impl Recording {
    /// How long it took, from the begin of the first step to the end of the last, in nanoseconds.
    pub fn took_ns(&self) -> u64 {
        let ends = self.steps.first().zip(self.steps.last());
        ends.map_or(0, |(first, last)| u64::try_from(last.end_ns.saturating_sub(first.begin_ns)).unwrap_or_default())
    }

    /// The segment of a segment event, where its frame has one.
    pub fn segment(&self, event: &Event) -> Option<&Segment> {
        match event.what {
            What::Segment { frame } => self.frames.get(frame.0)?.segment.as_ref(),
            _ => None,
        }
    }

    /// Whose address that is: by a socket bound to it, else by the actor's own address.
    ///
    /// Where actors share an address (the host's loopback over IPv6), only the sockets can tell.
    pub fn actor_at(&self, address: SocketAddr) -> Option<ActorId> {
        owner(&self.actors, &self.sockets, address)
    }

    /// Whether a captured segment fits a pattern.
    pub fn fits(&self, pattern: &SegmentPattern, segment: &Segment) -> bool {
        pattern.matches(segment, self.actor_at(segment.src), self.actor_at(segment.dst))
    }
}

/// Whose address that is; see [`Recording::actor_at`], which this is while there is no recording yet.
pub fn owner(actors: &[Actor], sockets: &[Socket], address: SocketAddr) -> Option<ActorId> {
    sockets
        .iter()
        .rev()
        .find(|socket| socket.local == Some(address))
        .map(|socket| socket.actor)
        .or_else(|| only_actor(actors, address.ip(), None))
        .or_else(|| {
            // Nobody's socket, but somebody connected there: one of the other actors was meant.
            let caller = sockets.iter().rev().find(|socket| socket.peer == Some(address))?;
            only_actor(actors, address.ip(), Some(caller.actor))
        })
}

fn only_actor(actors: &[Actor], ip: IpAddr, but: Option<ActorId>) -> Option<ActorId> {
    let all = actors.iter().enumerate().map(|(place, actor)| (ActorId(place), actor));
    // A forked actor has its parent's address, and what is sent there is meant for the parent.
    let mut matching = all.filter(|(id, actor)| actor.address == ip && actor.forked_from.is_none() && Some(*id) != but);
    match (matching.next(), matching.next()) {
        (Some((id, _)), None) => Some(id),
        _ => None,
    }
}

/// The machine of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The version of tcpstory.
    pub tcpstory: String,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// The hardware, as `uname -m` prints it.
    pub arch: String,
    /// Where the traffic ran.
    pub sandbox: SandboxKind,
    /// Sysctls that matter to TCP, as they were during the run.
    pub sysctls: BTreeMap<String, String>,
}

/// Where the traffic ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SandboxKind {
    /// A network namespace of its own.
    Namespace,
    /// The host's loopback interface, shared with everybody.
    HostLoopback,
}

/// What time 0 is and how well it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// Time 0 in nanoseconds since 1970, in decimal: the first segment of the first connection, or the first call where
    /// nothing was sent.
    pub t0_unix_ns: String,
    /// How far a frame's time and a call's time may be apart although they were the same, in nanoseconds.
    pub uncertainty_ns: u64,
}

/// How the segments were captured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// The interface.
    pub interface: String,
    /// Frames that the kernel's packet socket saw (`PACKET_STATISTICS`).
    pub received: u64,
    /// Frames that it had to drop for want of space. With any, the capture is incomplete.
    pub dropped: u64,
}

/// A socket by its place in [`Recording::sockets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SocketId(pub usize);

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SocketKind {
    /// A TCP socket.
    #[default]
    Tcp,
    /// An end of a pair of `AF_UNIX` stream sockets.
    Unix,
    /// The read end of a pipe.
    PipeReader,
    /// The write end of a pipe.
    PipeWriter,
}

impl SocketKind {
    /// Whether it is a TCP socket.
    pub fn is_tcp(&self) -> bool {
        *self == Self::Tcp
    }
}

/// A socket that an actor had, or an end of a pipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Socket {
    /// Whose.
    pub actor: ActorId,
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(skip_serializing_if = "SocketKind::is_tcp", default)]
    pub kind: SocketKind,
    /// Which socket of that name it is, from 1.
    pub generation: u32,
    /// Its own address, once it had one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub local: Option<SocketAddr>,
    /// Its peer's address, once it had one. For a connect that failed, where it went.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peer: Option<SocketAddr>,
    /// The listener that it was accepted from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted_from: Option<SocketId>,
}

/// A step that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepRun {
    /// The step.
    pub step: StepId,
    /// When it began, in nanoseconds from time 0.
    pub begin_ns: i64,
    /// When everything that it waits for had come or its deadline had passed.
    pub end_ns: i64,
    /// What the kernel said last about each of [`Expect::state`](super::Expect::state), as far as it was asked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub states: Vec<TcpState>,
    /// What had not come when the deadline passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missed: Option<Awaited>,
}

/// What a step waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// The call's return.
    Return,
    /// That the call blocks; it returned instead.
    Block,
    /// A segment: the pattern's place in [`Expect::wire`](super::Expect::wire).
    Wire(usize),
    /// A state: its place in [`Expect::state`](super::Expect::state).
    State(usize),
    /// The end of the actor's process.
    Exit,
}

/// A frame by its place in [`Recording::frames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FrameId(pub usize);

/// A captured frame, from its Ethernet header on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// The bytes, with checksums completed.
    pub bytes: Bytes,
    /// The kernel had left the TCP checksum to hardware that loopback does not have; it was completed before saving.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub checksum_completed: bool,
    /// The TCP segment inside; derived from the bytes (`packet::dissect`), so not saved.
    #[serde(skip)]
    pub segment: Option<Segment>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every step was performed.
    Completed,
    /// A step could not be performed: its actor had ended, or was still in an earlier call.
    Stopped {
        /// That step; it was not begun.
        at: StepId,
    },
    /// A signal or a person ended the run.
    Interrupted {
        /// The step that was next or under way.
        at: StepId,
    },
    /// What came is left out, because a reader is to answer what it was.
    Withheld {
        /// The first step that is asked about; nothing is recorded from its begin on.
        at: StepId,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SigpipeDisposition;

    #[test]
    fn who_is_called_where_nobody_listens() {
        let address: IpAddr = "::1".parse().unwrap();
        let actor = |name: &str| Actor {
            name: name.into(),
            pid: 1,
            address,
            sigpipe: SigpipeDisposition::Catch,
            forked_from: None,
            shares_descriptors: false,
        };
        let (local, peer) = (Some(SocketAddr::new(address, 9)), Some(SocketAddr::new(address, 47_000)));
        let name = "connection".into();
        let sockets = [Socket {
            actor: ActorId(0),
            name,
            kind: SocketKind::Tcp,
            generation: 1,
            local,
            peer,
            accepted_from: None,
        }];
        let mut actors = vec![actor("client"), actor("server")];
        assert_eq!(owner(&actors, &sockets, local.unwrap()), Some(ActorId(0)));
        assert_eq!(owner(&actors, &sockets, peer.unwrap()), Some(ActorId(1)));
        assert_eq!(owner(&actors, &[], peer.unwrap()), None);
        actors.push(actor("third"));
        assert_eq!(owner(&actors, &sockets, peer.unwrap()), None);
    }
}
