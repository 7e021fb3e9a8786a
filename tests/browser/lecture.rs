//! A lecture: legible from the last row.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{World, names};

pub(crate) const TESTS: &[Test] = &[
    ("no_text_of_a_lecture_is_small", no_text_of_a_lecture_is_small),
    ("about_a_dozen_events_are_in_view", about_a_dozen_events_are_in_view),
    ("nothing_of_a_lecture_is_beyond_the_window", nothing_of_a_lecture_is_beyond_the_window),
];

/// Texts that can be seen and are smaller than 24 pixels.
const SMALL_TEXTS: &str = "(() => {
    const isClipped = (element) => element !== null && (getComputedStyle(element).clipPath === 'inset(50%)' || isClipped(element.parentElement));
    const small = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (walker.currentNode.data.trim() === '' || element.closest('script, style, title, .skip, option')) continue;
        if (element.getClientRects().length === 0 || isClipped(element)) continue;
        const drawn = element instanceof SVGElement ? element.getScreenCTM().a : 1;
        const size = parseFloat(getComputedStyle(element).fontSize) * drawn;
        if (size < 24) small.add(`${size} px: ${walker.currentNode.data.trim().slice(0, 40)} in ${element.tagName}.${element.className?.baseVal ?? element.className}`);
    }
    return [...small];
})()";

/// Rows of events of which most is in view.
const IN_VIEW: &str = "(() => {
    const box = document.querySelector('.ladder-scroll').getBoundingClientRect();
    return [...document.querySelectorAll('.ladder-scroll .row[data-row]:not(.later) .hit')].filter((hit) => {
        const { top, bottom } = hit.getBoundingClientRect();
        return Math.min(bottom, box.bottom) - Math.max(top, box.top) > (bottom - top) / 2;
    }).length;
})()";

/// Steps through a whole lecture and looks at each state of it, also at each question.
fn at_every_step(page: &Page<'_>, mut look: impl FnMut(&str) -> Result<(), Failed>) -> Result<(), Failed> {
    loop {
        let place = page.see("`step ${view.step}${view.asking === null ? '' : ', asking'}`")?;
        look(place.as_str().unwrap_or_default())?;
        if page.see("view.step === steps.length && view.asking === null")? == true {
            return Ok(());
        }
        page.press("PageDown")?;
    }
}

fn no_text_of_a_lecture_is_small(world: &World) -> Result<(), Failed> {
    for name in ["broken-pipe", "upstream-prematurely-closed", "read-timeout"] {
        world.visit(name, "?mode=lecture", PROJECTOR, |page| {
            at_every_step(page, |place| {
                assert_eq!(page.see(SMALL_TEXTS)?, json!([]), "{name}, {place}");
                Ok(())
            })?;
            page.press("?")?;
            assert_eq!(page.see(SMALL_TEXTS)?, json!([]), "{name}, help");
            page.press("Escape")?;
            for drawer in ["x", "b", "s"] {
                page.press(drawer)?;
                page.until("document.querySelector('.panel').checkVisibility()")?;
                assert_eq!(page.see(SMALL_TEXTS)?, json!([]), "{name}, drawer {drawer}");
                page.press("Escape")?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn about_a_dozen_events_are_in_view(world: &World) -> Result<(), Failed> {
    for name in names()? {
        world.visit(&name, "?mode=lecture", PROJECTOR, |page| {
            let mut most = 0;
            at_every_step(page, |_| {
                most = most.max(page.see(IN_VIEW)?.as_u64().unwrap_or_default());
                Ok(())
            })?;
            assert!((3..=14).contains(&most), "{name}: {most} events");
            Ok(())
        })?;
    }
    Ok(())
}

/// Neither the page nor anything in it is cut off at an edge of the window.
fn nothing_of_a_lecture_is_beyond_the_window(world: &World) -> Result<(), Failed> {
    const BEYOND: &str = "(() => {
        const parts = ['.controls', '.heads', '.ladder-scroll', '.matched', '.legend', '.gate', '.caption', '.title-card', '.steer', '.looks'];
        return parts.flatMap((part) => [...document.querySelectorAll(part)]).filter((element) => element.checkVisibility()).filter((element) => {
            const { left, top, right, bottom } = element.getBoundingClientRect();
            return left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
        }).map((element) => element.className).concat(document.documentElement.scrollHeight > innerHeight ? ['the page itself'] : []);
    })()";
    for name in ["broken-pipe", "upstream-prematurely-closed"] {
        world.visit(name, "?mode=lecture", PROJECTOR, |page| {
            at_every_step(page, |place| {
                assert_eq!(page.see(BEYOND)?, json!([]), "{name}, {place}");
                Ok(())
            })
        })?;
    }
    Ok(())
}
