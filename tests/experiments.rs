//! Replays measured experiments through the pure model: what it predicts is what the kernel did.
//!
//! `tests/truth/experiments.json` holds experiments on Linux 6.18, each repeated 20 times. An experiment is replayed when every
//! call in it belongs to the vocabulary; the others are listed here by name, so that none is passed over in silence.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tcpstory::record::{
    Actor, ActorId, Address, Bytes, Call, Capture, Clock, Data, Detail, End, Errno, Event, Flags, Frame, FrameId,
    Machine, MsgFlag, Network, Outcome, PollEvent, Recording, SandboxKind, Script, Segment, ShutdownHow, Signal,
    SignalCaught, SigpipeDisposition, Socket, SocketId, SocketKind, SocketOption, SocketOptionName, Source, StepId,
    Syscall, Target, TcpOptions, What,
};
use tcpstory::story::{FindingKind, Story, tell};

const PORT: u16 = 47_000;

/// Experiments with calls or effects that the vocabulary does not have.
const BEYOND: &[(&str, &str)] = &[
    ("E7", "connect to oneself: one socket is both ends"),
    ("F2", "the backlog drops the handshake's last segment"),
    ("F2b", "the backlog drops the handshake's last segment"),
    ("F5", "getpeername"),
    ("G4b", "keep-alive options"),
    ("G6", "the administrator kills the connection (ss -K)"),
    ("H6", "a receive buffer so small that segments are dropped"),
    ("A15", "the shorthand begins after connect"),
    ("H5", "TCP_USER_TIMEOUT"),
    ("I1", "binding again needs the kernel's table of ports"),
    ("I1c", "binding again needs the kernel's table of ports"),
    ("I8", "the number of reads until end of file is not recorded"),
    ("I2b", "binding a port needs the kernel's table of ports"),
    ("I2d", "binding a port needs the kernel's table of ports"),
    ("I9", "TCP_LINGER2"),
    ("J2", "urgent data"),
    ("J2b", "urgent data"),
    ("J7", "TCP_DEFER_ACCEPT"),
    ("J4", "TCP_CORK"),
    ("J4b", "TCP_CORK"),
    ("M3b", "sendfile"),
    ("M5", "TCP_FASTOPEN"),
];

#[test]
fn the_model_allows_what_the_kernel_did() {
    let experiments: Vec<Value> =
        serde_json::from_str(include_str!("truth/experiments.json")).expect("the file is JSON");
    let beyond: BTreeSet<&str> = BEYOND.iter().map(|(id, _)| *id).collect();
    let mut replayed = 0;
    let mut wrong = Vec::new();
    for experiment in experiments.iter().filter(|one| one.get("needs").is_none()) {
        let id = experiment["id"].as_str().expect("an id");
        if beyond.contains(id) {
            continue;
        }
        let story =
            tell(Replay::recording(experiment).unwrap_or_else(|call| panic!("{id}: the vocabulary lacks {call}")));
        wrong.extend(mismatches(&story).into_iter().map(|text| format!("{id}: {text}")));
        replayed += 1;
    }
    assert!(wrong.is_empty(), "{} of {replayed} experiments:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(replayed + beyond.len(), 62, "every experiment that needs nothing is replayed or listed");
}

fn mismatches(story: &Story) -> Vec<String> {
    let told = |kind: FindingKind, about: &[tcpstory::story::EventId]| {
        let names: Vec<_> = about
            .iter()
            .map(|event| {
                let entry = &story.entries[event.0];
                format!("{} {:?} {:?}", entry.id, story.recording.events[event.0], entry.told)
            })
            .collect();
        format!("{kind:?}: {}", names.join("; "))
    };
    story.findings.iter().filter(|one| one.kind.is_mismatch()).map(|one| told(one.kind, &one.about)).collect()
}

/// A recording made from an experiment's shorthand.
struct Replay {
    events: Vec<Event>,
    frames: Vec<Frame>,
    sockets: Vec<Socket>,
    names: BTreeMap<(String, bool), SocketId>,
    closed: BTreeSet<String>,
    connections: u32,
}

impl Replay {
    fn recording(experiment: &Value) -> Result<Recording, String> {
        let mut replay = Self {
            events: Vec::new(),
            frames: Vec::new(),
            sockets: Vec::new(),
            names: BTreeMap::new(),
            closed: BTreeSet::new(),
            connections: 0,
        };
        for event in experiment["events"].as_array().expect("events") {
            match event["kind"].as_str() {
                Some("call") => replay.call(event)?,
                Some("segment") => replay.segment(event),
                _ => {}
            }
        }
        Ok(replay.finish())
    }

    fn socket(&mut self, name: &str, listener: bool) -> SocketId {
        let next = SocketId(self.sockets.len());
        let id = *self.names.entry((name.to_owned(), listener)).or_insert(next);
        if id == next {
            let client = name.starts_with('C');
            let address = |client: bool| {
                if client { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000) } else { server() }
            };
            self.sockets.push(Socket {
                actor: ActorId(usize::from(!client)),
                name: if listener { "listener".to_owned() } else { "connection".to_owned() },
                kind: SocketKind::Tcp,
                generation: 1,
                local: Some(address(client)),
                peer: (!listener).then(|| address(!client)),
                accepted_from: None,
            });
        }
        id
    }

    fn call(&mut self, event: &Value) -> Result<(), String> {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let (name, arg) = (text("call"), text("arg"));
        if name == "connect(nb)" {
            self.push_call(event, Call::Setsockopt { option: SocketOption::ONonblock(true) }, false, &zero());
        }
        let listens = matches!(name, "listen" | "accept") || text("socket") == "L";
        let call = vocabulary(name, arg, event).ok_or_else(|| format!("{name}({arg})"))?;
        let outcome = outcome(&call, event);
        if let Outcome::Returned { detail: Detail::Accepted(_), value } = outcome {
            if self.closed.remove("S") {
                self.names.remove(&("S".to_owned(), false));
            }
            let accepted = self.socket("S", false);
            let detail = Detail::Accepted(accepted);
            self.push_call(event, call, listens, &Outcome::Returned { value, detail });
        } else {
            self.push_call(event, call, listens, &outcome);
        }
        if name == "connect(nb)" {
            self.push_call(event, Call::Setsockopt { option: SocketOption::ONonblock(false) }, false, &zero());
        }
        Ok(())
    }

    fn push_call(&mut self, event: &Value, call: Call, listener: bool, outcome: &Outcome) {
        let name = if listener { "L" } else { event["socket"].as_str().expect("a socket") };
        if matches!(call, Call::Connect { .. }) && self.closed.remove(name) {
            self.names.remove(&(name.to_owned(), false));
        }
        if call == Call::Close {
            self.closed.insert(name.to_owned());
        }
        let socket = self.socket(name, listener);
        let actor = self.sockets[socket.0].actor;
        let begin = ns(&event["t_us"]);
        let option = matches!(call, Call::Setsockopt { option: SocketOption::ONonblock(_) });
        let end_ns = if option { begin } else { event["end_us"].as_i64().map_or(begin, |us| us * 1000) };
        let place = self.events.len();
        self.events.push(Event {
            t_ns: begin,
            what: What::Syscall(Syscall {
                actor,
                socket,
                step: StepId(0),
                through: None,
                implied: false,
                call,
                end_ns: Some(end_ns),
                blocked: event.get("blocked").is_some() || end_ns - begin > 50_000_000,
                outcome: outcome.clone(),
            }),
        });
        if event["sigpipe"].as_bool() == Some(true) {
            let caught = SignalCaught { actor, signal: Signal::SIGPIPE, during: place };
            self.events.push(Event { t_ns: end_ns, what: What::Signal(caught) });
        }
    }

    fn segment(&mut self, event: &Value) {
        let client = event["from"].as_str().is_some_and(|from| from.starts_with('C'));
        if event["flags"] == "S" {
            self.connections += 1;
        }
        let base = self.connections * 100_000_000;
        let (mine, theirs) = if client { (base, base + 9_000) } else { (base + 9_000, base) };
        let number = |key: &str| u32::try_from(event[key].as_u64().unwrap_or_default()).expect("a sequence number");
        let letters = event["flags"].as_str().expect("flags");
        let bit = |letter: char| match letter {
            'S' => Flags::SYN,
            'A' => Flags::ACK,
            'P' => Flags::PSH,
            'F' => Flags::FIN,
            'R' => Flags::RST,
            _ => Flags::URG,
        };
        let flags = letters.chars().map(bit).fold(Flags::default(), Flags::with);
        let (src, dst) = (SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000), server());
        let (src, dst) = if client { (src, dst) } else { (dst, src) };
        let segment = Segment {
            src,
            dst,
            seq: mine + number("seq"),
            ack: if flags.has(Flags::ACK) { theirs + number("ack") } else { 0 },
            flags,
            window: 500,
            urgent: 0,
            options: TcpOptions::default(),
            payload: vec![0; usize::try_from(event["len"].as_u64().unwrap_or_default()).expect("a length")],
        };
        let bytes = Bytes::default();
        self.frames.push(Frame { bytes, checksum_completed: false, segment: Some(segment) });
        let frame = FrameId(self.frames.len() - 1);
        self.events.push(Event { t_ns: ns(&event["t_us"]), what: What::Segment { frame } });
    }

    fn finish(mut self) -> Recording {
        // Signals refer to their call by its place.
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order.sort_by_key(|place| self.events[*place].t_ns);
        let mut new_place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            new_place[*old] = new;
        }
        for event in &mut self.events {
            if let What::Signal(caught) = &mut event.what {
                caught.during = new_place[caught.during];
            }
        }
        self.events.sort_by_key(|event| event.t_ns);
        let actor = |name: &str, last: u8| Actor {
            name: name.to_owned(),
            pid: u32::from(last),
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)),
            sigpipe: SigpipeDisposition::Catch,
            forked_from: None,
        };
        Recording {
            script: Script {
                id: "experiment".to_owned(),
                title: "An experiment".to_owned(),
                source: Source { path: "experiments.json".to_owned(), sha256: String::new() },
                network: Network::default(),
                actors: Vec::new(),
                steps: Vec::new(),
                ..Script::default()
            },
            machine: Machine {
                tcpstory: "test".to_owned(),
                kernel: "6.18".to_owned(),
                arch: "x86_64".to_owned(),
                sandbox: SandboxKind::Namespace,
                sysctls: BTreeMap::new(),
            },
            clock: Clock { t0_unix_ns: "0".to_owned(), uncertainty_ns: 0 },
            capture: Capture { interface: "lo".to_owned(), received: self.frames.len() as u64, dropped: 0 },
            actors: vec![actor("client", 1), actor("server", 2)],
            sockets: self.sockets,
            steps: Vec::new(),
            events: self.events,
            frames: self.frames,
            end: End::Completed,
        }
    }
}

fn server() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), PORT)
}

fn zero() -> Outcome {
    Outcome::Returned { value: 0, detail: Detail::None }
}

fn ns(us: &Value) -> i64 {
    us.as_i64().expect("microseconds") * 1000
}

fn vocabulary(name: &str, arg: &str, event: &Value) -> Option<Call> {
    let size = |default: u64| arg.split(',').next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let data = || {
        let taken = event["result"].as_u64().unwrap_or_default();
        Data::Repeat { pattern: Bytes(vec![0]), size: taken.max(asked(arg)) }
    };
    let flags: Vec<MsgFlag> = MsgFlag::ALL.iter().copied().filter(|flag| arg.contains(&flag.name()[4..])).collect();
    Some(match name {
        "listen" => Call::Listen { backlog: 16 },
        "accept" => Call::Accept { from: "listener".to_owned() },
        "connect" | "connect(nb)" => Call::Connect { to: Target::Address(server()) },
        "bind(reuseaddr=1)" => Call::Bind { to: Address::default() },
        "read" | "read all" => Call::Read { size: size(u64::MAX / 4) },
        "recv" => Call::Recv { size: size(1), flags },
        // These fill the send buffer without blocking.
        "write" if asked(arg) >= 200_000 && event.get("blocked").is_none() && took_ns(event) < 1_000_000 => {
            Call::Send { data: data(), flags: vec![MsgFlag::DontWait] }
        }
        "write" => Call::Write { data: data() },
        "send" => Call::Send { data: data(), flags },
        "close" => Call::Close,
        "SO_ERROR" => Call::Getsockopt { option: SocketOptionName::SoError },
        "shutdown" => Call::Shutdown {
            how: match arg {
                "RD" => ShutdownHow::Read,
                "WR" => ShutdownHow::Write,
                _ => ShutdownHow::Both,
            },
        },
        "setsockopt" => Call::Setsockopt { option: option(arg)? },
        "poll" => {
            let (events, timeout) = arg.split_once(',').unwrap_or((arg, "0ms"));
            let ms: u64 = timeout.strip_suffix("ms")?.parse().ok()?;
            Call::Poll { events: poll_events(events), timeout_ns: Some(ms * 1_000_000) }
        }
        _ => return None,
    })
}

fn took_ns(event: &Value) -> i64 {
    event["end_us"].as_i64().map_or(0, |end| end * 1000 - ns(&event["t_us"]))
}

/// How many bytes a write was asked to write.
fn asked(arg: &str) -> u64 {
    let digits: String = arg.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(arg.len() as u64)
}

fn option(arg: &str) -> Option<SocketOption> {
    Some(match arg {
        "SO_LINGER {1,0}" => SocketOption::SoLinger(Some(0)),
        "SO_LINGER {1,1}" => SocketOption::SoLinger(Some(1)),
        "SO_RCVTIMEO=(0, 200000)" => SocketOption::SoRcvtimeo(200_000_000),
        "TCP_NODELAY=1" => SocketOption::TcpNodelay(true),
        _ => return None,
    })
}

fn poll_events(text: &str) -> Vec<PollEvent> {
    let event = |name: &str| PollEvent::from_name(&format!("POLL{name}"));
    text.split('|').filter_map(event).collect()
}

fn outcome(call: &Call, event: &Value) -> Outcome {
    let errno = event["errno"].as_str().and_then(Errno::from_name);
    let value = event["result"].as_i64().unwrap_or_default();
    let bytes = |value: i64| vec![0; usize::try_from(value.clamp(0, 65_536)).unwrap_or_default()];
    let detail = match call {
        Call::Getsockopt { .. } => {
            let pending = errno.or_else(|| event["result"].as_str().and_then(Errno::from_name));
            return Outcome::Returned { value: 0, detail: Detail::PendingError(pending) };
        }
        Call::Poll { .. } => {
            let ready = event["result"].as_str().map(poll_events).unwrap_or_default();
            return Outcome::Returned { value: i64::from(!ready.is_empty()), detail: Detail::Ready(ready) };
        }
        Call::Read { .. } | Call::Recv { .. } => Detail::Data(Bytes(bytes(value))),
        Call::Accept { .. } => Detail::Accepted(SocketId(0)),
        _ => Detail::None,
    };
    match errno {
        Some(errno) => Outcome::Failed { errno },
        None => Outcome::Returned { value, detail },
    }
}
