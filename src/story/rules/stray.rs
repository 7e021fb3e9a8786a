//! Segments that find no taker.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "data-without-room-is-dropped",
        statement: "A receiver whose buffer has no memory for a segment that it had offered the room for drops the segment, closes its window and waits for it to be sent again.",
        sentence: "{data} found no room in the receive buffer, although the window had been offered: it is dropped, what lies beyond it too, and the window is closed until somebody reads.",
        notable: true,
        calls: &["setsockopt", "read"],
        wire: "An ACK with a window of 0 that acknowledges less than was sent within the window offered before; later the same data once more.",
        rfc: "RFC 9293 3.8.6: a receiver should not move the right edge of its window back (SHLD-14), and a sender must cope with it (MUST-34).",
        linux: "tcp_data_queue() drops what tcp_try_rmem_schedule() finds no memory for; tcp_select_window() then answers 0.",
        differs: true,
        since: "6.6 for the window of 0; before, the segment is dropped without a word",
        misconception: "What was sent within the window has arrived.",
        unshown: "It needs a sender that is faster than the receiver's accounts; over the loopback that is an accident of sizes.",
        ..PLAIN
    },
    Rule {
        id: "full-socket-at-work-drops-what-comes",
        statement: "A segment that arrives while a call works on its socket is dropped where the receive queue holds much more than the receive buffer allows by now.",
        sentence: "{segment} came while a call had the socket to itself, and the socket, whose receive buffer was made smaller than what it holds, had no room to keep it: it is dropped, and the state is still {state}.",
        notable: true,
        calls: &["setsockopt", "send", "shutdown"],
        wire: "A segment that changes nothing at its receiver, an RST even; where the sender still exists, it is sent again.",
        rfc: "RFC 9293 3.10.7.4: an RST with the expected sequence number must reset the connection.",
        linux: "tcp_add_backlog() allows twice sk_rcvbuf, half of sk_sndbuf and 64 KB, and drops what comes when the receive queue takes more.",
        differs: true,
        since: "6.9 for twice sk_rcvbuf; before, once",
        misconception: "An RST that has arrived has ended the connection.",
        unshown: "Whether it happens depends on how much memory the kernel takes for each segment, which differs between kernels.",
        ..PLAIN
    },
    Rule {
        id: "data-for-a-closed-socket-gets-rst",
        statement: "Data for a connection whose socket is closed is answered with an RST.",
        sentence: "{segment} reached the socket closed by {by}: nobody can read it any more, and the RST says so.",
        notable: true,
        calls: &["close", "write"],
        wire: "FIN from the closed side, DATA to it, and a bare RST whose sequence number is the DATA's acknowledgment number.",
        rfc: "RFC 9293 3.6.1 (SHLD-3): new data after a close should be answered with an RST.",
        linux: "tcp_rcv_state_process() until the FIN is acknowledged; tcp_timewait_state_process() after that, for tcp_fin_timeout; tcp_v4_rcv() later still, which finds no socket. The RST looks the same.",
        misconception: "The RST comes from a program, or from a firewall.",
        lessons: &["broken-pipe", "reset-by-the-orphan", "reset-by-the-time-wait-socket", "reset-by-no-socket"],
        ..PLAIN
    },
    Rule {
        id: "data-after-shutdown-of-both-directions-gets-rst",
        statement: "Data for a socket that was shut down in both directions is answered with an RST.",
        sentence: "{segment} reached a socket that {by} had shut down in both directions.",
        notable: true,
        calls: &["shutdown"],
        wire: "FIN from the side that was shut down, DATA to it, and a bare RST; the descriptor is still open.",
        rfc: "RFC 9293 3.6.1 (SHLD-3): new data after a close should be answered with an RST.",
        linux: "tcp_rcv_state_process() in TCP_FIN_WAIT1 and TCP_FIN_WAIT2 with RCV_SHUTDOWN.",
        misconception: "shutdown(SHUT_RDWR) is close().",
        lessons: &["shutdown-both-is-not-close"],
        ..PLAIN
    },
    Rule {
        id: "segment-without-a-socket-gets-rst",
        statement: "A segment for a connection that is no longer there is answered with an RST.",
        sentence: "{segment} belongs to a connection that this side no longer has.",
        notable: true,
        wire: "A segment with ACK, and a bare RST whose sequence number is that segment's acknowledgment number. No FIN came before.",
        rfc: "RFC 9293 3.10.7.1: a segment for a connection that does not exist is answered with an RST; to one with ACK it is <SEQ=SEG.ACK><CTL=RST>.",
        linux: "tcp_v4_rcv() finds no socket and calls tcp_v4_send_reset(); over IPv6, tcp_v6_rcv() does so.",
        misconception: "Every RST is somebody's decision to abort.",
        unshown: "A lesson's recording knows what had closed the socket, and another rule names that; this one is for captures that do not.",
        ..PLAIN
    },
    Rule {
        id: "zero-window-probe",
        statement: "While the peer's window is closed and data waits, a probe asks again and again whether it has opened.",
        sentence: "the peer's window is closed and bytes of {write} still wait: this probe asks whether it has opened.",
        notable: true,
        wire: "An ACK whose sequence number lies one before the next; the peer answers with an ACK that tells its window.",
        rfc: "RFC 9293 3.8.6.1: a sender must probe a zero window (MUST-36), with at least one octet of new data or a retransmission.",
        linux: "tcp_write_wakeup() sends an empty segment with an old sequence number, which has to be answered as well.",
        differs: true,
        misconception: "A window of 0 means that the peer is gone.",
        lessons: &["zero-window-and-probes", "user-timeout-at-zero-window"],
        ..PLAIN
    },
    Rule {
        id: "keep-alive-probe",
        statement: "On an idle connection with SO_KEEPALIVE a probe asks whether the peer is still there.",
        sentence: "nothing was said for the keep-alive time: this probe asks whether the peer is still there.",
        notable: true,
        wire: "An ACK whose sequence number lies one before the next; a live peer answers with an ACK.",
        rfc: "RFC 9293 3.8.4: keep-alives are optional, off by default, and sent only on an idle connection.",
        linux: "tcp_keepalive_timer() sends it through tcp_write_wakeup().",
        misconception: "Every TCP connection asks from time to time whether its peer is there.",
        lessons: &["keep-alive-answered"],
        ..PLAIN
    },
    Rule {
        id: "segment-for-a-vanished-socket-gets-rst",
        statement: "A machine that has forgotten a connection answers its segments with an RST, and only then does the peer learn.",
        sentence: "{segment} reached a machine that knows nothing of this connection since {by}: it answers with an RST.",
        notable: true,
        wire: "Silence, then a segment and a bare RST with its acknowledgment number.",
        rfc: "RFC 9293 3.5.1: a crashed side that has forgotten the connection answers with a reset.",
        linux: "tcp_v4_rcv() finds no socket and calls tcp_v4_send_reset().",
        misconception: "A peer that crashes is noticed at once.",
        lessons: &["peer-rebooted", "keep-alive-finds-a-reset", "peer-rebooted-and-back"],
        ..PLAIN
    },
];
