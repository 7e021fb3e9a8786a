//! Names for events that come from the scenario and not from time, the same at every pace.

use std::collections::BTreeMap;

use super::EndpointId;
use super::flow::Flow;
use crate::record::{ActorId, Flags, Recording, Segment, StepId, What};

/// The names of an event.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) id: String,
    pub(super) alias: String,
    pub(super) step: Option<StepId>,
}

/// First letters that name segments, signals, exits and kills.
const RESERVED: [&str; 5] = ["p", "a", "g", "k", "q"];

/// Names every event of a recording.
pub(super) fn assign(recording: &Recording, flow: &Flow) -> Vec<Names> {
    let mut namer = Namer {
        recording,
        flow,
        prefixes: prefixes(&recording.actors.iter().map(|actor| actor.name.as_str()).collect::<Vec<_>>()),
        counts: BTreeMap::new(),
        calls: BTreeMap::new(),
        implied: BTreeMap::new(),
        first: BTreeMap::new(),
        numbers: BTreeMap::new(),
    };
    let steps = steps(recording);
    let events = recording.events.iter().zip(steps).enumerate();
    events.map(|(place, (event, step))| namer.name(place, &event.what, step)).collect()
}

/// The shortest beginning of each actor's name that no other actor's name and no reserved letter claims.
fn prefixes(names: &[&str]) -> Vec<String> {
    let mut taken = Vec::with_capacity(names.len());
    for own in 0..names.len() {
        taken.push(prefix(names, own, &taken));
    }
    taken
}

fn prefix(names: &[&str], own: usize, taken: &[String]) -> String {
    let is_free = |start: &String| {
        let claimed = names.iter().enumerate().any(|(other, name)| other != own && name.starts_with(start.as_str()));
        !claimed && !is_reserved(start) && !taken.contains(start)
    };
    let name = names[own];
    let starts = name.char_indices().map(|(at, letter)| name[..at + letter.len_utf8()].to_owned());
    // A name that is the beginning of another's ends in a mark, so that numbers cannot run together.
    let marked = (1..).map(|marks| format!("{name}{}", ".".repeat(marks)));
    starts.chain(marked).find(is_free).unwrap_or_default()
}

/// Whether a number behind it makes an id that a segment or the like has: `p`, and also `p1` or `p1r`.
fn is_reserved(start: &str) -> bool {
    let without_digits = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let Some(rest) = RESERVED.iter().find_map(|letter| start.strip_prefix(letter)) else { return false };
    let end = without_digits(rest);
    let is_again = end.len() < rest.len() && end.strip_prefix('r').is_some_and(|rest| without_digits(rest).is_empty());
    end.is_empty() || is_again
}

/// The step during which each event happened: the one it names, else the latest begun.
fn steps(recording: &Recording) -> Vec<Option<StepId>> {
    let mut begun = recording.steps.iter().peekable();
    let mut current = None;
    let of = |event: &crate::record::Event| {
        while let Some(run) = begun.next_if(|run| run.begin_ns <= event.t_ns) {
            current = Some(run.step);
        }
        match &event.what {
            What::Syscall(call) => Some(call.step),
            What::Kill(kill) => Some(kill.step),
            What::Exit(exit) => exit.step.or(current),
            What::Segment { .. } | What::Signal(_) | What::State(_) => current,
        }
    };
    recording.events.iter().map(of).collect()
}

struct Namer<'a> {
    recording: &'a Recording,
    flow: &'a Flow,
    prefixes: Vec<String>,
    /// How often an id without its number was given.
    counts: BTreeMap<String, u32>,
    /// How many calls that the author wrote each actor has made.
    calls: BTreeMap<ActorId, u32>,
    /// How many implied calls each actor has made since its last written one.
    implied: BTreeMap<ActorId, u8>,
    /// The alias of the first transmission.
    first: BTreeMap<(EndpointId, u32), String>,
    /// Numbers behind the reserved letters.
    numbers: BTreeMap<char, u32>,
}

impl Namer<'_> {
    fn name(&mut self, place: usize, what: &What, step: Option<StepId>) -> Names {
        let (base, alias) = match what {
            What::Syscall(call) => {
                let socket = self.recording.sockets.get(call.socket.0).map_or("", |socket| socket.name.as_str());
                let default = [crate::record::CONNECTION, crate::record::LISTENER].contains(&socket);
                let middle = if default { String::new() } else { format!(".{socket}") };
                let base = format!("{}{middle}.{}", self.actor(call.actor), call.call.name());
                (base, self.call_alias(call.actor, call.implied))
            }
            What::Segment { .. } => self.segment(place),
            What::Signal(caught) => (format!("{}.{}", self.actor(caught.actor), caught.signal), self.numbered('g')),
            What::Kill(kill) => (format!("{}.kill.{}", self.actor(kill.actor), kill.signal), self.numbered('k')),
            What::Exit(exit) => {
                let alias = format!("{}x", self.prefix(exit.actor));
                return Names { id: format!("{}.exit", self.actor(exit.actor)), alias, step };
            }
            What::State(sample) => {
                let end = self.flow.latest(sample.local, sample.peer, place);
                let base = end.map_or_else(
                    || format!("{}>{}.state", sample.local, sample.peer),
                    |end| format!("{}.state_{}", self.label(end), end.side.name()),
                );
                (base, self.numbered('q'))
            }
        };
        let number = self.counts.entry(base.clone()).or_insert(0);
        *number += 1;
        Names { id: format!("{base}#{number}"), alias, step }
    }

    fn call_alias(&mut self, actor: ActorId, implied: bool) -> String {
        let written = self.calls.entry(actor).or_insert(0);
        let before = self.implied.entry(actor).or_insert(0);
        let (number, letter) = if implied {
            *before += 1;
            (*written + 1, char::from(b'a' + (*before - 1).min(25)).to_string())
        } else {
            *before = 0;
            *written += 1;
            (*written, String::new())
        };
        format!("{}{number}{letter}", self.prefix(actor))
    }

    /// Pure acknowledgments count for themselves, so that a delayed one shifts nothing; a retransmission is named after the
    /// first transmission.
    fn segment(&mut self, place: usize) -> (String, String) {
        let known = self.flow.segments.get(&place).zip(self.recording.segment(&self.recording.events[place]));
        let Some((told, segment)) = known else { return ("segment".to_owned(), self.numbered('p')) };
        let base = format!("{}.{}", self.label(told.sender), kind(segment, told.seq_rel));
        if segment.is_pure_ack() {
            return (base, self.numbered('a'));
        }
        let key = (told.sender, told.seq_rel);
        if told.transmission > 1
            && let Some(first) = self.first.get(&key)
        {
            return (base, format!("{first}r{}", told.transmission - 1));
        }
        let alias = self.numbered('p');
        self.first.insert(key, alias.clone());
        (base, alias)
    }

    /// `client>server`, from the sender to the receiver.
    fn label(&self, sender: EndpointId) -> String {
        let connection = &self.flow.connections[sender.connection.0];
        match sender.side {
            super::Side::Initiator => connection.label.clone(),
            super::Side::Responder => {
                let (pair, number) = connection.label.split_once('/').unwrap_or((&connection.label, ""));
                let (left, right) = pair.split_once('>').unwrap_or((pair, ""));
                let slash = if number.is_empty() { "" } else { "/" };
                format!("{right}>{left}{slash}{number}")
            }
        }
    }

    fn actor(&self, actor: ActorId) -> &str {
        self.recording.actors.get(actor.0).map_or("?", |actor| actor.name.as_str())
    }

    fn prefix(&self, actor: ActorId) -> &str {
        self.prefixes.get(actor.0).map_or("?", String::as_str)
    }

    fn numbered(&mut self, letter: char) -> String {
        let number = self.numbers.entry(letter).or_insert(0);
        *number += 1;
        format!("{letter}{number}")
    }
}

/// `syn`, `data[1:6]`, `data[1:6]+fin`: what a segment is, without its number.
fn kind(segment: &Segment, seq_rel: u32) -> String {
    let has = |flag| segment.flags.has(flag);
    if segment.is_pure_ack() {
        return "ack".to_owned();
    }
    let mut words = Vec::new();
    if has(Flags::SYN) {
        words.push(if has(Flags::ACK) { "syn_ack".to_owned() } else { "syn".to_owned() });
    }
    if !segment.payload.is_empty() {
        words.push(format!("data[{seq_rel}:{}]", u64::from(seq_rel) + segment.payload.len() as u64));
    }
    if has(Flags::FIN) {
        words.push("fin".to_owned());
    }
    if has(Flags::RST) {
        words.push("rst".to_owned());
    }
    if words.is_empty() { "segment".to_owned() } else { words.join("+") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_are_short() {
        assert_eq!(prefixes(&["client", "proxy", "upstream"]), ["c", "pr", "u"]);
        assert_eq!(prefixes(&["server", "server2"]), ["server.", "server2"]);
        assert_eq!(prefixes(&["a1", "p", "k2r"]), ["a1.", "p.", "k2r."]);
        assert_eq!(prefixes(&["", "."]), ["..", "."]);
    }

    proptest! {
        /// Whatever actors are called: saved timelines have other names than scenarios may give.
        #[test]
        fn no_two_events_have_the_same_short_id(names in prop::collection::vec("[pkrx1.é]{0,3}", 1..4)) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let calls = |prefix: &String| {
                let numbered = (1..13).flat_map(|number| [format!("{prefix}{number}"), format!("{prefix}{number}a")]);
                numbered.chain([format!("{prefix}x")]).collect::<Vec<_>>()
            };
            let segments = (1..140).flat_map(|number| [format!("p{number}"), format!("k{number}"), format!("p{number}r1")]);
            let all: Vec<_> = prefixes(&names).iter().flat_map(calls).chain(segments).collect();
            let different: BTreeSet<_> = all.iter().collect();
            prop_assert_eq!(different.len(), all.len(), "{:?}", prefixes(&names));
        }
    }
}
