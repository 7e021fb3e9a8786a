//! Entries of the systemd journal, as text.

use std::io::{self, Write};

use super::super::invalid;
use super::super::text::one_line_within;

/// The field with the time that Wireshark shows. It takes the first place in the entry where this name and `=` stand, also inside a
/// value: so the field comes first, and no value may hold them.
const SHOWN: &str = "__REALTIME_TIMESTAMP";

/// The field with the time at which it happened (`systemd.journal-fields`).
const HAPPENED: &str = "_SOURCE_REALTIME_TIMESTAMP";

/// What may not stand in a value, and what stands there instead.
const SHOWN_BEGINS: &str = "__REALTIME_TIMESTAMP=";
const SHOWN_ESCAPED: &str = r"__REALTIME_TIMESTAMP\u{3d}";

/// The longest value, in bytes.
const MAX_VALUE: usize = u16::MAX as usize;

/// An entry in the Journal Export Format: `NAME=value` lines. No value can begin a line: each is one line.
///
/// Every entry has the time at which it happened, also because Wireshark takes a file with one of under 23 bytes for damaged.
///
/// # Errors
/// `InvalidInput` for a name that the journal does not allow.
pub(super) fn entry(unix_ns: u64, shown_us: Option<u64>, fields: &[(String, String)]) -> io::Result<Vec<u8>> {
    let mut entry = Vec::new();
    if let Some(time) = shown_us {
        writeln!(entry, "{SHOWN}={time}")?;
    }
    writeln!(entry, "{HAPPENED}={}", unix_ns / 1000)?;
    for (name, value) in fields {
        if !is_name(name) || name == SHOWN || name == HAPPENED {
            return Err(invalid(format!("not a name of a journal field: {name:?}")));
        }
        let value = value.replace(SHOWN_BEGINS, SHOWN_ESCAPED);
        writeln!(entry, "{name}={}", one_line_within(&value, MAX_VALUE))?;
    }
    Ok(entry)
}

/// As `journal_field_valid` of systemd has it, but for the length that it allows.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 64 && name.chars().all(allowed) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// The microsecond of a row, between the time already shown (in nanoseconds) and that of the next packet; none if there is no
/// whole microsecond between the two.
pub(super) fn microsecond(unix_ns: u64, shown_ns: u64, next_packet_ns: Option<u64>) -> Option<u64> {
    let earliest = shown_ns.div_ceil(1000);
    let latest = next_packet_ns.map_or(u64::MAX / 1000, |next| next / 1000);
    (earliest <= latest).then(|| (unix_ns / 1000).clamp(earliest, latest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn an_entry_is_lines_with_the_time_first() {
        let fields = fields(&[("MESSAGE", "[c4] write(\"c\") = EPIPE"), ("ERRNO", "32")]);
        let times = "__REALTIME_TIMESTAMP=1700000000000002\n_SOURCE_REALTIME_TIMESTAMP=1700000000000001\n";
        let expected = format!("{times}MESSAGE=[c4] write(\"c\") = EPIPE\nERRNO=32\n");
        let entry = entry(1_700_000_000_000_001_999, Some(1_700_000_000_000_002), &fields).unwrap();
        assert_eq!(entry, expected.as_bytes());
    }

    #[test]
    fn a_value_cannot_set_the_time() {
        let entry = entry(5_000, None, &fields(&[("MESSAGE", "x__REALTIME_TIMESTAMP=7")])).unwrap();
        let expected = b"_SOURCE_REALTIME_TIMESTAMP=5\nMESSAGE=x__REALTIME_TIMESTAMP\\u{3d}7\n";
        assert_eq!(entry, expected);
    }

    #[test]
    fn a_name_is_a_name() {
        for name in ["", "MESSAGE=x\nERRNO", "message", "1ST", "A B", "É", SHOWN, HAPPENED, &"X".repeat(65)] {
            assert_eq!(entry(0, None, &fields(&[(name, "")])).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        assert!(entry(0, None, &fields(&[("_PID", "1"), ("CODE_FUNC", "write"), ("X1", "")])).is_ok());
    }

    #[test]
    fn a_row_keeps_its_microsecond_where_it_fits() {
        assert_eq!(microsecond(5_700, 4_000, Some(9_000)), Some(5));
        assert_eq!(microsecond(5_700, 5_200, Some(9_000)), Some(6), "after the packet of the same microsecond");
        assert_eq!(microsecond(9_500, 5_000, Some(9_100)), Some(9));
        assert_eq!(microsecond(9_500, 5_000, Some(8_100)), Some(8), "before the next packet, where order says so");
        assert_eq!(microsecond(5_500, 5_200, Some(5_900)), None);
        assert_eq!(microsecond(5_500, 5_200, None), Some(6));
    }

    proptest! {
        #[test]
        fn no_value_makes_a_field(values in prop::collection::vec(any::<String>(), 1..5)) {
            let fields: Vec<_> = values.into_iter().map(|value| ("MESSAGE".to_owned(), value)).collect();
            let entry = String::from_utf8(entry(7_000, Some(8), &fields).unwrap()).unwrap();
            prop_assert_eq!(entry.lines().count(), 2 + fields.len());
            prop_assert!(entry.starts_with("__REALTIME_TIMESTAMP=8\n_SOURCE_REALTIME_TIMESTAMP=7\n"));
            prop_assert!(entry.lines().skip(2).all(|line| line.starts_with("MESSAGE=")));
            prop_assert!(entry.ends_with('\n'));
        }
    }
}
