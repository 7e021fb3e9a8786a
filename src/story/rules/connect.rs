//! How connect ends.

use super::{ONLY_WAITS, PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "connect-waits-for-the-answer",
        statement: "A blocking connect waits for the answer to its SYN.",
        calls: &["connect"],
        wire: "A SYN, and nothing yet after it.",
        rfc: "RFC 9293 3.10.1: an active OPEN sends a SYN and enters SYN-SENT.",
        linux: "__inet_stream_connect() sleeps in inet_wait_for_connect().",
        misconception: "A connect that nobody answers fails after a few seconds.",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "syn-ack-completes-connect",
        statement: "connect() returns 0 when the SYN-ACK has arrived; the other program need not have called accept.",
        sentence: "the SYN-ACK {syn_ack} completed the handshake for this side; nobody had to call accept for that.",
        calls: &["connect"],
        wire: "SYN, SYN-ACK, ACK.",
        rfc: "RFC 9293 3.10.7.3: a SYN-ACK in SYN-SENT establishes the connection.",
        linux: "tcp_rcv_synsent_state_process() enters TCP_ESTABLISHED and wakes the caller.",
        misconception: "connect() returns when the server accepts.",
        lessons: &["graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "rst-in-syn-sent-refuses",
        statement: "An RST that answers the SYN makes connect fail with ECONNREFUSED.",
        sentence: "the RST {rst} answered the SYN; Linux turns an RST that arrives in SYN_SENT into {errno} (the RFC says \"connection reset\" here too).",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::ECONNREFUSED),
        wire: "SYN, then at once RST,ACK with sequence number 0.",
        rfc: "RFC 9293 3.10.7.3: an acceptable RST in SYN-SENT signals \"error: connection reset\" to the user. Only in SYN-RECEIVED, after an active OPEN, does section 3.10.7.4 say \"connection refused\".",
        linux: "tcp_reset() sets sk_err to ECONNREFUSED in TCP_SYN_SENT.",
        differs: true,
        misconception: "The server's program has refused the connection.",
        lessons: &["connection-refused", "refused-socket-again", "try-the-next-address"],
        ..PLAIN
    },
    Rule {
        id: "connect-again-gives-eisconn",
        statement: "connect() on a connected socket fails with EISCONN.",
        calls: &["connect"],
        errno: Some(Errno::EISCONN),
        wire: "Nothing: no second SYN is sent.",
        rfc: "RFC 9293 3.10.1: OPEN on an existing connection is answered with \"error: connection already exists\".",
        linux: "__inet_stream_connect() tests for SS_CONNECTED; a pending error stays pending.",
        misconception: "connect() on a connected socket tells whether the connection still lives.",
        unshown: "A mistake of the program that no packet has to do with.",
        ..PLAIN
    },
    Rule {
        id: "connect-after-reported-error-gives-econnaborted",
        statement: "When a non-blocking connect has failed and another call has taken the error, the next connect fails with ECONNABORTED; the one after it begins anew.",
        sentence: "{rst} had ended the connect before, and another call has taken its error: {errno} is what is left to say.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::ECONNABORTED),
        wire: "An RST in answer to the SYN, before the call; the call sends nothing.",
        linux: "__inet_stream_connect() finds TCP_CLOSE: sock_error() answers 0, and -ECONNABORTED is put in its place.",
        misconception: "A connect after a failed one tries again.",
        unshown: "A corner that only who takes a failed connect's error by another call and connects again gets into; the random scenarios do.",
        ..PLAIN
    },
    Rule {
        id: "shutdown-ends-a-connect-under-way",
        statement: "shutdown() while a connect is under way gives the attempt up, whatever direction it names, and returns 0.",
        calls: &["shutdown", "connect"],
        wire: "Nothing: the SYN is not sent again, and an answer to it meets no socket.",
        linux: "inet_shutdown() calls tcp_disconnect() in TCP_SYN_SENT.",
        lessons: &["shutdown-ends-a-connect"],
        ..PLAIN
    },
    Rule {
        id: "shutdown-of-a-connect-gives-econnreset",
        statement: "After shutdown() has ended a connect under way ECONNRESET is pending, though no RST has come.",
        sentence: "{shutdown} gave the connect up before its SYN was answered; Linux leaves {errno} pending on the fresh socket.",
        notable: true,
        calls: &["shutdown", "connect", "read", "recv", "write", "send", "getsockopt"],
        errno: Some(Errno::ECONNRESET),
        wire: "A SYN without an answer, and no RST.",
        linux: "tcp_disconnect() sets sk_err to ECONNRESET in TCP_SYN_SENT.",
        misconception: "ECONNRESET means that an RST has come.",
        lessons: &["shutdown-ends-a-connect"],
        ..PLAIN
    },
    Rule {
        id: "connect-after-shutdown-of-a-failed-connect-gives-einval",
        statement: "After shutdown() on a socket whose connect had failed unheard, every further connect fails with EINVAL.",
        sentence: "{shutdown} came when the connect had failed and nobody had been told: the socket cannot connect any more, {errno}.",
        notable: true,
        calls: &["connect", "shutdown"],
        errno: Some(Errno::EINVAL),
        wire: "An RST in answer to the SYN; no other SYN follows.",
        linux: "inet_shutdown() puts the socket into SS_DISCONNECTING, which __inet_stream_connect() answers with EINVAL.",
        misconception: "A socket whose connect failed can always connect again.",
        unshown: "A corner that only random scenarios get into: a shutdown between a refusal and its report.",
        ..PLAIN
    },
    Rule {
        id: "connect-still-under-way",
        statement: "A second connect while the first is under way fails with EALREADY.",
        calls: &["connect"],
        errno: Some(Errno::EALREADY),
        wire: "The SYN of the first connect, no answer yet, and no second SYN but its retransmissions.",
        linux: "__inet_stream_connect() finds the socket in SS_CONNECTING.",
        misconception: "After EINPROGRESS, connect() must be called again until it succeeds.",
        lessons: &["connect-with-a-deadline"],
        ..PLAIN
    },
    Rule {
        id: "connect-non-blocking-gives-einprogress",
        statement: "A non-blocking connect returns EINPROGRESS and goes on by itself.",
        sentence: "the socket is non-blocking: connect sends the SYN and returns {errno} without waiting for the answer.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::EINPROGRESS),
        wire: "The SYN has been sent; the answer comes after the call has returned.",
        linux: "__inet_stream_connect() returns EINPROGRESS where it must not wait.",
        misconception: "EINPROGRESS is a failure.",
        lessons: &["nonblocking-connect", "nonblocking-connect-refused"],
        ..PLAIN
    },
    Rule {
        id: "connect-send-timeout-gives-einprogress",
        statement: "A blocking connect whose SO_SNDTIMEO passes fails with EINPROGRESS and goes on.",
        sentence: "no answer came within SO_SNDTIMEO: {errno}; the attempt goes on by itself.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::EINPROGRESS),
        wire: "The SYN, perhaps sent again, and no answer while the call waited.",
        linux: "__inet_stream_connect(): inet_wait_for_connect() came back with no time left.",
        misconception: "A connect that ran out of SO_SNDTIMEO fails with ETIMEDOUT, and the attempt is over.",
        lessons: &["connect-with-a-deadline"],
        ..PLAIN
    },
    Rule {
        id: "no-local-port-is-left",
        statement: "connect() fails with EADDRNOTAVAIL when every local port towards that address is in use; nothing is sent.",
        sentence: "every port of ip_local_port_range is in use towards this address, also by connections in TIME_WAIT: {errno}, and \
                   no SYN was sent.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::EADDRNOTAVAIL),
        wire: "Nothing: there is no port to send a SYN from.",
        linux: "__inet_hash_connect() tries every port of ip_local_port_range and finds none.",
        misconception: "EADDRNOTAVAIL from connect() means that the server's address is wrong.",
        lessons: &["time-wait-exhaustion"],
        ..PLAIN
    },
    Rule {
        id: "the-chosen-port-is-still-used",
        statement: "connect() from a port chosen with bind fails with EADDRNOTAVAIL while the same two addresses and ports are in use.",
        sentence: "the port that was chosen with bind still belongs to a connection between the same addresses and ports: {errno}, and no SYN was sent.",
        notable: true,
        calls: &["connect"],
        errno: Some(Errno::EADDRNOTAVAIL),
        wire: "Nothing: no SYN is sent.",
        linux: "__inet_hash_connect() asks whether the same addresses and ports are taken; __inet_check_established() finds them, and may not take them over from TIME_WAIT.",
        misconception: "A port that bind() has given can be connected from.",
        lessons: &["time-wait-port-without-timestamps"],
        ..PLAIN
    },
];
