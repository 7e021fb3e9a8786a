//! What may have happened behind a log line, and the packets that tell one story from another.

use crate::story::rules::rule;

/// Something that may have happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story {
    /// A name for the tables.
    pub(super) id: &'static str,
    /// What happened, in one line.
    pub(super) title: &'static str,
    /// What happened, and why the program sees it so.
    pub(super) text: &'static str,
    /// What a capture shows of it, and by what it is told from the others.
    pub(super) packets: &'static str,
    /// The rules that it rests on; empty where the model does not cover it.
    pub(super) rules: &'static [&'static str],
    /// Scenarios that reproduce it, the best first. The rules' lessons follow.
    pub(super) lessons: &'static [&'static str],
}

impl Story {
    /// The scenarios that reproduce it.
    pub(super) fn lessons(&self) -> Vec<&'static str> {
        let mut names = self.lessons.to_vec();
        for name in self.rules.iter().filter_map(|id| rule(id)).flat_map(|rule| rule.lessons) {
            if !names.contains(name) {
                names.push(*name);
            }
        }
        names
    }
}

/// The story of that name.
pub(super) fn story(id: &str) -> Option<&'static Story> {
    STORIES.iter().find(|story| story.id == id)
}

/// The stories behind an errno that a call gave, the likeliest first.
pub(super) fn behind(call: &str, errno: &str) -> &'static [&'static str] {
    match (call, errno) {
        (_, "EPIPE") => &["closed-then-reset", "told-before", "own-shutdown", "never-connected"],
        ("connect", "ECONNRESET") => &["forgotten", "queue-full-reset"],
        (_, "ECONNRESET") => &[
            "unread-close",
            "killed-unread",
            "forgotten",
            "linger-0",
            "listener-closed",
            "queue-full-reset",
            "own-reset",
        ],
        (_, "ECONNREFUSED") => &["nobody-listens", "firewall-refuses"],
        ("connect", "ETIMEDOUT") => &["syn-unanswered", "queue-full-silent"],
        ("", "ETIMEDOUT") => &["syn-unanswered", "data-unanswered", "keepalive-unanswered"],
        (_, "ETIMEDOUT") => &["data-unanswered", "keepalive-unanswered", "window-closed"],
        ("write" | "send", "EAGAIN") => &["buffer-full"],
        ("accept", "EAGAIN") => &["nothing-to-accept"],
        (_, "EAGAIN") => &["read-deadline", "nothing-yet"],
        (_, "EADDRINUSE") => &["somebody-listens", "time-wait-here"],
        ("connect", "EADDRNOTAVAIL") => &["ports-used-up"],
        (_, "EADDRNOTAVAIL") => &["not-my-address", "ports-used-up"],
        (_, "EHOSTUNREACH") => &["icmp-says-no", "no-neighbour"],
        (_, "ENETUNREACH") => &["no-route"],
        (_, "ENOTCONN") => &["over-already", "never-connected"],
        (_, "EBADF") => &["used-after-close"],
        (_, "ECONNABORTED") => &["aborted-here"],
        (_, "EMFILE") => &["too-many-descriptors"],
        (_, "EINPROGRESS" | "EALREADY") => &["connect-under-way"],
        ("bind", "EACCES") => &["privileged-port"],
        ("connect", "EACCES") => &["policy-forbids"],
        (_, "EACCES") => &["privileged-port", "policy-forbids", "no-socket"],
        ("connect", "EINVAL") => &["call-does-not-fit", "policy-forbids"],
        (_, "EINVAL") => &["call-does-not-fit", "no-socket"],
        (_, "EISCONN") => &["connected-already"],
        (_, "EINTR") => &["signal-came"],
        (_, "ENOBUFS") => &["no-memory"],
        _ => &[],
    }
}

/// Every story.
pub(super) const STORIES: &[Story] = &[
    Story {
        id: "closed-then-reset",
        title: "The peer had closed; this program went on writing",
        text: "The peer's close, exit or death sent a FIN. The next write still succeeded; its bytes found no taker and provoked an RST; a write after that failed. What the peer said before may still be readable.",
        packets: "FIN from the peer, DATA to it, a bare RST back; nothing for the write that failed.",
        rules: &["rst-in-close-wait-sets-epipe", "data-for-a-closed-socket-gets-rst"],
        lessons: &["broken-pipe", "broken-pipe-server-side", "server-crash"],
    },
    Story {
        id: "told-before",
        title: "The connection was reset or had timed out, and an earlier call was told",
        text: "Errors are told once. Look for ECONNRESET or ETIMEDOUT earlier in the log, or for code that asks SO_ERROR.",
        packets: "RST from the peer with no FIN before it, or retransmissions without an answer, some time before.",
        rules: &["write-after-reported-error-gives-epipe"],
        lessons: &["connection-reset-on-write", "one-reset-one-report"],
    },
    Story {
        id: "own-shutdown",
        title: "This program had shut down writing itself",
        text: "shutdown(SHUT_WR), CloseWrite, shutdownOutput, end(): then a write on the same connection, often from another thread.",
        packets: "FIN from here and no RST from the peer.",
        rules: &["own-shutdown-write-gives-epipe"],
        lessons: &["write-after-own-shutdown", "shutdown-of-a-duplicate"],
    },
    Story {
        id: "never-connected",
        title: "The socket was not connected",
        text: "connect had failed or was never called.",
        packets: "No handshake.",
        rules: &["write-needs-a-connection", "call-needs-a-connection"],
        lessons: &["calls-without-a-connection", "refused-socket-again"],
    },
    Story {
        id: "unread-close",
        title: "The peer closed without having read everything",
        text: "Its kernel had taken your bytes, its program never read them: an RST instead of a FIN. Typical: a server that answers early (\"413\", \"429\") and closes, a worker at its limit, a health check that hangs up.",
        packets: "DATA to the peer, acknowledged; then RST,ACK from the peer that nothing provoked; no FIN before it.",
        rules: &["close-with-unread-data-sends-rst", "rst-sets-econnreset-read"],
        lessons: &["connection-reset-on-read", "the-413-nobody-saw", "connection-reset-on-write"],
    },
    Story {
        id: "killed-unread",
        title: "The peer's process died with unread data",
        text: "Killed, out of memory, crashed: the kernel closed its sockets, and data was unread. With nothing unread it would have been a FIN.",
        packets: "As for a close with unread data; but several connections of that process end in the same millisecond.",
        rules: &["the-end-of-a-process-with-unread-data-sends-rst"],
        lessons: &["server-crash-unread", "upstream-recv-failed-104"],
    },
    Story {
        id: "forgotten",
        title: "The other end does not know the connection any more",
        text: "The machine was restarted, a balancer moved or expired the connection, a NAT forgot it: typical after idle minutes.",
        packets: "A long pause; a segment from here; at once a bare RST whose sequence number is that segment's acknowledgment number. No FIN.",
        rules: &["segment-without-a-socket-gets-rst", "segment-for-a-vanished-socket-gets-rst"],
        lessons: &["peer-rebooted", "peer-rebooted-and-back"],
    },
    Story {
        id: "linger-0",
        title: "The peer aborted on purpose (SO_LINGER with 0)",
        text: "Some servers and balancers do it to shed load or to escape TIME_WAIT.",
        packets: "RST,ACK from the peer that nothing provoked, with no data unread; the wire does not tell it from a close with unread data.",
        rules: &["close-with-linger-0-sends-rst"],
        lessons: &["abortive-close"],
    },
    Story {
        id: "listener-closed",
        title: "The server closed its listener with this connection still in the queue",
        text: "A rollout or restart: the handshake was complete, the request perhaps acknowledged, and nobody had accepted.",
        packets: "SYN, SYN-ACK, ACK, perhaps DATA and its ACK, RST,ACK; never a byte from the server.",
        rules: &["closing-a-listener-resets-its-queue"],
        lessons: &["rollout-reset", "listener-closed-with-a-queue"],
    },
    Story {
        id: "queue-full-reset",
        title: "The server's accept queue was full (tcp_abort_on_overflow=1)",
        text: "The last ACK of the handshake met a full queue.",
        packets: "SYN, SYN-ACK, ACK, RST at once.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "own-reset",
        title: "This side had shut down both directions and reset itself",
        text: "shutdown(SHUT_RDWR) without close, and data came afterwards.",
        packets: "FIN from here, DATA from the peer, RST from here.",
        rules: &["own-rst-sets-econnreset"],
        lessons: &["shutdown-both-is-not-close"],
    },
    Story {
        id: "fin-without-answer",
        title: "The peer closed before it had answered",
        text: "Its program returned, crashed or was killed with nothing unread: an orderly FIN, only too early. Its own log says why; the network does not.",
        packets: "The request, its ACK, then FIN from the peer and no DATA (or too little). No RST.",
        rules: &["fin-is-end-of-file", "the-end-of-a-process-sends-fin"],
        lessons: &["upstream-prematurely-closed", "server-crash"],
    },
    Story {
        id: "client-left",
        title: "The client closed before it had its answer",
        text: "Somebody left the page or pressed Ctrl-C, the client's own deadline passed, a health check had seen enough. For a server this is everyday, and rarely an error.",
        packets: "FIN from the client before the answer's end, or RST,ACK where it had unread data; then DATA to it and a bare RST back.",
        rules: &["fin-is-end-of-file", "data-for-a-closed-socket-gets-rst"],
        lessons: &["ctrl-c-during-a-download", "broken-pipe-server-side"],
    },
    Story {
        id: "stream-reset",
        title: "The other end reset one stream of HTTP/2, and not the connection",
        text: "RST_STREAM is a frame inside the connection, with a reason of its own. TCP knows nothing of it.",
        packets: "DATA (encrypted, as a rule), and no segment with RST.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "reader-of-a-pipe-ended",
        title: "The process at the other end of a pipe had ended",
        text: "`program | head`, or ssh below rsync and git: the reader went first. Its own message, a line nearby, says why.",
        packets: "Nothing: it is a pipe. If the reader is ssh, its connection is the one to look at.",
        rules: &["the-first-write-to-a-closed-pair-gives-epipe"],
        lessons: &["yes-head", "pipe-broken-pipe"],
    },
    Story {
        id: "nobody-listens-here",
        title: "Nobody listens on that AF_UNIX socket",
        text: "The daemon is not running: the socket's file is missing, or was left behind.",
        packets: "Nothing: no network.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "idle-race",
        title: "The peer closed an idle connection just as it was used again (keep-alive race)",
        text: "Its idle timeout passed; its FIN and the new request crossed, or the FIN had come and nobody had looked. Make the client's idle timeout shorter than the server's, and repeat idempotent requests on a fresh connection.",
        packets: "A pause as long as the peer's idle timeout; FIN from the peer; the request; a bare RST back.",
        rules: &["data-for-a-closed-socket-gets-rst", "read-after-fin-stays-0-in-spite-of-rst"],
        lessons: &["keep-alive-race-fin-first", "keep-alive-race-request-first"],
    },
    Story {
        id: "nobody-listens",
        title: "Nobody listens on that address and port",
        text: "Not started, crashed, restarting, another port; or listening on 127.0.0.1 or on IPv4 only. The kernel answered; no program has seen the SYN.",
        packets: "SYN, then at once RST,ACK.",
        rules: &["syn-without-listener-gets-rst", "rst-in-syn-sent-refuses"],
        lessons: &["connection-refused"],
    },
    Story {
        id: "firewall-refuses",
        title: "A firewall refuses",
        text: "A rule rejects with a TCP reset or with ICMP port unreachable.",
        packets: "SYN, then ICMP port unreachable; with a reset it looks like a port where nobody listens (compare the TTL).",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "syn-unanswered",
        title: "Nothing answers the SYN",
        text: "The machine is off, a firewall drops, or the way back is cut.",
        packets: "SYN, SYN, SYN, a second apart at first and then ever further; no answer. Capture at the server: if SYN-ACKs leave there, the way back is cut.",
        rules: &["no-answer-to-the-syn-gives-etimedout"],
        lessons: &["connect-times-out"],
    },
    Story {
        id: "queue-full-silent",
        title: "The server's accept queue is full",
        text: "Linux drops SYNs then. The server is up and too slow to accept: `ss -ltn` there shows Recv-Q above Send-Q.",
        packets: "SYN, SYN, SYN to a port that answers others.",
        rules: &["no-answer-to-the-syn-gives-etimedout"],
        lessons: &["backlog-full", "connect-times-out"],
    },
    Story {
        id: "data-unanswered",
        title: "The peer's machine or the path is gone",
        text: "Written data was sent again and again without an ACK until the kernel gave up.",
        packets: "The same DATA again, pauses doubling; nothing back, and no RST from here at the end.",
        rules: &["unacknowledged-data-gives-etimedout"],
        lessons: &[],
    },
    Story {
        id: "keepalive-unanswered",
        title: "Keep-alive probes went unanswered",
        text: "The connection was idle, and the other machine is gone.",
        packets: "Empty probes at even intervals, no answer, then RST,ACK from here.",
        rules: &["keep-alive-gives-etimedout", "keep-alive-gives-up-with-rst"],
        lessons: &[],
    },
    Story {
        id: "window-closed",
        title: "The peer does not read, and TCP_USER_TIMEOUT passed",
        text: "Its machine is alive and acknowledges; its program does not take the bytes.",
        packets: "Window 0 from the peer, probes from here, each acknowledged.",
        rules: &["user-timeout-gives-etimedout"],
        lessons: &["user-timeout-at-zero-window"],
    },
    Story {
        id: "read-deadline",
        title: "This program's own deadline passed while it waited for an answer",
        text: "The connection may be in perfect health. The peer is slow, stuck, or never got the request; errno behind it is EAGAIN, if there is one at all.",
        packets: "The request and its ACK, then silence: the peer's kernel lives, its program has not answered. No ACK: the path is gone.",
        rules: &["receive-timeout-gives-eagain"],
        lessons: &["read-timeout"],
    },
    Story {
        id: "connect-deadline",
        title: "This program's own deadline passed while it connected",
        text: "No answer to the SYN came in the time that the program allows; the kernel would have waited longer.",
        packets: "SYN, perhaps SYN again, no answer; or a SYN-ACK that came too late.",
        rules: &["connect-send-timeout-gives-einprogress"],
        lessons: &["connect-with-a-deadline"],
    },
    Story {
        id: "nothing-yet",
        title: "A non-blocking call found nothing",
        text: "Not an error: wait for poll. If it is logged as one, the program does not handle it.",
        packets: "Nothing special.",
        rules: &["nothing-to-read-gives-eagain"],
        lessons: &["nonblocking-connect", "epoll-edge-is-told-once"],
    },
    Story {
        id: "nothing-to-accept",
        title: "No connection was waiting",
        text: "Another process or thread took it first, or the client is gone. Not an error.",
        packets: "Nothing special.",
        rules: &["accept-non-blocking-gives-eagain"],
        lessons: &[],
    },
    Story {
        id: "buffer-full",
        title: "The send buffer is full",
        text: "The peer's program does not read as fast as this one writes, or the path is slow.",
        packets: "DATA that is not acknowledged, or window 0 from the peer.",
        rules: &["full-send-buffer-gives-eagain", "send-timeout-gives-eagain"],
        lessons: &["send-buffer-full", "blocked-write-with-timeout"],
    },
    Story {
        id: "used-after-close",
        title: "This program had closed the connection itself",
        text: "Another thread, a timeout handler or a shutdown closed it; the call never reached the network. During an orderly stop it is to be expected.",
        packets: "FIN (or RST) from here before anything from the peer.",
        rules: &["closed-descriptor-gives-ebadf"],
        lessons: &[],
    },
    Story {
        id: "over-already",
        title: "The connection was over already",
        text: "shutdown or getpeername came after an RST; a pending error is still there for the next read.",
        packets: "An RST before the call.",
        rules: &["shutdown-of-a-dead-connection-gives-enotconn"],
        lessons: &[],
    },
    Story {
        id: "somebody-listens",
        title: "Another socket listens there",
        text: "The old process still runs, a child has inherited the socket, or two services share a port: `ss -ltnp`.",
        packets: "Nothing: it is decided on this machine.",
        rules: &["bind-of-an-open-sockets-address"],
        lessons: &["restart-address-in-use"],
    },
    Story {
        id: "time-wait-here",
        title: "Connections of the old server are not over, and SO_REUSEADDR is missing",
        text: "The old server closed first, so that TIME_WAIT is on its side. The option must have been set on the old socket as well.",
        packets: "Earlier: FIN from this side first.",
        rules: &["bind-of-a-lingering-address"],
        lessons: &["time-wait-blocks-the-port", "restart-with-reuseaddr"],
    },
    Story {
        id: "ports-used-up",
        title: "No local port is left for that destination",
        text: "Too many connections that this side closed first wait in TIME_WAIT: `ss -tan state time-wait`. Keep connections open and reuse them.",
        packets: "No SYN at all.",
        rules: &["no-local-port-is-left"],
        lessons: &["time-wait-exhaustion"],
    },
    Story {
        id: "not-my-address",
        title: "This machine does not have that address",
        text: "A configuration for another host, an interface that is not up yet, a container that has an address of its own.",
        packets: "Nothing.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "icmp-says-no",
        title: "A router or firewall said that the host cannot be reached",
        text: "ICMP host unreachable or prohibited answered the SYN, or segments of a connection that was established.",
        packets: "SYN or DATA, then ICMP; its sender knows why.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "no-neighbour",
        title: "Nobody on the link has that address",
        text: "ARP or neighbour discovery went unanswered; or the routing table says unreachable.",
        packets: "ARP requests, no SYN.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "no-route",
        title: "This machine has no route there",
        text: "Often an IPv6 address on a machine without IPv6: `ip route get ADDRESS`.",
        packets: "Nothing at all.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "name-unknown",
        title: "The name could not be resolved",
        text: "Connecting has not begun: no address was known to connect to. Ask the resolver: `getent ahosts NAME`.",
        packets: "DNS at most (port 53), answered with \"no such name\" or not at all; no SYN.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "privileged-port",
        title: "The port is reserved for privileged programs",
        text: "It is below net.ipv4.ip_unprivileged_port_start (1024), and the process lacks CAP_NET_BIND_SERVICE: give it that, start it as root, or take a higher port.",
        packets: "Nothing: the call never reached the network.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "policy-forbids",
        title: "A policy forbids the way there",
        text: "A route of this machine does: type prohibit gives EACCES, type blackhole gives EINVAL (`ip route get ADDRESS`). Over IPv6 a router's ICMPv6 \"administratively prohibited\" gives EACCES as well.",
        packets: "Nothing; or a SYN, and an ICMPv6 message that answers it.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "no-socket",
        title: "The call was not about a socket",
        text: "The same number and text come from files, folders and devices: a log that may not be written, a key that may not be read. The call before it in strace says which.",
        packets: "Nothing.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "call-does-not-fit",
        title: "The call does not fit the socket as it is",
        text: "accept on a socket that does not listen, or whose listening was shut down; bind on a socket that has a port; listen on a connection; an option or a flag that does not exist there. It is a mistake of the program.",
        packets: "Nothing: the call never reached the network.",
        rules: &["accept-needs-a-listener", "bind-again-gives-einval", "listen-on-a-connection-gives-einval"],
        lessons: &[],
    },
    Story {
        id: "connected-already",
        title: "The socket is connected already",
        text: "connect was called once more: for another connection a new socket is needed.",
        packets: "The handshake of the first connect; nothing for the second.",
        rules: &["connect-again-gives-eisconn"],
        lessons: &[],
    },
    Story {
        id: "signal-came",
        title: "A signal handler ran while the call waited",
        text: "No byte was lost, and nothing happened to the connection: call again with what is left of the time. Only an interrupted connect goes on by itself: wait for it with poll.",
        packets: "Nothing that belongs to it.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "no-memory",
        title: "The kernel is short of memory, or grants this socket no more",
        text: "Rare on TCP: a full send buffer gives EAGAIN or makes the call wait. `dmesg` and /proc/net/sockstat tell more; with MSG_ZEROCOPY it is net.core.optmem_max.",
        packets: "Nothing of the failed call.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "above-tcp",
        title: "The connection stood; what runs over it said no",
        text: "TLS, HTTP or the database's protocol refused in words of its own, and those words say why. TCP did its work.",
        packets: "A handshake, DATA both ways, and then an orderly FIN, as a rule from the side that refused.",
        rules: &[],
        lessons: &["graceful-close"],
    },
    Story {
        id: "own-limit",
        title: "This program did not even try",
        text: "Its health checks or its limits forbade it: the reason lies in what happened before, in the lines above.",
        packets: "Nothing at this moment: no SYN. Earlier: the failures that led to it.",
        rules: &[],
        lessons: &[],
    },
    Story {
        id: "aborted-here",
        title: "The connection was aborted on this machine",
        text: "`ss -K` or its like; on Windows the text stands for much more.",
        packets: "RST,ACK from here that the program did not ask for.",
        rules: &["a-socket-is-destroyed-from-outside", "destroyed-socket-gives-econnaborted"],
        lessons: &[],
    },
    Story {
        id: "too-many-descriptors",
        title: "The process has no descriptors left",
        text: "Often a leak of sockets in CLOSE_WAIT: `ss -tanp state close-wait`. The kernel goes on completing handshakes that nobody accepts.",
        packets: "Connections that are acknowledged and never answered.",
        rules: &[],
        lessons: &["close-wait-leak"],
    },
    Story {
        id: "connect-under-way",
        title: "A connect is under way",
        text: "Not a failure: wait for poll, then ask SO_ERROR.",
        packets: "SYN, no answer yet.",
        rules: &["connect-non-blocking-gives-einprogress", "connect-still-under-way"],
        lessons: &[],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::builtin;

    #[test]
    fn stories_name_rules_and_lessons_that_exist() {
        let ids: BTreeSet<_> = STORIES.iter().map(|story| story.id).collect();
        assert_eq!(ids.len(), STORIES.len());
        for story in STORIES {
            assert!(story.rules.iter().all(|id| rule(id).is_some()), "{}", story.id);
            assert!(story.lessons.iter().all(|name| builtin::get(name).is_some()), "{}", story.id);
            assert!(story.text.ends_with('.') && story.packets.ends_with('.'), "{}", story.id);
        }
    }

    #[test]
    fn errnos_lead_to_stories() {
        for (call, errno) in
            [("read", "ECONNRESET"), ("write", "EPIPE"), ("connect", "ETIMEDOUT"), ("bind", "EADDRINUSE")]
        {
            let ids = behind(call, errno);
            assert!(!ids.is_empty() && ids.iter().all(|id| story(id).is_some()), "{call} {errno}");
        }
        assert!(behind("read", "ENOENT").is_empty());
    }
}
