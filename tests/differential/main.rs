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
use std::{env, fs, thread};

use coverage::Coverage;
use libtest_mimic::{Arguments, Failed};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options;
use tcpstory::lab::{LabError, StopFlag, actor};
use tcpstory::record::{Recording, SandboxKind, Script};
use tcpstory::scenario::{SourceText, parse};
use tcpstory::story::{Deviation, Story, tell, tell_deviating};

/// How many scenarios may be needed to notice a deviation.
const FEW_HUNDRED: usize = 400;

/// How many scenarios that disagree are made small and told.
const TOLD: usize = 12;

/// How many scenarios must notice it: with fewer, other seeds might all miss it.
const OFTEN: usize = 5;

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    let alone = |ground: Ground| ground.kind() == SandboxKind::Namespace;
    let mut trials = Vec::new();
    trials.extend(live::trial(&standing, "the model allows what the kernel does", alone, agrees));
    trials.extend(live::trial(&standing, "scenarios that once disagreed agree", alone, kept_agree));
    trials.extend(live::trial(&standing, "every scenario can be kept as a file", alone, is_written));
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
    run(&ground, script, &Options::default(), &StopFlag::new()?)
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
        if !disagreements(&story).is_empty() {
            wrong.push((*seed, story));
        }
    }
    println!("{coverage}");
    if wrong.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = wrong.iter().take(TOLD).map(|(seed, story)| shrink::smallest(ground, *seed, story)).collect();
    let seeds: Vec<_> = wrong.iter().map(|(seed, _)| *seed).collect();
    Err(format!("{} scenarios disagree, seeds {seeds:?}\n{}", wrong.len(), told.join("\n")).into())
}

/// Each is the smallest form of a random scenario on which model and kernel once disagreed.
fn kept_agree(ground: Ground) -> Result<(), Failed> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/kept");
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    let mut wrong = Vec::new();
    for path in &paths {
        let name = path.display().to_string();
        let script = parse(&SourceText { path: &name, bytes: &fs::read(path)? });
        let script = script.map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        let found = disagreements(&tell(perform(ground, &script)?));
        wrong.extend(found.iter().map(|found| format!("{name}: {found}")));
    }
    if wrong.is_empty() && !paths.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
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
    let (mut looked_at, mut shown) = (0, 0);
    for (_, recording) in corpus(ground).iter().take(FEW_HUNDRED) {
        looked_at += 1;
        let usual = disagreements(&tell(recording.clone()?));
        shown += usize::from(disagreements(&tell_deviating(recording.clone()?, deviation)) != usual);
        if shown == OFTEN {
            println!("{deviation:?}: shown by {shown} of {looked_at} scenarios");
            return Ok(());
        }
    }
    Err(format!("only {shown} of {looked_at} scenarios showed it, and luck is no proof").into())
}

/// Every random scenario is the same when it is read from its file.
fn is_written(_: Ground) -> Result<(), Failed> {
    let first = number("TCPSTORY_SEED", 1);
    for seed in first..first + number("TCPSTORY_RANDOM", 400) {
        let script = generate::scenario(seed);
        let text = file::text(&script).ok_or_else(|| format!("seed {seed} cannot be written"))?;
        let read = parse(&SourceText { path: &script.source.path, bytes: text.as_bytes() });
        let read = read.map_err(|wrong| format!("seed {seed}: {}\n{text}", wrong[0]))?;
        if what_is_done(&read) != what_is_done(&script) {
            return Err(format!("seed {seed} is another scenario when it is read\n{text}").into());
        }
    }
    Ok(())
}

/// What a script does, without where it stands.
fn what_is_done(script: &Script) -> impl PartialEq + '_ {
    let network = (script.network.family, script.network.mtu, script.network.delayed_ack, &script.network.sysctl);
    let actions: Vec<_> = script.steps.iter().map(|step| &step.action).collect();
    (network, &script.actors, actions, script.anything_goes)
}
