//! Predictions held against outcomes, and outcomes tied to what they rest on.

use super::{Basis, Predicted, Rel};
use crate::record::{Call, Detail, Outcome, Signal};

/// Whether an outcome is what was predicted. `caught` is the signal that came during the call.
pub(super) fn fits(predicted: &Predicted, outcome: &Outcome, caught: Option<Signal>) -> bool {
    match (predicted, outcome) {
        (Predicted::Value(expected), Outcome::Returned { value, .. }) => expected == value && caught.is_none(),
        (Predicted::Between(low, high), Outcome::Returned { value, .. }) => (low..=high).contains(&value),
        (Predicted::Descriptor, Outcome::Returned { value, .. }) => *value >= 0,
        (Predicted::PendingError(expected), Outcome::Returned { detail: Detail::PendingError(errno), .. }) => {
            expected == errno
        }
        (Predicted::OptionValue(expected), Outcome::Returned { detail: Detail::Option(value), .. }) => {
            expected == value && caught.is_none()
        }
        (Predicted::Ready(expected), Outcome::Returned { value, detail }) => match detail {
            Detail::Ready(ready) => {
                let mut ready = ready.clone();
                ready.sort_unstable();
                let mut expected = expected.clone();
                expected.sort_unstable();
                ready == expected && *value == i64::from(!ready.is_empty())
            }
            _ => expected.is_empty() && *value == 0,
        },
        (Predicted::Error(expected), Outcome::Failed { errno }) => expected == errno && caught.is_none(),
        (Predicted::ErrorWithSignal(expected, signal), Outcome::Failed { errno }) => {
            expected == errno && caught == Some(*signal)
        }
        (Predicted::Death(expected), Outcome::Killed { signal }) => expected == signal,
        (Predicted::Ends, Outcome::Unfinished | Outcome::Returned { .. })
        | (Predicted::Blocks, Outcome::Unfinished) => true,
        _ => false,
    }
}

/// How an outcome is tied to the event that plays a role in its rule; none where the event only colours the story.
pub(super) fn tie(rule: &str, part: &str, outcome: &Outcome, call: &Call) -> Option<(Rel, Basis)> {
    let failed = matches!(outcome, Outcome::Failed { .. } | Outcome::Killed { .. });
    match part {
        _ if matches!(call, Call::Poll { .. } | Call::EpollWait { .. }) => Some((Rel::Readied, Basis::Model)),
        "syn_ack" | "ack" => Some((Rel::Completed, Basis::Sequence)),
        "fin" if matches!(rule, "fin-is-end-of-file" | "read-after-fin-stays-0-in-spite-of-rst") => {
            Some((Rel::EndOfFile, Basis::Model))
        }
        "data" if !failed => None,
        "rst" | "data" | "shutdown" | "close" | "kill" if failed => Some((Rel::Failed, Basis::Model)),
        "rst" if rule == "so-error-takes-the-pending-error" => Some((Rel::Failed, Basis::Model)),
        "waited" if failed || matches!(call, Call::Getsockopt { .. }) => Some((Rel::Failed, Basis::Model)),
        "shutdown" => Some((Rel::EndOfFile, Basis::Model)),
        _ => None,
    }
}
