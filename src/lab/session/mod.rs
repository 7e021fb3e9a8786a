//! The conductor: performs a scenario step by step, and waits after each for what the author expects.
//!
//! [`run`](super::run::run) calls [`Session::step`] in a loop; a person may do the same at any pace. Nothing here depends on steps
//! that follow each other fast, and nothing is waited for by sleeping.

mod assemble;
mod await_all;
mod birth;
mod calls;
mod implied;
mod outcome;
mod pace;
mod player;
mod ports;
mod settle;
mod sockets;
mod states;
mod wait;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use nix::sched::sched_getcpu;

pub use self::pace::{timer, timer_of_steps};
use self::player::Player;
use self::ports::Ports;
use self::settle::Backlogs;
use self::sockets::Sockets;
use self::states::States;
use self::wait::{Deadline, readable};
use self::wire::Wire;
use super::actor::{Executable, Handle, Heard};
use super::sandbox::{Ground, Sandbox, default_address, orphans_wait};
use super::sys::process::now_ns;
use super::{LabError, StopFlag};
use crate::record::{Action, Actor, ActorId, Awaited, End, Event, Recording, Script, StepId, StepRun};

/// How a session is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the actors are started from.
    pub actors: Executable,
    /// A person asks for the steps, and may think for long: where the kernel can be made to wait, it is.
    pub by_hand: bool,
}

/// A scenario under way, on the thread that opened it.
///
/// Dropping it kills the actors and ends the capture, without a recording.
#[derive(Debug)]
pub struct Session {
    players: Vec<Player>,
    actors: Vec<Actor>,
    sockets: Sockets,
    events: Vec<Event>,
    steps: Vec<StepRun>,
    next: usize,
    end: Option<End>,
    wire: Wire,
    states: States,
    backlogs: Backlogs,
    ports: Ports,
    stop: StopFlag,
    /// The kernel's, as `uname -r` prints it.
    release: String,
    script: Arc<Script>,
    sandbox: Sandbox,
}

/// Why a step was left before its end.
#[derive(Debug)]
enum Halt {
    /// It was asked to stop.
    Interrupted,
    /// It cannot be performed: its actor has ended, or is still in an earlier call.
    Impossible,
    /// The machine refused.
    Failed(LabError),
}

impl From<LabError> for Halt {
    fn from(error: LabError) -> Self {
        Self::Failed(error)
    }
}

impl Session {
    /// Makes the sandbox, starts the sniffer and the actors, and waits until all are ready. The calling thread moves into the
    /// sandbox.
    ///
    /// # Errors
    /// Where this machine refuses something that the scenario needs.
    pub fn open(ground: &Ground, script: &Script, options: &Options, stop: &StopFlag) -> Result<Self, LabError> {
        calls::check_sizes(script)?;
        let addresses: Vec<_> = (0..)
            .zip(&script.actors)
            .map(|(place, _)| {
                let place = script.ancestor_of(ActorId(place)).0;
                let asked = script.actors[place].address;
                asked.unwrap_or_else(|| default_address(script.network.family, place, ground.kind()))
            })
            .collect();
        let mut distinct = addresses.clone();
        let mut seen = BTreeSet::new();
        distinct.retain(|address| seen.insert(*address));
        let sandbox = Sandbox::open(ground, &script.network, &distinct)?;
        if options.by_hand && pace::can_be_patient(script) {
            sandbox.wait_for_a_person();
        }
        let ports = Ports::choose(script, &addresses, sandbox.kind())?;
        // The one that this thread is on is certainly allowed.
        let processor = sched_getcpu().map_err(LabError::failed("cannot start an actor", "getcpu"))?;
        let spawn = |(place, spec)| match script.parent_of(ActorId(place)) {
            None => Handle::spawn(&options.actors, spec, processor).map(Some),
            Some(_) => Ok(None),
        };
        let handles: Vec<_> = (0..).zip(&script.actors).map(spawn).collect::<Result<_, _>>()?;
        let actors = (0..).zip(&script.actors).zip(&handles).zip(&addresses);
        let actors = actors
            .map(|(((place, spec), handle), address)| Actor {
                name: spec.name.clone(),
                pid: handle.as_ref().map_or(0, Handle::pid),
                forked_from: script.parent_of(ActorId(place)),
                shares_descriptors: script.shares_descriptors(ActorId(place)),
                address: *address,
                sigpipe: spec.sigpipe,
            })
            .collect();
        let wire = Wire::listen(&sandbox, ports.all())?;
        let mut session = Self {
            players: handles.into_iter().map(Player::new).collect(),
            actors,
            sockets: Sockets::default(),
            events: Vec::new(),
            steps: Vec::new(),
            next: 0,
            end: None,
            wire,
            states: States::open()?,
            backlogs: Backlogs::open(),
            ports,
            stop: stop.clone(),
            release: assemble::uname()?.release().to_string_lossy().into_owned(),
            script: Arc::new(script.clone()),
            sandbox,
        };
        session.await_actors()?;
        Ok(session)
    }

    /// Performs the next step and waits for what it expects; says which it was. None when there is none left, or when the run
    /// has ended before: an actor is gone that the next step needs, or somebody asked to stop.
    ///
    /// # Errors
    /// Where this machine fails in the middle. Nothing more can be performed then.
    pub fn step(&mut self) -> Result<Option<StepId>, LabError> {
        let at = StepId(self.next);
        if self.end.is_some() || at.0 >= self.script.steps.len() {
            return Ok(None);
        }
        let begun = self.steps.len();
        match self.perform(at) {
            Ok(()) => self.next += 1,
            Err(Halt::Interrupted) => self.end = Some(End::Interrupted { at }),
            Err(Halt::Impossible) if self.script.anything_goes => {
                self.next += 1;
                return Ok(Some(at));
            }
            Err(Halt::Impossible) => self.end = Some(End::Stopped { at }),
            Err(Halt::Failed(error)) => return Err(error),
        }
        if let Some(step) = self.steps.get_mut(begun) {
            step.end_ns = now();
            return Ok(Some(at));
        }
        Ok(None)
    }

    /// What was recorded until now; while steps are left, as if somebody had stopped the run here. Frames that the kernel had to
    /// drop are counted only by [`finish`](Self::finish).
    ///
    /// # Errors
    /// Where the sniffer failed.
    pub fn so_far(&mut self) -> Result<Recording, LabError> {
        let (frames, capture) = self.wire.catch_up()?;
        let (sockets, ends) = self.sockets.clone().into_records();
        let (actors, events, steps) = (self.actors.clone(), self.events.clone(), self.steps.clone());
        let notes = assemble::Notes { actors, sockets, ends, events, steps, frames };
        let (script, machine) = (self.script.as_ref().clone(), assemble::machine(&self.sandbox)?);
        let about =
            assemble::About { script, machine, capture, uncertainty_ns: self.wire.uncertainty_ns(), end: self.end() };
        Ok(assemble::recording(notes, about))
    }

    /// The step that comes next, if any is left.
    pub fn next(&self) -> Option<StepId> {
        (self.end.is_none() && self.next < self.script.steps.len()).then_some(StepId(self.next))
    }

    /// Which timer of the kernel may run on while a person thinks about one of the script's questions; see [`timer`].
    pub fn timer(&self) -> Option<&'static str> {
        timer(&self.script, orphans_wait())
    }

    /// The same for a person who takes every step.
    pub fn timer_of_steps(&self) -> Option<&'static str> {
        timer_of_steps(&self.script, orphans_wait())
    }

    /// How the run has ended, or would if it ended now.
    fn end(&self) -> End {
        let at = StepId(self.next);
        let open = if at.0 < self.script.steps.len() { End::Interrupted { at } } else { End::Completed };
        self.end.clone().unwrap_or(open)
    }

    /// Ends the run: what was recorded of it. Whatever the end of the actors causes is not in it.
    ///
    /// # Errors
    /// Where the sniffer failed.
    pub fn finish(self) -> Result<Recording, LabError> {
        let end = self.end();
        let Self { mut players, actors, sockets, events, steps, wire, script, sandbox, .. } = self;
        let uncertainty_ns = wire.uncertainty_ns();
        let (frames, capture) = wire.stop()?;
        players.iter_mut().for_each(Player::kill); // all at once; each is reaped when it is dropped
        let (sockets, ends) = sockets.into_records();
        let notes = assemble::Notes { actors, sockets, ends, events, steps, frames };
        let (script, machine) = (Arc::unwrap_or_clone(script), assemble::machine(&sandbox)?);
        Ok(assemble::recording(notes, assemble::About { script, machine, capture, uncertainty_ns, end }))
    }

    /// A stop while the actors start is one before the first step, which [`step`](Self::step) then says.
    fn await_actors(&mut self) -> Result<(), LabError> {
        let deadline = Deadline::after(None);
        for player in self.players.iter_mut().filter(|player| player.has_begun()) {
            match player.await_ready(&self.stop, deadline) {
                Ok(()) => {}
                Err(Halt::Failed(error)) => return Err(error),
                Err(Halt::Interrupted | Halt::Impossible) => return Ok(()),
            }
        }
        Ok(())
    }

    fn perform(&mut self, at: StepId) -> Result<(), Halt> {
        let script = Arc::clone(&self.script);
        let step = &script.steps[at.0];
        let deadline = Deadline::after(step.expect.within_ns);
        if self.stop.is_raised() {
            return Err(Halt::Interrupted);
        }
        match step.action {
            Action::Call { actor, .. } => self.await_turn(actor, deadline)?,
            Action::Kill { actor, .. } => self.check_alive(actor)?,
            Action::Finish { .. } | Action::Pause { .. } | Action::Wait => {}
        }
        let begin_ns = now();
        self.steps.push(StepRun { step: at, begin_ns, end_ns: begin_ns, states: Vec::new(), missed: None });
        self.act(at, &step.action, deadline)?;
        if script.holds_on(&self.release) && step.expect.holds_on(&self.release) {
            self.await_all(step, begin_ns, deadline)?;
        }
        self.backlogs.settle(&self.stop, deadline)?;
        self.settle_calls(deadline)?;
        self.notice_deaths()?;
        self.sample(at)
    }

    fn act(&mut self, at: StepId, action: &Action, deadline: Deadline) -> Result<(), Halt> {
        match action {
            Action::Call { actor, socket, call, blocks, starts } => {
                let patience = match (blocks, starts) {
                    (Some(_), _) => calls::Patience::UntilAsleep,
                    (None, Some(_)) => calls::Patience::None,
                    (None, None) if self.script.anything_goes => calls::Patience::UntilEither,
                    (None, None) => calls::Patience::UntilReturn,
                };
                self.act_call(&calls::Asked { step: at, actor: *actor, socket, call, patience }, deadline)
            }
            Action::Finish { step } => self.finish_call(*step, deadline),
            Action::Kill { actor, signal } => self.kill(at, *actor, *signal, deadline),
            Action::Pause { ns } => {
                let pause = Deadline::after(Some(*ns));
                while !pause.has_passed() {
                    readable(&[], &self.stop, pause.left())?;
                }
                Ok(())
            }
            Action::Wait => Ok(()),
        }
    }

    /// Notes what the step under way waits for in vain; the first such thing counts.
    fn missed(&mut self, what: Awaited) {
        if let Some(step) = self.steps.last_mut() {
            step.missed.get_or_insert(what);
        }
    }
}

/// Now, in nanoseconds since 1970, as events have it.
fn now() -> i64 {
    now_ns().cast_signed()
}
