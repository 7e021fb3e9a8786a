use std::collections::BTreeMap;

use super::{Arrow, Body, GAP_NS, Look, Part, Row, Span, StateLabel};
use crate::record::{Event, Outcome, Recording, Script, StepId, Syscall, What};
use crate::report::ties::Ties;
use crate::story::{Entry, EventId, Rel, Story, Told};

/// The links whose earlier end a result depends on.
const RESULT: &[Rel] = &[Rel::Failed, Rel::EndOfFile, Rel::Delivered, Rel::Completed, Rel::Readied];

/// Every row of a story, in order.
pub(super) fn rows(ties: &Ties<'_>, spans: &[Span]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(ties.story.entries.len());
    for (place, (event, entry)) in ties.story.recording.events.iter().zip(&ties.story.entries).enumerate() {
        rows.extend(event_rows(ties, spans, EventId(place), event, entry));
    }
    rows.sort_by_key(|row| row.t_ns); // stable: events of the same time stay in the recording's order
    let mut rows = with_gaps(merged(rows), &ties.story.recording);
    insert_failed(&mut rows, ties.story);
    set_seen(&mut rows, ties.story);
    rows
}

/// Sets the step at which each row is first seen.
fn set_seen(rows: &mut [Row], story: &Story) {
    let mut begun = story.recording.steps.iter().peekable();
    let mut seen = StepId(0);
    for row in rows {
        while let Some(run) = begun.next_if(|run| run.begin_ns <= row.t_ns) {
            seen = seen.max(run.step);
        }
        // A failed expectation stands behind its step, at whatever time.
        seen = seen.max(row.seen);
        row.seen = seen;
    }
}

fn event_rows(ties: &Ties<'_>, spans: &[Span], id: EventId, event: &Event, entry: &Entry) -> Vec<Row> {
    let states = state_labels(entry, spans);
    let row =
        |body| Row { t_ns: event.t_ns, delta_ns: 0, event: Some(id), step: entry.step, seen: StepId(0), body, states };
    match &event.what {
        What::Syscall(syscall) => call_rows(ties, id, event.t_ns, syscall, row),
        What::Segment { .. } => {
            arrow(ties, id, entry, spans).map(|arrow| row(Body::Segment(arrow))).into_iter().collect()
        }
        What::Signal(caught) => match ties.story.recording.events.get(caught.during).map(|event| &event.what) {
            Some(What::Syscall(_)) => Vec::new(),
            _ => vec![row(Body::Signal(caught.actor))],
        },
        What::Kill(kill) => vec![row(Body::Kill(kill.actor))],
        What::Exit(exit) => vec![row(Body::Exit(exit.actor))],
        What::State(_) => match &entry.told {
            Told::State(told) if !told.agrees => {
                let end =
                    told.endpoint.and_then(|end| ties.story.connections.get(end.connection.0)?.end(end.side).actor);
                vec![row(Body::Disagreement(end))]
            }
            _ => Vec::new(),
        },
    }
}

fn call_rows(ties: &Ties<'_>, id: EventId, t_ns: i64, syscall: &Syscall, row: impl FnOnce(Body) -> Row) -> Vec<Row> {
    let body = |part| Body::Call { actor: syscall.actor, part };
    let whole = row(body(Part::Whole));
    match result_time(ties, id, t_ns, syscall) {
        Some(end_ns) => {
            let end = Row { t_ns: end_ns, body: body(Part::End), ..whole.clone() };
            vec![Row { body: body(Part::Begin), states: Vec::new(), ..whole }, end]
        }
        None => vec![whole],
    }
}

/// When the result is to be shown, if not with the call: at the call's end, and not before anything it depends on.
fn result_time(ties: &Ties<'_>, id: EventId, t_ns: i64, syscall: &Syscall) -> Option<i64> {
    let end_ns = syscall.end_ns.filter(|_| syscall.outcome != Outcome::Unfinished)?;
    let later = ties.links_by(id, RESULT).filter(|link| link.from > id);
    let inside = later.filter_map(|link| Some(ties.story.recording.events.get(link.from.0)?.t_ns)).max();
    match inside {
        Some(latest) => Some(end_ns.max(latest)),
        None if syscall.blocked || end_ns.abs_diff(t_ns) >= GAP_NS => Some(end_ns.max(t_ns)),
        None => None,
    }
}

fn arrow(ties: &Ties<'_>, id: EventId, entry: &Entry, spans: &[Span]) -> Option<Arrow> {
    let Told::Segment(told) = &entry.told else { return None };
    let recording = &ties.story.recording;
    let segment = recording.segment(recording.events.get(id.0)?)?;
    let span = spans.get(told.sender.connection.0)?;
    Some(Arrow {
        sender: told.sender,
        rightwards: !span.is_right(told.sender.side),
        span: (span.first, span.last),
        look: Look::of(segment),
        again: told.transmission > 1,
        dropped: ties.is_dropped(id),
    })
}

fn state_labels(entry: &Entry, spans: &[Span]) -> Vec<StateLabel> {
    let label = |transition: &crate::story::Transition| {
        let span = spans.get(transition.endpoint.connection.0)?;
        let right = span.is_right(transition.endpoint.side);
        let wire = if right { span.last } else { span.first };
        Some(StateLabel { endpoint: transition.endpoint, state: transition.to, wire, right })
    };
    entry.transitions.iter().filter_map(label).collect()
}

/// Makes one row of a call's two where nothing lies between them.
fn merged(rows: Vec<Row>) -> Vec<Row> {
    let mut merged: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match merged.last_mut() {
            Some(last) if is_end(&row) && last.event == row.event && row.t_ns.abs_diff(last.t_ns) < GAP_NS => {
                *last = whole(last, row);
            }
            _ => merged.push(row),
        }
    }
    merged
}

fn is_end(row: &Row) -> bool {
    matches!(row.body, Body::Call { part: Part::End, .. })
}

fn whole(begin: &Row, end: Row) -> Row {
    let body = match end.body {
        Body::Call { actor, .. } => Body::Call { actor, part: Part::Whole },
        other => other,
    };
    Row { t_ns: begin.t_ns, body, ..end }
}

/// Sets each row's distance from the one before and folds long ones into rows of their own.
fn with_gaps(rows: Vec<Row>, recording: &Recording) -> Vec<Row> {
    let mut spaced: Vec<Row> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let since_ns = spaced.last().map_or(row.t_ns, |last| last.t_ns);
        row.delta_ns = row.t_ns.abs_diff(since_ns);
        if row.delta_ns >= GAP_NS {
            let between_steps = between_steps_ns(recording, since_ns, row.t_ns) >= row.delta_ns / 2;
            spaced.push(Row {
                t_ns: row.t_ns,
                delta_ns: row.delta_ns,
                event: None,
                step: row.step,
                seen: StepId(0),
                body: Body::Gap { ns: row.delta_ns, between_steps },
                states: Vec::new(),
            });
        }
        spaced.push(row);
    }
    spaced
}

/// How much of a time lies between two steps, in nanoseconds. A step also waits for its actor to be back from an earlier call: what is
/// before a call's end is not counted.
fn between_steps_ns(recording: &Recording, begin_ns: i64, end_ns: i64) -> u64 {
    let steps = &recording.steps;
    let from = steps.partition_point(|step| step.end_ns <= begin_ns).saturating_sub(1);
    let pairs = steps[from..].windows(2).take_while(|pair| pair[0].end_ns < end_ns);
    let inside = pairs.map(|pair| {
        let (idle_ns, next_ns) = (pair[0].end_ns.max(begin_ns), pair[1].begin_ns.min(end_ns));
        let back_ns = call_ends(recording).filter(|back_ns| (idle_ns..=next_ns).contains(back_ns)).max();
        next_ns.saturating_sub(back_ns.unwrap_or(idle_ns)).max(0)
    });
    inside.map(i64::unsigned_abs).sum()
}

fn call_ends(recording: &Recording) -> impl Iterator<Item = i64> {
    recording.events.iter().filter_map(|event| match &event.what {
        What::Syscall(syscall) => syscall.end_ns,
        _ => None,
    })
}

/// Puts each failed expectation behind the last row of its step; where the step has none, behind the steps before it.
fn insert_failed(rows: &mut Vec<Row>, story: &Story) {
    let mut failed: BTreeMap<StepId, Vec<usize>> = BTreeMap::new();
    for (place, check) in story.verdict.checks.iter().enumerate().filter(|(_, check)| !check.passed) {
        failed.entry(check.step).or_default().push(place);
    }
    if failed.is_empty() {
        return;
    }
    let mut ends: BTreeMap<StepId, usize> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        if let Some(step) = row.step {
            ends.insert(step, place + 1);
        }
    }
    let mut after: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    let mut ends = ends.into_iter().peekable();
    let mut place = 0;
    for (step, checks) in failed {
        while let Some((_, end)) = ends.next_if(|(earlier, _)| *earlier <= step) {
            place = place.max(end);
        }
        let t_ns = place.checked_sub(1).map_or(0, |last| rows[last].t_ns);
        let script = &story.recording.script;
        after.entry(place).or_default().extend(checks.into_iter().map(|check| failed_row(check, step, t_ns, script)));
    }
    *rows = interleaved(std::mem::take(rows), after);
}

fn failed_row(check: usize, step: StepId, t_ns: i64, script: &Script) -> Row {
    let body = Body::Failed { check, actor: script.actor_of(step) };
    Row { t_ns, delta_ns: 0, event: None, step: Some(step), seen: step, body, states: Vec::new() }
}

fn interleaved(rows: Vec<Row>, mut after: BTreeMap<usize, Vec<Row>>) -> Vec<Row> {
    let mut all = after.remove(&0).unwrap_or_default();
    for (place, row) in rows.into_iter().enumerate() {
        all.push(row);
        all.extend(after.remove(&(place + 1)).into_iter().flatten());
    }
    all
}
