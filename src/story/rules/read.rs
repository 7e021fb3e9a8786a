//! What read and recv return.

use super::{PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "read-takes-queued-data",
        statement: "read() returns what is queued, up to the size of its buffer.",
        linux: "tcp_recvmsg_locked() copies from the receive queue first.",
        ..PLAIN
    },
    Rule {
        id: "read-waits-for-data",
        statement: "A blocking read with nothing to tell waits.",
        linux: "tcp_recvmsg_locked() sleeps in sk_wait_data().",
        ..PLAIN
    },
    Rule {
        id: "empty-read-asks-nothing",
        statement: "read() of 0 bytes returns 0 without asking TCP.",
        linux: "sock_read_iter() returns 0 for an empty buffer.",
        ..PLAIN
    },
    Rule {
        id: "received-data-survives-the-rst",
        statement: "Data that was received before an RST can still be read.",
        sentence: "the data was in the receive queue before the RST {rst} arrived; Linux keeps it readable.",
        notable: true,
        rfc: "RFC 9293 3.10.7.4: all segment queues should be flushed on an RST.",
        linux: "tcp_reset() leaves the receive queue alone; tcp_recvmsg_locked() reads it before it looks at the error.",
        misconception: "An RST destroys everything that was not yet read.",
        ..PLAIN
    },
    Rule {
        id: "fin-is-end-of-file",
        statement: "After the peer's FIN and all data before it, read returns 0.",
        sentence: "the FIN {fin} says that the peer will send no more: read returns 0, end of file, and will go on doing so.",
        notable: true,
        rfc: "RFC 9293 3.6: the user is told that the other side has closed.",
        linux: "tcp_fin() sets SOCK_DONE; tcp_recvmsg_locked() then returns 0.",
        ..PLAIN
    },
    Rule {
        id: "read-after-fin-stays-0-in-spite-of-rst",
        statement: "After a FIN, read returns 0 even when an RST has come since.",
        sentence: "the FIN {fin} came before the RST {rst}: Linux tests for end of file first, so {of} returns 0 and not ECONNRESET.",
        notable: true,
        linux: "tcp_recvmsg_locked() tests SOCK_DONE before sk_err.",
        misconception: "After the RST a read gives \"connection reset\".",
        ..PLAIN
    },
    Rule {
        id: "rst-sets-econnreset-read",
        statement: "An RST that arrives without a FIN before it makes the next read fail with ECONNRESET, once.",
        sentence: "the RST {rst} arrived in {state}, with no FIN before it: Linux sets the pending error to {errno}, and {of} is the first to ask and takes it.",
        notable: true,
        rfc: "RFC 9293 3.10.7.4: the user is told \"connection reset\".",
        linux: "tcp_reset() sets sk_err to ECONNRESET; tcp_recvmsg_locked() reports and clears it.",
        ..PLAIN
    },
    Rule {
        id: "read-after-reported-error-gives-0",
        statement: "Once the error has been reported, read returns 0.",
        sentence: "the error that {rst} had set was reported before, once; what is left looks like end of file.",
        notable: true,
        linux: "tcp_recvmsg_locked(): with sk_err cleared, RCV_SHUTDOWN answers 0.",
        misconception: "A reset connection goes on returning ECONNRESET.",
        ..PLAIN
    },
    Rule {
        id: "own-shutdown-read-gives-0",
        statement: "After one's own shutdown(SHUT_RD) a read with nothing queued returns 0.",
        sentence: "{shutdown} closed the reading direction of this socket: 0, with no segment behind it.",
        notable: true,
        linux: "tcp_recvmsg_locked() tests RCV_SHUTDOWN after sk_err.",
        ..PLAIN
    },
    Rule {
        id: "nothing-to-read-gives-eagain",
        statement: "A read that must not block and finds nothing fails with EAGAIN.",
        sentence: "nothing was queued and the call must not wait: {errno}. The connection is healthy.",
        notable: true,
        linux: "tcp_recvmsg_locked().",
        ..PLAIN
    },
    Rule {
        id: "receive-timeout-gives-eagain",
        statement: "A read whose SO_RCVTIMEO passes fails with EAGAIN.",
        sentence: "nothing arrived within SO_RCVTIMEO: {errno}. No segment is behind this, and the connection is as healthy as before.",
        notable: true,
        linux: "sk_wait_data() came back with no time left.",
        misconception: "A read timeout means that the connection is broken.",
        ..PLAIN
    },
];
