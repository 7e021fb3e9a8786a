//! A packet-level TCP teaching simulator: it runs scenarios on real kernel sockets, sniffs the loopback interface, and tells who
//! caused what.
//!
//! The program is described in `README.md`, the scenario language in `scenarios/README.md`. This page is the architecture.
//!
//! # One sentence
//!
//! **Sources** produce a [`Recording`](record::Recording) of what happened; a **pure core** turns the Recording into a
//! [`Story`](story::Story) (who caused what, and why); **formats** print the Story.
//!
//! ```text
//!  scenarios/*.toml ─▶ scenario ─▶ Script ─▶ lab::run ─┐                        ┌▶ terminal ladder
//!                                                      ├▶ Recording ─▶ Story ───┼▶ JSON timeline, HTML page, SVG …
//!  saved timeline.json ─▶ report::format::json ────────┘  (record)    (story)   └▶ pcap, annotated pcapng
//!                                                                                  (report::format)
//! ```
//!
//! `lab` never explains; `story` never acts; a format never computes. Only `cli` sees both `lab` and `story`.
//!
//! # Rooms
//!
//! - [`record`]: what was asked and what happened, as plain data: the script, the machine, the events, the frames. serde, and
//!   nothing else: no I/O, no clock, no policy.
//! - [`packet`]: bytes ⇄ segment, and every bit of a frame as a header field. Total: it never panics, whatever the bytes are.
//! - [`capture`]: capture files (pcap, pcapng and its annotations) over `Write`.
//! - [`scenario`]: the author's file, TOML or JSON, to a script with places; diagnostics; the schema; the shipped scenarios.
//! - [`lab`]: everything that touches the machine: the sandbox, the sniffer, the actors' processes, the conductor that performs a
//!   script, and the doctor, who says what this machine allows.
//! - [`story`]: the pure core: order and ids, connections, the model of one TCP endpoint, the table of rules, the verdict.
//! - [`report`]: for a reader: layout, words, the table of formats, and two stories beside each other. One layout says what stands
//!   where; ladder, page, pictures and the timeline's coordinates are all made from it.
//! - [`cli`]: one file for each command.
//!
//! # Who may import whom
//!
//! `tests/architecture.rs` holds the source to this; each room may import only rooms above it.
//!
//! ```text
//! record   → –
//! packet   → record
//! capture  → packet record
//! scenario → record
//! story    → record
//! report   → capture packet record scenario story
//! lab      → packet record
//! cli      → capture lab packet record report scenario story
//! ```
//!
//! `report` reads the catalogue of `scenario`, because a page about an errno or a rule names the lessons that show it.
//!
//! # Invariants
//!
//! - The pure rooms (all but `lab` and `cli`) have no clock, no files, no network, no processes and no threads. Time arrives as
//!   data. The same recording is the same story, byte for byte, on every machine.
//! - The story is recomputed from the recording whenever a timeline is read; what else a timeline file contains is for other
//!   programs. So a rule that was corrected corrects old recordings too.
//! - Nothing is guessed silently. A tie rests on sequence numbers, on the kernel's word, on a rule of the model, or only on the
//!   order of time, and says which; time alone is never called certain. What no rule explains is shown as unexplained.
//! - Before each call the model predicts its outcome, and the prediction is held against what the kernel returned. An explanation
//!   is therefore a tested statement: every shipped scenario, and the measured experiments in `tests/truth`, are replayed
//!   through it.
//! - Ids come from the scenario and not from time: `client.write#2`, `client>server.data[1:6]#1`, with short aliases (`c2`, `p4`)
//!   that are the same in every output. Pure ACKs and state samples count for themselves, so that one more of them shifts no
//!   other id.
//! - Two runs tell the same story when calls, outcomes, causes and all segments but pure ACKs are equal
//!   ([`story::digest`]).
//! - Time 0 is the first segment of the first connection, in every output.
//! - Waiting is on conditions with a deadline. There is no sleep but the author's `pause`, and no retry.
//! - An actor is a process of its own, so that crashes and signals are real. It dies with its conductor, whatever kills that.
//! - A scenario reaches nothing outside its sandbox: no program, no file, no foreign address.
//! - What other people wrote (payloads, names, scenario files, saved timelines) is escaped wherever a terminal or a capture reader
//!   shows it, and never panics the program.
//! - A file has its name only once it is complete.
//! - `unsafe` is in `lab::sys` alone.
//!
//! # How a run goes
//!
//! 1. `cli` reads the arguments and the scenarios; everything that is wrong with them is told before anything is done.
//! 2. [`lab::sandbox::enter_with`] steps onto the best ground that this machine allows, while the process has one thread: with
//!    `CAP_SYS_ADMIN` a network namespace for each run, else a user namespace and in it a network namespace for each run, else the
//!    host's loopback. A child tries the whole chain first, for some distributions refuse only its end.
//! 3. Each run opens a sandbox, calibrates a sniffer, starts its actors and performs the steps, one call at a time: an
//!    order to an actor, the kernel's stamps, the awaited segments and states.
//!    A person may ask for the steps one by one (`step`, `quiz`): it is the same session, and what came so far is told anew after
//!    each. Where the kernel would not wait for a person, [`lab::session::timer`] says so.
//! 4. [`report::tell`] makes the story; the verdict becomes the exit code; formats print and save it.
//!
//! # How to extend it
//!
//! - A scenario: a file in its chapter's folder in `scenarios/`, and its row in `scenario::builtin`. Its expectations are its test;
//!   `tests/lessons` runs it over IPv4 and IPv6.
//! - A call: a variant of [`record::Call`]; the compiler leads to the places that must know it: reading, performing, predicting,
//!   printing. `tests/differential` then makes it at random, and holds the prediction against the kernel.
//! - A format: a file and a row in [`report::format::FORMATS`]; arguments, help and documentation follow.
//! - An explanation: a rule in [`story::rules`], in the file of its subject, with what the RFC says, what Linux does, whether they
//!   differ, and the misconception that it corrects; a sentence for it in `report::words`. `RULES.md` is generated from the table.
//! - A line that some program logs: a pattern in `report::why::patterns`.
//!
//! # What is absent on purpose
//!
//! - No TCP of our own: the kernel's is what is taught. The model predicts what a program sees, not what a stack does.
//! - No asynchronous runtime: actors block, because what is taught are blocking calls.
//! - No global state and no configuration file: a run depends on its arguments, its scenario and the kernel.
//! - No root helper and no daemon.
//! - No other systems than Linux: namespaces, packet sockets and `sock_diag` are the tools, and other kernels end connections in
//!   other ways.

pub mod capture;
pub mod cli;
pub mod lab;
pub mod packet;
pub mod record;
pub mod report;
pub mod scenario;
pub mod story;
