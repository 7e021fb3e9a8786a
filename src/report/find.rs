//! Events by the names that people type.

use crate::story::{EventId, Story, Told};

/// The most names to suggest.
const MOST_NEAR: usize = 5;

/// The event with that short or full id; where there is none, the ids that were probably meant, the nearest first.
///
/// Upper and lower case are the same where only one event can be meant.
///
/// # Errors
///
/// The nearest short ids, at most five.
pub fn find<'a>(story: &'a Story, name: &str) -> Result<EventId, Vec<&'a str>> {
    let place = |is: &dyn Fn(&str) -> bool| story.entries.iter().position(|entry| is(&entry.alias) || is(&entry.id));
    place(&|id| id == name)
        .or_else(|| place(&|id| id.eq_ignore_ascii_case(name)))
        .map(EventId)
        .ok_or_else(|| near(story, name))
}

fn near<'a>(story: &'a Story, name: &str) -> Vec<&'a str> {
    let name: String = name.chars().take(80).collect::<String>().to_lowercase();
    let distance = |id: &str| strsim::damerau_levenshtein(&name, &id.to_lowercase());
    let of = |entry: &'a crate::story::Entry| (distance(&entry.alias).min(distance(&entry.id)), entry.alias.as_str());
    // The kernel's answers about states can be named, but no picture shows them.
    let shown = story.entries.iter().filter(|entry| !matches!(entry.told, Told::State(_)));
    let mut all: Vec<(usize, &str)> = shown.map(of).collect();
    all.sort_by_key(|(distance, _)| *distance); // stable: the earlier of the equally near first
    all.into_iter().take(MOST_NEAR).map(|(_, alias)| alias).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::broken_pipe;
    use crate::story::tell;

    #[test]
    fn events_are_found_by_both_ids() {
        let story = tell(broken_pipe().done());
        let c3 = find(&story, "c3").unwrap();
        assert_eq!(story.entries[c3.0].alias, "c3");
        assert_eq!(find(&story, &story.entries[c3.0].id), Ok(c3));
        assert_eq!(find(&story, "C3"), Ok(c3));
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is_near() {
        let story = tell(broken_pipe().done());
        let near = find(&story, "c33").unwrap_err();
        assert_eq!(near.len(), MOST_NEAR);
        assert_eq!(near[0], "c3");
        assert!(find(&story, &"x".repeat(100_000)).is_err());
    }
}
