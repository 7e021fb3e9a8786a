//! The tree to a script: by hand, so that every error has a place.

mod actors;
mod addresses;
mod because;
mod bounds;
pub(super) mod calls;
mod data;
mod expect;
mod one_of;
mod options;
pub(super) mod pattern;
mod predict;
mod reader;
mod sockets;
mod steps;
mod top;
mod unknown;

pub(super) use reader::Reader;
pub(super) use top::script;

/// The most actors that a scenario may have: each is a process.
pub(super) const MAX_ACTORS: usize = 16;
/// The most bytes of one write, read or buffer.
pub(super) const MAX_DATA: u64 = 64 << 20;
/// The most bytes that `returns` may spell out: a recording keeps no more of a read.
pub(super) const MAX_EXPECTED_DATA: u64 = 65_536;
/// The most bytes that all `returns` of a file may spell out together.
pub(super) const MAX_EXPECTED_IN_ALL: u64 = 16 << 20;
/// The longest duration, in nanoseconds: an hour.
pub(super) const MAX_DURATION_NS: u64 = 3_600_000_000_000;
/// The most choices of a question.
pub(super) const MAX_CHOICES: usize = 9;
/// The most characters of a name.
pub(super) const MAX_NAME: usize = 24;
