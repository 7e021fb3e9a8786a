//! What a line says besides its form: call, errno, addresses.

use core::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use regex::Regex;

use crate::record::Errno;

fn compiled(regex: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the expressions are constants; the tests compile them")]
    Regex::new(regex).expect("a constant expression is right")
}

static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"(?:os error |\[Errno |failed \(|errno[ =:]+|error:[ _]|Os \{ code: )(\d{1,3})\b"));
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\bE[A-Z]{3,15}\b|\be(?:conn|host|net|addr|not|timed|pipe)[a-z]{0,8}\b"));
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"\b(connect|accept4?|bind|listen|read|readv|recv|recvfrom|recvmsg|write|writev|send|sendto|sendmsg|sendfile|shutdown|close)\b(?:\(|:| E[A-Z]| failed)",
    )
});
static CONNECTING: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"(?i)\b(?:to|not|tcp) connect\b|\bconnect(?:ing)? to\b|\bConnectError\b|\bfailed_connect\b")
});
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"\[[0-9A-Fa-f:.]{2,45}\]:\d{1,5}\b|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b")
});
/// What may stand behind an address instead of a colon: `10.0.0.1 port 22`, `"10.0.0.1", port 5432`, `10.0.0.1|:80`.
static PORT_BEHIND: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"^["')\]]{0,2},? (?:on )?port:? (\d{1,5})\b|^\|:(\d{1,5})\b"#));

/// The errno that a line names: by number, by name, or by the text of strerror(3).
pub(super) fn errno(line: &str) -> Option<Errno> {
    let known = |errno: Errno| (errno.text() != "Unknown error").then_some(errno);
    let by_number = || NUMBERED.captures_iter(line).find_map(|found| known(Errno(found[1].parse().ok()?)));
    let by_name = || NAMED.find_iter(line).find_map(|found| Errno::from_name(&found.as_str().to_uppercase()));
    let lower = line.to_lowercase();
    let by_text = || {
        let said =
            Errno::names().filter_map(Errno::from_name).find(|errno| lower.contains(&errno.text().to_lowercase()));
        said.or_else(|| lower.contains("operation timed out").then_some(Errno::ETIMEDOUT))
    };
    by_number().or_else(by_name).or_else(by_text)
}

/// The call that a line names, by the name that has a page.
pub(super) fn call(line: &str) -> Option<&'static str> {
    // Prose speaks of one call only: "failed to connect to", "Connecting to".
    let prose = || CONNECTING.is_match(line).then_some("connect");
    let Some(found) = CALLED.captures(line) else { return prose() };
    Some(match &found[1] {
        "accept" | "accept4" => "accept",
        "bind" => "bind",
        "connect" => "connect",
        "listen" => "listen",
        "shutdown" => "shutdown",
        "close" => "close",
        "read" | "readv" | "recv" | "recvfrom" | "recvmsg" => "read",
        _ => "write",
    })
}

/// The addresses that a line names, each once, in their order; a port where there is one.
pub(super) fn addresses(line: &str) -> Vec<(IpAddr, Option<u16>)> {
    let mut found = Vec::new();
    for place in ADDRESS.find_iter(line).take(8) {
        let text = place.as_str();
        let whole = text.parse::<SocketAddr>().ok().map(|address| (address.ip(), Some(address.port())));
        let one = whole.or_else(|| text.parse::<IpAddr>().ok().map(|ip| (ip, port_behind(&line[place.end()..]))));
        if let Some(one) = one.filter(|one| !found.contains(one)) {
            found.push(one);
        }
    }
    found
}

/// The port that a line says in words behind an address.
fn port_behind(rest: &str) -> Option<u16> {
    let found = PORT_BEHIND.captures(rest)?;
    found.iter().skip(1).flatten().find_map(|port| port.as_str().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_found_by_number_name_and_text() {
        for (line, name) in [
            ("x (os error 104)", "ECONNRESET"),
            ("Err(Os { code: 32, kind: BrokenPipe, message: \"x\" })", "EPIPE"),
            ("recv() failed (104: Connection reset by peer)", "ECONNRESET"),
            ("write(3, \"\", 1) = -1 EPIPE (Broken pipe)", "EPIPE"),
            ("rsync: Connection Refused", "ECONNREFUSED"),
            ("connect: Operation timed out", "ETIMEDOUT"),
            ("{error,econnrefused}", "ECONNREFUSED"),
            ("delayed_connect_error:_113", "EHOSTUNREACH"),
        ] {
            assert_eq!(errno(line), Errno::from_name(name), "{line}");
        }
        assert_eq!(errno("EVERYTHING is fine (os error 999)"), None);
    }

    #[test]
    fn a_call_is_found() {
        assert_eq!(call("recvfrom(5, 0x7f, 4096) = -1 ECONNRESET"), Some("read"));
        assert_eq!(call("Error: connect ECONNREFUSED 127.0.0.1:1"), Some("connect"));
        assert_eq!(call("I read a book"), None);
        assert_eq!(call("Connecting to example.org|10.0.0.5|:80... failed: Connection timed out."), Some("connect"));
        assert_eq!(call("rsync: failed to connect to 10.0.0.5: Connection timed out (110)"), Some("connect"));
    }

    #[test]
    fn addresses_are_found_with_and_without_port() {
        let found = addresses("write tcp 10.0.0.1:443->[2001:db8::1]:5012 via 10.0.0.9, again 10.0.0.1:443, 999.1.1.1");
        let text: Vec<_> = found.iter().map(|(ip, port)| format!("{ip} {port:?}")).collect();
        assert_eq!(text, ["10.0.0.1 Some(443)", "2001:db8::1 Some(5012)", "10.0.0.9 None"]);
    }

    #[test]
    fn a_port_is_found_where_prose_says_it() {
        for (line, port) in [
            ("ssh: connect to host 10.0.0.1 port 22: Connection refused", Some(22)),
            ("connection to server at \"10.0.0.1\", port 5432 failed", Some(5432)),
            ("Connecting to example.org|10.0.0.1|:80... failed", Some(80)),
            ("10.0.0.1 port 99999", None),
            ("10.0.0.1 is port 22 of the harbour", None),
        ] {
            assert_eq!(addresses(line), [("10.0.0.1".parse().unwrap(), port)], "{line}");
        }
    }
}
