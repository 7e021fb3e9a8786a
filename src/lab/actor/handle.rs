//! An actor as the conductor holds it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus as WaitStatus, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use nix::sys::wait::{WaitPidFlag, WaitStatus as Waited, waitpid};
use nix::unistd::Pid;

use super::lend::take;
use super::process::disposition_word;
use super::protocol::{Done, Inbox, Order, Report, encode};
use super::{ARGUMENT, Executable};
use crate::lab::LabError;
use crate::lab::sys::process::{now_ns, pidfd, send_signal, syscall_numbers};
use crate::record::{ActorSpec, ExitStatus, Signal};

/// How long a conductor waits for an actor to take an order from its control socket; it always waits for one there.
const TAKE_ORDER: Duration = Duration::from_secs(5);

/// An actor's process. Dropping it kills and reaps it.
#[derive(Debug)]
pub(in crate::lab) struct Handle {
    process: Process,
    pidfd: OwnedFd,
    control: UnixStream,
    inbox: Inbox,
    buffer: Box<[u8]>,
    /// The descriptor that came with its last report.
    lent: Option<OwnedFd>,
    ended: Option<Ended>,
}

/// A child of this process.
#[derive(Debug)]
enum Process {
    /// That was started.
    Spawned(Child),
    /// That another actor forked.
    Forked(Pid),
}

/// How and when a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) struct Ended {
    /// How.
    pub(in crate::lab) status: ExitStatus,
    /// When that was noticed: `CLOCK_REALTIME`, in nanoseconds since 1970. All its sockets were closed by then.
    pub(in crate::lab) at_ns: u64,
}

/// What came from an actor.
#[derive(Debug)]
pub(in crate::lab) enum Heard {
    /// It has set itself up.
    Ready,
    /// It makes its call now; the time is in nanoseconds since 1970.
    Begun(u64),
    /// Its call returned.
    Done(Box<Done>),
    /// Nothing yet.
    Silence,
    /// The end of the stream, or of its process.
    End,
}

/// Where an actor's standard output goes: nobody reads it.
const NOWHERE: &str = "/dev/null";

impl Handle {
    /// Starts an actor in the network namespace of the calling thread, which must outlive it; it stays on that processor.
    ///
    /// # Errors
    /// Where no process can be started.
    pub(in crate::lab) fn spawn(executable: &Executable, spec: &ActorSpec, processor: usize) -> Result<Self, LabError> {
        let failed = |what| LabError::failed_io("cannot start an actor", what);
        let (control, theirs) = UnixStream::pair().map_err(failed("making a pair of sockets"))?;
        control.set_write_timeout(Some(TAKE_ORDER)).map_err(failed("preparing its control socket"))?;
        let nowhere = File::options().write(true).open(NOWHERE).map_err(failed("opening /dev/null for writing"))?;
        let mut child = Command::new(executable.path())
            .args([ARGUMENT, disposition_word(spec.sigpipe), &processor.to_string(), &spec.name.replace('\0', "")])
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(nowhere))
            .process_group(0) // else Ctrl-C in the terminal reaches the actors before the conductor
            .spawn()
            .map_err(failed("starting a process from its own executable"))?;
        match pidfd(child.id()) {
            Ok(pidfd) => Ok(Self::new(Process::Spawned(child), pidfd, control)),
            Err(errno) => {
                // Where it cannot be killed it has ended, and is reaped.
                let _ = child.kill().and_then(|()| child.wait());
                Err(LabError::failed("cannot start an actor", "pidfd_open")(errno))
            }
        }
    }

    fn new(process: Process, pidfd: OwnedFd, control: UnixStream) -> Self {
        let (inbox, buffer) = (Inbox::default(), vec![0; 65_536].into());
        Self { process, pidfd, control, inbox, buffer, lent: None, ended: None }
    }

    /// The actor that this one has just forked: its process id is what fork returned, its control socket was lent before.
    ///
    /// # Errors
    /// Where it cannot be held on to.
    pub(in crate::lab) fn forked(&mut self, pid: u32) -> Result<Self, LabError> {
        let failed = LabError::failed_io("cannot hold a forked actor", "taking its control socket");
        let control = self.lent().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let control = UnixStream::from(control);
        let failed = LabError::failed_io("cannot hold a forked actor", "preparing its control socket");
        control.set_write_timeout(Some(TAKE_ORDER)).map_err(failed)?;
        let pidfd = pidfd(pid).map_err(LabError::failed("cannot hold a forked actor", "pidfd_open"))?;
        Ok(Self::new(Process::Forked(Pid::from_raw(pid.cast_signed())), pidfd, control))
    }

    /// The descriptor that came with its last report, once.
    pub(in crate::lab) fn lent(&mut self) -> Option<OwnedFd> {
        self.lent.take()
    }

    /// Its process id, as seen from outside the sandbox.
    pub(in crate::lab) fn pid(&self) -> u32 {
        match &self.process {
            Process::Spawned(child) => child.id(),
            Process::Forked(pid) => pid.as_raw().cast_unsigned(),
        }
    }

    /// Readable when there is something to [`hear`](Self::hear).
    pub(in crate::lab) fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// Readable when the process has ended.
    pub(in crate::lab) fn life(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Gives it an order. One that is gone is not told apart here: its stream ends, which [`hear`](Self::hear) says.
    ///
    /// # Errors
    /// Where the order cannot be sent although the actor lives.
    pub(in crate::lab) fn tell(&self, order: &Order) -> Result<(), LabError> {
        let failed = |error| LabError::new("cannot give an actor its order").tried("send on its control socket", error);
        let message = encode(order).map_err(failed)?;
        let mut rest = message.as_slice();
        while !rest.is_empty() {
            match send(self.control.as_raw_fd(), rest, MsgFlags::MSG_NOSIGNAL) {
                Ok(sent) => rest = &rest[sent..],
                Err(Errno::EINTR) => {}
                Err(Errno::EPIPE | Errno::ECONNRESET) => return Ok(()),
                Err(errno) => return Err(failed(errno.into())),
            }
        }
        Ok(())
    }

    /// What it has said, without waiting.
    ///
    /// # Errors
    /// Where what came is no report.
    pub(in crate::lab) fn hear(&mut self) -> Result<Heard, LabError> {
        self.receive().map_err(LabError::failed_io("cannot understand an actor", "reading its control socket"))
    }

    fn receive(&mut self) -> io::Result<Heard> {
        loop {
            match self.inbox.next()? {
                Some(Report::Ready) => return Ok(Heard::Ready),
                Some(Report::Begun { at_ns }) => return Ok(Heard::Begun(at_ns)),
                Some(Report::Done(done)) => return Ok(Heard::Done(done)),
                Some(Report::Lent) => continue,
                None => {}
            }
            // Looked at before the stream: what it said until then is in there.
            let over = self.is_over();
            match take(self.control.as_fd(), &mut self.buffer) {
                Ok((0, _)) | Err(Errno::ECONNRESET) => return Ok(Heard::End),
                Ok((received, lent)) => {
                    self.inbox.push(&self.buffer[..received]);
                    self.lent = lent.or(self.lent.take());
                }
                Err(Errno::EAGAIN) => return Ok(if over { Heard::End } else { Heard::Silence }),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Whether its process has ended. Where it shares its descriptors, the other keeps its end of the stream open.
    fn is_over(&self) -> bool {
        let mut watched = [PollFd::new(self.life(), PollFlags::POLLIN)];
        self.ended.is_some() || matches!(poll(&mut watched, PollTimeout::ZERO), Ok(1..))
    }

    /// Whether its process sleeps in the system call of that name.
    ///
    /// An actor that has said [`Begun`](Heard::Begun) and nothing since, and that still has said nothing after this was
    /// true, sleeps in its call and nowhere else.
    pub(in crate::lab) fn is_asleep_in(&self, call: &str) -> bool {
        let pid = self.pid();
        let sleeps =
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| state_of(&stat) == Some('S'));
        sleeps
            && match std::fs::read_to_string(format!("/proc/{pid}/syscall")) {
                Ok(line) => number_of(&line).is_some_and(|number| syscall_numbers(call).contains(&number)),
                // Not readable on a kernel without it, or under a security module: the state alone must do.
                Err(_) => true,
            }
    }

    /// Sends its process a signal.
    ///
    /// # Errors
    /// Where the kernel refuses, as for a number that is no signal.
    pub(in crate::lab) fn signal(&self, signal: Signal) -> Result<(), LabError> {
        send_signal(&self.pidfd, signal.0).map_err(LabError::failed("cannot signal an actor", "pidfd_send_signal"))
    }

    /// How its process ended, once it has; without waiting. It is reaped then.
    ///
    /// # Errors
    /// Where wait(2) fails, as when somebody else reaped it.
    pub(in crate::lab) fn ended(&mut self) -> Result<Option<Ended>, LabError> {
        if self.ended.is_none() {
            let status =
                self.process.status().map_err(LabError::failed_io("cannot learn how an actor ended", "wait"))?;
            self.ended = status.map(|status| Ended { status: exit_status(status), at_ns: now_ns() });
        }
        Ok(self.ended)
    }

    /// Kills it, without waiting for its end: the reaping is [`Drop`]'s.
    pub(in crate::lab) fn kill(&mut self) {
        if self.ended.is_none() {
            // An error says that it has ended already.
            let _ = send_signal(&self.pidfd, libc::SIGKILL);
        }
    }
}

impl Process {
    /// How it ended, once it has; it is reaped then.
    fn status(&mut self) -> io::Result<Option<WaitStatus>> {
        match self {
            Self::Spawned(child) => child.try_wait(),
            Self::Forked(pid) => Ok(match waitpid(*pid, Some(WaitPidFlag::WNOHANG))? {
                Waited::Exited(_, code) => Some(WaitStatus::from_raw(code << 8)),
                Waited::Signaled(_, signal, _) => Some(WaitStatus::from_raw(signal as i32)),
                _ => None,
            }),
        }
    }

    /// Waits for its end. An error says that somebody else reaped it: then nothing is left to do.
    fn reap(&mut self) {
        match self {
            Self::Spawned(child) => drop(child.wait()),
            Self::Forked(pid) => while waitpid(*pid, None) == Err(Errno::EINTR) {},
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.kill();
        if self.ended.is_none() {
            self.process.reap();
        }
    }
}

fn exit_status(status: WaitStatus) -> ExitStatus {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitStatus::Code(u8::try_from(code & 0xff).unwrap_or(0)),
        (None, signal) => ExitStatus::Signal(Signal(signal.unwrap_or(0))),
    }
}

/// The state in a line of `/proc/PID/stat`: the field behind the name, which is in brackets and may hold anything.
fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// The number in a line of `/proc/PID/syscall`, which is `running` for a process that is not asleep.
fn number_of(line: &str) -> Option<i64> {
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_the_state() {
        assert_eq!(state_of("17 (a) S (b) R 1 17 17"), Some('R'));
        assert_eq!(state_of("17 (client) S 1 17"), Some('S'));
        assert_eq!(state_of("17 (client)"), None);
    }

    #[test]
    fn a_running_process_is_in_no_call() {
        assert_eq!(number_of("running\n"), None);
        assert_eq!(number_of("0 0x3 0x7ffd 0x1 0x0 0x0 0x0 0x7ffd 0x7f\n"), Some(0));
    }
}
