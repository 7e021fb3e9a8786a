//! What close, shutdown and the end of a process send and return.

use super::{ONLY_WAITS, PLAIN, Rule};
use crate::record::Errno;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "close-returns-at-once",
        statement: "close() returns 0 at once; what it sends depends on what is unread and on SO_LINGER.",
        calls: &["close"],
        wire: "A FIN, an RST or nothing: see the rules that follow.",
        rfc: "RFC 9293 3.10.4: CLOSE queues a FIN behind the data.",
        linux: "tcp_close() orphans the socket; the kernel goes on sending what was written.",
        misconception: "When close() returns, the data has arrived.",
        lessons: &["close-returns-before-delivery", "graceful-close"],
        ..PLAIN
    },
    Rule {
        id: "close-sends-fin",
        statement: "close() of a connection with nothing unread sends a FIN.",
        sentence: "{by} closed the socket with nothing unread.",
        calls: &["close"],
        wire: "FIN,ACK behind the last data.",
        rfc: "RFC 9293 3.10.4: CLOSE sends a FIN behind all data.",
        linux: "__tcp_close() calls tcp_send_fin().",
        lessons: &["graceful-close", "broken-pipe"],
        ..PLAIN
    },
    Rule {
        id: "the-return-of-a-call-sends-fin",
        statement: "A close() while another thread is in a call on the socket takes effect when that call returns: the FIN goes out then.",
        sentence: "{by} had closed the descriptor while {call} was under way and kept the socket open; with its return that was the last to hold it, and nothing was unread.",
        notable: true,
        calls: &["close", "read"],
        wire: "FIN,ACK, as late as the call returns.",
        linux: "__fput() of the last reference closes the socket; the call's own is dropped by fput() when it returns.",
        misconception: "The FIN goes out when close() is called.",
        lessons: &["close-under-a-blocked-read"],
        ..PLAIN
    },
    Rule {
        id: "close-with-unread-data-sends-rst",
        statement: "close() with unread data sends an RST instead of a FIN.",
        sentence: "{by} closed the socket while {bytes} from {data} had not been read: the data is lost, and Linux says so with an RST instead of a FIN.",
        notable: true,
        calls: &["close"],
        wire: "RST,ACK and no FIN. Data that was written but not yet delivered is lost as well.",
        rfc: "RFC 9293 3.6.1 (SHLD-3): a close with received data pending should send an RST; section 3.5.2: the side that sends it should enter TIME-WAIT. See also RFC 2525 2.17.",
        linux: "__tcp_close() calls tcp_send_active_reset() where the receive queue holds data that was not copied; the socket goes to TCP_CLOSE, not to TIME_WAIT.",
        differs: true,
        since: "6.18, and the stable kernels of that time, for what counts as unread: before, a segment that was read and still lay in the queue counted",
        misconception: "close() always sends a FIN.",
        lessons: &["connection-reset-on-read", "connection-reset-on-write"],
        ..PLAIN
    },
    Rule {
        id: "close-with-linger-0-sends-rst",
        statement: "close() with SO_LINGER on and a time of 0 sends an RST.",
        sentence: "{by} closed a socket that lingers for 0 seconds: the connection is aborted with an RST, what was not yet sent, acknowledged or read is thrown away.",
        notable: true,
        calls: &["close", "setsockopt"],
        wire: "RST,ACK and no FIN; looks just like a close with unread data.",
        rfc: "RFC 9293 3.10.5: ABORT sends <SEQ=SND.NXT><CTL=RST>.",
        linux: "__tcp_close() calls tcp_disconnect(), which calls tcp_send_active_reset(). Unread data is looked at first. The RST carries an ACK, the RFC's does not.",
        differs: true,
        misconception: "SO_LINGER with 0 is a way to avoid TIME_WAIT without a price.",
        lessons: &["abortive-close", "abortive-close-write", "abort-discards-unsent-data"],
        ..PLAIN
    },
    Rule {
        id: "shutdown-returns-at-once",
        statement: "shutdown() returns 0 at once.",
        calls: &["shutdown"],
        linux: "inet_shutdown() marks the direction and calls tcp_shutdown(); neither waits.",
        misconception: "shutdown() gives the descriptor back.",
        lessons: &["half-close"],
        ..PLAIN
    },
    Rule {
        id: "shutdown-sends-fin",
        statement: "shutdown(SHUT_WR) sends a FIN after the data; the other direction stays open.",
        sentence: "{by} closed this direction; the other one is for the peer to close.",
        calls: &["shutdown"],
        wire: "FIN,ACK; looks just like the FIN of a close.",
        rfc: "RFC 9293 3.6: CLOSE means \"I have no more data to send\", and the user may go on receiving.",
        linux: "tcp_shutdown() calls tcp_send_fin(); SHUT_RD alone sends nothing.",
        misconception: "The FIN says that the peer has gone.",
        lessons: &["half-close", "shutdown-of-a-duplicate", "the-413-with-lingering-close"],
        ..PLAIN
    },
    Rule {
        id: "shutdown-of-a-dead-connection-gives-enotconn",
        statement: "shutdown() after the connection is over fails with ENOTCONN and leaves the pending error.",
        sentence: "the connection was over: {errno}; a pending error stays pending.",
        notable: true,
        calls: &["shutdown"],
        errno: Some(Errno::ENOTCONN),
        wire: "An RST before the call; the call sends nothing.",
        linux: "inet_shutdown() answers ENOTCONN in TCP_CLOSE.",
        misconception: "ENOTCONN means that the socket was never connected.",
        lessons: &["one-reset-one-report"],
        ..PLAIN
    },
    Rule {
        id: "exit-ends-the-process",
        statement: "A process that exits closes every descriptor it has.",
        sentence: "{by} ended the process.",
        calls: &["exit"],
        wire: "For each connection whose last descriptor this was, what close() would send.",
        linux: "do_exit() calls exit_files(), which closes the files of the process.",
        misconception: "A program must close its connections before it exits, or they stay open.",
        lessons: &["exit-without-close", "exit-with-unread-data"],
        ..PLAIN
    },
    Rule {
        id: "a-kill-ends-the-process",
        statement: "A fatal signal ends the process; the kernel closes its descriptors like close().",
        sentence: "{signal} from {by} ended the process; the kernel closed its sockets as close() would.",
        notable: true,
        calls: &["exit"],
        wire: "For each connection, what close() would send: a FIN, or an RST if data was unread. The wire does not show that it was a kill.",
        linux: "do_exit() calls exit_files(), which closes the files of the process.",
        misconception: "A crashed process leaves its connection hanging.",
        lessons: &["server-crash", "server-crash-unread", "crash-wakes-a-waiting-reader"],
        ..PLAIN
    },
    Rule {
        id: "a-shared-table-outlives-a-process",
        statement: "A process, or a thread, that shares its descriptors with another leaves them open when it ends alone.",
        sentence: "{by} ended the process; its descriptors stay open, because another has shared them since {clone}.",
        notable: true,
        calls: &["exit", "clone"],
        wire: "Nothing. What close() would send comes when the last who shares the descriptors ends.",
        linux: "do_exit() calls exit_files(), and put_files_struct() closes the files only for the last who has the table.",
        misconception: "A thread that ends takes its connections with it.",
        unshown: "The threads of the lessons end with their process.",
        ..PLAIN
    },
    Rule {
        id: "a-kill-ends-the-call",
        statement: "A fatal signal from outside ends a process inside its call; nothing is returned.",
        sentence: "{signal} from {kill} ended the process inside this call; it never returned.",
        notable: true,
        wire: "What close() would send for each of its connections.",
        lessons: &["crash-wakes-a-waiting-reader"],
        ..PLAIN
    },
    Rule {
        id: "the-end-of-a-process-sends-fin",
        statement: "A process that ends closes its connections: with nothing unread, by a FIN.",
        sentence: "{by} ended the process, and nothing was unread, so the kernel closed the connection as close() would: with a FIN, and not with an RST.",
        notable: true,
        calls: &["exit"],
        wire: "FIN,ACK: no different from an orderly close.",
        rfc: "RFC 9293 3.10.4: CLOSE sends a FIN behind all data.",
        linux: "do_exit() closes the files of the process; __tcp_close() calls tcp_send_fin().",
        misconception: "A crash sends an RST.",
        lessons: &["server-crash", "exit-without-close", "upstream-prematurely-closed"],
        ..PLAIN
    },
    Rule {
        id: "the-end-of-a-process-with-unread-data-sends-rst",
        statement: "A process that ends with unread data resets the connection.",
        sentence: "{by} ended the process while {bytes} from {data} had not been read: the kernel resets the connection, as close() would.",
        notable: true,
        calls: &["exit"],
        wire: "RST,ACK and no FIN: no different from a close with unread data.",
        rfc: "RFC 9293 3.6.1 (SHLD-3): a close with received data pending should send an RST; see also RFC 2525 2.17.",
        linux: "do_exit() closes the files of the process; __tcp_close() calls tcp_send_active_reset().",
        misconception: "A reset says that somebody aborted the connection on purpose.",
        lessons: &["server-crash-unread", "exit-with-unread-data", "upstream-recv-failed-104"],
        ..PLAIN
    },
    Rule {
        id: "a-socket-is-destroyed-from-outside",
        statement: "An administrator can destroy a socket (ss -K): its kernel sends an RST although no program has closed it.",
        sentence: "no program has closed this socket: an administrator destroyed it from outside (ss -K), and its kernel sends an RST.",
        notable: true,
        wire: "RST,ACK: no different from a close with unread data.",
        linux: "tcp_diag_destroy() calls tcp_abort(), which sends the RST where the state needs one.",
        misconception: "An RST is always sent by a program's close(), or by a missing socket.",
        unshown: "It takes an administrator's `ss -K`, and a kernel built with CONFIG_INET_DIAG_DESTROY.",
        ..PLAIN
    },
    Rule {
        id: "destroyed-socket-gives-econnaborted",
        statement: "The program whose socket an administrator has destroyed gets ECONNABORTED, once.",
        sentence: "the socket was destroyed from outside, which {rst} told the peer: {errno} for its own program.",
        notable: true,
        calls: &["read", "recv", "write", "send"],
        errno: Some(Errno::ECONNABORTED),
        wire: "RST,ACK from this very side.",
        linux: "tcp_diag_destroy() asks for ECONNABORTED, and tcp_abort() leaves that as sk_err.",
        misconception: "ECONNABORTED comes from accept() alone.",
        unshown: "It takes an administrator's `ss -K`, and a kernel built with CONFIG_INET_DIAG_DESTROY.",
        ..PLAIN
    },
    Rule {
        id: "close-in-fin-wait2-with-linger2-off-sends-rst",
        statement: "close() in FIN_WAIT2 with a negative TCP_LINGER2 sends an RST: nobody is left to wait for the peer's FIN.",
        sentence: "{by} closed a socket in {state} that is not to wait there without an owner (TCP_LINGER2): the connection is reset.",
        notable: true,
        calls: &["close", "setsockopt"],
        wire: "A FIN from this side, acknowledged, and later an RST,ACK.",
        linux: "__tcp_close() calls tcp_send_active_reset() in TCP_FIN_WAIT2 where linger2 is negative.",
        misconception: "A socket in FIN_WAIT2 waits for the peer's FIN for ever.",
        lessons: &["linger2-off-after-shutdown"],
        ..PLAIN
    },
    Rule {
        id: "close-lingers",
        statement: "close() with SO_LINGER on and a time above 0 waits until the data and the FIN are acknowledged, or until the \
                    time is up.",
        calls: &["close"],
        linux: "__tcp_close() sleeps in sk_stream_wait_close().",
        misconception: "close() always returns at once.",
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "lingering-close-saw-everything-acknowledged",
        statement: "close() with SO_LINGER on returns when the data and the FIN have been acknowledged.",
        sentence: "{of} lingered until {ack} had acknowledged the last byte and the FIN.",
        notable: true,
        calls: &["close"],
        wire: "The data, the FIN, and the acknowledgment of both before close() returns.",
        linux: "__tcp_close() sleeps in sk_stream_wait_close().",
        misconception: "close() with SO_LINGER waits until the peer's program has read everything.",
        lessons: &["linger-waits-for-delivery"],
        ..PLAIN
    },
    Rule {
        id: "lingering-close-ran-out-of-time",
        statement: "close() with SO_LINGER on returns 0 when its time is up, although not everything was acknowledged; the kernel goes on trying.",
        sentence: "the linger time of {of} was over before everything was acknowledged; close says 0 all the same, and the kernel goes on trying.",
        notable: true,
        calls: &["close"],
        wire: "Data without its acknowledgment when close() returns.",
        linux: "__tcp_close() sleeps in sk_stream_wait_close() for the linger time.",
        misconception: "close() with SO_LINGER fails when its time runs out.",
        lessons: &["linger-runs-out"],
        ..PLAIN
    },
];
