use crate::record::Recording;
use crate::story::{self, Story};

/// How an output is to look. Each format takes what concerns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that a person sets one by one")]
pub struct Options {
    /// The terminal's width, in columns.
    pub width: usize,
    /// Nothing but ASCII in the ladder.
    pub ascii: bool,
    /// Colours in the ladder.
    pub colour: bool,
    /// The ladder tells everything: what the lecturer says, every cause, every expectation, texts in full.
    pub verbose: bool,
    /// Stable ports, sequence numbers, process ids and times.
    pub normalize: bool,
    /// What a pcapng tells beside the packets.
    pub wireshark: Wireshark,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 100,
            ascii: false,
            colour: false,
            verbose: false,
            normalize: false,
            wireshark: Wireshark::Journal,
        }
    }
}

/// What a pcapng tells beside the packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wireshark {
    /// Calls as rows between the packets, and comments.
    #[default]
    Journal,
    /// Comments on packets, no rows.
    Comments,
    /// Packets alone, for students who are to find the story themselves.
    Plain,
}

/// Tells the story of a recording, normalized first where the options ask for that.
pub fn tell(recording: Recording, options: &Options) -> Story {
    story::tell(if options.normalize { super::normalize(recording) } else { recording })
}
