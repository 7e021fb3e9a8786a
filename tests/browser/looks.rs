//! What readers prefer: dark colours, no motion, a telephone, everything twice as large.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{World, names};

pub(crate) const TESTS: &[Test] = &[
    ("dark_is_dark", dark_is_dark),
    ("without_motion_nothing_moves", without_motion_nothing_moves),
    ("a_telephone_scrolls_one_way_only", a_telephone_scrolls_one_way_only),
    ("twice_as_large_everything_is_there", twice_as_large_everything_is_there),
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
        for mode in ["explore", "lecture"] {
            world.visit(&name, &format!("?mode={mode}&step=2"), PHONE, |page| {
                no_wider_than_the_window(page, &format!("{name}, {mode}"))?;
                if name == "broken-pipe" {
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
