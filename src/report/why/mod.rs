//! What `tcpstory why` tells: a log line, read, and the stories that may be behind it.
//!
//! Lines come from anywhere: they are cut to a bounded length, shown escaped, and matched in linear time.

mod found;
mod patterns;
mod stories;

use core::net::IpAddr;

use super::knowledge;
use super::page::{Block, Entry, Page};
use super::words::{count, escape};
use crate::record::Errno;
use patterns::Pattern;
use stories::{Story, behind, story};

/// How many characters of a line are looked at: of a longer one its beginning and its end, where errors stand.
const LONGEST_LINE: usize = 4096;
const END_OF_LINE: usize = 1024;
/// How many characters of a line are shown.
const SHOWN: usize = 200;
/// How many lines of a text are looked at, and how many different forms are told.
const MOST_LINES: usize = 10_000;
const MOST_FORMS: usize = 5;

/// A line that was recognized.
#[derive(Clone, Debug)]
pub struct Reading {
    line: String,
    pattern: &'static Pattern,
    times: u64,
}

/// The different forms of log lines in a text, each with the first line of it. None where nothing was recognized.
pub fn read(text: &str) -> Vec<Reading> {
    let mut readings: Vec<Reading> = Vec::new();
    for line in text.lines().take(MOST_LINES) {
        let line = bounded(line);
        let Some(pattern) = patterns::reading(&line) else { continue };
        let known = readings.iter().position(|known| std::ptr::eq(known.pattern, pattern));
        match known {
            Some(place) => readings[place].times += 1,
            None if readings.len() < MOST_FORMS => readings.push(Reading { line, pattern, times: 1 }),
            None => {}
        }
    }
    readings
}

/// As much of a line as is looked at.
fn bounded(line: &str) -> String {
    if line.chars().nth(LONGEST_LINE).is_none() {
        return line.to_owned();
    }
    let begin = line.chars().take(LONGEST_LINE - END_OF_LINE);
    let end = line.char_indices().rev().nth(END_OF_LINE - 1).map_or(line, |(place, _)| &line[place..]);
    begin.chain(" … ".chars()).chain(end.chars()).collect()
}

impl Reading {
    /// The call that failed, where the line or its form says so.
    pub fn call(&self) -> Option<&'static str> {
        if self.pattern.call.is_empty() { found::call(&self.line) } else { Some(self.pattern.call) }
    }

    /// The errno behind it, where there is one.
    pub fn errno(&self) -> Option<Errno> {
        // A form with stories of its own and no errno is one that has none.
        match (self.pattern.errno, self.pattern.stories) {
            ("", []) => found::errno(&self.line),
            (name, _) => Errno::from_name(name),
        }
    }

    /// The program that writes such lines.
    pub fn program(&self) -> &'static str {
        self.pattern.program
    }

    fn stories(&self) -> Vec<&'static Story> {
        let errno = self.errno().map(|errno| errno.to_string()).unwrap_or_default();
        let ids = match self.pattern.stories {
            [] => behind(self.call().unwrap_or_default(), &errno),
            ids => ids,
        };
        ids.iter().filter_map(|id| story(id)).collect()
    }

    /// What it means, and what may have happened.
    pub fn page(&self) -> Page {
        let mut page = Page::new(shown(&self.line));
        page.add("", vec![Block::Pairs(self.facts())]);
        let stories = self.stories();
        page.add(
            "What may have happened, the likeliest first",
            stories.iter().map(|one| Block::Entry(entry(one))).collect(),
        );
        page.add("How to find out", self.next_steps());
        page
    }

    fn facts(&self) -> Vec<(String, String)> {
        let errno = self.errno().map(|errno| format!("{errno}, \"{}\" ({})", errno.text(), errno.0));
        let addresses = found::addresses(&self.line);
        let addresses: Vec<_> = addresses.iter().map(|(ip, port)| with_port(*ip, *port)).collect();
        let times = if self.times > 1 { count(self.times, "such line") } else { String::new() };
        let entry = Entry::default().with("said by", self.pattern.program).with("it means", self.pattern.says);
        let entry = entry.with("call", self.call().map(|call| format!("{call}()")).unwrap_or_default());
        let entry = entry.with("errno", errno.unwrap_or_else(|| "none behind this line".to_owned()));
        entry.with("addresses", addresses.join("  ")).with("times", times).more
    }

    fn next_steps(&self) -> Vec<Block> {
        let addresses = found::addresses(&self.line);
        let mut steps = vec![format!(
            "Capture at this machine, then compare with the packets above: {}",
            capture(&addresses, self.line.contains("->"))
        )];
        let pages: Vec<_> =
            self.errno().map(|errno| errno.to_string()).into_iter().chain(self.call().map(str::to_owned)).collect();
        let pages: Vec<_> = pages
            .iter()
            .filter(|name| knowledge::find(name).is_some())
            .map(|name| format!("tcpstory explain {name}"))
            .collect();
        if !pages.is_empty() {
            steps.push(format!("Read more: {}", pages.join(", ")));
        }
        vec![Block::List(steps)]
    }
}

/// The forms of lines that are known: programs, each with its lines.
pub fn index() -> Page {
    let mut page = Page::new("What can be read: tcpstory why LINE, or a whole log on standard input: tcpstory why -");
    let mut programs: Vec<&'static str> = Vec::new();
    for pattern in patterns::all() {
        if !programs.contains(&pattern.program) {
            programs.push(pattern.program);
        }
    }
    for program in programs {
        let lines = patterns::all().filter(|pattern| pattern.program == program).map(|pattern| shown(pattern.example));
        page.add(program, vec![Block::list(lines)]);
    }
    page
}

/// The page for a text in which nothing was recognized.
pub fn unknown(text: &str) -> Page {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut page = Page::new(if first.is_empty() { "(an empty text)".to_owned() } else { shown(first) });
    let named = text.lines().take(MOST_LINES).map(bounded).find_map(|line| found::errno(&line));
    page.add("", vec![Block::text(match named {
        None => "This line is not in the table of forms that tcpstory knows, and it holds neither an errno's name nor its text. What it means is not guessed.".to_owned(),
        Some(errno) => format!("It names {errno}, \"{}\" ({}). That is none of the errors by which TCP tells how a connection fares, and the form of the line is not in the table. What it means is not guessed.", errno.text(), errno.0),
    })]);
    page.add(
        "How to go on",
        vec![Block::list([
            "Look for an errno near it in the log: a name (ECONNRESET), a number ([Errno 104], os error 104) or a text (\"Connection reset by peer\"); `tcpstory explain` takes all three.",
            "Watch the calls: strace -f -tt -e trace=network,read,write,close -p PID, and paste the line that fails.",
            "Watch the packets: tcpdump -ni any -w capture.pcap 'tcp port PORT'. FIN, RST and retransmissions tell most stories apart.",
            "Give a whole traceback or log to `tcpstory why -`: it looks at the first 10,000 lines, and of a line longer than 4,096 characters at its beginning and its end.",
        ])],
    );
    page
}

fn entry(story: &Story) -> Entry {
    let entry = Entry { name: story.title.to_owned(), text: story.text.to_owned(), more: Vec::new() };
    let mut entry = entry.with("packets", story.packets).with("rules", story.rules.join(", "));
    for (place, name) in story.lessons().iter().take(2).enumerate() {
        entry = entry.with(if place == 0 { "see it" } else { "" }, format!("tcpstory run {name}"));
    }
    entry
}

fn with_port(ip: IpAddr, port: Option<u16>) -> String {
    match (ip, port) {
        (ip, None) => ip.to_string(),
        (IpAddr::V4(ip), Some(port)) => format!("{ip}:{port}"),
        (IpAddr::V6(ip), Some(port)) => format!("[{ip}]:{port}"),
    }
}

/// A capture command; made from parsed addresses alone, so that no text of the line reaches a shell. Two addresses are the
/// ends of one connection only where the line says so.
fn capture(addresses: &[(IpAddr, Option<u16>)], one_connection: bool) -> String {
    let named = addresses.iter().filter(|(ip, _)| !ip.is_unspecified()).take(2);
    let filters: Vec<_> = named
        .map(|(ip, port)| match port {
            Some(port) => format!("(host {ip} and port {port})"),
            None => format!("host {ip}"),
        })
        .collect();
    let filter = match filters.as_slice() {
        [] => "tcp port PORT".to_owned(),
        [only] => format!("tcp and {only}"),
        several if one_connection => format!("tcp and {}", several.join(" and ")),
        several => format!("tcp and ({})", several.join(" or ")),
    };
    format!("tcpdump -ni any -w capture.pcap '{filter}'")
}

fn shown(line: &str) -> String {
    let trimmed = line.trim();
    let cut: String = trimmed.chars().take(SHOWN).collect();
    let more = if cut.len() < trimmed.len() { "…" } else { "" };
    format!("{}{more}", escape(&cut))
}

#[cfg(test)]
mod tests;
