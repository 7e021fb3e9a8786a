//! What epoll tells.

use super::{ONLY_WAITS, PLAIN, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "epoll-is-created",
        statement: "epoll_create1() returns a descriptor for an empty list of interests.",
        calls: &["epoll_create1"],
        linux: "do_epoll_create() makes it.",
        lessons: &["epoll-edge-is-told-once", "epoll-through-fin-and-reset"],
        ..PLAIN
    },
    Rule {
        id: "epoll-registers-the-socket",
        statement: "epoll_ctl() says what is asked of a socket; what is ready already counts as news.",
        calls: &["epoll_ctl"],
        linux: "ep_insert() polls the socket once, and queues what is ready.",
        lessons: &["epoll-edge-is-told-once", "epoll-through-fin-and-reset"],
        ..PLAIN
    },
    Rule {
        id: "epoll-tells-readiness",
        statement: "epoll_wait() tells what poll() would tell: while it is so, or edge-triggered when something new has happened.",
        calls: &["epoll_wait"],
        wire: "Nothing: epoll_wait() sends nothing and consumes nothing. What made the socket ready came before.",
        linux: "ep_send_events() polls each socket of the ready list again, for TCP by tcp_poll(), and puts it back on the list where it has no EPOLLET.",
        misconception: "EPOLLHUP comes with the peer's FIN, or EPOLLIN means that there is data.",
        lessons: &["epoll-edge-is-told-once", "epoll-through-fin-and-reset"],
        ..PLAIN
    },
    Rule {
        id: "epoll-tells-an-edge-once",
        statement: "Edge-triggered, epoll_wait() is silent until something new happens, whatever is still unread.",
        sentence: "with EPOLLET what was told is not told again: nothing new has happened since.",
        notable: true,
        calls: &["epoll_wait"],
        wire: "Nothing since the last epoll_wait().",
        linux: "ep_send_events() does not put a socket with EPOLLET back on the ready list.",
        misconception: "epoll tells that data is there as long as it is there.",
        lessons: &["epoll-edge-is-told-once"],
        ..PLAIN
    },
    Rule {
        id: "epoll-waits",
        statement: "epoll_wait() waits until there is something to tell.",
        calls: &["epoll_wait"],
        unshown: ONLY_WAITS,
        ..PLAIN
    },
    Rule {
        id: "epoll-timeout-gives-0",
        statement: "epoll_wait() returns 0 when its time has passed.",
        sentence: "nothing that was asked for became ready in time.",
        notable: true,
        calls: &["epoll_wait"],
        wire: "Silence.",
        lessons: &["epoll-forgets-a-closed-socket"],
        ..PLAIN
    },
    Rule {
        id: "epoll-forgets-a-closed-socket",
        statement: "When the last descriptor of a socket is closed, epoll forgets it: epoll_wait() tells nothing of it any more.",
        sentence: "{close} closed the last descriptor of the socket, and epoll forgot it.",
        notable: true,
        calls: &["epoll_wait", "close"],
        wire: "What the close sent.",
        linux: "__fput() of the last reference calls eventpoll_release_file().",
        misconception: "epoll_wait() tells that a descriptor was closed.",
        lessons: &["epoll-forgets-a-closed-socket"],
        ..PLAIN
    },
];
