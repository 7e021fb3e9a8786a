//! Many runs of one scenario: the distinct stories that they told.

use std::collections::BTreeMap;

use crate::record::End;
use crate::report::words::count;
use crate::story::Story;
use crate::story::digest::{Beside, Digest, digest};

/// The stories that repeated runs of one scenario have told.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stories: BTreeMap<Digest, Told>,
    pub(super) runs: u64,
    pub(super) failed: u64,
    pub(super) incomplete: u64,
    /// How long the longest run took, from the begin of its first step to the end of its last, in nanoseconds.
    pub(super) longest_ns: u64,
}

/// One distinct story.
#[derive(Debug)]
pub(super) struct Told {
    /// The story of the first run that told it.
    pub(super) first: Story,
    /// The place of that run.
    pub(super) run: u64,
    /// How many runs told it.
    pub(super) count: u64,
    /// The fewest and the most of what may differ.
    pub(super) least: Beside,
    pub(super) most: Beside,
}

impl Tally {
    /// Adds a run. Runs may be added in any order.
    ///
    /// A run fails where an expectation does, or [something else](Story::failed); under `strict` also where the model does not explain something.
    pub(super) fn add(&mut self, run: u64, story: Story, strict: bool) {
        self.runs += 1;
        self.longest_ns = self.longest_ns.max(story.recording.took_ns());
        let unexplained = strict && story.findings.iter().any(|finding| finding.kind.is_mismatch());
        self.failed += u64::from(unexplained || story.failed());
        self.incomplete += u64::from(!story.verdict.capture_complete || story.recording.end != End::Completed);
        let (digest, beside) = digest(&story);
        match self.stories.get_mut(&digest) {
            Some(told) => told.again(run, story, beside),
            None => {
                self.stories.insert(digest, Told { first: story, run, count: 1, least: beside, most: beside });
            }
        }
    }

    /// How many distinct stories there are.
    pub(super) fn stories(&self) -> u64 {
        self.stories.len() as u64
    }

    /// How many expectations a run is held against.
    pub(super) fn expectations(&self) -> u64 {
        self.stories.values().next().map_or(0, |told| told.first.verdict.checks.len() as u64)
    }

    /// What differed between runs without making another story of them.
    pub(super) fn beside(&self) -> String {
        let told = || self.stories.values();
        let least = told().map(|told| told.least).reduce(Beside::least).unwrap_or_default();
        let most = told().map(|told| told.most).reduce(Beside::most).unwrap_or_default();
        let range = |least: u64, most: u64, noun: &str| match (least, most) {
            (_, 0) => None,
            (least, most) if least == most => Some(count(most, noun)),
            (least, most) => Some(format!("{least} to {}", count(most, noun))),
        };
        let acks = range(least.pure_acks, most.pure_acks, "pure ACK");
        let again = range(least.retransmissions, most.retransmissions, "retransmission");
        let parts: Vec<_> = acks.into_iter().chain(again).collect();
        if parts.is_empty() { String::new() } else { format!("{} in each", parts.join(" and ")) }
    }

    /// The distinct stories, the most frequent first.
    pub(super) fn into_stories(self) -> Vec<(Digest, Told)> {
        let mut stories: Vec<_> = self.stories.into_iter().collect();
        stories.sort_by_key(|(_, told)| (std::cmp::Reverse(told.count), told.run));
        stories
    }
}

impl Told {
    fn again(&mut self, run: u64, story: Story, beside: Beside) {
        self.count += 1;
        self.least = self.least.least(beside);
        self.most = self.most.most(beside);
        if run < self.run {
            self.run = run;
            self.first = story;
        }
    }
}

/// The lines in which a story differs from the most frequent one: what it lacks and what it has instead.
pub(super) fn difference<'a>(usual: &'a Digest, other: &'a Digest) -> (Vec<&'a str>, Vec<&'a str>) {
    let only = |left: &'a Digest, right: &Digest| {
        left.lines.iter().filter(|line| !right.lines.contains(line)).map(String::as_str).collect()
    };
    (only(usual, other), only(other, usual))
}
