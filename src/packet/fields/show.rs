//! The values of fields as text, as Wireshark words them. Each takes the field's own bits, shifted to the right.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt::Write as _;

/// How many bytes of a payload are shown.
const PREVIEW_BYTES: usize = 24;

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

pub(super) fn decimal(bytes: &[u8]) -> String {
    number(bytes).to_string()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in bytes {
        push_hex(&mut text, *byte);
    }
    text
}

pub(super) fn octets(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(PREVIEW_BYTES) {
        push_hex(&mut text, *byte);
    }
    if bytes.len() > PREVIEW_BYTES {
        text.push('…');
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
}

pub(super) fn mac(bytes: &[u8]) -> String {
    let octets: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    octets.join(":")
}

pub(super) fn flag(bytes: &[u8]) -> String {
    if number(bytes) == 0 { "Not set" } else { "Set" }.to_owned()
}

/// A count of 32-bit words.
pub(super) fn words(bytes: &[u8]) -> String {
    let words = number(bytes);
    format!("{} bytes ({words})", words * 4)
}

/// A number that counts in eights.
pub(super) fn eights(bytes: &[u8]) -> String {
    (number(bytes) * 8).to_string()
}

pub(super) fn shift(bytes: &[u8]) -> String {
    let shift = number(bytes);
    // A greater shift counts as 14 (RFC 7323, section 2.3).
    format!("{shift} (multiply by {})", 1_u32 << shift.min(14))
}

/// The length of an extension header, in units of eight bytes without the first.
pub(super) fn extension_len(bytes: &[u8]) -> String {
    format!("{} ({} bytes)", number(bytes), (number(bytes) + 1) * 8)
}

/// The length of an authentication header, in units of four bytes without two.
pub(super) fn authentication_len(bytes: &[u8]) -> String {
    format!("{} ({} bytes)", number(bytes), (number(bytes) + 2) * 4)
}

pub(super) fn ipv4(bytes: &[u8]) -> String {
    <[u8; 4]>::try_from(bytes).map_or_else(|_| octets(bytes), |octets| Ipv4Addr::from(octets).to_string())
}

pub(super) fn ipv6(bytes: &[u8]) -> String {
    <[u8; 16]>::try_from(bytes).map_or_else(|_| octets(bytes), |octets| Ipv6Addr::from(octets).to_string())
}

/// The beginning of a payload in quotes, as C writes it.
pub(super) fn text(bytes: &[u8]) -> String {
    let cut = if bytes.len() > PREVIEW_BYTES { "…" } else { "" };
    format!("\"{}{cut}\"", bytes[..bytes.len().min(PREVIEW_BYTES)].escape_ascii())
}

pub(super) fn ethertype(bytes: &[u8]) -> String {
    let name = match number(bytes) {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x86dd => "IPv6",
        _ => "Unknown",
    };
    format!("{name} ({})", hex(bytes))
}

pub(super) fn protocol(bytes: &[u8]) -> String {
    let name = match number(bytes) {
        0 => "IPv6 Hop-by-Hop Option",
        1 => "ICMP",
        6 => "TCP",
        17 => "UDP",
        43 => "Routing Header for IPv6",
        44 => "Fragment Header for IPv6",
        50 => "Encap Security Payload",
        51 => "Authentication Header",
        58 => "ICMPv6",
        59 => "IPv6 no next header",
        60 => "Destination Options for IPv6",
        _ => "Unknown",
    };
    format!("{name} ({})", number(bytes))
}

pub(super) fn ecn(bytes: &[u8]) -> String {
    let name = match number(bytes) {
        0 => "Not ECN-Capable Transport",
        1 => "ECN-Capable Transport codepoint '01'",
        2 => "ECN-Capable Transport codepoint '10'",
        _ => "Congestion Experienced",
    };
    format!("{name} ({})", number(bytes))
}

/// The kinds that are assigned and met (IANA, TCP option kind numbers).
pub(super) fn option_kind(bytes: &[u8]) -> String {
    let name = match number(bytes) {
        0 => "End of Option List",
        1 => "No-Operation",
        2 => "Maximum Segment Size",
        3 => "Window Scale",
        4 => "SACK Permitted",
        5 => "SACK",
        8 => "Time Stamp Option",
        19 => "MD5 Signature Option",
        29 => "TCP Authentication Option",
        30 => "Multipath TCP",
        34 => "TCP Fast Open Cookie",
        253 | 254 => "RFC3692-style Experiment",
        _ => "Unknown",
    };
    format!("{name} ({})", number(bytes))
}

pub(super) fn ip_option_kind(bytes: &[u8]) -> String {
    let name = match number(bytes) {
        0 => "End of Options List (EOL)",
        1 => "No-Operation (NOP)",
        7 => "Record Route",
        68 => "Time Stamp",
        131 => "Loose Source Route",
        137 => "Strict Source Route",
        148 => "Router Alert",
        _ => "Unknown",
    };
    format!("{name} ({})", number(bytes))
}

/// 20 bits.
pub(super) fn flow(bytes: &[u8]) -> String {
    format!("{:#07x}", number(bytes))
}
