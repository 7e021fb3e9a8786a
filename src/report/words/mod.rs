//! Sentences in one place: how calls, outcomes, segments, causes, findings and expectations are said.
//!
//! Everything here is one line of text without control characters, whatever the payload and the names contain. The signs
//! `→ ← ↖ … ✓ ✗` are tcpstory's own; [`ascii`] replaces them.

mod brief;
mod call;
mod check;
mod escape;
mod facts;
mod prose;
mod question;
mod rich;
mod segment;
mod verdict;
mod why;

pub use brief::brief;
pub use call::{call, call_and_result, outcome, signal_suffix, syscall_outcome};
pub use check::{CheckSaid, action, check, exit_status, not_reached, pattern};
#[cfg(test)]
pub(in crate::report) use escape::is_hostile;
pub use escape::{ascii, escape, payload};
pub use facts::facts;
pub use prose::{plain, plain_spans, wrap};
pub use question::{answer, answered, asked, call_of, choice, letter, open_questions};
pub use rich::{RichBlock, Span, Style, rich, spans};
pub(super) use segment::end_name;
pub use segment::{flight, segment, segment_forms, way};
pub use verdict::{Judged, verdict};
pub use why::{alias, aliases, cause, finding, origin, predicted};

/// How many bytes of a payload are shown before it is cut.
pub const PREVIEW_BYTES: usize = 24;

/// `1 byte`, `2 bytes`: a count with its noun, which forms its plural with an s.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A time in which nothing happened: `50.2 ms`, or `12 s between two steps`, in which nobody waited for the protocol.
pub fn wait(ns: u64, between_steps: bool) -> String {
    let where_ = if between_steps { " between two steps" } else { "" };
    format!("{}{where_}", duration(ns))
}

/// A length of time with three digits and the unit that suits it: `850 ns`, `12.3 µs`, `50.2 ms`, `1.50 s`.
pub fn duration(ns: u64) -> String {
    let (unit, size) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let whole = ns / size;
    let decimals = match whole {
        _ if ns.is_multiple_of(size) => 0,
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u64.pow(decimals);
    let fraction = (ns % size) / (size / scale);
    if decimals == 0 {
        format!("{whole} {unit}")
    } else {
        format!("{whole}.{fraction:0width$} {unit}", width = decimals as usize)
    }
}

/// The beginning of a payload in quotes, with `…` and the size of the whole where it is cut.
pub fn quote(bytes: &[u8]) -> String {
    if bytes.len() <= PREVIEW_BYTES {
        return format!("\"{}\"", payload(bytes));
    }
    format!("{} {}", quote_start(bytes), count(bytes.len() as u64, "byte"))
}

/// The beginning of a payload, without quotes, with `…` where it is cut.
pub fn preview(bytes: &[u8]) -> String {
    let cut = if bytes.len() > PREVIEW_BYTES { "…" } else { "" };
    format!("{}{cut}", payload(start(bytes)))
}

/// A payload in quotes as far as a page has room for it, with `…` and the size of the whole where it is cut. What repeats is said
/// once: `"x" again and again, 1448 bytes`.
pub fn quote_long(bytes: &[u8]) -> String {
    const MOST_BYTES: usize = 320;
    let size = count(bytes.len() as u64, "byte");
    match (repeated(bytes), bytes.get(MOST_BYTES..)) {
        (Some(pattern), _) => format!("\"{}\" again and again, {size}", payload(pattern)),
        (None, Some([_, ..])) => format!("\"{}\"… {size}", payload(&bytes[..MOST_BYTES])),
        (None, _) => format!("\"{}\"", payload(bytes)),
    }
}

/// The pattern that a payload is made of, where it is short and comes at least four times; its last time may be cut.
fn repeated(bytes: &[u8]) -> Option<&[u8]> {
    const LONGEST: usize = 32;
    let repeats = |size: &usize| bytes.iter().zip(&bytes[*size..]).all(|(before, byte)| before == byte);
    let size = (1..=LONGEST.min(bytes.len() / 4)).find(repeats)?;
    Some(&bytes[..size])
}

/// The beginning of a payload in quotes, with `…` where it is cut.
pub fn quote_start(bytes: &[u8]) -> String {
    if bytes.len() <= PREVIEW_BYTES {
        return format!("\"{}\"", payload(bytes));
    }
    format!("\"{}\"…", payload(start(bytes)))
}

/// The first bytes of a payload, not cutting a UTF-8 character in two.
fn start(bytes: &[u8]) -> &[u8] {
    let is_continuation = |byte: &u8| byte & 0xc0 == 0x80;
    let mut end = PREVIEW_BYTES.min(bytes.len());
    let least = end.saturating_sub(3);
    while end > least && bytes.get(end).is_some_and(is_continuation) {
        end -= 1;
    }
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_plurals() {
        assert_eq!(count(1, "segment"), "1 segment");
        assert_eq!(count(0, "segment"), "0 segments");
    }

    #[test]
    fn durations_have_three_digits() {
        let said: Vec<_> = [7, 12_340, 50_234_000, 200_000_000, 1_500_000_000].into_iter().map(duration).collect();
        assert_eq!(said, ["7 ns", "12.3 µs", "50.2 ms", "200 ms", "1.50 s"]);
    }

    #[test]
    fn long_payload_is_cut_between_characters() {
        assert_eq!(quote(b"abc"), "\"abc\"");
        assert_eq!(quote_long(&[b'x'; 1448]), "\"x\" again and again, 1448 bytes");
        assert_eq!(quote_long("hello ".repeat(9).as_bytes()), "\"hello \" again and again, 54 bytes");
        assert_eq!(quote_long(&"hello ".repeat(9).as_bytes()[..50]), "\"hello \" again and again, 50 bytes");
        assert_eq!(quote_long(b"aaaaaaaaaaab"), "\"aaaaaaaaaaab\"");
        let long: Vec<u8> = (0..=255).chain(0..=255).collect();
        assert!(quote_long(&long).ends_with("… 512 bytes"));
        assert_eq!(quote_long(b""), "\"\"");
        let long = "x".repeat(23) + "äää";
        assert_eq!(quote(long.as_bytes()), format!("\"{}\"… 29 bytes", "x".repeat(23)));
    }

    #[test]
    fn lists_end_with_and() {
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!(list(&names), "a, b and c");
        assert_eq!(list(&names[..1]), "a");
    }
}
