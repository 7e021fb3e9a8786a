//! What can be explained, and how people name it.

use super::calls::{self, CALLS};
use super::constants::{self, Constant};
use super::errnos;
use super::lessons;
use super::wire;
use super::{Block, Page};
use crate::record::Errno;
use crate::scenario;
use crate::story::rules::{RULES, Rule, rule, subjects};

/// Something that has a page.
#[derive(Clone, Copy, Debug)]
pub struct Topic(pub(super) Kind);

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Errno(&'static errnos::Known),
    Call(&'static calls::Known),
    Wire(&'static wire::Known),
    Constant(Constant),
    Rule(&'static Rule),
    Sigpipe,
    /// What lessons are about, by the tag that they share.
    Tag(&'static str),
}

/// What a word means: an errno by name, number or text, a call, a segment, a state, an option, a flag, an event, a rule's id,
/// SIGPIPE, or what lessons are about. Case does not matter, but for a word that is both a call and a state: `close` and `CLOSE`.
pub fn find(word: &str) -> Option<Topic> {
    let word = word.trim();
    let bare = word.trim_end_matches("()").to_ascii_lowercase();
    let kind = by_errno(word)
        .or_else(|| wire::all().find(|known| known.name == word).map(Kind::Wire))
        .or_else(|| CALLS.iter().find(|call| call.name == bare).map(Kind::Call))
        .or_else(|| rule(&bare).map(Kind::Rule))
        .or_else(|| by_wire(&bare))
        .or_else(|| constants::find(&bare).map(Kind::Constant))
        .or_else(|| (bare == "sigpipe").then_some(Kind::Sigpipe))
        .or_else(|| lessons::tag(word).map(Kind::Tag))?;
    Some(Topic(kind))
}

fn by_errno(word: &str) -> Option<Kind> {
    let name = if word.eq_ignore_ascii_case("EWOULDBLOCK") { "EAGAIN" } else { word };
    let fits = |known: &&errnos::Known| {
        let number = Errno::from_name(known.name);
        let numbered = |errno: Errno| errno.0.to_string() == name || errno.text().eq_ignore_ascii_case(name);
        known.name.eq_ignore_ascii_case(name) || number.is_some_and(numbered)
    };
    errnos::all().find(fits).map(Kind::Errno)
}

fn by_wire(word: &str) -> Option<Kind> {
    let word = word.strip_prefix("tcp_").unwrap_or(word);
    let fits = |known: &&wire::Known| known.name.eq_ignore_ascii_case(word) || known.aliases.contains(&word);
    wire::all().find(fits).map(Kind::Wire)
}

/// What a state is, in a few words: `the peer has closed; this program has not`.
pub fn state_title(name: &str) -> Option<&'static str> {
    wire::STATES.iter().find(|known| known.name == name).map(|known| known.title)
}

/// Every name that has a page.
pub fn names() -> impl Iterator<Item = &'static str> {
    let errnos = errnos::all().map(|known| known.name);
    let calls = CALLS.iter().map(|call| call.name);
    let wire = wire::all().map(|known| known.name);
    let constants = constants::all().map(Constant::name);
    errnos.chain(["SIGPIPE"]).chain(calls).chain(wire).chain(constants).chain(RULES.iter().map(|rule| rule.id))
}

/// The name that was probably meant.
pub fn nearest(word: &str) -> Option<&'static str> {
    scenario::nearest(word, names())
}

/// The list of everything that can be explained.
pub fn index() -> Page {
    let mut page = Page::new("What can be explained: tcpstory explain NAME");
    let text = |name: &str| Errno::from_name(name).map_or("", Errno::text).to_owned();
    let errnos = errnos::all().map(|known| (known.name.to_owned(), text(known.name)));
    page.add(
        "Errors and signals",
        vec![Block::Pairs(errnos.chain([("SIGPIPE".into(), "Broken pipe".into())]).collect())],
    );
    let calls = CALLS.iter().map(|call| call.name).collect::<Vec<_>>().join("  ");
    page.add("Calls", vec![Block::text(calls)]);
    let titles = |known: &[wire::Known]| known.iter().map(|one| (one.name.to_owned(), one.title.to_owned())).collect();
    page.add("Segments", vec![Block::Pairs(titles(wire::SEGMENTS))]);
    page.add("States", vec![Block::Pairs(titles(wire::STATES))]);
    let meanings = |known: &mut dyn Iterator<Item = Constant>| {
        Block::Pairs(known.map(|one| (one.name().to_owned(), one.meaning().to_owned())).collect())
    };
    page.add("Options", vec![meanings(&mut constants::options())]);
    page.add("Flags of send and recv", vec![meanings(&mut constants::flags())]);
    page.add("Events of poll and epoll", vec![meanings(&mut constants::events())]);
    page.add("Directions of shutdown", vec![meanings(&mut constants::directions())]);
    page.add(
        "How to ask",
        vec![Block::list([
            "tcpstory explain 104, or \"connection reset by peer\": numbers and texts are understood as well",
            "tcpstory explain Nagle, \"delayed ACK\", backlog: any tag of a lesson leads to its lessons",
            "tcpstory why LINE: what may be behind a line of a log",
            "tcpstory list --rule ID: the scenarios that show a rule",
            "Experiments that a page names (A1, B2 …) are in tests/truth/experiments.json of the source.",
        ])],
    );
    for (subject, rules) in subjects() {
        let rules = rules.iter().map(|rule| (rule.id.to_owned(), rule.statement.to_owned()));
        page.add(&format!("Rules: {subject}"), vec![Block::Pairs(rules.collect())]);
    }
    page
}
