//! Sysctls of the calling thread's network namespace: `/proc/sys/net` resolves against it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;

use crate::lab::LabError;

/// What a fresh namespace would take over from the host, and what makes loopback runs differ from each other.
///
/// `tcp_sk_init` copies the congestion control and the buffer sizes from the host; everything else of TCP starts with the
/// kernel's own defaults. Tail loss probes (`tcp_early_retrans`) are a timer of a few milliseconds, which a busy machine
/// reaches now and then.
const KNOWN: [(&str, &str); 4] = [
    ("net.ipv4.tcp_congestion_control", "reno"),
    ("net.ipv4.tcp_rmem", "4096 131072 6291456"),
    ("net.ipv4.tcp_wmem", "4096 16384 4194304"),
    ("net.ipv4.tcp_early_retrans", "0"),
];

/// How long an orphan waits in `FIN_WAIT2` while a person asks for the steps: four hours, in seconds. Beyond the kernel's minute it is a
/// whole socket for as long, and no mini-socket (`tcp_rcv_state_process`), which answers alike; it would keep its namespace for as long,
/// but its peer's process ends with the session.
const PATIENT: (&str, u32) = ("net.ipv4.tcp_fin_timeout", 14_400);

/// What a reader needs to understand a run.
pub(super) const TELLING: [&str; 20] = [
    "net.core.somaxconn",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_congestion_control",
    "net.ipv4.tcp_early_retrans",
    "net.ipv4.tcp_ecn",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_orphan_retries",
    "net.ipv4.tcp_retries2",
    "net.ipv4.tcp_rfc1337",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_sack",
    "net.ipv4.tcp_syn_retries",
    "net.ipv4.tcp_synack_retries",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_window_scaling",
    "net.ipv4.tcp_wmem",
];

/// More of a value is not read: a page, as much as the kernel takes in one write.
const LONGEST: u64 = 4096;

const WANTED: &str = "cannot set a sysctl of the scenario";

/// Refuses everything that is not the name of a sysctl that a network namespace has for itself.
pub(super) fn check_name(name: &str) -> Result<(), LabError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    let in_namespace = ["net.ipv4.", "net.ipv6.", "net.core."].iter().any(|room| name.starts_with(room));
    if in_namespace && name.bytes().all(allowed) && name.split('.').all(|part| !part.is_empty()) {
        return Ok(());
    }
    let result = "only net.ipv4.*, net.ipv6.* and net.core.* can be set, in small letters";
    Err(LabError::new(WANTED).tried(format!("sysctl {}", name.escape_debug()), result))
}

/// Sets a sysctl whose name was checked.
pub(super) fn write(name: &str, value: &str) -> Result<(), LabError> {
    let refused =
        |result: String| LabError::new(WANTED).tried(format!("sysctl {name} = {}", value.escape_debug()), result);
    if value.trim().is_empty() {
        return Err(refused("the kernel takes an empty write for nothing at all".to_owned()));
    }
    let written = OpenOptions::new().write(true).open(path(name)).and_then(|mut file| file.write_all(value.as_bytes()));
    written.map_err(|error| {
        refused(match error.raw_os_error() {
            Some(libc::ENOENT) => "this kernel has no such sysctl in a network namespace".to_owned(),
            Some(libc::EACCES | libc::EPERM) => format!("{error}: it belongs to the whole host"),
            Some(libc::EINVAL) => format!("{error}: not a value for it"),
            _ => error.to_string(),
        })
    })
}

/// Its value, with single spaces; none where the kernel has no such sysctl.
pub(super) fn read(name: &str) -> Option<String> {
    let mut text = String::with_capacity(256);
    File::open(path(name)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether it can be set here, without setting it.
pub(in crate::lab) fn is_writable(name: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(path(name)).map(drop)
}

/// Gives the inherited sysctls known values, as far as this kernel has them and lets them be written (a container may have
/// `/proc/sys` read-only); [`Sandbox::sysctls`](super::Sandbox::sysctls) tells what holds.
pub(super) fn set_known() {
    for (name, value) in KNOWN {
        let _ = fs::write(path(name), value);
    }
}

/// Sets how long orphans wait, where that can be set.
pub(super) fn set_patient() {
    let (name, seconds) = PATIENT;
    let _ = fs::write(path(name), seconds.to_string());
}

/// Whether orphans wait as long.
pub(super) fn is_patient() -> bool {
    let (name, seconds) = PATIENT;
    read(name).and_then(|value| value.parse().ok()).is_some_and(|value: u32| value >= seconds)
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/sys/{}", name.replace('.', "/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_namespaces_sysctls_pass() {
        for good in ["net.ipv4.tcp_fin_timeout", "net.core.somaxconn", "net.ipv6.conf.lo.disable_ipv6"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "kernel.hostname",
            "net.netfilter.nf_log_all_netns",
            "net.ipv4",
            "net.ipv4.",
            "net.ipv4..x",
            "net.ipv4.x.",
            "net.ipv4.../../../etc/passwd",
            "net.ipv4.x/../../../kernel/hostname",
            "net.ipv4.TCP",
            "net.ipv4.\u{0}",
            "net.ipv4.a b",
            "net.ipv4.\u{e4}",
            "net/ipv4/tcp_sack",
            " net.ipv4.tcp_sack",
            "net.ipv4.tcp_sack\n",
        ];
        for bad in bad {
            let error = check_name(bad).unwrap_err().to_string();
            assert!(!error.contains('\u{0}'), "{error}");
        }
    }

    #[test]
    fn what_a_sandbox_sets_it_also_tells() {
        assert!(KNOWN.iter().all(|(name, _)| TELLING.contains(name)));
        assert!(KNOWN.iter().all(|(name, _)| check_name(name).is_ok()));
        assert!(TELLING.is_sorted());
    }
}
