//! What is known of each call besides what the rules say.

/// A call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its name in C.
    pub(super) name: &'static str,
    /// What it does and what its result says: paragraphs.
    pub(super) meaning: &'static [&'static str],
    /// What it returns, and what that says.
    pub(super) results: &'static [(&'static str, &'static str)],
    /// The order in which Linux looks, with its function; empty where the order does not matter.
    pub(super) order: &'static str,
    /// What a program should do.
    pub(super) advice: &'static [&'static str],
}

/// Every call with a page.
pub(super) const CALLS: &[Known] = &[
    Known {
        name: "read",
        meaning: &[
            "read (and recv) hands over what the kernel has received and nobody has taken yet. It asks the network for nothing: everything that it can say was decided by segments that have come already.",
        ],
        results: &[
            (
                "> 0",
                "bytes from the receive queue, up to the size of the buffer. One write at the other end may become several reads, and several writes one.",
            ),
            (
                "0",
                "end of file: the peer's FIN came, and everything before it has been read. It also comes after one's own shutdown(SHUT_RD), and after a reset that somebody has been told of.",
            ),
            ("ECONNRESET, ETIMEDOUT, EHOSTUNREACH", "the pending error; told once, then reads return 0."),
            ("EAGAIN", "nothing there, and the call must not wait (any longer)."),
            ("ENOTCONN", "there never was a connection."),
        ],
        order: "tcp_recvmsg_locked() looks at the receive queue first, then for the peer's FIN (SOCK_DONE), then for the pending error, then for a closed reading direction, and only then waits. Hence data survives an RST, and a FIN hides one.",
        advice: &[
            "Treat 0 as the peer's last word, not as an error; but if you expected more, it is the peer's program or process that ended early.",
            "Read to the end before you close: closing with unread data resets the connection and may destroy your own last answer.",
            "A connection on which you only read can be dead for ever without your knowing: use keep-alive or a deadline.",
        ],
    },
    Known {
        name: "recv",
        meaning: &[
            "recv is read with flags. MSG_PEEK leaves the bytes where they are, but it takes a pending error like any other call; MSG_DONTWAIT makes this one call non-blocking. recv with a size of 0 asks TCP (and takes a pending error), where read with a size of 0 asks nobody.",
        ],
        results: &[("as read", "see `tcpstory explain read`.")],
        order: "tcp_recvmsg_locked(), as for read.",
        advice: &[
            "Do not peek to learn whether the connection lives: it consumes the error that the real read needs. Ask poll.",
        ],
    },
    Known {
        name: "write",
        meaning: &[
            "write (and send) gives bytes to the kernel. It returns when they are in the send buffer; they may not have left the machine, and nothing says that the peer will read them.",
        ],
        results: &[
            (
                "the whole size",
                "the kernel has the bytes. Only an answer of the peer's program proves that they were processed.",
            ),
            (
                "less",
                "a non-blocking call that filled the buffer, or a blocked one that was cut short: by a signal, a timeout, or the end of the connection. The error, if there is one, comes with the next call.",
            ),
            ("EPIPE, with SIGPIPE", "this direction is over: see `tcpstory explain EPIPE`."),
            ("ECONNRESET, ETIMEDOUT, EHOSTUNREACH", "the pending error, without a signal; told once, then EPIPE."),
            (
                "EAGAIN",
                "the send buffer is full, or the handshake not complete, and the call must not wait (any longer).",
            ),
        ],
        order: "Where the state is neither ESTABLISHED nor CLOSE_WAIT, sk_stream_wait_connect() looks for the pending error first (and takes it), then for a state that will never send: EPIPE. In those two states tcp_sendmsg_locked() stops at a pending error or a closed writing direction, and sk_stream_error() gives the pending error, else EPIPE. SIGPIPE comes where EPIPE is what is returned.",
        advice: &[
            "Count what was taken and send the rest.",
            "Before you report an error of a write, read: the peer may have said why.",
        ],
    },
    Known {
        name: "send",
        meaning: &[
            "send is write with flags. MSG_NOSIGNAL keeps SIGPIPE away from this call (EPIPE is returned all the same); MSG_DONTWAIT makes it non-blocking.",
        ],
        results: &[("as write", "see `tcpstory explain write`.")],
        order: "tcp_sendmsg_locked(), as for write.",
        advice: &["In a library, use MSG_NOSIGNAL: the program's signal dispositions are not yours."],
    },
    Known {
        name: "connect",
        meaning: &[
            "connect sends a SYN and waits for the answer of the other machine's kernel. When it returns 0, the connection exists; the other program need not have called accept, and may never do so.",
        ],
        results: &[
            ("0", "SYN-ACK has come."),
            ("ECONNREFUSED", "the answer was an RST: nobody listens there."),
            ("ETIMEDOUT", "no answer to any SYN."),
            ("EHOSTUNREACH, ENETUNREACH, EACCES", "an ICMP message, or this machine's routing table."),
            (
                "EADDRNOTAVAIL",
                "no local port is free for that destination, or the one that was bound is still used towards it.",
            ),
            ("EINTR", "a signal came; the attempt goes on: wait for poll, do not call connect again."),
            ("EINPROGRESS, EALREADY, EISCONN", "not failures: under way, still under way, done."),
        ],
        order: "__inet_stream_connect() first looks whether connect has already succeeded (EISCONN). On a socket that is connecting it says EALREADY while the handshake lasts; the first call after it returns 0. Else it sends the SYN and waits; when the state is TCP_CLOSE afterwards, it reports the pending error.",
        advice: &[
            "Non-blocking: wait for poll to say OUT, then ask SO_ERROR.",
            "Try every address of a name before you give up.",
        ],
    },
    Known {
        name: "accept",
        meaning: &[
            "accept takes a connection from the listener's queue. The kernel has completed the handshake before, without asking the program; data may have come already, and even the end of the connection.",
        ],
        results: &[
            (
                "a descriptor",
                "a connection: perhaps one that has been reset meanwhile, which the first read will tell.",
            ),
            ("EAGAIN", "none is waiting, and the call must not wait (any longer)."),
            ("EINVAL", "the socket does not listen (any more)."),
            ("EMFILE", "the process may not open more descriptors; the connection stays in the queue."),
        ],
        order: "inet_csk_accept() tests for TCP_LISTEN, then for an empty queue.",
        advice: &[
            "When a server stops, accept what is queued before closing the listener: closing resets every connection in the queue.",
            "A full queue does not refuse: SYNs are dropped and clients wait.",
        ],
    },
    Known {
        name: "listen",
        meaning: &[
            "listen makes the kernel answer SYNs and complete handshakes by itself, and keep up to a number of connections until somebody accepts them.",
        ],
        results: &[("0", "clients can connect from now on."), ("EADDRINUSE", "somebody else listens there.")],
        order: "",
        advice: &["The backlog counts connections that nobody has accepted; when it is full, Linux drops SYNs."],
    },
    Known {
        name: "bind",
        meaning: &["bind gives the socket a local address and port. Nothing is sent."],
        results: &[
            ("0", "the address is this socket's."),
            ("EADDRINUSE", "somebody listens there, or connections of a socket without SO_REUSEADDR remain."),
            ("EADDRNOTAVAIL", "this machine has no such address."),
            ("EACCES", "the port is privileged."),
        ],
        order: "",
        advice: &["Set SO_REUSEADDR before bind on every listener."],
    },
    Known {
        name: "close",
        meaning: &[
            "close takes a descriptor away. If it was the last one, the connection ends: what is sent depends on what was unread and on SO_LINGER, in that order. It does not wait for the peer, and may return before the peer has received anything.",
        ],
        results: &[
            (
                "0",
                "the descriptor is gone. It says nothing about delivery, not even with SO_LINGER and a time: that waits, and returns 0 all the same.",
            ),
            ("EBADF", "it was not open."),
        ],
        order: "__tcp_close(): unread data → RST; else SO_LINGER with 0 → RST; else FIN. Only the last descriptor counts: a forked child that has kept one keeps the connection open.",
        advice: &[
            "To be sure that everything arrived: shutdown(SHUT_WR), read until 0, then close.",
            "Never close with data unread unless you mean to abort.",
        ],
    },
    Known {
        name: "shutdown",
        meaning: &[
            "shutdown ends a direction of the connection, for every descriptor of it. SHUT_WR sends a FIN behind the data; SHUT_RD sends nothing, and what comes later can still be read; SHUT_RDWR does both, and data that comes then resets the connection at both ends.",
        ],
        results: &[("0", "done."), ("ENOTCONN", "there is no connection (any more). A pending error stays pending.")],
        order: "",
        advice: &[
            "SHUT_WR says \"that was all\" and leaves the answer's direction open: what a client of a one-shot protocol wants.",
            "It wakes a thread that is blocked in a read; close does not.",
        ],
    },
    Known {
        name: "poll",
        meaning: &[
            "poll tells what other calls would find, and consumes nothing. select and epoll ask the same function.",
        ],
        results: &[
            ("IN", "a read would return at once: with data, with end of file or with an error."),
            ("OUT", "a write would return at once: it would take bytes, or fail."),
            ("RDHUP", "the peer's FIN has come (or this side shut down reading)."),
            ("HUP", "both directions are over. A FIN alone does not set it."),
            ("ERR", "an error is pending; it goes when somebody takes the error."),
            ("0", "nothing in the time that was given."),
        ],
        order: "tcp_poll(): FIN → IN|OUT|RDHUP; FIN after one's own shutdown(SHUT_WR) → IN|OUT|HUP|RDHUP without ERR; RST → IN|OUT|ERR|HUP|RDHUP, and ERR goes once the error is taken. OUT only while the send buffer has room.",
        advice: &[
            "After HUP or ERR, read: what came before the end is still there.",
            "Do not ask SO_ERROR on every wake-up: it takes the error away from the read that would report it.",
        ],
    },
    Known {
        name: "socketpair",
        meaning: &[
            "socketpair makes two connected AF_UNIX sockets. No wire lies between them, so each sees the other's close at once.",
        ],
        results: &[("0", "two descriptors.")],
        order: "",
        advice: &["A peer that closes with unread data gives ECONNRESET to the next read here too."],
    },
    Known {
        name: "pipe",
        meaning: &["pipe makes a pipe: what is written at one end is read at the other."],
        results: &[("0", "two descriptors.")],
        order: "",
        advice: &["Close the write end in the process that reads, or its read never returns 0."],
    },
    Known {
        name: "dup",
        meaning: &[
            "dup makes a second descriptor for the same socket. Only the last close of them is a close for TCP.",
        ],
        results: &[("a descriptor", "for the same socket.")],
        order: "",
        advice: &[
            "To end a connection that others hold too, call shutdown: it acts on the socket, not on the descriptor.",
        ],
    },
    Known {
        name: "fork",
        meaning: &[
            "fork gives the child a descriptor for every socket of its parent. A connection then ends only when both have closed it.",
        ],
        results: &[("a process id", "in the parent; 0 in the child.")],
        order: "",
        advice: &["Close in each process what it does not use, or the peer waits for an end of file that never comes."],
    },
    Known {
        name: "clone",
        meaning: &[
            "clone with CLONE_FILES, as a new thread is made, shares the descriptors: there is one table, and what one closes or opens the other has closed or opened.",
            "A close while another thread is in a call on the socket takes the number away, and nothing else: the call keeps the open file, sleeps on, and the FIN goes out when it returns.",
        ],
        results: &[(
            "a process id",
            "in the caller; 0 in the new actor, which here is a process with its own memory and end.",
        )],
        order: "",
        advice: &[
            "Never close a descriptor that another thread may be using: its number may soon mean another socket.",
            "To stop a thread that waits, call shutdown: it wakes the call; the thread closes the descriptor itself.",
        ],
    },
    Known {
        name: "epoll_wait",
        meaning: &[
            "epoll_wait tells what poll would tell, of the sockets that epoll_ctl registered. Level-triggered it tells a state as long as it lasts; edge-triggered (EPOLLET) it tells news once.",
        ],
        results: &[
            ("events", "as for poll, with an E before each name. EPOLLERR and EPOLLHUP come unasked."),
            ("0", "nothing in the time that was given; with EPOLLET also nothing new, although bytes may lie there."),
        ],
        order: "tcp_poll(), as for poll.",
        advice: &["With EPOLLET, read until EAGAIN after every wake-up: what you leave is not announced again."],
    },
    Known {
        name: "epoll_ctl",
        meaning: &["epoll_ctl says what is asked of a socket. What is ready at that moment counts as news."],
        results: &[("0", "registered.")],
        order: "",
        advice: &[
            "The registration belongs to the open socket, not to the descriptor: closing one of two duplicates keeps it.",
        ],
    },
    Known {
        name: "epoll_create1",
        meaning: &["epoll_create1 makes an epoll instance: a list of sockets to watch, with a descriptor of its own."],
        results: &[("a descriptor", "an empty list.")],
        order: "",
        advice: &[],
    },
    Known {
        name: "sendfile",
        meaning: &[
            "sendfile is write with a file as its source: the same send buffer, the same errors, the same SIGPIPE.",
        ],
        results: &[("as write", "see `tcpstory explain write`.")],
        order: "",
        advice: &["A short count is no error: go on from there."],
    },
    Known {
        name: "getsockname",
        meaning: &["getsockname tells the socket's own address. Nothing is sent."],
        results: &[("0", "told.")],
        order: "",
        advice: &[],
    },
    Known {
        name: "getpeername",
        meaning: &[
            "getpeername tells the address at the other end, from this machine's memory. It asks nobody, so it says nothing about whether the peer is still there.",
        ],
        results: &[
            ("0", "told; also after the peer's FIN."),
            ("ENOTCONN", "there is no connection, or none any more: after an RST. A pending error is not taken by it."),
        ],
        order: "",
        advice: &["Ask it right after accept, and remember the answer: for a log line after a reset it is too late."],
    },
    Known {
        name: "getsockopt",
        meaning: &[
            "SO_ERROR tells the pending error and clears it: an error is told once, and this is one of the ways. Where none is pending, it tells a soft error: an ICMP message about a connection that goes on.",
        ],
        results: &[
            ("0", "nothing is pending, or somebody else was told."),
            ("an errno", "taken: later calls see a quiet end of file."),
        ],
        order: "",
        advice: &["Ask it once, after a non-blocking connect; otherwise let read and write report errors."],
    },
    Known {
        name: "setsockopt",
        meaning: &[
            "Options change the socket, not the peer. Two change how a connection ends: SO_LINGER (what close does), and SO_REUSEADDR (whether the port can be bound again).",
        ],
        results: &[("0", "set.")],
        order: "",
        advice: &["Set SO_RCVTIMEO, SO_SNDTIMEO or a deadline of your own: without one a call may wait for ever."],
    },
    Known {
        name: "socket",
        meaning: &["socket makes a socket that is connected to nothing. Nothing is sent."],
        results: &[("a descriptor", "a socket."), ("EMFILE", "too many descriptors are open.")],
        order: "",
        advice: &[],
    },
    Known {
        name: "exit",
        meaning: &[
            "A process that ends, in whatever way, has its descriptors closed by the kernel: exit, a fatal signal, SIGKILL. The peer sees what close would have sent: a FIN, or an RST where data was unread. It cannot see that the process crashed.",
        ],
        results: &[],
        order: "do_exit() closes the files; then as for close. A descriptor that another process holds keeps the connection open.",
        advice: &["Only a machine that loses power or its network ends without a FIN or an RST."],
    },
];
