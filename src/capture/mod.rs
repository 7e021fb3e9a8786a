//! Capture files over `Read` and `Write`.
//!
//! Two formats: [`pcap`], the classic one, which every tool reads and which holds packets only, and [`pcapng`], which also holds
//! comments, names and the system calls between the packets. Both carry nanoseconds and are written in little endian on every
//! machine, so that equal contents are equal bytes.
//!
//! What is written here is plain data: this room knows no story. Text may come from an author or from the wire, so every string
//! is made one harmless line before it reaches a file ([`one_line`]), also where the caller has done so already.

use std::io;

mod text;

pub mod pcap;
pub mod pcapng;

pub use text::one_line;

/// The longest frame that either format is told to expect, in bytes; what tcpdump writes too. Loopback frames reach 64 KiB.
pub const SNAPLEN: u32 = 262_144;

/// What a file format cannot say.
fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
