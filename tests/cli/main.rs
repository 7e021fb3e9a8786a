//! The program from outside: every command, exit code and refusal, as a person or a shell script meets them.
//!
//! `TCPSTORY_SANDBOX` chooses the ground (`auto`, `namespace` or `host`); `TCPSTORY_PROGRAM` another program than the one that
//! cargo has built.

#![expect(clippy::unnecessary_wraps, reason = "all tests have one type, and some have nothing that fails")]

mod commands;
#[path = "../support/exact.rs"]
mod exact;
mod files;
mod hostile;
mod pictures;
mod pty;
mod questions;
mod refused;
#[path = "../support/require.rs"]
mod require;
mod runs;
mod steps;
mod stopping;
mod timelines;
mod wireshark;
mod world;

use std::sync::LazyLock;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use require::unavailable;
use tcpstory::lab::doctor::{self, Capability};

/// What a test needs beside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Real runs, on whatever ground.
    Live,
    /// A program that the doctor looks for.
    Tool(&'static str),
    /// That an ordinary user may make a user namespace.
    UserNamespace,
    /// `setsid --ctty` of util-linux, which gives a program a terminal of its own.
    Setsid,
}

/// A test: its name, what it needs, and what it does.
type Test = (&'static str, &'static [Need], fn() -> Result<(), Failed>);

/// What this machine can.
static CAPABILITIES: LazyLock<Vec<Capability>> = LazyLock::new(doctor::examine);

fn main() {
    let rooms = [
        commands::TESTS,
        files::TESTS,
        hostile::TESTS,
        pictures::TESTS,
        questions::TESTS,
        refused::TESTS,
        runs::TESTS,
        steps::TESTS,
        stopping::TESTS,
        timelines::TESTS,
        wireshark::TESTS,
    ];
    let trials = rooms.into_iter().flatten().map(|(name, needs, test)| {
        Trial::ignorable_test(*name, move || match needs.iter().find_map(|need| need.unmet()) {
            Some(reason) => unavailable(&reason),
            None => test().map(|()| Completion::Completed),
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

impl Need {
    fn unmet(self) -> Option<String> {
        match self {
            Self::Live => doctor::missing(&CAPABILITIES),
            Self::Tool(name) => {
                let tool = CAPABILITIES.iter().find(|capability| capability.name == name).expect("the doctor knows it");
                (!tool.ok).then(|| format!("{name}: {}", tool.why))
            }
            Self::Setsid => {
                let help = std::process::Command::new("setsid").arg("--help").output();
                let works = help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--ctty"));
                (!works).then(|| "setsid --ctty (util-linux) is not installed".to_owned())
            }
            Self::UserNamespace => {
                let tried = std::process::Command::new("unshare").args(["--user", "--map-root-user", "true"]).output();
                let works = tried.is_ok_and(|tried| tried.status.success());
                (!works).then(|| "unshare --user --map-root-user does not work here".to_owned())
            }
        }
    }
}
