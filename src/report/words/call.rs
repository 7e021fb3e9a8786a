use core::net::IpAddr;

use super::{PREVIEW_BYTES, count, duration, escape, payload, quote, quote_start};
use crate::record::{
    ActorId, Address, Call, Data, Detail, LISTENER, MsgFlag, Outcome, PollEvent, Script, Signal, SocketOption,
    SocketOptionName, Syscall, Target,
};
use crate::report::ties::Ties;
use crate::story::EventId;

/// A call as C writes it, without the descriptor: `write("b")`, `connect(server)`, `recv(10, MSG_PEEK)`.
pub fn call(call: &Call, script: &Script) -> String {
    let arguments = arguments(call, script);
    match call {
        Call::Setsockopt { option } if option.name() == SocketOptionName::ONonblock => format!("fcntl({arguments})"),
        Call::Getsockopt { option: SocketOptionName::ONonblock } => format!("fcntl({arguments})"),
        Call::Exit { .. } => format!("_exit({arguments})"),
        Call::Vanish => "vanishes".into(),
        _ => format!("{}({arguments})", call.name()),
    }
}

/// How a call ended: `= 1`, `= 1 "a"`, `→ EPIPE`, `→ killed by SIGPIPE`, `… still blocked`.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned { value, detail } => match detail {
            Detail::PendingError(Some(errno)) => format!("= 0, pending error {errno}"),
            Detail::PendingError(None) => "= 0, no pending error".into(),
            _ => format!("= {value}{}", detail_suffix(detail)),
        },
        Outcome::Failed { errno } => format!("→ {errno}"),
        Outcome::Killed { signal } => format!("→ killed by {signal}"),
        Outcome::Unfinished => "… still blocked".into(),
    }
}

/// How a system call ended, in the words of [`outcome`]; nothing for `exit`, which never returns.
pub fn syscall_outcome(syscall: &Syscall) -> String {
    match (&syscall.call, &syscall.outcome) {
        (Call::Exit { .. }, Outcome::Unfinished) => String::new(),
        (_, Outcome::Unfinished) if syscall.end_ns.is_some() => "… never returned".into(),
        (Call::EpollWait { .. }, Outcome::Returned { value, detail: Detail::Ready(events) }) if !events.is_empty() => {
            format!("= {value} {}", epoll_events(events, false))
        }
        (_, ended) => outcome(ended),
    }
}

/// The signals that came with a result: ` + SIGPIPE`.
pub fn signal_suffix(signals: impl IntoIterator<Item = Signal>) -> String {
    signals.into_iter().fold(String::new(), |said, signal| format!("{said} + {signal}"))
}

/// A call with its result and the signals that came with it, in one line: `write("c") → EPIPE + SIGPIPE`.
pub fn call_and_result(ties: &Ties<'_>, event: EventId, syscall: &Syscall) -> String {
    let said = call(&syscall.call, &ties.story.recording.script);
    let ended = syscall_outcome(syscall);
    if ended.is_empty() { said } else { format!("{said} {ended}{}", signal_suffix(ties.caught_during(event))) }
}

fn arguments(call: &Call, script: &Script) -> String {
    match call {
        Call::Socket | Call::Close | Call::Getsockname | Call::Getpeername | Call::EpollCreate | Call::Vanish => {
            String::new()
        }
        Call::Bind { to } => address(*to),
        Call::Listen { backlog } => backlog.to_string(),
        Call::Connect { to } => target(to, script),
        Call::Accept { from } if from == LISTENER => String::new(),
        Call::Accept { from } => escape(from),
        Call::Read { size } => size.to_string(),
        Call::Write { data: bytes } | Call::Sendfile { data: bytes } => data(bytes),
        Call::Recv { size, flags } => with_flags(size.to_string(), flags),
        Call::Send { data: bytes, flags } => with_flags(data(bytes), flags),
        Call::Shutdown { how } => how.name().into(),
        Call::Setsockopt { option } => format!("{}, {}", option.name(), option_value(*option)),
        Call::Getsockopt { option } => option.name().into(),
        Call::Poll { events, timeout_ns } => {
            format!("{}, {}", ready(events), timeout_ns.map_or("no timeout".into(), duration))
        }
        Call::EpollCtl { add, events, edge } => {
            let operation = if *add { "EPOLL_CTL_ADD" } else { "EPOLL_CTL_MOD" };
            format!("{operation}, {}", epoll_events(events, *edge))
        }
        Call::EpollWait { timeout_ns, .. } => timeout_ns.map_or("no timeout".into(), duration),
        Call::Socketpair { names } => format!("AF_UNIX → {}, {}", escape(&names[0]), escape(&names[1])),
        Call::Pipe { names } => format!("→ {}, {}", escape(&names[0]), escape(&names[1])),
        Call::Dup { to } => format!("→ {}", escape(to)),
        Call::Fork { child } => name_of(script, *child),
        Call::Clone { child } => format!("CLONE_FILES → {}", name_of(script, *child)),
        Call::Exit { code } => code.to_string(),
    }
}

fn name_of(script: &Script, actor: ActorId) -> String {
    script.actors.get(actor.0).map_or_else(|| "?".into(), |spec| escape(&spec.name))
}

fn address(address: Address) -> String {
    match (address.ip, address.port) {
        (Some(IpAddr::V6(ip)), Some(port)) => format!("[{ip}]:{port}"),
        (Some(ip), Some(port)) => format!("{ip}:{port}"),
        (Some(ip), None) => ip.to_string(),
        (None, Some(port)) => format!("port {port}"),
        (None, None) => String::new(),
    }
}

fn target(target: &Target, script: &Script) -> String {
    match target {
        Target::Actor(actor) => script.actors.get(actor.0).map_or_else(|| "?".into(), |spec| escape(&spec.name)),
        Target::Address(address) => address.to_string(),
    }
}

/// Bytes to write; a repeated pattern is not unrolled further than it is shown.
fn data(data: &Data) -> String {
    match data {
        Data::Text(text) => quote(text.as_bytes()),
        Data::Hex(bytes) => quote(&bytes.0),
        Data::Repeat { pattern, .. } if pattern.0.is_empty() => quote(&[]),
        Data::Repeat { pattern, size } => {
            let shown = usize::try_from(*size).unwrap_or(usize::MAX).min(PREVIEW_BYTES);
            let start: Vec<u8> = pattern.0.iter().copied().cycle().take(shown).collect();
            let cut = if *size > shown as u64 { format!("… {}", count(*size, "byte")) } else { String::new() };
            format!("\"{}\"{cut}", payload(&start))
        }
    }
}

fn with_flags(first: String, flags: &[MsgFlag]) -> String {
    if flags.is_empty() { first } else { format!("{first}, {}", names(flags, MsgFlag::name)) }
}

pub(super) fn ready(events: &[PollEvent]) -> String {
    if events.is_empty() { "0".into() } else { names(events, PollEvent::name) }
}

/// Events as epoll names them.
pub(super) fn epoll_events(events: &[PollEvent], edge: bool) -> String {
    let named = events.iter().map(|event| format!("E{}", event.name()));
    named.chain(edge.then(|| "EPOLLET".to_owned())).collect::<Vec<_>>().join("|")
}

fn names<T: Copy>(items: &[T], name: fn(T) -> &'static str) -> String {
    items.iter().map(|item| name(*item)).collect::<Vec<_>>().join("|")
}

fn option_value(option: SocketOption) -> String {
    let switch = |on| if on { "on" } else { "off" }.to_owned();
    let timeout = |ns| if ns == 0 { "no timeout".to_owned() } else { duration(ns) };
    match option {
        SocketOption::SoLinger(None) => "off".into(),
        SocketOption::SoLinger(Some(seconds)) => format!("on, {seconds} s"),
        SocketOption::TcpNodelay(on)
        | SocketOption::SoReuseaddr(on)
        | SocketOption::SoKeepalive(on)
        | SocketOption::TcpCork(on)
        | SocketOption::TcpQuickack(on)
        | SocketOption::SoOobinline(on)
        | SocketOption::ONonblock(on) => switch(on),
        SocketOption::SoRcvtimeo(ns) | SocketOption::SoSndtimeo(ns) => timeout(ns),
        SocketOption::TcpKeepidle(ns)
        | SocketOption::TcpKeepintvl(ns)
        | SocketOption::TcpUserTimeout(ns)
        | SocketOption::TcpDeferAccept(ns)
        | SocketOption::TcpLinger2(Some(ns)) => duration(ns),
        SocketOption::TcpLinger2(None) => "-1".into(),
        SocketOption::TcpKeepcnt(probes) => count(probes.into(), "probe"),
        SocketOption::SoSndbuf(bytes) | SocketOption::SoRcvbuf(bytes) => count(bytes.into(), "byte"),
    }
}

fn detail_suffix(detail: &Detail) -> String {
    match detail {
        Detail::Data(bytes) if bytes.0.is_empty() => String::new(),
        Detail::Data(bytes) => format!(" {}", quote_start(&bytes.0)),
        Detail::Ready(events) if !events.is_empty() => format!(" {}", ready(events)),
        Detail::Address(address) => format!(" {address}"),
        Detail::Option(value) => format!(", value {value}"),
        Detail::None | Detail::Accepted(_) | Detail::Pair(_) | Detail::Ready(_) | Detail::PendingError(_) => {
            String::new()
        }
    }
}
