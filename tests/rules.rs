//! The lessons that the rules name, held against what those lessons tell: no privilege, no kernel, no clock. Here it is the
//! recorded lessons; `tests/lessons` does the same for every lesson as it runs.

#[path = "support/told.rs"]
mod told;

use std::path::Path;

use tcpstory::report::format;
use tcpstory::story::tell;

#[test]
fn rules_and_recorded_lessons_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let story = tell(format::json::read(&std::fs::read(&path).unwrap()).unwrap());
        wrong.extend(told::disagreements(path.file_stem().unwrap().to_str().unwrap(), &told::told(&story)));
    }
    assert_eq!(wrong, Vec::<String>::new());
}
