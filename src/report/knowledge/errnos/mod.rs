//! What is known of each errno besides what the rules say.

mod broken;
mod connecting;
mod waiting;

/// An errno.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: &'static str,
    /// What it means: paragraphs.
    pub(super) meaning: &'static [&'static str],
    /// Rules that stand first among the ways, in this order; where there are none, all do.
    pub(super) first: &'static [&'static str],
    /// Rules in whose wake it comes although another call tells of them.
    pub(super) also: &'static [&'static str],
    /// Ways that no rule of the model covers.
    pub(super) ways: &'static [Way],
    /// Rules about what made the other end, or this one, send the segment behind it.
    pub(super) behind: &'static [&'static str],
    /// What a capture shows, and which way that was.
    pub(super) signs: &'static [(&'static str, &'static str)],
    /// What comes next, where the model has no answer.
    pub(super) next: &'static str,
    /// Whether SIGPIPE comes with it.
    pub(super) sigpipe: &'static str,
    /// What a program should do, and when that is right.
    pub(super) deeds: &'static [(&'static str, &'static str)],
    /// Other kernels: what is known, and from where.
    pub(super) elsewhere: &'static [&'static str],
    /// What people say, and what is so.
    pub(super) misconceptions: &'static [&'static str],
    /// Scenarios that show it, the best first; others with its name as a tag follow.
    pub(super) lessons: &'static [&'static str],
}

/// A way in which an errno arises that no rule of the model covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// What happened, in a few words.
    pub(super) name: &'static str,
    /// What happened, in a sentence.
    pub(super) text: &'static str,
    /// What the wire shows.
    pub(super) wire: &'static str,
    /// How that is known.
    pub(super) basis: Basis,
}

/// How something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// Measured on Linux 6.18: the experiments' names.
    Measured(&'static [&'static str]),
    /// Read in the kernel's source, the function named; not measured.
    Source(&'static str),
    /// Documented there; not measured.
    Manual(&'static str),
}

/// Nothing known yet: the base of every row.
const PLAIN: Known = Known {
    name: "",
    meaning: &[],
    first: &[],
    also: &[],
    ways: &[],
    behind: &[],
    signs: &[],
    next: "",
    sigpipe: "It does not raise SIGPIPE: only EPIPE does.",
    deeds: &[],
    elsewhere: &[],
    misconceptions: &[],
    lessons: &[],
};

/// Every errno with a page, those that people search for first.
pub(super) fn all() -> impl Iterator<Item = &'static Known> {
    broken::ERRNOS.iter().chain(connecting::ERRNOS).chain(waiting::ERRNOS)
}
