//! Machines that refuse what a run needs.

use std::process::Command;

use libtest_mimic::Failed;

use crate::world::{Ran, SHORT, World, finish, program};
use crate::{Need, Test};

pub(crate) const TESTS: &[Test] = &[
    ("without_namespaces", &[Need::UserNamespace], without_namespaces),
    ("what_the_host_cannot_give", &[Need::Live], what_the_host_cannot_give),
];

/// Runs the program where no namespace can be made any more, and where the network belongs to somebody else.
fn refused(world: &World, arguments: &[&str]) -> Result<Ran, Failed> {
    let script =
        "echo 0 >/proc/sys/user/max_user_namespaces && echo 0 >/proc/sys/user/max_net_namespaces && exec \"$0\" \"$@\"";
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args(["--user", "--map-root-user", "sh", "-c", script]).arg(program()).args(arguments);
    Ok(finish(command.spawn()?))
}

fn without_namespaces() -> Result<(), Failed> {
    const TRIED: [&str; 3] = [
        "unshare(CLONE_NEWNET): ENOSPC",
        "unshare(CLONE_NEWUSER | CLONE_NEWNET): ENOSPC",
        "socket(AF_PACKET) on the host's network: EPERM",
    ];
    const HELP: [&str; 3] = ["sudo sysctl -w user.max_user_namespaces=", "sudo tcpstory", "sudo setcap cap_net_raw+ep"];
    let world = World::new();
    for arguments in [&["run", "broken-pipe"][..], &["run", "broken-pipe", "half-close", "--repeat", "5"]] {
        let ran = refused(&world, arguments)?.code(3).says_nothing();
        ran.complains(&TRIED).complains(&HELP).complains(&["`tcpstory doctor`"]);
    }
    refused(&world, &["doctor"])?.code(3).says(&TRIED).says(&HELP).says(&["no   live runs", "no   user namespaces"]);
    refused(&world, &["run", "broken-pipe", "--sandbox", "host"])?.code(3).complains(&TRIED[2..]).complains(&HELP[1..]);
    assert_eq!(world.files(), [""; 0]);
    refused(&world, &["check", "broken-pipe"])?.code(0);
    refused(&world, &["list"])?.code(0).complains_of_nothing();
    Ok(())
}

/// Scenarios that change the network can run only in one of their own.
fn what_the_host_cannot_give() -> Result<(), Failed> {
    let world = World::new();
    world.file("mtu.toml", SHORT.replace("[actors.client]", "[network]\nmtu = 900\n[actors.client]"));
    let sysctl = "[network]\nsysctl = { \"net.ipv4.tcp_fin_timeout\" = 5 }\n[actors.client]";
    world.file("sysctl.toml", SHORT.replace("[actors.client]", sysctl));
    for (file, named) in [("mtu.toml", "MTU"), ("sysctl.toml", "net.ipv4.tcp_fin_timeout")] {
        let ran = world.tcpstory(&["run", "--sandbox", "host", "--no-save", file]).code(3).says_nothing();
        if !ran.stderr().contains("socket(AF_PACKET)") {
            ran.complains(&[named]);
        }
    }
    Ok(())
}
