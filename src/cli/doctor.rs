//! `tcpstory doctor`

use std::fmt::Write as _;

use super::{Code, output};
use crate::lab::doctor::{self, Capability};

/// Prints every capability with yes or no and why.
pub(super) fn doctor() -> Code {
    let capabilities = doctor::examine();
    let width = capabilities.iter().map(|capability| capability.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for Capability { name, ok, why, advice } in &capabilities {
        let answer = if *ok { "yes" } else { "no " };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{answer}  {name:width$}  {why}");
        for help in advice {
            let _ = writeln!(text, "     {:width$}  help: {help}", "");
        }
    }
    let able = doctor::missing(&capabilities).is_none();
    output::result(text.as_bytes()).and(if able { Code::Success } else { Code::Machine })
}
