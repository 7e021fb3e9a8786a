//! Pictures and documents of recorded timelines: no privilege, no kernel, no clock.
//!
//! Mermaid, Markdown and SVG of some recordings are snapshots; those of all are held against the layout and against each other. `INSTA_UPDATE=always` writes the snapshots again.

#![expect(clippy::unwrap_used, reason = "what is missing in a test is a failure of the test")]

#[path = "support/recorded.rs"]
mod recorded;
#[path = "../benches/recordings/mod.rs"]
#[expect(dead_code, reason = "benchmarks need more of it")]
mod recordings;

use std::collections::{BTreeMap, BTreeSet};

use recorded::{stories, write};
use roxmltree::Document;
use tcpstory::report::compare::{self, Comparison};
use tcpstory::report::format::svg;
use tcpstory::report::layout::Layout;
use tcpstory::report::ties::Ties;
use tcpstory::report::{Options, Theme};
use tcpstory::story::{EventId, Story, Told};

/// The lessons whose SVG is kept: one that everybody sees first, two wires, and a wait that is folded.
const KEPT: [&str; 3] = ["broken-pipe", "upstream-prematurely-closed", "read-timeout"];

/// Those whose documents are kept, too: a death, a second connection, and another error.
const DOCUMENTS: [&str; 3] = ["sigpipe-kills", "handle-reconnect", "connection-reset-on-read"];

fn text(format: &str, story: &Story) -> String {
    String::from_utf8(write(format, story, &Options::default())).unwrap()
}

/// The short ids of the events that a picture shows, each once.
fn shown(story: &Story) -> BTreeSet<String> {
    let layout = Layout::new(&Ties::new(story));
    layout.rows.iter().filter_map(|row| row.event).map(|EventId(place)| story.entries[place].alias.clone()).collect()
}

const NAMESPACE: &str = "http://www.w3.org/2000/svg";

#[test]
fn documents_are_as_they_were() {
    let is_kept = |name: &str| KEPT.contains(&name) || DOCUMENTS.contains(&name);
    for (name, story) in stories().into_iter().filter(|(name, _)| is_kept(name)) {
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
        let diagram = text("mermaid", &story);
        let count = |head: &str| diagram.lines().filter(|line| line.contains(head)).count();
        assert_eq!(count(">>A") + count("-xA"), segments, "{name}");
        // A full backlog drops the SYN of the second connection, each time that it is sent; nothing else is known to be dropped.
        let dropped = if name == "connect-times-out" { 3 } else { 0 };
        let crosses = text("ladder", &story).matches('✕').count();
        assert_eq!((count("-xA"), crosses), (dropped, dropped), "{name}");
        let picture = text("svg", &story);
        let document = Document::parse(&picture).unwrap();
        let arrows = document.descendants().filter(|node| node.attribute("id").is_some_and(|id| flies(&story, id)));
        let shafts = arrows.filter(|group| {
            let mut lines = group.children().filter_map(|node| node.attribute("d"));
            lines.next().is_some_and(|d| d.starts_with('M') && d.contains('L'))
        });
        assert_eq!(shafts.count(), segments, "{name}");
    }
}

/// Whether a short id is that of a segment.
fn flies(story: &Story, alias: &str) -> bool {
    let entry = story.entries.iter().find(|entry| entry.alias == alias);
    entry.is_some_and(|entry| matches!(entry.told, Told::Segment(_)))
}

#[test]
fn each_step_is_a_valid_picture_in_every_theme() {
    for (name, story) in stories() {
        for theme in [Theme::Light, Theme::Dark, Theme::Mono] {
            let options = Options { theme, ..Options::default() };
            let pictures = svg::steps(&story, &options);
            let steps: BTreeSet<_> = pictures.iter().map(|(step, _)| *step).collect();
            assert_eq!(steps.len(), story.recording.steps.len(), "{name}");
            for (_, picture) in pictures {
                Document::parse(std::str::from_utf8(&picture).unwrap()).unwrap();
            }
        }
    }
}

/// The fragments come in the order of the steps, the slides of a step show all of what has come with it, and together they are the
/// whole.
#[test]
fn fragments_come_step_by_step_to_the_whole_picture() {
    let options = Options { fragments: true, ..Options::default() };
    for (name, story) in stories() {
        let fragments = String::from_utf8(write("svg", &story, &options)).unwrap();
        let document = Document::parse(&fragments).unwrap();
        let index = |node: &roxmltree::Node<'_, '_>| {
            node.attribute("data-fragment-index").map(|at| at.parse::<usize>().unwrap())
        };
        let rows: Vec<_> = document
            .descendants()
            .filter_map(|node| Some((index(&node)?, node.attribute("id").filter(|id| !id.starts_with("why-"))?)))
            .collect();
        assert!(rows.is_sorted_by_key(|(step, _)| step) && !rows.is_empty(), "{name}: {rows:?}");
        for slides in svg::steps(&story, &Options::default()).chunk_by(|(one, _), (next, _)| one == next) {
            let step = slides[0].0.0;
            let seen: Vec<_> = rows.iter().filter(|(at, _)| *at <= step).map(|(_, id)| *id).collect();
            let own: BTreeSet<_> = rows.iter().filter(|(at, _)| *at == step).map(|(_, id)| (*id).to_owned()).collect();
            let mut shown = BTreeSet::new();
            for (place, (_, picture)) in slides.iter().enumerate() {
                let text = std::str::from_utf8(picture).unwrap();
                let ids = ids_of_rows(text);
                let until =
                    seen.iter().position(|id| Some(*id) == ids.last().map(String::as_str)).map_or(0, |at| at + 1);
                assert!(
                    seen[..until].ends_with(&ids.iter().map(String::as_str).collect::<Vec<_>>()),
                    "{name}: {ids:?}"
                );
                assert_eq!(until < seen.len(), place + 1 < slides.len(), "{name}: the last slide ends with the step");
                // What is left out is told.
                assert_eq!(ids.len() < until, text.contains(" above</text>"), "{name}, step {}", step + 1);
                assert_eq!(until < seen.len(), text.contains(" on the next slide</text>"), "{name}, step {}", step + 1);
                shown.extend(ids);
            }
            assert!(own.is_subset(&shown), "{name}, step {}: {own:?} in {shown:?}", step + 1);
        }
        assert_eq!(pieces(&document), pieces(&Document::parse(&text("svg", &story)).unwrap()), "{name}");
    }
}

/// The ids of what happens in a picture, from above to below.
fn ids_of_rows(picture: &str) -> Vec<String> {
    let document = Document::parse(picture).unwrap();
    let ids = document.descendants().filter_map(|node| node.attribute("id"));
    ids.filter(|id| !id.starts_with("why-")).map(str::to_owned).collect()
}

/// All type of a slide is at least 16 pixels high on a screen of 1280 by 720, where there are not too many actors for it.
#[test]
fn slides_are_legible() {
    for (name, story) in stories().into_iter().filter(|(_, story)| story.recording.actors.len() <= 3) {
        for (step, picture) in svg::steps(&story, &Options::default()) {
            let document = Document::parse(std::str::from_utf8(&picture).unwrap()).unwrap();
            let root = document.root_element();
            let size =
                |node: &roxmltree::Node<'_, '_>, name| node.attribute(name).map(|size| size.parse::<f64>().unwrap());
            let [width, height] = ["width", "height"].map(|name| size(&root, name).unwrap());
            let scale = f64::min(1280.0 / width, 720.0 / height);
            let texts = root.descendants().filter(|node| node.has_tag_name((NAMESPACE, "text")));
            let least = texts.map(|text| size(&text, "font-size").or(size(&root, "font-size")).unwrap());
            let least = least.fold(f64::INFINITY, f64::min) * scale;
            assert!(least >= LEAST_TYPE, "{name}, step {}: {least:.1} px, {width} by {height}", step.0 + 1);
        }
    }
}

const LEAST_TYPE: f64 = 16.0;

/// Every element with what it says. Upright lines and the bars of calls come in one piece for each step; what counts is where something is
/// drawn, and how it is in the end.
fn pieces(document: &Document<'_>) -> BTreeMap<String, Vec<(i32, i32)>> {
    let mut pieces: BTreeMap<String, Vec<(i32, i32)>> = BTreeMap::new();
    for node in document.descendants().filter(|node| node.is_element() && !is_around_a_piece(node)) {
        let bar = bar(&node);
        let left_out = if bar.is_some() {
            &["y", "height", "fill", "stroke", "stroke-width", "stroke-dasharray"][..]
        } else {
            &[]
        };
        let attributes = node.attributes().filter(|one| !["class", "data-fragment-index", "d"].contains(&one.name()));
        let attributes = attributes.filter(|one| !left_out.contains(&one.name()));
        let attributes: Vec<_> = attributes.map(|one| format!("{}={:?}", one.name(), one.value())).collect();
        let said =
            format!("{} {} {}", node.tag_name().name(), attributes.join(" "), node.text().unwrap_or_default().trim());
        let path = node.attribute("d").unwrap_or_default();
        let upright = path.strip_prefix('M').and_then(|path| path.split_once([' ', 'V'])).and_then(|(x, rest)| {
            let (begin, end) = rest.split_once('V')?;
            Some((x, (begin.parse::<i32>().ok()?, end.parse::<i32>().ok()?)))
        });
        match (bar, upright) {
            (Some(extent), _) => pieces.entry(format!("at a bar: {said}")).or_default().push(extent),
            (_, Some((x, extent))) => pieces.entry(format!("at {x}: {said}")).or_default().push(extent),
            _ => pieces.entry(format!("{said} {path}")).or_default().push((0, 0)),
        }
    }
    for (said, extents) in pieces.iter_mut().filter(|(said, _)| said.starts_with("at ")) {
        extents.sort_unstable();
        extents.dedup_by(|next, last| {
            let joins = next.0 <= last.1;
            last.1 = if joins { last.1.max(next.1) } else { last.1 };
            joins
        });
        assert!(extents.iter().all(|(begin, end)| begin <= end), "{said}: {extents:?}");
    }
    pieces
}

/// From where to where the bar of a call reaches, of which this is a piece.
fn bar(node: &roxmltree::Node<'_, '_>) -> Option<(i32, i32)> {
    let is_bar = node.has_tag_name((NAMESPACE, "rect")) && node.attribute("width") == Some("8") && !in_a_row(node);
    let number = |name| node.attribute(name)?.parse::<i32>().ok();
    let (y, height) = (number("y")?, number("height")?);
    is_bar.then_some((y, y + height))
}

fn in_a_row(node: &roxmltree::Node<'_, '_>) -> bool {
    node.parent().is_some_and(|parent| parent.attribute("id").is_some())
}

/// What is drawn around a piece: a group that is a fragment, and the outline of a bar, which is open where the bar goes on.
fn is_around_a_piece(node: &roxmltree::Node<'_, '_>) -> bool {
    let is_group = node.has_tag_name((NAMESPACE, "g")) && node.attribute("id").is_none();
    let is_outline =
        node.has_tag_name((NAMESPACE, "path")) && node.attribute("fill") == Some("none") && !in_a_row(node);
    is_group || is_outline
}

#[test]
fn two_lessons_beside_each_other() {
    let stories = stories();
    let (a, b) = (&stories["broken-pipe"], &stories["connection-reset-on-read"]);
    let comparison = Comparison::new(a, b);
    let text = |name: &str, width| {
        let options = Options { width, ..Options::default() };
        String::from_utf8((compare::by_name(name).unwrap().write)(&comparison, &options)).unwrap()
    };
    insta::assert_snapshot!("compare_120", text("text", 120));
    insta::assert_snapshot!("compare_60", text("text", 60));
    insta::assert_snapshot!("compare_json", text("json", 100));
}

/// Rows that belong together stand at the same height.
#[test]
fn pairs_of_steps_are_level_in_the_picture() {
    let stories = stories();
    let (a, b) = (&stories["broken-pipe"], &stories["connection-reset-on-read"]);
    let picture = (compare::by_name("svg").unwrap().write)(&Comparison::new(a, b), &Options::default());
    let picture = String::from_utf8(picture).unwrap();
    let document = Document::parse(&picture).unwrap();
    let height = |id: &str| -> i32 {
        let group = document.descendants().find(|node| node.attribute("id") == Some(id)).unwrap();
        let text = group.children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text"))).unwrap();
        text.attribute("y").unwrap().parse().unwrap()
    };
    for alias in ["s1", "c1", "s2", "c2", "s3", "s4", "c3", "c4"] {
        assert_eq!(height(&format!("a-{alias}")), height(&format!("b-{alias}")), "{alias}");
    }
    assert_eq!(picture.matches("the first difference").count(), 1);
}

/// Every two of them: whatever they have in common, nothing is lost and everything is valid.
#[test]
fn any_two_stories_compare() {
    let stories = stories();
    for (name, a) in &stories {
        for (other, b) in &stories {
            let comparison = Comparison::new(a, b);
            let json = (compare::by_name("json").unwrap().write)(&comparison, &Options::default());
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            for (side, story) in [("a", a), ("b", b)] {
                let steps = json["steps"].as_array().unwrap().iter().filter_map(|pair| pair[side]["step"].as_u64());
                assert!(steps.eq(0..story.recording.steps.len() as u64), "{side} of {name} and {other}");
            }
            assert_eq!(json["same"], name == other, "{name} and {other}");
        }
    }
}

/// What is written of a story grows with its events and no faster: twice as many steps, each with its events, make it at most a little more
/// than twice as long.
#[test]
fn outputs_grow_with_the_story() {
    let [small, large] = [600, 1_200].map(|events| tcpstory::story::tell(recordings::of_steps(events)));
    let [few, many] = [&small, &large].map(|story| story.recording.events.len());
    for format in ["html", "json", "svg", "markdown", "mermaid"] {
        let [a, b] = [&small, &large].map(|story| write(format, story, &Options::default()).len());
        assert!(10 * b * few < 11 * a * many, "{format}: {a} bytes of {few} events, {b} of {many}");
    }
}
