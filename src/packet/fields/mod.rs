//! Every byte of a frame as header fields, under the names that Wireshark gives them.
//!
//! Total and exact: each bit of the frame belongs to one field and to no other, whatever the bytes are. A header that is cut off
//! or contradicts itself is read as far as it goes; what cannot be read further is [`kinds::DATA`].

mod cutter;
mod ip;
pub mod kinds;
mod show;
mod tcp;

use cutter::Cutter;
use pnet::packet::ethernet::{EtherType, EtherTypes};

use super::locate::ETHERNET_LEN;

/// A header field of a frame.
#[derive(Clone, Debug)]
pub struct Field {
    /// What kind of field it is.
    pub kind: &'static Kind,
    /// Its first byte, counted from the frame's first.
    pub offset: usize,
    /// How many bytes it touches.
    pub len: usize,
    /// The bits of these bytes that it has, as a big-endian number of `len` bytes; none where it has them all.
    pub mask: Option<u32>,
    /// Its value, for people: one line without control characters.
    pub value: String,
}

/// A kind of header field.
#[derive(Debug)]
pub struct Kind {
    /// Wireshark's display filter for it: `tcp.srcport`.
    pub filter: &'static str,
    /// Wireshark's name for it: `Source Port`.
    pub name: &'static str,
    /// The header that it is part of.
    pub layer: Layer,
    /// What it is for, in a sentence or two.
    pub explanation: &'static str,
    /// Its value as text, from its own bits, shifted to the right.
    show: fn(&[u8]) -> String,
}

/// A header, or what lies around headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The Ethernet header, and the padding at the frame's end.
    Ethernet,
    /// The IPv4 header.
    Ipv4,
    /// The IPv6 header and its extensions.
    Ipv6,
    /// The fixed part of the TCP header.
    Tcp,
    /// The options of the TCP header.
    TcpOptions,
    /// What the segment carries.
    Payload,
    /// Bytes that are no header.
    Unread,
}

impl Layer {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet II",
            Self::Ipv4 => "Internet Protocol Version 4",
            Self::Ipv6 => "Internet Protocol Version 6",
            Self::Tcp => "Transmission Control Protocol",
            Self::TcpOptions => "TCP options",
            Self::Payload => "Payload",
            Self::Unread => "Data",
        }
    }
}

/// The fields of an Ethernet frame, from the first bit to the last.
pub fn fields(frame: &[u8]) -> Vec<Field> {
    let mut cutter = Cutter::new(frame);
    ethernet(&mut cutter);
    cutter.whole(&kinds::DATA, cutter.left());
    cutter.fields
}

fn ethernet(cutter: &mut Cutter<'_>) {
    if cutter.left() < ETHERNET_LEN {
        return;
    }
    cutter.whole(&kinds::ETH_DST, 6);
    cutter.whole(&kinds::ETH_SRC, 6);
    let ethertype = EtherType(u16::from_be_bytes(cutter.peek(0)));
    cutter.whole(&kinds::ETH_TYPE, 2);
    match ethertype {
        EtherTypes::Ipv4 => ip::version_4(cutter),
        EtherTypes::Ipv6 => ip::version_6(cutter),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
