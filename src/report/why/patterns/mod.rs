//! What programs write into their logs: a row for each form of line.
//!
//! The first row that fits a line is its reading, so that what a program says of itself goes before the texts of the C
//! library. Expressions are matched in time linear in the line (the regex crate), and byte for byte: what they look for is ASCII,
//! and a line in another script is no slower.

mod browsers;
mod clients;
mod drivers;
mod languages;
mod programs;
mod services;
mod system;
mod tools;

use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

/// A form of log line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    /// Who writes such lines.
    pub(super) program: &'static str,
    /// The expression that finds it.
    pub(super) regex: &'static str,
    /// The call that failed; empty where the line does not say.
    pub(super) call: &'static str,
    /// The errno behind it; empty where there is none.
    pub(super) errno: &'static str,
    /// What the program means by it.
    pub(super) says: &'static str,
    /// The stories, the likeliest first; empty where errno and call say all.
    pub(super) stories: &'static [&'static str],
    /// A line as it is found in logs.
    pub(super) example: &'static str,
}

/// A row: program, expression, call and errno, what it means, stories, example.
const fn row(
    program: &'static str,
    regex: &'static str,
    (call, errno): (&'static str, &'static str),
    says: &'static str,
    stories: &'static [&'static str],
    example: &'static str,
) -> Pattern {
    Pattern { program, regex, call, errno, says, stories, example }
}

/// Every row, in the order in which they are tried.
pub(super) fn all() -> impl Iterator<Item = &'static Pattern> {
    let named = programs::PATTERNS.iter().chain(services::PATTERNS);
    let named =
        named.chain(drivers::PATTERNS).chain(browsers::PATTERNS).chain(tools::PATTERNS).chain(clients::PATTERNS);
    named.chain(languages::PATTERNS).chain(system::PATTERNS)
}

static SET: LazyLock<RegexSet> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the expressions are constants; a test compiles them")]
    RegexSetBuilder::new(all().map(|pattern| pattern.regex))
        .unicode(false)
        .build()
        .expect("the table's expressions are right")
});

/// The first row that fits.
pub(super) fn reading(line: &str) -> Option<&'static Pattern> {
    SET.matches(line.as_bytes()).iter().next().and_then(|place| all().nth(place))
}
