//! One headless Chromium, driven over the `DevTools` protocol: commands and events as JSON, in a WebSocket.
//!
//! Everything is read by whoever waits for an answer, so there is no thread beside the browser's own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::unistd::Uid;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// What went wrong, in words.
pub(crate) type Trouble = String;

/// How long the browser may take to answer, also under load and with a condition that takes its time.
const PATIENCE: Duration = Duration::from_secs(40);

/// Names under which Debian and others install it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser that is installed, if one is.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}

/// A running browser. It ends with this value.
pub(crate) struct Browser {
    process: Child,
    wire: RefCell<Wire>,
    /// Its profile. Removed at the end.
    _profile: TempDir,
}

/// The conversation with the browser.
struct Wire {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    /// Events that nobody has asked for yet.
    events: VecDeque<Event>,
}

/// Something that the browser tells unasked.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) session: String,
    pub(crate) method: String,
    pub(crate) about: Value,
}

impl Browser {
    /// Starts it, with a profile of its own and nothing that would call home.
    ///
    /// # Errors
    /// It does not start, or does not say where it listens.
    pub(crate) fn start(program: &Path) -> Result<Self, Trouble> {
        let profile = tempfile::tempdir().map_err(|error| format!("no folder for a profile: {error}"))?;
        let diary = profile.path().join("stderr");
        let mut command = Command::new(program);
        command.args(arguments(profile.path())).env("HOME", profile.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let stderr = process.stderr.take().ok_or("the browser has no standard error")?;
        let socket = connect(stderr, &diary).inspect_err(|_| kill(&mut process))?;
        let wire = RefCell::new(Wire { socket, last_id: 0, events: VecDeque::new() });
        Ok(Self { process, wire, _profile: profile })
    }

    /// A command to the browser (`session` is empty) or to one of its pages, and the answer.
    ///
    /// # Errors
    /// The browser refuses, or does not answer in time.
    pub(crate) fn ask(&self, session: &str, method: &str, about: &Value) -> Result<Value, Trouble> {
        self.wire.borrow_mut().ask(session, method, about)
    }

    /// Waits for an event of a page; those before it are kept for [`Self::events`].
    ///
    /// # Errors
    /// It does not come in time.
    pub(crate) fn wait(&self, session: &str, method: &str) -> Result<Value, Trouble> {
        let is_wanted = |event: &Event| event.session == session && event.method == method;
        let mut wire = self.wire.borrow_mut();
        loop {
            if let Some(place) = wire.events.iter().position(is_wanted) {
                return Ok(wire.events.remove(place).map_or(Value::Null, |event| event.about));
            }
            wire.read().map_err(|trouble| format!("waiting for {method}: {trouble}"))?;
        }
    }

    /// Everything that a page has told and nobody has waited for.
    pub(crate) fn events(&self, session: &str) -> Vec<Event> {
        let mut wire = self.wire.borrow_mut();
        let (mine, others) = wire.events.drain(..).partition(|event| event.session == session);
        wire.events = others;
        Vec::from(mine)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let mut wire = self.wire.borrow_mut();
        // Closing, it ends its other processes and writes its profile; when all is done the connection ends.
        if wire.send("", "Browser.close", &json!({})).is_ok() {
            while wire.read().is_ok() {}
        }
        kill(&mut self.process);
    }
}

fn kill(process: &mut Child) {
    let _ = process.kill(); // it may have ended by itself
    let _ = process.wait();
}

fn arguments(profile: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless",
        "--remote-debugging-port=0",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-gpu",
        "--disable-sync",
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
        "--lang=en-US",
        "--metrics-recording-only",
        "--mute-audio",
        "--password-store=basic",
        "--use-mock-keychain",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    if Uid::effective().is_root() {
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.push("about:blank".to_owned());
    arguments
}

/// Reads where the browser listens, and connects. What else it complains about goes to a file, so that it is never blocked.
fn connect(stderr: std::process::ChildStderr, diary: &Path) -> Result<WebSocket<TcpStream>, Trouble> {
    let mut lines = BufReader::new(stderr);
    let mut told = String::new();
    let address = loop {
        let begin = told.len();
        let read = lines.read_line(&mut told).map_err(|error| format!("standard error of the browser: {error}"))?;
        if read == 0 {
            return Err(format!("the browser has ended: {told}"));
        }
        if let Some(address) = told[begin..].trim().strip_prefix("DevTools listening on ") {
            break address.to_owned();
        }
    };
    let mut file = File::create(diary).map_err(|error| format!("{}: {error}", diary.display()))?;
    std::thread::spawn(move || std::io::copy(&mut lines, &mut file));
    let host = address.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let stream = TcpStream::connect(host).map_err(|error| format!("{address}: {error}"))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|error| format!("{address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| format!("{address}: {error}"))?;
    tungstenite::client(&address, stream).map(|(socket, _)| socket).map_err(|error| format!("{address}: {error}"))
}

impl Wire {
    fn ask(&mut self, session: &str, method: &str, about: &Value) -> Result<Value, Trouble> {
        let id = self.send(session, method, about)?;
        loop {
            let Some(mut answer) = self.read().map_err(|trouble| format!("{method}: {trouble}"))? else { continue };
            if answer["id"] != id {
                continue;
            }
            if let Some(error) = answer.get("error") {
                return Err(format!("{method}: {error}"));
            }
            return Ok(answer["result"].take());
        }
    }

    fn send(&mut self, session: &str, method: &str, about: &Value) -> Result<u64, Trouble> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": about });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        self.socket.send(Message::text(message.to_string())).map_err(|error| format!("{method}: {error}"))?;
        Ok(self.last_id)
    }

    /// The next message: an answer is returned, an event kept.
    fn read(&mut self) -> Result<Option<Value>, Trouble> {
        let message = self.socket.read().map_err(|error| format!("no word from the browser: {error}"))?;
        let Message::Text(text) = message else { return Ok(None) };
        let mut told: Value = serde_json::from_str(&text).map_err(|error| format!("{error} in {text}"))?;
        if told.get("id").is_some() {
            return Ok(Some(told));
        }
        let session = told["sessionId"].as_str().unwrap_or_default().to_owned();
        let method = told["method"].as_str().unwrap_or_default().to_owned();
        // A dialog stops its page until it is closed: closed it would go unseen, so it is kept as an event as well.
        if method == "Page.javascriptDialogOpening" {
            self.send(&session, "Page.handleJavaScriptDialog", &json!({ "accept": true }))?;
        }
        self.events.push_back(Event { session, method, about: told["params"].take() });
        Ok(None)
    }
}
