//! Live stepping, in a pseudo-terminal.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::pty::Terminal;
use crate::world::{SHORT, World, actor_of, finish};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("the_newest_event_is_always_visible", &[Need::Live, Need::Setsid], the_newest_event_is_always_visible),
    (
        "the_newest_event_stays_visible_when_the_terminal_changes",
        &[Need::Live, Need::Setsid],
        the_newest_event_stays_visible_when_the_terminal_changes,
    ),
    ("one_can_look_back", &[Need::Live, Need::Setsid], one_can_look_back),
    ("leaving_half_way", &[Need::Live, Need::Setsid], leaving_half_way),
    ("stopped_half_way", &[Need::Live, Need::Setsid], stopped_half_way),
    ("steps_need_a_terminal", &[], steps_need_a_terminal),
    ("a_quiz_in_a_terminal", &[Need::Live, Need::Setsid], a_quiz_in_a_terminal),
    ("a_quiz_is_left_with_ctrl_c", &[Need::Live, Need::Setsid], a_quiz_is_left_with_ctrl_c),
    ("aliases_are_the_same_at_every_pace", &[Need::Live, Need::Setsid], aliases_are_the_same_at_every_pace),
];

/// The ground that the tests are asked to stand on.
fn ground() -> String {
    std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned())
}

fn start(world: &World, arguments: &[&str], size: (u16, u16)) -> Terminal {
    let ground = ground();
    let (command, rest) = arguments.split_first().expect("a command");
    Terminal::start(world, &[&[*command, "--sandbox", &ground], rest].concat(), size)
}

/// The newest event of each step of broken-pipe that has a row of its own.
const NEWEST: [&str; 8] = ["s1", "c1", "s2", "a2", "s3", "a3", "p6", "c4"];

/// Whether a row of the ladder is that event's.
fn has_row(lines: &[String], alias: &str) -> bool {
    lines.iter().any(|line| line.trim_start().split(' ').next() == Some(alias))
}

/// What the last line says of how far it is.
fn status(lines: &[String]) -> &str {
    lines.last().map_or("", |line| line.trim())
}

fn the_newest_event_is_always_visible() -> Result<(), Failed> {
    for (keys, size) in
        [(" ", (80, 24)), ("\r", (80, 10)), ("\x1b[C", (130, 50)), ("\x1b[6~", (60, 24)), (" ", (40, 6))]
    {
        let world = World::new();
        let mut terminal = start(&world, &["step", "broken-pipe"], size);
        terminal.until("the first step is announced", |lines| status(lines).starts_with("1/8 next: server listen(16)"));
        assert!(terminal.is_raw());
        for (place, newest) in NEWEST.into_iter().enumerate() {
            terminal.type_keys(keys);
            let done = if place + 1 < NEWEST.len() { format!("{}/8 next:", place + 2) } else { "8/8  ✓".to_owned() };
            let lines = terminal.until(&done, |lines| status(lines).starts_with(&done));
            assert!(has_row(&lines, newest), "{newest} is not visible at {size:?}:\n{}", lines.join("\n"));
        }
        terminal.type_keys(" "); // nothing more comes, and nothing breaks
        terminal.type_keys("q");
        let left = terminal.left();
        assert_eq!(left.code, Some(0));
        assert!(left.text.contains("expectations") && left.text.contains("why c4"), "{}", left.text);
        assert_eq!(world.files(), [""; 0], "nothing is saved unasked");
    }
    Ok(())
}

fn one_can_look_back() -> Result<(), Failed> {
    let world = World::new();
    let mut terminal = start(&world, &["step", "broken-pipe"], (80, 12));
    terminal.type_keys("      ");
    let lines = terminal.until("the close is told", |lines| status(lines).starts_with("7/8") && has_row(lines, "a3"));
    assert!(!has_row(&lines, "s1a"), "{}", lines.join("\n"));
    terminal.type_keys("\x1b[H");
    terminal.until("the beginning is back", |lines| has_row(lines, "s1a"));
    terminal.type_keys("\x1b[F");
    terminal.until("the newest is back", |lines| has_row(lines, "a3"));
    terminal.type_keys("\x1b[5~\x1b[A");
    terminal.until("older rows are back", |lines| !has_row(lines, "a3"));
    terminal.type_keys(" ");
    terminal
        .until("the next step shows the newest", |lines| status(lines).starts_with("8/8 next") && has_row(lines, "p6"));
    terminal.type_keys("q");
    assert_eq!(terminal.left().code, Some(0));
    Ok(())
}

/// The end of the whole group of processes is seen by the end of the terminal.
fn leaving_half_way() -> Result<(), Failed> {
    let world = World::new();
    let mut terminal = start(&world, &["step", "broken-pipe", "-o", "part.json"], (80, 24));
    terminal.type_keys("    ");
    terminal.until("four steps are done", |lines| status(lines).starts_with("5/8") && has_row(lines, "a2"));
    assert!(actor_of(terminal.pid(), "client").is_some(), "the actors are the program's children");
    terminal.type_keys("q");
    let left = terminal.left();
    assert_eq!(left.code, Some(0), "{}", left.text);
    assert!(left.text.contains("write(\"a\") = 1") && left.text.contains("interrupted"), "{}", left.text);
    assert!(!left.text.contains("read(1)"), "{}", left.text);
    let part = world.json("part.json");
    assert_eq!(part["run"]["verdict"], "interrupted");
    assert_eq!(part["recording"]["steps"].as_array().map(Vec::len), Some(4));
    Ok(())
}

fn stopped_half_way() -> Result<(), Failed> {
    for (signal, code) in [(None, 0), (Some(Signal::SIGTERM), 143), (Some(Signal::SIGHUP), 129)] {
        let world = World::new();
        let mut terminal = start(&world, &["step", "broken-pipe"], (80, 24));
        terminal.type_keys("  ");
        terminal.until("two steps are done", |lines| status(lines).starts_with("3/8"));
        match signal {
            None => terminal.type_keys("\x03"), // Ctrl-C
            Some(signal) => kill(Pid::from_raw(i32::try_from(terminal.pid())?), signal)?,
        }
        let left = terminal.left();
        assert_eq!(left.code, Some(code), "{}", left.text);
        assert!(left.text.contains("… connect = 0") && left.text.contains("interrupted"), "{}", left.text);
    }
    Ok(())
}

/// Ctrl-C leaves a quiz as q does.
fn a_quiz_is_left_with_ctrl_c() -> Result<(), Failed> {
    for key in ["\x03", "q\n"] {
        let world = World::new();
        let mut terminal = start(&world, &["quiz", "broken-pipe"], (100, 40));
        terminal.until("it asks", |lines| lines.iter().any(|line| line.contains("your answer (a to d):")));
        terminal.type_keys(key);
        let left = terminal.left();
        assert_eq!(left.code, Some(0), "{key:?}: {}", left.text);
        assert!(left.text.contains("0 of 0 answers right, 2 not answered"), "{key:?}: {}", left.text);
    }
    Ok(())
}

fn steps_need_a_terminal() -> Result<(), Failed> {
    let world = World::new();
    let ran = world.tcpstory(&["step", "broken-pipe"]).code(2).says_nothing();
    ran.complains(&["standard input is none", "tcpstory run", "tcpstory quiz"]);
    Ok(())
}

fn a_quiz_in_a_terminal() -> Result<(), Failed> {
    let world = World::new();
    let mut terminal = start(&world, &["quiz", "broken-pipe"], (100, 40));
    let asks = |lines: &[String]| lines.iter().any(|line| line.contains("your answer (a to d):"));
    let lines = terminal.until("it asks", asks);
    assert!(has_row(&lines, "a3") && !has_row(&lines, "c3"), "{}", lines.join("\n"));
    terminal.type_keys("b\n");
    let said = |what: &'static str| move |lines: &[String]| lines.iter().any(|line| line.contains(what));
    let lines = terminal.until("it is told", said("✗ wrong: EPIPE. The kernel: write(\"b\") = 1"));
    assert!(has_row(&lines, "p6"), "{}", lines.join("\n"));
    terminal.until("it asks again", said("your answer (a to c):"));
    terminal.type_keys("EPIPE\n");
    let left = terminal.left();
    assert_eq!(left.code, Some(0));
    assert!(left.text.contains("✓ right. The kernel: write(\"c\") → EPIPE + SIGPIPE"), "{}", left.text);
    assert!(left.text.contains("1 of 2 answers right"), "{}", left.text);
    Ok(())
}

/// The time between two steps: `TCPSTORY_PACE_MS`, longer than the least retransmission timeout by default.
fn pace() -> Duration {
    let said = std::env::var("TCPSTORY_PACE_MS").map(|text| text.parse().expect("TCPSTORY_PACE_MS is a number"));
    Duration::from_millis(said.unwrap_or(250))
}

/// The ids with their aliases, of all but pure acknowledgments and samples of states, whose number may differ.
fn aliases(timeline: &Value) -> Vec<String> {
    let events = timeline["events"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let counted = |event: &&Value| event["kind"] != "state" && !text(&event["id"]).contains(".ack#");
    let mut names: Vec<_> = events
        .iter()
        .filter(counted)
        .map(|event| format!("{} {}", text(&event["alias"]), text(&event["id"])))
        .collect();
    names.sort();
    names
}

/// Lessons that tell the same story at every pace: closes, crashes, several connections, delayed acknowledgments, a timer of the
/// kernel that sends probes meanwhile, and a window that stays closed.
const PACED: [&str; 9] = [
    "broken-pipe",
    "half-close",
    "handle-reconnect",
    "keep-alive-answered",
    "nagle-meets-delayed-ack",
    "no-delay",
    "three-segments-to-close",
    "upstream-prematurely-closed",
    "zero-window-and-probes",
];

/// Run, stepped through and asked about: three paces, one story.
fn aliases_are_the_same_at_every_pace() -> Result<(), Failed> {
    let told = thread::scope(|scope| {
        let lessons: Vec<_> = PACED.iter().map(|lesson| scope.spawn(|| at_three_paces(lesson))).collect();
        lessons.into_iter().try_for_each(|lesson| lesson.join().expect("nothing panics there"))
    });
    told?;
    let short = World::new();
    short.file("short.toml", SHORT);
    short
        .tcpstory(&["quiz", "short.toml"])
        .code(2)
        .says_nothing()
        .complains(&["short asks no question", "`tcpstory quiz` lists"]);
    Ok(())
}

fn at_three_paces(lesson: &str) -> Result<(), Failed> {
    let world = World::new();
    world.run(&[lesson, "--no-save", "-o", "run.json"]).code(0);
    let whole = world.json("run.json");
    let list = |part: &str| whole[part].as_array().cloned().unwrap_or_default();
    let (steps, questions) = (list("steps").len(), list("predictions"));
    let mut files = vec!["run.json", "step.json"];
    thread::scope(|scope| -> Result<(), Failed> {
        let stepping = scope.spawn(|| stepped(&world, lesson, steps));
        if !questions.is_empty() {
            asked(&world, lesson, &questions)?;
            files.push("quiz.json");
        }
        stepping.join().expect("nothing panics there");
        Ok(())
    })?;
    let names: Vec<_> = files.iter().map(|file| aliases(&world.json(file))).collect();
    assert!(names[0].len() > 10 && names.iter().all(|one| *one == names[0]), "{lesson}: {names:#?}");
    Ok(())
}

fn stepped(world: &World, lesson: &str, steps: usize) {
    let mut terminal = start(world, &["step", lesson, "-o", "step.json"], (80, 24));
    for step in 1..=steps {
        terminal.until("the step before is done", |lines| status(lines).starts_with(&format!("{step}/{steps} next")));
        thread::sleep(pace());
        terminal.type_keys(" ");
    }
    // What a lesson says of the kernel's timers may fail at a person's pace; the names are the same all the same.
    terminal.until("the end", |lines| status(lines).contains('✓') || status(lines).contains('✗'));
    terminal.type_keys("q");
    terminal.left();
}

fn asked(world: &World, lesson: &str, questions: &[Value]) -> Result<(), Failed> {
    let ground = ground();
    let mut command: Command = world.command(&["quiz", lesson, "-o", "quiz.json", "--sandbox", &ground]);
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut answers = child.stdin.take().expect("it is piped");
    for question in questions {
        let is_free = question["choices"].as_array().is_none_or(Vec::is_empty);
        thread::sleep(pace());
        std::io::Write::write_all(&mut answers, if is_free { b"none\n" } else { b"a\n" })?;
    }
    drop(answers);
    finish(child).code(0).says(&[&format!("of {} answer", questions.len())]);
    Ok(())
}

/// The short id of the last event of a step that every run has; empty where there is none.
fn newest_of(timeline: &Value, step: usize) -> String {
    let mut events = timeline["events"].as_array().into_iter().flatten();
    let is_sure = |event: &&Value| {
        event["step"] == step && event["kind"] != "state" && !event["id"].as_str().unwrap_or_default().contains(".ack#")
    };
    events.rfind(is_sure).map_or_else(String::new, |event| event["alias"].as_str().unwrap_or_default().to_owned())
}

/// A long lesson in a narrow terminal that becomes smaller and larger on the way.
fn the_newest_event_stays_visible_when_the_terminal_changes() -> Result<(), Failed> {
    const LESSON: &str = "upstream-prematurely-closed";
    let world = World::new();
    world.run(&[LESSON, "--no-save", "-o", "run.json"]).code(0);
    let whole = world.json("run.json");
    let steps = whole["steps"].as_array().cloned().unwrap_or_default();
    let mut terminal = start(&world, &["step", LESSON], (80, 24));
    let sizes = [(80, 24), (34, 24), (20, 24), (120, 10), (60, 12), (80, 24)];
    for (place, size) in (1..=steps.len()).zip(sizes.into_iter().cycle()) {
        terminal
            .until("the step before is done", |lines| status(lines).starts_with(&format!("{place}/{}", steps.len())));
        terminal.resize(size);
        terminal.type_keys(" ");
        let alias = newest_of(&whole, place - 1);
        let next = format!("{}/{}", (place + 1).min(steps.len()), steps.len());
        let is_done = |lines: &[String]| status(lines).starts_with(&next) && !status(lines).contains('…');
        let newest = |lines: &[String]| is_done(lines) && (alias.is_empty() || has_row(lines, &alias));
        let lines = terminal.until(&format!("{alias} is visible at {size:?}"), newest);
        assert_eq!(lines.len(), usize::from(size.1), "the screen has its size");
    }
    terminal.type_keys("q");
    assert_eq!(terminal.left().code, Some(0));
    Ok(())
}
