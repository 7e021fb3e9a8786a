//! Each condition of `tcp_poll`, and each bit that it sets.

use std::collections::VecDeque;

use PollEvent::{Err, Hup, In, Out, Pri, RdHup};

use super::super::{Options, Ports, SocketModel, Waiting};
use super::*;
use crate::record::{Errno, SigpipeDisposition};
use crate::story::endpoint::Endpoint;
use crate::story::{ConnectionId, EndpointId, Side};

const BY: EventId = EventId(0);

fn view<'v>(socket: &'v SocketModel, endpoint: &'v Endpoint) -> View<'v> {
    View {
        socket,
        options: Options::default(),
        endpoint,
        waits_reset: None,
        ports: Ports::Free,
        occupied_by: None,
        sigpipe: SigpipeDisposition::Catch,
        epoll: None,
        closed: None,
        shared: false,
        in_a_call: false,
        held: 0,
        peeked: 0,
    }
}

/// What poll tells of an endpoint in that state to which that has happened.
fn told(state: TcpState, happens: impl FnOnce(&mut Endpoint)) -> Vec<PollEvent> {
    let mut endpoint = Endpoint::default();
    endpoint.enter(0, state);
    happens(&mut endpoint);
    let mut mask = view(&SocketModel::default(), &endpoint).readiness().0;
    mask.sort_unstable();
    mask.dedup();
    mask
}

fn is(mask: &[PollEvent], wanted: &[PollEvent]) {
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    assert_eq!(mask, wanted);
}

fn established(happens: impl FnOnce(&mut Endpoint)) -> Vec<PollEvent> {
    told(TcpState::Established, happens)
}

fn receives(endpoint: &mut Endpoint, bytes: u64) {
    endpoint.unread.push_back((endpoint.received, endpoint.received + bytes, BY));
    endpoint.received += bytes;
}

/// An urgent byte that comes behind so many others.
fn urgent(endpoint: &mut Endpoint, behind: u64) {
    endpoint.mark = Some(Mark { at: endpoint.received + behind, byte: UrgentByte::Here(BY) });
    receives(endpoint, behind + 1);
    endpoint.offered_edge = Some(60_000);
}

/// `inet_csk_listen_poll`: only whether somebody waits, whatever else is the matter with the socket.
#[test]
fn a_listener_tells_whether_somebody_waits() {
    let endpoint = Endpoint::default();
    let mut socket = SocketModel { queue: Some(VecDeque::new()), ..SocketModel::default() };
    is(&view(&socket, &endpoint).readiness().0, &[]);
    let end = EndpointId { connection: ConnectionId(0), side: Side::Responder };
    let waiting = Waiting { endpoint: end, completed: BY, options: Options::default() };
    socket.queue.get_or_insert_default().push_back(waiting);
    is(&view(&socket, &endpoint).readiness().0, &[In]);
}

/// `shutdown == SHUTDOWN_MASK || state == TCP_CLOSE`.
#[test]
fn hang_up_is_both_directions_or_no_connection() {
    is(&told(TcpState::Close, |_| {}), &[Out, Hup]);
    let both = |endpoint: &mut Endpoint| (endpoint.shut_read, endpoint.shut_write) = (Some(BY), Some(BY));
    is(&told(TcpState::FinWait2, both), &[In, Out, Hup, RdHup]);
    is(
        &told(TcpState::LastAck, |endpoint| (endpoint.fin_in, endpoint.shut_write) = (Some(BY), Some(BY))),
        &[In, Out, Hup, RdHup],
    );
    // Linux calls what is left of a socket in TIME_WAIT closed.
    is(
        &told(TcpState::TimeWait, |endpoint| (endpoint.fin_in, endpoint.established) = (Some(BY), true)),
        &[In, Out, Hup, RdHup],
    );
}

/// `shutdown & RCV_SHUTDOWN`: by the peer's FIN or by this side.
#[test]
fn the_end_of_reading_is_told_with_two_bits() {
    is(&told(TcpState::CloseWait, |endpoint| endpoint.fin_in = Some(BY)), &[In, Out, RdHup]);
    is(&established(|endpoint| endpoint.shut_read = Some(BY)), &[In, Out, RdHup]);
}

/// `state != TCP_SYN_SENT`: without an answer nothing is readable or writable, and nothing hangs up.
#[test]
fn a_connect_under_way_tells_nothing() {
    is(&told(TcpState::SynSent, |_| {}), &[]);
    is(&told(TcpState::SynSent, |endpoint| endpoint.pending = Some((Errno::ECONNREFUSED, BY))), &[Err]);
}

/// `tcp_stream_is_readable` with a target of one byte, and of one more in front of an urgent byte that is kept beside the stream.
#[test]
fn readable_is_more_than_an_urgent_byte() {
    is(&established(|_| {}), &[Out]);
    is(&established(|endpoint| receives(endpoint, 1)), &[In, Out]);
    is(&established(|endpoint| urgent(endpoint, 0)), &[Pri, Out]);
    is(&established(|endpoint| urgent(endpoint, 1)), &[In, Pri, Out]);
    let behind = |endpoint: &mut Endpoint| {
        urgent(endpoint, 0);
        receives(endpoint, 1);
    };
    is(&established(behind), &[In, Pri, Out]);
    let inline = |endpoint: &mut Endpoint| {
        urgent(endpoint, 0);
        endpoint.oob_inline = true;
    };
    is(&established(inline), &[In, Pri, Out]);
}

/// `urg_data & TCP_URG_VALID`: not before the byte has come, and not once it was fetched.
#[test]
fn urgent_is_told_while_the_byte_can_be_fetched() {
    let byte = |byte| move |endpoint: &mut Endpoint| endpoint.mark = Some(Mark { at: 5, byte });
    is(&established(byte(UrgentByte::NotYet)), &[Out]);
    is(&established(byte(UrgentByte::Taken)), &[Out]);
    is(&established(byte(UrgentByte::Here(BY))), &[Pri, Out]);
}

/// `tcp_epollin_ready`: where the window has no room for another segment, whatever is there is readable. How large the kernel takes
/// segments to be it does not tell.
#[test]
fn an_urgent_byte_alone_may_be_readable_at_a_small_window() {
    let poll = Call::Poll { events: vec![In], timeout_ns: Some(0) };
    let instead = |window: u64| {
        let mut endpoint = Endpoint::default();
        endpoint.enter(0, TcpState::Established);
        urgent(&mut endpoint, 0);
        endpoint.offered_edge = Some(2 + window);
        let socket = SocketModel::default();
        let view = view(&socket, &endpoint);
        let usual = view.poll(&[In], Some(0));
        assert_eq!(usual.outcome, Predicted::Ready(Vec::new()));
        at_a_small_window(view, &poll, &usual).map(|instead| instead.outcome)
    };
    assert_eq!(instead(60_000), None);
    assert_eq!(instead(500), Some(Predicted::Ready(vec![In])));
}

/// `__sk_stream_is_writeable` where sending is not over, and always once it is.
#[test]
fn writable_depends_on_room_only_while_sending_is_possible() {
    let full = |endpoint: &mut Endpoint| endpoint.written = 1_000_000;
    let uncertain = |happens: &dyn Fn(&mut Endpoint)| {
        let mut endpoint = Endpoint::default();
        endpoint.enter(0, TcpState::Established);
        happens(&mut endpoint);
        let socket = SocketModel::default();
        let view = view(&socket, &endpoint);
        let poll = Call::Poll { events: vec![Out], timeout_ns: Some(0) };
        without_room(view, &poll, &view.poll(&[Out], Some(0))).map(|instead| instead.outcome)
    };
    assert_eq!(uncertain(&|_| {}), None);
    assert_eq!(uncertain(&full), Some(Predicted::Ready(Vec::new())));
    let ended = |endpoint: &mut Endpoint| {
        full(endpoint);
        endpoint.shut_write = Some(BY);
    };
    assert_eq!(uncertain(&ended), None);
    is(&established(ended), &[Out]);
}

/// `sk_err`: until somebody has taken it.
#[test]
fn an_error_is_told_while_it_is_pending() {
    let reset = |endpoint: &mut Endpoint| {
        endpoint.enter(0, TcpState::Close);
        (endpoint.reset_by, endpoint.pending) = (Some((BY, TcpState::Established)), Some((Errno::ECONNRESET, BY)));
    };
    is(&established(reset), &[In, Out, Err, Hup, RdHup]);
    let taken = |endpoint: &mut Endpoint| {
        reset(endpoint);
        endpoint.pending = None;
    };
    is(&established(taken), &[In, Out, Hup, RdHup]);
}

/// What was not asked for is not told, but an error and a hang-up are.
#[test]
fn error_and_hang_up_need_not_be_asked_for() {
    let mut endpoint = Endpoint::default();
    endpoint.pending = Some((Errno::ECONNREFUSED, BY));
    let socket = SocketModel::default();
    assert_eq!(view(&socket, &endpoint).poll(&[], None).outcome, Predicted::Ready(vec![Err, Hup]));
}
