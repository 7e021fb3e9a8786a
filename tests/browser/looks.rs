//! What readers prefer: dark colours, no motion, a telephone, everything twice as large.

use std::fs;

use libtest_mimic::Failed;
use serde_json::json;
use tcpstory::report::Options;

use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{World, bytes, names};
use crate::{Test, recordings};

pub(crate) const TESTS: &[Test] = &[
    ("dark_is_dark", dark_is_dark),
    ("without_motion_nothing_moves", without_motion_nothing_moves),
    ("a_telephone_scrolls_one_way_only", a_telephone_scrolls_one_way_only),
    ("twice_as_large_everything_is_there", twice_as_large_everything_is_there),
    ("one_screen_holds_the_page", one_screen_holds_the_page),
    ("of_a_long_story_only_what_is_near_is_there", of_a_long_story_only_what_is_near_is_there),
];

/// How bright the page is behind its text, from 0 to 255.
const BRIGHTNESS: &str = "(() => {
    const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    return Math.round((red + green + blue) / 3);
})()";

fn dark_is_dark(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4", PROJECTOR, |page| {
        let brightness = || Ok::<_, Failed>(page.see(BRIGHTNESS)?.as_u64().unwrap_or(128));
        assert!(brightness()? > 200, "light where nothing is preferred");
        page.prefers(&[("prefers-color-scheme", "dark")])?;
        page.until("matchMedia('(prefers-color-scheme: dark)').matches")?;
        assert!(brightness()? < 60, "dark where that is preferred");
        page.press("d")?;
        page.press("d")?;
        assert!(brightness()? > 200, "light where that is chosen");
        Ok(())
    })
}

fn without_motion_nothing_moves(world: &World) -> Result<(), Failed> {
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.prefers(&[("prefers-reduced-motion", "reduce")])?;
    world.open(&page, "broken-pipe", "?mode=lecture&step=2")?;
    page.press("s")?;
    for _ in 0..4 {
        page.press("ArrowRight")?;
        assert_eq!(page.see("document.getAnimations().length")?, 0);
        let scroll = "document.querySelector('.ladder-scroll').scrollTop";
        let before = page.see(scroll)?;
        page.see("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")?;
        assert_eq!(page.see(scroll)?, before, "it has scrolled at once");
    }
    Ok(page.was_quiet()?)
}

fn no_wider_than_the_window(page: &Page<'_>, place: &str) -> Result<(), Failed> {
    let widths = page.see("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")?;
    assert!(widths[0].as_u64() <= widths[2].as_u64() && widths[1].as_u64() <= widths[2].as_u64(), "{place}: {widths}");
    Ok(())
}

fn a_telephone_scrolls_one_way_only(world: &World) -> Result<(), Failed> {
    for name in names()? {
        for mode in ["explore", "lecture", "print"] {
            world.visit(&name, &format!("?mode={mode}&step=2"), PHONE, |page| {
                no_wider_than_the_window(page, &format!("{name}, {mode}"))?;
                if name == "broken-pipe" && mode != "print" {
                    for tab in ["bytes", "sockets", "links", "languages"] {
                        page.see(&format!("selectEvent(eventByAlias.get('p1')), change({{ tab: '{tab}' }})"))?;
                        no_wider_than_the_window(page, tab)?;
                    }
                    page.see("openAt(7)")?;
                    page.until("document.querySelector('.gate')")?;
                    no_wider_than_the_window(page, "a question")?;
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// At 200 % the window of a projector is 640 × 360.
fn twice_as_large_everything_is_there(world: &World) -> Result<(), Failed> {
    for mode in ["explore", "lecture"] {
        world.visit("broken-pipe", &format!("?mode={mode}&step=4"), (640, 360), |page| {
            no_wider_than_the_window(page, mode)?;
            let hidden = page.see(
                "['.steer .on', '.steer .back', '.ladder-scroll', '.legend', '.panel', '.scrubber input'].filter((part) => \
                 !document.querySelector(part).checkVisibility())",
            )?;
            assert!(hidden == json!([]) || mode == "lecture" && hidden == json!([".panel"]), "{mode}: {hidden}");
            Ok(())
        })?;
    }
    Ok(())
}

/// On a projector nothing but its own areas scrolls: not at any step, with the table in the place of the picture, or at a question.
fn one_screen_holds_the_page(world: &World) -> Result<(), Failed> {
    const SCROLLS: &str = "(() => { const { scrollHeight, scrollWidth } = document.documentElement; return scrollHeight > innerHeight || scrollWidth > innerWidth; })()";
    for name in ["broken-pipe", "upstream-prematurely-closed", "user-timeout-at-zero-window"] {
        for mode in ["explore", "lecture"] {
            world.visit(name, &format!("?mode={mode}&step=0"), PROJECTOR, |page| {
                let steps = page.see("steps.length")?.as_u64().ok_or("steps")?;
                for step in 0..=steps {
                    for deed in ["openAt", "answered.add", "openAt"] {
                        let place = if deed == "openAt" { step } else { step.saturating_sub(1) };
                        page.see(&format!("void {deed}({place})"))?;
                        assert_eq!(page.see(SCROLLS)?, false, "{name}, {mode}, step {step}");
                    }
                }
                page.press("l")?;
                page.until("document.activeElement.id === 'twin' && document.querySelector('.twin').checkVisibility()")?;
                assert_eq!(page.see(SCROLLS)?, false, "{name}, {mode}, the table");
                let lies_over = "(() => { const { left, right, top, bottom } = document.querySelector('.picture').getBoundingClientRect(); return \
                                 document.elementFromPoint((left + right) / 2, (top + bottom) / 2).closest('.twin') !== null; })()";
                assert_eq!(page.see(lies_over)?, true, "{name}, {mode}: the table has the place of the picture");
                page.press("Escape")?;
                assert_eq!(page.see(lies_over)?, false, "{name}, {mode}: the picture is back");
                page.press("Home")?;
                page.until("view.step === 0")?;
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// What a step of a long story costs does not grow with the story: rows that are far from the window are not laid out. Those in it are.
fn of_a_long_story_only_what_is_near_is_there(world: &World) -> Result<(), Failed> {
    const ROWS: &str = "(() => {
        const box = document.querySelector('.ladder-scroll').getBoundingClientRect();
        const told = [...document.querySelectorAll('.ladder-scroll .row:not(.later)')];
        // What lies in a group that is not there has no box, though browsers call it visible.
        const there = told.filter((row) => row.querySelector('.hit').getClientRects().length > 0);
        const filled = there.filter((row) => { const { top, bottom } = row.querySelector('.hit').getBoundingClientRect(); return bottom > box.top && top < box.bottom; });
        const tall = filled.reduce((sum, row) => sum + row.querySelector('.hit').getBoundingClientRect().height, 0);
        return [told.length, there.length, Math.round((100 * tall) / box.height)];
    })()";
    let file = world.folder.path().join("long.html");
    fs::write(&file, bytes(&recordings::of_steps(1_000), "html", &Options::default())?)?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.open(&file, "?step=1")?;
    page.until("document.querySelector('.alive .ladder-scroll svg')")?;
    let settled = "new Promise((done) => { let last = -1; const look = () => { const { scrollTop } = document.querySelector('.ladder-scroll'); if \
                   (scrollTop === last) done(); else { last = scrollTop; requestAnimationFrame(() => requestAnimationFrame(look)); } }; look(); })";
    for deed in [
        "openAt(60)",
        "next(), next(), next()",
        "goTo(steps.length)",
        "document.querySelector('.ladder-scroll').scrollTop = 3000",
        "previous()",
        "openAt(100)",
    ] {
        page.see(&format!("void ({deed})"))?;
        page.see(settled)?;
        let seen = page.see(ROWS)?;
        let [Some(told), Some(there), Some(filled)] = [0, 1, 2].map(|place| seen[place].as_u64()) else {
            return Err(format!("{deed}: {seen}").into());
        };
        assert!(told > 100 && there < 100, "{deed}: {there} of {told} rows are there");
        assert!(filled > 80, "{deed}: {filled} % of the window shows rows");
    }
    Ok(page.was_quiet()?)
}
