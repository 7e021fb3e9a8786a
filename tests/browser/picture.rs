//! Pictures of the page, kept so that people see it as it is: the README's, and one on a telephone. `TCPSTORY_BLESS=1` takes them again;
//! who does so looks at them.

use std::fs;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use libtest_mimic::Failed;

use crate::Test;
use crate::bless::is_blessing;
use crate::page::{PHONE, PROJECTOR, Page};
use crate::world::{World, root};

pub(crate) const TESTS: &[Test] = &[
    ("the_readmes_picture_is_of_this_page", the_readmes_picture_is_of_this_page),
    ("the_telephones_picture_is_of_this_page", the_telephones_picture_is_of_this_page),
];

fn the_readmes_picture_is_of_this_page(world: &World) -> Result<(), Failed> {
    is_of_this_page(world, "broken-pipe-page.png", PROJECTOR)
}

fn the_telephones_picture_is_of_this_page(world: &World) -> Result<(), Failed> {
    is_of_this_page(world, "broken-pipe-telephone.png", PHONE)
}

fn path(name: &str) -> PathBuf {
    root().join("captures/reference").join(name)
}

/// The page at its last step, with what made the last write fail.
fn taken(world: &World, size: (u32, u32)) -> Result<Vec<u8>, Failed> {
    let mut picture = Vec::new();
    world.visit("broken-pipe", "?step=8", size, |page| {
        page.press("Enter")?;
        page.until("view.step === 8 && view.event.alias === 'c4'")?;
        // What scrolls has come to rest, and fonts are there.
        page.see(
            "document.fonts.ready.then(() => new Promise((done) => { const box = document.querySelector('.ladder-scroll'); let last = -1; const look = \
             () => { if (box.scrollTop === last) done(); else { last = box.scrollTop; requestAnimationFrame(() => requestAnimationFrame(look)); } }; \
             look(); }))",
        )?;
        picture = page.picture()?;
        Ok(())
    })?;
    Ok(picture)
}

/// Fonts differ from machine to machine, the picture as a whole does not: few points may differ, and not by much.
fn is_of_this_page(world: &World, name: &str, size: (u32, u32)) -> Result<(), Failed> {
    let (now, path) = (taken(world, size)?, path(name));
    if is_blessing() {
        return Ok(fs::write(path, now)?);
    }
    let kept = fs::read(&path).map_err(|error| format!("{}: {error} (TCPSTORY_BLESS=1 takes it)", path.display()))?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    let differing = page.see(&format!(
        "(async () => {{
            const [one, other] = await Promise.all(['{}', '{}'].map(async (data) => {{
                const image = new Image();
                image.src = `data:image/png;base64,${{data}}`;
                await image.decode();
                const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
                pen.drawImage(image, 0, 0);
                return pen.getImageData(0, 0, image.width, image.height);
            }}));
            if (one.width !== other.width || one.height !== other.height) return 100;
            let count = 0;
            for (let at = 0; at < one.data.length; at += 4) {{
                const apart = [0, 1, 2].reduce((sum, part) => sum + Math.abs(one.data[at + part] - other.data[at + part]), 0);
                if (apart > 96) count += 1;
            }}
            return (100 * count) / (one.width * one.height);
        }})()",
        BASE64_STANDARD.encode(&now),
        BASE64_STANDARD.encode(&kept)
    ))?;
    let differing = differing.as_f64().unwrap_or(100.0);
    assert!(differing < 8.0, "{differing:.1} % of the points differ (TCPSTORY_BLESS=1 takes the picture again)");
    Ok(())
}
