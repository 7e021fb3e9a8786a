//! What `tcpstory explain` tells: a page for each errno, call, segment, state, option, flag and rule, and for SIGPIPE.
//!
//! Pages are made from the table of rules, from what the model predicts next and from the table of languages, so that text
//! and model cannot drift apart. What no rule covers says how it is known.

mod calls;
mod constants;
mod errnos;
mod lessons;
mod topics;
mod wire;

pub use topics::{Topic, find, index, names, nearest, state_title};

use super::languages::{self, Language, Shown};
use super::page::{Block, Entry, Page};
use super::words::predicted;
use crate::record::Errno;
use crate::story::Predicted;
use crate::story::outlook::{Answers, Outlook, outlook};
use crate::story::rules::{RULES, Rule, rule, subjects};
use constants::Constant;
use errnos::{Basis, Way};
use topics::Kind;

/// The page about a topic.
pub fn page(topic: Topic) -> Page {
    match topic.0 {
        Kind::Errno(known) => errno(known),
        Kind::Call(known) => call(known),
        Kind::Wire(known) => wire(known),
        Kind::Constant(constant) => constant_page(constant),
        Kind::Rule(rule) => single_rule(rule),
        Kind::Sigpipe => sigpipe(),
        Kind::Tag(tag) => tagged(tag),
    }
}

fn errno(known: &errnos::Known) -> Page {
    let number = Errno::from_name(known.name).unwrap_or(Errno(0));
    let mut page = Page::new(format!("{}: {} ({})", known.name, number.text(), number.0));
    page.add("", paragraphs(known.meaning));
    let rules = rules_of(|rule| rule.errno == Some(number) || known.also.contains(&rule.id));
    page.add("Telling the ways apart in a capture", vec![pairs(known.signs)]);
    page.add("Every way it arises", ways(known, &rules));
    let behind = known.behind.iter().filter_map(|id| rule(id));
    page.add("What made the other end send that", behind.map(|rule| Block::Entry(entry(rule))).collect());
    page.add("What comes next", next(&rules, known.next));
    page.add("SIGPIPE", vec![Block::text(known.sigpipe)]);
    page.add("In your language", languages::of_errno(known.name).map(shown).collect());
    page.add("What to do", vec![pairs(known.deeds)]);
    page.add("Not true", vec![Block::List(misconceptions(&rules, known.misconceptions))]);
    page.add("Elsewhere", paragraphs(known.elsewhere));
    page.add("See it", run(known.lessons, &[known.name]));
    page
}

/// The ways in which an errno arises, those that matter most first.
fn ways(known: &errnos::Known, rules: &[&'static Rule]) -> Vec<Block> {
    let place = |rule: &&&Rule| known.first.iter().position(|id| *id == rule.id);
    let (mut lead, rest): (Vec<_>, Vec<_>) =
        rules.iter().partition(|rule| known.first.is_empty() || place(rule).is_some());
    lead.sort_by_key(place);
    let entries = |rules: Vec<&&'static Rule>| rules.into_iter().map(|rule| entry(rule)).collect::<Vec<_>>();
    let all = entries(lead).into_iter().chain(known.ways.iter().map(measured)).chain(entries(rest));
    all.map(Block::Entry).collect()
}

fn call(known: &calls::Known) -> Page {
    let mut page = Page::new(format!("{}()", known.name));
    page.add("", paragraphs(known.meaning));
    page.add("What it returns", vec![pairs(known.results)]);
    page.add("In which order Linux looks", vec![Block::text(known.order)]);
    let mut rules = rules_of(|rule| rule.calls.contains(&known.name));
    // What is true of every descriptor comes after what is special to the call.
    rules.sort_by_key(|rule| is_general(rule));
    page.add("The rules", rules.iter().map(|rule| Block::Entry(entry(rule))).collect());
    page.add("What comes next", next(&rules, ""));
    page.add("In your language", languages::of_call(known.name).map(shown).collect());
    page.add("What to do", vec![Block::list(known.advice.iter().copied())]);
    page.add("Not true", vec![Block::List(misconceptions(&rules, &[]))]);
    page.add("See it", run(&lessons_of(&rules), &[known.name]));
    page
}

fn wire(known: &wire::Known) -> Page {
    let mut page = Page::new(format!("{}: {}", known.name, known.title));
    let rules = rules_of(|rule| speaks_of(rule, known.name));
    page.add("", paragraphs(known.meaning));
    page.add("What is known of it", vec![pairs(known.facts)]);
    let stated = rules.iter().map(|rule| (rule.id.to_owned(), rule.statement.to_owned()));
    page.add("The rules that speak of it", vec![Block::Pairs(stated.collect())]);
    page.add("What to do", vec![Block::list(known.advice.iter().copied())]);
    page.add("Not true", vec![Block::list(known.misconceptions.iter().copied())]);
    let mut lessons = known.lessons.to_vec();
    lessons.extend(lessons_of(&rules).into_iter().filter(|name| !known.lessons.contains(name)));
    page.add("See it", run(&lessons, &[known.name]));
    page
}

fn constant_page(constant: Constant) -> Page {
    let mut page = Page::new(constant.name());
    let rules = rules_of(|rule| names_constant(rule, constant.name()));
    page.add("", vec![Block::text(constant.meaning())]);
    page.add("The rules that speak of it", rules.iter().map(|rule| Block::Entry(entry(rule))).collect());
    page.add("Not true", vec![Block::List(misconceptions(&rules, &[]))]);
    page.add("In a scenario", vec![Block::text(constant.example())]);
    let mut lessons: Vec<_> = lessons::using(constant).collect();
    lessons.extend(lessons_of(&rules).into_iter().filter(|name| !lessons.contains(name)).collect::<Vec<_>>());
    page.add("See it", run(&lessons, &[constant.name()]));
    page
}

fn names_constant(rule: &Rule, name: &str) -> bool {
    let told = [rule.statement, rule.linux, rule.misconception];
    told.iter().any(|text| text.split(|part| !is_word(part)).any(|word| word == name))
}

fn is_word(part: char) -> bool {
    part.is_alphanumeric() || part == '_'
}

/// Whether a rule speaks of a segment or a state; states are seldom named outside the kernel's source.
fn speaks_of(rule: &Rule, name: &str) -> bool {
    let mut words = rule.statement.split(|part| !is_word(part));
    words.any(|word| word == name)
        || rule.linux.split(|part| !is_word(part)).any(|word| word.strip_prefix("TCP_") == Some(name))
}

fn single_rule(rule: &Rule) -> Page {
    let mut page = Page::new(rule.id);
    page.add("", vec![Block::text(rule.statement)]);
    page.add("", vec![Block::Pairs(facts(rule))]);
    page.add("What comes next", next(&[rule], ""));
    page.add("Not true", vec![Block::List(misconceptions(&[rule], &[]))]);
    page.add("See it", run(rule.lessons, &[]));
    page.add(
        "Not in a lesson",
        Some(rule.unshown).filter(|why| !why.is_empty()).map(Block::text).into_iter().collect(),
    );
    page
}

fn sigpipe() -> Page {
    let mut page = Page::new("SIGPIPE: Broken pipe (signal 13)");
    page.add(
        "",
        paragraphs(&[
            "The signal that comes with EPIPE, to the thread whose write failed. It exists for pipelines: in `yes | head` it \
             ends yes, which never looks at what write returns. In a program that speaks to a network it is a trap: its \
             default action ends the process inside the write, before errno can be looked at.",
            "It comes with EPIPE only. A write that reports ECONNRESET or ETIMEDOUT raises nothing, and a read never does.",
        ]),
    );
    let rules = rules_of(|rule| rule.id.contains("sigpipe"));
    page.add("The rules", rules.iter().map(|rule| Block::Entry(entry(rule))).collect());
    page.add(
        "How to be rid of it",
        vec![pairs(&[
            (
                "signal(SIGPIPE, SIG_IGN)",
                "for the whole process; inherited by programs that it starts, which may surprise them.",
            ),
            ("MSG_NOSIGNAL", "for one send; what a library should use."),
            ("a handler", "runs before write returns EPIPE; there is rarely anything for it to do."),
        ])],
    );
    page.add(
        "How to recognize it",
        vec![Block::list([
            "The process is gone without a message; the shell says exit status 141 (128 + 13).",
            "strace shows --- SIGPIPE {si_signo=SIGPIPE, …} --- right after a write that returned EPIPE.",
        ])],
    );
    let told = languages::SIGPIPE.iter().map(|(language, text)| (language.name().to_owned(), (*text).to_owned()));
    page.add("In your language", vec![Block::Pairs(told.collect())]);
    page.add("Not true", vec![Block::List(misconceptions(&rules, &[]))]);
    page.add("See it", run(&["sigpipe-kills", "msg-nosignal", "handle-ignore"], &["SIGPIPE"]));
    page
}

/// The page of what has none of its own, but lessons that are about it.
fn tagged(tag: &str) -> Page {
    let mut page = Page::new(format!("{tag}: what lessons show of it"));
    let word = tag.to_lowercase();
    let rules = rules_of(|rule| {
        let told = [rule.statement, rule.linux, rule.misconception];
        told.iter().any(|text| holds_word(&text.to_lowercase(), &word))
    });
    page.add("", vec![Block::text("It has no page of its own; these lessons are about it.")]);
    page.add("See it", run(&[], &[tag]));
    let stated = rules.iter().map(|rule| (rule.id.to_owned(), rule.statement.to_owned()));
    page.add("The rules that speak of it", vec![Block::Pairs(stated.collect())]);
    page
}

/// Whether a text holds a word, or several, as words of their own.
fn holds_word(text: &str, word: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !is_word(c));
    let at = |(place, _): (usize, &str)| {
        is_edge(text[..place].chars().next_back()) && is_edge(text[place + word.len()..].chars().next())
    };
    text.match_indices(word).any(at)
}

fn is_general(rule: &Rule) -> bool {
    subjects().next().is_some_and(|(_, rules)| rules.iter().any(|general| general.id == rule.id))
}

fn rules_of(wanted: impl Fn(&Rule) -> bool) -> Vec<&'static Rule> {
    RULES.iter().filter(|rule| wanted(rule)).collect()
}

fn paragraphs(texts: &[&str]) -> Vec<Block> {
    texts.iter().map(|text| Block::text(*text)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Block {
    Block::Pairs(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// A rule with what is known of it.
fn entry(rule: &Rule) -> Entry {
    Entry { name: rule.id.to_owned(), text: rule.statement.to_owned(), more: facts(rule) }
}

fn facts(rule: &Rule) -> Vec<(String, String)> {
    let bare = Entry::default().with("wire", rule.wire).with("Linux", rule.linux);
    let label = if rule.differs { "RFC (differs)" } else { "RFC" };
    bare.with(label, rule.rfc).with("since", rule.since).more
}

/// A way that no rule covers, with how it is known.
fn measured(way: &Way) -> Entry {
    let known = match way.basis {
        Basis::Measured(experiments) => format!("measured on Linux 6.18 ({})", named(experiments)),
        Basis::Source(function) => format!("read in the kernel's source, {function}; not measured"),
        Basis::Manual(place) => format!("documented in {place}; not measured"),
    };
    let entry = Entry { name: way.name.to_owned(), text: way.text.to_owned(), more: Vec::new() };
    entry.with("wire", way.wire).with("known", known)
}

fn named(experiments: &[&str]) -> String {
    let noun = if experiments.len() == 1 { "experiment" } else { "experiments" };
    format!("{noun} {}", experiments.join(", "))
}

/// What the model predicts for each situation that the rules speak of.
fn next(rules: &[&Rule], said: &str) -> Vec<Block> {
    let mut seen = Vec::new();
    let mut rows = Vec::new();
    for outlook in rules.iter().filter_map(|rule| outlook(rule.id)) {
        if !seen.contains(&outlook.situation) {
            seen.push(outlook.situation);
            rows.extend(rows_of(&outlook));
        }
    }
    let head = ["", "read", "write", "SO_ERROR", "poll"].map(String::from).to_vec();
    vec![Block::text(said), Block::Table { head, rows }]
}

fn rows_of(outlook: &Outlook) -> Vec<Vec<String>> {
    let row = |when: String, answers: &Answers| {
        let [read, wrote, so_error, poll] =
            [&answers.read, &answers.write, &answers.so_error, &answers.poll].map(answer);
        let wrote = if matches!(answers.write, Predicted::Value(_)) { "is taken".to_owned() } else { wrote };
        vec![when, read, wrote, so_error, poll]
    };
    let mut rows = vec![row(outlook.situation.to_owned(), &outlook.now)];
    rows.extend(outlook.told.as_ref().map(|told| row("… once a call was told".to_owned(), told)));
    rows
}

/// An answer in as few words as a table needs.
fn answer(answer: &Predicted) -> String {
    match answer {
        Predicted::Blocks => "waits".into(),
        Predicted::PendingError(errno) => errno.map_or_else(|| "0".into(), |errno| errno.to_string()),
        other => predicted(other).replace("POLL", "").trim_start_matches(['=', '→', ' ']).to_owned(),
    }
}

fn shown(row: &Shown) -> Block {
    let words = Language::ALL.map(|language| (language.name().to_owned(), row.words(language).to_string()));
    let known = words.into_iter().filter(|(_, text)| *text != languages::Said::Unknown.to_string());
    Block::Entry(Entry { name: row.situation.to_owned(), text: String::new(), more: known.collect() })
}

/// What people say wrongly: the rules' misconceptions and more of them, each once.
fn misconceptions(rules: &[&Rule], more: &[&str]) -> Vec<String> {
    let mut said: Vec<String> = more.iter().map(|text| (*text).to_owned()).collect();
    for rule in rules.iter().filter(|rule| !rule.misconception.is_empty()) {
        if !said.iter().any(|known| known.starts_with(rule.misconception)) {
            said.push(format!("{} See {}.", rule.misconception, rule.id));
        }
    }
    said
}

fn lessons_of(rules: &[&'static Rule]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for name in rules.iter().flat_map(|rule| rule.lessons) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names
}

fn run(named: &[&str], tags: &[&str]) -> Vec<Block> {
    let found = lessons::showing(named, tags);
    let mut pairs: Vec<_> =
        found.best.into_iter().map(|(name, title)| (format!("tcpstory run {name}"), title)).collect();
    if let Some(tag) = tags.first().filter(|_| found.more > 0) {
        let tag = if tag.contains(' ') { format!("\"{tag}\"") } else { (*tag).to_owned() };
        pairs.push((format!("tcpstory list --tag {tag}"), format!("{} more", found.more)));
    }
    vec![Block::Pairs(pairs)]
}

#[cfg(test)]
mod tests;
