//! The README is executed: its commands run as they stand, its examples are right, its tables are those of the program.
//!
//! A block marked `sh` is run in a shell, in a folder of its own, after the blocks before it; a block marked `text` that follows is
//! what it prints, but for numbers. `console` blocks are for people. `TCPSTORY_BLESS=1` rewrites tables and what is printed.
//! `TCPSTORY_PROGRAM` is another program than the one that cargo has built.

#[path = "support/bless.rs"]
mod bless;
#[path = "support/installed.rs"]
mod installed;
#[path = "support/markdown.rs"]
mod markdown;
#[path = "support/require.rs"]
mod require;
#[path = "support/shell.rs"]
mod shell;

use std::fs;
use std::path::{Path, PathBuf};

use bless::is_blessing;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use markdown::{Block, blocks};
use require::unavailable;
use shell::{shell, world};
use tcpstory::lab::doctor;
use tcpstory::report::format::{FORMATS, Format};
use tcpstory::scenario::{self, SourceText, builtin};

fn main() {
    let blocks = blocks(&readme());
    let mut trials = vec![
        Trial::test("the_scenarios_are_those_of_the_program", || table("scenarios", &scenarios())),
        Trial::test("the_formats_are_those_of_the_program", || table("formats", &formats())),
        Trial::test("the_exit_codes_are_those_of_the_program", exit_codes),
        Trial::test("links_lead_somewhere", links_lead_somewhere),
    ];
    let cannot = doctor::missing(&doctor::examine());
    for (place, block) in blocks.iter().enumerate().filter(|(_, block)| block.kind == "sh") {
        let name = format!("line {}: {}", block.line, block.text.lines().next().unwrap_or_default());
        let reason = cannot.clone().or_else(|| missing_tool(&block.text));
        let before: Vec<_> = blocks[..place].iter().filter(|one| one.is_ours()).cloned().collect();
        let (block, printed) = (block.clone(), blocks.get(place + 1).filter(|next| next.kind == "text").cloned());
        trials.push(Trial::ignorable_test(name, move || match reason {
            Some(reason) => unavailable(&reason),
            None => runs(&before, &block, printed.as_ref()).map(|()| Completion::Completed),
        }));
    }
    for block in blocks.into_iter().filter(|block| block.kind == "toml") {
        let reason = cannot.clone();
        trials.push(Trial::ignorable_test(format!("line {}: a scenario", block.line), move || match reason {
            Some(reason) => unavailable(&reason),
            None => is_a_scenario(&block).map(|()| Completion::Completed),
        }));
    }
    // Blessing rewrites the file: one test after the other.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit();
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    fs::read_to_string(path()).expect("README.md")
}

impl Block {
    /// Whether it needs no other program than tcpstory and those of every system.
    fn is_ours(&self) -> bool {
        self.kind == "sh" && tools(&self.text).next().is_none()
    }
}

/// Programs that a block needs and that not every system has.
fn tools(text: &str) -> impl Iterator<Item = &'static str> {
    let used = |tool: &&str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == *tool);
    ["jq", "tshark", "tcpdump", "wireshark"].into_iter().filter(used).collect::<Vec<_>>().into_iter()
}

fn missing_tool(text: &str) -> Option<String> {
    tools(text).find_map(installed::missing)
}

fn runs(before: &[Block], block: &Block, printed: Option<&Block>) -> Result<(), Failed> {
    let world = world()?;
    for one in before.iter().filter(|one| !one.text.contains("--repeat")) {
        shell(&world, one)?;
    }
    let now = shell(&world, block)?;
    let Some(printed) = printed else { return Ok(()) };
    if is_blessing() {
        let text = readme();
        let at = line_offset(&text, blocks_at(&text, &block.text)?) + "```text\n".len();
        let end = at + text[at..].find("```").ok_or("the block has no end")?;
        fs::write(path(), format!("{}{now}{}", &text[..at], &text[end..]))?;
        return Ok(());
    }
    let (expected, found) = (masked(&printed.text), masked(&now));
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "README.md, line {}, shows\n{expected}\nbut it is\n{found}\n(TCPSTORY_BLESS=1 rewrites it)",
        printed.line
    )
    .into())
}

/// The line of the block after the one with this text: earlier blessings may have moved it.
fn blocks_at(readme: &str, text: &str) -> Result<usize, Failed> {
    let all = blocks(readme);
    let place = all.iter().position(|one| one.text == text).ok_or("the block has gone")?;
    Ok(all[place + 1].line)
}

fn line_offset(text: &str, line: usize) -> usize {
    text.lines().take(line - 1).map(|line| line.len() + 1).sum()
}

/// What is printed without what differs from run to run: numbers that stand alone, how wide gaps and arrows are, the lines that
/// fold a long time, and in the line of a ladder's names the word before a process id: where times are long, there is no room for it.
fn masked(text: &str) -> String {
    let is_number =
        |word: &&str| word.strip_prefix('-').unwrap_or(word).chars().all(|c| c.is_ascii_digit() || c == '.');
    let line = |line: &str| {
        let line = line.replace(['─', '╌'], " ");
        let is_names = line.trim_start().starts_with("id ");
        let stays = |word: &&str| !(is_number(word) || is_names && *word == "pid");
        line.split_whitespace().filter(stays).collect::<Vec<_>>().join(" ")
    };
    text.trim_end().lines().filter(|line| !line.contains('┄')).map(line).collect::<Vec<_>>().join("\n")
}

fn is_a_scenario(block: &Block) -> Result<(), Failed> {
    scenario::parse(&SourceText { path: "README.toml", bytes: block.text.as_bytes() })
        .map_err(|wrong| wrong.iter().map(|wrong| wrong.render(false)).collect::<String>())?;
    let world = world()?;
    fs::write(world.path().join("example.toml"), &block.text)?;
    let text = "tcpstory run --no-save example.toml".to_owned();
    shell(&world, &Block { text, ..block.clone() }).map(drop)
}

/// What stands between the comments `<!-- NAME: … -->` and `<!-- end of NAME -->` is this.
fn table(name: &str, expected: &str) -> Result<(), Failed> {
    let text = readme();
    let begin = text.find(&format!("<!-- {name}: ")).ok_or("no comment before the table")?;
    let begin = begin + text[begin..].find('\n').ok_or("no table")? + 1;
    let end = begin + text[begin..].find(&format!("<!-- end of {name} -->")).ok_or("no comment after the table")?;
    let whole = format!("\n{expected}\n");
    if is_blessing() {
        fs::write(path(), format!("{}{whole}{}", &text[..begin], &text[end..]))?;
    } else {
        assert_eq!(text[begin..end], whole, "TCPSTORY_BLESS=1 rewrites it");
    }
    Ok(())
}

fn scenarios() -> String {
    let row = |one: &builtin::Builtin| {
        let script = one.parse().expect("shipped scenarios are right");
        let (name, path) = (one.name, one.path);
        format!("| [`{name}`](scenarios/{path}) | {} | {} |\n", script.title, script.tags.join(", "))
    };
    "| name | what it shows | tags |\n|---|---|---|\n".to_owned()
        + &builtin::all().map(row).collect::<Vec<_>>().concat()
}

fn formats() -> String {
    let row = |format: &Format| format!("| `{}` | `.{}` | {} |\n", format.name, format.extension, format.description);
    let rows: Vec<_> = FORMATS.iter().map(row).collect();
    "| `--format` | extension | what it is |\n|---|---|---|\n".to_owned() + &rows.concat()
}

/// Each code in the program's help has its row, and each row its line in the help.
fn exit_codes() -> Result<(), Failed> {
    let help = tcpstory::cli::command().render_long_help().to_string();
    let listed = help.split_once("Exit codes:").ok_or("the help lists no exit codes")?.1;
    let told: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()?.split(',').next()).collect();
    let text = readme();
    let table = text.split_once("## Exit codes").ok_or("no exit codes")?.1;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split([' ', ',']).next());
    let rows: Vec<_> = rows.filter(|cell| cell.parse::<u8>().is_ok()).collect();
    assert_eq!(rows, told);
    Ok(())
}

/// The anchor of a heading: its words in small letters, with hyphens between them.
fn anchor_of(line: &str) -> Option<String> {
    Some(
        line.trim_start_matches('#')
            .strip_prefix(' ')
            .filter(|_| line.starts_with('#'))?
            .to_lowercase()
            .replace(' ', "-"),
    )
}

fn links_lead_somewhere() -> Result<(), Failed> {
    let text = readme();
    let targets: Vec<_> = text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(targets.len() > builtin::all().count(), "{targets:?}");
    for target in targets {
        let found = match target.strip_prefix('#') {
            Some(anchor) => text.lines().any(|line| anchor_of(line).as_deref() == Some(anchor)),
            None => target.starts_with("https://") || Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(),
        };
        if !found {
            return Err(format!("{target} leads nowhere").into());
        }
    }
    Ok(())
}
