//! From what was typed to scenarios: built-in names, files and folders.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::output;
use crate::record::{Family, Script};
use crate::report::format::json;
use crate::report::words::escape;
use crate::scenario::{self, Diagnostic, Given, MAX_BYTES, SourceText, builtin};
use crate::story::rules::RULES;

/// The name that stands for standard input.
pub(super) const STDIN: &str = "-";
/// How standard input is called in messages.
pub(super) const STDIN_SHOWN: &str = "standard input";

/// Reads and parses everything that was named, over its own family or over that one. On any error all of them are printed and
/// nothing is returned.
pub(super) fn read(names: &[PathBuf], family: Option<Family>) -> Option<Vec<Script>> {
    let mut scripts = Vec::new();
    let mut all_well = true;
    for name in names {
        match find(name) {
            Ok(found) => {
                for one in found {
                    match one.parse(family) {
                        Ok(script) => scripts.push(script),
                        Err(problem) => {
                            all_well = false;
                            problem.print();
                        }
                    }
                }
            }
            Err(message) => {
                all_well = false;
                output::error(&message);
            }
        }
    }
    all_well.then_some(scripts)
}

/// Reads and parses the one scenario that was named. On any error it is printed, as it is that a folder holds several.
pub(super) fn read_one(name: &Path, family: Option<Family>) -> Option<Script> {
    let mut scripts = read(&[name.to_owned()], family)?;
    if scripts.len() > 1 {
        let shown = escape(&name.display().to_string());
        output::error(&format!("{shown} holds several scenarios\n  help: name one of them"));
        return None;
    }
    scripts.pop()
}

/// Every built-in scenario.
pub(super) fn read_all(family: Option<Family>) -> Option<Vec<Script>> {
    read(&builtin::all().map(|one| PathBuf::from(one.name)).collect::<Vec<_>>(), family)
}

/// A scenario before it is parsed.
pub(super) enum Found {
    Builtin(&'static builtin::Builtin),
    File(PathBuf),
    Stdin,
}

/// What is wrong with a scenario.
pub(super) enum Problem {
    Unreadable(String),
    Wrong(Vec<Diagnostic>),
    /// It is right over its own family, but not over the one that was asked for.
    WrongOver(Vec<Diagnostic>),
}

impl Problem {
    pub(super) fn print(&self) {
        match self {
            Self::Unreadable(message) => output::error(message),
            Self::Wrong(diagnostics) => print(diagnostics),
            Self::WrongOver(diagnostics) => {
                print(diagnostics);
                output::note("  help: the scenario itself is right: run it without --ipv6");
            }
        }
    }
}

fn print(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        output::diagnostic(diagnostic);
    }
}

impl Found {
    pub(super) fn parse(&self, family: Option<Family>) -> Result<Script, Problem> {
        match self {
            Self::Builtin(one) => parse(&one.source(), family),
            Self::Stdin => {
                let bytes = bounded(io::stdin().lock()).map_err(|error| unreadable(Path::new(STDIN_SHOWN), &error))?;
                parse(&SourceText { path: STDIN_SHOWN, bytes: &bytes }, family)
            }
            Self::File(path) => {
                let bytes = contents(path).map_err(Problem::Unreadable)?;
                parse(&SourceText { path: &path.to_string_lossy(), bytes: &bytes }, family)
            }
        }
    }

    /// How it was named.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Builtin(one) => one.name.to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Stdin => STDIN_SHOWN.to_owned(),
        }
    }
}

fn parse(source: &SourceText<'_>, family: Option<Family>) -> Result<Script, Problem> {
    static RULE_IDS: LazyLock<Vec<&str>> = LazyLock::new(|| RULES.iter().map(|rule| rule.id).collect());
    let over = |family| scenario::parse_given(source, &Given { family, rules: Some(&RULE_IDS) });
    over(family).map_err(|diagnostics| match family.map(|_| over(None)) {
        None => Problem::Wrong(diagnostics),
        Some(Ok(_)) => Problem::WrongOver(diagnostics),
        Some(Err(own)) => Problem::Wrong(own),
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::Unreadable(format!("cannot read {}: {error}", escape(&path.display().to_string())))
}

/// What a name stands for. A built-in name wins over a file of the same name, which `./NAME` still reaches.
pub(super) fn find(path: &Path) -> Result<Vec<Found>, String> {
    if path.as_os_str() == STDIN {
        return Ok(vec![Found::Stdin]);
    }
    if let Some(one) = path.to_str().and_then(builtin::get) {
        return Ok(vec![Found::Builtin(one)]);
    }
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => folder(path),
        Ok(_) => Ok(vec![Found::File(path.to_owned())]),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(unknown(&path.to_string_lossy())),
        Err(error) => Err(format!("cannot read {}: {error}", escape(&path.display().to_string()))),
    }
}

fn unknown(name: &str) -> String {
    let shown = escape(name);
    let nearest = builtin::nearest(name).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!(
        "there is no file and no built-in scenario {shown}{nearest}\n  help: `tcpstory list` shows the built-in ones"
    )
}

/// That no built-in scenario has that name, and which was probably meant.
pub(super) fn unknown_builtin(name: &str) -> String {
    let nearest = builtin::nearest(name).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!("there is no built-in scenario {}{nearest}\n  help: `tcpstory list` shows them", escape(name))
}

/// Every scenario file in a folder and below it, in the order of their paths. Links to folders are not followed, and saved
/// timelines, which runs leave in `captures`, are passed over.
fn folder(path: &Path) -> Result<Vec<Found>, String> {
    let shown = || escape(&path.display().to_string());
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", shown()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("cannot read {}: {error}", shown()))?;
            let kind = entry.file_type().map_err(|error| format!("cannot read {}: {error}", shown()))?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if has_extension(&path, "toml") || has_extension(&path, "json") && !is_timeline(&path) {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(format!("there are no scenario files (.toml, .json) in {}", shown()));
    }
    files.sort_unstable();
    Ok(files.into_iter().map(Found::File).collect())
}

/// Whether a file's name ends in that extension, in capital letters or small ones.
pub(super) fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// Whether a file begins as a saved timeline does.
fn is_timeline(path: &Path) -> bool {
    let mut begin = Vec::new();
    // What cannot be read is told where it is read as a scenario.
    let read = File::open(path).and_then(|file| file.take(200).read_to_end(&mut begin));
    read.is_ok() && String::from_utf8_lossy(&begin).contains(&format!("\"{}\"", json::SCHEMA))
}

/// A file's bytes, refused unread where it is too large or not a file.
fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let shown = escape(&path.display().to_string());
    let failed = |error: io::Error| format!("cannot read {shown}: {error}");
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(format!("cannot read {shown}: it is not a regular file"));
    }
    if about.len() > MAX_BYTES as u64 {
        return Err(format!("{shown} has {} bytes; a scenario has at most {MAX_BYTES}", about.len()));
    }
    bounded(File::open(path).map_err(failed)?).map_err(failed)
}

/// Reads no more than one byte beyond the limit, which the parser then refuses.
fn bounded(source: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
