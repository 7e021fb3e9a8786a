//! Errors of a connection that is over.

use super::Basis::{Manual, Measured, Source};
use super::{Known, PLAIN, Way};

/// How BSD comes by the sentence that everybody repeats.
const BSD: &str = "FreeBSD's source (the RST case of tcp_input.c, sosend_generic, soreceive_generic): an RST sets ECONNRESET in \
CLOSE_WAIT as well; a write tests \"can send no more\" before the pending error and so gives EPIPE; a read tests the pending \
error before end of file and so gives ECONNRESET. \"After the RST a write gives broken pipe and a read gives connection \
reset\" is the rule there, FIN or no FIN. It is not the rule on Linux. macOS and Windows were not checked.";

pub(super) const ERRNOS: &[Known] = &[
    Known {
        name: "EPIPE",
        meaning: &[
            "A write on a connection that can carry no more bytes from this side. EPIPE comes from calls that write (write, \
             send, sendmsg, sendfile), never from a read. It is decided on this machine: no segment carries it, and the write \
             that fails sends nothing.",
            "The classic way takes two writes. The peer has closed, its FIN has come; a first write succeeds, because a FIN \
             says only that the peer sends no more. The peer's kernel answers those bytes with an RST, and a write after that \
             gets EPIPE. \"After that\" means one round trip later: over 40 ms, three quick writes succeed before one fails.",
            "The same errno has roots that have nothing to do with the peer: one's own shutdown(SHUT_WR), a socket that was \
             never connected, an error that an earlier call has already been told of.",
        ],
        first: &[
            "rst-in-close-wait-sets-epipe",
            "write-after-reported-error-gives-epipe",
            "write-after-giving-up-gives-epipe",
            "own-shutdown-write-gives-epipe",
            "write-needs-a-connection",
        ],
        also: &["sendfile-swallows-the-error"],
        ways: &[Way {
            name: "connect had failed",
            text: "After ECONNREFUSED or ETIMEDOUT from connect the socket is unconnected again, and a write gets EPIPE.",
            wire: "A SYN, and an RST or no answer.",
            basis: Measured(&["E1", "E3"]),
        }],
        behind: &["close-sends-fin", "the-end-of-a-process-sends-fin", "data-for-a-closed-socket-gets-rst"],
        signs: &[
            (
                "FIN from the peer … DATA from here … RST from the peer",
                "the peer had closed (close, exit or kill), then our data provoked the RST",
            ),
            (
                "FIN from the peer, later RST,ACK from the peer that nothing provoked",
                "the peer had shut down writing, and then aborted: EPIPE all the same, for the FIN came first",
            ),
            (
                "RST from the peer, no FIN before it",
                "the peer aborted; an earlier call here was told ECONNRESET, or SO_ERROR took it",
            ),
            ("FIN from here, no RST at all", "this program shut down writing itself"),
            (
                "the same DATA again and again, no answer",
                "the path or the peer's machine is gone; an earlier call was told ETIMEDOUT",
            ),
            ("no segment of this connection", "the socket was never connected, or it is a pipe or an AF_UNIX socket"),
        ],
        next: "EPIPE is told as often as you write, with SIGPIPE each time. A read never tells it; SO_ERROR does once, where an RST has set it.",
        sigpipe: "EPIPE is the one errno that comes with SIGPIPE. Its default action ends the process inside the write, before errno can be looked at: exit status 141 in a shell, and often no log line at all. Ignore the signal, or send with MSG_NOSIGNAL; either way the write returns EPIPE.",
        deeds: &[
            (
                "Always",
                "keep SIGPIPE from ending the process. Then read before you give up: what the peer said before it closed may be waiting (an error message, a final answer), and on Linux the RST leaves it readable.",
            ),
            (
                "Ignore it",
                "where the peer need not have your bytes: a browser that went away, `program | head`, a goodbye message. Stop writing, close, go on.",
            ),
            (
                "Log it",
                "once for each connection, with the peer's address and how many bytes were written: at a low level in a server, as a warning in a client that still waited for an answer.",
            ),
            (
                "Reconnect",
                "as a client, and send again only what may be done twice. EPIPE does not say which of the earlier bytes the peer has processed: writes that succeeded prove nothing.",
            ),
            (
                "Look at your own code",
                "where the capture shows no RST: a shutdown, a socket used after a failed connect, two threads that share one descriptor.",
            ),
        ],
        elsewhere: &[
            BSD,
            "FreeBSD gives ENOTCONN, not EPIPE, to a write on a socket that was never connected (sosend_generic).",
        ],
        misconceptions: &[
            "\"The second write fails.\" The first write after one round trip fails; without a pause three or thirty may succeed.",
            "\"The peer crashed.\" An orderly close gives the same segments.",
        ],
        lessons: &[
            "broken-pipe",
            "after-fin-write",
            "broken-pipe-server-side",
            "server-crash",
            "reset-after-fin",
            "write-after-own-shutdown",
            "calls-without-a-connection",
            "read-before-giving-up",
            "sigpipe-kills",
            "handle-ignore",
        ],
    },
    Known {
        name: "ECONNRESET",
        meaning: &[
            "An RST arrived, and the peer had not said by a FIN that it was done. The connection is over in both directions, and \
             what was still on its way is lost. What had already been received can still be read, here, before the error is told.",
            "The error is told once, to whoever asks first: a read, a write, a recv with MSG_PEEK, SO_ERROR. After that the \
             socket looks quiet: read returns 0, write gives EPIPE. A program that asks SO_ERROR first turns a reset into a \
             clean end of file.",
            "The text \"Connection reset by peer\" is not always true: the RST may come from the peer's kernel (the program was \
             killed, or closed with your data unread), from a machine in between, or from this very machine.",
        ],
        first: &["rst-sets-econnreset-read", "rst-sets-econnreset-write", "own-rst-sets-econnreset"],
        ways: &[
            Way {
                name: "the peer's accept queue was full, with tcp_abort_on_overflow=1",
                text: "The handshake's last ACK met a full queue. Without that sysctl the ACK is dropped and nobody is told.",
                wire: "SYN, SYN-ACK, ACK, RST.",
                basis: Measured(&["F4"]),
            },
            Way {
                name: "the listener was closed during the handshake",
                text: "The last ACK of the handshake finds no socket.",
                wire: "SYN, SYN-ACK, ACK, RST.",
                basis: Measured(&["F9"]),
            },
            Way {
                name: "a balancer or NAT in between ended the connection in the peer's name",
                text: "It had forgotten the idle connection, or resets it when its idle time is over. The peer's machine has seen nothing of it.",
                wire: "A long silence, then an RST; often with another TTL than the peer's segments. At the peer: no RST sent.",
                basis: Manual(
                    "the manuals of such devices, for example AWS Network Load Balancer and Azure Load Balancer, idle timeout",
                ),
            },
        ],
        behind: &[
            "close-with-unread-data-sends-rst",
            "the-end-of-a-process-with-unread-data-sends-rst",
            "segment-for-a-vanished-socket-gets-rst",
            "closing-a-listener-resets-its-queue",
            "close-with-linger-0-sends-rst",
            "data-after-shutdown-of-both-directions-gets-rst",
            "a-socket-is-destroyed-from-outside",
            "keep-alive-gives-up-with-rst",
        ],
        signs: &[
            (
                "RST,ACK from the peer that no segment from here provoked, after it acknowledged data",
                "the peer closed or died without having read that data; or SO_LINGER was 0, or `ss -K` ran there (the wire does not tell them apart)",
            ),
            ("the same on several connections within a millisecond", "the peer's process died, or was stopped"),
            (
                "bare RST from the peer at once after a segment from here, its sequence number our acknowledgment number, no FIN before",
                "the peer's machine has no such connection: restarted, moved behind a balancer, forgotten by a NAT",
            ),
            (
                "RST with another TTL than the peer's other segments",
                "something in between sent it; capture at the peer to be sure",
            ),
            (
                "RST at once after the handshake",
                "the listener was closed, or its queue was full with tcp_abort_on_overflow=1",
            ),
            (
                "FIN from here, DATA from the peer, RST from here",
                "this side had shut down both directions and reset itself",
            ),
            (
                "a FIN from the peer before the RST",
                "not ECONNRESET: Linux makes it EPIPE for a write, and a read stays 0",
            ),
        ],
        deeds: &[
            (
                "Always",
                "treat the exchange as unfinished: bytes that you wrote may not have been read, and an answer may have been lost with them.",
            ),
            (
                "Ignore it",
                "in a server, where the client gave up between two requests or while you were still answering; the client will know what to do.",
            ),
            (
                "Log it",
                "with both addresses, the age of the connection, bytes read and written, and whether a request was under way. Many of them at once, right after a deployment, are a listener or a worker that was closed with unread data.",
            ),
            (
                "Reconnect",
                "as a client; send again only what is safe to do twice. A reset on the first write over a connection that had been idle usually means that the peer had closed or forgotten it: that request may be sent again on a new one if it is idempotent.",
            ),
            (
                "Mend the peer",
                "if it is yours: read to the end before closing (shutdown(SHUT_WR), read until 0, close), and do not set SO_LINGER to 0 to escape TIME_WAIT.",
            ),
        ],
        next: "The order in which you ask decides what you see: the first call takes the error, and from then on a read looks like an orderly end and a write like a broken pipe.",
        sigpipe: "It raises none itself. But the write after it gives EPIPE, and that one does: a program that only logs the reset and writes on is ended by the signal, unless it ignores it.",
        elsewhere: &[BSD],
        misconceptions: &[
            "\"Write gives broken pipe, read gives connection reset.\" On Linux both give ECONNRESET after an RST without a FIN, and after FIN and RST the write gives EPIPE and the read 0.",
            "\"A crash sends an RST.\" The kernel closes the sockets of a process that dies: with a FIN, unless data was unread.",
        ],
        lessons: &[
            "connection-reset-on-read",
            "connection-reset-on-write",
            "one-reset-one-report",
            "server-crash-unread",
            "abortive-close",
            "peer-rebooted",
            "rollout-reset",
            "keep-alive-race-request-first",
            "the-413-nobody-saw",
            "read-after-rst-returns-zero",
        ],
        ..PLAIN
    },
    Known {
        name: "ETIMEDOUT",
        meaning: &[
            "The kernel gave up: it sent something again and again (a SYN, data, a probe), and no answer came in the time that it \
             allows. It is a verdict about the path or the peer's machine, not about the peer's program: a program that hangs \
             still has a kernel that acknowledges.",
            "It is not the timeout of a read. SO_RCVTIMEO gives EAGAIN; \"i/o timeout\", \"Read timed out\" and their like come \
             from the program's own clock, and the connection behind them may be in perfect health.",
            "How long it takes, by default: connect 131 seconds (tcp_syn_retries=6), data that is not \
             acknowledged at least 924.6 seconds (tcp_retries2=15), an idle connection for ever; with SO_KEEPALIVE two hours and \
             eleven minutes (7,200 seconds, then 9 probes 75 seconds apart). TCP_USER_TIMEOUT replaces all of them for one \
             socket.",
        ],
        first: &[
            "no-answer-to-the-syn-gives-etimedout",
            "unacknowledged-data-gives-etimedout",
            "keep-alive-gives-etimedout",
            "user-timeout-gives-etimedout",
        ],
        ways: &[
            Way {
                name: "probes of a closed window went unanswered",
                text: "The peer's window was closed, data waited, and then the path or the peer's machine went: tcp_retries2 limits the probes as it limits retransmissions.",
                wire: "Window 0 from the peer, then empty probes with growing pauses and no answer.",
                basis: Source("tcp_probe_timer()"),
            },
            Way {
                name: "TCP_USER_TIMEOUT passed first",
                text: "The program allowed less time than the sysctls do: for a SYN, for data, or for keep-alive.",
                wire: "As in the other ways, but shorter.",
                basis: Measured(&["G1", "E3e"]),
            },
        ],
        signs: &[
            (
                "SYN, SYN, SYN",
                "connect: nothing answers (a firewall drops, the machine is off, its accept queue is full), or the SYN-ACK is lost on its way back: capture at the server",
            ),
            (
                "the same DATA again and again, pauses doubling",
                "the path or the machine has gone while data was under way",
            ),
            (
                "empty probes at even intervals, then RST,ACK from here",
                "keep-alive: the machine has gone while the connection was idle",
            ),
            (
                "window 0 and probes that are acknowledged",
                "the peer lives but does not read, and TCP_USER_TIMEOUT was set",
            ),
            ("no retransmission at all", "not ETIMEDOUT of the kernel: the program's own timeout"),
        ],
        sigpipe: "It raises none itself. A write after it has been told gives EPIPE, and that one does.",
        next: "connect tells it itself, or SO_ERROR after a non-blocking connect; the socket is then unconnected again. On a connection it is told once, to whoever asks first: that may be a read, although it was a write, or the FIN of a shutdown, that nobody has acknowledged. After close nobody is left to be told.",
        deeds: &[
            ("Ignore it", "where it is what you asked for: keep-alive clearing away clients that are gone."),
            (
                "Log it",
                "with the addresses, the time since the last byte came, and what was under way; it is the network's or the machine's fault, so whoever runs those wants to know.",
            ),
            (
                "Reconnect",
                "yes, with a growing pause: nothing else will bring the connection back. The peer may have processed the request, and may have answered it: send again only what may be done twice.",
            ),
            (
                "Do not wait so long",
                "set a deadline of your own (TCP_USER_TIMEOUT, or a timer and close): the kernel's defaults are minutes. Tell your own deadline and the kernel's verdict apart in the log.",
            ),
        ],
        elsewhere: &[
            "RFC 9293 3.8.3 wants such limits (R2): at least 100 seconds for data, three minutes for a SYN. Linux gives a SYN less.",
            "FreeBSD tells the peer: when it gives a connection up, tcp_drop() sends an RST. Linux does so after keep-alive alone.",
            "Linux before 6.5 sends 7 SYNs and gives up after 127 seconds; since then it is 11, and 131 seconds, because the first of them are one second apart (tcp_syn_linear_timeouts; Documentation/networking/ip-sysctl.rst of both).",
            "Where ICMP messages say that the host cannot be reached, Linux reports those instead when it gives up: tcp_write_err() takes the soft error first. See EHOSTUNREACH.",
        ],
        misconceptions: &[
            "\"A read that times out gives ETIMEDOUT.\" It gives EAGAIN.",
            "\"The server hangs.\" A hanging program's kernel goes on acknowledging, keep-alive probes too (experiment G4b); only TCP_USER_TIMEOUT against a closed window turns a program's silence into ETIMEDOUT.",
        ],
        lessons: &[
            "connect-times-out",
            "user-timeout-at-zero-window",
            "peer-gone-unnoticed",
            "keep-alive-answered",
            "read-timeout",
        ],
        ..PLAIN
    },
    Known {
        name: "ECONNABORTED",
        meaning: &[
            "On Linux, almost always: this machine aborted the connection. An administrator did (`ss -K`), or connect ended \
             without an error of its own.",
            "Windows uses the name (10053, \"An established connection was aborted by the software in your host machine\") for \
             much of what Linux calls ETIMEDOUT or EPIPE: a log line with it may come from there.",
        ],
        ways: &[Way {
            name: "connect ended without an error of its own",
            text: "The attempt was over when connect looked, and another call had already been told why.",
            wire: "A SYN, and whatever ended the attempt.",
            basis: Source("__inet_stream_connect()"),
        }],
        behind: &["a-socket-is-destroyed-from-outside"],
        signs: &[("RST,ACK from here, and this program did not close", "it was done to the program")],
        next: "Told once; then read returns 0 and write gives EPIPE with SIGPIPE (experiment G6).",
        deeds: &[
            ("Log it", "always: somebody or something on this machine ended the connection on purpose."),
            ("Reconnect", "as after ECONNRESET."),
        ],
        elsewhere: &[
            "FreeBSD's accept(2) gives ECONNABORTED where a connection was closed while it waited in the queue. On Linux accept succeeds, the data is readable, and then a read gets ECONNRESET (experiment F5).",
        ],
        misconceptions: &["\"accept gives ECONNABORTED when the client has gone.\" Not on Linux."],
        lessons: &["abort-before-accept"],
        ..PLAIN
    },
];
