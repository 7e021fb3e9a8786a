//! `tcpstory schema`

use super::args::{SchemaArgs, SchemaOf};
use super::{Code, output};
use crate::{report, scenario};

/// Prints a JSON Schema.
pub(super) fn schema(args: &SchemaArgs) -> Code {
    let schema = match args.of {
        // `{:#}` of a JSON value is the value, indented.
        SchemaOf::Scenario => format!("{:#}\n", scenario::schema()),
        SchemaOf::Timeline => report::timeline_schema(),
        SchemaOf::Comparison => report::compare::schema(),
    };
    output::result(schema.as_bytes())
}
