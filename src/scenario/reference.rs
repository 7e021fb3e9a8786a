//! The reference of the language in Markdown, made from the tables that the parser reads by.

use core::fmt::Write as _;

use super::read::calls::CALLS;
use super::vocabulary::Table;
use crate::record::{Errno, MsgFlag, OptionShape, PollEvent, ShutdownHow, Signal, SocketOptionName};

/// The keys of every table, all calls, and all names that they take, as Markdown tables.
pub fn reference() -> String {
    let mut out = String::new();
    for table in Table::ALL {
        let _ = write!(out, "### Keys {}\n\n| key | what it is |\n|---|---|\n", table.place());
        for key in table.keys() {
            let _ = writeln!(out, "| `{}` | {} |", key.name, cell(key.doc));
        }
        out.push('\n');
    }
    out.push_str("### Calls\n\n| call | for example | `returns` | what it does |\n|---|---|---|---|\n");
    for row in CALLS {
        let returns = if row.returns.is_empty() { "–" } else { row.returns };
        let _ = writeln!(out, "| `{}` | `{}` | {} | {} |", row.name, row.example, cell(returns), cell(row.doc));
    }
    options(&mut out);
    let flags = MsgFlag::ALL.iter().map(|flag| (flag.name(), flag.meaning()));
    names(&mut out, "Flags of `send` and `recv`", "flag", flags);
    let events = PollEvent::ALL.iter().map(|event| (event.name(), event.meaning()));
    names(&mut out, "Events of `poll`; those of `epoll_wait` have an E before them", "event", events);
    let directions = ShutdownHow::ALL.iter().map(|how| (how.name(), how.meaning()));
    names(&mut out, "Directions of `shutdown`", "direction", directions);
    let errnos: Vec<String> = Errno::names().map(|name| format!("`{name}`")).collect();
    let signals: Vec<String> = Signal::names().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(out, "\n### Errnos and signals\n\n{}\n\n{}", errnos.join(" "), signals.join(" "));
    out
}

fn options(out: &mut String) {
    out.push_str("\n### Options\n\n| option | value | what it does |\n|---|---|---|\n");
    for option in SocketOptionName::ALL {
        let value = match option.shape() {
            OptionShape::Switch => "true or false".to_owned(),
            OptionShape::Bytes => "a size in bytes".to_owned(),
            OptionShape::Count(most) => format!("1 to {most}"),
            OptionShape::Time { .. } => "a duration".to_owned(),
            OptionShape::Linger => "whole seconds, or \"off\"".to_owned(),
            OptionShape::TimeOrOff => "a duration, or \"off\"".to_owned(),
            OptionShape::Error => "only asked for: an errno, or 0".to_owned(),
        };
        let _ = writeln!(out, "| `{option}` | {value} | {} |", cell(option.meaning()));
    }
}

fn names(out: &mut String, title: &str, what: &str, rows: impl Iterator<Item = (&'static str, &'static str)>) {
    let _ = write!(out, "\n### {title}\n\n| {what} | what it means |\n|---|---|\n");
    for (name, meaning) in rows {
        let _ = writeln!(out, "| `{name}` | {} |", cell(meaning));
    }
}

/// Text that cannot end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
