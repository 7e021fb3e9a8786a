//! Chromium, driven over `WebDriver` by `thirtyfour`.
//!
//! Debian's `chromedriver` starts the browser, and also notes what the tests watch for: `DevTools` events and the console. Every
//! command is waited for, so there is nothing at work beside the browser while a test thinks.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{
    CapabilitiesHelper as _, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};
use tokio::runtime::{Builder, Runtime};

/// What went wrong, in words.
pub(crate) type Trouble = String;

/// How long the browser may take to answer, also under load.
const PATIENCE: Duration = Duration::from_mins(1);

/// Names under which Debian and others install the browser.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser and the program that drives it.
pub(crate) struct Programs {
    browser: PathBuf,
    driver: PathBuf,
}

/// Where they are installed.
///
/// # Errors
/// One of them is not.
pub(crate) fn programs() -> Result<Programs, Trouble> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let find = |names: &[&str]| {
        let files = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        files.into_iter().find(|file| file.is_file()).ok_or_else(|| format!("{} is not installed", names[0]))
    };
    Ok(Programs { browser: find(&NAMES)?, driver: find(&["chromedriver"])? })
}

/// A running browser. It ends with this value.
pub(crate) struct Browser {
    runtime: Runtime,
    driver: WebDriver,
    process: Child,
    /// Its profile and what else it keeps for itself. Removed at the end.
    _folder: TempDir,
}

impl Browser {
    /// Starts it, with a profile of its own and nothing that would call home.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) fn start(programs: &Programs) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| format!("no folder for a profile: {error}"))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| format!("tokio: {error}"))?;
        let (mut process, address) = listening(&programs.driver, folder.path())?;
        let started = runtime.block_on(session(&address, &programs.browser));
        match started {
            Ok(driver) => Ok(Self { runtime, driver, process, _folder: folder }),
            Err(error) => {
                end(&mut process);
                Err(format!("{}: {error}", programs.browser.display()))
            }
        }
    }

    /// Has the browser do something, and waits for it.
    ///
    /// # Errors
    /// The browser refuses, or does not answer in time.
    pub(crate) fn wait<T>(&self, deed: impl AsyncFnOnce(&WebDriver) -> WebDriverResult<T>) -> Result<T, Trouble> {
        self.runtime.block_on(deed(&self.driver)).map_err(|error| error.to_string())
    }

    /// A new, empty tab instead of the one before, of which nothing is left.
    ///
    /// # Errors
    /// The browser does not make it.
    pub(crate) fn fresh_tab(&self) -> Result<(), Trouble> {
        self.wait(async |driver| {
            let tab = driver.new_tab().await?;
            driver.close_window().await?;
            driver.switch_to_window(tab).await?;
            for log in [EVENTS, CONSOLE] {
                driver.get_log(log).await?;
            }
            Ok(())
        })
    }
}

/// The log of `DevTools` events of pages and of the network.
pub(crate) const EVENTS: &str = "performance";
/// The log of what pages and the browser say on the console.
pub(crate) const CONSOLE: &str = "browser";

impl Drop for Browser {
    fn drop(&mut self) {
        if self.wait(async |driver| driver.clone().quit().await).is_err() {
            // One that hangs is ended from outside, and not asked again.
            let _ = self.driver.clone().leak();
            let id = self.driver.capabilities().get("goog:processID").and_then(Value::as_i64);
            if let Some(id) = id.and_then(|id| i32::try_from(id).ok()) {
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL); // it may have ended by itself
            }
        }
        end(&mut self.process);
    }
}

fn end(process: &mut Child) {
    let _ = process.kill(); // it may have ended by itself
    let _ = process.wait();
}

/// Starts the driver, and reads where it listens.
fn listening(program: &Path, folder: &Path) -> Result<(Child, String), Trouble> {
    let wrong = |error: std::io::Error| format!("{}: {error}", program.display());
    let mut command = Command::new(program);
    command.arg("--port=0").env("HOME", folder).env("TMPDIR", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(File::create(folder.join("stderr")).map_err(wrong)?);
    let mut process = command.spawn().map_err(wrong)?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("the driver has no standard output")?);
    let mut told = String::new();
    loop {
        let begin = told.len();
        if lines.read_line(&mut told).map_err(wrong)? == 0 {
            end(&mut process);
            return Err(format!("the driver has ended: {told}"));
        }
        if let Some((_, port)) = told[begin..].split_once("was started successfully on port ") {
            let address = format!("http://127.0.0.1:{}", port.trim().trim_end_matches('.'));
            // What it says later is of no interest, but must not be in its way.
            std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            return Ok((process, address));
        }
    }
}

/// A browser, with all that is to be known about it.
async fn session(address: &str, browser: &Path) -> WebDriverResult<WebDriver> {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(&browser.to_string_lossy())?;
    for argument in ARGUMENTS {
        wanted.add_arg(argument)?;
    }
    if Uid::effective().is_root() {
        wanted.set_no_sandbox()?;
    }
    for log in [EVENTS, CONSOLE] {
        wanted.set_logging_prefs(log, LoggingPrefsLogLevel::All)?;
    }
    // A dialog stops its page until it is closed; that there was one stays in the log.
    wanted.set("unhandledPromptBehavior", "accept")?;
    WebDriver::builder(address, wanted).request_timeout(PATIENCE).await
}

/// Beside those with which every driver starts it.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--lang=en-US",
    "--metrics-recording-only",
    "--mute-audio",
];
