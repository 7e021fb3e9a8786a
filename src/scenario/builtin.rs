//! The scenarios that are shipped, embedded in the program.

use core::time::Duration;

use crate::record::Script;

use super::{Diagnostic, SourceText, parse};

/// How long each lesson takes, as it was measured: a name and milliseconds in each line.
const DURATIONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/durations.txt"));

/// A chapter of the catalogue: a folder of `scenarios/`.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// The folder: `01-broken-pipe-and-reset`. Chapters are in the order of their numbers.
    pub folder: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// Its scenarios, in the order in which they are best taught.
    pub lessons: &'static [Builtin],
}

impl Chapter {
    /// Its number, from 1.
    pub fn number(&self) -> u32 {
        self.folder.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// A scenario that is part of the program.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name: what `tcpstory run` takes. No two chapters have the same one.
    pub name: &'static str,
    /// `CHAPTER/NAME.toml`.
    pub path: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl Builtin {
    /// The script.
    ///
    /// # Errors
    ///
    /// As for [`parse`]; the tests hold that none of the shipped files has any.
    pub fn parse(&self) -> Result<Script, Vec<Diagnostic>> {
        parse(&self.source())
    }

    /// How long a run takes, from the begin of its first step to the end of its last, on a machine that does nothing else: the
    /// fastest of several runs, rounded to a tenth of a second. The test of the lessons holds what it measures against it.
    pub fn duration(&self) -> Option<Duration> {
        let measured = DURATIONS.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == self.name);
        measured.and_then(|(_, millis)| millis.parse().ok()).map(Duration::from_millis)
    }

    /// The file, as if it had been read.
    pub fn source(&self) -> SourceText<'static> {
        SourceText { path: self.path, bytes: self.text.as_bytes() }
    }
}

macro_rules! chapters {
    ($($folder:literal $title:literal [$($name:literal,)*])*) => {
        &[$(Chapter {
            folder: $folder,
            title: $title,
            lessons: &[$(Builtin {
                name: $name,
                path: concat!($folder, "/", $name, ".toml"),
                text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $folder, "/", $name, ".toml")),
            },)*],
        },)*]
    };
}

const CHAPTERS: &[Chapter] = chapters![
    "01-broken-pipe-and-reset" "Broken pipe and connection reset" [
        "broken-pipe",
        "broken-pipe-server-side",
        "connection-reset-on-read",
        "connection-reset-on-write",
        "after-fin-read",
        "after-fin-write",
        "after-rst-read",
        "after-rst-write",
        "read-after-rst-returns-zero",
        "reset-after-fin",
        "answer-outlives-the-reset",
        "data-survives-a-reset",
        "one-reset-one-report",
        "so-error-after-broken-pipe",
        "so-error-hides-a-reset",
        "race-close-against-write",
        "msg-nosignal",
        "handle-ignore",
        "handle-log",
        "handle-reconnect",
    ]
    "02-shutdown-is-not-close" "Shutdown is not close" [
        "graceful-close",
        "half-close",
        "fin-is-not-goodbye",
        "shutdown-read-sends-nothing",
        "shutdown-both-is-not-close",
        "write-after-own-shutdown",
        "close-of-a-duplicate",
        "shutdown-of-a-duplicate",
        "close-under-a-blocked-read",
        "shutdown-wakes-a-blocked-read",
        "calls-without-a-connection",
        "listener-is-no-connection",
    ]
    "03-crash-exit-fork" "Crash, exit, fork" [
        "server-crash",
        "server-crash-unread",
        "crash-wakes-a-waiting-reader",
        "exit-without-close",
        "exit-with-unread-data",
        "ctrl-c-during-a-download",
        "fork-keeps-the-connection",
        "fork-and-shutdown",
        "sigpipe-kills",
        "sigpipe-ignored",
        "sigpipe-caught",
    ]
    "04-abort-and-linger" "Abort and linger" [
        "abortive-close",
        "abortive-close-write",
        "abort-wakes-a-blocked-read",
        "abort-cuts-a-blocked-write",
        "close-returns-before-delivery",
        "abort-discards-unsent-data",
        "linger-waits-for-delivery",
        "linger-runs-out",
        "linger2-off",
        "linger2-off-after-shutdown",
    ]
    "05-connecting" "Connecting" [
        "connection-refused",
        "refused-socket-again",
        "nonblocking-connect-refused",
        "try-the-next-address",
        "connect-times-out",
        "connect-with-a-deadline",
        "shutdown-ends-a-connect",
        "self-connect",
    ]
    "06-listening" "Listening" [
        "accept-comes-late",
        "backlog-full",
        "listener-closed-with-a-queue",
        "shutdown-wakes-an-accept",
        "listener-closed-connections-stay",
        "abort-before-accept",
        "deferred-accept",
    ]
    "07-the-silent-peer" "The silent peer" [
        "peer-rebooted",
        "peer-rebooted-and-back",
        "peer-gone-unnoticed",
        "keep-alive-answered",
        "keep-alive-finds-a-reset",
        "keep-alive-gives-up",
    ]
    "08-flow" "Flow" [
        "writes-are-not-messages",
        "segments-are-not-reads",
        "read-timeout",
        "wait-for-all-bytes",
        "send-buffer-full",
        "blocked-write-cut-by-reset",
        "sendfile-cut-by-reset",
        "blocked-write-with-timeout",
        "zero-window-and-probes",
        "user-timeout-at-zero-window",
    ]
    "09-small-writes" "Small writes" [
        "nagle-unseen",
        "nagle-meets-delayed-ack",
        "no-delay",
        "quick-acknowledgments",
        "cork",
        "cork-forgotten",
        "more-to-come",
    ]
    "10-time-wait" "TIME_WAIT" [
        "time-wait-client-closes-first",
        "three-segments-to-close",
        "time-wait-blocks-the-port",
        "time-wait-with-reuseaddr",
        "time-wait-port-reused-by-timestamps",
        "time-wait-port-without-timestamps",
        "time-wait-takes-a-new-syn",
        "reset-by-the-orphan",
        "reset-by-the-time-wait-socket",
        "reset-by-no-socket",
    ]
    "11-readiness" "Readiness" [
        "poll-through-fin-and-reset",
        "poll-through-a-plain-reset",
        "poll-hang-up-without-error",
        "poll-wakes-for-a-fin",
        "event-loop-loses-a-reset",
        "nonblocking-connect",
        "epoll-through-fin-and-reset",
        "epoll-edge-is-told-once",
        "epoll-forgets-a-closed-socket",
    ]
    "12-contrast" "Contrast" [
        "broken-pipe-ipv6",
        "unix-socket-broken-pipe",
        "unix-socket-unread",
        "pipe-broken-pipe",
        "urgent-data",
        "urgent-data-overwritten",
        "urgent-data-inline",
    ]
    "13-war-stories" "War stories" [
        "keep-alive-race-fin-first",
        "keep-alive-race-request-first",
        "the-413-nobody-saw",
        "the-413-with-lingering-close",
        "upstream-prematurely-closed",
        "upstream-recv-failed-104",
        "read-before-giving-up",
        "rollout-reset",
        "rollout-drain",
        "time-wait-exhaustion",
        "restart-address-in-use",
        "restart-with-reuseaddr",
        "close-wait-leak",
        "yes-head",
    ]
];

/// The chapters, in their order.
pub fn chapters() -> impl Iterator<Item = &'static Chapter> {
    CHAPTERS.iter()
}

/// Every shipped scenario, in the order in which they are best taught.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    chapters().flat_map(|chapter| chapter.lessons)
}

/// The chapter of a shipped scenario.
pub fn chapter_of(name: &str) -> Option<&'static Chapter> {
    chapters().find(|chapter| chapter.lessons.iter().any(|lesson| lesson.name == name))
}

/// The shipped scenario of that name.
pub fn get(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// The name of the shipped scenario that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    super::nearest(name, all().map(|builtin| builtin.name))
}
