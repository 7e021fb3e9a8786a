//! TOML to the tree, by the `toml` crate's parser, which limits the depth of nesting to 80.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use super::node::{Entry, Node, Value};

/// The tree, or what is wrong with the syntax: one fault per line.
pub(super) fn parse(text: &str) -> Result<Node, Vec<Fault>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { span: 0..0, value: Value::Table(entries(table.get_ref())) });
    }
    let mut faults: Vec<Fault> = errors.iter().map(|error| fault(text, error)).collect();
    faults.sort_by_key(|fault| fault.span.start);
    faults.dedup_by(|later, first| !text.get(first.span.start..later.span.start).is_some_and(|gap| gap.contains('\n')));
    if text.trim_start().starts_with('{') {
        faults.truncate(1);
        faults = faults.into_iter().map(|fault| fault.help("JSON stands in a file whose name ends in .json")).collect();
    }
    if faults.iter().any(|fault| fault.message == TOO_DEEP) {
        faults.retain(|fault| fault.message == TOO_DEEP);
    }
    // What stands in a table that is given twice is given twice as well.
    if let Some(first) = faults.iter().position(|fault| fault.message == duplicate_message("step")) {
        faults.truncate(first + 1);
    }
    faults.truncate(MAX_FAULTS);
    Err(faults)
}

/// A file that is no TOML at all is wrong in every line; so many say it.
const MAX_FAULTS: usize = 5;

const TOO_DEEP: &str = "tables and lists are nested too deep";

fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    match error.message() {
        "duplicate key" => duplicate(text, span),
        "cannot recurse further; max recursion depth met" | "recursion limit" => {
            Fault::new(span, TOO_DEEP).label("too deep here").help("a scenario needs no more than a few levels")
        }
        message if message.starts_with("string values must be quoted") => {
            Fault::new(span, "this is not valid TOML: text stands in quotes").label("expected a value")
        }
        message => match message.split_once(", expected ") {
            Some((message, expected)) => {
                Fault::new(span, format!("this is not valid TOML: {message}")).label(format!("expected {expected}"))
            }
            None => Fault::new(span, format!("this is not valid TOML: {message}")).label("not understood"),
        },
    }
}

fn duplicate(text: &str, span: core::ops::Range<usize>) -> Fault {
    let key = text.get(span.clone()).unwrap_or_default();
    let fault = Fault::new(span, duplicate_message(key)).label("given before");
    match key {
        "do" => fault.help("a step makes one call; start another [[step]] for the next one"),
        "step" => fault.help("steps are written with two brackets: [[step]]"),
        _ => fault.help("keep one of them; a new step starts with [[step]]"),
    }
}

fn duplicate_message(key: &str) -> String {
    format!("the key `{key}` is given twice")
}

fn entries(table: &DeTable<'_>) -> Vec<Entry> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| Entry { key: key.get_ref().to_string(), key_span: key.span(), node: node(value) })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    entries
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    Node { span: value.span(), value: convert(value.get_ref()) }
}

fn convert(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(Cow::Borrowed(text)) => Value::Text((*text).to_owned()),
        DeValue::String(Cow::Owned(text)) => Value::Text(text.clone()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("a number beyond 64 bits"),
        },
        DeValue::Float(_) => Value::Other("a number with a fraction"),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(_) => Value::Other("a date or time"),
        DeValue::Array(items) => Value::List(items.iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(entries(table)),
    }
}
