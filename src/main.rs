//! The `tcpstory` program: see the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    tcpstory::lab::actor::main_if_asked();
    tcpstory::cli::main()
}
