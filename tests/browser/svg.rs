//! The picture for slides, in a browser and in `rsvg-convert`.

use std::fs;
use std::process::Command;

use libtest_mimic::Failed;
use roxmltree::Document;
use tcpstory::report::{Options, Theme};

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::{HOSTILE, World, names};

pub(crate) const TESTS: &[Test] = &[
    ("pictures_are_xml_without_anything_outside", pictures_are_xml_without_anything_outside),
    ("pictures_open_in_the_browser", pictures_open_in_the_browser),
];

fn all() -> Result<Vec<String>, Failed> {
    Ok(names()?.into_iter().chain([HOSTILE.to_owned()]).collect())
}

fn pictures_are_xml_without_anything_outside(world: &World) -> Result<(), Failed> {
    for name in all()? {
        let text = fs::read_to_string(world.written(&name, "svg", &Options::default())?)?;
        let document = Document::parse(&text).map_err(|error| format!("{name}: {error}"))?;
        for element in document.descendants().filter(roxmltree::Node::is_element) {
            let kind = element.tag_name().name();
            assert!(!["script", "foreignObject", "image", "use", "a", "style"].contains(&kind), "{name}: {kind}");
            for attribute in element.attributes() {
                let (key, value) = (attribute.name(), attribute.value());
                let leads_out = key == "href" || value.contains("url(") && !value.contains("url(#");
                assert!(!leads_out && !key.starts_with("on"), "{name}: {key}={value}");
            }
        }
    }
    Ok(())
}

fn pictures_open_in_the_browser(world: &World) -> Result<(), Failed> {
    for name in all()? {
        let file = world.written(&name, "svg", &Options::default())?;
        let page = Page::new(&world.browser, PROJECTOR)?;
        page.open(&file, "")?;
        let seen = page.see(
            "[document.documentElement.tagName, document.querySelectorAll('parsererror').length, \
             document.documentElement.getBBox().width > 400, document.querySelectorAll('g[id]').length]",
        )?;
        let groups = fs::read_to_string(&file)?.matches("<g id=").count();
        assert_eq!(seen, serde_json::json!(["svg", 0, true, groups]), "{name}");
        page.was_quiet()?;
    }
    Ok(())
}

/// Draws every picture with librsvg, as large as it says it is, and one in every theme: no browser is needed for it.
pub(crate) fn librsvg_draws_every_picture() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for name in all()? {
        // The themes differ in colours alone.
        for theme in
            [Theme::Light, Theme::Dark, Theme::Mono].into_iter().take(if name == "broken-pipe" { 3 } else { 1 })
        {
            let file = folder.path().join(format!("{name}.svg"));
            let picture =
                crate::world::bytes(&crate::world::recording(&name)?, "svg", &Options { theme, ..Options::default() })?;
            fs::write(&file, &picture)?;
            let drawn = Command::new("rsvg-convert").arg(&file).output()?;
            let complaint = String::from_utf8_lossy(&drawn.stderr);
            assert!(drawn.status.success() && complaint.is_empty(), "{name}: {complaint}");
            // A picture of nothing packs into very few bytes.
            assert!(drawn.stdout.starts_with(b"\x89PNG\r\n") && drawn.stdout.len() > 20_000, "{name}");
            let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| drawn.stdout[at + byte]));
            let size = format!(" width=\"{}\" height=\"{}\"", number(16), number(20));
            assert!(
                String::from_utf8(picture)?.lines().next().is_some_and(|head| head.contains(&size)),
                "{name}: {size}"
            );
        }
    }
    Ok(())
}
