//! Runs that do not go as expected: deaths, deadlines, interruptions.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use nix::sys::signal::{Signal as NixSignal, kill};
use nix::unistd::Pid;
use tcpstory::lab::StopFlag;
use tcpstory::lab::actor::Executable;
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::Ground;
use tcpstory::lab::session::{Options, Session};
use tcpstory::record::{
    Action, ActorId, Awaited, Bytes, CONNECTION, Call, Detail, End, Errno, Event, ExitStatus, LISTENER, Outcome,
    Recording, SegmentKind, Signal, SigpipeDisposition, StepId, TcpState, What,
};

use crate::build::{CLIENT, Expecting, SERVER, broken_pipe, connected, listen, on, read, script, step, write};
use crate::look::{outcome, syscall, told};
use crate::{Test, perform};

pub(crate) const TESTS: &[Test] = &[
    ("sigpipe_kills_inside_write", true, sigpipe_kills_inside_write),
    ("sigpipe_can_be_ignored", true, sigpipe_can_be_ignored),
    ("a_blocked_actor_is_killed", false, a_blocked_actor_is_killed),
    ("a_caught_signal_interrupts_a_read", false, a_caught_signal_interrupts_a_read),
    ("a_missed_segment_does_not_stop_the_run", false, a_missed_segment_does_not_stop_the_run),
    ("a_missed_state_says_what_there_was", false, a_missed_state_says_what_there_was),
    ("a_call_that_does_not_return_stops_its_actor", false, a_call_that_does_not_return_stops_its_actor),
    ("a_call_that_should_block_returns", false, a_call_that_should_block_returns),
    ("a_failed_bind_ends_the_step", false, a_failed_bind_ends_the_step),
    ("an_actor_killed_by_somebody_stops_the_run", false, an_actor_killed_by_somebody_stops_the_run),
    ("an_interruption_ends_every_wait", false, an_interruption_ends_every_wait),
    ("what_is_no_actor_is_refused", false, what_is_no_actor_is_refused),
    ("a_person_may_stop_half_way", false, a_person_may_stop_half_way),
    ("actors_die_with_their_conductor", false, actors_die_with_their_conductor),
];

fn exits(recording: &Recording) -> Vec<(ActorId, ExitStatus, Option<StepId>)> {
    let exit = |event: &Event| match &event.what {
        What::Exit(exit) => Some((exit.actor, exit.status, exit.step)),
        _ => None,
    };
    recording.events.iter().filter_map(exit).collect()
}

fn sigpipe_kills_inside_write(ground: Ground) -> Result<(), Failed> {
    let mut script = broken_pipe();
    script.actors[0].sigpipe = SigpipeDisposition::Default;
    script.steps.push(read(SERVER, 1));
    script.steps.push(read(CLIENT, 1));
    let recording = perform(ground, &script)?;
    assert_eq!(outcome(&recording, 7), Outcome::Killed { signal: Signal::SIGPIPE });
    assert_eq!(exits(&recording), [(CLIENT, ExitStatus::Signal(Signal::SIGPIPE), Some(StepId(7)))]);
    assert_eq!(recording.end, End::Stopped { at: StepId(9) }, "the server's step goes on, the client's cannot");
    let made = recording.events.iter().find(|event| syscall(event).is_some_and(|made| made.step == StepId(7))).unwrap();
    assert!(made.t_ns <= syscall(made).unwrap().end_ns.unwrap());
    Ok(())
}

fn sigpipe_can_be_ignored(ground: Ground) -> Result<(), Failed> {
    let mut script = broken_pipe();
    script.actors[0].sigpipe = SigpipeDisposition::Ignore;
    let recording = perform(ground, &script)?;
    assert_eq!(outcome(&recording, 7), Outcome::Failed { errno: Errno::EPIPE });
    assert!(!recording.events.iter().any(|event| matches!(event.what, What::Signal(_))));
    Ok(())
}

fn a_blocked_actor_is_killed(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    let killing = step(Action::Kill { actor: SERVER, signal: Signal::SIGKILL }).wire(SERVER, SegmentKind::Fin);
    steps.extend([read(SERVER, 1).blocks(), killing, read(CLIENT, 1)]);
    let recording = perform(ground, &script("killed", steps))?;
    assert_eq!(outcome(&recording, 3), Outcome::Killed { signal: Signal::SIGKILL });
    assert_eq!(exits(&recording), [(SERVER, ExitStatus::Signal(Signal::SIGKILL), Some(StepId(4)))]);
    assert_eq!(outcome(&recording, 5), Outcome::Returned { value: 0, detail: Detail::Data(Bytes::default()) });
    let place = |wanted: fn(&What) -> bool| recording.events.iter().position(|event| wanted(&event.what)).unwrap();
    assert!(place(|what| matches!(what, What::Kill(_))) < place(|what| matches!(what, What::Exit(_))));
    Ok(())
}

fn a_caught_signal_interrupts_a_read(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    let signal = step(Action::Kill { actor: SERVER, signal: Signal::SIGPIPE });
    steps.extend([read(SERVER, 1).blocks(), signal, step(Action::Finish { step: StepId(3) })]);
    let recording = perform(ground, &script("interrupted", steps))?;
    assert_eq!(outcome(&recording, 3), Outcome::Failed { errno: Errno::EINTR });
    assert!(recording.events.iter().any(|event| matches!(event.what, What::Signal(_))));
    assert_eq!((exits(&recording), recording.end), (vec![], End::Completed));
    Ok(())
}

fn a_missed_segment_does_not_stop_the_run(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.push(write(CLIENT, "a").wire(CLIENT, SegmentKind::Data).wire(SERVER, SegmentKind::Rst).within_ms(50));
    steps.push(read(SERVER, 1));
    let recording = perform(ground, &script("missed", steps))?;
    assert_eq!(recording.steps[3].missed, Some(Awaited::Wire(1)));
    assert!(recording.steps[3].end_ns - recording.steps[3].begin_ns >= 50_000_000);
    assert_eq!((recording.steps[4].missed.clone(), recording.end), (None, End::Completed));
    Ok(())
}

fn a_missed_state_says_what_there_was(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.push(step(Action::Wait).state(SERVER, LISTENER, TcpState::Listen).state(
        SERVER,
        CONNECTION,
        TcpState::Established,
    ));
    steps.push(step(Action::Wait).state(CLIENT, CONNECTION, TcpState::CloseWait).within_ms(30));
    let recording = perform(ground, &script("state", steps))?;
    assert_eq!(recording.steps[3].missed, None);
    assert_eq!(recording.steps[4].missed, Some(Awaited::State(0)));
    assert_eq!(recording.steps[4].states, [TcpState::Established]);
    Ok(())
}

fn a_call_that_does_not_return_stops_its_actor(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([read(SERVER, 1).within_ms(50), write(CLIENT, ""), read(SERVER, 1)]);
    let recording = perform(ground, &script("busy", steps))?;
    assert_eq!(recording.steps[3].missed, Some(Awaited::Return));
    assert_eq!(outcome(&recording, 3), Outcome::Unfinished);
    let reading = recording.events.iter().filter_map(syscall).find(|made| made.step == StepId(3)).unwrap();
    assert!(reading.blocked && reading.end_ns.is_none());
    assert_eq!((recording.steps.len(), recording.end), (5, End::Stopped { at: StepId(5) }));
    Ok(())
}

fn a_call_that_should_block_returns(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([write(CLIENT, "a").wire(CLIENT, SegmentKind::Data), read(SERVER, 1).blocks()]);
    steps.push(step(Action::Finish { step: StepId(4) }));
    let recording = perform(ground, &script("returns", steps))?;
    assert_eq!(recording.steps[4].missed, Some(Awaited::Block));
    assert!(!recording.events.iter().filter_map(syscall).any(|made| made.blocked));
    assert_eq!((recording.steps[5].missed.clone(), recording.end), (None, End::Completed));
    Ok(())
}

fn a_failed_bind_ends_the_step(ground: Ground) -> Result<(), Failed> {
    let second = on(SERVER, "second", Call::Listen { backlog: 1 });
    let recording = perform(ground, &script("in-use", vec![listen(), second]))?;
    let last = recording.events.iter().filter_map(syscall).next_back().unwrap();
    assert_eq!((last.call.name(), last.implied), ("bind", true));
    assert_eq!(last.outcome, Outcome::Failed { errno: Errno::EADDRINUSE });
    Ok(())
}

fn an_actor_killed_by_somebody_stops_the_run(ground: Ground) -> Result<(), Failed> {
    let mut steps = connected();
    steps.extend([step(Action::Wait), read(CLIENT, 1)]);
    let script = script("murder", steps);
    let mut session = Session::open(&ground, &script, &Options::default(), &StopFlag::new()?)?;
    for _ in 0..3 {
        session.step()?.unwrap();
    }
    let client = children().into_iter().find(|pid| comm(*pid) == "client").unwrap();
    kill(Pid::from_raw(client), NixSignal::SIGTERM).unwrap();
    await_gone(client);
    assert_eq!((session.step()?, session.step()?, session.step()?), (Some(StepId(3)), None, None));
    let recording = session.finish()?;
    assert_eq!(exits(&recording), [(CLIENT, ExitStatus::Signal(Signal::SIGTERM), None)]);
    assert_eq!(recording.end, End::Stopped { at: StepId(4) });
    Ok(())
}

fn an_interruption_ends_every_wait(ground: Ground) -> Result<(), Failed> {
    let never = 3600 * 1000;
    let waits = [
        read(SERVER, 1).within_ms(never),
        step(Action::Wait).wire(SERVER, SegmentKind::Rst).within_ms(never),
        step(Action::Wait).state(SERVER, CONNECTION, TcpState::Close).within_ms(never),
        step(Action::Pause { ns: never * 1_000_000 }),
    ];
    for wait in waits {
        let stop = StopFlag::new()?;
        let mut steps = connected();
        steps.extend([wait, write(CLIENT, "a")]);
        let script = script("interrupt", steps);
        let mut session = Session::open(&ground, &script, &Options::default(), &stop)?;
        for _ in 0..3 {
            session.step()?.unwrap();
        }
        let raised = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20)); // so that the step is under way
            let at = Instant::now();
            stop.raise();
            at
        });
        assert_eq!(session.step()?, Some(StepId(3)));
        let noticed = raised.join().unwrap().elapsed();
        assert!(noticed < Duration::from_secs(1), "noticed after {noticed:?}");
        assert_eq!(session.step()?, None);
        let recording = session.finish()?;
        assert_eq!((recording.end.clone(), recording.steps.len()), (End::Interrupted { at: StepId(3) }, 4));
        assert!(told(&recording).contains("server.accept -> 4"));
        assert!(children().is_empty(), "left over: {:?}", children());
    }
    Ok(())
}

fn what_is_no_actor_is_refused(ground: Ground) -> Result<(), Failed> {
    for path in ["/bin/true", "/no/such/executable"] {
        let options = Options { actors: Executable::at(path), ..Options::default() };
        let error = run(&ground, &broken_pipe(), &options, &StopFlag::new()?).unwrap_err();
        assert!(error.to_string().contains("cannot start an actor"), "{error}");
    }
    assert!(children().is_empty(), "left over: {:?}", children());
    Ok(())
}

fn a_person_may_stop_half_way(ground: Ground) -> Result<(), Failed> {
    let mut session = Session::open(&ground, &broken_pipe(), &Options::default(), &StopFlag::new()?)?;
    session.step()?.unwrap();
    session.step()?.unwrap();
    let recording = session.finish()?;
    assert_eq!((recording.end, recording.steps.len()), (End::Interrupted { at: StepId(2) }, 2));
    drop(Session::open(&ground, &broken_pipe(), &Options::default(), &StopFlag::new()?)?);
    assert!(children().is_empty(), "left over: {:?}", children());
    Ok(())
}

/// The hidden argument of a conductor that is killed.
const VICTIM: &str = "__victim";

/// Becomes a conductor that waits for ever, with both actors asleep, and says their process ids.
pub(crate) fn victim_if_asked(ground: Option<&Ground>) {
    if std::env::args().nth(1).as_deref() != Some(VICTIM) {
        return;
    }
    let mut steps = connected();
    steps.extend([read(SERVER, 1).blocks(), step(Action::Pause { ns: u64::MAX })]);
    let script = script("victim", steps);
    let stop = StopFlag::new().unwrap();
    let mut session = Session::open(ground.unwrap(), &script, &Options::default(), &stop).unwrap();
    for _ in 0..4 {
        session.step().unwrap();
    }
    // The process that probed the machine may still be closing its packet socket.
    let actors = children().into_iter().filter(|pid| ["client", "server"].contains(&comm(*pid).as_str()));
    println!("{}", actors.map(|pid| pid.to_string()).collect::<Vec<_>>().join(" "));
    session.step().unwrap();
}

fn actors_die_with_their_conductor(_: Ground) -> Result<(), Failed> {
    let mut victim = Command::new("/proc/self/exe").arg(VICTIM).stdout(Stdio::piped()).spawn()?;
    let said = first_line(&mut victim);
    victim.kill()?;
    victim.wait()?;
    let actors: Vec<i32> = said?.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(actors.len(), 2, "{actors:?}");
    actors.into_iter().for_each(await_gone);
    Ok(())
}

fn first_line(child: &mut Child) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)?;
    Ok(line)
}

/// The processes that this one has started and not reaped.
pub(crate) fn children() -> Vec<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let all: Vec<String> = tasks.flatten().map(of).collect();
    all.iter().flat_map(|pids| pids.split_whitespace()).map(|pid| pid.parse().unwrap()).collect()
}

fn comm(pid: i32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

/// Waits until the process is dead: gone, or a zombie that its parent has not reaped.
fn await_gone(pid: i32) {
    let begin = Instant::now();
    let lives = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        (!stat.rsplit_once(')')?.1.trim_start().starts_with(['Z', 'X'])).then_some(())
    };
    while lives().is_some() {
        assert!(begin.elapsed() < Duration::from_secs(10), "process {pid} lives");
        std::thread::yield_now();
    }
}
