//! The commands of a document, run as they stand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::markdown::Block;

/// A folder in which `tcpstory` is a command. `TCPSTORY_PROGRAM` is another program than the one that cargo has built.
pub(crate) fn world() -> Result<TempDir, Failed> {
    let program =
        std::env::var_os("TCPSTORY_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_tcpstory").into(), PathBuf::from);
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("bin"))?;
    symlink(program, folder.path().join("bin/tcpstory"))?;
    Ok(folder)
}

/// What a block prints to standard output.
pub(crate) fn shell(world: &TempDir, block: &Block) -> Result<String, Failed> {
    let path = std::env::var("PATH").unwrap_or_default();
    let script = block.text.replace("cargo run --release --", "tcpstory");
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", &script]).current_dir(world.path()).stdin(Stdio::null());
    command.env("PATH", format!("{}:{path}", world.path().join("bin").display()));
    command.env("HOME", world.path()).env("LC_ALL", "C.UTF-8").env_remove("COLUMNS");
    let output = command.output()?;
    let printed = String::from_utf8(output.stdout)?;
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("line {}: {}\n{script}\n{printed}\n{complaint}", block.line, output.status).into())
}
