//! Which runs repeat to the byte.

use tcpstory::record::{Flags, Recording};

/// Whether nothing in a run depends on the kernel's timers and on its memory.
///
/// A delayed acknowledgment and a window probe come by a timer, and how many of them fit in between depends on how fast the steps
/// follow each other. Which window is announced while full segments arrive depends on how the kernel keeps them.
pub(crate) fn is_exact(recording: &Recording) -> bool {
    let segments = || recording.events.iter().filter_map(|event| recording.segment(event));
    let full = segments().any(|segment| segment.payload.len() >= 1_000);
    let closed = segments().any(|segment| segment.window == 0 && !segment.flags.has(Flags::RST));
    !recording.script.network.delayed_ack && !full && !closed
}
