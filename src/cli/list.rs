//! `tcpstory list`

use std::fmt::Write as _;

use super::args::ListArgs;
use super::{Code, output};
use crate::scenario::builtin;

/// Prints the built-in scenarios with their titles and tags.
pub(super) fn list(args: &ListArgs) -> Code {
    let mut rows = Vec::new();
    for one in builtin::all() {
        let Ok(script) = one.parse() else { continue };
        if args.tag.as_ref().is_none_or(|tag| script.tags.iter().any(|known| known.eq_ignore_ascii_case(tag))) {
            rows.push((one.name, script.title, script.tags));
        }
    }
    if rows.is_empty() {
        output::error("no built-in scenario has that tag\n  help: `tcpstory list` shows every scenario with its tags");
        return Code::Usage;
    }
    let name = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let title = rows.iter().map(|(_, title, _)| title.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (one, called, tags) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{one:name$}  {called:title$}  {}", tags.join(" "));
    }
    output::result(text.as_bytes())
}
