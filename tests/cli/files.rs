//! Files that cannot be read or written.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use libtest_mimic::Failed;
use nix::sys::stat::Mode;
use nix::unistd::{Uid, mkfifo};

use crate::world::{Ran, SHORT, World, finish, program};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("an_unwritable_folder", &[Need::Live], an_unwritable_folder),
    ("a_full_disk", &[Need::Live, Need::UserNamespace], a_full_disk),
    ("a_full_device", &[Need::Live], a_full_device),
    ("a_full_standard_output", &[], a_full_standard_output),
    ("targets_that_are_no_files", &[Need::Live], targets_that_are_no_files),
    ("links_and_devices_as_targets", &[Need::Live], links_and_devices_as_targets),
    ("an_existing_file_keeps_its_place", &[Need::Live], an_existing_file_keeps_its_place),
    ("sources_that_are_no_files", &[], sources_that_are_no_files),
    ("sources_that_are_too_large", &[], sources_that_are_too_large),
    ("empty_sources", &[], empty_sources),
    ("unreadable_sources", &[], unreadable_sources),
    ("folders_without_scenarios", &[], folders_without_scenarios),
];

/// Somebody who owns nothing.
const NOBODY: u32 = 65_534;

/// Runs the program as somebody to whom permissions apply: as it is, or from root as nobody, who needs a program to execute.
fn as_ordinary_user(world: &World, arguments: &[&str]) -> Ran {
    if !Uid::effective().is_root() {
        return finish(world.command(arguments).spawn().expect("the program starts"));
    }
    fs::set_permissions(world.path(""), Permissions::from_mode(0o755)).expect("it is our folder");
    let shared = tempfile::tempdir().expect("a folder for the program");
    fs::set_permissions(shared.path(), Permissions::from_mode(0o755)).expect("it is our folder");
    let copy = shared.path().join("tcpstory");
    // By another process: while this one has the copy open for writing, any of its threads may fork, and what holds the descriptor
    // then keeps the copy from being executed (ETXTBSY).
    let copied = Command::new("cp").arg(program()).arg(&copy).status().expect("there is cp");
    assert!(copied.success(), "the program can be copied");
    let mut command = Command::new(copy);
    world.prepare(&mut command);
    command.args(arguments).uid(NOBODY).gid(NOBODY);
    finish(command.spawn().expect("the program starts"))
}

fn an_unwritable_folder() -> Result<(), Failed> {
    let world = World::new();
    world.file("shut/old.json", "old");
    for (path, mode) in [("shut/old.json", 0o444), ("shut", 0o555)] {
        fs::set_permissions(world.path(path), Permissions::from_mode(mode))?;
    }
    let run = ["run", "connection-refused"];
    for (more, complaint) in [
        (["--save", "shut"], "cannot write shut/connection-refused.pcap: Permission denied"),
        (["--save", "shut/new"], "cannot make the folder shut/new: Permission denied"),
        (["--save", "shut/old.json"], "cannot make the folder shut/old.json"),
    ] {
        let ran = as_ordinary_user(&world, &[&run[..], &more].concat()).code(2);
        ran.says(&["ECONNREFUSED"]).complains(&[complaint]);
    }
    for (file, complaint) in [
        ("shut/new.json", "cannot write shut/new.json: Permission denied"),
        ("shut/old.json", "cannot write shut/old.json: Permission denied"),
        ("none/x.json", "cannot write none/x.json: No such file or directory"),
    ] {
        as_ordinary_user(&world, &[&run[..], &["--no-save", "-o", file]].concat()).code(2).complains(&[complaint]);
    }
    assert_eq!(fs::read(world.path("shut/old.json"))?, b"old");
    assert_eq!(world.files(), ["shut/old.json"]);
    fs::set_permissions(world.path("shut"), Permissions::from_mode(0o755))?;
    Ok(())
}

/// A file system of 16 KiB, which holds the classic capture and not the timeline.
fn a_full_disk() -> Result<(), Failed> {
    let world = World::new();
    fs::create_dir(world.path("disk"))?;
    let script = "mount -t tmpfs -o size=16k tmpfs disk && { \"$0\" run connection-refused --save disk; code=$?; ls -A disk; exit $code; }";
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(program());
    let ran = finish(command.spawn()?).code(2);
    let shown = ran.stdout();
    ran.complains(&["cannot write disk/connection-refused.", "No space left on device"]);
    let left: Vec<_> = shown.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
    assert!(
        left.iter().all(|file| ["connection-refused.pcap", "connection-refused.pcapng"].contains(file)),
        "{left:?}"
    );
    Ok(())
}

fn a_full_device() -> Result<(), Failed> {
    let world = World::new();
    symlink("/dev/full", world.path("full.json"))?;
    let ran = world.run(&["connection-refused", "--no-save", "-o", "full.json"]).code(2);
    ran.complains(&["cannot write full.json: No space left on device"]);
    Ok(())
}

fn a_full_standard_output() -> Result<(), Failed> {
    for arguments in [
        &["list"][..],
        &["check", "broken-pipe"],
        &["schema", "timeline"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let world = World::new();
        let mut command = world.command(arguments);
        command.stdout(File::options().write(true).open("/dev/full")?);
        finish(command.spawn()?).code(2).complains(&["cannot write to standard output: No space left on device"]);
    }
    Ok(())
}

fn targets_that_are_no_files() -> Result<(), Failed> {
    let world = World::new();
    fs::create_dir(world.path("folder.json"))?;
    fs::create_dir_all(world.path("captures/connection-refused.pcap"))?;
    let ran = world.run(&["connection-refused", "--no-save", "-o", "folder.json"]).code(2);
    ran.says(&["ECONNREFUSED"]).complains(&["cannot write folder.json: is a directory"]);
    let ran = world.run(&["connection-refused"]).code(2);
    ran.complains(&["cannot write captures/connection-refused.pcap: is a directory"]);
    Ok(())
}

fn links_and_devices_as_targets() -> Result<(), Failed> {
    let world = World::new();
    world.file("real.json", "old");
    symlink("real.json", world.path("link.json"))?;
    symlink("/dev/null", world.path("null.json"))?;
    symlink("/dev/stdout", world.path("stdout.txt"))?;
    let outputs = ["-o", "link.json", "-o", "null.json", "-o", "stdout.txt"];
    let ran = world.run(&[&["connection-refused", "--no-save", "--format", "json"][..], &outputs].concat()).code(0);
    ran.says(&["why c1", "\"tcpstory.timeline\""]);
    assert!(fs::symlink_metadata(world.path("link.json"))?.is_symlink(), "the link still is one");
    assert_eq!(world.json("real.json")["schema"], "tcpstory.timeline");
    Ok(())
}

fn an_existing_file_keeps_its_place() -> Result<(), Failed> {
    let world = World::new();
    for _ in 0..2 {
        world.run(&["connection-refused", "-o", "x.json"]).code(0);
        assert_eq!(world.json("x.json")["run"]["verdict"], "passed");
        assert_eq!(world.files().len(), 4, "{:?}", world.files());
    }
    Ok(())
}

fn sources_that_are_no_files() -> Result<(), Failed> {
    let world = World::new();
    mkfifo(&world.path("fifo.toml"), Mode::S_IRWXU)?;
    symlink("loop.toml", world.path("loop.toml"))?;
    for (source, complaint) in [
        ("fifo.toml", "cannot read fifo.toml: it is not a regular file"),
        ("/dev/zero", "cannot read /dev/zero: it is not a regular file"),
        ("loop.toml", "cannot read loop.toml"),
        ("fifo.toml/x", "cannot read fifo.toml/x: Not a directory"),
        ("none.toml", "there is no file and no built-in scenario none.toml"),
    ] {
        for command in ["check", "run"] {
            world.tcpstory(&[command, source]).code(2).says_nothing().complains(&[complaint]);
        }
        world.tcpstory(&["render", source]).code(2).says_nothing().complains(&[&format!("cannot read {source}")]);
    }
    world.tcpstory(&["render", "."]).code(2).complains(&["cannot read .: it is not a regular file"]);
    Ok(())
}

fn sources_that_are_too_large() -> Result<(), Failed> {
    let world = World::new();
    // A hole of a terabyte cannot be read in time.
    File::create(world.path("huge.toml"))?.set_len(1 << 40)?;
    world
        .tcpstory(&["check", "huge.toml"])
        .code(2)
        .complains(&["huge.toml has 1099511627776 bytes", "at most 1048576"]);
    let padded = |size: usize| format!("{SHORT}{}", "#".repeat(size - SHORT.len()));
    world.file("most.toml", padded(1 << 20));
    world.tcpstory(&["check", "most.toml"]).code(0);
    world.file("more.toml", padded((1 << 20) + 1));
    world.tcpstory(&["check", "more.toml"]).code(2).complains(&["more.toml has 1048577 bytes"]);
    world.fed(&["check", "-"], padded((1 << 20) + 1)).code(2).complains(&["standard input", "at most 1048576"]);
    let endless = world.command(&["check", "-"]).stdin(File::open("/dev/zero")?).spawn()?;
    finish(endless).code(2).complains(&["standard input"]);
    Ok(())
}

fn empty_sources() -> Result<(), Failed> {
    let world = World::new();
    world.file("empty.toml", "");
    for command in ["check", "run"] {
        world
            .tcpstory(&[command, "empty.toml"])
            .code(2)
            .says_nothing()
            .complains(&["the file is empty", "empty.toml:1:1"]);
        world.tcpstory(&[command, "-"]).code(2).says_nothing().complains(&["the file is empty", "standard input:1:1"]);
    }
    world.tcpstory(&["render", "-"]).code(2).says_nothing().complains(&["standard input: the file ends too early"]);
    Ok(())
}

fn unreadable_sources() -> Result<(), Failed> {
    let world = World::new();
    let path = world.file("secret.toml", SHORT);
    fs::set_permissions(&path, Permissions::from_mode(0o000))?;
    for command in ["check", "run", "render"] {
        let ran = as_ordinary_user(&world, &[command, "secret.toml"]).code(2);
        ran.complains(&["cannot read secret.toml: Permission denied"]);
    }
    Ok(())
}

fn folders_without_scenarios() -> Result<(), Failed> {
    let world = World::new();
    world.file("notes/readme.md", "nothing to run");
    symlink(".", world.path("notes/loop"))?;
    for command in ["check", "run"] {
        world.tcpstory(&[command, "notes"]).code(2).says_nothing().complains(&["notes", ".toml"]);
    }
    Ok(())
}
