//! Every shipped scenario on the real kernel, over IPv4 and IPv6, judged by its own expectations and by the model; and in every format, which
//! must agree with each other.
//!
//! `TCPSTORY_SANDBOX` chooses the ground (`auto`, `namespace` or `host`); `TCPSTORY_REPEATS` how often each scenario is run to see
//! that it always tells the same story (3 by default).

mod agree;
#[path = "../support/exact.rs"]
mod exact;
#[path = "../support/live.rs"]
mod live;
#[path = "../support/require.rs"]
mod require;
#[path = "../support/told.rs"]
mod told;
#[path = "../support/withheld.rs"]
mod withheld;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options;
use tcpstory::lab::{StopFlag, actor};
use tcpstory::record::{Family, SandboxKind, Script};
use tcpstory::report::withhold::withhold;
use tcpstory::report::{self, format, normalize, words};
use tcpstory::scenario::builtin;
use tcpstory::story::digest::digest;
use tcpstory::story::{Story, tell};

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    let repeats =
        std::env::var("TCPSTORY_REPEATS").map_or(3, |text| text.parse().expect("TCPSTORY_REPEATS is a number"));
    let mut trials = Vec::new();
    for one in builtin::all() {
        let script = one.parse().expect("shipped scenarios parse");
        for family in [Family::Ipv4, Family::Ipv6] {
            let mut script = script.clone();
            script.network.family = family;
            let name = format!("{} {family:?}", one.name);
            trials.extend(live::trial(
                &standing,
                name,
                |_| true,
                move |ground| lesson(ground, one.name, &script, repeats),
            ));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn lesson(ground: Ground, name: &str, script: &Script, repeats: u32) -> Result<(), Failed> {
    let mut stories = BTreeMap::new();
    let mut timelines = BTreeSet::new();
    let mut fastest = Duration::MAX;
    for turn in 0..repeats {
        let recording = run(&ground, script, &Options::default(), &StopFlag::new()?)?;
        fastest = fastest.min(Duration::from_nanos(recording.took_ns()));
        let leaks = withheld::leaks(&recording);
        if !leaks.is_empty() {
            return Err(format!("without answers it still tells: {}", leaks.join(", ")).into());
        }
        if turn == 0 {
            let betrayed = withheld::betrays(&recording, withhold);
            assert!(betrayed.is_empty(), "another answer changes what is told without it: {}", betrayed.join(", "));
        }
        let normalized = tell(normalize(recording.clone()));
        let story = tell(recording);
        as_expected(&story)?;
        if turn == 0 {
            agree::agree(&story)?;
            as_the_table_says(name, &story)?;
        }
        if digest(&normalized).0 != digest(&story).0 {
            return Err("normalized, it tells another story".into());
        }
        *stories.entry(digest(&story).0).or_insert(0) += 1;
        if exact::is_exact(&normalized.recording) {
            timelines.insert(json(&normalized));
        }
    }
    takes_as_long_as_it_says(script, fastest)?;
    if !script.stories.is_empty() {
        // A race: each run was held against the stories that the lesson lists, and they may differ.
        return Ok(());
    }
    // On the host's loopback acknowledgments are delayed, and what a FIN meets may differ.
    if stories.len() > 1 && ground.kind() == SandboxKind::Namespace {
        return Err(format!("{repeats} runs told {} stories: {stories:#?}", stories.len()).into());
    }
    if timelines.len() > 1 && ground.kind() == SandboxKind::Namespace {
        return Err(format!("{repeats} normalized runs made {} different timelines", timelines.len()).into());
    }
    Ok(())
}

/// Each rule that names this lesson is told in it. A race tells now one story and now another.
fn as_the_table_says(name: &str, story: &Story) -> Result<(), Failed> {
    let wrong = told::disagreements(name, &told::told(story));
    let is_race = !story.recording.script.stories.is_empty();
    if wrong.is_empty() || is_race { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// `tcpstory list` says how long a lesson takes. Timers of the kernel are never early; a busy machine is late.
fn takes_as_long_as_it_says(script: &Script, fastest: Duration) -> Result<(), Failed> {
    let said =
        builtin::get(&script.id).and_then(builtin::Builtin::duration).ok_or("scenarios/durations.txt lacks it")?;
    let (least, most) = (said.saturating_sub(Duration::from_millis(200)), said * 2 + Duration::from_secs(1));
    if (least..=most).contains(&fastest) {
        return Ok(());
    }
    Err(format!("scenarios/durations.txt says {said:?}, and the fastest run took {fastest:?}").into())
}

fn json(story: &Story) -> Vec<u8> {
    let format = format::by_name("json").expect("the timeline is one of the formats");
    (format.write)(story, &report::Options::default())
}

fn as_expected(story: &Story) -> Result<(), Failed> {
    let mut wrong: Vec<String> = Vec::new();
    for check in story.verdict.checks.iter().filter(|check| !check.passed) {
        wrong.push(format!("line {}: {:?}, found {:?}", check.line, check.expected, check.actual));
    }
    for finding in story.findings.iter().filter(|finding| finding.kind.is_mismatch()) {
        let about = finding.about.iter().map(|event| {
            let entry = &story.entries[event.0];
            format!("{} {:?} {:?}", entry.id, story.recording.events[event.0], entry.told)
        });
        wrong.push(format!("{:?}: {}", finding.kind, words::list(&about.collect::<Vec<_>>())));
    }
    if !story.verdict.passed() {
        wrong.push(format!("capture {:?}, end {:?}", story.recording.capture, story.recording.end));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
