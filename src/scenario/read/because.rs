//! Causes as an author names them: a segment, a call, or a rule of the model.

use crate::record::{ActorId, Because, CallPattern, Located, SegmentPattern};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node, Value};

use super::calls;
use super::expect::{Expecting, Subject};

/// The calls of the language that are no word of `do`.
const VANISH: &str = "vanish";

const HELP: &str = "write a segment, \"server RST\", or { call = \"server close\" }, or { rule = \"ID\" }";

impl Expecting<'_, '_> {
    pub(super) fn because(&mut self, entry: &Entry, subject: Subject<'_>) -> Option<Located<Because>> {
        self.ended(entry, subject)?;
        let node = &entry.node;
        let because = match &node.value {
            Value::Table(_) => {
                let one = self.only_cause(node)?;
                match one.key.as_str() {
                    "call" => Because::Call { call: self.cause_call(&one.node)? },
                    _ => Because::Rule { rule: self.rule(&one.node)? },
                }
            }
            Value::Text(_) => Because::Segment(self.cause_segment(node)?),
            _ => {
                self.r.wrong_kind(node, "`because`", "a segment, a call or a rule");
                return None;
            }
        };
        Some(self.locate(entry, because))
    }

    fn only_cause<'n>(&mut self, node: &'n Node) -> Option<&'n Entry> {
        let entries = self.r.entries(node, "`because`")?;
        self.r.only(entries, &["call", "rule"], "`because`");
        let fault = match (node.get("call"), node.get("rule")) {
            (Some(one), None) | (None, Some(one)) => return Some(one),
            (Some(first), Some(second)) => {
                let later = if first.key_span.start < second.key_span.start { second } else { first };
                Fault::new(later.key_span.clone(), "`because` names one cause").label("one too many")
            }
            (None, None) => Fault::new(node.span.clone(), "`because` names no cause").label("because of what?"),
        };
        self.r.report(fault.help(HELP));
        None
    }

    /// A segment of which it is clear to whom it went.
    fn cause_segment(&mut self, node: &Node) -> Option<SegmentPattern> {
        let pattern = self.pattern(node)?;
        let peers = self.world.peers(pattern.from).filter(|_| pattern.to.is_none());
        if let Some(peers) = peers.filter(|peers| peers.len() > 1) {
            let from = self.actors.name(pattern.from);
            let choices: Vec<_> = peers.iter().map(|peer| format!("{from}>{}", self.actors.name(*peer))).collect();
            let message = format!("{from} has several peers, so `because` must say to whom the segment went");
            let fault = Fault::new(self.r.inside(node), message).label("ambiguous");
            self.r.report(fault.help(format!("write {}", choices.join(" or "))));
            return None;
        }
        Some(pattern)
    }

    /// `ACTOR CALL`.
    pub(super) fn cause_call(&mut self, node: &Node) -> Option<CallPattern> {
        let text = self.r.text(node, "`call`")?;
        let Some((who, name)) = text.split_once(' ').map(|(who, name)| (who, name.trim_start())) else {
            let fault = Fault::new(self.r.inside(node), "a call is described by its actor and its name");
            self.r.report(fault.label("expected both").help("for example { call = \"server close\" }"));
            return None;
        };
        let Some(actor) = self.actors.find(who) else {
            let fault = Fault::new(self.r.part(node, 0..who.len()), format!("there is no actor `{who}`"));
            self.r.report(fault.label("not an actor").help(suggest(who, self.actors.names())));
            return None;
        };
        self.known_call(node, actor, text.len() - name.len(), name)
    }

    fn known_call(&mut self, node: &Node, actor: ActorId, begin: usize, name: &str) -> Option<CallPattern> {
        if name == VANISH || calls::row(name).is_some() {
            return Some(CallPattern { actor, name: name.to_owned() });
        }
        let span = self.r.part(node, begin..begin + name.len());
        let fault = Fault::new(span, format!("there is no call `{name}`")).label("not a call");
        let known = calls::CALLS.iter().map(|row| row.name).chain([VANISH]);
        self.r.report(fault.help(suggest(name, known)));
        None
    }

    /// A rule of the model, if somebody has said which there are.
    fn rule(&mut self, node: &Node) -> Option<String> {
        let text = self.r.words(node, "`rule`")?;
        let Some(known) = self.r.rules.filter(|known| !known.contains(&text)) else { return Some(text.to_owned()) };
        let fault = Fault::new(self.r.inside(node), format!("there is no rule `{text}`")).label("not a known rule");
        let near = crate::scenario::nearest(text, known.iter().copied());
        let help =
            near.map_or("`tcpstory explain` lists the rules".to_owned(), |near| format!("did you mean `{near}`?"));
        self.r.report(fault.help(help));
        None
    }
}
