//! Work in a forked child, so that what cannot be undone is not done to this process.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use super::socket::{Timed, timed};

/// A forked child that has reported. Dropping it waits for its end.
#[derive(Debug)]
pub(in crate::lab) struct Child(Pid);

impl Drop for Child {
    fn drop(&mut self) {
        while waitpid(self.0, None) == Err(Errno::EINTR) {}
    }
}

/// Runs `work` in a forked child and returns what it wrote, up to and without the first `end` byte; all of it when the
/// child died before it wrote one.
///
/// The child should do little but system calls: of this process's threads it has only the calling one, so a lock that
/// another thread held stays locked there.
pub(in crate::lab) fn in_child(end: u8, work: impl FnOnce(File)) -> nix::Result<(Child, Vec<u8>)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the child runs `work` and leaves by _exit, neither returning nor unwinding into its caller's frames.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            let ended = catch_unwind(AssertUnwindSafe(|| work(File::from(writer))));
            // SAFETY: ends this process at once, without the parent's exit handlers.
            unsafe { libc::_exit(i32::from(ended.is_err())) }
        }
        ForkResult::Parent { child } => Child(child),
    };
    drop(writer);
    let written = read_until(reader, end)?;
    Ok((child, written))
}

/// A copy of this process: 0 in the copy, its process id here. It is a child of this process's parent (`CLONE_PARENT`), which is
/// told of its end and whose death it can be tied to. It has copies of all descriptors, or shares them (`CLONE_FILES`).
///
/// For a process with a single thread, whose locks are all free.
pub(in crate::lab) fn fork_sibling(shares_descriptors: bool) -> Timed {
    let files = if shares_descriptors { libc::CLONE_FILES } else { 0 };
    let flags = libc::CLONE_PARENT | libc::SIGCHLD | files;
    // SAFETY: without CLONE_VM and with no stack given this is fork(2): both processes go on here, each in its own memory. There is
    // one thread, so no lock of the C library is held by another.
    timed(|| unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })
}

/// The child may linger in the kernel after its last word, so the end of the file is not waited for.
fn read_until(reader: OwnedFd, end: u8) -> nix::Result<Vec<u8>> {
    let (mut reader, mut written, mut part) = (File::from(reader), Vec::new(), [0; 512]);
    loop {
        match reader.read(&mut part) {
            Ok(0) => return Ok(written),
            Ok(length) => written.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)),
        }
        if let Some(place) = written.iter().position(|byte| *byte == end) {
            written.truncate(place);
            return Ok(written);
        }
    }
}
