//! The tables of the language with their keys. The parser closes its tables with them, and the schema and the
//! reference are made from them.

use serde_json::{Value as Json, json};

use crate::record::{About, Family, SigpipeDisposition};

use super::read::calls;
use super::schema::shape;

/// A key of a table.
pub(super) struct Key {
    /// The key.
    pub(super) name: &'static str,
    /// What it is, in one or two sentences.
    pub(super) doc: &'static str,
    /// The schema of its value.
    pub(super) schema: fn() -> Json,
}

const fn key(name: &'static str, doc: &'static str, schema: fn() -> Json) -> Key {
    Key { name, doc, schema }
}

/// A table of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// The file itself.
    Top,
    /// `[network]`.
    Network,
    /// `[actors.NAME]`.
    Actor,
    /// `[[step]]`.
    Step,
    /// `[step.predict]`.
    Predict,
    /// A choice of `[step.predict]`.
    Choice,
}

impl Table {
    pub(super) const ALL: [Self; 6] = [Self::Top, Self::Network, Self::Actor, Self::Step, Self::Predict, Self::Choice];

    /// How messages name it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Top => "the top of the file",
            Self::Network => "[network]",
            Self::Actor => "an [actors.NAME] table",
            Self::Step => "a [[step]]",
            Self::Predict => "a [step.predict] table",
            Self::Choice => "one of its `choices`",
        }
    }

    /// Where a key of it stands.
    pub(super) fn place(self) -> String {
        match self {
            Self::Top => "at the top of the file".to_owned(),
            _ => format!("in {}", self.title()),
        }
    }

    pub(super) fn has(self, key: &str) -> bool {
        self.keys().iter().any(|known| known.name == key)
    }

    pub(super) fn keys(self) -> &'static [Key] {
        match self {
            Self::Top => TOP,
            Self::Network => NETWORK,
            Self::Actor => ACTOR,
            Self::Step => STEP,
            Self::Predict => PREDICT,
            Self::Choice => CHOICE,
        }
    }
}

/// The names of `family`.
pub(super) const FAMILIES: [(&str, Family); 2] = [("ipv4", Family::Ipv4), ("ipv6", Family::Ipv6)];

/// The names of `sigpipe`.
pub(super) const SIGPIPE: [(&str, SigpipeDisposition); 3] = [
    ("catch", SigpipeDisposition::Catch),
    ("ignore", SigpipeDisposition::Ignore),
    ("default", SigpipeDisposition::Default),
];

/// How the names of the sysctls begin that may be set.
pub(super) const SYSCTL_PREFIXES: [&str; 3] = ["net.ipv4.", "net.ipv6.", "net.core."];

const TOP: &[Key] = &[
    key("$schema", "The address of this schema, in JSON files.", || json!({ "type": "string" })),
    key(
        "title",
        "One line that says what the scenario shows.",
        || json!({ "type": "string", "pattern": "^[^\\n]*\\S[^\\n]*$" }),
    ),
    key("summary", "What it teaches. Markdown.", shape::words_of_prose),
    key("goals", "What a student should be able to say afterwards.", shape::list_of_prose),
    key("tags", "Words to find it by.", shape::list_of_prose),
    key("misconception", "What people often say instead, and the lesson corrects. Markdown.", shape::words_of_prose),
    key("loopback_differs", "What a real network would change. Markdown.", shape::words_of_prose),
    key("slow", "true: it waits for timers of the kernel, a second or more.", || json!({ "type": "boolean" })),
    key(
        "anything_goes",
        "true: a scenario whose steps come as they may, such as a random one. Any call may block, a step whose process is in another \
         call or gone is passed over, and nothing is expected of a step: `--strict` holds every outcome against the model.",
        || json!({ "type": "boolean" }),
    ),
    key(
        "kernel",
        "The kernels for which the expectations hold: \">= 6.5\"; on others nothing is asserted.",
        shape::kernel,
    ),
    key(
        "stories",
        "The stories that a race may tell, by name; alternatives of `one_of` belong to them.",
        shape::stories,
    ),
    key("network", "The network it runs on.", || shape::closed(Table::Network, &[])),
    key("actors", "The actors, in the order in which they are drawn. Others follow from the steps.", shape::actors),
    key("step", "The steps, in order.", shape::steps),
];

const NETWORK: &[Key] = &[
    key("family", "The address family.", || shape::words(FAMILIES.iter().map(|(name, _)| *name))),
    key("mtu", "The loopback interface's MTU in bytes; 1500 if left out.", || shape::integer(576, 65_536)),
    key(
        "delayed_ack",
        "true shows the kernel's habit of delaying acknowledgments; off by default, so that runs repeat.",
        || json!({ "type": "boolean" }),
    ),
    key(
        "rto_min",
        "The least retransmission timeout, which is also how long a cork holds back; 200 ms if left out.",
        shape::duration,
    ),
    key("sysctl", "Sysctls of the network namespace to set before the run.", shape::sysctl),
];

const ACTOR: &[Key] = &[
    key(
        "sigpipe",
        "What the process does with SIGPIPE: a handler that only counts (the default), ignore it, or die of it.",
        || shape::words(SIGPIPE.iter().map(|(name, _)| *name)),
    ),
    key(
        "address",
        "Its address inside the sandbox; chosen by its place if left out. One of IPv6 beside actors of IPv4 has its own sockets and connects to it over IPv6.",
        shape::ip,
    ),
    key("port", "The port of its listener; 47000 if left out.", || shape::integer(1, 65_535)),
];

const STEP: &[Key] = &[
    key("by", "Who makes the call: an actor, or \"actor.socket\" for a socket with a name.", shape::by),
    key("do", "The call: its name, or a table with the name and its argument.", shape::deed),
    key("finish", "Waits for the end of the call that was left blocked or started with this label.", shape::name),
    key("kill", "Sends a signal to an actor's process; SIGKILL if none is named.", shape::kill),
    key(
        "vanish",
        "The socket of this actor disappears without a segment, as when its machine loses power: \"server\" or \"server.second\".",
        shape::by,
    ),
    key("pause", "Lets time pass.", shape::duration),
    key("blocks", "The call is expected to block and is left so; a later step finishes it by this label.", shape::name),
    key(
        "starts",
        "The call is begun and not waited for, so that it races with the next step's; a later step finishes it by this label.",
        shape::name,
    ),
    key(
        "returns",
        "The call succeeds with this: a number, data, the events of poll, or the error that SO_ERROR tells. Of a number of bytes bounds may \
         be said, which are not meant themselves: { more_than = 0, less_than = 100000 }.",
        shape::returns,
    ),
    key("error", "The call fails with this errno.", shape::errno),
    key(
        "one_of",
        "Where the outcome is a race: each way in which the call may end, and nothing else. Each is a table of `returns`, `error` or \
         `killed`, and `signal`, `because`, `kernel`, `story`.",
        shape::one_of,
    ),
    key(
        "kernel",
        "The kernels for which this step's expectations hold; on others they are not asserted.",
        shape::kernel,
    ),
    key("killed", "The process dies of this signal inside the call.", shape::signal),
    key("signal", "The signal that is caught during the call.", || json!({ "const": "SIGPIPE" })),
    key(
        "exit",
        "How the process ends in this step: an exit code or a signal.",
        || json!({ "anyOf": [shape::integer(0, 255), shape::signal()] }),
    ),
    key(
        "wire",
        "Segments to wait for, in this order, counted from the step's begin; others between them are allowed.",
        || json!({ "type": "array", "items": shape::pattern() }),
    ),
    key("state", "States that the kernel must report: { client = \"CLOSE_WAIT\" }.", shape::states),
    key(
        "no_wire",
        "Segments that must not appear, from the step's begin to the begin of the next step, or to the end of the run.",
        || json!({ "type": "array", "minItems": 1, "items": shape::pattern() }),
    ),
    key("quiet", "true: in that time no segment at all appears, of nobody.", || json!({ "const": true })),
    key(
        "takes",
        "How long it takes at least, \">= 30ms\": the call from its begin to its end; a step without a call from its begin to the last \
         segment of its `wire`. { since = \"client DATA\", at_least = \"30ms\" } measures from the \
         latest such segment before, { since = { call = \"client write\" }, … } from the begin of the latest such call.",
        shape::takes,
    ),
    key(
        "because",
        "What the story must name as the cause of the call's outcome: a segment, the latest that fits; { call = \"server close\" }, the \
         latest such call; or { rule = \"ID\" }, a rule of `tcpstory explain`.",
        shape::because,
    ),
    key("within", "How long to wait for all of that; 5 s if left out.", shape::duration),
    key("say", "What the lecturer says. Markdown.", shape::words_of_prose),
    key("predict", "What a reader is asked before the step is shown.", shape::predict),
];

const PREDICT: &[Key] = &[
    key("question", "The question. Markdown.", shape::words_of_prose),
    key(
        "about",
        "What it asks about: how the call ends (`result`), which errno it fails with (`errno`), or which segment appears during the \
         step (`segment`).",
        || shape::words(About::ALL.map(About::name)),
    ),
    key("choices", "What to choose from; left out, any answer may be given.", shape::choices),
];

const CHOICE: &[Key] = &[
    key("returns", "The call succeeds with this, written as in a step.", shape::returns),
    key(
        "error",
        "The call fails with this errno; \"none\": it succeeds, with whatever value.",
        || json!({ "anyOf": [shape::errno(), { "const": "none" }] }),
    ),
    key("killed", "The process dies of this signal inside the call.", shape::signal),
    key("blocks", "true: the call does not return in this step.", || json!({ "const": true })),
    key(
        "segment",
        "A segment of this kind appears; \"none\": nothing but pure acknowledgments.",
        || json!({ "anyOf": [shape::pattern(), { "const": "none" }] }),
    ),
    key("text", "How it is shown; made from the above if left out.", shape::words_of_prose),
    key("tempting", "Why it is tempting although it is wrong: the misconception. Markdown.", shape::words_of_prose),
    key(
        "answer",
        "true: the lesson states that this is the answer, and fails where the kernel says otherwise.",
        || json!({ "const": true }),
    ),
];

/// The keys of a step where anything goes: what it does, and nothing that is expected of it.
pub(super) const FREE: [&str; 6] = ["by", "do", "kill", "vanish", "pause", "say"];

/// The keys of a choice that say something of the step; each choice has one of them.
pub(super) const SAYINGS: [&str; 5] = ["returns", "error", "killed", "blocks", "segment"];

/// Whether a call has that name.
pub(super) fn is_call(name: &str) -> bool {
    calls::row(name).is_some()
}
