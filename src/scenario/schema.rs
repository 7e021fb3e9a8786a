//! The JSON Schema of scenario files, made from the tables that the parser reads by.

use serde_json::{Value as Json, json};

use super::vocabulary::{FREE, Table};

/// The JSON Schema (draft 2020-12) of a scenario, as TOML or as JSON.
///
/// It cannot say everything that [`parse`](super::parse) checks: which actors and sockets exist at a step, say.
pub fn schema() -> Json {
    let mut schema = shape::closed(Table::Top, &["title", "step"]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("A tcpstory scenario");
    schema["description"] =
        json!("What actors do on TCP sockets, step by step, and what is expected of it (language version 1).");
    schema["if"] = json!({ "properties": { "anything_goes": { "const": true } }, "required": ["anything_goes"] });
    schema["then"] = json!({ "properties": { "step": { "items": { "propertyNames": { "enum": FREE } } } } });
    schema.sort_all_objects(); // whichever order maps have: another crate of a build may choose that (`preserve_order`)
    schema
}

/// Schemas of values.
pub(super) mod shape {
    use serde_json::{Map, Value as Json, json};

    use crate::record::{
        About, Errno, MsgFlag, OptionShape, PollEvent, SegmentKind, Signal, SocketOptionName, TcpState,
    };
    use crate::scenario::read::calls::{CALLS, argument_schemas};
    use crate::scenario::read::{MAX_ACTORS, MAX_CHOICES, MAX_DATA, MAX_EXPECTED_DATA, MAX_NAME};
    use crate::scenario::vocabulary::{SAYINGS, Table};

    fn name_pattern() -> String {
        format!("[A-Za-z0-9_-]{{1,{MAX_NAME}}}")
    }

    /// One of the tables, without other keys than its own.
    pub(in crate::scenario) fn closed(of: Table, required: &[&str]) -> Json {
        let property = |key: &super::super::vocabulary::Key| {
            let mut schema = (key.schema)();
            schema["description"] = json!(key.doc);
            (key.name.to_owned(), schema)
        };
        let properties: Map<String, Json> = of.keys().iter().map(property).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
    }

    /// A table of fixed keys.
    pub(in crate::scenario) fn table(keys: &[(&str, Json)], required: &[&str]) -> Json {
        let properties: Map<String, Json> =
            keys.iter().map(|(key, schema)| ((*key).to_owned(), schema.clone())).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
    }

    pub(in crate::scenario) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Json {
        json!({ "enum": words.into_iter().collect::<Vec<_>>() })
    }

    pub(in crate::scenario) fn integer(least: i64, most: i64) -> Json {
        json!({ "type": "integer", "minimum": least, "maximum": most })
    }

    pub(in crate::scenario) fn size() -> Json {
        integer(0, MAX_DATA.cast_signed())
    }

    pub(in crate::scenario) fn words_of_prose() -> Json {
        json!({ "type": "string", "pattern": "\\S" })
    }

    pub(in crate::scenario) fn list_of_prose() -> Json {
        json!({ "type": "array", "items": words_of_prose() })
    }

    pub(in crate::scenario) fn name() -> Json {
        json!({ "type": "string", "pattern": format!("^{}$", name_pattern()) })
    }

    pub(in crate::scenario) fn two_names() -> Json {
        json!({ "type": "array", "items": name(), "minItems": 2, "maxItems": 2, "uniqueItems": true })
    }

    pub(in crate::scenario) fn by() -> Json {
        json!({ "type": "string", "pattern": format!("^{0}(\\.{0})?$", name_pattern()) })
    }

    pub(in crate::scenario) fn ip() -> Json {
        json!({ "type": "string", "pattern": "^(127\\.[0-9.]+|[0-9A-Fa-f:]+)$" })
    }

    pub(in crate::scenario) fn duration() -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+(ns|us|ms|s)$" })
    }

    pub(in crate::scenario) fn errno() -> Json {
        words(Errno::names().chain(["EWOULDBLOCK"]))
    }

    pub(in crate::scenario) fn signal() -> Json {
        words(Signal::names())
    }

    pub(in crate::scenario) fn flags() -> Json {
        json!({ "type": "array", "items": words(MsgFlag::ALL.iter().map(|flag| flag.name())) })
    }

    pub(in crate::scenario) fn events() -> Json {
        json!({ "type": "array", "items": words(PollEvent::ALL.iter().map(|event| event.name())) })
    }

    pub(in crate::scenario) fn epoll_events() -> Json {
        json!({ "type": "array", "items": words(PollEvent::epoll_names()) })
    }

    pub(in crate::scenario) fn data() -> Json {
        data_up_to(MAX_DATA)
    }

    fn data_up_to(most: u64) -> Json {
        let hex = json!({ "type": "string", "pattern": "^\\s*([0-9A-Fa-f]{2}\\s*)*$" });
        let repeat = json!({ "type": "string", "minLength": 1 });
        json!({ "anyOf": [
            { "type": "string" },
            table(&[("hex", hex)], &["hex"]),
            table(&[("repeat", repeat), ("size", integer(0, most.cast_signed()))], &["repeat", "size"]),
        ] })
    }

    pub(in crate::scenario) fn returns() -> Json {
        json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "boolean" }, data_up_to(MAX_EXPECTED_DATA), between(), events(), epoll_events()] })
    }

    fn between() -> Json {
        let mut between = table(
            &[("more_than", integer(0, MAX_DATA.cast_signed() - 1)), ("less_than", integer(1, MAX_DATA.cast_signed()))],
            &[],
        );
        between["minProperties"] = json!(1);
        between
    }

    pub(in crate::scenario) fn takes() -> Json {
        let bound = json!({ "type": "string", "pattern": "^>= *[0-9]+(ns|us|ms|s)$" });
        let from = json!({ "anyOf": [pattern(), table(&[("call", call())], &["call"])] });
        let since = table(&[("since", from), ("at_least", duration())], &["since", "at_least"]);
        json!({ "anyOf": [bound, since] })
    }

    /// `ACTOR CALL`.
    fn call() -> Json {
        let calls = CALLS.iter().map(|row| row.name).chain(["vanish"]).collect::<Vec<_>>().join("|");
        json!({ "type": "string", "pattern": format!("^{} +({calls})$", name_pattern()) })
    }

    pub(in crate::scenario) fn because() -> Json {
        let rule = json!({ "type": "string", "pattern": "\\S" });
        json!({ "anyOf": [pattern(), table(&[("call", call())], &["call"]), table(&[("rule", rule)], &["rule"])] })
    }

    pub(in crate::scenario) fn kernel() -> Json {
        let bound = "(>=|<=|>|<|=) *[0-9]+(\\.[0-9]+){0,3}";
        json!({ "type": "string", "pattern": format!("^ *{bound} *(, *{bound} *){{0,3}}$") })
    }

    pub(in crate::scenario) fn stories() -> Json {
        json!({ "type": "object", "minProperties": 1, "propertyNames": name(), "additionalProperties": words_of_prose() })
    }

    pub(in crate::scenario) fn one_of() -> Json {
        let mut way = table(
            &[
                ("returns", returns()),
                ("error", errno()),
                ("killed", signal()),
                ("signal", json!({ "const": "SIGPIPE" })),
                ("because", because()),
                ("kernel", kernel()),
                ("story", name()),
            ],
            &[],
        );
        way["oneOf"] = json!(["returns", "error", "killed"].map(|key| json!({ "required": [key] })));
        json!({ "type": "array", "minItems": 2, "items": way })
    }

    pub(in crate::scenario) fn predict() -> Json {
        let only = |about: About, choice: Json| {
            json!({
                "if": { "properties": { "about": { "const": about.name() } } },
                "then": { "properties": { "choices": { "items": choice } } },
            })
        };
        let mut predict = closed(Table::Predict, &["question", "about"]);
        predict["allOf"] = json!([
            only(About::Result, json!({ "not": { "required": ["segment"] } })),
            only(About::Errno, json!({ "required": ["error"] })),
            only(About::Segment, json!({ "required": ["segment"] })),
        ]);
        predict
    }

    pub(in crate::scenario) fn choices() -> Json {
        let mut choice = closed(Table::Choice, &[]);
        choice["oneOf"] = json!(SAYINGS.map(|key| json!({ "required": [key] })));
        choice["not"] = json!({ "required": ["answer", "tempting"] });
        json!({
            "type": "array", "minItems": 2, "maxItems": MAX_CHOICES, "items": choice,
            "contains": { "required": ["answer"] }, "minContains": 0, "maxContains": 1,
        })
    }

    pub(in crate::scenario) fn address() -> Json {
        table(&[("ip", ip()), ("port", integer(0, 65_535))], &[])
    }

    pub(in crate::scenario) fn target() -> Json {
        let address = "(127\\.[0-9.]+|\\[[0-9A-Fa-f:]+\\]):[0-9]{1,5}";
        json!({ "type": "string", "pattern": format!("^({}|{address})$", name_pattern()) })
    }

    /// `setsockopt`: one option with its value.
    pub(in crate::scenario) fn options() -> Json {
        let switch = || json!({ "enum": [true, false, 1, 0] });
        let option = |option: &SocketOptionName| {
            let schema = match option.shape() {
                OptionShape::Error => return None,
                OptionShape::Linger => json!({ "anyOf": [integer(0, 3_600), { "const": "off" }] }),
                OptionShape::TimeOrOff => json!({ "anyOf": [duration(), { "const": "off" }] }),
                OptionShape::Switch => switch(),
                OptionShape::Time { .. } => duration(),
                OptionShape::Bytes => size(),
                OptionShape::Count(most) => integer(1, most.into()),
            };
            Some((option.name().to_owned(), schema))
        };
        let properties: Map<String, Json> = SocketOptionName::ALL.iter().filter_map(option).collect();
        one_key(&json!(properties))
    }

    fn one_key(properties: &Json) -> Json {
        json!({
            "type": "object", "additionalProperties": false,
            "minProperties": 1, "maxProperties": 1, "properties": properties,
        })
    }

    /// `do`: a call.
    pub(in crate::scenario) fn deed() -> Json {
        let bare = words(CALLS.iter().filter(|row| row.bare).map(|row| row.name));
        json!({ "anyOf": [bare, one_key(&argument_schemas())] })
    }

    pub(in crate::scenario) fn kill() -> Json {
        json!({ "anyOf": [name(), table(&[("actor", name()), ("signal", signal())], &["actor"])] })
    }

    pub(in crate::scenario) fn pattern() -> Json {
        let kinds = SegmentKind::ALL.map(SegmentKind::name).join("|");
        let payload = "('([^']|'')+'|[0-9]+ *bytes?)";
        let name = name_pattern();
        json!({ "type": "string", "pattern": format!("^\\s*{name}(>{name})?\\s+({kinds})(\\s+{payload})?\\s*$") })
    }

    pub(in crate::scenario) fn states() -> Json {
        json!({
            "type": "object",
            "propertyNames": by(),
            "additionalProperties": words(TcpState::ALL.map(TcpState::name)),
        })
    }

    pub(in crate::scenario) fn sysctl() -> Json {
        let names = "^net\\.(ipv4|ipv6|core)(\\.[A-Za-z0-9_-]+)+$";
        json!({
            "type": "object",
            "propertyNames": { "pattern": names },
            "additionalProperties": { "type": ["integer", "string"] },
        })
    }

    pub(in crate::scenario) fn actors() -> Json {
        json!({
            "type": "object",
            "maxProperties": MAX_ACTORS,
            "propertyNames": name(),
            "additionalProperties": closed(Table::Actor, &[]),
        })
    }

    pub(in crate::scenario) fn steps() -> Json {
        let mut step = closed(Table::Step, &[]);
        step["minProperties"] = json!(1);
        step["dependentRequired"] = json!({ "do": ["by"], "by": ["do"], "blocks": ["do"], "starts": ["do"] });
        let pairs = [
            ["returns", "error"],
            ["returns", "killed"],
            ["returns", "one_of"],
            ["error", "killed"],
            ["error", "one_of"],
            ["killed", "one_of"],
            ["signal", "one_of"],
            ["because", "one_of"],
            ["blocks", "starts"],
            ["quiet", "no_wire"],
        ];
        let keys = ["do", "finish", "kill", "vanish", "pause"];
        let after = |place: usize| keys[place + 1..].iter().copied();
        let deeds: Vec<[&str; 2]> =
            keys.iter().enumerate().flat_map(|(place, key)| after(place).map(move |other| [*key, other])).collect();
        let never: Vec<Json> = pairs.iter().chain(&deeds).map(|pair| json!({ "not": { "required": pair } })).collect();
        step["allOf"] = json!(never);
        json!({ "type": "array", "minItems": 1, "items": step })
    }
}
