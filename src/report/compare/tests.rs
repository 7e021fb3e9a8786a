use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::align::align;
use super::told::Step;
use super::{Comparison, FORMATS, Relation, by_name};
use crate::report::Options;
use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
use crate::story::{Story, tell};

const NAMES: [&str; 2] = ["client", "server"];

fn text(a: &Story, b: &Story, options: &Options) -> String {
    String::from_utf8((by_name("text").unwrap().write)(&Comparison::new(a, b), options)).unwrap()
}

/// A step by `client write("a")`: actor, call, the rest.
fn step(does: &'static str) -> Step {
    let mut words = does.split([' ', '(']);
    let actor = words.next().unwrap_or_default().to_owned();
    Step { does: does.to_owned(), actor, deed: words.next().unwrap_or_default(), ..Step::default() }
}

#[test]
fn a_story_is_the_same_as_itself() {
    let story = tell(broken_pipe().done());
    let comparison = Comparison::new(&story, &story);
    assert!(comparison.pairs.iter().all(|pair| pair.relation == Relation::Same));
    assert_eq!(comparison.explanation(), ["Both tell the same story, step by step."]);
    assert!(!text(&story, &story, &Options::default()).contains('▼'));
}

#[test]
fn other_bytes_are_another_deed_and_the_rest_is_the_same() {
    let (a, b) = (tell(broken_pipe_of("x", NAMES, "b").done()), tell(broken_pipe_of("x", NAMES, "zz").done()));
    let comparison = Comparison::new(&a, &b);
    let relations: Vec<Relation> = comparison.pairs.iter().map(|pair| pair.relation).collect();
    let mut expected = vec![Relation::Same; a.recording.steps.len()];
    expected[6] = Relation::OtherDeed;
    assert_eq!(relations, expected);
    assert!(
        comparison.explanation()[0].starts_with("What is done differs first here: in A step 7, client write(\"b\");")
    );
}

fn recorded(timeline: &[u8]) -> Story {
    tell(crate::report::format::json::read(timeline).unwrap())
}

/// Two FINs that differ in nothing but the state that they lead to: that is what is told, not twice the same cause.
#[test]
fn states_that_differ_are_named() {
    let a = recorded(include_bytes!("../../../tests/recordings/half-close.json"));
    let b = recorded(include_bytes!("../../../tests/recordings/graceful-close.json"));
    let said = Comparison::new(&a, &b).explanation();
    assert!(said[1].contains("FIN,ACK seq 7 (server LAST_ACK, client TIME_WAIT) – in B"), "{said:#?}");
    assert!(said[1].contains("FIN,ACK seq 4 (server FIN_WAIT1, client CLOSE_WAIT)."), "{said:#?}");
    assert!(said[2].starts_with("A, server LAST_ACK after p6: the peer closed, then we did"), "{said:#?}");
    assert!(said[4].starts_with("B, server FIN_WAIT1 after p4: our FIN is sent"), "{said:#?}");
    assert_eq!(said.len(), 6, "{said:#?}");
}

#[test]
fn a_step_that_only_one_has_moves_no_other() {
    let a: Vec<Step> = ["s listen", "c connect", "c write(1)", "s read(1)", "s close"].map(step).into();
    let b: Vec<Step> = ["s listen", "c connect", "s accept", "c write(1)", "s close"].map(step).into();
    let pairs = align(&a, &b);
    let expected = [
        (Some(0), Some(0)),
        (Some(1), Some(1)),
        (None, Some(2)),
        (Some(2), Some(3)),
        (Some(3), None),
        (Some(4), Some(4)),
    ];
    assert_eq!(pairs, expected);
    let other_argument = align(&a, &["s listen", "c connect", "c write(2)", "s read(1)", "s close"].map(step));
    assert!(other_argument.iter().all(|(a, b)| a == b));
}

#[test]
fn very_long_stories_are_paired_by_place() {
    let long = |does, size| (0..size).map(|_| step(does)).collect::<Vec<_>>();
    let pairs = align(&long("c write(1)", 30_000), &long("c write(2)", 30_001));
    assert_eq!(pairs.len(), 30_001);
    assert_eq!(pairs[29_999], (Some(29_999), Some(29_999)));
    assert_eq!(pairs[30_000], (None, Some(30_000)));
}

#[test]
fn stories_with_other_actors_still_compare() {
    let (a, b) = (tell(broken_pipe().done()), tell(proxy().done()));
    for format in FORMATS {
        assert!(!(format.write)(&Comparison::new(&a, &b), &Options::default()).is_empty(), "{}", format.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_step_is_in_one_pair_and_in_order(
        a in prop::collection::vec(prop::sample::select(vec!["c write(1)", "c write(2)", "c read", "s read", "s close"]), 0..12),
        b in prop::collection::vec(prop::sample::select(vec!["c write(1)", "c write(2)", "c read", "s read", "s close"]), 0..12),
    ) {
        let (a, b): (Vec<Step>, Vec<Step>) = (a.into_iter().map(step).collect(), b.into_iter().map(step).collect());
        let pairs = align(&a, &b);
        prop_assert!(pairs.iter().filter_map(|(a, _)| *a).eq(0..a.len()));
        prop_assert!(pairs.iter().filter_map(|(_, b)| *b).eq(0..b.len()));
        prop_assert!(pairs.iter().all(|(a, b)| a.is_some() || b.is_some()));
    }

    #[test]
    fn hostile_texts_are_data_in_every_output(
        title in any::<String>(),
        name in "[\u{0}-\u{ff}\u{202a}-\u{202e}]{1,20}",
        payload in "</script><b>.{0,9}|\\PC{0,40}",
        width in 40_usize..160,
        ascii: bool,
    ) {
        let (a, b) = (tell(broken_pipe().done()), tell(broken_pipe_of(&title, [&name, "server"], &payload).done()));
        let comparison = Comparison::new(&a, &b);
        let options = Options { width, ascii, ..Options::default() };
        for format in FORMATS {
            let text = String::from_utf8((format.write)(&comparison, &options)).unwrap();
            prop_assert!(format.name == "json" || !text.contains(|c: char| c.is_control() && c != '\n'));
            match format.name {
                "text" => {
                    prop_assert!(text.lines().all(|line| line.width() <= width));
                    prop_assert!(!ascii || text.is_ascii());
                }
                "svg" => prop_assert!(roxmltree::Document::parse(&text).is_ok()),
                "json" => prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok()),
                _ => prop_assert!(text.matches("<script").count() == 2 && !text.contains("<b>")),
            }
        }
    }
}
