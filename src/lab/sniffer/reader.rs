//! Reading frames with what belongs to them.

use std::fmt;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::mpsc::Sender;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::sys::time::TimeSpec;
use pnet::datalink::DataLinkReceiver;

use super::Stamped;
use crate::lab::sys::packet::{attach_filter, statistics};

/// Frames that are read before they are sorted and sent on.
const BATCH: usize = 64;

/// The head of the kernel's queue.
struct Head {
    unix_ns: u64,
    length: usize,
    checksum_incomplete: bool,
}

/// What a reader can be asked, by a number in either.
#[derive(Debug)]
pub(super) struct Asked {
    /// To stop.
    pub(super) stop: EventFd,
    /// For a word when it has read everything until now.
    pub(super) word: EventFd,
}

impl Asked {
    /// Nothing yet.
    pub(super) fn nothing() -> nix::Result<Self> {
        let quiet = || EventFd::from_flags(EfdFlags::EFD_CLOEXEC);
        Ok(Self { stop: quiet()?, word: quiet()? })
    }
}

/// Where a reader delivers.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) frames: Sender<Stamped>,
    /// The word that was asked for.
    pub(super) word: Sender<()>,
}

/// What a reader was asked.
struct Wanted {
    stop: bool,
    word: bool,
}

/// The one reader of a packet socket.
pub(super) struct Reader {
    packets: OwnedFd,
    frames: Box<dyn DataLinkReceiver>,
    control: Vec<u8>,
    cut: u64,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("packets", &self.packets).field("cut", &self.cut).finish_non_exhaustive()
    }
}

impl Reader {
    /// Reads with pnet's `frames` from the socket of which `packets` is a duplicate.
    pub(super) fn new(packets: OwnedFd, frames: Box<dyn DataLinkReceiver>) -> Self {
        Self { packets, frames, control: cmsg_space!(TimeSpec, libc::tpacket_auxdata), cut: 0 }
    }

    /// From here on only what the filter accepts counts, and what came before does not.
    pub(super) fn begin(&mut self, filter: &mut [libc::sock_filter]) -> nix::Result<()> {
        attach_filter(&self.packets, filter)?;
        while self.take()?.is_some() {}
        self.cut = 0;
        statistics(&self.packets).map(drop)
    }

    /// The next frame, if there is one.
    pub(super) fn take(&mut self) -> nix::Result<Option<Stamped>> {
        let Some(head) = self.peek()? else { return Ok(None) };
        let bytes = loop {
            match self.frames.next() {
                Ok(bytes) => break bytes.to_vec(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)),
            }
        };
        self.cut += u64::from(bytes.len() < head.length);
        Ok(Some(Stamped { unix_ns: head.unix_ns, bytes, checksum_incomplete: head.checksum_incomplete }))
    }

    /// Waits for a frame; false when the time has passed without one.
    pub(super) fn wait(&self, timeout: PollTimeout) -> nix::Result<bool> {
        retried(|| poll(&mut [PollFd::new(self.packets.as_fd(), PollFlags::POLLIN)], timeout)).map(|ready| ready > 0)
    }

    /// Sends on every frame until it is asked to stop, then what is still queued. Returns the kernel's counts: frames seen,
    /// and frames lost for want of space or cut. Whoever asks how far it is gets an answer behind all frames until then.
    pub(super) fn run(&mut self, asked: &Asked, to: &Delivery) -> nix::Result<(u64, u64)> {
        loop {
            let wanted = self.wait_or_asked(asked)?;
            while self.deliver(&to.frames)? == BATCH {}
            if wanted.word {
                asked.word.read()?;
                let _ = to.word.send(()); // who asked may have gone
            }
            if wanted.stop {
                let (received, dropped) = statistics(&self.packets)?;
                return Ok((received, dropped + self.cut));
            }
        }
    }

    /// Sends on what is queued, in the order of the stamps: the queue's order may differ where several processors are at work.
    fn deliver(&mut self, frames: &Sender<Stamped>) -> nix::Result<usize> {
        let mut batch = Vec::new();
        while batch.len() < BATCH
            && let Some(frame) = self.take()?
        {
            batch.push(frame);
        }
        let length = batch.len();
        batch.sort_by_key(|frame| frame.unix_ns);
        // A receiver that has gone wants no more frames; they are still counted.
        for frame in batch {
            let _ = frames.send(frame);
        }
        Ok(length)
    }

    /// Waits for a frame or for a wish.
    fn wait_or_asked(&self, asked: &Asked) -> nix::Result<Wanted> {
        let watched = [self.packets.as_fd(), asked.stop.as_fd(), asked.word.as_fd()];
        let mut watched = watched.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        retried(|| poll(&mut watched, PollTimeout::NONE))?;
        let [_, stop, word] = watched.map(|fd| fd.any().unwrap_or(false));
        Ok(Wanted { stop, word })
    }

    fn peek(&mut self) -> nix::Result<Option<Head>> {
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<()>(self.packets.as_raw_fd(), &mut [], Some(&mut self.control), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let mut head = Head { unix_ns: 0, length: message.bytes, checksum_incomplete: false };
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::ScmTimestampns(stamp) => head.unix_ns = nanoseconds(stamp),
                ControlMessageOwned::Unknown(other) if is_auxdata(&other.cmsg_header) => {
                    head.checksum_incomplete = status(&other.data_bytes) & libc::TP_STATUS_CSUMNOTREADY != 0;
                }
                _ => {}
            }
        }
        Ok(Some(head))
    }
}

fn is_auxdata(header: &libc::cmsghdr) -> bool {
    (header.cmsg_level, header.cmsg_type) == (libc::SOL_PACKET, libc::PACKET_AUXDATA)
}

/// `tp_status`, the first field of a `struct tpacket_auxdata`.
fn status(auxdata: &[u8]) -> u32 {
    auxdata.first_chunk().copied().map_or(0, u32::from_ne_bytes)
}

/// Nanoseconds since 1970; 0 for a time before.
pub(super) fn nanoseconds(time: TimeSpec) -> u64 {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

/// A signal handler that ran is no reason to give up.
fn retried<T>(mut call: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
