//! Making a scenario on which the model and the kernel disagree as small as it goes.

use tcpstory::lab::sandbox::Ground;
use tcpstory::record::{Action, Recording, Script};
use tcpstory::report::words;
use tcpstory::story::tell;

use crate::{disagreements, file, generate, perform};

/// The smallest scenario found that still disagrees, in words; where it does not disagree again, what was found first.
pub(crate) fn smallest(ground: Ground, seed: u64, first: &[String]) -> String {
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
    let again = format!("TCPSTORY_SEED={seed} TCPSTORY_RANDOM=1 cargo test --test differential");
    let (found, file) = match found {
        Some((found, recording)) => (found, file::write(&recording)),
        None => (format!("{}\n  it did not disagree again", first.join("\n  ")), None),
    };
    let or = file.map(|command| format!("\n     or: {command}")).unwrap_or_default();
    format!("seed {seed}:\n{}\n  {found}\n  again: {again}{or}", steps.join("\n"))
}

fn disagreement(ground: Ground, script: &Script) -> Option<(String, Recording)> {
    let story = tell(perform(ground, script).ok()?);
    let all = disagreements(&story);
    (!all.is_empty()).then(|| (all.join("\n  "), story.recording))
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
