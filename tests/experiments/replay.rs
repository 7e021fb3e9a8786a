//! An experiment as a recording.
//!
//! The shorthand leaves out what was arranged before it begins, and what a helper process or thread did meanwhile; both are
//! added here, from the experiment's own description.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;
use tcpstory::record::{
    Actor, ActorId, Address, Bytes, Call, Capture, Clock, Data, Detail, End, Event, Exit, ExitStatus, Flags, Frame,
    FrameId, Kill, Machine, Network, Outcome, Recording, SandboxKind, Script, Segment, Signal, SignalCaught,
    SigpipeDisposition, Socket, SocketId, SocketKind, SocketOption, Source, StepId, Syscall, Target, TcpOptions, What,
};

use crate::arranged::{Arranged, arranged};
use crate::bytes::Carried;
use crate::shorthand::{outcome, vocabulary};

const CLIENT: ActorId = ActorId(0);
const SERVER: ActorId = ActorId(1);
const CHILD: ActorId = ActorId(2);
/// Another thread of the client's process.
const THREAD: ActorId = ActorId(3);

/// A recording made from an experiment's shorthand.
pub(crate) struct Replay<'e> {
    arranged: Vec<Arranged>,
    carried: Carried,
    events: Vec<Event>,
    frames: Vec<Frame>,
    sockets: Vec<Socket>,
    names: BTreeMap<&'e str, SocketId>,
    closed: BTreeSet<&'e str>,
    /// The first sequence number of each client's connection, and whether its SYN was answered.
    numbers: BTreeMap<SocketAddr, (u32, bool)>,
    connections: u32,
    /// The client that has sent last.
    speaking: SocketAddr,
    /// Clients whose SYN nobody has accepted yet.
    waiting: VecDeque<SocketAddr>,
    child_lives: bool,
}

impl<'e> Replay<'e> {
    pub(crate) fn recording(experiment: &'e Value) -> Result<Recording, String> {
        let mut replay = Self {
            arranged: arranged(experiment["id"].as_str().expect("an id")).collect(),
            carried: Carried::default(),
            events: Vec::new(),
            frames: Vec::new(),
            sockets: Vec::new(),
            names: BTreeMap::new(),
            closed: BTreeSet::new(),
            numbers: BTreeMap::new(),
            connections: 0,
            speaking: client("C"),
            waiting: VecDeque::new(),
            child_lives: false,
        };
        let events = experiment["events"].as_array().expect("events");
        let calls = |name: &str| events.iter().any(|event| event["call"].as_str().is_some_and(|call| call == name));
        if calls("accept") && !calls("listen") {
            replay.listens(-20);
        }
        let first = events.iter().find(|event| event["flags"] == "S");
        if let Some(first) = first.filter(|_| !calls("connect") && !calls("connect(nb)")) {
            let begin = us(&first["t_us"]) - 40;
            replay.push("C", CLIENT, connect(&replay.target()), (begin, begin + 120), &zero());
        }
        for event in events {
            match event["kind"].as_str() {
                Some("call") => replay.call(event)?,
                Some("segment") => replay.segment(event),
                _ => {}
            }
        }
        if replay.has(|one| matches!(one, Arranged::ServerAcceptsReadsCloses)) {
            replay.server_of_the_free_race(events);
        }
        Ok(replay.finish())
    }

    fn has(&self, wanted: fn(&Arranged) -> bool) -> bool {
        self.arranged.iter().any(wanted)
    }

    /// Whom a client calls.
    fn target(&self) -> SocketAddr {
        if self.has(|one| matches!(one, Arranged::ConnectsToItself)) { client("C") } else { server() }
    }

    /// What was arranged around a call, and is no call of the shorthand.
    fn listens(&mut self, at_us: i64) {
        let mut at_us = at_us - 10;
        let mut push = |replay: &mut Self, call| {
            at_us += 1;
            replay.push("L", SERVER, call, (at_us, at_us), &zero());
        };
        let arranged = self.arranged.clone();
        let options = |wanted: fn(&Arranged) -> Option<SocketOption>| arranged.iter().filter_map(wanted);
        for option in options(|one| if let Arranged::ListenerBefore(option) = one { Some(*option) } else { None }) {
            push(self, Call::Setsockopt { option });
        }
        push(self, Call::Bind { to: Address { ip: None, port: Some(server().port()) } });
        push(self, Call::Listen { backlog: 16 });
        for option in options(|one| if let Arranged::ListenerAfter(option) = one { Some(*option) } else { None }) {
            push(self, Call::Setsockopt { option });
        }
    }

    /// A client may choose its port.
    fn chooses_port(&mut self, at_us: i64) {
        let mut at_us = at_us - 10;
        let mut push = |replay: &mut Self, call| {
            at_us += 1;
            replay.push("C", CLIENT, call, (at_us, at_us), &zero());
        };
        if self.has(|one| matches!(one, Arranged::ChoosesPort)) {
            push(self, Call::Setsockopt { option: SocketOption::SoReuseaddr(true) });
            push(self, Call::Bind { to: Address { ip: None, port: Some(client("C").port()) } });
        }
    }

    /// "server in a thread (accept/read1/close)": it accepts when the connection is there, reads the first byte and closes
    /// when its FIN or RST says so.
    fn server_of_the_free_race(&mut self, events: &[Value]) {
        let at = |wanted: &dyn Fn(&str, &str) -> bool| {
            let found = events.iter().find(|event| {
                event["flags"].as_str().is_some_and(|flags| wanted(event["from"].as_str().expect("a sender"), flags))
            });
            us(&found.expect("such a segment")["t_us"])
        };
        let ready = at(&|from, flags| from == "C" && flags == "A") + 20;
        let came = at(&|from, flags| from == "C" && flags == "PA");
        let ends = at(&|from, flags| from == "S" && flags.contains(['F', 'R']));
        let accepted = self.socket("S");
        let detail = Detail::Accepted(accepted);
        let from = Call::Accept { from: "listener".to_owned() };
        self.push("L", SERVER, from, (ready, ready + 2), &Outcome::Returned { value: 4, detail });
        let detail = Detail::Data(Bytes(b"a".to_vec()));
        let read = Outcome::Returned { value: 1, detail };
        self.push("S", SERVER, Call::Read { size: 1 }, (came + 2, came + 4), &read);
        self.push("S", SERVER, Call::Close, (ends - 3, ends + 10), &zero());
    }

    fn socket(&mut self, name: &'e str) -> SocketId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = SocketId(self.sockets.len());
        self.names.insert(name, id);
        let (actor, local, peer) = match name {
            "L" => (SERVER, server(), None),
            _ if name.starts_with('C') => (CLIENT, client(name), Some(self.target())),
            _ => (SERVER, server(), self.waiting.pop_front().or(Some(self.speaking))),
        };
        let kept = if name == "L" { "listener" } else { "connection" };
        self.sockets.push(Socket {
            actor,
            name: kept.to_owned(),
            kind: SocketKind::Tcp,
            generation: 1,
            local: Some(local),
            peer,
            accepted_from: None,
        });
        id
    }

    fn call(&mut self, event: &'e Value) -> Result<(), String> {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        let (name, arg, socket) = (text("call"), text("arg"), event["socket"].as_str().expect("a socket"));
        let begin = us(&event["t_us"]);
        let span = (begin, event["end_us"].as_i64().unwrap_or(begin));
        match name {
            "listen" => self.listens(begin),
            "fork" => self.forks(span),
            // How many reads that took is not told.
            "read all" if event["result"] == "same" => {}
            "connect" => {
                if self.closed.remove(socket) {
                    self.names.remove(socket);
                }
                self.chooses_port(begin);
                self.make(event, socket, connect(&self.target()), span);
            }
            "connect(nb)" => {
                let switch = |on| Call::Setsockopt { option: SocketOption::ONonblock(on) };
                self.push(socket, CLIENT, switch(true), (begin - 1, begin - 1), &zero());
                self.make(event, socket, connect(&self.target()), span);
                self.push(socket, CLIENT, switch(false), (span.1 + 1, span.1 + 1), &zero());
            }
            "accept" => self.accepts(event, span),
            _ if name.starts_with("bind(reuseaddr=") => {
                self.names.remove(socket);
                let option = SocketOption::SoReuseaddr(name.contains('1'));
                self.push(socket, SERVER, Call::Setsockopt { option }, (begin - 1, begin - 1), &zero());
                self.make(event, socket, Call::Bind { to: Address { ip: None, port: Some(server().port()) } }, span);
            }
            _ => {
                let call = vocabulary(name, arg, event).ok_or_else(|| format!("{name}({arg})"))?;
                if matches!(call, Call::Close | Call::Vanish) {
                    self.closed.insert(socket);
                }
                self.make(event, socket, call, span);
            }
        }
        Ok(())
    }

    fn accepts(&mut self, event: &'e Value, span: (i64, i64)) {
        let call = Call::Accept { from: "listener".to_owned() };
        let mut outcome = outcome(&call, event);
        if let Outcome::Returned { detail, .. } = &mut outcome {
            self.names.remove("S");
            self.closed.remove("S");
            *detail = Detail::Accepted(self.socket("S"));
        }
        self.push("L", SERVER, call, span, &outcome);
    }

    fn forks(&mut self, span: (i64, i64)) {
        let forked = Outcome::Returned { value: 7, detail: Detail::None };
        self.push("S", SERVER, Call::Fork { child: CHILD }, span, &forked);
        self.child_lives = true;
    }

    /// The child is killed, or exits; the shorthand shows only what its kernel sends then.
    fn child_ends(&mut self, at_us: i64) {
        self.child_lives = false;
        let ns = (at_us - 2) * 1000;
        let status = if self.has(|one| matches!(one, Arranged::ChildExits)) {
            self.push("S", CHILD, Call::Exit { code: 0 }, (at_us - 2, at_us - 1), &Outcome::Unfinished);
            ExitStatus::Code(0)
        } else {
            let signal = Signal::SIGKILL;
            self.events.push(Event { t_ns: ns, what: What::Kill(Kill { actor: CHILD, signal, step: StepId(0) }) });
            ExitStatus::Signal(signal)
        };
        let exit = Exit { actor: CHILD, status, step: None };
        self.events.push(Event { t_ns: (at_us + 1) * 1000, what: What::Exit(exit) });
    }

    /// A call of the shorthand.
    fn make(&mut self, event: &'e Value, socket: &'e str, call: Call, span: (i64, i64)) {
        let actor = if event["actor"] == "client" { CLIENT } else { SERVER };
        let outcome = outcome(&call, event);
        let name = event["call"].as_str().unwrap_or_default();
        let by_a_thread = |one: &Arranged| matches!(one, Arranged::ByAThread(call) if *call == name);
        let actor = if actor == CLIENT && self.arranged.iter().any(by_a_thread) { THREAD } else { actor };
        let place = self.push(socket, actor, call, span, &outcome);
        if let What::Syscall(call) = &mut self.events[place].what {
            call.blocked |= event.get("blocked").is_some();
        }
        if event["sigpipe"].as_bool() == Some(true) {
            let caught = SignalCaught { actor, signal: Signal::SIGPIPE, during: place };
            self.events.push(Event { t_ns: span.1 * 1000, what: What::Signal(caught) });
        }
    }

    fn push(&mut self, socket: &'e str, actor: ActorId, call: Call, span: (i64, i64), outcome: &Outcome) -> usize {
        let id = self.socket(socket);
        if let (Some(data), Outcome::Returned { value, .. }) = (call.data(), outcome) {
            let bytes = written(data, usize::try_from(*value).expect("a size"));
            let socket = &self.sockets[id.0];
            if let Some((local, peer)) = socket.local.zip(socket.peer) {
                self.carried.writes((local, peer), &bytes);
            }
        }
        let syscall = Syscall {
            actor,
            socket: id,
            step: StepId(0),
            through: None,
            implied: false,
            call,
            end_ns: Some(span.1 * 1000),
            blocked: span.1 - span.0 > 50_000,
            outcome: outcome.clone(),
        };
        self.events.push(Event { t_ns: span.0 * 1000, what: What::Syscall(syscall) });
        self.events.len() - 1
    }

    fn segment(&mut self, event: &'e Value) {
        let from = event["from"].as_str().expect("a sender");
        let has = |letter: char| event["flags"].as_str().is_some_and(|flags| flags.contains(letter));
        let number = |key: &str| u32::try_from(event[key].as_u64().unwrap_or_default()).expect("a number");
        let is_client = from.starts_with('C');
        if is_client {
            self.speaking = client(from);
            if has('S') && !has('A') {
                self.opens();
            }
        } else if has('S') {
            self.numbers.entry(self.speaking).or_default().1 = true;
        } else if self.child_lives && self.closed.contains("S") && (has('F') || has('R')) {
            self.child_ends(us(&event["t_us"]));
        }
        let base = self.numbers.get(&self.speaking).map_or(0, |(base, _)| *base);
        let (src, dst) = (self.speaking, self.target());
        let other = if src == dst { base } else { base + 9_000 };
        let (src, dst, mine, theirs) = if is_client { (src, dst, base, other) } else { (dst, src, other, base) };
        let flags = flags(event["flags"].as_str().expect("flags"));
        let size = usize::try_from(event["len"].as_u64().unwrap_or_default()).expect("a length");
        let segment = Segment {
            src,
            dst,
            seq: mine + number("seq"),
            ack: if flags.has(Flags::ACK) { theirs + number("ack") } else { 0 },
            flags,
            window: u16::MAX,
            // The last byte of what was sent with MSG_OOB is urgent.
            urgent: if flags.has(Flags::URG) { u16::try_from(size).expect("a short segment") } else { 0 },
            // Room for whatever comes: the experiments' windows are not told with their scale.
            options: TcpOptions { window_scale: has('S').then_some(14), ..TcpOptions::default() },
            payload: Vec::new(),
        };
        self.carried.carries(self.frames.len(), (segment.src, segment.dst), number("seq"), size);
        let bytes = Bytes::default();
        self.frames.push(Frame { bytes, checksum_completed: false, segment: Some(segment) });
        let frame = FrameId(self.frames.len() - 1);
        let ahead =
            self.arranged.iter().map(|one| if let Arranged::SegmentsAhead(us) = one { *us } else { 0 }).sum::<i64>();
        self.events.push(Event { t_ns: (us(&event["t_us"]) - ahead) * 1000, what: What::Segment { frame } });
    }

    /// A SYN: of another connection, or once more where nobody has answered.
    fn opens(&mut self) {
        let again = self.numbers.get(&self.speaking).is_some_and(|(_, answered)| !answered);
        if !again {
            self.connections += 1;
            self.carried.opens((self.speaking, self.target()));
            self.numbers.insert(self.speaking, (self.connections * 100_000_000, false));
            self.waiting.push_back(self.speaking);
        }
    }

    /// The settings of the network namespace.
    fn sysctls(&self) -> BTreeMap<String, String> {
        let set = |one: &Arranged| match one {
            Arranged::Sysctl(name, value) => Some(((*name).to_owned(), (*value).to_owned())),
            _ => None,
        };
        self.arranged.iter().filter_map(set).collect()
    }

    fn finish(mut self) -> Recording {
        for (frame, payload) in self.carried.payloads() {
            self.frames[frame].segment.as_mut().expect("a segment").payload = payload;
        }
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
        let actor = |name: &str, last: u8, forked_from: Option<ActorId>| Actor {
            name: name.to_owned(),
            pid: u32::from(last),
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)),
            sigpipe: SigpipeDisposition::Catch,
            forked_from,
            shares_descriptors: forked_from == Some(CLIENT),
        };
        let machine = Machine {
            tcpstory: "test".to_owned(),
            kernel: "6.18".to_owned(),
            arch: "x86_64".to_owned(),
            sandbox: SandboxKind::Namespace,
            sysctls: self.sysctls(),
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
            machine,
            clock: Clock { t0_unix_ns: "0".to_owned(), uncertainty_ns: 0 },
            capture: Capture { interface: "lo".to_owned(), received: self.frames.len() as u64, dropped: 0 },
            actors: vec![
                actor("client", 1, None),
                actor("server", 2, None),
                actor("child", 2, Some(SERVER)),
                actor("thread", 1, Some(CLIENT)),
            ],
            sockets: self.sockets,
            steps: Vec::new(),
            events: self.events,
            frames: self.frames,
            end: End::Completed,
        }
    }
}

fn flags(letters: &str) -> Flags {
    let bit = |letter: char| match letter {
        'S' => Flags::SYN,
        'A' => Flags::ACK,
        'P' => Flags::PSH,
        'F' => Flags::FIN,
        'R' => Flags::RST,
        _ => Flags::URG,
    };
    letters.chars().map(bit).fold(Flags::default(), Flags::with)
}

/// `C` and `C1` to `C9` are sockets with ports of their own.
fn client(name: &str) -> SocketAddr {
    let number: u16 = name[1..].parse().unwrap_or_default();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50_000 + number)
}

fn server() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 47_000)
}

fn connect(to: &SocketAddr) -> Call {
    Call::Connect { to: Target::Address(*to) }
}

/// The first bytes of what was to be written.
fn written(data: &Data, taken: usize) -> Vec<u8> {
    match data {
        Data::Text(text) => text.bytes().take(taken).collect(),
        Data::Repeat { pattern, .. } => pattern.0.iter().copied().cycle().take(taken).collect(),
        Data::Hex(_) => panic!("the shorthand has no such data"),
    }
}

fn zero() -> Outcome {
    Outcome::Returned { value: 0, detail: Detail::None }
}

fn us(value: &Value) -> i64 {
    value.as_i64().expect("microseconds")
}
