//! Signals, kills and the ends of processes.

use super::Walk;
use crate::record::{ActorId, Errno, ExitStatus, Kill, Outcome, SignalCaught, Syscall, What};
use crate::story::{Basis, Cause, EventId, Fact, Rel, Told};

impl Walk<'_> {
    pub(super) fn signal(&mut self, event: EventId, caught: &SignalCaught) {
        let call = EventId(caught.during);
        self.link(call, event, Rel::Raised, Basis::Kernel, (0, 0));
        let fact = Fact {
            signal: Some(caught.signal),
            errno: Some(Errno::EPIPE),
            roles: vec![("call", call)],
            ..Fact::default()
        };
        self.found.causes.push(Cause { of: event, because: vec![call], rule: "sigpipe-comes-with-epipe", fact });
        self.found.told[event.0] = Some(Told::Signal);
    }

    pub(super) fn kill(&mut self, event: EventId, kill: &Kill) {
        let dies = self.recording.events.iter().any(|other| match &other.what {
            What::Exit(exit) => exit.actor == kill.actor && exit.status == ExitStatus::Signal(kill.signal),
            _ => false,
        });
        if dies {
            self.killed.insert(kill.actor, event);
            self.close_all(event, kill.actor);
        }
        self.found.told[event.0] = Some(Told::Kill);
    }

    pub(super) fn exit(&mut self, event: EventId, actor: ActorId) {
        let by = self.killed.get(&actor).or(self.last_call.get(&actor)).copied();
        if let Some(by) = by {
            let shared = self.shared_since(actor);
            let (rule, signal) = match &self.recording.events[by.0].what {
                What::Kill(kill) if shared.is_some() => ("a-shared-table-outlives-a-process", Some(kill.signal)),
                What::Kill(kill) => ("a-kill-ends-the-process", Some(kill.signal)),
                What::Syscall(Syscall { outcome: Outcome::Killed { signal }, .. }) => {
                    ("sigpipe-default-ends-the-process", Some(*signal))
                }
                _ if shared.is_some() => ("a-shared-table-outlives-a-process", None),
                _ => ("exit-ends-the-process", None),
            };
            self.link(by, event, Rel::Ended, Basis::Kernel, (0, 0));
            let roles: Vec<_> = std::iter::once(("by", by)).chain(shared.map(|clone| ("clone", clone))).collect();
            let because = roles.iter().map(|(_, event)| *event).collect();
            let fact = Fact { signal, roles, ..Fact::default() };
            self.found.causes.push(Cause { of: event, because, rule, fact });
            self.close_all(by, actor);
        }
        self.found.told[event.0] = Some(Told::Exit);
    }
}
