//! The field reference: the JSON Schema as a page for people, in Markdown.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Where the schema keeps its definitions.
const DEFINITIONS: &str = "$defs";

const INTRODUCTION: &str = "\
Made from the JSON Schema by `tcpstory schema {format} --docs`; the headings are the schema's definitions.

A minor version only adds: a reader ignores what it does not know. Times are integer nanoseconds from time 0, quantities carry their
unit in their name, and no number has a fraction. Members that are marked as optional are absent where there is nothing to say.";

/// The page of a schema; `format` is what `tcpstory schema` calls it.
pub(in crate::report) fn page(schema: &Value, format: &str) -> String {
    let title = schema["title"].as_str().unwrap_or_default();
    let introduction = INTRODUCTION.replace("{format}", format);
    let mut page = Page { schema, text: format!("# The {title}\n\n{introduction}\n"), told: BTreeSet::new() };
    page.definition(schema);
    let mut next = page.mentioned(schema);
    while !next.is_empty() {
        let mut after = Vec::new();
        for name in next {
            let definition = &schema[DEFINITIONS][name.as_str()];
            page.line(&format!("\n## {name}"));
            page.definition(definition);
            after.extend(page.mentioned(definition));
        }
        next = after;
    }
    page.text
}

struct Page<'a> {
    schema: &'a Value,
    text: String,
    /// Definitions that have, or will have, their section.
    told: BTreeSet<String>,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The definitions that this one mentions and no other has before, in its order.
    fn mentioned(&mut self, schema: &Value) -> Vec<String> {
        let mut found = Vec::new();
        references(schema, &mut found);
        found.retain(|name| self.schema[DEFINITIONS][name.as_str()].is_object() && self.told.insert(name.clone()));
        found
    }

    fn definition(&mut self, schema: &Value) {
        if let Some(description) = schema["description"].as_str() {
            self.line(&format!("\n{description}"));
        }
        let members = members(schema, "");
        if members.is_empty() && schema["oneOf"].is_null() {
            self.line(&format!("\nIn JSON: {}.", kind(schema)));
        }
        self.table(&members);
        if let Some(choices) = schema["oneOf"].as_array() {
            self.choices(choices, !members.is_empty());
        }
    }

    fn table(&mut self, members: &[[String; 3]]) {
        if members.is_empty() {
            return;
        }
        self.line("\n| member | type | meaning |\n|---|---|---|");
        for [name, kind, meaning] in members {
            self.line(&format!("| `{name}` | {} | {} |", cell(kind), cell(meaning)));
        }
    }

    fn choices(&mut self, choices: &[Value], beside_members: bool) {
        if choices.iter().all(|choice| choice["const"].is_string()) {
            self.line("\n| value | meaning |\n|---|---|");
            for choice in choices {
                self.line(&format!("| {} | {} |", kind(choice), cell(description(choice))));
            }
            return;
        }
        self.line(if beside_members { "\nAnd one of these:" } else { "\nOne of these:" });
        for choice in choices {
            self.line(&format!("\n- {}: {}", kind(choice), description(choice)));
            let members = members(choice, "");
            if !members.is_empty() {
                self.line("");
                self.line("  | member | type | meaning |\n  |---|---|---|");
                for [name, kind, meaning] in &members {
                    self.line(&format!("  | `{name}` | {} | {} |", cell(kind), cell(meaning)));
                }
            }
        }
    }
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// A text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The members of an object and of the objects in it: name, type and meaning.
fn members(schema: &Value, before: &str) -> Vec<[String; 3]> {
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (name, member) in in_order(properties, &schema["required"]) {
        let required = is_required(schema, name);
        let path = format!("{before}{name}");
        let kind = if required { kind(member) } else { format!("{}, optional", without_null(member)) };
        found.push([path.clone(), kind, description(member).to_owned()]);
        found.extend(members(member, &format!("{path}.")));
    }
    found
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name))
}

/// The required members first, in the order in which they are written; then the others.
fn in_order<'a>(properties: &'a Map<String, Value>, required: &Value) -> Vec<(&'a String, &'a Value)> {
    let place = |name: &str| required.as_array().and_then(|all| all.iter().position(|one| one == name));
    let mut members: Vec<_> = properties.iter().collect();
    members.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    members
}

/// The type of a member that is left out rather than null.
fn without_null(schema: &Value) -> String {
    kind(schema).replace(" or null", "")
}

/// A type in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = referred(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(fixed) = schema["const"].as_str() {
        return format!("`\"{fixed}\"`");
    }
    for one_of in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[one_of].as_array() {
            return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(name) => simple(name, schema),
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(|name| simple(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn simple(name: &str, schema: &Value) -> String {
    match name {
        "array" => list(schema),
        "object" => match &schema["additionalProperties"] {
            values @ Value::Object(_) => format!("object of {}", kind(values)),
            _ => "object".to_owned(),
        },
        "string" if schema["contentEncoding"] == "base64" => "text in base64".to_owned(),
        "string" => "text".to_owned(),
        "integer" if schema["minimum"] == 0 => "integer ≥ 0".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => other.to_owned(),
    }
}

fn list(schema: &Value) -> String {
    if let Some(items) = schema["prefixItems"].as_array() {
        return format!("list of {}", items.iter().map(kind).collect::<Vec<_>>().join(" and "));
    }
    match schema["minItems"].as_u64() {
        Some(count) => format!("list of {count} × {}", kind(&schema["items"])),
        None => format!("list of {}", kind(&schema["items"])),
    }
}

/// The definition that a schema refers to.
fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The definitions that a schema refers to, in the order of its members.
fn references(schema: &Value, found: &mut Vec<String>) {
    found.extend(referred(schema).map(str::to_owned));
    match schema {
        Value::Object(parts) => {
            if let Some(properties) = parts.get("properties").and_then(Value::as_object) {
                for (_, member) in in_order(properties, &schema["required"]) {
                    references(member, found);
                }
            }
            let others = parts.iter().filter(|(name, _)| *name != "properties" && *name != DEFINITIONS);
            others.for_each(|(_, part)| references(part, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_choices_and_values_have_their_tables() {
        let schema = json!({
            "title": "tale",
            "description": "All.",
            "properties": {
                "b": { "$ref": "#/$defs/End", "description": "How it ends." },
                "a": { "type": ["integer", "null"], "minimum": 0, "description": "A | b." },
            },
            "required": ["b"],
            "$defs": {
                "End": { "oneOf": [
                    { "const": "well", "type": "string", "description": "Well." },
                    { "type": "object", "properties": { "badly": {
                        "type": "object", "properties": { "at": { "type": "boolean" } }, "required": ["at"],
                    } }, "required": ["badly"], "description": "Badly." },
                ] },
                "Unused": { "type": "string" },
            },
        });
        let page = page(&schema, "test");
        let introduction = INTRODUCTION.replace("{format}", "test");
        let told = page.strip_prefix(&format!("# The tale\n\n{introduction}\n")).unwrap();
        assert_eq!(
            told,
            "\nAll.\n\n| member | type | meaning |\n|---|---|---|\n| `b` | [End](#end) | How it ends. |\n\
             | `a` | integer ≥ 0, optional | A \\| b. |\n\n## End\n\nOne of these:\n\n- `\"well\"`: Well.\n\n- object: Badly.\n\n  \
             | member | type | meaning |\n  |---|---|---|\n  | `badly` | object |  |\n  | `badly.at` | true or false |  |\n"
        );
    }
}
