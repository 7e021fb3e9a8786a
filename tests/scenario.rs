//! The author's file: golden diagnostics, the shipped scenarios, the schema, and hostile input.

#[path = "support/bless.rs"]
mod bless;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bless::is_blessing;
use proptest::prelude::*;
use proptest::sample::Index;
use tcpstory::record::Script;
use tcpstory::scenario::{self, Diagnostic, MAX_BYTES, SourceText, builtin};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(root().join(folder))
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)))
        .collect();
    files.sort();
    files
}

/// Compares with a file, or writes it when blessing.
fn golden(path: &Path, actual: &str) -> Result<(), String> {
    if is_blessing() {
        fs::write(path, actual).expect("the golden can be written");
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let path = path.strip_prefix(root()).expect("goldens are inside the repository").display();
    Err(format!("{path} differs (TCPSTORY_BLESS=1 writes it anew)\n--- expected\n{expected}\n--- actual\n{actual}"))
}

#[test]
fn wrong_files_get_the_diagnostics_of_their_golden_twin() {
    let wrong = files("tests/scenario", &["toml", "json"]);
    assert!(wrong.len() > 50, "the goldens are gone");
    let mut differing = Vec::new();
    for path in wrong {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        let shown = match scenario::parse(&SourceText { path: name, bytes: &bytes }) {
            Ok(_) => panic!("{name} is accepted"),
            Err(diagnostics) => diagnostics.iter().map(|wrong| wrong.render(false)).collect::<Vec<_>>().join("\n"),
        };
        differing.extend(golden(&path.with_extension("stderr"), &shown).err());
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_golden_has_its_file() {
    for golden in files("tests/scenario", &["stderr"]) {
        let twins = ["toml", "json"].map(|extension| golden.with_extension(extension).exists());
        assert!(twins.contains(&true), "{} has no scenario", golden.display());
    }
}

#[test]
fn the_shipped_schema_is_the_one_of_the_parser() {
    let schema = serde_json::to_string_pretty(&scenario::schema()).unwrap() + "\n";
    golden(&root().join("schema/scenario.schema.json"), &schema).unwrap();
}

#[test]
fn the_embedded_scenarios_are_those_of_the_folder() {
    let mut embedded: Vec<_> = builtin::all().map(|builtin| root().join("scenarios").join(builtin.path)).collect();
    embedded.sort();
    let mut shipped = files("scenarios", &["toml", "json"]);
    for folder in fs::read_dir(root().join("scenarios")).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            shipped.extend(files(folder.to_str().unwrap(), &["toml", "json"]));
        }
    }
    shipped.sort();
    assert_eq!(embedded, shipped);
}

#[test]
fn scenarios_are_found_by_their_bare_names() {
    let names: BTreeSet<_> = builtin::all().map(|builtin| builtin.name).collect();
    assert_eq!(names.len(), builtin::all().count(), "two scenarios have one name");
    let numbers: Vec<_> = builtin::chapters().map(builtin::Chapter::number).collect();
    assert!(numbers.is_sorted() && numbers[0] == 1, "{numbers:?}");
    for chapter in builtin::chapters() {
        assert!(!chapter.lessons.is_empty(), "{} is empty", chapter.folder);
        for lesson in chapter.lessons {
            assert_eq!(builtin::get(lesson.name).map(|found| found.path), Some(lesson.path));
            assert_eq!(builtin::chapter_of(lesson.name).map(|found| found.folder), Some(chapter.folder));
        }
    }
}

#[test]
fn every_shipped_scenario_is_right() {
    for builtin in builtin::all() {
        let script = builtin.parse().unwrap_or_else(|wrong| {
            panic!("{}", wrong.iter().map(|wrong| wrong.render(false)).collect::<Vec<_>>().join("\n"))
        });
        assert_eq!(script.id, builtin.name);
        assert!(!script.summary.is_empty() && !script.goals.is_empty() && !script.tags.is_empty(), "{}", builtin.name);
        assert!(builtin.text.starts_with("#:schema ../../schema/scenario.schema.json\n"), "{}", builtin.name);
    }
}

#[test]
fn lessons_of_every_chapter_ask_and_say_why_a_wrong_answer_is_tempting() {
    let mut places = [0_u32; 4];
    let (mut asking, mut free) = (0, 0);
    for chapter in builtin::chapters() {
        let scripts: Vec<_> = chapter.lessons.iter().map(|lesson| lesson.parse().unwrap()).collect();
        let asks = |script: &&Script| script.steps.iter().any(|step| step.predict.is_some());
        asking += scripts.iter().filter(asks).count();
        assert!(scripts.iter().any(|script| asks(&script)), "{} asks nothing", chapter.folder);
        for question in scripts.iter().flat_map(|script| &script.steps).filter_map(|step| step.predict.as_ref()) {
            if question.choices.is_empty() {
                free += 1;
                continue;
            }
            let stated = question.choices.iter().position(|choice| choice.stated);
            places[stated.unwrap_or_else(|| panic!("{}: no answer is stated", question.text))] += 1;
            for wrong in question.choices.iter().filter(|choice| !choice.stated) {
                assert!(wrong.tempting.is_some(), "{}: {wrong:?}", question.text);
            }
        }
    }
    assert!(asking >= 35, "only {asking} lessons ask");
    assert!(free >= 4, "only {free} questions leave the answer to the reader");
    assert!(places[..3].iter().all(|place| *place >= 10), "the answer stands too often at one place: {places:?}");
}

#[test]
fn the_reference_in_the_readme_is_the_one_of_the_tables() {
    const BEGIN: &str = "<!-- reference: made by `TCPSTORY_BLESS=1 cargo test --test scenario` -->\n";
    const END: &str = "<!-- end of the reference -->\n";
    let path = root().join("scenarios/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    golden(&path, &format!("{before}{BEGIN}\n{}\n{END}{after}", scenario::reference())).unwrap();
}

#[test]
fn the_examples_of_the_readme_are_right() {
    let readme = fs::read_to_string(root().join("scenarios/README.md")).unwrap();
    let examples: Vec<_> = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 2, "the examples are gone");
    let opened = &examples[0][..examples[0].find("[[step]]\nby = \"server\"\ndo = \"close\"").unwrap()];
    for example in examples {
        // A whole file begins with its title; other examples go on after the first connection.
        let text = if example.starts_with("title") { example.to_owned() } else { format!("{opened}{example}") };
        let wrong =
            scenario::parse(&SourceText { path: "README.toml", bytes: text.as_bytes() }).err().unwrap_or_default();
        assert!(wrong.is_empty(), "{}", wrong.iter().map(|wrong| wrong.render(false)).collect::<String>());
    }
}

/// A TOML file as the schema sees it.
fn as_json(text: &str) -> Option<serde_json::Value> {
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

#[test]
fn every_shipped_scenario_fits_the_schema() {
    let validator = jsonschema::draft202012::new(&scenario::schema()).unwrap();
    for builtin in builtin::all() {
        let errors: Vec<_> =
            validator.iter_errors(&as_json(builtin.text).unwrap()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {}", builtin.name, errors.join("\n"));
    }
}

#[test]
fn the_schema_is_one() {
    jsonschema::draft202012::meta::validate(&scenario::schema()).unwrap();
}

/// What only the parser can know: who exists at a step, what a call returns, what is TOML.
const BEYOND_THE_SCHEMA: &[&str] = &[
    "actor-misspelled",
    "actor-unknown",
    "because-",
    "blocks-",
    "expect-returns-of",
    "expect-returns-too-many",
    "expect-empty-text",
    "expect-exit-of-nobody",
    "expect-signal-ignored",
    "expect-sigpipe-ignored",
    "expect-within-zero",
    "expect-without-call",
    "duration-too-long",
    "epoll-returns-of-poll",
    "dup-of-an-open-name",
    "finish-",
    "pair-connects",
    "pair-open-name",
    "pair-option-of-tcp",
    "pair-with-a-socket",
    "fork-",
    "vanish-of-",
    "vanish-unknown-actor",
    "one-of-story-without-stories",
    "one-of-unknown-story",
    "starts-twice",
    "starts-with-outcome",
    "option-not-whole",
    "option-time-out-of-range",
    "option-user-timeout-not-whole",
    "kill-unknown-actor",
    "pattern-before-connect",
    "predict-against-the-step",
    "predict-equal-choices",
    "predict-started-call",
    "predict-without-a-call",
    "pattern-strangers",
    "socket-",
    "target-family",
    "target-nobody-listens",
    "target-several",
];

#[test]
fn the_schema_refuses_what_a_schema_can() {
    let validator = jsonschema::draft202012::new(&scenario::schema()).unwrap();
    let mut seen = 0;
    for path in files("tests/scenario", &["toml"]) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let Some(json) = fs::read_to_string(&path).ok().and_then(|text| as_json(&text)) else { continue };
        let beyond = BEYOND_THE_SCHEMA.iter().any(|prefix| name.starts_with(prefix));
        seen += usize::from(!beyond);
        // Both ways: a case on the list that the schema refuses after all must leave the list.
        assert_eq!(validator.is_valid(&json), beyond, "{name}");
    }
    assert!(seen > 30, "only {seen} wrong files were shown to the schema");
}

/// A script without what depends on the text it was read from.
fn without_places(script: &Script) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.retain(|key, _| key != "line");
                map.values_mut().for_each(strip);
                if let Some(serde_json::Value::Array(states)) = map.get_mut("state") {
                    states.sort_by_key(ToString::to_string); // a table has no order
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(script).expect("a script is plain data");
    strip(&mut value);
    value.as_object_mut().expect("a script is an object").remove("source");
    value
}

#[test]
fn json_says_the_same_as_toml() {
    for builtin in builtin::all() {
        let json = serde_json::to_string_pretty(&as_json(builtin.text).unwrap()).unwrap();
        let path = format!("{}.json", builtin.name);
        let from_json = scenario::parse(&SourceText { path: &path, bytes: json.as_bytes() })
            .unwrap_or_else(|wrong| panic!("{}", wrong[0].render(false)));
        assert_eq!(without_places(&from_json), without_places(&builtin.parse().unwrap()), "{}", builtin.name);
    }
}

/// Reads hostile bytes and holds what must be true of every answer.
fn hostile(path: &str, bytes: &[u8]) {
    match scenario::parse(&SourceText { path, bytes }) {
        Ok(script) => assert!(!script.steps.is_empty()),
        Err(wrong) => {
            assert!(!wrong.is_empty(), "an error without a diagnostic");
            for wrong in &wrong {
                is_presentable(wrong, bytes);
            }
        }
    }
}

fn is_presentable(wrong: &Diagnostic, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = if bytes.len() > MAX_BYTES { "" } else { &text };
    let line = text.split('\n').nth(wrong.line as usize - 1).expect("the line is in the file");
    let width = line.trim_end_matches('\r').chars().count();
    assert!(wrong.column >= 1 && wrong.column as usize <= width + 1, "column {} of {width}", wrong.column);
    assert!((wrong.column + wrong.length) as usize <= width + 1, "marked beyond the line");
    let shown = wrong.render(false);
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "control characters are shown: {shown:?}");
    assert!(shown.len() < 8_000, "{} bytes are shown", shown.len());
}

/// A change that a slip of the hand or malice makes to a file.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Delete(Index, usize),
    Insert(Index, String),
    SwapLines(Index, Index),
    RepeatLine(Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let words = "(\\[\\[step\\]\\]|\\[network\\]|do\\.[a-z]{4,8} = |by = |\"[a-z.>']{0,9}\"|\\{|\\}|\\[|\\]|=|,|\n|[0-9]{1,20}|\\PC{1,3})";
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, size)| Edit::Delete(at, size)),
        (any::<Index>(), words).prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
        (any::<Index>(), 1..4_usize).prop_map(|(at, times)| Edit::RepeatLine(at, times)),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Replace(at, byte) => *at.get_mut(bytes) = *byte,
            Self::Delete(at, size) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + size).min(bytes.len()));
            }
            Self::Insert(at, text) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, text.bytes());
            }
            Self::SwapLines(one, other) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
                *bytes = lines.join(&b'\n');
            }
            Self::RepeatLine(at, times) => {
                let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
                let at = at.index(lines.len());
                for _ in 0..*times {
                    lines.insert(at, lines[at]);
                }
                *bytes = lines.join(&b'\n');
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        hostile("any.toml", &bytes);
        hostile("any.json", &bytes);
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        hostile("any.toml", text.as_bytes());
        hostile("any.json", text.as_bytes());
    }

    #[test]
    fn a_changed_lesson_is_answered(which in any::<Index>(), edits in prop::collection::vec(edit(), 1..8)) {
        let all: Vec<_> = builtin::all().collect();
        let mut bytes = which.get(&all).text.as_bytes().to_vec();
        for edit in &edits {
            edit.apply(&mut bytes);
        }
        hostile("changed.toml", &bytes);
    }

    #[test]
    fn a_changed_json_lesson_is_answered(which in any::<Index>(), edits in prop::collection::vec(edit(), 1..8)) {
        let all: Vec<_> = builtin::all().collect();
        let mut bytes = serde_json::to_vec_pretty(&as_json(which.get(&all).text)).expect("JSON can be written");
        for edit in &edits {
            edit.apply(&mut bytes);
        }
        hostile("changed.json", &bytes);
    }
}

#[test]
fn files_of_the_largest_size_are_answered() {
    let fill = |head: &str, part: &str| head.to_owned() + &part.repeat((MAX_BYTES - head.len()) / part.len());
    let numbered = |part: fn(usize) -> String| {
        let mut text = "title = \"t\"\n".to_owned();
        for n in 0..MAX_BYTES {
            if text.len() > MAX_BYTES - 200 {
                break;
            }
            text.push_str(&part(n));
        }
        text
    };
    let heads = "title = \"t\"\n[[step]]\nby = \"a\"\ndo = \"listen\"\n[[step]]\nby = \"b\"\ndo = \"connect\"\n";
    for text in [
        fill("", "[[step]]\n"),
        fill("", "x = 1\n"),
        fill("a = ", "["),
        fill("a = ", "{a="),
        fill("", "a."),
        fill("", "[a.b]\n"),
        fill("", "\u{1b}"),
        fill("title = \"", "x"),
        fill(heads, "[[step]]\nby = \"b\"\ndo.read = 1\nreturns = { repeat = \"x\", size = 65536 }\n"),
        fill(heads, "[[step]]\nby = \"b\"\ndo = \"close\"\n[[step]]\nby = \"b\"\ndo = \"connect\"\n"),
        numbered(|n| format!("k{n} = {n}\n")),
        numbered(|n| format!("[[step]]\nby = \"a{n}\"\ndo = \"listen\"\n")),
        numbered(|n| format!("[[step]]\nby = \"a.s{n}\"\ndo = \"listen\"\n")),
        numbered(|n| format!("[actors.a{n}]\n")),
    ] {
        hostile("large.toml", text.as_bytes());
    }
    for text in [
        fill("", "["),
        fill("", "{\"a\":"),
        fill("[", "1,"),
        fill("\"", "\\u0041"),
        fill("{\"title\":\"t\",\"step\":[", "{},"),
    ] {
        hostile("large.json", text.as_bytes());
    }
    hostile("too-large.toml", &vec![b' '; MAX_BYTES + 1]);
}
