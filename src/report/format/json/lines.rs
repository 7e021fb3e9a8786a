use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::to_raw_value;

/// A list with each item on a line of its own, so that long lists of small things stay readable and small.
#[derive(Debug)]
pub(super) struct Lines<T>(pub(super) Vec<T>);

impl<T> Lines<T> {
    /// The items.
    pub(super) fn iter(&self) -> core::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> FromIterator<T> for Lines<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for Lines<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines: Result<Vec<_>, _> = self.0.iter().map(to_raw_value).collect();
        lines.map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Lines<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}
