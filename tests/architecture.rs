//! The architecture, as `src/lib.rs` describes it: who imports whom, and what the pure rooms keep away from.
//!
//! It reads the source as text: what a file names after `crate::` it imports. Code for tests is left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room and the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("record", &[]),
    ("packet", &["record"]),
    ("capture", &["packet", "record"]),
    ("scenario", &["record"]),
    ("story", &["record"]),
    ("report", &["capture", "packet", "record", "scenario", "story"]),
    ("lab", &["packet", "record"]),
    ("cli", &["capture", "lab", "packet", "record", "report", "scenario", "story"]),
];

/// Rooms that only compute.
const PURE: &[&str] = &["record", "packet", "capture", "scenario", "story", "report"];

/// What only rooms that touch the machine name.
const IMPURE: &[&str] = &[
    "std::net",
    "std::process",
    "std::thread",
    "std::fs",
    "std::env",
    "Instant::now",
    "SystemTime::now",
    "nix::",
    "libc::",
    "pnet::datalink",
    "pnet_datalink",
];

/// The only folder with `unsafe`.
const UNSAFE: &str = "src/lab/sys";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files in a folder and below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries too").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What the program is made of: no comments, and nothing from `#[cfg(test)]` on. A file that is a test module as a whole is told
/// by its name.
fn code(path: &Path) -> String {
    if ["tests.rs", "testing.rs"].iter().any(|name| path.ends_with(name)) || path.iter().any(|part| part == "tests") {
        return String::new();
    }
    let text = fs::read_to_string(path).expect("source is text");
    let mut lines = Vec::new();
    let mut rest = text.lines().peekable();
    while let Some(line) = rest.next() {
        if line.trim() == "#[cfg(test)]" {
            match rest.peek() {
                Some(next) if next.trim_end().ends_with(';') => drop(rest.next()),
                _ => break,
            }
        } else {
            lines.push(line.split("//").next().unwrap_or_default());
        }
    }
    lines.join("\n")
}

/// The rooms that are named after `crate::`, also in a list: `crate::{record, report::words}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(first_names(list)),
            None => found.extend([name(rest)]),
        }
    }
    found.remove("");
    found
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first name of every item of a list that goes up to its closing brace.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut begins, mut names) = (1, true, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            c if begins && !c.is_whitespace() => {
                names.push(name(&list[at..]));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn imports_are_found_in_all_their_shapes() {
    let code = "use crate::record::{A, b::C};\nuse crate::{lab, report::{self, words}, story::Story};\nlet x = crate::cli::run();\nuse crate::{\n    packet,\n    scenario::x,\n};";
    let found = imports(code);
    assert_eq!(found.iter().collect::<Vec<_>>(), ["cli", "lab", "packet", "record", "report", "scenario", "story"]);
}

#[test]
fn rooms_import_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        for path in files(&root().join("src").join(room)) {
            for import in imports(&code(&path)) {
                if import != *room && !allowed.contains(&import.as_str()) {
                    wrong.push(format!("{} imports {import}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_folder_is_a_room() {
    let folders = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap().path());
    let folders: BTreeSet<_> = folders.filter(|path| path.is_dir()).collect();
    let rooms: BTreeSet<_> = ROOMS.iter().map(|(room, _)| root().join("src").join(room)).collect();
    assert_eq!(folders, rooms);
}

#[test]
fn the_imports_have_no_circle() {
    for (place, (room, allowed)) in ROOMS.iter().enumerate() {
        let before: Vec<_> = ROOMS[..place].iter().map(|(room, _)| *room).collect();
        assert!(allowed.iter().all(|one| before.contains(one)), "{room} may import only rooms that stand before it");
    }
}

#[test]
fn pure_rooms_only_compute() {
    let mut wrong = Vec::new();
    for room in PURE {
        for path in files(&root().join("src").join(room)) {
            let code = code(&path);
            for name in IMPURE.iter().filter(|name| code.contains(**name)) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_code_is_in_one_place() {
    let outside = files(&root().join("src")).into_iter().filter(|path| !path.starts_with(root().join(UNSAFE)));
    let wrong: Vec<_> = outside.filter(|path| code(path).contains("unsafe ")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_document_says_the_same() {
    let document = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for (room, allowed) in ROOMS {
        let allowed = if allowed.is_empty() { "–".to_owned() } else { allowed.join(" ") };
        let row = format!("//! {room:8} → {allowed}\n");
        assert!(document.contains(&row), "src/lib.rs lacks the line {row:?}");
        assert!(document.contains(&format!("//! - [`{room}`]")), "src/lib.rs does not say what {room} is");
    }
}
