//! A whole run.

use super::sandbox::Ground;
use super::session::{Options, Session};
use super::{LabError, StopFlag};
use crate::record::{Recording, Script};

/// Performs a scenario from its first step to its last, or until it is asked to stop. The calling thread moves into the
/// scenario's sandbox.
///
/// A run that was stopped, and one in which an actor could not go on, still have a recording; its
/// [`end`](Recording::end) says so.
///
/// # Errors
/// Where this machine refuses something that the scenario needs.
pub fn run(ground: &Ground, script: &Script, options: &Options, stop: &StopFlag) -> Result<Recording, LabError> {
    let mut session = Session::open(ground, script, options, stop)?;
    while session.step()?.is_some() {}
    session.finish()
}
