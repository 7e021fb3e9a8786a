//! The lessons as texts: nothing that a lesson needs is missing, and twins differ in what they say that they differ in.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use tcpstory::record::{Action, Because, ExpectOutcome, Script, Step};
use tcpstory::scenario::builtin;
use tcpstory::story::rules::rule;

fn scripts() -> impl Iterator<Item = Script> {
    builtin::all().map(|one| one.parse().unwrap())
}

fn script(name: &str) -> Script {
    builtin::get(name).unwrap_or_else(|| panic!("there is no lesson {name}")).parse().unwrap()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[test]
fn every_lesson_has_its_prose() {
    for script in scripts() {
        let id = &script.id;
        assert!(words(&script.title) >= 3, "{id}: title");
        assert!(words(&script.summary) >= 20, "{id}: summary");
        assert!(!script.goals.is_empty() && script.goals.iter().all(|goal| words(goal) >= 4), "{id}: goals");
        assert!(words(&script.loopback_differs) >= 8, "{id}: loopback_differs says too little");
        let says = script.steps.iter().filter(|step| step.say.is_some()).count();
        assert!(says >= 1, "{id}: nothing is said of any step");
    }
}

/// The mistaken sentence in quotes, and behind it what is right.
#[test]
fn a_misconception_is_quoted_and_corrected() {
    for script in scripts() {
        let text = script.misconception.trim();
        let (said, right) = text
            .strip_prefix('"')
            .and_then(|rest| rest.split_once("\" "))
            .unwrap_or_else(|| panic!("{}: misconception is not \"…\" and its correction: {text}", script.id));
        assert!(words(said) >= 3 && words(right) >= 4, "{}: {text}", script.id);
    }
}

#[test]
fn every_lesson_asserts_outcomes_and_a_cause() {
    for script in scripts() {
        let expects = |wanted: fn(&Step) -> bool| script.steps.iter().any(wanted);
        assert!(expects(|step| step.expect.outcome.is_some()), "{}: no outcome", script.id);
        let cause = expects(|step| {
            step.expect.because.is_some() || step.expect.one_of.iter().any(|way| way.value.because.is_some())
        });
        assert!(cause, "{}: no cause", script.id);
    }
}

/// A read or write whose result nobody expects shows nothing.
#[test]
fn every_read_and_write_is_held_against_something() {
    for script in scripts() {
        for (place, step) in script.steps.iter().enumerate() {
            let transfers = match &step.action {
                Action::Call { call, blocks: None, starts: None, .. } => {
                    ["read", "write", "recv", "send"].contains(&call.name())
                }
                _ => false,
            };
            let said = step.expect.outcome.is_some() || !step.expect.one_of.is_empty();
            assert!(!transfers || said, "{}: step {place} in line {} expects nothing", script.id, step.line);
        }
    }
}

#[test]
fn every_rule_that_a_lesson_names_exists() {
    let mut named = 0;
    for script in scripts() {
        for because in script.steps.iter().filter_map(|step| step.expect.because.as_ref()) {
            if let Because::Rule { rule: id } = &because.value {
                named += 1;
                assert!(rule(id).is_some(), "{}: line {}: there is no rule {id}", script.id, because.line);
            }
        }
    }
    assert!(named > 20, "only {named} causes are rules");
}

#[test]
fn a_process_that_dies_in_a_call_is_said_to() {
    for script in scripts() {
        for step in &script.steps {
            let dies = step
                .expect
                .exit
                .as_ref()
                .is_some_and(|exit| matches!(exit.value, tcpstory::record::ExitStatus::Signal(_)));
            let in_a_call = matches!(step.action, Action::Call { .. });
            let said = matches!(step.expect.outcome.as_ref().map(|one| &one.value), Some(ExpectOutcome::Killed(_)));
            assert!(!dies || !in_a_call || said, "{}: line {}: `killed` is missing", script.id, step.line);
        }
    }
}

#[test]
fn every_lesson_has_a_measured_duration() {
    for one in builtin::all() {
        let takes = one.duration().unwrap_or_else(|| panic!("{}: not in scenarios/durations.txt", one.name));
        let slow = one.parse().unwrap().slow;
        assert_eq!(slow, takes.as_secs() >= 1, "{}: {takes:?}, and slow is {slow}", one.name);
    }
}

/// How two lessons differ in what is done.
enum Differ {
    /// In one call.
    OneCall,
    /// The second has one call more, and may go on where the first must end.
    OneMore,
    /// Two neighbours have changed places.
    Swapped,
    /// In nothing that is done: in an actor or the network.
    Setting,
}

const TWINS: [(&str, &str, Differ); 13] = [
    ("nagle-meets-delayed-ack", "quick-acknowledgments", Differ::OneMore),
    ("after-fin-read", "after-rst-read", Differ::OneCall),
    ("after-fin-write", "after-rst-write", Differ::OneCall),
    ("after-fin-read", "after-fin-write", Differ::OneCall),
    ("after-rst-read", "after-rst-write", Differ::OneCall),
    ("close-of-a-duplicate", "shutdown-of-a-duplicate", Differ::OneCall),
    ("close-returns-before-delivery", "abort-discards-unsent-data", Differ::OneMore),
    ("nagle-meets-delayed-ack", "no-delay", Differ::OneMore),
    ("time-wait-blocks-the-port", "time-wait-with-reuseaddr", Differ::OneMore),
    ("fork-keeps-the-connection", "fork-and-shutdown", Differ::OneMore),
    ("keep-alive-race-fin-first", "keep-alive-race-request-first", Differ::Swapped),
    ("sigpipe-kills", "sigpipe-ignored", Differ::Setting),
    ("time-wait-port-reused-by-timestamps", "time-wait-port-without-timestamps", Differ::Setting),
];

/// What is done, without what only waits.
fn done(script: &Script) -> Vec<String> {
    let acts = script.steps.iter().filter(|step| step.action != Action::Wait);
    acts.map(|step| format!("{:?}", step.action)).collect()
}

#[test]
fn twins_differ_in_what_they_say() {
    for (one, other, differ) in TWINS {
        let (first, second) = (script(one), script(other));
        let (a, b) = (done(&first), done(&second));
        let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let (rest, other_rest) = (&a[same.min(a.len())..], &b[same.min(b.len())..]);
        let holds = match differ {
            Differ::OneCall => a.len() == b.len() && !rest.is_empty() && rest[1..] == other_rest[1..],
            Differ::OneMore => other_rest.get(1..).is_some_and(|other| other.starts_with(rest)),
            Differ::Swapped => {
                a.len() == b.len()
                    && rest.len() >= 2
                    && rest[0] == other_rest[1]
                    && rest[1] == other_rest[0]
                    && rest[2..] == other_rest[2..]
            }
            Differ::Setting => a == b && (first.actors != second.actors || first.network != second.network),
        };
        assert!(holds, "{one} and {other}:\n{rest:#?}\n{other_rest:#?}");
    }
}
