use core::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An actor by its place in [`Script::actors`](super::Script::actors) and [`Recording::actors`](super::Recording::actors).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ActorId(pub usize);

/// What an actor does with SIGPIPE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigpipeDisposition {
    /// A handler that only counts: the signal and the errno are both seen.
    #[default]
    Catch,
    /// `SIG_IGN`: the kernel discards the signal.
    Ignore,
    /// `SIG_DFL`: the process dies.
    Default,
}

/// An actor as the scenario asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActorSpec {
    /// The name that the author chose.
    pub name: String,
    /// What it does with SIGPIPE.
    pub sigpipe: SigpipeDisposition,
    /// Its address, where the author chose one; else it follows from its place and the family.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<IpAddr>,
    /// The port of its listeners, where the author chose one; else [`DEFAULT_PORT`](super::DEFAULT_PORT).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<u16>,
}

/// An actor as it ran: a process of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The name that the author chose.
    pub name: String,
    /// Its process id, as seen from outside the sandbox; 0 where it was never forked.
    pub pid: u32,
    /// The actor that forked it; none was there from the start.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub forked_from: Option<ActorId>,
    /// It shares the descriptors of that one, by clone(2) with `CLONE_FILES`, instead of having copies.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub shares_descriptors: bool,
    /// Its address.
    pub address: IpAddr,
    /// What it does with SIGPIPE.
    pub sigpipe: SigpipeDisposition,
}
