//! A comparison as a page that needs nothing else: no script, no other file, no network.

use super::told::Line;
use super::{Comparison, Pair, Relation, Which, picture};
use crate::report::format::svg::xml::Xml;
use crate::report::{Options, Theme, words};

/// Light and dark as the reader's system has it, readable at any width.
const STYLE: &str = "
:root { color-scheme: light dark; --page: #ffffff; --text: #1b1f24; --dim: #56606b; --mark: #fff3c9; --own: #b3261e; --line: #b9c1cb; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171c; --text: #eceef1; --dim: #a9b3bf; --mark: #3a3314; --own: #ff9485; --line: #4d5765; }
}
body { margin: 2rem auto; max-width: 100rem; padding: 0 1rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
svg { width: 100%; height: auto; }
figure { margin: 1rem 0; overflow-x: auto; }
.dark { display: none; }
@media screen and (prefers-color-scheme: dark) { .dark { display: block; } .light { display: none; } }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: 0.4rem; text-align: left; vertical-align: top; }
code { font: 0.9rem ui-monospace, monospace; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0.2rem 0 0; padding: 0; color: var(--dim); }
.differs { background: var(--mark); }
.own { color: var(--own); font-weight: bold; }
";

/// Writes a comparison as a page.
pub(super) fn write(comparison: &Comparison<'_>, options: &Options) -> Vec<u8> {
    let title = Which::BOTH.map(|which| words::plain(&comparison.story(which).recording.script.title)).join(" – ");
    let mut html = Xml::default();
    html.raw("<!DOCTYPE html>\n");
    html.tag("html").set("lang", "en").begin();
    html.raw("<head>\n<meta charset=\"utf-8\">\n");
    html.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    html.raw("<meta name=\"viewport\" content=\"width=device-width\">\n");
    html.tag("title").text(&title);
    html.raw(&format!("<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"));
    html.tag("h1").text("Two runs, step by step");
    heads(&mut html, comparison);
    for sentence in comparison.explanation() {
        html.tag("p").text(&sentence);
    }
    figures(&mut html, comparison, options);
    table(&mut html, comparison);
    html.raw("</main>\n</body>\n</html>\n");
    html.finish().into_bytes()
}

fn heads(html: &mut Xml, comparison: &Comparison<'_>) {
    for which in Which::BOTH {
        let script = &comparison.story(which).recording.script;
        html.tag("p").begin();
        html.tag("strong").text(&format!("{}: {}", which.name(), words::plain(&script.title)));
        html.tag("code").text(&script.id);
        html.close("p");
    }
}

fn figures(html: &mut Xml, comparison: &Comparison<'_>, options: &Options) {
    for (class, theme, prefixes) in
        [("light", Theme::Light, ["a-", "b-"]), ("dark", Theme::Dark, ["dark-a-", "dark-b-"])]
    {
        let svg = picture::paint(comparison, &Options { theme, ..*options }, prefixes);
        html.tag("figure").set("class", class).begin();
        html.raw(&String::from_utf8_lossy(&svg));
        html.close("figure");
    }
}

fn table(html: &mut Xml, comparison: &Comparison<'_>) {
    html.raw("<table>\n<thead><tr><th scope=\"col\">A</th><th scope=\"col\">how they are</th><th scope=\"col\">B</th></tr></thead>\n<tbody>\n");
    for pair in &comparison.pairs {
        let class = if pair.relation == Relation::Same { "same" } else { "differs" };
        html.tag("tr").set("class", class).begin();
        cell(html, pair, Which::A);
        html.tag("td").text(relation(pair.relation));
        cell(html, pair, Which::B);
        html.close("tr");
    }
    html.raw("</tbody>\n</table>\n");
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
