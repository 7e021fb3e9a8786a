//! What was typed.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};

use super::output;
use crate::lab::sandbox::Preference;
use crate::record::Family;
use crate::report::{self, Theme, Wireshark, format::FORMATS};

/// Run small TCP stories on real kernel sockets and see who caused what.
///
/// A scenario says what programs do to their sockets. tcpstory does it, captures every segment on the loopback interface and
/// ties every result (EPIPE, ECONNRESET, end of file) to the segment or call behind it. No root needed.
#[derive(Debug, Parser)]
#[command(name = "tcpstory", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    told as expected
  1    an expectation failed, the capture is incomplete, or with --strict something is unexplained
  2    the scenario or the arguments are wrong, or a file cannot be written
  3    this machine cannot: run `tcpstory doctor`
  101  a bug in tcpstory
  129, 130, 143  interrupted by SIGHUP, Ctrl-C (not in step and quiz) or SIGTERM";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios, tell their stories and save captures
    Run(RunArgs),
    /// Run a scenario step by step: each key performs the next one on the live sockets
    Step(StepArgs),
    /// Be asked before a step is performed, and see whether the kernel agrees
    Quiz(QuizArgs),
    /// Check scenario files without running them
    Check(CheckArgs),
    /// List the built-in scenarios, or print the file of one
    List(ListArgs),
    /// Turn a saved timeline into any other format
    Render(RenderArgs),
    /// Put two runs beside each other, step by step, and say where they part
    Compare(CompareArgs),
    /// Explain an errno, a call, a segment, a state, an option, a flag or a rule
    Explain(ExplainArgs),
    /// Say what may be behind a line of a log
    Why(WhyArgs),
    /// Say what this machine allows, and why not
    Doctor,
    /// Print the JSON Schema of a file format, or its field reference
    Schema(SchemaArgs),
    /// Make Wireshark show the story: install a profile, open a capture with it
    Wireshark(WiresharkArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page (roff)
    Man,
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct RunArgs {
    /// Built-in names (see `tcpstory list`; `tcpstory list --show NAME` prints the file of one), scenario files, folders of them, or - for standard input
    #[arg(required_unless_present = "all", value_name = "SCENARIO")]
    pub(super) scenarios: Vec<PathBuf>,
    /// Run every built-in scenario
    #[arg(long, conflicts_with = "scenarios")]
    pub(super) all: bool,
    /// Leave out scenarios that wait for timers of the kernel, a second or more
    #[arg(long)]
    pub(super) no_slow: bool,
    /// Fail where the model does not explain what happened
    #[arg(long)]
    pub(super) strict: bool,
    /// What to print; without it one scenario prints its ladder, several print a summary
    #[arg(short, long, value_name = "NAME", value_parser = formats())]
    pub(super) format: Option<String>,
    /// Also write to FILE, in the format of its extension; repeatable, for one scenario
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    /// The folder for the captures and the timeline of each scenario
    #[arg(long, value_name = "DIR", default_value = "captures")]
    pub(super) save: PathBuf,
    /// Save nothing
    #[arg(long, conflicts_with = "save")]
    pub(super) no_save: bool,
    /// Run each scenario N times and count the distinct stories
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) repeat: u32,
    /// How many runs go on at the same time [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Debug, clap::Args)]
pub(super) struct StepArgs {
    /// A built-in name (see `tcpstory list`) or a scenario file
    #[arg(value_name = "SCENARIO")]
    pub(super) scenario: PathBuf,
    /// Also write the story to FILE, as far as it came, in the format of its extension; repeatable
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) live: Live,
}

#[derive(Debug, clap::Args)]
pub(super) struct QuizArgs {
    /// A built-in name or a scenario file; without it, the built-in scenarios that ask
    #[arg(value_name = "SCENARIO")]
    pub(super) scenario: Option<PathBuf>,
    /// Also write the story to FILE, as far as it came, in the format of its extension; repeatable
    #[arg(short, long, value_name = "FILE", requires = "scenario")]
    pub(super) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) live: Live,
}

/// Over what and where the traffic runs.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// Run over IPv6, whatever the scenario says
    #[arg(long)]
    pub(super) ipv6: bool,
    /// Where the traffic runs
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub(super) sandbox: Ground,
}

impl Place {
    /// The address family that was asked for.
    pub(super) fn family(&self) -> Option<Family> {
        self.ipv6.then_some(Family::Ipv6)
    }
}

/// How wide and how colourful a text is.
#[derive(Debug, clap::Args)]
pub(super) struct Screen {
    /// The text's width in columns [default: the terminal's]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub(super) width: Option<u16>,
    /// Colours in the text
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

/// How a text looks that has signs: a ladder, or two of them.
#[derive(Debug, clap::Args)]
pub(super) struct Text {
    /// The text in ASCII
    #[arg(long)]
    pub(super) ascii: bool,
    #[command(flatten)]
    pub(super) screen: Screen,
}

/// What a story is before any output is made of it.
#[derive(Debug, clap::Args)]
pub(super) struct Telling {
    /// Replace times, ports, sequence numbers and process ids by stable ones
    #[arg(long)]
    pub(super) normalize: bool,
    /// Leave out what answers a scenario's questions: its story ends before the first of them
    #[arg(long)]
    pub(super) no_answers: bool,
}

/// Where a person's run goes on, and how its ladder looks.
#[derive(Debug, clap::Args)]
pub(super) struct Live {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) text: Text,
}

/// How outputs look.
#[derive(Debug, clap::Args)]
pub(super) struct Look {
    #[command(flatten)]
    pub(super) telling: Telling,
    /// What the pcapng tells beside the packets
    #[arg(long, value_name = "MODE", default_value = "journal")]
    pub(super) wireshark: WiresharkMode,
    /// Tell everything: what the lecturer says, every cause, every expectation
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) text: Text,
    #[command(flatten)]
    pub(super) picture: PictureArgs,
}

/// How pictures look, and how far they go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pictures")]
pub(super) struct PictureArgs {
    /// End ladder and pictures with this event (c3, or client.write#2) and leave out what comes after it
    #[arg(long, value_name = "ID")]
    pub(super) upto: Option<String>,
    /// The colours of an SVG
    #[arg(long, value_name = "THEME", default_value = "light")]
    pub(super) theme: ThemeArg,
    /// Make everything that a step adds to an SVG a fragment of reveal.js
    #[arg(long)]
    pub(super) fragments: bool,
    /// Also write an SVG for each step to DIR: step-01.svg and so on, all of one size
    #[arg(long, value_name = "DIR")]
    pub(super) steps: Option<PathBuf>,
}

impl PictureArgs {
    /// An option that was given and that only one story can answer.
    pub(super) fn of_one_story(&self) -> Option<&'static str> {
        match (&self.upto, &self.steps) {
            (Some(_), _) => Some("--upto"),
            (None, Some(_)) => Some("--steps"),
            (None, None) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ThemeArg {
    /// Dark on white
    Light,
    /// Light on nearly black
    Dark,
    /// Black and greys on white, for paper
    Mono,
}

impl From<ThemeArg> for Theme {
    fn from(theme: ThemeArg) -> Self {
        match theme {
            ThemeArg::Light => Self::Light,
            ThemeArg::Dark => Self::Dark,
            ThemeArg::Mono => Self::Mono,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::doc_markdown, reason = "these comments are help texts")]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum WiresharkMode {
    /// Calls as rows between the packets, comments on packets
    Journal,
    /// Comments on packets
    Comments,
    /// Packets alone: for exercises, leaks nothing of the story
    Plain,
}

impl From<WiresharkMode> for Wireshark {
    fn from(mode: WiresharkMode) -> Self {
        match mode {
            WiresharkMode::Journal => Self::Journal,
            WiresharkMode::Comments => Self::Comments,
            WiresharkMode::Plain => Self::Plain,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[expect(clippy::doc_markdown, reason = "these comments are help texts")]
pub(super) enum Ground {
    /// In a namespace of its own; else on the host's loopback
    Auto,
    /// Only in a namespace of its own
    Namespace,
    /// On the host's loopback; needs CAP_NET_RAW
    Host,
}

impl From<Ground> for Preference {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::Auto => Self::Auto,
            Ground::Namespace => Self::Namespace,
            Ground::Host => Self::Host,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Scenario files, folders of them, built-in names, or - for standard input; `tcpstory list --show NAME` prints a built-in one
    /// to start from, `tcpstory schema scenario --docs` describes the language
    #[arg(required = true, value_name = "SCENARIO")]
    pub(super) scenarios: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Print a built-in scenario's file (TOML), to read, or to copy and change
    #[arg(long, value_name = "NAME", conflicts_with_all = ["tag", "rule", "width"])]
    pub(super) show: Option<String>,
    /// Only scenarios with this tag
    #[arg(long, value_name = "TAG")]
    pub(super) tag: Option<String>,
    /// Only scenarios that show this rule
    #[arg(long, value_name = "ID")]
    pub(super) rule: Option<String>,
    /// The width in columns [default: the terminal's; without one, a line for each scenario]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub(super) width: Option<u16>,
    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    /// A timeline that `tcpstory run` has saved, or - for standard input
    #[arg(value_name = "TIMELINE")]
    pub(super) timeline: PathBuf,
    /// What to print [default: ladder, unless -o is given]
    #[arg(short, long, value_name = "NAME", value_parser = formats())]
    pub(super) format: Option<String>,
    /// Write to FILE, in the format of its extension; repeatable
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// A built-in name, a scenario file, or a timeline that `tcpstory run` has saved
    #[arg(value_name = "A")]
    pub(super) a: PathBuf,
    /// Another one
    #[arg(value_name = "B")]
    pub(super) b: PathBuf,
    /// What to print [default: text, unless -o is given]
    #[arg(short, long, value_name = "NAME", value_parser = comparisons())]
    pub(super) format: Option<String>,
    /// Write to FILE, in the format of its extension; repeatable
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) telling: Telling,
    /// Show everything: pure acknowledgments and folded waits, too
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) text: Text,
    /// The colours of an SVG
    #[arg(long, value_name = "THEME", default_value = "light")]
    pub(super) theme: ThemeArg,
}

impl CompareArgs {
    /// How the comparison is to look, with the terminal asked for what was not said.
    pub(super) fn options(&self) -> report::Options {
        report::Options {
            verbose: self.verbose,
            theme: self.theme.into(),
            ..output::telling(&self.telling, output::text(&self.text))
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// An errno (EPIPE, 104, "broken pipe"), a call (read), a segment (RST), a state (`CLOSE_WAIT`), a rule's id, SIGPIPE, or a lesson's tag (Nagle, backlog); without it, the list of them
    #[arg(value_name = "TOPIC")]
    pub(super) topic: Vec<String>,
    #[command(flatten)]
    pub(super) sheet: Sheet,
}

#[derive(Debug, clap::Args)]
pub(super) struct WhyArgs {
    /// The line, as it stands in the log; or - for standard input (a whole log or traceback); without it, the forms that are known
    #[arg(value_name = "LINE")]
    pub(super) line: Vec<String>,
    #[command(flatten)]
    pub(super) sheet: Sheet,
}

/// How a page of text looks.
#[derive(Debug, clap::Args)]
pub(super) struct Sheet {
    /// What to print
    #[arg(short, long, value_name = "NAME", default_value = "text")]
    pub(super) format: PageFormat,
    #[command(flatten)]
    pub(super) screen: Screen,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum PageFormat {
    /// For a terminal
    Text,
    /// For notes and slides
    Markdown,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Which format
    pub(super) of: SchemaOf,
    /// A description for people instead, in Markdown: of the scenario language, or of every field
    #[arg(long)]
    pub(super) docs: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// Scenario files
    Scenario,
    /// JSON timelines
    Timeline,
    /// What `compare` writes as JSON
    Comparison,
}

#[derive(Debug, clap::Args)]
pub(super) struct WiresharkArgs {
    #[command(subcommand)]
    pub(super) action: WiresharkAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum WiresharkAction {
    /// Put the profile `tcpstory` (columns, colours, buttons) into Wireshark's configuration folder
    Install {
        /// Wireshark's configuration folder [default: the user's]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Print the command that opens a capture with the profile
    Open(WiresharkOpen),
}

#[derive(Debug, clap::Args)]
pub(super) struct WiresharkOpen {
    /// A capture, or the name of a scenario whose run was saved in captures/
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Run the command instead
    #[arg(long)]
    pub(super) run: bool,
    /// Wireshark's configuration folder, where the profile was installed with --dir
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

fn formats() -> PossibleValuesParser {
    let value =
        |format: &report::format::Format| clap::builder::PossibleValue::new(format.name).help(format.description);
    PossibleValuesParser::new(FORMATS.iter().map(value))
}

fn comparisons() -> PossibleValuesParser {
    let value =
        |format: &report::compare::Format| clap::builder::PossibleValue::new(format.name).help(format.description);
    PossibleValuesParser::new(report::compare::FORMATS.iter().map(value))
}
