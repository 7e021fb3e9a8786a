//! Other people's programs.

#[path = "installed.rs"]
mod installed;

use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

pub(crate) use installed::missing;

/// A document of a folder as Chromium has it in memory after its scripts have run.
pub(crate) fn in_browser(folder: &TempDir, name: &str) -> Result<String, Failed> {
    let mut command = Command::new("chromium");
    // Without its sandbox, which root cannot have; what it opens is ours.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=5000"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    command.arg(format!("file://{}", folder.path().join(name).display()));
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("chromium: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
