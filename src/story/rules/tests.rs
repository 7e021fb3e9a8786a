use std::collections::BTreeSet;
use std::path::Path;

use super::{RULES, Rule, document};
use crate::record::Errno;
use crate::scenario::builtin;

fn each(test: impl Fn(&Rule) -> bool, wanted: &str) {
    for rule in RULES {
        assert!(test(rule), "{}: {wanted}", rule.id);
    }
}

/// The words of a text that are calls: `name()`.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("()");
    let count = text.matches("()").count();
    parts.take(count).map(|part| {
        let start = part.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |place| place + 1);
        &part[start..]
    })
}

#[test]
fn ids_are_unique_words() {
    let ids: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    let plain = |id: &str| id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    each(|rule| !rule.id.is_empty() && plain(rule.id), "an id is made of words");
}

#[test]
fn texts_are_sentences() {
    each(|rule| rule.statement.ends_with('.'), "a statement is a sentence");
    for rule in RULES {
        for text in [rule.sentence, rule.wire, rule.rfc, rule.linux, rule.misconception] {
            assert!(text.is_empty() || text.ends_with('.'), "{}: {text}", rule.id);
        }
    }
    each(|rule| !rule.notable || !rule.wire.is_empty(), "what a reader is told has a trace, or none, on the wire");
}

#[test]
fn attributions_have_a_form() {
    let numbered = |section: &str| section.split('.').all(|part| part.parse::<u8>().is_ok());
    let cites = |rule: &Rule| {
        rule.rfc.match_indices("RFC ").all(|(place, _)| {
            let mut words = rule.rfc[place + 4..].split([' ', ':', ';', '.']);
            let number = words.next().is_some_and(|word| word.parse::<u16>().is_ok());
            let section = rule.rfc[place + 4..].split(' ').nth(1).unwrap_or_default();
            number && numbered(section.trim_end_matches([':', ';', '.']))
        })
    };
    each(|rule| rule.rfc.is_empty() || rule.rfc.starts_with("RFC "), "an RFC's text begins with its number");
    each(cites, "an RFC is cited by number and section");
    each(|rule| rule.linux.is_empty() || rule.linux.contains("()"), "what Linux does names a function");
    each(|rule| !rule.differs || !(rule.rfc.is_empty() || rule.linux.is_empty()), "a difference has two sides");
    each(|rule| rule.since.is_empty() || rule.since.starts_with(|c: char| c.is_ascii_digit()), "since a version");
}

/// A rule is shown by a lesson, or the table says why not.
#[test]
fn a_rule_is_shown_or_says_why_not() {
    each(|rule| rule.lessons.is_empty() != rule.unshown.is_empty(), "a rule names a lesson, or says why it cannot");
    each(|rule| rule.unshown.is_empty() || rule.unshown.ends_with('.'), "the reason is a sentence");
}

/// No RFC knows an errno.
#[test]
fn no_rfc_is_the_source_of_an_errno() {
    each(|rule| Errno::names().all(|name| !rule.rfc.contains(name)), "an RFC's text names no errno");
}

/// The functions that the table names were read in the kernel's source before they came here.
#[test]
fn functions_were_looked_up() {
    const READ: &[&str] = &[
        "__fput",
        "copy_files",
        "fdget",
        "fput",
        "__inet_bind",
        "__inet_check_established",
        "__sk_stream_is_writeable",
        "do_epoll_create",
        "ep_insert",
        "ep_send_events",
        "eventpoll_release_file",
        "inet_getname",
        "pipe_poll",
        "anon_pipe_write",
        "pipe_write",
        "sock_close",
        "file_close_fd",
        "tcp_diag_destroy",
        "tcp_sequence",
        "tcp_v6_rcv",
        "tcp_validate_incoming",
        "unix_poll",
        "unix_release_sock",
        "unix_shutdown",
        "unix_stream_sendmsg",
        "__inet_hash_connect",
        "__inet_stream_connect",
        "__tcp_close",
        "tcp_check_req",
        "tcp_probe_timer",
        "tcp_nagle_check",
        "tcp_retransmit_timer",
        "tcp_rtx_probe0_timed_out",
        "tcp_minshall_check",
        "tcp_send_delayed_ack",
        "tcp_delack_timer_handler",
        "tcp_recv_urg",
        "tcp_urg",
        "tcp_write_err",
        "tcp_write_timeout",
        "splice_to_socket",
        "tcp_abort",
        "tcp_add_backlog",
        "do_exit",
        "do_poll",
        "do_pollfd",
        "exit_files",
        "put_files_struct",
        "inet_create",
        "inet_bind_conflict",
        "inet_csk_accept",
        "inet_csk_get_port",
        "inet_csk_listen_start",
        "inet_csk_listen_stop",
        "inet_csk_wait_for_connect",
        "inet_listen",
        "inet_shutdown",
        "inet_wait_for_connect",
        "sk_getsockopt",
        "sk_stream_error",
        "sk_stream_wait_close",
        "sk_stream_wait_connect",
        "sk_stream_wait_memory",
        "sk_wait_data",
        "sock_error",
        "sock_read_iter",
        "tcp_close",
        "tcp_data_queue",
        "tcp_disconnect",
        "tcp_fin",
        "tcp_poll",
        "tcp_rcv_state_process",
        "tcp_rcv_synsent_state_process",
        "tcp_recvmsg_locked",
        "tcp_reset",
        "tcp_send_active_reset",
        "tcp_send_fin",
        "tcp_select_window",
        "tcp_sendmsg_locked",
        "tcp_try_rmem_schedule",
        "tcp_shutdown",
        "tcp_keepalive_timer",
        "tcp_timewait_state_process",
        "tcp_write_wakeup",
        "tcp_v4_rcv",
        "tcp_v4_send_reset",
    ];
    for rule in RULES {
        for function in functions(rule.linux) {
            assert!(READ.contains(&function), "{}: read {function}() before it is named, then list it here", rule.id);
        }
    }
}

#[test]
fn errnos_are_named() {
    for rule in RULES {
        let Some(errno) = rule.errno else { continue };
        let name = errno.to_string();
        let said = rule.statement.contains(&name) || rule.sentence.contains("{errno}");
        assert!(said, "{}: neither statement nor sentence names {name}", rule.id);
    }
}

/// A source of the model, or all of a folder.
fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/story").join(name);
    if path.is_dir() {
        let all = std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path());
        return all.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    }
    std::fs::read_to_string(path).unwrap()
}

/// Every id that the model and the links name is a row of the table, and every row is named.
#[test]
fn rules_are_used_and_known() {
    let sources = ["predict.rs", "walk.rs", "origin.rs", "predict", "walk"].map(source).concat();
    let named: BTreeSet<&str> =
        sources.split('"').skip(1).step_by(2).filter(|text| text.matches('-').count() >= 1).collect();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(named, known);
}

#[test]
fn lessons_are_shipped() {
    for rule in RULES {
        for lesson in rule.lessons {
            assert!(builtin::get(lesson).is_some(), "{}: {lesson}", rule.id);
        }
    }
}

/// The documentation is the table. `TCPSTORY_BLESS=1` writes it anew.
#[test]
fn the_document_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/story/rules/RULES.md");
    if std::env::var_os("TCPSTORY_BLESS").is_some_and(|value| !value.is_empty()) {
        std::fs::write(path, document()).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == document(), "bless {path} with TCPSTORY_BLESS=1");
}
