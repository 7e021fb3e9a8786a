//! A sandbox with a listener and a running capture.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Receiver;

use tcpstory::lab::sandbox::{Ground, Sandbox, default_address};
use tcpstory::lab::sniffer::{Sniffer, Stamped};
use tcpstory::packet::dissect_frame;
use tcpstory::record::{Capture, Family, Network, Segment};

pub(crate) const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

pub(crate) struct World {
    pub(crate) listener: TcpListener,
    sniffer: Sniffer,
    frames: Receiver<Stamped>,
}

/// What a capture brought.
pub(crate) struct Seen {
    pub(crate) capture: Capture,
    pub(crate) frames: Vec<Stamped>,
}

pub(crate) fn addresses(ground: Ground, family: Family) -> [IpAddr; 2] {
    [0, 1].map(|place| default_address(family, place, ground.kind()))
}

pub(crate) fn network(family: Family) -> Network {
    Network { family, ..Network::default() }
}

pub(crate) fn open(ground: Ground, network: &Network) -> Sandbox {
    Sandbox::open(&ground, network, &addresses(ground, network.family)).expect("a sandbox")
}

impl World {
    /// The second actor's address listens; everything from here on is captured.
    pub(crate) fn new(ground: Ground, network: &Network) -> Self {
        Self::with_queue(ground, network, 1 << 20)
    }

    pub(crate) fn with_queue(ground: Ground, network: &Network, queue_bytes: usize) -> Self {
        let sandbox = open(ground, network);
        let listener = TcpListener::bind((addresses(ground, network.family)[1], 0)).expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let (sniffer, frames) = Sniffer::start_with_queue(&sandbox, &[port], queue_bytes).expect("a sniffer");
        Self { listener, sniffer, frames }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("the listener's address")
    }

    /// An established connection: the client's end and the server's.
    pub(crate) fn connect(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.address()).expect("a connection");
        let (server, peer) = self.listener.accept().expect("the same connection");
        assert_eq!(peer, client.local_addr().expect("the client's address"));
        (client, server)
    }

    pub(crate) fn uncertainty_ns(&self) -> u64 {
        self.sniffer.uncertainty_ns()
    }

    pub(crate) fn stop(self) -> Seen {
        let capture = self.sniffer.stop().expect("the end of the capture");
        Seen { capture, frames: self.frames.iter().collect() }
    }
}

impl Seen {
    pub(crate) fn segments(&self) -> Vec<Segment> {
        self.frames.iter().map(|frame| dissect_frame(&frame.bytes).expect("a TCP segment")).collect()
    }

    /// The flags of each segment, `>` before those of the client.
    pub(crate) fn shape(&self, server: SocketAddr) -> Vec<String> {
        let arrow = |segment: &Segment| if segment.dst == server { '>' } else { '<' };
        self.segments().iter().map(|segment| format!("{}{}", arrow(segment), segment.flags)).collect()
    }
}

/// The two ends' addresses, the first end's own first.
pub(crate) fn ends(stream: &TcpStream) -> (SocketAddr, SocketAddr) {
    (stream.local_addr().expect("its address"), stream.peer_addr().expect("its peer's address"))
}
