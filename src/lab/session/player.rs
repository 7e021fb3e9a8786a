//! An actor in the conductor's hands: its process and the call that it is in.

use super::sockets::DescriptorId;
use super::wait::{Deadline, Woken, readable};
use super::{Halt, Heard};
use crate::lab::actor::{Done, Ended, Handle};
use crate::lab::{LabError, StopFlag};
use crate::record::{SocketId, StepId};
use core::net::SocketAddr;

/// An actor.
#[derive(Debug)]
pub(super) struct Player {
    /// Its process; none before it is forked.
    handle: Option<Handle>,
    /// The call that it was told to make and that has not returned.
    pub(super) pending: Option<Pending>,
    /// Its end was recorded.
    pub(super) over: bool,
}

/// A call under way.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Its event.
    pub(super) event: usize,
    /// Its step.
    pub(super) step: StepId,
    /// The socket it is made on.
    pub(super) socket: SocketId,
    /// The descriptor it is made on.
    pub(super) descriptor: DescriptorId,
    /// For accept, the name that the new connection gets.
    pub(super) named: String,
    /// For connect, where it goes.
    pub(super) to: Option<SocketAddr>,
    /// The actor has said that it makes it now.
    pub(super) begun: bool,
    /// The step did not wait for it: it runs against other calls.
    pub(super) started: bool,
    /// It was waited for until a deadline, in vain.
    pub(super) given_up: bool,
}

/// What came of listening to an actor.
#[derive(Debug)]
pub(super) enum News {
    /// Nothing.
    None,
    /// It makes its call, since then (nanoseconds since 1970).
    Begun(u64),
    /// Its call returned.
    Done(Box<Done>),
    /// Its process is ending.
    Ending,
}

impl Player {
    /// An actor that has just been started, or that will be forked.
    pub(super) fn new(handle: Option<Handle>) -> Self {
        Self { handle, pending: None, over: false }
    }

    /// It was forked.
    pub(super) fn is_born(&mut self, handle: Handle) {
        self.handle = Some(handle);
    }

    /// Whether it has a process, or had one.
    pub(super) fn has_begun(&self) -> bool {
        self.handle.is_some()
    }

    /// Its process. Nothing can be asked of an actor that was not forked yet.
    pub(super) fn handle(&mut self) -> Result<&mut Handle, Halt> {
        self.handle.as_mut().ok_or(Halt::Impossible)
    }

    /// Whether its process sleeps in the call of that name.
    pub(super) fn is_asleep_in(&self, call: &str) -> bool {
        self.handle.as_ref().is_some_and(|handle| handle.is_asleep_in(call))
    }

    /// Waits until it is ready for its first order.
    pub(super) fn await_ready(&mut self, stop: &StopFlag, deadline: Deadline) -> Result<(), Halt> {
        loop {
            let failed = match self.handle()?.hear()? {
                Heard::Ready => return Ok(()),
                Heard::Silence if !deadline.has_passed() => None,
                Heard::Silence => Some("it did not say that it is ready"),
                Heard::End => Some("it ended at once; is its executable one that can be an actor?"),
                Heard::Begun(_) | Heard::Done(_) => Some("it spoke of a call before it was told to make one"),
            };
            if let Some(failed) = failed {
                return Err(LabError::new("cannot start an actor").tried("starting a process", failed).into());
            }
            self.await_news(stop, deadline.left())?;
        }
    }

    /// What it has said, without waiting.
    pub(super) fn news(&mut self) -> Result<News, Halt> {
        Ok(match self.handle()?.hear()? {
            Heard::Silence => News::None,
            Heard::Begun(at_ns) => News::Begun(at_ns),
            Heard::Done(done) => News::Done(done),
            Heard::End => News::Ending,
            Heard::Ready => {
                return Err(LabError::new("cannot understand an actor").tried("its report", "ready twice").into());
            }
        })
    }

    /// Waits until it says something or its process ends: of one that shares its descriptors the stream does not end then.
    pub(super) fn await_news(&mut self, stop: &StopFlag, time: std::time::Duration) -> Result<Woken, Halt> {
        let handle = self.handle()?;
        readable(&[handle.control(), handle.life()], stop, time)
    }

    /// Waits for the end of its process. None when the deadline passed before.
    pub(super) fn await_end(&mut self, stop: &StopFlag, deadline: Deadline) -> Result<Option<Ended>, Halt> {
        loop {
            if let Some(ended) = self.handle()?.ended()? {
                return Ok(Some(ended));
            }
            if deadline.has_passed() {
                return Ok(None);
            }
            readable(&[self.handle()?.life()], stop, deadline.left())?;
        }
    }

    /// Kills its process, without waiting.
    pub(super) fn kill(&mut self) {
        if let Some(handle) = &mut self.handle {
            handle.kill();
        }
    }
}
