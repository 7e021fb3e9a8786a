//! The lab on the real kernel: sandboxes, the sniffer and socket states.
//!
//! It has its own `main`, because a process must enter the sandbox before it has threads.

#[path = "../support/live.rs"]
mod live;
#[path = "../support/require.rs"]
mod require;
mod sandboxes;
mod sniffing;
mod states;
mod world;

use libtest_mimic::{Arguments, Trial};
use tcpstory::lab::doctor;
use tcpstory::lab::sandbox::{Ground, Preference};
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
    let standing = live::enter();
    let entered = standing.is_ok();
    let trial = |(on, name, test): (On, &'static str, Test)| {
        live::trial(
            &standing,
            name,
            move |ground| fits(on, ground),
            move |ground| {
                test(ground);
                Ok(())
            },
        )
    };
    let mut trials: Vec<Trial> = tests().into_iter().filter_map(trial).collect();
    trials.push(Trial::test("the_doctor_says_what_entering_showed", move || {
        match doctor::missing(&doctor::examine()) {
            None if !entered && live::preference() == Preference::Auto => {
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

fn fits(on: On, ground: Ground) -> bool {
    match on {
        On::AnyGround => true,
        On::Namespace => ground.kind() == SandboxKind::Namespace,
        On::Host => ground.kind() == SandboxKind::HostLoopback,
    }
}
