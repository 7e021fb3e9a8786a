//! `tcpstory completions` and `tcpstory man`

use super::args::CompletionsArgs;
use super::{Code, command, output};

/// Prints a completion script.
pub(super) fn completions(args: &CompletionsArgs) -> Code {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "tcpstory", &mut script);
    output::result(&script)
}

/// Prints the manual page: the program, then each command.
pub(super) fn man() -> Code {
    let mut page = Vec::new();
    let mut whole = command();
    whole.build();
    let mut rendered = clap_mangen::Man::new(whole.clone()).render(&mut page);
    for command in whole.get_subcommands().filter(|command| command.get_name() != "help") {
        rendered = rendered.and_then(|()| clap_mangen::Man::new(command.clone()).render(&mut page));
    }
    match rendered {
        Ok(()) => output::result(&page),
        Err(error) => {
            output::error(&format!("cannot write the manual page: {error}"));
            Code::Usage
        }
    }
}
