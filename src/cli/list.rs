//! `tcpstory list`

use std::fmt::Write as _;

use super::args::ListArgs;
use super::{Code, output};
use crate::record::Script;
use crate::report::words::escape;
use crate::scenario::{builtin, nearest};
use crate::story::rules::{RULES, Rule, rule};

/// A chapter with those of its scenarios that are wanted.
type Shown = (&'static builtin::Chapter, Vec<(&'static str, Script)>);

/// Prints the built-in scenarios by chapter, with how long they take, their titles and tags.
pub(super) fn list(args: &ListArgs) -> Code {
    let rule = match args.rule.as_deref().map(known_rule).transpose() {
        Ok(rule) => rule,
        Err(message) => {
            output::error(&message);
            return Code::Usage;
        }
    };
    let chapters = shown(args, rule);
    if chapters.is_empty() {
        output::error(
            "no built-in scenario has that tag or shows that rule\n  help: `tcpstory list` shows every scenario with its tags",
        );
        return Code::Usage;
    }
    output::result(page(&chapters).as_bytes())
}

fn known_rule(id: &str) -> Result<&'static Rule, String> {
    rule(id).ok_or_else(|| {
        let near = nearest(id, RULES.iter().map(|rule| rule.id));
        let near = near.map(|near| format!("\n  help: did you mean `{near}`?")).unwrap_or_default();
        format!("there is no rule {}{near}", escape(id))
    })
}

fn shown(args: &ListArgs, rule: Option<&Rule>) -> Vec<Shown> {
    let has_tag = |script: &Script| {
        args.tag.as_ref().is_none_or(|tag| script.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)))
    };
    let wanted = |one: &'static builtin::Builtin| {
        let script = one.parse().ok().filter(has_tag)?;
        rule.is_none_or(|rule| rule.lessons.contains(&one.name)).then_some((one.name, script))
    };
    let of = |chapter: &'static builtin::Chapter| (chapter, chapter.lessons.iter().filter_map(wanted).collect());
    builtin::chapters().map(of).filter(|(_, lessons): &Shown| !lessons.is_empty()).collect()
}

fn page(chapters: &[Shown]) -> String {
    let lessons = || chapters.iter().flat_map(|(_, lessons)| lessons);
    let name = lessons().map(|(name, _)| name.len()).max().unwrap_or_default();
    let title = lessons().map(|(_, script)| script.title.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (place, (chapter, lessons)) in chapters.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{gap}{}. {}", chapter.number(), chapter.title);
        for (called, script) in lessons {
            let slow = if script.slow { "slow" } else { "" };
            let tags = script.tags.join(" ");
            let line = format!("  {called:name$}  {slow:4}  {:title$}  {tags}", script.title);
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}
