//! Scripts as values.

use tcpstory::record::{
    Action, ActorId, ActorSpec, CONNECTION, Call, Data, Expect, LISTENER, Located, Network, PollEvent, Script,
    SegmentKind, SegmentPattern, SigpipeDisposition, SocketOption, SocketRef, Source, Step, Target, TcpState,
};

pub(crate) const CLIENT: ActorId = ActorId(0);
pub(crate) const SERVER: ActorId = ActorId(1);
pub(crate) const THIRD: ActorId = ActorId(2);

pub(crate) fn actor(name: &str) -> ActorSpec {
    ActorSpec { name: name.into(), sigpipe: SigpipeDisposition::Catch, address: None, port: None }
}

/// A script of client and server.
pub(crate) fn script(id: &str, steps: Vec<Step>) -> Script {
    Script {
        id: id.into(),
        title: id.into(),
        source: Source { path: format!("{id}.toml"), sha256: String::new() },
        network: Network::default(),
        actors: vec![actor("client"), actor("server")],
        steps,
        ..Script::default()
    }
}

pub(crate) fn step(action: Action) -> Step {
    Step { line: 1, action, expect: Expect::default(), say: None, predict: None }
}

/// A call on the actor's connection, or for listen on its listener.
pub(crate) fn call(actor: ActorId, call: Call) -> Step {
    let socket = if matches!(call, Call::Listen { .. }) { LISTENER } else { CONNECTION };
    on(actor, socket, call)
}

pub(crate) fn on(actor: ActorId, socket: &str, call: Call) -> Step {
    step(Action::Call { actor, socket: socket.into(), call, blocks: None, starts: None })
}

pub(crate) fn listen() -> Step {
    call(SERVER, Call::Listen { backlog: 8 })
}

pub(crate) fn connect() -> Step {
    call(CLIENT, Call::Connect { to: Target::Actor(SERVER) })
}

pub(crate) fn accept() -> Step {
    call(SERVER, Call::Accept { from: LISTENER.into() })
}

pub(crate) fn read(actor: ActorId, size: u64) -> Step {
    call(actor, Call::Read { size })
}

pub(crate) fn write(actor: ActorId, text: &str) -> Step {
    call(actor, Call::Write { data: Data::Text(text.into()) })
}

pub(crate) fn close(actor: ActorId) -> Step {
    call(actor, Call::Close)
}

pub(crate) fn set(actor: ActorId, option: SocketOption) -> Step {
    call(actor, Call::Setsockopt { option })
}

pub(crate) fn poll(actor: ActorId, events: &[PollEvent]) -> Step {
    call(actor, Call::Poll { events: events.to_vec(), timeout_ns: Some(0) })
}

pub(crate) fn pattern(from: ActorId, kind: SegmentKind) -> Located<SegmentPattern> {
    Located { line: 1, value: SegmentPattern { from, to: None, kind, payload: None, payload_bytes: None } }
}

/// What tests say of a step beside its action.
pub(crate) trait Expecting {
    fn wire(self, from: ActorId, kind: SegmentKind) -> Self;
    fn state(self, actor: ActorId, socket: &str, state: TcpState) -> Self;
    fn within_ms(self, ms: u64) -> Self;
    fn blocks(self) -> Self;
}

impl Expecting for Step {
    fn wire(mut self, from: ActorId, kind: SegmentKind) -> Self {
        self.expect.wire.push(pattern(from, kind));
        self
    }

    fn state(mut self, actor: ActorId, socket: &str, state: TcpState) -> Self {
        self.expect.state.push(Located { line: 1, value: (SocketRef { actor, socket: socket.into() }, state) });
        self
    }

    fn within_ms(mut self, ms: u64) -> Self {
        self.expect.within_ns = Some(ms * 1_000_000);
        self
    }

    fn blocks(mut self) -> Self {
        if let Action::Call { blocks, .. } = &mut self.action {
            *blocks = Some("it".into());
        }
        self
    }
}

/// The connection of client and server, made.
pub(crate) fn connected() -> Vec<Step> {
    vec![listen(), connect(), accept()]
}

pub(crate) fn broken_pipe() -> Script {
    use SegmentKind::{Ack, Data as Bytes, Fin, Rst};
    let mut steps = connected();
    steps.extend([
        write(CLIENT, "a"),
        read(SERVER, 1),
        close(SERVER).wire(SERVER, Fin).wire(CLIENT, Ack).state(CLIENT, CONNECTION, TcpState::CloseWait).state(
            SERVER,
            CONNECTION,
            TcpState::FinWait2,
        ),
        write(CLIENT, "b").wire(CLIENT, Bytes).wire(SERVER, Rst),
        write(CLIENT, "c"),
    ]);
    script("broken-pipe", steps)
}
