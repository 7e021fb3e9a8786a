//! Descriptors, options and the pending error.

use super::{ONLY_WAITS, PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "socket-returns-a-descriptor",
        statement: "socket() returns a new descriptor; nothing is sent.",
        calls: &["socket"],
        linux: "inet_create() makes the socket in TCP_CLOSE.",
        lessons: &["graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "bind-takes-a-free-address",
        statement: "bind() gives the socket an address that is free; nothing is sent.",
        calls: &["bind"],
        linux: "__inet_bind() checks the address, inet_csk_get_port() the port.",
        lessons: &["graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "option-is-set",
        statement: "setsockopt() changes the socket alone; nothing is sent.",
        calls: &["setsockopt"],
        lessons: &["abortive-close"],
        ..PLAIN
    },
    Rule {
        id: "option-is-told",
        statement: "getsockopt() tells an option's value.",
        calls: &["getsockopt"],
        unshown: "The number says nothing of TCP; no lesson asks for it.",
        ..PLAIN
    },
    Rule {
        id: "so-error-takes-the-pending-error",
        statement: "SO_ERROR returns the pending error and clears it.",
        sentence: "SO_ERROR returned the error that {rst} had set and cleared it: later calls see a quiet end of file.",
        notable: true,
        calls: &["getsockopt"],
        wire: "Nothing: the error was set by the RST before, and asking sends nothing.",
        linux: "sk_getsockopt() calls sock_error(), which returns sk_err and sets it to 0.",
        misconception: "SO_ERROR only looks at the error.",
        lessons: &["so-error-hides-a-reset", "event-loop-loses-a-reset", "nonblocking-connect-refused"],
        ..PLAIN
    },
    Rule {
        id: "so-error-is-0-without-a-pending-error",
        statement: "SO_ERROR is 0 when no error is pending.",
        calls: &["getsockopt"],
        linux: "sk_getsockopt() calls sock_error(); where that is 0, it tells the soft error (an ICMP message about a healthy connection) and clears that.",
        misconception: "SO_ERROR is 0 as long as nothing has gone wrong.",
        lessons: &["nonblocking-connect", "so-error-after-broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "pending-error-is-reported",
        statement: "The pending error is reported to whoever asks first, once.",
        sentence: "the error that {rst} had set was still pending, and {of} took it.",
        notable: true,
        calls: &["connect"],
        wire: "The RST is earlier than the call; the call itself sends nothing.",
        linux: "sock_error() returns sk_err and sets it to 0.",
        misconception: "The call that fails is the call that broke the connection.",
        unshown: "Connections tell an error by more special rules; this one is left for what a connect finds otherwise.",
        ..PLAIN
    },
    Rule { id: "call-waits", statement: "The call waits.", unshown: ONLY_WAITS, ..PLAIN },
    Rule {
        id: "call-needs-a-connection",
        statement: "A call that needs a connection fails with ENOTCONN where there never was one.",
        sentence: "the socket has no connection: {errno}, and nothing is sent.",
        notable: true,
        calls: &["read", "recv", "shutdown"],
        errno: Some(Errno::ENOTCONN),
        wire: "Nothing at all.",
        rfc: "RFC 9293 3.10.3: RECEIVE where no connection exists is answered with \"error: connection does not exist\".",
        linux: "tcp_recvmsg_locked() answers ENOTCONN in TCP_CLOSE (where neither a FIN nor an error explains it) and in TCP_LISTEN; inet_shutdown() in TCP_CLOSE.",
        misconception: "Every call on a socket without a connection gives ENOTCONN.",
        lessons: &["calls-without-a-connection", "listener-is-no-connection"],
        ..PLAIN
    },
    Rule {
        id: "closed-descriptor-gives-ebadf",
        statement: "A call on a closed descriptor fails with EBADF; TCP never hears of it.",
        sentence: "{close} had closed the descriptor: {errno} comes from the table of descriptors, not from TCP.",
        notable: true,
        calls: &["read", "write", "recv", "send", "connect", "accept", "shutdown", "close", "getsockopt", "setsockopt"],
        errno: Some(Errno::EBADF),
        wire: "Nothing that belongs to the call; whatever close() sent came before.",
        linux: "fdget() finds no open file for the number; for close, file_close_fd() does.",
        misconception: "EBADF says something about the connection.",
        lessons: &["close-under-a-blocked-read"],
        ..PLAIN
    },
    Rule {
        id: "bind-again-gives-einval",
        statement: "bind() on a socket that has a port fails with EINVAL: whether bind, listen or connect gave it.",
        calls: &["bind"],
        errno: Some(Errno::EINVAL),
        wire: "Nothing: bind() never sends.",
        linux: "__inet_bind() tests the state and inet_num.",
        misconception: "bind() can move a socket to another port.",
        unshown: "A mistake of the program that no packet has to do with.",
        ..PLAIN
    },
    Rule {
        id: "bind-of-an-open-sockets-address",
        statement: "bind() to an address that an open socket has fails with EADDRINUSE, unless SO_REUSEADDR is set on both and the \
                    other does not listen.",
        sentence: "another socket has this address: {errno}.",
        notable: true,
        calls: &["bind"],
        errno: Some(Errno::EADDRINUSE),
        wire: "Nothing: bind() never sends.",
        linux: "inet_csk_get_port() looks for a conflict, and inet_bind_conflict() finds none only where both sockets have SO_REUSEADDR and the other does not listen (or both SO_REUSEPORT, by the same user).",
        misconception: "SO_REUSEADDR lets a new server bind beside an old one that still listens.",
        lessons: &["restart-address-in-use"],
        ..PLAIN
    },
    Rule {
        id: "bind-of-a-lingering-address",
        statement: "bind() to an address on which a closed connection is not yet over fails with EADDRINUSE, unless SO_REUSEADDR \
                    was set on the old socket and is set on the new one.",
        sentence: "a connection closed by {close} still occupies this address: {errno}.",
        notable: true,
        calls: &["bind"],
        errno: Some(Errno::EADDRINUSE),
        wire: "Nothing: bind() never sends. What lingers shows as an earlier FIN from this address.",
        linux: "inet_csk_get_port() looks for a conflict, and inet_bind_conflict() finds one in a connection in TIME_WAIT or on its way there whose socket did not have SO_REUSEADDR.",
        misconception: "SO_REUSEADDR on the new socket is enough.",
        lessons: &["time-wait-blocks-the-port", "time-wait-with-reuseaddr"],
        ..PLAIN
    },
    Rule {
        id: "dup-refers-to-the-same-socket",
        statement: "dup() makes a second descriptor for the same socket; TCP never hears of it.",
        calls: &["dup"],
        misconception: "Each descriptor has its own connection state.",
        lessons: &["close-of-a-duplicate", "shutdown-of-a-duplicate"],
        ..PLAIN
    },
    Rule {
        id: "fork-shares-every-descriptor",
        statement: "After fork() parent and child have descriptors for the same sockets; nothing is sent.",
        calls: &["fork"],
        misconception: "After fork() the child has connections of its own.",
        lessons: &["fork-keeps-the-connection", "fork-and-shutdown"],
        ..PLAIN
    },
    Rule {
        id: "close-of-a-shared-socket-sends-nothing",
        statement: "close() sends nothing while another descriptor still refers to the socket, in this process or another.",
        sentence: "another descriptor still refers to this socket, so the connection goes on and nothing is sent.",
        notable: true,
        calls: &["close"],
        wire: "Nothing. The FIN comes when the last descriptor goes.",
        linux: "__fput() calls sock_close(), and only for the last reference to the open file.",
        misconception: "close() closes the connection.",
        lessons: &["close-of-a-duplicate", "fork-keeps-the-connection", "fork-and-shutdown"],
        ..PLAIN
    },
    Rule {
        id: "clone-shares-the-descriptor-table",
        statement: "After clone() with CLONE_FILES, as for a new thread, both have the same descriptors: what one closes is closed for the other too.",
        calls: &["clone"],
        linux: "copy_files() takes another reference to the table instead of copying it.",
        misconception: "Each thread has descriptors of its own.",
        lessons: &["close-under-a-blocked-read", "shutdown-wakes-a-blocked-read"],
        ..PLAIN
    },
    Rule {
        id: "close-does-not-wake-a-blocked-call",
        statement: "close() takes the descriptor away at once, but a call that another thread is in keeps the open file: the call goes on waiting, and the FIN comes only when it returns.",
        sentence: "another thread is in a call on this socket and keeps it open: only the descriptor is gone, nothing is sent, and nobody is woken.",
        notable: true,
        calls: &["close"],
        wire: "Nothing. The FIN comes when the call returns.",
        linux: "fdget() takes a reference to the file for the call, and __fput() runs when the last is dropped.",
        misconception: "close() wakes a thread that is blocked in read().",
        lessons: &["close-under-a-blocked-read"],
        ..PLAIN
    },
    Rule {
        id: "a-socket-vanishes",
        statement: "A socket that vanishes sends nothing: its machine has lost power, or tcpstory has set TCP_REPAIR before closing it.",
        sentence: "nothing is sent, so the peer still believes in the connection.",
        notable: true,
        wire: "Nothing.",
        linux: "__tcp_close() only calls tcp_disconnect() for a socket in repair, and that sends nothing then.",
        misconception: "The end of a peer is always announced.",
        lessons: &["peer-gone-unnoticed", "peer-rebooted", "keep-alive-finds-a-reset"],
        ..PLAIN
    },
    Rule {
        id: "getsockname-tells-the-own-address",
        statement: "getsockname() tells the socket's own address; nothing is sent.",
        calls: &["getsockname"],
        linux: "inet_getname() tells it.",
        lessons: &["self-connect"],
        ..PLAIN
    },
    Rule {
        id: "getpeername-tells-the-peer",
        statement: "getpeername() tells the peer's address while there is a connection; nothing is sent.",
        calls: &["getpeername"],
        linux: "inet_getname() tells it from memory, except in TCP_CLOSE and TCP_SYN_SENT.",
        misconception: "getpeername() tells whether the peer is still there.",
        lessons: &["self-connect"],
        ..PLAIN
    },
    Rule {
        id: "getpeername-of-a-dead-connection-gives-enotconn",
        statement: "getpeername() on a connection that is over fails with ENOTCONN, and leaves the pending error to be reported.",
        sentence: "the connection is over, so nobody is at the other end: {errno}. The pending error, if any, waits for another call.",
        notable: true,
        calls: &["getpeername"],
        errno: Some(Errno::ENOTCONN),
        wire: "An RST before.",
        linux: "inet_getname() answers ENOTCONN in TCP_CLOSE.",
        misconception: "getpeername() knows the peer as long as the descriptor is open.",
        lessons: &["abort-before-accept"],
        ..PLAIN
    },
];
