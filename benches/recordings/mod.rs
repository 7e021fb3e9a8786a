//! A recording of any size, made by hand: connections that open, talk and close, one after the other.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::BTreeMap;

use tcpstory::packet;
use tcpstory::record::{
    Action, Actor, ActorId, ActorSpec, Bytes, CONNECTION, Call, Capture, Clock, Data, Detail, End, Event, Expect,
    Flags, Frame, FrameId, Machine, Network, Outcome, Recording, SandboxKind, Script, Segment, SigpipeDisposition,
    Socket, SocketId, SocketKind, Source, StateSample, Step, StepId, StepRun, Syscall, Target, TcpOptions, TcpState,
    What,
};

/// How many exchanges (a write, its segment, the acknowledgment and the read) each connection has.
const EXCHANGES: u32 = 23;

/// A recording of about so many events.
pub(crate) fn of_about(events: usize) -> Recording {
    let mut made = Made { sockets: vec![socket(1, None)], ..Made::default() };
    made.call(1, 0, Call::Listen { backlog: 16 }, zero(), &[]);
    let mut port = 10_000;
    while made.events.len() < events {
        made.connection(port, EXCHANGES);
        port += 1;
    }
    made.finish()
}

/// A recording of 100,000 calls (beside the listener's) on 1,000 connections, with the kernel's word on both ends after each, as
/// the lab asks for it.
pub(crate) fn of_a_hundred_thousand_calls() -> Recording {
    let mut made = Made { sockets: vec![socket(1, None)], samples: true, ..Made::default() };
    made.call(1, 0, Call::Listen { backlog: 16 }, zero(), &[]);
    // Connect, accept and two closes beside the writes and reads.
    (10_000..11_000).for_each(|port| made.connection(port, 48));
    made.finish()
}

/// A recording of about so many events in which every call has a step of its own, with the kernel's word on both ends after each, as a
/// run of a scenario has them.
#[allow(dead_code, reason = "not every benchmark steps")]
pub(crate) fn of_steps(events: usize) -> Recording {
    let mut made = Made { sockets: vec![socket(1, None)], samples: true, steps: true, ..Made::default() };
    made.call(1, 0, Call::Listen { backlog: 16 }, zero(), &[]);
    let mut port = 10_000;
    while made.events.len() < events {
        made.connection(port, EXCHANGES);
        port += 1;
    }
    made.finish()
}

#[derive(Default)]
struct Made {
    events: Vec<Event>,
    frames: Vec<Frame>,
    sockets: Vec<Socket>,
    now_ns: i64,
    /// The kernel is asked for the states after each exchange.
    samples: bool,
    /// Every call has a step of its own.
    steps: bool,
    script: Vec<Step>,
    runs: Vec<StepRun>,
}

fn address(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), port)
}

fn socket(actor: usize, ends: Option<(SocketAddr, SocketAddr)>) -> Socket {
    Socket {
        actor: ActorId(actor),
        name: if ends.is_some() { "connection" } else { "listener" }.to_owned(),
        kind: SocketKind::Tcp,
        generation: 1,
        local: ends.map_or(Some(address(2, 47_000)), |(local, _)| Some(local)),
        peer: ends.map(|(_, peer)| peer),
        accepted_from: None,
    }
}

fn spec(name: &str) -> ActorSpec {
    ActorSpec { name: name.to_owned(), sigpipe: SigpipeDisposition::Catch, address: None, port: None }
}

fn zero() -> Outcome {
    Outcome::Returned { value: 0, detail: Detail::None }
}

impl Made {
    fn connection(&mut self, port: u16, exchanges: u32) {
        let (client, server) = (address(1, port), address(2, 47_000));
        let (mine, theirs) = (SocketId(self.sockets.len()), SocketId(self.sockets.len() + 1));
        self.sockets.extend([socket(0, Some((client, server))), socket(1, Some((server, client)))]);
        let isn = u32::from(port) * 1_000;
        let segment = |from_client: bool, seq: u32, ack: u32, flags: Flags, payload: &[u8]| Segment {
            src: if from_client { client } else { server },
            dst: if from_client { server } else { client },
            seq: isn + seq,
            ack: if flags.has(Flags::ACK) { isn + ack } else { 0 },
            flags,
            window: 500,
            urgent: 0,
            options: TcpOptions::default(),
            payload: payload.to_vec(),
        };
        let ack = Flags::ACK;
        let handshake = [
            segment(true, 0, 0, Flags::SYN, b""),
            segment(false, 0, 1, Flags::SYN.with(ack), b""),
            segment(true, 1, 1, ack, b""),
        ];
        self.call(0, mine.0, Call::Connect { to: Target::Address(server) }, zero(), &handshake);
        let accepted = Outcome::Returned { value: 4, detail: Detail::Accepted(theirs) };
        let ends = [client, server];
        self.sampled(ends, [TcpState::Established; 2], 0);
        self.call(1, 0, Call::Accept { from: "listener".to_owned() }, accepted, &[]);
        self.sampled(ends, [TcpState::Established; 2], 0);
        for byte in 1..=exchanges {
            let sent = [segment(true, byte, 1, Flags::PSH.with(ack), b"x"), segment(false, 1, byte + 1, ack, b"")];
            let write = Call::Write { data: Data::Text("x".to_owned()) };
            self.call(0, mine.0, write, Outcome::Returned { value: 1, detail: Detail::None }, &sent);
            self.sampled(ends, [TcpState::Established; 2], 1);
            let read = Outcome::Returned { value: 1, detail: Detail::Data(Bytes(b"x".to_vec())) };
            self.call(1, theirs.0, Call::Read { size: 1 }, read, &[]);
            self.sampled(ends, [TcpState::Established; 2], 0);
        }
        let next = exchanges + 1;
        let fin = Flags::FIN.with(ack);
        let first = [segment(true, next, 1, fin, b""), segment(false, 1, next + 1, ack, b"")];
        self.call(0, mine.0, Call::Close, zero(), &first);
        self.sampled(ends, [TcpState::FinWait2, TcpState::CloseWait], 0);
        let second = [segment(false, 1, next + 1, fin, b""), segment(true, next + 1, 2, ack, b"")];
        self.call(1, theirs.0, Call::Close, zero(), &second);
        self.sampled(ends, [TcpState::TimeWait, TcpState::Close], 0);
    }

    /// The kernel was asked for both ends; so many bytes are unread at the second.
    fn sampled(&mut self, ends: [SocketAddr; 2], states: [TcpState; 2], unread_bytes: u32) {
        if !self.samples {
            return;
        }
        let [first, second] = ends;
        let ends = [(first, second, states[0], 0), (second, first, states[1], unread_bytes)];
        for (local, peer, state, unread_bytes) in ends {
            let t_ns = self.tick();
            let sample = StateSample { end_ns: self.tick(), local, peer, state, unread_bytes, unsent_bytes: 0 };
            self.events.push(Event { t_ns, what: What::State(sample) });
        }
    }

    fn tick(&mut self) -> i64 {
        self.now_ns += 1_000;
        self.now_ns
    }

    fn call(&mut self, actor: usize, socket: usize, call: Call, outcome: Outcome, segments: &[Segment]) {
        let step = self.step(actor, &call);
        let begin = self.tick();
        let place = self.events.len();
        let syscall = Syscall {
            actor: ActorId(actor),
            socket: SocketId(socket),
            step,
            through: None,
            implied: false,
            call,
            end_ns: None,
            blocked: false,
            outcome,
        };
        self.events.push(Event { t_ns: begin, what: What::Syscall(syscall) });
        for segment in segments {
            let t_ns = self.tick();
            let bytes = Bytes(packet::build_frame(segment));
            self.frames.push(Frame { bytes, checksum_completed: false, segment: Some(segment.clone()) });
            self.events.push(Event { t_ns, what: What::Segment { frame: FrameId(self.frames.len() - 1) } });
        }
        let end = self.tick();
        if let What::Syscall(syscall) = &mut self.events[place].what {
            syscall.end_ns = Some(end);
        }
    }

    /// The step of a call.
    fn step(&mut self, actor: usize, call: &Call) -> StepId {
        if !self.steps {
            return StepId(0);
        }
        let begin_ns = self.tick();
        if let Some(last) = self.runs.last_mut() {
            last.end_ns = begin_ns;
        }
        let step = StepId(self.runs.len());
        let end_ns = i64::MAX;
        self.runs.push(StepRun { step, begin_ns, end_ns, states: Vec::new(), missed: None });
        let (actor, socket, call) = (ActorId(actor), CONNECTION.to_owned(), call.clone());
        let action = Action::Call { actor, socket, call, blocks: None, starts: None };
        let line = u32::try_from(step.0).unwrap_or_default();
        self.script.push(Step { line, action, expect: Expect::default(), say: None, predict: None });
        step
    }

    fn finish(mut self) -> Recording {
        let end_ns = self.tick();
        if let Some(last) = self.runs.last_mut() {
            last.end_ns = end_ns;
        }
        let actor = |name: &str, last: u8| Actor {
            name: name.to_owned(),
            pid: u32::from(last),
            address: address(last, 0).ip(),
            sigpipe: SigpipeDisposition::Catch,
            forked_from: None,
            shares_descriptors: false,
        };
        Recording {
            script: Script {
                id: "many".to_owned(),
                title: "Many connections".to_owned(),
                source: Source { path: "many.toml".to_owned(), sha256: String::new() },
                network: Network::default(),
                actors: vec![spec("client"), spec("server")],
                steps: self.script,
                ..Script::default()
            },
            machine: Machine {
                tcpstory: env!("CARGO_PKG_VERSION").to_owned(),
                kernel: "6.18".to_owned(),
                arch: "x86_64".to_owned(),
                sandbox: SandboxKind::Namespace,
                sysctls: BTreeMap::new(),
            },
            clock: Clock { t0_unix_ns: "1700000000000000000".to_owned(), uncertainty_ns: 0 },
            capture: Capture { interface: "lo".to_owned(), received: self.frames.len() as u64, dropped: 0 },
            actors: vec![actor("client", 1), actor("server", 2)],
            sockets: self.sockets,
            steps: self.runs,
            events: self.events,
            frames: self.frames,
            end: End::Completed,
        }
    }
}
