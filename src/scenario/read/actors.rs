use std::collections::{BTreeMap, BTreeSet};

use crate::record::{ActorId, ActorSpec, Family, SigpipeDisposition};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Value};
use crate::scenario::vocabulary::{SIGPIPE, Table};

use super::MAX_ACTORS;
use super::reader::Reader;

/// Who takes part, and what each will do: known before the first step is read.
pub(super) struct Actors {
    pub(super) specs: Vec<ActorSpec>,
    pub(super) family: Family,
    /// Those that listen in some step.
    pub(super) listening: BTreeSet<ActorId>,
    /// Those that another actor forks, with the line of the first such step.
    pub(super) forked: BTreeMap<ActorId, u32>,
    ids: BTreeMap<String, ActorId>,
    plans: Vec<Vec<(usize, Opening)>>,
}

/// A call that decides what an actor's unnamed socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Listen,
    Connect,
    Accept,
}

impl Opening {
    fn of(call: &str) -> Option<Self> {
        match call {
            "listen" => Some(Self::Listen),
            "connect" => Some(Self::Connect),
            "accept" => Some(Self::Accept),
            _ => None,
        }
    }
}

impl Actors {
    pub(super) fn find(&self, name: &str) -> Option<ActorId> {
        self.ids.get(name).copied()
    }

    pub(super) fn name(&self, actor: ActorId) -> &str {
        &self.specs[actor.0].name
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.specs.iter().map(|spec| spec.name.as_str())
    }

    /// What the actor's unnamed socket is opened for next, after a step.
    pub(super) fn next_opening(&self, actor: ActorId, step: usize) -> Option<Opening> {
        let plan = &self.plans[actor.0];
        plan.get(plan.partition_point(|(at, _)| *at <= step)).map(|(_, opening)| *opening)
    }
}

/// The actors of `[actors]` in its order, then the others: who only connects, who also listens, who only listens.
pub(super) fn actors(r: &mut Reader<'_>, declared: Option<&Node>, steps: &[Node], family: Family) -> Actors {
    let mut specs = declared.map_or_else(Vec::new, |node| declarations(r, node, family));
    let seen = survey(steps);
    let mut others: Vec<&Seen> = seen.values().filter(|seen| specs.iter().all(|spec| spec.name != seen.name)).collect();
    others.sort_by_key(|seen| (seen.rank(), seen.first));
    specs.extend(others.iter().map(|seen| undeclared(&seen.name)));
    if specs.len() > MAX_ACTORS {
        let place = declared.map_or(0..0, |node| node.span.clone());
        let place = others.last().map_or(place, |seen| steps[seen.first].span.clone());
        let message = format!("there are {} actors, and a scenario has at most {MAX_ACTORS}", specs.len());
        r.report(Fault::new(place, message).label("too many actors").help("each actor is a process of its own"));
    }
    let ids: BTreeMap<_, _> =
        specs.iter().enumerate().map(|(place, spec)| (spec.name.clone(), ActorId(place))).collect();
    let plans = specs.iter().map(|spec| seen.get(&spec.name).map_or_else(Vec::new, |seen| seen.plan.clone())).collect();
    let listening = seen.values().filter(|seen| seen.listens).filter_map(|seen| ids.get(&seen.name).copied()).collect();
    let forked = forks(r, steps).into_iter().filter_map(|(name, fork)| Some((*ids.get(&name)?, fork)));
    let forked: BTreeMap<_, _> = forked.collect();
    let forked = inherited(r, declared, &mut specs, &ids, forked);
    Actors { specs, family, listening, forked, ids, plans }
}

/// The children of `fork`, each with its parent and the line of the step.
fn forks(r: &Reader<'_>, steps: &[Node]) -> BTreeMap<String, (String, u32)> {
    let mut found = BTreeMap::new();
    for step in steps {
        let by = step.get("by").and_then(|entry| entry.node.text()).map(|by| split(by).0.to_owned());
        if let Some((child, by)) = forked_in(step).zip(by).filter(|(child, by)| child != by) {
            found.entry(child.to_owned()).or_insert((by, r.line(step.span.start)));
        }
    }
    found
}

/// The child's name, in a step that forks.
fn forked_in(step: &Node) -> Option<&str> {
    let call = &step.get("do")?.node;
    call.get("fork").or_else(|| call.get("clone"))?.node.text()
}

/// A forked actor is its parent's copy: it has the same address and does the same with SIGPIPE, so it cannot be declared otherwise.
fn inherited(
    r: &mut Reader<'_>,
    declared: Option<&Node>,
    specs: &mut [ActorSpec],
    ids: &BTreeMap<String, ActorId>,
    forked: BTreeMap<ActorId, (String, u32)>,
) -> BTreeMap<ActorId, u32> {
    // Parents first, so that a grandchild inherits too: a child is forked after its parent.
    let mut order: Vec<_> = forked.into_iter().collect();
    order.sort_by_key(|(_, (_, line))| *line);
    for (child, (parent, _)) in &order {
        let own = declared.and_then(|node| node.get(&specs[child.0].name)).map(|entry| &entry.node);
        for key in ["sigpipe", "address", "port"] {
            if let Some(entry) = own.and_then(|node| node.get(key)) {
                let message = format!("{} is forked, so it has the `{key}` of {parent}", specs[child.0].name);
                r.report(Fault::new(entry.key_span.clone(), message).label("not its own").help("leave it out"));
            }
        }
        if let Some(parent) = ids.get(parent) {
            specs[child.0].sigpipe = specs[parent.0].sigpipe;
        }
    }
    order.into_iter().map(|(child, (_, line))| (child, line)).collect()
}

fn undeclared(name: &str) -> ActorSpec {
    ActorSpec { name: name.to_owned(), sigpipe: SigpipeDisposition::default(), address: None, port: None }
}

fn declarations(r: &mut Reader<'_>, node: &Node, family: Family) -> Vec<ActorSpec> {
    let Some(entries) = r.entries(node, "`actors`") else { return Vec::new() };
    entries.iter().filter_map(|entry| declaration(r, entry, family)).collect()
}

fn declaration(r: &mut Reader<'_>, entry: &Entry, family: Family) -> Option<ActorSpec> {
    let Value::Table(entries) = &entry.node.value else {
        let unknown = Table::ALL.into_iter().find(|table| table.has(&entry.key));
        let fault = Fault::new(entry.key_span.clone(), format!("the actor `{}` is not a table", entry.key));
        let help = unknown.map_or_else(
            || format!("declare an actor with [actors.{}]", entry.key),
            |home| format!("`{}` belongs {}; an actor is declared with [actors.NAME]", entry.key, home.place()),
        );
        r.report(fault.label(format!("expected a table, not {}", entry.node.kind())).help(help));
        return None;
    };
    r.closed(entries, Table::Actor);
    let name = r.name(entry.key_span.clone(), &entry.key, "an actor");
    let get = |key| entry.node.get(key).map(|entry| &entry.node);
    let sigpipe =
        get("sigpipe").and_then(|node| r.word(node, "disposition", disposition, SIGPIPE.iter().map(|(name, _)| *name)));
    // A machine with IPv4 usually has IPv6 too, so an actor may have an address of that beside others of IPv4.
    let is_ipv6 = |node: &Node| node.text().is_some_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok());
    let of = |node: &Node| if is_ipv6(node) { Family::Ipv6 } else { family };
    let address = get("address").and_then(|node| r.ip(node, "`address`", of(node)));
    let port = get("port").and_then(|node| r.integer(node, "`port`", 1..=65_535));
    Some(ActorSpec { name: name?, sigpipe: sigpipe.unwrap_or_default(), address, port })
}

fn disposition(word: &str) -> Option<SigpipeDisposition> {
    SIGPIPE.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// What the steps show of an actor.
struct Seen {
    name: String,
    first: usize,
    listens: bool,
    connects: bool,
    plan: Vec<(usize, Opening)>,
}

impl Seen {
    fn new(name: &str, first: usize) -> Self {
        Self { name: name.to_owned(), first, listens: false, connects: false, plan: Vec::new() }
    }

    fn rank(&self) -> u8 {
        match (self.connects, self.listens) {
            (true, false) => 0,
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 3,
        }
    }
}

fn survey(steps: &[Node]) -> BTreeMap<String, Seen> {
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let Some(by) = step.get("by").and_then(|entry| entry.node.text()) else { continue };
        let (name, socket) = split(by);
        let seen = all.entry(name.to_owned()).or_insert_with(|| Seen::new(name, at));
        if let Some(child) = forked_in(step) {
            all.entry(child.to_owned()).or_insert_with(|| Seen::new(child, at));
            continue;
        }
        let Some(opening) = call_name(step).and_then(Opening::of) else { continue };
        seen.listens |= opening == Opening::Listen;
        seen.connects |= opening == Opening::Connect;
        if socket.is_none() {
            seen.plan.push((at, opening));
        }
    }
    all
}

/// `actor` or `actor.socket`.
pub(super) fn split(by: &str) -> (&str, Option<&str>) {
    match by.split_once('.') {
        Some((actor, socket)) => (actor, Some(socket)),
        None => (by, None),
    }
}

fn call_name(step: &Node) -> Option<&str> {
    let call = &step.get("do")?.node;
    match &call.value {
        Value::Table(entries) => entries.first().map(|entry| entry.key.as_str()),
        _ => call.text(),
    }
}
