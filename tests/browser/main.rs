//! The pages, seen in a real browser: headless Chromium.
//!
//! All tests share one browser and run one after the other. Pages are written from recorded timelines, so that no privilege is
//! needed. Nothing sleeps: a test presses keys, and waits until what it expects is on the screen.

mod access;
mod address;
mod beside;
#[path = "../support/bless.rs"]
mod bless;
mod driver;
mod embed;
mod examples;
mod gate;
mod hostile;
mod lecture;
mod looks;
mod page;
mod panel;
mod picture;
mod plain;
mod print;
#[path = "../../benches/recordings/mod.rs"]
#[expect(dead_code, reason = "benchmarks need more of it")]
mod recordings;
mod remote;
mod stepping;
#[path = "../support/mod.rs"]
mod support;
mod svg;
mod view;
mod world;

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use world::World;

/// A test and its name.
type Test = (&'static str, fn(&World) -> Result<(), Failed>);

const TESTS: &[&[Test]] = &[
    stepping::TESTS,
    gate::TESTS,
    address::TESTS,
    view::TESTS,
    panel::TESTS,
    lecture::TESTS,
    remote::TESTS,
    plain::TESTS,
    print::TESTS,
    embed::TESTS,
    hostile::TESTS,
    looks::TESTS,
    access::TESTS,
    svg::TESTS,
    beside::TESTS,
    examples::TESTS,
    picture::TESTS,
];

fn main() {
    // One browser, and one test at a time has it.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let world = Arc::new(Mutex::new(None));
    let mut trials: Vec<_> = TESTS.iter().copied().flatten().map(|&(name, test)| trial(&world, name, test)).collect();
    trials.push(support::needing(&["rsvg-convert"], "librsvg_draws_every_picture", svg::librsvg_draws_every_picture));
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Ends the browser, which leaving at once would not.
    drop(world);
    conclusion.exit();
}

/// A test that starts the browser where there is none: it is the first, or the one before has failed, and may have left anything.
/// Where no browser is installed it is reported as ignored; where `TCPSTORY_REQUIRE` is set, as failed.
fn trial(world: &Arc<Mutex<Option<World>>>, name: &str, test: fn(&World) -> Result<(), Failed>) -> Trial {
    let world = Arc::clone(world);
    Trial::ignorable_test(name, move || {
        let programs = match driver::programs() {
            Ok(programs) => programs,
            Err(missing) => return support::require::unavailable(&missing),
        };
        let mut shared = world.lock().unwrap_or_else(PoisonError::into_inner);
        // Put back only where all is well.
        let mine = match shared.take() {
            Some(mine) => mine,
            None => World::new(&programs)?,
        };
        test(&mine)?;
        *shared = Some(mine);
        Ok(Completion::Completed)
    })
}
