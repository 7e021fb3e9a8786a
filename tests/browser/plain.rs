//! The page where no script runs: the whole story as a picture and as a table.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("without_scripts_picture_and_table_tell_all", without_scripts_picture_and_table_tell_all),
    ("with_scripts_the_table_is_there_too", with_scripts_the_table_is_there_too),
];

/// Rows of the table that can be seen.
const ROWS: &str = "[...document.querySelectorAll('#twin tbody tr')].filter((row) => row.checkVisibility())";

fn without_scripts_picture_and_table_tell_all(world: &World) -> Result<(), Failed> {
    for size in [PROJECTOR, PHONE] {
        let page = Page::new(&world.browser, size)?;
        page.scripts(false)?;
        page.open(&world.page("broken-pipe")?, "")?;
        assert_eq!(page.see("document.documentElement.classList.contains('alive')")?, false, "no script has run");
        let drawn = page.see(
            "(() => { const svg = document.querySelector('.plain .drawn svg'); const { width, height } = svg.getBoundingClientRect(); return \
             svg.checkVisibility() && width > 200 && height > 200; })()",
        )?;
        assert_eq!(drawn, true, "the ladder is drawn");
        let told = page.see("document.body.innerText")?;
        let told = told.as_str().unwrap_or_default();
        for part in ["Broken pipe", "write(\"c\")", "EPIPE", "p6", "Say when SIGPIPE comes"] {
            assert!(told.contains(part), "{part:?} is missing");
        }
        let script = crate::world::recording("broken-pipe")?.script;
        let asked = script.steps.iter().filter_map(|step| step.predict.as_ref());
        let tempting = asked.flat_map(|question| {
            question.choices.iter().filter_map(|choice| choice.tempting.as_deref()).chain([question.text.as_str()])
        });
        let unmarked = |line: &str| line.trim_start().trim_start_matches("- ").replace(['`', '*'], "");
        let plain = |text: &str| text.lines().map(unmarked).collect::<String>().split_whitespace().collect::<String>();
        for part in tempting.chain([script.misconception.as_str(), &script.loopback_differs, &script.summary]) {
            assert!(plain(told).contains(&plain(part)), "{part} is missing");
        }
        let timeline = page.see("(({ events, steps }) => [events.length, steps.length])(JSON.parse(document.getElementById('timeline').textContent))")?;
        let rows = page.see(&format!(
            "[{ROWS}.filter((row) => row.dataset.event).length, {ROWS}.filter((row) => row.dataset.step).length]"
        ))?;
        assert_eq!(rows, timeline, "a row for each event and each step");
        assert_eq!(page.see("document.documentElement.scrollWidth <= innerWidth")?, true);
        page.was_quiet()?;
    }
    Ok(())
}

/// It tells what is shown so far, with the same names.
fn with_scripts_the_table_is_there_too(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4", PROJECTOR, |page| {
        let ids =
            page.see(&format!("{ROWS}.filter((row) => row.dataset.event).map((row) => row.cells[0].textContent)"))?;
        let shown = page.see("story.events.filter((event) => revealedAt(event) < 4).map((event) => event.alias)")?;
        assert_eq!(ids, shown);
        assert_ne!(ids, json!([]));
        Ok(())
    })
}
