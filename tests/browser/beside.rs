//! The page of a comparison: two runs beside each other, step by step.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Failed;
use serde_json::json;
use tcpstory::report::compare::{self, Comparison};
use tcpstory::report::{Options, tell};

use crate::Test;
use crate::access::is_for_everybody;
use crate::hostile::looks_harmless;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{HOSTILE, World, recording};

pub(crate) const TESTS: &[Test] = &[
    ("beside_each_other_runs_are_stepped_through", beside_each_other_runs_are_stepped_through),
    ("beside_each_other_keys_lead_to_differences", beside_each_other_keys_lead_to_differences),
    ("beside_each_other_only_what_is_reached_is_told", beside_each_other_only_what_is_reached_is_told),
    ("beside_each_other_messages_lead_through_the_story", beside_each_other_messages_lead_through_the_story),
    ("beside_each_other_without_scripts", beside_each_other_without_scripts),
    ("beside_each_other_for_everybody", beside_each_other_for_everybody),
    ("beside_each_other_nothing_hostile_is_obeyed", beside_each_other_nothing_hostile_is_obeyed),
    ("beside_each_other_on_paper", beside_each_other_on_paper),
];

/// The two lessons that differ in what the server left unread: eight pairs, and from the fourth on they differ.
const LESSONS: [&str; 2] = ["broken-pipe", "connection-reset-on-read"];

/// The page of two recordings, as a file.
fn file(world: &World, names: [&str; 2], options: &Options) -> Result<PathBuf, Failed> {
    let kind = if options.no_answers { "-without-answers" } else { "" };
    let file = world.folder.path().join(format!("{}-{}{kind}.html", names[0], names[1]));
    let [a, b] = names.map(recording);
    let [a, b] = [a?, b?].map(|recording| tell(recording, options));
    let format = compare::by_name("html").ok_or("there is no page")?;
    fs::write(&file, (format.write)(&Comparison::new(&a, &b), options))?;
    Ok(file)
}

/// Opens the page, lets a test look, and makes sure that the page was quiet all the time.
fn visit(
    world: &World,
    names: [&str; 2],
    rest: &str,
    size: (u32, u32),
    look: impl FnOnce(&Page<'_>) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let page = Page::new(&world.browser, size)?;
    page.open(&file(world, names, &Options::default())?, rest)?;
    page.until("document.documentElement.classList.contains('alive')")?;
    look(&page)?;
    Ok(page.was_quiet()?)
}

/// The ids of the rows that can be seen in the light picture.
const SEEN: &str = "[...document.querySelectorAll('.drawn.light [data-side] g[id]')].filter((row) => \
                    row.checkVisibility({ visibilityProperty: true })).map((row) => row.id)";
/// The bands behind steps that differ, as far as they can be seen.
const MARKED: &str = "[...document.querySelectorAll('.drawn.light [data-side] rect[data-fragment-index]')].filter((band) => \
                      band.checkVisibility({ visibilityProperty: true })).map((band) => band.dataset.fragmentIndex)";
/// Nothing but its own areas scrolls.
const ONE_SCREEN: &str =
    "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth";
/// The step is on the screen, in the picture and in words.
const IN_VIEW: &str = "(() => {
    const band = document.querySelector('.drawn.light .band.here').getBoundingClientRect();
    const box = document.querySelector('.drawn.light').getBoundingClientRect();
    const card = document.querySelector('#card').getBoundingClientRect();
    return band.top >= box.top && band.bottom <= box.bottom && box.bottom <= card.top + 1 && card.bottom <= innerHeight + 1;
})()";

fn beside_each_other_runs_are_stepped_through(world: &World) -> Result<(), Failed> {
    visit(world, LESSONS, "?step=0", PROJECTOR, |page| {
        assert_eq!(page.see(SEEN)?, json!([]), "before the first step nothing has happened");
        assert_eq!(page.see(MARKED)?, json!([]), "no step that differs is marked before it is reached");
        let mut seen = vec![page.see(SEEN)?];
        let pairs = page.see("pairs.length")?.as_u64().ok_or("pairs")?;
        for step in 1..=pairs {
            page.press(if step % 2 == 0 { "ArrowRight" } else { "PageDown" })?;
            page.until(&format!("shown === {step}"))?;
            assert_eq!(page.see(IN_VIEW)?, true, "step {step}");
            assert_eq!(page.see(ONE_SCREEN)?, true, "step {step}");
            // Rows of a pair begin at the same height.
            let tops = page.see(&format!(
                "['a', 'b'].map((side) => pairs[{step} - 1][side]?.events[0]?.alias && document.getElementById(`${{side}}-${{\
                 pairs[{step} - 1][side].events[0].alias}}`)?.getBoundingClientRect().top)"
            ))?;
            let [Some(a), Some(b)] = [&tops[0], &tops[1]].map(serde_json::Value::as_f64) else { continue };
            assert!((a - b).abs() < 3.0, "step {step}: {a} and {b}");
            seen.push(page.see(SEEN)?);
            let differing = page.see(&format!("[...Array({step}).keys()].some(differs)"))?;
            assert_eq!(page.see(&format!("{MARKED}.length > 0"))?, differing, "step {step} is marked if it differs");
        }
        let all = page.see("document.querySelectorAll('.drawn.light [data-side] g[id]').length")?;
        assert_eq!(
            seen.last().and_then(|seen| seen.as_array()).map(Vec::len),
            all.as_u64().and_then(|all| all.try_into().ok())
        );
        page.press("ArrowRight")?;
        assert_eq!(page.see("[shown, document.querySelector('.steer .on').disabled]")?, json!([pairs, true]));
        page.press("l")?;
        page.until(
            "document.activeElement.id === 'twin' && !document.querySelector('.drawn.light').checkVisibility()",
        )?;
        assert_eq!(page.see(ONE_SCREEN)?, true, "the table");
        page.press("l")?;
        page.until("document.querySelector('.drawn.light').checkVisibility()")?;
        for before in seen.iter().rev().skip(1) {
            page.press("PageUp")?;
            assert_eq!(page.see(SEEN)?, *before, "back, by the same pictures");
        }
        Ok(())
    })
}

/// A page around the page, which keeps what it is told.
const AROUND: &str = r#"<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>a deck</title>
<script>
  const told = [];
  const last = () => told.at(-1) ?? {};
  addEventListener("message", ({ data }) => told.push(data));
  const tell = (message) => document.querySelector("iframe").contentWindow.postMessage(message, "*");
</script>
<iframe src="broken-pipe-connection-reset-on-read.html?step=1" title="both stories" width="1200" height="640"></iframe>
"#;

fn beside_each_other_messages_lead_through_the_story(world: &World) -> Result<(), Failed> {
    file(world, LESSONS, &Options::default())?;
    let around = world.folder.path().join("around-both.html");
    fs::write(&around, AROUND)?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.open(&around, "")?;
    page.until("told.some(({ tcpstory }) => tcpstory === 'ready')")?;
    assert_eq!(page.see("[last().lesson, last().step]")?, json!([LESSONS, 1]));
    for (message, step) in [("tcpstory: 'next'", "2"), ("tcpstory: 'goto', step: 5", "5"), ("tcpstory: 'prev'", "4")] {
        page.see(&format!("told.length = 0; tell({{ {message} }})"))?;
        page.until(&format!("last().tcpstory === 'step' && last().step === {step}"))?;
    }
    page.see("tell({ tcpstory: 'goto', step: last().steps }); tell({ tcpstory: 'next' })")?;
    page.until("last().tcpstory === 'end' && last().step === last().steps")?;
    page.see("tell({ tcpstory: 'goto', step: 0 }); tell({ tcpstory: 'prev' })")?;
    page.until("last().tcpstory === 'start' && last().step === 0")?;
    page.see("told.length = 0; tell({ tcpstory: 'goto', step: '3' }); tell({ tcpstory: 'constructor' }); tell(null); tell({ tcpstory: 'next' })")?;
    page.until("last().step === 1")?;
    assert_eq!(page.see("told.length")?, 1, "anything else is ignored");
    Ok(page.was_quiet()?)
}

fn beside_each_other_keys_lead_to_differences(world: &World) -> Result<(), Failed> {
    visit(world, LESSONS, "", PROJECTOR, |page| {
        let first = page.see("told.first_difference + 1")?;
        let marks = "[...document.querySelectorAll('.drawn.light text')].filter((text) => text.textContent === '▼ the first difference' && \
                     text.checkVisibility({ visibilityProperty: true })).length";
        assert_eq!(page.see(&format!("[shown, {marks}]"))?, json!([1, 0]));
        page.press("e")?;
        assert_eq!(page.see(&format!("[shown, {marks}]"))?, json!([first, 1]));
        let card = page.see("document.querySelector('#card').innerText")?;
        let card = card.as_str().unwrap_or_default();
        assert!(
            card.contains("≠ The first difference. Something else is done.")
                && card.contains("A 4: client write(\"a\")")
        );
        page.press("e")?;
        assert_eq!(page.see("differs(shown - 1) && shown > told.first_difference + 1")?, true);
        page.press("E")?;
        assert_eq!(page.see("shown")?, first);
        page.press("Home")?;
        page.click(".looks button")?;
        assert_eq!(page.see("shown")?, first, "a button leads there too");
        page.press("End")?;
        assert_eq!(page.see("shown === pairs.length && location.search === `?step=${shown}`")?, true);
        for (key, back) in [("b", "b"), (".", "PageUp")] {
            page.press(key)?;
            page.until("getComputedStyle(document.documentElement).backgroundColor === 'rgb(0, 0, 0)'")?;
            page.press(back)?;
            page.until("getComputedStyle(document.documentElement).backgroundColor !== 'rgb(0, 0, 0)' && shown === pairs.length")?;
        }
        page.press("?")?;
        page.until("document.querySelector('dialog.help').open")?;
        page.press("ArrowLeft")?;
        assert_eq!(page.see("shown === pairs.length")?, true, "a dialog keeps its keys");
        page.press("Escape")?;
        page.until("!document.querySelector('dialog.help').open")?;
        page.press("d")?;
        let shown =
            page.see("['light', 'dark'].map((one) => document.querySelector(`.drawn.${one}`).checkVisibility())")?;
        assert_eq!(shown, json!([false, true]));
        Ok(())
    })?;
    visit(world, LESSONS, "?step=5", PROJECTOR, |page| {
        assert_eq!(page.see("shown")?, 5, "a link leads into the middle");
        Ok(())
    })?;
    visit(world, [LESSONS[0]; 2], "?step=99", PROJECTOR, |page| {
        let told =
            page.see("[shown === pairs.length, document.querySelector('.looks').innerText.includes('difference')]")?;
        assert_eq!(told, json!([true, false]), "what is the same has no difference to go to");
        let parting = page.see("document.querySelector('#parting').innerText")?;
        assert!(parting.as_str().unwrap_or_default().contains("Both tell the same story"), "{parting}");
        Ok(())
    })
}

/// Who steps is not told the end at the beginning.
fn beside_each_other_only_what_is_reached_is_told(world: &World) -> Result<(), Failed> {
    visit(world, LESSONS, "?step=3", PROJECTOR, |page| {
        let said = "document.body.innerText + [...document.querySelectorAll('svg text')].filter((text) => \
                    text.checkVisibility({ visibilityProperty: true })).map((text) => text.textContent).join(' ')";
        let told = page.see(said)?;
        let told = told.as_str().unwrap_or_default();
        let heads = page.see("document.querySelector('.head').innerText")?;
        assert!(told.contains("accept() = 4") && !told.contains("RST") && !told.contains("differs first"), "{told}");
        assert!(!told.replace(heads.as_str().unwrap_or_default(), "").contains("EPIPE"), "{told}");
        page.press("End")?;
        let told = page.see(said)?;
        let told = told.as_str().unwrap_or_default();
        assert!(told.contains("RST,ACK seq 1") && told.contains("EPIPE") && told.contains("differs first"), "{told}");
        Ok(())
    })
}

fn beside_each_other_without_scripts(world: &World) -> Result<(), Failed> {
    for options in [Options::default(), Options { no_answers: true, ..Options::default() }] {
        let file = file(world, LESSONS, &options)?;
        let text = fs::read_to_string(&file)?;
        assert!(!text.contains("unsafe-inline") && text.contains("style-src 'sha256-"), "its own style sheet alone");
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.scripts(false)?;
        page.open(&file, "")?;
        let rows =
            page.see("[...document.querySelectorAll('#twin tbody tr')].filter((row) => row.checkVisibility()).length")?;
        let known = page.see("JSON.parse(document.getElementById('comparison').textContent).steps.length")?;
        assert_eq!(rows, known, "every step is in the table");
        let all = page.see("document.querySelectorAll('.drawn.light [data-side] g[id]').length")?;
        assert_eq!(page.see(&format!("{SEEN}.length"))?, all, "and in the picture");
        let told = page.see("document.body.innerText")?;
        assert!(told.as_str().is_some_and(|told| told.contains("differs first")), "{told}");
        assert_eq!(page.see("document.documentElement.scrollWidth <= innerWidth")?, true);
        page.was_quiet()?;
    }
    Ok(())
}

fn beside_each_other_for_everybody(world: &World) -> Result<(), Failed> {
    for (size, theme) in [(PROJECTOR, "light"), (PROJECTOR, "dark"), (PHONE, "light")] {
        let page = Page::new(&world.browser, size)?;
        page.prefers(&[("prefers-color-scheme", theme)])?;
        page.open(&file(world, LESSONS, &Options::default())?, "?step=0")?;
        for step in ["0", "4", "pairs.length"] {
            page.see(&format!("goTo({step})"))?;
            is_for_everybody(&page, &format!("{theme}, {size:?}, step {step}"))?;
            let wide = page.see("document.documentElement.scrollWidth <= innerWidth")?;
            assert_eq!(wide, true, "{size:?} scrolls one way only");
        }
        page.press("?")?;
        is_for_everybody(&page, "help")?;
        page.was_quiet()?;
    }
    Ok(())
}

fn beside_each_other_nothing_hostile_is_obeyed(world: &World) -> Result<(), Failed> {
    visit(world, [HOSTILE, LESSONS[0]], "?step=0", PROJECTOR, |page| {
        let pairs = page.see("pairs.length")?.as_u64().ok_or("pairs")?;
        for step in 0..=pairs {
            assert_eq!(page.see("shown")?, step);
            looks_harmless(page, &format!("step {step}"))?;
            page.press("ArrowRight")?;
        }
        let told = page.see("document.body.innerText")?;
        assert!(told.as_str().is_some_and(|told| told.contains("</script><img")), "it is shown as data");
        Ok(())
    })
}

/// On paper everything is there, wherever somebody has come to.
fn beside_each_other_on_paper(world: &World) -> Result<(), Failed> {
    visit(world, LESSONS, "?step=2", PROJECTOR, |page| {
        page.ask("Emulation.setEmulatedMedia", &json!({ "media": "print" }))?;
        page.until("matchMedia('print').matches")?;
        let all = page.see("document.querySelectorAll('.drawn.light [data-side] g[id]').length")?;
        assert_eq!(page.see(&format!("{SEEN}.length"))?, all);
        let told = page.see("[document.querySelector('#parting').checkVisibility(), document.querySelector('.controls').checkVisibility()]")?;
        assert_eq!(told, json!([true, false]));
        Ok(())
    })
}
