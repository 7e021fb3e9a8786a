//! Proof that the stamps are right before anything depends on them.
//!
//! The kernel switches stamping on lazily, from a work queue (`net_enable_timestamp`), so the first frames of a fresh sniffer
//! may be stamped when they are read instead of when they came.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::PollTimeout;
use nix::time::{ClockId, clock_gettime};

use super::WANTED;
use super::reader::{Reader, nanoseconds};
use crate::lab::LabError;

/// Proofs that are wanted; the closest counts.
const PROOFS: usize = 3;
/// How long the kernel may take to stamp frames; it takes some 0.1 ms, on a busy machine tens of milliseconds.
const WITHIN: Duration = Duration::from_secs(5);

/// A socket that sends datagrams to itself, over the loopback interface.
#[derive(Debug)]
pub(super) struct Probe {
    socket: UdpSocket,
    port: u16,
}

impl Probe {
    /// Opens one in the calling thread's network namespace.
    pub(super) fn open() -> std::io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        socket.connect(address)?;
        Ok(Self { socket, port: address.port() })
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Sends datagrams until the sniffer has stamped some of them between the times before and after. Returns the shortest such
    /// interval in nanoseconds: the stamps and the clock are no further apart.
    pub(super) fn calibrate(&self, reader: &mut Reader) -> Result<u64, LabError> {
        let failed = || LabError::failed(WANTED, "a UDP probe over lo");
        let deadline = Instant::now() + WITHIN;
        let mut proofs = Vec::new();
        while proofs.len() < PROOFS {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seen = format!("{} of {PROOFS} probes had a right time stamp within {WITHIN:?}", proofs.len());
                return Err(LabError::new(WANTED).tried("a UDP probe over lo", seen));
            }
            proofs.extend(self.try_once(reader, left).map_err(failed())?);
        }
        Ok(proofs.into_iter().min().unwrap_or(u64::MAX))
    }

    /// The interval in which the probe's frame was stamped, if it was.
    fn try_once(&self, reader: &mut Reader, within: Duration) -> nix::Result<Option<u64>> {
        let before = now()?;
        self.socket.send(&[]).map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
        let after = now()?;
        if !reader.wait(PollTimeout::try_from(within).unwrap_or(PollTimeout::MAX))? {
            return Ok(None);
        }
        let mut proof = None;
        while let Some(frame) = reader.take()? {
            proof = (before..=after).contains(&frame.unix_ns).then_some(after - before);
        }
        Ok(proof)
    }
}

fn now() -> nix::Result<u64> {
    clock_gettime(ClockId::CLOCK_REALTIME).map(nanoseconds)
}
