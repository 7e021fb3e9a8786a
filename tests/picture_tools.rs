//! SVGs in the programs that show them: `rsvg-convert` (librsvg) paints them, Chromium opens them.

#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/require.rs"]
mod require;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::process::Command;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use recorded::{stories, write};
use require::unavailable;
use tcpstory::report::compare::{self, Comparison};
use tcpstory::report::{Options, Theme};

const THEMES: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::Mono];

fn main() {
    let trials = vec![
        needing("rsvg_convert_paints_every_picture", "rsvg-convert", rsvg_convert_paints_every_picture),
        needing("chromium_opens_pictures", "chromium", chromium_opens_pictures),
        needing("chromium_opens_a_comparison", "chromium", chromium_opens_a_comparison),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn needing(name: &str, tool: &'static str, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match tools::missing(tool) {
        Some(reason) => unavailable(&reason),
        None => test().map(|()| Completion::Completed),
    })
}

/// The width and height of a PNG, and whether it has more than one colour: a picture of nothing packs into very few bytes.
fn png(bytes: &[u8]) -> (u32, u32, bool) {
    assert!(bytes.starts_with(b"\x89PNG\r\n"), "a PNG");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (width, height) = (number(16), number(20));
    (width, height, bytes.len() > 20_000)
}

fn rsvg_convert_paints_every_picture() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (svg, painted) = (folder.path().join("x.svg"), folder.path().join("x.png"));
    for (name, story) in stories() {
        // The themes differ in colours alone.
        for theme in THEMES.into_iter().filter(|theme| *theme == Theme::Light || name == "broken-pipe") {
            let picture = write("svg", &story, &Options { theme, ..Options::default() });
            fs::write(&svg, &picture)?;
            let output = Command::new("rsvg-convert").arg(&svg).arg("-o").arg(&painted).output()?;
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaint.is_empty(), "{name}: {complaint}");
            let (width, height, has_something) = png(&fs::read(&painted)?);
            let head = String::from_utf8(picture)?;
            assert!(head.starts_with(&format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\""
            )));
            assert!(has_something, "{name} is empty");
        }
    }
    Ok(())
}

fn chromium_opens_pictures() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for name in ["broken-pipe", "upstream-prematurely-closed"] {
        let story = stories().remove(name).ok_or("the recording")?;
        let picture = String::from_utf8(write("svg", &story, &Options::default()))?;
        fs::write(folder.path().join("x.svg"), &picture)?;
        let opened = tools::in_browser(&folder, "x.svg")?;
        assert!(!opened.contains("parsererror"), "{name}: {opened}");
        assert_eq!(opened.matches("<g id=").count(), picture.matches("<g id=").count(), "{name}");
    }
    Ok(())
}

fn chromium_opens_a_comparison() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let stories = stories();
    let comparison = Comparison::new(&stories["broken-pipe"], &stories["connection-reset-on-read"]);
    let page = (compare::by_name("html").ok_or("the page")?.write)(&comparison, &Options::default());
    fs::write(folder.path().join("x.html"), page)?;
    let opened = tools::in_browser(&folder, "x.html")?;
    assert_eq!(opened.matches("<tr class=\"differs\"").count(), 4);
    assert_eq!(opened.matches("id=\"a-p4\"").count(), 1);
    assert_eq!(opened.matches("id=\"dark-b-p4\"").count(), 1);
    Ok(())
}
