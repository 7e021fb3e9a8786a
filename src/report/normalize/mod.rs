//! A recording without what chance and the clock put into it, so that two runs of the same story become the same bytes: for
//! tests, and for slides under version control.
//!
//! Replaced are ports that the kernel chose, initial sequence numbers, TCP timestamps, IP ids and flow labels (`flows`), process
//! ids, the kernel's minor version, sysctls that the scenario did not set, and every time (`order`).

mod flows;
mod order;

use std::path::Path;

use crate::packet;
use crate::record::{FrameId, Outcome, Recording, Syscall, What};
use crate::story;

/// What time 0 is in a normalized recording: a round number of seconds since 1970.
const T0_UNIX_NS: &str = "1000000000000000000";
/// The first process id.
const FIRST_PID: u32 = 1_001;

/// A recording with everything replaced that differs between two runs of the same story. It tells the same story.
///
/// Normalizing twice changes nothing more.
pub fn normalize(recording: Recording) -> Recording {
    let told = story::tell(recording);
    let order = order::Order::of(&told);
    let mut recording = told.recording;
    order.apply(&mut recording);
    keep_told_frames(&mut recording);
    flows::rewrite(&mut recording);
    packet::dissect(&mut recording);
    names(&mut recording);
    recording
}

/// Brings the frames into the order of their events; what no event tells of was other traffic.
pub(super) fn keep_told_frames(recording: &mut Recording) {
    let mut frames = Vec::with_capacity(recording.frames.len());
    for event in &mut recording.events {
        if let What::Segment { frame } = &mut event.what {
            frames.extend(recording.frames.get(frame.0).cloned());
            *frame = FrameId(frames.len().saturating_sub(1));
        }
    }
    recording.capture.received = frames.len() as u64;
    recording.frames = frames;
}

fn names(recording: &mut Recording) {
    for (actor, pid) in recording.actors.iter_mut().zip(FIRST_PID..) {
        actor.pid = pid;
    }
    for event in &mut recording.events {
        if let What::Syscall(Syscall { call, outcome: Outcome::Returned { value, .. }, .. }) = &mut event.what
            && let Some(child) = call.child()
        {
            *value = recording.actors.get(child.0).map_or(0, |child| i64::from(child.pid));
        }
    }
    T0_UNIX_NS.clone_into(&mut recording.clock.t0_unix_ns);
    recording.clock.uncertainty_ns = 0;
    let machine = &mut recording.machine;
    machine.kernel = machine.kernel.split('.').take(2).collect::<Vec<_>>().join(".");
    machine.sysctls.retain(|name, _| recording.script.network.sysctl.contains_key(name));
    let path = &mut recording.script.source.path;
    if let Some(name) = Path::new(path.as_str()).file_name().and_then(|name| name.to_str()) {
        *path = name.to_owned();
    }
}
