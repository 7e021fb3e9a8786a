//! `tcpstory compare`

use std::path::{Path, PathBuf};

use super::args::CompareArgs;
use super::run::check_questions;
use super::stop::{Stop, cannot};
use super::{Code, lessons, output, save};
use crate::lab::sandbox::{self, Ground};
use crate::lab::session::Options as Session;
use crate::lab::{LabError, run as perform};
use crate::record::{End, Family, Recording, Script};
use crate::report::compare::{self, Comparison, Format};
use crate::report::format::json::{self, ReadError};
use crate::report::words::escape;
use crate::report::{self, Options};
use crate::story::Story;

/// What is to be compared, before anything has run.
enum Given {
    /// A saved timeline.
    Told(Box<Recording>),
    /// A scenario to run.
    ToRun(Box<Script>),
}

impl Given {
    fn script(&self) -> &Script {
        match self {
            Self::Told(recording) => &recording.script,
            Self::ToRun(script) => script,
        }
    }
}

/// Puts two runs beside each other.
pub(super) fn compare(args: &CompareArgs) -> Code {
    let family = args.place.family();
    let given = [&args.a, &args.b].map(|name| read(name, family));
    let outputs: Result<Vec<_>, String> = args.output.iter().map(|path| Ok((path, format_of(path)?))).collect();
    let outputs = outputs.map_err(|message| output::error(&message));
    let ([Ok(a), Ok(b)], Ok(outputs)) = (given, outputs) else { return Code::Usage };
    let asks = if args.telling.no_answers { check_questions([a.script(), b.script()]) } else { Ok(()) };
    if let Err(message) = asks {
        output::error(&message);
        return Code::Usage;
    }
    let look = Look { options: args.options(), format: args.format.as_deref(), outputs };
    match (a, b) {
        (Given::Told(a), Given::Told(b)) => look.told(*a, *b),
        (a, b) => run_and_tell(args, a, b, &look),
    }
}

/// Reads a timeline, or a scenario to run. What is wrong is printed.
fn read(name: &Path, family: Option<Family>) -> Result<Given, ()> {
    if let Some(timeline) = timeline(name) {
        return timeline.map(|recording| Given::Told(Box::new(recording))).map_err(|message| output::error(&message));
    }
    let scripts = lessons::read(&[name.to_owned()], family).ok_or(())?;
    match <[Script; 1]>::try_from(scripts) {
        Ok([script]) => Ok(Given::ToRun(Box::new(script))),
        Err(several) => {
            let shown = escape(&name.display().to_string());
            let count = several.len();
            output::error(&format!("{shown} is a folder of {count} scenarios\n  help: name one file of it"));
            Err(())
        }
    }
}

/// A saved timeline; none where the file, if there is one, is something else: then it may be a scenario.
fn timeline(name: &Path) -> Option<Result<Recording, String>> {
    if !lessons::has_extension(name, "json") || !name.is_file() {
        return None;
    }
    let shown = || escape(&name.display().to_string());
    match std::fs::read(name).map(|bytes| json::read(&bytes)) {
        Ok(Ok(recording)) => Some(Ok(recording)),
        Ok(Err(ReadError::NotATimeline | ReadError::NotJson { .. } | ReadError::Truncated { .. })) => None,
        Ok(Err(error)) => Some(Err(format!("{}: {error}", shown()))),
        Err(error) => Some(Err(format!("cannot read {}: {error}", shown()))),
    }
}

fn format_of(path: &Path) -> Result<&'static Format, String> {
    let extension = path.extension().map(|extension| extension.to_string_lossy());
    extension.and_then(|extension| compare::by_extension(&extension)).ok_or_else(|| {
        let known =
            compare::FORMATS.iter().map(|format| format!(".{}", format.extension)).collect::<Vec<_>>().join(", ");
        let shown = escape(&path.display().to_string());
        format!("the extension of {shown} does not say how to compare\n  help: use one of {known}")
    })
}

fn run_and_tell(args: &CompareArgs, a: Given, b: Given, look: &Look<'_>) -> Code {
    // Must come while the process has one thread.
    let opened = sandbox::enter_with(args.place.sandbox.into()).and_then(|ground| Ok((ground, Stop::new()?)));
    let (ground, stop) = match opened {
        Ok(opened) => opened,
        Err(error) => return cannot(&error),
    };
    let recordings = perform_one(ground, a, &stop).and_then(|a| Ok((a, perform_one(ground, b, &stop)?)));
    match recordings {
        Ok((a, b)) if is_whole(&a) && is_whole(&b) => look.told(a, b),
        Ok(_) => stop.code("a part of a run is not compared"),
        Err(error) => cannot(&error),
    }
}

fn perform_one(ground: Ground, given: Given, stop: &Stop) -> Result<Recording, LabError> {
    match given {
        Given::Told(recording) => Ok(*recording),
        Given::ToRun(script) => perform::run(&ground, &script, &Session::default(), &stop.flag),
    }
}

fn is_whole(recording: &Recording) -> bool {
    !matches!(recording.end, End::Interrupted { .. })
}

/// How the comparison is shown, and where.
struct Look<'a> {
    options: Options,
    format: Option<&'a str>,
    outputs: Vec<(&'a PathBuf, &'static Format)>,
}

impl Look<'_> {
    fn told(&self, a: Recording, b: Recording) -> Code {
        // Judged is the whole, also where the answers are not shown.
        let whole = Options { no_answers: false, ..self.options };
        let passed = [&a, &b].into_iter().all(|one| !report::tell(one.clone(), &whole).failed());
        let [a, b]: [Story; 2] = [a, b].map(|recording| report::tell(recording, &self.options));
        let comparison = Comparison::new(&a, &b);
        let mut code = if passed { Code::Success } else { Code::Unexpected };
        for (path, format) in &self.outputs {
            if let Err(message) = save::write(path, &(format.write)(&comparison, &self.options)) {
                output::error(&message);
                code = code.and(Code::Usage);
            }
        }
        let asked = self.format.or(self.outputs.is_empty().then_some(compare::FORMATS[0].name));
        if let Some(format) = asked.and_then(compare::by_name) {
            code = code.and(output::result(&(format.write)(&comparison, &self.options)));
        }
        if !passed {
            output::note("an expectation failed in one of the runs: `tcpstory run` tells which");
        }
        code
    }
}
