//! The session on the real kernel: scenarios as values, performed and looked at.
//!
//! It has its own `main`, because a process must enter the sandbox before it has threads, and because its actors are this same
//! executable. `TCPSTORY_SANDBOX` chooses the ground (`auto`, `namespace` or `host`).

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

mod build;
mod look;
mod repeats;
#[path = "../support/require.rs"]
mod require;
mod stories;
mod trouble;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::{Ground, Preference, enter_with};
use tcpstory::lab::session::Options;
use tcpstory::lab::{LabError, StopFlag, actor, doctor};
use tcpstory::record::{Recording, SandboxKind, Script};

/// A test, and whether it needs a network of its own.
type Test = (&'static str, bool, fn(Ground) -> Result<(), Failed>);

fn main() {
    actor::main_if_asked();
    let preference = match std::env::var("TCPSTORY_SANDBOX") {
        Ok(name) => Preference::from_name(&name).expect("TCPSTORY_SANDBOX is auto, namespace or host"),
        Err(_) => Preference::Auto,
    };
    let ground = enter_with(preference);
    trouble::victim_if_asked(ground.as_ref().ok());
    let tests = [stories::TESTS, trouble::TESTS, repeats::TESTS].concat();
    let trials = tests.into_iter().map(|test| trial(&ground, test)).collect();
    // One after the other: some count the processes and descriptors of this one.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(ground: &Result<Ground, LabError>, (name, alone, test): Test) -> Trial {
    let ground = ground.clone();
    Trial::ignorable_test(name, move || match ground {
        Err(error) => require::unavailable(&doctor::missing(&doctor::examine()).unwrap_or(error.to_string())),
        Ok(ground) if alone && ground.kind() != SandboxKind::Namespace => {
            Ok(Completion::ignored_with(format!("not about {ground}")))
        }
        Ok(ground) => test(ground).map(|()| Completion::Completed),
    })
}

/// Runs a script to its end, undisturbed.
fn perform(ground: Ground, script: &Script) -> Result<Recording, LabError> {
    run(&ground, script, &Options::default(), &StopFlag::new()?)
}
