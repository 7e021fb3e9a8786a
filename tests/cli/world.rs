//! A folder to run the program in, and what came of it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything takes: what is still running then hangs.
const FOR_EVER: Duration = Duration::from_mins(2);

/// The program under test.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("TCPSTORY_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_tcpstory").into(), PathBuf::from)
}

/// A scenario that holds a connection and then waits for a minute.
pub(crate) const LONG: &str = r#"
title = "A minute"
[[step]]
by = "host"
do = "listen"
[[step]]
by = "guest"
do = "connect"
[[step]]
by = "host"
do = "accept"
[[step]]
by = "guest.spare"
do = "socket"
[[step]]
pause = "60s"
[[step]]
by = "guest"
do.write = "late"
returns = 4
wire = ["guest DATA 'late'"]
"#;

/// A scenario of one segment and its answer.
pub(crate) const SHORT: &str = r#"
title = "Nobody listens"
[actors.client]
[actors.server]
[[step]]
by = "client"
do.connect = "server"
error = "ECONNREFUSED"
"#;

/// A folder of its own.
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test") }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the folder, and the folders above it.
    pub(crate) fn file(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder for the file");
        fs::write(&path, bytes).expect("a file for the test");
        path
    }

    /// The paths of all files, relative to the folder, in their order.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    _ => {
                        let path = entry.path();
                        found.push(path.strip_prefix(self.path("")).expect("it is below").display().to_string());
                    }
                }
            }
        }
        found.sort();
        found
    }

    /// The program, with these arguments, in this folder.
    pub(crate) fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program());
        self.prepare(&mut command);
        command.args(arguments);
        command
    }

    /// Any program, in this folder.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.current_dir(self.path("")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in ["NO_COLOR", "COLUMNS", "RUST_BACKTRACE", "WIRESHARK_CONFIG_DIR", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.env("HOME", self.path(""));
    }

    /// Runs `tcpstory ARGUMENTS` to its end.
    pub(crate) fn tcpstory(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        finish(self.command(arguments).spawn().expect("the program starts"))
    }

    /// Runs `tcpstory run ARGUMENTS` on the ground that the tests are asked to stand on.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Ran {
        finish(self.start(arguments))
    }

    /// Starts `tcpstory run ARGUMENTS`.
    pub(crate) fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Child {
        let ground = std::env::var("TCPSTORY_SANDBOX").unwrap_or_else(|_| "auto".to_owned());
        let mut command = self.command(&["run", "--sandbox", &ground]);
        command.args(arguments).spawn().expect("the program starts")
    }

    /// Runs `tcpstory ARGUMENTS` with these bytes as standard input.
    pub(crate) fn fed(&self, arguments: &[impl AsRef<OsStr>], input: impl AsRef<[u8]>) -> Ran {
        let input = self.file(".standard-input", input);
        let mut command = self.command(arguments);
        command.stdin(fs::File::open(&input).expect("it was just written"));
        let ran = finish(command.spawn().expect("the program starts"));
        fs::remove_file(input).expect("it was just written");
        ran
    }

    /// The timeline in a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// Waits for the program and for everything that it has started: the actors share its standard error.
pub(crate) fn finish(child: Child) -> Ran {
    let pid = i32::try_from(child.id()).expect("a process id");
    let (done, waiting) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    if let Ok(output) = waiting.recv_timeout(FOR_EVER) {
        return Ran(output.expect("the program can be waited for"));
    }
    // The program is not reaped yet, so the number is still its own.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    panic!("the program, or an actor that it has left behind, hangs");
}

/// Waits for a condition; nothing announces what is looked up in `/proc`.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(begin.elapsed() < FOR_EVER, "waited in vain until {what}");
        thread::yield_now();
    }
}

/// The process of an actor of a running program.
pub(crate) fn actor_of(program: u32, name: &str) -> Option<i32> {
    let tasks = fs::read_dir(format!("/proc/{program}/task")).ok()?;
    let children = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let pids: Vec<i32> =
        children.flat_map(|pids| pids.split_whitespace().map(str::parse).collect::<Vec<_>>()).flatten().collect();
    pids.into_iter()
        .find(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim_end() == name))
}

/// Waits until the scenario [`LONG`] is past its accept; the processes of both actors.
pub(crate) fn in_the_middle(program: u32) -> (i32, i32) {
    until("the guest has its second socket", || {
        let (guest, host) = (actor_of(program, "guest")?, actor_of(program, "host")?);
        // 0 to 2 are standard, 3 is the connection; the conductor has heard of all steps before this one.
        fs::symlink_metadata(format!("/proc/{guest}/fd/4")).is_ok().then_some((guest, host))
    })
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("text")
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.stdout
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("text")
    }

    fn whole(&self) -> String {
        let out = String::from_utf8_lossy(&self.0.stdout);
        format!("{}\n--- stdout\n{out}\n--- stderr\n{}", self.0.status, String::from_utf8_lossy(&self.0.stderr))
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.0.status.code(), Some(code), "{}", self.whole());
        self
    }

    #[track_caller]
    pub(crate) fn signal(self, signal: i32) -> Self {
        assert_eq!(self.0.status.signal(), Some(signal), "{}", self.whole());
        self
    }

    pub(crate) fn ended_by(&self, signal: i32) -> bool {
        self.0.status.signal() == Some(signal)
    }

    /// It ended by itself, and neither by a bug nor by a signal.
    #[track_caller]
    pub(crate) fn no_bug(self) -> Self {
        assert!(matches!(self.0.status.code(), Some(0..=3)), "{}", self.whole());
        self
    }

    /// Standard output has all of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        let text = String::from_utf8_lossy(&self.0.stdout);
        let missing = parts.iter().find(|part| !text.contains(**part));
        assert!(missing.is_none(), "{missing:?} is not in {}", self.whole());
        self
    }

    /// Standard error has all of these.
    #[track_caller]
    pub(crate) fn complains(self, parts: &[&str]) -> Self {
        let text = String::from_utf8_lossy(&self.0.stderr);
        let missing = parts.iter().find(|part| !text.contains(**part));
        assert!(missing.is_none(), "{missing:?} is not in {}", self.whole());
        self
    }

    #[track_caller]
    pub(crate) fn says_nothing(self) -> Self {
        assert!(self.0.stdout.is_empty(), "{}", self.whole());
        self
    }

    #[track_caller]
    pub(crate) fn complains_of_nothing(self) -> Self {
        assert!(self.0.stderr.is_empty(), "{}", self.whole());
        self
    }

    /// Nothing in it can drive a terminal.
    #[track_caller]
    pub(crate) fn harmless(self) -> Self {
        for text in [self.stdout(), self.stderr()] {
            let harmful =
                text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
            assert!(harmful.is_none(), "{harmful:?} in {}", self.whole());
        }
        self
    }
}
