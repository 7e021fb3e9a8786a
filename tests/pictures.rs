//! Pictures and documents of recorded timelines: no privilege, no kernel, no clock.
//!
//! Mermaid and Markdown of every recording are snapshots, and so are a few SVGs; all of them are held against the layout and against
//! each other. `INSTA_UPDATE=always` writes the snapshots again.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

#[path = "support/recorded.rs"]
mod recorded;

use std::collections::BTreeSet;

use recorded::{stories, write};
use roxmltree::Document;
use tcpstory::report::format::svg;
use tcpstory::report::layout::Layout;
use tcpstory::report::ties::Ties;
use tcpstory::report::{Options, Theme};
use tcpstory::story::{EventId, Story};

/// The lessons whose SVG is kept: one that everybody sees first, two wires, and a wait that is folded.
const KEPT: [&str; 3] = ["broken-pipe", "upstream-prematurely-closed", "read-timeout"];

fn text(format: &str, story: &Story) -> String {
    String::from_utf8(write(format, story, &Options::default())).unwrap()
}

/// The short ids of the events that a picture shows, each once.
fn shown(story: &Story) -> BTreeSet<String> {
    let layout = Layout::new(&Ties::new(story));
    layout.rows.iter().filter_map(|row| row.event).map(|EventId(place)| story.entries[place].alias.clone()).collect()
}

#[test]
fn documents_are_as_they_were() {
    for (name, story) in stories() {
        insta::assert_snapshot!(format!("{name}_mermaid"), text("mermaid", &story));
        insta::assert_snapshot!(format!("{name}_markdown"), text("markdown", &story));
    }
}

#[test]
fn pictures_are_as_they_were() {
    for (name, story) in stories().into_iter().filter(|(name, _)| KEPT.contains(&name.as_str())) {
        insta::assert_snapshot!(format!("{name}_svg"), text("svg", &story));
    }
}

#[test]
fn every_output_shows_the_same_events() {
    for (name, story) in stories() {
        let expected = shown(&story);
        let picture = text("svg", &story);
        let document = Document::parse(&picture).unwrap();
        let ids = document.descendants().filter_map(|node| node.attribute("id"));
        let events = ids.filter(|id| !id.starts_with("why-")).map(|id| id.trim_end_matches("-end").to_owned());
        assert_eq!(events.collect::<BTreeSet<_>>(), expected, "{name}");
        for format in ["ladder", "mermaid", "markdown"] {
            let text = text(format, &story);
            let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
            let missing: Vec<_> = expected.iter().filter(|alias| !words.contains(alias.as_str())).collect();
            assert!(missing.is_empty(), "{name} as {format} lacks {missing:?}");
        }
    }
}

#[test]
fn every_segment_is_an_arrow_in_every_picture() {
    for (name, story) in stories() {
        let segments = story.recording.frames.len();
        let arrows = text("mermaid", &story).lines().filter(|line| line.contains(">>A")).count();
        assert_eq!(arrows, segments, "{name}");
        let picture = text("svg", &story);
        assert_eq!(picture.matches("rotate(").count(), segments, "{name}");
    }
}

#[test]
fn each_step_is_a_valid_picture_in_every_theme() {
    for (name, story) in stories() {
        for theme in [Theme::Light, Theme::Dark, Theme::Mono] {
            let options = Options { theme, ..Options::default() };
            let pictures = svg::steps(&story, &options);
            assert_eq!(pictures.len(), story.recording.steps.len(), "{name}");
            for (_, picture) in pictures {
                Document::parse(std::str::from_utf8(&picture).unwrap()).unwrap();
            }
        }
    }
}
