//! Pictures of stories, and two stories beside each other.

use std::fs;

use libtest_mimic::Failed;

use crate::world::{SHORT, World};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("a_picture_ends_where_it_is_asked_to", &[], a_picture_ends_where_it_is_asked_to),
    ("an_unknown_event_is_answered_with_near_ones", &[], an_unknown_event_is_answered_with_near_ones),
    ("a_picture_for_each_step", &[], a_picture_for_each_step),
    ("slides_of_another_story_are_named", &[], slides_of_another_story_are_named),
    ("what_is_about_one_story_takes_one_scenario", &[], what_is_about_one_story_takes_one_scenario),
    ("a_run_paints_what_it_saves", &[Need::Live], a_run_paints_what_it_saves),
    ("timelines_are_compared", &[], timelines_are_compared),
    ("lessons_are_run_and_compared", &[Need::Live], lessons_are_run_and_compared),
    ("what_cannot_be_compared", &[], what_cannot_be_compared),
];

const BROKEN_PIPE: &str = include_str!("../recordings/broken-pipe.json");
const RESET: &str = include_str!("../recordings/connection-reset-on-read.json");

fn world() -> World {
    let world = World::new();
    world.file("a.json", BROKEN_PIPE);
    world.file("b.json", RESET);
    world
}

fn a_picture_ends_where_it_is_asked_to() -> Result<(), Failed> {
    let world = world();
    let svg = |more: &[&str]| {
        let arguments = [&["render", "a.json", "--format", "svg"], more].concat();
        world.tcpstory(&arguments).code(0).complains_of_nothing().stdout()
    };
    let (whole, part) = (svg(&[]), svg(&["--upto", "p5"]));
    assert!(whole.contains("id=\"c4\"") && whole.contains("id=\"p6\""));
    assert!(part.contains("id=\"p5\"") && !part.contains("id=\"p6\"") && !part.contains("id=\"c4\""));
    assert_eq!(part, svg(&["--upto", "client>server.data[2:3]#1"]), "the full id is the same event");
    assert_ne!(whole, svg(&["--theme", "dark"]));
    assert!(svg(&["--fragments"]).contains("data-fragment-index"));
    let ladder = world.tcpstory(&["render", "a.json", "--upto", "p5"]).code(0).stdout();
    assert!(ladder.contains("\n p5") && !ladder.contains("\n p6"), "{ladder}");
    Ok(())
}

fn an_unknown_event_is_answered_with_near_ones() -> Result<(), Failed> {
    let world = world();
    let ran = world.tcpstory(&["render", "a.json", "--upto", "c44", "-o", "x.svg"]).code(2);
    ran.complains(&["there is no event c44", "near ones are c4,", "first column"]);
    world.tcpstory(&["render", "a.json", "--upto", "\u{1b}[2J"]).code(2).complains(&["\\x1b[2J"]);
    assert_eq!(world.files(), ["a.json", "b.json"]);
    Ok(())
}

fn a_picture_for_each_step() -> Result<(), Failed> {
    let world = world();
    world.tcpstory(&["render", "a.json", "--steps", "slides/one"]).code(0).says(&[]).complains_of_nothing();
    let expected: Vec<String> = (1..=8).map(|step| format!("slides/one/step-0{step}.svg")).collect();
    assert_eq!(world.files()[2..], expected);
    let last = fs::read_to_string(world.path("slides/one/step-08.svg"))?;
    assert!(last.contains("id=\"c4\""));
    assert!(!fs::read_to_string(world.path("slides/one/step-07.svg"))?.contains("id=\"c4\""));
    world.tcpstory(&["render", "a.json", "--steps", "a.json"]).code(2).complains(&["a.json", "--steps DIR"]);
    Ok(())
}

/// Slides end where they were asked to, and what another story has left among them is named.
fn slides_of_another_story_are_named() -> Result<(), Failed> {
    let world = world();
    world.tcpstory(&["render", "a.json", "--steps", "slides"]).code(0).complains_of_nothing();
    world.tcpstory(&["render", "a.json", "--steps", "some", "--upto", "p4"]).code(0).complains_of_nothing();
    let some: Vec<_> = world.files().into_iter().filter(|name| name.starts_with("some/")).collect();
    assert_eq!(some, [1, 2, 3, 4, 5, 6].map(|step| format!("some/step-0{step}.svg")));
    world.file("slides/step-by-step.svg", "a file of the user");
    let again = ["render", "a.json", "--steps", "slides", "--upto", "p4"];
    let ran = world.tcpstory(&again).code(0);
    ran.complains(&["2 pictures of another run are left in slides (step-07.svg to step-08.svg)"]);
    fs::remove_file(world.path("slides/step-08.svg"))?;
    let ran = world.tcpstory(&again).code(0);
    ran.complains(&["one picture of another run is left in slides (step-07.svg)"]);
    fs::remove_file(world.path("slides/step-07.svg"))?;
    world.tcpstory(&again).code(0).complains_of_nothing();
    Ok(())
}

fn what_is_about_one_story_takes_one_scenario() -> Result<(), Failed> {
    for option in [["--upto", "c1"], ["--steps", "x"]] {
        let arguments = [&["run", "broken-pipe", "half-close", "--no-save"], &option[..]].concat();
        World::new().tcpstory(&arguments).code(2).complains(&[option[0], "one story", "one by one"]);
    }
    Ok(())
}

fn a_run_paints_what_it_saves() -> Result<(), Failed> {
    let world = World::new();
    world.file("short.toml", SHORT);
    let outputs = ["-o", "x.svg", "-o", "x.mmd", "-o", "x.md", "--steps", "steps", "--save", "saved"];
    world.run(&[&["short.toml"], &outputs[..]].concat()).code(0);
    let files = world.files();
    for name in ["x.svg", "x.mmd", "x.md", "steps/step-01.svg", "saved/short.json"] {
        assert!(files.contains(&name.to_owned()), "{files:?} lacks {name}");
    }
    let again = world.tcpstory(&["render", "saved/short.json", "--format", "svg"]).code(0).stdout();
    assert_eq!(fs::read_to_string(world.path("x.svg"))?, again);
    // The run is saved although nothing can be painted of it.
    let ran = world.run(&["short.toml", "--upto", "nobody", "-o", "y.svg", "--save", "more"]).code(2);
    ran.complains(&["there is no event nobody"]);
    assert!(world.path("more/short.json").exists() && !world.path("y.svg").exists());
    Ok(())
}

fn timelines_are_compared() -> Result<(), Failed> {
    let world = world();
    let outputs = ["-o", "x.svg", "-o", "x.json", "-o", "x.html", "-o", "x.txt"];
    world.tcpstory(&[&["compare", "a.json", "b.json"], &outputs[..]].concat()).code(0).says(&[]).complains_of_nothing();
    let told = world.tcpstory(&["compare", "a.json", "b.json", "--width", "110"]).code(0).complains_of_nothing();
    told.says(&[
        "▼ the first difference",
        "in A step 4, client write(\"a\"); in B step 4, client write(\"ab\")",
        "differs first at step 6, server close()",
        "while 1 byte from p3 had not been read",
    ]);
    let schema = world.tcpstory(&["schema", "comparison"]).code(0).stdout();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    let comparison = world.json("x.json");
    let wrong: Vec<_> = validator.iter_errors(&comparison).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        (comparison["first_difference"].as_u64(), comparison["first_other_result"].as_u64()),
        (Some(3), Some(5))
    );
    let same = world.tcpstory(&["compare", "a.json", "a.json", "--format", "json"]).code(0).stdout();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&same)?["same"], true);
    Ok(())
}

fn lessons_are_run_and_compared() -> Result<(), Failed> {
    let world = world();
    world.file("short.toml", SHORT);
    let ground = std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned());
    let compare = |names: [&str; 2]| world.tcpstory(&["compare", names[0], names[1], "--sandbox", &ground]);
    compare(["connection-refused", "short.toml"])
        .code(0)
        .complains_of_nothing()
        .says(&["A connection-refused:", "B short:"]);
    compare(["a.json", "short.toml"]).code(0).says(&["A broken-pipe:", "Nobody listens"]);
    world.file("wrong.toml", SHORT.replace("ECONNREFUSED", "ETIMEDOUT"));
    compare(["short.toml", "wrong.toml"]).code(1).complains(&["expectation failed", "tcpstory run"]);
    Ok(())
}

fn what_cannot_be_compared() -> Result<(), Failed> {
    let world = world();
    let compare = |arguments: &[&str]| world.tcpstory(&[&["compare"], arguments].concat()).code(2);
    compare(&["a.json"]).complains(&["<B>"]);
    compare(&["broken-pip", "a.json"]).complains(&["did you mean `broken-pipe`?"]);
    compare(&["a.json", "b.json", "-o", "x.pcap"]).complains(&["x.pcap", ".txt, .json, .svg, .html"]);
    compare(&["a.json", "b.json", "--format", "jsn"]).complains(&["jsn", "json"]);
    world.file("cut.json", &BROKEN_PIPE[..2_000]);
    compare(&["a.json", "cut.json"]).complains(&["cut.json"]);
    world.file("newer.json", BROKEN_PIPE.replacen("\"schema_version\": \"1.", "\"schema_version\": \"9.", 1));
    compare(&["a.json", "newer.json"]).complains(&["newer.json", "newer tcpstory"]);
    world.file("many/one.toml", SHORT);
    world.file("many/two.toml", SHORT);
    compare(&["many", "a.json"]).complains(&["folder of 2 scenarios"]);
    Ok(())
}
