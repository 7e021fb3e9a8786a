//! Names, payloads and timelines that somebody has made to do harm.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::world::{SHORT, World};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("strange_file_names", &[Need::Live], strange_file_names),
    ("strange_names_that_do_not_exist", &[], strange_names_that_do_not_exist),
    ("strange_words_in_a_scenario", &[Need::Live], strange_words_in_a_scenario),
    ("truncated_timelines", &[], truncated_timelines),
    ("timelines_that_are_something_else", &[], timelines_that_are_something_else),
    ("timelines_of_other_versions", &[], timelines_of_other_versions),
    ("altered_timelines", &[], altered_timelines),
];

/// A timeline that was saved on some other day.
const TIMELINE: &str = include_str!("../recordings/broken-pipe.json");

const STRANGE: [&[u8]; 9] = [
    b"with space",
    b"line\nbreak",
    b"quote's \"both\"",
    b"\x1b[2J\x1b]0;title\x07",
    b"$(touch harm)",
    b"--help",
    b"\xff\xfe not text",
    "\u{202e}lmot".as_bytes(),
    b".hidden",
];

fn strange_file_names() -> Result<(), Failed> {
    for name in STRANGE {
        let world = World::new();
        let file = [b"lessons/", name, b".toml"].concat();
        world.file(OsStr::from_bytes(&file), SHORT);
        world.tcpstory(&[OsStr::new("check"), OsStr::from_bytes(&file)]).code(0).harmless();
        world.run(&[OsStr::from_bytes(&file)]).code(0).harmless();
        world.run(&["lessons"]).code(0).harmless();
        let saved = fs::read_dir(world.path("captures"))?.flatten().map(|entry| entry.file_name());
        let saved: Vec<_> = saved.collect();
        assert!(saved.len() == 3 && saved.iter().all(|file| !file.as_bytes().starts_with(b".")), "{saved:?}");
        world.file(OsStr::from_bytes(&file), SHORT.replace("ECONNREFUSED", "EXXX"));
        let ran = world.tcpstory(&[OsStr::new("check"), OsStr::from_bytes(&file)]).code(2).harmless();
        ran.complains(&["EXXX", ".toml:8:10"]);
    }
    Ok(())
}

fn strange_names_that_do_not_exist() -> Result<(), Failed> {
    let world = World::new();
    for name in STRANGE {
        let path = [b"./".as_slice(), name].concat();
        for command in ["check", "run", "render"] {
            world.tcpstory(&[OsStr::new(command), OsStr::from_bytes(&path)]).code(2).says_nothing().harmless();
        }
    }
    let long = "x".repeat(5_000);
    world.tcpstory(&["check", &long]).code(2).says_nothing();
    Ok(())
}

/// Escapes in titles, names of actors, data and what the lecturer says reach neither the terminal nor Wireshark's list.
fn strange_words_in_a_scenario() -> Result<(), Failed> {
    const ESCAPE: &str = r"\u001b[31m\u0007\r\u202e\u009b5m";
    let world = World::new();
    let scenario = format!(
        r#"
title = "{ESCAPE}"
summary = "{ESCAPE}"
goals = ["{ESCAPE}"]
tags = ["{ESCAPE}"]
[[step]]
by = "server"
do = "listen"
[[step]]
by = "client"
do = "connect"
say = "{ESCAPE}"
[[step]]
by = "server"
do = "accept"
[[step]]
by = "client"
do.write = "{ESCAPE}\nERRNO=32\n"
wire = ["client DATA"]
"#
    );
    world.file("hostile.toml", scenario);
    let ran = world.run(&["hostile.toml", "--verbose"]).code(0).harmless();
    ran.says(&["\\x1b[31m"]);
    for format in ["ladder", "json"] {
        let ran = world.run(&["hostile.toml", "--no-save", "--format", format]).code(0);
        assert!(!ran.stdout().contains('\u{1b}'), "{format}");
    }
    let bytes = fs::read(world.path("captures/hostile.pcapng"))?;
    // The packet has them, and nothing else.
    for raw in [b"\x1b[31m".as_slice(), b"\nERRNO=32", "\u{202e}".as_bytes()] {
        assert_eq!(bytes.windows(raw.len()).filter(|window| *window == raw).count(), 1, "{raw:?}");
    }
    Ok(())
}

fn truncated_timelines() -> Result<(), Failed> {
    let world = World::new();
    for part in 0..40 {
        let cut = TIMELINE.len() * part / 40;
        let cut = (0..=cut).rev().find(|cut| TIMELINE.is_char_boundary(*cut)).unwrap_or_default();
        let ran = world.fed(&["render", "-"], &TIMELINE[..cut]).code(2).says_nothing().harmless();
        ran.complains(&["error: standard input"]);
    }
    Ok(())
}

fn timelines_that_are_something_else() -> Result<(), Failed> {
    let world = World::new();
    let deep = "[".repeat(100_000);
    let deeper = "{\"a\":".repeat(100_000);
    for text in ["null", "[]", "{}", "7", "\"\"", "{\"schema\": \"other\"}", SHORT, "\u{feff}{}", &deep, &deeper] {
        world.fed(&["render", "-"], text).code(2).says_nothing().harmless().complains(&["error: standard input"]);
    }
    world.fed(&["render", "-"], b"\xff\xfe\x00\x80\x1b[31m").code(2).says_nothing().harmless();
    let program = fs::read("/proc/self/exe")?;
    world.fed(&["render", "-"], &program[..65_536]).code(2).says_nothing().harmless();
    Ok(())
}

fn own_version() -> Result<String, Failed> {
    let timeline: Value = serde_json::from_str(TIMELINE)?;
    Ok(timeline["schema_version"].as_str().ok_or("a timeline has a version")?.to_owned())
}

fn timelines_of_other_versions() -> Result<(), Failed> {
    let world = World::new();
    let own = format!("\"schema_version\": \"{}\"", own_version()?);
    assert!(TIMELINE.contains(&own), "{own}");
    let version = |version: &str| TIMELINE.replacen(&own, &format!("\"schema_version\": {version}"), 1);
    world.fed(&["render", "-"], TIMELINE).code(0).says(&["EPIPE"]);
    world.fed(&["render", "-"], version("\"1.7.0\"")).code(0).says(&["EPIPE"]);
    world.fed(&["render", "-"], version("\"2.0.0\"")).code(2).complains(&["2.0.0"]);
    for wrong in ["\"\"", "\"one\"", "1", "null", "\"99999999999999999999.0.0\""] {
        world.fed(&["render", "-"], version(wrong)).code(2).says_nothing();
    }
    Ok(())
}

/// Every kind of value in the recording, replaced by what it should not be: told or refused, and never a bug.
fn altered_timelines() -> Result<(), Failed> {
    let world = World::new();
    let timeline: Value = serde_json::from_str(TIMELINE)?;
    let mut places = Vec::new();
    leaves(&timeline["recording"], "/recording".to_owned(), &mut places);
    let with = ["-1", "18446744073709551615", "\"\\u001b[31m\"", "null", "[]", "{}", "1e400"];
    for (at, place) in places.iter().enumerate().step_by(7) {
        let mut altered = timeline.clone();
        let value = altered.pointer_mut(place).ok_or("it was just seen")?;
        *value = Value::String("HERE".to_owned());
        let text = altered.to_string().replacen("\"HERE\"", with[at / 7 % with.len()], 1);
        for format in ["ladder", "pcapng", "html", "svg", "mermaid", "markdown"] {
            world.fed(&["render", "-", "--format", format], &text).no_bug();
        }
    }
    Ok(())
}

/// The places of everything that is no table and no list.
fn leaves(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(item, format!("{place}/{at}"), found);
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries {
                leaves(entry, format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        _ => found.push(place),
    }
}
