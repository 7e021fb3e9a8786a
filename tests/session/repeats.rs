//! Many runs in one process.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::Failed;
use tcpstory::lab::sandbox::Ground;
use tcpstory::record::{End, Family};
use tcpstory::scenario;

use crate::build::broken_pipe;
use crate::look::told;
use crate::trouble::children;
use crate::{Test, perform};

pub(crate) const TESTS: &[Test] = &[
    ("every_repeat_is_the_same_story", true, every_repeat_is_the_same_story),
    ("every_builtin_repeats", true, every_builtin_repeats),
    ("repeats_leak_nothing", false, repeats_leak_nothing),
    ("runs_are_parallel", true, runs_are_parallel),
];

/// How many repeats; `TCPSTORY_REPEATS` says another number.
fn repeats() -> usize {
    std::env::var("TCPSTORY_REPEATS").map_or(200, |number| number.parse().expect("TCPSTORY_REPEATS is a number"))
}

fn stories(ground: Ground, count: usize) -> Result<BTreeMap<String, usize>, Failed> {
    let script = broken_pipe();
    let mut stories = BTreeMap::new();
    for _ in 0..count {
        *stories.entry(told(&perform(ground, &script)?)).or_default() += 1;
    }
    Ok(stories)
}

fn only_one(stories: &BTreeMap<String, usize>) {
    assert_eq!(stories.len(), 1, "{}", differences(stories));
}

fn differences(stories: &BTreeMap<String, usize>) -> String {
    let parts: Vec<_> = stories.iter().map(|(story, count)| format!("--- {count} times:\n{story}\n")).collect();
    parts.concat()
}

fn every_repeat_is_the_same_story(ground: Ground) -> Result<(), Failed> {
    only_one(&stories(ground, repeats())?);
    Ok(())
}

fn every_builtin_repeats(ground: Ground) -> Result<(), Failed> {
    for builtin in scenario::builtin::all() {
        let mut script = builtin.parse().map_err(|_| format!("{} cannot be read", builtin.name))?;
        if !script.stories.is_empty() {
            continue; // A race by nature: its stories differ.
        }
        for family in [Family::Ipv4, Family::Ipv6] {
            script.network.family = family;
            let mut stories = BTreeMap::new();
            for _ in 0..repeats().div_ceil(50) {
                let recording = perform(ground, &script)?;
                assert_eq!(recording.end, End::Completed, "{}:\n{}", builtin.name, told(&recording));
                assert!(
                    recording.steps.iter().all(|step| step.missed.is_none()),
                    "{}:\n{}",
                    builtin.name,
                    told(&recording)
                );
                *stories.entry(without_pure_acks(&told(&recording))).or_default() += 1;
            }
            assert_eq!(stories.len(), 1, "{}:\n{}", builtin.name, differences(&stories));
        }
    }
    Ok(())
}

/// Delayed acknowledgments and window probes come by the kernel's timers, and how many of them fit in between depends on how fast
/// the steps follow each other.
fn without_pure_acks(told: &str) -> String {
    told.lines().filter(|line| !line.ends_with(" ACK b\"\"")).collect::<Vec<_>>().join("\n")
}

fn repeats_leak_nothing(ground: Ground) -> Result<(), Failed> {
    let script = broken_pipe();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    perform(ground, &script)?;
    // Packet sockets are closed in the background, a bounded number at a time: what leaks would exceed it.
    let before = open();
    for _ in 0..200 {
        perform(ground, &script)?;
    }
    assert!(children().is_empty(), "left over: {:?}", children());
    let after = settled(before, open);
    assert!(after <= before, "{before} descriptors before, {after} after");
    Ok(())
}

/// The number once it has come down, or what it is after long enough.
fn settled(wanted: usize, number: impl Fn() -> usize) -> usize {
    let begin = std::time::Instant::now();
    while number() > wanted && begin.elapsed() < Duration::from_secs(5) {
        std::thread::yield_now();
    }
    number()
}

fn runs_are_parallel(ground: Ground) -> Result<(), Failed> {
    let mut both = BTreeMap::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(move || stories(ground, 50))).collect();
        for thread in threads {
            for (story, count) in thread.join().unwrap()? {
                *both.entry(story).or_default() += count;
            }
        }
        Ok::<_, Failed>(())
    })?;
    only_one(&both);
    Ok(())
}
