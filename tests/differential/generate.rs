//! Random scenarios: valid by construction, since any call may be made on any socket at any time.

mod situations;

use fastrand::Rng;
use tcpstory::record::{
    Action, ActorId, ActorSpec, Bytes, CONNECTION, Call, Data, Expect, Family, LISTENER, MsgFlag, Network, PollEvent,
    Script, ShutdownHow, Signal, SigpipeDisposition, SocketOption, SocketOptionName, Source, Step, Target,
};

const CLIENT: ActorId = ActorId(0);
const SERVER: ActorId = ActorId(1);

/// The name of a second connection.
const SECOND: &str = "second";

/// The name of a duplicate of a descriptor.
const COPY: &str = "copy";

/// A second, in nanoseconds.
const SECOND_NS: u64 = 1_000_000_000;

/// The scenario of a seed.
pub(crate) fn scenario(seed: u64) -> Script {
    let mut rng = Rng::with_seed(seed);
    let actors = rng.usize(2..=3);
    let mut second = false;
    let mut steps = Vec::new();
    if rng.u8(..10) > 0 {
        steps.extend(opening(&mut rng, CLIENT, CONNECTION));
        if actors == 3 || rng.u8(..4) == 0 {
            second = true;
            let from = if actors == 3 { ActorId(2) } else { CLIENT };
            steps.extend(opening(&mut rng, from, SECOND).into_iter().skip(1));
        }
    }
    let specs: Vec<_> = (0..actors).map(|place| actor(&mut rng, place)).collect();
    let mut cast = Cast { specs, second, shared: false };
    let mut network = network(&mut rng);
    if rng.u8(..4) == 0 {
        let last = situations::last_states(&mut rng);
        cast.shared = last.iter().any(|step| matches!(step.action, Action::Call { call: Call::Dup { .. }, .. }));
        steps.extend(last);
    }
    for _ in 0..rng.usize(3..20) {
        let actor = ActorId(rng.usize(..cast.specs.len()));
        match rng.u8(..50) {
            0..3 => steps.extend(questions(&mut rng, actor)),
            3..6 => steps.extend(hasty_connect(&mut rng)),
            6 => steps.push(cast.duplicates(&mut rng, actor)),
            7 => steps.extend(cast.multiplies(&mut rng, actor)),
            8 => steps.extend(cast.vanishes(&mut rng, actor)),
            9..11 => steps.extend(urgent(&mut rng, actor)),
            11 => steps.extend(abort(&mut rng, actor)),
            12 | 13 => steps.extend(situations::stuck(&mut rng)),
            14 => steps.extend(situations::crowd(&mut rng)),
            15 => steps.extend(situations::elsewhere(&mut rng, &network, actor)),
            16 => steps.extend(situations::bound(&mut rng, actor)),
            20 => steps.extend(situations::looks(&mut rng)),
            17 | 18 => steps.extend(situations::pair(&mut rng, actor)),
            19 => steps.extend(cast.reads_together(&mut rng, actor)),
            _ => steps.push(any_step(&mut rng, actor, &cast)),
        }
    }
    // Few wait for the kernel's timers: each takes seconds.
    if rng.u8(..200) == 0 {
        steps.extend(situations::patience(&mut rng, &mut network));
    }
    Script {
        id: format!("random-{seed}"),
        title: format!("A random scenario, seed {seed}"),
        source: Source { path: format!("random-{seed}.toml"), sha256: String::new() },
        anything_goes: true,
        network,
        actors: cast.specs,
        steps,
        ..Script::default()
    }
}

/// The network that most authors have, and now and then another.
fn network(rng: &mut Rng) -> Network {
    let usual = Network::default();
    let mut sysctl = std::collections::BTreeMap::new();
    if rng.u8(..10) == 0 {
        let name = *pick(rng, &["tcp_timestamps", "tcp_sack", "tcp_window_scaling"]);
        sysctl.insert(format!("net.ipv4.{name}"), "0".to_owned());
    }
    Network {
        family: if rng.u8(..6) == 0 { Family::Ipv6 } else { usual.family },
        mtu: if rng.u8(..6) == 0 { 65_536 } else { usual.mtu },
        delayed_ack: rng.u8(..6) == 0,
        sysctl,
        ..usual
    }
}

fn actor(rng: &mut Rng, place: usize) -> ActorSpec {
    let name = ["client", "server", "other"][place].to_owned();
    let sigpipe = match rng.u8(..6) {
        0 => SigpipeDisposition::Default,
        1 => SigpipeDisposition::Ignore,
        _ => SigpipeDisposition::Catch,
    };
    ActorSpec { name, sigpipe, address: None, port: None }
}

/// Who plays, and what they have.
struct Cast {
    specs: Vec<ActorSpec>,
    /// There is a second connection.
    second: bool,
    /// Some socket has several descriptors.
    shared: bool,
}

impl Cast {
    fn duplicates(&mut self, rng: &mut Rng, actor: ActorId) -> Step {
        self.shared = true;
        let of = *pick(rng, &[CONNECTION, CONNECTION, LISTENER, COPY]);
        call(actor, of, Call::Dup { to: COPY.to_owned() })
    }

    /// One of the first actors forks, or has another share its descriptors as a thread does, once.
    fn multiplies(&mut self, rng: &mut Rng, parent: ActorId) -> Option<Step> {
        let is_first = self.specs.iter().all(|spec| spec.name != "child");
        is_first.then(|| {
            self.shared = true;
            let child = ActorId(self.specs.len());
            self.specs.push(ActorSpec { name: "child".to_owned(), ..self.specs[parent.0].clone() });
            let made = if rng.bool() { Call::Fork { child } } else { Call::Clone { child } };
            call(parent, CONNECTION, made)
        })
    }

    /// Two processes with one connection, of which each may wait, and a peer that says something.
    fn reads_together(&mut self, rng: &mut Rng, parent: ActorId) -> Vec<Step> {
        let mut steps: Vec<_> = self.multiplies(rng, parent).into_iter().collect();
        let child = self.specs.iter().position(|spec| spec.name == "child").map_or(parent, ActorId);
        let peer = if parent == SERVER { CLIENT } else { SERVER };
        for _ in 0..rng.usize(2..7) {
            let (actor, made) = match rng.u8(..6) {
                0 | 1 => (parent, situations::waiting(rng)),
                2 | 3 => (child, situations::waiting(rng)),
                4 => (peer, Call::Write { data: data_of(rng.u64(1..6)) }),
                _ => (peer, any_call(rng)),
            };
            steps.push(valid(actor, CONNECTION, made));
        }
        steps
    }

    /// A socket vanishes where it has one descriptor for certain; another could keep it.
    fn vanishes(&self, rng: &mut Rng, actor: ActorId) -> Option<Step> {
        let socket = if self.second && rng.bool() { SECOND } else { CONNECTION };
        (!self.shared).then(|| call(actor, socket, Call::Vanish))
    }
}

/// A close that lingers for 0 seconds, with nothing left to read if need be.
fn abort(rng: &mut Rng, actor: ActorId) -> Vec<Step> {
    let mut calls = vec![Call::Setsockopt { option: SocketOption::SoLinger(Some(0)) }, Call::Close];
    if rng.bool() {
        calls.insert(1, Call::Recv { size: 1_000_000, flags: vec![MsgFlag::DontWait] });
    }
    calls.into_iter().map(|made| call(actor, CONNECTION, made)).collect()
}

/// Urgent bytes, and how they are read.
fn urgent(rng: &mut Rng, actor: ActorId) -> Vec<Step> {
    let send = |rng: &mut Rng| Call::Send { data: data_of(*pick(rng, &[0, 1, 1, 2, 3])), flags: vec![MsgFlag::Oob] };
    let to = if actor == SERVER { CLIENT } else { SERVER };
    let mut steps = vec![call(actor, CONNECTION, send(rng))];
    if rng.bool() {
        steps.push(call(actor, CONNECTION, Call::Write { data: data_of(rng.u64(..4)) }));
    }
    for _ in 0..rng.usize(..4) {
        let size = rng.u64(..5);
        let made = match rng.u8(..5) {
            0 => Call::Poll { events: events(rng), timeout_ns: Some(0) },
            1 | 2 => Call::Recv { size, flags: flags(rng, &[MsgFlag::Oob, MsgFlag::Oob, MsgFlag::Peek]) },
            _ => Call::Recv { size, flags: vec![MsgFlag::DontWait] },
        };
        steps.push(call(to, CONNECTION, made));
    }
    steps
}

fn step(action: Action) -> Step {
    Step { line: 0, action, expect: Expect::default(), say: None, predict: None }
}

fn call(actor: ActorId, socket: &str, call: Call) -> Step {
    step(Action::Call { actor, socket: socket.to_owned(), call, blocks: None, starts: None })
}

fn opening(rng: &mut Rng, from: ActorId, name: &str) -> Vec<Step> {
    let mut steps = vec![
        call(SERVER, LISTENER, Call::Listen { backlog: 16 }),
        call(from, if from == CLIENT { name } else { CONNECTION }, Call::Connect { to: Target::Actor(SERVER) }),
    ];
    if rng.u8(..8) > 0 {
        steps.push(call(SERVER, name, Call::Accept { from: LISTENER.to_owned() }));
    }
    steps
}

/// What a program asks when something seems wrong, in any order: who asks first takes the error.
fn questions(rng: &mut Rng, actor: ActorId) -> Vec<Step> {
    let mut asked = vec![
        Call::Getsockopt { option: SocketOptionName::SoError },
        Call::Poll { events: events(rng), timeout_ns: Some(0) },
        Call::Recv { size: 1, flags: vec![MsgFlag::DontWait] },
        Call::Send { data: Data::Text("x".to_owned()), flags: vec![MsgFlag::DontWait] },
    ];
    rng.shuffle(&mut asked);
    asked.into_iter().map(|made| call(actor, CONNECTION, made)).collect()
}

/// A connect that does not wait for its answer.
fn hasty_connect(rng: &mut Rng) -> Vec<Step> {
    let mut calls = vec![
        Call::Setsockopt { option: SocketOption::ONonblock(true) },
        Call::Connect { to: Target::Actor(SERVER) },
        Call::Poll { events: vec![PollEvent::Out], timeout_ns: Some(0) },
    ];
    if rng.bool() {
        calls.push(Call::Connect { to: Target::Actor(SERVER) });
    }
    calls.into_iter().map(|made| call(CLIENT, "hasty", made)).collect()
}

fn any_step(rng: &mut Rng, actor: ActorId, cast: &Cast) -> Step {
    if rng.u8(..60) == 0 {
        let signal = if rng.bool() { Signal::SIGKILL } else { Signal::SIGTERM };
        return step(Action::Kill { actor, signal });
    }
    let socket = match rng.u8(..24) {
        0 => SECOND,
        1..6 if cast.second && actor != ActorId(2) => SECOND,
        8..11 if cast.shared => COPY,
        6 | 7 if actor == SERVER => LISTENER,
        _ => CONNECTION,
    };
    let made = any_call(rng);
    valid(actor, socket, made)
}

/// The call as a step. Only the server listens, and nobody connects to oneself.
fn valid(actor: ActorId, socket: &str, made: Call) -> Step {
    let socket = match made {
        Call::Listen { .. } => LISTENER,
        Call::Connect { .. } if socket == LISTENER => CONNECTION,
        _ => socket,
    };
    let made = match made {
        Call::Listen { .. } | Call::Accept { .. } if actor != SERVER => Call::Read { size: 1 },
        Call::Connect { .. } if actor == SERVER => Call::Read { size: 1 },
        other => other,
    };
    call(actor, socket, made)
}

fn any_call(rng: &mut Rng) -> Call {
    match rng.u8(..116) {
        0..22 => Call::Read { size: read_size(rng) },
        22..30 => Call::Recv {
            size: read_size(rng),
            flags: flags(rng, &[MsgFlag::Peek, MsgFlag::DontWait, MsgFlag::WaitAll]),
        },
        30..50 => Call::Write { data: data(rng) },
        50..60 => {
            Call::Send { data: data(rng), flags: flags(rng, &[MsgFlag::NoSignal, MsgFlag::DontWait, MsgFlag::More]) }
        }
        60..68 => Call::Shutdown { how: *pick(rng, ShutdownHow::ALL) },
        68..75 => Call::Close,
        75..82 => Call::Setsockopt { option: option(rng) },
        82..86 => Call::Getsockopt { option: SocketOptionName::SoError },
        86..88 => Call::Getsockopt { option: *pick(rng, SocketOptionName::ALL) },
        88..94 => Call::Poll { events: events(rng), timeout_ns: Some(if rng.u8(..8) == 0 { 3_000_000 } else { 0 }) },
        94..96 => Call::Connect { to: Target::Actor(SERVER) },
        96..98 => Call::Accept { from: LISTENER.to_owned() },
        98 => Call::Listen { backlog: rng.u32(1..8) },
        100..106 => Call::EpollWait {
            events: events(rng),
            edge: rng.bool(),
            timeout_ns: Some(if rng.u8(..8) == 0 { 3_000_000 } else { 0 }),
        },
        106..110 => Call::Sendfile { data: data(rng) },
        110..113 => Call::Getpeername,
        113..115 => Call::Getsockname,
        115 => Call::Recv { size: read_size(rng), flags: vec![MsgFlag::Oob] },
        _ => Call::Exit { code: rng.u8(..3) },
    }
}

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(..from.len())]
}

fn read_size(rng: &mut Rng) -> u64 {
    *pick(rng, &[0, 1, 1, 2, 5, 100, 100, 100, 1_000_000])
}

fn data(rng: &mut Rng) -> Data {
    data_of(*pick(rng, &[0, 1, 1, 1, 2, 3, 5, 10, 100, 1000, 4000, 20_000, 300_000]))
}

fn data_of(size: u64) -> Data {
    Data::Repeat { pattern: Bytes(b"abcdefg".to_vec()), size }
}

fn flags(rng: &mut Rng, of: &[MsgFlag]) -> Vec<MsgFlag> {
    of.iter().copied().filter(|_| rng.u8(..3) == 0).collect()
}

fn events(rng: &mut Rng) -> Vec<PollEvent> {
    let wanted = [PollEvent::In, PollEvent::Pri, PollEvent::Out, PollEvent::RdHup];
    if rng.bool() { wanted.to_vec() } else { wanted.into_iter().filter(|_| rng.bool()).collect() }
}

fn option(rng: &mut Rng) -> SocketOption {
    match rng.u8(..30) {
        0..3 | 28..30 => SocketOption::SoLinger(Some(0)),
        3 => SocketOption::SoLinger(None),
        4..7 => SocketOption::ONonblock(true),
        7 => SocketOption::ONonblock(false),
        8 => SocketOption::SoRcvtimeo(5_000_000),
        9 => SocketOption::TcpNodelay(rng.bool()),
        10 => SocketOption::TcpCork(rng.bool()),
        11 => SocketOption::TcpQuickack(rng.bool()),
        12 => SocketOption::SoKeepalive(rng.bool()),
        13 => SocketOption::SoReuseaddr(rng.bool()),
        14 => SocketOption::SoSndtimeo(5_000_000),
        15 => SocketOption::TcpKeepidle(SECOND_NS),
        16 => SocketOption::TcpKeepintvl(SECOND_NS),
        17 => SocketOption::TcpKeepcnt(rng.u32(1..4)),
        18 => SocketOption::TcpUserTimeout(rng.u64(..50) * 1_000_000),
        19 => SocketOption::SoRcvbuf(*pick(rng, &[8_192, 65_536])),
        20 => SocketOption::SoSndbuf(*pick(rng, &[16_384, 65_536])),
        21 => SocketOption::TcpDeferAccept(rng.u64(..2) * SECOND_NS),
        22 => SocketOption::TcpLinger2(rng.bool().then_some(SECOND_NS)),
        23..25 => SocketOption::SoOobinline(rng.bool()),
        _ => SocketOption::SoLinger(Some(1)),
    }
}
