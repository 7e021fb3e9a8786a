//! Errors that say "not now".

use super::Basis::{Manual, Measured};
use super::{Known, PLAIN, Way};

pub(super) const ERRNOS: &[Known] = &[
    Known {
        name: "EAGAIN",
        meaning: &[
            "The call would have to wait and must not, or has waited as long as it may. Nothing is wrong with the connection, \
             nothing was lost, and no segment is behind it. EWOULDBLOCK is the same number on Linux (11).",
            "Four things forbid waiting: O_NONBLOCK on the descriptor, MSG_DONTWAIT on the call, SO_RCVTIMEO and SO_SNDTIMEO \
             once their time has passed. errno does not tell them apart; the program knows what it has set.",
        ],
        first: &[
            "nothing-to-read-gives-eagain",
            "receive-timeout-gives-eagain",
            "full-send-buffer-gives-eagain",
            "send-timeout-gives-eagain",
            "accept-non-blocking-gives-eagain",
            "write-while-connecting-gives-eagain",
        ],
        ways: &[
            Way {
                name: "deferred accept",
                text: "With TCP_DEFER_ACCEPT a non-blocking accept finds nothing until the client has sent data, although its connect has returned.",
                wire: "SYN, SYN-ACK, ACK, and no data yet.",
                basis: Measured(&["J7"]),
            },
            Way {
                name: "read while a connect is under way",
                text: "A non-blocking read on a socket whose handshake is not complete.",
                wire: "SYN, no answer yet.",
                basis: Measured(&["E8"]),
            },
            Way {
                name: "it is not TCP: connect on an AF_UNIX socket",
                text: "A non-blocking connect to a listener whose queue is full. TCP would say EINPROGRESS.",
                wire: "Nothing: no network.",
                basis: Manual("connect(2)"),
            },
        ],
        signs: &[
            (
                "silence",
                "a read: nothing has come, and nothing says why. A peer that thinks, a peer that hangs and a path that is cut look the same from here",
            ),
            (
                "unacknowledged DATA, or window 0 from the peer",
                "a write: the send buffer is full because the peer's program does not read, or the path is slow or gone",
            ),
            ("no completed handshake that still waits", "accept: there is nothing to accept"),
        ],
        next: "It takes nothing and changes nothing: the next call finds the connection as it was. A write that had taken a part when it ran out of room or time returns that number instead, and no error.",
        deeds: &[
            (
                "Non-blocking",
                "wait for poll, select or epoll to say that the socket is ready, then call again; with edge-triggered epoll, call until EAGAIN comes. Never loop without waiting.",
            ),
            (
                "A timeout",
                "is yours: decide whether to wait longer, to ask again, or to give up. If you give up in the middle of an answer, close the connection: the rest of that answer may still come, and would be taken for the next one.",
            ),
            ("Ignore it", "always, as far as the log is concerned, for non-blocking calls: it is how they work."),
            (
                "Log it",
                "a timeout that ended a request: how long it waited, what it waited for, and how many bytes had come.",
            ),
            (
                "Reconnect",
                "not because of EAGAIN alone. After a timeout that you treat as the end: close, and send again only what may be done twice.",
            ),
        ],
        elsewhere: &["POSIX lets EAGAIN and EWOULDBLOCK be two numbers; portable programs test for both."],
        misconceptions: &[
            "\"A timeout on a read gives ETIMEDOUT.\" It gives EAGAIN; ETIMEDOUT is the kernel's verdict about unanswered segments.",
            "\"After a read timeout the connection is broken.\" It is as healthy as before (experiment H2).",
            "\"poll said writable, so write takes everything.\" A non-blocking write may take a part; count what it returned.",
        ],
        lessons: &[
            "read-timeout",
            "send-buffer-full",
            "blocked-write-with-timeout",
            "nonblocking-connect",
            "epoll-edge-is-told-once",
            "peer-gone-unnoticed",
        ],
        ..PLAIN
    },
    Known {
        name: "EINPROGRESS",
        meaning: &[
            "The connect has begun and goes on by itself: the SYN has been sent. It is what a non-blocking connect returns when \
             all is well.",
            "A blocking connect returns it too, when SO_SNDTIMEO passes: not ETIMEDOUT, and the attempt is not over.",
        ],
        signs: &[("SYN, no answer yet", "under way"), ("SYN, SYN, SYN", "under way, and nobody answers")],
        next: "poll says OUT when the handshake is complete; IN|OUT|ERR|HUP|RDHUP when it has failed, and then SO_ERROR tells why, once (experiment E2). Until then another connect gives EALREADY, and read and write give EAGAIN (experiment E8).",
        deeds: &[
            ("Wait", "for poll to say OUT, then ask SO_ERROR: 0 is success."),
            ("Give up", "by closing the socket; nothing else ends the attempt."),
            ("Log it", "no: it is not an error."),
        ],
        misconceptions: &["\"Writable means connected.\" It means finished: ask SO_ERROR."],
        ..PLAIN
    },
    Known {
        name: "EALREADY",
        meaning: &[
            "A connect is under way on this socket, and another one was asked for. Nothing new is sent; the first goes on.",
        ],
        signs: &[("one SYN (and its retransmissions), no answer yet", "the first connect is still waiting")],
        next: "As after EINPROGRESS: wait for poll, then ask SO_ERROR.",
        deeds: &[("Ignore it", "and wait for poll."), ("Reconnect", "no: that is what has just been refused.")],
        ..PLAIN
    },
    Known {
        name: "EINTR",
        meaning: &[
            "A signal handler ran while the call waited, and the call had done nothing yet. If it had taken or given bytes, it returns their number instead. Nothing happened to the connection.",
        ],
        ways: &[Way {
            name: "a handler without SA_RESTART",
            text: "With SA_RESTART most calls go on by themselves; poll and epoll_wait do not, nor does a call with SO_RCVTIMEO or SO_SNDTIMEO set.",
            wire: "Nothing.",
            basis: Manual("signal(7)"),
        }],
        signs: &[("nothing", "the network has no part in it")],
        next: "As before the call. An interrupted connect goes on by itself: wait for poll, then ask SO_ERROR; do not call connect again in a loop.",
        deeds: &[("Call again", "with what is left of the time."), ("Log it", "no."), ("Reconnect", "no.")],
        elsewhere: &["close(2): on Linux the descriptor is gone even if close returned EINTR; do not close it again."],
        misconceptions: &["\"EINTR lost bytes.\" It comes only when none were moved."],
        ..PLAIN
    },
    Known {
        name: "ENOBUFS",
        meaning: &[
            "The kernel had no memory for the call, or would not give it. On TCP it is rare: a full send buffer is EAGAIN or a call that waits, not ENOBUFS. ENOMEM says nearly the same.",
        ],
        ways: &[Way {
            name: "zero-copy without room",
            text: "send with MSG_ZEROCOPY returns ENOBUFS when its notifications may not take more memory (net.core.optmem_max).",
            wire: "Nothing of the failed call.",
            basis: Manual("the kernel's documentation of MSG_ZEROCOPY"),
        }],
        signs: &[("nothing", "look at this machine's memory: `cat /proc/net/sockstat`, `dmesg`")],
        next: "As before the call.",
        deeds: &[
            ("Retry", "after a pause, with less at a time."),
            ("Log it", "yes: the machine is short of something."),
            ("Reconnect", "no: a new connection needs memory too."),
        ],
        misconceptions: &["\"The send buffer was full.\" That is EAGAIN."],
        ..PLAIN
    },
];
