//! What helps where a ground was refused.

use std::fs;
use std::path::Path;

use nix::errno::Errno;

use super::probe::{Record, Step};

/// What to do about the refusals, the best first; commands are to be typed as they are. Empty when nothing was refused.
pub(in crate::lab) fn advice(tried: &Record) -> Vec<String> {
    let refused: Vec<(Step, Errno)> = tried.iter().filter_map(|(step, result)| Some((*step, result.err()?))).collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let specific = refused.iter().filter_map(|(step, errno)| about(*step, *errno));
    let mut advice: Vec<String> = Vec::new();
    for line in specific.chain(about_surroundings()) {
        if !advice.contains(&line) {
            advice.push(line);
        }
    }
    advice.extend(ALWAYS.map(str::to_owned));
    advice
}

/// What to do where only the host's loopback was asked for.
pub(super) fn advice_for_host(tried: &Record) -> Vec<String> {
    let specific = tried.iter().filter_map(|(step, result)| about(*step, result.err()?));
    let mut advice: Vec<String> = specific.collect();
    if is_container() {
        advice.push("in this container: start it with --cap-add NET_RAW".to_owned());
    }
    advice.extend(ALWAYS.map(str::to_owned));
    advice.push("or leave --sandbox host out: a namespace of its own needs no privilege".to_owned());
    advice
}

const ALWAYS: [&str; 2] = [
    "run it as root: sudo tcpstory …",
    "or let it capture on the host's loopback: sudo setcap cap_net_raw+ep \"$(command -v tcpstory)\"",
];

fn about(step: Step, errno: Errno) -> Option<String> {
    let text = match (step, errno) {
        (Step::UserNamespace, Errno::ENOSPC) => {
            "sudo sysctl -w user.max_user_namespaces=15000 user.max_net_namespaces=15000"
        }
        (Step::NetworkNamespace, Errno::ENOSPC) => "sudo sysctl -w user.max_net_namespaces=15000",
        (Step::UserNamespace, Errno::EPERM | Errno::EACCES) => return Some(about_user_namespaces()),
        (Step::UserNamespace, Errno::EINVAL) => {
            "use a kernel with CONFIG_USER_NS, and enter before any thread is started"
        }
        (Step::UserNamespace, Errno::EUSERS) => "leave some of the nested user namespaces: 32 are the most",
        (Step::UserNamespace | Step::NetworkNamespace, Errno::ENOSYS) => {
            "use a kernel with CONFIG_USER_NS and CONFIG_NET_NS"
        }
        (
            Step::Setgroups | Step::UidMap | Step::GidMap | Step::LoopbackUp | Step::PacketSocket,
            Errno::EPERM | Errno::EACCES,
        ) => return Some(about_apparmor()),
        (Step::PacketSocket | Step::HostPacketSocket, Errno::EAFNOSUPPORT) => "sudo modprobe af_packet",
        _ => return None,
    };
    Some(text.to_owned())
}

fn about_user_namespaces() -> String {
    if setting("unprivileged_userns_clone").as_deref() == Some("0") {
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1".to_owned();
    }
    container().unwrap_or_else(|| {
        "a policy around this process refuses user namespaces (a seccomp filter, RestrictNamespaces= of a systemd unit, a \
         user without a mapping): run it outside"
            .to_owned()
    })
}

fn is_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists())
}

fn container() -> Option<String> {
    is_container().then(|| {
        "in this container: start it with --cap-add NET_RAW, or with --security-opt seccomp=unconfined".to_owned()
    })
}

/// Ubuntu 23.10 and later: a program without a profile gets into a user namespace and has no capabilities there.
fn about_apparmor() -> String {
    let switch = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    match setting("apparmor_restrict_unprivileged_userns").as_deref() {
        Some("1") => format!("{switch} (or an AppArmor profile with the rule `userns,` for this program)"),
        _ => format!("a security module takes the capabilities away in the namespace; on Ubuntu: {switch}"),
    }
}

fn about_surroundings() -> Option<String> {
    container().or_else(|| {
        // WSL 1 says "Microsoft"; WSL 2 has a real kernel and says "microsoft-standard-WSL2".
        let version = fs::read_to_string("/proc/version").unwrap_or_default();
        version.contains("-Microsoft").then(|| "in Windows: wsl --set-version <distribution> 2".to_owned())
    })
}

fn setting(name: &str) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_advice_and_success_has_none() {
        assert_eq!(advice(&vec![(Step::UserNamespace, Ok(()))]), Vec::<String>::new());
        for errno in [Errno::EPERM, Errno::ENOSPC, Errno::ENOSYS, Errno::EINVAL] {
            let lines = advice(&vec![(Step::UserNamespace, Err(errno))]);
            assert!(lines.len() > ALWAYS.len(), "{errno}: {lines:?}");
        }
        let late = advice(&vec![(Step::LoopbackUp, Err(Errno::EPERM)), (Step::PacketSocket, Err(Errno::EPERM))]);
        assert_eq!(late.iter().filter(|line| line.contains("apparmor_restrict_unprivileged_userns=0")).count(), 1);
    }
}
