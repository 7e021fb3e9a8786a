//! What live tests share: the ground they stand on.
//!
//! Each has its own `main`, because a process must enter the sandbox before it has threads. `TCPSTORY_SANDBOX` chooses the ground
//! (`auto`, `namespace` or `host`).

use libtest_mimic::{Completion, Failed, Trial};
use tcpstory::lab::sandbox::{Ground, Preference, enter_with};
use tcpstory::lab::{LabError, doctor};

use crate::require;

/// Where a test may stand, if anywhere.
pub(crate) type Standing = Result<Ground, LabError>;

/// Which ground is asked for.
pub(crate) fn preference() -> Preference {
    match std::env::var("TCPSTORY_SANDBOX") {
        Ok(name) => Preference::from_name(&name).expect("TCPSTORY_SANDBOX is auto, namespace or host"),
        Err(_) => Preference::Auto,
    }
}

/// Enters; must come while the process has one thread.
pub(crate) fn enter() -> Standing {
    enter_with(preference())
}

/// A test, unless it is not about this ground. Where there is no ground it is reported as ignored, with the reason.
pub(crate) fn trial(
    standing: &Standing,
    name: impl Into<String>,
    is_about: impl Fn(Ground) -> bool,
    test: impl FnOnce(Ground) -> Result<(), Failed> + Send + 'static,
) -> Option<Trial> {
    if standing.as_ref().is_ok_and(|ground| !is_about(*ground)) {
        return None;
    }
    let standing = standing.clone();
    Some(Trial::ignorable_test(name, move || match standing {
        Err(error) => require::unavailable(&doctor::missing(&doctor::examine()).unwrap_or(error.to_string())),
        Ok(ground) => test(ground).map(|()| Completion::Completed),
    }))
}
