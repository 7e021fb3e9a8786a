//! Ends that nobody has planned: signals, deaths, readers that go away.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};

use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::{LONG, Ran, World, actor_of, finish, in_the_middle, until};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("interrupted_in_a_scenario", &[Need::Live], interrupted_in_a_scenario),
    ("interrupted_in_the_terminal", &[Need::Live], interrupted_in_the_terminal),
    ("interrupted_while_starting", &[Need::Live], interrupted_while_starting),
    ("interrupted_among_several", &[Need::Live], interrupted_among_several),
    ("killed_outright", &[Need::Live], killed_outright),
    ("an_actor_is_killed", &[Need::Live], an_actor_is_killed),
    ("nobody_reads_the_ladder", &[Need::Live], nobody_reads_the_ladder),
    ("nobody_reads_anything", &[], nobody_reads_anything),
    ("nobody_reads_the_errors", &[], nobody_reads_the_errors),
];

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a process id")), signal).expect("it was not waited for");
}

/// The end of a run whose processes have all gone.
fn interrupted(ran: Ran, signal: Signal) -> Ran {
    ran.code(128 + signal as i32).complains(&["interrupted: this is the story so far"])
}

fn long() -> World {
    let world = World::new();
    world.file("long.toml", LONG);
    world
}

fn interrupted_in_a_scenario() -> Result<(), Failed> {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let world = long();
        let child = world.start(&["long.toml", "-o", "x.json", "-o", "x.md", "--steps", "pictures"]);
        in_the_middle(child.id());
        send(&child, signal);
        let ran = interrupted(finish(child), signal);
        let ran = ran.complains(&["only finished runs are saved among the captures"]);
        let ran = ran.says(&["accept() = 4", "interrupted", " · 0 expectations met, 2 not reached"]);
        assert!(!ran.stdout().contains('✗'), "{}", ran.stdout());
        // What was asked for by name is there, as far as it came; nothing is among the captures.
        let mut files = world.files();
        files.retain(|file| !file.starts_with("pictures/"));
        assert_eq!(files, ["long.toml", "x.json", "x.md"]);
        let timeline = world.json("x.json");
        assert_eq!(
            (timeline["run"]["verdict"].as_str(), timeline["run"]["complete"].as_bool()),
            (Some("interrupted"), Some(false))
        );
        let missing = &timeline["not_reached"];
        assert_eq!((&missing[0]["expected"], &missing[1]["kind"]["wire"]), (&"= 4".into(), &0.into()), "{missing}");
        assert_eq!(timeline["expectations"].as_array().map(Vec::len), Some(0));
        world.tcpstory(&["render", "x.json"]).code(0).says(&["2 not reached"]);
    }
    Ok(())
}

/// Ctrl-C goes to the whole group: the actors must not die of it before the conductor has heard.
fn interrupted_in_the_terminal() -> Result<(), Failed> {
    let world = long();
    let mut command = world.command(&["run", "long.toml", "--no-save"]);
    let child = command.process_group(0).spawn()?;
    in_the_middle(child.id());
    let group = Pid::from_raw(-i32::try_from(child.id())?);
    kill(group, Signal::SIGINT)?;
    let ran = interrupted(finish(child), Signal::SIGINT);
    assert!(!ran.stdout().contains("SIGINT"), "no actor has died of it: {}", ran.stdout());
    Ok(())
}

/// At whatever moment it comes: the program ends by the signal or with its number, and leaves nothing.
fn interrupted_while_starting() -> Result<(), Failed> {
    for attempt in 0..20 {
        let world = long();
        let child = world.start(&["long.toml"]);
        let name = if attempt % 2 == 0 { "guest" } else { "host" };
        match attempt % 4 {
            0 | 1 => drop(until("an actor has its name", || actor_of(child.id(), name))),
            2 => until("the program has its own image", || {
                let image = std::fs::read_link(format!("/proc/{}/exe", child.id())).ok()?;
                (image.file_name()? == "tcpstory").then_some(())
            }),
            _ => {}
        }
        send(&child, Signal::SIGTERM);
        let ran = finish(child);
        if ran.ended_by(Signal::SIGTERM as i32) {
            ran.signal(Signal::SIGTERM as i32);
        } else {
            ran.code(128 + Signal::SIGTERM as i32);
        }
        assert_eq!(world.files(), ["long.toml"]);
    }
    Ok(())
}

fn interrupted_among_several() -> Result<(), Failed> {
    let world = long();
    let child = world.start(&["broken-pipe", "long.toml", "half-close", "--jobs", "1"]);
    in_the_middle(child.id());
    send(&child, Signal::SIGINT);
    interrupted(finish(child), Signal::SIGINT).says(&["✓ broken-pipe", "1 as expected, 0 not, 2 not run to the end"]);
    let saved: Vec<_> = world.files().into_iter().filter(|file| file.starts_with("captures/")).collect();
    assert_eq!(saved, ["captures/broken-pipe.json", "captures/broken-pipe.pcap", "captures/broken-pipe.pcapng"]);
    let child = world.start(&["long.toml", "--repeat", "4", "--jobs", "2"]);
    in_the_middle(child.id());
    send(&child, Signal::SIGTERM);
    interrupted(finish(child), Signal::SIGTERM);
    assert_eq!(world.files().len(), 4, "{:?}", world.files());
    Ok(())
}

fn killed_outright() -> Result<(), Failed> {
    let world = long();
    let child = world.start(&["long.toml"]);
    in_the_middle(child.id());
    send(&child, Signal::SIGKILL);
    // The actors hold the program's standard error open: its end is theirs.
    finish(child).signal(Signal::SIGKILL as i32);
    assert_eq!(world.files(), ["long.toml"]);
    Ok(())
}

fn an_actor_is_killed() -> Result<(), Failed> {
    const WAITING: &str = r#"by = "host"
do.read = 1
blocks = "r"
[[step]]
finish = "r"
within = "60s"
[[step]]
by = "guest"
do.write = "a"
[[step]]
by = "host"
do.read = 1
"#;
    for name in ["guest", "host"] {
        let world = World::new();
        world.file("long.toml", LONG.replace("pause = \"60s\"\n", WAITING));
        let child = world.start(&["long.toml"]);
        let (guest, host) = in_the_middle(child.id());
        let killed = kill(Pid::from_raw(if name == "guest" { guest } else { host }), Signal::SIGKILL);
        let ran = finish(child);
        killed?;
        ran.code(1).says(&["SIGKILL"]);
        assert_eq!(world.json("captures/long.json")["run"]["verdict"], "failed");
    }
    Ok(())
}

/// A program whose reader has gone before the first byte.
fn unread(world: &World, arguments: &[&str]) -> Result<Ran, Failed> {
    let mut command = world.command(arguments);
    let (reading, writing) = std::io::pipe()?;
    drop(reading);
    Ok(finish(command.stdout(writing).spawn()?))
}

fn nobody_reads_the_ladder() -> Result<(), Failed> {
    let world = World::new();
    for format in ["ladder", "json", "pcap", "pcapng"] {
        unread(&world, &["run", "broken-pipe", "--no-save", "--format", format])?.code(0).complains_of_nothing();
    }
    unread(&world, &["run", "broken-pipe", "half-close"])?.code(0).complains_of_nothing();
    assert_eq!(world.files().len(), 6, "it is saved all the same: {:?}", world.files());
    world.file("wrong.toml", LONG.replace("pause = \"60s\"", "by = \"guest\"\ndo.write = \"a\"\nerror = \"EPIPE\""));
    unread(&world, &["run", "wrong.toml", "--no-save"])?.code(1).complains_of_nothing();
    Ok(())
}

fn nobody_reads_anything() -> Result<(), Failed> {
    let world = World::new();
    for arguments in [
        &["list"][..],
        &["check", "broken-pipe"],
        &["schema", "timeline"],
        &["man"],
        &["completions", "zsh"],
        &["--help"],
        &["--version"],
    ] {
        unread(&world, arguments)?.code(0).complains_of_nothing();
    }
    unread(&world, &["doctor"])?.no_bug().complains_of_nothing();
    world.file("timeline.json", include_str!("../recordings/broken-pipe.json"));
    unread(&world, &["render", "timeline.json"])?.code(0).complains_of_nothing();
    Ok(())
}

fn nobody_reads_the_errors() -> Result<(), Failed> {
    let world = World::new();
    for arguments in
        [&["check", "missing.toml"][..], &["run", "missing.toml"], &["render", "missing.json"], &["frobnicate"]]
    {
        let (reading, writing) = std::io::pipe()?;
        drop(reading);
        let mut command = world.command(arguments);
        finish(command.stdout(Stdio::null()).stderr(writing).spawn()?).code(2);
    }
    Ok(())
}
