//! Making a recording of what was noted.

use std::collections::{BTreeMap, BTreeSet};

use nix::sys::utsname::UtsName;

use super::sockets::Ends;
use super::wire::Taken;
use crate::lab::LabError;
use crate::lab::sandbox::Sandbox;
use crate::record::{
    Actor, Capture, Clock, End, Event, Frame, FrameId, Machine, Recording, SandboxKind, Script, Segment, Socket,
    StepRun, What,
};

/// What was noted during a run, with times in nanoseconds since 1970.
#[derive(Debug)]
pub(super) struct Notes {
    pub(super) actors: Vec<Actor>,
    pub(super) sockets: Vec<Socket>,
    /// Every connection or attempt at one: a socket may have had several.
    pub(super) ends: BTreeSet<Ends>,
    pub(super) events: Vec<Event>,
    pub(super) steps: Vec<StepRun>,
    pub(super) frames: Vec<Taken>,
}

/// How and where the run was.
#[derive(Debug)]
pub(super) struct About {
    pub(super) script: Script,
    pub(super) machine: Machine,
    pub(super) capture: Capture,
    pub(super) uncertainty_ns: u64,
    pub(super) end: End,
}

/// The kernel's own name and version.
pub(super) fn uname() -> Result<UtsName, LabError> {
    nix::sys::utsname::uname().map_err(LabError::failed("cannot tell the kernel's version", "uname"))
}

/// The machine, asked in the sandbox.
pub(super) fn machine(sandbox: &Sandbox) -> Result<Machine, LabError> {
    let name = uname()?;
    Ok(Machine {
        tcpstory: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: name.release().to_string_lossy().into_owned(),
        arch: name.machine().to_string_lossy().into_owned(),
        sandbox: sandbox.kind(),
        sysctls: sandbox.sysctls(),
    })
}

/// Puts it together: cut at the end of the last step, sorted by time, counted from time 0.
pub(super) fn recording(notes: Notes, about: About) -> Recording {
    let Notes { actors, sockets, ends, mut events, mut steps, mut frames } = notes;
    let end_ns = steps.last().map_or(i64::MAX, |step| step.end_ns);
    let shared = about.machine.sandbox == SandboxKind::HostLoopback;
    frames.retain(|taken| taken.unix_ns <= end_ns && (!shared || is_ours(taken, &ends)));

    let zero = time_zero(&frames, &events, &steps);
    let segments = frames.iter().enumerate().filter(|(_, taken)| taken.frame.segment.is_some());
    events.extend(
        segments.map(|(place, taken)| Event { t_ns: taken.unix_ns, what: What::Segment { frame: FrameId(place) } }),
    );
    let mut events = sorted(events);
    for event in &mut events {
        shift(event, zero);
    }
    for step in &mut steps {
        (step.begin_ns, step.end_ns) = (step.begin_ns - zero, step.end_ns - zero);
    }

    let About { script, machine, capture, uncertainty_ns, end } = about;
    let clock = Clock { t0_unix_ns: zero.to_string(), uncertainty_ns };
    let frames: Vec<Frame> = frames.into_iter().map(|taken| taken.frame).collect();
    Recording { script, machine, clock, capture, actors, sockets, steps, events, frames, end }
}

/// On the host's loopback others may use the ports meanwhile; a frame of no connection of the run is not the run's.
fn is_ours(taken: &Taken, ends: &BTreeSet<Ends>) -> bool {
    let of = |segment: &Segment| [(segment.src, segment.dst), (segment.dst, segment.src)];
    taken.frame.segment.as_ref().is_some_and(|segment| of(segment).iter().any(|pair| ends.contains(pair)))
}

/// The first segment; else the first call; else the first step.
fn time_zero(frames: &[Taken], events: &[Event], steps: &[StepRun]) -> i64 {
    let segments = frames.iter().filter(|taken| taken.frame.segment.is_some()).map(|taken| taken.unix_ns);
    let calls = events.iter().filter(|event| matches!(event.what, What::Syscall(_))).map(|event| event.t_ns);
    segments.min().or_else(|| calls.min()).or_else(|| steps.first().map(|step| step.begin_ns)).unwrap_or(0)
}

/// By time; what can cause stands before what it can cause where times are equal. The places of calls follow.
fn sorted(events: Vec<Event>) -> Vec<Event> {
    let mut placed: Vec<(usize, Event)> = events.into_iter().enumerate().collect();
    placed.sort_by_key(|(_, event)| (event.t_ns, rank(&event.what)));
    let moved: BTreeMap<usize, usize> = placed.iter().enumerate().map(|(new, (old, _))| (*old, new)).collect();
    let follow = |mut event: Event| {
        if let What::Signal(caught) = &mut event.what {
            caught.during = moved.get(&caught.during).copied().unwrap_or(caught.during);
        }
        event
    };
    placed.into_iter().map(|(_, event)| follow(event)).collect()
}

fn rank(what: &What) -> u8 {
    match what {
        What::Kill(_) => 0,
        What::Syscall(_) => 1,
        What::Segment { .. } => 2,
        What::Signal(_) => 3,
        What::Exit(_) => 4,
        What::State(_) => 5,
    }
}

fn shift(event: &mut Event, zero: i64) {
    event.t_ns -= zero;
    match &mut event.what {
        What::Syscall(syscall) => syscall.end_ns = syscall.end_ns.map(|at| at - zero),
        What::State(sample) => sample.end_ns -= zero,
        What::Segment { .. } | What::Signal(_) | What::Kill(_) | What::Exit(_) => {}
    }
}
