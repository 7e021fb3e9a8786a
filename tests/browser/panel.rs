//! The panel beside the picture: explanations, header bytes, sockets, ties, languages.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::PROJECTOR;
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("fields_and_their_bytes_light_up_together", fields_and_their_bytes_light_up_together),
    ("every_tab_tells_of_the_selected_event", every_tab_tells_of_the_selected_event),
    ("curves_are_those_of_the_selected_event", curves_are_those_of_the_selected_event),
    ("tokens_move_in_the_state_diagram", tokens_move_in_the_state_diagram),
    ("a_click_selects_an_event", a_click_selects_an_event),
];

/// Every byte of the captured frame is there, each belongs to a field, and each field lights its bytes.
fn fields_and_their_bytes_light_up_together(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4#e=p3", PROJECTOR, |page| {
        page.press("b")?;
        page.until("document.querySelector('.bytes')")?;
        let frame = page.see("[...bytesOf(eventByAlias.get('p3'))].map((byte) => byte.toString(16).padStart(2, '0'))")?;
        assert_eq!(page.see("[...document.querySelectorAll('.byte')].map((byte) => byte.textContent)")?, frame);
        let count = frame.as_array().ok_or("no frame")?.len();
        let wrong = page.see(
            "(() => {
                const bytes = [...document.querySelectorAll('.byte')];
                const fields = [...document.querySelectorAll('.field')];
                const told = eventByAlias.get('p3').segment.fields;
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

/// Each endpoint's token stands at the state that the kernel lane says.
fn tokens_move_in_the_state_diagram(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=2#e=p1", PROJECTOR, |page| {
        page.press("s")?;
        page.until("document.querySelector('.machine-svg .token')")?;
        let places = "[...document.querySelectorAll('.machine-svg .token:not(.away)')].map((token) => token.getAttribute('style') ?? \
                      token.getAttribute('transform'))";
        let before = page.see(places)?;
        assert_eq!(before.as_array().map(Vec::len), Some(2), "{before}");
        for _ in 0..4 {
            page.press("ArrowRight")?;
        }
        assert_ne!(page.see(places)?, before, "the close has moved both");
        let heads = page.see("[...document.querySelectorAll('.head-kernel .state-name')].map((name) => name.textContent)")?;
        assert_eq!(heads, json!(["CLOSE_WAIT", "FIN_WAIT2"]));
        Ok(())
    })
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
