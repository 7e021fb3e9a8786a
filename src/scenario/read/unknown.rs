//! What somebody meant who asked for a call that there is not.

use crate::scenario::nearest::suggest;
use crate::scenario::read::calls::{CALLS, row};

/// What is no call, but a step of its own, and how that is written.
const MEANT: &[(&[&str], &str)] = &[
    (
        &["kill", "crash", "die", "abort", "terminate", "sigkill", "sigterm"],
        "a process is killed in a step of its own, without `by` and `do`: kill = \"server\"",
    ),
    (&["sleep", "usleep", "nanosleep", "pause"], "a pause is a step of its own, without `do`: pause = \"100ms\""),
    (&["wait"], "a step waits for what it expects: leave `do` out, and say `wire` or `state`"),
    (&["finish", "return"], "a blocked call returns in a step of its own, without `do`: finish = \"label\""),
    (
        &["vanish", "reboot", "disappear"],
        "a socket disappears in a step of its own, without `by` and `do`: vanish = \"server\"",
    ),
];

/// Calls of C that have another name here.
const SAME: &[(&[&str], &str)] = &[
    (&["select", "pselect", "ppoll"], "poll"),
    (&["sendto", "sendmsg"], "send"),
    (&["recvfrom", "recvmsg"], "recv"),
    (&["writev", "puts", "printf"], "write"),
    (&["readv", "gets"], "read"),
    (&["_exit"], "exit"),
    (&["dup2", "dup3"], "dup"),
    (&["accept4"], "accept"),
];

/// What to do about a call of that name.
pub(super) fn help(name: &str) -> String {
    let called = name.split_once('(').filter(|_| name.ends_with(')'));
    if let Some(row) = called.and_then(|(called, _)| row(called.trim_end())) {
        return format!("a call is written without parentheses, for example {}", row.example);
    }
    let is_one_of = |(words, _): &&(&[&str], &str)| words.iter().any(|word| word.eq_ignore_ascii_case(name));
    if let Some((_, help)) = MEANT.iter().find(is_one_of) {
        return (*help).to_owned();
    }
    if let Some(row) = SAME.iter().find(is_one_of).and_then(|(_, same)| row(same)) {
        return format!("write `{}`, for example {}", row.name, row.example);
    }
    suggest(name, CALLS.iter().map(|row| row.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_for_a_call_is_one() {
        for word in MEANT.iter().chain(SAME).flat_map(|(words, _)| *words) {
            assert!(row(word).is_none(), "{word} is a call");
        }
        assert!(SAME.iter().all(|(_, same)| row(same).is_some()));
    }

    #[test]
    fn it_says_what_was_meant() {
        assert!(help("crash").contains("kill = \"server\""));
        assert!(help("read(100)").contains(row("read").unwrap().example));
        assert_eq!(help("wirte"), "did you mean `write`?");
        assert!(help("frob(1)").starts_with("known: socket"));
    }
}
