//! What tests that need other people's tools share.

mod installed;
pub(crate) mod require;

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Completion, Failed, Trial};
use require::unavailable;

/// A test that needs these programs. Without one of them it is reported as ignored, with the reason; where `TCPSTORY_REQUIRE` is
/// set, as failed.
pub(crate) fn needing(
    tools: &'static [&'static str],
    name: &'static str,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match missing(tools) {
        Some(reason) => unavailable(&reason),
        None => test().map(|()| Completion::Completed),
    })
}

/// Why a test that needs these programs cannot run, if it cannot.
pub(crate) fn missing(tools: &[&str]) -> Option<String> {
    tools.iter().find_map(|tool| installed::missing(tool))
}

/// What a tool prints, with nobody's preferences and in no particular place of the world.
///
/// # Errors
/// It could not be run, or did not succeed.
#[allow(dead_code, reason = "not every test program runs a tool for what it prints")]
pub(crate) fn output(folder: &Path, tool: &str, arguments: &[&str]) -> Result<String, Failed> {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(folder);
    let command =
        command.env("HOME", folder).env("WIRESHARK_CONFIG_DIR", folder).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    let Output { status, stdout, stderr } = command.output().map_err(|error| format!("{tool}: {error}"))?;
    if status.success() {
        Ok(String::from_utf8(stdout).map_err(|error| format!("{tool} printed what is no text: {error}"))?)
    } else {
        Err(format!("{tool} {arguments:?}: {status}\n{}", String::from_utf8_lossy(&stderr)).into())
    }
}
