//! The process's part: finding a ground that this machine allows, and stepping onto it.

use std::fmt;
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::advice::{advice, advice_for_host};
use super::probe::{self, Chain, Record, Step, map_ids};
use crate::lab::LabError;
use crate::lab::sys::process::keep_network_capabilities;
use crate::record::SandboxKind;

const WANTED: &str = "this machine lets tcpstory neither into namespaces of its own nor capture on the loopback";

/// What the process stands on; [`Sandbox::open`](super::Sandbox::open) makes each run's network from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground(How);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    NetworkNamespace,
    UserNamespace,
    HostLoopback,
}

impl Ground {
    /// Where the traffic will run.
    pub fn kind(self) -> SandboxKind {
        match self.0 {
            How::NetworkNamespace | How::UserNamespace => SandboxKind::Namespace,
            How::HostLoopback => SandboxKind::HostLoopback,
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            How::NetworkNamespace => "a network namespace for each run",
            How::UserNamespace => "a user namespace, and in it a network namespace for each run",
            How::HostLoopback => "the host's loopback, capturing only the ports of the run",
        })
    }
}

/// Which ground is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// Namespaces, else the host's loopback.
    #[default]
    Auto,
    /// Namespaces only.
    Namespace,
    /// The host's loopback only.
    Host,
}

impl Preference {
    /// The preference of that name: `auto`, `namespace` or `host`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "namespace" => Some(Self::Namespace),
            "host" => Some(Self::Host),
            _ => None,
        }
    }
}

/// Steps onto the best ground that this machine allows; see [`enter_with`].
///
/// # Errors
/// When there is none: everything that was tried, and what would help.
pub fn enter() -> Result<Ground, LabError> {
    enter_with(Preference::Auto)
}

/// Steps onto a ground. Must be called while the process has a single thread: the kernel lets no process with threads into a
/// user namespace.
///
/// With `CAP_SYS_ADMIN` nothing changes for the process, and each run gets a network namespace; otherwise the process moves into
/// a user namespace in which it has its own user and group. The whole chain is tried in a child first, because some
/// distributions let a process into a namespace and then refuse it what the namespace is for.
///
/// # Errors
/// When this machine allows none of the wanted grounds: everything that was tried, and what would help.
pub fn enter_with(preference: Preference) -> Result<Ground, LabError> {
    let mut tried = Record::new();
    if preference != Preference::Host
        && let Some(ground) = try_chain(Chain::Namespace, &mut tried)?
    {
        return Ok(ground);
    }
    if preference != Preference::Namespace
        && let Some(ground) = try_chain(Chain::Host, &mut tried)?
    {
        return Ok(ground);
    }
    Err(refusal(preference, &tried))
}

/// Tries a chain in a child and, if it works and needs it, follows with this process.
fn try_chain(chain: Chain, tried: &mut Record) -> Result<Option<Ground>, LabError> {
    let (child, record) = probe::attempt(chain).map_err(LabError::failed(WANTED, "fork()"))?;
    let found = ground_of(&record);
    tried.extend(record);
    if found == Some(Ground(How::UserNamespace)) {
        enter_user_namespace()?;
    }
    // Only now may the process have a second thread. Without one, the child is waited for here.
    let _ = thread::Builder::new().name("probe".to_owned()).spawn(move || drop(child));
    Ok(found)
}

/// The ground that a record proves: one on which a packet socket was opened in the end.
pub(in crate::lab) fn ground_of(record: &Record) -> Option<Ground> {
    let worked = |step| record.contains(&(step, Ok(())));
    let how = match (worked(Step::PacketSocket), worked(Step::UserNamespace)) {
        (true, true) => How::UserNamespace,
        (true, false) => How::NetworkNamespace,
        (false, _) => worked(Step::HostPacketSocket).then_some(How::HostLoopback)?,
    };
    Some(Ground(how))
}

/// The network namespaces come later, one for each run.
fn enter_user_namespace() -> Result<(), LabError> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| {
        let error = LabError::new(WANTED).tried("unshare(CLONE_NEWUSER)", errno);
        if errno == Errno::EINVAL { error.advise("enter before the process starts a thread") } else { error }
    })?;
    let mut refused = None;
    map_ids(uid, gid, |step, result| result.map_err(|errno| refused = Some((step, errno))).is_ok());
    if let Some((step, errno)) = refused {
        return Err(LabError::new(WANTED).tried(step.what(), errno));
    }
    keep_network_capabilities().map_err(LabError::failed(WANTED, "capset()"))
}

fn refusal(preference: Preference, tried: &Record) -> LabError {
    let mut error = LabError::new(match preference {
        Preference::Auto => WANTED,
        Preference::Namespace => "this machine does not let tcpstory into a namespace of its own",
        Preference::Host => "tcpstory may not capture on the host's loopback: that takes CAP_NET_RAW",
    });
    for (step, result) in tried {
        if let Err(errno) = result {
            error = error.tried(step.what(), errno);
        }
    }
    if error.attempts.is_empty() {
        error = error.tried("a probing child process", "it was killed before it could report (by a seccomp filter?)");
    }
    error.advice = if preference == Preference::Host { advice_for_host(tried) } else { advice(tried) };
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTERED: [(Step, Result<(), Errno>); 6] = [
        (Step::UserNamespace, Ok(())),
        (Step::Setgroups, Ok(())),
        (Step::UidMap, Ok(())),
        (Step::GidMap, Ok(())),
        (Step::LoopbackUp, Ok(())),
        (Step::PacketSocket, Ok(())),
    ];

    #[test]
    fn a_chain_proves_a_way_only_to_its_end() {
        let whole = [&[(Step::NetworkNamespace, Err(Errno::EPERM))][..], &ENTERED].concat();
        assert_eq!(ground_of(&whole), Some(Ground(How::UserNamespace)));
        for cut in 0..whole.len() {
            assert_eq!(ground_of(&whole[..cut].to_vec()), None, "{cut}");
        }
        let alone = [&[(Step::NetworkNamespace, Ok(()))], &ENTERED[4..]].concat();
        assert_eq!(ground_of(&alone), Some(Ground(How::NetworkNamespace)));
        assert_eq!(ground_of(&vec![(Step::HostPacketSocket, Err(Errno::EPERM))]), None);
        assert_eq!(ground_of(&vec![(Step::HostPacketSocket, Ok(()))]), Some(Ground(How::HostLoopback)));
    }

    #[test]
    fn a_refusal_lists_what_failed_and_something_to_do() {
        let tried = vec![
            (Step::NetworkNamespace, Err(Errno::EPERM)),
            (Step::UserNamespace, Err(Errno::ENOSPC)),
            (Step::HostPacketSocket, Err(Errno::EPERM)),
        ];
        let text = refusal(Preference::Auto, &tried).to_string();
        for part in [
            "tried unshare(CLONE_NEWNET): EPERM",
            "CLONE_NEWUSER",
            "ENOSPC",
            "user.max_user_namespaces",
            "sudo",
            "setcap",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        let killed = refusal(Preference::Auto, &vec![(Step::UserNamespace, Ok(()))]).to_string();
        assert!(killed.contains("killed"));
    }

    #[test]
    fn who_asked_for_the_host_is_told_of_nothing_else() {
        let text = refusal(Preference::Host, &vec![(Step::HostPacketSocket, Err(Errno::EPERM))]).to_string();
        assert!(
            text.contains("CAP_NET_RAW") && text.contains("setcap") && text.contains("leave --sandbox host out"),
            "{text}"
        );
        assert!(!text.contains("seccomp") && !text.contains("of its own\n"), "{text}");
    }
}
