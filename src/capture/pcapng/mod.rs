//! The annotated capture file (draft-ietf-opsawg-pcapng): packets with comments, names for addresses, and rows of the systemd
//! journal between the packets, which an unmodified Wireshark shows in its packet list.
//!
//! [`Annotated`] is the whole file as plain data; [`write()`] writes its blocks in the order in which they are given. For a lab
//! in which students find the story themselves, [`Annotated::plain`] takes away everything that tells it.

mod journal;
#[cfg(test)]
mod tests;
mod write;

use core::net::IpAddr;

pub use write::write;

/// A capture file with what is to be said about it. Strings may hold anything: they are written as one harmless line, cut to
/// what the format can hold; an empty one is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotated<'a> {
    /// About the whole file.
    pub section: Section,
    /// About the interface.
    pub interface: Interface,
    /// Names for addresses. Wireshark shows them in place of the address (`-N n`).
    pub names: Vec<(IpAddr, String)>,
    /// Packets and journal rows, in the order in which they are to be read.
    pub blocks: Vec<Block<'a>>,
    /// What the capture missed.
    pub statistics: Option<Statistics>,
}

/// About the whole file: the section header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Comments, one line each.
    pub comments: Vec<String>,
    /// The machine's hardware.
    pub hardware: String,
    /// The operating system.
    pub os: String,
    /// The program that wrote the file.
    pub application: String,
}

/// The interface that the packets were captured on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The capture filter, in libpcap's language.
    pub filter: String,
}

/// A line of Wireshark's packet list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// A packet.
    Packet {
        /// When, in nanoseconds since 1970.
        unix_ns: u64,
        /// From the Ethernet header on.
        bytes: &'a [u8],
        /// Comments, one line each.
        comments: Vec<String>,
        /// Where it was going.
        direction: Direction,
    },
    /// A row of the systemd journal (Journal Export Format). Its `MESSAGE` is what Wireshark's Info column shows.
    Journal {
        /// When, in nanoseconds since 1970.
        ///
        /// The journal counts whole microseconds. The row gets the one in which it happened, or, where a packet or row before
        /// it or the next packet would then be out of order, the nearest that fits; where none fits, the row is shown
        /// without a time. So time never runs backwards, and a packet's time is never touched. The microsecond in which it happened
        /// is written beside it.
        unix_ns: u64,
        /// Names and values. A name is of capital letters, digits and `_`, not beginning with a digit. The time is not among
        /// them: it is written from `unix_ns`.
        fields: Vec<(String, String)>,
    },
}

/// Where a packet was going, as its interface saw it (`epb_flags`, bits 0 and 1).
///
/// The checksum bits of that option stay 0: a saved frame's checksum has been completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Not known.
    #[default]
    Unknown,
    /// It came in.
    Inbound,
    /// It went out.
    Outbound,
}

/// What the capture missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// When the capture began, in nanoseconds since 1970.
    pub start_unix_ns: u64,
    /// When it ended.
    pub end_unix_ns: u64,
    /// Packets that the interface delivered.
    pub received: u64,
    /// Packets that the kernel had to drop.
    pub dropped: u64,
}

impl Annotated<'_> {
    /// The same capture without anything that tells the story: no comment, no journal row, no name, no description. What stays are
    /// the packets, the machine, the interface's name and filter, and the count of drops.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.section.comments.clear();
        self.interface.description.clear();
        self.names.clear();
        self.blocks = self.blocks.into_iter().filter_map(Block::plain).collect();
        self
    }
}

impl Block<'_> {
    fn plain(self) -> Option<Self> {
        match self {
            Self::Packet { unix_ns, bytes, direction, .. } => {
                Some(Self::Packet { unix_ns, bytes, comments: Vec::new(), direction })
            }
            Self::Journal { .. } => None,
        }
    }
}
