//! Everything that touches the machine: namespaces, sockets, processes and the packets between them.
//!
//! This room acts and measures; it never explains. What it cannot do on this machine is a [`LabError`], which says what
//! was tried and what would help; [`doctor`] says the same beforehand.

pub mod actor;
pub mod doctor;
mod error;
pub mod netlink;
pub mod run;
pub mod sandbox;
pub mod session;
pub mod sniffer;
mod stop;
#[expect(unsafe_code, reason = "the one place where the kernel is called without a safe wrapper")]
mod sys;

pub use error::{Attempt, LabError};
pub use stop::StopFlag;
