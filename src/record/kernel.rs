use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kernels for which something holds; in files `">= 6.5"` or `">= 6.1, < 6.12"`.
///
/// A bound is compared with as many parts of the release as it has itself: 6.5.3 is `<= 6.5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelRange(Vec<Bound>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    relation: Relation,
    version: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

/// The longer ones first, so that `>=` is not read as `>`.
const RELATIONS: [(&str, Relation); 5] = [
    (">=", Relation::AtLeast),
    ("<=", Relation::AtMost),
    (">", Relation::Above),
    ("<", Relation::Below),
    ("=", Relation::Equal),
];

/// The most parts of a version and the most bounds of a range.
const MOST: usize = 4;

impl KernelRange {
    /// The range that a text says.
    pub fn parse(text: &str) -> Option<Self> {
        let bounds: Vec<_> = text.split(',').map(|part| bound(part.trim())).collect::<Option<_>>()?;
        (bounds.len() <= MOST).then_some(Self(bounds))
    }

    /// Whether a kernel's release (`uname -r`) is inside. One that does not begin with a version is not.
    pub fn contains(&self, release: &str) -> bool {
        let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
        let Some(release) = version(release[..end].trim_end_matches('.')) else { return false };
        self.0.iter().all(|bound| bound.admits(&release))
    }
}

impl Bound {
    fn admits(&self, release: &[u32]) -> bool {
        let part = |place| release.get(place).copied().unwrap_or(0);
        let release: Vec<u32> = (0..self.version.len()).map(part).collect();
        match self.relation {
            Relation::AtLeast => release >= self.version,
            Relation::AtMost => release <= self.version,
            Relation::Above => release > self.version,
            Relation::Below => release < self.version,
            Relation::Equal => release == self.version,
        }
    }
}

fn bound(text: &str) -> Option<Bound> {
    let (sign, relation) = RELATIONS.iter().find(|(sign, _)| text.starts_with(sign))?;
    let version = version(text[sign.len()..].trim())?;
    Some(Bound { relation: *relation, version })
}

fn version(text: &str) -> Option<Vec<u32>> {
    let parts: Vec<_> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    (parts.len() <= MOST && !text.contains('+')).then_some(parts)
}

impl fmt::Display for KernelRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, bound) in self.0.iter().enumerate() {
            let sign = RELATIONS.iter().find(|(_, relation)| *relation == bound.relation).map_or("", |(sign, _)| sign);
            let parts: Vec<_> = bound.version.iter().map(u32::to_string).collect();
            write!(f, "{}{sign} {}", if place == 0 { "" } else { ", " }, parts.join("."))?;
        }
        Ok(())
    }
}

impl Serialize for KernelRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KernelRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no range of kernels: {text:?}")))
    }
}

impl JsonSchema for KernelRange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KernelRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^ *(>=|<=|>|<|=) *[0-9]+(\\.[0-9]+){0,3} *(, *(>=|<=|>|<|=) *[0-9]+(\\.[0-9]+){0,3} *){0,3}$",
            "description": "Kernels by their version: \">= 6.5\" or \">= 6.1, < 6.12\".",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_looks_at_as_many_parts_as_it_has() {
        let holds = |range: &str, release: &str| KernelRange::parse(range).unwrap().contains(release);
        assert!(holds(">= 6.5", "6.5.0-rc1") && holds(">= 6.5", "7.0") && !holds(">= 6.5", "6.4.99"));
        assert!(holds("<= 6.5", "6.5.3") && !holds("> 6.5", "6.5.3") && holds("> 6.5", "6.6.0"));
        assert!(holds("= 6.18", "6.18.44+") && !holds("< 6.18.16", "6.18.44"));
        assert!(holds(">= 6.1, < 6.12", "6.11.2-generic") && !holds(">= 6.1, < 6.12", "6.12.0"));
        assert!(holds(">= 6", "6") && !holds(">= 6", "six") && !holds(">= 6", ""));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "6.5", ">=", ">= six", ">= 6.", ">= 6.5,", ">= +6", "=> 6.5", ">= 1.2.3.4.5", "> 99999999999"]
        {
            assert_eq!(KernelRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_comes_back_from_its_text() {
        for text in [">= 6.5", ">= 6.1, < 6.12", "= 6.18.44"] {
            let range = KernelRange::parse(text).unwrap();
            assert_eq!((range.to_string().as_str(), KernelRange::parse(&range.to_string())), (text, Some(range)));
        }
    }
}
