//! `tcpstory run`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::args::RunArgs;
use super::repeat::{Tally, Told, difference};
use super::stop::{SO_FAR, Stop, cannot};
use super::{Code, lessons, output, picture, progress, render, save, wireshark};
use crate::lab::sandbox::{self, Ground};
use crate::lab::session::Options as Session;
use crate::lab::{LabError, StopFlag, run as perform};
use crate::record::{End, Recording, Script};
use crate::report::format::{self, Format};
use crate::report::withhold::first_question;
use crate::report::words::{count, duration, escape};
use crate::report::{self, Options};
use crate::story::Story;
use crate::story::digest::Digest;

/// The files that each run leaves.
const SAVED: [&str; 3] = ["pcap", "pcapng", "json"];
/// The formats that Wireshark opens.
const CAPTURES: [&str; 2] = ["pcap", "pcapng"];

/// What an interrupted run leaves there would pass for a whole one.
const NOT_SAVED: &str = "only finished runs are saved among the captures";

/// Runs scenarios.
pub(super) fn run(args: &RunArgs) -> Code {
    let family = args.place.family();
    let read = if args.all { lessons::read_all(family) } else { lessons::read(&args.scenarios, family) };
    let Some(mut scripts) = read else { return Code::Usage };
    scripts.retain(|script| !(args.no_slow && script.slow));
    if scripts.is_empty() {
        output::error("every scenario that was named is slow\n  help: leave --no-slow out");
        return Code::Usage;
    }
    if let Err(message) = unclear(&scripts, args) {
        output::error(&message);
        return Code::Usage;
    }
    // Must come while the process has one thread.
    let opened = sandbox::enter_with(args.place.sandbox.into()).and_then(|ground| Ok((ground, Stop::new()?)));
    let (ground, stop) = match opened {
        Ok(opened) => opened,
        Err(error) => return cannot(&error),
    };
    let options = output::options(&args.look);
    let batch = Batch { args, scripts: &scripts, ground, stop: &stop.flag, options };
    let (tallies, refusals) = batch.perform();
    let mut code = batch.tell(tallies, &refusals);
    if let Some(error) = in_one(&refusals) {
        code = code.and(cannot(&error));
    }
    let saved = if args.no_save { SO_FAR.to_owned() } else { format!("{SO_FAR}; {NOT_SAVED}") };
    code.and(stop.code(&saved))
}

/// The scenarios that this machine refuses, by their places, each with the first refusal.
type Refusals = BTreeMap<usize, LabError>;

/// What the machine refuses, as one message: of several different refusals, which the summary lists, only how many there are and
/// what helps.
fn in_one(refusals: &Refusals) -> Option<LabError> {
    let first = refusals.values().next()?;
    if refusals.values().all(|error| error == first) {
        return Some(first.clone());
    }
    let mut told = LabError::new(format!("{} cannot run here", count(refusals.len() as u64, "scenario")));
    for advice in refusals.values().flat_map(|error| &error.advice) {
        if !told.advice.contains(advice) {
            told = told.advise(advice);
        }
    }
    Some(told)
}

/// What was asked and cannot be meant.
fn unclear(scripts: &[Script], args: &RunArgs) -> Result<(), String> {
    let mut names: Vec<_> = scripts.iter().map(|script| script.id.as_str()).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1] && !args.no_save) {
        let name = escape(pair[0]);
        return Err(format!(
            "two scenarios are called {name}, and their captures would overwrite each other\n  help: rename one file, run them one by one, or add --no-save"
        ));
    }
    if !args.output.is_empty() && scripts.len() > 1 {
        return Err("-o writes one story, but several scenarios are to run\n  help: run them one by one; --save DIR keeps every timeline".to_owned());
    }
    let picture = &args.look.picture;
    if let Some(option) = picture.of_one_story().filter(|_| scripts.len() > 1) {
        return Err(format!(
            "{option} is about one story, but several scenarios are to run\n  help: run them one by one"
        ));
    }
    let document = args.format.as_deref().and_then(format::by_name).filter(|format| !format.can_follow);
    if let Some(format) = document.filter(|_| scripts.len() > 1) {
        return Err(format!(
            "{} holds one story, but several scenarios are to run\n  help: run them one by one; --save DIR keeps a file of each",
            format.name
        ));
    }
    if args.look.telling.no_answers {
        check_questions(scripts)?;
        if args.repeat > 1 {
            return Err("--repeat tells how runs differ, and that may answer a question\n  help: leave --repeat or --no-answers out".to_owned());
        }
    }
    args.output.iter().try_for_each(|path| format_of(path).map(drop))
}

/// Answers can be left out only where something is asked.
pub(super) fn check_questions<'a>(scripts: impl IntoIterator<Item = &'a Script>) -> Result<(), String> {
    let asks_nothing = scripts.into_iter().find(|script| first_question(script).is_none());
    asks_nothing.map_or(Ok(()), |script| {
        Err(format!(
            "{} asks no question, so there is no answer to leave out\n  help: `tcpstory quiz` lists the scenarios that ask; [step.predict] adds a question",
            escape(&script.id)
        ))
    })
}

pub(super) fn format_of(path: &Path) -> Result<&'static Format, String> {
    let known = || format::FORMATS.iter().map(|format| format!(".{}", format.extension)).collect::<Vec<_>>().join(", ");
    let extension = path.extension().map(|extension| extension.to_string_lossy());
    extension.and_then(|extension| format::by_extension(&extension)).ok_or_else(|| {
        let shown = escape(&path.display().to_string());
        format!("the extension of {shown} does not say a format\n  help: use one of {}", known())
    })
}

/// Everything that is to be run.
struct Batch<'a> {
    args: &'a RunArgs,
    scripts: &'a [Script],
    ground: Ground,
    stop: &'a StopFlag,
    options: Options,
}

impl Batch<'_> {
    fn repeats(&self) -> usize {
        usize::try_from(self.args.repeat).unwrap_or(usize::MAX)
    }

    /// Runs everything that this machine does not refuse; which scenarios it has refused, by their places, and why.
    fn perform(&self) -> (Vec<Tally>, Refusals) {
        let runs = self.scripts.len().saturating_mul(self.repeats());
        let tallies: Vec<_> = self.scripts.iter().map(|_| Mutex::new(Tally::default())).collect();
        let refusals = Mutex::new(Refusals::new());
        let next = AtomicUsize::new(0);
        let bar = progress::bar(runs as u64);
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= runs || self.stop.is_raised() {
                    break;
                }
                let which = place / self.repeats();
                match perform::run(&self.ground, &self.scripts[which], &Session::default(), self.stop) {
                    Ok(recording) => self.keep(&tallies[which], (place % self.repeats()) as u64, recording),
                    Err(error) => {
                        // Its other repeats would be refused as well.
                        next.fetch_max((which + 1).saturating_mul(self.repeats()), Ordering::Relaxed);
                        if let Ok(mut refusals) = refusals.lock() {
                            refusals.entry(which).or_insert(error);
                        }
                    }
                }
                bar.inc(1);
            }
        };
        match self.jobs().min(runs) {
            1 => work(),
            jobs => thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work)))),
        }
        bar.finish_and_clear();
        // A poisoned lock means that a run has panicked; what the others told is still there.
        let whole = |tally: Mutex<Tally>| tally.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let refusals = refusals.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        (tallies.into_iter().map(whole).collect(), refusals)
    }

    fn jobs(&self) -> usize {
        let processors = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.args.jobs.map_or_else(processors, usize::from)
    }

    /// An interrupted run is told where it is the only one, and is no repetition of anything.
    fn keep(&self, tally: &Mutex<Tally>, run: u64, recording: Recording) {
        let alone = self.scripts.len() == 1 && self.repeats() == 1;
        if matches!(recording.end, End::Interrupted { .. }) && !alone {
            return;
        }
        // Judged is the whole story, also where its answers are not shown.
        let story = report::tell(recording, &Options { no_answers: false, ..self.options });
        if let Ok(mut tally) = tally.lock() {
            tally.add(run, story, self.args.strict);
        }
    }

    fn tell(&self, tallies: Vec<Tally>, refusals: &Refusals) -> Code {
        let told = self.scripts.iter().zip(tallies).filter(|(_, tally)| tally.runs > 0);
        let mut code = Code::Success;
        let mut summary = Vec::new();
        for (script, tally) in told {
            if tally.failed > 0 {
                code = code.and(Code::Unexpected);
                if self.options.no_answers {
                    output::note("not as expected: leave --no-answers out to see where");
                }
            }
            let line = Line::of(script, &tally);
            let stories = self.shown(tally.into_stories());
            let looks: Vec<_> = stories.iter().map(|(_, told)| self.look_of(&told.first)).collect();
            if looks.iter().any(Option::is_none) {
                code = code.and(Code::Usage);
            }
            code = code.and(self.save(script, &stories, looks.first().copied().flatten()));
            code = code.and(self.print(&line, &stories, &looks));
            summary.push(line);
        }
        if self.scripts.len() > 1 && self.args.format.is_none() {
            let refused = refusals.iter().map(|(place, error)| (self.scripts[*place].id.as_str(), error));
            code =
                code.and(output::result(table(&summary, &refused.collect::<Vec<_>>(), self.scripts.len()).as_bytes()));
        }
        code
    }

    /// The stories as they may be shown: judged as a whole, and told without their answers where that is asked for.
    fn shown(&self, mut stories: Vec<(Digest, Told)>) -> Vec<(Digest, Told)> {
        for (_, told) in stories.iter_mut().filter(|_| self.options.no_answers) {
            told.first = report::tell(told.first.recording.clone(), &self.options);
        }
        stories
    }

    /// How the outputs of a story look; none, after a message, where it has not what they are to show.
    fn look_of(&self, story: &Story) -> Option<Options> {
        let look = picture::of_story(&self.options, &self.args.look, story);
        look.map_err(|message| output::error(&message)).ok()
    }

    /// Prints what the arguments ask for, story by story: the format, or the ladder where it is wanted.
    fn print(&self, line: &Line, stories: &[(Digest, Told)], looks: &[Option<Options>]) -> Code {
        let mut code = Code::Success;
        let several = self.scripts.len() > 1;
        if self.repeats() > 1 && !several && self.args.format.is_none() {
            code = code.and(output::result(format!("{}\n", line.text()).as_bytes()));
        }
        for (place, ((digest, told), look)) in stories.iter().zip(looks).enumerate() {
            let wanted = !several || self.args.look.verbose || line.failed > 0 || stories.len() > 1;
            let format = self.args.format.as_deref().or(wanted.then_some("ladder")).and_then(format::by_name);
            let (Some(format), Some(look)) = (format, look) else { continue };
            // A document holds one story: the most frequent. The others are saved beside it.
            if place > 0 && !format.can_follow {
                break;
            }
            if stories.len() > 1 && self.args.format.is_none() {
                let head = heading(place, told, line.runs, &stories[0].0, digest);
                code = code.and(output::result(head.as_bytes()));
            }
            code = code.and(render::print(format, &(format.write)(&told.first, look)));
        }
        code
    }

    /// Writes what was asked for by name, also of an unfinished run. Saves each distinct story of finished ones: the most frequent
    /// under the scenario's name, the others under numbered ones.
    fn save(&self, script: &Script, stories: &[(Digest, Told)], look: Option<Options>) -> Code {
        let mut code = Code::Success;
        for (place, (_, told)) in stories.iter().enumerate() {
            if let Some(look) = look.filter(|_| place == 0) {
                code = code.and(write_and_name(&self.args.output, &told.first, &look));
                if let Some(folder) = &self.args.look.picture.steps {
                    match picture::write_steps(folder, &told.first, &look) {
                        Ok(written) => {
                            written.tell(folder);
                            written.warn(folder);
                        }
                        Err(message) => {
                            output::error(&message);
                            code = code.and(Code::Usage);
                        }
                    }
                }
            }
            let finished = !matches!(told.first.recording.end, End::Interrupted { .. });
            if finished && !self.args.no_save {
                code = code.and(self.save_one(&self.stem(script, place), &told.first));
            }
        }
        code
    }

    /// What the files of a story are called; without answers otherwise than with them.
    fn stem(&self, script: &Script, place: usize) -> String {
        let stem = file_stem(script, place);
        if self.options.no_answers { format!("{stem}.no-answers") } else { stem }
    }

    fn save_one(&self, stem: &str, story: &Story) -> Code {
        let written = save::folder(&self.args.save, "--save DIR, or --no-save").and_then(|()| {
            SAVED.iter().filter_map(|name| format::by_name(name)).try_for_each(|format| {
                let path = self.args.save.join(format!("{stem}.{}", format.extension));
                save::write(&path, &(format.write)(story, &self.options))
            })
        });
        match written {
            Ok(()) => {
                if self.scripts.len() == 1 {
                    let path = |extension: &str| self.args.save.join(format!("{stem}.{extension}"));
                    let shown = |extension| escape(&path(extension).display().to_string());
                    output::note(&format!("saved {} and {}", shown("json"), shown("pcap")));
                    let command = wireshark::command_line(&path("pcapng"));
                    output::note(&format!("saved {}   open it with: {command}", shown("pcapng")));
                }
                Code::Success
            }
            Err(message) => {
                output::error(&message);
                Code::Usage
            }
        }
    }
}

/// Writes the story of a run to files, and names each that was written, a capture with the command that opens it.
pub(super) fn write_and_name(paths: &[PathBuf], story: &Story, options: &Options) -> Code {
    let mut code = Code::Success;
    for path in paths {
        let written = write_outputs(std::slice::from_ref(path), story, options);
        if written == Code::Success {
            let is_capture = format_of(path).is_ok_and(|format| CAPTURES.contains(&format.name));
            let open =
                if is_capture { format!("   open it with: {}", wireshark::command_line(path)) } else { String::new() };
            output::note(&format!("wrote {}{open}", escape(&path.display().to_string())));
        }
        code = code.and(written);
    }
    code
}

/// Writes a story to files, each in the format of its extension.
pub(super) fn write_outputs(paths: &[PathBuf], story: &Story, options: &Options) -> Code {
    let mut code = Code::Success;
    for path in paths {
        let written = format_of(path).and_then(|format| save::write(path, &(format.write)(story, options)));
        if let Err(message) = written {
            output::error(&message);
            code = Code::Usage;
        }
    }
    code
}

/// A scenario's name comes from a file's name, so it holds no separator; a leading dot would hide the files.
fn file_stem(script: &Script, place: usize) -> String {
    let name = script.id.trim_start_matches('.').replace(['/', '\0'], "_");
    let name = if name.is_empty() { "scenario" } else { &name };
    if place == 0 { name.to_owned() } else { format!("{name}.story-{}", place + 1) }
}

/// A scenario's line in the summary.
struct Line {
    id: String,
    title: String,
    slow: bool,
    runs: u64,
    failed: u64,
    incomplete: u64,
    stories: u64,
    beside: String,
    expectations: u64,
    longest_ns: u64,
}

impl Line {
    fn of(script: &Script, tally: &Tally) -> Self {
        Self {
            id: escape(&script.id),
            title: escape(&script.title),
            slow: script.slow,
            runs: tally.runs,
            failed: tally.failed,
            incomplete: tally.incomplete,
            stories: tally.stories(),
            beside: tally.beside(),
            expectations: tally.expectations(),
            longest_ns: tally.longest_ns,
        }
    }

    fn mark(&self) -> &'static str {
        if self.failed == 0 { "✓" } else { "✗" }
    }

    fn text(&self) -> String {
        let mut text = format!("{} {}: {}, ", self.mark(), self.id, count(self.runs, "run"));
        if self.stories == 1 {
            text += "one story";
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "{} distinct stories", self.stories);
        }
        if self.failed > 0 {
            let _ = write!(text, "; {} not as expected", count(self.failed, "run"));
        }
        if self.incomplete > 0 {
            let _ = write!(text, "; {} incomplete", count(self.incomplete, "run"));
        }
        if !self.beside.is_empty() {
            let _ = write!(text, " ({})", self.beside);
        }
        text
    }
}

fn heading(place: usize, told: &Told, runs: u64, usual: &Digest, digest: &Digest) -> String {
    let mut text = format!("\nStory {}: {} of {} (first in run {})\n", place + 1, told.count, runs, told.run + 1);
    if place > 0 {
        let (without, instead) = difference(usual, digest);
        for (sign, lines) in [("-", without), ("+", instead)] {
            for line in lines {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  {sign} {}", escape(line));
            }
        }
    }
    text + "\n"
}

/// The summary of several scenarios, of which this machine may have refused some, and others may not have come to their end.
fn table(lines: &[Line], refused: &[(&str, &LabError)], scenarios: usize) -> String {
    let ids = lines.iter().map(|line| line.id.as_str()).chain(refused.iter().map(|(id, _)| *id));
    let width = ids.map(|id| id.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for line in lines {
        let mark = line.mark();
        let told = if line.runs == 1 {
            count(line.expectations, "expectation")
        } else {
            let stories = if line.stories == 1 { "one story".to_owned() } else { format!("{} stories", line.stories) };
            format!("{}, {stories}", count(line.runs, "run"))
        };
        let slow = if line.slow { "  (slow)" } else { "" };
        // Writing to a string cannot fail.
        let took = duration(line.longest_ns);
        let _ = writeln!(text, "{mark} {:width$}  {told:16}  {took:>7}  {}{slow}", line.id, line.title);
    }
    for (id, error) in refused {
        let reasons: Vec<_> = error.attempts.iter().map(|one| format!("{}: {}", one.what, one.result)).collect();
        let why = if reasons.is_empty() { error.wanted.clone() } else { reasons.join("; ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "– {:width$}  not here: {}", escape(id), escape(&why));
    }
    let failed = lines.iter().filter(|line| line.failed > 0).count();
    let passed = lines.len() - failed;
    let _ = write!(text, "\n{passed} as expected, {failed} not");
    if !refused.is_empty() {
        let _ = write!(text, ", {} not possible here", refused.len());
    }
    if lines.len() + refused.len() < scenarios {
        let _ = write!(text, ", {} not run to the end", scenarios - lines.len() - refused.len());
    }
    text.push('\n');
    text
}
