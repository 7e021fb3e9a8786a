//! What write and send return, and SIGPIPE.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "write-copies-to-the-send-buffer",
        statement: "write() returns when the bytes are in the kernel's send buffer; it says nothing about the peer.",
        rfc: "RFC 9293 3.10.2: SEND.",
        linux: "tcp_sendmsg_locked().",
        misconception: "A write that succeeds has reached the peer.",
        ..PLAIN
    },
    Rule {
        id: "write-in-close-wait-succeeds",
        statement: "A write after the peer's FIN succeeds: the FIN only says that the peer sends no more.",
        sentence: "the FIN {fin} says only that the peer will send no more; whether it still reads cannot be known here, so the bytes are taken and sent.",
        notable: true,
        rfc: "RFC 9293 3.6.1: a half-closed connection still carries data the other way.",
        linux: "tcp_sendmsg_locked() accepts data in CLOSE_WAIT.",
        misconception: "The first write after the peer closed fails.",
        ..PLAIN
    },
    Rule {
        id: "rst-in-close-wait-sets-epipe",
        statement: "An RST that arrives in CLOSE_WAIT sets the pending error to EPIPE, and the next write reports it.",
        sentence: "the RST {rst} arrived in {state}; Linux then sets the pending error to {errno} (RFC 9293 3.10.7.4 says only \"connection reset\"), and the next write reports it, once.",
        notable: true,
        rfc: "RFC 9293 3.10.7.4: the user is told \"connection reset\" in CLOSE-WAIT as well.",
        linux: "tcp_reset() sets sk_err to EPIPE in CLOSE_WAIT.",
        misconception: "The write after the RST gives \"connection reset by peer\".",
        ..PLAIN
    },
    Rule {
        id: "rst-sets-econnreset-write",
        statement: "An RST that arrives without a FIN before it makes the next write fail with ECONNRESET, once and without SIGPIPE.",
        sentence: "the RST {rst} arrived in {state}, with no FIN before it: Linux sets the pending error to {errno}, and {of} is the first to ask and takes it. SIGPIPE comes with EPIPE only.",
        notable: true,
        rfc: "RFC 9293 3.10.7.4: the user is told \"connection reset\".",
        linux: "tcp_reset() sets sk_err to ECONNRESET; sk_stream_error() sends SIGPIPE for EPIPE alone.",
        misconception: "A write to a reset connection gives \"broken pipe\".",
        ..PLAIN
    },
    Rule {
        id: "write-after-reported-error-gives-epipe",
        statement: "Once the error has been reported, every write fails with EPIPE.",
        sentence: "the connection was over since {rst} and its error had been reported before; every further write fails with {errno}.",
        notable: true,
        linux: "sk_stream_error(): with sk_err cleared, EPIPE is left.",
        ..PLAIN
    },
    Rule {
        id: "own-shutdown-write-gives-epipe",
        statement: "A write after one's own shutdown(SHUT_WR) fails with EPIPE; nothing is sent.",
        sentence: "{shutdown} closed the writing direction of this very socket: {errno} comes from this side, and nothing is sent.",
        notable: true,
        rfc: "RFC 9293 3.10.2: SEND after CLOSE is an error, \"connection closing\".",
        linux: "tcp_sendmsg_locked() tests SEND_SHUTDOWN.",
        misconception: "EPIPE always means that the peer has gone.",
        ..PLAIN
    },
    Rule {
        id: "own-rst-sets-econnreset",
        statement: "Data that arrives after shutdown(SHUT_RDWR) resets the connection at both ends: the end that sends the RST has ECONNRESET pending too.",
        sentence: "{data} arrived after {shutdown} had closed both directions: this side answered with an RST and reset itself as well, so {of} takes {errno}.",
        notable: true,
        linux: "tcp_rcv_state_process() calls tcp_reset() on its own socket in FIN_WAIT1 and FIN_WAIT2 with RCV_SHUTDOWN.",
        misconception: "Only the end that receives the RST sees \"connection reset\".",
        ..PLAIN
    },
    Rule {
        id: "write-needs-a-connection",
        statement: "A write on a socket that was never connected fails with EPIPE.",
        sentence: "the socket was never connected: {errno}, and nothing is sent.",
        notable: true,
        linux: "sk_stream_wait_connect().",
        ..PLAIN
    },
    Rule {
        id: "write-waits-for-the-connection",
        statement: "A blocking write while connecting waits for the handshake.",
        linux: "sk_stream_wait_connect().",
        ..PLAIN
    },
    Rule {
        id: "write-while-connecting-gives-eagain",
        statement: "A non-blocking write while connecting fails with EAGAIN.",
        sentence: "the handshake is not complete and the call must not wait: {errno}.",
        notable: true,
        linux: "sk_stream_wait_connect().",
        ..PLAIN
    },
    Rule {
        id: "full-send-buffer-gives-eagain",
        statement: "A write that must not block fails with EAGAIN while the send buffer is full.",
        sentence: "the send buffer was full and the call must not wait: {errno}. The connection is healthy.",
        notable: true,
        linux: "tcp_sendmsg_locked() and sk_stream_wait_memory().",
        ..PLAIN
    },
    Rule {
        id: "blocked-write-may-be-cut-short",
        statement: "A write that was blocked may return having taken only a part.",
        linux: "tcp_sendmsg_locked() returns what it has copied.",
        ..PLAIN
    },
    Rule {
        id: "send-timeout-gives-eagain",
        statement: "A write whose SO_SNDTIMEO passes with nothing taken fails with EAGAIN.",
        sentence: "the send buffer stayed full for SO_SNDTIMEO: {errno}.",
        notable: true,
        linux: "sk_stream_wait_memory().",
        ..PLAIN
    },
    Rule {
        id: "sigpipe-comes-with-epipe",
        statement: "A write that fails with EPIPE also raises SIGPIPE, unless it is ignored or MSG_NOSIGNAL is given.",
        sentence: "{signal} comes with {errno} from {call}; a handler caught it, by default it ends the process.",
        linux: "sk_stream_error() sends SIGPIPE with EPIPE.",
        ..PLAIN
    },
    Rule {
        id: "sigpipe-default-ends-the-process",
        statement: "With the default disposition SIGPIPE ends the process inside the write, before any errno is returned.",
        sentence: "{signal} was raised inside {by}; its default action ends the process, which never sees the errno.",
        notable: true,
        linux: "sk_stream_error() sends SIGPIPE with EPIPE; signal(7): the default action is to terminate.",
        ..PLAIN
    },
];
