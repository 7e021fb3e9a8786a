//! Other people's programs.

#[path = "installed.rs"]
mod installed;

pub(crate) use installed::missing;
