//! A comparison as a page to step through, offline; readable without JavaScript too.
//!
//! `frame.html` is the frame, `look.css` and `steps.js` are the page's own; colours, controls and the making of elements are those of a
//! lesson's page. Without JavaScript everything is shown: the explanation, the picture with both ladders, and the table of steps. The
//! script shows as much of them as somebody has stepped to. Text from a recording enters as it does there: escaped, or as JSON in an
//! element that no browser executes, and the content security policy admits this script and this style sheet alone.

use super::told::Line;
use super::{Comparison, Pair, Relation, Which, json, picture};
use crate::report::format::html::{BASE_STYLE, DOM_SCRIPT, colours, markup, policy};
use crate::report::format::svg::xml::Xml;
use crate::report::{Options, Theme, words};

const FRAME: &str = include_str!("frame.html");

/// The script: what the first file declares, the second uses.
const SCRIPT: [&str; 3] = ["\"use strict\";\n", DOM_SCRIPT, include_str!("steps.js")];

const STYLE: [&str; 2] = [BASE_STYLE, include_str!("look.css")];

/// Writes a comparison as a page.
pub(super) fn write(comparison: &Comparison<'_>, options: &Options) -> Vec<u8> {
    let (script, style) = (markup::lean(&SCRIPT.concat()), colours() + &markup::lean(&STYLE.concat()));
    let title = Which::BOTH.map(|which| words::plain(&comparison.story(which).recording.script.title)).join(" – ");
    let data = json::write(comparison, options);
    let page = markup::fill(
        FRAME,
        &[
            ("policy", &policy(&script, &style)),
            ("title", &markup::text(&title)),
            ("style", &style),
            ("heads", &heads(comparison)),
            ("drawn", &drawn(comparison, options)),
            ("explanation", &explanation(comparison)),
            ("table", &table(comparison)),
            ("comparison", &markup::json(String::from_utf8_lossy(&data).trim_end())),
            ("script", &script),
        ],
    );
    page.into_bytes()
}

fn heads(comparison: &Comparison<'_>) -> String {
    let mut html = Xml::default();
    for which in Which::BOTH {
        let script = &comparison.story(which).recording.script;
        html.tag("p").begin();
        html.tag("strong").text(&format!("{}: {}", which.name(), words::plain(&script.title)));
        html.tag("code").text(&script.id);
        html.close("p");
    }
    html.finish()
}

fn explanation(comparison: &Comparison<'_>) -> String {
    let mut html = Xml::default();
    for sentence in comparison.explanation() {
        html.tag("p").text(&sentence);
    }
    html.finish()
}

/// The picture in light and in dark colours, of which one is shown.
fn drawn(comparison: &Comparison<'_>, options: &Options) -> String {
    let mut html = Xml::default();
    for (class, theme, prefixes) in
        [("drawn light", Theme::Light, ["a-", "b-"]), ("drawn dark", Theme::Dark, ["dark-a-", "dark-b-"])]
    {
        let svg = picture::paint_in_pieces(comparison, &Options { theme, ..*options }, prefixes);
        let tag = html.tag("figure").set("class", class).set("tabindex", 0).set("role", "group");
        tag.set("aria-label", "Both ladders beside each other").begin();
        html.raw(&String::from_utf8_lossy(&svg));
        html.close("figure");
    }
    html.finish()
}

/// A row for each pair of steps.
fn table(comparison: &Comparison<'_>) -> String {
    let mut html = Xml::default();
    for pair in &comparison.pairs {
        let class = if pair.relation == Relation::Same { "same" } else { "differs" };
        html.tag("tr").set("class", class).begin();
        cell(&mut html, pair, Which::A);
        html.tag("td").text(relation(pair.relation));
        cell(&mut html, pair, Which::B);
        html.close("tr");
    }
    html.finish()
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Same => "same",
        Relation::OtherResult => "other result",
        Relation::OtherDeed => "other deed",
        Relation::OnlyA => "only A",
        Relation::OnlyB => "only B",
    }
}

fn cell(html: &mut Xml, pair: &Pair, which: Which) {
    html.tag("td").begin();
    if let Some(step) = pair.side(which) {
        html.tag("code").text(&format!("{} {}", step.id.0 + 1, step.does));
        html.tag("ul").begin();
        for (line, own) in pair.lines(which) {
            item(html, line, own);
        }
        html.close("ul");
    }
    html.close("td");
}

fn item(html: &mut Xml, line: &Line, own: bool) {
    html.tag("li").begin();
    let code = html.tag("code");
    let code = if own { code.set("class", "own") } else { code };
    let sign = if own { "≠ " } else { "" };
    code.text(format!("{sign}{} {}", line.alias, line.text).trim());
    html.close("li");
}
