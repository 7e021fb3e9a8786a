use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::parts;
use crate::record::{ActorId, Errno, ExpectOutcome, Recording, StepId, What};
use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
use crate::report::withhold::before;
use crate::report::{Options, tell};

fn ladder(recording: &Recording, options: &Options) -> String {
    String::from_utf8(super::write(&tell(recording.clone(), options), options)).unwrap()
}

/// The page without what stands under the ladder: those sentences are the story's.
fn picture(recording: &Recording, options: &Options) -> String {
    let page = ladder(recording, options);
    let end = page.find("\n why").unwrap();
    page[..end].to_owned()
}

fn at(width: usize) -> Options {
    Options { width, ..Options::default() }
}

/// No line is wider than the page, ends in a space, or holds anything that a terminal obeys.
fn assert_clean(page: &str, width: usize) {
    for line in page.lines() {
        assert!(line.width() <= width, "{} columns in a page of {width}: {line}", line.width());
        assert_eq!(line.trim_end(), line);
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn broken_pipe_in_every_shape() {
    for width in [60, 80, 120] {
        insta::assert_snapshot!(format!("broken_pipe_{width}"), picture(&broken_pipe().done(), &at(width)));
    }
}

#[test]
fn three_actors_have_two_wires() {
    for width in [60, 100, 160] {
        insta::assert_snapshot!(format!("proxy_{width}"), picture(&proxy().done(), &at(width)));
    }
}

/// The same run, with a person who thinks for a minute before the seventh step.
fn with_a_pause() -> Recording {
    let mut recording = broken_pipe().done();
    let from = recording.steps[6].begin_ns;
    let later = |ns: &mut i64| *ns += if *ns >= from { 60_000_000_000 } else { 0 };
    for step in &mut recording.steps {
        later(&mut step.begin_ns);
        later(&mut step.end_ns);
    }
    for event in &mut recording.events {
        later(&mut event.t_ns);
        match &mut event.what {
            What::Syscall(call) => call.end_ns.iter_mut().for_each(later),
            What::State(sample) => later(&mut sample.end_ns),
            _ => {}
        }
    }
    recording
}

#[test]
fn a_persons_pause_is_no_wait_of_the_protocol() {
    let page = ladder(&with_a_pause(), &at(100));
    assert!(page.contains(" 60.0 s between two steps ┄") || page.contains(" 60 s between two steps ┄"), "{page}");
    // A wait inside a step is one.
    let mut slow = with_a_pause();
    slow.steps[6].begin_ns -= 60_000_000_000;
    let page = ladder(&slow, &at(100));
    assert!(page.contains("60.0 s ┄") && !page.contains("between two steps"), "{page}");
    // So is the wait for an earlier call, before which its actor cannot go on.
    let mut busy = with_a_pause();
    let (begin_ns, actor) = (busy.steps[6].begin_ns, ActorId(0));
    let call = busy.events.iter_mut().rev().find_map(|event| match &mut event.what {
        What::Syscall(call) if call.actor == actor && event.t_ns < begin_ns => Some(call),
        _ => None,
    });
    call.unwrap().end_ns = Some(begin_ns - 1);
    let page = ladder(&busy, &at(100));
    assert!(!page.contains("between two steps"), "{page}");
}

#[test]
fn in_pieces_the_columns_stay_and_a_pause_is_left_out() {
    for width in [30, 60, 80, 120] {
        let whole = parts(&tell(with_a_pause(), &at(width)), &at(width));
        assert!(!whole.rows.iter().any(|row| row.contains("between")), "{:#?}", whole.rows);
        for step in 1..8 {
            let story = tell(before(with_a_pause(), StepId(step)), &at(width));
            let so_far = parts(&story, &at(width));
            assert_eq!(so_far.names, whole.names, "at {width}, step {step}");
            assert!(whole.rows.starts_with(&so_far.rows), "at {width}: {:#?}\n{:#?}", so_far.rows, whole.rows);
        }
    }
}

#[test]
fn ascii_is_ascii_and_as_narrow() {
    for width in [60, 100, 120] {
        let page = ladder(&proxy().done(), &Options { ascii: true, ..at(width) });
        assert!(page.is_ascii(), "{page}");
        assert_clean(&page, width);
    }
}

#[test]
fn ascii_broken_pipe() {
    insta::assert_snapshot!(picture(&broken_pipe().done(), &Options { ascii: true, ..at(100) }));
}

/// A list cuts nothing: who, what and why are all there, over more lines.
#[test]
fn a_narrow_page_loses_nothing_but_times() {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    for width in [20, 28, 39, 40, 52] {
        let page = ladder(&proxy().done(), &at(width));
        assert_clean(&page, width);
        assert_eq!(page.contains("no times"), width < 40, "{page}");
        for said in ["client ▶ proxy", "← c1", "← u3", "write(\"HTTP/1.1 502 Bad Gateway\") = 24", "proxy CLOSE_WAIT"]
        {
            assert!(dense(&page).contains(&dense(said)), "{said} is not in\n{page}");
        }
    }
}

#[test]
fn verbose_says_everything() {
    let text = "a long text that no lane has room for, so that it is cut";
    let recording = broken_pipe_of("Broken pipe", ["client", "server"], text).done();
    insta::assert_snapshot!(picture(&recording, &Options { verbose: true, ..at(100) }));
}

#[test]
fn a_failed_expectation_shows_both_sides() {
    let mut stage = broken_pipe();
    stage.expect(ExpectOutcome::Fails(Errno::ECONNRESET));
    let page = ladder(&stage.done(), &at(100));
    assert!(page.contains("✗ expected → ECONNRESET (test.toml:"), "{page}");
    assert!(page.contains("expected  → ECONNRESET\n   actual    c4 → EPIPE\n"), "{page}");
    assert!(page.ends_with("✗ 1 of 1 expectation failed\n"), "{page}");
}

#[test]
fn colour_adds_nothing_but_escapes() {
    let plain = ladder(&broken_pipe().done(), &at(100));
    let coloured = ladder(&broken_pipe().done(), &Options { colour: true, ..at(100) });
    assert!(coloured.contains("\x1b["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn hostile_texts_stay_in_their_columns(
        title in any::<String>(),
        client in any::<String>(),
        server in "[\u{0}-\u{ff}\u{202a}-\u{202e}\u{4e00}-\u{4e20}]{1,40}",
        payload in "\\PC{0,60}|[\u{0}-\u{a0}]{0,60}",
        width in 20_usize..200,
        ascii: bool,
        verbose: bool,
    ) {
        let recording = broken_pipe_of(&title, [&client, &server], &payload).done();
        let page = ladder(&recording, &Options { ascii, verbose, ..at(width) });
        assert_clean(&page, width);
        prop_assert!(!ascii || page.is_ascii());
    }
}

fn recorded(timeline: &[u8]) -> Recording {
    crate::report::format::json::read(timeline).unwrap()
}

/// Whatever room there is, an arrow tells its numbers, how long its data is, and which transmission it is.
#[test]
fn narrow_arrows_keep_what_matters() {
    let again = recorded(include_bytes!("../../../../tests/recordings/connect-times-out.json"));
    let probes = recorded(include_bytes!("../../../../tests/recordings/user-timeout-at-zero-window.json"));
    for width in [80, 100, 110, 120, 130] {
        let page = ladder(&again, &at(width));
        assert!(page.contains("#2") && !page.contains("(se…"), "{page}");
        let page = ladder(&probes, &at(width));
        assert!(page.contains("probe seq "), "{page}");
        let cut = page.lines().filter(|line| line.contains("x…") && !line.contains("write")).count();
        assert_eq!(cut, 0, "{page}");
    }
}

#[test]
fn the_numbers_of_later_connections_are_explained() {
    let page = ladder(&recorded(include_bytes!("../../../../tests/recordings/handle-reconnect.json")), &at(110));
    assert!(page.contains("[2] SYN seq 0"), "{page}");
    assert!(page.contains("\n [2] segments of the second connection between the same two.\n"), "{page}");
    assert!(!ladder(&broken_pipe().done(), &at(110)).contains("[2]"));
}
