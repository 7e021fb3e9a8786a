//! The shipped scenarios that show something.

use std::sync::LazyLock;

use super::constants::Constant;
use crate::record::Script;
use crate::scenario::builtin;

/// How many lessons a page names.
const MOST: usize = 10;

/// Every shipped scenario with its name; read once.
static SHIPPED: LazyLock<Vec<(&'static str, Script)>> =
    LazyLock::new(|| builtin::all().filter_map(|one| one.parse().ok().map(|script| (one.name, script))).collect());

/// The scenarios that show something.
#[derive(Debug)]
pub(super) struct Showing {
    /// Name and title of those to begin with.
    pub(super) best: Vec<(String, String)>,
    /// How many more have such a tag.
    pub(super) more: usize,
}

/// The scenarios that show something: those named, as far as they are shipped, then others with such a tag.
pub(super) fn showing(named: &[&str], tags: &[&str]) -> Showing {
    let known = |name: &&str| SHIPPED.iter().find(|(known, _)| known == name);
    let is_tagged =
        |script: &Script| tags.iter().any(|tag| script.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)));
    let tagged = SHIPPED.iter().filter(|(name, script)| !named.contains(name) && is_tagged(script));
    let both: Vec<_> = named.iter().filter_map(known).chain(tagged).collect();
    let best = both.iter().take(MOST).map(|(name, script)| ((*name).to_owned(), script.title.clone())).collect();
    Showing { best, more: both.iter().skip(MOST).filter(|(_, script)| is_tagged(script)).count() }
}

/// The tag that is meant by a word: `keepalive` and `Keep Alive` are `keep-alive`.
pub(super) fn tag(word: &str) -> Option<&'static str> {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
    };
    let wanted = letters(word);
    let tags = SHIPPED.iter().flat_map(|(_, script)| script.tags.iter().map(String::as_str));
    tags.into_iter().find(|tag| !wanted.is_empty() && letters(tag) == wanted)
}

/// The scenarios in which a call is given that constant.
pub(super) fn using(constant: Constant) -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().filter(move |(_, script)| constant.is_used(script)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_found_by_name_first_then_by_tag() {
        let Showing { best: found, more } = showing(&["sigpipe-kills", "no-such-lesson"], &["epipe"]);
        assert!(more > 10);
        assert_eq!(found[0].0, "sigpipe-kills");
        assert!(found.iter().any(|(name, _)| name == "broken-pipe"));
        assert_eq!(found.iter().filter(|(name, _)| name == "sigpipe-kills").count(), 1);
        assert!(found.iter().all(|(_, title)| !title.is_empty()));
    }
}
