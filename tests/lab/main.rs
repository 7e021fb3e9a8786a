//! The lab on the real kernel: sandboxes, the sniffer and socket states.
//!
//! It has its own `main`, because a process must enter the sandbox before it has threads. `TCPSTORY_SANDBOX` chooses the ground
//! (`auto`, `namespace` or `host`).

#[path = "../support/require.rs"]
mod require;
mod sandboxes;
mod sniffing;
mod states;
mod world;

use libtest_mimic::{Arguments, Completion, Trial};
use tcpstory::lab::sandbox::{Ground, Preference, enter_with};
use tcpstory::lab::{LabError, doctor};
use tcpstory::record::SandboxKind;

/// Where a test can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    AnyGround,
    Namespace,
    Host,
}

type Test = fn(Ground);

fn main() {
    let preference = match std::env::var("TCPSTORY_SANDBOX") {
        Ok(name) => Preference::from_name(&name).expect("TCPSTORY_SANDBOX is auto, namespace or host"),
        Err(_) => Preference::Auto,
    };
    let ground = enter_with(preference);
    let mut trials: Vec<Trial> = tests().into_iter().map(|(on, name, test)| trial(&ground, on, name, test)).collect();
    let entered = ground.is_ok();
    trials.push(Trial::test("the_doctor_says_what_entering_showed", move || {
        match doctor::missing(&doctor::examine()) {
            None if !entered && preference == Preference::Auto => {
                Err("the doctor sees no reason why entering failed".into())
            }
            Some(why) if entered => Err(format!("entered, but the doctor says: {why}").into()),
            _ => Ok(()),
        }
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn tests() -> Vec<(On, &'static str, Test)> {
    [sandboxes::TESTS, sniffing::TESTS, states::TESTS].concat()
}

fn trial(ground: &Result<Ground, LabError>, on: On, name: &'static str, test: Test) -> Trial {
    let ground = ground.clone();
    Trial::ignorable_test(name, move || match ground {
        Err(error) => require::unavailable(&doctor::missing(&doctor::examine()).unwrap_or(error.to_string())),
        Ok(ground) if fits(on, ground) => {
            test(ground);
            Ok(Completion::Completed)
        }
        Ok(ground) => Ok(Completion::ignored_with(format!("not about {ground}"))),
    })
}

fn fits(on: On, ground: Ground) -> bool {
    match on {
        On::AnyGround => true,
        On::Namespace => ground.kind() == SandboxKind::Namespace,
        On::Host => ground.kind() == SandboxKind::HostLoopback,
    }
}
