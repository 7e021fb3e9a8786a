//! The kernel's own word about sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;

use nix::sys::socket::setsockopt;
use nix::{setsockopt_impl, sockopt_impl};
use tcpstory::lab::netlink::{SockDiag, SockState};
use tcpstory::lab::sandbox::Ground;
use tcpstory::record::TcpState::{CloseWait, Established, FinWait1, FinWait2, LastAck, Listen, SynRecv, TimeWait};
use tcpstory::record::{Network, TcpState};

use super::world::{FAMILIES, World, ends, network};
use super::{On, Test};

pub(crate) const TESTS: &[(On, &str, Test)] = &[
    (On::Namespace, "both_ends_are_known_until_the_end", both_ends_are_known_until_the_end),
    (
        On::Namespace,
        "an_orphan_is_seen_and_its_listener_is_not_mistaken_for_it",
        an_orphan_is_seen_and_its_listener_is_not_mistaken_for_it,
    ),
    (On::AnyGround, "bytes_are_counted_without_flags", bytes_are_counted_without_flags),
    (On::Namespace, "a_request_is_in_syn_recv", a_request_is_in_syn_recv),
    (On::Namespace, "a_stuck_closer_is_in_fin_wait_1_and_last_ack", a_stuck_closer_is_in_fin_wait_1_and_last_ack),
    (On::AnyGround, "a_listener_tells_its_queue", a_listener_tells_its_queue),
];

fn look_up(diag: &mut SockDiag, local: SocketAddr, peer: SocketAddr) -> Option<SockState> {
    diag.state(local, peer).expect("a look-up")
}

fn of(stream: &TcpStream, diag: &mut SockDiag) -> Option<SockState> {
    let (local, peer) = ends(stream);
    look_up(diag, local, peer)
}

fn state(stream: &TcpStream, diag: &mut SockDiag) -> Option<TcpState> {
    of(stream, diag).map(|found| found.state)
}

fn both_ends_are_known_until_the_end(ground: Ground) {
    for family in FAMILIES {
        let world = World::new(ground, &network(family));
        let mut diag = SockDiag::open().expect("sock_diag");
        let (client, server) = world.connect();
        assert_eq!(state(&client, &mut diag), Some(Established));
        assert_eq!(state(&server, &mut diag), Some(Established));
        let (local, peer) = ends(&server);
        drop(server);
        assert_eq!(state(&client, &mut diag), Some(CloseWait));
        let (client_local, client_peer) = ends(&client);
        drop(client);
        assert_eq!(look_up(&mut diag, local, peer).map(|found| found.state), Some(TimeWait));
        assert_eq!(look_up(&mut diag, client_local, client_peer), None);
    }
}

fn an_orphan_is_seen_and_its_listener_is_not_mistaken_for_it(ground: Ground) {
    for family in FAMILIES {
        let world = World::new(ground, &network(family));
        let mut diag = SockDiag::open().expect("sock_diag");
        let (mut client, server) = world.connect();
        let (local, peer) = ends(&server);
        drop(server);
        assert_eq!(look_up(&mut diag, local, peer).map(|found| found.state), Some(FinWait2));
        client.write_all(b"x").expect("a write");
        assert_eq!(look_up(&mut diag, local, peer), None, "the reset ended it");
        assert_eq!(diag.listener(local).expect("a look-up").map(|found| found.state), Some(Listen));
    }
}

fn bytes_are_counted_without_flags(ground: Ground) {
    let world = World::new(ground, &Network::default());
    let mut diag = SockDiag::open().expect("sock_diag");
    let (mut client, mut server) = world.connect();
    server.write_all(b"abc").expect("a write");
    let with = |state, unread_bytes| Some(SockState { state, unread_bytes, unsent_bytes: 0 });
    assert_eq!(of(&client, &mut diag), with(Established, 3));
    drop(server);
    assert_eq!(of(&client, &mut diag), with(CloseWait, 3));
    client.read_exact(&mut [0; 2]).expect("a read");
    assert_eq!(of(&client, &mut diag), with(CloseWait, 1));
    client.read_exact(&mut [0]).expect("a read");
    assert_eq!(of(&client, &mut diag), with(CloseWait, 0));
    assert_eq!(client.read(&mut [0]).expect("an end"), 0);
    assert_eq!(of(&client, &mut diag), with(CloseWait, 0));
}

sockopt_impl!(
    /// The third segment of the handshake makes no connection; data does (tcp(7)).
    DeferAccept, SetOnly, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, u32
);

fn a_request_is_in_syn_recv(ground: Ground) {
    for family in FAMILIES {
        let world = World::new(ground, &network(family));
        let mut diag = SockDiag::open().expect("sock_diag");
        setsockopt(&world.listener.as_fd(), DeferAccept, &5).expect("TCP_DEFER_ACCEPT");
        let client = TcpStream::connect(world.address()).expect("a connection");
        let (local, peer) = ends(&client);
        assert_eq!(state(&client, &mut diag), Some(Established));
        assert_eq!(
            look_up(&mut diag, peer, local),
            Some(SockState { state: SynRecv, unread_bytes: 0, unsent_bytes: 0 })
        );
    }
}

/// Writes until the peer's window is closed, so that a FIN cannot leave.
fn fill(stream: &mut TcpStream) -> usize {
    stream.set_nonblocking(true).expect("a mode");
    let block = vec![1; 65_536];
    std::iter::from_fn(|| stream.write(&block).ok()).sum()
}

fn a_stuck_closer_is_in_fin_wait_1_and_last_ack(ground: Ground) {
    let world = World::new(ground, &Network::default());
    let mut diag = SockDiag::open().expect("sock_diag");
    let (mut client, server) = world.connect();
    let written = fill(&mut client);
    let unread = of(&server, &mut diag).map(|found| found.unread_bytes as usize);
    let (local, peer) = ends(&client);
    drop(client);
    let stuck = look_up(&mut diag, local, peer).expect("a socket");
    assert_eq!((stuck.state, stuck.unread_bytes), (FinWait1, 0));
    assert_eq!(unread.map(|unread| unread + stuck.unsent_bytes as usize), Some(written));

    let (mut client, server) = world.connect();
    let written = fill(&mut client);
    server.shutdown(Shutdown::Write).expect("a FIN");
    assert_eq!(state(&client, &mut diag), Some(CloseWait));
    let unread = of(&server, &mut diag).map(|found| found.unread_bytes as usize);
    let (local, peer) = ends(&client);
    drop(client);
    let stuck = look_up(&mut diag, local, peer).expect("a socket");
    assert_eq!((stuck.state, stuck.unread_bytes), (LastAck, 0));
    assert_eq!(unread.map(|unread| unread + stuck.unsent_bytes as usize), Some(written));
}

fn a_listener_tells_its_queue(ground: Ground) {
    let world = World::new(ground, &Network::default());
    let mut diag = SockDiag::open().expect("sock_diag");
    let waiting = [
        TcpStream::connect(world.address()).expect("a connection"),
        TcpStream::connect(world.address()).expect("a connection"),
    ];
    let listener = diag.listener(world.address()).expect("a look-up").expect("a listener");
    assert_eq!((listener.state, listener.unread_bytes), (Listen, 2));
    assert!(listener.unsent_bytes >= 2, "the backlog");
    let (local, peer) = ends(&waiting[0]);
    assert_eq!(diag.listener(local).expect("a look-up"), None, "a connection is not a listener");
    assert_eq!(look_up(&mut diag, peer, local).map(|found| found.state), Some(Established), "though not yet accepted");
}
