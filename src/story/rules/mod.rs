//! The table of everything that a story may claim, by subject.
//!
//! A rule is stated once, here. The model names rules in its predictions, the links name them in causes, `report::words`
//! fills their sentences with the ids of a story, and `tcpstory explain` is made from them.
//!
//! Each attribution was looked up: the RFC's text, the kernel's source. An RFC section is never the source of an errno, for no
//! RFC knows one.
//!
#![doc = include_str!("RULES.md")]

mod connect;
mod document;
mod ending;
mod epoll;
mod giving_up;
mod listen;
mod local;
mod poll;
mod read;
mod socket;
mod stray;
mod urgent;
mod waiting;
mod write;

pub use document::document;

use crate::record::Errno;

/// A statement about what a Linux TCP socket lets its user see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A stable name, in words.
    pub id: &'static str,
    /// The rule in one sentence.
    pub statement: &'static str,
    /// The sentence about one case; where it is empty, the statement says all. `{of}` is the explained event; `{state}`,
    /// `{errno}`, `{signal}` and `{bytes}` come from the [`Fact`](super::Fact); any other name in braces is one of its roles,
    /// filled with that event's short id.
    pub sentence: &'static str,
    /// Whether a reader should be told unasked: it explains an error, an end of file, a death or a surprise.
    pub notable: bool,
    /// The calls whose outcome or effect it explains, by their names in C.
    pub calls: &'static [&'static str],
    /// The errno that it gives, where it always gives the same.
    pub errno: Option<Errno>,
    /// What a capture shows of it, and by what it is told from its neighbours; empty where the statement says it.
    pub wire: &'static str,
    /// What the RFC says, with its section; empty where no RFC speaks about it.
    pub rfc: &'static str,
    /// What Linux does, with the function; empty where it only follows the RFC.
    pub linux: &'static str,
    /// Whether Linux does otherwise than the RFC says.
    pub differs: bool,
    /// Since which kernel it holds, where it was once otherwise; empty where no change is known.
    pub since: &'static str,
    /// What people often say instead, where it is wrong.
    pub misconception: &'static str,
    /// The shipped scenarios that show it, the best first.
    pub lessons: &'static [&'static str],
    /// Why no shipped scenario shows it; empty where one does.
    pub unshown: &'static str,
}

/// Why no lesson is named for a rule that says that a call waits.
const ONLY_WAITS: &str = "It says only that a call waits; a story tells what ended the wait.";

/// A rule with nothing said yet: the base of every row.
const PLAIN: Rule = Rule {
    id: "",
    statement: "",
    sentence: "",
    notable: false,
    calls: &[],
    errno: None,
    wire: "",
    rfc: "",
    linux: "",
    differs: false,
    since: "",
    misconception: "",
    lessons: &[],
    unshown: "",
};

/// The rules by subject.
const SUBJECTS: &[(&str, &[Rule])] = &[
    ("Descriptors, options and the pending error", socket::RULES),
    ("Connecting", connect::RULES),
    ("Listening and accepting", listen::RULES),
    ("Reading", read::RULES),
    ("Writing, and SIGPIPE", write::RULES),
    ("Urgent data", urgent::RULES),
    ("Polling", poll::RULES),
    ("Epoll", epoll::RULES),
    ("Closing, shutting down and ending", ending::RULES),
    ("Segments that find no taker", stray::RULES),
    ("Segments that wait", waiting::RULES),
    ("When the kernel gives up", giving_up::RULES),
    ("Pairs of AF_UNIX sockets, and pipes", local::RULES),
];

/// The rules by subject, each with its heading.
pub fn subjects() -> impl Iterator<Item = (&'static str, &'static [Rule])> {
    SUBJECTS.iter().copied()
}

/// Every rule.
pub const RULES: &[Rule] = &joined::<{ total() }>();

const fn total() -> usize {
    let (mut sum, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        sum += SUBJECTS[subject].1.len();
        subject += 1;
    }
    sum
}

const fn joined<const N: usize>() -> [Rule; N] {
    let mut all = [PLAIN; N];
    let (mut place, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut row = 0;
        while row < SUBJECTS[subject].1.len() {
            all[place] = SUBJECTS[subject].1[row];
            (place, row) = (place + 1, row + 1);
        }
        subject += 1;
    }
    all
}

/// The rule with that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests;
