//! What the shorthand of single experiments leaves out. Every row says why it is needed; there is no other place that knows an
//! experiment by its name.

use tcpstory::record::SocketOption;

/// What was arranged for an experiment, or must be known to read it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arranged {
    /// The client connects to its own address.
    ConnectsToItself,
    /// The client binds its port, with `SO_REUSEADDR`, before each connect.
    ChoosesPort,
    /// The listener has this option when it begins to listen.
    ListenerBefore(SocketOption),
    /// The listener gets this option once it listens.
    ListenerAfter(SocketOption),
    /// The forked child leaves by exit; that of other experiments is killed.
    ChildExits,
    /// The clock of the segments is ahead of that of the calls, in microseconds.
    SegmentsAhead(i64),
    /// A setting of the network namespace.
    Sysctl(&'static str, &'static str),
    /// A helper accepts, reads a byte once one has come and closes; its calls are not told.
    ServerAcceptsReadsCloses,
    /// The client's calls of this name are made by another thread of its process.
    ByAThread(&'static str),
}

use Arranged as A;

/// Experiment, why, what.
const ARRANGED: &[(&str, &str, Arranged)] = &[
    ("E7", "its title says \"connect to own port\", and the shorthand has no addresses", A::ConnectsToItself),
    ("E7", "a socket can only meet itself on a port that it chose before", A::ChoosesPort),
    ("I2", "its second connection comes from the port of the first, on purpose", A::ChoosesPort),
    ("I2b", "as I2", A::ChoosesPort),
    ("I2b", "its title says that both ends go without timestamps", A::Sysctl("net.ipv4.tcp_timestamps", "0")),
    (
        "I1c",
        "its title says that the first listener had the option",
        A::ListenerBefore(SocketOption::SoReuseaddr(true)),
    ),
    ("I2d", "its title says that TIME_WAIT is not reused", A::Sysctl("net.ipv4.tcp_tw_reuse", "0")),
    ("I2d", "its title says that there is one port", A::Sysctl("net.ipv4.ip_local_port_range", "50000 50000")),
    (
        "J7",
        "its title is the option; the shorthand tells only what came of it",
        A::ListenerAfter(SocketOption::TcpDeferAccept(1_000_000_000)),
    ),
    (
        "J7",
        "its accept says EAGAIN, as on a non-blocking socket alone",
        A::ListenerAfter(SocketOption::ONonblock(true)),
    ),
    ("G2", "its title says how often it retransmits", A::Sysctl("net.ipv4.tcp_retries2", "3")),
    ("L3", "its title says exit; the children of L1 and L2 are killed", A::ChildExits),
    ("I1", "otherwise its segments would stand behind the calls that they precede", A::SegmentsAhead(1_965)),
    ("A15", "its title: \"server in a thread (accept/read1/close)\"", A::ServerAcceptsReadsCloses),
    ("D10", "its title: \"close(fd) in thread 2 while thread 1 blocked in read(fd)\"", A::ByAThread("close")),
];

/// What was arranged for an experiment.
pub(crate) fn arranged(id: &str) -> impl Iterator<Item = Arranged> {
    ARRANGED.iter().filter(move |(one, ..)| *one == id).map(|(_, _, what)| *what)
}

/// The experiments that something was arranged for.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    ARRANGED.iter().map(|(id, why, _)| {
        assert!(why.split(' ').count() >= 2, "{id}: a row says why");
        *id
    })
}
