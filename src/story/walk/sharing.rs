//! Several processes at one connection: who gets what.
//!
//! All who sleep in a read of one socket are woken together (`sk_wait_data`), and the first to get the socket's lock takes what
//! is there. Which one that is, nothing says beforehand; afterwards the bytes that each returned do.

use super::{Active, Walk};
use crate::record::{ActorId, Call, Detail, MsgFlag, Outcome, Syscall, What};
use crate::story::endpoint::Endpoint;
use crate::story::predict::{self, Foreseen, View};
use crate::story::{EndpointId, EventId, Predicted};

/// How many segments are tried as the last that another process may have taken.
const EARLIER_SEGMENTS: usize = 16;

/// Parts of a stream, with the segments that they came in.
type Parts = Vec<(EventId, u64, u64)>;

impl<'r> Walk<'r> {
    /// A recv with `MSG_WAITALL` that has to go on waiting copies what is there (`tcp_recvmsg_locked`): it is out of the queue.
    pub(super) fn copies(&mut self, actor: ActorId) {
        let Some((id, call)) =
            self.active.get(&actor).and_then(|active| Some((active.endpoint?, self.call_of(active)?)))
        else {
            return;
        };
        let Call::Recv { size, flags } = &call.call else { return };
        let goes_on = flags.contains(&MsgFlag::WaitAll) && !flags.contains(&MsgFlag::Oob);
        if !goes_on || self.foresee(call).outcome != Predicted::Blocks {
            return;
        }
        if !self.takers_beside(actor, id).is_empty() {
            let seen = self.endpoint(id).peek(0, *size);
            if let Some(active) = self.active.get_mut(&actor).filter(|_| flags.contains(&MsgFlag::Peek)) {
                active.glimpsed = if seen.is_empty() { std::mem::take(&mut active.glimpsed) } else { seen };
            }
            return;
        }
        self.looks_again(actor, id, *size);
        let held = self.active.get(&actor).map_or(0, Active::held_bytes);
        let rest = size.saturating_sub(held);
        if flags.contains(&MsgFlag::Peek) {
            self.copies_without_taking(actor, id, rest);
            return;
        }
        let parts = self.endpoint_mut(id).take(rest, false);
        if let Some(active) = self.active.get_mut(&actor) {
            active.held.extend(parts);
        }
    }

    /// Who was woken beside another, and found that one served, has had the time to copy what was left.
    pub(super) fn others_have_copied(&mut self, id: EndpointId) {
        let there = self.active.iter().filter(|(_, active)| active.endpoint == Some(id) && active.sleeps());
        for actor in there.map(|(actor, _)| *actor).collect::<Vec<_>>() {
            self.copies(actor);
        }
    }

    /// Who was woken beside one that has returned takes what that one has left.
    pub(super) fn others_may_take_the_rest(&mut self, id: EndpointId) {
        let waited = |active: &Active| active.endpoint == Some(id) && active.foreseen.first().is_some_and(waits);
        for actor in
            self.active.iter().filter(|(_, active)| waited(active)).map(|(actor, _)| *actor).collect::<Vec<_>>()
        {
            self.may_return(actor);
        }
    }

    /// A recv with `MSG_PEEK` looks on, if it was woken.
    fn copies_without_taking(&mut self, actor: ActorId, id: EndpointId, rest: u64) {
        let endpoint = &self.endpoints[id.connection.0][id.side.index()];
        let Some(active) = self.active.get_mut(&actor) else { return };
        if active.looking.sleeps_on(endpoint) && !active.held.is_empty() {
            return;
        }
        let parts = endpoint.peek(active.peeked(endpoint), rest);
        active.looking.looks(endpoint, active.held_bytes());
        if let Some((.., to)) = parts.last() {
            active.looking.at = *to;
        }
        active.held.extend(parts);
    }

    /// All who sleep at an end are woken, whether there is anything for them or not (`sk_state_change`).
    pub(super) fn rouses(&mut self, id: EndpointId) {
        for active in self.active.values_mut().filter(|active| active.endpoint == Some(id) && active.sleeps()) {
            active.looking.roused = true;
        }
        self.may_rouse(id);
    }

    /// The same where it depends on sizes that the kernel tunes: room in the send buffer wakes readers too (`sk_stream_write_space`).
    pub(super) fn may_rouse(&mut self, id: EndpointId) {
        let recording = self.recording;
        for active in self.active.values_mut().filter(|active| active.endpoint == Some(id) && active.sleeps()) {
            if let What::Syscall(call) = &recording.events[active.event.0].what {
                active.foreseen.extend(predict::woken(&call.call));
            }
        }
    }

    /// Who has looked at bytes that another process has taken since begins anew with each that comes, and has the earlier ones as well.
    fn looks_again(&mut self, actor: ActorId, id: EndpointId, size: u64) {
        let Some(first) = self.active.get(&actor).and_then(|active| active.glimpsed.first()) else { return };
        if first.1 >= self.endpoint(id).readable(0).0 {
            return;
        }
        let seen: u64 = self.active[&actor].glimpsed.iter().map(|(_, from, to)| to - from).sum();
        let more = self.endpoint(id).peek(0, size.saturating_sub(seen));
        if let Some(active) = self.active.get_mut(&actor) {
            active.glimpsed.extend(more);
        }
    }

    /// What a call returns that looked at bytes which another process has taken since: it goes on from what is there now, and has
    /// those as well (`tcp_recvmsg_locked` calls that a bug of the application).
    pub(super) fn after_looking_first(&self, call: &Syscall, active: &Active) -> Option<Foreseen> {
        let (id, first) = (active.endpoint?, active.glimpsed.first()?);
        let Call::Recv { size, flags } = &call.call else { return None };
        let view = self.view(call)?;
        if first.1 >= self.endpoint(id).readable(0).0 {
            return None; // nobody has taken it
        }
        let held = active.glimpsed.iter().map(|(_, from, to)| to - from).sum::<u64>().min(*size);
        Some(predict::predict(View { held, peeked: 0, ..view }, &Call::Recv { size: *size, flags: flags.clone() }))
    }

    /// Whether what a recv with `MSG_PEEK` returned is what it has copied and what lies behind that now.
    pub(super) fn lies_in_the_queue(&self, call: &Syscall, active: &Active) -> bool {
        let Outcome::Returned { value, detail: Detail::Data(data) } = &call.outcome else { return true };
        let Some(endpoint) = active.endpoint.map(|id| self.endpoint(id)) else { return true };
        let rest = u64::try_from(*value).unwrap_or_default().saturating_sub(active.held_bytes());
        let parts = [active.held.clone(), endpoint.peek(active.peeked(endpoint), rest)].concat();
        self.carry(&parts, &data.0)
    }

    /// What a call returns where other processes wait on the same connection and are first to be served: they take the pending
    /// error, or what has come.
    pub(super) fn after_others(&self, actor: ActorId, active: &Active, call: &Syscall) -> Vec<Foreseen> {
        let Some(id) = active.endpoint else { return Vec::new() };
        let is_beside = |(other, another): (&ActorId, &Active)| *other != actor && another.endpoint == Some(id);
        if !self.active.iter().any(is_beside) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut ahead = self.endpoint(id).clone();
        for other in self.takers_beside(actor, id) {
            let mut alone = self.endpoint(id).clone();
            self.takes_first(other, u64::MAX, &mut alone);
            self.takes_first(other, u64::MAX, &mut ahead);
            found.extend(self.foresee_at(&alone, call));
        }
        found.extend(self.foresee_at(&ahead, call));
        if ahead.pending.take().is_some() {
            found.extend(self.foresee_at(&ahead, call));
        }
        found
    }

    /// The bytes of a read came later in the stream than what is left: others have copied what lies before and have not
    /// returned yet.
    pub(super) fn others_were_first(&mut self, actor: ActorId, id: EndpointId, bytes: u64, detail: &Detail) {
        let Detail::Data(data) = detail else { return };
        let others = self.takers_beside(actor, id);
        if others.is_empty() {
            return;
        }
        let begins_here = |walk: &Self, endpoint: &mut Endpoint| {
            let parts = endpoint.take(bytes, true);
            let found: u64 = parts.iter().map(|(_, from, to)| to - from).sum();
            found == bytes && walk.carry(&parts, &data.0)
        };
        let whole = |other: &ActorId| (*other, u64::MAX);
        let orders = std::iter::once(Vec::new()).chain(others.iter().map(|other| vec![whole(other)]));
        let orders = orders.chain([others.iter().map(whole).collect()]);
        // Or one of them has taken what was there before the last segments came, and this call those.
        let (begin, upto) = self.endpoint(id).readable(u64::MAX);
        let ends = self.endpoint(id).unread.iter().map(|(_, end, _)| end.saturating_sub(begin));
        let ends: Vec<_> = ends.take_while(|end| *end < upto - begin).take(EARLIER_SEGMENTS).collect();
        let earlier = others.iter().flat_map(|other| ends.iter().map(|end| vec![(*other, *end)]));
        for order in orders.chain(earlier) {
            let mut ahead = self.endpoint(id).clone();
            let taken: Vec<Parts> =
                order.iter().map(|(other, most)| self.takes_first(*other, *most, &mut ahead)).collect();
            if !begins_here(self, &mut ahead) {
                continue;
            }
            for ((other, _), parts) in order.into_iter().zip(taken) {
                let bytes = parts.iter().map(|(_, from, to)| to - from).sum();
                self.endpoint_mut(id).take(bytes, false);
                if let Some(active) = self.active.get_mut(&other) {
                    active.held.extend(parts);
                }
            }
            return;
        }
    }

    /// Other processes that are in a read of that end which takes bytes away.
    fn takers_beside(&self, actor: ActorId, id: EndpointId) -> Vec<ActorId> {
        let takes = |active: &Active| self.call_of(active).is_some_and(|call| super::calls::takes_bytes(&call.call));
        let beside = self.active.iter().filter(|(other, active)| {
            **other != actor
                && active.endpoint == Some(id)
                && active.foreseen.first().is_some_and(waits)
                && takes(active)
        });
        beside.map(|(other, _)| *other).collect()
    }

    /// What another process takes of what is there, if it is first, and of no more than so many bytes.
    fn takes_first(&self, other: ActorId, most: u64, ahead: &mut Endpoint) -> Parts {
        let Some(active) = self.active.get(&other) else { return Vec::new() };
        let wanted = match self.call_of(active).map(|call| &call.call) {
            Some(Call::Read { size } | Call::Recv { size, .. }) => *size,
            _ => 0,
        };
        ahead.take(wanted.saturating_sub(active.held_bytes()).min(most), false)
    }

    fn foresee_at(&self, endpoint: &Endpoint, call: &Syscall) -> Option<Foreseen> {
        Some(predict::predict(View { endpoint, ..self.view(call)? }, &call.call))
    }

    fn call_of(&self, active: &Active) -> Option<&'r Syscall> {
        let recording = self.recording;
        match &recording.events[active.event.0].what {
            What::Syscall(call) => Some(call),
            _ => None,
        }
    }
}

/// As it began, it could only wait.
fn waits(first: &Foreseen) -> bool {
    first.outcome == Predicted::Blocks
}
