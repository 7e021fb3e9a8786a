//! For everybody: no violation that axe-core finds, and nothing too faint, in any state of the page.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{HOSTILE, World};

pub(crate) const TESTS: &[Test] = &[
    ("axe_finds_nothing_in_explore", axe_finds_nothing_in_explore),
    ("axe_finds_nothing_in_a_lecture", axe_finds_nothing_in_a_lecture),
    ("axe_finds_nothing_in_the_dark", axe_finds_nothing_in_the_dark),
    ("axe_finds_nothing_where_a_question_is_asked", axe_finds_nothing_where_a_question_is_asked),
    ("axe_finds_nothing_without_scripts", axe_finds_nothing_without_scripts),
    ("axe_finds_nothing_elsewhere", axe_finds_nothing_elsewhere),
    ("axe_would_find_something", axe_would_find_something),
    ("every_event_has_a_name_and_a_place_for_the_tab_key", every_event_has_a_name_and_a_place_for_the_tab_key),
];

const AXE: &str = include_str!("axe-core/axe.min.js");
/// What is too faint on its ground.
const CONTRAST: &str = include_str!("contrast.js");

/// What axe-core leaves to a person, and this project's judgement of it, element by element: a button whose only sign is an arrow, a
/// question mark or a choice's letter is named by what it does; a column of the table may be empty where nothing is to be said; the
/// list of events is empty before the first step; and contrast, where axe cannot tell the ground of a text, is the other check's.
const JUDGED: &str = "({
    'label-content-name-mismatch': (one) => !/\\p{L}{2}/u.test(one.textContent) || one.matches('.byte'),
    'th-has-data-cells': (one) => one.matches('table'),
    'aria-required-children': (one) => one.matches('.ladder:not(:has(.row[role=option]:not(.later)))'),
    'color-contrast': () => true,
})";

/// What axe-core complains about: the rule, what it says, and the elements.
fn complaints(page: &Page<'_>) -> Result<Vec<String>, Failed> {
    if page.see("typeof axe")? == "undefined" {
        page.see(&format!("{AXE}; typeof axe"))?;
    }
    let found = page.see(&format!(
        "axe.run(document, {{ resultTypes: ['violations', 'incomplete'], elementRef: true }}).then(({{ violations, incomplete }}) => \
         violations.concat(incomplete.map((one) => ({{ ...one, nodes: one.nodes.filter(({{ element }}) => \
         !(element && {JUDGED}[one.id]?.(element))) }})).filter(({{ nodes }}) => nodes.length > 0)).map(({{ id, help, nodes }}) => `${{id}}: ${{help}}: \
         ${{nodes.slice(0, 4).map(({{ target, failureSummary }}) => `${{target.join(' ')}} (${{failureSummary.replace(/\\s+/g, ' ')}})`).join('; ')}}`))",
    ))?;
    // Where axe cannot tell the ground of a text, the other check does.
    let faint = page.see(CONTRAST)?;
    let text = |one: &serde_json::Value| one.as_str().map(str::to_owned);
    let all = [found, faint].into_iter().map(|found| found.as_array().cloned().ok_or("a check said nothing"));
    let all = all.collect::<Result<Vec<_>, _>>()?.concat();
    Ok(all.iter().filter_map(text).collect())
}

pub(crate) fn is_for_everybody(page: &Page<'_>, place: &str) -> Result<(), Failed> {
    let found = complaints(page)?;
    if found.is_empty() { Ok(()) } else { Err(format!("{place}:\n{}", found.join("\n")).into()) }
}

fn axe_finds_nothing_in_explore(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=6#e=p4", PROJECTOR, |page| {
        for tab in ["explain", "bytes", "sockets", "stream", "links", "languages"] {
            page.see(&format!("change({{ tab: '{tab}' }})"))?;
            is_for_everybody(page, tab)?;
        }
        page.see("goTo(steps.length), reveal(), goTo(steps.length), reveal(), goTo(steps.length)")?;
        page.until("view.step === steps.length")?;
        for tab in ["explain", "languages"] {
            page.see(&format!("change({{ tab: '{tab}' }})"))?;
            is_for_everybody(page, &format!("{tab}, at the end"))?;
        }
        page.see("document.querySelector('.options').open = true")?;
        is_for_everybody(page, "the menu")
    })
}

fn axe_finds_nothing_in_a_lecture(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?mode=lecture", PROJECTOR, |page| {
        is_for_everybody(page, "the title")?;
        page.see("goTo(6)")?;
        is_for_everybody(page, "step 6")?;
        for drawer in ["x", "s", "w"] {
            page.press(drawer)?;
            is_for_everybody(page, &format!("with its drawer {drawer}"))?;
        }
        Ok(())
    })
}

fn axe_finds_nothing_in_the_dark(world: &World) -> Result<(), Failed> {
    for mode in ["explore", "lecture"] {
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.prefers(&[("prefers-color-scheme", "dark")])?;
        world.open(&page, "broken-pipe", &format!("?mode={mode}&step=8"))?;
        is_for_everybody(&page, &format!("{mode}, asking"))?;
        page.press("Enter")?;
        page.until("view.step === 8")?;
        is_for_everybody(&page, mode)?;
        page.see("selectEvent(eventByAlias.get('p6')), change({ tab: 'bytes' })")?;
        is_for_everybody(&page, &format!("{mode}, bytes"))?;
        page.was_quiet()?;
    }
    Ok(())
}

fn axe_finds_nothing_where_a_question_is_asked(world: &World) -> Result<(), Failed> {
    for mode in ["explore", "lecture"] {
        world.visit("broken-pipe", &format!("?mode={mode}&step=7"), PROJECTOR, |page| {
            page.until("document.querySelector('.gate')")?;
            is_for_everybody(page, &format!("{mode}, asking"))?;
            page.press("2")?;
            page.press("Enter")?;
            page.until("document.querySelector('.answer')")?;
            is_for_everybody(page, &format!("{mode}, answered"))
        })?;
    }
    Ok(())
}

fn axe_finds_nothing_without_scripts(world: &World) -> Result<(), Failed> {
    for scheme in ["light", "dark"] {
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.prefers(&[("prefers-color-scheme", scheme)])?;
        page.scripts(false)?;
        page.open(&world.page("broken-pipe")?, "")?;
        // The checker needs timers. The page's own script has been passed over; what stands in `noscript` is kept on the screen.
        page.scripts(true)?;
        page.see("document.querySelectorAll('noscript').forEach((one) => one.replaceWith(...one.childNodes))")?;
        page.until(
            "document.querySelector('.plain .drawn svg') && !document.documentElement.classList.contains('alive')",
        )?;
        is_for_everybody(&page, scheme)?;
        page.was_quiet()?;
    }
    Ok(())
}

fn axe_finds_nothing_elsewhere(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=6", PHONE, |page| is_for_everybody(page, "on a telephone"))?;
    for (mode, size) in [("explore", PROJECTOR), ("lecture", PROJECTOR), ("explore", PHONE), ("lecture", PHONE)] {
        for name in ["upstream-prematurely-closed", "broken-pipe-ipv6", "server-crash", "sigpipe-kills"] {
            let place = format!("{name}, {mode}, {size:?}");
            world.visit(name, &format!("?mode={mode}"), size, |page| {
                page.see("openAt(steps.length)")?;
                is_for_everybody(page, &place)?;
                while page.see("view.asking !== null || view.step < steps.length")? == true {
                    page.press("PageDown")?;
                }
                is_for_everybody(page, &format!("{place}, at the end"))
            })?;
        }
    }
    world.visit("graceful-close", "?mode=print", PROJECTOR, |page| is_for_everybody(page, "to be printed"))?;
    world.visit(HOSTILE, "?step=5", PROJECTOR, |page| is_for_everybody(page, "hostile"))?;
    world.visit("graceful-close", "?step=3", PROJECTOR, |page| {
        page.press("?")?;
        is_for_everybody(page, "help")?;
        page.press("Escape")?;
        page.press("g")?;
        is_for_everybody(page, "go to")
    })
}

/// The other tests can fail.
fn axe_would_find_something(world: &World) -> Result<(), Failed> {
    world.visit("graceful-close", "?step=3", PROJECTOR, |page| {
        page.see("document.querySelector('#stage').append(document.createElement('button'))")?;
        let found = complaints(page)?;
        assert!(found.iter().any(|one| one.starts_with("button-name: ")), "{found:?}");
        page.see("document.querySelectorAll('.shaft, .ladder .id').forEach((one) => (one.style.stroke = one.style.fill = '#eee'))")?;
        let faint = complaints(page)?;
        assert!(faint.iter().any(|one| one.contains("graphic in line.shaft")), "{faint:?}");
        assert!(faint.iter().any(|one| one.contains("text.id")), "{faint:?}");
        Ok(())
    })
}

fn every_event_has_a_name_and_a_place_for_the_tab_key(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=6#e=s4", PROJECTOR, |page| {
        let unnamed = page.see("[...document.querySelectorAll('.ladder-scroll .row[data-row]')].filter((row) => !/^[a-z]+[0-9]+[a-z]? .*, [a-z]/.test(row.getAttribute('aria-label'))).length")?;
        assert_eq!(unnamed, 0);
        let stops = page.see("[...document.querySelectorAll('.ladder-scroll .row[tabindex=\"0\"]')].map((row) => row.querySelector('.id').textContent.trim())")?;
        assert_eq!(stops, json!(["s4"]));
        // By the Tab key alone one comes to it.
        for _ in 0..40 {
            page.press("Tab")?;
            if page.see("document.activeElement.matches('.ladder-scroll .row')")? == true {
                return Ok(());
            }
        }
        Err("40 times Tab does not lead to the selected event".into())
    })
}
