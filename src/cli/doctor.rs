//! `tcpstory doctor`

use std::fmt::Write as _;

use super::{Code, output};
use crate::lab::doctor::{self, Capability};

/// Prints every capability with yes or no and why.
pub(super) fn doctor() -> Code {
    let capabilities = doctor::examine();
    let width = capabilities.iter().map(|capability| capability.name.len()).max().unwrap_or_default();
    let able = doctor::missing(&capabilities).is_none();
    let mut text = String::new();
    // What a user wants to know first is whether scenarios run at all.
    let (verdict, details): (Vec<_>, Vec<_>) = capabilities.iter().partition(|one| one.name == doctor::LIVE_RUNS);
    for Capability { name, ok, why, advice } in verdict.iter().chain(&details).copied() {
        let answer = if *ok { "yes" } else { "no " };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{answer}  {name:width$}  {why}");
        // Where scenarios run, what is missing elsewhere needs no help.
        for help in advice.iter().filter(|_| !able || *ok) {
            let _ = writeln!(text, "     {:width$}  help: {help}", "");
        }
    }
    output::result(text.as_bytes()).and(if able { Code::Success } else { Code::Machine })
}
