//! The reference of the language in Markdown, made from the tables that the parser reads by.

use core::fmt::Write as _;

use super::read::calls::CALLS;
use super::vocabulary::Table;

/// The keys of every table and all calls, as Markdown tables.
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
    out
}

/// Text that cannot end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
