//! The captures, timelines and pictures in `captures/reference`: what a fresh run of the same lessons makes, normalized.
//!
//! `TCPSTORY_BLESS=1` writes them anew. On another kernel than theirs, the fresh run must tell the same story; on the same, it must be
//! the same bytes.

#[path = "support/bless.rs"]
mod bless;
#[path = "support/live.rs"]
mod live;
#[path = "support/require.rs"]
mod require;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bless::is_blessing;
use libtest_mimic::{Arguments, Failed, Trial};
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::Options as Session;
use tcpstory::lab::{StopFlag, actor};
use tcpstory::record::{Recording, SandboxKind};
use tcpstory::report::format::{FORMATS, json};
use tcpstory::report::{Options, normalize};
use tcpstory::scenario::builtin;
use tcpstory::story::digest::digest;
use tcpstory::story::tell;

/// The lessons.
const LESSONS: [&str; 10] = [
    "broken-pipe",
    "connection-reset-on-read",
    "connection-reset-on-write",
    "sigpipe-kills",
    "half-close",
    "server-crash",
    "abortive-close",
    "connection-refused",
    "try-the-next-address",
    "the-413-nobody-saw",
];

/// More bytes than a file may have: people fetch them all.
const TOO_MANY: usize = 300_000;

const TABLE: [&str; 2] = ["<!-- lessons -->\n", "<!-- end of lessons -->\n"];

fn main() {
    actor::main_if_asked();
    let standing = live::enter();
    let mut trials = vec![
        Trial::test("files are what their timelines tell", files_are_what_their_timelines_tell),
        Trial::test("no other files are there", no_other_files_are_there),
        Trial::test("the table names them all", the_table_names_them_all),
    ];
    let is_about = |ground: Ground| ground.kind() == SandboxKind::Namespace;
    for name in LESSONS {
        trials.extend(live::trial(&standing, name, is_about, move |ground| a_fresh_run_is_the_same(ground, name)));
    }
    // Blessing writes the timelines before the files made from them.
    trials.reverse();
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials).exit();
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/reference")
}

fn kept(name: &str) -> Result<Recording, Failed> {
    let bytes = fs::read(folder().join(format!("{name}.json"))).map_err(|error| format!("{name}.json: {error}"))?;
    Ok(json::read(&bytes).map_err(|error| format!("{name}.json: {error}"))?)
}

fn a_fresh_run_is_the_same(ground: Ground, name: &str) -> Result<(), Failed> {
    let script = builtin::get(name).ok_or("no such lesson")?.parse().map_err(|errors| format!("{errors:?}"))?;
    let fresh = normalize(run(&ground, &script, &Session::default(), &StopFlag::new()?)?);
    if is_blessing() {
        return write_all(name, fresh);
    }
    let kept = kept(name)?;
    if digest(&tell(fresh.clone())).0 != digest(&tell(kept.clone())).0 {
        return Err("the fresh run tells another story".into());
    }
    let same_kernel = fresh.machine.kernel == kept.machine.kernel;
    let fresh = Recording { machine: kept.machine.clone(), ..fresh };
    if same_kernel && fresh != kept {
        return Err("the fresh run differs; TCPSTORY_BLESS=1 writes the files anew, look at the difference".into());
    }
    Ok(())
}

fn write_all(name: &str, recording: Recording) -> Result<(), Failed> {
    let story = tell(recording);
    for format in FORMATS {
        let file = folder().join(format!("{name}.{}", format.extension));
        fs::write(file, (format.write)(&story, &Options::default()))?;
    }
    Ok(())
}

fn files_are_what_their_timelines_tell() -> Result<(), Failed> {
    for name in LESSONS {
        let recording = kept(name)?;
        if is_blessing() {
            write_all(name, recording)?;
            continue;
        }
        let story = tell(recording);
        for format in FORMATS {
            let file = format!("{name}.{}", format.extension);
            let bytes = fs::read(folder().join(&file)).map_err(|error| format!("{file}: {error}"))?;
            if bytes != (format.write)(&story, &Options::default()) {
                return Err(format!("{file} is not current: write it anew with TCPSTORY_BLESS=1").into());
            }
            if bytes.len() >= TOO_MANY {
                return Err(format!("{file} has {} bytes, at least {TOO_MANY}", bytes.len()).into());
            }
        }
    }
    Ok(())
}

fn no_other_files_are_there() -> Result<(), Failed> {
    let expected =
        LESSONS.iter().flat_map(|name| FORMATS.iter().map(move |format| format!("{name}.{}", format.extension)));
    // Pictures of the page are taken by the browser's tests.
    let beside = ["README.md", "broken-pipe-page.png", "broken-pipe-telephone.png"].map(str::to_owned);
    let expected: BTreeSet<String> = expected.chain(beside).collect();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder())? {
        found.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    assert_eq!(found, expected);
    Ok(())
}

fn the_table_names_them_all() -> Result<(), Failed> {
    let path = folder().join("README.md");
    let text = fs::read_to_string(&path)?;
    let [begin, end] = TABLE;
    let (before, rest) = text.split_once(begin).ok_or("the table's begin")?;
    let (_, after) = rest.split_once(end).ok_or("the table's end")?;
    let mut table = String::from("\n| lesson | files |\n|---|---|\n");
    for name in LESSONS {
        let title = kept(name)?.script.title;
        let files = FORMATS.iter().map(|format| format!("[{0}]({name}.{0})", format.extension));
        writeln!(table, "| **{name}**: {title} | {} |", files.collect::<Vec<_>>().join(" "))?;
    }
    let current = format!("{before}{begin}{table}\n{end}{after}");
    if is_blessing() {
        fs::write(path, current)?;
    } else if current != text {
        return Err("the table in captures/reference/README.md is not current: TCPSTORY_BLESS=1 writes it".into());
    }
    Ok(())
}
