//! What the page's script needs beside the timeline: prose, the rules and what languages show, and where rows stand.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::record::{Bytes, Errno, Outcome, Syscall, TcpState, What};
use crate::report::format::json;
use crate::report::languages::{self, Language, Said, Shown};
use crate::report::layout::StateTone;
use crate::report::ties::Ties;
use crate::report::words::{self, RichBlock, Style};
use crate::story::Told;
use crate::story::rules::{self, Rule};

#[derive(Serialize)]
struct Beside<'a> {
    /// The lesson's prose. Markdown.
    title: &'a str,
    summary: &'a str,
    goals: &'a [String],
    misconception: &'a str,
    loopback_differs: &'a str,
    /// What authors have written with more than plain words in it, as `[Markdown, blocks]`: the page reads no Markdown.
    rich: Vec<(&'a str, Vec<RichBlock>)>,
    /// The rules that the story names, by their ids.
    rules: BTreeMap<&'static str, About>,
    /// Each call without its result, by the event's id.
    calls: BTreeMap<&'a str, String>,
    /// The captured bytes of each segment, in Base64, by the event's id.
    frames: BTreeMap<&'a str, &'a Bytes>,
    /// The families of states, which decide their colours.
    tones: BTreeMap<&'static str, StateTone>,
    /// The header fields of the segments.
    fields: json::Fields<'a>,
    /// What languages show: the rows that some call of the story needs.
    languages: Vec<Row>,
    /// Which of those rows belong to a call, by the event's id.
    shown: BTreeMap<&'a str, Vec<usize>>,
    /// What the languages do about SIGPIPE.
    sigpipe: Vec<(&'static str, &'static str)>,
}

/// What is known of a rule.
#[derive(Serialize)]
struct About {
    statement: &'static str,
    wire: &'static str,
    rfc: &'static str,
    linux: &'static str,
    differs: bool,
    since: &'static str,
    misconception: &'static str,
}

/// What the languages show in a situation.
#[derive(Serialize)]
struct Row {
    situation: &'static str,
    words: Vec<(&'static str, String)>,
}

/// All of it as JSON.
pub(super) fn write<'a>(ties: &Ties<'a>, fields: json::Fields<'a>) -> String {
    let script = &ties.story.recording.script;
    let (languages, shown) = shown(ties);
    let beside = Beside {
        title: &script.title,
        summary: &script.summary,
        goals: &script.goals,
        misconception: &script.misconception,
        loopback_differs: &script.loopback_differs,
        rich: rich(ties),
        rules: named_rules(ties).into_iter().map(|rule| (rule.id, about(rule))).collect(),
        calls: calls(ties),
        frames: frames(ties),
        tones: TcpState::ALL.iter().map(|state| (state.name(), StateTone::of(*state))).collect(),
        fields,
        languages: languages.into_iter().map(row).collect(),
        shown,
        sigpipe: languages::SIGPIPE.iter().map(|(language, text)| (language.name(), *text)).collect(),
    };
    // No map in it has keys that are not strings, so that nothing can fail.
    serde_json::to_string(&beside).unwrap_or_default()
}

/// Every text of an author that the page shows, but for those that are one paragraph of plain words.
fn rich<'a>(ties: &Ties<'a>) -> Vec<(&'a str, Vec<RichBlock>)> {
    let script = &ties.story.recording.script;
    let mut texts: BTreeSet<&'a str> = script.goals.iter().map(String::as_str).collect();
    texts.extend([script.summary.as_str(), &script.misconception, &script.loopback_differs]);
    for step in &script.steps {
        texts.extend(step.say.as_deref());
        if let Some(question) = &step.predict {
            texts.insert(&question.text);
            texts.extend(question.choices.iter().filter_map(|choice| choice.tempting.as_deref()));
        }
    }
    for rule in named_rules(ties) {
        texts.extend([rule.statement, rule.wire, rule.rfc, rule.linux, rule.misconception]);
    }
    let is_plain = |text: &str, blocks: &[RichBlock]| match blocks {
        [RichBlock { is_item: false, spans }] => {
            matches!(&spans[..], [span] if span.style == Style::Plain && span.text == text)
        }
        _ => blocks.is_empty(),
    };
    let read = texts.into_iter().map(|text| (text, words::rich(text)));
    read.filter(|(text, blocks)| !is_plain(text, blocks)).collect()
}

/// Every rule that a cause or a prediction names.
fn named_rules(ties: &Ties<'_>) -> Vec<&'static Rule> {
    let mut names: BTreeSet<&str> = ties.story.causes.iter().map(|cause| cause.rule).collect();
    for entry in &ties.story.entries {
        if let Told::Call(told) = &entry.told {
            names.extend(told.prediction.allowed.iter().map(|allowed| allowed.rule));
        }
    }
    names.into_iter().filter_map(rules::rule).collect()
}

fn about(rule: &Rule) -> About {
    let Rule { statement, wire, rfc, linux, differs, since, misconception, .. } = *rule;
    About { statement, wire, rfc, linux, differs, since, misconception }
}

fn calls<'a>(ties: &Ties<'a>) -> BTreeMap<&'a str, String> {
    let recording = &ties.story.recording;
    let entries = recording.events.iter().zip(&ties.story.entries);
    entries
        .filter_map(|(event, entry)| match &event.what {
            What::Syscall(syscall) => Some((entry.id.as_str(), words::call(&syscall.call, &recording.script))),
            _ => None,
        })
        .collect()
}

fn frames<'a>(ties: &Ties<'a>) -> BTreeMap<&'a str, &'a Bytes> {
    let recording = &ties.story.recording;
    let entries = recording.events.iter().zip(&ties.story.entries);
    entries
        .filter_map(|(event, entry)| match &event.what {
            What::Segment { frame } => Some((entry.id.as_str(), &recording.frames.get(frame.0)?.bytes)),
            _ => None,
        })
        .collect()
}

/// The rows of the table of languages that fit some call, and for each call its rows' places among them.
fn shown<'a>(ties: &Ties<'a>) -> (Vec<&'static Shown>, BTreeMap<&'a str, Vec<usize>>) {
    let mut rows: Vec<&'static Shown> = Vec::new();
    let mut shown = BTreeMap::new();
    for (event, entry) in ties.story.recording.events.iter().zip(&ties.story.entries) {
        let What::Syscall(Syscall { call, outcome: Outcome::Failed { errno }, .. }) = &event.what else { continue };
        let places: Vec<usize> = fitting(call.name(), *errno).map(|row| place_of(&mut rows, row)).collect();
        if !places.is_empty() {
            shown.insert(entry.id.as_str(), places);
        }
    }
    (rows, shown)
}

fn fitting(call: &'static str, errno: Errno) -> impl Iterator<Item = &'static Shown> {
    let name = errno.to_string();
    languages::of_call(call).filter(move |row| row.errnos.contains(&name.as_str()))
}

fn place_of(rows: &mut Vec<&'static Shown>, row: &'static Shown) -> usize {
    rows.iter().position(|known| known.situation == row.situation).unwrap_or_else(|| {
        rows.push(row);
        rows.len() - 1
    })
}

fn row(row: &Shown) -> Row {
    let known = Language::ALL.into_iter().filter(|language| row.words(*language) != Said::Unknown);
    Row {
        situation: row.situation,
        words: known.map(|language| (language.name(), row.words(language).to_string())).collect(),
    }
}
