//! A lecture with a remote control alone: it sends `PageDown`, `PageUp` and, for a black screen, `b` or a full stop.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use serde_json::Value;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::stepping::NEWEST_IN_VIEW;
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("a_remote_control_alone_presents_a_lesson", a_remote_control_alone_presents_a_lesson),
    ("a_remote_control_shows_every_line", a_remote_control_shows_every_line),
    ("a_remote_control_steps_from_within_a_field", a_remote_control_steps_from_within_a_field),
    ("a_black_screen_comes_and_goes", a_black_screen_comes_and_goes),
];

/// Where a lecture is: what is shown, and how far each part of the screen is scrolled.
const PLACE: &str =
    "JSON.stringify([view.step, view.asking, view.ended, ...['.ladder-scroll', '.over', '.caption'].map((part) => {
    const box = document.querySelector(part);
    return box.checkVisibility() ? Math.round(box.scrollTop) : null;
})])";

/// The letters of what is said that have been in view since the last call: each as its place in its part of the screen.
const LINES: &str = "(() => {
    const seen = [];
    for (const part of ['.over', '.caption']) {
        const box = document.querySelector(part);
        if (!box.checkVisibility()) continue;
        const { top, bottom } = box.getBoundingClientRect();
        const lines = [];
        const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const range = document.createRange();
            range.selectNodeContents(walker.currentNode);
            for (const line of range.getClientRects()) lines.push([Math.round(line.top - top + box.scrollTop), line.top >= top - 1 && line.bottom <= bottom + 1]);
        }
        seen.push([`${view.step} ${view.asking} ${view.ended} ${part}`, lines]);
    }
    return seen;
})()";

/// Waits until nothing moves: keeping the newest row in view scrolls smoothly.
fn settle(page: &Page<'_>) -> Result<String, Failed> {
    page.see(
        "new Promise((done) => { let last = ''; let same = 0; const look = () => { const now = document.querySelector('.ladder-scroll').scrollTop; \
         same = now === last ? same + 1 : 0; last = now; if (same > 5) done(); else requestAnimationFrame(look); }; look(); })",
    )?;
    Ok(page.see(PLACE)?.as_str().unwrap_or_default().to_owned())
}

/// Presses a key until that changes nothing more, and tells every place on the way.
fn whole_way(
    page: &Page<'_>,
    key: &str,
    mut look: impl FnMut(&str) -> Result<(), Failed>,
) -> Result<Vec<String>, Failed> {
    let mut places = vec![settle(page)?];
    loop {
        look(places.last().map_or("", String::as_str))?;
        page.press(key)?;
        let place = settle(page)?;
        if places.contains(&place) {
            return Ok(places);
        }
        places.push(place);
    }
}

/// From the title to what is to be remembered, through every question, and all the way back.
fn a_remote_control_alone_presents_a_lesson(world: &World) -> Result<(), Failed> {
    for name in ["broken-pipe", "upstream-prematurely-closed", "read-timeout"] {
        world.visit(name, "?mode=lecture", PROJECTOR, |page| {
            let mut steps = BTreeSet::new();
            let places = whole_way(page, "PageDown", |_| {
                let step = page.see("view.step")?.as_u64().unwrap_or_default();
                if steps.insert(step) && page.see("view.step > 0 && view.asking === null && !unread(1)")? == true {
                    page.until(NEWEST_IN_VIEW)?;
                }
                Ok(())
            })?;
            let all: BTreeSet<_> = (0..=page.see("steps.length")?.as_u64().unwrap_or_default()).collect();
            assert_eq!(steps, all, "{name}: from the title to the last step");
            let asked = page.see("answered.size === predictionsOf.size")?;
            assert_eq!(asked, true, "{name}: every question was asked");
            let end = page.see("[document.querySelector('.closing-card').innerText.includes('To remember'), document.querySelector('.steer .on').disabled]")?;
            assert_eq!(end, serde_json::json!([true, true]), "{name}");
            let back = whole_way(page, "PageUp", |_| Ok(()))?;
            // Questions are not asked twice.
            let forth: Vec<_> = places.into_iter().filter(|place| !is_question(place)).rev().collect();
            assert_eq!(said(&back), said(&forth), "{name}: back by the same pages");
            Ok(())
        })?;
    }
    Ok(())
}

fn is_question(place: &str) -> bool {
    serde_json::from_str::<Value>(place).is_ok_and(|place| !place[1].is_null())
}

/// Places without that of the picture, which keeps what it can in view where it is.
fn said(places: &[String]) -> Vec<String> {
    let without = |place: &String| {
        let mut place: Value = serde_json::from_str(place).unwrap_or_default();
        place[3] = Value::Null;
        place.to_string()
    };
    places.iter().map(without).collect()
}

/// Nothing that is said stays out of view, however long it is.
fn a_remote_control_shows_every_line(world: &World) -> Result<(), Failed> {
    let size = (1280, 560);
    world.visit("broken-pipe", "?mode=lecture", size, |page| {
        let (mut there, mut seen) = (BTreeSet::new(), BTreeSet::new());
        whole_way(page, "PageDown", |_| {
            for part in page.see(LINES)?.as_array().into_iter().flatten() {
                for line in part[1].as_array().into_iter().flatten() {
                    let name = format!("{} {}", part[0], line[0]);
                    if line[1] == true {
                        seen.insert(name.clone());
                    }
                    there.insert(name);
                }
            }
            Ok(())
        })?;
        assert!(there.len() > 30, "{there:?}");
        assert_eq!(there.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new());
        Ok(())
    })
}

/// Hands were counted, and the field has the focus still.
fn a_remote_control_steps_from_within_a_field(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?mode=lecture&step=7", PROJECTOR, |page| {
        page.click(".gate .hands input")?;
        page.until("document.activeElement.matches('.hands input')")?;
        page.press("PageDown")?;
        Ok(page.until("view.step === 7 && document.querySelector('.caption .answer')")?)
    })
}

fn a_black_screen_comes_and_goes(world: &World) -> Result<(), Failed> {
    const BLACK: &str = "getComputedStyle(document.documentElement).backgroundColor === 'rgb(0, 0, 0)' && \
                         !document.querySelector('.ladder-scroll').checkVisibility({ visibilityProperty: true })";
    world.visit("broken-pipe", "?mode=lecture&step=3", PROJECTOR, |page| {
        for (key, back) in [("b", "b"), (".", "."), ("b", "PageDown")] {
            page.press(key)?;
            page.until(BLACK)?;
            page.press(back)?;
            page.until(&format!("!({BLACK})"))?;
            assert_eq!(page.see("view.step")?, 3, "{back} brings the picture back, and does no more");
        }
        Ok(())
    })
}
