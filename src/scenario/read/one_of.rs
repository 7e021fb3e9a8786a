use crate::record::{Alternative, KernelRange, Located};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node};

use super::expect::{Expecting, OUTCOMES, Subject};
use super::reader::Reader;

/// The keys of an alternative.
const KEYS: [&str; 7] = ["returns", "error", "killed", "signal", "because", "kernel", "story"];

impl Reader<'_> {
    /// A range of kernels.
    pub(super) fn kernel(&mut self, entry: &Entry) -> Option<Located<KernelRange>> {
        let text = self.text(&entry.node, "`kernel`")?;
        let Some(range) = KernelRange::parse(text) else {
            let fault = Fault::new(self.inside(&entry.node), format!("`{text}` says no kernels"));
            self.report(fault.label("not a range of versions").help("for example \">= 6.5\" or \">= 6.1, < 6.12\""));
            return None;
        };
        Some(Located { line: self.line(entry.key_span.start), value: range })
    }
}

impl Expecting<'_, '_> {
    /// The ways in which a call may end.
    pub(super) fn one_of(&mut self, step: &Node, entry: &Entry, subject: Subject<'_>) -> Vec<Located<Alternative>> {
        let beside = ["signal", "because"].iter().find_map(|key| step.get(key));
        if let Some(beside) = beside {
            let message = format!("`{}` belongs into each way of `one_of`", beside.key);
            self.r.report(Fault::new(beside.key_span.clone(), message).label("to which of them?"));
            return Vec::new();
        }
        let Some(items) = self.r.list(&entry.node, "`one_of`") else { return Vec::new() };
        if items.len() < 2 {
            let fault = Fault::new(entry.node.span.clone(), "`one_of` needs at least two ways");
            self.r.report(
                fault.label("no race").help("one outcome is `returns`, `error` or `killed` in the step itself"),
            );
            return Vec::new();
        }
        items.iter().filter_map(|item| self.alternative(item, subject)).collect()
    }

    fn alternative(&mut self, node: &Node, subject: Subject<'_>) -> Option<Located<Alternative>> {
        let entries = self.r.entries(node, "a way of `one_of`")?;
        self.r.only(entries, &KEYS, "a way of `one_of`");
        let entry = self.only_ending(node)?;
        let (actor, call) = self.ended(entry, subject)?;
        let outcome = self.ending(entry, actor, call)?;
        let signal = node.get("signal").and_then(|entry| self.caught(entry, subject)).map(|signal| signal.value);
        let because = node.get("because").and_then(|entry| self.because(entry, subject)).map(|because| because.value);
        let kernel = node.get("kernel").and_then(|entry| self.r.kernel(entry)).map(|kernel| kernel.value);
        let story = node.get("story").and_then(|entry| self.story(entry));
        Some(self.locate(entry, Alternative { story, outcome, signal, because, kernel }))
    }

    /// The one key of an alternative that says how the call ends.
    fn only_ending<'n>(&mut self, node: &'n Node) -> Option<&'n Entry> {
        let mut given = OUTCOMES.iter().filter(|key| KEYS.contains(key)).filter_map(|key| node.get(key));
        let fault = match (given.next(), given.next()) {
            (Some(entry), None) => return Some(entry),
            (Some(first), Some(second)) => {
                let message = format!("a call ends in one way, here are `{}` and `{}`", first.key, second.key);
                Fault::new(second.key_span.clone(), message).label("one too many").help("make a way of each")
            }
            (None, _) => Fault::new(node.span.clone(), "a way of `one_of` needs `returns`, `error` or `killed`")
                .label("how does it end?"),
        };
        self.r.report(fault);
        None
    }

    fn story(&mut self, entry: &Entry) -> Option<String> {
        let stories = self.stories;
        if stories.is_empty() {
            let fault = Fault::new(entry.key_span.clone(), "the scenario names no stories").label("which story?");
            self.r.report(fault.help("name them at the top of the file: stories.NAME = \"what happens\""));
            return None;
        }
        let text = self.r.text(&entry.node, "`story`")?;
        let names = stories.iter().map(|story| story.name.as_str());
        if names.clone().any(|name| name == text) {
            return Some(text.to_owned());
        }
        let fault = Fault::new(self.r.inside(&entry.node), format!("there is no story `{text}`"));
        self.r.report(fault.label("not a known name").help(suggest(text, names)));
        None
    }
}
