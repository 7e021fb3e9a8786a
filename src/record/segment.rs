use core::net::SocketAddr;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ActorId, Bytes};

/// A TCP segment as it was on the wire (RFC 9293, section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The sender.
    pub src: SocketAddr,
    /// The receiver.
    pub dst: SocketAddr,
    /// The sequence number, raw.
    pub seq: u32,
    /// The acknowledgment number, raw; meaningless without the ACK flag.
    pub ack: u32,
    /// The control bits.
    pub flags: Flags,
    /// The window field, not scaled.
    pub window: u16,
    /// The urgent pointer; meaningless without the URG flag.
    pub urgent: u16,
    /// The options.
    pub options: TcpOptions,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Segment {
    /// The sequence space that it occupies: payload bytes, and one each for SYN and FIN (RFC 9293, section 3.4).
    pub fn seq_len(&self) -> u32 {
        let payload = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        payload + u32::from(self.flags.has(Flags::SYN)) + u32::from(self.flags.has(Flags::FIN))
    }

    /// An acknowledgment and nothing else.
    pub fn is_pure_ack(&self) -> bool {
        self.payload.is_empty()
            && self.flags.has(Flags::ACK)
            && !self.flags.intersects(Flags::SYN.with(Flags::FIN).with(Flags::RST))
    }
}

/// The control bits of the TCP header (RFC 9293, section 3.1; CWR and ECE from RFC 3168).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronize sequence numbers.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// Push.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgment number counts.
    pub const ACK: Self = Self(0x10);
    /// The urgent pointer counts.
    pub const URG: Self = Self(0x20);
    /// ECN echo.
    pub const ECE: Self = Self(0x40);
    /// Congestion window reduced.
    pub const CWR: Self = Self(0x80);

    /// In the order in which people say them.
    const NAMES: [(Self, &'static str); 8] = [
        (Self::SYN, "SYN"),
        (Self::FIN, "FIN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::URG, "URG"),
        (Self::ECE, "ECE"),
        (Self::CWR, "CWR"),
        (Self::ACK, "ACK"),
    ];

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// These bits and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These bits without those.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for Flags {
    /// `FIN,ACK`: the names, ACK last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Self::NAMES.iter().filter(|(bit, _)| self.has(*bit)).map(|(_, name)| *name).collect();
        f.pad(&names.join(","))
    }
}

/// The options of a TCP header that tcpstory knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// Maximum segment size, in bytes (RFC 9293, section 3.7.1).
    pub mss: Option<u16>,
    /// Window scale, a shift count (RFC 7323, section 2).
    pub window_scale: Option<u8>,
    /// SACK permitted (RFC 2018).
    pub sack_permitted: bool,
    /// SACK blocks, as raw left and right edges (RFC 2018).
    pub sack: Vec<(u32, u32)>,
    /// Timestamp value and echo reply (RFC 7323, section 3).
    pub timestamps: Option<(u32, u32)>,
}

/// What an author says of a segment: who sent it and what kind it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SegmentPattern {
    /// The sender.
    pub from: ActorId,
    /// The receiver, where the author named it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<ActorId>,
    /// The kind.
    pub kind: SegmentKind,
    /// The payload, where the author gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payload: Option<Bytes>,
    /// The payload's length in bytes, where the author gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payload_bytes: Option<u64>,
}

/// The kind of a segment in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SegmentKind {
    /// SYN without ACK.
    #[serde(rename = "SYN")]
    Syn,
    /// SYN with ACK.
    #[serde(rename = "SYN,ACK")]
    SynAck,
    /// An acknowledgment and nothing else.
    #[serde(rename = "ACK")]
    Ack,
    /// At least one byte of payload.
    #[serde(rename = "DATA")]
    Data,
    /// FIN, with or without payload.
    #[serde(rename = "FIN")]
    Fin,
    /// RST, with or without ACK.
    #[serde(rename = "RST")]
    Rst,
    /// RST with ACK: an active abort, or the answer to a segment without ACK.
    #[serde(rename = "RST,ACK")]
    RstAck,
}

impl SegmentKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Syn, Self::SynAck, Self::Ack, Self::Data, Self::Fin, Self::Rst, Self::RstAck];

    /// The name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syn => "SYN",
            Self::SynAck => "SYN,ACK",
            Self::Ack => "ACK",
            Self::Data => "DATA",
            Self::Fin => "FIN",
            Self::Rst => "RST",
            Self::RstAck => "RST,ACK",
        }
    }

    /// Whether the segment is of this kind.
    pub fn matches(self, segment: &Segment) -> bool {
        let has = |flag| segment.flags.has(flag);
        match self {
            Self::Syn => has(Flags::SYN) && !has(Flags::ACK),
            Self::SynAck => has(Flags::SYN) && has(Flags::ACK),
            Self::Ack => segment.is_pure_ack(),
            Self::Data => !segment.payload.is_empty(),
            Self::Fin => has(Flags::FIN),
            Self::Rst => has(Flags::RST),
            Self::RstAck => has(Flags::RST) && has(Flags::ACK),
        }
    }
}

impl SegmentPattern {
    /// Whether a segment from one actor to another fits.
    pub fn matches(&self, segment: &Segment, from: Option<ActorId>, to: Option<ActorId>) -> bool {
        from == Some(self.from)
            && self.to.is_none_or(|wanted| to == Some(wanted))
            && self.kind.matches(segment)
            && self.payload.as_ref().is_none_or(|payload| payload.0 == segment.payload)
            && self.payload_bytes.is_none_or(|bytes| bytes == segment.payload.len() as u64)
    }
}
