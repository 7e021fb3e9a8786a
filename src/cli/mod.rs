//! The commands: one file for each. Only this room sees both the laboratory and the story.
//!
//! Standard output carries the result, standard error everything else. [`Code`] lists the exit codes.

mod args;
mod check;
mod code;
mod compare;
mod doctor;
mod explain;
mod lessons;
mod list;
mod output;
mod picture;
mod progress;
mod quiz;
mod render;
mod repeat;
mod run;
mod save;
mod schema;
mod shell;
mod step;
mod stop;
mod terminal;
mod why;
mod wireshark;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
pub use code::Code;

/// Runs the program with the arguments of its process.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return no_command(&error).into(),
    };
    let code = match &args.command {
        Command::Run(args) => run::run(args),
        Command::Step(args) => step::step(args),
        Command::Quiz(args) => quiz::quiz(args),
        Command::Check(args) => check::check(args),
        Command::List(args) => list::list(args),
        Command::Compare(args) => compare::compare(args),
        Command::Render(args) => render::render(args),
        Command::Explain(args) => explain::explain(args),
        Command::Why(args) => why::why(args),
        Command::Doctor => doctor::doctor(),
        Command::Schema(args) => schema::schema(args),
        Command::Completions(args) => shell::completions(args),
        Command::Wireshark(args) => wireshark::wireshark(args),
        Command::Man => shell::man(),
    };
    code.into()
}

/// Prints help, the version, or what is wrong with the arguments.
fn no_command(said: &clap::Error) -> Code {
    let printed = said.print().and_then(|()| io::stdout().flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            output::error(&format!("cannot write to standard output: {error}"));
            Code::Usage
        }
        _ if said.use_stderr() => Code::Usage,
        _ => Code::Success,
    }
}

/// The command line, for its documentation and for the tests.
pub fn command() -> clap::Command {
    <Args as clap::CommandFactory>::command()
}
