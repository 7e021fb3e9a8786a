//! The examples in a browser: the plain page draws, and the deck steps with the real reveal.js.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Failed;
use serde_json::{Value, json};
use tcpstory::report::compare::{self, Comparison};
use tcpstory::report::{Options, tell};

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{World, bytes, recording, root};

pub(crate) const TESTS: &[Test] = &[
    ("the_plain_page_draws", the_plain_page_draws),
    ("the_deck_steps_through_the_picture", the_deck_steps_through_the_picture),
    ("the_deck_steps_through_the_page", the_deck_steps_through_the_page),
];

/// An arrow for each segment, a text for each row, and the causes.
fn the_plain_page_draws(world: &World) -> Result<(), Failed> {
    for name in ["broken-pipe", "upstream-prematurely-closed"] {
        let story = tell(recording(name)?, &Options::default());
        let json = String::from_utf8(bytes(&story.recording, "json", &Options::default())?)?.replace('<', "\\u003c");
        let plain = fs::read_to_string(root().join("examples/plain.html"))?;
        let file = world.folder.path().join("plain.html");
        fs::write(&file, plain.replace("</body>", &format!("<script>draw({json});</script>\n</body>")))?;
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.open(&file, "")?;
        assert_eq!(page.see("document.querySelectorAll('.segment').length")?, story.recording.frames.len(), "{name}");
        let drawn =
            page.see("[...document.querySelectorAll('svg text')].map((text) => text.textContent.split(' ')[0])")?;
        let drawn = drawn.as_array().cloned().unwrap_or_default();
        for entry in story.entries.iter().filter(|entry| entry.alias.starts_with('c')) {
            assert!(drawn.contains(&json!(entry.alias)), "{name} lacks {}: {drawn:?}", entry.alias);
        }
        assert_eq!(page.see("document.querySelectorAll('li').length > 0")?, true, "{name}: the causes");
        page.was_quiet()?;
    }
    Ok(())
}

/// The deck with what its README says to put beside it.
fn deck(world: &World) -> Result<PathBuf, Failed> {
    let folder = world.folder.path().join("deck");
    let library = folder.join("node_modules/reveal.js/dist");
    fs::create_dir_all(&library)?;
    for name in ["reveal.js", "reveal.css"] {
        fs::copy(root().join("tests/browser/reveal.js").join(name), library.join(name))?;
    }
    let [a, b] = ["broken-pipe", "connection-reset-on-read"].map(recording);
    let [a, b] = [a?, b?].map(|recording| tell(recording, &Options::default()));
    let svg = compare::by_name("svg").ok_or("there is no picture")?;
    fs::write(folder.join("against-reset.svg"), (svg.write)(&Comparison::new(&a, &b), &Options::default()))?;
    fs::write(folder.join("broken-pipe.html"), bytes(&a.recording, "html", &Options::default())?)?;
    fs::copy(root().join("examples/deck.html"), folder.join("deck.html"))?;
    Ok(folder.join("deck.html"))
}

/// Opens the deck at a slide and lets a test look. The deck asks for the files beside it, and for nothing else.
fn visit(world: &World, slide: &str, look: impl FnOnce(&Page<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
    let file = deck(world)?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    let listen = "window.told = []; addEventListener('message', ({ data }) => told.push(data));";
    page.ask("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": listen }))?;
    page.open(&file, &format!("#/{slide}"))?;
    page.until("Reveal.isReady()")?;
    look(&page)?;
    let beside = format!("a request: file://{}/", file.parent().ok_or("a folder")?.display());
    let heard: Vec<_> = page.noises()?.into_iter().filter(|noise| !noise.starts_with(&beside)).collect();
    assert_eq!(heard, Vec::<String>::new());
    Ok(())
}

/// Of each fragment of the slide that is shown its step, and whether it can be seen.
const FRAGMENTS: &str = "[...Reveal.getCurrentSlide().querySelectorAll('svg .fragment')].map((piece) => \
    [Number(piece.dataset.fragmentIndex), getComputedStyle(piece).visibility === 'visible'])";

fn the_deck_steps_through_the_picture(world: &World) -> Result<(), Failed> {
    visit(world, "2", |page| {
        let steps = page.see(&format!("[...new Set({FRAGMENTS}.map(([step]) => step))].sort((a, b) => a - b)"))?;
        let steps: Vec<u64> = steps.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        assert_eq!(steps.len(), recording("broken-pipe")?.steps.len(), "a click for each step");
        let shown = |step: i64| format!("{FRAGMENTS}.every(([at, seen]) => seen === (at <= {step}))");
        page.until(&shown(-1))?;
        for (step, key) in steps.iter().zip(["ArrowRight", "PageDown"].into_iter().cycle()) {
            page.press(key)?;
            page.until(&shown(i64::try_from(*step)?))?;
        }
        for (step, key) in steps.iter().rev().zip(["ArrowLeft", "PageUp"].into_iter().cycle()) {
            page.press(key)?;
            page.until(&shown(i64::try_from(*step)? - 1))?;
        }
        for _ in 0..=steps.len() {
            page.press("ArrowRight")?;
        }
        page.until("Reveal.getIndices().h === 3")?;
        let drawn = "(({ complete, naturalWidth, height }) => complete && naturalWidth > 0 && height > 200)(Reveal.getCurrentSlide().querySelector('img'))";
        Ok(page.until(drawn)?)
    })
}

/// The keys step through the page in its frame, and at its ends through the deck.
fn the_deck_steps_through_the_page(world: &World) -> Result<(), Failed> {
    visit(world, "3", |page| {
        page.until("told.some(({ tcpstory }) => tcpstory === 'ready')")?;
        let first = page.see("told.at(-1).step")?.as_u64().ok_or("a step")?;
        page.press("ArrowRight")?;
        page.until("Reveal.getIndices().h === 4")?;
        page.press("ArrowRight")?;
        page.until(&format!("told.at(-1).step === {first} + 1"))?;
        page.press("PageUp")?;
        page.until(&format!("told.at(-1).step === {first}"))?;
        let steps = recording("broken-pipe")?.steps.len();
        let mut furthest = first;
        while page.see("told.at(-1).tcpstory")? != "end" {
            page.see("told.length = 0")?;
            page.press("PageDown")?;
            page.until("told.length > 0")?;
            furthest = furthest.max(page.see("told.at(-1).step")?.as_u64().unwrap_or_default());
        }
        assert_eq!((furthest, page.see("Reveal.getIndices().h")?), (steps as u64, json!(4)), "to the end of the story");
        page.press("PageDown")?;
        page.until("Reveal.getIndices().h === 5")?;
        page.press("PageUp")?;
        page.until("Reveal.getIndices().h === 4")?;
        while page.see("told.at(-1).tcpstory")? != "start" {
            page.see("told.length = 0")?;
            page.press("PageUp")?;
            page.until("told.length > 0")?;
        }
        page.press("PageUp")?;
        Ok(page.until("Reveal.getIndices().h === 3")?)
    })
}
