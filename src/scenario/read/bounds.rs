//! What an author cannot say to the byte or to the nanosecond: numbers between bounds, silence, and how long something takes.

use crate::record::{Call, ExpectValue, Located, SegmentPattern, Since, Takes};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Value};

use super::MAX_DATA;
use super::expect::{Expecting, Subject};

/// The keys of a number between bounds.
const KEYS: [&str; 2] = ["more_than", "less_than"];

/// Whether `returns` says a number between bounds, and not data.
pub(super) fn is_range(node: &Node) -> bool {
    KEYS.iter().any(|key| node.get(key).is_some())
}

impl Expecting<'_, '_> {
    /// `{ more_than = 0, less_than = 100000 }`, for calls that return a number of bytes.
    pub(super) fn between(&mut self, node: &Node, call: &Call) -> Option<ExpectValue> {
        let entries = self.r.entries(node, "`returns`")?;
        self.r.only(entries, &KEYS, "`returns`");
        let most = match call {
            Call::Read { size } | Call::Recv { size, .. } => *size,
            Call::Write { data } | Call::Send { data, .. } | Call::Sendfile { data } => data.size(),
            _ => {
                let fault = Fault::new(node.span.clone(), format!("`{}` returns no number of bytes", call.name()));
                self.r.report(fault.label("only reads and writes return one between bounds"));
                return None;
            }
        };
        let most = most.min(MAX_DATA).cast_signed();
        // A bound that every success keeps would assert nothing.
        let more_than: Option<i64> = match node.get(KEYS[0]) {
            Some(entry) => Some(self.r.integer(&entry.node, "`more_than`", 0..=most - 1)?),
            None => None,
        };
        let less_than: Option<i64> = match node.get(KEYS[1]) {
            Some(entry) => Some(self.r.integer(&entry.node, "`less_than`", 1..=most)?),
            None => None,
        };
        if more_than.zip(less_than).is_some_and(|(more, less)| less - more < 2) {
            let fault = Fault::new(node.span.clone(), "there is no number between these bounds");
            self.r.report(fault.label("neither bound is meant itself"));
            return None;
        }
        Some(ExpectValue::Between { more_than, less_than })
    }

    /// Segments that must not appear.
    pub(super) fn no_wire(&mut self, entry: &Entry) -> Vec<Located<SegmentPattern>> {
        if entry.node.items().is_some_and(<[Node]>::is_empty) {
            let fault = Fault::new(entry.node.span.clone(), "an empty `no_wire` forbids nothing");
            self.r.report(fault.label("expected segments").help("`quiet = true` says that no segment at all appears"));
        }
        self.wire(entry)
    }

    /// `quiet = true`.
    pub(super) fn quiet(&mut self, step: &Node, entry: &Entry) -> Option<Located<bool>> {
        if !matches!(entry.node.value, Value::Boolean(true)) {
            let fault = Fault::new(entry.node.span.clone(), "`quiet` is true or left out");
            self.r.report(fault.label("expected true"));
            return None;
        }
        let beside = ["wire", "no_wire"].iter().find_map(|key| step.get(key));
        let Some(beside) = beside.filter(|beside| beside.key == "no_wire" || beside.node.items() != Some(&[])) else {
            return Some(self.locate(entry, true));
        };
        let message = format!("`quiet` says that no segment appears, so it cannot stand beside `{}`", beside.key);
        self.r.report(Fault::new(entry.key_span.clone(), message).label("one too many"));
        None
    }

    /// `">= 30ms"`, or `{ since = "client DATA", at_least = "30ms" }`.
    pub(super) fn takes(&mut self, step: &Node, entry: &Entry, subject: Subject<'_>) -> Option<Located<Takes>> {
        self.has_an_end(step, entry, subject)?;
        let node = &entry.node;
        let takes = match &node.value {
            Value::Text(text) => Takes { since: None, at_least_ns: self.at_least(node, text)? },
            Value::Table(entries) => {
                self.r.only(entries, &["since", "at_least"], "`takes`");
                let (Some(since), Some(least)) = (node.get("since"), node.get("at_least")) else {
                    let fault = Fault::new(node.span.clone(), "`takes` needs both `since` and `at_least`");
                    self.r.report(fault.label("incomplete").help("or a text: takes = \">= 30ms\""));
                    return None;
                };
                let since = Some(self.since(&since.node)?);
                Takes { since, at_least_ns: self.r.duration(&least.node, "`at_least`")? }
            }
            _ => {
                self.r.wrong_kind(node, "`takes`", "a lower bound such as \">= 30ms\"");
                return None;
            }
        };
        if takes.at_least_ns == 0 {
            let fault = Fault::new(node.span.clone(), "everything takes at least no time");
            self.r.report(fault.label("expected more than 0"));
            return None;
        }
        Some(self.locate(entry, takes))
    }

    /// A segment, or `{ call = "client write" }`.
    fn since(&mut self, node: &Node) -> Option<Since> {
        let Value::Table(_) = node.value else { return self.pattern(node).map(Since::Segment) };
        let call = self.r.only_entry(node, "`since`", "since = { call = \"client write\" }")?;
        self.r.only(std::slice::from_ref(call), &["call"], "`since`");
        (call.key == "call").then(|| self.cause_call(&call.node))?.map(|call| Since::Call { call })
    }

    fn at_least(&mut self, node: &Node, text: &str) -> Option<u64> {
        let Some(bound) = text.strip_prefix(">=") else {
            let fault = Fault::new(self.r.inside(node), format!("`{text}` is no lower bound"));
            self.r.report(
                fault
                    .label("expected `>=` and a duration")
                    .help("only a lower bound is certain, \">= 30ms\": how much longer it takes depends on how busy the machine is"),
            );
            return None;
        };
        self.r.duration_of(node, bound.trim_start(), "`takes`")
    }

    /// A call that ends in the step, or segments that it waits for.
    fn has_an_end(&mut self, step: &Node, entry: &Entry, subject: Subject<'_>) -> Option<()> {
        let awaits = step.get("wire").is_some_and(|wire| wire.node.items().is_some_and(|items| !items.is_empty()));
        let message = match subject {
            Subject::Call(_, Call::Exit { .. }) => "`exit` never returns, so nobody can say how long it takes",
            Subject::Blocked(_) => "a call that is left under way has not ended in this step",
            Subject::Kill(_) => "a signal takes no time",
            Subject::Nobody if !awaits => "a step without a call takes as long as its `wire`, and this one has none",
            Subject::Call(..) | Subject::Nobody => return Some(()),
        };
        self.r.report(Fault::new(entry.key_span.clone(), message).label("how long does what take?"));
        None
    }
}
