//! The options of a TCP header (RFC 9293, section 3.1).

use core::ops::Range;

use pnet::packet::tcp::{TcpOptionNumber, TcpOptionNumbers as Kind};

use crate::record::TcpOptions;

/// One option that fits into its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawOption {
    /// Its kind.
    pub(super) kind: TcpOptionNumber,
    /// Where its value is, in the option bytes.
    pub(super) value: Range<usize>,
}

/// The options up to the end-of-options mark. What follows an option with an impossible length cannot be read; Linux
/// (`tcp_parse_options`) ignores it too.
pub(super) fn split(bytes: &[u8]) -> Vec<RawOption> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&kind) = bytes.get(at) {
        let kind = TcpOptionNumber(kind);
        match kind {
            Kind::EOL => break,
            Kind::NOP => at += 1,
            _ => {
                let Some(value) = value_range(bytes, at) else { break };
                at = value.end;
                found.push(RawOption { kind, value });
            }
        }
    }
    found
}

/// The value of the option that begins there, if its length octet is possible.
fn value_range(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let len = usize::from(*bytes.get(at + 1)?);
    (len >= 2 && at + len <= bytes.len()).then(|| at + 2..at + len)
}

/// The options that tcpstory knows. One with a wrong length is ignored; of one that is repeated the last counts.
pub(super) fn parse(bytes: &[u8]) -> TcpOptions {
    let mut options = TcpOptions::default();
    for RawOption { kind, value } in split(bytes) {
        match (kind, &bytes[value]) {
            (Kind::MSS, &[high, low]) => options.mss = Some(u16::from_be_bytes([high, low])),
            (Kind::WSCALE, &[shift]) => options.window_scale = Some(shift),
            (Kind::SACK_PERMITTED, []) => options.sack_permitted = true,
            (Kind::SACK, edges) if edges.len() % 8 == 0 => {
                options.sack = edges.chunks_exact(8).map(word_pair).collect()
            }
            (Kind::TIMESTAMPS, pair) if pair.len() == 8 => options.timestamps = Some(word_pair(pair)),
            _ => {}
        }
    }
    options
}

/// Eight bytes as two words.
pub(super) fn word_pair(bytes: &[u8]) -> (u32, u32) {
    let word = |range: Range<usize>| bytes[range].iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    (word(0..4), word(4..8))
}
