//! How far many runs have come, on a terminal.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, if that is a terminal and there is more than one run.
pub(super) fn bar(runs: u64) -> ProgressBar {
    if runs < 2 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr_with_hz(10));
    // The template is a constant that the library accepts; its default serves as well.
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style)
}
