use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of a TCP socket, by the names and numbers of Linux `include/net/tcp_states.h`.
///
/// RFC 9293, section 3.3.2, writes them with hyphens and says SYN-RECEIVED and CLOSED for `SYN_RECV` and `CLOSE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TcpState {
    /// Both sides may send.
    Established = 1,
    /// SYN sent, nothing heard.
    SynSent = 2,
    /// SYN received, SYN-ACK sent, third segment not yet received.
    SynRecv = 3,
    /// Our FIN is sent and not yet acknowledged.
    #[serde(rename = "FIN_WAIT1")]
    FinWait1 = 4,
    /// Our FIN is acknowledged; the peer may still send.
    #[serde(rename = "FIN_WAIT2")]
    FinWait2 = 5,
    /// Both FINs are acknowledged; late segments are waited out.
    TimeWait = 6,
    /// No connection.
    Close = 7,
    /// The peer's FIN was received; we may still send.
    CloseWait = 8,
    /// The peer closed, then we did; our FIN is not yet acknowledged.
    LastAck = 9,
    /// Waiting for connections.
    Listen = 10,
    /// Both sides sent a FIN at once; ours is not yet acknowledged.
    Closing = 11,
}

impl TcpState {
    /// Every state, in the kernel's order.
    pub const ALL: [Self; 11] = [
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
    ];

    /// The name that Linux uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
        }
    }

    /// The state with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state with that number in `include/net/tcp_states.h`.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            12 => Some(Self::SynRecv), // TCP_NEW_SYN_RECV: a request socket, reported like SYN_RECV
            _ => Self::ALL.into_iter().find(|state| *state as u8 == number),
        }
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
