//! The only code with `unsafe`: kernel interfaces that no safe wrapper covers, one file per subject.

pub(super) mod fork;
pub(super) mod link;
pub(super) mod packet;
pub(super) mod process;
pub(super) mod socket;
