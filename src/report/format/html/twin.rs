//! What the page says without JavaScript, and to those who do not see the picture: the goals, and every event in a table.

use std::fmt::Write as _;

use super::markup;
use crate::record::{Choice, Event, Question, StepId, What};
use crate::report::ties::Ties;
use crate::report::words::{self, Span};
use crate::story::{Entry, EventId, Story, Told};

/// The goals as a list; nothing where there are none.
pub(super) fn goals(story: &Story) -> String {
    let goals = &story.recording.script.goals;
    if goals.is_empty() {
        return String::new();
    }
    let items: Vec<String> = goals.iter().map(|goal| format!("<li>{}</li>", prose(goal))).collect();
    format!("<ul class=\"goals\">{}</ul>", items.concat())
}

/// What is asked, what the kernel answered and why other answers are tempting, and what to remember.
pub(super) fn lesson(ties: &Ties<'_>) -> String {
    let script = &ties.story.recording.script;
    let asked =
        script.steps.iter().enumerate().filter_map(|(place, step)| Some((StepId(place), step.predict.as_ref()?)));
    let questions: String = asked.map(|(step, question)| self::question(ties, step, question)).collect();
    let parts = [
        ("Questions", questions),
        ("To remember", paragraphs(&script.summary)),
        ("Not true", paragraphs(&script.misconception)),
        ("On a real network", paragraphs(&script.loopback_differs)),
    ];
    let told = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let told = told.map(|(title, text)| format!("<section><h2>{title}</h2>\n{text}</section>\n"));
    told.collect::<Vec<_>>().concat()
}

fn question(ties: &Ties<'_>, step: StepId, question: &Question) -> String {
    let script = &ties.story.recording.script;
    let answered = ties.story.answers.iter().find(|answered| answered.step == step);
    let choice = |(place, choice): (usize, &Choice)| {
        let mark = answered.map_or("", |answered| if answered.right.contains(&place) { "✓ " } else { "✗ " });
        let is_wrong = answered.is_some_and(|answered| !answered.right.contains(&place));
        let tempting = choice.tempting.as_deref().filter(|_| is_wrong);
        let why = tempting.map_or_else(String::new, |text| format!(": {}", prose(text)));
        format!("<li>{mark}<code>{}</code>{why}</li>", markup::text(&words::choice(choice, step, script)))
    };
    let choices: String = question.choices.iter().enumerate().map(choice).collect();
    let list = if choices.is_empty() { choices } else { format!("<ol type=\"a\">{choices}</ol>\n") };
    let answer = answered.map_or_else(String::new, |answered| {
        format!("<p>The kernel: <code>{}</code></p>\n", markup::text(&words::answered(ties, question, answered)))
    });
    format!("<p>Before step {}: {}</p>\n{list}{answer}", step.0 + 1, prose(&question.text))
}

/// Paragraphs and lists.
fn paragraphs(markdown: &str) -> String {
    let mut html = String::new();
    for group in words::rich(markdown).chunk_by(|one, other| one.is_item && other.is_item) {
        let items =
            group.iter().filter(|block| block.is_item).map(|block| format!("<li>{}</li>", tagged(&block.spans)));
        let items: String = items.collect();
        match group {
            [block] if !block.is_item => push(&mut html, format_args!("<p>{}</p>\n", tagged(&block.spans))),
            _ => push(&mut html, format_args!("<ul>{items}</ul>\n")),
        }
    }
    html
}

/// Every event as a row, and before each step what it does and what is said.
pub(super) fn table(ties: &Ties<'_>) -> String {
    let story = ties.story;
    let mut rows = String::new();
    let mut step = None;
    for (place, (event, entry)) in story.recording.events.iter().zip(&story.entries).enumerate() {
        if entry.step > step {
            // Steps that made nothing happen are told before the next that did.
            let first = step.map_or(0, |StepId(last)| last + 1);
            let last = entry.step.map_or(first, |StepId(place)| place);
            (first..=last).for_each(|step| step_row(&mut rows, story, step));
            step = entry.step;
        }
        event_row(&mut rows, ties, EventId(place), event, entry);
    }
    let first = step.map_or(0, |StepId(last)| last + 1);
    (first..story.recording.script.steps.len()).for_each(|step| step_row(&mut rows, story, step));
    rows
}

fn step_row(rows: &mut String, story: &Story, place: usize) {
    let script = &story.recording.script;
    let Some(step) = script.steps.get(place) else { return };
    let say = step.say.as_deref().map_or_else(String::new, |say| format!("\n{}", paragraphs(say)));
    push(
        rows,
        format_args!(
            "<tr data-step=\"{place}\"><th colspan=\"6\" scope=\"colgroup\"><b>Step {}: {}</b>{say}</th></tr>\n",
            place + 1,
            markup::text(&words::action(step, script)),
        ),
    );
}

fn event_row(rows: &mut String, ties: &Ties<'_>, id: EventId, event: &Event, entry: &Entry) {
    let (who, what) = who_and_what(ties, id, event);
    let alias = markup::text(&words::alias(ties.story, id));
    let states: Vec<String> = entry
        .transitions
        .iter()
        .map(|change| format!("{}: {}", words::end_name(ties.story, change.endpoint), change.to))
        .collect();
    let why: Vec<String> = ties.causes_of(id).map(|cause| words::cause(ties.story, cause)).collect();
    let cells = [who, what, states.join(", "), why.join(" ")].map(|text| format!("<td>{}</td>", markup::text(&text)));
    push(
        rows,
        format_args!(
            "<tr data-event=\"{}\"><th scope=\"row\">{alias}</th><td>{}</td>{}</tr>\n",
            id.0,
            milliseconds(event.t_ns),
            cells.concat()
        ),
    );
}

/// Who acted, or from whom to whom; and what happened.
fn who_and_what(ties: &Ties<'_>, id: EventId, event: &Event) -> (String, String) {
    let story = ties.story;
    let actor = |actor: crate::record::ActorId| {
        story.recording.actors.get(actor.0).map_or_else(String::new, |actor| words::escape(&actor.name))
    };
    match &event.what {
        What::Syscall(syscall) => (actor(syscall.actor), words::call_and_result(ties, id, syscall)),
        What::Segment { .. } => {
            (words::way(story, id).unwrap_or_default(), segment(story, id, event).unwrap_or_default())
        }
        What::Signal(caught) => (actor(caught.actor), format!("caught {}", caught.signal)),
        What::Kill(kill) => (actor(kill.actor), format!("gets {} from the scenario", kill.signal)),
        What::Exit(exit) => (actor(exit.actor), format!("process ends: {}", words::exit_status(exit.status))),
        What::State(sample) => (
            "kernel".into(),
            format!(
                "{} is in {}: {} unread, {} not acknowledged",
                state_owner(story, id).unwrap_or_else(|| sample.local.to_string()),
                sample.state,
                words::count(sample.unread_bytes.into(), "byte"),
                words::count(sample.unsent_bytes.into(), "byte")
            ),
        ),
    }
}

fn segment(story: &Story, id: EventId, event: &Event) -> Option<String> {
    match &story.entries.get(id.0)?.told {
        Told::Segment(told) => Some(words::segment(story, id, story.recording.segment(event)?, told)),
        _ => None,
    }
}

fn state_owner(story: &Story, id: EventId) -> Option<String> {
    match &story.entries.get(id.0)?.told {
        Told::State(told) => told.endpoint.map(|endpoint| words::end_name(story, endpoint)),
        _ => None,
    }
}

/// Milliseconds with three digits: `-0.808`.
fn milliseconds(ns: i64) -> String {
    let us = ns.div_euclid(1_000);
    let sign = if us < 0 { "−" } else { "" };
    format!("{sign}{}.{:03}", us.unsigned_abs() / 1_000, us.unsigned_abs() % 1_000)
}

/// Prose on one line, with its styles.
fn prose(markdown: &str) -> String {
    tagged(&words::spans(markdown))
}

fn tagged(spans: &[Span]) -> String {
    let tagged = |span: &Span| {
        let text = markup::text(&words::escape(&span.text));
        span.style.element().map_or_else(|| text.clone(), |element| format!("<{element}>{text}</{element}>"))
    };
    spans.iter().map(tagged).collect()
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(more); // writing to a String cannot fail
}
