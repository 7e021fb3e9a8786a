//! Making a scenario on which the model and the kernel disagree as small as it goes.

use tcpstory::lab::sandbox::Ground;
use tcpstory::record::{Action, Script};
use tcpstory::report::words;
use tcpstory::story::{Story, tell};

use crate::{disagreements, file, generate, perform};

/// The smallest scenario found that still disagrees, as a file and in words, beside what was recorded first: a race may never
/// disagree again.
pub(crate) fn smallest(ground: Ground, seed: u64, first: &Story) -> String {
    let mut script = generate::scenario(seed);
    let mut found = disagreement(ground, &script);
    let whole = found.is_some();
    // Taking away ever smaller runs of steps, as delta debugging does.
    let mut run = script.steps.len() / 2;
    while whole && run > 0 {
        let mut from = 0;
        while from + run <= script.steps.len() {
            let mut less = script.clone();
            less.steps.drain(from..from + run);
            match disagreement(ground, &less) {
                Some(still) => (script, found) = (less, Some(still)),
                None => from += run,
            }
        }
        run /= 2;
    }
    let steps: Vec<_> = script.steps.iter().map(|step| format!("    {}", action(&script, &step.action))).collect();
    let found = found.unwrap_or_else(|| {
        let steps = "it did not disagree again; what was recorded is kept";
        format!("{}\n  {steps}", disagreements(first).join("\n  "))
    });
    let ways = [
        Some(format!("TCPSTORY_SEED={seed} TCPSTORY_RANDOM=1 cargo test --test differential")),
        file::write(&script),
        file::keep(&first.recording),
    ];
    let ways: Vec<_> = ways.into_iter().flatten().collect();
    format!("seed {seed}:\n{}\n  {found}\n  again: {}", steps.join("\n"), ways.join("\n     or: "))
}

fn disagreement(ground: Ground, script: &Script) -> Option<String> {
    let all = disagreements(&tell(perform(ground, script).ok()?));
    (!all.is_empty()).then(|| all.join("\n  "))
}

fn action(script: &Script, action: &Action) -> String {
    match action {
        Action::Call { actor, socket, call, .. } => {
            format!("{}.{socket} {}", script.actors[actor.0].name, words::call(call, script))
        }
        Action::Kill { actor, signal } => format!("kill {} with {signal}", script.actors[actor.0].name),
        other => format!("{other:?}"),
    }
}
