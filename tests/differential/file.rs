//! A random scenario as a scenario file, to be run and looked at like any other.

use std::fmt::Write as _;
use std::path::PathBuf;

use tcpstory::record::{
    Action, ActorId, CONNECTION, Call, Data, Errno, LISTENER, MsgFlag, Outcome, PollEvent, Recording, Script,
    SocketOption, StepId, Syscall, What,
};
use tcpstory::scenario::{SourceText, parse};

/// Writes the scenario of a recording and says how to run it; none where the language refuses it, because no author would
/// write such a thing (a read on a socket that was never connected, say).
pub(crate) fn write(recording: &Recording) -> Option<String> {
    let text = accepted(recording)?;
    let name = format!("{}.toml", recording.script.id);
    // Somebody else may have built the tests.
    let folders = [PathBuf::from(env!("CARGO_TARGET_TMPDIR")), std::env::temp_dir()];
    let path = folders.iter().map(|folder| folder.join(&name)).find(|path| std::fs::write(path, &text).is_ok())?;
    Some(format!("tcpstory run {} --strict", path.display()))
}

/// The text of the file, where the language accepts it.
pub(crate) fn accepted(recording: &Recording) -> Option<String> {
    let text = text(recording)?;
    parse(&SourceText { path: &recording.script.id, bytes: text.as_bytes() }).ok()?;
    Some(text)
}

fn text(recording: &Recording) -> Option<String> {
    let script = &recording.script;
    let mut text = format!("title = {:?}\n", script.title);
    let started = (0..).map(ActorId).zip(&script.actors).filter(|(id, _)| script.parent_of(*id).is_none());
    for (_, actor) in started {
        let sigpipe = format!("{:?}", actor.sigpipe).to_lowercase();
        write!(text, "\n[actors.{}]\nsigpipe = \"{sigpipe}\"\n", actor.name).ok()?;
    }
    for (place, step) in script.steps.iter().enumerate() {
        let made = made(recording, StepId(place));
        match &step.action {
            Action::Kill { actor, signal } => {
                let name = &script.actors[actor.0].name;
                write!(text, "\n[[step]]\nkill = {{ actor = \"{name}\", signal = \"{signal}\" }}\n").ok()?;
            }
            Action::Call { actor, socket, call, .. } => {
                // A step that was passed over is none.
                let Some(made) = made else { continue };
                if *call == Call::Vanish {
                    let name = &script.actors[actor.0].name;
                    let which = if socket == CONNECTION { name.clone() } else { format!("{name}.{socket}") };
                    write!(text, "\n[[step]]\nvanish = \"{which}\"\n").ok()?;
                    continue;
                }
                let by = by(script, actor.0, socket, call);
                write!(text, "\n[[step]]\nby = \"{by}\"\n{}\n", deed(script, call)?).ok()?;
                if made.outcome == (Outcome::Failed { errno: Errno(9) }) {
                    text += "error = \"EBADF\"\n";
                }
                if made.blocked {
                    writeln!(text, "blocks = \"b{place}\"").ok()?;
                }
            }
            Action::Pause { ns } => write!(text, "\n[[step]]\npause = \"{}us\"\n", ns / 1000).ok()?,
            _ => return None,
        }
    }
    Some(text)
}

fn made(recording: &Recording, step: StepId) -> Option<&Syscall> {
    recording.events.iter().find_map(|event| match &event.what {
        What::Syscall(call) if call.step == step && !call.implied => Some(call),
        _ => None,
    })
}

fn by(script: &Script, actor: usize, socket: &str, call: &Call) -> String {
    let name = &script.actors[actor].name;
    let unsaid = match call {
        Call::Listen { .. } => socket == LISTENER,
        _ => socket == CONNECTION,
    };
    if unsaid { name.clone() } else { format!("{name}.{socket}") }
}

/// `do.NAME = ARGUMENT`, for the calls that are generated.
fn deed(script: &Script, call: &Call) -> Option<String> {
    let argument = match call {
        Call::Listen { backlog } => backlog.to_string(),
        Call::Connect { to: tcpstory::record::Target::Actor(actor) } => format!("{:?}", script.actors[actor.0].name),
        Call::Connect { to: tcpstory::record::Target::Address(address) } => format!("\"{address}\""),
        Call::Bind { to } => format!("{{ port = {} }}", to.port?),
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
            let timeout = timeout_ns.map_or(String::new(), |ns| format!(", timeout = \"{}us\"", ns / 1000));
            format!("{{ events = {}{timeout} }}", names(events.iter().map(|event| PollEvent::name(*event))))
        }
        Call::Exit { code } => code.to_string(),
        Call::Dup { to } => format!("{to:?}"),
        Call::Fork { child } => format!("{:?}", script.actors[child.0].name),
        Call::EpollWait { events, edge, timeout_ns } => {
            let timeout = timeout_ns.map_or(String::new(), |ns| format!(", timeout = \"{}us\"", ns / 1000));
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
        _ => None,
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
        | SocketOption::TcpLinger2(Some(ns)) => format!("\"{}us\"", ns / 1000),
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
