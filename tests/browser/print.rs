//! On paper: a page for each step.

use libtest_mimic::Failed;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{World, names, questions};

pub(crate) const TESTS: &[Test] = &[
    ("a_page_is_printed_for_each_step", a_page_is_printed_for_each_step),
    ("paper_tells_the_answers", paper_tells_the_answers),
    ("no_sheet_is_cut_off", no_sheet_is_cut_off),
    ("without_scripts_it_prints_too", without_scripts_it_prints_too),
];

/// How many pages a PDF of Chromium has: its page objects stand in plain text.
fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    text.matches("/Type /Page").count() - text.matches("/Type /Pages").count()
}

/// A title, each step, a page for each question before its step and one for its answer after it, and what to remember.
fn a_page_is_printed_for_each_step(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=2", PROJECTOR, |page| {
        let steps = page.see("steps.length")?.as_u64().unwrap_or_default();
        let expected = 2 + usize::try_from(steps)? + 2 * questions("broken-pipe")?.len();
        assert_eq!(pages(&page.print()?), expected);
        page.until("view.step === 2 && !document.querySelector('.sheet')")?;
        page.click(".modes [data-mode=print]")?;
        page.until("document.querySelector('.sheets .sheet')")?;
        assert_eq!(page.see("document.querySelectorAll('.sheet').length")?, expected);
        assert_eq!(pages(&page.print()?), expected, "as on the screen");
        Ok(())
    })
}

/// The right answer, why the others are tempting, and what to remember are on paper too.
fn paper_tells_the_answers(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?mode=print", PROJECTOR, |page| {
        let told = page.see("document.querySelector('.sheets').innerText.replace(/[\\s-]+/g, '')")?;
        let told = told.as_str().unwrap_or_default();
        let wanted = page.see(
            "[beside.summary, beside.misconception, beside.loopback_differs, ...story.predictions.flatMap((one) => \
             [`The kernel: ${one.answer}`, ...one.choices.filter((choice) => !choice.right).map((choice) => choice.tempting ?? '')])]",
        )?;
        let plain = |text: &str| text.replace(['`', '*', '-'], "").split_whitespace().collect::<String>();
        for part in wanted.as_array().ok_or("nothing to tell")?.iter().filter_map(serde_json::Value::as_str) {
            assert!(told.contains(&plain(part)), "{part} is missing");
        }
        Ok(())
    })
}

/// Whatever a sheet has fits on its paper.
fn no_sheet_is_cut_off(world: &World) -> Result<(), Failed> {
    for name in names()? {
        world.visit(&name, "?mode=print", PROJECTOR, |page| {
            page.ask("Emulation.setEmulatedMedia", &serde_json::json!({ "media": "print" }))?;
            // A4 across, without its margins of 10 mm.
            page.resize((1047, 718))?;
            let cut = page.see(
                "[...document.querySelectorAll('.sheet')].filter((sheet) => sheet.scrollHeight > sheet.clientHeight + 1 || sheet.scrollWidth > \
                 sheet.clientWidth + 1).map((sheet) => `${sheet.querySelector('h2').textContent}: ${sheet.scrollWidth}x${sheet.scrollHeight} in \
                 ${sheet.clientWidth}x${sheet.clientHeight}`)",
            )?;
            assert_eq!(cut, serde_json::json!([]), "{name}");
            Ok(())
        })?;
    }
    Ok(())
}

fn without_scripts_it_prints_too(world: &World) -> Result<(), Failed> {
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.scripts(false)?;
    page.open(&world.page("broken-pipe")?, "")?;
    assert!(pages(&page.print()?) >= 2, "the picture and the table");
    Ok(page.was_quiet()?)
}
