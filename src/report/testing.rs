//! Recordings made by hand, for tests.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::BTreeMap;

use crate::packet;
use crate::record::{
    Action, Actor, ActorId, ActorSpec, Bytes, CONNECTION, Call, Capture, Clock, Data, Detail, End, Errno, Event, Exit,
    ExitStatus, Expect, ExpectOutcome, Flags, Frame, FrameId, LISTENER, Located, Machine, Network, Outcome, Recording,
    SandboxKind, Script, Segment, Signal, SignalCaught, SigpipeDisposition, Socket, SocketId, SocketKind, Source, Step,
    StepId, StepRun, Syscall, Target, TcpOptions, What,
};

/// A recording under construction. Times are in microseconds.
pub(crate) struct Stage {
    pub(crate) recording: Recording,
    step: Option<StepId>,
    /// The next sequence number of each end, by its address.
    next: BTreeMap<SocketAddr, u32>,
}

impl Stage {
    /// A stage with these actors.
    pub(crate) fn new(title: &str, names: &[&str]) -> Self {
        let specs = names.iter().map(|name| ActorSpec {
            name: (*name).to_owned(),
            sigpipe: SigpipeDisposition::Catch,
            address: None,
            port: None,
        });
        let actors = names.iter().enumerate().map(|(place, name)| Actor {
            name: (*name).to_owned(),
            pid: 4_711 + u32::try_from(place).unwrap(),
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1 + u8::try_from(place).unwrap())),
            sigpipe: SigpipeDisposition::Catch,
            forked_from: None,
            shares_descriptors: false,
        });
        let script = Script {
            id: "test".into(),
            title: title.to_owned(),
            source: Source { path: "test.toml".into(), sha256: "00".repeat(32) },
            network: Network::default(),
            actors: specs.collect(),
            steps: Vec::new(),
            ..Script::default()
        };
        let recording = Recording {
            script,
            machine: Machine {
                tcpstory: "0.1.0".into(),
                kernel: "6.18.5-test".into(),
                arch: "x86_64".into(),
                sandbox: SandboxKind::Namespace,
                sysctls: BTreeMap::new(),
            },
            clock: Clock { t0_unix_ns: "1700000000000000000".into(), uncertainty_ns: 1_000 },
            capture: Capture { interface: "lo".into(), received: 0, dropped: 0 },
            actors: actors.collect(),
            sockets: Vec::new(),
            steps: Vec::new(),
            events: Vec::new(),
            frames: Vec::new(),
            end: End::Completed,
        };
        Self { recording, step: None, next: BTreeMap::new() }
    }

    pub(crate) fn socket(
        &mut self,
        actor: usize,
        name: &str,
        local: Option<SocketAddr>,
        peer: Option<SocketAddr>,
    ) -> SocketId {
        let accepted_from = None;
        self.recording.sockets.push(Socket {
            actor: ActorId(actor),
            name: name.into(),
            kind: SocketKind::Tcp,
            generation: 1,
            local,
            peer,
            accepted_from,
        });
        SocketId(self.recording.sockets.len() - 1)
    }

    /// Begins a step in which an actor makes a call.
    pub(crate) fn step(&mut self, at: i64, actor: usize, call: Call, say: &str) {
        let step = StepId(self.recording.script.steps.len());
        let line = u32::try_from(10 + 4 * step.0).unwrap();
        let action =
            Action::Call { actor: ActorId(actor), socket: CONNECTION.into(), call, blocks: None, starts: None };
        let say = (!say.is_empty()).then(|| say.to_owned());
        self.recording.script.steps.push(Step { line, action, expect: Expect::default(), say, predict: None });
        if let Some(last) = self.recording.steps.last_mut() {
            last.end_ns = (at - 1) * 1_000;
        }
        self.recording.steps.push(StepRun {
            step,
            begin_ns: at * 1_000,
            end_ns: (at + 100) * 1_000,
            states: Vec::new(),
            missed: None,
        });
        self.step = Some(step);
    }

    /// Expects an outcome of the last step.
    pub(crate) fn expect(&mut self, outcome: ExpectOutcome) {
        let step = self.recording.script.steps.last_mut().unwrap();
        step.expect.outcome = Some(Located { line: step.line + 2, value: outcome });
    }

    /// A call of the last step.
    pub(crate) fn call(
        &mut self,
        (begin, end): (i64, i64),
        actor: usize,
        socket: SocketId,
        call: Call,
        outcome: Outcome,
    ) -> usize {
        let syscall = Syscall {
            actor: ActorId(actor),
            socket,
            step: self.step.unwrap(),
            through: None,
            implied: false,
            call,
            end_ns: Some(end * 1_000),
            blocked: false,
            outcome,
        };
        self.event(begin, What::Syscall(syscall))
    }

    /// A step and its call.
    pub(crate) fn act(
        &mut self,
        times: (i64, i64),
        actor: usize,
        socket: SocketId,
        call: Call,
        outcome: Outcome,
    ) -> usize {
        self.step(times.0, actor, call.clone(), "");
        self.call(times, actor, socket, call, outcome)
    }

    pub(crate) fn event(&mut self, at: i64, what: What) -> usize {
        self.recording.events.push(Event { t_ns: at * 1_000, what });
        self.recording.events.len() - 1
    }

    /// A segment with the right numbers: each end counts what it sends.
    pub(crate) fn segment(&mut self, at: i64, src: SocketAddr, dst: SocketAddr, flags: Flags, payload: &[u8]) {
        let isn = |address: SocketAddr| 1_000 * u32::from(address.port());
        let seq = *self.next.entry(src).or_insert_with(|| isn(src));
        let ack = *self.next.entry(dst).or_insert_with(|| isn(dst));
        let segment = Segment {
            src,
            dst,
            seq,
            ack: if flags.has(Flags::ACK) { ack } else { 0 },
            flags,
            window: if flags.has(Flags::RST) { 0 } else { 512 },
            urgent: 0,
            options: TcpOptions::default(),
            payload: payload.to_vec(),
        };
        self.next.insert(src, seq.wrapping_add(segment.seq_len()));
        let frame = FrameId(self.recording.frames.len());
        self.recording.frames.push(Frame {
            bytes: Bytes(packet::build_frame(&segment)),
            checksum_completed: true,
            segment: Some(segment),
        });
        self.recording.capture.received += 1;
        self.event(at, What::Segment { frame });
    }

    /// Everything, sorted by time as a session sorts it.
    pub(crate) fn done(self) -> Recording {
        assert!(self.recording.events.is_sorted_by_key(|event| event.t_ns), "events are given in order");
        self.recording
    }
}

/// An address of the sandbox: `127.0.0.HOST:PORT`.
pub(crate) fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), port)
}

pub(crate) fn returned(value: i64) -> Outcome {
    Outcome::Returned { value, detail: Detail::None }
}

pub(crate) fn read(data: &[u8]) -> Outcome {
    Outcome::Returned { value: i64::try_from(data.len()).unwrap(), detail: Detail::Data(Bytes(data.to_vec())) }
}

pub(crate) fn write(data: &str) -> Call {
    Call::Write { data: Data::Text(data.into()) }
}

const SYN_ACK: Flags = Flags::SYN.with(Flags::ACK);
const FIN_ACK: Flags = Flags::FIN.with(Flags::ACK);
const PSH_ACK: Flags = Flags::PSH.with(Flags::ACK);

/// Opens a connection from the first actor's `from` to the next actor's `to`, which listens already.
fn open(
    stage: &mut Stage,
    at: i64,
    (caller, from): (usize, SocketAddr),
    (listener, to): (usize, SocketAddr),
) -> (SocketId, SocketId) {
    let listening = stage.socket(listener, LISTENER, Some(to), None);
    stage.act((at - 60, at - 50), listener, listening, Call::Listen { backlog: 128 }, returned(0));
    let client = stage.socket(caller, CONNECTION, Some(from), Some(to));
    let connect = Call::Connect { to: Target::Actor(ActorId(listener)) };
    stage.act((at - 20, at + 45), caller, client, connect, returned(0));
    stage.segment(at, from, to, Flags::SYN, b"");
    stage.segment(at + 15, to, from, SYN_ACK, b"");
    stage.segment(at + 30, from, to, Flags::ACK, b"");
    let server = stage.socket(listener, CONNECTION, Some(to), Some(from));
    stage.recording.sockets[server.0].accepted_from = Some(listening);
    let accepted = Outcome::Returned { value: 5, detail: Detail::Accepted(server) };
    stage.act((at + 100, at + 110), listener, listening, Call::Accept { from: LISTENER.into() }, accepted);
    (client, server)
}

/// The broken pipe: close, write, RST, write, as the kernel does it.
pub(crate) fn broken_pipe() -> Stage {
    broken_pipe_of("Broken pipe: the second write after the peer closed", ["client", "server"], "b")
}

/// A broken pipe with these names and this text in the second write.
pub(crate) fn broken_pipe_of(title: &str, names: [&str; 2], text: &str) -> Stage {
    let mut stage = Stage::new(title, &names);
    let (c, s) = (address(1, 50_001), address(2, 47_000));
    let (client, server) = open(&mut stage, 0, (0, c), (1, s));
    stage.act((300, 330), 0, client, write("a"), returned(1));
    stage.segment(310, c, s, PSH_ACK, b"a");
    stage.segment(320, s, c, Flags::ACK, b"");
    stage.act((400, 410), 1, server, Call::Read { size: 1 }, read(b"a"));
    stage.act((1_042, 1_080), 1, server, Call::Close, returned(0));
    stage.segment(1_061, s, c, FIN_ACK, b"");
    stage.segment(1_066, c, s, Flags::ACK, b"");
    stage.step(1_140, 0, write(text), "The write *succeeds*: it only copies into the kernel's `send buffer`.");
    let size = i64::try_from(text.len()).unwrap();
    stage.call((1_140, 1_170), 0, client, write(text), returned(size));
    stage.segment(1_149, c, s, PSH_ACK, text.as_bytes());
    stage.segment(1_157, s, c, Flags::RST, b"");
    let call = stage.act((1_201, 1_220), 0, client, write("c"), Outcome::Failed { errno: Errno::EPIPE });
    stage.expect(ExpectOutcome::Fails(Errno::EPIPE));
    let caught = SignalCaught { actor: ActorId(0), signal: Signal::SIGPIPE, during: call };
    stage.event(1_215, What::Signal(caught));
    stage
}

/// A client, a proxy and an upstream that ends early.
pub(crate) fn proxy() -> Stage {
    let mut stage = Stage::new("Upstream prematurely closed", &["client", "proxy", "upstream"]);
    let (c, p) = (address(1, 50_001), address(2, 47_000));
    let (q, u) = (address(2, 50_002), address(3, 47_000));
    let (client, front) = open(&mut stage, 0, (0, c), (1, p));
    let (back, upstream) = open(&mut stage, 500, (1, q), (2, u));
    stage.act((700, 730), 0, client, write("GET /"), returned(5));
    stage.segment(710, c, p, PSH_ACK, b"GET /");
    stage.segment(720, p, c, Flags::ACK, b"");
    stage.act((800, 810), 1, front, Call::Read { size: 100 }, read(b"GET /"));
    stage.act((900, 930), 2, upstream, write("0123456789"), returned(10));
    stage.segment(910, u, q, PSH_ACK, b"0123456789");
    stage.segment(920, q, u, Flags::ACK, b"");
    stage.act((1_000, 1_010), 1, back, Call::Read { size: 100 }, read(b"0123456789"));
    stage.act((60_000, 60_030), 2, upstream, Call::Exit { code: 0 }, Outcome::Unfinished);
    stage.segment(60_010, u, q, FIN_ACK, b"");
    stage.segment(60_020, q, u, Flags::ACK, b"");
    stage.event(60_040, What::Exit(Exit { actor: ActorId(2), status: ExitStatus::Code(0), step: None }));
    stage.act((60_100, 60_110), 1, back, Call::Read { size: 100 }, read(b""));
    stage.act((60_200, 60_230), 1, front, write("HTTP/1.1 502 Bad Gateway"), returned(24));
    stage.segment(60_210, p, c, PSH_ACK, b"HTTP/1.1 502 Bad Gateway");
    stage.segment(60_220, c, p, Flags::ACK, b"");
    stage
}
