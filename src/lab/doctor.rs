//! What this machine allows and why not: one list, for users and for tests.

use std::env;
use std::path::PathBuf;

use nix::errno::Errno;

use super::sandbox::{Examination, Record, Step, advice, examine as try_everything, ground_of};

/// Something that the machine can or cannot do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name.
    pub name: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// Why not, or how it is known.
    pub why: String,
    /// What helps; commands are to be typed as they are.
    pub advice: Vec<String>,
}

/// The name of the capability that decides whether scenarios can run.
pub const LIVE_RUNS: &str = "live runs";

/// Tries everything in child processes; the calling process stays as it is.
///
/// The last of the machine's capabilities is [`LIVE_RUNS`]; the optional tools come after it.
pub fn examine() -> Vec<Capability> {
    let found = match try_everything() {
        Ok(found) => found,
        Err(errno) => return vec![capability(LIVE_RUNS, Err(format!("fork() of a probing process: {errno}")))],
    };
    let ways = [
        of_steps("network namespaces", &found.alone, &[Step::NetworkNamespace]),
        of_steps("user namespaces", &found.with_user, &[Step::UserNamespace]),
        of_steps("user and group maps", &found.with_user, &[Step::Setgroups, Step::UidMap, Step::GidMap]),
        of_steps("capture on the host's loopback (CAP_NET_RAW)", &found.host, &[Step::HostPacketSocket]),
    ];
    let inside = INSIDE.map(|(name, step)| of_steps(name, best_namespace(&found), &[step]));
    let tools = TOOLS.map(|(name, purpose)| tool(name, purpose));
    ways.into_iter().chain(inside).chain([live_runs(&found)]).chain(tools).collect()
}

/// Why this machine cannot run scenarios; none if it can.
pub fn missing(capabilities: &[Capability]) -> Option<String> {
    let live = capabilities.iter().find(|capability| capability.name == LIVE_RUNS);
    live.filter(|live| !live.ok).map(|live| live.why.clone())
}

/// What a run needs inside its namespace.
const INSIDE: [(&str, Step); 6] = [
    ("the loopback of a namespace", Step::LoopbackUp),
    ("packet sockets in a namespace", Step::PacketSocket),
    ("time stamps of frames", Step::FrameStamps),
    ("socket states (sock_diag)", Step::SockDiag),
    ("sysctls of a namespace", Step::Sysctl),
    ("IPv6", Step::Ipv6),
];

/// The record of the way that gets further: the one that a run would take, if any.
fn best_namespace(found: &Examination) -> &Record {
    if ground_of(&found.alone).is_some() { &found.alone } else { &found.with_user }
}

fn live_runs(found: &Examination) -> Capability {
    let ways = [&found.alone, &found.with_user, &found.host];
    if let Some(ground) = ways.into_iter().find_map(ground_of) {
        return capability(LIVE_RUNS, Ok(format!("in {ground}")));
    }
    let tried: Record = ways.into_iter().flatten().copied().collect();
    let refused = tried.iter().filter_map(|(step, result)| Some(refusal(*step, result.err()?)));
    let why = refused.collect::<Vec<_>>().join("; ");
    Capability { advice: advice(&tried), ..capability(LIVE_RUNS, Err(why)) }
}

/// A capability that consists of steps, all of which must work.
fn of_steps(name: &'static str, record: &Record, steps: &[Step]) -> Capability {
    let result = |step: Step| record.iter().find(|(tried, _)| *tried == step).map(|(_, result)| *result);
    let first_refusal = record.iter().find_map(|(step, result)| Some(refusal(*step, result.err()?)));
    let unreached = || format!("not reached: {}", first_refusal.as_deref().unwrap_or("the probing process was killed"));
    let outcomes = steps.iter().map(|step| match result(*step) {
        Some(Ok(())) => Ok(step.what()),
        Some(Err(errno)) => Err(refusal(*step, errno)),
        None => Err(unreached()),
    });
    match outcomes.collect::<Result<Vec<_>, _>>() {
        Ok(what) => capability(name, Ok(what.join(", "))),
        Err(why) => {
            let own: Record = record.iter().filter(|(step, _)| steps.contains(step)).copied().collect();
            Capability { advice: advice(&own), ..capability(name, Err(why)) }
        }
    }
}

fn refusal(step: Step, errno: Errno) -> String {
    format!("{}: {errno}", step.what())
}

fn capability(name: &'static str, known: Result<String, String>) -> Capability {
    let ok = known.is_ok();
    Capability { name, ok, why: known.unwrap_or_else(|why| why), advice: Vec::new() }
}

/// Programs that are of use beside tcpstory, and for what.
const TOOLS: [(&str, &str); 4] = [
    ("wireshark", "to look into saved captures"),
    ("tshark", "to look into saved captures in the terminal"),
    ("tcpdump", "to look into saved captures in the terminal"),
    ("jq", "to ask saved timelines"),
];

fn tool(name: &'static str, purpose: &str) -> Capability {
    match in_path(name) {
        Some(path) => capability(name, Ok(path.display().to_string())),
        None => capability(name, Err(format!("not in PATH; only needed {purpose}"))),
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_its_steps() {
        let record = vec![(Step::UserNamespace, Ok(())), (Step::Setgroups, Ok(())), (Step::UidMap, Err(Errno::EPERM))];
        let user = of_steps("u", &record, &[Step::UserNamespace]);
        assert!(user.ok && user.why.contains("CLONE_NEWUSER") && user.advice.is_empty());
        let maps = of_steps("m", &record, &[Step::Setgroups, Step::UidMap, Step::GidMap]);
        assert!(!maps.ok && maps.why.contains("uid_map: EPERM") && !maps.advice.is_empty());
        let later = of_steps("l", &record, &[Step::LoopbackUp]);
        assert_eq!(later.why, "not reached: writing /proc/self/uid_map: EPERM: Operation not permitted");
    }

    #[test]
    fn live_runs_need_one_way_and_tell_of_all_when_there_is_none() {
        let refused = |step| vec![(step, Err(Errno::EPERM))];
        let nothing = Examination {
            alone: refused(Step::NetworkNamespace),
            with_user: refused(Step::UserNamespace),
            host: refused(Step::HostPacketSocket),
        };
        let why = missing(&[live_runs(&nothing)]).unwrap();
        assert_eq!(why.matches("EPERM").count(), 3, "{why}");
        let host = Examination { host: vec![(Step::HostPacketSocket, Ok(()))], ..nothing };
        assert_eq!(missing(&[live_runs(&host)]), None);
    }

    #[test]
    fn this_machine_is_examined_whatever_it_allows() {
        let capabilities = examine();
        assert!(capabilities.iter().any(|capability| capability.name == LIVE_RUNS));
        assert!(capabilities.iter().all(|capability| !capability.why.is_empty()));
        assert!(capabilities.iter().all(|capability| !capability.ok || capability.advice.is_empty()));
    }
}
