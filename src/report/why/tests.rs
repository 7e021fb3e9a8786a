use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::report::page::terminal;
use crate::scenario::builtin;

fn one(line: &str) -> Reading {
    read(line).into_iter().next().unwrap_or_else(|| panic!("not recognized: {line}"))
}

/// Each row is the reading of its own example, and of no other row's.
#[test]
fn every_row_reads_its_example() {
    for pattern in patterns::all() {
        let line = pattern.example.lines().next().unwrap();
        let reading = patterns::reading(line).unwrap_or_else(|| panic!("{line}"));
        assert!(std::ptr::eq(reading, pattern), "{line}\n  wanted {}\n  got {}", pattern.regex, reading.regex);
    }
}

#[test]
fn every_row_has_stories() {
    for pattern in patterns::all() {
        let reading = one(pattern.example);
        assert!(!reading.stories().is_empty(), "{}", pattern.example);
        assert!(pattern.stories.iter().all(|id| story(id).is_some()), "{}", pattern.example);
        assert!(pattern.errno.is_empty() || Errno::from_name(pattern.errno).is_some(), "{}", pattern.example);
        assert!(pattern.call.is_empty() || knowledge::find(pattern.call).is_some(), "{}", pattern.example);
        assert!(pattern.says.ends_with(['.', ')']), "{}", pattern.says);
    }
}

#[test]
fn lines_of_real_programs_are_read() {
    for (line, program, call, errno) in [
        (
            "2024/05/01 12:00:00 http: proxy error: write tcp 10.0.0.1:443->10.0.0.2:5012: write: broken pipe",
            "Go",
            Some("write"),
            Some("EPIPE"),
        ),
        (
            "    raise ConnectionResetError(104, 'x')  # ConnectionResetError: [Errno 104] Connection reset by peer",
            "Python",
            None,
            Some("ECONNRESET"),
        ),
        ("Caused by: java.net.SocketException: Connection reset", "Java", Some("read"), Some("ECONNRESET")),
        ("node:events:491 Error: socket hang up code: 'ECONNRESET'", "Node", Some("read"), None),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "Node", Some("connect"), Some("ECONNREFUSED")),
        (
            "2026/05/12 10:23:41 [error] 1234#0: *5679 upstream timed out (110: Connection timed out) while reading response header from upstream",
            "nginx",
            Some("read"),
            None,
        ),
        (
            "recvfrom(5, 0x55d, 4096, 0, NULL, NULL) = -1 ECONNRESET (Connection reset by peer)",
            "strace",
            Some("read"),
            Some("ECONNRESET"),
        ),
        (
            "bash: connect: Connection refused",
            "a program with the C library's texts",
            Some("connect"),
            Some("ECONNREFUSED"),
        ),
        (
            "thread 'main' panicked: Os { code: 32, kind: BrokenPipe, message: \"Broken pipe\" } (os error 32)",
            "a Rust program",
            None,
            Some("EPIPE"),
        ),
        (
            "LOG:  could not receive data from client: Connection reset by peer",
            "PostgreSQL (server)",
            Some("read"),
            Some("ECONNRESET"),
        ),
        ("curl: (52) Empty reply from server", "curl", Some("read"), None),
        ("client_loop: send disconnect: Broken pipe", "ssh", Some("write"), Some("EPIPE")),
        (
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: 113",
            "Envoy",
            Some("connect"),
            Some("EHOSTUNREACH"),
        ),
        (
            "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading authorization packet', system error: 104",
            "MySQL (client)",
            Some("read"),
            Some("ECONNRESET"),
        ),
        (
            "cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received",
            "curl",
            Some("read"),
            None,
        ),
        ("Net::ReadTimeout with #<TCPSocket:(closed)>", "Ruby", Some("read"), None),
        ("=ERROR REPORT==== {tcp_error,#Port<0.123>,etimedout}", "Erlang, Elixir", None, Some("ETIMEDOUT")),
        (
            "tonic::transport::Error(Transport, hyper::Error(Connect, ConnectError(\"tcp connect error\", Os { code: 110, kind: TimedOut, message: \"Connection timed out\" })))",
            "a Rust program",
            Some("connect"),
            Some("ETIMEDOUT"),
        ),
        (
            "urllib3.exceptions.MaxRetryError: (Caused by NewConnectionError(': Failed to establish a new connection: [Errno -2] Name or service not known'))",
            "a resolver",
            None,
            None,
        ),
        (
            "Caused by: redis.clients.jedis.exceptions.JedisConnectionException: Unexpected end of stream.",
            "Java (OkHttp, Jedis)",
            Some("read"),
            None,
        ),
        (
            "postfix/smtp[123]: connect to mx.example.org[10.0.0.5]:25: Connection timed out",
            "a program with the C library's texts",
            Some("connect"),
            Some("ETIMEDOUT"),
        ),
    ] {
        let reading = one(line);
        let named = reading.errno().map(|errno| errno.to_string());
        assert_eq!((reading.program(), reading.call(), named.as_deref()), (program, call, errno), "{line}");
    }
}

#[test]
fn numbers_and_names_of_their_own_are_read() {
    for (line, program, call, errno) in [
        ("bind() to 0.0.0.0:80 failed (13: Permission denied)", "nginx", Some("bind"), Some("EACCES")),
        ("PermissionError: [Errno 13] Permission denied", "Python", None, Some("EACCES")),
        ("write:errno=104", "openssl s_client", Some("write"), Some("ECONNRESET")),
        ("GET https://example.org/ net::ERR_CONNECTION_RESET", "Chrome", None, Some("ECONNRESET")),
        ("net::ERR_CONNECTION_REFUSED", "Chrome", Some("connect"), Some("ECONNREFUSED")),
        ("net::ERR_EMPTY_RESPONSE", "Chrome", Some("read"), None),
        ("NS_ERROR_NET_RESET", "Firefox", None, None),
        ("ORA-03113: end-of-file on communication channel", "Oracle (client)", Some("read"), None),
    ] {
        let reading = one(line);
        let named = reading.errno().map(|errno| errno.to_string());
        assert_eq!((reading.program(), reading.call(), named.as_deref()), (program, call, errno), "{line}");
    }
}

#[test]
fn unknown_lines_are_not_guessed() {
    for line in ["", "all is well", "GET /read HTTP/1.1 200", "user 104 logged in", "took 110 ms"] {
        assert!(read(line).is_empty(), "{line}");
        assert!(terminal(&unknown(line), 80, false).contains("not guessed"));
    }
}

/// Every errno that has a page is read by its name, its text, and its number as programs print it.
#[test]
fn errnos_with_a_page_are_read() {
    let known = Errno::names().filter(|name| knowledge::find(name).is_some());
    let mut count = 0;
    for name in known {
        let errno = Errno::from_name(name).unwrap();
        let lines = [
            format!("worker: {name}"),
            format!("worker: {}", errno.text()),
            format!("OSError: [Errno {}] {}", errno.0, errno.text()),
            format!("worker failed, errno={}", errno.0),
            format!("errno: {}", errno.0),
            format!("write:errno={}", errno.0),
        ];
        for line in lines {
            let reading = one(&line);
            assert_eq!(reading.errno(), Some(errno), "{line}");
            assert!(!reading.stories().is_empty(), "{line}");
        }
        count += 1;
    }
    assert!(count > 15);
}

/// Where an errno is named that has nothing to do with connections, the page does not say that none is.
#[test]
fn an_errno_without_stories_is_named() {
    let text = terminal(&unknown("open: No such file or directory"), 200, false);
    assert!(text.contains("It names ENOENT, \"No such file or directory\" (2)"), "{text}");
    assert!(!text.contains("neither an errno's name"), "{text}");
}

#[test]
fn what_a_login_was_denied_is_no_errno() {
    assert_eq!(one("git@10.0.0.7: Permission denied (publickey).").errno(), None);
    assert_eq!(one("Permission denied, please try again.").errno(), None);
    assert_eq!(one("bind: Permission denied").errno(), Errno::from_name("EACCES"));
}

/// In a line of a megabyte the error is found where it stands: at the beginning or at the end.
#[test]
fn a_long_line_is_read_at_both_ends() {
    let filling = "日本 ".repeat(300_000);
    for line in [format!("write: broken pipe {filling}"), format!("{filling} write: broken pipe")] {
        assert_eq!(one(&line).errno(), Errno::from_name("EPIPE"));
    }
    assert!(read(&format!("{filling} write: broken pipe {filling}")).is_empty());
}

/// The text of the system decides where a program only passes it on.
#[test]
fn a_text_that_is_passed_on_names_the_errno() {
    for (line, errno) in [
        ("System.IO.IOException: Unable to write data to the transport connection: Broken pipe.", "EPIPE"),
        ("Reading from client: Connection reset by peer", "ECONNRESET"),
        ("OpenSSL SSL_read: SSL_ERROR_SYSCALL, errno 104", "ECONNRESET"),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
            "ECONNREFUSED",
        ),
    ] {
        assert_eq!(one(line).errno(), Errno::from_name(errno), "{line}");
    }
}

#[test]
fn a_whole_traceback_is_read_once_for_each_form() {
    let text = "Traceback (most recent call last):\n  File \"x.py\"\nBrokenPipeError: [Errno 32] Broken pipe\n\nBrokenPipeError: [Errno 32] Broken pipe\nConnectionResetError: [Errno 104] Connection reset by peer\n";
    let readings = read(text);
    assert_eq!(readings.iter().map(|reading| reading.times).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn every_form_is_listed() {
    let text = terminal(&index(), 400, false);
    for pattern in patterns::all() {
        assert!(text.contains(&shown(pattern.example)), "{}", pattern.example);
    }
}

#[test]
fn lessons_are_shipped() {
    let names: BTreeSet<_> = stories::STORIES.iter().flat_map(Story::lessons).collect();
    assert!(names.len() > 8 && names.iter().all(|name| builtin::get(name).is_some()));
}

#[test]
fn a_capture_command_holds_addresses_alone() {
    let reading = one("write tcp 10.0.0.1:443->10.0.0.2:5012: write: broken pipe'; rm -rf /");
    let text = terminal(&reading.page(), 200, false);
    assert!(text.contains("'tcp and (host 10.0.0.1 and port 443) and (host 10.0.0.2 and port 5012)'"), "{text}");
}

#[test]
fn pages_as_people_see_them() {
    let page = |line: &str, width| terminal(&one(line).page(), width, false);
    insta::assert_snapshot!("go-80", page("write tcp 10.0.0.1:443->10.0.0.2:5012: write: broken pipe", 80));
    insta::assert_snapshot!(
        "nginx-110",
        page(
            "recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 10.0.0.9, upstream: \"http://10.0.0.2:9000/\"",
            110
        )
    );
    insta::assert_snapshot!("node-80", page("Error: socket hang up", 80));
    insta::assert_snapshot!("unknown-80", terminal(&unknown("\u{1b}[31mall is \u{202e}well"), 80, false));
}

proptest! {
    /// Whatever is pasted, nothing panics, and nothing that a terminal would obey is printed.
    #[test]
    fn hostile_lines_do_no_harm(text in "\\PC{0,80}|[\\x00-\\x7f\u{80}-\u{2ff}\u{202e}]{0,300}", tail in prop::sample::select(vec!["", " EPIPE", " write: broken pipe", "10.0.0.1:99999->[::1]:1 (104: x)", "curl: (56) Connection reset by peer"])) {
        let line = format!("{text}{tail}");
        let pages: Vec<_> = read(&line).iter().map(Reading::page).chain([unknown(&line)]).collect();
        for page in pages {
            let shown = terminal(&page, 80, false);
            let controlled = shown.chars().any(|c| c != '\n' && c.is_control());
            prop_assert!(!controlled);
            let turned = shown.contains('\u{202e}');
            prop_assert!(!turned);
        }
    }

    #[test]
    fn long_texts_are_bounded(line in "[ -~]{0,40}", times in 0_usize..400) {
        let text = format!("{} broken pipe\n", line.repeat(times));
        prop_assert!(read(&text.repeat(50)).len() <= MOST_FORMS);
    }
}
