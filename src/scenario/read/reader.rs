use core::ops::RangeInclusive;

use crate::scenario::Format;
use crate::scenario::diagnostic::{Diagnostic, Lines};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node, Span, Value};
use crate::scenario::vocabulary::{self, Key, Table};

use super::MAX_NAME;

/// After this many faults the rest is not looked for: they are mostly echoes of the first ones.
const MAX_FAULTS: usize = 20;

/// Reads values out of the tree and collects what is wrong.
pub(in crate::scenario) struct Reader<'a> {
    text: &'a str,
    format: Format,
    lines: Lines<'a>,
    faults: Vec<Fault>,
    strays: bool,
    /// Bytes that `returns` spelled out so far.
    expected_bytes: u64,
    /// The rules of the model that `because` may name; none where nobody has said which there are.
    pub(super) rules: Option<&'a [&'a str]>,
}

/// Whether a table has no other keys than its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Yes,
    No,
}

impl<'a> Reader<'a> {
    pub(in crate::scenario) fn new(path: &'a str, text: &'a str, format: Format, rules: Option<&'a [&'a str]>) -> Self {
        let lines = Lines::new(path, text);
        Self { text, format, lines, faults: Vec::new(), strays: false, expected_bytes: 0, rules }
    }

    /// What was wrong, in the order of the file.
    pub(in crate::scenario) fn diagnostics(mut self) -> Vec<Diagnostic> {
        self.faults.sort_by_key(|fault| fault.span.start);
        self.faults.dedup();
        let lines = &self.lines;
        self.faults.into_iter().map(|fault| lines.diagnostic(fault)).collect()
    }

    /// Counts bytes that `returns` spells out: how many there are now in all.
    pub(super) fn count_expected(&mut self, bytes: u64) -> u64 {
        self.expected_bytes = self.expected_bytes.saturating_add(bytes);
        self.expected_bytes
    }

    pub(super) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether so much is wrong that nothing more is looked for.
    pub(super) fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    pub(in crate::scenario) fn report(&mut self, fault: Fault) {
        if !self.is_full() {
            self.faults.push(fault);
        }
    }

    pub(super) fn line(&self, at: usize) -> u32 {
        self.lines.line(at)
    }

    /// The value that was read, or a fault that is reported.
    pub(super) fn accept<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.report(fault)).ok()
    }

    pub(super) fn wrong_kind(&mut self, node: &Node, what: &str, expected: &str) {
        let message = format!("{what} is {expected}, not {}", node.kind());
        self.report(Fault::new(node.span.clone(), message).label(format!("expected {expected}")));
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.text();
        if text.is_none() {
            self.wrong_kind(node, what, "text");
        }
        text
    }

    /// A text that is not empty.
    pub(super) fn words<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = self.text(node, what)?;
        if text.trim().is_empty() {
            self.report(Fault::new(node.span.clone(), format!("{what} is empty")).label("expected some text"));
            return None;
        }
        Some(text)
    }

    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        self.wrong_kind(node, what, "true or false");
        None
    }

    /// A switch as C programs write it: true or false, 1 or 0.
    pub(super) fn switch(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.value {
            Value::Integer(1) => Some(true),
            Value::Integer(0) => Some(false),
            _ => self.boolean(node, what),
        }
    }

    pub(super) fn integer<T: TryFrom<i64>>(
        &mut self,
        node: &Node,
        what: &str,
        range: RangeInclusive<i64>,
    ) -> Option<T> {
        let Value::Integer(number) = node.value else {
            self.wrong_kind(node, what, "a whole number");
            return None;
        };
        if !range.contains(&number) {
            let message = format!("{what} is out of range");
            let label = format!("expected {} to {}", range.start(), range.end());
            self.report(Fault::new(node.span.clone(), message).label(label));
            return None;
        }
        T::try_from(number).ok()
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        let items = node.items();
        if items.is_none() {
            self.wrong_kind(node, what, "a list");
        }
        items
    }

    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        if let Value::Table(entries) = &node.value {
            return Some(entries);
        }
        self.wrong_kind(node, what, "a table");
        None
    }

    /// The only entry of a table that must have exactly one.
    pub(super) fn only_entry<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> Option<&'n Entry> {
        let entries = self.entries(node, what)?;
        match entries {
            [entry] => Some(entry),
            [] => {
                let fault = Fault::new(node.span.clone(), format!("{what} is empty")).label("expected one key");
                self.report(fault.help(format!("for example {example}")));
                None
            }
            [first, second, ..] => {
                let message = format!("{what} has exactly one key, here are `{}` and `{}`", first.key, second.key);
                let fault = Fault::new(second.key_span.clone(), message).label("one too many");
                self.report(fault.help("make a step for each"));
                None
            }
        }
    }

    /// A word out of a closed list.
    pub(super) fn word<'k, T>(
        &mut self,
        node: &Node,
        what: &str,
        find: impl FnOnce(&str) -> Option<T>,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Option<T> {
        let word = self.text(node, what)?;
        let found = find(word);
        if found.is_none() {
            let fault = Fault::new(self.inside(node), format!("there is no {what} `{word}`"));
            self.report(fault.label("not a known name").help(suggest(word, known)));
        }
        found
    }

    /// A name of an actor, a socket or a blocked call.
    pub(super) fn name(&mut self, span: Span, name: &str, what: &str) -> Option<String> {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if (1..=MAX_NAME).contains(&name.len()) && name.chars().all(known) {
            return Some(name.to_owned());
        }
        let help = format!("a name has 1 to {MAX_NAME} letters, digits, `-` and `_`");
        self.report(Fault::new(span, format!("`{name}` cannot be the name of {what}")).label("not a name").help(help));
        None
    }

    /// Reports every key that the table does not have.
    pub(super) fn closed(&mut self, entries: &[Entry], table: Table) -> Closed {
        let mut closed = Closed::Yes;
        for entry in entries.iter().filter(|entry| !table.has(&entry.key)) {
            closed = Closed::No;
            self.strays = true;
            let fault = self.unknown_key(entry, table);
            self.report(fault);
        }
        closed
    }

    /// Whether some key stands where it does not belong: then a key that is missing may be that one.
    pub(super) fn has_strays(&self) -> bool {
        self.strays
    }

    /// Reports every key that is not in a small table of fixed keys.
    pub(super) fn only(&mut self, entries: &[Entry], keys: &[&str], what: &str) {
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let message = format!("there is no key `{}` in {what}", entry.key);
            let help = suggest(&entry.key, keys.iter().copied());
            self.report(Fault::new(entry.key_span.clone(), message).label("not a known key").help(help));
        }
    }

    fn unknown_key(&self, entry: &Entry, table: Table) -> Fault {
        let key = &entry.key;
        let fault = |message: String| Fault::new(entry.key_span.clone(), message);
        if let Some(home) = Table::ALL.into_iter().find(|other| other.has(key)) {
            let message = format!("`{key}` belongs {}, but here it is {}", home.place(), table.place());
            return fault(message).label("not here").help(self.move_to(home, table));
        }
        if matches!(table, Table::Step) && vocabulary::is_call(key) {
            return fault(format!("`{key}` is a call, not a key of a step")).label("calls go under `do`").help(
                if self.format == Format::Json {
                    format!("write \"do\": {{\"{key}\": …}}")
                } else {
                    format!("write do.{key} = …")
                },
            );
        }
        fault(format!("there is no key `{key}` {}", table.place()))
            .label("not a known key")
            .help(suggest(key, table.keys().iter().map(|known: &Key| known.name)))
    }

    fn move_to(&self, home: Table, table: Table) -> String {
        match (self.format, home) {
            (Format::Json, _) => format!("it belongs {}", home.place()),
            (_, Table::Top) => {
                "in TOML a key belongs to the last [table] above it: move this line above the first [table]".into()
            }
            (_, Table::Step) if matches!(table, Table::Predict | Table::Choice) => {
                "in TOML a key belongs to the last [table] above it: move this line above [step.predict]".into()
            }
            (_, Table::Step) => {
                "in TOML a key belongs to the last [table] above it: begin the step with [[step]]".into()
            }
            _ => format!("in TOML a key belongs to the last [table] above it: move this line below {}", home.title()),
        }
    }

    /// The place of a text without its quotes.
    pub(super) fn inside(&self, node: &Node) -> Span {
        self.part(node, 0..node.text().map_or(0, str::len))
    }

    /// The place of a part of a text, where the text stands in the file as it is; else the place of the whole.
    pub(super) fn part(&self, node: &Node, part: Span) -> Span {
        let Some(text) = node.text() else { return node.span.clone() };
        let raw = self.text.get(node.span.clone()).unwrap_or_default();
        match raw.find(text) {
            Some(at) if !text.is_empty() && raw.len() - at - text.len() == at => {
                let begin = node.span.start + at;
                begin + part.start..begin + part.end
            }
            _ => node.span.clone(),
        }
    }
}
