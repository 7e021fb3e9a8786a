//! What the segments of an experiment carry: the bytes that its calls wrote, which the shorthand tells with the calls alone.

use core::net::SocketAddr;
use std::collections::BTreeMap;

/// From whom to whom.
type Direction = (SocketAddr, SocketAddr);

/// The bytes of every direction of every connection, and the segments that carry them.
#[derive(Default)]
pub(crate) struct Carried {
    /// How many connections there were so far between two addresses.
    connections: BTreeMap<Direction, usize>,
    written: BTreeMap<(Direction, usize), Vec<u8>>,
    segments: Vec<Part>,
}

struct Part {
    frame: usize,
    stream: (Direction, usize),
    /// The first byte's place in the stream.
    begin: usize,
    size: usize,
}

impl Carried {
    /// Another connection begins between these.
    pub(crate) fn opens(&mut self, (from, to): Direction) {
        for direction in [(from, to), (to, from)] {
            *self.connections.entry(direction).or_default() += 1;
        }
    }

    fn stream(&self, direction: Direction) -> (Direction, usize) {
        (direction, self.connections.get(&direction).copied().unwrap_or_default())
    }

    /// A call wrote these bytes.
    pub(crate) fn writes(&mut self, direction: Direction, bytes: &[u8]) {
        let stream = self.stream(direction);
        self.written.entry(stream).or_default().extend(bytes);
    }

    /// A segment carries bytes; its sequence number is relative.
    pub(crate) fn carries(&mut self, frame: usize, direction: Direction, seq: u32, size: usize) {
        if size > 0 {
            let begin = usize::try_from(seq).expect("a number") - 1;
            self.segments.push(Part { frame, stream: self.stream(direction), begin, size });
        }
    }

    /// What every segment with data carries, by its frame.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        self.segments.iter().map(|part| {
            let written = self.written.get(&part.stream).map_or(&[][..], Vec::as_slice);
            let bytes = written.get(part.begin..part.begin + part.size);
            (part.frame, bytes.expect("no segment carries what nobody wrote").to_vec())
        })
    }
}
