//! What is known of each kind of segment and of each state besides what the rules say: what `ss` and a capture show.

/// A segment, or a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its name in Linux.
    pub(super) name: &'static str,
    /// Other names for it, in lower case.
    pub(super) aliases: &'static [&'static str],
    /// What it is, in one line.
    pub(super) title: &'static str,
    /// What it means: paragraphs.
    pub(super) meaning: &'static [&'static str],
    /// How it comes about, how long it lasts, how it ends: each with its source.
    pub(super) facts: &'static [(&'static str, &'static str)],
    /// What a program, or who looks at one, should do.
    pub(super) advice: &'static [&'static str],
    /// What people say, and what is so.
    pub(super) misconceptions: &'static [&'static str],
    /// Scenarios that show it, the best first; those of the rules that speak of it, and others with its name as a tag, follow.
    pub(super) lessons: &'static [&'static str],
}

/// Every segment and every state with a page.
pub(super) fn all() -> impl Iterator<Item = &'static Known> {
    SEGMENTS.iter().chain(STATES)
}

/// Segments by their control bits.
pub(super) const SEGMENTS: &[Known] = &[
    Known {
        name: "SYN",
        aliases: &["syn-ack", "syn,ack", "handshake"],
        title: "the first segment of each direction",
        meaning: &[
            "SYN says from which number the bytes of a direction are counted, and carries what the two kernels must agree on: MSS, window scale, SACK, timestamps. A connection begins with SYN, SYN-ACK, ACK; the two programs have no part in it beyond connect and listen.",
        ],
        facts: &[
            ("takes", "one sequence number (RFC 9293, 3.4): the first byte of data has relative number 1."),
            (
                "no answer",
                "is repeated, first once a second (tcp_syn_linear_timeouts, 4, since Linux 6.5), then with pauses that double (tcp_syn_retries, 6): ten times in 67 seconds, and connect gives ETIMEDOUT after 131 (Documentation/networking/ip-sysctl.rst).",
            ),
            ("answered by RST", "nobody listens there: connect gives ECONNREFUSED."),
        ],
        advice: &[
            "A SYN-ACK proves that a kernel answered. The program may not have called accept, and may never do so.",
        ],
        misconceptions: &["connect() returns when the server has accepted: it returns when the SYN-ACK comes."],
        lessons: &["connection-refused", "connect-times-out", "backlog-full"],
    },
    Known {
        name: "FIN",
        aliases: &["fin-ack", "fin,ack"],
        title: "the end of one direction",
        meaning: &[
            "FIN says: no byte comes after this one from here. It is a place in the stream, and is read as such: everything before it is delivered first, then read returns 0.",
            "It says nothing of the other direction. Whether the sender will still read cannot be known from it: shutdown(SHUT_WR), close and the end of the process look the same on the wire. Only the answer to the next data tells: an ACK, or an RST.",
        ],
        facts: &[
            (
                "takes",
                "one sequence number, after the last byte (RFC 9293, 3.4), and is acknowledged and repeated like data.",
            ),
            (
                "is sent by",
                "shutdown(SHUT_WR), close, exit and kill alike (tcp_shutdown(), __tcp_close()), after what is still in the send buffer.",
            ),
            ("is not sent by", "a close with unread data, or with SO_LINGER 0: an RST goes instead."),
        ],
        advice: &[
            "Treat it as the peer's last word, not as an error.",
            "Close as well when you have said your own last word; until then the socket stays in CLOSE_WAIT.",
        ],
        misconceptions: &["A FIN closes the connection: it closes one direction of it."],
        lessons: &["graceful-close", "half-close", "fin-is-not-goodbye"],
    },
    Known {
        name: "RST",
        aliases: &["rst,ack", "rst-ack", "reset"],
        title: "the end of a connection, at once",
        meaning: &[
            "RST says: there is no such connection here (any more). It is neither acknowledged nor repeated. The kernel that receives it drops what it had not yet sent, keeps what it had received, and sets the pending error of the socket; which one depends on what came before: ECONNREFUSED in SYN_SENT, EPIPE in CLOSE_WAIT, ECONNRESET otherwise.",
            "Two shapes, two roots. RST without ACK answers a segment that no socket wanted, and takes its sequence number from that segment's acknowledgment. RST,ACK is sent by a socket that gives up its own connection: close with unread data, SO_LINGER 0, a destroyed socket. (An RST that answers a segment without ACK, such as a SYN, has the ACK bit too.)",
        ],
        facts: &[
            (
                "the shape",
                "RFC 9293, 3.10.7.1 and 3.5.2; tcp_v4_send_reset() for an answer, tcp_send_active_reset() for a socket that gives up.",
            ),
            (
                "is believed when",
                "its number is the very next one expected; one within the window provokes a challenge ACK instead (RFC 9293, 3.10.7.4, after RFC 5961; tcp_validate_incoming()).",
            ),
            ("the pending error", "tcp_reset()."),
        ],
        advice: &[
            "Find the segment that provoked it. If there is none, the other end gave up of itself: a program closed or died with data unread.",
            "Compare the TTL with the peer's other segments: a firewall in between can send one in the peer's name.",
        ],
        misconceptions: &[
            "An RST makes the next read fail: not where a FIN came before it, nor while data is still there to be read.",
        ],
        lessons: &["broken-pipe", "connection-reset-on-read", "reset-by-no-socket", "abortive-close"],
    },
];

/// States by the names of Linux, in the order in which connections pass through them.
pub(super) const STATES: &[Known] = &[
    Known {
        name: "LISTEN",
        aliases: &[],
        title: "waiting for connections",
        meaning: &[
            "The kernel answers every SYN by itself and keeps finished connections in a queue until accept takes them.",
        ],
        facts: &[
            ("begins with", "listen."),
            (
                "ends with",
                "the last close of the descriptor; connections that nobody has accepted are reset (inet_csk_listen_stop()).",
            ),
            ("in ss", "Recv-Q is the length of the queue, Send-Q its limit."),
        ],
        advice: &["Before a server stops: stop new connections, drain the queue, then close the listener."],
        misconceptions: &[],
        lessons: &["accept-comes-late", "listener-closed-with-a-queue", "rollout-drain"],
    },
    Known {
        name: "SYN_SENT",
        aliases: &["syn-sent"],
        title: "SYN sent, no answer yet",
        meaning: &["connect is under way. Read and write wait here, or say EAGAIN."],
        facts: &[
            ("ends with", "SYN-ACK (ESTABLISHED), RST (ECONNREFUSED), an ICMP error, or no answer at all (ETIMEDOUT)."),
            (
                "lasts",
                "about two minutes where nobody answers: tcp_syn_retries is 6 (Documentation/networking/ip-sysctl.rst); since Linux 6.5 the first SYNs are one second apart each.",
            ),
        ],
        advice: &[
            "Many sockets here: packets to that address are dropped without a word, or its listen queue is full.",
        ],
        misconceptions: &[],
        lessons: &["connect-times-out", "nonblocking-connect", "connection-refused"],
    },
    Known {
        name: "SYN_RECV",
        aliases: &["syn-received", "syn-recv", "syn-rcvd", "syn_received"],
        title: "SYN-ACK sent, its acknowledgment not yet here",
        meaning: &[
            "A connection that no program can see: accept hands it out after the third segment. In Linux it is a small request, not yet a socket.",
        ],
        facts: &[
            (
                "ends with",
                "the ACK of the SYN-ACK, an RST, or no answer to tcp_synack_retries more SYN-ACKs (5; 63 seconds).",
            ),
            ("lasts longer", "with TCP_DEFER_ACCEPT, which waits for data, or while the accept queue is full."),
        ],
        advice: &["Many of them: a SYN flood, or clients that vanish; see tcp_syncookies."],
        misconceptions: &[],
        lessons: &["deferred-accept", "backlog-full"],
    },
    Known {
        name: "ESTABLISHED",
        aliases: &[],
        title: "both directions are open",
        meaning: &[
            "No FIN was sent and none has come. Nothing need be sent to stay here: a connection whose peer has vanished looks exactly like one with nothing to say.",
        ],
        facts: &[
            (
                "ends with",
                "a FIN from either end, an RST, or a timer: retransmissions (tcp_retries2), keep-alive, TCP_USER_TIMEOUT.",
            ),
            ("without any of these", "never."),
        ],
        advice: &["Who waits for the peer's next word needs keep-alive or a deadline."],
        misconceptions: &["ESTABLISHED means that the peer is alive: it means that nothing has said otherwise."],
        lessons: &["peer-gone-unnoticed", "keep-alive-answered"],
    },
    Known {
        name: "FIN_WAIT1",
        aliases: &["fin-wait-1", "fin_wait_1", "finwait1", "fin-wait1"],
        title: "our FIN is sent and not yet acknowledged",
        meaning: &[
            "This end has closed or shut down first, and the peer's kernel has not yet said that it has everything.",
        ],
        facts: &[
            (
                "ends with",
                "the ACK (FIN_WAIT2), the peer's FIN (CLOSING; TIME_WAIT where it brings the ACK as well), or an RST.",
            ),
            (
                "lasts",
                "a round trip. Where no ACK comes: as long as retransmissions are tried; once the program has closed, tcp_orphan_retries (8) of them (Documentation/networking/ip-sysctl.rst).",
            ),
        ],
        advice: &[
            "Sockets that stay here: the peer's window is zero (its program does not read), or the path is gone.",
        ],
        misconceptions: &[],
        lessons: &["close-returns-before-delivery", "zero-window-and-probes"],
    },
    Known {
        name: "FIN_WAIT2",
        aliases: &["fin-wait-2", "fin_wait_2", "finwait2", "fin-wait2"],
        title: "our FIN is acknowledged; the peer has not closed",
        meaning: &[
            "Now it is the peer's turn: its program must close. After shutdown(SHUT_WR) this is an honest state in which to read the rest of an answer. After close it is an orphan: no program can read any more, and data that still comes is answered by an RST.",
        ],
        facts: &[
            ("ends with", "the peer's FIN (TIME_WAIT) or an RST."),
            (
                "lasts",
                "for ever while a program holds the socket; an orphan tcp_fin_timeout (60 seconds; ip-sysctl.rst), or TCP_LINGER2, and then goes without a segment.",
            ),
            ("in the kernel", "tcp_time_wait() may keep an orphan as a time-wait socket whose substate is FIN_WAIT2."),
        ],
        advice: &["Many of them here, as many CLOSE_WAIT there: the program over there forgets to close."],
        misconceptions: &[
            "A socket in FIN_WAIT2 waits for the peer's FIN for ever: only one that a program still holds.",
        ],
        lessons: &["reset-by-the-orphan", "close-wait-leak", "linger2-off"],
    },
    Known {
        name: "CLOSE_WAIT",
        aliases: &["close-wait", "closewait"],
        title: "the peer has closed; this program has not",
        meaning: &[
            "The peer's FIN is here, and the kernel waits for the program on this machine. The name is easy to misread: nobody waits for the network.",
            "Writing is still possible, and is how one learns whether the peer still reads. An RST that comes now sets EPIPE, not ECONNRESET.",
        ],
        facts: &[
            ("ends with", "close or shutdown(SHUT_WR) by this program (LAST_ACK), or an RST."),
            ("lasts", "without limit: no timer runs, unless keep-alive is on or there is something to send."),
        ],
        advice: &[
            "Sockets that stay here are a bug of this program: it does not read the end of file, or does not close after it. No sysctl helps.",
            "`ss -tnp state close-wait` names the process.",
        ],
        misconceptions: &["CLOSE_WAIT goes away after a while: it stays until the program closes."],
        lessons: &["close-wait-leak", "fin-is-not-goodbye", "broken-pipe"],
    },
    Known {
        name: "CLOSING",
        aliases: &[],
        title: "both ends have sent a FIN, and ours is not yet acknowledged",
        meaning: &["Both programs closed within one round trip, so that the two FINs crossed."],
        facts: &[("ends with", "the ACK of our FIN: TIME_WAIT, at both ends (RFC 9293, 3.6, figure 13).")],
        advice: &[],
        misconceptions: &[],
        lessons: &["self-connect"],
    },
    Known {
        name: "LAST_ACK",
        aliases: &["last-ack", "lastack"],
        title: "the peer closed, then we did; our FIN is not yet acknowledged",
        meaning: &["The end that closes second waits for one last ACK, and keeps no state after it."],
        facts: &[
            ("ends with", "the ACK, or an RST; no TIME_WAIT follows."),
            (
                "lasts",
                "a round trip; where no ACK comes, tcp_orphan_retries (8) retransmissions once the program has closed.",
            ),
        ],
        advice: &["Sockets that stay here: the peer has forgotten the connection, or something in between has."],
        misconceptions: &[],
        lessons: &["three-segments-to-close"],
    },
    Known {
        name: "TIME_WAIT",
        aliases: &["time-wait", "timewait"],
        title: "both directions are over; the kernel of the end that closed first remembers",
        meaning: &[
            "It answers a repeated FIN whose ACK was lost, and keeps late segments of this connection out of the next one between the same two ports. It costs a little memory and one pair of ports, nothing else; no program holds it.",
        ],
        facts: &[
            ("who", "the end that sent its FIN first; both, where the FINs crossed."),
            (
                "lasts",
                "60 seconds (TCP_TIMEWAIT_LEN, include/net/tcp.h, not adjustable). RFC 9293, 3.6.1, says two maximum segment lifetimes, which it takes as four minutes.",
            ),
            ("is avoided by", "an RST: a socket that is reset leaves none."),
            (
                "tcp_tw_reuse",
                "lets connect take the pair of ports again after about a second, where timestamps are on; the default, 2, does so on loopback only (ip-sysctl.rst).",
            ),
        ],
        advice: &[
            "A server that must start again at once: SO_REUSEADDR before bind.",
            "A client that runs out of ports: keep connections open and use them again, rather than close them faster.",
            "Let the client close first where a server has many short connections.",
        ],
        misconceptions: &[
            "TIME_WAIT is a leak, and tcp_fin_timeout shortens it: it is a safety, and that sysctl is about FIN_WAIT2.",
            "SO_LINGER 0 is the cure: it destroys data on its way, and the peer gets ECONNRESET.",
        ],
        lessons: &[
            "graceful-close",
            "time-wait-blocks-the-port",
            "time-wait-exhaustion",
            "reset-by-the-time-wait-socket",
        ],
    },
    Known {
        name: "CLOSE",
        aliases: &["closed"],
        title: "no connection",
        meaning: &[
            "A socket before connect or listen, or after its connection was reset, refused, given up, or ended by both sides. RFC 9293 says CLOSED. A descriptor may still be open, and may have bytes to read and an error to tell.",
            "For the call of that name: `tcpstory explain close()`.",
        ],
        facts: &[("in ss", "does not appear: ss lists sockets that the kernel keeps in its tables.")],
        advice: &[],
        misconceptions: &[],
        lessons: &["refused-socket-again", "calls-without-a-connection"],
    },
];
