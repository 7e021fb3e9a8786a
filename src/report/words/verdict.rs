use super::count;
use crate::record::End;
use crate::story::Story;

/// How a story is judged, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Everything is as expected.
    Good,
    /// Something is not.
    Bad,
    /// Nothing speaks against it, but somebody stopped the run before its end.
    Open,
}

impl Judged {
    /// The sign for it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Open => "·",
        }
    }
}

/// The verdict in a few words: `9 expectations`, `1 of 3 expectations failed, 4 not reached`.
pub fn verdict(story: &Story) -> (Judged, String) {
    let verdict = &story.verdict;
    let all = count(verdict.checks.len() as u64, "expectation");
    let failed = verdict.failed().count();
    let mut said = match failed {
        0 if verdict.passed() => return (Judged::Good, all),
        0 => format!("{all} met"),
        some => format!("{some} of {all} failed"),
    };
    match verdict.not_reached.len() {
        0 if failed == 0 && !verdict.run_complete => said.push_str(", but the run is not complete"),
        0 => {}
        open => said = format!("{said}, {open} not reached"),
    }
    if !verdict.capture_complete {
        said.push_str("; the capture is not complete");
    }
    let is_open = matches!(story.recording.end, End::Interrupted { .. }) && !story.failed();
    (if is_open { Judged::Open } else { Judged::Bad }, said)
}
