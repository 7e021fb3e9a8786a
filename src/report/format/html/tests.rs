use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{SCRIPT, SCRIPT_SOURCE, STYLE, STYLE_SOURCE, write};
use crate::record::Recording;
use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
use crate::report::{Options, tell, words};

fn page(recording: Recording) -> String {
    String::from_utf8(write(&tell(recording, &Options::default()), &Options::default())).unwrap()
}

/// What stands between two marks.
fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    page.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

fn timeline(page: &str) -> Value {
    serde_json::from_str(between(page, "<script type=\"application/json\" id=\"timeline\">", "</script>")).unwrap()
}

#[test]
fn policy_admits_the_pages_own_script_and_style_and_nothing_else() {
    let page = page(broken_pipe().done());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains(&format!("script-src {}", hash(between(&page, "<script>", "</script>")))), "{policy}");
    assert!(policy.contains(&format!("style-src {}", hash(between(&page, "<style>", "</style>")))), "{policy}");
}

#[test]
fn page_is_one_file_and_small() {
    let page = page(broken_pipe().done());
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for outside in ["src=", "href=\"http", "url(", "@import", "<link", "<iframe"] {
        let own = page.replace("src='", "").replace("url(#${", "");
        assert!(!own.contains(outside), "{outside} leads out of the page");
    }
}

/// The policy forbids these, so that they would only be errors.
#[test]
fn script_never_makes_markup_or_code_of_text() {
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser"]
    {
        assert!(!SCRIPT.contains(way), "{way}");
    }
    assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--") && !STYLE.contains("</style"));
}

/// What a page has is the sources' lines: no text goes on over the end of a line, and no comment begins or ends in one.
#[test]
fn sources_are_lean_line_by_line() {
    for line in SCRIPT_SOURCE.lines().map(str::trim) {
        assert!(line.matches('`').count() % 2 == 0, "a text over several lines: {line}");
    }
    for line in SCRIPT_SOURCE.lines().chain(STYLE_SOURCE.lines()).map(str::trim) {
        let code = line.split_once("/*").map_or(line, |(code, _)| code).trim();
        assert!(code.is_empty() || code.len() == line.len() || line.ends_with("*/"), "{line}");
        assert!(!line.ends_with("*/") || line.matches("*/").count() == 1, "{line}");
    }
}

#[test]
fn timeline_is_there_without_its_recording() {
    let timeline = timeline(&page(proxy().done()));
    assert_eq!(timeline["schema"], "tcpstory.timeline");
    assert!(timeline["recording"].is_null());
}

#[test]
fn table_has_every_event_and_every_step() {
    let page = page(proxy().done());
    let timeline = timeline(&page);
    let rows = between(&page, "<tbody>", "</tbody>");
    assert_eq!(rows.matches("<tr data-event=").count(), timeline["events"].as_array().unwrap().len());
    assert_eq!(rows.matches("<tr data-step=").count(), timeline["steps"].as_array().unwrap().len());
    for event in timeline["events"].as_array().unwrap() {
        assert!(rows.contains(&format!(">{}</th>", event["alias"].as_str().unwrap())), "{}", event["alias"]);
    }
}

#[test]
fn hostile_text_is_data() {
    let hostile = "</script><img src=x onerror=alert(1)>\u{2028}\u{2029}\u{1b}[31m<!--{{script}}";
    let page = page(broken_pipe_of(hostile, ["<b>\u{202e}", "\"'&"], hostile).done());
    assert!(!page.contains("<img") && !page.contains("<b>\u{202e}"));
    assert!(!page.contains(['\u{2028}', '\u{2029}', '\u{1b}', '\u{202e}']));
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert_eq!(page.matches("<script>").count(), 1, "a slot in a title was filled");
    assert_eq!(timeline(&page)["run"]["scenario"]["title"], hostile);
}

/// The page escapes what the terminal escapes, but for tabs and line ends, which a page may have.
#[test]
fn page_hides_what_the_terminal_hides() {
    let class = between(&SCRIPT, "const HIDDEN = /[", "]/gu;");
    let mut marks = class.split("\\u").skip(1).map(|mark| {
        let (digits, is_begin) = mark.strip_suffix('-').map_or((mark, false), |digits| (digits, true));
        (u32::from_str_radix(digits.trim_matches(['{', '}']), 16).unwrap(), is_begin)
    });
    let mut hidden = std::collections::BTreeSet::new();
    while let Some((begin, is_begin)) = marks.next() {
        hidden.extend(begin..=if is_begin { marks.next().unwrap().0 } else { begin });
    }
    for c in '\0'..=char::MAX {
        let expected = words::is_hostile(c) && !matches!(c, '\t' | '\n');
        assert_eq!(hidden.contains(&u32::from(c)), expected, "{c:?}");
    }
}

#[test]
fn a_link_in_prose_is_text() {
    let mut recording = broken_pipe().done();
    let link = "see [the *write*](javascript:alert(1))";
    recording.script.goals = vec![link.to_owned()];
    recording.script.steps[0].say = Some(link.to_owned());
    let page = page(recording);
    let markup = page.split("<script").next().unwrap();
    assert!(!markup.contains("javascript:") && !markup.contains("href=\"j"), "the address is nowhere");
    assert_eq!(markup.matches("see the <em>write</em><").count(), 2, "the text is there");
}
