//! Stopping a run from outside: Ctrl-C, SIGTERM, or a person who has seen enough.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::{flag, low_level::pipe};

use super::LabError;

/// A request to stop, shared by whoever raises it and every run that heeds it. Once raised it stays.
#[derive(Clone, Debug)]
pub struct StopFlag(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    raised: Arc<AtomicBool>,
    /// What is written here is never read: it wakes every wait from then on.
    bell: UnixStream,
    heard: UnixStream,
}

impl StopFlag {
    /// A flag that is not raised.
    ///
    /// # Errors
    /// Where the process has no descriptors left.
    pub fn new() -> Result<Self, LabError> {
        let failed = LabError::failed_io("cannot prepare to be stopped", "socketpair");
        let (bell, heard) = UnixStream::pair().map_err(failed)?;
        Ok(Self(Arc::new(Shared { raised: Arc::default(), bell, heard })))
    }

    /// Raises it, from any thread.
    pub fn raise(&self) {
        use io::Write as _;
        if !self.0.raised.swap(true, Ordering::SeqCst) {
            // One byte always fits into an empty socket.
            let _ = (&self.0.bell).write(&[1]);
        }
    }

    /// Lets a signal raise it, for the rest of the process's life. The signal's default action does not happen.
    ///
    /// # Errors
    /// Where the signal cannot be caught.
    pub fn raise_on(&self, signal: i32) -> Result<(), LabError> {
        let wanted = || LabError::failed_io("cannot catch a signal", "sigaction");
        flag::register(signal, Arc::clone(&self.0.raised)).map_err(wanted())?;
        let bell = self.0.bell.try_clone().map_err(wanted())?;
        pipe::register(signal, bell).map_err(wanted())?;
        Ok(())
    }

    /// Whether it is raised.
    pub fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Readable from when it is raised.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.0.heard.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    fn rings(flag: &StopFlag) -> bool {
        poll(&mut [PollFd::new(flag.bell(), PollFlags::POLLIN)], PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn raising_rings_every_bell_for_ever() {
        let flag = StopFlag::new().unwrap();
        let other = flag.clone();
        assert!(!rings(&flag) && !flag.is_raised());
        other.raise();
        other.raise();
        assert!(rings(&flag) && rings(&other) && flag.is_raised());
    }

    #[test]
    fn a_signal_raises_it() {
        let flag = StopFlag::new().unwrap();
        flag.raise_on(libc::SIGWINCH).unwrap();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGWINCH).unwrap();
        assert!(flag.is_raised() && rings(&flag));
    }
}
