//! A random scenario as a scenario file, to be run and looked at like any other.

use std::fmt::Write as _;
use std::path::PathBuf;

use tcpstory::record::{
    Action, Address, Call, Data, Family, MsgFlag, Network, PollEvent, Recording, Script, SocketOption, Target,
};
use tcpstory::report::{Options, format};
use tcpstory::story::tell;

/// Writes a scenario and says how to run it.
pub(crate) fn write(script: &Script) -> Option<String> {
    let path = kept(&format!("{}.toml", script.id), text(script)?.as_bytes())?;
    Some(format!("tcpstory run {} --strict", path.display()))
}

/// Writes what was recorded, for one that may never come again, and says how to look at it.
pub(crate) fn keep(recording: &Recording) -> Option<String> {
    let bytes = (format::by_name("json")?.write)(&tell(recording.clone()), &Options::default());
    let path = kept(&format!("{}.json", recording.script.id), &bytes)?;
    Some(format!("tcpstory render {}", path.display()))
}

fn kept(name: &str, bytes: &[u8]) -> Option<PathBuf> {
    // Somebody else may have built the tests.
    let folders = [PathBuf::from(env!("CARGO_TARGET_TMPDIR")), std::env::temp_dir()];
    folders.iter().map(|folder| folder.join(name)).find(|path| std::fs::write(path, bytes).is_ok())
}

/// The text of the file; none where it has something that is not generated.
pub(crate) fn text(script: &Script) -> Option<String> {
    let mut text = format!("title = {:?}\nanything_goes = true\n", script.title);
    text += &network(&script.network);
    let started =
        (0..).zip(&script.actors).filter(|(id, _)| script.parent_of(tcpstory::record::ActorId(*id)).is_none());
    for (_, actor) in started {
        let sigpipe = format!("{:?}", actor.sigpipe).to_lowercase();
        write!(text, "\n[actors.{}]\nsigpipe = \"{sigpipe}\"\n", actor.name).ok()?;
    }
    for step in &script.steps {
        text += "\n[[step]]\n";
        match &step.action {
            Action::Kill { actor, signal } => {
                let name = &script.actors[actor.0].name;
                writeln!(text, "kill = {{ actor = \"{name}\", signal = \"{signal}\" }}").ok()?;
            }
            Action::Call { actor, socket, call: Call::Vanish, .. } => {
                writeln!(text, "vanish = \"{}.{socket}\"", script.actors[actor.0].name).ok()?;
            }
            Action::Call { actor, socket, call, .. } => {
                let by = &script.actors[actor.0].name;
                // A pair names its ends itself.
                let of = if matches!(call, Call::Socketpair { .. } | Call::Pipe { .. }) { "" } else { socket };
                let dot = if of.is_empty() { "" } else { "." };
                writeln!(text, "by = \"{by}{dot}{of}\"\n{}", deed(script, call)?).ok()?;
            }
            Action::Pause { ns } => writeln!(text, "pause = \"{ns}ns\"").ok()?,
            Action::Finish { .. } | Action::Wait => return None,
        }
    }
    Some(text)
}

fn network(network: &Network) -> String {
    let family = match network.family {
        Family::Ipv4 => "ipv4",
        Family::Ipv6 => "ipv6",
    };
    let sysctl: Vec<_> = network.sysctl.iter().map(|(name, value)| format!("{name:?} = {value:?}")).collect();
    let (mtu, delayed_ack) = (network.mtu, network.delayed_ack);
    format!(
        "\n[network]\nfamily = \"{family}\"\nmtu = {mtu}\ndelayed_ack = {delayed_ack}\nsysctl = {{ {} }}\n",
        sysctl.join(", ")
    )
}

/// `do.NAME = ARGUMENT`, for the calls that are generated.
fn deed(script: &Script, call: &Call) -> Option<String> {
    let argument = match call {
        Call::Listen { backlog } => backlog.to_string(),
        Call::Connect { to: Target::Actor(actor) } => format!("{:?}", script.actors[actor.0].name),
        Call::Connect { to: Target::Address(address) } => format!("\"{address}\""),
        Call::Bind { to: Address { ip: None, port } } => format!("{{ port = {} }}", (*port)?),
        Call::Socketpair { names: ends } | Call::Pipe { names: ends } => names(ends.iter().map(String::as_str)),
        Call::Accept { .. } | Call::Close | Call::Getpeername | Call::Getsockname => {
            return Some(format!("do = \"{}\"", call.name()));
        }
        Call::Read { size } => size.to_string(),
        Call::Recv { size, flags } => {
            format!("{{ size = {size}, flags = {} }}", names(flags.iter().map(|flag| MsgFlag::name(*flag))))
        }
        Call::Write { data } | Call::Sendfile { data } => bytes(data)?,
        Call::Send { data, flags } => {
            format!("{{ data = {}, flags = {} }}", bytes(data)?, names(flags.iter().map(|flag| MsgFlag::name(*flag))))
        }
        Call::Shutdown { how } => format!("{:?}", how.name()),
        Call::Setsockopt { option } => format!("{{ {} = {} }}", option.name(), value(*option)),
        Call::Getsockopt { option } => format!("{:?}", option.name()),
        Call::Poll { events, timeout_ns } => {
            let timeout = timeout_ns.map_or(String::new(), |ns| format!(", timeout = \"{ns}ns\""));
            format!("{{ events = {}{timeout} }}", names(events.iter().map(|event| PollEvent::name(*event))))
        }
        Call::Exit { code } => code.to_string(),
        Call::Dup { to } => format!("{to:?}"),
        Call::Fork { child } | Call::Clone { child } => format!("{:?}", script.actors[child.0].name),
        Call::EpollWait { events, edge, timeout_ns } => {
            let timeout = timeout_ns.map_or(String::new(), |ns| format!(", timeout = \"{ns}ns\""));
            let asked: Vec<_> = events.iter().map(|event| format!("E{}", PollEvent::name(*event))).collect();
            format!("{{ events = {}, edge = {edge}{timeout} }}", names(asked.iter().map(String::as_str)))
        }
        _ => return None,
    };
    Some(format!("do.{} = {argument}", call.name()))
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = names.map(|name| format!("{name:?}")).collect();
    format!("[{}]", quoted.join(", "))
}

fn bytes(data: &Data) -> Option<String> {
    match data {
        Data::Repeat { pattern, size } => {
            Some(format!("{{ repeat = \"{}\", size = {size} }}", pattern.0.escape_ascii()))
        }
        Data::Text(text) => Some(format!("{text:?}")),
        Data::Hex(_) => None,
    }
}

fn value(option: SocketOption) -> String {
    match option {
        SocketOption::SoLinger(None) | SocketOption::TcpLinger2(None) => "\"off\"".to_owned(),
        SocketOption::SoLinger(Some(seconds)) => seconds.to_string(),
        SocketOption::SoRcvtimeo(ns)
        | SocketOption::SoSndtimeo(ns)
        | SocketOption::TcpKeepidle(ns)
        | SocketOption::TcpKeepintvl(ns)
        | SocketOption::TcpUserTimeout(ns)
        | SocketOption::TcpDeferAccept(ns)
        | SocketOption::TcpLinger2(Some(ns)) => format!("\"{ns}ns\""),
        SocketOption::TcpKeepcnt(number) | SocketOption::SoSndbuf(number) | SocketOption::SoRcvbuf(number) => {
            number.to_string()
        }
        SocketOption::ONonblock(on)
        | SocketOption::TcpNodelay(on)
        | SocketOption::TcpCork(on)
        | SocketOption::TcpQuickack(on)
        | SocketOption::SoKeepalive(on)
        | SocketOption::SoOobinline(on)
        | SocketOption::SoReuseaddr(on) => on.to_string(),
    }
}
