//! Questions: answers left out.

use libtest_mimic::Failed;
use serde_json::Value;

use crate::world::{SHORT, World};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("a_run_without_answers", &[Need::Live], a_run_without_answers),
    ("a_lesson_with_a_wrong_answer_fails", &[Need::Live], a_lesson_with_a_wrong_answer_fails),
    ("answers_of_nothing_cannot_be_left_out", &[Need::Live], answers_of_nothing_cannot_be_left_out),
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
    ran.says(&["expected  the answer ETIMEDOUT", "actual    c1 → ECONNREFUSED", "✗ 1 of 1 expectation failed"]);
    world.file("none.toml", stating("ETIMEDOUT", "EPIPE").replace(", answer = true", ""));
    world.run(&["none.toml", "--no-save"]).code(1).says(&["one answer of ETIMEDOUT; EPIPE"]);
    let ran = world.run(&["wrong.toml", "--no-save", "--no-answers"]).code(1);
    let ran = ran.complains(&["not as expected: leave --no-answers out"]);
    assert!(!ran.stdout().contains("→ ECONNREFUSED"), "{}", ran.stdout());
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
