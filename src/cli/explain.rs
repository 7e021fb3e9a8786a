//! `tcpstory explain`

use super::args::{ExplainArgs, PageFormat, Sheet};
use super::{Code, output};
use crate::report::knowledge;
use crate::report::page::{Page, markdown, terminal};
use crate::report::words::escape;

/// A page that nobody has asked to be wider is not: long lines are hard to read.
const WIDEST: usize = 110;

/// Prints what is known of a topic, or the list of topics.
pub(super) fn explain(args: &ExplainArgs) -> Code {
    if args.topic.is_empty() {
        return show(&knowledge::index(), &args.sheet);
    }
    let word = args.topic.join(" ");
    match knowledge::find(&word) {
        Some(topic) => show(&knowledge::page(topic), &args.sheet),
        None => unknown(&word),
    }
}

fn unknown(word: &str) -> Code {
    let shown = escape(&word.chars().take(80).collect::<String>());
    let help = match knowledge::nearest(word) {
        Some(near) => format!("did you mean `tcpstory explain {near}`?"),
        None => "`tcpstory explain` lists what can be explained; `tcpstory why` takes whole log lines".to_owned(),
    };
    output::error(&format!("nothing is known here of {shown}\n  help: {help}"));
    Code::Usage
}

/// Prints a page as it was asked for.
pub(super) fn show(page: &Page, sheet: &Sheet) -> Code {
    let text = match sheet.format {
        PageFormat::Text => {
            let width = output::columns(sheet.screen.width);
            let width = if sheet.screen.width.is_some() { width } else { width.min(WIDEST) };
            terminal(page, width, output::coloured(sheet.screen.color))
        }
        PageFormat::Markdown => markdown(page),
        PageFormat::Json => match serde_json::to_string_pretty(page) {
            Ok(json) => json + "\n",
            Err(error) => {
                output::error(&format!("cannot write the page as JSON: {error}"));
                return Code::Usage;
            }
        },
    };
    output::result(text.as_bytes())
}
