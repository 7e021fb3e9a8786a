//! The page: how fast it is written, and how soon a browser has painted it.
//!
//! Run as a benchmark it fails where a limit is exceeded: broken-pipe in 10 ms, 1,000 events in 200 ms, and the first paint of that
//! page in 1 s, and a step of it in a frame of 16 ms. With `--test` it only shows that it runs.

#[path = "../tests/browser/driver.rs"]
mod driver;
#[path = "../tests/browser/page.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod page;
#[expect(dead_code, reason = "other benchmarks need more of it")]
mod recordings;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use driver::{Browser, Programs, Trouble};
use page::{PROJECTOR, Page};
use serde_json::json;
use tcpstory::record::Recording;
use tcpstory::report::format::{self, json as timeline};
use tcpstory::report::{Options, tell};

/// Each is measured so often; the median counts.
const TIMES: usize = 11;

fn main() -> ExitCode {
    let is_measured = std::env::args().any(|argument| argument == "--bench");
    match measure(if is_measured { TIMES } else { 1 }, is_measured) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn measure(times: usize, is_strict: bool) -> Result<(), Trouble> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/broken-pipe.json");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lesson = timeline::read(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let large = recordings::of_about(1_000);
    let mut slow = Vec::new();
    let mut report = |what: &str, took: Duration, limit: Duration| {
        println!("{what}: {took:.1?} (at most {limit:?})");
        if is_strict && took > limit {
            slow.push(what.to_owned());
        }
    };
    report("page of broken-pipe written", writing(&lesson, times), Duration::from_millis(10));
    report("page of 1,000 events written", writing(&large, times), Duration::from_millis(200));
    match driver::programs() {
        Ok(programs) => {
            report("its first paint", painting(&programs, &large, times)?, Duration::from_secs(1));
            let stepped = stepping(&programs, &recordings::of_steps(1_000), times)?;
            report("a step of 1,000 events, in the browser's main thread", stepped, Duration::from_millis(16));
        }
        Err(missing) => println!("its first paint: not measured, {missing}"),
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("too slow: {}", slow.join(", "))) }
}

/// How long telling the story and writing its page takes.
fn writing(recording: &Recording, times: usize) -> Duration {
    median((0..times).map(|_| {
        let recording = recording.clone();
        let begin = Instant::now();
        black_box(html(recording));
        begin.elapsed()
    }))
}

fn html(recording: Recording) -> Vec<u8> {
    let options = Options::default();
    let written = format::by_name("html").map(|format| (format.write)(&tell(recording, &options), &options));
    written.unwrap_or_default()
}

/// From opening the page to what the browser calls its first paint, as the page itself is told.
fn painting(programs: &Programs, recording: &Recording, times: usize) -> Result<Duration, Trouble> {
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for the page: {error}"))?;
    let file = folder.path().join("large.html");
    std::fs::write(&file, html(recording.clone())).map_err(|error| format!("{}: {error}", file.display()))?;
    let browser = Browser::start(programs)?;
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(first_paint(&browser, &file)?);
    }
    Ok(median(took.into_iter()))
}

fn first_paint(browser: &Browser, file: &Path) -> Result<Duration, Trouble> {
    const PAINTED: &str = "new Promise((done) => new PerformanceObserver((list) => list.getEntriesByName('first-contentful-paint').forEach((paint) => \
                           done(paint.startTime))).observe({ type: 'paint', buffered: true }))";
    let page = Page::new(browser, PROJECTOR)?;
    page.open(file, "")?;
    let seen = page.see(PAINTED)?;
    let ms = seen.as_f64().ok_or_else(|| format!("no paint: {seen}"))?;
    Ok(Duration::from_secs_f64(ms / 1_000.0))
}

/// How much time of the browser's main thread a step takes, in the middle of a story: script, layout and painting.
fn stepping(programs: &Programs, recording: &Recording, times: usize) -> Result<Duration, Trouble> {
    const STEPS: &str = "(async () => { for (let step = 0; step < 20; step++) { next(); await new Promise((done) => requestAnimationFrame(() => \
                         setTimeout(done))); } })()";
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for the page: {error}"))?;
    let file = folder.path().join("steps.html");
    std::fs::write(&file, html(recording.clone())).map_err(|error| format!("{}: {error}", file.display()))?;
    let browser = Browser::start(programs)?;
    let page = Page::new(&browser, PROJECTOR)?;
    page.open(&file, "?step=60")?;
    page.ask("Performance.enable", &json!({ "timeDomain": "threadTicks" }))?;
    let busy = || {
        let told = page.ask("Performance.getMetrics", &json!({}))?;
        let metrics = told["metrics"].as_array().into_iter().flatten();
        let task =
            metrics.filter(|metric| metric["name"] == "TaskDuration").find_map(|metric| metric["value"].as_f64());
        task.ok_or_else(|| format!("no time: {told}"))
    };
    let mut took = Vec::new();
    for _ in 0..times {
        page.see("void openAt(60)")?;
        let before = busy()?;
        page.see(STEPS)?;
        took.push(Duration::from_secs_f64((busy()? - before) / 20.0));
    }
    Ok(median(took.into_iter()))
}

fn median(took: impl Iterator<Item = Duration>) -> Duration {
    let mut took: Vec<_> = took.collect();
    took.sort();
    took.get(took.len() / 2).copied().unwrap_or_default()
}
