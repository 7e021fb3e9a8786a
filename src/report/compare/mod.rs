//! Two stories beside each other, step by step, and where they part.
//!
//! Steps are aligned by what they do, in their order: the same call is best, the same call with other arguments less, another call of
//! the same actor least. So two scenarios that differ in one line stand line by line. What came of a step is compared without what
//! differs between any two runs: ids, times, descriptors, sequence numbers and pure acknowledgments.

mod align;
mod explain;
mod json;
mod page;
mod picture;
mod terminal;
#[cfg(test)]
mod tests;
mod told;

pub use json::{reference, schema};

use std::collections::BTreeMap;

use super::Options;
use crate::record::StepId;
use crate::story::Story;
use told::{Line, Step};

/// An output of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name for `--format`.
    pub name: &'static str,
    /// The extension that asks for it, without a dot.
    pub extension: &'static str,
    /// What it is, in a few words.
    pub description: &'static str,
    /// Writes it.
    pub write: fn(&Comparison<'_>, &Options) -> Vec<u8>,
}

/// Every output of a comparison. The first is the one for standard output where nothing else is asked for.
pub const FORMATS: &[Format] = &[
    Format {
        name: "text",
        extension: "txt",
        description: "both stories beside each other, for the terminal",
        write: terminal::write,
    },
    Format { name: "json", extension: "json", description: "the comparison, for programs", write: json::write },
    Format {
        name: "svg",
        extension: "svg",
        description: "both ladders beside each other, step by step",
        write: picture::write,
    },
    Format {
        name: "html",
        extension: "html",
        description: "a page with the explanation, the picture and a table; it needs nothing else",
        write: page::write,
    },
];

/// Two stories, aligned.
#[derive(Debug)]
pub struct Comparison<'a> {
    stories: [&'a Story; 2],
    pairs: Vec<Pair>,
}

/// One of the two stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Which {
    A,
    B,
}

impl Which {
    const BOTH: [Self; 2] = [Self::A, Self::B];

    fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

/// A step of each story; at least one is there.
#[derive(Debug)]
struct Pair {
    sides: [Option<Step>; 2],
    relation: Relation,
    /// Of each side's lines, whether only that side has it.
    own: [Vec<bool>; 2],
}

/// How the steps of a pair are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Relation {
    /// The same is done, and the same comes of it.
    Same,
    /// The same is done, and something else comes of it.
    OtherResult,
    /// Something else is done.
    OtherDeed,
    /// Only A has it.
    OnlyA,
    /// Only B has it.
    OnlyB,
}

impl Pair {
    fn new(sides: [Option<Step>; 2]) -> Self {
        let relation = match &sides {
            [Some(a), Some(b)] if a.does != b.does => Relation::OtherDeed,
            [Some(a), Some(b)] if a.keys() != b.keys() => Relation::OtherResult,
            [Some(_), None] => Relation::OnlyA,
            [None, Some(_)] => Relation::OnlyB,
            _ => Relation::Same,
        };
        let own = Which::BOTH.map(|which| own(&sides, which));
        Self { sides, relation, own }
    }

    fn side(&self, which: Which) -> Option<&Step> {
        self.sides[which.index()].as_ref()
    }

    /// A side's lines, each with whether only that side has it.
    fn lines(&self, which: Which) -> impl Iterator<Item = (&Line, bool)> {
        let lines = lines(&self.sides, which);
        lines.iter().zip(&self.own[which.index()]).map(|(line, own)| (line, *own))
    }

    /// The lines that only one side has.
    fn own(&self, which: Which) -> impl Iterator<Item = &Line> {
        self.lines(which).filter(|(_, own)| *own).map(|(line, _)| line)
    }
}

fn lines(sides: &[Option<Step>; 2], which: Which) -> &[Line] {
    sides[which.index()].as_ref().map_or(&[], |step| &step.lines)
}

/// Of each line of a side, whether the other side has none left that is like it.
fn own(sides: &[Option<Step>; 2], which: Which) -> Vec<bool> {
    let other = Which::BOTH[1 - which.index()];
    let mut theirs: BTreeMap<&str, usize> = BTreeMap::new();
    for key in lines(sides, other).iter().filter_map(|line| line.key.as_deref()) {
        *theirs.entry(key).or_default() += 1;
    }
    let mut is_own = |line: &Line| {
        let Some(key) = line.key.as_deref() else { return false };
        match theirs.get_mut(key).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                false
            }
            None => true,
        }
    };
    lines(sides, which).iter().map(&mut is_own).collect()
}

impl<'a> Comparison<'a> {
    /// Aligns two stories.
    pub fn new(a: &'a Story, b: &'a Story) -> Self {
        let (mut steps_a, mut steps_b) = (told::steps(a), told::steps(b));
        let pairs = align::align(&steps_a, &steps_b);
        let mut take = |(a, b): (Option<usize>, Option<usize>)| {
            let side =
                |steps: &mut Vec<Step>, place: Option<usize>| place.map(|place| std::mem::take(&mut steps[place]));
            Pair::new([side(&mut steps_a, a), side(&mut steps_b, b)])
        };
        Self { stories: [a, b], pairs: pairs.into_iter().map(&mut take).collect() }
    }

    fn story(&self, which: Which) -> &'a Story {
        self.stories[which.index()]
    }

    /// The first pair that is not the same.
    fn first_difference(&self) -> Option<usize> {
        self.pairs.iter().position(|pair| pair.relation != Relation::Same)
    }

    /// The first pair in which the same is done and something else comes of it.
    fn first_other_result(&self) -> Option<usize> {
        self.pairs.iter().position(|pair| pair.relation == Relation::OtherResult)
    }

    /// The steps of a story that differ.
    fn differing(&self, which: Which) -> Vec<StepId> {
        let pairs = self.pairs.iter().filter(|pair| pair.relation != Relation::Same);
        pairs.filter_map(|pair| Some(pair.side(which)?.id)).collect()
    }
}

/// The output with that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The output that a file's extension asks for; upper and lower case are the same.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}
