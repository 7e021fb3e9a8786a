//! Causes of segments in a few words, for a comment on a packet.

use super::{aliases, why::fill};
use crate::story::{Cause, Story};

/// What made a segment, by rule: the phrase behind `<-`, with braces as in [`Rule::sentence`](crate::story::rules::Rule).
const BRIEF: &[(&str, &str)] = &[
    ("close-sends-fin", "{by} closed the socket"),
    ("the-return-of-a-call-sends-fin", "{call} returned, and {by} had closed the socket"),
    ("shutdown-sends-fin", "{by} shut this direction down"),
    ("the-end-of-a-process-sends-fin", "{by} ended the process"),
    ("the-end-of-a-process-with-unread-data-sends-rst", "{by} ended the process with {bytes} from {data} unread"),
    ("close-with-unread-data-sends-rst", "{by} closed the socket with {bytes} from {data} unread"),
    ("close-with-linger-0-sends-rst", "{by} closed a socket that lingers for 0 s"),
    ("close-in-fin-wait2-with-linger2-off-sends-rst", "{by} closed a socket that does not wait in FIN_WAIT2"),
    ("closing-a-listener-resets-its-queue", "{by} closed the listener before anybody accepted"),
    ("syn-without-listener-gets-rst", "{syn} found nobody listening"),
    ("segment-for-a-vanished-socket-gets-rst", "{segment} reached a machine that forgot the connection at {by}"),
    ("data-for-a-closed-socket-gets-rst", "{segment} hit a socket closed by {by}"),
    ("data-after-shutdown-of-both-directions-gets-rst", "{segment} hit a socket that {by} had shut down both ways"),
    ("segment-without-a-socket-gets-rst", "{segment} found no connection"),
    ("data-without-room-is-dropped", "{data} found no room"),
    ("small-segment-waits-for-an-ack", "{write}, held back until {ack}"),
    ("ack-waits-for-data", "{data}, by a timer"),
    ("zero-window-probe", "{write} waits for the window to open"),
    ("keep-alive-probe", "the keep-alive time passed"),
    ("keep-alive-gives-up-with-rst", "{probe} stayed unanswered"),
    ("a-socket-is-destroyed-from-outside", "an administrator destroyed the socket"),
];

/// The cause of a segment in a few words, the nearest event first: `p7 hit a socket closed by s4`.
///
/// Of a cause without such words, the events alone.
pub fn brief(story: &Story, cause: &Cause) -> String {
    match BRIEF.iter().find(|(rule, _)| *rule == cause.rule) {
        Some((_, phrase)) => fill(phrase, story, cause),
        None => aliases(story, &cause.because),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::BRIEF;

    /// The rules that causes of segments name are those with a phrase.
    #[test]
    fn every_cause_of_a_segment_has_a_phrase() {
        let origin = include_str!("../../story/origin.rs");
        let named: BTreeSet<&str> = origin.split('"').skip(1).step_by(2).filter(|text| text.contains('-')).collect();
        assert_eq!(named, BRIEF.iter().map(|(rule, _)| *rule).collect());
    }
}
