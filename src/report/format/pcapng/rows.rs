//! Calls, signals and ends of processes as rows of the systemd journal.

use super::order::{Line, Part};
use crate::record::{Actor, ActorId, Outcome, Script, StepId, Syscall, What};
use crate::report::ties::Ties;
use crate::report::words;
use crate::story::rules::rule;
use crate::story::{EventId, Told};

/// `LOG_ERR` and `LOG_INFO` of syslog(3).
const ERROR: &str = "3";
const INFO: &str = "6";

/// The fields of a row; nothing for what has no row.
pub(super) fn fields(ties: &Ties<'_>, line: Line) -> Option<Vec<(String, String)>> {
    let recording = &ties.story.recording;
    let entry = ties.story.entries.get(line.event.0)?;
    let said = said(ties, line)?;
    let mut row = Row::default();
    row.set("MESSAGE", format!("[{}] {}", words::alias(ties.story, line.event), said.message));
    row.set("PRIORITY", if said.is_error { ERROR } else { INFO });
    row.actor(recording.actors.get(said.actor.0));
    if let Some(syscall) = said.syscall {
        row.set("CODE_FUNC", syscall.call.name());
    }
    row.step(&recording.script, entry.step);
    if let Some(Outcome::Failed { errno }) = said.syscall.map(|syscall| &syscall.outcome)
        && line.part != Part::Begin
    {
        row.set("ERRNO", errno.0.to_string());
    }
    row.set("TCPSTORY_ID", words::escape(&entry.id));
    if line.part != Part::Begin {
        row.why(ties, line.event);
    }
    Some(row.fields)
}

/// What a row says.
struct Said<'a> {
    actor: ActorId,
    message: String,
    is_error: bool,
    syscall: Option<&'a Syscall>,
}

fn said<'a>(ties: &Ties<'a>, line: Line) -> Option<Said<'a>> {
    let plain = |actor, message| Said { actor, message, is_error: false, syscall: None };
    Some(match &ties.story.recording.events.get(line.event.0)?.what {
        What::Syscall(syscall) => Said {
            actor: syscall.actor,
            message: call(ties, line, syscall),
            is_error: line.part != Part::Begin && is_error(syscall),
            syscall: Some(syscall),
        },
        What::Signal(caught) => {
            let call = words::alias(ties.story, EventId(caught.during));
            plain(caught.actor, format!("caught {} <- {call}", caught.signal))
        }
        What::Kill(kill) => plain(kill.actor, format!("{} sent by the scenario", kill.signal)),
        What::Exit(exit) => {
            let status = words::exit_status(exit.status);
            plain(exit.actor, format!("process ends: {status}{}", source(ties, line.event)))
        }
        What::Segment { .. } | What::State(_) => return None,
    })
}

fn is_error(syscall: &Syscall) -> bool {
    matches!(syscall.outcome, Outcome::Failed { .. } | Outcome::Killed { .. })
}

/// `write("b") …`, `= 1`, or all of it; a result that is no success names its call, because a filter may show it alone.
fn call(ties: &Ties<'_>, line: Line, syscall: &Syscall) -> String {
    let name = words::call(&syscall.call, &ties.story.recording.script);
    let succeeded = matches!(syscall.outcome, Outcome::Returned { .. });
    let result = || result(ties, line.event, syscall);
    match line.part {
        Part::Begin => format!("{name} …"),
        Part::End if succeeded => result(),
        Part::Whole | Part::End => format!("{name} {}", result()).trim_end().to_owned(),
    }
}

/// `= -1 EPIPE (Broken pipe) <- p8`
fn result(ties: &Ties<'_>, event: EventId, syscall: &Syscall) -> String {
    let ended = match &syscall.outcome {
        Outcome::Failed { errno } => format!("= -1 {errno} ({})", errno.text()),
        Outcome::Killed { signal } => format!("… killed by {signal}"),
        Outcome::Returned { .. } | Outcome::Unfinished => words::syscall_outcome(syscall),
    };
    let told = ties.story.entries.get(event.0).map(|entry| &entry.told);
    let doubt = match told {
        Some(Told::Call(told)) if !told.explained => " | the model does not explain this",
        _ => "",
    };
    format!("{ended}{}{doubt}", source(ties, event))
}

/// ` <- p8`: what a result comes from, where that is known.
fn source(ties: &Ties<'_>, event: EventId) -> String {
    let origin = words::origin(ties, event).pop().unwrap_or_default();
    origin.strip_prefix('↖').map_or_else(String::new, |from| format!(" <-{from}"))
}

/// A row under construction.
#[derive(Default)]
struct Row {
    fields: Vec<(String, String)>,
}

impl Row {
    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push((name.to_owned(), value.into()));
    }

    fn actor(&mut self, actor: Option<&Actor>) {
        let Some(actor) = actor else { return };
        let name = words::escape(&actor.name);
        self.set("SYSLOG_IDENTIFIER", name.clone());
        self.set("_COMM", name);
        self.set("_PID", actor.pid.to_string());
    }

    /// The place in the scenario that asked for it; of the path only the last part, as captures are handed on.
    fn step(&mut self, script: &Script, step: Option<StepId>) {
        let Some(step) = step.and_then(|step| script.steps.get(step.0)) else { return };
        let file = script.source.path.rsplit(['/', '\\']).next().unwrap_or_default();
        self.set("CODE_FILE", words::escape(file));
        self.set("CODE_LINE", step.line.to_string());
    }

    /// Why it came out so, where a reader should be told.
    fn why(&mut self, ties: &Ties<'_>, event: EventId) {
        let notable = |id| rule(id).is_none_or(|rule| rule.notable);
        for cause in ties.causes_of(event).filter(|cause| notable(cause.rule)) {
            self.set("TCPSTORY_WHY", words::cause(ties.story, cause));
        }
    }
}
