//! Scenarios that go as their author expects.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use tcpstory::lab::sandbox::Ground;
use tcpstory::record::{
    Action, CONNECTION, Call, Data, Detail, End, Errno, Exit, ExitStatus, Family, Flags, LISTENER, MsgFlag, Outcome,
    PollEvent, Recording, SegmentKind, SocketOption, Step, StepId, Target, TcpState, What,
};

use crate::build::{
    CLIENT, Expecting, SERVER, THIRD, accept, actor, broken_pipe, call, close, connect, connected, listen, on, poll,
    read, script, set, step, write,
};
use crate::look::{calls, outcome, segments, syscall, told};
use crate::{Test, perform};

pub(crate) const TESTS: &[Test] = &[
    ("broken_pipe_is_recorded_whole", true, broken_pipe_is_recorded_whole),
    ("times_are_in_order", false, times_are_in_order),
    ("both_families_tell_the_same", true, both_families_tell_the_same),
    ("reset_on_read", false, reset_on_read),
    ("a_refused_connect_has_addresses", false, a_refused_connect_has_addresses),
    ("a_blocked_read_is_finished_by_a_write", false, a_blocked_read_is_finished_by_a_write),
    ("a_blocked_accept_names_the_connection", false, a_blocked_accept_names_the_connection),
    ("poll_tells_the_exact_events", true, poll_tells_the_exact_events),
    ("options_come_back", false, options_come_back),
    ("a_read_times_out", false, a_read_times_out),
    ("three_actors_have_two_connections", false, three_actors_have_two_connections),
    ("a_name_lives_again", false, a_name_lives_again),
    ("a_bulk_write_is_carried_whole", true, a_bulk_write_is_carried_whole),
    (
        "connections_that_nobody_touches_are_not_sampled_again",
        true,
        connections_that_nobody_touches_are_not_sampled_again,
    ),
    ("pauses_last", false, pauses_last),
    ("flags_are_passed_on", false, flags_are_passed_on),
    ("a_started_call_runs_against_the_next", false, a_started_call_runs_against_the_next),
];

fn returned(value: i64) -> Outcome {
    Outcome::Returned { value, detail: Detail::None }
}

fn read_bytes(text: &str) -> Outcome {
    let value = i64::try_from(text.len()).unwrap();
    Outcome::Returned { value, detail: Detail::Data(text.as_bytes().into()) }
}

fn failed(errno: Errno) -> Outcome {
    Outcome::Failed { errno }
}

fn broken_pipe_is_recorded_whole(ground: Ground) -> Result<(), Failed> {
    let recording = perform(ground, &broken_pipe())?;
    let expected = [
        "server.socket+ -> 3",
        "server.bind+ -> 0",
        "server.listen -> 0",
        "client.socket+ -> 3",
        "client.connect -> 0",
        "server.accept -> 4 Accepted(SocketId(2))",
        "client.write -> 1",
        "server.read -> 1 b\"a\"",
        "server.close -> 0",
        "client.write -> 1",
        "client.write -> EPIPE",
    ];
    assert_eq!(calls(&recording), expected);
    let expected = [
        "client SYN b\"\"",
        "server SYN,ACK b\"\"",
        "client ACK b\"\"",
        "client PSH,ACK b\"a\"",
        "server ACK b\"\"",
        "server FIN,ACK b\"\"",
        "client ACK b\"\"",
        "client PSH,ACK b\"b\"",
        "server RST b\"\"",
    ];
    assert_eq!(segments(&recording), expected);
    assert_eq!((recording.end.clone(), recording.capture.dropped), (End::Completed, 0));
    assert!(recording.steps.iter().all(|step| step.missed.is_none()), "{:?}", recording.steps);
    let during = recording.events.iter().find_map(|event| match &event.what {
        What::Signal(caught) => Some(caught.during),
        _ => None,
    });
    let interrupted = syscall(&recording.events[during.unwrap()]).unwrap();
    assert_eq!(interrupted.outcome, failed(Errno::EPIPE));
    let pids: BTreeSet<_> = recording.actors.iter().map(|actor| actor.pid).collect();
    assert_eq!(pids.len(), 2);
    Ok(())
}

fn times_are_in_order(ground: Ground) -> Result<(), Failed> {
    let recording = perform(ground, &broken_pipe())?;
    assert!(recording.events.is_sorted_by_key(|event| event.t_ns));
    let first = recording.events.iter().find(|event| recording.segment(event).is_some()).unwrap();
    assert_eq!(first.t_ns, 0);
    for step in &recording.steps {
        let made = recording.events.iter().filter(|event| syscall(event).is_some_and(|made| made.step == step.step));
        for event in made {
            let end_ns = syscall(event).unwrap().end_ns.unwrap();
            assert!(step.begin_ns <= event.t_ns && event.t_ns <= end_ns && end_ns <= step.end_ns, "{step:?} {event:?}");
        }
    }
    let connect =
        recording.events.iter().find(|event| syscall(event).is_some_and(|made| made.call.name() == "connect"));
    let connect = connect.unwrap();
    assert!(connect.t_ns <= 0 && syscall(connect).unwrap().end_ns.unwrap() >= 0, "{connect:?}");
    Ok(())
}

fn both_families_tell_the_same(ground: Ground) -> Result<(), Failed> {
    let script = broken_pipe();
    let mut over_ipv6 = script.clone();
    over_ipv6.network.family = Family::Ipv6;
    let plain = |recording: &Recording| {
        let told = told(recording);
        recording.actors.iter().fold(told, |told, actor| told.replace(&actor.address.to_string(), &actor.name))
    };
    assert_eq!(plain(&perform(ground, &over_ipv6)?), plain(&perform(ground, &script)?));
    Ok(())
}

fn reset_on_read(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([
        write(CLIENT, "ab"),
        read(SERVER, 1),
        close(SERVER).wire(SERVER, SegmentKind::RstAck).state(CLIENT, CONNECTION, TcpState::Close),
        read(CLIENT, 1),
        read(CLIENT, 1),
    ]);
    let recording = perform(ground, &script("reset-on-read", steps))?;
    assert_eq!(outcome(&recording, 4), read_bytes("a"));
    assert_eq!(outcome(&recording, 6), failed(Errno::ECONNRESET));
    assert_eq!(outcome(&recording, 7), read_bytes(""));
    Ok(())
}

fn a_refused_connect_has_addresses(ground: Ground) -> Result<(), Failed> {
    for family in [Family::Ipv4, Family::Ipv6] {
        let mut script = script("refused", vec![connect().wire(SERVER, SegmentKind::RstAck)]);
        script.network.family = family;
        let recording = perform(ground, &script)?;
        assert_eq!(outcome(&recording, 0), failed(Errno::ECONNREFUSED));
        assert_eq!(recording.steps[0].missed, None);
        let syn = recording.events.iter().find_map(|event| recording.segment(event)).unwrap();
        let socket = &recording.sockets[0];
        assert_eq!((socket.local, socket.peer), (Some(syn.src), Some(syn.dst)));
    }
    Ok(())
}

fn a_blocked_read_is_finished_by_a_write(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([read(SERVER, 5).blocks(), write(CLIENT, "hello"), step(Action::Finish { step: StepId(3) })]);
    let recording = perform(ground, &script("blocked", steps))?;
    assert_eq!(outcome(&recording, 3), read_bytes("hello"));
    let made =
        |step| recording.events.iter().find(|event| syscall(event).is_some_and(|made| made.step == StepId(step)));
    let (reading, writing) = (made(3).unwrap(), made(4).unwrap());
    assert!(syscall(reading).unwrap().blocked && !syscall(writing).unwrap().blocked);
    assert!(reading.t_ns < writing.t_ns && writing.t_ns < syscall(reading).unwrap().end_ns.unwrap());
    assert!(recording.steps[3].end_ns < writing.t_ns, "the step ends when its call sleeps");
    Ok(())
}

fn a_blocked_accept_names_the_connection(ground: Ground) -> Result<(), Failed> {
    let accept = on(SERVER, "first", Call::Accept { from: LISTENER.into() }).blocks();
    let finish = step(Action::Finish { step: StepId(1) });
    let reading = on(SERVER, "first", Call::Read { size: 9 });
    let steps = vec![listen(), accept, connect(), finish, write(CLIENT, "x"), reading];
    let recording = perform(ground, &script("accept", steps))?;
    assert_eq!(outcome(&recording, 5), read_bytes("x"));
    let first = recording.sockets.iter().find(|socket| socket.name == "first").unwrap();
    assert_eq!(first.peer, recording.sockets.iter().find(|socket| socket.actor == CLIENT).unwrap().local);
    assert!(first.accepted_from.is_some_and(|from| recording.sockets[from.0].name == LISTENER));
    Ok(())
}

fn poll_tells_the_exact_events(ground: Ground) -> Result<(), Failed> {
    use PollEvent::{Err, Hup, In, Nval, Out, RdHup};
    let mut steps = connected();
    steps.extend([
        poll(CLIENT, &[In, Out]),
        write(SERVER, "x").wire(SERVER, SegmentKind::Data),
        poll(CLIENT, &[In, Out, RdHup]),
        close(SERVER).state(CLIENT, CONNECTION, TcpState::CloseWait),
        poll(CLIENT, &[In, Out, RdHup]),
        write(CLIENT, "b").wire(SERVER, SegmentKind::Rst).state(CLIENT, CONNECTION, TcpState::Close),
        poll(CLIENT, &[In, Out, RdHup]),
        close(CLIENT),
        poll(CLIENT, &[In]),
        poll(SERVER, &[In]),
    ]);
    let recording = perform(ground, &script("poll", steps))?;
    let ready = |step, value, events: &[PollEvent]| {
        let detail = Detail::Ready(events.to_vec());
        assert_eq!(outcome(&recording, step), Outcome::Returned { value, detail }, "step {step}");
    };
    ready(3, 1, &[Out]);
    ready(5, 1, &[In, Out]);
    ready(7, 1, &[In, Out, RdHup]);
    ready(9, 1, &[In, Out, Err, Hup, RdHup]);
    ready(11, 1, &[Nval]);
    ready(12, 1, &[Nval]);
    Ok(())
}

fn options_come_back(ground: Ground) -> Result<(), Failed> {
    let cases = [
        (SocketOption::SoLinger(None), -1),
        (SocketOption::SoLinger(Some(7)), 7),
        (SocketOption::TcpNodelay(true), 1),
        (SocketOption::TcpNodelay(false), 0),
        (SocketOption::SoReuseaddr(true), 1),
        (SocketOption::SoRcvtimeo(1_000_000_000), 1_000_000_000),
        (SocketOption::SoSndtimeo(0), 0),
        (SocketOption::SoSndbuf(10_000), 20_000),
        (SocketOption::SoRcvbuf(10_000), 20_000),
        (SocketOption::SoKeepalive(true), 1),
        (SocketOption::TcpKeepidle(2_000_000_000), 2_000_000_000),
        (SocketOption::TcpKeepintvl(3_000_000_000), 3_000_000_000),
        (SocketOption::TcpKeepcnt(4), 4),
        (SocketOption::TcpUserTimeout(1_500_000_000), 1_500_000_000),
        (SocketOption::TcpCork(true), 1),
        (SocketOption::TcpQuickack(false), 0),
        (SocketOption::TcpDeferAccept(1_000_000_000), 1_000_000_000),
        (SocketOption::TcpLinger2(Some(5_000_000_000)), 5_000_000_000),
        (SocketOption::TcpLinger2(None), -1),
        (SocketOption::SoOobinline(true), 1),
        (SocketOption::ONonblock(true), 1),
        (SocketOption::ONonblock(false), 0),
    ];
    let get = |option: SocketOption| call(CLIENT, Call::Getsockopt { option: option.name() });
    let steps = cases.iter().flat_map(|(option, _)| [set(CLIENT, *option), get(*option)]).collect();
    let recording = perform(ground, &script("options", steps))?;
    for (place, (option, value)) in cases.iter().enumerate() {
        assert_eq!(outcome(&recording, 2 * place), returned(0), "{option:?}");
        let Outcome::Returned { detail, .. } = outcome(&recording, 2 * place + 1) else { panic!("{option:?}") };
        assert_eq!(detail, Detail::Option(*value), "{option:?}");
    }
    Ok(())
}

fn a_read_times_out(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([set(CLIENT, SocketOption::SoRcvtimeo(30_000_000)), read(CLIENT, 1)]);
    let recording = perform(ground, &script("timeout", steps))?;
    assert_eq!(outcome(&recording, 4), failed(Errno::EAGAIN));
    let step = &recording.steps[4];
    assert!(step.end_ns - step.begin_ns >= 30_000_000);
    Ok(())
}

fn three_actors_have_two_connections(ground: Ground) -> Result<(), Failed> {
    let to = |actor| Call::Connect { to: Target::Actor(actor) };
    let steps = vec![
        listen(),
        call(THIRD, Call::Listen { backlog: 1 }),
        connect(),
        accept(),
        on(SERVER, "upstream", to(THIRD)),
        call(THIRD, Call::Accept { from: LISTENER.into() }),
        write(THIRD, "10 of 100 "),
        call(THIRD, Call::Exit { code: 7 }).wire(THIRD, SegmentKind::Fin),
        on(SERVER, "upstream", Call::Read { size: 100 }),
        on(SERVER, "upstream", Call::Read { size: 100 }),
        write(SERVER, "502"),
        read(CLIENT, 100),
    ];
    let mut script = script("three", steps);
    script.actors = ["client", "proxy", "upstream"].map(actor).into();
    let recording = perform(ground, &script)?;
    assert_eq!(outcome(&recording, 8), read_bytes("10 of 100 "));
    assert_eq!(outcome(&recording, 9), read_bytes(""));
    assert_eq!(outcome(&recording, 11), read_bytes("502"));
    assert_eq!(outcome(&recording, 7), Outcome::Unfinished);
    let exit = recording.events.iter().find_map(|event| match &event.what {
        What::Exit(exit) => Some(exit),
        _ => None,
    });
    let expected = Exit { actor: THIRD, status: ExitStatus::Code(7), step: Some(StepId(7)) };
    assert_eq!(exit, Some(&expected));
    for socket in recording.sockets.iter().filter(|socket| socket.name != LISTENER) {
        assert_eq!(socket.local.unwrap().ip(), recording.actors[socket.actor.0].address, "{socket:?}");
    }
    Ok(())
}

fn a_name_lives_again(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    let second = on(SERVER, "second", Call::Accept { from: LISTENER.into() });
    steps.extend([close(CLIENT), write(CLIENT, "x"), close(CLIENT), connect(), write(CLIENT, "again"), second]);
    steps.push(on(SERVER, "second", Call::Read { size: 9 }));
    let recording = perform(ground, &script("again", steps))?;
    assert_eq!((outcome(&recording, 4), outcome(&recording, 5)), (failed(Errno(9)), failed(Errno(9))));
    assert_eq!(outcome(&recording, 9), read_bytes("again"));
    let generations = recording.sockets.iter().filter(|socket| socket.actor == CLIENT).map(|socket| socket.generation);
    assert_eq!(generations.collect::<Vec<_>>(), [1, 2]);
    Ok(())
}

fn a_bulk_write_is_carried_whole(ground: Ground) -> Result<(), Failed> {
    const SIZE: u64 = 300_000;
    let data = Data::Repeat { pattern: b"0123456789".as_slice().into(), size: SIZE };
    let mut steps = connected();
    steps.push(call(CLIENT, Call::Write { data }));
    steps.push(read(SERVER, 70_000));
    let recording = perform(ground, &script("bulk", steps))?;
    assert_eq!(outcome(&recording, 3), returned(SIZE.cast_signed()));
    let Outcome::Returned { value, detail: Detail::Data(read) } = outcome(&recording, 4) else { panic!() };
    assert!(value > 0 && read.0.len() == usize::try_from(value).unwrap().min(65_536), "{value} {}", read.0.len());
    assert!(read.0.iter().zip(b"0123456789".iter().cycle()).all(|(one, other)| one == other));
    assert_eq!(recording.capture.dropped, 0);
    assert!(recording.frames.iter().all(|frame| frame.segment.is_some()));
    Ok(())
}

/// Twice as many connections, each with the same steps, make twice as long a recording.
fn connections_that_nobody_touches_are_not_sampled_again(ground: Ground) -> Result<(), Failed> {
    let many = |connections: usize| {
        let of_one = |name: String| {
            let from = LISTENER.to_owned();
            let write = Call::Write { data: Data::Text("x".into()) };
            [
                on(CLIENT, &name, Call::Connect { to: Target::Actor(SERVER) }),
                on(SERVER, &name, Call::Accept { from }),
                on(CLIENT, &name, write),
                on(SERVER, &name, Call::Read { size: 1 }),
            ]
        };
        let steps = (0..connections).flat_map(|place| of_one(format!("c{place}")));
        script("many", [listen()].into_iter().chain(steps).collect())
    };
    let samples = |connections: usize| -> Result<usize, Failed> {
        let recording = perform(ground, &many(connections))?;
        // At the end all are asked once more.
        let samples = recording.events.iter().filter(|event| matches!(event.what, What::State(_))).count();
        Ok(samples - 2 * (connections - 1))
    };
    let (few, twice) = (samples(8)?, samples(16)?);
    assert_eq!((few, twice), (8 * 2 * 4, 16 * 2 * 4), "both ends, after each of four steps");
    Ok(())
}

fn pauses_last(ground: Ground) -> Result<(), Failed> {
    let recording =
        perform(ground, &script("pause", vec![step(Action::Pause { ns: 20_000_000 }), step(Action::Wait)]))?;
    let [pause, wait] = &recording.steps[..] else { panic!() };
    assert!(pause.end_ns - pause.begin_ns >= 20_000_000);
    assert!(wait.begin_ns >= pause.end_ns);
    assert_eq!((recording.events.len(), recording.end), (0, End::Completed));
    Ok(())
}

fn flags_are_passed_on(ground: Ground) -> Result<(), Failed> {
    let send = |text: &str, flags: &[MsgFlag]| {
        call(CLIENT, Call::Send { data: Data::Text(text.into()), flags: flags.to_vec() })
    };
    let recv = |size, flags: &[MsgFlag]| call(SERVER, Call::Recv { size, flags: flags.to_vec() });
    let finish = |place| step(Action::Finish { step: StepId(place) });
    let mut steps = connected();
    steps.extend([
        recv(4, &[MsgFlag::WaitAll]).blocks(), // step 3
        send("ab", &[MsgFlag::NoSignal]).wire(CLIENT, SegmentKind::Data),
        send("c", &[MsgFlag::More]),
        send("d", &[]).wire(CLIENT, SegmentKind::Data),
        finish(3),
        send("xyz", &[MsgFlag::Oob]).wire(CLIENT, SegmentKind::Data),
        recv(10, &[MsgFlag::Oob]),
        recv(10, &[]),
    ]);
    let recording = perform(ground, &script("flags", steps))?;
    assert_eq!(outcome(&recording, 3), read_bytes("abcd"));
    assert_eq!(outcome(&recording, 9), read_bytes("z"));
    assert_eq!(outcome(&recording, 10), read_bytes("xy"));
    let segments: Vec<_> = recording.frames.iter().filter_map(|frame| frame.segment.as_ref()).collect();
    assert!(segments.iter().any(|one| one.payload == b"cd"), "MSG_MORE did not hold back");
    assert!(segments.iter().any(|one| one.flags.has(Flags::URG)), "nothing was urgent");
    Ok(())
}

fn a_started_call_runs_against_the_next(ground: Ground) -> Result<(), Failed> {
    let started = |mut step: Step| {
        if let Action::Call { starts, .. } = &mut step.action {
            *starts = Some("it".into());
        }
        step
    };
    let mut steps = connected();
    // It neither sleeps nor has to: a poll of half a second is left under way at once.
    let wait = Call::Poll { events: vec![PollEvent::In], timeout_ns: Some(500_000_000) };
    steps.extend([
        started(call(SERVER, wait)), // step 3
        write(CLIENT, "a").wire(CLIENT, SegmentKind::Data),
        step(Action::Finish { step: StepId(3) }),
        started(close(SERVER)), // step 6
        write(CLIENT, "b"),
        step(Action::Finish { step: StepId(6) }),
    ]);
    let recording = perform(ground, &script("started", steps))?;
    assert!(recording.steps.iter().all(|step| step.missed.is_none()), "{:?}", recording.steps);
    assert_eq!(outcome(&recording, 3), Outcome::Returned { value: 1, detail: Detail::Ready(vec![PollEvent::In]) });
    assert_eq!(outcome(&recording, 6), returned(0));
    assert_eq!(recording.end, End::Completed);
    Ok(())
}
