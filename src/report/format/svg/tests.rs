use std::collections::BTreeSet;

use proptest::prelude::*;
use roxmltree::Document;

use super::steps;
use crate::record::Recording;
use crate::report::layout::Layout;
use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
use crate::report::ties::Ties;
use crate::report::{Options, Theme, find, tell};

fn svg(recording: &Recording, options: &Options) -> String {
    String::from_utf8(super::write(&tell(recording.clone(), options), options)).unwrap()
}

fn ids(document: &Document<'_>) -> Vec<String> {
    let with_id = document.descendants().filter_map(|node| node.attribute("id"));
    with_id.map(str::to_owned).collect()
}

/// What makes an SVG safe and portable: valid XML, known elements, nothing that loads, runs or styles.
fn assert_plain(text: &str) {
    const ELEMENTS: [&str; 8] = ["svg", "title", "desc", "rect", "g", "path", "circle", "text"];
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(ELEMENTS.contains(&node.tag_name().name()), "{:?}", node.tag_name());
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(!name.starts_with("on") && name != "href" && name != "style", "{name}");
            assert!(!attribute.value().contains("url("), "{}", attribute.value());
        }
    }
    let ids = ids(&document);
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{ids:?}");
}

#[test]
fn every_event_is_a_group_with_its_id_and_a_title() {
    let text = svg(&broken_pipe().done(), &Options::default());
    let document = Document::parse(&text).unwrap();
    let of = |id: &str| document.descendants().find(|node| node.attribute("id") == Some(id)).unwrap();
    let child = |id: &str, name| of(id).children().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
    let title = |id: &str| child(id, ("http://www.w3.org/2000/svg", "title"));
    assert_eq!(title("c4"), Some("c4 client write(\"c\") → EPIPE ↖ p6 + SIGPIPE"));
    assert_eq!(title("p6"), Some("p6 server → client RST seq 2"));
    assert_eq!(title("c1"), Some("c1 client connect(server) …"));
    assert_eq!(title("c1-end"), Some("c1 client … connect = 0"));
    let said = child("c4", ("http://www.w3.org/2000/svg", "desc")).unwrap();
    assert!(said.starts_with("at 1201 µs; the RST p6 arrived in CLOSE_WAIT"), "{said}");
}

#[test]
fn themes_differ_in_colours_alone() {
    let of = |theme| svg(&proxy().done(), &Options { theme, ..Options::default() });
    let without_colours = |text: &str| {
        let mut parts = text.split('#');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + &part[6..])
    };
    let light = of(Theme::Light);
    for theme in [Theme::Dark, Theme::Mono] {
        let other = of(theme);
        assert_ne!(light, other);
        assert_eq!(without_colours(&light), without_colours(&other));
    }
}

#[test]
fn a_picture_up_to_an_event_ends_with_it() {
    let recording = broken_pipe().done();
    let story = tell(recording.clone(), &Options::default());
    let upto = |name| svg(&recording, &Options { upto: Some(find(&story, name).unwrap()), ..Options::default() });
    let whole = svg(&recording, &Options::default());
    let part = upto("p5");
    let ids = |text: &str| ids(&Document::parse(text).unwrap());
    assert_eq!(
        ids(&part),
        ids(&whole).into_iter().take_while(|id| id != "p6").chain(["why-c3".into()]).collect::<Vec<_>>()
    );
    assert_eq!(ids(&upto("c1")).last().unwrap(), "c1-end", "the call with its result");
    assert!(!part.contains("expectation"));
}

#[test]
fn every_step_shows_what_it_adds_in_one_size() {
    let recording = proxy().done();
    let story = tell(recording, &Options::default());
    let pictures: Vec<String> =
        steps(&story, &Options::default()).into_iter().map(|(_, svg)| String::from_utf8(svg).unwrap()).collect();
    assert_eq!(pictures.len(), story.recording.steps.len(), "each has room on one");
    let root = |text: &str| Document::parse(text).unwrap().root_element().attribute("viewBox").unwrap().to_owned();
    for (picture, run) in pictures.iter().zip(&story.recording.steps) {
        assert_plain(picture);
        assert_eq!(root(picture), root(&pictures[0]));
        let ties = Ties::new(&story);
        let layout = Layout::new(&ties);
        let own = layout.rows.iter().filter(|row| row.seen == run.step).filter_map(|row| row.event);
        let now = ids(&Document::parse(picture).unwrap());
        for event in own {
            let alias = &story.entries[event.0].alias;
            assert!(now.iter().any(|id| id.trim_end_matches("-end") == alias), "{alias} in {now:?}");
        }
    }
}

#[test]
fn as_fragments_everything_that_happens_comes_with_its_step() {
    let text = svg(&proxy().done(), &Options { fragments: true, ..Options::default() });
    let document = Document::parse(&text).unwrap();
    for node in document.descendants().filter(|node| node.attribute("id").is_some()) {
        assert_eq!(node.attribute("class"), Some("fragment"));
        assert!(node.attribute("data-fragment-index").unwrap().parse::<u32>().is_ok());
    }
    assert!(!svg(&proxy().done(), &Options::default()).contains("class="));
    assert_plain(&text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn hostile_texts_are_data(
        title in any::<String>(),
        client in any::<String>(),
        server in "[\u{0}-\u{ff}\u{202a}-\u{202e}\u{4e00}-\u{4e20}]{1,40}",
        payload in "\\PC{0,60}|[\u{0}-\u{a0}]{0,60}|</svg><script>.{0,9}|]]>.{0,9}|<!--.{0,9}",
        fragments: bool,
        verbose: bool,
    ) {
        let recording = broken_pipe_of(&title, [&client, &server], &payload).done();
        assert_plain(&svg(&recording, &Options { verbose, fragments, ..Options::default() }));
    }
}
