//! Segments as an author describes them: `client DATA 'b'`, `proxy>upstream FIN`, `server DATA 1448 bytes`.

use crate::record::{ActorId, Bytes, SegmentKind, SegmentPattern};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::{nearest, suggest};
use crate::scenario::node::{Node, Span};

use super::actors::Actors;
use super::reader::Reader;

/// The largest payload of a segment: what an IP packet can hold.
const MAX_PAYLOAD: u64 = 65_535;

/// How a pattern is written, for messages.
const HELP: &str = "write ACTOR KIND or ACTOR>PEER KIND, for example \"server FIN\" or \"client DATA 'b'\"";

impl Reader<'_> {
    /// A segment's description.
    pub(super) fn pattern(&mut self, actors: &Actors, node: &Node) -> Option<SegmentPattern> {
        let text = self.text(node, "a segment's description")?;
        let parsed = Words::split(text).and_then(|words| words.pattern(actors));
        let parsed = parsed.map_err(|wrong| Fault { span: self.part(node, wrong.span.clone()), ..wrong });
        self.accept(parsed)
    }
}

/// The three parts of a pattern with their places.
struct Words<'t> {
    text: &'t str,
    who: Span,
    kind: Span,
    payload: Option<Span>,
}

impl<'t> Words<'t> {
    fn split(text: &'t str) -> Result<Self, Fault> {
        let who = word(text, 0);
        let kind = word(text, who.end);
        let rest = text[kind.end..].trim();
        if kind.is_empty() {
            let fault = Fault::new(0..text.len(), "a segment is described by its sender and its kind");
            return Err(fault.label("expected a sender and a kind").help(HELP));
        }
        let begin = text.len() - text[kind.end..].trim_start().len();
        let payload = (!rest.is_empty()).then_some(begin..begin + rest.len());
        Ok(Self { text, who, kind, payload })
    }

    fn pattern(&self, actors: &Actors) -> Result<SegmentPattern, Fault> {
        let (from, to) = self.ends(actors)?;
        let kind = self.kind()?;
        let (payload, payload_bytes) = match &self.payload {
            None => (None, None),
            Some(span) => self.payload(kind, span)?,
        };
        Ok(SegmentPattern { from, to, kind, payload, payload_bytes })
    }

    fn ends(&self, actors: &Actors) -> Result<(ActorId, Option<ActorId>), Fault> {
        let who = &self.text[self.who.clone()];
        match who.split_once('>') {
            None => Ok((actor(actors, who, self.who.clone())?, None)),
            Some((from, to)) => {
                let middle = self.who.start + from.len();
                let from = actor(actors, from, self.who.start..middle)?;
                Ok((from, Some(actor(actors, to, middle + 1..self.who.end)?)))
            }
        }
    }

    fn kind(&self) -> Result<SegmentKind, Fault> {
        let word = &self.text[self.kind.clone()];
        let known = SegmentKind::ALL.map(SegmentKind::name);
        SegmentKind::ALL.into_iter().find(|kind| kind.name() == word).ok_or_else(|| {
            let fault = Fault::new(self.kind.clone(), format!("there is no kind of segment `{word}`"));
            fault.label("not a known kind").help(match word {
                "PSH,ACK" | "PSH" => "a segment with payload is DATA".to_owned(),
                "FIN,ACK" => "write FIN: it fits with or without ACK".to_owned(),
                "SYN-ACK" | "SYNACK" | "ACK,SYN" => "write SYN,ACK".to_owned(),
                _ => match nearest(word, known) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("known: {}", known.join(" ")),
                },
            })
        })
    }

    fn payload(&self, kind: SegmentKind, span: &Span) -> Result<(Option<Bytes>, Option<u64>), Fault> {
        let fault = |message: String| Fault::new(span.clone(), message);
        if !matches!(kind, SegmentKind::Data | SegmentKind::Fin) {
            let message = format!("a payload cannot be given for {}", kind.name());
            return Err(fault(message).label("only for DATA and FIN").help("a segment with payload is DATA"));
        }
        let text = &self.text[span.clone()];
        let wrong = || {
            let fault = fault(format!("`{text}` is not a payload")).label("expected 'text' or a number of bytes");
            fault.help(
                "for example \"client DATA 'b'\" or \"client DATA 1448 bytes\"; a quote inside is doubled: 'it''s'",
            )
        };
        if let Some(quoted) = text.strip_prefix('\'') {
            let bytes = unquote(quoted).filter(|text| !text.is_empty()).ok_or_else(wrong)?;
            return Ok((Some(Bytes(bytes.into_bytes())), None));
        }
        let number = text.strip_suffix("bytes").or_else(|| text.strip_suffix("byte")).map(str::trim_end);
        let number = number.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit())).ok_or_else(wrong)?;
        match number.parse() {
            Ok(bytes) if (1..=MAX_PAYLOAD).contains(&bytes) => Ok((None, Some(bytes))),
            _ => Err(fault(format!("no segment has a payload of {text}"))
                .label(format!("expected 1 to {MAX_PAYLOAD} bytes"))),
        }
    }
}

/// The next word from a place on.
fn word(text: &str, from: usize) -> Span {
    let begin = text.len() - text[from..].trim_start().len();
    let length = text[begin..].find(char::is_whitespace).unwrap_or(text.len() - begin);
    begin..begin + length
}

/// The text before the last quote, with doubled quotes undone; none if a quote stands alone or none is at the end.
fn unquote(quoted: &str) -> Option<String> {
    let inside = quoted.strip_suffix('\'')?;
    let alone = inside.replace("''", "");
    (!alone.contains('\'')).then(|| inside.replace("''", "'"))
}

fn actor(actors: &Actors, name: &str, span: Span) -> Result<ActorId, Fault> {
    actors.find(name).ok_or_else(|| {
        let fault = Fault::new(span, format!("there is no actor `{name}`")).label("not an actor");
        fault.help(suggest(name, actors.names()))
    })
}
