//! The session on the real kernel: scenarios as values, performed and looked at.
//!
//! It has its own `main`, because a process must enter the sandbox before it has threads, and because its actors are this same
//! executable.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

mod build;
#[path = "../support/live.rs"]
mod live;
mod look;
mod pace;
mod repeats;
#[path = "../support/require.rs"]
mod require;
mod stories;
mod trouble;
mod vocabulary;

use libtest_mimic::{Arguments, Failed};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options;
use tcpstory::lab::{LabError, StopFlag, actor};
use tcpstory::record::{Recording, SandboxKind, Script};

/// A test, and whether it needs a network of its own.
type Test = (&'static str, bool, fn(Ground) -> Result<(), Failed>);

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    trouble::victim_if_asked(standing.as_ref().ok());
    let tests = [stories::TESTS, trouble::TESTS, pace::TESTS, repeats::TESTS].concat();
    let trial = |(name, alone, test): Test| {
        let is_about = move |ground: Ground| !alone || ground.kind() == SandboxKind::Namespace;
        live::trial(&standing, name, is_about, test)
    };
    let mut trials: Vec<_> = tests.into_iter().filter_map(trial).collect();
    for (name, text) in vocabulary::FILES {
        let alone = |ground: Ground| ground.kind() == SandboxKind::Namespace;
        let name = format!("vocabulary {name}");
        trials
            .extend(live::trial(&standing, name.clone(), alone, move |ground| vocabulary::holds(ground, &name, text)));
    }
    // One after the other: some count the processes and descriptors of this one.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit();
}

/// Runs a script to its end, undisturbed.
fn perform(ground: Ground, script: &Script) -> Result<Recording, LabError> {
    run(&ground, script, &Options::default(), &StopFlag::new()?)
}
