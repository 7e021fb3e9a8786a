//! `tcpstory wireshark`

mod profile;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::args::{WiresharkAction, WiresharkArgs, WiresharkOpen};
use super::{Code, output};
use crate::report::words::escape;
use profile::{Configuration, Installed};

/// The folder where runs are saved that say nothing else.
const CAPTURES: &str = "captures";

/// Installs the profile, or opens a capture with it.
pub(super) fn wireshark(args: &WiresharkArgs) -> Code {
    let done = match &args.action {
        WiresharkAction::Install { dir } => install(dir.as_deref()),
        WiresharkAction::Open(args) => open(args),
    };
    done.unwrap_or_else(|(code, message)| {
        output::error(&message);
        code
    })
}

/// Why something was not done, and how the program ends.
type Refusal = (Code, String);

fn install(dir: Option<&Path>) -> Result<Code, Refusal> {
    let wrong = |message| (Code::Usage, message);
    let configuration = Configuration::of(dir).map_err(wrong)?;
    let folder = escape(&configuration.profile().display().to_string());
    let done = match configuration.install().map_err(wrong)? {
        Installed::New => "installed",
        Installed::Updated => "updated",
        Installed::Already => "is there already",
    };
    let name = profile::NAME;
    Ok(output::result(
        format!(
            "{folder}: {done}\nopen a capture with: tcpstory wireshark open FILE (or wireshark -C {name} -r FILE)\n"
        )
        .as_bytes(),
    ))
}

fn open(args: &WiresharkOpen) -> Result<Code, Refusal> {
    let file = capture(&args.file).map_err(|message| (Code::Usage, message))?;
    let configuration = Configuration::of(args.dir.as_deref()).ok();
    let installed = configuration.as_ref().is_some_and(Configuration::has_profile);
    if !installed {
        output::note("the profile is not installed: `tcpstory wireshark install` adds columns, colours and buttons");
    }
    let words = words(&file, installed);
    let folder = args.dir.as_ref().filter(|_| installed);
    if !args.run {
        let folder = folder.map(|dir| format!("{}={} ", profile::FOLDER_VARIABLE, output::quoted(dir)));
        return Ok(output::result(format!("{}{}\n", folder.unwrap_or_default(), shown(&words)).as_bytes()));
    }
    let [program, arguments @ ..] = &words[..] else { return Ok(Code::Success) };
    let mut command = Command::new(program);
    command.args(arguments).envs(folder.map(|dir| (profile::FOLDER_VARIABLE, dir)));
    Err((Code::Machine, cannot_run(&command.exec(), &words)))
}

/// Why the command did not begin. The kernel says "permission denied" also where a folder of PATH cannot be looked into and no other
/// has the program (execvp(3)).
fn cannot_run(error: &io::Error, words: &[OsString]) -> String {
    let name = words.first().map_or(Path::new(""), Path::new);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if folders.iter().any(|folder| folder.join(name).is_file()) {
        return format!("cannot run {}: {error}\n  help: run the command yourself", shown(words));
    }
    let is_closed = |folder: &&PathBuf| {
        folder.join(name).metadata().is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    let closed: Vec<String> = folders.iter().filter(is_closed).map(|folder| output::quoted(folder)).collect();
    let closed = if closed.is_empty() {
        String::new()
    } else {
        format!(" that can be looked into (not: {})", closed.join(", "))
    };
    format!(
        "cannot run {}: {} is in no folder of PATH{closed}\n  help: install Wireshark, or copy the capture to a machine that has it",
        shown(words),
        name.display()
    )
}

/// The capture that was meant: a file, or the name of a scenario whose run was saved here.
fn capture(asked: &Path) -> Result<PathBuf, String> {
    let saved = Path::new(CAPTURES).join(asked).with_extension("pcapng");
    let is_name = asked.extension().is_none() && asked.components().count() == 1;
    let candidates = [asked.to_owned(), saved];
    let found = candidates.iter().take(if is_name { 2 } else { 1 }).find(|path| path.is_file()).cloned();
    found.ok_or_else(|| {
        let shown = escape(&asked.display().to_string());
        format!("there is no capture {shown}\n  help: `tcpstory run NAME` saves one in {CAPTURES}/")
    })
}

/// The command that opens a capture, for a shell: with the profile where it is installed.
pub(super) fn command_line(file: &Path) -> String {
    shown(&words(file, Configuration::of(None).is_ok_and(|configuration| configuration.has_profile())))
}

/// Without the profile, names still come from the file (`-N n`).
fn words(file: &Path, installed: bool) -> Vec<OsString> {
    let [option, value] = if installed { ["-C", profile::NAME] } else { ["-N", "n"] };
    vec!["wireshark".into(), option.into(), value.into(), "-r".into(), file.into()]
}

fn shown(words: &[OsString]) -> String {
    words.iter().map(|word| output::quoted(Path::new(word))).collect::<Vec<_>>().join(" ")
}
