//! The page in a frame of another page.

use std::fs;

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("messages_lead_through_the_story", messages_lead_through_the_story),
    ("keys_belong_to_the_frame_only_with_focus", keys_belong_to_the_frame_only_with_focus),
    ("other_messages_are_ignored", other_messages_are_ignored),
];

/// A page around the page, which keeps what it is told.
const AROUND: &str = r#"<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>a deck</title>
<script>
  const told = [];
  const last = () => told.at(-1) ?? {};
  addEventListener("message", ({ data }) => told.push(data));
  const tell = (message) => document.querySelector("iframe").contentWindow.postMessage(message, "*");
</script>
<button>outside</button>
<iframe src="broken-pipe.html?step=1" title="the story" width="1200" height="640"></iframe>
"#;

fn visit(world: &World, look: impl FnOnce(&Page<'_>) -> Result<(), Failed>) -> Result<(), Failed> {
    world.page("broken-pipe")?;
    let file = world.folder.path().join("around.html");
    fs::write(&file, AROUND)?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.open(&file, "")?;
    page.until("told.some(({ tcpstory }) => tcpstory === 'ready')")?;
    look(&page)?;
    Ok(page.was_quiet()?)
}

fn messages_lead_through_the_story(world: &World) -> Result<(), Failed> {
    visit(world, |page| {
        let ready = page.see("told.find(({ tcpstory }) => tcpstory === 'ready')")?;
        assert_eq!(
            (&ready["lesson"], &ready["step"], &ready["asking"]),
            (&json!("broken-pipe"), &json!(1), &json!(false))
        );
        let exchanges = [
            ("{ tcpstory: 'next' }", json!({ "step": 2, "asking": false })),
            ("{ tcpstory: 'goto', step: 4 }", json!({ "step": 4, "asking": false })),
            ("{ tcpstory: 'prev' }", json!({ "step": 3, "asking": false })),
            ("{ tcpstory: 'goto', event: 'p4' }", json!({ "step": 6, "asking": false, "event": "p4" })),
            ("{ tcpstory: 'next' }", json!({ "step": 7, "asking": true })),
            ("{ tcpstory: 'reveal' }", json!({ "step": 7, "asking": false })),
            ("{ tcpstory: 'goto', step: 0 }", json!({ "step": 0, "asking": false, "event": null })),
            ("{ tcpstory: 'goto', step: 1 }", json!({ "step": 1, "asking": false })),
            ("{ tcpstory: 'goto', step: 0 }", json!({ "step": 0, "asking": false })),
            ("{ tcpstory: 'goto', step: 7 }", json!({ "step": 7, "asking": false })),
        ];
        for (message, expected) in exchanges {
            page.see(&format!("told.length = 0; tell({message})"))?;
            let conditions: Vec<_> = expected
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| format!("last().{key} === {value}"))
                .collect();
            page.until(&format!("last().tcpstory === 'step' && {}", conditions.join(" && ")))
                .map_err(|trouble| format!("{message}: {trouble}"))?;
        }
        page.see("tell({ tcpstory: 'goto', step: last().steps }); tell({ tcpstory: 'reveal' })")?;
        page.until("last().step === last().steps && last().steps > 0")?;
        page.see("tell({ tcpstory: 'next' })")?;
        page.until("last().tcpstory === 'end'")?;
        page.see("tell({ tcpstory: 'goto', step: 0 }); tell({ tcpstory: 'prev' })")?;
        Ok(page.until("last().tcpstory === 'start'")?)
    })
}

fn keys_belong_to_the_frame_only_with_focus(world: &World) -> Result<(), Failed> {
    visit(world, |page| {
        page.click("button")?;
        page.see("told.length = 0")?;
        for key in ["ArrowRight", "PageDown", "End"] {
            page.press(key)?;
        }
        // An answer to a message comes after anything that the keys have done.
        page.see("tell({ tcpstory: 'goto', step: 1 }); tell({ tcpstory: 'next' })")?;
        page.until("last().step === 2")?;
        assert_eq!(page.see("told.filter(({ step }) => step > 2).length")?, 0, "keys outside are not the story's");
        page.see("document.querySelector('iframe').contentWindow.focus()")?;
        page.press("ArrowRight")?;
        Ok(page.until("last().step === 3")?)
    })
}

fn other_messages_are_ignored(world: &World) -> Result<(), Failed> {
    visit(world, |page| {
        for message in [
            "null",
            "'next'",
            "{ tcpstory: 'toString' }",
            "{ tcpstory: 'constructor' }",
            "{ tcpstory: { next: 1 } }",
            "{ tcpstory: 'goto', step: 'x' }",
            "{ tcpstory: 'goto', event: '<img>' }",
            "[]",
        ] {
            page.see(&format!("tell({message})"))?;
        }
        page.see("told.length = 0; tell({ tcpstory: 'next' })")?;
        page.until("last().tcpstory === 'step'")?;
        assert_eq!(page.see("told.map(({ step }) => step)")?, json!([2]));
        Ok(())
    })
}
