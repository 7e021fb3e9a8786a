//! What conductor and actor say to each other: JSON behind a length of four bytes, over a socket pair.

use core::net::SocketAddr;
use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::record::{Call, Family, Outcome};

/// The longest message. A scenario file has at most 1 MiB, and a read reports at most 64 KiB.
const LONGEST: usize = 16 * 1024 * 1024;

/// The bytes of a message's length.
const PREFIX: usize = size_of::<u32>();

/// What an actor is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::lab) struct Order {
    /// The descriptor to call on.
    pub(in crate::lab) fd: i32,
    /// The epoll instance of that descriptor.
    pub(in crate::lab) epoll: i32,
    /// The family of new sockets.
    pub(in crate::lab) family: Family,
    /// The name of the actor that a fork makes.
    pub(in crate::lab) name: Option<String>,
    /// The call, with every address resolved.
    pub(in crate::lab) call: Call,
}

/// What an actor says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It has set itself up.
    Ready,
    /// It makes the call now. Should it die in it, this is what is left.
    Begun {
        /// `CLOCK_REALTIME`, in nanoseconds since 1970.
        at_ns: u64,
    },
    /// A descriptor that came with this: the socket that is to vanish, or the forked actor's control socket.
    Lent,
    /// The call returned.
    Done(Box<Done>),
}

/// How a call went.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::lab) struct Done {
    /// `CLOCK_REALTIME` directly before the call, in nanoseconds since 1970.
    pub(in crate::lab) begin_ns: u64,
    /// The same directly after it.
    pub(in crate::lab) end_ns: u64,
    /// How it ended; for accept without the name of the new connection.
    pub(in crate::lab) outcome: Outcome,
    /// How many SIGPIPEs were caught meanwhile.
    pub(in crate::lab) sigpipes: u32,
    /// When the last of them was caught.
    pub(in crate::lab) sigpipe_ns: u64,
    /// The socket's own address after a call that may set it; for accept, the new connection's.
    pub(in crate::lab) local: Option<SocketAddr>,
    /// Its peer's.
    pub(in crate::lab) peer: Option<SocketAddr>,
    /// The descriptors that socketpair or pipe made.
    pub(in crate::lab) pair: Option<[i32; 2]>,
}

/// A message as it goes over the socket.
pub(super) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; PREFIX];
    serde_json::to_writer(&mut bytes, message)?;
    let length = bytes.len() - PREFIX;
    if length > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "message too long"));
    }
    let prefix = u32::try_from(length).map_err(io::Error::other)?;
    bytes[..PREFIX].copy_from_slice(&prefix.to_le_bytes());
    Ok(bytes)
}

/// Puts messages together from the pieces in which they arrive.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
}

impl Inbox {
    /// Takes in what arrived.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message, where it has arrived whole.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let waiting = &self.bytes[self.taken..];
        let Some((prefix, rest)) = waiting.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes(*prefix)).map_err(io::Error::other)?;
        if length > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "message too long"));
        }
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let message = serde_json::from_slice(message)?;
        self.taken += PREFIX + length;
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Bytes, Data};

    fn order(text: &str) -> Order {
        Order { fd: 3, epoll: 4, family: Family::Ipv4, name: None, call: Call::Write { data: Data::Text(text.into()) } }
    }

    #[test]
    fn messages_survive_any_cut() {
        let stream = [encode(&order("a")).unwrap(), encode(&order("\u{0}\u{1f980}\n")).unwrap()].concat();
        for piece in 1..stream.len() {
            let (mut inbox, mut heard) = (Inbox::default(), Vec::new());
            for part in stream.chunks(piece) {
                inbox.push(part);
                while let Some(Order { call, .. }) = inbox.next().unwrap() {
                    heard.push(call);
                }
            }
            assert_eq!(heard, [order("a").call, order("\u{0}\u{1f980}\n").call], "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let mut long = Inbox::default();
        long.push(&u32::MAX.to_le_bytes());
        assert_eq!(long.next::<Order>().unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut junk = Inbox::default();
        junk.push(&[2, 0, 0, 0, b'{', b'!']);
        assert!(junk.next::<Order>().is_err());
    }

    #[test]
    fn the_largest_read_fits() {
        let data = crate::record::Detail::Data(Bytes(vec![0xff; 65_536]));
        let outcome = Outcome::Returned { value: 65_536, detail: data };
        let done =
            Done { begin_ns: 1, end_ns: 2, outcome, sigpipes: 0, sigpipe_ns: 0, local: None, peer: None, pair: None };
        assert!(encode(&Report::Done(Box::new(done))).unwrap().len() < LONGEST);
    }
}
