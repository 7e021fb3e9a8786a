//! The same story at every pace: what a person's thinking time changes, and what not.
//!
//! `TCPSTORY_PACE_MS` is the time between two steps, 250 ms by default: longer than the delay of acknowledgments and the least
//! retransmission timeout.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::Failed;
use tcpstory::lab::StopFlag;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::{Options, Session, timer};
use tcpstory::record::{Recording, Script, Segment, What};
use tcpstory::scenario::builtin;
use tcpstory::story::digest::digest;
use tcpstory::story::{Story, tell};

use crate::build::broken_pipe;
use crate::{Test, perform};

pub(crate) const TESTS: &[Test] = &[
    ("a_story_is_the_same_at_every_pace", true, a_story_is_the_same_at_every_pace),
    ("hesitation_changes_no_lesson", true, hesitation_changes_no_lesson),
    ("what_came_so_far_grows_to_the_whole", false, what_came_so_far_grows_to_the_whole),
];

fn pace() -> Duration {
    let said = std::env::var("TCPSTORY_PACE_MS").map(|text| text.parse().expect("TCPSTORY_PACE_MS is a number"));
    Duration::from_millis(said.unwrap_or(250))
}

/// The id, the alias and the kind of everything but pure acknowledgments and samples of states, whose number may differ.
fn names(story: &Story) -> Vec<String> {
    let counted = story.entries.iter().zip(&story.recording.events).filter(|(_, event)| match event.what {
        What::State(_) => false,
        _ => !story.recording.segment(event).is_some_and(Segment::is_pure_ack),
    });
    let mut names: Vec<_> = counted.map(|(entry, _)| format!("{} {}", entry.alias, entry.id)).collect();
    names.sort();
    names
}

/// As a person asks for the steps.
fn by_hand() -> Options {
    Options { by_hand: true, ..Options::default() }
}

/// A scenario with a pause between its steps.
fn paced(ground: Ground, script: &Script, pause: Duration) -> Result<Recording, Failed> {
    let mut session = Session::open(&ground, script, &by_hand(), &StopFlag::new()?)?;
    while session.step()?.is_some() {
        thread::sleep(pause);
    }
    Ok(session.finish()?)
}

fn a_story_is_the_same_at_every_pace(ground: Ground) -> Result<(), Failed> {
    let patient = |one: &&builtin::Builtin| {
        let script = one.parse().expect("shipped scenarios parse");
        timer(&script, true).is_none() && script.steps.iter().any(|step| step.predict.is_some())
    };
    let lessons: Vec<_> = builtin::all().filter(patient).collect();
    assert!(lessons.len() >= 35, "only {} lessons wait for a person", lessons.len());
    let compare = |one: &builtin::Builtin| -> Result<(), String> {
        let script = one.parse().map_err(|_| "it cannot be read")?;
        let at_once = tell(perform(ground, &script).map_err(|error| error.to_string())?);
        let slowly = tell(paced(ground, &script, pace()).map_err(|error| format!("{error:?}"))?);
        if !slowly.verdict.passed() {
            return Err(format!("{}: {:?}", one.name, slowly.verdict));
        }
        let (left, right) = (digest(&at_once).0, digest(&slowly).0);
        if left != right || names(&at_once) != names(&slowly) {
            return Err(format!("{}: {:#?}\nis not\n{:#?}", one.name, names(&at_once), names(&slowly)));
        }
        Ok(())
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = lessons.iter().map(|one| scope.spawn(move || compare(one))).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("no comparison panics").err()).collect()
    });
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The time for which a machine with something else to do may leave a run alone: longer than the delay of acknowledgments.
const HESITATION: Duration = Duration::from_millis(60);

/// A scenario with one pause, behind the step of that number, or with one behind every step.
fn hesitant(ground: Ground, script: &Script, behind: Option<usize>) -> Result<Recording, Failed> {
    let mut session = Session::open(&ground, script, &Options::default(), &StopFlag::new()?)?;
    while let Some(step) = session.step()? {
        if behind.is_none_or(|behind| behind == step.0) {
            thread::sleep(HESITATION);
        }
    }
    Ok(session.finish()?)
}

/// A machine that is busy at the wrong moment, or all the time, is no reason for another story.
fn hesitation_changes_no_lesson(ground: Ground) -> Result<(), Failed> {
    let scripts = builtin::all().map(|one| (one.name, one.parse().expect("shipped scenarios parse")));
    let lessons: Vec<_> = scripts.filter(|(_, script)| !script.slow && script.stories.is_empty()).collect();
    assert!(lessons.len() >= 100, "only {} lessons", lessons.len());
    let compare = |name: &str, script: &Script| -> Result<(), String> {
        let expected = digest(&tell(perform(ground, script).map_err(|error| error.to_string())?)).0;
        for behind in (0..script.steps.len()).map(Some).chain([None]) {
            let story = tell(hesitant(ground, script, behind).map_err(|error| format!("{error:?}"))?);
            let missed: Vec<_> = story.verdict.checks.iter().filter(|check| !check.passed).collect();
            let told = digest(&story).0;
            if !story.verdict.passed() || told != expected {
                let told: Vec<_> = told.lines.iter().filter(|line| !expected.lines.contains(line)).collect();
                let place = behind.map_or("every step".to_owned(), |step| format!("step {}", step + 1));
                return Err(format!("{name}, a pause behind {place}: missed {missed:#?}, told {told:#?}"));
            }
        }
        Ok(())
    };
    let next = AtomicUsize::new(0);
    let take = || lessons.get(next.fetch_add(1, Ordering::Relaxed));
    let work = || std::iter::from_fn(take).filter_map(|(name, script)| compare(name, script).err()).collect();
    let wrong: Vec<Vec<String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no comparison panics")).collect()
    });
    let wrong = wrong.concat();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn what_came_so_far_grows_to_the_whole(ground: Ground) -> Result<(), Failed> {
    let script = broken_pipe();
    let mut session = Session::open(&ground, &script, &Options::default(), &StopFlag::new()?)?;
    let mut before: Vec<String> = Vec::new();
    while let Some(at) = session.next() {
        assert_eq!(session.step()?, Some(at));
        let so_far = tell(session.so_far()?);
        assert_eq!(so_far.recording.steps.len(), at.0 + 1);
        let named: Vec<_> = so_far.entries.iter().map(|entry| format!("{} {}", entry.alias, entry.id)).collect();
        assert!(named.starts_with(&before), "{before:?} is the beginning of {named:?}");
        before = named;
    }
    let last = session.so_far()?;
    assert_eq!(session.next(), None);
    let whole = session.finish()?;
    assert_eq!((last.events, last.frames, last.end), (whole.events, whole.frames, whole.end));
    Ok(())
}
