//! A step's action: making its call, waiting for it, sending a signal.

use core::net::SocketAddr;

use super::player::{Pending, Player};
use super::sockets::DescriptorId;
use super::wait::{Backoff, Deadline, Woken};
use super::{Halt, Session, now};
use crate::lab::LabError;
use crate::lab::actor::Order;
use crate::record::{
    Action, ActorId, Awaited, Call, Event, Family, Kill, Outcome, Script, Signal, SigpipeDisposition, StepId, Syscall,
    Target, What,
};

/// The most that one call may write, in bytes: it is held in memory, in the actor.
const LARGEST_WRITE: u64 = 1 << 30;

/// A call that a step asks for.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The step.
    pub(super) step: StepId,
    /// Who is to make it.
    pub(super) actor: ActorId,
    /// The step's socket: for accept, the name of the connection to come.
    pub(super) socket: &'a str,
    /// The call.
    pub(super) call: &'a Call,
    /// How long it is waited for.
    pub(super) patience: Patience,
}

/// How long a step's call is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Until it returns.
    UntilReturn,
    /// Until it sleeps, which is expected.
    UntilAsleep,
    /// Until it returns or sleeps; nothing is expected.
    UntilEither,
    /// Not at all: it runs against what the next step does.
    None,
}

/// How a wait for a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waited {
    /// It returned, or its process died in it.
    Over,
    /// It sleeps in the kernel.
    Asleep,
    /// The deadline passed.
    TimedOut,
}

/// Refuses a script whose data would not fit into memory.
pub(super) fn check_sizes(script: &Script) -> Result<(), LabError> {
    let mut sizes = script.steps.iter().filter_map(|step| match &step.action {
        Action::Call { call, .. } => call.data().map(|data| (step.line, data.size())),
        _ => None,
    });
    match sizes.find(|(_, size)| *size > LARGEST_WRITE) {
        None => Ok(()),
        Some((line, size)) => Err(LabError::new(format!("line {line} writes {size} bytes in one call"))
            .tried("holding that in memory", format!("more than {LARGEST_WRITE} bytes are too many"))
            .advise("write it in several steps")),
    }
}

impl Session {
    /// Waits until the actor can be told to do something: a call that was left blocked must return first.
    pub(super) fn await_turn(&mut self, actor: ActorId, deadline: Deadline) -> Result<(), Halt> {
        self.check_alive(actor)?;
        let patience = match &self.players[actor.0].pending {
            None => return Ok(()),
            Some(_) if self.script.anything_goes => Deadline::after(Some(0)),
            Some(pending) if pending.given_up => Deadline::after(Some(0)),
            Some(_) => deadline,
        };
        match self.await_return(actor, patience)? {
            Waited::Over => self.check_alive(actor),
            Waited::Asleep | Waited::TimedOut => Err(Halt::Impossible),
        }
    }

    /// An actor that has ended, or was not forked yet, can do nothing.
    pub(super) fn check_alive(&mut self, actor: ActorId) -> Result<(), Halt> {
        self.notice_deaths()?;
        let player = &self.players[actor.0];
        if player.over || !player.has_begun() { Err(Halt::Impossible) } else { Ok(()) }
    }

    /// Makes a step's call, after the calls that it implies. Where one of those fails, the step's own is not made: no program
    /// would go on.
    pub(super) fn act_call(&mut self, asked: &Asked<'_>, deadline: Deadline) -> Result<(), Halt> {
        let Some(descriptor) = self.prepare(asked, deadline)? else { return Ok(()) };
        self.check_vanish(asked, descriptor)?;
        let call = self.resolved(asked, self.sockets.of(descriptor));
        self.order(asked, descriptor, call, false)?;
        match asked.patience {
            Patience::UntilAsleep => match self.await_sleep(asked.actor, deadline)? {
                Waited::Over => self.missed(Awaited::Block),
                Waited::Asleep => {}
                Waited::TimedOut => self.give_up(asked.actor, Awaited::Block),
            },
            Patience::UntilReturn => {
                if self.await_return(asked.actor, deadline)? == Waited::TimedOut {
                    self.give_up(asked.actor, Awaited::Return);
                }
            }
            Patience::UntilEither => {
                if self.await_sleep(asked.actor, deadline)? == Waited::TimedOut {
                    self.give_up(asked.actor, Awaited::Return);
                }
            }
            Patience::None => {
                if let Some(pending) = &mut self.players[asked.actor.0].pending {
                    pending.started = true;
                }
            }
        }
        Ok(())
    }

    /// Makes a call that the author did not write. True where it succeeded.
    pub(super) fn act_implied(
        &mut self,
        asked: &Asked<'_>,
        descriptor: DescriptorId,
        call: Call,
        deadline: Deadline,
    ) -> Result<bool, Halt> {
        let event = self.events.len();
        self.order(asked, descriptor, call, true)?;
        if self.await_return(asked.actor, deadline)? == Waited::TimedOut {
            self.give_up(asked.actor, Awaited::Return);
        }
        Ok(self.syscall(event).is_some_and(|made| matches!(made.outcome, Outcome::Returned { .. })))
    }

    /// Waits for the return of a call that was left blocked; nothing where it has returned already.
    pub(super) fn finish_call(&mut self, step: StepId, deadline: Deadline) -> Result<(), Halt> {
        let Some(actor) = self.blocked_in(step) else { return Ok(()) };
        if self.await_return(actor, deadline)? == Waited::TimedOut {
            self.give_up(actor, Awaited::Return);
        }
        Ok(())
    }

    /// Sends a signal, and waits for the end of the process where the signal ends it.
    pub(super) fn kill(
        &mut self,
        step: StepId,
        actor: ActorId,
        signal: Signal,
        deadline: Deadline,
    ) -> Result<(), Halt> {
        self.events.push(Event { t_ns: now(), what: What::Kill(Kill { actor, signal, step }) });
        self.players[actor.0].handle()?.signal(signal)?;
        if ends_process(signal, self.actors[actor.0].sigpipe) && !self.await_death(actor, Some(step), deadline)? {
            self.missed(Awaited::Exit);
        }
        Ok(())
    }

    /// Lets calls that were left blocked, and that the step has woken, return: each sleeps again afterwards or is over.
    pub(super) fn settle_calls(&mut self, deadline: Deadline) -> Result<(), Halt> {
        for actor in (0..self.players.len()).map(ActorId) {
            let Some(pending) = &self.players[actor.0].pending else { continue };
            if pending.given_up || pending.started {
                self.listen(actor)?;
            } else {
                self.await_sleep(actor, deadline)?;
            }
        }
        Ok(())
    }

    fn blocked_in(&self, step: StepId) -> Option<ActorId> {
        let blocked = |player: &Player| player.pending.as_ref().is_some_and(|pending| pending.step == step);
        self.players.iter().position(blocked).map(ActorId)
    }

    /// Tells the actor to make a call, and opens its event. Written is what the author wrote; what is implied was written by
    /// nobody and has its addresses.
    fn order(&mut self, asked: &Asked<'_>, descriptor: DescriptorId, call: Call, implied: bool) -> Result<(), Halt> {
        let socket = self.sockets.of(descriptor);
        let syscall = Syscall {
            actor: asked.actor,
            socket,
            through: self.sockets.alias(descriptor).map(str::to_owned),
            step: asked.step,
            implied,
            call: if implied { call.clone() } else { asked.call.clone() },
            end_ns: None,
            blocked: false,
            outcome: Outcome::Unfinished,
        };
        let event = self.events.len();
        self.sockets.call_on(socket);
        self.events.push(Event { t_ns: now(), what: What::Syscall(syscall) });
        let to = connects_to(&call);
        let family = self.family(asked);
        let (step, named) = (asked.step, asked.socket.to_owned());
        let player = &mut self.players[asked.actor.0];
        player.pending =
            Some(Pending { event, step, socket, descriptor, named, to, begun: false, started: false, given_up: false });
        let (fd, epoll) = (self.sockets.fd(descriptor), self.sockets.epoll(descriptor));
        let name = call.child().and_then(|child| Some(self.script.actors.get(child.0)?.name.clone()));
        player.handle()?.tell(&Order { fd, epoll, family, name, call })?;
        Ok(())
    }

    /// The family of a new socket: that of the address that it is for.
    fn family(&self, asked: &Asked<'_>) -> Family {
        let address = match asked.call {
            Call::Connect { to: Target::Address(to) } => to.ip(),
            Call::Connect { to: Target::Actor(actor) } => self.actors[actor.0].address,
            _ => self.actors[asked.actor.0].address,
        };
        if address.is_ipv6() { Family::Ipv6 } else { Family::Ipv4 }
    }

    fn await_return(&mut self, actor: ActorId, deadline: Deadline) -> Result<Waited, Halt> {
        loop {
            if self.listen(actor)? {
                return Ok(Waited::Over);
            }
            if deadline.has_passed() {
                return Ok(Waited::TimedOut);
            }
            self.players[actor.0].await_news(&self.stop, deadline.left())?;
        }
    }

    fn await_sleep(&mut self, actor: ActorId, deadline: Deadline) -> Result<Waited, Halt> {
        let mut backoff = Backoff::new();
        loop {
            // What it says after it seemed asleep decides: who has said nothing sleeps in the call and nowhere else.
            let asleep = self.seems_asleep(actor);
            if self.listen(actor)? {
                return Ok(Waited::Over);
            }
            if asleep {
                self.note_sleep(actor, deadline)?;
                return Ok(Waited::Asleep);
            }
            if deadline.has_passed() {
                return Ok(Waited::TimedOut);
            }
            if self.players[actor.0].await_news(&self.stop, backoff.next(deadline))? == Woken::Ready {
                backoff = Backoff::new();
            }
        }
    }
}

fn connects_to(call: &Call) -> Option<SocketAddr> {
    match call {
        Call::Connect { to: Target::Address(to) } => Some(*to),
        _ => None,
    }
}

/// The signals whose default action is to stop, to continue or to do nothing; 0 is none.
const HARMLESS: [i32; 9] = [
    0,
    libc::SIGCHLD,
    libc::SIGCONT,
    libc::SIGSTOP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGURG,
    libc::SIGWINCH,
];

/// Whether a signal ends an actor: its default action does (signal(7)), and only SIGPIPE has another than that.
fn ends_process(signal: Signal, sigpipe: SigpipeDisposition) -> bool {
    match signal.0 {
        libc::SIGPIPE => sigpipe == SigpipeDisposition::Default,
        other => !HARMLESS.contains(&other),
    }
}
