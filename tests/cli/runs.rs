//! Runs that go well, and what they print and save.

use std::fs;

use libtest_mimic::Failed;
use tcpstory::record::TcpState;
use tcpstory::report::format::{FORMATS, json};
use tcpstory::scenario::builtin;
use tcpstory::story::digest::digest;
use tcpstory::story::tell;

use crate::exact::is_exact;
use crate::world::{SHORT, World};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("a_run_prints_a_ladder_and_saves_three_files", &[Need::Live], a_run_prints_a_ladder_and_saves_three_files),
    ("every_format_goes_to_standard_output", &[Need::Live], every_format_goes_to_standard_output),
    ("documents_do_not_follow_each_other", &[Need::Live], documents_do_not_follow_each_other),
    ("every_extension_is_a_format", &[Need::Live], every_extension_is_a_format),
    ("plain_captures_leak_nothing", &[Need::Live], plain_captures_leak_nothing),
    ("the_ladder_fits_its_width", &[Need::Live], the_ladder_fits_its_width),
    ("colours_only_when_asked", &[Need::Live], colours_only_when_asked),
    ("a_failed_expectation", &[Need::Live], a_failed_expectation),
    ("every_scenario_at_once", &[Need::Live], every_scenario_at_once),
    ("folders_and_standard_input", &[Need::Live], folders_and_standard_input),
    ("one_bad_file_stops_all", &[], one_bad_file_stops_all),
    ("two_of_the_same_name", &[Need::Live], two_of_the_same_name),
    ("repeats_are_one_story", &[Need::Live], repeats_are_one_story),
    ("a_race_has_several_stories", &[Need::Live], a_race_has_several_stories),
    ("ipv6_is_refused_at_its_place", &[], ipv6_is_refused_at_its_place),
    ("ipv6", &[Need::Live], ipv6),
    ("normalized_timelines_are_equal", &[Need::Live], normalized_timelines_are_equal),
    ("a_saved_timeline_renders_the_same", &[Need::Live], a_saved_timeline_renders_the_same),
];

/// The magic numbers of binary formats (pcap with nanoseconds; the section header of pcapng).
fn is(format: &str, bytes: &[u8]) -> bool {
    match format {
        "ladder" => bytes.starts_with(b" Broken pipe: ") && bytes.ends_with(b"expectations\n"),
        "json" => bytes.starts_with(b"{\n") && bytes.ends_with(b"}\n"),
        "pcap" => bytes.starts_with(&0xa1b2_3c4d_u32.to_ne_bytes()),
        "pcapng" => bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]),
        "html" => bytes.starts_with(b"<!DOCTYPE html>") && bytes.ends_with(b"</html>\n"),
        "svg" => bytes.starts_with(b"<svg xmlns=") && bytes.ends_with(b"</svg>\n"),
        "mermaid" => bytes.starts_with(b"sequenceDiagram\n"),
        "markdown" => bytes.starts_with(b"# Broken pipe: "),
        other => panic!("the format {other} is not known here: add how to know it"),
    }
}

fn a_run_prints_a_ladder_and_saves_three_files() -> Result<(), Failed> {
    let world = World::new();
    let ran = world.run(&["broken-pipe"]).code(0);
    ran.says(&["CLIENT", "SERVER", "write(\"c\") → EPIPE ↖ p6 + SIGPIPE", "why c4: the RST p6", "✓ 25 expectations"])
        .complains(&[
            "saved captures/broken-pipe.json and captures/broken-pipe.pcap\n",
            "saved captures/broken-pipe.pcapng   open it with: wireshark -N n -r captures/broken-pipe.pcapng",
        ]);
    let saved = ["captures/broken-pipe.json", "captures/broken-pipe.pcap", "captures/broken-pipe.pcapng"];
    assert_eq!(world.files(), saved);
    for (file, format) in saved.iter().zip(["json", "pcap", "pcapng"]) {
        assert!(is(format, &fs::read(world.path(file))?), "{file}");
    }
    world.run(&["broken-pipe", "--save", "a/b"]).code(0).complains(&["saved a/b/broken-pipe.pcapng"]);
    assert_eq!(world.files().len(), 6, "{:?}", world.files());
    let outputs = ["-o", "x.pcap", "-o", "x y.html", "--steps", "slides"];
    let named = world.run(&[&["broken-pipe", "--no-save"], &outputs[..]].concat()).code(0);
    let named = named.complains(&[
        "wrote x.pcap   open it with: wireshark -N n -r x.pcap\n",
        "wrote x y.html\n",
        "wrote 8 pictures into slides\n",
    ]);
    assert_eq!(named.stderr().lines().count(), 3, "each file once: {}", named.stderr());
    let quiet = World::new();
    quiet.run(&["broken-pipe", "--no-save"]).code(0).says(&["EPIPE"]).complains_of_nothing();
    assert_eq!(quiet.files(), [""; 0]);
    Ok(())
}

fn every_format_goes_to_standard_output() -> Result<(), Failed> {
    let world = World::new();
    for format in FORMATS {
        let ran = world.run(&["broken-pipe", "--no-save", "--format", format.name]).code(0).complains_of_nothing();
        assert!(is(format.name, ran.bytes()), "{}", format.name);
    }
    Ok(())
}

/// A stream holds one document: what several stories would break is refused.
fn documents_do_not_follow_each_other() -> Result<(), Failed> {
    let world = World::new();
    for format in FORMATS {
        let ran = world.run(&["broken-pipe", "half-close", "--no-save", "--format", format.name]);
        if format.can_follow {
            ran.code(0).complains_of_nothing();
        } else {
            ran.code(2).says_nothing().complains(&[format.name, "holds one story", "run them one by one"]);
        }
    }
    let json = world.run(&["broken-pipe", "half-close", "--no-save", "--format", "json"]).code(0).stdout();
    let stories: Result<Vec<serde_json::Value>, _> = serde_json::Deserializer::from_str(&json).into_iter().collect();
    assert_eq!(stories?.len(), 2, "JSON is a stream of documents");
    Ok(())
}

fn every_extension_is_a_format() -> Result<(), Failed> {
    let world = World::new();
    let files: Vec<_> = FORMATS.iter().map(|format| format!("x.{}", format.extension.to_uppercase())).collect();
    let mut arguments = vec!["broken-pipe", "--no-save"];
    for file in &files {
        arguments.extend(["-o", file]);
    }
    world.run(&arguments).code(0);
    for (format, file) in FORMATS.iter().zip(&files) {
        assert!(is(format.name, &fs::read(world.path(file))?), "{file}");
    }
    for wrong in ["x.doc", "x", ".json"] {
        let world = World::new();
        world.run(&["broken-pipe", "-o", wrong]).code(2).says_nothing().complains(&[".pcapng", ".json", ".txt"]);
        assert_eq!(world.files(), [""; 0], "{wrong}: nothing is run");
    }
    world.run(&["broken-pipe", "half-close", "-o", "x.json"]).code(2).says_nothing().complains(&["one by one"]);
    Ok(())
}

fn plain_captures_leak_nothing() -> Result<(), Failed> {
    let world = World::new();
    world.run(&["broken-pipe", "--wireshark", "plain", "--save", "a", "-o", "lab.pcapng"]).code(0);
    let bytes = fs::read(world.path("lab.pcapng"))?;
    for telling in ["EPIPE", "Broken", "broken", "client", "server", "SIGPIPE", "write", "p6"] {
        let found = bytes.windows(telling.len()).any(|window| window == telling.as_bytes());
        assert!(!found, "{telling} is in the capture");
    }
    Ok(())
}

fn the_ladder_fits_its_width() -> Result<(), Failed> {
    let world = World::new();
    for width in [40_usize, 80, 100, 140] {
        for scenario in ["broken-pipe", "upstream-prematurely-closed"] {
            let arguments = [scenario, "--no-save", "--ascii", "--width", &width.to_string()];
            let ran = world.run(&arguments).code(0).harmless();
            let shown = ran.stdout();
            assert!(shown.lines().all(|line| line.chars().count() <= width), "{scenario} at {width}:\n{shown}");
            let ladder = shown.lines().take_while(|line| !line.contains("why ")).collect::<String>();
            assert!(!ladder.contains(['│', '─', '▶', '↖', '…']), "{ladder}");
        }
    }
    Ok(())
}

fn colours_only_when_asked() -> Result<(), Failed> {
    let world = World::new();
    world.run(&["broken-pipe", "--no-save"]).code(0).harmless();
    assert!(world.run(&["broken-pipe", "--no-save", "--color", "always"]).code(0).stdout().contains("\u{1b}["));
    Ok(())
}

fn a_failed_expectation() -> Result<(), Failed> {
    let world = World::new();
    world.file("wrong.toml", SHORT.replace("ECONNREFUSED", "ETIMEDOUT"));
    world.run(&["wrong.toml"]).code(1).says(&["wrong.toml:8", "ETIMEDOUT", "ECONNREFUSED"]);
    assert_eq!(world.json("captures/wrong.json")["run"]["verdict"], "failed");
    let missed = SHORT.to_owned() + "wire = [\"server DATA\"]\nwithin = \"20ms\"\n";
    world.file("missed.toml", missed);
    world.run(&["missed.toml", "--no-save"]).code(1).says(&["missed.toml:9", "server DATA"]);
    Ok(())
}

fn every_scenario_at_once() -> Result<(), Failed> {
    let world = World::new();
    let names: Vec<_> = builtin::all().map(|one| one.name).collect();
    for more in [["--jobs", "1"], ["--jobs", "4"]] {
        let ran = world.run(&[&names[..], &more].concat()).code(0).complains_of_nothing();
        let text = ran.stdout();
        let shown: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("✓ ")?.split_whitespace().next()).collect();
        assert_eq!(shown, names, "in the order in which they were named");
        ran.says(&[&format!("{} as expected, 0 not", names.len())]);
    }
    assert_eq!(world.files().len(), 3 * names.len());
    Ok(())
}

fn folders_and_standard_input() -> Result<(), Failed> {
    let world = World::new();
    world.file("lessons/b.toml", SHORT);
    world.file("lessons/a.toml", SHORT.replace("ECONNREFUSED", "EPIPE"));
    let summary = world.run(&["lessons", "--no-save"]).code(1).says(&["1 as expected, 1 not", "a.toml:8"]).stdout();
    assert!(summary.find("✗ a ") < summary.find("✓ b "), "{summary}");
    // What a run has left in a folder is no scenario of it.
    world.file("kept/b.toml", SHORT);
    world.run(&["kept", "--save", "kept/captures"]).code(0);
    assert!(world.path("kept/captures/b.json").is_file());
    world.run(&["kept", "--no-save"]).code(0).says(&["→ ECONNREFUSED ↖ p2"]);
    let ground = std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned());
    let piped = world.fed(&["run", "--sandbox", &ground, "-", "--no-save"], SHORT);
    piped.code(0).says(&["→ ECONNREFUSED ↖ p2"]);
    Ok(())
}

fn one_bad_file_stops_all() -> Result<(), Failed> {
    let world = World::new();
    world.file("bad.toml", "title = 3\n");
    world.run(&["broken-pipe", "bad.toml", "missing"]).code(2).says_nothing().complains(&["bad.toml:1:9", "missing"]);
    assert_eq!(world.files(), ["bad.toml"]);
    Ok(())
}

fn two_of_the_same_name() -> Result<(), Failed> {
    let world = World::new();
    world.file("a/same.toml", SHORT);
    world.file("b/same.toml", SHORT);
    world.run(&["a", "b"]).code(2).says_nothing().complains(&["two scenarios are called same", "--no-save"]);
    world.run(&["a", "b", "--no-save"]).code(0).says(&["2 as expected, 0 not"]);
    Ok(())
}

fn repeats_are_one_story() -> Result<(), Failed> {
    let world = World::new();
    let ran = world.run(&["connection-refused", "--repeat", "12", "--jobs", "3"]).code(0);
    ran.says(&["✓ connection-refused: 12 runs, one story", "ECONNREFUSED"]);
    assert_eq!(world.files().len(), 3, "{:?}", world.files());
    let ran = world.run(&["connection-refused", "half-close", "--repeat", "3", "--no-save"]).code(0);
    ran.says(&["3 runs, one story", "2 as expected, 0 not"]).complains_of_nothing();
    Ok(())
}

/// A read with a deadline races with the peer's write, which comes after a pause.
fn race(pause_us: u32) -> String {
    format!(
        r#"
title = "Which comes first: the deadline or the answer?"
[[step]]
by = "server"
do = "listen"
[[step]]
by = "client"
do = "connect"
[[step]]
by = "server"
do = "accept"
[[step]]
by = "client"
do.setsockopt = {{ SO_RCVTIMEO = "60ms" }}
[[step]]
by = "client"
do.read = 1
blocks = "r"
[[step]]
pause = "{pause_us}us"
[[step]]
by = "server"
do.write = "x"
[[step]]
finish = "r"
"#
    )
}

/// The kernel counts a deadline in its ticks, which have no fixed place in a run: for some pause both ends occur. Which pause that
/// is depends on the length of a tick. (On a machine that is very busy the read may end before it was seen to block, which is
/// a failed expectation.)
fn a_race_has_several_stories() -> Result<(), Failed> {
    const RUNS: u64 = 40;
    for pause_us in (57_000..90_000).step_by(250) {
        let world = World::new();
        world.file("race.toml", race(pause_us));
        let ran = world.run(&["race.toml", "--jobs", "8", "--repeat", &RUNS.to_string()]).no_bug();
        let text = ran.stdout();
        if !(text.contains("→ EAGAIN") && text.contains("= 1 \"x\"")) {
            continue;
        }
        let counts: Vec<u64> = text
            .lines()
            .filter_map(|line| line.strip_prefix("Story ")?.split_once(": ")?.1.split(' ').next()?.parse().ok())
            .collect();
        ran.says(&[&format!(" race: {RUNS} runs, {} distinct stories", counts.len())]);
        assert!(
            counts.len() > 1 && counts.iter().sum::<u64>() == RUNS && counts.is_sorted_by(|a, b| a >= b),
            "{counts:?}"
        );
        assert!(text.lines().any(|line| line.starts_with("  - ")) && text.lines().any(|line| line.starts_with("  + ")));
        assert_eq!(world.files().len(), 1 + 3 * counts.len(), "the scenario, and three files for each story");
        assert!(world.files().contains(&"captures/race.story-2.pcapng".to_owned()), "{:?}", world.files());
        return Ok(());
    }
    Err("no pause between 57 and 90 ms ever met the deadline".into())
}

fn ipv6_is_refused_at_its_place() -> Result<(), Failed> {
    let world = World::new();
    world.file("address.toml", SHORT.replace("\"server\"", "\"127.0.0.2:9\""));
    world.file("mtu.toml", SHORT.replace("[actors.client]", "[network]\nmtu = 600\n[actors.client]"));
    world.file("actor.toml", SHORT.replace("[actors.client]", "[actors.client]\naddress = \"127.0.0.9\""));
    world.file("both.toml", SHORT.replace("[actors.client]", "[network]\nfamily = \"ipv4\"\n[actors.client]"));
    for (file, place, expected) in [
        ("address.toml", "address.toml:7:15", "expected ::1"),
        ("mtu.toml", "mtu.toml:4:7", "expected 1280 to 65536"),
        ("actor.toml", "actor.toml:4:12", "expected ::1"),
    ] {
        world.tcpstory(&["check", file]).code(0);
        let ran = world.run(&["--ipv6", file]).code(2).says_nothing();
        ran.complains(&[place, expected, "run it without --ipv6"]);
    }
    assert_eq!(world.files().len(), 4, "nothing is saved");
    let broken = World::new();
    broken.file("syntax.toml", "title = \n");
    assert!(!broken.run(&["--ipv6", "syntax.toml"]).code(2).stderr().contains("--ipv6"));
    Ok(())
}

fn ipv6() -> Result<(), Failed> {
    let world = World::new();
    world.file("own.toml", SHORT.replace("[actors.client]", "[network]\nfamily = \"ipv4\"\n[actors.client]"));
    world.run(&["--ipv6", "broken-pipe", "own.toml"]).code(0);
    for name in ["captures/broken-pipe.json", "captures/own.json"] {
        let timeline = world.json(name);
        let address = &timeline["connections"][0]["ends"][0]["address"];
        assert!(address.as_str().is_some_and(|address| address.starts_with('[')), "{name}: {address}");
    }
    Ok(())
}

fn normalized_timelines_are_equal() -> Result<(), Failed> {
    let world = World::new();
    let tells_one_story = |one: &&builtin::Builtin| one.parse().is_ok_and(|script| script.stories.is_empty());
    let names: Vec<_> = builtin::all().filter(tells_one_story).map(|one| one.name).collect();
    for folder in ["one", "two"] {
        world.run(&[&names[..], &["--normalize", "--save", folder]].concat()).code(0);
    }
    let mut equal = 0;
    for name in &names {
        let read = |extension: &str| {
            let of = |folder: &str| fs::read(world.path(format!("{folder}/{name}.{extension}")));
            Ok::<_, Failed>((of("one")?, of("two")?))
        };
        let (one, two) = read("json")?;
        if one == two {
            equal += 1;
            for extension in ["pcap", "pcapng"] {
                let (one, two) = read(extension)?;
                assert!(one == two, "{name}.{extension} differs between two runs");
            }
        } else {
            let (one, two) = (tell(json::read(&one)?), tell(json::read(&two)?));
            assert!(digest(&one).0 == digest(&two).0, "{name} tells two stories");
            assert!(!is_exact(&one.recording) || !is_exact(&two.recording), "{name}.json differs between two runs");
        }
    }
    assert!(equal * 10 >= names.len() * 9, "only {equal} of {} were the same", names.len());
    Ok(())
}

fn a_saved_timeline_renders_the_same() -> Result<(), Failed> {
    let world = World::new();
    let printed = world.run(&["half-close", "-o", "run.pcapng"]).code(0).stdout();
    assert!(printed.contains(TcpState::FinWait2.name()));
    assert_eq!(
        world.tcpstory(&["render", "captures/half-close.json"]).code(0).complains_of_nothing().stdout(),
        printed
    );
    let timeline = fs::read(world.path("captures/half-close.json"))?;
    assert_eq!(world.fed(&["render", "-"], &timeline).code(0).stdout(), printed);
    world.tcpstory(&["render", "captures/half-close.json", "-o", "x.pcapng", "-o", "x.json"]).code(0).says_nothing();
    assert_eq!(fs::read(world.path("x.pcapng"))?, fs::read(world.path("run.pcapng"))?);
    assert_eq!(fs::read(world.path("x.json"))?, timeline);
    Ok(())
}
