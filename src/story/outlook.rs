//! What the model says would come next: what read, write, poll and `SO_ERROR` answer in the situation that a rule speaks of.
//!
//! The situations are made of segments and fed to [`Endpoint`], so that what is told about a rule is what the model predicts.

use super::EventId;
use super::Predicted;
use super::endpoint::{Endpoint, Waited};
use super::predict::{Options, Ports, SocketModel, View, predict};
use crate::record::{
    Call, Data, Flags, PollEvent, Segment, SigpipeDisposition, SocketOptionName, TcpOptions, TcpState,
};

/// What each call would answer if it were the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// read(2) of 100 bytes.
    pub read: Predicted,
    /// write(2) of 1 byte, with SIGPIPE caught.
    pub write: Predicted,
    /// poll(2) asking for everything.
    pub poll: Predicted,
    /// `SO_ERROR`.
    pub so_error: Predicted,
}

/// What comes next in a rule's situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The situation, in a few words.
    pub situation: &'static str,
    /// While nobody has been told of it.
    pub now: Answers,
    /// Once a call has taken the pending error; none where there was none.
    pub told: Option<Answers>,
}

/// How a connection came to be as the rule finds it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Data,
    Fin,
    Rst,
    ShutWrite,
    ShutRead,
    GaveUp,
    NonBlocking,
}

/// The situations that rules speak of.
const SITUATIONS: &[(&str, &[Deed], &[&str])] = &[
    ("after the peer's FIN", &[Deed::Fin], &["fin-is-end-of-file", "write-in-close-wait-succeeds"]),
    (
        "after the peer's FIN and its RST",
        &[Deed::Fin, Deed::Rst],
        &["rst-in-close-wait-sets-epipe", "read-after-fin-stays-0-in-spite-of-rst"],
    ),
    (
        "after an RST without a FIN",
        &[Deed::Rst],
        &[
            "rst-sets-econnreset-read",
            "rst-sets-econnreset-write",
            "read-after-reported-error-gives-0",
            "write-after-reported-error-gives-epipe",
            "so-error-takes-the-pending-error",
            "shutdown-of-a-dead-connection-gives-enotconn",
        ],
    ),
    ("after data and then an RST", &[Deed::Data, Deed::Rst], &["received-data-survives-the-rst"]),
    (
        "after the kernel gave up",
        &[Deed::GaveUp],
        &[
            "user-timeout-gives-etimedout",
            "keep-alive-gives-etimedout",
            "read-after-giving-up-gives-0",
            "write-after-giving-up-gives-epipe",
            "so-error-tells-that-the-kernel-gave-up",
            "poll-tells-that-the-kernel-gave-up",
        ],
    ),
    ("after one's own shutdown(SHUT_WR)", &[Deed::ShutWrite], &["own-shutdown-write-gives-epipe"]),
    ("after one's own shutdown(SHUT_RD)", &[Deed::ShutRead], &["own-shutdown-read-gives-0"]),
    ("on a non-blocking socket, nothing has come", &[Deed::NonBlocking], &["nothing-to-read-gives-eagain"]),
    (
        "on a blocking socket, nothing has come",
        &[],
        &["receive-timeout-gives-eagain", "read-waits-for-data", "write-copies-to-the-send-buffer"],
    ),
];

/// What comes next in the situation of that rule; none where the rule speaks of no connection's state.
pub fn outlook(rule: &str) -> Option<Outlook> {
    let (situation, deeds, _) = SITUATIONS.iter().find(|(.., rules)| rules.contains(&rule))?;
    let mut endpoint = reached(deeds);
    let options = Options { nonblocking: deeds.contains(&Deed::NonBlocking), ..Options::default() };
    let now = answers(&endpoint, options);
    let told = endpoint.pending.take().map(|_| answers(&endpoint, options));
    Some(Outlook { situation, now, told })
}

/// An established endpoint to which that has happened.
fn reached(deeds: &[Deed]) -> Endpoint {
    let mut endpoint = Endpoint::default();
    endpoint.enter(0, TcpState::Established);
    let mut next = 1;
    for (place, deed) in deeds.iter().enumerate() {
        let event = EventId(place);
        let (flags, payload): (Flags, &[u8]) = match deed {
            Deed::Data => (Flags::ACK, b"data"),
            Deed::Fin => (Flags::FIN.with(Flags::ACK), b""),
            Deed::Rst => (Flags::RST, b""),
            Deed::ShutWrite => {
                endpoint.shut_write = Some(event);
                if let Some(state) = endpoint.after_fin_sent() {
                    endpoint.enter(0, state);
                }
                continue;
            }
            Deed::ShutRead => {
                endpoint.shut_read = Some(event);
                continue;
            }
            Deed::NonBlocking => continue,
            Deed::GaveUp => {
                endpoint.gives_up(Waited::KeepAlive, event);
                endpoint.enter(0, TcpState::Close);
                continue;
            }
        };
        let segment = segment(next, flags, payload);
        for state in endpoint.receives(event, 0, &segment, next, flags.has(Flags::ACK).then_some(1)) {
            endpoint.enter(0, state);
        }
        next += segment.seq_len();
    }
    endpoint
}

fn segment(seq: u32, flags: Flags, payload: &[u8]) -> Segment {
    let nobody = core::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Segment {
        src: nobody,
        dst: nobody,
        seq,
        ack: 1,
        flags,
        window: 64,
        urgent: 0,
        options: TcpOptions::default(),
        payload: payload.to_vec(),
    }
}

fn answers(endpoint: &Endpoint, options: Options) -> Answers {
    let socket = SocketModel::default();
    let (ports, sigpipe) = (Ports::Free, SigpipeDisposition::Catch);
    let nothing_else = (None, None, None);
    let (occupied_by, waits_reset, closed) = nothing_else;
    let view = View {
        socket: &socket,
        options,
        endpoint,
        waits_reset,
        ports,
        occupied_by,
        sigpipe,
        epoll: None,
        closed,
        shared: false,
        in_a_call: false,
        held: 0,
        peeked: 0,
    };
    let events = vec![PollEvent::In, PollEvent::Out, PollEvent::RdHup];
    let ask = |call: Call| predict(view, &call).outcome;
    Answers {
        read: ask(Call::Read { size: 100 }),
        write: ask(Call::Write { data: Data::Text("x".into()) }),
        poll: ask(Call::Poll { events, timeout_ns: Some(0) }),
        so_error: ask(Call::Getsockopt { option: SocketOptionName::SoError }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Errno, Signal};
    use crate::story::rules::rule;

    fn of(rule: &str) -> Outlook {
        outlook(rule).unwrap()
    }

    #[test]
    fn situations_name_rules() {
        for id in SITUATIONS.iter().flat_map(|(.., rules)| *rules) {
            assert!(rule(id).is_some(), "{id}");
        }
    }

    /// The two by two that every lecture needs, as it was measured (experiments A2, A4, A5, B1 to B5).
    #[test]
    fn fin_and_rst_give_different_errors() {
        let broken = Predicted::ErrorWithSignal(Errno::EPIPE, Signal::SIGPIPE);
        let reset = Predicted::Error(Errno::ECONNRESET);
        let gone = of("rst-in-close-wait-sets-epipe");
        assert_eq!((&gone.now.read, &gone.now.write), (&Predicted::Value(0), &broken));
        assert_eq!(gone.now.so_error, Predicted::PendingError(Some(Errno::EPIPE)));
        let cut = of("rst-sets-econnreset-read");
        assert_eq!((&cut.now.read, &cut.now.write), (&reset, &reset));
        let told = cut.told.unwrap();
        assert_eq!((&told.read, &told.write), (&Predicted::Value(0), &broken));
        assert_eq!(told.so_error, Predicted::PendingError(None));
        assert!(matches!(cut.now.poll, Predicted::Ready(mask) if mask.contains(&PollEvent::Err)));
        assert!(matches!(told.poll, Predicted::Ready(mask) if !mask.contains(&PollEvent::Err)));
    }

    /// As it was measured (experiments G1, G2 and G4).
    #[test]
    fn giving_up_is_told_once() {
        let over = of("keep-alive-gives-etimedout");
        let timed_out = Predicted::Error(Errno::ETIMEDOUT);
        assert_eq!((&over.now.read, &over.now.write), (&timed_out, &timed_out));
        let told = over.told.unwrap();
        assert_eq!(told.read, Predicted::Value(0));
        assert_eq!(told.write, Predicted::ErrorWithSignal(Errno::EPIPE, Signal::SIGPIPE));
    }

    #[test]
    fn a_healthy_connection_has_nobody_to_tell() {
        let idle = of("receive-timeout-gives-eagain");
        assert_eq!((idle.now.read, idle.now.write, idle.told), (Predicted::Blocks, Predicted::Value(1), None));
        let idle = of("nothing-to-read-gives-eagain");
        assert_eq!((idle.now.read, idle.now.write), (Predicted::Error(Errno::EAGAIN), Predicted::Value(1)));
        assert_eq!(outlook("listen-opens-the-queue"), None);
    }
}
