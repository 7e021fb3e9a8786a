//! `[step.predict]`: what a reader is asked before a step is shown.

use crate::record::{About, Action, ActorId, Answer, Call, Choice, Expect, ExpectOutcome, Question};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Value};
use crate::scenario::vocabulary::{SAYINGS, Table};

use super::MAX_CHOICES;
use super::expect::{Expecting, Subject};
use super::reader::Closed;

/// What a choice may speak of.
struct Asked<'c> {
    about: About,
    /// The call that ends in the step, or is left blocked in it.
    call: Option<&'c Call>,
}

impl Expecting<'_, '_> {
    /// The question of a step, where nothing is wrong with it.
    pub(super) fn question(
        &mut self,
        entry: &Entry,
        action: &Action,
        subject: Subject<'_>,
        expect: &Expect,
    ) -> Option<Question> {
        let node = &entry.node;
        let entries = self.r.entries(node, "`predict`")?;
        let closed = self.r.closed(entries, Table::Predict);
        let text = self.needed(entry, "question", closed)?;
        let text = self.r.words(&text.node, "`question`")?.to_owned();
        let about = self.needed(entry, "about", closed)?;
        let find = |word: &str| About::ALL.into_iter().find(|about| about.name() == word);
        let about_word = &about.node;
        let about = self.r.word(about_word, "subject of a question", find, About::ALL.map(About::name))?;
        let asked = Asked { about, call: asked_call(action, subject) };
        if about != About::Segment && asked.call.is_none() {
            let fault =
                Fault::new(self.r.inside(about_word), format!("no call ends in this step for `{}`", about.name()));
            self.r.report(fault.label("of which call?").help(match action {
                Action::Call { starts: Some(_), .. } => "ask in the step that finishes the call",
                _ => "about = \"segment\" asks which segment appears",
            }));
            return None;
        }
        let choices = match node.get("choices") {
            Some(entry) => {
                let choices = self.choices(entry, &asked)?;
                self.agree(entry, &choices, expect, about)?;
                choices
            }
            None => Vec::new(),
        };
        Some(Question { line: self.r.line(entry.key_span.start), text, about, choices })
    }

    fn needed<'n>(&mut self, entry: &'n Entry, key: &str, closed: Closed) -> Option<&'n Entry> {
        let found = entry.node.get(key);
        if found.is_none() && closed == Closed::Yes {
            let fault = Fault::new(entry.key_span.clone(), format!("`predict` needs the key `{key}`"));
            self.r.report(fault.label("incomplete").help(match key {
                "question" => "for example question = \"What does the write return?\"",
                _ => "about = \"result\", \"errno\" or \"segment\"",
            }));
        }
        found
    }

    fn choices(&mut self, entry: &Entry, asked: &Asked<'_>) -> Option<Vec<Choice>> {
        let items = self.r.list(&entry.node, "`choices`")?;
        if !(2..=MAX_CHOICES).contains(&items.len()) {
            let fault = Fault::new(entry.key_span.clone(), format!("a question has 2 to {MAX_CHOICES} choices"));
            let fault = fault.label(format!("this one has {}", items.len()));
            self.r.report(fault.help("leave `choices` out to let the reader answer freely"));
            return None;
        }
        let mut choices: Vec<Choice> = Vec::new();
        for item in items {
            let choice = self.choice(item, asked)?;
            self.is_new(item, &choices, &choice)?;
            choices.push(choice);
        }
        Some(choices)
    }

    /// No two choices say or show the same, and one at most is the answer.
    fn is_new(&mut self, node: &Node, before: &[Choice], choice: &Choice) -> Option<()> {
        let same_text = |one: &Choice| one.text.is_some() && one.text == choice.text;
        let (message, label) = if before.iter().any(|one| one.answer == choice.answer) {
            ("two choices say the same", "said before")
        } else if before.iter().any(same_text) {
            ("two choices show the same text", "shown before")
        } else if choice.stated && before.iter().any(|one| one.stated) {
            ("a question has one answer", "the second `answer = true`")
        } else if choice.stated && choice.tempting.is_some() {
            ("what is tempting is not the answer", "`answer` and `tempting` in one choice")
        } else {
            return Some(());
        };
        self.r.report(Fault::new(node.span.clone(), message).label(label));
        None
    }

    /// What the step expects of its call is among the choices, and no other one is stated to be the answer.
    fn agree(&mut self, entry: &Entry, choices: &[Choice], expect: &Expect, about: About) -> Option<()> {
        let wanted = expect.outcome.as_ref().filter(|_| about != About::Segment);
        let Some(wanted) = wanted else { return Some(()) };
        let says_so = |choice: &&Choice| match &choice.answer {
            Answer::Ends(ends) => *ends == wanted.value,
            Answer::Succeeds => matches!(wanted.value, ExpectOutcome::Returns(_)),
            Answer::Blocks | Answer::Segment(_) => false,
        };
        let message = match choices.iter().find(says_so) {
            Some(right) if right.stated || choices.iter().all(|choice| !choice.stated) => return Some(()),
            Some(_) => "the choice with `answer = true` is not what the step expects of its call",
            None => "no choice is what the step expects of its call",
        };
        let fault = Fault::new(entry.key_span.clone(), message);
        let help = "one choice must be what the step states; leave `choices` out to let the reader answer freely";
        self.r.report(fault.label(format!("line {} states how the call ends", wanted.line)).help(help));
        None
    }

    fn choice(&mut self, node: &Node, asked: &Asked<'_>) -> Option<Choice> {
        let entries = self.r.entries(node, "a choice")?;
        if self.r.closed(entries, Table::Choice) == Closed::No {
            return None;
        }
        let saying = self.only_saying(node)?;
        let answer = self.answer(saying, asked)?;
        let words = |expecting: &mut Self, key: &str| match node.get(key) {
            Some(entry) => expecting.r.words(&entry.node, &format!("`{key}`")).map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        let (text, tempting) = (words(self, "text")?, words(self, "tempting")?);
        let stated = match node.get("answer") {
            Some(entry) => self.yes(entry)?,
            None => false,
        };
        Some(Choice { answer, text, tempting, stated })
    }

    /// The one key of a choice that says something of the step.
    fn only_saying<'n>(&mut self, node: &'n Node) -> Option<&'n Entry> {
        let mut given = SAYINGS.iter().filter_map(|key| node.get(key));
        let fault = match (given.next(), given.next()) {
            (Some(entry), None) => return Some(entry),
            (Some(first), Some(second)) => {
                let message = format!("a choice says one thing, here are `{}` and `{}`", first.key, second.key);
                Fault::new(second.key_span.clone(), message).label("one too many").help("make a choice of each")
            }
            (None, _) => Fault::new(node.span.clone(), "a choice says nothing of the step")
                .label("expected `returns`, `error`, `killed`, `blocks` or `segment`")
                .help("`text` is only how it is shown; what is right is found out by comparing it with what the kernel did"),
        };
        self.r.report(fault);
        None
    }

    fn answer(&mut self, entry: &Entry, asked: &Asked<'_>) -> Option<Answer> {
        let key = entry.key.as_str();
        let suits = match asked.about {
            About::Result => key != "segment",
            About::Errno => key == "error",
            About::Segment => key == "segment",
        };
        if !suits {
            return self.unsuitable(entry, asked.about);
        }
        match key {
            "segment" => self.segment(entry),
            "returns" => Some(Answer::Ends(ExpectOutcome::Returns(self.value(&entry.node, asked.call?)?))),
            "killed" => Some(Answer::Ends(ExpectOutcome::Killed(self.signal(&entry.node)?))),
            "blocks" => self.yes(entry).map(|_| Answer::Blocks),
            _ if entry.node.text() == Some("none") => Some(Answer::Succeeds),
            _ => Some(Answer::Ends(ExpectOutcome::Fails(self.errno(&entry.node)?))),
        }
    }

    fn segment(&mut self, entry: &Entry) -> Option<Answer> {
        if entry.node.text() == Some("none") {
            return Some(Answer::Segment(None));
        }
        self.pattern(&entry.node).map(|pattern| Answer::Segment(Some(pattern)))
    }

    fn unsuitable(&mut self, entry: &Entry, about: About) -> Option<Answer> {
        let message = format!("`{}` is no answer to a question about {}", entry.key, about.name());
        let fault = Fault::new(entry.key_span.clone(), message).label("not what is asked");
        self.r.report(fault.help(match about {
            About::Result => "how a call ends is `returns`, `error`, `killed` or `blocks`",
            About::Errno => "an errno is `error`; about = \"result\" takes `returns` as well",
            About::Segment => "a segment is `segment`, for example { segment = \"server RST\" }",
        }));
        None
    }

    /// A key that is true or left out.
    fn yes(&mut self, entry: &Entry) -> Option<bool> {
        if matches!(entry.node.value, Value::Boolean(true)) {
            return Some(true);
        }
        let fault = Fault::new(entry.node.span.clone(), format!("`{}` is true or left out", entry.key));
        self.r.report(fault.label("expected true"));
        None
    }
}

/// The call that a question can be about.
fn asked_call<'c>(action: &'c Action, subject: Subject<'c>) -> Option<&'c Call> {
    let ends: Option<(ActorId, &Call)> = match subject {
        Subject::Call(actor, call) => Some((actor, call)),
        Subject::Blocked(_) | Subject::Kill(_) | Subject::Nobody => None,
    };
    match (ends, action) {
        (Some((_, Call::Exit { .. })), _) => None,
        (Some((_, call)), _) | (None, Action::Call { call, blocks: Some(_), .. }) => Some(call),
        _ => None,
    }
}
