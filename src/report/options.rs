use crate::record::Recording;
use crate::story::{self, EventId, Story};

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
    /// Nothing that answers a question of the script.
    pub no_answers: bool,
    /// What a pcapng tells beside the packets.
    pub wireshark: Wireshark,
    /// The last event that a picture shows; none is the whole.
    pub upto: Option<EventId>,
    /// The colours of an SVG.
    pub theme: Theme,
    /// Everything that a step adds to an SVG is a fragment of reveal.js.
    pub fragments: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 100,
            ascii: false,
            colour: false,
            verbose: false,
            normalize: false,
            no_answers: false,
            wireshark: Wireshark::Journal,
            upto: None,
            theme: Theme::Light,
            fragments: false,
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

/// The colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on nearly black.
    Dark,
    /// Black and greys on white, for paper.
    Mono,
}

/// Tells the story of a recording, first without its answers and normalized where the options ask for that.
pub fn tell(recording: Recording, options: &Options) -> Story {
    let recording = if options.no_answers { super::withhold::withhold(recording) } else { recording };
    story::tell(if options.normalize { super::normalize(recording) } else { recording })
}
