//! The list of scenarios: chapters, names, titles and tags, as wide as there is room.

use core::time::Duration;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use super::words::wrap;

const HEADING: Style = AnsiColor::Cyan.on_default().bold();
const NAME: Style = AnsiColor::Green.on_default();
const TAGS: Style = Style::new().dimmed();
/// How far titles and tags stand in where they have lines of their own.
const INDENT: usize = 6;

/// A chapter with those of its scenarios that are listed.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its number and title.
    pub heading: String,
    /// Its scenarios.
    pub lessons: Vec<Listed>,
}

/// A scenario as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The name to run it by.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Whether it waits for timers of the kernel.
    pub slow: bool,
    /// How long a run takes, as measured; to a tenth of a second.
    pub takes: Option<Duration>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// The list for that many columns; without a width each scenario has one line, for programs that read lines.
pub fn page(parts: &[Part], width: Option<usize>, colour: bool) -> String {
    let all = || parts.iter().flat_map(|part| &part.lessons);
    let widest = |of: fn(&Listed) -> usize| all().map(of).max().unwrap_or_default();
    let (name, title) = (widest(|one| one.name.width()), widest(|one| one.title.width()));
    let tags = widest(|one| one.tags.join(", ").width());
    let fits = |columns: usize| width.is_none_or(|width| columns <= width);
    let sheet = Sheet { name, title, width: width.unwrap_or(usize::MAX), colour };
    let row = match () {
        () if fits(name + title + tags + 20) => Sheet::in_a_line,
        () if fits(name + title + 4 + widest(|one| note(one).len())) => Sheet::with_tags_below,
        () => Sheet::stacked,
    };
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "\n" });
        text.push_str(&sheet.styled(HEADING, &part.heading));
        text.push('\n');
        for one in &part.lessons {
            for line in row(&sheet, one) {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
    }
    text
}

/// The widths of the columns and of the page.
struct Sheet {
    name: usize,
    title: usize,
    width: usize,
    colour: bool,
}

impl Sheet {
    fn in_a_line(&self, one: &Listed) -> Vec<String> {
        let slow = if one.slow { "slow" } else { "" };
        let takes = one.takes.map_or_else(String::new, |takes| format!("{:>6}  ", seconds(takes)));
        let name = self.styled(NAME, &padded(&one.name, self.name));
        let tags = self.styled(TAGS, &one.tags.join(", "));
        vec![format!("  {name}  {takes}{slow:4}  {}  {tags}", padded(&one.title, self.title))]
    }

    fn with_tags_below(&self, one: &Listed) -> Vec<String> {
        let name = self.styled(NAME, &padded(&one.name, self.name));
        let first = format!("  {name}  {}{}", one.title, note(one));
        std::iter::once(first).chain(self.tags(one, self.name + 4)).collect()
    }

    fn stacked(&self, one: &Listed) -> Vec<String> {
        let first = format!("  {}{}", self.styled(NAME, &one.name), note(one));
        let title = wrap(&one.title, self.room(INDENT)).into_iter().map(|line| format!("{:INDENT$}{line}", ""));
        std::iter::once(first).chain(title).chain(self.tags(one, INDENT)).collect()
    }

    fn tags(&self, one: &Listed, indent: usize) -> Vec<String> {
        let lines = wrap(&one.tags.join(", "), self.room(indent));
        lines.iter().map(|line| format!("{:indent$}{}", "", self.styled(TAGS, line))).collect()
    }

    fn room(&self, indent: usize) -> usize {
        self.width.saturating_sub(indent).max(20)
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// ` (2.6 s, slow)`; nothing where there is nothing to wait for.
fn note(one: &Listed) -> String {
    let takes = one.takes.filter(|takes| takes.as_millis() >= 100).map(seconds);
    let slow = one.slow.then(|| "slow".to_owned());
    let notes: Vec<String> = takes.into_iter().chain(slow).collect();
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) }
}

/// `2.6 s`; what takes less than a tenth of a second is not told apart.
fn seconds(takes: Duration) -> String {
    let tenths = takes.as_millis() / 100;
    if tenths == 0 { "<0.1 s".to_owned() } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<Part> {
        let one = |name: &str, title: &str, slow, tags: &[&str]| Listed {
            name: name.into(),
            title: title.into(),
            slow,
            takes: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        };
        let first = one("broken-pipe", "Broken pipe: the second write", false, &["EPIPE", "end of file"]);
        let second = one("slow-one", "It waits", true, &["TIME_WAIT"]);
        vec![Part { heading: "1. Errors".into(), lessons: vec![first, second] }]
    }

    #[test]
    fn a_program_gets_a_line_for_each() {
        let expected = "1. Errors\n  broken-pipe        Broken pipe: the second write  EPIPE, end of file\n  \
                        slow-one     slow  It waits                       TIME_WAIT\n";
        assert_eq!(page(&parts(), None, false), expected);
        assert_eq!(page(&parts(), Some(200), false), expected);
    }

    #[test]
    fn what_takes_time_says_how_much() {
        let mut parts = parts();
        let takes = [Duration::from_millis(20), Duration::from_millis(2_600)];
        for (one, takes) in parts[0].lessons.iter_mut().zip(takes) {
            one.takes = Some(takes);
        }
        let wide = page(&parts, None, false);
        assert!(wide.contains("broken-pipe  <0.1 s        Broken pipe"), "{wide}");
        assert!(wide.contains("slow-one      2.6 s  slow  It waits"), "{wide}");
        let narrow = page(&parts, Some(60), false);
        assert!(narrow.contains("It waits (2.6 s, slow)\n") && narrow.contains("second write\n"), "{narrow}");
    }

    #[test]
    fn a_narrower_page_has_tags_below_and_then_titles() {
        let below = "1. Errors\n  broken-pipe  Broken pipe: the second write\n               EPIPE, end of file\n  \
                     slow-one     It waits (slow)\n               TIME_WAIT\n";
        assert_eq!(page(&parts(), Some(60), false), below);
        let stacked = "1. Errors\n  broken-pipe\n      Broken pipe: the\n      second write\n      EPIPE, end of file\n  \
                       slow-one (slow)\n      It waits\n      TIME_WAIT\n";
        assert_eq!(page(&parts(), Some(26), false), stacked);
    }

    #[test]
    fn colours_change_no_width() {
        let coloured = page(&parts(), Some(60), true);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), page(&parts(), Some(60), false));
    }
}
