//! Random scenarios on the real kernel, held against the model: every outcome and every state.
//!
//! `TCPSTORY_RANDOM` is how many are run (400 by default) and `TCPSTORY_SEED` the seed of the first. A scenario on which the model
//! and the kernel disagree is made as small as it goes and told with its seed.

mod coverage;
mod file;
mod generate;
#[path = "../support/live.rs"]
mod live;
#[path = "../support/require.rs"]
mod require;
mod shrink;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, thread};

use coverage::Coverage;
use libtest_mimic::{Arguments, Failed};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options;
use tcpstory::lab::{LabError, StopFlag, actor};
use tcpstory::record::{Recording, SandboxKind, Script};
use tcpstory::story::{Deviation, Story, tell, tell_deviating};

/// How many scenarios may be needed to notice a deviation.
const FEW_HUNDRED: usize = 400;

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    let alone = |ground: Ground| ground.kind() == SandboxKind::Namespace;
    let mut trials = Vec::new();
    trials.extend(live::trial(&standing, "the model allows what the kernel does", alone, agrees));
    trials.extend(live::trial(&standing, "a scenario can be kept as a file", alone, is_written));
    for deviation in Deviation::ALL {
        let name = format!("a model that deviates is found out: {deviation:?}");
        trials.extend(live::trial(&standing, name, alone, move |ground| is_noticed(ground, deviation)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Performs a script in which anything goes.
pub(crate) fn perform(ground: Ground, script: &Script) -> Result<Recording, LabError> {
    let options = Options { anything_goes: true, ..Options::default() };
    run(&ground, script, &options, &StopFlag::new()?)
}

/// Every scenario, performed once, by seed; shared by all tests.
fn corpus(ground: Ground) -> &'static [(u64, Result<Recording, LabError>)] {
    static CORPUS: OnceLock<Vec<(u64, Result<Recording, LabError>)>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let first = number("TCPSTORY_SEED", 1);
        let end = first + number("TCPSTORY_RANDOM", 400);
        let next = AtomicU64::new(first);
        let work = || {
            let mut done = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return done;
                }
                done.push((seed, perform(ground, &generate::scenario(seed))));
            }
        };
        let mut all: Vec<_> = thread::scope(|scope| {
            let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            handles.into_iter().flat_map(|handle| handle.join().expect("no worker panics")).collect()
        });
        all.sort_by_key(|(seed, _)| *seed);
        all
    })
}

fn agrees(ground: Ground) -> Result<(), Failed> {
    let mut coverage = Coverage::default();
    let mut wrong = Vec::new();
    for (seed, recording) in corpus(ground) {
        let story = tell(recording.clone()?);
        coverage.add(&story);
        let found = disagreements(&story);
        if !found.is_empty() {
            wrong.push((*seed, found));
        }
    }
    println!("{coverage}");
    if wrong.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = wrong.iter().take(5).map(|(seed, found)| shrink::smallest(ground, *seed, found)).collect();
    let seeds: Vec<_> = wrong.iter().map(|(seed, _)| *seed).collect();
    Err(format!("{} scenarios disagree, seeds {seeds:?}\n{}", wrong.len(), told.join("\n")).into())
}

/// What the model does not explain.
pub(crate) fn disagreements(story: &Story) -> Vec<String> {
    let mismatches = story.findings.iter().filter(|finding| finding.kind.is_mismatch());
    let told = |finding: &tcpstory::story::Finding| {
        let about = finding.about.iter().map(|event| {
            let entry = &story.entries[event.0];
            format!("{} {:?} {:?}", entry.id, story.recording.events[event.0].what, entry.told)
        });
        format!("{:?}: {}", finding.kind, about.collect::<Vec<_>>().join("; "))
    };
    mismatches.map(told).collect()
}

fn is_noticed(ground: Ground, deviation: Deviation) -> Result<(), Failed> {
    for (_, recording) in corpus(ground).iter().take(FEW_HUNDRED) {
        let usual = disagreements(&tell(recording.clone()?));
        if disagreements(&tell_deviating(recording.clone()?, deviation)) != usual {
            return Ok(());
        }
    }
    Err(format!("{} scenarios did not show it", corpus(ground).len().min(FEW_HUNDRED)).into())
}

/// Some random scenarios are ones that an author could write; most do what no author would, on a closed descriptor, say.
fn is_written(ground: Ground) -> Result<(), Failed> {
    let mut written = 0;
    for (_, recording) in corpus(ground).iter().take(FEW_HUNDRED) {
        written += usize::from(file::accepted(recording.as_ref().map_err(Clone::clone)?).is_some());
    }
    let all = corpus(ground).len().min(FEW_HUNDRED);
    if written * 20 < all { Err(format!("only {written} of {all} could be written").into()) } else { Ok(()) }
}
