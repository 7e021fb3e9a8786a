//! A comparison for programs.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::told::{Line, Step};
use super::{Comparison, Pair, Relation, Which};
use crate::report::Options;
use crate::report::format::json::{plain_descriptions, reference as fields};
use crate::story::Story;

/// Two runs beside each other, aligned by step.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "tcpstory comparison")]
struct Document<'a> {
    /// Always `tcpstory.comparison`.
    schema: &'a str,
    /// The version of this format, as in semantic versioning: a minor version only adds.
    schema_version: &'a str,
    /// The first story.
    a: Head<'a>,
    /// The second story.
    b: Head<'a>,
    /// Whether both tell the same, step by step.
    same: bool,
    /// The first pair that differs: a place in `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<usize>,
    /// The first pair in which the same is done and something else comes of it: a place in `steps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_other_result: Option<usize>,
    /// Where they part and why, in sentences.
    explanation: Vec<String>,
    /// Pairs of steps, in order.
    steps: Vec<Steps<'a>>,
}

/// What was compared.
#[derive(Debug, Serialize, JsonSchema)]
struct Head<'a> {
    /// The scenario's name.
    id: &'a str,
    /// The scenario's title.
    title: &'a str,
    /// The SHA-256 of its file, in hexadecimal.
    sha256: &'a str,
}

/// A pair of steps.
#[derive(Debug, Serialize, JsonSchema)]
struct Steps<'a> {
    /// How they are to each other.
    relation: Relation,
    /// The step of the first story.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<Side<'a>>,
    /// The step of the second story.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Side<'a>>,
}

/// A step of one story.
#[derive(Debug, Serialize, JsonSchema)]
struct Side<'a> {
    /// Its place in the scenario, from 0.
    step: usize,
    /// What it does: `client write("a")`.
    does: &'a str,
    /// What came of it, in the order of time.
    events: Vec<Event<'a>>,
}

/// What came of a step.
#[derive(Debug, Serialize, JsonSchema)]
struct Event<'a> {
    /// The event's full id in its timeline; absent for a folded wait or a failed expectation.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// Its short id.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    /// What happened, in one line.
    text: &'a str,
    /// Whether only this side has it.
    own: bool,
}

/// Writes a comparison as JSON: pretty, with one newline at its end.
pub(super) fn write(comparison: &Comparison<'_>, _: &Options) -> Vec<u8> {
    let first_difference = comparison.first_difference();
    let document = Document {
        schema: "tcpstory.comparison",
        schema_version: "1.0.0",
        a: head(comparison.story(Which::A)),
        b: head(comparison.story(Which::B)),
        same: first_difference.is_none(),
        first_difference,
        first_other_result: comparison.first_other_result(),
        explanation: comparison.explanation(),
        steps: comparison.pairs.iter().map(|pair| steps(comparison, pair)).collect(),
    };
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail, and there are no maps.
    let _ = serde_json::to_writer_pretty(&mut bytes, &document);
    bytes.push(b'\n');
    bytes
}

/// The JSON Schema of a comparison, made from the structures that write it; pretty, with a newline at its end.
pub fn schema() -> String {
    format!("{:#}\n", schema_value())
}

/// The field reference of a comparison, made from its schema; Markdown.
pub fn reference() -> String {
    fields::page(&schema_value(), "comparison")
}

fn schema_value() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Document<'static>>().to_value();
    plain_descriptions(&mut schema);
    schema.sort_all_objects(); // as the other schemas
    schema
}

fn head(story: &Story) -> Head<'_> {
    let script = &story.recording.script;
    Head { id: &script.id, title: &script.title, sha256: &script.source.sha256 }
}

fn steps<'a>(comparison: &'a Comparison<'_>, pair: &'a Pair) -> Steps<'a> {
    let side = |which| pair.side(which).map(|step| side(comparison.story(which), pair, which, step));
    Steps { relation: pair.relation, a: side(Which::A), b: side(Which::B) }
}

fn side<'a>(story: &'a Story, pair: &'a Pair, which: Which, step: &'a Step) -> Side<'a> {
    let event = |(line, own): (&'a Line, bool)| {
        let entry = line.event.and_then(|event| story.entries.get(event.0));
        Event {
            id: entry.map(|entry| entry.id.as_str()),
            alias: entry.map(|entry| entry.alias.as_str()),
            text: &line.text,
            own,
        }
    };
    Side { step: step.id.0, does: &step.does, events: pair.lines(which).map(event).collect() }
}
