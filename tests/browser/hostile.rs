//! A story whose prose and payloads try to do something to those who look at it: `hostile.toml`.

use libtest_mimic::Failed;
use serde_json::json;
use tcpstory::report::Options;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{HOSTILE, World};

pub(crate) const TESTS: &[Test] = &[
    ("nothing_hostile_is_obeyed_by_the_page", nothing_hostile_is_obeyed_by_the_page),
    ("nothing_hostile_is_obeyed_without_scripts", nothing_hostile_is_obeyed_without_scripts),
    ("nothing_hostile_is_obeyed_by_the_picture", nothing_hostile_is_obeyed_by_the_picture),
    ("a_link_in_prose_is_text", a_link_in_prose_is_text),
    ("a_page_that_did_obey_would_be_noticed", a_page_that_did_obey_would_be_noticed),
];

/// Elements and attributes that no page of ours has, and characters that no reader should meet.
const TRACES: &str = "(() => {
    const found = [...document.querySelectorAll('img, iframe, object, embed, link, base, form[action], meta[http-equiv=refresh]')];
    const handlers = [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].filter(({ name, value }) => \
                      /^on/i.test(name) || /javascript:/i.test(value) && ['href', 'src', 'action', 'xlink:href'].includes(name)));
    const text = document.body?.innerText ?? document.documentElement.textContent;
    const invisible = text.match(/[\\u0000-\\u0008\\u000e-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e\\ufeff]/g) ?? [];
    return [...found.map((element) => element.tagName), ...handlers.map(({ name }) => name), ...invisible.map((letter) => letter.codePointAt(0))];
})()";

pub(crate) fn looks_harmless(page: &Page<'_>, place: &str) -> Result<(), Failed> {
    assert_eq!(page.see(TRACES)?, json!([]), "{place}");
    Ok(())
}

fn nothing_hostile_is_obeyed_by_the_page(world: &World) -> Result<(), Failed> {
    for mode in ["explore", "lecture"] {
        world.visit(HOSTILE, &format!("?mode={mode}&step=0"), PROJECTOR, |page| {
            looks_harmless(page, "the title")?;
            while page.see("view.step === steps.length && view.asking === null")? == false {
                page.press("PageDown")?;
                looks_harmless(page, mode)?;
            }
            for alias in ["c2", "p3", "s3", "c3", "p4", "c4", "p5", "c5", "p6"] {
                for tab in ["explain", "bytes", "sockets", "links", "languages"] {
                    page.see(&format!(
                        "selectEvent(eventByAlias.get('{alias}')), change({{ tab: '{tab}', drawer: '{tab}' }})"
                    ))?;
                    looks_harmless(page, alias)?;
                }
                page.see("change({ drawer: '' })")?;
            }
            let told = page.see("document.body.textContent")?;
            let told = told.as_str().unwrap_or_default();
            for payload in [
                "</script><img src=x oner",
                r"\u{2028}\u{2029}\u{202e}",
                r"\x80\xc0\xaf\xed\xa0\x80\xff\x00",
                r"\x1b]0;owned\x07\x1b[31mred",
            ] {
                assert!(told.contains(payload), "{payload:?} is shown as data");
            }
            Ok(())
        })?;
    }
    world.visit(HOSTILE, "?mode=print", PROJECTOR, |page| looks_harmless(page, "print"))
}

fn nothing_hostile_is_obeyed_without_scripts(world: &World) -> Result<(), Failed> {
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.scripts(false)?;
    page.open(&world.page(HOSTILE)?, "")?;
    looks_harmless(&page, "without scripts")?;
    Ok(page.was_quiet()?)
}

fn nothing_hostile_is_obeyed_by_the_picture(world: &World) -> Result<(), Failed> {
    let file = world.written(HOSTILE, "svg", &Options::default())?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.open(&file, "")?;
    looks_harmless(&page, "the picture")?;
    let told = page.see("document.documentElement.textContent")?;
    assert!(told.as_str().unwrap_or_default().contains("</script><img src=x"), "the payload is shown");
    Ok(page.was_quiet()?)
}

/// The other tests can fail: what the page is said not to do is seen where a page does it.
fn a_page_that_did_obey_would_be_noticed(world: &World) -> Result<(), Failed> {
    let deeds = [
        ("<script>alert(1)</script>", "a dialog"),
        ("<img src=x onerror=alert(1)>", "a request"),
        ("<script>fetch('http://192.0.2.1/')</script>", "a request"),
        ("<script>console.error('x')</script>", "the console"),
        ("<script>throw new Error('x')</script>", "Uncaught Error: x"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\"><script>0</script>",
            "Content Security Policy",
        ),
        ("<script>new WebSocket('ws://192.0.2.1/')</script>", "a connection"),
        ("<script>console.debug('x')</script>", "the console"),
    ];
    for (deed, noticed) in deeds {
        let file = world.folder.path().join("obedient.html");
        std::fs::write(&file, format!("<!DOCTYPE html><title>t</title>{deed}"))?;
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.open(&file, "")?;
        let told = page.was_quiet().err().ok_or_else(|| format!("{deed} went unseen"))?;
        assert!(told.contains(noticed), "{deed}: {told}");
    }
    Ok(())
}

fn a_link_in_prose_is_text(world: &World) -> Result<(), Failed> {
    world.visit(HOSTILE, "?step=1", PROJECTOR, |page| {
        let made = page.see(
            "(() => {
                const box = document.createElement('div');
                box.append(...paragraphs(beside.goals[1]));
                return [box.textContent, [...box.querySelectorAll('*')].map((one) => one.localName)];
            })()",
        )?;
        assert_eq!(made, json!(["link <b onclick=alert(7)>", ["p", "strong"]]));
        Ok(())
    })
}
