//! Times by rank instead of by the clock.
//!
//! What the conductor begins (steps, calls, kills) happens in the scenario's order and opens a window each. Inside a window
//! everything keeps its order, but for the ends of calls: whether a call returns just before or just after a segment that it
//! sent was stamped is chance, so a call ends behind the segments of its window. A call that slept ends in the window of what
//! woke it, although its return may have been noticed later. Of the kernel's answers about one socket in one window the last
//! stays: how often it had to be asked is chance too.
//!
//! Each thing then takes [`TICK_NS`]. Waits that the scenario asks for (a pause, a timeout that passed) keep their length, so
//! that they can be seen, and what is expected to take some time takes that. In a scenario that waits for timers of the kernel
//! (`slow`) other waits keep their whole seconds since the window was opened, for what ends by such a timer is explained by the
//! time that has passed.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};

use crate::record::{
    Action, Call, Errno, Event, Outcome, Recording, SocketId, SocketOption, SocketOptionName, Syscall, What,
};
use crate::story::{Actual, EventId, Rel, Story};

/// From one thing to the next, in nanoseconds.
const TICK_NS: i64 = 10_000;
/// A second, in nanoseconds.
const SECOND_NS: i64 = 1_000_000_000;
/// What a gap may lack of a whole second, in nanoseconds.
const SLACK_NS: i64 = 250_000_000;

/// The links whose earlier end wakes a call.
const WAKES: [Rel; 5] = [Rel::Failed, Rel::EndOfFile, Rel::Delivered, Rel::Completed, Rel::Readied];

/// Something that gets a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// The begin of a step run, by its place.
    StepBegin(usize),
    /// An event, or the begin of a call.
    Event(usize),
    /// The end of a call.
    CallEnd(usize),
    /// The end of a step run.
    StepEnd(usize),
}

/// The canonical order of a recording, with the new times.
#[derive(Debug)]
pub(super) struct Order {
    times: BTreeMap<Thing, i64>,
    /// Answers about states that a later one in the same window replaces.
    superseded: BTreeSet<usize>,
}

impl Order {
    pub(super) fn of(story: &Story) -> Self {
        let recording = &story.recording;
        let windows = Windows::of(recording);
        let superseded = superseded(recording, &windows);
        let mut keyed = windows.things(recording, &superseded);
        keyed.extend(call_ends(story, &windows));
        keyed.sort_unstable();
        let waits = Waits::of(recording);
        let long = stretched(story);
        let mut times = BTreeMap::new();
        let mut now = 0_i64;
        // Since the window was opened: when that was by the recording's clock, and how much of that has been kept.
        let (mut opened, mut kept) = (None, 0);
        for ((_, rank, _), thing) in keyed {
            let asked = waits.before(recording, thing);
            let recorded = recorded_ns(recording, thing);
            let begun = opened.unwrap_or(recorded);
            let gap = whole_seconds(recorded.saturating_sub(begun)).saturating_sub(kept).max(0);
            kept = kept.saturating_add(gap);
            let since = match thing {
                Thing::CallEnd(call) if asked > 0 => times.get(&Thing::Event(call)).copied().unwrap_or(now),
                _ => now,
            };
            let wait = if asked == 0 && recording.script.slow { gap } else { asked };
            let wait = wait.max(long.get(&thing).copied().unwrap_or_default());
            now = now.max(since.saturating_add(wait)).saturating_add(TICK_NS);
            times.insert(thing, now);
            if rank == Rank::Opening || opened.is_none() {
                (opened, kept) = (Some(recorded), 0);
            }
        }
        let zero = zero(recording, &times);
        for t_ns in times.values_mut() {
            *t_ns = t_ns.saturating_sub(zero);
        }
        Self { times, superseded }
    }

    fn time(&self, thing: Thing) -> i64 {
        self.times.get(&thing).copied().unwrap_or_default()
    }

    /// Sets the new times, sorts, and drops what was superseded.
    pub(super) fn apply(&self, recording: &mut Recording) {
        for (place, run) in recording.steps.iter_mut().enumerate() {
            run.begin_ns = self.time(Thing::StepBegin(place));
            run.end_ns = self.time(Thing::StepEnd(place));
        }
        let kept = |(place, _): &(usize, Event)| !self.superseded.contains(place);
        let events = std::mem::take(&mut recording.events);
        let mut events: Vec<(usize, Event)> = events.into_iter().enumerate().filter(kept).collect();
        for (place, event) in &mut events {
            self.set(*place, event);
        }
        events.sort_by_key(|(_, event)| event.t_ns);
        let new: BTreeMap<usize, usize> = events.iter().enumerate().map(|(new, (old, _))| (*old, new)).collect();
        recording.events = events.into_iter().map(|(_, event)| event).collect();
        for event in &mut recording.events {
            if let What::Signal(caught) = &mut event.what {
                caught.during = new.get(&caught.during).copied().unwrap_or(caught.during);
            }
        }
    }

    fn set(&self, place: usize, event: &mut Event) {
        event.t_ns = self.time(Thing::Event(place));
        match &mut event.what {
            What::Syscall(Syscall { end_ns: Some(end_ns), .. }) => *end_ns = self.time(Thing::CallEnd(place)),
            What::State(sample) => sample.end_ns = event.t_ns,
            _ => {}
        }
    }
}

/// When a thing happened by the recording's clock.
fn recorded_ns(recording: &Recording, thing: Thing) -> i64 {
    let run = |place: usize| recording.steps.get(place);
    let event = |place: usize| recording.events.get(place);
    let ns = match thing {
        Thing::StepBegin(place) => run(place).map(|run| run.begin_ns),
        Thing::StepEnd(place) => run(place).map(|run| run.end_ns),
        Thing::Event(place) => event(place).map(|event| event.t_ns),
        Thing::CallEnd(place) => event(place).and_then(|event| match &event.what {
            What::Syscall(call) => call.end_ns,
            _ => None,
        }),
    };
    ns.unwrap_or_default()
}

/// The whole seconds of a gap. A timer of a second may seem a little shorter, because the gap begins after the timer.
fn whole_seconds(gap_ns: i64) -> i64 {
    gap_ns.max(0).saturating_add(SLACK_NS) / SECOND_NS * SECOND_NS
}

/// What is expected to take some time (`takes`) and did: that time, before what came after the longest silence in it. Not in a slow
/// scenario, which keeps its whole seconds: of several silences of a second chance says which is the longest.
fn stretched(story: &Story) -> BTreeMap<Thing, i64> {
    let mut long = BTreeMap::new();
    if story.recording.script.slow {
        return long;
    }
    for check in story.verdict.checks.iter().filter(|check| check.passed) {
        let expect = story.recording.script.steps.get(check.step.0).map(|step| &step.expect);
        let wanted = expect.and_then(|expect| expect.takes.as_ref()).map(|wanted| wanted.value.at_least_ns);
        if let (Actual::Took(Some((from, to))), Some(ns)) = (&check.actual, wanted)
            && let Some(thing) = after_the_longest_silence(&story.recording, *from, *to)
        {
            long.insert(thing, i64::try_from(ns).unwrap_or(i64::MAX));
        }
    }
    long
}

fn after_the_longest_silence(recording: &Recording, from: i64, to: i64) -> Option<Thing> {
    let things = recording.events.iter().enumerate().filter_map(|(place, event)| match &event.what {
        What::Segment { .. } => Some((event.t_ns, Thing::Event(place))),
        What::Syscall(call) => call.end_ns.map(|end_ns| (end_ns, Thing::CallEnd(place))),
        _ => None,
    });
    let mut inside: Vec<(i64, Thing)> = things.filter(|(t_ns, _)| from < *t_ns && *t_ns <= to).collect();
    inside.sort_unstable();
    let before = std::iter::once(from).chain(inside.iter().map(|(t_ns, _)| *t_ns));
    let longest = inside.iter().zip(before).max_by_key(|((t_ns, _), before)| t_ns - before);
    longest.map(|((_, thing), _)| *thing)
}

/// The time of what is time 0: the first segment, or the first call where nothing was sent.
fn zero(recording: &Recording, times: &BTreeMap<Thing, i64>) -> i64 {
    let first = |wanted: fn(&What) -> bool| {
        let places = recording.events.iter().enumerate().filter(|(_, event)| wanted(&event.what));
        places.filter_map(|(place, _)| times.get(&Thing::Event(place))).min().copied()
    };
    first(|what| matches!(what, What::Segment { .. }))
        .or_else(|| first(|what| matches!(what, What::Syscall(_))))
        .unwrap_or_default()
}

/// A thing's place in the order: window, rank inside the window, and the order among equals.
type Key = (usize, Rank, usize);

/// Where a thing stands inside its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What opens the window.
    Opening,
    /// What happens before anything is looked at: segments and signals.
    Early,
    /// Calls return.
    Return,
    /// The kernel is asked, processes are found dead; and what comes after that.
    Late,
    /// The step is over.
    Over,
}

/// When the windows were opened, in the recording's time.
struct Windows {
    /// In order; each with what opened it.
    openings: Vec<(i64, Thing)>,
    /// By event: its window, and whether it comes after the first look.
    events: Vec<(usize, Rank)>,
}

impl Windows {
    fn of(recording: &Recording) -> Self {
        let steps = recording.steps.iter().enumerate().map(|(place, run)| (run.begin_ns, Thing::StepBegin(place)));
        let opens = |event: &Event| matches!(event.what, What::Syscall(_) | What::Kill(_));
        let events = recording.events.iter().enumerate().filter(|(_, event)| opens(event));
        let mut openings: Vec<(i64, Thing)> =
            steps.chain(events.map(|(place, event)| (event.t_ns, Thing::Event(place)))).collect();
        openings.sort_unstable();
        let mut windows = Self { openings, events: Vec::new() };
        windows.events = windows.rank_events(recording);
        windows
    }

    /// The window that was open at a time.
    fn at(&self, t_ns: i64) -> usize {
        self.openings.partition_point(|(opened, _)| *opened <= t_ns).saturating_sub(1)
    }

    fn rank_events(&self, recording: &Recording) -> Vec<(usize, Rank)> {
        let opened: BTreeMap<Thing, usize> =
            self.openings.iter().enumerate().map(|(window, (_, thing))| (*thing, window)).collect();
        let mut looked: Option<usize> = None;
        let mut ranks = Vec::with_capacity(recording.events.len());
        for (place, event) in recording.events.iter().enumerate() {
            if let Some(window) = opened.get(&Thing::Event(place)) {
                ranks.push((*window, Rank::Opening));
                continue;
            }
            let window = self.at(event.t_ns);
            if matches!(event.what, What::State(_) | What::Exit(_)) {
                looked = Some(window);
            }
            ranks.push((window, if looked == Some(window) { Rank::Late } else { Rank::Early }));
        }
        ranks
    }

    fn things(&self, recording: &Recording, superseded: &BTreeSet<usize>) -> Vec<(Key, Thing)> {
        let events = self.events.iter().enumerate().filter(|(place, _)| !superseded.contains(place));
        let events = events.map(|(place, (window, rank))| ((*window, *rank, place), Thing::Event(place)));
        let steps = recording.steps.iter().enumerate().flat_map(|(place, run)| {
            let next = recording.steps.get(place + 1).map_or(i64::MAX, |next| next.begin_ns);
            let begin = self.openings.partition_point(|opening| *opening < (run.begin_ns, Thing::StepBegin(place)));
            let end = self.openings.partition_point(|(opened, _)| *opened < next).saturating_sub(1).max(begin);
            [
                ((begin, Rank::Opening, place), Thing::StepBegin(place)),
                ((end, Rank::Over, place), Thing::StepEnd(place)),
            ]
        });
        events.chain(steps).collect()
    }
}

/// The ends of calls. Where several end together, the call that began last returns first: it is what the others waited for.
fn call_ends(story: &Story, windows: &Windows) -> Vec<(Key, Thing)> {
    let woken = woken_in(story, windows);
    let mut ends = Vec::new();
    for (place, event) in story.recording.events.iter().enumerate() {
        let What::Syscall(Syscall { end_ns: Some(end_ns), blocked, .. }) = &event.what else { continue };
        let (own, _) = windows.events[place];
        let observed = windows.at(*end_ns).max(own);
        let woken = woken.get(&place).copied().filter(|_| *blocked);
        let (window, rank) =
            woken.map_or((observed, Rank::Return), |(window, rank)| (window.max(own), rank.max(Rank::Return)));
        ends.push(((window, rank, usize::MAX - place), Thing::CallEnd(place)));
    }
    ends
}

/// By call: the latest window, and the rank there, of what its result depends on.
fn woken_in(story: &Story, windows: &Windows) -> BTreeMap<usize, (usize, Rank)> {
    let mut woken: BTreeMap<usize, (usize, Rank)> = BTreeMap::new();
    for link in story.links.iter().filter(|link| WAKES.contains(&link.rel)) {
        let (EventId(from), EventId(to)) = (link.from, link.to);
        let cause = windows.events[from];
        woken.entry(to).and_modify(|latest| *latest = cause.max(*latest)).or_insert(cause);
    }
    woken
}

/// Answers about states that a later one about the same socket in the same window replaces.
fn superseded(recording: &Recording, windows: &Windows) -> BTreeSet<usize> {
    let mut latest: BTreeMap<(usize, SocketAddr, SocketAddr), usize> = BTreeMap::new();
    let mut superseded = BTreeSet::new();
    for (place, event) in recording.events.iter().enumerate() {
        if let What::State(sample) = &event.what {
            let window = windows.events[place].0;
            superseded.extend(latest.insert((window, sample.local, sample.peer), place));
        }
    }
    superseded
}

/// Waits that the scenario asks for.
struct Waits {
    /// By call: how long it waited because it was told to.
    timeouts: BTreeMap<usize, u64>,
}

impl Waits {
    fn of(recording: &Recording) -> Self {
        let mut limits: BTreeMap<(SocketId, SocketOptionName), u64> = BTreeMap::new();
        let mut timeouts = BTreeMap::new();
        for (place, event) in recording.events.iter().enumerate() {
            let What::Syscall(syscall) = &event.what else { continue };
            match (&syscall.call, &syscall.outcome) {
                (Call::Setsockopt { option }, Outcome::Returned { .. }) => {
                    if let SocketOption::SoRcvtimeo(ns) | SocketOption::SoSndtimeo(ns) = option {
                        limits.insert((syscall.socket, option.name()), *ns);
                    }
                }
                (
                    Call::Poll { timeout_ns: Some(ns), .. } | Call::EpollWait { timeout_ns: Some(ns), .. },
                    Outcome::Returned { value: 0, .. },
                ) => {
                    timeouts.insert(place, *ns);
                }
                (call, Outcome::Failed { errno: Errno::EAGAIN | Errno::EINPROGRESS | Errno::EALREADY }) => {
                    let limit = limit_of(call).and_then(|option| limits.get(&(syscall.socket, option)));
                    timeouts.extend(limit.map(|ns| (place, *ns)));
                }
                // What a write had placed when its time was over is its result.
                (call @ (Call::Write { .. } | Call::Send { .. }), Outcome::Returned { .. }) => {
                    let waited = syscall.end_ns.map_or(0, |end_ns| end_ns.saturating_sub(event.t_ns));
                    let limit = limit_of(call).and_then(|option| limits.get(&(syscall.socket, option)));
                    let passed = limit.filter(|ns| i64::try_from(**ns).is_ok_and(|ns| ns <= waited));
                    timeouts.extend(passed.map(|ns| (place, *ns)));
                }
                _ => {}
            }
        }
        Self { timeouts }
    }

    /// How long to wait before a thing happens, in nanoseconds.
    fn before(&self, recording: &Recording, thing: Thing) -> i64 {
        let ns = match thing {
            Thing::CallEnd(place) => self.timeouts.get(&place).copied(),
            Thing::StepEnd(place) => {
                recording.steps.get(place).and_then(|run| match recording.script.steps.get(run.step.0)?.action {
                    Action::Pause { ns } => Some(ns),
                    _ => None,
                })
            }
            Thing::StepBegin(_) | Thing::Event(_) => None,
        };
        ns.and_then(|ns| i64::try_from(ns).ok()).unwrap_or_default()
    }
}

/// Which option limits how long a call waits.
fn limit_of(call: &Call) -> Option<SocketOptionName> {
    match call {
        Call::Read { .. } | Call::Recv { .. } | Call::Accept { .. } => Some(SocketOptionName::SoRcvtimeo),
        Call::Write { .. } | Call::Send { .. } | Call::Connect { .. } => Some(SocketOptionName::SoSndtimeo),
        _ => None,
    }
}
