//! The JSON timeline: the one public file format, from which every other output can be made again.

mod document;
mod error;
mod read;
#[cfg(test)]
mod tests;
mod validate;
mod write;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::report::words;

pub use error::ReadError;
pub use read::read;
pub(super) use write::write;

/// The JSON Schema of the timeline, made from the structures that write it; pretty, with a newline at its end.
pub fn schema() -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<document::Document<'static>>().to_value();
    plain_descriptions(&mut schema);
    format!("{schema:#}\n")
}

/// The descriptions come from doc comments: joins their lines, and makes plain names of their links.
fn plain_descriptions(schema: &mut Value) {
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
    words::without_links(text).replace("[`", "`").replace("`]", "`").replace('\n', " ")
}
