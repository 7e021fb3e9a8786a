//! The table as a document, for people who read the documentation.

use std::fmt::Write as _;

use super::{Rule, subjects};

/// Every rule with all that it says, in Markdown.
pub fn document() -> String {
    let mut text = String::from("## The rules\n");
    for (heading, rules) in subjects() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n### {}\n", quoted(heading));
        for rule in rules {
            text.push_str(&entry(rule));
        }
    }
    text
}

fn entry(rule: &Rule) -> String {
    let mut text = format!("\n#### `{}`\n\n{}\n", rule.id, quoted(rule.statement));
    let differs = if rule.differs { " Linux differs." } else { "" };
    let lines = [
        ("On the wire", rule.wire.to_owned()),
        ("The RFC", with(rule.rfc, differs)),
        ("Linux", rule.linux.to_owned()),
        ("Since", rule.since.to_owned()),
        ("Not true", rule.misconception.to_owned()),
        ("Lessons", rule.lessons.join(", ")),
        ("No lesson", rule.unshown.to_owned()),
    ];
    if lines.iter().any(|(_, said)| !said.is_empty()) {
        text.push('\n');
    }
    for (name, said) in lines.iter().filter(|(_, said)| !said.is_empty()) {
        let _ = writeln!(text, "- *{name}*: {}", quoted(said));
    }
    text
}

fn with(said: &str, more: &str) -> String {
    if said.is_empty() { String::new() } else { format!("{said}{more}") }
}

/// Calls, constants, states and segments as code, so that Markdown leaves them alone.
fn quoted(text: &str) -> String {
    text.split(' ').map(quoted_word).collect::<Vec<_>>().join(" ")
}

fn quoted_word(word: &str) -> String {
    let core = word.trim_start_matches(['"', '(']).trim_end_matches(['.', ',', ':', ';', '"']);
    let core = if core.contains('(') { core } else { core.trim_end_matches(')') };
    let balanced = core.matches('(').count() == core.matches(')').count();
    let is_code = balanced && core.contains(['_', '<', '=', '/', '(']);
    if is_code && !core.is_empty() { word.replacen(core, &format!("`{core}`"), 1) } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_quoted() {
        assert_eq!(
            quoted("shutdown(SHUT_WR) in CLOSE_WAIT, (SHLD-3): tcp_reset()."),
            "`shutdown(SHUT_WR)` in `CLOSE_WAIT`, (SHLD-3): `tcp_reset()`."
        );
        assert_eq!(quoted("it is <SEQ=SEG.ACK><CTL=RST>."), "it is `<SEQ=SEG.ACK><CTL=RST>`.");
    }
}
