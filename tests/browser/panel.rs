//! The panel beside the picture: explanations, header bytes, sockets, ties, languages.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{World, names};

pub(crate) const TESTS: &[Test] = &[
    ("fields_and_their_bytes_light_up_together", fields_and_their_bytes_light_up_together),
    ("every_tab_tells_of_the_selected_event", every_tab_tells_of_the_selected_event),
    ("curves_are_those_of_the_selected_event", curves_are_those_of_the_selected_event),
    ("tokens_stand_where_the_kernels_lane_says", tokens_stand_where_the_kernels_lane_says),
    ("only_resets_and_the_like_leave_the_figure", only_resets_and_the_like_leave_the_figure),
    ("a_listener_is_in_listen", a_listener_is_in_listen),
    ("drawers_of_a_lecture_are_not_cut_off", drawers_of_a_lecture_are_not_cut_off),
    ("before_the_first_byte_the_strip_says_so", before_the_first_byte_the_strip_says_so),
    ("a_lecture_says_something_at_every_step", a_lecture_says_something_at_every_step),
    ("a_click_selects_an_event", a_click_selects_an_event),
];

/// Every byte of the captured frame is there, each belongs to a field, and each field lights its bytes.
fn fields_and_their_bytes_light_up_together(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4#e=p3", PROJECTOR, |page| {
        page.press("h")?;
        page.until("document.querySelector('.bytes')")?;
        let frame = page.see("[...bytesOf(eventByAlias.get('p3'))].map((byte) => byte.toString(16).padStart(2, '0'))")?;
        assert_eq!(page.see("[...document.querySelectorAll('.byte')].map((byte) => byte.textContent)")?, frame);
        let count = frame.as_array().ok_or("no frame")?.len();
        let wrong = page.see(
            "(() => {
                const bytes = [...document.querySelectorAll('.byte')];
                const fields = [...document.querySelectorAll('.field')];
                const told = fieldsOf(eventByAlias.get('p3'));
                const lit = () => bytes.flatMap((byte, place) => (byte.classList.contains('lit') ? [place] : []));
                const wrong = [];
                fields.forEach((field, index) => {
                    field.click();
                    const { offset_bytes, size_bytes } = told[index];
                    const expected = Array.from({ length: size_bytes }, (_, place) => offset_bytes + place);
                    if (JSON.stringify(lit()) !== JSON.stringify(expected)) wrong.push([field.textContent, lit(), expected]);
                });
                bytes.forEach((byte, place) => {
                    byte.click();
                    const pressed = fields.findIndex((field) => field.getAttribute('aria-pressed') === 'true');
                    if (pressed === -1 || !lit().includes(place)) wrong.push(['byte', place, pressed]);
                });
                return wrong;
            })()",
        )?;
        assert_eq!(wrong, json!([]), "of {count} bytes");
        Ok(())
    })
}

fn every_tab_tells_of_the_selected_event(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=8", PROJECTOR, |page| {
        page.press("Enter")?;
        page.until("!document.querySelector('.gate') && view.event?.alias === 'c4'")?;
        let expected = [
            ("explain", "the RST p6 arrived in CLOSE_WAIT"),
            ("bytes", "Select a segment"),
            ("sockets", "client.connection"),
            ("links", "failed because of"),
            ("languages", "BrokenPipeError"),
        ];
        for (tab, words) in expected {
            page.click(&format!("#tab-{tab}"))?;
            let told = page.see("document.querySelector('#panel').innerText")?;
            assert!(told.as_str().unwrap_or_default().contains(words), "{words:?} is missing in {told}");
            assert_eq!(page.see("document.querySelector('[role=tab][aria-selected=true]').id")?, format!("tab-{tab}"));
        }
        let matched = page.see("document.querySelector('.matched').innerText")?;
        assert!(matched.as_str().unwrap_or_default().contains("p6"), "{matched}");
        Ok(())
    })
}

fn curves_are_those_of_the_selected_event(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4#e=c2", PROJECTOR, |page| {
        let curves = "document.querySelectorAll('.curves path.curve:not(.halo, .tip)').length";
        let shown = "story.links.filter((link) => [link.from, link.to].includes(view.event.id) && [link.from, link.to].every((id) => \
                     revealedAt(eventOf.get(id)) < view.step)).length";
        for alias in ["c2", "p3", "p1", "s1"] {
            page.see(&format!("selectEvent(eventByAlias.get('{alias}'))"))?;
            assert_eq!(page.see(curves)?, page.see(shown)?, "{alias}");
        }
        page.see("selectEvent(eventByAlias.get('p1'))")?;
        assert_ne!(page.see(curves)?, 0);
        Ok(())
    })
}

/// Steps through a whole story without its questions, and finds what a script complains about at each step.
fn at_every_step(page: &Page<'_>, complaints: &str) -> Result<Value, Failed> {
    Ok(page.see(&format!(
        "(() => {{
            change({{ tab: 'sockets' }});
            for (const place of predictionsOf.keys()) answered.add(place);
            const complaints = () => {{ {complaints} }};
            return Array.from({{ length: steps.length + 1 }}, (_, step) => (goTo(step), complaints().map((one) => `step ${{step}}: ${{one}}`))).flat();
        }})()"
    ))?)
}

/// Each endpoint's token stands at the state that the kernel's lane says, at every step; a listening socket's in `LISTEN` until it is
/// closed. What the kernel's lane says is in the layout; only a state that the kernel reports unasked has no row there.
fn tokens_stand_where_the_kernels_lane_says(world: &World) -> Result<(), Failed> {
    for name in names()? {
        world.visit(&name, "?mode=explore", PROJECTOR, |page| {
            // A token that is still on its way stands nowhere.
            page.prefers(&[("prefers-reduced-motion", "reduce")])?;
            page.until("matchMedia('(prefers-reduced-motion: reduce)').matches")?;
            let wrong = at_every_step(
                page,
                "const middle = (element) => { const { top, bottom } = element.getBoundingClientRect(); return (top + bottom) / 2; };
                 const machine = [...machines.values()].find(({ svg }) => svg.isConnected);
                 const boxes = [...document.querySelectorAll('.state-box')].map((box) => [box.dataset.state, box.querySelector('rect')]);
                 const standsAt = (token) => {
                     const here = token.firstChild.getBoundingClientRect();
                     const near = boxes.filter(([, box]) => Math.abs(middle(box) - middle(token.firstChild)) < 3);
                     const gap = ([, box]) => { const { left, right } = box.getBoundingClientRect(); return Math.max(left - here.right, here.left - right); };
                     return near.sort((one, other) => gap(one) - gap(other))[0]?.[0];
                 };
                 return machine.tokens.flatMap(({ endpoint, listener, group }) => {
                     const isShown = !group.classList.contains('away');
                     if (listener) {
                         const state = listener.changes.filter(({ event }) => (event.step ?? 0) < view.step).at(-1)?.to;
                         return isShown === Boolean(state) && (!isShown || standsAt(group) === state) ? [] : [`listener: ${standsAt(group)} for ${state}`];
                     }
                     if (!isShown || endpoint.changes.some(({ event }) => event.kind === 'state')) return [];
                     const labels = story.layout.rows.filter((row) => row.seen < view.step).flatMap((row) => row.states ?? []);
                     const said = labels.findLast((label) => label.connection === endpoint.connection.label && label.side === endpoint.end.side);
                     const state = said?.state ?? 'CLOSE';
                     return standsAt(group) === state ? [] : [`${endpoint.key}: ${standsAt(group)} for ${state}`];
                 });",
            )?;
            assert_eq!(wrong, json!([]), "{name}");
            Ok(())
        })?;
    }
    Ok(())
}

/// Every change is a way of the RFC's figure unless it comes of an RST, of data for an orphan, or of the socket's own program.
fn only_resets_and_the_like_leave_the_figure(world: &World) -> Result<(), Failed> {
    let mut ways = 0;
    for name in names()? {
        world.visit(&name, "?mode=explore", PROJECTOR, |page| {
            let wrong = at_every_step(
                page,
                "const machine = [...machines.values()].find(({ svg }) => svg.isConnected);
                 window.taken = (window.taken ?? 0) + document.querySelectorAll('.way.taken:not(.jump)').length;
                 const happened = machine.tokens.filter(({ group }) => !group.classList.contains('away'))
                     .flatMap(({ endpoint, listener }) => (endpoint ?? listener).changes).filter(({ event }) => resultAt(event) === view.step - 1);
                 const isAllowed = ({ event, from, to }) => {
                     const isOrphan = ['FIN_WAIT1', 'FIN_WAIT2'].includes(from) && event.segment?.payload;
                     return to === 'CLOSE' && (event.segment?.flags.includes('RST') || isOrphan || event.kind !== 'segment');
                 };
                 const jumps = happened.filter(isJump);
                 const drawn = document.querySelectorAll('.jumps path.way-tip').length;
                 return jumps.filter((jump) => !isAllowed(jump)).map(({ event, from, to }) => `${event.alias}: ${from} to ${to}`)
                     .concat(drawn === jumps.length ? [] : [`${drawn} jumps for ${jumps.length}`]);",
            )?;
            assert_eq!(wrong, json!([]), "{name}");
            ways += page.see("window.taken ?? 0")?.as_u64().unwrap_or_default();
            Ok(())
        })?;
    }
    assert!(ways > 100, "{ways} ways were taken in all stories");
    Ok(())
}

/// Who listens is in `LISTEN`, in its kernel's lane and in the table, before anybody connects.
fn a_listener_is_in_listen(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=1", PROJECTOR, |page| {
        page.press("s")?;
        let heads = "[...document.querySelectorAll('.head-kernel .state-name')].map((name) => name.textContent)";
        assert_eq!(page.see(heads)?, json!(["kernel", "LISTEN"]));
        let table = "[...document.querySelectorAll('table.sockets tbody tr')].map((row) => [row.cells[0].firstChild.data, row.cells[1].textContent])";
        assert_eq!(page.see(table)?, json!([["server.listener", "LISTEN"]]));
        page.press("ArrowRight")?;
        assert_eq!(page.see(table)?, json!([["server.listener", "LISTEN"], ["client.connection", "ESTABLISHED"]]));
        page.press("ArrowRight")?;
        assert_eq!(page.see(&format!("{table}.length"))?, 3, "accept makes a socket");
        page.see("goTo(6)")?;
        assert_eq!(page.see(heads)?, json!(["CLOSE_WAIT", "FIN_WAIT2"]));
        Ok(())
    })
}

/// The whole state diagram is in view in a lecture, and the byte streams have a drawer too.
fn drawers_of_a_lecture_are_not_cut_off(world: &World) -> Result<(), Failed> {
    for name in ["broken-pipe", "upstream-prematurely-closed"] {
        world.visit(name, "?mode=lecture", PROJECTOR, |page| {
            page.see("predictionsOf.forEach((_, place) => answered.add(place)), goTo(steps.length)")?;
            for (drawer, picture) in [("s", ".machine-svg"), ("w", ".streams")] {
                page.press(drawer)?;
                let cut = page.see(&format!(
                    "(() => {{
                        const whole = document.querySelector('.panel.drawn-out {picture}').getBoundingClientRect();
                        const room = document.querySelector('#panel').getBoundingClientRect();
                        const isInside = whole.left >= room.left && whole.right <= room.right + 1 && whole.top >= room.top && whole.bottom <= room.bottom + 1;
                        return isInside && room.bottom <= innerHeight && whole.height > 100 ? null : [whole, room];
                    }})()"
                ))?;
                assert_eq!(cut, json!(null), "{name}, {drawer}");
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn before_the_first_byte_the_strip_says_so(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=2", PROJECTOR, |page| {
        let strip = "[document.querySelector('.strip').innerText, document.querySelectorAll('.strip .block').length]";
        assert_eq!(page.see(strip)?, json!(["No byte of data has been written yet.", 0]));
        page.see("goTo(4)")?;
        assert_ne!(page.see("document.querySelectorAll('.strip .block').length")?, 0);
        Ok(())
    })
}

/// Where the author has given the lecturer nothing to say, the cause of what happened stands there.
fn a_lecture_says_something_at_every_step(world: &World) -> Result<(), Failed> {
    for name in names()? {
        world.visit(&name, "?mode=lecture", PROJECTOR, |page| {
            let silent = page.see(
                "(() => {
                    predictionsOf.forEach((_, place) => answered.add(place));
                    return steps.flatMap((_, place) => {
                        goTo(place + 1);
                        return document.querySelector('.caption:not([hidden]) .say')?.innerText.trim() ? [] : [place + 1];
                    });
                })()",
            )?;
            assert_eq!(silent, json!([]), "{name}");
            Ok(())
        })?;
    }
    Ok(())
}

fn a_click_selects_an_event(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4", PROJECTOR, |page| {
        page.click(".ladder-scroll .row[data-row=\"5\"] .hit")?;
        page.until("location.hash === '#e=p1'")?;
        // The call that sent it is named, and leads there.
        page.see(
            "[...document.querySelectorAll('.matched .chip')].find((chip) => chip.textContent === 'c1').id = 'wanted'",
        )?;
        page.click("#wanted")?;
        Ok(page.until("location.hash === '#e=c1'")?)
    })
}
