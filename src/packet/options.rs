//! The options of a TCP header (RFC 9293, section 3.1).

use core::ops::Range;

use pnet::packet::tcp::{TcpOptionNumber, TcpOptionNumbers as Kind};

use crate::record::TcpOptions;

/// The room for options in a TCP header, in bytes: 15 words less the first five.
const MAX_LEN: usize = 40;

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
            (Kind::SACK, edges) if edges.len().is_multiple_of(8) => options.sack = word_pairs(edges),
            (Kind::TIMESTAMPS, pair) if pair.len() == 8 => options.timestamps = word_pairs(pair).pop(),
            _ => {}
        }
    }
    options
}

/// The words of the bytes, two by two.
pub(super) fn word_pairs(bytes: &[u8]) -> Vec<(u32, u32)> {
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
    bytes.chunks_exact(8).map(|pair| (word(&pair[..4]), word(&pair[4..]))).collect()
}

/// Pairs of words as bytes.
pub(super) fn pair_bytes(pairs: &[(u32, u32)]) -> Vec<u8> {
    pairs.iter().flat_map(|&(first, second)| [first.to_be_bytes(), second.to_be_bytes()]).flatten().collect()
}

/// The options as Linux lays them out (`tcp_options_write`): whole words, padded by NOPs in front. SACK blocks that do not fit
/// into the header's 40 bytes are left out.
pub(super) fn encode(options: &TcpOptions) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAX_LEN);
    if let Some(mss) = options.mss {
        bytes.extend([Kind::MSS.0, 4]);
        bytes.extend(mss.to_be_bytes());
    }
    encode_timestamps(options, &mut bytes);
    if let Some(shift) = options.window_scale {
        bytes.extend([Kind::NOP.0, Kind::WSCALE.0, 3, shift]);
    }
    let blocks = options.sack.len().min((MAX_LEN - bytes.len()).saturating_sub(4) / 8);
    let value = pair_bytes(&options.sack[..blocks]);
    if let (1.., Ok(len)) = (blocks, u8::try_from(value.len() + 2)) {
        bytes.extend([Kind::NOP.0, Kind::NOP.0, Kind::SACK.0, len]);
        bytes.extend(value);
    }
    bytes
}

/// "SACK permitted" and the timestamps share a word where both are present.
fn encode_timestamps(options: &TcpOptions, bytes: &mut Vec<u8>) {
    let permitted = [Kind::SACK_PERMITTED.0, 2];
    let padding = [Kind::NOP.0; 2];
    match options.timestamps {
        Some(pair) => {
            bytes.extend(if options.sack_permitted { permitted } else { padding });
            bytes.extend([Kind::TIMESTAMPS.0, 10]);
            bytes.extend(pair_bytes(&[pair]));
        }
        None if options.sack_permitted => bytes.extend([padding, permitted].concat()),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wrong_length_hides_one_option_and_an_impossible_one_the_rest() {
        let wrong = [2, 3, 5, 3, 3, 7, 0];
        assert_eq!(parse(&wrong), TcpOptions { window_scale: Some(7), ..TcpOptions::default() });
        for impossible in [0, 1, 9] {
            assert_eq!(parse(&[4, 2, 3, impossible, 7, 2, 4, 5, 180]).mss, None);
        }
    }

    #[test]
    fn nothing_follows_the_end_of_options() {
        assert_eq!(parse(&[1, 0, 3, 3, 7]), TcpOptions::default());
    }

    #[test]
    fn sack_blocks_that_do_not_fit_are_left_out() {
        let options = TcpOptions { sack: vec![(1, 2); 9], timestamps: Some((1, 1)), ..TcpOptions::default() };
        let bytes = encode(&options);
        assert_eq!((bytes.len(), parse(&bytes).sack.len()), (40, 3));
    }

    proptest! {
        #[test]
        fn every_value_lies_within_the_header(bytes in prop::collection::vec(0..12_u8, 0..40)) {
            parse(&bytes);
            prop_assert!(split(&bytes).iter().all(|option| option.value.end <= bytes.len()));
        }
    }
}
