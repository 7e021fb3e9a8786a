use std::fmt::Write as _;

use super::{Block, Page};

/// The page in Markdown.
pub fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n", escaped(&page.title));
    for section in &page.sections {
        if !section.heading.is_empty() {
            let _ = write!(out, "\n## {}\n", escaped(&section.heading)); // writing to a String cannot fail
        }
        for block in &section.blocks {
            out.push('\n');
            push(&mut out, block);
        }
    }
    out
}

fn push(out: &mut String, block: &Block) {
    for line in lines(block) {
        out.push_str(&line);
        out.push('\n');
    }
}

fn lines(block: &Block) -> Vec<String> {
    match block {
        Block::Text(text) => vec![escaped(text)],
        Block::List(items) => items.iter().map(|item| format!("- {}", escaped(item))).collect(),
        Block::Pairs(pairs) => pairs.iter().map(labelled).collect(),
        Block::Entry(entry) => {
            let mut lines = vec![format!("### {}", escaped(&entry.name)), String::new()];
            if !entry.text.is_empty() {
                lines.extend([escaped(&entry.text), String::new()]);
            }
            lines.extend(entry.more.iter().map(labelled));
            lines
        }
        Block::Table { head, rows } => {
            let rule = format!("|{}", " --- |".repeat(head.len()));
            [row(head), rule].into_iter().chain(rows.iter().map(|cells| row(cells))).collect()
        }
    }
}

fn labelled((label, text): &(String, String)) -> String {
    format!("- **{}**: {}", escaped(label), escaped(text))
}

fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |", cells.join(" | "))
}

/// The text with every character escaped that Markdown would take for its own.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' | '&' | '|' | '~' | '$') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Entry;

    #[test]
    fn a_page_becomes_markdown() {
        let mut page = Page::new("EPIPE");
        let entry = Entry { name: "rule".into(), text: "in CLOSE_WAIT".into(), more: Vec::new() };
        page.add("", vec![Block::text("read *and* <write>")]);
        page.add("Ways", vec![Block::Entry(entry.with("wire", "FIN")), Block::list(["one"])]);
        let rows = vec![vec!["a".into(), "IN|OUT".into()]];
        page.add("Next", vec![Block::Table { head: vec!["x".into(), "y".into()], rows }]);
        let expected = "# EPIPE\n\nread \\*and\\* \\<write\\>\n\n## Ways\n\n### rule\n\nin CLOSE\\_WAIT\n\n- **wire**: FIN\n\n- one\n\n## Next\n\n| x | y |\n| --- | --- |\n| a | IN\\|OUT |\n";
        assert_eq!(markdown(&page), expected);
    }
}
