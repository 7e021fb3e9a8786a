//! The commands that run nothing.

use libtest_mimic::Failed;
use tcpstory::scenario::builtin;
use tcpstory::story::rules;

use crate::Test;
use crate::world::{SHORT, World};

pub(crate) const TESTS: &[Test] = &[
    ("help_and_version", &[], help_and_version),
    ("wrong_arguments", &[], wrong_arguments),
    ("list_knows_every_scenario", &[], list_knows_every_scenario),
    ("list_by_tag", &[], list_by_tag),
    ("a_built_in_scenario_is_a_file_to_start_from", &[], a_built_in_scenario_is_a_file_to_start_from),
    ("list_by_rule", &[], list_by_rule),
    ("run_all_takes_no_names", &[], run_all_takes_no_names),
    ("check_reads_all_kinds_of_sources", &[], check_reads_all_kinds_of_sources),
    ("check_tells_every_mistake", &[], check_tells_every_mistake),
    ("schemas_are_the_shipped_ones", &[], schemas_are_the_shipped_ones),
    ("completions_know_the_commands", &[], completions_know_the_commands),
    ("man_is_a_manual", &[], man_is_a_manual),
    ("doctor_says_what_a_run_will_say", &[], doctor_says_what_a_run_will_say),
];

const COMMANDS: [&str; 10] =
    ["run", "check", "list", "render", "doctor", "schema", "completions", "man", "compare", "wireshark"];

fn help_and_version() -> Result<(), Failed> {
    let world = World::new();
    world
        .tcpstory(&["--help"])
        .code(0)
        .says(&COMMANDS)
        .says(&["Exit codes:", "tcpstory doctor"])
        .complains_of_nothing();
    for command in COMMANDS {
        world.tcpstory(&[command, "--help"]).code(0).says(&["Usage: tcpstory"]).complains_of_nothing();
    }
    world.tcpstory(&["--version"]).code(0).says(&[concat!("tcpstory ", env!("CARGO_PKG_VERSION"))]);
    Ok(())
}

fn wrong_arguments() -> Result<(), Failed> {
    let world = World::new();
    let none: [&str; 0] = [];
    world.tcpstory(&none).code(2).complains(&["Usage: tcpstory"]);
    world.tcpstory(&["rendr"]).code(2).complains(&["rendr", "render"]);
    world.tcpstory(&["run"]).code(2).complains(&["SCENARIO"]);
    world.tcpstory(&["run", "broken-pipe", "--format", "jsno"]).code(2).complains(&["jsno", "json", "pcapng"]);
    world.tcpstory(&["run", "broken-pipe", "--repeat", "0"]).code(2).complains(&["--repeat"]);
    world.tcpstory(&["run", "broken-pipe", "--jobs", "many"]).code(2).complains(&["--jobs"]);
    world.tcpstory(&["run", "broken-pipe", "--width", "3"]).code(2).complains(&["--width"]);
    world.tcpstory(&["run", "broken-pipe", "--no-save", "--save", "x"]).code(2).complains(&["--no-save"]);
    world.tcpstory(&["schema", "picture"]).code(2).complains(&["scenario", "timeline"]);
    assert_eq!(world.files(), [""; 0]);
    Ok(())
}

/// With the program alone one can read a lesson, copy it, and find out how.
fn a_built_in_scenario_is_a_file_to_start_from() -> Result<(), Failed> {
    let world = World::new();
    for one in builtin::all() {
        let printed = world.tcpstory(&["list", "--show", one.name]).code(0).complains_of_nothing().stdout();
        assert_eq!(printed, one.text, "{}", one.name);
    }
    world.file("mine.toml", world.tcpstory(&["list", "--show", "broken-pipe"]).stdout());
    world.tcpstory(&["check", "mine.toml"]).code(0);
    world
        .tcpstory(&["list", "--show", "broken-pip"])
        .code(2)
        .says_nothing()
        .complains(&["did you mean `broken-pipe`?"]);
    world.tcpstory(&["list", "--show", "broken-pipe", "--tag", "FIN"]).code(2).complains(&["--tag"]);
    world.file("empty.toml", "");
    world.tcpstory(&["check", "empty.toml"]).code(2).complains(&["tcpstory list --show broken-pipe"]);
    for command in ["run", "check"] {
        let help = world.tcpstory(&[command, "--help"]).code(0).stdout();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("`tcpstory list --show NAME` prints"), "{help}");
    }
    Ok(())
}

fn list_knows_every_scenario() -> Result<(), Failed> {
    let listed = World::new().tcpstory(&["list"]).code(0).complains_of_nothing().stdout();
    assert_eq!(lessons(&listed), builtin::all().map(|one| one.name).collect::<Vec<_>>());
    let headings = listed.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(headings.count(), builtin::chapters().count());
    Ok(())
}

/// The names in a list: lessons stand below their chapter, set in.
fn lessons(listed: &str) -> Vec<&str> {
    let lessons = listed.lines().filter(|line| line.starts_with("  "));
    lessons.filter_map(|line| line.split_whitespace().next()).collect()
}

fn list_by_rule() -> Result<(), Failed> {
    let world = World::new();
    let rule = rules::RULES.iter().find(|rule| rule.lessons.len() > 1).ok_or("no rule has two lessons")?;
    let listed = world.tcpstory(&["list", "--rule", rule.id]).code(0).stdout();
    let mut shown = lessons(&listed);
    let mut wanted = rule.lessons.to_vec();
    shown.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(shown, wanted);
    let near = &rule.id[..rule.id.len() - 1];
    world.tcpstory(&["list", "--rule", near]).code(2).says_nothing().complains(&["there is no rule", rule.id]);
    Ok(())
}

fn run_all_takes_no_names() -> Result<(), Failed> {
    let world = World::new();
    world.tcpstory(&["run", "--all", "broken-pipe"]).code(2).complains(&["--all"]);
    world.file("slow.toml", format!("slow = true\n{SHORT}"));
    world.tcpstory(&["run", "slow.toml", "--no-slow", "--no-save"]).code(2).complains(&["--no-slow"]);
    Ok(())
}

fn list_by_tag() -> Result<(), Failed> {
    let world = World::new();
    let listed = world.tcpstory(&["list", "--tag", "so_linger"]).code(0).stdout();
    assert!(lessons(&listed).contains(&"abortive-close") && !lessons(&listed).contains(&"broken-pipe"), "{listed}");
    world.tcpstory(&["list", "--tag", "UDP"]).code(2).says_nothing().complains(&["no built-in scenario has that tag"]);
    Ok(())
}

fn check_reads_all_kinds_of_sources() -> Result<(), Failed> {
    let world = World::new();
    world.file("lessons/one.toml", SHORT);
    world.file("lessons/deep/two.json", r#"{"title": "t", "step": [{"by": "server", "do": "listen"}]}"#);
    world.file("lessons/notes.md", "not a scenario");
    world.tcpstory(&["check", "broken-pipe"]).code(0).says(&["broken-pipe: 8 steps, 2 actors"]).complains_of_nothing();
    let checked = world.tcpstory(&["check", "lessons"]).code(0).complains_of_nothing().stdout();
    assert_eq!(checked.lines().count(), 2, "{checked}");
    assert!(
        checked.contains("one.toml: 1 step, 2 actors") && checked.contains("two.json: 1 step, 1 actor"),
        "{checked}"
    );
    world.fed(&["check", "-"], SHORT).code(0).says(&["standard input: 1 step"]);
    let all: Vec<_> = std::iter::once("check").chain(builtin::all().map(|one| one.name)).collect();
    assert_eq!(world.tcpstory(&all).code(0).stdout().lines().count(), builtin::all().count());
    Ok(())
}

fn check_tells_every_mistake() -> Result<(), Failed> {
    let world = World::new();
    world.file("good.toml", SHORT);
    world.file("bad.toml", SHORT.replace("ECONNREFUSED", "ECONREFUSED"));
    world.file("worse.toml", SHORT.replace("do.connect", "do.conect"));
    let told = world.tcpstory(&["check", "bad.toml", "good.toml", "worse.toml", "missing.toml"]).code(2);
    told.says(&["good.toml: 1 step"]).complains(&[
        "--> bad.toml:8:10",
        "did you mean `ECONNREFUSED`?",
        "--> worse.toml:7:",
        "did you mean `connect`?",
        "missing.toml",
    ]);
    world.tcpstory(&["check", "broken-pip"]).code(2).complains(&["did you mean `broken-pipe`?", "tcpstory list"]);
    Ok(())
}

fn schemas_are_the_shipped_ones() -> Result<(), Failed> {
    for (name, shipped) in [
        ("scenario", include_str!("../../schema/scenario.schema.json")),
        ("timeline", include_str!("../../schema/timeline.schema.json")),
        ("comparison", include_str!("../../schema/comparison.schema.json")),
    ] {
        let printed = World::new().tcpstory(&["schema", name]).code(0).complains_of_nothing().stdout();
        assert_eq!(printed, shipped, "{name}");
    }
    for (name, shipped) in [
        ("timeline", include_str!("../../schema/TIMELINE.md")),
        ("comparison", include_str!("../../schema/COMPARISON.md")),
    ] {
        let printed = World::new().tcpstory(&["schema", name, "--docs"]).code(0).complains_of_nothing().stdout();
        assert_eq!(printed, shipped, "{name}");
    }
    let language = World::new().tcpstory(&["schema", "scenario", "--docs"]).code(0).complains_of_nothing().stdout();
    assert_eq!(language, std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/README.md"))?);
    Ok(())
}

fn completions_know_the_commands() -> Result<(), Failed> {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        World::new()
            .tcpstory(&["completions", shell])
            .code(0)
            .complains_of_nothing()
            .says(&COMMANDS)
            .says(&["tcpstory"]);
    }
    World::new().tcpstory(&["completions", "tcsh"]).code(2).complains(&["bash"]);
    Ok(())
}

fn man_is_a_manual() -> Result<(), Failed> {
    let page = World::new().tcpstory(&["man"]).code(0).complains_of_nothing().says(&COMMANDS).stdout();
    assert!(page.contains(".TH tcpstory 1") && page.contains("\\-\\-repeat"), "{page}");
    Ok(())
}

fn doctor_says_what_a_run_will_say() -> Result<(), Failed> {
    let world = World::new();
    let doctor = world.tcpstory(&["doctor"]);
    let able = doctor.stdout().lines().any(|line| line.starts_with("yes  live runs"));
    assert_eq!(doctor.stdout().contains("a real run"), able, "{}", doctor.stdout());
    doctor.code(if able { 0 } else { 3 }).says(&["user namespaces", "tshark", "jq"]).complains_of_nothing();
    world.tcpstory(&["run", "broken-pipe", "--no-save"]).code(if able { 0 } else { 3 });
    Ok(())
}
