//! Bytes to segment and back; total: no bytes make it panic.
//!
//! A frame is an Ethernet frame that carries IPv4 or IPv6 and TCP. What is something else, a fragment, or cut off before its
//! IP header says that it ends, is not a segment. The views over the bytes are those of `pnet`; where they would leave a length
//! unchecked (options, extension headers), this room checks it first.

mod build;
mod checksum;
mod dissect;
pub mod fields;
mod locate;
mod options;
mod rewrite;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod strategy;

pub use build::build_frame;
pub use checksum::complete_checksum;
pub use dissect::{dissect, dissect_frame};
pub use rewrite::{Rewrite, rewrite};
