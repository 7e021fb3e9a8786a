//! Waiting for what a step expects: segments, then states, then the end of a process.

use super::wait::{Backoff, Deadline, readable};
use super::wire::Awaited as AwaitedSegments;
use super::{Halt, Session};
use crate::record::{Action, ActorId, Awaited, Located, SegmentPattern, SocketRef, Step, TcpState};

impl Session {
    /// Waits until everything has come or the deadline has passed. What has not come is noted; the run goes on.
    pub(super) fn await_all(&mut self, step: &Step, begin_ns: i64, deadline: Deadline) -> Result<(), Halt> {
        self.await_segments(&step.expect.wire, begin_ns, deadline)?;
        for (place, Located { value: (socket, state), .. }) in step.expect.state.iter().enumerate() {
            self.await_state(place, socket, *state, deadline)?;
        }
        let Some(actor) = step.expect.exit.as_ref().and_then(|_| self.whose_end(&step.action)) else { return Ok(()) };
        if !self.await_death(actor, None, deadline)? {
            self.missed(Awaited::Exit);
        }
        Ok(())
    }

    fn await_segments(
        &mut self,
        patterns: &[Located<SegmentPattern>],
        begin_ns: i64,
        deadline: Deadline,
    ) -> Result<(), Halt> {
        let mut awaited = AwaitedSegments::new(patterns, begin_ns);
        loop {
            self.wire.take();
            let Some(missing) = awaited.missing(self.wire.frames(), &self.actors, self.sockets.records()) else {
                return Ok(());
            };
            if !self.wire.wait(&self.stop, deadline)? {
                self.missed(Awaited::Wire(missing));
                return Ok(());
            }
        }
    }

    fn await_state(
        &mut self,
        place: usize,
        socket: &SocketRef,
        wanted: TcpState,
        deadline: Deadline,
    ) -> Result<(), Halt> {
        let mut backoff = Backoff::new();
        loop {
            let found = self.state_of(socket)?;
            let reached = found == wanted;
            if reached || deadline.has_passed() {
                self.witness(found);
                if !reached {
                    self.missed(Awaited::State(place));
                }
                return Ok(());
            }
            readable(&[], &self.stop, backoff.next(deadline))?;
        }
    }

    fn witness(&mut self, state: TcpState) {
        if let Some(step) = self.steps.last_mut() {
            step.states.push(state);
        }
    }

    fn whose_end(&self, action: &Action) -> Option<ActorId> {
        match action {
            Action::Call { actor, .. } | Action::Kill { actor, .. } => Some(*actor),
            Action::Finish { step } => match &self.script.steps.get(step.0)?.action {
                Action::Call { actor, .. } => Some(*actor),
                _ => None,
            },
            Action::Pause { .. } | Action::Wait => None,
        }
    }
}
