//! `tcpstory doctor`

use std::fmt::Write as _;

use super::{Code, output};
use crate::lab::doctor::{self, Capability};
use crate::lab::session::Options as Session;
use crate::lab::{LabError, StopFlag, run as perform, sandbox};
use crate::record::Recording;
use crate::report::{self, Options};
use crate::scenario::builtin;
use crate::story::Story;

/// The scenario that is run to see that a run works from end to end.
const TRIED: &str = "broken-pipe";

/// Prints every capability with yes or no and why; where scenarios can run, one is run.
pub(super) fn doctor() -> Code {
    let mut capabilities = doctor::examine();
    let mut able = doctor::missing(&capabilities).is_none();
    if able {
        // Last, for it changes this process: the sandbox is entered for good.
        let tried = real_run();
        able = tried.ok;
        let place = capabilities.iter().position(|one| one.name == doctor::LIVE_RUNS).map_or(0, |place| place + 1);
        capabilities.insert(place, tried);
    }
    let width = capabilities.iter().map(|capability| capability.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    // What a user wants to know first is whether scenarios run at all.
    let is_verdict = |one: &&Capability| [doctor::LIVE_RUNS, REAL_RUN].contains(&one.name);
    let (verdict, details): (Vec<_>, Vec<_>) = capabilities.iter().partition(is_verdict);
    for Capability { name, ok, why, advice } in verdict.iter().chain(&details).copied() {
        let answer = if *ok { "yes" } else { "no " };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{answer}  {name:width$}  {why}");
        // Where scenarios run, what is missing elsewhere needs no help.
        for help in advice.iter().filter(|_| !able || *ok) {
            let _ = writeln!(text, "     {:width$}  help: {help}", "");
        }
    }
    output::result(text.as_bytes()).and(if able { Code::Success } else { Code::Machine })
}

/// The name of the capability that a whole run shows.
const REAL_RUN: &str = "a real run";

fn real_run() -> Capability {
    let (ok, why, advice) = match recorded() {
        Ok(recording) => {
            let story = report::tell(recording, &Options::default());
            (story.verdict.passed(), outcome_of(&story), Vec::new())
        }
        Err(error) => {
            let attempts = error.attempts.iter().map(|attempt| format!("{}: {}", attempt.what, attempt.result));
            (false, [error.wanted.clone()].into_iter().chain(attempts).collect::<Vec<_>>().join("; "), error.advice)
        }
    };
    Capability { name: REAL_RUN, ok, why, advice }
}

fn outcome_of(story: &Story) -> String {
    let segments = story.recording.events.iter().filter(|event| story.recording.segment(event).is_some()).count();
    let end =
        if story.verdict.passed() { "as expected" } else { "not as expected: `tcpstory run broken-pipe` shows it" };
    format!("{TRIED}: {segments} segments captured, {end}")
}

fn recorded() -> Result<Recording, LabError> {
    let script = builtin::get(TRIED).and_then(|one| one.parse().ok());
    let script = script.ok_or_else(|| LabError::new(format!("the built-in scenario {TRIED} cannot be read")))?;
    let ground = sandbox::enter()?;
    perform::run(&ground, &script, &Session::default(), &StopFlag::new()?)
}
