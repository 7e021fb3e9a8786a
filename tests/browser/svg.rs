//! The picture for slides, in a browser and in `rsvg-convert`.

use std::fs;
use std::process::Command;

use libtest_mimic::Failed;
use roxmltree::Document;
use tcpstory::report::Options;

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
            "[document.documentElement.tagName, document.querySelectorAll('parsererror').length, document.documentElement.getBBox().width > 400]",
        )?;
        assert_eq!(seen, serde_json::json!(["svg", 0, true]), "{name}");
        page.was_quiet()?;
    }
    Ok(())
}

/// Draws every picture with librsvg: no browser is needed for it.
pub(crate) fn librsvg_draws_every_picture() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for name in all()? {
        let file = folder.path().join(format!("{name}.svg"));
        fs::write(&file, crate::world::bytes(&crate::world::recording(&name)?, "svg", &Options::default())?)?;
        let drawn = Command::new("rsvg-convert").arg(&file).output()?;
        let complaint = String::from_utf8_lossy(&drawn.stderr);
        assert!(drawn.status.success() && complaint.is_empty(), "{name}: {complaint}");
        assert!(drawn.stdout.starts_with(b"\x89PNG") && drawn.stdout.len() > 10_000, "{name}");
    }
    Ok(())
}
