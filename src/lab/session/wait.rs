//! Waiting: always for something, never past a deadline, and never past a request to stop.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::Halt;
use crate::lab::{LabError, StopFlag};

/// How long a step waits for what it expects where the author says nothing.
const DEFAULT: Duration = Duration::from_secs(5);

/// The longest wait that a system call is asked for; longer ones are several.
const LONGEST: Duration = Duration::from_hours(1);

/// Until when a step may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// That long from now; none is the default. One too far away to be told is never.
    pub(super) fn after(within_ns: Option<u64>) -> Self {
        let within = within_ns.map_or(DEFAULT, Duration::from_nanos);
        Self(Instant::now().checked_add(within))
    }

    /// The nearer of this one and that long from now.
    pub(super) fn at_most(self, within: Duration) -> Self {
        let other = Instant::now().checked_add(within);
        Self(match (self.0, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        })
    }

    /// What is left, in one wait.
    pub(super) fn left(self) -> Duration {
        self.0.map_or(LONGEST, |at| at.saturating_duration_since(Instant::now()).min(LONGEST))
    }

    /// Whether it has passed.
    pub(super) fn has_passed(self) -> bool {
        self.0.is_some_and(|at| at <= Instant::now())
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// What was waited for is there.
    Ready,
    /// The time is over.
    TimedOut,
}

/// Waits until one of the descriptors is readable (or at its end); with none, for the time alone.
pub(super) fn readable(fds: &[BorrowedFd<'_>], stop: &StopFlag, time: Duration) -> Result<Woken, Halt> {
    let bell = PollFd::new(stop.bell(), PollFlags::POLLIN);
    let mut watched = vec![bell];
    watched.extend(fds.iter().map(|fd| PollFd::new(*fd, PollFlags::POLLIN)));
    match ppoll(&mut watched, Some(TimeSpec::from_duration(time)), None) {
        Err(Errno::EINTR) | Ok(_) if stop.is_raised() => Err(Halt::Interrupted),
        Err(Errno::EINTR) => Ok(Woken::Ready), // a signal of the process's own: the caller looks again
        Err(errno) => Err(LabError::new("cannot wait").tried("ppoll", errno).into()),
        Ok(0) => Ok(Woken::TimedOut),
        Ok(_) => Ok(Woken::Ready),
    }
}

/// Growing pauses between looks at something that cannot be waited for.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Backoff {
    /// The first pause, about the time of a look.
    const FIRST: Duration = Duration::from_micros(20);
    /// The longest: what a person does not notice.
    const LAST: Duration = Duration::from_millis(2);

    /// Beginning with the shortest.
    pub(super) fn new() -> Self {
        Self(Self::FIRST)
    }

    /// The next pause, within the deadline.
    pub(super) fn next(&mut self, deadline: Deadline) -> Duration {
        let pause = self.0.min(deadline.left());
        self.0 = (self.0 * 2).min(Self::LAST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_beyond_the_clock_is_never() {
        let never = Deadline::after(Some(u64::MAX));
        assert!(!never.has_passed() && never.left() > Duration::ZERO);
        assert!(Deadline::after(Some(0)).has_passed());
        assert!(never.at_most(Duration::ZERO).has_passed());
    }

    #[test]
    fn pauses_grow_and_end_at_the_deadline() {
        let mut backoff = Backoff::new();
        let far = Deadline::after(None);
        let pauses: Vec<_> = (0..10).map(|_| backoff.next(far)).collect();
        assert!(pauses.is_sorted() && pauses[0] == Backoff::FIRST && pauses[9] == Backoff::LAST);
        assert_eq!(backoff.next(Deadline::after(Some(0))), Duration::ZERO);
    }

    #[test]
    fn a_raised_flag_ends_every_wait() {
        let stop = StopFlag::new().unwrap();
        assert_eq!(readable(&[], &stop, Duration::ZERO).ok(), Some(Woken::TimedOut));
        stop.raise();
        assert!(matches!(readable(&[], &stop, LONGEST), Err(Halt::Interrupted)));
    }
}
