//! Which sockets exist at each step, as far as the author's file can tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{ActorId, CONNECTION, Call, Errno, LISTENER, Signal, SigpipeDisposition, Target, TcpState};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::{nearest, suggest};
use crate::scenario::node::Span;

use super::actors::{Actors, Opening};

/// The sockets of every actor, step by step.
pub(super) struct World {
    actors: Vec<ActorWorld>,
    /// Somebody connected to an address, so that not every pair of peers is known.
    unknown_peers: bool,
}

#[derive(Default)]
struct ActorWorld {
    sockets: BTreeMap<String, Stage>,
    peers: BTreeSet<ActorId>,
    /// Whose descriptors it shares.
    shares: Option<ActorId>,
    /// The line of the step in which it is forked, as long as that has not come.
    unborn: Option<u32>,
    /// The line of the step in which the process ends.
    gone: Option<u32>,
    /// The label and line of the call in which it is blocked.
    blocked: Option<(String, u32)>,
}

/// How far a socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Created,
    Listening,
    /// A connect that is expected to fail was made.
    Tried,
    /// An end of a socket pair or of a pipe.
    Local,
    Connected,
    /// Closed in the step of this line.
    Closed(u32),
}

/// A call as the world sees it.
pub(super) struct Attempt<'a> {
    pub(super) actor: ActorId,
    pub(super) call: &'a Call,
    /// The name that the author gave to the socket.
    pub(super) named: Option<&'a str>,
    /// The errno that the author expects.
    pub(super) error: Option<Errno>,
    pub(super) blocks: bool,
    pub(super) step: usize,
    pub(super) line: u32,
    pub(super) by: Span,
    pub(super) span: Span,
}

impl Attempt<'_> {
    fn fault(&self, message: String) -> Fault {
        Fault::new(self.span.clone(), message)
    }
}

impl World {
    pub(super) fn new(actors: &Actors) -> Self {
        let actor = |place| ActorWorld { unborn: actors.forked.get(&ActorId(place)).copied(), ..ActorWorld::default() };
        Self { actors: (0..actors.specs.len()).map(actor).collect(), unknown_peers: false }
    }

    /// Whose descriptors it has: its own, or those that it shares.
    fn table(&self, actor: ActorId) -> ActorId {
        self.actors[actor.0].shares.unwrap_or(actor)
    }

    fn sockets(&self, actor: ActorId) -> &BTreeMap<String, Stage> {
        &self.actors[self.table(actor).0].sockets
    }

    fn stage(&self, actor: ActorId, socket: &str) -> Option<Stage> {
        self.sockets(actor).get(socket).copied()
    }

    fn is_open(&self, actor: ActorId, socket: &str) -> bool {
        !matches!(self.stage(actor, socket), None | Some(Stage::Closed(_)))
    }

    /// Makes the call: the name of its socket, or why it cannot be made.
    pub(super) fn attempt(&mut self, actors: &Actors, attempt: &Attempt<'_>) -> Result<String, Fault> {
        self.can_act(actors, attempt)?;
        let socket = self.resolve(actors, attempt);
        let next = self.next_stage(actors, attempt, &socket)?;
        if let Some(child) = attempt.call.child() {
            self.fork(actors, attempt, child)?;
        }
        let table = self.table(attempt.actor);
        let world = &mut self.actors[table.0];
        if let Some(stage) = next {
            world.sockets.insert(socket.clone(), stage);
        }
        if let Call::Socketpair { names } | Call::Pipe { names } = attempt.call {
            world.sockets.insert(names[1].clone(), Stage::Local);
        }
        if let (Call::Dup { to }, Some(stage)) = (attempt.call, world.sockets.get(&socket).copied()) {
            world.sockets.insert(to.clone(), stage);
        }
        if let Call::Exit { .. } = attempt.call {
            self.actors[attempt.actor.0].gone = Some(attempt.line);
        }
        self.meet(attempt);
        Ok(socket)
    }

    /// The child begins with all that its parent has, or shares it.
    fn fork(&mut self, actors: &Actors, attempt: &Attempt<'_>, child: ActorId) -> Result<(), Fault> {
        if self.actors[child.0].unborn.take().is_none() {
            let fault = attempt.fault(format!("{} has been forked before", actors.name(child)));
            return Err(fault.label("one process for each name").help("choose another name for this child"));
        }
        let peers = self.actors[attempt.actor.0].peers.clone();
        let shares = matches!(attempt.call, Call::Clone { .. }).then(|| self.table(attempt.actor));
        let sockets = if shares.is_some() { BTreeMap::new() } else { self.sockets(attempt.actor).clone() };
        self.actors[child.0] = ActorWorld { sockets, peers, shares, ..ActorWorld::default() };
        Ok(())
    }

    /// The line in which the actor is forked, where that has not come yet.
    pub(super) fn unborn(&self, actor: ActorId) -> Option<u32> {
        self.actors[actor.0].unborn
    }

    /// Remembers that the actor is blocked.
    pub(super) fn block(&mut self, actor: ActorId, label: &str, line: u32) {
        self.actors[actor.0].blocked = Some((label.to_owned(), line));
    }

    /// The actor's blocked call ends; an accept has its connection now.
    pub(super) fn unblock(&mut self, actor: ActorId, socket: &str, call: &Call, fails: bool) {
        self.actors[actor.0].blocked = None;
        let table = self.table(actor);
        if matches!(call, Call::Accept { .. }) && !fails {
            self.actors[table.0].sockets.insert(socket.to_owned(), Stage::Connected);
        }
    }

    /// The actor's process ends in the step of that line.
    pub(super) fn end(&mut self, actor: ActorId, line: u32) {
        self.actors[actor.0].gone.get_or_insert(line);
    }

    /// A signal is sent to the actor.
    pub(super) fn kill(&mut self, actors: &Actors, actor: ActorId, signal: Signal, line: u32) {
        if signal != Signal::SIGPIPE || actors.specs[actor.0].sigpipe == SigpipeDisposition::Default {
            self.end(actor, line);
        }
    }

    fn can_act(&self, actors: &Actors, attempt: &Attempt<'_>) -> Result<(), Fault> {
        let world = &self.actors[attempt.actor.0];
        let name = actors.name(attempt.actor);
        if let Some(line) = world.unborn {
            let fault = Fault::new(attempt.by.clone(), format!("{name} is forked only in the step of line {line}"));
            return Err(fault.label("not there yet"));
        }
        if let Some(line) = world.gone {
            let fault =
                Fault::new(attempt.by.clone(), format!("the process of {name} ended in the step of line {line}"));
            return Err(fault.label("it can make no more calls"));
        }
        if let Some((label, line)) = &world.blocked {
            let fault = Fault::new(attempt.by.clone(), format!("{name} is still blocked in the call of line {line}"));
            return Err(fault
                .label("it makes one call at a time")
                .help(format!("end that call first: finish = \"{label}\"")));
        }
        Ok(())
    }

    /// The name of the socket that a call is made on.
    pub(super) fn resolve(&self, actors: &Actors, attempt: &Attempt<'_>) -> String {
        if let Call::Socketpair { names } | Call::Pipe { names } = attempt.call {
            return names[0].clone();
        }
        if let Some(name) = attempt.named {
            return name.to_owned();
        }
        let actor = attempt.actor;
        let listener = match attempt.call {
            Call::Listen { .. } => true,
            Call::Connect { .. }
            | Call::Accept { .. }
            | Call::Exit { .. }
            | Call::Fork { .. }
            | Call::Clone { .. }
            | Call::Vanish
            | Call::Socketpair { .. }
            | Call::Pipe { .. }
            | Call::Read { .. }
            | Call::Write { .. }
            | Call::Recv { .. }
            | Call::Send { .. }
            | Call::Sendfile { .. }
            | Call::Getpeername => false,
            Call::Socket | Call::Bind { .. } | Call::Setsockopt { .. } | Call::Getsockopt { .. } => {
                !self.is_open(actor, CONNECTION)
                    && match actors.next_opening(actor, attempt.step) {
                        Some(Opening::Listen) => true,
                        Some(Opening::Connect) => false,
                        Some(Opening::Accept) | None => self.only_listens(actor),
                    }
            }
            Call::Close
            | Call::Shutdown { .. }
            | Call::Poll { .. }
            | Call::Dup { .. }
            | Call::Getsockname
            | Call::EpollCreate
            | Call::EpollCtl { .. }
            | Call::EpollWait { .. } => self.only_listens(actor),
        };
        if listener { LISTENER.to_owned() } else { CONNECTION.to_owned() }
    }

    /// It has a listener and never had an unnamed connection.
    fn only_listens(&self, actor: ActorId) -> bool {
        self.is_open(actor, LISTENER) && self.stage(actor, CONNECTION).is_none()
    }

    /// What becomes of the socket; none if it stays as it is.
    fn next_stage(&self, actors: &Actors, attempt: &Attempt<'_>, socket: &str) -> Result<Option<Stage>, Fault> {
        let stage = self.stage(attempt.actor, socket);
        let fails = attempt.error.is_some();
        match (attempt.call, stage) {
            (Call::Exit { .. } | Call::Fork { .. } | Call::Clone { .. }, _) => Ok(None),
            (Call::Socketpair { names } | Call::Pipe { names }, _) => self.pair(actors, attempt, names).map(Some),
            (call, Some(Stage::Local)) if !is_for_pairs(call) => {
                let message = format!("`{}` is for TCP sockets, and `{socket}` is none", call.name());
                let fault = attempt.fault(message).label("not a TCP socket");
                Err(fault.help("an end of a pair or a pipe knows read, write, recv, send, shutdown, poll, O_NONBLOCK, dup and close"))
            }
            (Call::Dup { to }, Some(_)) if self.is_open(attempt.actor, to) => {
                Err(self.already_open(actors, attempt, to))
            }
            (Call::Vanish, Some(Stage::Listening)) => {
                let fault = attempt.fault(format!("{socket} listens, and only a connection can vanish"));
                Err(fault.label("not a connection").help("close it: with nothing in its queue that sends nothing"))
            }
            (Call::Accept { from }, _) => self.accept(actors, attempt, socket, from),
            (call, Some(Stage::Closed(_))) if tells_closed(call, attempt.error) => Ok(None),
            (Call::Socket | Call::Bind { .. } | Call::Setsockopt { .. }, None | Some(Stage::Closed(_))) => {
                Ok(Some(Stage::Created))
            }
            (Call::Socket, Some(_)) => Err(self.already_open(actors, attempt, socket)),
            (Call::Listen { .. }, Some(Stage::Connected)) if !fails => Err(self.already_open(actors, attempt, socket)),
            (Call::Connect { .. }, Some(Stage::Connected | Stage::Listening)) if !fails => {
                Err(self.already_open(actors, attempt, socket))
            }
            (Call::Listen { .. } | Call::Connect { .. }, Some(Stage::Connected | Stage::Listening)) => Ok(None),
            (Call::Listen { .. }, _) => Ok(Some(if fails { Stage::Created } else { Stage::Listening })),
            (Call::Connect { .. }, _) => Ok(Some(if fails { Stage::Tried } else { Stage::Connected })),
            (_, None) => Err(self.missing(actors, attempt, socket)),
            (_, Some(Stage::Closed(line))) => Err(closed(attempt, actors, socket, line)),
            (Call::Close | Call::Vanish, Some(_)) => Ok(Some(Stage::Closed(attempt.line))),
            _ => Ok(None),
        }
    }

    fn pair(&self, actors: &Actors, attempt: &Attempt<'_>, names: &[String; 2]) -> Result<Stage, Fault> {
        if let Some(named) = attempt.named {
            let fault = attempt.fault(format!("`{}` names its own two ends", attempt.call.name()));
            let by = actors.name(attempt.actor);
            return Err(fault.label("both are new").help(format!("write by = \"{by}\", without `{named}`")));
        }
        match names.iter().find(|name| self.is_open(attempt.actor, name)) {
            Some(open) => Err(self.already_open(actors, attempt, open)),
            None => Ok(Stage::Local),
        }
    }

    fn accept(&self, actors: &Actors, attempt: &Attempt<'_>, socket: &str, from: &str) -> Result<Option<Stage>, Fault> {
        let name = actors.name(attempt.actor);
        let fails = attempt.error.is_some();
        match self.stage(attempt.actor, from) {
            Some(Stage::Listening) => {}
            Some(_) if fails => {}
            _ => {
                let message = if from == LISTENER {
                    format!("{name} does not listen yet")
                } else {
                    format!("{name} has no listening socket named `{from}`")
                };
                let fault = attempt.fault(message).label("there is nothing to accept from");
                let step = if from == LISTENER { name.to_owned() } else { format!("{name}.{from}") };
                return Err(
                    fault.help(format!("before this step there must be one with by = \"{step}\" and do = \"listen\""))
                );
            }
        }
        if self.is_open(attempt.actor, socket) {
            return Err(self.already_open(actors, attempt, socket));
        }
        Ok((!fails && !attempt.blocks).then_some(Stage::Connected))
    }

    fn already_open(&self, actors: &Actors, attempt: &Attempt<'_>, socket: &str) -> Fault {
        let name = actors.name(attempt.actor);
        let what = match socket {
            CONNECTION => format!("{name} has a connection that is still open"),
            LISTENER => format!("{name} has a listener that is still open"),
            other => format!("{name} has a socket named `{other}` that is still open"),
        };
        let free = ["second", "third", "fourth"].into_iter().find(|free| !self.is_open(attempt.actor, free));
        let help =
            format!("close it first, or give the new socket a name: by = \"{name}.{}\"", free.unwrap_or("another"));
        attempt.fault(what).label(format!("`{}` needs a new socket", attempt.call.name())).help(help)
    }

    fn missing(&self, actors: &Actors, attempt: &Attempt<'_>, socket: &str) -> Fault {
        let (name, call) = (actors.name(attempt.actor), attempt.call.name());
        let sockets = self.sockets(attempt.actor);
        let (message, help) = match socket {
            CONNECTION if sockets.is_empty() => {
                let near = nearest(name, actors.names().filter(|other| *other != name));
                let help = near.map_or_else(
                    || format!("{name} must `connect` or `accept` before"),
                    |near| format!("did you mean `{near}`?"),
                );
                (format!("{name} has no connection yet"), help)
            }
            CONNECTION => {
                let named: Vec<_> = sockets.keys().map(|socket| format!("{name}.{socket}")).collect();
                let help =
                    format!("{name} must `connect` or `accept` before; its sockets so far: {}", named.join(", "));
                (format!("{name} has no connection yet"), help)
            }
            LISTENER => (format!("{name} has no listener yet"), format!("{name} must `listen` before")),
            other => {
                let known = sockets.keys().map(String::as_str).filter(|known| ![CONNECTION, LISTENER].contains(known));
                let help = match nearest(other, known) {
                    Some(near) => format!("did you mean `{name}.{near}`?"),
                    None => format!("open it before: by = \"{name}.{other}\" and do = \"connect\" or \"accept\""),
                };
                (format!("{name} has no socket named `{other}` yet"), help)
            }
        };
        attempt.fault(message).label(format!("`{call}` needs a socket that exists")).help(help)
    }

    /// Remembers who is connected with whom.
    fn meet(&mut self, attempt: &Attempt<'_>) {
        match attempt.call {
            Call::Connect { to: Target::Actor(peer) } => {
                self.actors[attempt.actor.0].peers.insert(*peer);
                self.actors[peer.0].peers.insert(attempt.actor);
            }
            Call::Connect { to: Target::Address(_) } => self.unknown_peers = true,
            _ => {}
        }
    }

    /// The actor's peers so far, where all are known.
    pub(super) fn peers(&self, actor: ActorId) -> Option<&BTreeSet<ActorId>> {
        (!self.unknown_peers).then(|| &self.actors[actor.0].peers)
    }

    /// The name of the socket of a `state`.
    pub(super) fn socket_for_state(
        &self,
        actors: &Actors,
        actor: ActorId,
        named: Option<&str>,
        state: TcpState,
    ) -> Result<String, (String, String)> {
        let sockets = self.sockets(actor);
        let name = actors.name(actor);
        let socket = match named {
            Some(named) => named,
            None if state == TcpState::Listen || self.only_listens(actor) => LISTENER,
            None => CONNECTION,
        };
        if sockets.contains_key(socket) {
            return Ok(socket.to_owned());
        }
        let message = match named {
            None => format!("{name} has no {socket} yet"),
            Some(named) => format!("{name} has no socket named `{named}` yet"),
        };
        let known = sockets.keys().map(String::as_str);
        let help = if sockets.is_empty() { format!("{name} has no sockets so far") } else { suggest(socket, known) };
        Err((message, help))
    }
}

/// Whether a call can be made on an end of a pair or a pipe.
fn is_for_pairs(call: &Call) -> bool {
    use crate::record::SocketOptionName::ONonblock;
    match call {
        Call::Read { .. }
        | Call::Write { .. }
        | Call::Recv { .. }
        | Call::Send { .. }
        | Call::Shutdown { .. }
        | Call::Poll { .. }
        | Call::Dup { .. }
        | Call::Close => true,
        Call::Setsockopt { option } => option.name() == ONonblock,
        Call::Getsockopt { option } => *option == ONonblock,
        _ => false,
    }
}

/// Whether the author means the closed descriptor: EBADF says so; poll does not fail but returns POLLNVAL, and epoll has forgotten it.
fn tells_closed(call: &Call, error: Option<Errno>) -> bool {
    error == Errno::from_name("EBADF") || matches!(call, Call::Poll { .. } | Call::EpollWait { .. })
}

fn closed(attempt: &Attempt<'_>, actors: &Actors, socket: &str, line: u32) -> Fault {
    let name = actors.name(attempt.actor);
    let which = match socket {
        CONNECTION => format!("the connection of {name}"),
        LISTENER => format!("the listener of {name}"),
        other => format!("{name}.{other}"),
    };
    attempt
        .fault(format!("{which} was closed in the step of line {line}"))
        .label("no socket to call it on")
        .help("to show what a closed descriptor gives, expect error = \"EBADF\"")
}
