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
    ("no_text_of_the_picture_lies_over_another", no_text_of_the_picture_lies_over_another),
    ("a_lecture_grows_with_the_screen", a_lecture_grows_with_the_screen),
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
    if (document.querySelector('.title-card')) return 0; // it covers them
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
        if page.see("isAtEnd() && !unread(1)")? == true {
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
            for drawer in ["x", "h", "s"] {
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
        const parts = ['.controls', '.heads', '.ladder-scroll', '.matched', '.legend', '.over', '.caption', '.steer', '.looks'];
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

/// What lies over each other in the picture: texts, names of states over gauges, bars and ribbons, curves over texts; and what is
/// cut off at its sides. In its head, names and states.
const OVERLAPS: &str = "(() => {
    const picture = document.querySelector('.ladder-scroll svg');
    const box = picture.parentElement.getBoundingClientRect();
    const isShown = (element) => element.checkVisibility() && !element.closest('.later');
    const frame = (element, slim) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const { left, top, right, bottom } = element instanceof SVGElement ? element.getBoundingClientRect() : range.getBoundingClientRect();
        // Letters do not fill the height of their line.
        const inset = slim ? (bottom - top) * 0.18 : 0;
        return { left, right, top: top + inset, bottom: bottom - inset, name: element.textContent.trim() || element.getAttribute('class'), element };
    };
    const meet = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
    const all = (parts) => [...picture.querySelectorAll(parts)].filter(isShown);
    const texts = all('text').filter((text) => text.textContent.trim() !== '').map((text) => frame(text, true));
    const found = new Set();
    const pairs = (things, others) => things.forEach((one, place) => (others ?? things.slice(place + 1)).forEach((other) => meet(one, other) && found.add(`${one.name} | ${other.name}`)));
    pairs(texts);
    pairs(texts.filter(({ element }) => element.matches('.state')), all('.gauge, .bar, .ribbon').map((shape) => frame(shape, false)));
    const { e, f } = picture.getScreenCTM();
    for (const curve of all('path.curve:not(.halo):not(.tip)')) {
        for (let at = 0; at <= curve.getTotalLength(); at += 4) {
            const { x, y } = curve.getPointAtLength(at);
            for (const { left, right, top, bottom, name } of texts) {
                if (x + e > left && x + e < right && y + f > top && y + f < bottom) found.add(`a curve | ${name}`);
            }
        }
    }
    for (const { left, right, name } of texts) if (left < box.left - 1 || right > box.right + 1) found.add(`${name} | the edge`);
    const head = document.querySelector('.heads').getBoundingClientRect();
    const heads = [...document.querySelectorAll('.heads *')].filter((part) => part.childElementCount === 0 && part.textContent.trim() !== '' && isShown(part)).map((part) => frame(part, true));
    pairs(heads);
    for (const { right, bottom, name } of heads) if (right > head.right + 1 || bottom > head.bottom + 1) found.add(`${name} | the edge of the head`);
    return [...found];
})()";

/// Every event of every step is selected in turn, with its ties.
fn no_text_of_the_picture_lies_over_another(world: &World) -> Result<(), Failed> {
    let sizes = [("lecture", PROJECTOR), ("lecture", (1024, 768)), ("explore", PROJECTOR)];
    for name in ["broken-pipe", "upstream-prematurely-closed", "user-timeout-at-zero-window", "handle-reconnect"] {
        for (mode, size) in sizes {
            world.visit(name, &format!("?mode={mode}&step=0"), size, |page| {
                let found = page.see(&format!(
                    "(() => {{
                        const found = {{}};
                        for (let step = 1; step <= steps.length; step++) {{
                            openAt(step);
                            if (view.asking !== null) reveal();
                            for (const row of rows.filter((row) => row.at === step - 1 && row.event)) {{
                                change({{ event: row.event }});
                                for (const pair of {OVERLAPS}) found[pair] ??= `step ${{step}}, ${{row.event.alias}}`;
                            }}
                        }}
                        return found;
                    }})()"
                ))?;
                assert_eq!(found, json!({}), "{name}, {mode} {size:?}");
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn a_lecture_grows_with_the_screen(world: &World) -> Result<(), Failed> {
    const SIZES: &str = "['.steer .on', '.step-name b', '.ladder.lecture .label', '.legend li'].map((part) => parseFloat(getComputedStyle(document.querySelector(part)).fontSize))";
    world.visit("broken-pipe", "?mode=lecture&step=4", (1920, 1080), |page| {
        assert_eq!(page.see(SIZES)?, json!([36, 36, 36, 36]));
        page.resize((1024, 576))?;
        Ok(page.until(&format!("({SIZES}).every((size) => Math.abs(size - 19.2) < 0.1)"))?)
    })
}
