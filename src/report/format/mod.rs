//! One file per output, and the table of them.

pub(in crate::report) mod html;
pub mod json;
pub mod ladder;
mod markdown;
mod mermaid;
mod pcap;
mod pcapng;
pub mod svg;

use super::Options;
use crate::story::Story;

/// An output: a pure function from a story to bytes.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name for `--format`.
    pub name: &'static str,
    /// The extension that asks for it, without a dot.
    pub extension: &'static str,
    /// What it is, in a few words, for help and documentation.
    pub description: &'static str,
    /// Whether it is for a terminal: text, not bytes.
    pub is_text: bool,
    /// Whether several stories may stand behind each other in one stream. A page, a picture or a capture is a document, and holds one.
    pub can_follow: bool,
    /// Writes a story.
    pub write: fn(&Story, &Options) -> Vec<u8>,
}

/// Every format. The first is the one for standard output where nothing else is asked for.
pub const FORMATS: &[Format] = &[
    Format {
        name: "ladder",
        extension: "txt",
        description: "the story as a ladder for the terminal",
        is_text: true,
        can_follow: true,
        write: ladder::write,
    },
    Format {
        name: "json",
        extension: "json",
        description: "the timeline: recording and story, for other programs and for tcpstory render",
        is_text: true,
        can_follow: true,
        write: json::write,
    },
    Format {
        name: "html",
        extension: "html",
        description: "an interactive page to step through: one file, no network, also a table without JavaScript",
        is_text: true,
        can_follow: false,
        write: html::write,
    },
    Format {
        name: "svg",
        extension: "svg",
        description: "the story as a picture, for slides and documents",
        is_text: true,
        can_follow: false,
        write: svg::write,
    },
    Format {
        name: "mermaid",
        extension: "mmd",
        description: "the story as a Mermaid sequence diagram, for wikis and READMEs",
        is_text: true,
        can_follow: false,
        write: mermaid::write,
    },
    Format {
        name: "markdown",
        extension: "md",
        description: "a section for each step: what is said, asked, done and explained, for notes",
        is_text: true,
        can_follow: true,
        write: markdown::write,
    },
    Format {
        name: "pcap",
        extension: "pcap",
        description: "the packets alone, as a classic capture",
        is_text: false,
        can_follow: false,
        write: pcap::write,
    },
    Format {
        name: "pcapng",
        extension: "pcapng",
        description: "a capture for Wireshark, with comments, names and the calls between the packets",
        is_text: false,
        can_follow: false,
        write: pcapng::write,
    },
];

/// The format with that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format that a file's extension asks for; upper and lower case are the same.
pub fn by_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extension.eq_ignore_ascii_case(extension))
}
