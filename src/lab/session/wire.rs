//! What the sniffer hears during a run.

use core::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::Halt;
use super::wait::Deadline;
use crate::lab::sandbox::{INTERFACE, Sandbox};
use crate::lab::sniffer::{Sniffer, Stamped};
use crate::lab::{LabError, StopFlag};
use crate::packet::{complete_checksum, dissect_frame};
use crate::record::{Actor, Bytes, Capture, Frame, Located, Segment, SegmentKind, SegmentPattern, Socket, owner};

/// How long a wait for a frame goes on before it looks whether it is to stop.
const LOOK_UP: Duration = Duration::from_millis(2);

/// The sniffer with all that it has heard.
#[derive(Debug)]
pub(super) struct Wire {
    sniffer: Sniffer,
    receiver: Receiver<Stamped>,
    frames: Vec<Taken>,
}

/// A captured frame.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// Its time, in nanoseconds since 1970.
    pub(super) unix_ns: i64,
    /// The frame.
    pub(super) frame: Frame,
}

impl Wire {
    /// Starts listening; see [`Sniffer::start`].
    pub(super) fn listen(sandbox: &Sandbox, ports: &[u16]) -> Result<Self, LabError> {
        let (sniffer, receiver) = Sniffer::start(sandbox, ports)?;
        Ok(Self { sniffer, receiver, frames: Vec::new() })
    }

    /// How far its times and those of the calls may be apart, in nanoseconds.
    pub(super) fn uncertainty_ns(&self) -> u64 {
        self.sniffer.uncertainty_ns()
    }

    /// What was heard so far, in the order of capture.
    pub(super) fn frames(&self) -> &[Taken] {
        &self.frames
    }

    /// Takes what has come meanwhile.
    pub(super) fn take(&mut self) {
        while let Ok(stamped) = self.receiver.try_recv() {
            self.keep(stamped);
        }
    }

    /// Takes everything that was captured until now, and what the kernel has counted is that.
    pub(super) fn catch_up(&mut self) -> Result<(Vec<Taken>, Capture), LabError> {
        self.sniffer.catch_up()?;
        self.take();
        let received = self.frames.len() as u64;
        Ok((self.frames.clone(), Capture { interface: INTERFACE.to_owned(), received, dropped: 0 }))
    }

    /// Waits for more. False when the deadline has passed without.
    pub(super) fn wait(&mut self, stop: &StopFlag, deadline: Deadline) -> Result<bool, Halt> {
        loop {
            if stop.is_raised() {
                return Err(Halt::Interrupted);
            }
            match self.receiver.recv_timeout(LOOK_UP.min(deadline.left())) {
                Ok(stamped) => {
                    self.keep(stamped);
                    self.take();
                    return Ok(true);
                }
                Err(RecvTimeoutError::Timeout) if deadline.has_passed() => return Ok(false),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let error =
                        LabError::new("cannot capture any more").tried("reading frames", "the sniffer has ended");
                    return Err(error.into());
                }
            }
        }
    }

    /// Where a SYN that went there since then came from, where that is no address of a socket that is known.
    pub(super) fn syn_to(&self, to: SocketAddr, since_ns: i64, known: &[Socket]) -> Option<SocketAddr> {
        self.frames.iter().rev().filter(|taken| taken.unix_ns >= since_ns).find_map(|taken| {
            let segment = taken.frame.segment.as_ref()?;
            let is_known = known.iter().any(|socket| socket.local == Some(segment.src));
            (SegmentKind::Syn.matches(segment) && segment.dst == to && !is_known).then_some(segment.src)
        })
    }

    /// Stops listening; everything that was captured until then, and the kernel's counts.
    pub(super) fn stop(self) -> Result<(Vec<Taken>, Capture), LabError> {
        let Self { sniffer, receiver, mut frames } = self;
        let capture = sniffer.stop()?;
        frames.extend(receiver.try_iter().map(taken));
        Ok((frames, capture))
    }

    fn keep(&mut self, stamped: Stamped) {
        self.frames.push(taken(stamped));
    }
}

fn taken(stamped: Stamped) -> Taken {
    let Stamped { unix_ns, mut bytes, checksum_incomplete } = stamped;
    let checksum_completed = checksum_incomplete && complete_checksum(&mut bytes);
    let segment = dissect_frame(&bytes);
    let frame = Frame { bytes: Bytes(bytes), checksum_completed, segment };
    Taken { unix_ns: unix_ns.cast_signed(), frame }
}

/// Patterns that are to appear on the wire in order, with anything between them.
#[derive(Debug)]
pub(super) struct Awaited<'a> {
    patterns: &'a [Located<SegmentPattern>],
    begin_ns: i64,
    looked_at: usize,
    last_ns: i64,
    found: usize,
}

impl<'a> Awaited<'a> {
    /// Patterns for the segments from that time on, in nanoseconds since 1970.
    pub(super) fn new(patterns: &'a [Located<SegmentPattern>], begin_ns: i64) -> Self {
        Self { patterns, begin_ns, looked_at: 0, last_ns: begin_ns, found: 0 }
    }

    /// Looks at what was captured since the last look; the place of the first pattern that is still missing.
    pub(super) fn missing(&mut self, frames: &[Taken], actors: &[Actor], sockets: &[Socket]) -> Option<usize> {
        let fresh = &frames[self.looked_at..];
        self.looked_at = frames.len();
        if fresh.is_sorted_by_key(|taken| taken.unix_ns)
            && fresh.first().is_none_or(|first| first.unix_ns >= self.last_ns)
        {
            self.look(fresh.iter(), actors, sockets);
        } else {
            // The queue's order is not the order of the stamps, which counts: from the beginning.
            let mut sorted: Vec<_> = frames.iter().collect();
            sorted.sort_by_key(|taken| taken.unix_ns);
            self.found = 0;
            self.look(sorted.into_iter(), actors, sockets);
        }
        (self.found < self.patterns.len()).then_some(self.found)
    }

    fn look<'f>(&mut self, frames: impl Iterator<Item = &'f Taken>, actors: &[Actor], sockets: &[Socket]) {
        for taken in frames {
            self.last_ns = self.last_ns.max(taken.unix_ns);
            let Some(wanted) = self.patterns.get(self.found) else { return };
            let fits = |segment| fits(&wanted.value, segment, actors, sockets);
            if taken.unix_ns >= self.begin_ns && taken.frame.segment.as_ref().is_some_and(fits) {
                self.found += 1;
            }
        }
    }
}

fn fits(pattern: &SegmentPattern, segment: &Segment, actors: &[Actor], sockets: &[Socket]) -> bool {
    let actor_at = |address: SocketAddr| owner(actors, sockets, address);
    pattern.matches(segment, actor_at(segment.src), actor_at(segment.dst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ActorId, Flags, SigpipeDisposition, TcpOptions};

    fn actors() -> Vec<Actor> {
        let actor = |name: &str, address: &str| Actor {
            name: name.into(),
            pid: 1,
            address: address.parse().unwrap(),
            sigpipe: SigpipeDisposition::Catch,
            forked_from: None,
            shares_descriptors: false,
        };
        vec![actor("client", "127.0.0.1"), actor("server", "127.0.0.2")]
    }

    fn frame(unix_ns: i64, from_client: bool, flags: Flags) -> Taken {
        let (client, server) = ("127.0.0.1:9".parse().unwrap(), "127.0.0.2:47000".parse().unwrap());
        let (src, dst) = if from_client { (client, server) } else { (server, client) };
        let options = TcpOptions::default();
        let segment = Segment { src, dst, seq: 0, ack: 0, flags, window: 0, urgent: 0, options, payload: Vec::new() };
        Taken { unix_ns, frame: Frame { bytes: Bytes::default(), checksum_completed: false, segment: Some(segment) } }
    }

    fn pattern(from: usize, kind: SegmentKind) -> Located<SegmentPattern> {
        let value = SegmentPattern { from: ActorId(from), to: None, kind, payload: None, payload_bytes: None };
        Located { line: 1, value }
    }

    #[test]
    fn patterns_count_from_the_beginning_of_the_step() {
        let patterns = [pattern(1, SegmentKind::Fin), pattern(0, SegmentKind::Ack)];
        let mut awaited = Awaited::new(&patterns, 100);
        let mut frames = vec![frame(99, false, Flags::FIN), frame(99, true, Flags::ACK)];
        assert_eq!(awaited.missing(&frames, &actors(), &[]), Some(0));
        frames.push(frame(100, false, Flags::FIN));
        assert_eq!(awaited.missing(&frames, &actors(), &[]), Some(1));
        frames.push(frame(120, true, Flags::ACK));
        assert_eq!(awaited.missing(&frames, &actors(), &[]), None);
    }

    #[test]
    fn the_order_of_the_stamps_counts_not_that_of_the_queue() {
        let patterns = [pattern(1, SegmentKind::Fin), pattern(0, SegmentKind::Ack)];
        let mut awaited = Awaited::new(&patterns, 100);
        let mut frames = vec![frame(120, true, Flags::ACK)];
        assert_eq!(awaited.missing(&frames, &actors(), &[]), Some(0));
        frames.push(frame(110, false, Flags::FIN));
        assert_eq!(awaited.missing(&frames, &actors(), &[]), None);
    }
}
