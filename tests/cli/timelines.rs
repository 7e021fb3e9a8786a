//! Saved files of every shipped scenario, held against the schema and against what tshark counts.

use std::collections::BTreeSet;
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;
use tcpstory::scenario::builtin;

use crate::world::{World, finish};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("timelines_fit_the_schema", &[Need::Live], timelines_fit_the_schema),
    ("tshark_counts_what_the_timelines_say", &[Need::Live, Need::Tool("tshark")], tshark_counts_what_the_timelines_say),
];

/// Every shipped scenario, run and saved over both families.
fn saved() -> (World, Vec<String>) {
    let world = World::new();
    let names: Vec<_> = builtin::all().map(|one| one.name).collect();
    world.run(&[&names[..], &["--save", "ipv4"]].concat()).code(0);
    world.run(&[&names[..], &["--save", "ipv6", "--ipv6"]].concat()).code(0);
    let stems = ["ipv4", "ipv6"].iter().flat_map(|family| names.iter().map(move |name| format!("{family}/{name}")));
    let stems = stems.collect();
    (world, stems)
}

fn timelines_fit_the_schema() -> Result<(), Failed> {
    let (world, stems) = saved();
    let schema = world.tcpstory(&["schema", "timeline"]).code(0).stdout();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
    for stem in stems {
        let mut timeline = world.json(&format!("{stem}.json"));
        let wrong: Vec<_> = validator.iter_errors(&timeline).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{stem}: {wrong:#?}");
        assert_eq!(timeline["run"]["verdict"], "passed", "{stem}");
        timeline["events"][0]["t_ns"] = Value::String("soon".to_owned());
        assert!(!validator.is_valid(&timeline), "the schema says something of {stem}");
    }
    Ok(())
}

/// What is counted in a timeline and in its capture.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    packets: usize,
    resets: usize,
    /// Packets with a comment.
    explained: usize,
    failed: usize,
}

fn tshark_counts_what_the_timelines_say() -> Result<(), Failed> {
    let (world, stems) = saved();
    for stem in stems {
        assert_eq!(by_tshark(&world, &stem)?, of(&world.json(&format!("{stem}.json"))), "{stem}");
    }
    Ok(())
}

fn of(timeline: &Value) -> Counts {
    let list = |name: &str| timeline[name].as_array().cloned().unwrap_or_default();
    let events = list("events");
    let having = |key: &str, is: &dyn Fn(&Value) -> bool| {
        events.iter().filter_map(|event| event.get(key)).filter(|it| is(it)).count()
    };
    let segments: BTreeSet<&str> =
        events.iter().filter(|event| event["kind"] == "segment").filter_map(|event| event["id"].as_str()).collect();
    let doubts = ["likely", "retransmission", "segment_not_explained"];
    let (findings, causes) = (list("findings"), list("causes"));
    let doubted = findings.iter().filter(|finding| doubts.iter().any(|doubt| finding["kind"] == *doubt));
    let told = causes.iter().map(|cause| &cause["of"]);
    let links = list("links");
    let felt = links.iter().filter(|link| link["rel"] == "failed").map(|link| &link["from"]);
    let explained: BTreeSet<&str> =
        doubted.map(|finding| &finding["about"][0]).chain(told).chain(felt).filter_map(Value::as_str).collect();
    Counts {
        packets: segments.len(),
        resets: having("segment", &|segment| segment["flags"].as_str().is_some_and(|flags| flags.contains("RST"))),
        explained: explained.intersection(&segments).count(),
        failed: having("syscall", &|call| call["outcome"]["kind"] == "failed"),
    }
}

fn by_tshark(world: &World, stem: &str) -> Result<Counts, Failed> {
    let mut command = Command::new("tshark");
    world.prepare(&mut command);
    command.env("HOME", world.path("")).env("LC_ALL", "C.UTF-8").args([
        "-n",
        "-r",
        &format!("{stem}.pcapng"),
        "-T",
        "fields",
    ]);
    for field in ["tcp.stream", "tcp.flags.reset", "frame.comment", "systemd_journal.errno"] {
        command.args(["-e", field]);
    }
    let shown = finish(command.spawn()?).code(0).stdout();
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split('\t').collect()).collect();
    let having = |field: usize| lines.iter().filter(move |line| !line[field].is_empty());
    Ok(Counts {
        packets: having(0).count(),
        resets: having(1).filter(|line| ["1", "True"].contains(&line[1])).count(),
        explained: having(2).count(),
        failed: having(3).count(),
    })
}
