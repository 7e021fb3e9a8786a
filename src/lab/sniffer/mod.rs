//! The sniffer: every TCP frame of the loopback interface once, whole, with the kernel's time stamp.
//!
//! pnet reads the frames from a packet socket of our own. What its reader loses (the stamp, the checksum's status, the length
//! before cutting) is peeked from the head of the queue just before.

mod calibrate;
mod filter;
mod reader;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use nix::fcntl::{FcntlArg, fcntl};
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, setsockopt, socket,
    sockopt::{RcvBuf, RcvBufForce, ReceiveTimestampns},
};
use pnet::datalink::{self, Channel, Config, NetworkInterface};

use super::LabError;
use super::sandbox::{INTERFACE, Sandbox};
use super::sys::packet::{AuxData, IgnoreOutgoing, attach_filter};
use crate::record::{Capture, SandboxKind};
use calibrate::Probe;
use reader::{Asked, Delivery, Reader};

/// The receive buffer to ask for, in bytes. Without `CAP_NET_ADMIN` on the host the kernel cuts it to `net.core.rmem_max`.
const QUEUE_BYTES: usize = 32 << 20;
/// More than the largest loopback frame: 64 KiB and its headers. A longer one (BIG TCP) would count as dropped.
const FRAME_BYTES: usize = 70_000;
/// How many packet sockets this process may have at a time. Closing one takes the kernel some 15 ms, and runs are shorter.
const SOCKETS: usize = 64;

const WANTED: &str = "cannot capture on the loopback interface";

/// A frame from its Ethernet header on, as the loopback interface delivered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When the kernel saw it, in nanoseconds since 1970 (`CLOCK_REALTIME`).
    pub unix_ns: u64,
    /// The frame.
    pub bytes: Vec<u8>,
    /// The kernel left the TCP checksum to hardware (`TP_STATUS_CSUMNOTREADY`): the field holds only a part of the sum.
    pub checksum_incomplete: bool,
}

/// A running capture. Dropping it ends the capture without waiting.
#[derive(Debug)]
pub struct Sniffer {
    asked: Arc<Asked>,
    caught_up: Receiver<()>,
    summary: Receiver<nix::Result<(u64, u64)>>,
    uncertainty_ns: u64,
}

impl Sniffer {
    /// Starts to capture TCP on the sandbox's loopback interface; on the host's loopback only what comes from or goes to one
    /// of `ports`. When it returns, the stamps are proven right by a probe, and every frame sent from now on is captured.
    ///
    /// # Errors
    /// When the kernel refuses a packet socket, or its stamps do not become right.
    pub fn start(sandbox: &Sandbox, ports: &[u16]) -> Result<(Self, Receiver<Stamped>), LabError> {
        Self::start_with_queue(sandbox, ports, QUEUE_BYTES)
    }

    /// As [`Sniffer::start`], with a kernel queue of that many bytes.
    ///
    /// # Errors
    /// As [`Sniffer::start`].
    pub fn start_with_queue(
        sandbox: &Sandbox,
        ports: &[u16],
        queue_bytes: usize,
    ) -> Result<(Self, Receiver<Stamped>), LabError> {
        let slot = Slot::take();
        let ports = (sandbox.kind() == SandboxKind::HostLoopback).then_some(ports);
        let probe = Probe::open().map_err(LabError::failed_io(WANTED, "a UDP socket on 127.0.0.1"))?;
        let mut reader = open(ports, probe.port(), queue_bytes)?;
        let uncertainty_ns = probe.calibrate(&mut reader)?;
        reader
            .begin(&mut filter::program(ports, None))
            .map_err(LabError::failed(WANTED, "setsockopt(SO_ATTACH_FILTER)"))?;

        let asked = Arc::new(Asked::nothing().map_err(LabError::failed(WANTED, "eventfd()"))?);
        let (frames, received) = mpsc::channel();
        let (answers, caught_up) = mpsc::channel();
        let (summary, ended) = mpsc::channel();
        let heard = Arc::clone(&asked);
        let work = move || {
            let delivery = Delivery { frames, word: answers };
            // Whoever asked for the summary may have gone; the socket is closed after it was sent, as that takes long.
            let _ = summary.send(reader.run(&heard, &delivery));
            drop((delivery, reader, slot));
        };
        thread::Builder::new()
            .name("sniffer".to_owned())
            .spawn(work)
            .map_err(LabError::failed_io(WANTED, "starting a thread"))?;
        Ok((Self { asked, caught_up, summary: ended, uncertainty_ns }, received))
    }

    /// How far a frame's stamp and the clock of the calls may be apart, in nanoseconds, as the calibration measured it.
    pub fn uncertainty_ns(&self) -> u64 {
        self.uncertainty_ns
    }

    /// Waits until everything that was captured until now has been delivered.
    ///
    /// # Errors
    /// When reading failed before.
    pub fn catch_up(&self) -> Result<(), LabError> {
        // Adding 1 to a counter that is taken back to 0 each time cannot fail.
        let _ = self.asked.word.write(1);
        self.caught_up.recv().map_err(|gone| LabError::new(WANTED).tried("the reading thread", gone))
    }

    /// Delivers everything that was captured until now, ends the capture and tells what the kernel counted.
    ///
    /// # Errors
    /// When reading failed: the capture ends early then.
    pub fn stop(self) -> Result<Capture, LabError> {
        self.ask_to_stop();
        let ended = self.summary.recv().map_err(|gone| LabError::new(WANTED).tried("the reading thread", gone))?;
        let (received, dropped) = ended.map_err(LabError::failed(WANTED, "reading the packet socket"))?;
        Ok(Capture { interface: INTERFACE.to_owned(), received, dropped })
    }

    fn ask_to_stop(&self) {
        // Adding 1 to a counter that nobody else adds to cannot fail.
        let _ = self.asked.stop.write(1);
    }
}

impl Drop for Sniffer {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

/// A packet socket on the loopback interface, under pnet's reader.
fn open(ports: Option<&[u16]>, probe: u16, queue_bytes: usize) -> Result<Reader, LabError> {
    let failed = |what| LabError::failed(WANTED, what);
    // With protocol 0 nothing is queued before the bind, which pnet does.
    let packets = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)
        .map_err(failed("socket(AF_PACKET, SOCK_RAW)"))?;
    setsockopt(&packets, IgnoreOutgoing, &true).map_err(failed("setsockopt(PACKET_IGNORE_OUTGOING)"))?;
    setsockopt(&packets, AuxData, &true).map_err(failed("setsockopt(PACKET_AUXDATA)"))?;
    setsockopt(&packets, ReceiveTimestampns, &true).map_err(failed("setsockopt(SO_TIMESTAMPNS)"))?;
    setsockopt(&packets, RcvBufForce, &queue_bytes)
        .or_else(|_| setsockopt(&packets, RcvBuf, &queue_bytes))
        .map_err(failed("setsockopt(SO_RCVBUF)"))?;
    attach_filter(&packets, &mut filter::program(ports, Some(probe)))
        .map_err(failed("setsockopt(SO_ATTACH_FILTER)"))?;
    // pnet closes the descriptor that it is given.
    let given = fcntl(&packets, FcntlArg::F_DUPFD_CLOEXEC(0)).map_err(failed("fcntl(F_DUPFD_CLOEXEC)"))?;
    let config =
        Config { read_buffer_size: FRAME_BYTES, promiscuous: false, socket_fd: Some(given), ..Config::default() };
    match datalink::channel(&loopback()?, config) {
        Ok(Channel::Ethernet(_, frames)) => Ok(Reader::new(packets, frames)),
        Ok(_) => Err(LabError::new(WANTED).tried("pnet::datalink::channel", "not an Ethernet channel")),
        Err(error) => Err(LabError::new(WANTED).tried("binding a packet socket to lo", error)),
    }
}

fn loopback() -> Result<NetworkInterface, LabError> {
    let index = if_nametoindex(INTERFACE).map_err(LabError::failed(WANTED, "if_nametoindex(\"lo\")"))?;
    let (name, description) = (INTERFACE.to_owned(), String::new());
    Ok(NetworkInterface { name, description, index, mac: None, ips: Vec::new(), flags: 0 })
}

/// One of the packet sockets that this process may have at a time; given back when its socket is closed.
#[derive(Debug)]
struct Slot;

static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

impl Slot {
    /// Takes one; waits while there is none.
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = GIVEN_BACK.wait_while(taken, |taken| *taken >= SOCKETS).unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        GIVEN_BACK.notify_one();
    }
}
