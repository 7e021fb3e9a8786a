use std::collections::BTreeMap;

use crate::record::{Family, Network, PossibleStory, Script, Source};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Value};
use crate::scenario::vocabulary::{FAMILIES, SYSCTL_PREFIXES, Table};

use super::actors::actors;
use super::reader::Reader;
use super::steps::Steps;

const MILLISECOND_NS: u64 = 1_000_000;

/// The script of the whole file, over its own family or over that one; none if anything is wrong.
pub(in crate::scenario) fn script(
    r: &mut Reader<'_>,
    root: &Node,
    id: String,
    source: Source,
    family: Option<Family>,
) -> Option<Script> {
    let entries = r.entries(root, "a scenario")?;
    r.closed(entries, Table::Top);
    let summary = prose(r, root, "summary");
    let goals = root.get("goals").map_or_else(Vec::new, |entry| texts(r, entry));
    let tags = root.get("tags").map_or_else(Vec::new, |entry| texts(r, entry));
    let misconception = prose(r, root, "misconception");
    let loopback_differs = prose(r, root, "loopback_differs");
    let slow = root.get("slow").and_then(|entry| r.boolean(&entry.node, "`slow`")).unwrap_or_default();
    let free = root.get("anything_goes").and_then(|entry| r.boolean(&entry.node, "`anything_goes`"));
    let anything_goes = free.unwrap_or_default();
    let kernel = root.get("kernel").and_then(|entry| r.kernel(entry));
    let stories = root.get("stories").map_or_else(Vec::new, |entry| stories(r, entry));
    let network = network(r, root.get("network").map(|entry| &entry.node), family);
    let nodes = step_nodes(r, root);
    let actors = actors(r, root.get("actors").map(|entry| &entry.node), nodes, network.family);
    let steps = Steps::new(r, &actors, &stories, anything_goes).read(nodes);
    let title = title(r, root);
    r.is_clean().then(|| Script {
        id,
        title: title.unwrap_or_default(),
        summary,
        goals,
        tags,
        misconception,
        loopback_differs,
        slow,
        anything_goes,
        kernel,
        stories,
        source,
        network,
        actors: actors.specs,
        steps,
    })
}

fn title(r: &mut Reader<'_>, root: &Node) -> Option<String> {
    let Some(entry) = root.get("title") else {
        if r.has_strays() {
            return None;
        }
        let fault = Fault::new(0..0, "the scenario has no title").label("expected a title");
        r.report(fault.help("begin the file with title = \"…\", before the first [table]"));
        return None;
    };
    let title = r.words(&entry.node, "`title`")?;
    if title.contains('\n') {
        r.report(Fault::new(entry.node.span.clone(), "`title` is one line").label("has several lines"));
        return None;
    }
    Some(title.to_owned())
}

fn prose(r: &mut Reader<'_>, root: &Node, key: &str) -> String {
    root.get(key).and_then(|entry| r.words(&entry.node, &format!("`{key}`"))).unwrap_or_default().to_owned()
}

fn stories(r: &mut Reader<'_>, entry: &Entry) -> Vec<PossibleStory> {
    let Some(entries) = r.entries(&entry.node, "`stories`") else { return Vec::new() };
    if entries.is_empty() {
        r.report(Fault::new(entry.node.span.clone(), "`stories` is empty").label("expected a name and what happens"));
    }
    let story = |entry: &Entry| {
        let name = r.name(entry.key_span.clone(), &entry.key, "a story")?;
        let text = r.words(&entry.node, "what a story tells")?.to_owned();
        Some(PossibleStory { name, text })
    };
    entries.iter().filter_map(story).collect()
}

fn texts(r: &mut Reader<'_>, entry: &Entry) -> Vec<String> {
    let Some(items) = r.list(&entry.node, &format!("`{}`", entry.key)) else { return Vec::new() };
    let what = format!("each of `{}`", entry.key);
    items.iter().filter_map(|item| r.words(item, &what).map(str::to_owned)).collect()
}

fn step_nodes<'n>(r: &mut Reader<'_>, root: &'n Node) -> &'n [Node] {
    let (span, label) = match root.get("step") {
        None => (0..0, "expected at least one [[step]]"),
        Some(entry) => match &entry.node.value {
            Value::List(items) if !items.is_empty() => return items,
            Value::List(_) => (entry.key_span.clone(), "expected at least one step"),
            Value::Table(_) => {
                let fault = Fault::new(entry.key_span.clone(), "steps are a list").label("this makes one table");
                r.report(fault.help("write each step with two brackets: [[step]]"));
                return &[];
            }
            _ => {
                r.wrong_kind(&entry.node, "`step`", "a list of tables");
                return &[];
            }
        },
    };
    r.report(Fault::new(span, "the scenario has no steps").label(label));
    &[]
}

fn network(r: &mut Reader<'_>, node: Option<&Node>, over: Option<Family>) -> Network {
    let mut network = Network::default();
    network.family = over.unwrap_or(network.family);
    let Some(node) = node else { return network };
    let Some(entries) = r.entries(node, "`network`") else { return network };
    r.closed(entries, Table::Network);
    if let Some(entry) = node.get("family") {
        let find = |word: &str| FAMILIES.iter().find(|(name, _)| *name == word).map(|(_, family)| *family);
        let family = r.word(&entry.node, "address family", find, FAMILIES.iter().map(|(name, _)| *name));
        network.family = over.or(family).unwrap_or_default();
    }
    if let Some(entry) = node.get("mtu") {
        network.mtu_is_chosen = true;
        let least = if network.family == Family::Ipv6 { 1_280 } else { 576 };
        network.mtu = r.integer(&entry.node, "`mtu`", least..=65_536).unwrap_or(network.mtu);
    }
    if let Some(entry) = node.get("delayed_ack") {
        network.delayed_ack_is_chosen = true;
        network.delayed_ack = r.boolean(&entry.node, "`delayed_ack`").unwrap_or_default();
    }
    network.rto_min_ns = node.get("rto_min").and_then(|entry| rto_min(r, &entry.node));
    if let Some(entry) = node.get("sysctl") {
        network.sysctl = sysctls(r, &entry.node);
    }
    network
}

/// Routes give it in milliseconds.
fn rto_min(r: &mut Reader<'_>, node: &Node) -> Option<u64> {
    let ns = r.duration(node, "`rto_min`")?;
    if ns == 0 || ns % MILLISECOND_NS != 0 {
        let fault = Fault::new(node.span.clone(), "`rto_min` is a number of whole milliseconds, at least one");
        r.report(fault.label("the kernel cannot be told this").help("write \"2s\" or \"500ms\""));
        return None;
    }
    Some(ns)
}

fn sysctls(r: &mut Reader<'_>, node: &Node) -> BTreeMap<String, String> {
    let Some(entries) = r.entries(node, "`sysctl`") else { return BTreeMap::new() };
    entries.iter().filter_map(|entry| sysctl(r, entry)).collect()
}

fn sysctl(r: &mut Reader<'_>, entry: &Entry) -> Option<(String, String)> {
    let name = &entry.key;
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if matches!(entry.node.value, Value::Table(_)) {
        let fault = Fault::new(entry.key_span.clone(), "the name of a sysctl stands in quotes")
            .label("without quotes, dots make tables");
        r.report(fault.help("write \"net.ipv4.tcp_fin_timeout\" = 5"));
        return None;
    }
    if !SYSCTL_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || !name.split('.').all(part) {
        let fault = Fault::new(entry.key_span.clone(), format!("`{name}` is not a sysctl of a network namespace"));
        r.report(
            fault
                .label("cannot be set here")
                .help(format!("known: names that begin with {}", SYSCTL_PREFIXES.join(", "))),
        );
        return None;
    }
    let value = match &entry.node.value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) if text.len() <= 256 && text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) => {
            text.clone()
        }
        _ => {
            let fault = Fault::new(entry.node.span.clone(), format!("`{name}` has a value that no sysctl takes"));
            r.report(fault.label("expected a number or a short text"));
            return None;
        }
    };
    Some((name.clone(), value))
}
