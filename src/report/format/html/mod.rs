//! The page: one file for a browser, offline, to step through a story; readable without JavaScript too.
//!
//! `page.html` is the frame, `css/` and `js/` are the page's own, `twin` writes what is there without JavaScript, `beside` what the
//! script needs beside the timeline. Text from a recording enters the frame in two ways alone: escaped as HTML, or as JSON in an
//! element that no browser executes. The script puts it on the screen as text, never as markup, and the content security policy
//! admits this one script and this one style sheet, by their hashes, and nothing else: no connection, no image, no frame. The
//! picture for those without JavaScript is that of [`svg`].

mod beside;
pub(in crate::report) mod markup;
#[cfg(test)]
mod tests;
mod twin;

use std::sync::LazyLock;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256};

use super::svg::palette::Palette;
use super::{json, svg};
use crate::report::ties::Ties;
use crate::report::{Options, words};
use crate::story::Story;

const FRAME: &str = include_str!("page.html");

/// The colours of every picture and page, light and dark, as variables of a style sheet.
pub(in crate::report) fn colours() -> String {
    Palette::variables()
}

/// Type and controls, and how a script makes elements: for every page.
pub(in crate::report) const BASE_STYLE: &str = include_str!("css/base.css");
pub(in crate::report) const DOM_SCRIPT: &str = include_str!("js/dom.js");

const STYLE_SOURCE: &str = concat!(
    include_str!("css/base.css"),
    include_str!("css/ladder.css"),
    include_str!("css/panel.css"),
    include_str!("css/lecture.css"),
    include_str!("css/print.css"),
);

/// One script: what a file declares, the files after it may use.
const SCRIPT_SOURCE: &str = concat!(
    "\"use strict\";\n",
    include_str!("js/dom.js"),
    include_str!("js/data.js"),
    include_str!("js/unfold.js"),
    include_str!("js/words.js"),
    include_str!("js/time.js"),
    include_str!("js/lanes.js"),
    include_str!("js/kernels.js"),
    include_str!("js/axis.js"),
    include_str!("js/bars.js"),
    include_str!("js/arrows.js"),
    include_str!("js/rows.js"),
    include_str!("js/slices.js"),
    include_str!("js/ladder.js"),
    include_str!("js/reveal.js"),
    include_str!("js/curves.js"),
    include_str!("js/view.js"),
    include_str!("js/panel.js"),
    include_str!("js/machine.js"),
    include_str!("js/bytes.js"),
    include_str!("js/stream.js"),
    include_str!("js/verdict.js"),
    include_str!("js/gate.js"),
    include_str!("js/print.js"),
    include_str!("js/remote.js"),
    include_str!("js/keys.js"),
    include_str!("js/embed.js"),
    include_str!("js/controls.js"),
    include_str!("js/heads.js"),
    include_str!("js/legend.js"),
    include_str!("js/cards.js"),
    include_str!("js/chosen.js"),
    include_str!("js/twin.js"),
    include_str!("js/main.js"),
);

static STYLE: LazyLock<String> = LazyLock::new(|| colours() + &markup::lean(STYLE_SOURCE));
static SCRIPT: LazyLock<String> = LazyLock::new(|| markup::lean(SCRIPT_SOURCE));

/// Writes a story as a page.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let drawn = svg::write(story, &Options { upto: None, fragments: false, ..*options });
    let (timeline, fields) = json::for_page(story, &ties);
    let page = markup::fill(
        FRAME,
        &[
            ("policy", &policy(&SCRIPT, &STYLE)),
            ("title", &markup::text(&words::plain(&story.recording.script.title))),
            ("style", &STYLE),
            ("facts", &markup::text(&words::facts(story))),
            ("goals", &twin::goals(story)),
            ("ladder", &String::from_utf8_lossy(&drawn)),
            ("lesson", &twin::lesson(&ties)),
            ("table", &twin::table(&ties)),
            ("timeline", &markup::json(&timeline)),
            ("beside", &markup::json(&beside::write(&ties, fields))),
            ("script", &SCRIPT),
        ],
    );
    page.into_bytes()
}

/// What a page may do: run this script, use this style sheet, and no more. Scripts cannot be made from text either.
pub(in crate::report) fn policy(script: &str, style: &str) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(script),
        hash(style)
    )
}
