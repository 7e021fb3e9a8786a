//! The author's file: golden diagnostics, the shipped scenarios, the schema, and hostile input.

use std::fs;
use std::path::{Path, PathBuf};

use tcpstory::scenario::{self, SourceText, builtin};

/// Set to write the goldens and the schema anew instead of comparing them.
const BLESS: &str = "TCPSTORY_BLESS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(root().join(folder))
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)))
        .collect();
    files.sort();
    files
}

/// Compares with a file, or writes it when blessing.
fn golden(path: &Path, actual: &str) -> Result<(), String> {
    if std::env::var_os(BLESS).is_some() {
        fs::write(path, actual).expect("the golden can be written");
        return Ok(());
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let path = path.strip_prefix(root()).expect("goldens are inside the repository").display();
    Err(format!("{path} differs ({BLESS}=1 writes it anew)\n--- expected\n{expected}\n--- actual\n{actual}"))
}

#[test]
fn wrong_files_get_the_diagnostics_of_their_golden_twin() {
    let wrong = files("tests/scenario", &["toml", "json"]);
    assert!(wrong.len() > 50, "the goldens are gone");
    let mut differing = Vec::new();
    for path in wrong {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        let shown = match scenario::parse(&SourceText { path: name, bytes: &bytes }) {
            Ok(_) => panic!("{name} is accepted"),
            Err(diagnostics) => diagnostics.iter().map(|wrong| wrong.render(false)).collect::<Vec<_>>().join("\n"),
        };
        differing.extend(golden(&path.with_extension("stderr"), &shown).err());
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_golden_has_its_file() {
    for golden in files("tests/scenario", &["stderr"]) {
        let twins = ["toml", "json"].map(|extension| golden.with_extension(extension).exists());
        assert!(twins.contains(&true), "{} has no scenario", golden.display());
    }
}

#[test]
fn the_shipped_schema_is_the_one_of_the_parser() {
    let schema = serde_json::to_string_pretty(&scenario::schema()).unwrap() + "\n";
    golden(&root().join("schema/scenario.schema.json"), &schema).unwrap();
}

#[test]
fn the_embedded_scenarios_are_those_of_the_folder() {
    let mut embedded: Vec<_> = builtin::all().map(|builtin| root().join("scenarios").join(builtin.path)).collect();
    embedded.sort();
    assert_eq!(embedded, files("scenarios", &["toml", "json"]));
}

#[test]
fn every_shipped_scenario_is_right() {
    for builtin in builtin::all() {
        let script = builtin.parse().unwrap_or_else(|wrong| {
            panic!("{}", wrong.iter().map(|wrong| wrong.render(false)).collect::<Vec<_>>().join("\n"))
        });
        assert_eq!(script.id, builtin.name);
        assert!(!script.summary.is_empty() && !script.goals.is_empty() && !script.tags.is_empty(), "{}", builtin.name);
        assert!(builtin.text.starts_with("#:schema ../schema/scenario.schema.json\n"), "{}", builtin.name);
    }
}
