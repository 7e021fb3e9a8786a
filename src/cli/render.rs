//! `tcpstory render`

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::args::RenderArgs;
use super::lessons::{STDIN, STDIN_SHOWN};
use super::run::{check_questions, write_outputs};
use super::{Code, output, picture};
use crate::record::Recording;
use crate::report;
use crate::report::format::{self, Format, json};
use crate::report::words::escape;

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
        code = code.and(picture::write_steps(folder, &story, &options));
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
    let failed = |error: io::Error| format!("cannot read {shown}: {error}");
    let bytes = if is_stdin {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
        bytes
    } else {
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(format!("cannot read {shown}: it is not a regular file"));
        }
        fs::read(path).map_err(failed)?
    };
    json::read(&bytes).map_err(|error| format!("{shown}: {error}"))
}
