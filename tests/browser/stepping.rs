//! Stepping: forwards, backwards, by every key that a person or a remote control has.

use libtest_mimic::Failed;

use crate::Test;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{World, names};

pub(crate) const TESTS: &[Test] = &[
    ("every_page_opens_quietly", every_page_opens_quietly),
    ("every_key_of_stepping_steps", every_key_of_stepping_steps),
    ("the_newest_event_is_in_view", the_newest_event_is_in_view),
    ("what_comes_later_is_nowhere_to_be_seen", what_comes_later_is_nowhere_to_be_seen),
    ("keys_move_between_events", keys_move_between_events),
    ("a_step_is_said", a_step_is_said),
];

/// How many steps are shown. The address says the same a little later.
pub(crate) const STEP: &str = "view.step";

/// Whether the last row that the step has brought is in view, in the picture and in the window.
pub(crate) const NEWEST_IN_VIEW: &str = "(() => {
    const box = document.querySelector('.ladder-scroll').getBoundingClientRect();
    const row = [...document.querySelectorAll('.ladder-scroll .row.now:not(.later) .hit')].at(-1).getBoundingClientRect();
    return row.height > 0 && row.top >= box.top - 1 && row.bottom <= box.bottom + 1 && row.bottom <= innerHeight;
})()";

fn every_page_opens_quietly(world: &World) -> Result<(), Failed> {
    for name in names()? {
        world
            .visit(&name, "", PROJECTOR, |page| {
                // Where the first step is asked about, nothing has happened yet.
                page.until("document.querySelector('.gate, .ladder-scroll .row:not(.later)')")?;
                Ok(page.until("document.querySelector('.tabs') && document.querySelector('.legend li')")?)
            })
            .map_err(|failed| format!("{name}: {}", failed.message().unwrap_or_default()))?;
    }
    Ok(())
}

fn every_key_of_stepping_steps(world: &World) -> Result<(), Failed> {
    world.visit("connection-refused", "?step=0", PROJECTOR, |page| {
        let steps = page.see("steps.length")?.as_u64().unwrap_or_default();
        let presses = [
            ("End", steps),
            ("Home", 0),
            ("ArrowRight", 1),
            ("ArrowLeft", 0),
            ("ArrowLeft", 0),
            (" ", 1),
            ("PageUp", 0),
            ("PageDown", 1),
            ("End", steps),
            ("PageDown", steps),
        ];
        for (key, expected) in presses {
            press_through(page, key)?;
            assert_eq!(page.see(STEP)?, expected, "after {key:?}");
        }
        Ok(())
    })
}

/// Presses a key, and once more where a question has come.
fn press_through(page: &Page<'_>, key: &str) -> Result<(), Failed> {
    page.press(key)?;
    while page.see("document.querySelector('.gate') !== null")? == true {
        page.press("Enter")?;
        if key == "End" {
            page.press(key)?;
        }
    }
    Ok(())
}

fn the_newest_event_is_in_view(world: &World) -> Result<(), Failed> {
    for size in [PROJECTOR, PHONE] {
        world.visit("connection-reset-on-read", "?step=0", size, |page| {
            let steps = page.see("steps.length")?.as_u64().unwrap_or_default();
            for _ in 0..steps {
                press_through(page, "ArrowRight")?;
                page.until(NEWEST_IN_VIEW)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Neither in the picture nor in the table nor beside them, at any step.
fn what_comes_later_is_nowhere_to_be_seen(world: &World) -> Result<(), Failed> {
    for name in ["broken-pipe", "upstream-prematurely-closed", "read-timeout", "connect-times-out"] {
        world.visit(name, "?step=0", PROJECTOR, |page| {
            let steps = page.see("steps.length")?.as_u64().unwrap_or_default();
            for step in 0..=steps {
                page.see(&format!("openAt({step})"))?;
                // Where a question is asked, the step behind it is looked at too.
                for _ in 0..2 {
                    let place = page.see("`step ${view.step}${view.asking === null ? '' : ', asking'}`")?;
                    assert_eq!(page.see(LATER)?, serde_json::json!([]), "{name}, {place}");
                    page.see("view.asking !== null && reveal()")?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// What can be seen of later steps: rows of the picture and of the table, and in every tab short ids, results of calls that wait,
/// sockets that nobody has made, and ports that nobody has chosen.
const LATER: &str = "(() => {
    const isSeen = (element) => element.getClientRects().length > 0;
    const later = story.events.filter((event) => revealedAt(event) >= view.step);
    const rows = later.flatMap((event) => [...document.querySelectorAll(`.ladder-scroll [data-row='${rowOf.get(event)?.place}'], \
        .twin [data-event='${story.events.indexOf(event)}']`)]);
    const found = rows.filter(isSeen).map((row) => row.getAttribute('aria-label') ?? row.textContent);
    const waiting = story.events.filter((event) => revealedAt(event) < view.step && rowOf.get(event)?.at >= view.step);
    const unmade = story.sockets.filter((_, place) => !story.events.some((event) => isCall(event) && \
        (event.syscall.outcome.accepted ?? event.syscall.socket) === place && (rowOf.get(event)?.at ?? event.step) < view.step));
    const chosen = story.sockets.filter((socket) => socket.peer && !story.sockets.some((other) => other.local === socket.local && other.accepted_from === undefined && !other.peer));
    const before = view.tab;
    for (const [tab] of TABS) {
        change({ tab });
        const parts = [...document.querySelectorAll('#panel, .matched, .strip, .heads')];
        const told = parts.flatMap((part) => [part.textContent, ...[...part.querySelectorAll('[title], title')].map((one) => one.getAttribute?.('title') ?? one.textContent)]).join('\\n');
        const words = new Set(told.split(/[^A-Za-z0-9_]+/));
        found.push(...later.filter(({ alias }) => words.has(alias)).map(({ alias }) => `${tab}: ${alias}`));
        found.push(...waiting.filter((event) => told.includes(event.syscall.text)).map((event) => `${tab}: ${event.syscall.text}`));
        if (tab !== 'sockets') continue;
        const names = [...document.querySelectorAll('table.sockets tbody th')].map((head) => head.firstChild.data);
        const listed = (socket) => names.includes(`${story.actors[socket.actor].name}.${socket.name}${socket.generation > 1 ? ` #${socket.generation}` : ''}`);
        found.push(...unmade.filter(listed).map((socket) => `socket ${socket.name} of ${story.actors[socket.actor].name}`));
        const isConnected = (socket) => endpoints.some(({ end, changes }) => story.sockets[end.socket] === socket && changes.some((one) => revealedAt(one.event) < view.step));
        const port = (socket) => socket.local.split(':').at(-1);
        found.push(...chosen.filter((socket) => !isConnected(socket) && words.has(port(socket)) && !story.sockets.some((other) => other !== socket && other.local && port(other) === port(socket))).map((socket) => `port ${port(socket)}`));
    }
    change({ tab: before });
    return found;
})()";

fn keys_move_between_events(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=6#e=s1", PROJECTOR, |page| {
        for (key, expected) in [("j", "c1a"), ("k", "s1"), ("n", "p1"), ("n", "p2"), ("p", "p1"), ("ArrowDown", "p2")] {
            page.press(key)?;
            let chosen = page.see("document.querySelector('[aria-selected=true].row .id').textContent.trim()")?;
            assert_eq!(chosen, expected, "after {key}");
        }
        page.press("g")?;
        page.until("document.querySelector('dialog.jump[open]')")?;
        page.write("p4")?;
        page.press("Enter")?;
        page.until("location.hash === '#e=p4' && !document.querySelector('dialog[open]')")?;
        page.press("?")?;
        page.until("document.querySelector('dialog.help[open] kbd')")?;
        page.press("Escape")?;
        page.until("!document.querySelector('dialog[open]')")?;
        Ok(())
    })
}

fn a_step_is_said(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=3", PROJECTOR, |page| {
        page.press("ArrowRight")?;
        let said = page.see("document.querySelector('[aria-live=polite]').textContent")?;
        let said = said.as_str().unwrap_or_default();
        for part in ["Step 4 of ", "c2: client, write(\"a\") = 1", "p3: client to server"] {
            assert!(said.contains(part), "{part:?} is missing in {said:?}");
        }
        Ok(())
    })
}
