//! `tcpstory check`

use std::fmt::Write as _;

use super::args::CheckArgs;
use super::{Code, lessons, output};
use crate::report::words::{count, escape};

/// Parses scenarios and says what is wrong with them.
pub(super) fn check(args: &CheckArgs) -> Code {
    let mut code = Code::Success;
    let mut lines = String::new();
    for name in &args.scenarios {
        let found = lessons::find(name).unwrap_or_else(|message| {
            output::error(&message);
            code = Code::Usage;
            Vec::new()
        });
        for one in found {
            match one.parse(None) {
                Ok(script) => {
                    let steps = count(script.steps.len() as u64, "step");
                    let actors = count(script.actors.len() as u64, "actor");
                    // Writing to a string cannot fail.
                    let _ = writeln!(lines, "{}: {steps}, {actors}", escape(&one.name()));
                }
                Err(problem) => {
                    code = Code::Usage;
                    problem.print();
                }
            }
        }
    }
    code.and(output::result(lines.as_bytes()))
}
