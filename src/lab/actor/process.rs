//! The actor's own process.

use std::ffi::{CString, OsString};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::UnixStream;

use nix::fcntl::{FcntlArg, fcntl};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, close};

use super::lend::lend;
use super::perform::perform;
use super::protocol::{Inbox, Order, Report, encode};
use crate::lab::sys::process::{
    Disposition, close_from, exit, now_ns, received, replace_standard_input, reset_signals, set_disposition,
    standard_input,
};
use crate::record::{Call, Outcome, SigpipeDisposition};

/// The exit code of a process that was started as an actor by something else than a conductor.
const NOT_FOR_HAND: i32 = 2;

/// Standard input, output and error stay; sockets begin at 3, as in a program that has just started.
const FIRST_SOCKET: u32 = 3;

/// Control sockets among shared descriptors have numbers from here: no scenario has as many sockets.
const FIRST_CONTROL: i32 = 512;

/// How a disposition is said on the command line.
pub(super) fn disposition_word(sigpipe: SigpipeDisposition) -> &'static str {
    match sigpipe {
        SigpipeDisposition::Catch => "catch",
        SigpipeDisposition::Ignore => "ignore",
        SigpipeDisposition::Default => "default",
    }
}

/// The actor's life: set up, then one order after the other until the conductor is gone.
pub(super) fn main(mut arguments: impl Iterator<Item = OsString>) -> ! {
    let mut next = || arguments.next().unwrap_or_else(|| exit(NOT_FOR_HAND));
    let (sigpipe, processor, name) = (next(), next(), next());
    let Some(disposition) = disposition(&sigpipe.to_string_lossy()) else { exit(NOT_FOR_HAND) };
    let Ok(processor) = processor.to_string_lossy().parse() else { exit(NOT_FOR_HAND) };
    stay_on(processor);
    match set_up(disposition, name).and_then(|control| serve(&control)) {
        Ok(()) => exit(0),
        Err(_) => exit(NOT_FOR_HAND),
    }
}

/// Runs on no other processor from now on.
///
/// The kernel hands a segment on the loopback to its receiver on the processor that sent it. With all actors of a scenario on one,
/// the ends of a connection take turns; on several they would work at the same time, and how a bulk transfer is cut into segments
/// and acknowledgments would differ from run to run. Where the processor is refused (one that a cgroup has just taken away), the
/// run goes on without.
fn stay_on(processor: usize) {
    let mut set = CpuSet::new();
    if set.set(processor).is_ok() {
        let _refused = sched_setaffinity(Pid::from_raw(0), &set);
    }
}

fn disposition(word: &str) -> Option<Disposition> {
    Some(match word {
        "catch" => Disposition::Count,
        "ignore" => Disposition::Ignore,
        "default" => Disposition::Default,
        _ => return None,
    })
}

/// Dies with the thread that started it, owns nothing that it inherited, and has the signal dispositions of a fresh
/// program but for SIGPIPE.
fn set_up(sigpipe: Disposition, name: OsString) -> io::Result<UnixStream> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    reset_signals();
    set_disposition(libc::SIGPIPE, sigpipe)?;
    close_from(FIRST_SOCKET)?;
    set_name(name.into_vec())?;
    // The descriptor of standard input itself is used: a duplicate would take number 3.
    let control = UnixStream::from(standard_input());
    control.local_addr()?; // an error where it is no socket: somebody typed the hidden argument
    Ok(control)
}

fn serve(mut control: &UnixStream) -> io::Result<()> {
    control.write_all(&encode(&Report::Ready)?)?;
    let (mut inbox, mut buffer) = (Inbox::default(), vec![0; 65_536]);
    loop {
        while let Some(order) = inbox.next::<Order>()? {
            let report = match order.call {
                Call::Fork { .. } => fork(control, &order)?,
                Call::Clone { .. } => clone(control, &order)?,
                Call::Vanish => vanish(control, &order)?,
                _ => Report::Done(Box::new(perform(&order, || begun(control)))),
            };
            control.write_all(&encode(&report)?)?;
        }
        match control.read(&mut buffer) {
            Ok(0) => return Ok(()), // the conductor is gone
            Ok(read) => inbox.push(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Forks, and tells how it went; the child instead becomes an actor of its own, with a control socket of its own, and says that
/// it is ready.
fn fork(control: &UnixStream, order: &Order) -> io::Result<Report> {
    let (theirs, ours) = UnixStream::pair()?;
    lend(control, &encode(&Report::Lent)?, ours.as_raw_fd())?;
    drop(ours);
    let done = perform(order, || begun(control));
    if !matches!(done.outcome, Outcome::Returned { value: 0, .. }) {
        return Ok(Report::Done(Box::new(done)));
    }
    // A parent's wish to die with its conductor is not inherited by fork (prctl(2)).
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    replace_standard_input(&theirs.into())?;
    set_name(order.name.clone().unwrap_or_default().into_bytes())?;
    Ok(Report::Ready)
}

/// Makes an actor that shares this one's descriptors, and tells how it went; the new one has a control socket of its own among
/// them, out of the way of the numbers that sockets get.
fn clone(control: &UnixStream, order: &Order) -> io::Result<Report> {
    let (theirs, ours) = UnixStream::pair()?;
    lend(control, &encode(&Report::Lent)?, ours.as_raw_fd())?;
    drop(ours);
    let out_of_the_way = fcntl(&theirs, FcntlArg::F_DUPFD(FIRST_CONTROL))?;
    drop(theirs);
    let done = perform(order, || begun(control));
    if !matches!(done.outcome, Outcome::Returned { value: 0, .. }) {
        // Where it worked the descriptor is the new actor's too, and stays open.
        if matches!(done.outcome, Outcome::Failed { .. }) {
            close(out_of_the_way)?;
        }
        return Ok(Report::Done(Box::new(done)));
    }
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    set_name(order.name.clone().unwrap_or_default().into_bytes())?;
    let life = serve(&UnixStream::from(received(out_of_the_way)));
    exit(if life.is_ok() { 0 } else { NOT_FOR_HAND })
}

/// Hands the socket to the conductor, which alone may make it vanish, and closes the own descriptor.
fn vanish(control: &UnixStream, order: &Order) -> io::Result<Report> {
    match lend(control, &encode(&Report::Lent)?, order.fd) {
        Err(error) if error.raw_os_error() == Some(libc::EBADF) => {} // as the close will say
        lent => lent?,
    }
    Ok(Report::Done(Box::new(perform(order, || begun(control)))))
}

/// What ps and top show; the kernel keeps its first 15 bytes.
fn set_name(name: Vec<u8>) -> io::Result<()> {
    let name: Vec<u8> = name.into_iter().filter(|byte| *byte != 0).collect();
    Ok(prctl::set_name(&CString::new(name)?)?)
}

/// A conductor that cannot hear it is gone, which the next read from it says.
fn begun(mut control: &UnixStream) {
    if let Ok(message) = encode(&Report::Begun { at_ns: now_ns() }) {
        let _ = control.write_all(&message);
    }
}
