//! The examples work: their commands run, their answers are right. That they draw and step is seen in `tests/browser`.
//!
//! `TCPSTORY_BLESS=1` rewrites the picture in the deck and the answers in `jq.md`.

#[path = "support/bless.rs"]
mod bless;
#[path = "support/markdown.rs"]
mod markdown;
#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/require.rs"]
mod require;
#[path = "support/shell.rs"]
mod shell;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use bless::is_blessing;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use markdown::blocks;
use recorded::{stories, write};
use require::unavailable;
use shell::{shell, world};
use tcpstory::lab::doctor;
use tcpstory::report::Options;

/// The most lines of script that the plain page may have.
const MOST_LINES: usize = 60;

fn main() {
    let trials = vec![
        Trial::test("the_plain_page_is_short", || {
            the_plain_page_is_short();
            Ok(())
        }),
        Trial::test("the_picture_in_the_deck_is_todays", the_picture_in_the_deck_is_todays),
        Trial::test("the_picture_in_the_readme_is_todays", the_picture_in_the_readme_is_todays),
        Trial::test("the_deck_needs_nothing_else", || {
            the_deck_needs_nothing_else();
            Ok(())
        }),
        needing("the_commands_make_what_the_deck_shows", doctor::missing(&doctor::examine()), the_commands_run),
        needing("jq_answers", tools::missing("jq"), jq_answers),
    ];
    // Blessing rewrites files: one test after the other.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit();
}

fn needing(name: &str, missing: Option<String>, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match missing {
        Some(reason) => unavailable(&reason),
        None => test().map(|()| Completion::Completed),
    })
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn example(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands between two marks.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let after = text.split_once(begin).unwrap_or_else(|| panic!("no {begin}")).1;
    after.split_once(end).unwrap_or_else(|| panic!("no {end}")).0
}

fn the_plain_page_is_short() {
    let page = example("plain.html");
    let script = between(&page, "<script>\n", "</script>");
    let lines = script.lines().count();
    assert!(lines <= MOST_LINES, "{lines} lines of script");
    assert_eq!(page.matches("http").count(), 1, "beside the name of SVG there is no address");
}

fn the_picture_in_the_deck_is_todays() -> Result<(), Failed> {
    let story = stories().remove("broken-pipe").ok_or("the recording")?;
    let options = Options { fragments: true, ..Options::default() };
    let picture = String::from_utf8(write("svg", &story, &options))?;
    let deck = example("deck.html");
    let begin = deck.find("<!-- the picture:").ok_or("no comment before the picture")?;
    let begin = begin + deck[begin..].find('\n').ok_or("no line")? + 1;
    let end = deck.find("<!-- end of the picture -->").ok_or("no comment after the picture")?;
    if is_blessing() {
        fs::write(path("deck.html"), format!("{}{picture}{}", &deck[..begin], &deck[end..]))?;
    } else {
        assert_eq!(deck[begin..end], picture, "TCPSTORY_BLESS=1 rewrites it");
    }
    Ok(())
}

fn the_picture_in_the_readme_is_todays() -> Result<(), Failed> {
    let story = stories().remove("broken-pipe").ok_or("the recording")?;
    let picture = write("svg", &story, &Options::default());
    if is_blessing() {
        fs::write(path("broken-pipe.svg"), picture)?;
    } else {
        assert_eq!(example("broken-pipe.svg"), String::from_utf8(picture)?, "TCPSTORY_BLESS=1 rewrites it");
    }
    Ok(())
}

/// The files that a deck loads, by their relative paths.
fn loaded(deck: &str) -> Vec<String> {
    let attributes = [" src=\"", " href=\"", " data-src=\""];
    let values = attributes.iter().flat_map(|attribute| deck.split(attribute).skip(1));
    let values = values.filter_map(|rest| rest.split('"').next());
    values.map(|value| value.split('?').next().unwrap_or_default().to_owned()).collect()
}

fn the_deck_needs_nothing_else() {
    let (deck, readme) = (example("deck.html"), example("README.md"));
    let files = loaded(&deck);
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(!file.contains(':') && !file.starts_with('/'), "{file} is not beside the deck");
        let is_library = file.starts_with("node_modules/reveal.js/dist/");
        let folder = file.split('/').next().unwrap_or_default();
        assert!(is_library || readme.contains(folder), "README.md does not say where {file} comes from");
    }
}

fn the_commands_run() -> Result<(), Failed> {
    let world = world()?;
    for block in blocks(&example("README.md")).iter().filter(|block| block.kind == "sh") {
        shell(&world, block)?;
    }
    for file in loaded(&example("deck.html")).iter().filter(|file| !file.starts_with("node_modules/")) {
        assert!(world.path().join(file).is_file(), "nothing has made {file}");
    }
    Ok(())
}

/// Each question of `jq.md` is asked of a recorded timeline; what follows it is the answer.
fn jq_answers() -> Result<(), Failed> {
    let world = world()?;
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/broken-pipe.json");
    fs::copy(recording, world.path().join("broken-pipe.json"))?;
    let page = example("jq.md");
    let found = blocks(&page);
    let questions: Vec<_> = found.iter().enumerate().filter(|(_, block)| block.kind == "sh").collect();
    assert!(questions.len() >= 10);
    let mut answered = String::new();
    let mut rest = page.as_str();
    for (place, block) in questions {
        let answer = shell(&world, block)?;
        assert!(!answer.trim().is_empty(), "line {} has no answer", block.line);
        let end = rest.find(&block.text).ok_or("the question")? + block.text.len() + "```\n".len();
        answered.push_str(&rest[..end]);
        rest = &rest[end..];
        answered.extend(["\n```text\n", &answer, "```\n"]);
        if let Some(old) = found.get(place + 1).filter(|next| next.kind == "text") {
            rest = rest.split_once(&old.text).ok_or("the answer")?.1.strip_prefix("```\n").ok_or("its end")?;
        }
    }
    answered.push_str(rest);
    if is_blessing() {
        fs::write(path("jq.md"), answered)?;
    } else {
        assert_eq!(page, answered, "TCPSTORY_BLESS=1 rewrites it");
    }
    Ok(())
}
