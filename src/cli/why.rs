//! `tcpstory why`

use std::io::{self, Read as _};

use super::args::WhyArgs;
use super::explain::show;
use super::{Code, output};
use crate::report::why::{Reading, index, read, unknown};

/// The most that is read from standard input, in bytes.
const MOST: u64 = 8 << 20;

/// Says what may be behind a log line. A line that is not recognized is told so, and the exit code is 1.
pub(super) fn why(args: &WhyArgs) -> Code {
    let text = match args.line.as_slice() {
        [] => return show(&index(), &args.sheet),
        [dash] if dash == "-" => match input() {
            Ok(text) => text,
            Err(error) => {
                output::error(&format!("cannot read standard input: {error}"));
                return Code::Usage;
            }
        },
        words => words.join(" "),
    };
    let readings = read(&text);
    if readings.is_empty() {
        return show(&unknown(&text), &args.sheet).and(Code::Unexpected);
    }
    let pages = readings.iter().map(Reading::page);
    let mut code = Code::Success;
    for (place, page) in pages.enumerate() {
        if place > 0 {
            code = code.and(output::result(b"\n"));
        }
        code = code.and(show(&page, &args.sheet));
    }
    code
}

fn input() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
