use std::collections::BTreeMap;

use crate::record::{Action, ActorId, Call, Errno, ExpectOutcome, PossibleStory, Signal, Step, StepId};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node, Span, Value};
use crate::scenario::vocabulary::{FREE, Table};

use super::actors::{Actors, split};
use super::calls::Asked;
use super::expect::{Expecting, Subject};
use super::reader::{Closed, Reader};
use super::sockets::{Attempt, World};

/// The keys of which a step has one at most.
const DEEDS: [&str; 5] = ["do", "finish", "kill", "vanish", "pause"];

/// Reads the steps in order and follows the sockets meanwhile.
pub(super) struct Steps<'r, 'a> {
    r: &'r mut Reader<'a>,
    actors: &'r Actors,
    world: World,
    blocked: BTreeMap<String, Blocked>,
    /// The stories that alternatives may belong to.
    stories: &'r [PossibleStory],
    /// A step could not be read, so the sockets are no longer known for certain.
    unsure: bool,
    /// Anything goes: sockets need not be there, and nothing is expected.
    free: bool,
}

/// A call that was left blocked.
struct Blocked {
    step: StepId,
    line: u32,
    actor: ActorId,
    socket: String,
    call: Call,
    finished: Option<u32>,
}

/// What a step does, and whose call ends in it.
struct Deed {
    action: Action,
    ends: Option<(ActorId, Call)>,
}

/// Whether a step leaves its call under way, by the label of `finish`.
enum Left {
    No,
    Blocked(String),
    Started(String),
}

impl Left {
    fn label(&self) -> Option<&str> {
        match self {
            Self::No => None,
            Self::Blocked(label) | Self::Started(label) => Some(label),
        }
    }
}

impl From<Action> for Deed {
    fn from(action: Action) -> Self {
        Self { action, ends: None }
    }
}

impl<'r, 'a> Steps<'r, 'a> {
    pub(super) fn new(r: &'r mut Reader<'a>, actors: &'r Actors, stories: &'r [PossibleStory], free: bool) -> Self {
        Self { r, actors, world: World::new(actors), blocked: BTreeMap::new(), stories, unsure: false, free }
    }

    pub(super) fn read(mut self, nodes: &[Node]) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            if self.r.is_full() {
                break;
            }
            match self.step(at, node) {
                Some(step) => steps.push(step),
                None => self.unsure = true,
            }
        }
        steps
    }

    fn step(&mut self, at: usize, node: &Node) -> Option<Step> {
        let entries = self.r.entries(node, "a step")?;
        let closed = self.r.closed(entries, Table::Step);
        if self.free {
            self.expects_nothing(entries);
        }
        let say = match node.get("say") {
            Some(entry) => self.r.words(&entry.node, "`say`").map(str::to_owned),
            None => None,
        };
        let line = self.r.line(node.span.start);
        let deed = self.deed(at, line, node, closed)?;
        let subject = match (&deed.ends, &deed.action) {
            (Some((actor, call)), _) => Subject::Call(*actor, call),
            (None, Action::Call { actor, .. }) => Subject::Blocked(*actor),
            (None, Action::Kill { actor, .. }) => Subject::Kill(*actor),
            (None, _) => Subject::Nobody,
        };
        let (world, stories, unsure) = (&self.world, self.stories, self.unsure);
        let expecting = &mut Expecting { r: &mut *self.r, actors: self.actors, world, stories, unsure };
        let expect = expecting.expect(node, subject);
        let predict = node.get("predict").and_then(|entry| expecting.question(entry, &deed.action, subject, &expect));
        let killed = expect.outcome.as_ref().is_some_and(|outcome| matches!(outcome.value, ExpectOutcome::Killed(_)));
        if let Some((actor, _)) = deed.ends.filter(|_| killed || expect.exit.is_some()) {
            self.world.end(actor, line);
        }
        if node.get("say").is_none() && entries.is_empty() {
            self.r.report(
                Fault::new(node.span.clone(), "the step is empty").label("expected something to do or to wait for"),
            );
        }
        Some(Step { line, action: deed.action, expect, say, predict })
    }

    /// Where anything goes nothing can be expected.
    fn expects_nothing(&mut self, entries: &[Entry]) {
        let known = |entry: &&Entry| Table::Step.has(&entry.key) && !FREE.contains(&entry.key.as_str());
        for entry in entries.iter().filter(known) {
            let message = format!("`{}` expects something, and in this scenario anything goes", entry.key);
            let fault = Fault::new(entry.key_span.clone(), message).label("nothing is certain here");
            self.r.report(
                fault.help("leave it out, or leave `anything_goes` out and write what is expected of each step"),
            );
        }
    }

    fn deed(&mut self, at: usize, line: u32, node: &Node, closed: Closed) -> Option<Deed> {
        let mut deeds: Vec<&Entry> = DEEDS.iter().filter_map(|key| node.get(key)).collect();
        deeds.sort_by_key(|entry| entry.key_span.start);
        if let [first, second, ..] = deeds[..] {
            let message = format!("a step does one thing, here are `{}` and `{}`", first.key, second.key);
            let fault = Fault::new(second.key_span.clone(), message).label("one too many");
            self.r.report(fault.help("make a step for each"));
            return None;
        }
        let deed = deeds.first().copied();
        if deed.is_none() && closed == Closed::No {
            return None;
        }
        self.misplaced(node, deed)?;
        match deed {
            None => Some(Action::Wait.into()),
            Some(entry) if entry.key == "do" => self.call(at, line, node, entry),
            Some(entry) if entry.key == "finish" => self.finish(line, node, entry),
            Some(entry) if entry.key == "kill" => self.kill(line, entry).map(Deed::from),
            Some(entry) if entry.key == "vanish" => self.vanish(at, line, entry).map(Deed::from),
            Some(entry) => {
                let ns = self.r.duration(&entry.node, "`pause`")?;
                Some(Action::Pause { ns }.into())
            }
        }
    }

    /// `by`, `blocks` and `starts` go with `do`, and `do` needs `by`.
    fn misplaced(&mut self, node: &Node, deed: Option<&Entry>) -> Option<()> {
        let calls = deed.filter(|entry| entry.key == "do");
        let stray = ["by", "blocks", "starts"].iter().find_map(|key| node.get(key)).filter(|_| calls.is_none());
        let fault = match (calls, stray) {
            (_, Some(stray)) => {
                let fault = Fault::new(
                    stray.key_span.clone(),
                    format!("`{}` goes with `do`, and this step has none", stray.key),
                );
                match deed {
                    Some(entry) => fault.label("not needed here").help(format!("`{}` says all by itself", entry.key)),
                    None => fault.label("to do what?").help("add the call, for example do = \"close\""),
                }
            }
            (Some(call), None) if node.get("by").is_none() => {
                let fault =
                    Fault::new(call.key_span.clone(), "`by` is missing: who makes this call?").label("by whom?");
                fault.help(format!("for example by = \"{}\"", self.actors.names().next().unwrap_or("client")))
            }
            _ => return Some(()),
        };
        self.r.report(fault);
        None
    }

    fn call(&mut self, at: usize, line: u32, node: &Node, entry: &Entry) -> Option<Deed> {
        let by = node.get("by")?;
        let (actor, named) = self.by(&by.node)?;
        let (name, span, argument) = self.call_name(&entry.node)?;
        let call = self.r.call(&name, self.actors, &Asked { span: span.clone(), actor, argument })?;
        let left = self.left(node)?;
        let socket = self.attempt(&Attempt {
            actor,
            call: &call,
            named: named.as_deref(),
            error: node.get("error").and_then(|entry| Errno::from_name(entry.node.text()?)),
            blocks: left.label().is_some(),
            step: at,
            line,
            by: self.r.inside(&by.node),
            span,
        })?;
        if let Some(label) = left.label() {
            self.world.block(actor, label, line);
            let blocked =
                Blocked { step: StepId(at), line, actor, socket: socket.clone(), call: call.clone(), finished: None };
            self.blocked.insert(label.to_owned(), blocked);
        }
        let ends = left.label().is_none().then(|| (actor, call.clone()));
        let (blocks, starts) = match left {
            Left::No => (None, None),
            Left::Blocked(label) => (Some(label), None),
            Left::Started(label) => (None, Some(label)),
        };
        Some(Deed { action: Action::Call { actor, socket, call, blocks, starts }, ends })
    }

    /// Whether and how the call is left under way.
    fn left(&mut self, node: &Node) -> Option<Left> {
        match (node.get("blocks"), node.get("starts")) {
            (None, None) => Some(Left::No),
            (Some(entry), None) => self.label(entry).map(Left::Blocked),
            (None, Some(entry)) => self.label(entry).map(Left::Started),
            (Some(blocks), Some(starts)) => {
                let later = if blocks.key_span.start < starts.key_span.start { starts } else { blocks };
                let fault = Fault::new(later.key_span.clone(), "a call is either left blocked or only started");
                self.r.report(
                    fault.label("one too many").help("`blocks` waits until the call sleeps, `starts` does not"),
                );
                None
            }
        }
    }

    /// Makes the call in the world; after a step that could not be read, what is missing is no fault.
    fn attempt(&mut self, attempt: &Attempt<'_>) -> Option<String> {
        if self.free {
            return Some(self.world.resolve(self.actors, attempt));
        }
        match self.world.attempt(self.actors, attempt) {
            Ok(socket) => Some(socket),
            Err(fault) => {
                if !self.unsure {
                    self.r.report(fault);
                }
                None
            }
        }
    }

    /// The actor and the socket of `by`.
    fn by(&mut self, node: &Node) -> Option<(ActorId, Option<String>)> {
        let text = self.r.text(node, "`by`")?;
        let (name, socket) = split(text);
        self.r.name(self.r.part(node, 0..name.len()), name, "an actor")?;
        let socket = match socket {
            Some(socket) => Some(self.r.name(self.r.part(node, name.len() + 1..text.len()), socket, "a socket")?),
            None => None,
        };
        Some((self.actors.find(name)?, socket))
    }

    /// The call's name, its place and its argument.
    fn call_name<'n>(&mut self, node: &'n Node) -> Option<(String, Span, Option<&'n Node>)> {
        match &node.value {
            Value::Text(name) => Some((name.clone(), self.r.inside(node), None)),
            Value::Table(_) => {
                let entry = self.r.only_entry(node, "`do`", "do.write = \"a\"")?;
                Some((entry.key.clone(), entry.key_span.clone(), Some(&entry.node)))
            }
            _ => {
                self.r.wrong_kind(node, "`do`", "a call");
                None
            }
        }
    }

    /// The new label of `blocks` or `starts`.
    fn label(&mut self, entry: &Entry) -> Option<String> {
        let text = self.r.text(&entry.node, &format!("`{}`", entry.key))?;
        let span = self.r.inside(&entry.node);
        let label = self.r.name(span.clone(), text, "a blocked call")?;
        if let Some(blocked) = self.blocked.get(&label) {
            let message = format!("the call of line {} has the label `{label}` already", blocked.line);
            self.r.report(Fault::new(span, message).label("given before").help("choose another label"));
            return None;
        }
        Some(label)
    }

    fn finish(&mut self, line: u32, node: &Node, entry: &Entry) -> Option<Deed> {
        let text = self.r.text(&entry.node, "`finish`")?;
        let span = self.r.inside(&entry.node);
        let labels: Vec<&str> = self.blocked.keys().map(String::as_str).collect();
        let fault = match self.blocked.get(text) {
            None => {
                let fault =
                    Fault::new(span, format!("no call before has the label `{text}`")).label("not a known label");
                let help =
                    format!("a call is left blocked with blocks = \"{text}\", or under way with starts = \"{text}\"");
                fault.help(if labels.is_empty() { help } else { suggest(text, labels.iter().copied()) })
            }
            Some(Blocked { finished: Some(before), .. }) => {
                Fault::new(span, format!("the call `{text}` was finished in the step of line {before}"))
                    .label("too late")
            }
            Some(_) => return self.finished(line, text, node.get("error").is_some()),
        };
        if !self.unsure {
            self.r.report(fault);
        }
        None
    }

    fn finished(&mut self, line: u32, label: &str, fails: bool) -> Option<Deed> {
        let blocked = self.blocked.get_mut(label)?;
        blocked.finished = Some(line);
        self.world.unblock(blocked.actor, &blocked.socket, &blocked.call, fails);
        let action = Action::Finish { step: blocked.step };
        Some(Deed { action, ends: Some((blocked.actor, blocked.call.clone())) })
    }

    /// A socket disappears: a call of its actor, so that it is told like one.
    fn vanish(&mut self, at: usize, line: u32, entry: &Entry) -> Option<Action> {
        if let Some(name) = entry.node.text().map(|text| split(text).0).filter(|name| self.actors.find(name).is_none())
        {
            let span = self.r.part(&entry.node, 0..name.len());
            let fault = Fault::new(span, format!("there is no actor `{name}`")).label("not a known name");
            self.r.report(fault.help(suggest(name, self.actors.names())));
            return None;
        }
        let (actor, named) = self.by(&entry.node)?;
        let (by, call) = (self.r.inside(&entry.node), Call::Vanish);
        let socket = self.attempt(&Attempt {
            actor,
            call: &call,
            named: named.as_deref(),
            error: None,
            blocks: false,
            step: at,
            line,
            span: by.clone(),
            by,
        })?;
        Some(Action::Call { actor, socket, call, blocks: None, starts: None })
    }

    fn kill(&mut self, line: u32, entry: &Entry) -> Option<Action> {
        let node = &entry.node;
        let (whose, signal) = match &node.value {
            Value::Table(entries) => {
                self.r.only(entries, &["actor", "signal"], "`kill`");
                let Some(actor) = node.get("actor") else {
                    let fault = Fault::new(node.span.clone(), "`kill` needs the key `actor`").label("whom?");
                    self.r.report(fault.help("for example kill = { actor = \"server\", signal = \"SIGTERM\" }"));
                    return None;
                };
                (&actor.node, node.get("signal"))
            }
            _ => (node, None),
        };
        let actor = self.r.word(whose, "actor", |name| self.actors.find(name), self.actors.names())?;
        let signal = match signal {
            Some(entry) => {
                self.r.word(&entry.node, "signal", Signal::from_name, Signal::names().collect::<Vec<_>>())?
            }
            None => Signal::SIGKILL,
        };
        if let Some(line) = self.world.unborn(actor).filter(|_| !self.free) {
            let message = format!("{} is forked only in the step of line {line}", self.actors.name(actor));
            self.r.report(Fault::new(self.r.inside(whose), message).label("not there yet"));
            return None;
        }
        self.world.kill(self.actors, actor, signal, line);
        Some(Action::Kill { actor, signal })
    }
}
