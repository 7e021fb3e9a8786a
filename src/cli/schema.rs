//! `tcpstory schema`

use super::args::{SchemaArgs, SchemaOf};
use super::{Code, output};
use crate::{report, scenario};

/// Prints a JSON Schema, or the reference made from it.
pub(super) fn schema(args: &SchemaArgs) -> Code {
    let page = match (args.of, args.docs) {
        (SchemaOf::Timeline, true) => report::timeline_reference(),
        (SchemaOf::Comparison, true) => report::compare::reference(),
        (SchemaOf::Scenario, true) => scenario::LANGUAGE.to_owned(),
        // `{:#}` of a JSON value is the value, indented.
        (SchemaOf::Scenario, false) => format!("{:#}\n", scenario::schema()),
        (SchemaOf::Timeline, false) => report::timeline_schema(),
        (SchemaOf::Comparison, false) => report::compare::schema(),
    };
    output::result(page.as_bytes())
}
