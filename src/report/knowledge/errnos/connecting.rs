//! Errors of connections that do not come about, and of addresses.

use super::Basis::{Manual, Measured, Source};
use super::{Known, PLAIN, Way};

pub(super) const ERRNOS: &[Known] = &[
    Known {
        name: "ECONNREFUSED",
        meaning: &[
            "Something answered the SYN, and the answer was no. Nearly always: the machine is there, the path is good, and \
             nobody listens on that port. The kernel answers, at once; no program on the other side has seen anything.",
            "That makes it the best of the connect errors. The machine, the route and the firewall are not in question; what is \
             wrong is the port, the address that the server is bound to, or the moment (not yet started, just restarted).",
        ],
        ways: &[
            Way {
                name: "a firewall refuses in the machine's name",
                text: "A rule that rejects with a TCP reset cannot be told from a port where nobody listens.",
                wire: "SYN, RST,ACK: the same two segments.",
                basis: Measured(&["E4", "E5j"]),
            },
            Way {
                name: "an ICMP port unreachable",
                text: "A rule that rejects with ICMP type 3 code 3 (ICMPv6 type 1 code 4) also becomes ECONNREFUSED. On loopback the first message comes too early to be taken, so that connect fails at the second SYN, a second later.",
                wire: "SYN, ICMP port unreachable.",
                basis: Measured(&["E5a", "E5h", "M1c"]),
            },
            Way {
                name: "an ICMP port unreachable for a connection that was established",
                text: "It is remembered as a soft error and reported only when the kernel gives up on unacknowledged data; or at once if IP_RECVERR is set, and then the connection goes on afterwards.",
                wire: "DATA, ICMP port unreachable, DATA again.",
                basis: Measured(&["G3b", "K7b"]),
            },
            Way {
                name: "it is not TCP: a UDP socket",
                text: "A connected UDP socket tells at the next call that an earlier datagram was answered by an ICMP port unreachable: \"connection refused\" from a write or a read, without any connection.",
                wire: "UDP, ICMP port unreachable.",
                basis: Manual("udp(7)"),
            },
            Way {
                name: "it is not TCP: an AF_UNIX socket",
                text: "The socket's file is there and nobody listens on it: the server has ended and left its file behind.",
                wire: "Nothing: no network.",
                basis: Manual("unix(7), connect(2)"),
            },
        ],
        behind: &["syn-without-listener-gets-rst"],
        signs: &[
            ("SYN, then at once RST,ACK with sequence number 0", "nobody listens there; or a firewall that says so"),
            ("SYN, then ICMP port unreachable", "a firewall"),
            ("SYN, SYN, SYN and silence", "not a refusal: see ETIMEDOUT. A full accept queue looks like that too"),
            ("nothing at all", "not a refusal: see ENETUNREACH, EADDRNOTAVAIL"),
        ],
        next: "connect tells the error and takes it: SO_ERROR is 0 afterwards, the socket is unconnected again, read gives ENOTCONN, write EPIPE with SIGPIPE, and another connect may be tried on the same socket (experiment E1). After a non-blocking connect, poll says IN|OUT|ERR|HUP|RDHUP and SO_ERROR tells ECONNREFUSED, once; then read returns 0 (experiment E2).",
        deeds: &[
            ("Ignore it", "while probing whether something is up."),
            (
                "Log it",
                "with the address and port that were really tried (a name may have several): IPv6 refused and IPv4 fine is a server that listens on one of them only.",
            ),
            (
                "Reconnect",
                "with a growing pause and a limit where the server may be starting. No byte was sent, so nothing can happen twice: this is the one connect error that is always safe to retry.",
            ),
            (
                "Look at the other side",
                "`ss -ltn` there: does anything listen on that port, and on that address, or on 127.0.0.1 only?",
            ),
        ],
        elsewhere: &[
            "Linux drops the SYN when the listener's queue is full, also with tcp_abort_on_overflow=1 (experiments F2, F2b): a busy server does not refuse, it is silent.",
            "FreeBSD can be told not to answer at a closed port: net.inet.tcp.blackhole (blackhole(4)). A port where nobody listens is then silent as well.",
        ],
        misconceptions: &[
            "\"The server refused me.\" The server's program knows nothing of it.",
            "\"The backlog is full.\" On Linux that is silence and then ETIMEDOUT.",
            "\"A port where nobody listens always refuses.\" A client whose own port is the one that it connects to reaches itself (experiment E7).",
        ],
        lessons: &[
            "connection-refused",
            "nonblocking-connect-refused",
            "refused-socket-again",
            "try-the-next-address",
            "listener-closed-connections-stay",
            "backlog-full",
            "self-connect",
        ],
        ..PLAIN
    },
    Known {
        name: "EHOSTUNREACH",
        meaning: &[
            "Somebody said that the host cannot be reached: a router by an ICMP message, this machine's own routing table, or its \
             neighbour table where nobody on the link answers for the address. The text is \"No route to host\", and often \
             there is a route: a firewall that rejects with \"host unreachable\" or \"prohibited\" gives the same errno.",
        ],
        ways: &[
            Way {
                name: "an ICMP host unreachable or prohibited answered the SYN",
                text: "Type 3, codes 1, 10 and 13 (host unreachable, host prohibited, administratively prohibited).",
                wire: "SYN, ICMP.",
                basis: Measured(&["E5b", "E5d", "E5e", "E5i"]),
            },
            Way {
                name: "the routing table says unreachable",
                text: "A route of type unreachable; connect fails at once.",
                wire: "Nothing at all.",
                basis: Measured(&["E6"]),
            },
            Way {
                name: "ICMP messages about an established connection",
                text: "They are remembered as a soft error. The connection goes on, and only when the kernel gives up sending again does it report this errno instead of ETIMEDOUT.",
                wire: "DATA, ICMP host unreachable, DATA again …",
                basis: Measured(&["G3"]),
            },
        ],
        signs: &[
            (
                "SYN, then ICMP",
                "the sender of the ICMP message said so: a router or a firewall; its address is in the message",
            ),
            (
                "no segment at all",
                "this machine's routing table, or nobody on the link answered ARP or neighbour discovery",
            ),
            ("DATA and ICMP in turn", "the path broke under an established connection"),
        ],
        next: "From connect: as after ECONNREFUSED. On an established connection it is told once; then read returns 0 and write gives EPIPE with SIGPIPE (experiment G3).",
        deeds: &[
            ("Log it", "with the ICMP message's sender if you can get it: that machine knows why."),
            ("Reconnect", "with a growing pause: routes come back. Try the name's other addresses at once."),
        ],
        misconceptions: &["\"No route to host\" means that there is no route. A rule of a firewall says the same."],
        ..PLAIN
    },
    Known {
        name: "ENETUNREACH",
        meaning: &[
            "There is no route: this machine has none for that address, or a router says that it has none. From connect on this machine it comes at once, without a packet; the commonest case is an IPv6 address on a machine without IPv6.",
        ],
        ways: &[
            Way {
                name: "no route on this machine",
                text: "No route matches, not even a default one; also broadcast and multicast addresses.",
                wire: "Nothing at all.",
                basis: Measured(&["E6"]),
            },
            Way {
                name: "an ICMP net unreachable or net prohibited answered the SYN",
                text: "Type 3, codes 0 and 9.",
                wire: "SYN, ICMP.",
                basis: Measured(&["E5c", "E5f"]),
            },
        ],
        signs: &[
            ("no segment at all", "this machine's routing table: `ip route get ADDRESS`"),
            ("SYN, then ICMP", "a router on the way"),
        ],
        next: "connect tells it and the socket is as before; another connect may be tried.",
        deeds: &[
            ("Ignore it", "where the name has other addresses: try the next one at once."),
            ("Log it", "if it was the last one."),
            ("Reconnect", "only after a pause: nothing changes by itself in the routing table."),
        ],
        ..PLAIN
    },
    Known {
        name: "EADDRINUSE",
        meaning: &[
            "The local address and port are taken: by a socket that listens, by connections that are still open, or by \
             connections that wait in TIME_WAIT. It is about this machine alone; nothing is sent.",
            "SO_REUSEADDR lets bind pass over connections in TIME_WAIT (and over open ones) if the sockets that they came from \
             had the option as well: it must be set before bind, on the old server and on the new one. It never passes over a \
             socket that listens.",
        ],
        signs: &[
            (
                "a FIN from this side before the peer's, within the last minute",
                "TIME_WAIT: whoever closes first keeps it",
            ),
            ("nothing", "`ss -ltnp` names the one who listens, `ss -tan` the connections"),
        ],
        next: "The socket is unbound; bind may be tried again.",
        deeds: &[
            ("Always", "set SO_REUSEADDR on every listening socket, before bind."),
            ("Log it", "and stop: a server that cannot bind cannot serve. Say the address and port."),
            ("Retry", "only if a predecessor is known to be leaving; better to hand the listening socket over."),
        ],
        elsewhere: &[
            "The option's rules differ between systems (on Windows it lets two programs listen on the same port); those were not checked.",
        ],
        ..PLAIN
    },
    Known {
        name: "EADDRNOTAVAIL",
        meaning: &[
            "From bind: this machine does not have that address. From connect: there is no local port left for that destination, or the one that was bound is still in TIME_WAIT towards it. Nothing is sent.",
        ],
        ways: &[Way {
            name: "bind to an address that is not here",
            text: "The address belongs to no interface of this network namespace (and net.ipv4.ip_nonlocal_bind is 0).",
            wire: "Nothing.",
            basis: Source("__inet_bind()"),
        }],
        signs: &[(
            "no SYN at all, and many connections that this side closed first",
            "ports are used up by TIME_WAIT: `ss -tan state time-wait | wc -l`",
        )],
        next: "The socket is unconnected; another connect may be tried.",
        deeds: &[
            ("Log it", "with the number of connections in TIME_WAIT."),
            (
                "Reconnect",
                "not at once: every attempt that succeeds makes another TIME_WAIT. Keep connections open and reuse them; let the server close first; use more local addresses.",
            ),
        ],
        elsewhere: &[
            "tcp_tw_reuse is 2 by default: reuse on loopback only, after about a second. A real network does not behave like loopback here.",
        ],
        misconceptions: &["\"EADDRNOTAVAIL from connect is about the server's address.\" It is about ours."],
        ..PLAIN
    },
    Known {
        name: "ENOTCONN",
        meaning: &[
            "The call needs a connection, and this socket has none: it never had one, connect failed, or it is over. A write says EPIPE instead, and a read after the end of a connection says 0: ENOTCONN comes from reads on a socket that was never connected, from shutdown and from getpeername.",
        ],
        ways: &[
            Way {
                name: "getpeername on a connection that was reset",
                text: "The socket was connected, is readable perhaps, and has no peer any more. It leaves the pending error where it is.",
                wire: "An RST before the call.",
                basis: Measured(&["F5"]),
            },
            Way {
                name: "read on a listening socket",
                text: "A listener has connections to accept and nothing to read.",
                wire: "Nothing.",
                basis: Measured(&["D7"]),
            },
        ],
        signs: &[
            ("an RST before the call", "the connection is over, and shutdown or getpeername came too late"),
            ("no handshake", "the socket was never connected"),
        ],
        next: "It takes nothing: a pending error is still there for the next read or write.",
        deeds: &[
            ("Ignore it", "from shutdown in a clean-up path: the other side was faster."),
            ("Log it", "from read: it is a mistake in the program."),
            ("Reconnect", "no: find out why the socket was used without a connection."),
        ],
        misconceptions: &[
            "\"A write without a connection gives ENOTCONN.\" On Linux it gives EPIPE, with SIGPIPE (experiment D6); on FreeBSD ENOTCONN it is (sosend_generic).",
        ],
        ..PLAIN
    },
    Known {
        name: "EISCONN",
        meaning: &[
            "connect on a socket that is connected already. Nothing is sent, the connection is as healthy as before, and a pending error stays pending.",
        ],
        signs: &[("no second SYN", "the call never reached the network")],
        next: "As before the call.",
        deeds: &[
            (
                "Ignore it",
                "where a non-blocking connect is asked again to learn whether it has finished: EISCONN then means yes.",
            ),
            ("Log it", "anywhere else: one socket is used for two connections."),
        ],
        misconceptions: &[
            "\"connect tells whether the connection still lives.\" It says EISCONN even while an error is pending.",
        ],
        ..PLAIN
    },
    Known {
        name: "EBADF",
        meaning: &[
            "The descriptor is not open in this process. TCP never hears of the call. In a program with threads it is the harmless form of a dangerous mistake: the number may by now belong to another connection, and then the bytes go there.",
        ],
        signs: &[("nothing that belongs to the call", "look at the program, not at the network")],
        next: "Whatever the number means by then.",
        deeds: &[
            ("Log it", "as a mistake of the program, with the place: a double close or a use after close."),
            ("Reconnect", "no: mend the program."),
        ],
        elsewhere: &[
            "close(2) on Linux: another thread that is blocked in a call on the descriptor is not woken, and the connection stays open until that call returns (experiment D10).",
        ],
        misconceptions: &["\"close wakes a thread that reads.\" shutdown does; close does not (experiment D10)."],
        ..PLAIN
    },
    Known {
        name: "EINVAL",
        meaning: &[
            "The call does not fit the socket: accept on a socket that does not listen (or whose listening was ended by shutdown), bind on a socket that is bound already, a flag that does not exist.",
        ],
        ways: &[Way {
            name: "connect over a blackhole route",
            text: "A route of type blackhole makes connect fail with EINVAL, at once.",
            wire: "Nothing.",
            basis: Measured(&["E6"]),
        }],
        signs: &[("nothing", "the call never reached the network")],
        next: "As before the call.",
        deeds: &[("Log it", "it is a mistake of the program, or a blackhole route."), ("Reconnect", "no.")],
        ..PLAIN
    },
    Known {
        name: "EACCES",
        meaning: &[
            "From bind: the port is below net.ipv4.ip_unprivileged_port_start (1024) and the process lacks CAP_NET_BIND_SERVICE. From connect: a route of type prohibit, or an ICMPv6 \"administratively prohibited\".",
        ],
        ways: &[
            Way {
                name: "bind to a privileged port",
                text: "Nothing to do with the network.",
                wire: "Nothing.",
                basis: Source("__inet_bind()"),
            },
            Way {
                name: "connect over a prohibit route, or against ICMPv6 administratively prohibited",
                text: "The policy is on this machine, or on the one that sent the message.",
                wire: "Nothing; or SYN, ICMPv6.",
                basis: Measured(&["E6", "M1c"]),
            },
        ],
        signs: &[("nothing", "this machine's policy"), ("SYN, then ICMPv6", "a firewall's")],
        next: "As before the call.",
        deeds: &[("Log it", "and stop: somebody must allow it."), ("Reconnect", "no.")],
        elsewhere: &["bind(2) and ip(7) document the privileged ports."],
        ..PLAIN
    },
    Known {
        name: "EMFILE",
        meaning: &[
            "The process has as many descriptors open as it may (RLIMIT_NOFILE; ENFILE is the same for the whole system). accept fails while the kernel goes on completing handshakes: clients connect, write, and wait for an answer that nobody is there to give.",
        ],
        ways: &[Way {
            name: "accept or socket at the limit",
            text: "The connection stays in the queue; it is not refused.",
            wire: "Handshakes and data, acknowledged; no answers.",
            basis: Manual("accept(2), getrlimit(2)"),
        }],
        signs: &[(
            "connections that are acknowledged and never answered",
            "a server that cannot accept any more, or does not",
        )],
        next: "As before the call: the listener stays readable, so a loop around poll spins.",
        deeds: &[
            ("Log it", "once in a while, not for each attempt."),
            (
                "Mend it",
                "close what is done (a CLOSE_WAIT leak shows in `ss -tan state close-wait`), then raise the limit.",
            ),
        ],
        ..PLAIN
    },
];
