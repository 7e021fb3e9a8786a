//! What a person answers.

use crate::record::{
    About, ActorId, Answer, Bytes, Call, Errno, ExpectOutcome, ExpectValue, PollEvent, Question, Script, SegmentKind,
    SegmentPattern, Signal, StepId,
};
use crate::report::words::{self, escape};

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// A choice, by its place.
    Choice(usize),
    /// An answer to a question without choices.
    Free(Answer),
}

/// How to ask for an answer.
pub(super) fn wanted(question: &Question) -> String {
    match question.choices.len() {
        0 => match question.about {
            About::Result => "your answer (a number, an errno, data, or blocks)".to_owned(),
            About::Errno => "your answer (an errno, or none)".to_owned(),
            About::Segment => "your answer (actor and kind, as in: client DATA; or none)".to_owned(),
        },
        choices => format!("your answer (a to {})", words::letter(choices - 1)),
    }
}

/// Reads an answer: a choice's letter, number or words, or what can be said of the step. None where it is neither.
pub(super) fn read(line: &str, question: &Question, at: StepId, script: &Script) -> Option<Given> {
    let line = line.trim();
    if question.choices.is_empty() {
        return free(line, question.about, at, script).map(Given::Free);
    }
    // A number may be what a choice says, as that of a write: then it means that choice.
    let said = question.choices.iter().position(|one| line.eq_ignore_ascii_case(&words::choice(one, at, script)));
    let named = || {
        let names =
            (0..question.choices.len()).map(|place| [words::letter(place).to_string(), (place + 1).to_string()]);
        names.into_iter().position(|names| names.iter().any(|name| line.eq_ignore_ascii_case(name)))
    };
    said.or_else(named).map(Given::Choice)
}

/// An answer in words, to show it.
pub(super) fn said(given: &Given, question: &Question, at: StepId, script: &Script) -> String {
    match given {
        Given::Choice(place) => {
            question.choices.get(*place).map_or_else(String::new, |choice| words::choice(choice, at, script))
        }
        Given::Free(answer) => escape(&words::answer(answer, at, script)),
    }
}

/// Why an answer is tempting, where the author says so.
pub(super) fn tempting<'q>(given: &Given, question: &'q Question) -> Option<&'q str> {
    match given {
        Given::Choice(place) => question.choices.get(*place)?.tempting.as_deref(),
        Given::Free(_) => None,
    }
}

fn free(line: &str, about: About, at: StepId, script: &Script) -> Option<Answer> {
    let lower = line.to_ascii_lowercase();
    match about {
        About::Segment if lower == "none" => Some(Answer::Segment(None)),
        About::Segment => segment(line, script).map(|pattern| Answer::Segment(Some(pattern))),
        About::Errno | About::Result if lower == "none" => Some(Answer::Succeeds),
        About::Errno => Errno::from_name(&line.to_ascii_uppercase()).map(ExpectOutcome::Fails).map(Answer::Ends),
        About::Result => result(line, words::call_of(at, script)),
    }
}

fn segment(line: &str, script: &Script) -> Option<SegmentPattern> {
    let (who, kind) = line.split_once(char::is_whitespace)?;
    let from = script.actors.iter().position(|actor| actor.name == who)?;
    let kind = SegmentKind::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(kind.trim()))?;
    Some(SegmentPattern { from: ActorId(from), to: None, kind, payload: None, payload_bytes: None })
}

fn result(line: &str, call: Option<&Call>) -> Option<Answer> {
    let upper = line.to_ascii_uppercase();
    let returns = |value| Answer::Ends(ExpectOutcome::Returns(value));
    if upper == "BLOCKS" {
        return Some(Answer::Blocks);
    }
    if let Some(errno) = Errno::from_name(&upper) {
        let pending = matches!(call, Some(Call::Getsockopt { .. }));
        return Some(if pending {
            returns(ExpectValue::PendingError(errno))
        } else {
            Answer::Ends(ExpectOutcome::Fails(errno))
        });
    }
    if let Some(signal) = Signal::from_name(&upper) {
        return Some(Answer::Ends(ExpectOutcome::Killed(signal)));
    }
    if let Ok(number) = line.parse() {
        return Some(returns(ExpectValue::Number(number)));
    }
    let events: Option<Vec<PollEvent>> =
        upper.split('|').map(|name| PollEvent::from_name(name).or_else(|| PollEvent::from_epoll_name(name))).collect();
    match (events, call) {
        (Some(events), _) => Some(returns(ExpectValue::Ready(events))),
        (None, Some(Call::Read { .. } | Call::Recv { .. })) if !line.is_empty() => {
            let data = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
            Some(returns(ExpectValue::Data(Bytes(data.as_bytes().to_vec()))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Choice;
    use crate::scenario::{SourceText, parse};

    fn script() -> Script {
        let text = b"title = \"t\"\n[[step]]\nby = \"server\"\ndo = \"listen\"\n[[step]]\nby = \"client\"\ndo = \"connect\"\n[[step]]\nby = \"client\"\ndo.read = 9\n";
        parse(&SourceText { path: "t.toml", bytes: text }).unwrap()
    }

    fn given(line: &str, about: About, choices: Vec<Choice>) -> Option<Given> {
        let question = Question { line: 1, text: "What?".into(), about, choices };
        read(line, &question, StepId(2), &script())
    }

    #[test]
    fn a_choice_has_a_letter_and_words() {
        let choice = |answer| Choice { answer, text: None, tempting: None, stated: false };
        let fails = |errno| Answer::Ends(ExpectOutcome::Fails(errno));
        let choices = vec![choice(fails(Errno::EPIPE)), choice(Answer::Blocks)];
        for (line, place) in [("a", 0), (" B ", 1), ("epipe", 0), ("it blocks", 1), ("2", 1)] {
            assert_eq!(given(line, About::Result, choices.clone()), Some(Given::Choice(place)), "{line}");
        }
        for line in ["", "c", "0", "EPIPE!"] {
            assert_eq!(given(line, About::Result, choices.clone()), None, "{line}");
        }
    }

    #[test]
    fn a_free_answer_is_read_by_what_is_asked() {
        let free = |line, about| match given(line, about, Vec::new()) {
            Some(Given::Free(answer)) => Some(words::answer(&answer, StepId(2), &script())),
            _ => None,
        };
        let said = |line, about| free(line, about).unwrap_or_default();
        assert_eq!(said("epipe", About::Errno), "EPIPE");
        assert_eq!(said("none", About::Errno), "no error");
        assert_eq!(said("0", About::Result), "0 (end of file)");
        assert_eq!(said("blocks", About::Result), "it blocks");
        assert_eq!(said("SIGPIPE", About::Result), "killed by SIGPIPE");
        assert_eq!(said("POLLIN|POLLHUP", About::Result), "POLLIN|POLLHUP");
        assert_eq!(said("\"bye\"", About::Result), "\"bye\"");
        assert_eq!(said("server rst", About::Segment), "server RST");
        assert_eq!(said("none", About::Segment), "no segment");
        assert_eq!((free("nobody RST", About::Segment), free("bye", About::Errno)), (None, None));
    }
}
