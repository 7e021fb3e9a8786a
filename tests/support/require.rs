use libtest_mimic::{Completion, Failed};

/// The end of a test that this machine cannot run: ignored with the reason, or failed where `TCPSTORY_REQUIRE` is set.
pub(crate) fn unavailable(reason: &str) -> Result<Completion, Failed> {
    if std::env::var_os("TCPSTORY_REQUIRE").is_some_and(|value| !value.is_empty()) {
        Err(format!("{reason}, and TCPSTORY_REQUIRE is set").into())
    } else {
        Ok(Completion::ignored_with(reason))
    }
}
