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
    ("another_picture_would_be_seen", another_picture_would_be_seen),
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

/// How many parts a picture has from left to right, and from top to bottom.
const PARTS: (u32, u32) = (16, 12);
/// So much more or less ink than in the kept picture a part may have, in thousandths of its points.
const MOST_APART: u64 = 60;

/// A picture as the ink in its parts: the thousandths of their points that differ from the picture's most frequent colour. Where a
/// font draws a letter a little wider, its part has nearly the same ink; where something is missing, it has none.
fn inks(world: &World, picture: &[u8]) -> Result<Vec<u64>, Failed> {
    let (across, down) = PARTS;
    // In front: browsers paint no picture in a tab that nobody sees.
    let page = Page::new(&world.browser, PROJECTOR)?;
    let found = page.see(&format!(
        "(async () => {{
            const image = new Image();
            image.src = 'data:image/png;base64,{}';
            await image.decode();
            const {{ width, height }} = image;
            const pen = new OffscreenCanvas(width, height).getContext('2d');
            pen.drawImage(image, 0, 0);
            const {{ data }} = pen.getImageData(0, 0, width, height);
            const colours = new Uint32Array(data.buffer);
            const counts = new Map();
            for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
            const ground = [...counts].reduce((one, other) => (other[1] > one[1] ? other : one))[0];
            const inks = Array({across} * {down}).fill(0);
            const points = Array({across} * {down}).fill(0);
            colours.forEach((colour, at) => {{
                const part = Math.floor(((at % width) * {across}) / width) + {across} * Math.floor((Math.floor(at / width) * {down}) / height);
                points[part] += 1;
                inks[part] += colour === ground ? 0 : 1;
            }});
            return [width, height, ...inks.map((ink, part) => Math.round((1000 * ink) / points[part]))];
        }})()",
        BASE64_STANDARD.encode(picture)
    ))?;
    let found = found.as_array().ok_or("no picture")?;
    Ok(found.iter().filter_map(serde_json::Value::as_u64).collect())
}

/// In which parts two pictures differ; all of them where they have not the same size.
fn differing(one: &[u64], other: &[u64]) -> Vec<usize> {
    let parts = 0..one.len().max(other.len()) - 2;
    if one[..2] != other[..2] {
        return parts.collect();
    }
    parts.filter(|part| one[part + 2].abs_diff(other[part + 2]) > MOST_APART).collect()
}

fn is_of_this_page(world: &World, name: &str, size: (u32, u32)) -> Result<(), Failed> {
    let (now, path) = (taken(world, size)?, path(name));
    if is_blessing() {
        return Ok(fs::write(path, now)?);
    }
    let kept = fs::read(&path).map_err(|error| format!("{}: {error} (TCPSTORY_BLESS=1 takes it)", path.display()))?;
    let (now, kept) = (inks(world, &now)?, inks(world, &kept)?);
    let found = differing(&now, &kept);
    assert!(found.is_empty(), "the parts {found:?} of {PARTS:?} differ (TCPSTORY_BLESS=1 takes the picture again)");
    Ok(())
}

/// The other tests can fail: an empty page, one without its panel's text, one at another step, and one of another lesson are seen.
fn another_picture_would_be_seen(world: &World) -> Result<(), Failed> {
    let kept = inks(world, &fs::read(path("broken-pipe-page.png"))?)?;
    let spoilt = [
        ("an empty page", "document.body.replaceChildren()"),
        ("no panel", "document.querySelector('.panel').style.visibility = 'hidden'"),
        ("no arrows", "document.querySelectorAll('.arrow').forEach((arrow) => arrow.remove())"),
        ("no legend", "document.querySelector('.legend').style.visibility = 'hidden'"),
        ("another step", "goTo(4)"),
        ("the dark", "change({ theme: 'dark' })"),
    ];
    for (what, spoil) in spoilt {
        let mut picture = Vec::new();
        world.visit("broken-pipe", "?step=8", PROJECTOR, |page| {
            page.press("Enter")?;
            page.until("view.step === 8")?;
            page.see(spoil)?;
            picture = page.picture()?;
            Ok(())
        })?;
        let found = differing(&inks(world, &picture)?, &kept);
        assert!(!found.is_empty(), "{what} is not seen");
    }
    Ok(())
}
