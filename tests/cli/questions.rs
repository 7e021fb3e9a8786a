//! Questions: answers left out, and answers given.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::world::{Ran, SHORT, World, finish};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("a_run_without_answers", &[Need::Live], a_run_without_answers),
    ("a_lesson_with_a_wrong_answer_fails", &[Need::Live], a_lesson_with_a_wrong_answer_fails),
    ("a_comparison_without_answers", &[Need::Live], a_comparison_without_answers),
    ("documents_ask", &[Need::Live], documents_ask),
    ("answers_of_nothing_cannot_be_left_out", &[Need::Live], answers_of_nothing_cannot_be_left_out),
    ("right_and_wrong_answers", &[Need::Live], right_and_wrong_answers),
    ("the_call_is_made_only_after_the_answer", &[Need::Live], the_call_is_made_only_after_the_answer),
    ("a_quiz_of_what_timers_would_change", &[Need::Live], a_quiz_of_what_timers_would_change),
    ("a_quiz_that_is_left", &[Need::Live], a_quiz_that_is_left),
    ("a_free_answer", &[Need::Live], a_free_answer),
    ("a_quiz_without_a_lesson", &[], a_quiz_without_a_lesson),
];

fn a_run_without_answers() -> Result<(), Failed> {
    let world = World::new();
    world.run(&["broken-pipe", "--save", "all"]).code(0);
    let ran = world.run(&["broken-pipe", "--no-answers", "--save", "all"]).code(0);
    let ran = ran.says(&["What happens next?", "? client write(\"b\")", "a  1", "b  EPIPE"]);
    assert!(!ran.stdout().contains("→ EPIPE"), "{}", ran.stdout());
    let names = ["broken-pipe", "broken-pipe.no-answers"]
        .map(|stem| ["json", "pcap", "pcapng"].map(|end| format!("all/{stem}.{end}")));
    let mut expected = names.concat();
    expected.sort();
    assert_eq!(world.files(), expected);
    let timeline = world.json("all/broken-pipe.no-answers.json");
    assert_eq!(timeline["run"]["verdict"], "withheld");
    assert_eq!(timeline["predictions"].as_array().map(Vec::len), Some(2));
    // The same, made later from the whole.
    world.tcpstory(&["render", "all/broken-pipe.json", "--no-answers", "-o", "later.json"]).code(0);
    let parts = |timeline: &Value| (timeline["predictions"].clone(), timeline["recording"]["script"].clone());
    assert_eq!(parts(&world.json("later.json")), parts(&timeline));
    // And what was left out cannot be had back.
    world.tcpstory(&["render", "later.json"]).code(0).says(&["? client write(\"c\")"]);
    Ok(())
}

/// A lesson that states this answer to what a connect to nobody gives.
fn stating(errno: &str, other: &str) -> String {
    format!(
        "{SHORT}\n[step.predict]\nquestion = \"Which error?\"\nabout = \"errno\"\nchoices = [{{ error = \"{errno}\", answer = true }}, {{ error = \"{other}\" }}]\n"
    )
    .replace("error = \"ECONNREFUSED\"\n\n", "\n")
}

fn a_lesson_with_a_wrong_answer_fails() -> Result<(), Failed> {
    let world = World::new();
    world.file("right.toml", stating("ECONNREFUSED", "ETIMEDOUT"));
    world.run(&["right.toml", "--no-save"]).code(0).says(&["✓ 1 expectation"]);
    world.file("wrong.toml", stating("ETIMEDOUT", "ECONNREFUSED"));
    let ran = world.run(&["wrong.toml", "--no-save"]).code(1);
    ran.says(&["expected  the stated answer ETIMEDOUT", "actual    c1 → ECONNREFUSED", "✗ 1 of 1 expectation failed"]);
    world.file("none.toml", stating("ETIMEDOUT", "EPIPE").replace(", answer = true", ""));
    world.run(&["none.toml", "--no-save"]).code(1).says(&["one answer of ETIMEDOUT; EPIPE"]);
    let ran = world.run(&["wrong.toml", "--no-save", "--no-answers"]).code(1);
    let ran = ran.complains(&["not as expected: leave --no-answers out"]);
    assert!(!ran.stdout().contains("→ ECONNREFUSED"), "{}", ran.stdout());
    Ok(())
}

fn a_comparison_without_answers() -> Result<(), Failed> {
    let world = World::new();
    world.run(&["broken-pipe", "--no-save", "-o", "a.json"]).code(0);
    world.run(&["connection-reset-on-read", "--no-save", "-o", "b.json"]).code(0);
    let files = ["-o", "x.html", "-o", "x.json", "-o", "x.svg", "-o", "x.txt", "--format", "text"];
    let ran = world.tcpstory(&[&["compare", "a.json", "b.json", "--no-answers"], &files[..]].concat()).code(0);
    let ran = ran.complains_of_nothing().says(&[
        "What happens next?",
        "A asks before client write(\"b\"): ",
        "a: 1; b: EPIPE",
    ]);
    let shown =
        [vec![ran.stdout()], ["x.html", "x.json", "x.svg", "x.txt"].map(|file| world.text(file)).to_vec()].concat();
    for text in shown {
        for answer in ["→ EPIPE", "→ ECONNRESET", "SIGPIPE", "broken-pipe", "connection-reset"] {
            assert!(!text.contains(answer), "{answer} is in {text}");
        }
    }
    let same = world.tcpstory(&["compare", "a.json", "a.json", "--no-answers"]).code(0);
    same.says(&["As far as they are told, both tell the same story", "Both ask before client write(\"b\")"]);
    world.file("short.toml", SHORT);
    let ran = world.tcpstory(&["compare", "a.json", "short.toml", "--no-answers"]).code(2).says_nothing();
    ran.complains(&["short asks no question"]);
    Ok(())
}

/// Notes, diagrams and pictures ask; with the answers they tell them.
fn documents_ask() -> Result<(), Failed> {
    let world = World::new();
    world.run(&["broken-pipe", "--no-save", "-o", "all.json", "-o", "all.md"]).code(0);
    let notes = world.text("all.md");
    for said in [
        "**First ask:** The server has closed the connection",
        "- a. `1` ✓\n- b. `EPIPE`: The peer is gone",
        "**Answer, from the kernel:** `write(\"b\") = 1`",
    ] {
        assert!(notes.contains(said), "{said} is not in {notes}");
    }
    let outputs = ["-o", "x.md", "-o", "x.mmd", "-o", "x.svg"];
    world.tcpstory(&[&["render", "all.json", "--no-answers"], &outputs[..]].concat()).code(0);
    let [notes, diagram, picture] = ["x.md", "x.mmd", "x.svg"].map(|file| world.text(file));
    assert!(
        notes.contains("## 8. `client write(\"c\")`\n\n**First ask:**") && notes.contains("- b. `EPIPE`\n"),
        "{notes}"
    );
    for text in [&notes, &diagram, &picture] {
        assert!(text.contains("ECONNRESET") && text.contains("arrived"), "{text}");
        assert!(
            !text.contains("✓ 2")
                && !text.contains("tempting")
                && !text.contains("Answer, from")
                && !text.contains("SIGPIPE"),
            "{text}"
        );
    }
    Ok(())
}

fn answers_of_nothing_cannot_be_left_out() -> Result<(), Failed> {
    let world = World::new();
    world.file("short.toml", SHORT);
    let ran = world.run(&["short.toml", "--no-answers"]).code(2).says_nothing();
    ran.complains(&["short asks no question", "tcpstory quiz"]);
    world.run(&["short.toml", "--no-save", "-o", "short.json"]).code(0);
    world.tcpstory(&["render", "short.json", "--no-answers"]).code(2).says_nothing().complains(&["asks no question"]);
    world.run(&["broken-pipe", "--no-answers", "--repeat", "2"]).code(2).says_nothing().complains(&["--repeat"]);
    Ok(())
}

/// Answers from a pipe, a line each.
fn quiz(world: &World, lesson: &str, answers: &str) -> Ran {
    let ground = std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned());
    world.fed(&["quiz", lesson, "--sandbox", &ground], answers)
}

fn right_and_wrong_answers() -> Result<(), Failed> {
    let world = World::new();
    let ran = quiz(&world, "broken-pipe", "a\na\n").code(0).complains_of_nothing();
    let ran = ran.says(&["On live sockets", "✓ right. The kernel: write(\"b\") = 1", "2 of 2 answers right"]);
    assert!(!ran.stdout().contains('✗'), "{}", ran.stdout());
    let heads: Vec<_> = ran.stdout().lines().filter(|line| line.starts_with(" id ")).map(str::to_owned).collect();
    assert!(heads.len() == 3 && heads.iter().all(|head| *head == heads[0]), "the columns stay: {heads:#?}");
    let ran = quiz(&world, "broken-pipe", "no\n\nB\nECONNRESET\n").code(0).complains_of_nothing();
    let ran = ran.says(&[
        "✗ wrong: EPIPE. The kernel: write(\"b\") = 1",
        "a FIN does not say that the peer is gone",
        "✗ wrong: ECONNRESET. The kernel: write(\"c\") → EPIPE + SIGPIPE",
        "0 of 2 answers right",
    ]);
    let shown = ran.stdout();
    let (before, after) = shown.split_once("your answer (a to d)").expect("it asks");
    assert!(
        !before.contains("write(\"b\") = 1") && after.contains("write(\"b\") = 1"),
        "asked before it is told: {shown}"
    );
    assert_eq!(world.files(), [""; 0], "nothing is saved unasked");
    Ok(())
}

/// The clock of the recording says so.
fn the_call_is_made_only_after_the_answer() -> Result<(), Failed> {
    let world = World::new();
    let ground = std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned());
    let mut command = world.command(&["quiz", "broken-pipe", "-o", "quiz.json", "--sandbox", &ground]);
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let (mut answers, mut shown) = (child.stdin.take().ok_or("no input")?, child.stdout.take().ok_or("no output")?);
    let mut typed = Vec::new();
    for asked in ["your answer (a to d): ", "your answer (a to c): "] {
        let mut text = Vec::new();
        while !text.ends_with(asked.as_bytes()) {
            let mut byte = [0];
            shown.read_exact(&mut byte)?;
            text.extend(byte);
        }
        let before = SystemTime::now();
        answers.write_all(b"a\n")?;
        typed.push(i64::try_from(before.duration_since(UNIX_EPOCH)?.as_nanos())?);
    }
    drop(answers);
    std::io::copy(&mut shown, &mut std::io::sink())?;
    finish(child).code(0);
    let timeline = world.json("quiz.json");
    let zero: i64 = timeline["clock"]["t0_unix_ns"].as_str().ok_or("no clock")?.parse()?;
    let begun = |step: u64| {
        let of = |event: &&Value| event["step"] == step && event["kind"] != "state";
        let events = timeline["events"].as_array().into_iter().flatten().filter(of);
        events.filter_map(|event| Some(zero + event["t_ns"].as_i64()?)).collect::<Vec<_>>()
    };
    let asked = timeline["predictions"].as_array().ok_or("nothing is asked")?.iter();
    let asked: Vec<u64> = asked.filter_map(|one| one["step"].as_u64()).collect();
    assert_eq!(asked.len(), typed.len());
    for (step, typed) in asked.into_iter().zip(typed) {
        let (earlier, now) = ((0..step).flat_map(begun).max(), begun(step).into_iter().min());
        assert!(earlier.is_some_and(|earlier| earlier < typed), "step {step}: {earlier:?} is told before {typed}");
        assert!(now.is_some_and(|now| now > typed), "step {step}: {now:?} comes only after {typed}");
    }
    assert_eq!(timeline["run"]["sysctls"]["net.ipv4.tcp_fin_timeout"], "14400", "what waits, waits for a person");
    Ok(())
}

fn a_quiz_of_what_timers_would_change() -> Result<(), Failed> {
    let world = World::new();
    let ran = quiz(&world, "cork", "b\n").code(0).complains_of_nothing();
    let ran = ran.says(&["From a run that was just made", "after 200 ms", "✓ right", "1 of 1 answer right"]);
    let shown = ran.stdout();
    let (before, after) = shown.split_once("your answer").expect("it asks");
    assert!(!before.contains("DATA") && !before.contains("\"abc\" "), "{shown}");
    assert!(after.contains("read(100) = 3 \"abc\""), "the rest is told: {shown}");
    Ok(())
}

fn a_quiz_that_is_left() -> Result<(), Failed> {
    let world = World::new();
    for (lesson, answers) in [("broken-pipe", "a\nq\n"), ("broken-pipe", "a\n"), ("cork", "")] {
        let ran = quiz(&world, lesson, answers).code(0).says(&["1 not answered"]);
        let shown = ran.stdout();
        assert!(!shown.contains("→ EPIPE") && !shown.contains("PSH,ACK seq 1 \"abc\""), "{shown}");
    }
    Ok(())
}

fn a_free_answer() -> Result<(), Failed> {
    let world = World::new();
    let question = "\n[step.predict]\nquestion = \"Which error?\"\nabout = \"errno\"\n";
    world.file("free.toml", SHORT.to_owned() + question);
    quiz(&world, "free.toml", "nonsense\neconnrefused\n").code(0).says(&["an errno, or none", "✓ right", "1 of 1"]);
    quiz(&world, "free.toml", "ETIMEDOUT\n").code(0).says(&[
        "✗ wrong: ETIMEDOUT. The kernel:",
        "→ ECONNREFUSED",
        "0 of 1",
    ]);
    Ok(())
}

fn a_quiz_without_a_lesson() -> Result<(), Failed> {
    let world = World::new();
    let ran = world.tcpstory(&["quiz"]).code(0).complains_of_nothing();
    ran.says(&["broken-pipe ", "2 questions", "connection-refused", "1 question "]);
    Ok(())
}
