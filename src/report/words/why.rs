use super::{call, count, escape, flight, list, outcome, segment::end_name};
use crate::record::{Detail, End, Errno, Outcome, PollEvent, What};
use crate::report::ties::Ties;
use crate::story::rules::rule;
use crate::story::{
    Allowed, Cause, Confidence, EventId, Fact, Finding, FindingKind, Link, Predicted, Rel, Story, Told,
};

/// The short id of an event, as every output prints it.
pub fn alias(story: &Story, event: EventId) -> String {
    story.entries.get(event.0).map_or_else(|| "?".into(), |entry| escape(&entry.alias))
}

/// Several short ids: `c3, p7 and p8`; where there are more than four, the first three and how many more.
pub fn aliases(story: &Story, events: &[EventId]) -> String {
    let shown = if events.len() > 4 { 3 } else { events.len() };
    let mut names: Vec<String> = events[..shown].iter().map(|event| alias(story, *event)).collect();
    if shown < events.len() {
        names.push(format!("{} more", events.len() - shown));
    }
    list(&names)
}

/// The sentence of a cause: its rule's, with this story's ids.
///
/// A rule that the table does not have is said by its name alone.
pub fn cause(story: &Story, cause: &Cause) -> String {
    match rule(cause.rule) {
        Some(rule) if rule.sentence.is_empty() => fill(rule.statement, story, cause),
        Some(rule) => fill(rule.sentence, story, cause),
        None => format!("{}: {}", cause.rule, aliases(story, &cause.because)),
    }
}

/// A sentence with the braces filled in.
pub(super) fn fill(sentence: &str, story: &Story, cause: &Cause) -> String {
    let mut said = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        said.push_str(before);
        said.push_str(&part(name, story, cause));
        rest = after;
    }
    said.push_str(rest);
    said
}

fn part(name: &str, story: &Story, cause: &Cause) -> String {
    let Fact { state, errno, signal, bytes, roles } = &cause.fact;
    let known = match name {
        "of" => Some(alias(story, cause.of)),
        "state" => state.map(|state| state.to_string()),
        "errno" => errno.map(|errno| errno.to_string()),
        "signal" => signal.map(|signal| signal.to_string()),
        "bytes" => bytes.map(|bytes| count(bytes, "byte")),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let events: Vec<EventId> = roles.iter().filter(|(role, _)| *role == name).map(|(_, event)| *event).collect();
        if events.is_empty() { "?".into() } else { aliases(story, &events) }
    })
}

/// Where an event comes from, in as few words as an arrow needs: `← c3`, `← p7 reached the socket closed by s4`, `↖ p8`.
///
/// Several ways to say it, the longest first; none where there is nothing worth saying. A tie that rests on the order
/// in time alone ends in `?`.
pub fn origin(ties: &Ties<'_>, event: EventId) -> Vec<String> {
    match ties.story.entries.get(event.0).map(|entry| &entry.told) {
        Some(Told::Segment(_)) => segment_origin(ties, event),
        Some(Told::Call(_)) => call_origin(ties, event),
        Some(Told::Exit) => exit_origin(ties, event),
        _ => Vec::new(),
    }
}

const SENT: &[Rel] = &[Rel::Retransmits, Rel::ClosedByExit, Rel::Sent];
const ANSWERED: &[Rel] = &[Rel::Answers];
const DOOMED: &[Rel] = &[Rel::Doomed];
const RESULT: &[Rel] = &[Rel::Failed, Rel::EndOfFile, Rel::Delivered];
const ENDED: &[Rel] = &[Rel::Ended];

fn segment_origin(ties: &Ties<'_>, event: EventId) -> Vec<String> {
    let senders: Vec<&Link> = ties.links_by(event, SENT).collect();
    if let Some(first) = senders.first() {
        let earlier = linked(ties.story, first);
        let short = format!("← {earlier}");
        return match (first.rel, senders.last()) {
            (Rel::Retransmits, _) => vec![format!("{short} sent again"), short],
            (_, Some(last)) if last.from != first.from => {
                vec![format!("{short} … {}", linked(ties.story, last)), short]
            }
            _ => vec![short],
        };
    }
    let Some(answered) = ties.links_by(event, ANSWERED).next().filter(|_| is_reset(ties.story, event)) else {
        return Vec::new();
    };
    let answered = linked(ties.story, answered);
    match ties.links_by(event, DOOMED).next() {
        Some(link) => {
            let closer = linked(ties.story, link);
            vec![
                format!("← {answered} reached the socket closed by {closer}"),
                format!("← {answered}, closed by {closer}"),
                format!("← {answered}"),
            ]
        }
        None => vec![format!("← {answered}")],
    }
}

fn call_origin(ties: &Ties<'_>, event: EventId) -> Vec<String> {
    let sources: Vec<&Link> = ties.links_by(event, RESULT).collect();
    match sources.as_slice() {
        [] => Vec::new(),
        [only] => vec![format!("↖ {}", linked(ties.story, only))],
        [first, .., last] => vec![format!("↖ {} … {}", linked(ties.story, first), linked(ties.story, last))],
    }
}

fn exit_origin(ties: &Ties<'_>, event: EventId) -> Vec<String> {
    ties.links_by(event, ENDED).next().map(|link| format!("↖ {}", linked(ties.story, link))).into_iter().collect()
}

fn linked(story: &Story, link: &Link) -> String {
    let doubt = if link.confidence == Confidence::Likely { "?" } else { "" };
    format!("{}{doubt}", alias(story, link.from))
}

fn is_reset(story: &Story, event: EventId) -> bool {
    let segment = story.recording.events.get(event.0).and_then(|event| story.recording.segment(event));
    segment.is_some_and(|segment| segment.flags.has(crate::record::Flags::RST))
}

/// The sentence of a finding.
pub fn finding(story: &Story, finding: &Finding) -> String {
    let about = aliases(story, &finding.about);
    match finding.kind {
        FindingKind::OutcomeNotExplained => outcome_not_explained(story, finding),
        FindingKind::StateNotExplained => state_not_explained(story, finding),
        FindingKind::SegmentNotExplained => segment_not_explained(story, finding),
        FindingKind::SynMissing => missing(&about, "a SYN"),
        FindingKind::SynAckMissing => missing(&about, "a SYN,ACK"),
        FindingKind::FinMissing => missing(&about, "a FIN"),
        FindingKind::RstMissing => missing(&about, "an RST"),
        FindingKind::Likely => {
            format!("that {about} belong together is likely, not certain: only the order in time says so")
        }
        FindingKind::Retransmission => format!("{about}: bytes that were sent before are sent again"),
        FindingKind::FramesDropped => dropped(story),
        FindingKind::CutShort => cut_short(story),
    }
}

const UNEXPLAINED: &str = "the model does not explain this";

fn missing(about: &str, what: &str) -> String {
    format!("{UNEXPLAINED}: {about} calls for {what}, and none was captured")
}

fn outcome_not_explained(story: &Story, finding: &Finding) -> String {
    let said: Vec<String> = finding.about.iter().map(|event| call_and_prediction(story, *event)).collect();
    format!("{UNEXPLAINED}: {}", said.join("; "))
}

fn call_and_prediction(story: &Story, event: EventId) -> String {
    let name = alias(story, event);
    let (Some(happened), Some(entry)) = (story.recording.events.get(event.0), story.entries.get(event.0)) else {
        return name;
    };
    match (&happened.what, &entry.told) {
        (What::Syscall(syscall), Told::Call(told)) => format!(
            "{name} {} {}, where it allows {}",
            call(&syscall.call, &story.recording.script),
            outcome(&syscall.outcome),
            allowed(&told.prediction.allowed)
        ),
        _ => name,
    }
}

fn allowed(allowed: &[Allowed]) -> String {
    if allowed.is_empty() {
        return "nothing: it has no rule for this call".into();
    }
    let said: Vec<String> = allowed.iter().map(|one| format!("{} ({})", predicted(&one.outcome), one.rule)).collect();
    said.join(" or ")
}

/// An outcome as the model tells it beforehand, in the words of [`outcome`].
pub fn predicted(predicted: &Predicted) -> String {
    match predicted {
        Predicted::Value(value) | Predicted::OptionValue(value) => format!("= {value}"),
        Predicted::Between(least, most) => format!("= {least} to {most}"),
        Predicted::Error(errno) => format!("→ {errno}"),
        Predicted::ErrorWithSignal(errno, signal) => format!("→ {errno} + {signal}"),
        Predicted::Death(signal) => format!("→ killed by {signal}"),
        Predicted::Ready(events) => {
            format!("= {}", events.iter().map(|event| PollEvent::name(*event)).collect::<Vec<_>>().join("|"))
        }
        Predicted::Descriptor => "a new descriptor".into(),
        Predicted::PendingError(errno) => {
            outcome(&Outcome::Returned { value: 0, detail: Detail::PendingError(*errno) })
        }
        Predicted::Ends => "the end of the process".into(),
        Predicted::Blocks => "to block".into(),
    }
}

fn state_not_explained(story: &Story, finding: &Finding) -> String {
    let said: Vec<String> = finding.about.iter().filter_map(|event| kernel_and_model(story, *event)).collect();
    format!("{UNEXPLAINED}: {}", said.join("; "))
}

fn kernel_and_model(story: &Story, event: EventId) -> Option<String> {
    let What::State(sample) = &story.recording.events.get(event.0)?.what else { return None };
    let Told::State(told) = &story.entries.get(event.0)?.told else { return None };
    let whose = told.endpoint.map_or_else(|| sample.local.to_string(), |endpoint| end_name(story, endpoint));
    let model = told.model.map_or_else(|| "nothing of it".into(), |state| state.to_string());
    Some(format!("{} the kernel reports {} for {whose}, the model holds {model}", alias(story, event), sample.state))
}

fn segment_not_explained(story: &Story, finding: &Finding) -> String {
    let said: Vec<String> = finding.about.iter().filter_map(|event| flight(story, *event)).collect();
    format!("{UNEXPLAINED}: no rule says where {} comes from", list(&said))
}

fn dropped(story: &Story) -> String {
    let capture = &story.recording.capture;
    let seen = count(capture.received, "frame");
    format!("the kernel dropped {} of {seen}: the capture is incomplete, and so is this story", capture.dropped)
}

fn cut_short(story: &Story) -> String {
    let recording = &story.recording;
    let line = |step: crate::record::StepId| recording.script.steps.get(step.0).map_or(0, |step| step.line);
    let place = |step| format!("{}:{}", escape(&recording.script.source.path), line(step));
    match recording.end {
        End::Completed | End::Withheld { .. } => "the run ended before its last step".into(),
        End::Stopped { at } => {
            format!(
                "the run stopped at {}: what it waited for did not come, and the steps after it need that",
                place(at)
            )
        }
        End::Interrupted { at } => format!("the run was interrupted at {}", place(at)),
    }
}

/// How a call is said to have ended where only its errno is expected.
pub(super) fn failed(errno: Errno) -> String {
    outcome(&Outcome::Failed { errno })
}
