use crate::record::{Bytes, Data};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Value};

use super::reader::Reader;
use super::{MAX_DATA, MAX_DURATION_NS, MAX_EXPECTED_DATA, MAX_EXPECTED_IN_ALL};

/// Units of a duration and what they are in nanoseconds; the longest names first, because `s` ends `ms`.
pub(in crate::scenario) const UNITS: [(&str, u64); 4] =
    [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

impl Reader<'_> {
    /// A duration such as `"100ms"`, in nanoseconds.
    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<u64> {
        let Some(text) = node.text() else {
            let message = format!("{what} is a duration, not {}", node.kind());
            let fault = Fault::new(node.span.clone(), message).label("expected a text such as \"100ms\"");
            self.report(fault.help(DURATION_HELP));
            return None;
        };
        self.duration_of(node, text, what)
    }

    /// A duration that is a part of a text.
    pub(super) fn duration_of(&mut self, node: &Node, text: &str, what: &str) -> Option<u64> {
        match duration(text) {
            Some(ns) if ns <= MAX_DURATION_NS => Some(ns),
            Some(_) => {
                self.report(Fault::new(self.inside(node), format!("{what} is longer than an hour")).label("too long"));
                None
            }
            None => {
                let message = format!("`{text}` is not a duration");
                self.report(
                    Fault::new(self.inside(node), message).label("expected a number and a unit").help(DURATION_HELP),
                );
                None
            }
        }
    }

    /// Bytes to write: text, `{ hex = "0d0a" }` or `{ repeat = "x", size = 1000 }`.
    pub(super) fn data(&mut self, node: &Node, what: &str) -> Option<Data> {
        match &node.value {
            Value::Text(text) => Some(Data::Text(text.clone())),
            Value::Table(entries) => self.data_table(node, entries, what),
            _ => {
                let message = format!("{what} is data, not {}", node.kind());
                self.report(Fault::new(node.span.clone(), message).label("expected data").help(DATA_HELP));
                None
            }
        }
    }

    fn data_table(&mut self, node: &Node, entries: &[Entry], what: &str) -> Option<Data> {
        self.only(entries, &["hex", "repeat", "size"], what);
        match (node.get("hex"), node.get("repeat"), node.get("size")) {
            (Some(hex), None, None) => self.hex(&hex.node).map(Data::Hex),
            (None, Some(pattern), Some(size)) => self.repeat(&pattern.node, &size.node),
            _ => {
                let message = format!("{what} is neither `hex` nor `repeat` with `size`");
                self.report(Fault::new(node.span.clone(), message).label("expected data").help(DATA_HELP));
                None
            }
        }
    }

    fn repeat(&mut self, pattern: &Node, size: &Node) -> Option<Data> {
        let text = self.text(pattern, "`repeat`")?;
        if text.is_empty() {
            let fault = Fault::new(pattern.span.clone(), "`repeat` is empty").label("expected at least one character");
            self.report(fault);
            return None;
        }
        let size = self.size(size, "`size`")?;
        Some(Data::Repeat { pattern: text.as_bytes().into(), size })
    }

    fn hex(&mut self, node: &Node) -> Option<Bytes> {
        let text = self.text(node, "`hex`")?;
        let bytes = hex(text);
        if bytes.is_none() {
            let fault = Fault::new(self.inside(node), "`hex` is not a row of bytes in hexadecimal");
            self.report(fault.label("expected two digits for each byte").help("for example hex = \"0d 0a\""));
        }
        bytes.map(Bytes)
    }

    /// A size in bytes.
    pub(super) fn size(&mut self, node: &Node, what: &str) -> Option<u64> {
        self.integer(node, what, 0..=MAX_DATA.cast_signed())
    }

    /// Bytes that a read is expected to return.
    pub(super) fn expected_data(&mut self, node: &Node) -> Option<Bytes> {
        let data = self.data(node, "`returns`")?;
        let (message, label) = if data.size() > MAX_EXPECTED_DATA {
            let message = format!("`returns` spells out more than {MAX_EXPECTED_DATA} bytes");
            (message, "a recording does not keep so much of one read")
        } else if self.count_expected(data.size()) > MAX_EXPECTED_IN_ALL {
            let message = format!("all `returns` together spell out more than {MAX_EXPECTED_IN_ALL} bytes");
            (message, "too much to compare")
        } else {
            return Some(Bytes(data.bytes()));
        };
        let fault = Fault::new(node.span.clone(), message).label(label);
        self.report(fault.help(format!("expect their number instead: returns = {}", data.size())));
        None
    }
}

const DURATION_HELP: &str = "write a whole number and its unit: \"100ms\", \"2s\", \"500us\"";

const DATA_HELP: &str = "data is \"text\", { hex = \"0d0a\" } or { repeat = \"x\", size = 1000 }";

/// Nanoseconds of a whole number and a unit.
fn duration(text: &str) -> Option<u64> {
    let (digits, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // Too many digits for u64 is far beyond the bound that the caller holds it against.
    match digits.parse::<u64>() {
        Ok(number) => Some(number.saturating_mul(*unit)),
        Err(_) if digits.is_empty() => None,
        Err(_) => Some(u64::MAX),
    }
}

/// The bytes of pairs of hexadecimal digits; spaces may stand between the pairs.
fn hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for run in text.split_ascii_whitespace() {
        let digits: Vec<u8> =
            run.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
        let pairs = digits.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return None;
        }
        bytes.extend(pairs.map(|pair| pair[0] << 4 | pair[1]));
    }
    Some(bytes)
}
