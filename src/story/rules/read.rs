//! What read and recv return.

use super::{ONLY_WAITS, PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "read-takes-queued-data",
        statement: "read() returns what is queued, up to the size of its buffer.",
        calls: &["read", "recv"],
        wire: "The data came before; where the read opens the window much, an ACK follows.",
        rfc: "RFC 9293 3.10.3: RECEIVE is satisfied from what has been received in order.",
        linux: "tcp_recvmsg_locked() copies from the receive queue first.",
        misconception: "One write at one end is one read at the other.",
        lessons: &["segments-are-not-reads", "writes-are-not-messages", "graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "read-waits-for-data",
        statement: "A blocking read with nothing to tell waits.",
        calls: &["read", "recv"],
        linux: "tcp_recvmsg_locked() sleeps in sk_wait_data().",
        misconception: "A read on a connection whose peer has vanished fails by itself after a while.",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "waitall-waits-for-the-whole-buffer",
        statement: "recv() with MSG_WAITALL waits until the buffer is full, or until nothing more can come.",
        calls: &["recv"],
        linux: "tcp_recvmsg_locked() takes the whole buffer as its target and sleeps until it is reached.",
        misconception: "Without a flag recv() waits until its buffer is full.",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "waitall-returns-what-came-in-time",
        statement: "recv() with MSG_WAITALL whose SO_RCVTIMEO passes returns what has come until then.",
        sentence: "SO_RCVTIMEO passed before the buffer was full; what had come is returned.",
        notable: true,
        calls: &["recv"],
        wire: "Less DATA than was asked for, then nothing.",
        linux: "tcp_recvmsg_locked() returns what it has copied when the time is over.",
        misconception: "MSG_WAITALL returns the whole buffer or an error.",
        lessons: &["wait-for-all-bytes"],
        ..PLAIN
    },
    Rule {
        id: "empty-read-asks-nothing",
        statement: "read() of 0 bytes returns 0 without asking TCP.",
        calls: &["read"],
        linux: "sock_read_iter() returns 0 for an empty buffer.",
        misconception: "read(fd, buf, 0) tells whether the connection is alive.",
        lessons: &["one-reset-one-report"],
        ..PLAIN
    },
    Rule {
        id: "received-data-survives-the-rst",
        statement: "Data that was received before an RST can still be read.",
        sentence: "the data was in the receive queue before the RST {rst} arrived; Linux keeps it readable.",
        notable: true,
        calls: &["read", "recv"],
        wire: "DATA, its ACK, then the RST.",
        rfc: "RFC 9293 3.10.7.4: on an RST all segment queues should be flushed.",
        linux: "tcp_reset() leaves the receive queue alone; tcp_recvmsg_locked() reads it before it looks at the error.",
        differs: true,
        misconception: "An RST destroys everything that was not yet read.",
        lessons: &[
            "data-survives-a-reset",
            "answer-outlives-the-reset",
            "read-before-giving-up",
            "the-413-nobody-saw",
            "abort-before-accept",
        ],
        ..PLAIN
    },
    Rule {
        id: "fin-is-end-of-file",
        statement: "After the peer's FIN and all data before it, read returns 0.",
        sentence: "the FIN {fin} says that the peer will send no more: read returns 0, end of file, and will go on doing so.",
        notable: true,
        calls: &["read", "recv"],
        wire: "A FIN from the peer, acknowledged.",
        rfc: "RFC 9293 3.10.3: RECEIVE in CLOSE-WAIT with no text left gets \"error: connection closing\"; section 3.6 wants a FIN and an RST told apart (MUST-12).",
        linux: "tcp_fin() sets RCV_SHUTDOWN and SOCK_DONE; tcp_recvmsg_locked() then returns 0.",
        misconception: "0 says that the peer has closed its socket.",
        lessons: &["graceful-close", "fin-is-not-goodbye", "half-close", "upstream-prematurely-closed"],
        ..PLAIN
    },
    Rule {
        id: "read-after-fin-stays-0-in-spite-of-rst",
        statement: "After a FIN, read returns 0 even when an RST has come since.",
        sentence: "the FIN {fin} came before the RST {rst}: Linux tests for end of file before it looks at the pending error, so {of} returns 0 and reports none.",
        notable: true,
        calls: &["read", "recv"],
        wire: "FIN first, RST later.",
        rfc: "RFC 9293 3.10.7.4: outstanding RECEIVEs get \"reset\" responses and users a \"connection reset\" signal, in CLOSE-WAIT too.",
        linux: "tcp_recvmsg_locked() tests SOCK_DONE before sk_err.",
        differs: true,
        misconception: "After the RST a read gives \"connection reset\".",
        lessons: &["read-after-rst-returns-zero", "keep-alive-race-fin-first", "reset-after-fin"],
        ..PLAIN
    },
    Rule {
        id: "rst-sets-econnreset-read",
        statement: "An RST that arrives without a FIN before it makes the next read fail with ECONNRESET, once.",
        sentence: "the RST {rst} arrived in {state}, with no FIN before it: Linux sets the pending error to {errno}, and {of} is the first to ask and takes it.",
        notable: true,
        calls: &["read", "recv"],
        errno: Some(Errno::ECONNRESET),
        wire: "An RST from the peer, and no FIN from the peer before it.",
        rfc: "RFC 9293 3.10.7.4: outstanding RECEIVEs get \"reset\" responses and users a \"connection reset\" signal.",
        linux: "tcp_reset() sets sk_err to ECONNRESET; tcp_recvmsg_locked() reports and clears it.",
        misconception: "ECONNRESET on a read means that the peer's program has crashed.",
        lessons: &["connection-reset-on-read", "after-rst-read", "abortive-close", "data-survives-a-reset"],
        ..PLAIN
    },
    Rule {
        id: "read-after-reported-error-gives-0",
        statement: "Once the error has been reported, read returns 0.",
        sentence: "the error that {rst} had set was reported before, once; what is left looks like end of file.",
        notable: true,
        calls: &["read", "recv"],
        wire: "Nothing new: the RST is long past.",
        rfc: "RFC 9293 3.10.3: RECEIVE where no connection exists any more is answered with \"error: connection does not exist\".",
        linux: "tcp_recvmsg_locked(): with sk_err cleared, RCV_SHUTDOWN answers 0.",
        differs: true,
        misconception: "A reset connection goes on returning ECONNRESET.",
        lessons: &["one-reset-one-report", "connection-reset-on-read", "abortive-close"],
        ..PLAIN
    },
    Rule {
        id: "own-shutdown-read-gives-0",
        statement: "After one's own shutdown(SHUT_RD) a read with nothing queued returns 0.",
        sentence: "{shutdown} closed the reading direction of this socket: 0, with no segment behind it.",
        notable: true,
        calls: &["read", "recv", "shutdown"],
        wire: "Nothing: shutdown(SHUT_RD) sends no segment, the peer is told nothing, and data that arrives later can still be read.",
        linux: "tcp_recvmsg_locked() tests RCV_SHUTDOWN after the queue and after sk_err.",
        misconception: "shutdown(SHUT_RD) tells the peer to stop sending.",
        lessons: &["shutdown-read-sends-nothing", "shutdown-both-is-not-close"],
        ..PLAIN
    },
    Rule {
        id: "nothing-to-read-gives-eagain",
        statement: "A read that must not block and finds nothing fails with EAGAIN.",
        sentence: "nothing was queued and the call must not wait: {errno}. The connection is healthy.",
        notable: true,
        calls: &["read", "recv"],
        errno: Some(Errno::EAGAIN),
        wire: "No data that has not been read; no FIN, no RST.",
        linux: "tcp_recvmsg_locked() returns EAGAIN where it must not wait.",
        misconception: "EAGAIN means that something is wrong.",
        lessons: &["nonblocking-connect", "epoll-edge-is-told-once", "urgent-data-overwritten"],
        ..PLAIN
    },
    Rule {
        id: "receive-timeout-gives-eagain",
        statement: "A read whose SO_RCVTIMEO passes fails with EAGAIN.",
        sentence: "nothing arrived within SO_RCVTIMEO: {errno}. No segment is behind this, and the connection is as healthy as before.",
        notable: true,
        calls: &["read", "recv", "accept"],
        errno: Some(Errno::EAGAIN),
        wire: "Silence: no segment is behind this error.",
        linux: "tcp_recvmsg_locked(): sk_wait_data() came back with no time left.",
        misconception: "A read timeout means that the connection is broken; or it is ETIMEDOUT.",
        lessons: &["read-timeout", "peer-gone-unnoticed"],
        ..PLAIN
    },
    Rule {
        id: "empty-recv-wakes-to-0",
        statement: "recv() of 0 bytes waits until anything happens and then returns 0, whatever it was.",
        calls: &["recv"],
        linux: "tcp_recvmsg_locked() leaves its loop after the first wait when 0 bytes are wanted.",
        unshown: "A recv of no bytes that waits is no program's wish; the random scenarios make it.",
        ..PLAIN
    },
];
