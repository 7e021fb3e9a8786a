//! Processes: signal dispositions, descriptors, clocks.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::time::{ClockId, clock_gettime};

/// How many signals the counting handler has caught.
static CAUGHT: AtomicU32 = AtomicU32::new(0);

/// When it caught the last one, in nanoseconds since 1970.
static CAUGHT_AT_NS: AtomicU64 = AtomicU64::new(0);

/// The highest number of a standard signal on Linux (`SIGSYS`); the real-time signals follow.
const LAST_STANDARD_SIGNAL: i32 = 31;

/// `CLOCK_REALTIME`, in nanoseconds since 1970.
pub(in crate::lab) fn now_ns() -> u64 {
    // A clock that Linux always has; a time before 1970 reads as 0.
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
    })
}

/// What runs in a user namespace need: `CAP_NET_ADMIN`, `CAP_NET_RAW` and `CAP_SYS_ADMIN` (capabilities(7)).
const NETWORK_CAPABILITIES: u32 = 1 << 12 | 1 << 13 | 1 << 21;

/// `_LINUX_CAPABILITY_VERSION_3` of capset(2): 64 capabilities in two halves.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Gives up every capability but those for the network, for the calling thread and all that it starts.
///
/// Who enters a user namespace gets all of them there, and with them the right to write into own files and folders against their
/// permissions (`CAP_DAC_OVERRIDE`).
pub(in crate::lab) fn keep_network_capabilities() -> Result<(), Errno> {
    let header = [CAPABILITY_VERSION, 0]; // the version, and 0 for the calling thread
    // Effective, permitted, inheritable; of the lower 32 capabilities, then of the upper.
    let data = [NETWORK_CAPABILITIES, NETWORK_CAPABILITIES, 0, 0, 0, 0];
    // SAFETY: capset(2) reads a header of two and, in this version, data of six 32-bit words, which is what they point to.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) }).map(drop)
}

/// What a process does with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Disposition {
    /// A handler counts it ([`caught`]); calls that it interrupts fail with EINTR.
    Count,
    /// `SIG_IGN`.
    Ignore,
    /// `SIG_DFL`.
    Default,
}

/// Async-signal-safe: `clock_gettime(2)` and lock-free atomics only (signal-safety(7)).
extern "C" fn count(_signal: libc::c_int) {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to `time`, which is on this stack.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut time) };
    let ns = time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs();
    CAUGHT_AT_NS.store(ns, Ordering::Relaxed);
    CAUGHT.fetch_add(1, Ordering::Release);
}

/// How many signals were caught since the process began, and when the last one was, in nanoseconds since 1970.
pub(in crate::lab) fn caught() -> (u32, u64) {
    let count = CAUGHT.load(Ordering::Acquire);
    (count, CAUGHT_AT_NS.load(Ordering::Relaxed))
}

/// Sets what this process does with a signal.
pub(in crate::lab) fn set_disposition(signal: i32, disposition: Disposition) -> Result<(), Errno> {
    // SAFETY: all-zero is a valid `sigaction`: SIG_DFL, an empty mask, no flags (so also no SA_RESTART).
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = match disposition {
        Disposition::Count => count as *const () as usize,
        Disposition::Ignore => libc::SIG_IGN,
        Disposition::Default => libc::SIG_DFL,
    };
    // SAFETY: `action` is fully initialized, and the only handler installed is async-signal-safe.
    Errno::result(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) }).map(drop)
}

/// Gives every standard signal its default disposition and unblocks all: a process inherits both through exec, and the
/// Rust runtime adds handlers of its own for SIGSEGV and SIGBUS.
pub(in crate::lab) fn reset_signals() {
    for signal in 1..=LAST_STANDARD_SIGNAL {
        // SIGKILL and SIGSTOP refuse (EINVAL): they have no other disposition than the default.
        let _ = set_disposition(signal, Disposition::Default);
    }
    // SAFETY: `set` is initialized by sigemptyset before it is read.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// Closes every descriptor from `first` on.
///
/// For a process in which no Rust value owns one of them.
pub(in crate::lab) fn close_from(first: u32) -> Result<(), Errno> {
    // SAFETY: takes numbers only; the caller's process owns nothing there.
    Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// A descriptor that becomes readable when the process ends (`pidfd_open(2)`, Linux 5.3).
pub(in crate::lab) fn pidfd(pid: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: takes numbers only.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us (close-on-exec), and nothing else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends a signal to the process of a [`pidfd`], never to another that got its number (`pidfd_send_signal(2)`).
pub(in crate::lab) fn send_signal(pidfd: &OwnedFd, signal: i32) -> Result<(), Errno> {
    use std::os::fd::AsRawFd as _;
    let (no_info, no_flags) = (std::ptr::null::<libc::siginfo_t>(), 0);
    // SAFETY: a null pointer asks the kernel to fill in the information itself, as kill(2) does.
    Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, no_flags) })
        .map(drop)
}

/// `_exit(2)`: ends the process at once.
pub(in crate::lab) fn exit(code: i32) -> ! {
    // SAFETY: never returns; an actor has nothing to flush.
    unsafe { libc::_exit(code) }
}

/// The number of the system call that a call of this name sleeps in, where the C library could use one of several: all.
pub(in crate::lab) fn syscall_numbers(name: &str) -> &'static [i64] {
    match name {
        "connect" => &[libc::SYS_connect],
        "accept" => &[libc::SYS_accept, libc::SYS_accept4],
        "read" => &[libc::SYS_read],
        "write" => &[libc::SYS_write],
        "recv" => &[libc::SYS_recvfrom],
        "send" => &[libc::SYS_sendto],
        "close" => &[libc::SYS_close],
        "sendfile" => &[libc::SYS_sendfile],
        #[cfg(target_arch = "x86_64")]
        "epoll_wait" => &[libc::SYS_epoll_wait, libc::SYS_epoll_pwait],
        #[cfg(not(target_arch = "x86_64"))]
        "epoll_wait" => &[libc::SYS_epoll_pwait],
        #[cfg(target_arch = "x86_64")]
        "poll" => &[libc::SYS_poll, libc::SYS_ppoll],
        #[cfg(not(target_arch = "x86_64"))]
        "poll" => &[libc::SYS_ppoll],
        _ => &[],
    }
}

/// A descriptor that has just come through a socket (`SCM_RIGHTS`), for the one who took it from there.
pub(in crate::lab) fn received(fd: RawFd) -> OwnedFd {
    // SAFETY: recvmsg has just made this descriptor for us, and nothing else knows it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Makes a descriptor the standard input, in place of what that was (dup2(2)).
pub(in crate::lab) fn replace_standard_input(by: &OwnedFd) -> Result<(), Errno> {
    use std::os::fd::AsRawFd as _;
    // SAFETY: takes numbers only; who uses descriptor 0 goes on with what it is now.
    Errno::result(unsafe { libc::dup2(by.as_raw_fd(), 0) }).map(drop)
}

/// Standard input's own descriptor, for a process that uses it as nothing else.
pub(in crate::lab) fn standard_input() -> OwnedFd {
    // SAFETY: descriptor 0 is open (the caller was started with it), and the caller takes it once.
    unsafe { OwnedFd::from_raw_fd(0) }
}
