use std::collections::BTreeSet;

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::record::TcpState;
use crate::report::page::{markdown, terminal};
use crate::scenario::builtin;

const TRUTH: &str = include_str!("../../../tests/truth/experiments.json");

fn text_of(word: &str, width: usize) -> String {
    terminal(&page(find(word).unwrap()), width, false)
}

#[test]
fn every_name_has_a_page() {
    for name in names() {
        let topic = find(name).unwrap_or_else(|| panic!("{name}"));
        let page = page(topic);
        assert!(!page.sections.is_empty(), "{name}");
        assert!(!terminal(&page, 80, true).is_empty() && !markdown(&page).is_empty());
    }
    assert_eq!(names().count(), names().collect::<BTreeSet<_>>().len());
}

#[test]
fn topics_are_found_as_people_name_them() {
    for (word, title) in [
        ("epipe", "EPIPE: Broken pipe (32)"),
        ("Broken pipe", "EPIPE: Broken pipe (32)"),
        ("104", "ECONNRESET: Connection reset by peer (104)"),
        ("EWOULDBLOCK", "EAGAIN: Resource temporarily unavailable (11)"),
        ("read()", "read()"),
        ("SigPipe", "SIGPIPE: Broken pipe (signal 13)"),
        ("CLOSE-SENDS-FIN", "close-sends-fin"),
        ("rst", "RST: the end of a connection, at once"),
        ("FIN-WAIT-2", "FIN_WAIT2: our FIN is acknowledged; the peer has not closed"),
        ("TCP_CLOSE_WAIT", "CLOSE_WAIT: the peer has closed; this program has not"),
        ("close", "close()"),
        ("CLOSE", "CLOSE: no connection"),
    ] {
        assert_eq!(page(find(word).unwrap()).title, title, "{word}");
    }
    assert!(find(" - ").is_none() && find("EPIP").is_none() && find("").is_none());
    assert_eq!(nearest("EPIP"), Some("EPIPE"));
    assert_eq!(nearest("raed"), Some("read"));
}

/// What lessons are about is found by their tags, however people write them, and leads to the lessons.
#[test]
fn tags_lead_to_lessons() {
    for (word, title, lesson) in [
        ("Nagle", "Nagle", "nagle-meets-delayed-ack"),
        ("delayed ack", "delayed ACK", "three-segments-to-close"),
        ("delayed-ACK", "delayed ACK", "three-segments-to-close"),
        ("backlog", "backlog", "backlog-full"),
        ("keepalive", "keep-alive", "keep-alive-answered"),
    ] {
        let page = page(find(word).unwrap_or_else(|| panic!("{word}")));
        assert_eq!(page.title, format!("{title}: what lessons show of it"), "{word}");
        assert!(terminal(&page, 100, false).contains(&format!("tcpstory run {lesson}")), "{word}");
    }
    for tag in builtin::all().flat_map(|one| one.parse().unwrap().tags) {
        assert!(find(&tag).is_some(), "{tag}");
    }
}

/// Every rule stands on the page of its errno and on those of its calls.
#[test]
fn pages_hold_every_rule() {
    for rule in RULES {
        if let Some(errno) = rule.errno {
            assert!(text_of(&errno.to_string(), 100).contains(rule.id), "{} on {errno}", rule.id);
        }
        for call in rule.calls {
            assert!(text_of(call, 100).contains(rule.id), "{} on {call}", rule.id);
        }
    }
}

#[test]
fn what_pages_name_exists() {
    for known in errnos::all() {
        assert!(Errno::from_name(known.name).is_some(), "{}", known.name);
        assert!(known.behind.iter().all(|id| rule(id).is_some()), "{}", known.name);
        assert!(known.lessons.iter().all(|name| builtin::get(name).is_some()), "{}", known.name);
        assert!(!known.meaning.is_empty() && !known.signs.is_empty() && !known.deeds.is_empty(), "{}", known.name);
    }
}

/// Every state of the kernel has a page, and each page about the wire leads to a lesson.
#[test]
fn states_and_segments_lead_to_lessons() {
    for state in TcpState::ALL {
        assert!(wire::STATES.iter().any(|known| known.name == state.name()), "{state:?}");
    }
    for known in wire::all() {
        let page = page(find(known.name).unwrap());
        let see = page.sections.iter().find(|section| section.heading == "See it");
        assert!(see.is_some_and(|see| !see.blocks.is_empty()), "{}", known.name);
        assert!(known.lessons.iter().all(|name| builtin::get(name).is_some()), "{}", known.name);
        assert!(known.aliases.iter().all(|alias| find(alias).is_some()), "{}", known.name);
    }
}

/// Every measurement that a page appeals to exists, and shows that errno.
#[test]
fn measurements_show_what_they_are_cited_for() {
    let truth: Value = serde_json::from_str(TRUTH).unwrap();
    let experiments = truth["experiments"].as_array().unwrap_or_else(|| truth.as_array().unwrap());
    let of = |id: &str| experiments.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}"));
    for known in errnos::all() {
        for way in known.ways {
            let Basis::Measured(ids) = way.basis else { continue };
            for id in ids {
                // A connection that failed before a non-blocking call asks is told by SO_ERROR; a queue's deferral by accept.
                assert!(of(id).to_string().contains(&format!("\"{}\"", known.name)), "{id}: {}", known.name);
            }
        }
    }
}

#[test]
fn pages_fit_and_end_their_sentences() {
    for name in names() {
        let page = page(find(name).unwrap());
        for width in [60, 80, 110] {
            let wide = terminal(&page, width, false).lines().find(|line| line.width() > width).map(str::to_owned);
            assert_eq!(wide, None, "{name} at {width}");
        }
    }
}

#[test]
fn the_pages_that_are_read_most() {
    for name in ["EPIPE", "ECONNRESET", "ETIMEDOUT", "EAGAIN", "ECONNREFUSED"] {
        for width in [80, 110] {
            insta::assert_snapshot!(format!("{name}-{width}"), text_of(name, width));
        }
    }
    insta::assert_snapshot!("read-80", text_of("read", 80));
    insta::assert_snapshot!("sigpipe-80", text_of("SIGPIPE", 80));
    insta::assert_snapshot!("rst-80", text_of("RST", 80));
    insta::assert_snapshot!("close-wait-80", text_of("CLOSE_WAIT", 80));
    insta::assert_snapshot!("rule-80", text_of("rst-in-close-wait-sets-epipe", 80));
}
