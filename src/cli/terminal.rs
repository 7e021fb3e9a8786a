//! A terminal that shows one screen and gives every key at once, and lines that may come from anywhere.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{
    InputFlags, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr, tcsetattr,
};
use signal_hook::low_level::pipe;

use crate::lab::StopFlag;

/// The alternate screen, no cursor, no wrapping.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
/// All of that undone.
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// A terminal's size where it does not tell one.
const DEFAULT_SIZE: (usize, usize) = (80, 24);

/// Whether a screen has the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What a person asks for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Space, Enter, → and `PageDown`: presenter remotes send the last one.
    Next,
    /// ↑ or k.
    Up,
    /// ↓ or j.
    Down,
    /// `PageUp`.
    PageUp,
    /// Home.
    Home,
    /// End.
    End,
    /// q, or the end of the input.
    Quit,
}

/// What woke a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// Keys, in order.
    Keys(Vec<Key>),
    /// The terminal has another size.
    Resized,
    /// Somebody asked to stop.
    Stopped,
}

/// A terminal in one screen, until it is dropped. A panic gives it back first, so that its message can be read.
pub(super) struct Screen {
    saved: Termios,
    resized: UnixStream,
    pending: Vec<u8>,
}

impl Screen {
    /// Whether there is a terminal to take; else what to say.
    pub(super) fn check() -> Result<(), String> {
        let missing = match (io::stdin().is_terminal(), io::stdout().is_terminal()) {
            (true, true) => return Ok(()),
            (true, false) => "output",
            (false, _) => "input",
        };
        Err(format!(
            "`step` needs a terminal, and standard {missing} is none\n  help: `tcpstory run` performs all steps at once; `tcpstory quiz` takes its answers from a pipe as well"
        ))
    }

    /// Takes the terminal. Ctrl-C still interrupts; nothing can suspend.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn enter() -> Result<Self, String> {
        let stdin = io::stdin();
        let failed = |error: io::Error| format!("cannot prepare the terminal: {error}");
        let saved = tcgetattr(&stdin).map_err(|errno| failed(errno.into()))?;
        let (resized, bell) = UnixStream::pair().map_err(failed)?;
        resized.set_nonblocking(true).map_err(failed)?;
        pipe::register(libc::SIGWINCH, bell).map_err(failed)?;
        give_back_on_panic(saved.clone());
        tcsetattr(&stdin, SetArg::TCSADRAIN, &one_key_at_a_time(saved.clone()))
            .map_err(|errno| failed(errno.into()))?;
        TAKEN.store(true, Ordering::SeqCst);
        show(ENTER);
        Ok(Self { saved, resized, pending: Vec::new() })
    }

    /// Columns and lines.
    pub(super) fn size() -> (usize, usize) {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map_or(DEFAULT_SIZE, |(columns, lines)| (usize::from(columns.0), usize::from(lines.0)))
    }

    /// Shows these lines, from the first of the screen.
    pub(super) fn draw(lines: &[String]) {
        show(&painted(lines));
    }

    /// Waits for keys, another size, or the wish to stop.
    pub(super) fn wait(&mut self, stop: &StopFlag) -> Woken {
        loop {
            let stdin = io::stdin();
            let mut watched = [stop.bell(), stdin.as_fd(), self.resized.as_fd()].map(readable);
            let polled = poll(&mut watched, PollTimeout::NONE);
            let [stopped, typed, resized] = watched.map(|fd| fd.any().unwrap_or(true));
            match polled {
                _ if stop.is_raised() => return Woken::Stopped,
                Err(Errno::EINTR) => continue,
                Err(_) => return Woken::Keys(vec![Key::Quit]),
                Ok(_) if stopped => return Woken::Stopped,
                Ok(_) => {}
            }
            if resized {
                let mut rung = [0; 64];
                while self.resized.read(&mut rung).is_ok_and(|count| count == rung.len()) {}
                return Woken::Resized;
            }
            if typed {
                let keys = self.read(stdin.as_fd());
                if !keys.is_empty() {
                    return Woken::Keys(keys);
                }
            }
        }
    }

    fn read(&mut self, stdin: BorrowedFd<'_>) -> Vec<Key> {
        let mut bytes = [0; 256];
        match nix::unistd::read(stdin, &mut bytes) {
            Ok(0) => vec![Key::Quit],
            Ok(count) => {
                self.pending.extend_from_slice(&bytes[..count]);
                keys(&mut self.pending)
            }
            Err(Errno::EINTR | Errno::EAGAIN) => Vec::new(),
            Err(_) => vec![Key::Quit],
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&self.saved);
    }
}

/// What shows these lines. Each place is emptied before it is written to: behind a line as wide as the screen the cursor still stands on
/// its last letter, and emptying the rest would take that away.
fn painted(lines: &[String]) -> String {
    let last = lines.len().saturating_sub(1);
    let line = |(place, line): (usize, &String)| {
        let (next, erase) = (if place > 0 { "\r\n" } else { "\x1b[H" }, if place < last { "\x1b[K" } else { "\x1b[J" });
        format!("{next}{erase}{line}")
    };
    lines.iter().enumerate().map(line).collect()
}

fn readable(fd: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::new(fd, PollFlags::POLLIN)
}

/// No echo, and no waiting for the end of a line.
fn one_key_at_a_time(mut modes: Termios) -> Termios {
    modes.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::IEXTEN);
    modes.input_flags.remove(InputFlags::IXON);
    for character in [SpecialCharacterIndices::VSUSP, SpecialCharacterIndices::VQUIT] {
        modes.control_chars[character as usize] = 0; // _POSIX_VDISABLE on Linux
    }
    modes
}

/// Where nobody looks any more there is nothing to do about it.
fn show(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn give_back(saved: &Termios) {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    show(LEAVE);
    let stdin = io::stdin();
    // Keys that were typed ahead are not for the shell.
    let _ = tcflush(&stdin, nix::sys::termios::FlushArg::TCIFLUSH);
    let _ = tcsetattr(&stdin, SetArg::TCSANOW, saved);
}

fn give_back_on_panic(saved: Termios) {
    let before = panic::take_hook();
    // A hook must be shareable between threads, which saved modes are not.
    let saved = std::sync::Mutex::new(saved);
    panic::set_hook(Box::new(move |about| {
        if let Ok(saved) = saved.lock() {
            give_back(&saved);
        }
        before(about);
    }));
}

/// The keys at the beginning of what was typed; what may be the beginning of one more stays.
fn keys(typed: &mut Vec<u8>) -> Vec<Key> {
    let mut keys = Vec::new();
    while let Some((key, length)) = first(typed) {
        typed.drain(..length);
        keys.extend(key);
    }
    keys
}

/// The first key, if it means something, and how many bytes it has; none while it may not be whole (ECMA-48 control sequences, as
/// xterm sends them).
fn first(typed: &[u8]) -> Option<(Option<Key>, usize)> {
    let (byte, rest) = typed.split_first()?;
    let plain = |key| Some((key, 1));
    match byte {
        b' ' | b'\r' | b'\n' => plain(Some(Key::Next)),
        b'q' | b'Q' | 0x04 => plain(Some(Key::Quit)),
        b'k' => plain(Some(Key::Up)),
        b'j' => plain(Some(Key::Down)),
        0x1b => match rest.first() {
            Some(b'[' | b'O') => {
                let end = rest[1..].iter().position(|byte| (0x40..=0x7e).contains(byte))?;
                Some((named(&rest[1..=end + 1]), end + 3))
            }
            _ => plain(None),
        },
        _ => plain(None),
    }
}

/// The key of a control sequence, without its introducer.
fn named(sequence: &[u8]) -> Option<Key> {
    Some(match sequence {
        b"C" | b"6~" => Key::Next,
        b"A" => Key::Up,
        b"B" => Key::Down,
        b"5~" => Key::PageUp,
        b"H" | b"1~" | b"7~" => Key::Home,
        b"F" | b"4~" | b"8~" => Key::End,
        _ => return None,
    })
}

/// Lines of standard input, whatever that is.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// The next line without its end; none at the end of the input, or when somebody asked to stop. A line that is longer than any
    /// answer is cut.
    pub(super) fn next(&mut self, stop: &StopFlag) -> Option<String> {
        const LONGEST: usize = 4_096;
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim().to_owned());
            }
            self.pending.truncate(LONGEST);
            let stdin = io::stdin();
            let mut watched = [stop.bell(), stdin.as_fd()].map(readable);
            let polled = poll(&mut watched, PollTimeout::NONE);
            if stop.is_raised() {
                return None;
            }
            match polled {
                Err(Errno::EINTR) => continue,
                Err(_) => return None,
                Ok(_) => {}
            }
            let mut bytes = [0; 1_024];
            match nix::unistd::read(stdin.as_fd(), &mut bytes) {
                Ok(0) | Err(_) if self.pending.is_empty() => return None,
                Ok(0) | Err(_) => self.pending.push(b'\n'),
                Ok(count) => self.pending.extend_from_slice(&bytes[..count]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs::File;
    use std::process::{Command, Stdio};

    use nix::pty::openpty;

    use super::*;

    /// Set for the process that is to panic.
    const TO_PANIC: &str = "TCPSTORY_TEST_PANICS";

    /// This test is two processes: one in a pseudo-terminal, which takes it and panics, and one that looks at what is left of it.
    #[test]
    fn a_panic_gives_the_terminal_back() {
        if env::var_os(TO_PANIC).is_some() {
            let _screen = Screen::enter().unwrap();
            let modes = tcgetattr(io::stdin()).unwrap().local_flags;
            assert!(!modes.intersects(LocalFlags::ICANON | LocalFlags::ECHO), "the terminal is taken");
            panic!("in the middle of a step");
        }
        let pty = openpty(None, None).unwrap();
        let before = tcgetattr(&pty.slave).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", "cli::terminal::tests::a_panic_gives_the_terminal_back"]);
        command.env(TO_PANIC, "yes").env("RUST_BACKTRACE", "0").stdin(end()).stdout(end()).stderr(end());
        let mut child = command.spawn().unwrap();
        drop(command);
        assert!(!child.wait().unwrap().success());
        let after = tcgetattr(&pty.slave).unwrap();
        assert_eq!((after.local_flags, after.input_flags), (before.local_flags, before.input_flags));
        assert_eq!(after.control_chars, before.control_chars);
        drop(pty.slave);
        let mut shown = Vec::new();
        // The end of a terminal that nobody has open is an error (EIO); what it showed before is read.
        let _ = File::from(pty.master).read_to_end(&mut shown);
        let shown = String::from_utf8_lossy(&shown);
        let [enter, leave, message] = [ENTER, LEAVE, "in the middle of a step"].map(|text| shown.find(text));
        assert!(enter.is_some() && enter < leave && leave < message, "{shown:?}");
        assert_eq!(shown.matches(LEAVE).count(), 1, "once is enough: {shown:?}");
    }

    #[test]
    fn nothing_is_emptied_behind_what_is_shown() {
        let lines = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(painted(&lines), "\x1b[H\x1b[Kone\r\n\x1b[Ktwo\r\n\x1b[Jthree");
    }

    #[test]
    fn keys_of_keyboards_and_remotes() {
        let mut typed = b" \rx\x1b[C\x1bOC\x1b[6~\x1b[5~\x1b[A\x1b[B\x1b[H\x1b[F\x1b[1;5Cq".to_vec();
        let next = [Key::Next; 5];
        let others = [Key::PageUp, Key::Up, Key::Down, Key::Home, Key::End, Key::Quit];
        assert_eq!(keys(&mut typed), [&next[..], &others].concat());
        assert!(typed.is_empty());
    }

    #[test]
    fn a_key_may_come_in_pieces() {
        let mut typed = b"\x1b[6".to_vec();
        assert_eq!(keys(&mut typed), []);
        typed.push(b'~');
        assert_eq!(keys(&mut typed), [Key::Next]);
    }
}
