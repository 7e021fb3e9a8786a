//! Where two stories part, in sentences.

use std::collections::BTreeSet;

use super::told::Line;
use super::{Comparison, Pair, Relation, Which};
use crate::report::{knowledge, words};
use crate::story::EventId;

/// So much is said of a side; the rest stands in the table and the picture.
const MOST_LINES: usize = 4;
const MOST_REASONS: usize = 3;

impl Comparison<'_> {
    /// Where the stories part and why, in sentences; always at least one.
    pub(super) fn explanation(&self) -> Vec<String> {
        let mut said = self.parting();
        said.extend(self.questions());
        said
    }

    /// What each story asks, where it ends before the answer.
    fn questions(&self) -> Vec<String> {
        let asked = |which: Which| {
            let story = self.story(which);
            let said = |(step, question)| words::asked(question, step, &story.recording.script);
            words::open_questions(story).map(said).collect::<Vec<_>>()
        };
        let [a, b] = Which::BOTH.map(asked);
        if a == b {
            return a.into_iter().map(|question| format!("Both ask before {question}")).collect();
        }
        let named = |which: Which, all: Vec<String>| {
            all.into_iter().map(move |question| format!("{} asks before {question}", which.name()))
        };
        named(Which::A, a).chain(named(Which::B, b)).collect()
    }

    fn parting(&self) -> Vec<String> {
        let is_withheld = |which| words::open_questions(self.story(which)).next().is_some();
        let Some(first) = self.first_difference() else {
            return vec![if Which::BOTH.into_iter().any(is_withheld) {
                "As far as they are told, both tell the same story, step by step.".into()
            } else {
                "Both tell the same story, step by step.".into()
            }];
        };
        let pair = &self.pairs[first];
        let mut said = Vec::new();
        if pair.relation != Relation::OtherResult {
            said.push(deed(pair));
        }
        match self.first_other_result() {
            Some(place) => {
                let pair = &self.pairs[place];
                said.push(result(pair));
                said.extend(self.reasons(pair));
            }
            None => said.extend(self.reasons(pair)),
        }
        said
    }

    /// The causes of what only one side has, as each story tells them. Where the same was sent and only the states differ, these
    /// are the reason, and the causes are the same.
    fn reasons(&self, pair: &Pair) -> Vec<String> {
        let states = states(pair);
        if !states.is_empty() {
            return states;
        }
        let mut said = Vec::new();
        for which in Which::BOTH {
            let story = self.story(which);
            let of: BTreeSet<EventId> = pair.own(which).filter_map(|line| line.event).collect();
            let causes = story.causes.iter().filter(|cause| of.contains(&cause.of)).take(MOST_REASONS);
            let mut causes: Vec<String> = causes
                .map(|cause| {
                    format!("{}, why {}: {}", which.name(), words::alias(story, cause.of), words::cause(story, cause))
                })
                .collect();
            causes.dedup();
            said.extend(causes);
        }
        said
    }
}

fn deed(pair: &Pair) -> String {
    let of = |which| pair.side(which).map(|step| format!("step {}, {}", step.id.0 + 1, step.does));
    match (of(Which::A), of(Which::B)) {
        (Some(a), Some(b)) => format!("What is done differs first here: in A {a}; in B {b}."),
        (Some(a), None) => format!("What is done differs first here: only A has {a}."),
        (None, Some(b)) => format!("What is done differs first here: only B has {b}."),
        (None, None) => String::new(),
    }
}

fn result(pair: &Pair) -> String {
    let does = pair.side(Which::A).map_or("", |step| step.does.as_str());
    let of = |which| {
        let mut said: Vec<String> = pair.own(which).take(MOST_LINES).map(|line| one(line, pair, which)).collect();
        let more = pair.own(which).skip(MOST_LINES).count();
        if more > 0 {
            said.push(format!("{more} more"));
        }
        if said.is_empty() {
            format!("nothing more in {}", Which::name(which))
        } else {
            format!("in {} {}", Which::name(which), said.join("; "))
        }
    };
    let places = Which::BOTH.map(|which| pair.side(which).map_or(0, |step| step.id.0 + 1));
    let place = if places[0] == places[1] {
        format!("step {}", places[0])
    } else {
        format!("steps {} and {}", places[0], places[1])
    };
    format!("What comes of the same deed differs first at {place}, {does}: {} – {}.", of(Which::A), of(Which::B))
}

/// A line, with the states that it led to where the other side has the same and other states.
fn one(line: &Line, pair: &Pair, which: Which) -> String {
    let text = if line.alias.is_empty() { line.text.clone() } else { format!("{} {}", line.alias, line.text) };
    if !differs_by_states(line, pair, which) {
        return text;
    }
    let states: Vec<String> = line.states.iter().map(|(whose, state)| format!("{whose} {state}")).collect();
    let states = if states.is_empty() { "no state changes".to_owned() } else { states.join(", ") };
    format!("{text} ({states})")
}

/// Whether the other side has a line of its own that is the same but for its states.
fn differs_by_states(line: &Line, pair: &Pair, which: Which) -> bool {
    let other = Which::BOTH[1 - which.index()];
    line.bare.is_some() && pair.own(other).any(|theirs| theirs.bare == line.bare && theirs.states != line.states)
}

/// Where the stories differ in nothing but states: what those mean.
fn states(pair: &Pair) -> Vec<String> {
    let only_states = |which| pair.own(which).all(|line| differs_by_states(line, pair, which));
    if !Which::BOTH.into_iter().all(only_states) {
        return Vec::new();
    }
    let of = |which: Which| {
        pair.own(which).flat_map(move |line| {
            line.states.iter().filter_map(move |(whose, state)| {
                let title = knowledge::state_title(state.name())?;
                Some(format!("{}, {whose} {state} after {}: {title}.", which.name(), line.alias))
            })
        })
    };
    Which::BOTH.into_iter().flat_map(of).take(2 * MOST_REASONS).collect()
}
