//! `tcpstory wireshark`: the profile in its folder, and the command that opens a capture with it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use libtest_mimic::Failed;

use crate::Test;
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("the_profile_goes_where_wireshark_looks", &[], the_profile_goes_where_wireshark_looks),
    ("a_profile_of_somebody_else_stays", &[], a_profile_of_somebody_else_stays),
    ("open_prints_the_exact_command", &[], open_prints_the_exact_command),
    ("open_runs_the_command_when_asked", &[], open_runs_the_command_when_asked),
    ("open_needs_a_capture", &[], open_needs_a_capture),
];

const FILES: [&str; 4] = ["colorfilters", "dfilter_buttons", "preferences", "recent"];

fn the_profile_goes_where_wireshark_looks() -> Result<(), Failed> {
    let world = World::new();
    world.tcpstory(&["wireshark", "install"]).code(0).says(&["installed"]).complains_of_nothing();
    let files = |folder: &str| FILES.map(|file| format!("{folder}/profiles/tcpstory/{file}"));
    assert_eq!(world.files(), files(".config/wireshark"));
    world.tcpstory(&["wireshark", "install"]).code(0).says(&["is there already"]);
    let elsewhere = World::new();
    elsewhere.tcpstory(&["wireshark", "install", "--dir", "a b/c"]).code(0).says(&["a b/c/profiles/tcpstory"]);
    assert_eq!(elsewhere.files(), files("a b/c"));
    let older = World::new();
    fs::create_dir(older.path(".wireshark"))?;
    older.tcpstory(&["wireshark", "install"]).code(0);
    assert_eq!(older.files(), files(".wireshark"));
    Ok(())
}

fn a_profile_of_somebody_else_stays() -> Result<(), Failed> {
    let world = World::new();
    let theirs = "here/profiles/tcpstory/colorfilters";
    fs::create_dir_all(world.path("here/profiles/tcpstory"))?;
    world.file(theirs, "# mine\n");
    world.tcpstory(&["wireshark", "install", "--dir", "here"]).code(2).says_nothing().complains(&[
        theirs,
        "nothing was changed",
        "help: move here/profiles/tcpstory away",
    ]);
    assert_eq!(world.files(), [theirs]);
    assert_eq!(fs::read_to_string(world.path(theirs))?, "# mine\n");
    Ok(())
}

fn open_prints_the_exact_command() -> Result<(), Failed> {
    let world = World::new();
    world.file("it's.pcapng", "");
    let opened = world.tcpstory(&["wireshark", "open", "it's.pcapng"]).code(0);
    assert_eq!(opened.stdout(), "wireshark -N n -r 'it'\\''s.pcapng'\n");
    opened.complains(&["tcpstory wireshark install"]);
    world.tcpstory(&["wireshark", "install"]).code(0);
    let opened = world.tcpstory(&["wireshark", "open", "it's.pcapng"]).code(0).complains_of_nothing();
    assert_eq!(opened.stdout(), "wireshark -C tcpstory -r 'it'\\''s.pcapng'\n");
    world.tcpstory(&["wireshark", "install", "--dir", "here"]).code(0);
    let opened = world.tcpstory(&["wireshark", "open", "it's.pcapng", "--dir", "here"]).code(0);
    assert_eq!(opened.stdout(), "WIRESHARK_CONFIG_DIR=here wireshark -C tcpstory -r 'it'\\''s.pcapng'\n");
    Ok(())
}

fn open_runs_the_command_when_asked() -> Result<(), Failed> {
    let world = World::new();
    fs::create_dir_all(world.path("captures"))?;
    world.file("captures/lesson.pcapng", "");
    world.tcpstory(&["wireshark", "install", "--dir", "here"]).code(0);
    let open = |path: &str| {
        let mut command = world.command(&["wireshark", "open", "lesson", "--run", "--dir", "here"]);
        crate::world::finish(command.env("PATH", world.path(path)).spawn().expect("the program starts"))
    };
    open("nothing").code(3).says_nothing().complains(&["cannot run wireshark -C tcpstory", "install Wireshark"]);
    fs::create_dir(world.path("tools"))?;
    let tool = world.file("tools/wireshark", "#!/bin/sh\necho \"$WIRESHARK_CONFIG_DIR: $*\"\nexit 7\n");
    fs::set_permissions(tool, fs::Permissions::from_mode(0o755))?;
    assert_eq!(open("tools").code(7).stdout(), "here: -C tcpstory -r captures/lesson.pcapng\n");
    Ok(())
}

fn open_needs_a_capture() -> Result<(), Failed> {
    let world = World::new();
    world
        .tcpstory(&["wireshark", "open", "nothing"])
        .code(2)
        .says_nothing()
        .complains(&["no capture nothing", "run NAME"]);
    world.tcpstory(&["wireshark", "open", "."]).code(2).complains(&["no capture ."]);
    world.tcpstory(&["wireshark", "open", "\u{1b}[31m.pcapng"]).code(2).complains(&["\\x1b[31m"]);
    world.tcpstory(&["wireshark"]).code(2).complains(&["install", "open"]);
    Ok(())
}
