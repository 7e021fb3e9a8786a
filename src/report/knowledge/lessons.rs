//! The shipped scenarios that show something.

use crate::record::Script;
use crate::scenario::builtin;

/// How many lessons a page names.
const MOST: usize = 8;

/// Name and title of the scenarios that show something: those named, as far as they are shipped, then others with such a tag.
pub(super) fn showing(named: &[&str], tags: &[&str]) -> Vec<(String, String)> {
    let scripts: Vec<(&str, Script)> =
        builtin::all().filter_map(|one| one.parse().ok().map(|script| (one.name, script))).collect();
    let known = |name: &&str| scripts.iter().find(|(known, _)| known == name);
    let is_tagged =
        |script: &Script| tags.iter().any(|tag| script.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)));
    let tagged = scripts.iter().filter(|(name, script)| !named.contains(name) && is_tagged(script));
    let both = named.iter().filter_map(known).chain(tagged);
    both.take(MOST).map(|(name, script)| ((*name).to_owned(), script.title.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lessons_are_found_by_name_first_then_by_tag() {
        let found = showing(&["sigpipe-kills", "no-such-lesson"], &["epipe"]);
        assert_eq!(found[0].0, "sigpipe-kills");
        assert!(found.iter().any(|(name, _)| name == "broken-pipe"));
        assert_eq!(found.iter().filter(|(name, _)| name == "sigpipe-kills").count(), 1);
        assert!(found.iter().all(|(_, title)| !title.is_empty()));
    }
}
