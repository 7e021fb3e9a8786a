//! What a right file means: actors in order, sockets by name, values, blocked calls.

use std::time::Duration;

use tcpstory::record::{
    About, Action, ActorId, Address, Answer, Because, Bytes, CONNECTION, Call, CallPattern, Data, Errno, ExitStatus,
    ExpectOutcome, ExpectValue, LISTENER, PollEvent, Script, SegmentKind, SegmentPattern, Signal, Since, SocketOption,
    Step, StepId, Takes, Target,
};
use tcpstory::scenario::{Given, SourceText, parse, parse_given};

/// The script of steps that follow a title.
fn script(body: &str) -> Script {
    let text = format!("title = \"t\"\n{body}");
    parse(&SourceText { path: "folder/lesson.toml", bytes: text.as_bytes() })
        .unwrap_or_else(|wrong| panic!("{}", wrong.iter().map(|wrong| wrong.render(false)).collect::<String>()))
}

/// `by` and `do` of many steps, one in a line.
fn steps(lines: &[(&str, &str)]) -> String {
    lines.iter().fold(String::new(), |text, (by, call)| text + &format!("[[step]]\nby = \"{by}\"\ndo{call}\n"))
}

const LISTEN: (&str, &str) = ("server", " = \"listen\"");
const CONNECT: (&str, &str) = ("client", " = \"connect\"");
const ACCEPT: (&str, &str) = ("server", " = \"accept\"");

/// A connected pair, and one more step.
fn connected(step: &str) -> Step {
    let body = steps(&[LISTEN, CONNECT, ACCEPT]) + "[[step]]\n" + step;
    script(&body).steps.pop().expect("there are four steps")
}

fn sockets(script: &Script) -> Vec<&str> {
    let socket = |step: &Step| match &step.action {
        Action::Call { socket, .. } => socket.clone(),
        other => panic!("{other:?} is no call"),
    };
    let named: Vec<String> = script.steps.iter().map(socket).collect();
    let known = [CONNECTION, LISTENER, "second"];
    named.iter().map(|name| *known.iter().find(|known| *known == name).expect("a known name")).collect()
}

fn outcome(step: &Step) -> &ExpectOutcome {
    &step.expect.outcome.as_ref().expect("an outcome is expected").value
}

#[test]
fn a_script_is_named_after_its_file() {
    let script = script(&steps(&[LISTEN]));
    assert_eq!((script.id.as_str(), script.source.path.as_str()), ("lesson", "folder/lesson.toml"));
    assert_eq!(script.source.sha256.len(), 64);
    assert_eq!((script.steps[0].line, script.title.as_str()), (2, "t"));
}

#[test]
fn actors_come_declared_first_then_by_what_they_do() {
    let body = "[actors.zoe]\n".to_owned()
        + &steps(&[
            ("upstream", " = \"listen\""),
            ("proxy", " = \"listen\""),
            ("proxy.up", ".connect = \"upstream\""),
            ("client", ".connect = \"proxy\""),
            ("zoe", " = \"listen\""),
        ]);
    let names: Vec<_> = script(&body).actors.into_iter().map(|actor| actor.name).collect();
    assert_eq!(names, ["zoe", "client", "proxy", "upstream"]);
}

#[test]
fn calls_before_listen_are_on_the_listener_and_the_others_on_the_connection() {
    let lines = [
        ("server", ".setsockopt = { SO_REUSEADDR = true }"),
        ("server", ".bind = { port = 47001 }"),
        LISTEN,
        ("client", ".setsockopt = { TCP_NODELAY = 1 }"),
        CONNECT,
        ("server", ".poll = { events = [\"POLLIN\"] }"),
        ACCEPT,
        ("server", ".setsockopt = { SO_LINGER = \"off\" }"),
        ("server", " = \"close\""),
        ("server.listener", " = \"close\""),
    ];
    let script = script(&steps(&lines));
    let (l, c) = (LISTENER, CONNECTION);
    assert_eq!(sockets(&script), [l, l, l, c, c, l, c, c, c, l]);
    let Action::Call { call: Call::Bind { to }, .. } = &script.steps[1].action else { panic!("no bind") };
    assert_eq!(*to, Address { ip: None, port: Some(47_001) });
    let Action::Call { call: Call::Setsockopt { option }, .. } = &script.steps[7].action else { panic!("no option") };
    assert_eq!(*option, SocketOption::SoLinger(None));
}

#[test]
fn a_listener_alone_is_what_close_means() {
    assert_eq!(sockets(&script(&steps(&[LISTEN, ("server", " = \"close\"")]))), [LISTENER, LISTENER]);
}

#[test]
fn a_name_is_free_again_after_close() {
    let lines = [LISTEN, CONNECT, ("client", " = \"close\""), CONNECT, ("client.second", " = \"connect\"")];
    let (l, c) = (LISTENER, CONNECTION);
    assert_eq!(sockets(&script(&steps(&lines))), [l, c, c, c, "second"]);
}

#[test]
fn a_bare_connect_goes_to_the_only_other_listener() {
    let script = script(&steps(&[LISTEN, CONNECT]));
    let Action::Call { call: Call::Connect { to }, .. } = &script.steps[1].action else { panic!("no connect") };
    assert_eq!(*to, Target::Actor(ActorId(1)));
}

#[test]
fn a_blocked_call_is_finished_by_its_label() {
    let body = steps(&[LISTEN, CONNECT])
        + "[[step]]\nby = \"client\"\ndo.read = 9\nblocks = \"r1\"\n[[step]]\nkill = \"server\"\n\
           [[step]]\nfinish = \"r1\"\nreturns = 0\nwithin = \"2s\"\n";
    let script = script(&body);
    assert_eq!(script.steps[4].action, Action::Finish { step: StepId(2) });
    assert_eq!(script.steps[4].expect.within_ns.map(Duration::from_nanos), Some(Duration::from_secs(2)));
    assert_eq!(script.steps[3].action, Action::Kill { actor: ActorId(1), signal: Signal::SIGKILL });
}

#[test]
fn an_accept_that_blocks_has_its_connection_once_it_is_finished() {
    let body = steps(&[LISTEN])
        + "[[step]]\nby = \"server\"\ndo = \"accept\"\nblocks = \"a\"\n"
        + &steps(&[CONNECT])
        + "[[step]]\nfinish = \"a\"\n"
        + &steps(&[("server", ".write = \"hello\"")]);
    assert_eq!(script(&body).steps.len(), 5);
}

#[test]
fn outcomes_are_what_the_call_can_return() {
    let cases = [
        ("do.read = 9\nreturns = 0", ExpectOutcome::Returns(ExpectValue::Number(0))),
        ("do.read = 9\nreturns = \"ab\"", ExpectOutcome::Returns(ExpectValue::Data(Bytes(b"ab".to_vec())))),
        (
            "do.read = 9\nreturns = { hex = \"0d 0A\" }",
            ExpectOutcome::Returns(ExpectValue::Data(Bytes(b"\r\n".to_vec()))),
        ),
        (
            "do.read = 9\nreturns = { repeat = \"xy\", size = 3 }",
            ExpectOutcome::Returns(ExpectValue::Data(Bytes(b"xyx".to_vec()))),
        ),
        ("do.read = 9\nerror = \"EWOULDBLOCK\"", ExpectOutcome::Fails(Errno::EAGAIN)),
        (
            "do.getsockopt = \"SO_ERROR\"\nreturns = \"EPIPE\"",
            ExpectOutcome::Returns(ExpectValue::PendingError(Errno::EPIPE)),
        ),
        (
            "do.write = \"abc\"\nreturns = { more_than = 0, less_than = 3 }",
            ExpectOutcome::Returns(ExpectValue::Between { more_than: Some(0), less_than: Some(3) }),
        ),
        ("do.getsockopt = \"SO_ERROR\"\nreturns = 0", ExpectOutcome::Returns(ExpectValue::Number(0))),
        ("do.getsockopt = \"SO_LINGER\"\nreturns = \"off\"", ExpectOutcome::Returns(ExpectValue::Number(-1))),
        (
            "do.getsockopt = \"SO_RCVTIMEO\"\nreturns = \"100ms\"",
            ExpectOutcome::Returns(ExpectValue::Number(100_000_000)),
        ),
        (
            "do.poll = { events = [\"POLLIN\"], timeout = \"1ms\" }\nreturns = [\"POLLIN\", \"POLLHUP\"]",
            ExpectOutcome::Returns(ExpectValue::Ready(vec![PollEvent::In, PollEvent::Hup])),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(*outcome(&connected(&format!("by = \"client\"\n{text}\n"))), expected, "{text}");
    }
}

#[test]
fn an_end_of_a_process_is_a_code_or_a_signal() {
    let by_code = connected("by = \"client\"\ndo.exit = 3\nexit = 3\n");
    let by_signal = connected("kill = { actor = \"server\", signal = \"SIGTERM\" }\nexit = \"SIGTERM\"\n");
    let exit = |step: &Step| step.expect.exit.as_ref().map(|exit| (exit.line, exit.value));
    assert_eq!(exit(&by_code), Some((14, ExitStatus::Code(3))));
    assert_eq!(exit(&by_signal), Some((13, ExitStatus::Signal(Signal::SIGTERM))));
}

#[test]
fn a_repeated_pattern_is_not_spelled_out() {
    let step = connected("by = \"client\"\ndo.write = { repeat = \"x\", size = 67_108_864 }\n");
    let Action::Call { call: Call::Write { data }, .. } = step.action else { panic!("no write") };
    assert_eq!(data, Data::Repeat { pattern: Bytes(b"x".to_vec()), size: 64 << 20 });
}

#[test]
fn segments_are_described_by_sender_kind_and_payload() {
    let (client, server) = (ActorId(0), ActorId(1));
    let plain = |from, kind| SegmentPattern { from, to: None, kind, payload: None, payload_bytes: None };
    let text = |kind, text: &str| SegmentPattern { payload: Some(text.as_bytes().into()), ..plain(client, kind) };
    let cases = [
        ("client SYN", plain(client, SegmentKind::Syn)),
        ("server>client SYN,ACK", SegmentPattern { to: Some(client), ..plain(server, SegmentKind::SynAck) }),
        ("  server   RST,ACK ", plain(server, SegmentKind::RstAck)),
        ("client DATA 'it''s'", text(SegmentKind::Data, "it's")),
        ("client FIN 'a b'", text(SegmentKind::Fin, "a b")),
        ("client DATA 1448 bytes", SegmentPattern { payload_bytes: Some(1448), ..plain(client, SegmentKind::Data) }),
    ];
    for (text, expected) in cases {
        assert_eq!(connected(&format!("wire = [\"{text}\"]\n")).expect.wire[0].value, expected, "{text}");
    }
}

#[test]
fn a_closed_descriptor_can_be_shown() {
    let body = steps(&[LISTEN, CONNECT, ("client", " = \"close\"")])
        + "[[step]]\nby = \"client\"\ndo.read = 1\nerror = \"EBADF\"\n\
           [[step]]\nby = \"client\"\ndo.poll = { events = [\"POLLIN\"] }\nreturns = [\"POLLNVAL\"]\n";
    assert_eq!(sockets(&script(&body))[3..], [CONNECTION, CONNECTION]);
}

#[test]
fn a_question_says_what_it_asks_and_what_can_be_chosen() {
    let text = r#"do.read = 10
by = "client"
blocks = "r"

[step.predict]
question = "What does the read do?"
about = "result"
choices = [
  { blocks = true, answer = true },
  { returns = 0, tempting = "Nothing has come." },
  { error = "EAGAIN", text = "it fails" },
  { error = "none", text = "it returns something" },
]"#;
    let question = connected(text).predict.unwrap();
    assert_eq!((question.text.as_str(), question.about), ("What does the read do?", About::Result));
    let answers: Vec<_> = question.choices.iter().map(|choice| choice.answer.clone()).collect();
    let zero = ExpectOutcome::Returns(ExpectValue::Number(0));
    let expected =
        [Answer::Blocks, Answer::Ends(zero), Answer::Ends(ExpectOutcome::Fails(Errno::EAGAIN)), Answer::Succeeds];
    assert_eq!(answers, expected);
    assert!(question.choices[0].stated && question.choices[1].tempting.is_some());
    let wire = connected(
        "pause = \"1ms\"\npredict = { question = \"Which?\", about = \"segment\", choices = [{ segment = \"server RST\" }, { segment = \"none\" }] }",
    );
    let answers: Vec<_> = wire.predict.unwrap().choices.into_iter().map(|choice| choice.answer).collect();
    assert!(
        matches!(&answers[..], [Answer::Segment(Some(rst)), Answer::Segment(None)] if rst.kind == SegmentKind::Rst)
    );
}

#[test]
fn a_cause_is_a_segment_a_call_or_a_rule() {
    let because = |text: &str| {
        let step = connected(&format!("by = \"client\"\ndo.read = 1\nbecause = {text}\n"));
        step.expect.because.expect("a cause is expected").value
    };
    let (client, server) = (ActorId(0), ActorId(1));
    let fin = SegmentPattern { from: server, to: None, kind: SegmentKind::Fin, payload: None, payload_bytes: None };
    assert_eq!(because("\"server FIN\""), Because::Segment(fin));
    let call = |actor, name: &str| Because::Call { call: CallPattern { actor, name: name.into() } };
    assert_eq!(because("{ call = \"client shutdown\" }"), call(client, "shutdown"));
    assert_eq!(because("{ call = \"server  vanish\" }"), call(server, "vanish"));
    // Nobody has said which rules there are.
    assert_eq!(because("{ rule = \"no-such-rule\" }"), Because::Rule { rule: "no-such-rule".into() });
}

#[test]
fn a_rule_that_nobody_knows_is_an_error_where_the_rules_are_known() {
    let body = steps(&[LISTEN, CONNECT, ("client", ".read = 1")]) + "because = { rule = \"fin-is-end-of-fil\" }\n";
    let text = format!("title = \"t\"\n{body}");
    let source = SourceText { path: "t.toml", bytes: text.as_bytes() };
    let given = |rules| Given { family: None, rules: Some(rules) };
    assert!(parse_given(&source, &given(&["fin-is-end-of-fil"])).is_ok());
    let wrong = parse_given(&source, &given(&["fin-is-end-of-file"])).expect_err("that rule does not exist");
    assert_eq!(wrong[0].to_string(), "t.toml:11:21: there is no rule `fin-is-end-of-fil`");
    assert_eq!(wrong[0].help.as_deref(), Some("did you mean `fin-is-end-of-file`?"));
}

#[test]
fn a_time_is_measured_from_the_call_or_from_what_is_said() {
    let takes = |text: &str| {
        let step = connected(&format!("by = \"client\"\ndo.read = 1\ntakes = {text}\n"));
        step.expect.takes.expect("a time is expected").value
    };
    assert_eq!(takes("\">= 30ms\""), Takes { since: None, at_least_ns: 30_000_000 });
    let since = Since::Call { call: CallPattern { actor: ActorId(0), name: "write".into() } };
    let wanted = Takes { since: Some(since), at_least_ns: 1_000_000_000 };
    assert_eq!(takes("{ since = { call = \"client write\" }, at_least = \"1s\" }"), wanted);
    let long = takes("{ since = \"server DATA\", at_least = \"1us\" }");
    assert!(matches!(long, Takes { since: Some(Since::Segment(_)), at_least_ns: 1_000 }), "{long:?}");
}
