//! `tcpstory render`

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::args::RenderArgs;
use super::lessons::{STDIN, STDIN_SHOWN, has_extension};
use super::run::{check_questions, write_outputs};
use super::{Code, output, picture};
use crate::record::Recording;
use crate::report;
use crate::report::format::json::{self, ReadError};
use crate::report::format::{self, Format};
use crate::report::words::escape;
use crate::scenario::{self, SourceText, builtin};

/// What to do with a scenario.
const A_SCENARIO: &str =
    "\n  help: this is a scenario, which must be run before it can be shown: `tcpstory run` takes it, and -o FILE, too";

/// Tells a saved timeline again, in other formats.
pub(super) fn render(args: &RenderArgs) -> Code {
    let recording = match read(&args.timeline) {
        Ok(recording) => recording,
        Err(message) => {
            output::error(&message);
            return Code::Usage;
        }
    };
    let options = output::options(&args.look);
    let asks = if options.no_answers { check_questions([&recording.script]) } else { Ok(()) };
    if let Err(message) = asks {
        output::error(&message);
        return Code::Usage;
    }
    let story = report::tell(recording, &options);
    let options = match picture::of_story(&options, &args.look, &story) {
        Ok(options) => options,
        Err(message) => {
            output::error(&message);
            return Code::Usage;
        }
    };
    let mut code = write_outputs(&args.output, &story, &options);
    let steps = args.look.picture.steps.as_deref();
    if let Some(folder) = steps {
        match picture::write_steps(folder, &story, &options) {
            Ok(written) => written.warn(folder),
            Err(message) => {
                output::error(&message);
                code = code.and(Code::Usage);
            }
        }
    }
    let asked = args.format.as_deref().or((args.output.is_empty() && steps.is_none()).then_some("ladder"));
    if let Some(format) = asked.and_then(format::by_name) {
        code = code.and(print(format, &(format.write)(&story, &options)));
    }
    code
}

/// Prints a format, but no bytes on a terminal.
pub(super) fn print(format: &Format, bytes: &[u8]) -> Code {
    if !format.is_text && output::is_terminal() {
        let (name, extension) = (format.name, format.extension);
        output::error(&format!("{name} is not text\n  help: write it to a file with -o FILE.{extension}"));
        return Code::Usage;
    }
    output::result(bytes)
}

fn read(path: &Path) -> Result<Recording, String> {
    let is_stdin = path.as_os_str() == STDIN;
    let shown = if is_stdin { STDIN_SHOWN.to_owned() } else { escape(&path.display().to_string()) };
    let failed = |error: io::Error| {
        let named = (error.kind() == io::ErrorKind::NotFound).then(|| path.to_str().and_then(builtin::get)).flatten();
        format!("cannot read {shown}: {error}{}", named.map_or("", |_| A_SCENARIO))
    };
    let bytes = if is_stdin {
        whole_if_json(io::stdin().lock()).map_err(failed)?
    } else {
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(format!("cannot read {shown}: it is not a regular file"));
        }
        File::open(path).and_then(whole_if_json).map_err(failed)?
    };
    json::read(&bytes).map_err(|error| format!("{shown}: {error}{}", help(&error, path, &bytes)))
}

/// A source's bytes, and no more than a scenario may have where they do not begin a JSON object: it may be a capture, and large.
fn whole_if_json(mut source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.by_ref().take(scenario::MAX_BYTES as u64).read_to_end(&mut bytes)?;
    if bytes.trim_ascii_start().first().is_none_or(|first| *first == b'{') {
        source.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// What to do about a file that is no timeline.
fn help(error: &ReadError, path: &Path, bytes: &[u8]) -> &'static str {
    let is_toml = has_extension(path, "toml");
    match error {
        ReadError::NotATimeline | ReadError::NotJson { .. }
            if is_toml || scenario::parse(&SourceText { path: &path.to_string_lossy(), bytes }).is_ok() =>
        {
            A_SCENARIO
        }
        ReadError::NotATimeline | ReadError::NotJson { .. } => {
            "\n  help: render reads the .json that `tcpstory run` leaves in captures/ or writes with -o FILE.json"
        }
        _ => "",
    }
}
