//! Addresses: a link leads to a step and an event, and what a person does is in the address.

use libtest_mimic::Failed;

use crate::Test;
use crate::page::PROJECTOR;
use crate::stepping::STEP;
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("a_link_leads_to_a_step_and_an_event", a_link_leads_to_a_step_and_an_event),
    ("a_link_to_an_event_shows_it", a_link_to_an_event_shows_it),
    ("a_wrong_link_does_no_harm", a_wrong_link_does_no_harm),
    ("the_address_says_what_is_shown", the_address_says_what_is_shown),
];

const CHOSEN: &str = "document.querySelector('.row[aria-selected=true] .id')?.textContent.trim() ?? null";

fn a_link_leads_to_a_step_and_an_event(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?mode=lecture&step=7#e=c3", PROJECTOR, |page| {
        assert_eq!(page.see("document.documentElement.dataset.mode")?, "lecture");
        assert_eq!((page.see(STEP)?, page.see(CHOSEN)?), (7.into(), "c3".into()));
        Ok(())
    })?;
    // Without an event a link does not give the answer to a question away.
    world.visit("broken-pipe", "?mode=lecture&step=7", PROJECTOR, |page| {
        page.until("document.querySelector('.gate')")?;
        assert_eq!(page.see(STEP)?, 6);
        // It stays a link to the question.
        page.press("PageUp")?;
        page.until("location.search === '?mode=lecture&step=6'")?;
        page.press("PageDown")?;
        Ok(page.until("document.querySelector('.gate') && location.search === '?mode=lecture&step=7'")?)
    })
}

fn a_link_to_an_event_shows_it(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "#e=p2", PROJECTOR, |page| {
        assert_eq!((page.see(STEP)?, page.see(CHOSEN)?), (2.into(), "p2".into()));
        page.see("location.hash = '#e=s1'")?;
        Ok(page.until(&format!("{CHOSEN} === 's1'"))?)
    })
}

fn a_wrong_link_does_no_harm(world: &World) -> Result<(), Failed> {
    for rest in
        ["?mode=what&step=-3&time=x#e=nobody", "?step=99999", "?step=1e3&connection=%3Cimg%3E#e=%3Cimg%20src=x%3E"]
    {
        world.visit("graceful-close", rest, PROJECTOR, |page| {
            assert_eq!(page.see("document.documentElement.dataset.mode")?, "explore", "{rest}");
            page.press("Home")?;
            assert_eq!(page.see(STEP)?, 0, "{rest}");
            Ok(())
        })?;
    }
    Ok(())
}

/// So that it can be copied, and a reload shows the same.
fn the_address_says_what_is_shown(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=4", PROJECTOR, |page| {
        for key in ["m", "t", "a", "c", "r", "d"] {
            page.press(key)?;
        }
        page.until("location.search === '?mode=lecture&step=4&time=linear&theme=dark&acks=0&calls=0&raw=1'")?;
        let before = page.see("JSON.stringify(view)")?;
        page.reload()?;
        page.until("document.querySelector('.alive .ladder-scroll svg')")?;
        assert_eq!(page.see("JSON.stringify(view)")?, before);
        Ok(())
    })
}
