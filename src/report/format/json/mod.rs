//! The JSON timeline: the one public file format, from which every other output can be made again.

mod document;
mod error;
mod event;
mod lines;
mod page;
mod picture;
mod read;
pub(in crate::report) mod reference;
#[cfg(test)]
mod tests;
mod validate;
mod write;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::report::words::{self, Span, Style};

pub use document::SCHEMA;
pub use error::ReadError;
pub(super) use page::{Fields, for_page};
pub use read::read;
pub(super) use write::write;

/// The JSON Schema of the timeline, made from the structures that write it; pretty, with a newline at its end. It accepts the files
/// of earlier minor versions too.
pub fn schema() -> String {
    format!("{:#}\n", schema_value())
}

/// The field reference of the timeline, made from its schema; Markdown.
pub fn reference() -> String {
    reference::page(&schema_value(), "timeline")
}

fn schema_value() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<document::Document<'static>>().to_value();
    plain_descriptions(&mut schema);
    require_only_the_first(&mut schema);
    schema.sort_all_objects(); // whichever order maps have: another crate of a build may choose that (`preserve_order`)
    schema
}

/// The descriptions come from doc comments: joins their lines, and makes plain names of their links.
pub(in crate::report) fn plain_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => *text = plain_description(text),
                    _ => plain_descriptions(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain_descriptions),
        _ => {}
    }
}

fn plain_description(text: &str) -> String {
    let written = |span: &Span| match span.style {
        Style::Code => format!("`{}`", span.text),
        _ => span.text.clone(),
    };
    words::spans(text).iter().map(written).collect::<String>().replace("[`", "`").replace("`]", "`")
}

/// What a description ends with where its member came after version 1.0.
const SINCE: &str = "Since 1.";

/// A member that a later minor version has added is not required, so that files of earlier ones are valid too.
fn require_only_the_first(schema: &mut Value) {
    let later = |schema: &Value, name: &str| {
        let description = &schema["properties"][name]["description"];
        description.as_str().is_some_and(|text| text.contains(SINCE))
    };
    if let Some(Value::Array(required)) = schema.get("required") {
        let first: Vec<Value> =
            required.iter().filter(|name| !later(schema, name.as_str().unwrap_or_default())).cloned().collect();
        schema["required"] = Value::Array(first);
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(require_only_the_first),
        Value::Array(items) => items.iter_mut().for_each(require_only_the_first),
        _ => {}
    }
}
