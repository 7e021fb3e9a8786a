//! `tcpstory list`

use super::args::ListArgs;
use super::{Code, lessons, output};
use crate::report::list::{Listed, Part, page};
use crate::report::words::escape;
use crate::scenario::{builtin, nearest};
use crate::story::rules::{RULES, Rule, rule};

/// Prints the built-in scenarios by chapter, with how long they take, their titles and tags.
pub(super) fn list(args: &ListArgs) -> Code {
    if let Some(name) = &args.show {
        return show(name);
    }
    let rule = match args.rule.as_deref().map(known_rule).transpose() {
        Ok(rule) => rule,
        Err(message) => return refused(&message),
    };
    let parts = shown(args, rule);
    if parts.is_empty() {
        return refused(&nothing(args, rule));
    }
    output::result(page(&parts, output::list_columns(args.width), output::coloured(args.color)).as_bytes())
}

/// Prints the file of a built-in scenario, as it is shipped.
fn show(name: &str) -> Code {
    match builtin::get(name) {
        Some(one) => output::result(one.text.as_bytes()),
        None => refused(&lessons::unknown_builtin(name)),
    }
}

fn refused(message: &str) -> Code {
    output::error(message);
    Code::Usage
}

fn known_rule(id: &str) -> Result<&'static Rule, String> {
    rule(id).ok_or_else(|| {
        let near = nearest(id, RULES.iter().map(|rule| rule.id));
        let near =
            near.map_or_else(|| "`tcpstory explain` lists the rules".into(), |near| format!("did you mean `{near}`?"));
        format!("there is no rule {}\n  help: {near}", escape(id))
    })
}

fn shown(args: &ListArgs, rule: Option<&Rule>) -> Vec<Part> {
    let has_tag =
        |tags: &[String]| args.tag.as_ref().is_none_or(|tag| tags.iter().any(|known| known.eq_ignore_ascii_case(tag)));
    let wanted = |one: &&builtin::Builtin| rule.is_none_or(|rule| rule.lessons.contains(&one.name));
    let listed = |one: &builtin::Builtin| {
        let script = one.parse().ok().filter(|script| has_tag(&script.tags))?;
        let (slow, takes) = (script.slow, one.duration());
        Some(Listed { name: one.name.into(), title: script.title, slow, takes, tags: script.tags })
    };
    let part = |chapter: &builtin::Chapter| Part {
        heading: format!("{}. {}", chapter.number(), chapter.title),
        lessons: chapter.lessons.iter().filter(wanted).filter_map(listed).collect(),
    };
    builtin::chapters().map(part).filter(|part| !part.lessons.is_empty()).collect()
}

fn nothing(args: &ListArgs, rule: Option<&Rule>) -> String {
    match (&args.tag, rule) {
        (None, Some(rule)) => format!(
            "no built-in scenario shows that rule\n  help: `tcpstory explain {}` says what is known of it",
            rule.id
        ),
        (Some(_), Some(_)) => "no built-in scenario has that tag and shows that rule".to_owned(),
        (Some(tag), None) => {
            let tags: Vec<String> =
                builtin::all().filter_map(|one| one.parse().ok()).flat_map(|script| script.tags).collect();
            let near = nearest(tag, tags.iter().map(String::as_str));
            let near = near.map_or_else(
                || "`tcpstory list` shows every scenario with its tags".into(),
                |near| format!("did you mean `{}`?", escape(near)),
            );
            format!("no built-in scenario has that tag\n  help: {near}")
        }
        (None, None) => "there are no built-in scenarios".to_owned(),
    }
}
