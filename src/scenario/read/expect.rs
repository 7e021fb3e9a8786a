use crate::record::{
    ActorId, Bytes, Call, Errno, ExitStatus, Expect, ExpectOutcome, ExpectValue, Located, OptionShape, PossibleStory,
    SegmentPattern, Signal, SigpipeDisposition, SocketOptionName, SocketRef, TcpState,
};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node, Value};

use super::actors::{Actors, split};
use super::reader::Reader;
use super::sockets::World;

/// What a step does, as far as its expectations depend on it.
#[derive(Clone, Copy)]
pub(super) enum Subject<'c> {
    /// A call that ends in this step.
    Call(ActorId, &'c Call),
    /// A call that stays blocked.
    Blocked(ActorId),
    /// A signal to an actor.
    Kill(ActorId),
    /// Nothing that an actor does.
    Nobody,
}

impl Subject<'_> {
    fn actor(self) -> Option<ActorId> {
        match self {
            Self::Call(actor, _) | Self::Blocked(actor) | Self::Kill(actor) => Some(actor),
            Self::Nobody => None,
        }
    }
}

/// Reads the expectations of one step.
pub(super) struct Expecting<'r, 'a> {
    pub(super) r: &'r mut Reader<'a>,
    pub(super) actors: &'r Actors,
    pub(super) world: &'r World,
    /// The stories that alternatives may belong to.
    pub(super) stories: &'r [PossibleStory],
    /// Sockets and peers are not known for certain, because something before is wrong.
    pub(super) unsure: bool,
}

/// The keys of which a step may have only one.
pub(super) const OUTCOMES: [&str; 4] = ["returns", "error", "killed", "one_of"];

impl Expecting<'_, '_> {
    pub(super) fn expect(&mut self, step: &Node, subject: Subject<'_>) -> Expect {
        Expect {
            outcome: self.outcome(step, subject),
            one_of: step.get("one_of").map_or_else(Vec::new, |entry| self.one_of(step, entry, subject)),
            kernel: step.get("kernel").and_then(|entry| self.r.kernel(entry)),
            signal: step.get("signal").and_then(|entry| self.caught(entry, subject)),
            exit: step.get("exit").and_then(|entry| self.exit(entry, subject)),
            wire: step.get("wire").map_or_else(Vec::new, |entry| self.wire(entry)),
            no_wire: step.get("no_wire").map_or_else(Vec::new, |entry| self.no_wire(entry)),
            quiet: step.get("quiet").and_then(|entry| self.quiet(step, entry)),
            takes: step.get("takes").and_then(|entry| self.takes(step, entry, subject)),
            state: step.get("state").map_or_else(Vec::new, |entry| self.states(entry)),
            because: step.get("because").and_then(|entry| self.because(entry, subject)),
            within_ns: step.get("within").and_then(|entry| self.within(entry)),
        }
    }

    pub(super) fn locate<T>(&self, entry: &Entry, value: T) -> Located<T> {
        Located { line: self.r.line(entry.key_span.start), value }
    }

    fn outcome(&mut self, step: &Node, subject: Subject<'_>) -> Option<Located<ExpectOutcome>> {
        let mut given: Vec<&Entry> = OUTCOMES.iter().filter_map(|key| step.get(key)).collect();
        given.sort_by_key(|entry| entry.key_span.start);
        if let [first, second, ..] = given[..] {
            let message = format!("a call ends in one way, here are `{}` and `{}`", first.key, second.key);
            let fault = Fault::new(second.key_span.clone(), message).label("one too many");
            let help = if second.key == "killed" || first.key == "killed" {
                "a process that dies inside a call never sees a result: keep `killed` alone"
            } else {
                "keep the one that the call shows to its program"
            };
            self.r.report(fault.help(help));
            return None;
        }
        let entry = given.first().filter(|entry| entry.key != "one_of")?;
        let (actor, call) = self.ended(entry, subject)?;
        let outcome = self.ending(entry, actor, call)?;
        Some(self.locate(entry, outcome))
    }

    /// What `returns`, `error` or `killed` says.
    pub(super) fn ending(&mut self, entry: &Entry, actor: ActorId, call: &Call) -> Option<ExpectOutcome> {
        Some(match entry.key.as_str() {
            "returns" => ExpectOutcome::Returns(self.value(&entry.node, call)?),
            "error" => ExpectOutcome::Fails(self.errno(&entry.node)?),
            _ => ExpectOutcome::Killed(self.killed(&entry.node, actor)?),
        })
    }

    /// The call that ends in this step, for a key that needs one.
    pub(super) fn ended<'c>(&mut self, entry: &Entry, subject: Subject<'c>) -> Option<(ActorId, &'c Call)> {
        let key = &entry.key;
        let fault = |message: String| Fault::new(entry.key_span.clone(), message);
        let fault = match subject {
            Subject::Call(_, Call::Exit { .. }) if key != "because" => {
                fault(format!("`exit` never returns, so it cannot have `{key}`"))
                    .label("no outcome to expect")
                    .help("`exit = 0` expects how the process ends")
            }
            Subject::Call(actor, call) => return Some((actor, call)),
            Subject::Blocked(_) => fault(format!("a call that is left under way has no `{key}` in this step"))
                .label("not yet")
                .help("put it into the step that finishes the call"),
            Subject::Kill(_) | Subject::Nobody => {
                fault(format!("`{key}` belongs to a call, and this step makes none")).label("no call here")
            }
        };
        self.r.report(fault);
        None
    }

    pub(super) fn errno(&mut self, node: &Node) -> Option<Errno> {
        self.r.word(node, "errno", Errno::from_name, Errno::names().collect::<Vec<_>>())
    }

    pub(super) fn signal(&mut self, node: &Node) -> Option<Signal> {
        self.r.word(node, "signal", Signal::from_name, Signal::names().collect::<Vec<_>>())
    }

    fn killed(&mut self, node: &Node, actor: ActorId) -> Option<Signal> {
        let signal = self.signal(node)?;
        if signal == Signal::SIGPIPE {
            self.disposition(node, actor, SigpipeDisposition::Default, "dies of")?;
        }
        Some(signal)
    }

    pub(super) fn caught(&mut self, entry: &Entry, subject: Subject<'_>) -> Option<Located<Signal>> {
        let (actor, _) = self.ended(entry, subject)?;
        let signal = self.signal(&entry.node)?;
        if signal != Signal::SIGPIPE {
            let fault = Fault::new(self.r.inside(&entry.node), format!("actors do not catch {signal}"));
            self.r.report(fault.label("only SIGPIPE can be caught"));
            return None;
        }
        self.disposition(&entry.node, actor, SigpipeDisposition::Catch, "catches")?;
        Some(self.locate(entry, signal))
    }

    /// Holds the actor's disposition against what a step expects of SIGPIPE.
    fn disposition(&mut self, node: &Node, actor: ActorId, needed: SigpipeDisposition, does: &str) -> Option<()> {
        let spec = &self.actors.specs[actor.0];
        if spec.sigpipe == needed {
            return Some(());
        }
        let name = |disposition| match disposition {
            SigpipeDisposition::Catch => "catch",
            SigpipeDisposition::Ignore => "ignore",
            SigpipeDisposition::Default => "default",
        };
        let message = format!("{} never {does} SIGPIPE: its disposition is \"{}\"", spec.name, name(spec.sigpipe));
        let help = format!("write sigpipe = \"{}\" under [actors.{}]", name(needed), spec.name);
        let fault = Fault::new(self.r.inside(node), message).label("cannot come").help(help);
        self.r.report(fault);
        None
    }

    fn exit(&mut self, entry: &Entry, subject: Subject<'_>) -> Option<Located<ExitStatus>> {
        if subject.actor().is_none() {
            let fault = Fault::new(entry.key_span.clone(), "`exit` needs an actor, and this step has none");
            self.r.report(fault.label("whose process?").help("put it into the step in which the process ends"));
            return None;
        }
        let status = match &entry.node.value {
            Value::Integer(_) => ExitStatus::Code(self.r.integer(&entry.node, "an exit code", 0..=255)?),
            Value::Text(_) => ExitStatus::Signal(self.signal(&entry.node)?),
            _ => {
                self.r.wrong_kind(&entry.node, "`exit`", "an exit code or the name of a signal");
                return None;
            }
        };
        Some(self.locate(entry, status))
    }

    pub(super) fn wire(&mut self, entry: &Entry) -> Vec<Located<SegmentPattern>> {
        let Some(items) = self.r.list(&entry.node, &format!("`{}`", entry.key)) else { return Vec::new() };
        let mut patterns = Vec::new();
        for item in items {
            if let Some(pattern) = self.pattern(item) {
                patterns.push(Located { line: self.r.line(item.span.start), value: pattern });
            }
        }
        patterns
    }

    /// A segment's description between actors that have met.
    pub(super) fn pattern(&mut self, node: &Node) -> Option<SegmentPattern> {
        let pattern = self.r.pattern(self.actors, node)?;
        let strangers = match self.world.peers(pattern.from) {
            Some(peers) => pattern.to.map_or(peers.is_empty(), |to| !peers.contains(&to)),
            None => false,
        };
        if strangers && !self.unsure {
            let from = self.actors.name(pattern.from);
            let message = match pattern.to {
                None => format!("{from} has no peer yet, so it has sent nothing"),
                Some(to) => format!("{from} and {} have not met yet", self.actors.name(to)),
            };
            let fault = Fault::new(self.r.inside(node), message).label("cannot have come");
            self.r.report(fault.help("a `connect` in this step or before makes two actors peers"));
            return None;
        }
        Some(pattern)
    }

    fn states(&mut self, entry: &Entry) -> Vec<Located<(SocketRef, TcpState)>> {
        let Some(entries) = self.r.entries(&entry.node, "`state`") else { return Vec::new() };
        entries.iter().filter_map(|entry| self.state(entry)).collect()
    }

    fn state(&mut self, entry: &Entry) -> Option<Located<(SocketRef, TcpState)>> {
        let state = self.r.word(&entry.node, "state", TcpState::from_name, TcpState::ALL.map(TcpState::name))?;
        let (name, socket) = split(&entry.key);
        let Some(actor) = self.actors.find(name) else {
            let fault = Fault::new(entry.key_span.clone(), format!("there is no actor `{name}`"));
            self.r.report(fault.label("not an actor").help(suggest(name, self.actors.names())));
            return None;
        };
        let socket = match self.world.socket_for_state(self.actors, actor, socket, state) {
            Ok(socket) => socket,
            Err(_) if self.unsure => return None,
            Err((message, help)) => {
                self.r.report(Fault::new(entry.key_span.clone(), message).label("no such socket").help(help));
                return None;
            }
        };
        Some(self.locate(entry, (SocketRef { actor, socket }, state)))
    }

    fn within(&mut self, entry: &Entry) -> Option<u64> {
        let ns = self.r.duration(&entry.node, "`within`")?;
        if ns == 0 {
            let fault = Fault::new(self.r.inside(&entry.node), "`within` is no time at all");
            self.r.report(fault.label("expected more than 0"));
            return None;
        }
        Some(ns)
    }

    /// What `returns` says of a call.
    pub(super) fn value(&mut self, node: &Node, call: &Call) -> Option<ExpectValue> {
        let what = format!("what `{}` returns", call.name());
        if super::bounds::is_range(node) {
            return self.between(node, call);
        }
        match call {
            Call::Read { .. } | Call::Recv { .. } => self.received(node, &what),
            Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data } => {
                self.number(node, &what, data.size().cast_signed())
            }
            Call::Bind { .. }
            | Call::Listen { .. }
            | Call::Connect { .. }
            | Call::Shutdown { .. }
            | Call::Close
            | Call::Getsockname
            | Call::Getpeername
            | Call::EpollCtl { .. }
            | Call::Vanish
            | Call::Socketpair { .. }
            | Call::Pipe { .. }
            | Call::Setsockopt { .. } => self.number(node, &what, 0),
            Call::Fork { .. } | Call::Clone { .. } => {
                let message = format!("`{}` returns a process id, and its number says nothing", call.name());
                self.r.report(
                    Fault::new(node.span.clone(), message).label("nothing to expect").help("leave `returns` out"),
                );
                None
            }
            Call::Socket | Call::Accept { .. } | Call::EpollCreate | Call::Dup { .. } => {
                let message = format!("`{}` returns a new descriptor, and its number says nothing", call.name());
                self.r.report(
                    Fault::new(node.span.clone(), message).label("nothing to expect").help("leave `returns` out"),
                );
                None
            }
            Call::Getsockopt { option } => self.option(node, *option, &what),
            Call::Poll { .. } => match node.value {
                Value::Integer(_) => self.number(node, &what, 1),
                _ => self.r.events(node).map(ExpectValue::Ready),
            },
            Call::EpollWait { .. } => match node.value {
                Value::Integer(_) => self.number(node, &what, 1),
                _ => self.r.epoll_events(node).map(ExpectValue::Ready),
            },
            Call::Exit { .. } => None,
        }
    }

    fn number(&mut self, node: &Node, what: &str, most: i64) -> Option<ExpectValue> {
        self.r.integer(node, what, 0..=most).map(ExpectValue::Number)
    }

    fn received(&mut self, node: &Node, what: &str) -> Option<ExpectValue> {
        match &node.value {
            Value::Integer(_) => self.number(node, what, super::MAX_DATA.cast_signed()),
            Value::Text(text) if text.is_empty() => {
                let fault = Fault::new(node.span.clone(), "an empty text does not say what is meant");
                self.r.report(fault.label("expected data or a number").help("end of file is returns = 0"));
                None
            }
            _ => self.r.expected_data(node).map(|Bytes(bytes)| ExpectValue::Data(Bytes(bytes))),
        }
    }

    fn option(&mut self, node: &Node, option: SocketOptionName, what: &str) -> Option<ExpectValue> {
        match (option.shape(), &node.value) {
            (OptionShape::Error, Value::Text(_)) => self.errno(node).map(ExpectValue::PendingError),
            (OptionShape::Error, _) => self.number(node, what, 0),
            (OptionShape::Linger | OptionShape::TimeOrOff, Value::Text(text)) if text == "off" => {
                Some(ExpectValue::Number(-1))
            }
            (OptionShape::Time { .. } | OptionShape::TimeOrOff, _) => {
                let ns = self.r.duration(node, what)?;
                Some(ExpectValue::Number(ns.cast_signed()))
            }
            (_, Value::Boolean(on)) => Some(ExpectValue::Number(i64::from(*on))),
            _ => self.number(node, what, i64::from(i32::MAX)),
        }
    }
}
