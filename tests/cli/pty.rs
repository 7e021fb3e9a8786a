//! A pseudo-terminal with the program in it, and what a person sees there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};

use crate::world::{World, program};

/// Longer than anything takes: what has not come then never comes.
const FOR_EVER: Duration = Duration::from_mins(1);

/// The program in a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    before: Termios,
}

/// How the program left its terminal.
pub(crate) struct Left {
    pub(crate) code: Option<i32>,
    /// What stood in the terminal in the end, and had scrolled out of it.
    pub(crate) text: String,
}

impl Terminal {
    /// Starts `tcpstory ARGUMENTS` in a terminal of that size; `setsid --ctty` makes it the controlling one.
    pub(crate) fn start(world: &World, arguments: &[&str], (columns, lines): (u16, u16)) -> Self {
        let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        let before = tcgetattr(&pty.slave).expect("it has modes");
        let mut command = Command::new("setsid");
        world.prepare(&mut command);
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("a descriptor"));
        command.args(["--ctty", "--wait"]).arg(program()).args(arguments).env("TERM", "xterm");
        command.stdin(end(&pty.slave)).stdout(end(&pty.slave)).stderr(end(&pty.slave));
        let child = command.spawn().expect("the program starts");
        drop((command, pty.slave)); // or the end of the last process would not be seen
        let keys = File::from(pty.master);
        let mut output = keys.try_clone().expect("a descriptor");
        let (send, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            // EIO: nobody has the terminal open any more.
            while let Ok(count) = output.read(&mut bytes) {
                if count == 0 || send.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let [rows, columns] = [lines, columns].map(|size| NonZero::new(size).expect("a screen has lines and columns"));
        Self { child, keys, shown, screen: vt100::Parser::new(rows, columns, 1_000), before }
    }

    /// The program's process id. It is `setsid`'s, which becomes the program.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Gives the terminal another size, which the program is told by SIGWINCH.
    pub(crate) fn resize(&mut self, (columns, lines): (u16, u16)) {
        let [rows, cols] = [lines, columns].map(|size| size.to_string());
        let terminal = self.keys.try_clone().expect("a descriptor");
        let status = Command::new("stty").args(["rows", &rows, "cols", &cols]).stdin(terminal).status();
        assert!(status.is_ok_and(|status| status.success()), "it can have another size");
        let [rows, columns] = [lines, columns].map(|size| NonZero::new(size).expect("a screen has lines and columns"));
        self.screen.screen_mut().set_size(rows, columns);
    }

    /// The lines of the screen, without what is empty at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let columns = self.screen.screen().size().1.get();
        self.screen.screen().rows(0, columns).map(|line| line.trim_end().to_owned()).collect()
    }

    /// Waits until the screen shows what is looked for.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, seen: impl Fn(&[String]) -> bool) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let lines = self.lines();
            if seen(&lines) {
                return lines;
            }
            let left = FOR_EVER.saturating_sub(begin.elapsed());
            match self.shown.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(end) => panic!("waited in vain until {what} ({end}):\n{}", self.lines().join("\n")),
            }
        }
    }

    /// Whether keys are given one by one, without echo.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(self.keys.as_fd()).expect("it has modes");
        !modes.local_flags.intersects(LocalFlags::ICANON | LocalFlags::ECHO)
    }

    /// Waits for the end of the program and of everything that has its terminal, which must be as it was.
    #[track_caller]
    pub(crate) fn left(mut self) -> Left {
        let begin = Instant::now();
        loop {
            match self.shown.recv_timeout(FOR_EVER.saturating_sub(begin.elapsed())) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("somebody keeps the terminal:\n{}", self.lines().join("\n")),
            }
        }
        let code = self.child.wait().expect("it can be waited for").code();
        assert!(!self.screen.screen().alternate_screen() && !self.screen.screen().hide_cursor(), "the screen is back");
        let after = tcgetattr(self.keys.as_fd()).expect("it has modes");
        assert_eq!(after.local_flags, self.before.local_flags, "the modes are back");
        assert_eq!(after.control_chars, self.before.control_chars, "the modes are back");
        Left { code, text: self.everything() }
    }

    /// What scrolled away, and the screen.
    fn everything(&mut self) -> String {
        let columns = self.screen.screen().size().1.get();
        self.screen.screen_mut().set_scrollback(usize::MAX);
        let gone = self.screen.screen().scrollback();
        let mut text = Vec::new();
        for back in (1..=gone).rev() {
            self.screen.screen_mut().set_scrollback(back);
            text.extend(self.screen.screen().rows(0, columns).take(1));
        }
        self.screen.screen_mut().set_scrollback(0);
        text.extend(self.screen.screen().rows(0, columns));
        text.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }
}
