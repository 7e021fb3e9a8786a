//! What calls in any order seldom come to: states that need several calls, or sockets that are no connection.

use core::net::SocketAddr;

use fastrand::Rng;
use tcpstory::record::{
    Action, ActorId, Address, CONNECTION, Call, Family, LISTENER, MsgFlag, Network, PollEvent, ShutdownHow,
    SocketOption, SocketOptionName, Step, Target,
};

use super::{
    CLIENT, COPY, SECOND_NS, SERVER, any_call, call, data, data_of, events, flags, pick, questions, read_size, step,
};

/// A read or a poll that waits.
pub(super) fn waiting(rng: &mut Rng) -> Call {
    match rng.u8(..8) {
        0..3 => Call::Read { size: rng.u64(1..8) },
        3..6 => Call::Recv { size: rng.u64(1..8), flags: flags(rng, &[MsgFlag::WaitAll, MsgFlag::Peek]) },
        6 => Call::Poll { events: vec![PollEvent::In], timeout_ns: None },
        _ => Call::Write { data: data_of(1) },
    }
}

fn set(actor: ActorId, socket: &str, option: SocketOption) -> Step {
    call(actor, socket, Call::Setsockopt { option })
}

/// Two ends, in either order.
fn ends(rng: &mut Rng) -> [ActorId; 2] {
    if rng.bool() { [CLIENT, SERVER] } else { [SERVER, CLIENT] }
}

/// Data that the peer has no room for, so that a FIN has to wait behind it.
pub(super) fn stuck(rng: &mut Rng) -> Vec<Step> {
    let [from, to] = ends(rng);
    let bulk = data_of(*pick(rng, &[20_000, 300_000, 300_000]));
    let mut steps = vec![
        set(to, CONNECTION, SocketOption::SoRcvbuf(*pick(rng, &[4_096, 8_192]))),
        call(from, CONNECTION, Call::Send { data: bulk, flags: vec![MsgFlag::DontWait] }),
    ];
    for _ in 0..rng.usize(1..6) {
        steps.push(match rng.u8(..14) {
            0..4 => call(from, CONNECTION, Call::Shutdown { how: ShutdownHow::Write }),
            4 => call(from, CONNECTION, Call::Close),
            5 | 6 => call(to, CONNECTION, Call::Shutdown { how: *pick(rng, ShutdownHow::ALL) }),
            7 => call(to, CONNECTION, Call::Close),
            8 => call(to, CONNECTION, Call::Recv { size: read_size(rng), flags: vec![MsgFlag::DontWait] }),
            9 => call(to, CONNECTION, Call::Send { data: data_of(1), flags: vec![MsgFlag::DontWait] }),
            10 => set(from, CONNECTION, SocketOption::SoLinger(Some(0))),
            11 => call(from, CONNECTION, Call::Recv { size: 5, flags: vec![MsgFlag::DontWait] }),
            _ => {
                let actor = *pick(rng, &[from, to]);
                call(actor, CONNECTION, any_call_of_a_connection(rng))
            }
        });
    }
    let asks = *pick(rng, &[from, to]);
    steps.extend(questions(rng, asks));
    steps
}

/// The last states of a connection while a program still has its socket, or a duplicate of its descriptor: `TIME_WAIT` behind a FIN
/// of each end; `CLOSING` and `LAST_ACK` while data for which the peer has no room keeps the own FIN back.
pub(super) fn last_states(rng: &mut Rng) -> Vec<Step> {
    let [own, peer] = ends(rng);
    let shut = |actor| call(actor, CONNECTION, Call::Shutdown { how: ShutdownHow::Write });
    let ends_too = |rng: &mut Rng| if rng.u8(..4) == 0 { call(peer, CONNECTION, Call::Close) } else { shut(peer) };
    let stuck = || {
        let bulk = Call::Send { data: data_of(300_000), flags: vec![MsgFlag::DontWait] };
        [set(peer, CONNECTION, SocketOption::SoRcvbuf(4_096)), call(own, CONNECTION, bulk)]
    };
    let mut steps = match rng.u8(..4) {
        0 => vec![shut(own), ends_too(rng)],
        1 => stuck().into_iter().chain([shut(peer), shut(own)]).collect(),
        _ => stuck().into_iter().chain([shut(own), ends_too(rng)]).collect(),
    };
    let through = if rng.u8(..3) == 0 { COPY } else { CONNECTION };
    if through == COPY {
        steps.insert(0, call(own, CONNECTION, Call::Dup { to: COPY.to_owned() }));
        steps.push(call(own, CONNECTION, Call::Close));
    }
    for _ in 0..rng.usize(3..9) {
        let made = match rng.u8(..8) {
            0 => Call::Recv { size: read_size(rng), flags: flags(rng, &[MsgFlag::Peek, MsgFlag::DontWait]) },
            1 => Call::EpollWait { events: events(rng), edge: rng.bool(), timeout_ns: Some(0) },
            2 => Call::Shutdown { how: *pick(rng, ShutdownHow::ALL) },
            _ => any_call_of_a_connection(rng),
        };
        steps.push(call(own, through, made));
    }
    if rng.bool() {
        // The peer makes room, and what was kept back may go.
        steps.push(call(peer, CONNECTION, Call::Recv { size: 1_000_000, flags: vec![MsgFlag::DontWait] }));
    }
    steps.extend(questions(rng, own));
    steps
}

/// Bytes that are looked at before they are taken, by one who may wait for more.
pub(super) fn looks(rng: &mut Rng) -> Vec<Step> {
    let [from, to] = ends(rng);
    let mut steps = vec![call(from, CONNECTION, Call::Write { data: data_of(rng.u64(1..8)) })];
    for _ in 0..rng.usize(2..6) {
        let take = flags(rng, &[MsgFlag::Peek, MsgFlag::Peek, MsgFlag::DontWait]);
        steps.push(match rng.u8(..6) {
            0 => call(from, CONNECTION, Call::Write { data: data_of(rng.u64(..4)) }),
            1 => call(to, CONNECTION, Call::Poll { events: events(rng), timeout_ns: Some(0) }),
            _ => call(to, CONNECTION, Call::Recv { size: rng.u64(..6), flags: take }),
        });
    }
    steps
}

fn any_call_of_a_connection(rng: &mut Rng) -> Call {
    match any_call(rng) {
        Call::Listen { .. } | Call::Accept { .. } | Call::Connect { .. } => Call::Getpeername,
        other => other,
    }
}

/// More connects than the listener's queue has room for: the last stay in `SYN_SENT`.
pub(super) fn crowd(rng: &mut Rng) -> Vec<Step> {
    let mut steps = vec![call(SERVER, LISTENER, Call::Listen { backlog: rng.u32(..2) })];
    let names = ["crowd1", "crowd2", "crowd3"];
    for name in names {
        steps.push(set(CLIENT, name, SocketOption::ONonblock(true)));
        steps.push(call(CLIENT, name, Call::Connect { to: Target::Actor(SERVER) }));
    }
    for _ in 0..rng.usize(1..6) {
        let name = *pick(rng, &names);
        steps.push(match rng.u8(..8) {
            0 => call(SERVER, "taken", Call::Accept { from: LISTENER.to_owned() }),
            1 => call(CLIENT, name, Call::Connect { to: Target::Actor(SERVER) }),
            _ => call(CLIENT, name, any_call_of_a_connection(rng)),
        });
    }
    steps
}

/// A connect to where nobody listens, and what becomes of its socket.
pub(super) fn elsewhere(rng: &mut Rng, network: &Network, actor: ActorId) -> Vec<Step> {
    let ip = match network.family {
        Family::Ipv4 => [127, 0, 0, 1].into(),
        Family::Ipv6 => core::net::IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]),
    };
    let to = Target::Address(SocketAddr::new(ip, 9));
    let mut steps = Vec::new();
    if rng.bool() {
        steps.push(set(actor, "elsewhere", SocketOption::ONonblock(true)));
    }
    steps.push(call(actor, "elsewhere", Call::Connect { to: to.clone() }));
    for _ in 0..rng.usize(..5) {
        let made = if rng.u8(..4) == 0 { Call::Connect { to: to.clone() } } else { any_call_of_a_connection(rng) };
        steps.push(call(actor, "elsewhere", made));
    }
    steps
}

/// Ports that are chosen, so that they may be in use.
pub(super) fn bound(rng: &mut Rng, actor: ActorId) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..rng.usize(1..4) {
        let socket = *pick(rng, &["bound1", "bound2"]);
        if rng.u8(..3) == 0 {
            steps.push(set(actor, socket, SocketOption::SoReuseaddr(true)));
        }
        steps.push(call(actor, socket, Call::Bind { to: Address { ip: None, port: Some(45_000 + rng.u16(..2)) } }));
        steps.push(match rng.u8(..4) {
            0 if actor == SERVER => call(actor, socket, Call::Listen { backlog: 1 }),
            1 => call(actor, socket, Call::Close),
            _ if actor == SERVER => call(actor, socket, Call::Getsockname),
            _ => call(actor, socket, Call::Connect { to: Target::Actor(SERVER) }),
        });
        steps.push(call(actor, socket, any_call_of_a_connection(rng)));
    }
    steps
}

/// A pair of sockets or a pipe, and calls on both ends.
pub(super) fn pair(rng: &mut Rng, actor: ActorId) -> Vec<Step> {
    let is_pipe = rng.bool();
    let names = if is_pipe { ["out", "in"] } else { ["left", "right"] }.map(str::to_owned);
    let made = if is_pipe { Call::Pipe { names: names.clone() } } else { Call::Socketpair { names: names.clone() } };
    let mut steps = vec![call(actor, &names[0], made)];
    for _ in 0..rng.usize(2..9) {
        let made = match rng.u8(..16) {
            0..3 => Call::Read { size: read_size(rng) },
            3 => Call::Recv { size: read_size(rng), flags: flags(rng, &[MsgFlag::Peek, MsgFlag::DontWait]) },
            4..8 => Call::Write { data: data(rng) },
            8 => Call::Send { data: data(rng), flags: flags(rng, &[MsgFlag::NoSignal, MsgFlag::DontWait]) },
            9 => Call::Shutdown { how: *pick(rng, ShutdownHow::ALL) },
            10 | 11 => Call::Close,
            12 => Call::Poll { events: events(rng), timeout_ns: Some(0) },
            13 => Call::Setsockopt { option: SocketOption::ONonblock(rng.u8(..4) > 0) },
            14 => Call::Getsockopt { option: SocketOptionName::SoError },
            _ => Call::Getsockopt { option: SocketOptionName::ONonblock },
        };
        let end: &String = pick(rng, names.as_slice());
        steps.push(call(actor, end, made));
    }
    steps
}

fn pause(ns: u64) -> Step {
    step(Action::Pause { ns })
}

/// What only the kernel's timers bring.
pub(super) fn patience(rng: &mut Rng, network: &mut Network) -> Vec<Step> {
    let [own, peer] = ends(rng);
    let mut steps = match rng.u8(..5) {
        0 => keep_alive(rng, own, peer),
        1 => vec![
            set(peer, CONNECTION, SocketOption::SoRcvbuf(4_096)),
            set(own, CONNECTION, SocketOption::TcpUserTimeout(SECOND_NS)),
            call(own, CONNECTION, Call::Send { data: data_of(300_000), flags: vec![MsgFlag::DontWait] }),
            pause(SECOND_NS * 5 / 2),
        ],
        2 => {
            let mut steps = stuck(rng);
            steps.push(set(own, CONNECTION, SocketOption::SoLinger(Some(1))));
            steps.push(call(own, CONNECTION, Call::Close));
            steps.push(pause(SECOND_NS * 3 / 2));
            steps
        }
        3 => vec![
            set(own, CONNECTION, SocketOption::TcpLinger2(Some(SECOND_NS))),
            call(own, CONNECTION, Call::Close),
            pause(SECOND_NS * 5 / 2),
            call(peer, CONNECTION, Call::Write { data: data_of(1) }),
        ],
        _ => {
            network.sysctl.insert("net.ipv4.tcp_syn_retries".to_owned(), "1".to_owned());
            let mut steps = crowd(rng);
            steps.push(pause(SECOND_NS * 4));
            steps.push(call(CLIENT, "crowd3", Call::Getsockopt { option: SocketOptionName::SoError }));
            steps.push(call(CLIENT, "crowd3", Call::Connect { to: Target::Actor(SERVER) }));
            steps
        }
    };
    steps.extend(questions(rng, own));
    steps.extend(questions(rng, peer));
    steps
}

fn keep_alive(rng: &mut Rng, own: ActorId, peer: ActorId) -> Vec<Step> {
    let mut steps = vec![
        set(own, CONNECTION, SocketOption::TcpKeepidle(SECOND_NS)),
        set(own, CONNECTION, SocketOption::TcpKeepintvl(SECOND_NS)),
        set(own, CONNECTION, SocketOption::TcpKeepcnt(1)),
        set(own, CONNECTION, SocketOption::SoKeepalive(true)),
    ];
    if rng.bool() {
        steps.push(call(peer, CONNECTION, Call::Close));
    }
    steps.push(pause(SECOND_NS * 5 / 2));
    steps
}
