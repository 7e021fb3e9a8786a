//! The lessons as texts: nothing that a lesson needs is missing, and twins differ in what they say that they differ in.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

use std::collections::BTreeSet;

use tcpstory::record::{Action, Because, Errno, ExpectOutcome, Script, Step};
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
    ("nagle-meets-delayed-ack", "quick-acknowledgments", Differ::OneCall),
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
    let act = |one: &Step| match &one.action {
        // The call that it ends, not that step's number, which another call before it shifts.
        Action::Finish { step } => format!("finish {:?}", script.steps[step.0].action),
        action => format!("{action:?}"),
    };
    acts.map(act).collect()
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

/// The experiments that the catalogue shows, by chapter, and the lessons that do.
const SHOWN: &[(&str, &[&str])] = &[
    ("A1", &["broken-pipe"]),
    ("A2", &["after-fin-read", "read-after-rst-returns-zero"]),
    ("A4", &["so-error-after-broken-pipe"]),
    ("A5", &["poll-through-fin-and-reset"]),
    ("A7", &["broken-pipe-server-side"]),
    ("A9", &["answer-outlives-the-reset"]),
    ("A15", &["race-close-against-write"]),
    ("B1", &["connection-reset-on-read"]),
    ("B2", &["connection-reset-on-write"]),
    ("B3", &["one-reset-one-report"]),
    ("B5", &["so-error-hides-a-reset"]),
    ("B6", &["data-survives-a-reset"]),
    ("B7", &["reset-after-fin"]),
    ("D1", &["half-close", "fin-is-not-goodbye"]),
    ("D2", &["shutdown-read-sends-nothing"]),
    ("D3", &["shutdown-both-is-not-close"]),
    ("D4", &["write-after-own-shutdown"]),
    ("D6", &["calls-without-a-connection"]),
    ("D7", &["listener-is-no-connection"]),
    ("D10", &["close-under-a-blocked-read"]),
    ("L1", &["server-crash"]),
    ("L2", &["server-crash-unread"]),
    ("L3", &["fork-keeps-the-connection"]),
    ("L5", &["fork-and-shutdown"]),
    ("C1", &["abortive-close"]),
    ("C2", &["abortive-close-write"]),
    ("C3", &["abort-wakes-a-blocked-read"]),
    ("C5", &["abort-cuts-a-blocked-write"]),
    ("C6", &["abort-discards-unsent-data"]),
    ("I8", &["close-returns-before-delivery"]),
    ("I9", &["linger2-off"]),
    ("J1", &["linger-runs-out"]),
    ("E1", &["connection-refused", "refused-socket-again"]),
    ("E2", &["nonblocking-connect-refused"]),
    ("E7", &["self-connect"]),
    ("F2", &["backlog-full"]),
    ("F5", &["abort-before-accept"]),
    ("J7", &["deferred-accept"]),
    ("G5", &["peer-rebooted"]),
    ("G5b", &["peer-rebooted-and-back"]),
    ("G5c", &["peer-gone-unnoticed"]),
    ("G5d", &["keep-alive-finds-a-reset"]),
    ("G4", &["keep-alive-gives-up"]),
    ("G4b", &["keep-alive-answered"]),
    ("H1", &["zero-window-and-probes", "send-buffer-full"]),
    ("H2", &["read-timeout"]),
    ("H5", &["user-timeout-at-zero-window"]),
    ("J6", &["segments-are-not-reads"]),
    ("M3b", &["sendfile-cut-by-reset"]),
    ("M3d", &["blocked-write-cut-by-reset"]),
    ("J3", &["nagle-unseen"]),
    ("J3b", &["nagle-meets-delayed-ack"]),
    ("J3c", &["no-delay"]),
    ("J4", &["cork"]),
    ("J4b", &["cork-forgotten"]),
    ("I1", &["time-wait-blocks-the-port"]),
    ("I1c", &["time-wait-with-reuseaddr"]),
    ("I2", &["time-wait-port-reused-by-timestamps"]),
    ("I2b", &["time-wait-port-without-timestamps"]),
    ("I2d", &["time-wait-exhaustion"]),
    ("I3", &["time-wait-takes-a-new-syn"]),
    ("I6", &["reset-by-no-socket"]),
    ("I7", &["reset-by-the-time-wait-socket"]),
    ("I10", &["graceful-close"]),
    ("M1", &["broken-pipe-ipv6"]),
    ("M2", &["unix-socket-broken-pipe"]),
    ("M2d", &["pipe-broken-pipe"]),
    ("J2", &["urgent-data"]),
    ("J2b", &["urgent-data-overwritten"]),
];

/// Experiments that write without blocking until EAGAIN says that the send buffer is full, to have it full; the lessons fill it by
/// one large write.
const FILL_FIRST: [&str; 4] = ["C5", "C6", "H5", "J1"];

/// What a call fails with in an experiment, some lesson expects.
#[test]
fn experiments_have_lessons_with_the_same_errors() {
    let experiments: Vec<serde_json::Value> = serde_json::from_str(include_str!("truth/experiments.json")).unwrap();
    let mut errors = 0;
    for (id, lessons) in SHOWN {
        let experiment =
            experiments.iter().find(|one| one["id"] == *id).unwrap_or_else(|| panic!("no experiment {id}"));
        let calls = experiment["events"].as_array().unwrap().iter();
        let measured: BTreeSet<Errno> = calls
            .filter_map(|event| Some((event["call"].as_str()?, Errno::from_name(event["errno"].as_str()?)?)))
            .filter(|failed| *failed != ("write", Errno::EAGAIN) || !FILL_FIRST.contains(id))
            .map(|(_, errno)| errno)
            .collect();
        let expected: BTreeSet<Errno> = lessons.iter().flat_map(|name| expected_errors(&script(name))).collect();
        let missing: Vec<_> = measured.difference(&expected).collect();
        assert!(missing.is_empty(), "{id}: {missing:?} in none of {lessons:?}");
        errors += measured.len();
    }
    assert!(errors > 50, "only {errors} errors were compared");
}

fn expected_errors(script: &Script) -> Vec<Errno> {
    let outcomes = script.steps.iter().flat_map(|step| {
        let ways = step.expect.one_of.iter().map(|way| &way.value.outcome);
        step.expect.outcome.iter().map(|outcome| &outcome.value).chain(ways)
    });
    let errors = outcomes.filter_map(|outcome| match outcome {
        ExpectOutcome::Fails(errno) => Some(*errno),
        _ => None,
    });
    errors.collect()
}
