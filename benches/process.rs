//! Whole processes and live runs: what a person waits for.
//!
//! It has its own `main`, because a process must enter the sandbox before it has threads, and because its actors are this same
//! executable.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::Criterion;
use tcpstory::lab::run::run;
use tcpstory::lab::sandbox::{Ground, enter};
use tcpstory::lab::session::Options;
use tcpstory::lab::{StopFlag, actor};
use tcpstory::record::{Recording, Script, What};
use tcpstory::scenario::builtin;

fn main() {
    actor::main_if_asked();
    let ground = enter();
    let mut criterion = Criterion::default().configure_from_args();
    processes(&mut criterion);
    match ground {
        Ok(ground) => calls(&mut criterion, ground),
        Err(error) => eprintln!("no live runs are measured: {error}"),
    }
    criterion.final_summary();
}

/// `tcpstory run broken-pipe`, once and a thousand times.
fn processes(criterion: &mut Criterion) {
    let tcpstory = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpstory"));
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().expect("the program starts");
        assert!(status.success(), "{arguments:?}: {status}");
    };
    let mut group = criterion.benchmark_group("process");
    group.sample_size(50);
    group.bench_function("run broken-pipe", |bencher| {
        bencher.iter(|| tcpstory(&["run", "broken-pipe", "--no-save"]));
    });
    group.sample_size(10);
    group.bench_function("run broken-pipe --repeat 1000", |bencher| {
        bencher.iter(|| tcpstory(&["run", "broken-pipe", "--no-save", "--repeat", "1000"]));
    });
    group.finish();
}

/// From the begin of the first call to the end of the last.
fn calls(criterion: &mut Criterion, ground: Ground) {
    let script = builtin::get("broken-pipe").expect("it is shipped").parse().expect("it parses");
    let mut group = criterion.benchmark_group("live");
    group.sample_size(50);
    group.bench_function("broken-pipe, first call to last", |bencher| {
        bencher.iter_custom(|runs| (0..runs).map(|_| between_calls(&perform(ground, &script))).sum());
    });
    group.bench_function("broken-pipe, from sandbox to recording", |bencher| {
        bencher.iter_custom(|runs| {
            let begin = Instant::now();
            for _ in 0..runs {
                perform(ground, &script);
            }
            begin.elapsed()
        });
    });
    group.finish();
}

fn perform(ground: Ground, script: &Script) -> Recording {
    let stop = StopFlag::new().expect("descriptors are left");
    run(&ground, script, &Options::default(), &stop).expect("the scenario runs")
}

fn between_calls(recording: &Recording) -> Duration {
    let calls = recording.events.iter().filter_map(|event| match &event.what {
        What::Syscall(call) => Some((event.t_ns, call.end_ns.unwrap_or(event.t_ns))),
        _ => None,
    });
    let (first, last) =
        calls.fold((i64::MAX, i64::MIN), |(first, last), (begin, end)| (first.min(begin), last.max(end)));
    Duration::from_nanos(u64::try_from(last - first).expect("calls follow each other"))
}
