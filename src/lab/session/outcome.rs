//! Writing down what actors report and how they end.

use core::net::SocketAddr;
use std::os::fd::RawFd;
use std::time::Duration;

use super::player::{News, Pending};
use super::wait::Deadline;
use super::{Halt, Session};
use crate::lab::LabError;
use crate::lab::actor::{Done, Ended};
use crate::record::{
    ActorId, Awaited, Call, Detail, Errno, Event, Exit, ExitStatus, Outcome, Signal, SignalCaught, SocketId,
    SocketKind, StepId, Syscall, What,
};

/// How long the SYN of a connect that was made may take from the sniffer to the conductor.
const SYN_ON_ITS_WAY: Duration = Duration::from_millis(200);

impl Session {
    /// Writes down all that the actor has said. True when no call of it is out.
    pub(super) fn listen(&mut self, actor: ActorId) -> Result<bool, Halt> {
        loop {
            match self.players[actor.0].news()? {
                News::None => return Ok(self.players[actor.0].pending.is_none()),
                News::Begun(at_ns) => self.begun(actor, at_ns),
                News::Done(done) => self.returned(actor, *done)?,
                News::Ending => return self.await_ending(actor),
            }
        }
    }

    /// Writes down every process that has ended since the last look.
    pub(super) fn notice_deaths(&mut self) -> Result<(), Halt> {
        for actor in (0..self.players.len()).map(ActorId) {
            let player = &mut self.players[actor.0];
            if !player.over
                && player.has_begun()
                && let Some(ended) = player.handle()?.ended()?
            {
                self.bury(actor, ended, None)?;
            }
        }
        Ok(())
    }

    /// Waits for the end of an actor's process and writes it down. False when the deadline passed before.
    pub(super) fn await_death(
        &mut self,
        actor: ActorId,
        step: Option<StepId>,
        deadline: Deadline,
    ) -> Result<bool, Halt> {
        let player = &mut self.players[actor.0];
        if player.over {
            return Ok(true);
        }
        let Some(ended) = player.await_end(&self.stop, deadline)? else { return Ok(false) };
        self.bury(actor, ended, step)?;
        Ok(true)
    }

    /// Notes that the step waits for the actor's call in vain.
    pub(super) fn give_up(&mut self, actor: ActorId, what: Awaited) {
        if self.seems_asleep(actor) {
            self.note_blocked(actor);
        }
        if let Some(pending) = &mut self.players[actor.0].pending {
            pending.given_up = true;
        }
        self.missed(what);
    }

    /// Whether the actor sleeps in its call, as far as can be told from outside.
    pub(super) fn seems_asleep(&self, actor: ActorId) -> bool {
        let player = &self.players[actor.0];
        let call =
            player.pending.as_ref().filter(|pending| pending.begun).and_then(|pending| self.syscall(pending.event));
        call.is_some_and(|syscall| player.is_asleep_in(syscall.call.name()))
    }

    /// Notes that the actor sleeps in its call. Of a connect the addresses are known then.
    pub(super) fn note_sleep(&mut self, actor: ActorId, deadline: Deadline) -> Result<(), Halt> {
        self.note_blocked(actor);
        match self.players[actor.0].pending.clone() {
            Some(Pending { event, socket, to: Some(to), .. }) => {
                self.sockets.addressed(socket, None, Some(to));
                self.learn_local(socket, event, deadline)
            }
            _ => Ok(()),
        }
    }

    /// The call of an event.
    pub(super) fn syscall(&self, event: usize) -> Option<&Syscall> {
        match &self.events.get(event)?.what {
            What::Syscall(syscall) => Some(syscall),
            _ => None,
        }
    }

    fn update(&mut self, event: usize, change: impl FnOnce(&mut i64, &mut Syscall)) {
        if let Some(Event { t_ns, what: What::Syscall(syscall) }) = self.events.get_mut(event) {
            change(t_ns, syscall);
        }
    }

    fn note_blocked(&mut self, actor: ActorId) {
        if let Some(event) = self.players[actor.0].pending.as_ref().map(|pending| pending.event) {
            self.update(event, |_, syscall| syscall.blocked = true);
        }
    }

    fn begun(&mut self, actor: ActorId, at_ns: u64) {
        if let Some(pending) = &mut self.players[actor.0].pending {
            pending.begun = true;
            let event = pending.event;
            self.update(event, |t_ns, _| *t_ns = at_ns.cast_signed());
        }
    }

    /// The end of the actor's stream is the beginning of the end of its process, whose sockets are closed only after that.
    fn await_ending(&mut self, actor: ActorId) -> Result<bool, Halt> {
        if self.await_death(actor, None, Deadline::after(None))? {
            return Ok(true);
        }
        Err(LabError::new("lost an actor")
            .tried("waiting for its end", "it closed its control socket and lives")
            .into())
    }

    fn returned(&mut self, actor: ActorId, done: Done) -> Result<(), Halt> {
        let Some(pending) = self.players[actor.0].pending.take() else {
            return Err(LabError::new("cannot understand an actor").tried("its report", "no call was made").into());
        };
        let Done { begin_ns, mut end_ns, mut outcome, sigpipes, sigpipe_ns, local, peer, pair } = done;
        self.settle_socket(&pending, &mut outcome, local, peer);
        if let (Some(ends), Outcome::Returned { detail, .. }) = (pair, &mut outcome) {
            *detail = self.settle_pair(actor, &pending, ends);
        }
        match self.syscall(pending.event).map(|syscall| (syscall.call.clone(), &outcome)) {
            Some((Call::Fork { child } | Call::Clone { child }, Outcome::Returned { value, .. })) => {
                self.is_forked(actor, child, *value)?;
            }
            Some((Call::Vanish, _)) => end_ns = self.vanishes(actor)?.unwrap_or(end_ns),
            _ => {}
        }
        let errno = errno(&outcome);
        self.update(pending.event, |t_ns, syscall| {
            *t_ns = begin_ns.cast_signed();
            syscall.end_ns = Some(end_ns.cast_signed());
            syscall.outcome = outcome;
        });
        let caught = SignalCaught { actor, signal: Signal::SIGPIPE, during: pending.event };
        let signal = Event { t_ns: sigpipe_ns.cast_signed(), what: What::Signal(caught) };
        self.events.extend((0..sigpipes).map(|_| signal.clone()));
        if pending.to.is_some() && errno.is_some_and(sent_a_syn) {
            self.learn_local(pending.socket, pending.event, Deadline::after(None))?;
        }
        Ok(())
    }

    /// What a call that returned has changed about sockets.
    fn settle_socket(
        &mut self,
        pending: &Pending,
        outcome: &mut Outcome,
        local: Option<SocketAddr>,
        peer: Option<SocketAddr>,
    ) {
        let socket = pending.socket;
        self.sockets.call_on(socket);
        let Some((actor, call)) = self.syscall(pending.event).map(|syscall| (syscall.actor, syscall.call.clone()))
        else {
            return;
        };
        match (&call, outcome) {
            (Call::Socket, Outcome::Returned { value, .. }) => {
                self.sockets.opened(pending.descriptor, descriptor(*value));
            }
            (Call::Dup { to }, Outcome::Returned { value, .. }) => {
                let copy = self.sockets.refer(actor, to, socket);
                self.sockets.opened(copy, descriptor(*value));
            }
            (Call::Fork { child }, Outcome::Returned { .. }) => self.sockets.inherit(actor, *child),
            (Call::Clone { child }, Outcome::Returned { .. }) => self.sockets.share(actor, *child),
            (Call::EpollCreate, Outcome::Returned { value, .. }) => {
                self.sockets.watched_by(pending.descriptor, descriptor(*value));
            }
            (Call::EpollCtl { events, edge, .. }, Outcome::Returned { .. }) => {
                self.sockets.register(pending.descriptor, events.clone(), *edge);
            }
            (Call::Accept { .. }, Outcome::Returned { value, detail }) => {
                let opened = self.sockets.accept(socket, actor, &pending.named);
                self.sockets.opened(opened, descriptor(*value));
                let accepted = self.sockets.of(opened);
                self.sockets.addressed(accepted, local, peer);
                self.sockets.call_on(accepted);
                *detail = Detail::Accepted(accepted);
            }
            (Call::Listen { .. }, Outcome::Returned { .. }) => {
                self.sockets.listening(socket);
                self.sockets.addressed(socket, local, None);
            }
            // Whatever close returns, the descriptor is gone (close(2), "Dealing with error returns").
            (Call::Close | Call::Vanish, _) => self.sockets.closed(pending.descriptor),
            (Call::Bind { .. }, _) => self.sockets.addressed(socket, local, None),
            (Call::Connect { .. }, Outcome::Failed { errno: Errno::EISCONN }) => {
                self.sockets.addressed(socket, local, peer);
            }
            (Call::Connect { .. }, _) => {
                // A connect that failed gives back the address that the kernel had chosen for it.
                let local = local.filter(|local| !local.ip().is_unspecified() && local.port() != 0);
                if local.is_none() {
                    self.sockets.forget_local(socket);
                }
                self.sockets.addressed(socket, local, peer.or(pending.to));
            }
            _ => {}
        }
    }

    /// The two ends that a call has made.
    fn settle_pair(&mut self, actor: ActorId, pending: &Pending, ends: [RawFd; 2]) -> Detail {
        let (names, kinds) = match self.syscall(pending.event).map(|syscall| syscall.call.clone()) {
            Some(Call::Socketpair { names }) => (names, [SocketKind::Unix; 2]),
            Some(Call::Pipe { names }) => (names, [SocketKind::PipeReader, SocketKind::PipeWriter]),
            _ => return Detail::None,
        };
        let second = self.sockets.add(actor, &names[1]);
        let descriptors = [pending.descriptor, second];
        for ((descriptor, fd), kind) in descriptors.into_iter().zip(ends).zip(kinds) {
            self.sockets.opened(descriptor, fd);
            self.sockets.is_a(self.sockets.of(descriptor), kind);
        }
        Detail::Pair(descriptors.map(|descriptor| self.sockets.of(descriptor)))
    }

    /// After a connect that failed or still waits, the kernel no longer or not yet tells the address that it had chosen; its SYN
    /// does.
    fn learn_local(&mut self, socket: SocketId, event: usize, deadline: Deadline) -> Result<(), Halt> {
        let deadline = deadline.at_most(SYN_ON_ITS_WAY);
        let begin_ns = self.events[event].t_ns;
        let Some(to) = self.sockets.get(socket).peer else { return Ok(()) };
        while self.sockets.get(socket).local.is_none_or(|local| local.ip().is_unspecified()) {
            self.wire.take();
            let found = self.wire.syn_to(to, begin_ns, self.sockets.records());
            if found.is_some() {
                self.sockets.addressed(socket, found, None);
            } else if !self.wire.wait(&self.stop, deadline)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Writes down the end of a process, and of the call that it was in.
    fn bury(&mut self, actor: ActorId, ended: Ended, step: Option<StepId>) -> Result<(), Halt> {
        self.players[actor.0].over = true;
        loop {
            match self.players[actor.0].news()? {
                News::None | News::Ending => break,
                News::Begun(at_ns) => self.begun(actor, at_ns),
                News::Done(done) => self.returned(actor, *done)?,
            }
        }
        let pending = self.players[actor.0].pending.take();
        let step = step.or(pending.as_ref().map(|pending| pending.step));
        let end_ns = ended.at_ns.cast_signed();
        if let Some(pending) = pending {
            self.update(pending.event, |_, syscall| {
                syscall.end_ns = Some(end_ns);
                syscall.outcome = match ended.status {
                    ExitStatus::Signal(signal) => Outcome::Killed { signal },
                    ExitStatus::Code(_) => Outcome::Unfinished,
                };
            });
        }
        self.sockets.gone(actor);
        self.events.push(Event { t_ns: end_ns, what: What::Exit(Exit { actor, status: ended.status, step }) });
        Ok(())
    }
}

fn descriptor(value: i64) -> RawFd {
    RawFd::try_from(value).unwrap_or(super::sockets::NEVER_OPEN)
}

fn errno(outcome: &Outcome) -> Option<Errno> {
    match outcome {
        Outcome::Failed { errno } => Some(*errno),
        _ => None,
    }
}

/// Whether a connect that failed so had sent a SYN.
fn sent_a_syn(errno: Errno) -> bool {
    use Errno as E;
    [E::ECONNREFUSED, E::ETIMEDOUT, E::ECONNRESET, E::EINPROGRESS, E::EAGAIN, E::EINTR].contains(&errno)
}
