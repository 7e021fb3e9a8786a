//! `tcpstory quiz`

mod given;

use std::fmt::Write as _;

use super::args::QuizArgs;
use super::run::{format_of, write_and_name};
use super::stop::{Stop, cannot};
use super::terminal::Lines;
use super::{Code, lessons, output};
use crate::lab::run::run;
use crate::lab::sandbox::{self, Ground};
use crate::lab::session::{Options as Asked, Session, timer};
use crate::lab::{LabError, StopFlag};
use crate::record::{Question, Recording, Script, StepId};
use crate::report::Options;
use crate::report::format::ladder;
use crate::report::ties::Ties;
use crate::report::withhold::{before, first_question};
use crate::report::words::{self, count, escape};
use crate::scenario::builtin;
use crate::story::{Story, answers, tell};
use given::Given;

/// Asks before each step that has a question, and shows the kernel's answer beside the person's.
pub(super) fn quiz(args: &QuizArgs) -> Code {
    let Some(name) = &args.scenario else { return output::result(list().as_bytes()) };
    let family = args.live.place.family();
    let Some(script) = lessons::read_one(name, family) else { return Code::Usage };
    if first_question(&script).is_none() {
        let id = escape(&script.id);
        output::error(&format!("{id} asks no question\n  help: `tcpstory quiz` lists the lessons that do"));
        return Code::Usage;
    }
    let checked = args.output.iter().try_for_each(|path| format_of(path).map(drop));
    if let Err(message) = checked {
        output::error(&message);
        return Code::Usage;
    }
    let opened = sandbox::enter_with(args.live.place.sandbox.into()).and_then(|ground| Ok((ground, Stop::new()?)));
    let (ground, stop) = match opened {
        Ok(opened) => opened,
        Err(error) => return cannot(&error),
    };
    let options = output::text(&args.live.text);
    let held = hold(ground, &script, &stop.flag, options);
    let held = held.map(|(story, code)| code.and(write_and_name(&args.output, &story, &options)));
    held.unwrap_or_else(|failure| match failure {
        Failure::Machine(error) => cannot(&error),
        Failure::Output(message) => {
            output::error(&message);
            Code::Usage
        }
    })
    .and(stop.left())
}

enum Failure {
    Machine(LabError),
    Output(String),
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        Self::Machine(error)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Output(message)
    }
}

/// The built-in scenarios that ask, with how many questions each has.
fn asking() -> impl Iterator<Item = (&'static str, Script, u64)> {
    builtin::all().filter_map(|one| {
        let script = one.parse().ok()?;
        let questions = script.steps.iter().filter(|step| step.predict.is_some()).count() as u64;
        (questions > 0).then_some((one.name, script, questions))
    })
}

fn list() -> String {
    let asking: Vec<_> = asking().collect();
    let width = asking.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let line = |(name, script, questions): &(&str, Script, u64)| {
        format!("{name:width$}  {:11}  {}\n", count(*questions, "question"), script.title)
    };
    asking.iter().map(line).collect()
}

/// Where the answers come from.
enum Source {
    /// Real sockets: a call with a question is made only after the answer.
    Live(Box<Session>),
    /// A run that was just made.
    Recorded(Box<Recording>),
}

impl Source {
    /// Real sockets where the kernel waits for a person; where it would not, a run at once, and which timer is why.
    fn open(ground: Ground, script: &Script, stop: &StopFlag) -> Result<(Self, Option<&'static str>), LabError> {
        let mut runs_on = timer(script, true);
        if runs_on.is_none() {
            let session = Session::open(&ground, script, &Asked { by_hand: true, ..Asked::default() }, stop)?;
            runs_on = session.timer();
            if runs_on.is_none() {
                return Ok((Self::Live(Box::new(session)), None));
            }
        }
        Ok((Self::Recorded(Box::new(run(&ground, script, &Asked::default(), stop)?)), runs_on))
    }

    /// What had happened before a step began.
    fn before(&mut self, at: StepId) -> Result<Recording, LabError> {
        Ok(match self {
            Self::Live(session) => before(session.so_far()?, at),
            Self::Recorded(recording) => before(recording.as_ref().clone(), at),
        })
    }

    /// Performs a step. False when the run has ended before it.
    fn perform(&mut self, at: StepId) -> Result<bool, LabError> {
        match self {
            Self::Live(session) => Ok(session.step()?.is_some()),
            Self::Recorded(recording) => Ok(recording.steps.iter().any(|run| run.step == at)),
        }
    }
}

/// Holds the quiz.
fn hold(ground: Ground, script: &Script, stop: &StopFlag, options: Options) -> Result<(Story, Code), Failure> {
    let (mut source, runs_on) = Source::open(ground, script, stop)?;
    let mut sheet = Sheet { options, shown: 0, lines: Lines::default(), asked: 0, right: 0 };
    sheet.print(&opening(script, runs_on, &options))?;
    for (place, step) in script.steps.iter().enumerate() {
        let at = StepId(place);
        let given = match &step.predict {
            None => None,
            Some(question) => {
                sheet.rows(&source.before(at)?)?;
                let Some(given) = sheet.ask(script, at, question, stop)? else { break };
                Some((question, given))
            }
        };
        if !source.perform(at)? {
            break;
        }
        if let Some((question, given)) = given {
            let story = tell(source.before(StepId(place + 1))?);
            sheet.rows(&story.recording)?;
            sheet.reveal(&story, at, question, &given)?;
        }
    }
    let told = match source {
        Source::Live(session) => session.finish()?,
        Source::Recorded(recording) => before(*recording, sheet.reached(script)),
    };
    let told = tell(told);
    sheet.rows(&told.recording)?;
    let code = sheet.score(script, &told)?;
    Ok((told, code))
}

/// The title, and how it is told.
fn opening(script: &Script, runs_on: Option<&str>, options: &Options) -> String {
    let how = match runs_on {
        None => "On live sockets: the call that you are asked about is made only after your answer.".to_owned(),
        Some(timer) => {
            format!("From a run that was just made, because the kernel would not wait for your answers: {timer}.")
        }
    };
    let questions = script.steps.iter().filter(|step| step.predict.is_some()).count() as u64;
    let text = format!("{}. {how} q ends the quiz.", count(questions, "question"));
    let wrapped = words::wrap(&text, options.width.saturating_sub(2)).join("\n ");
    format!(" {}\n\n {wrapped}\n", words::plain(&script.title))
}

/// What was shown and answered until now.
struct Sheet {
    options: Options,
    /// How many rows of the ladder.
    shown: usize,
    lines: Lines,
    asked: u64,
    right: u64,
}

impl Sheet {
    fn print(&self, text: &str) -> Result<(), String> {
        let text = if self.options.ascii { words::ascii(text) } else { text.to_owned() };
        output::print(text.as_bytes())
    }

    /// Shows the rows of the ladder that came since the last ones.
    fn rows(&mut self, recording: &Recording) -> Result<(), String> {
        let parts = ladder::parts(&tell(recording.clone()), &self.options);
        let fresh = parts.rows.get(self.shown..).unwrap_or_default();
        if fresh.is_empty() {
            return Ok(());
        }
        self.shown = parts.rows.len();
        output::print(format!("\n{}\n{}\n", parts.names, fresh.join("\n")).as_bytes())
    }

    /// Asks until there is an answer; none where the person has had enough.
    fn ask(
        &mut self,
        script: &Script,
        at: StepId,
        question: &Question,
        stop: &StopFlag,
    ) -> Result<Option<Given>, String> {
        let width = self.options.width.saturating_sub(4);
        let mut text = format!("\n ? {}\n", words::action(&script.steps[at.0], script));
        for line in words::wrap(&words::plain(&question.text), width) {
            let _ = writeln!(text, "   {line}"); // writing to a string cannot fail
        }
        for (number, choice) in question.choices.iter().enumerate() {
            let _ = writeln!(text, "   {}  {}", words::letter(number), words::choice(choice, at, script));
        }
        self.print(&text)?;
        let wanted = given::wanted(question);
        loop {
            self.print(&format!("   {wanted}: "))?;
            let line = self.lines.next(stop);
            match line.as_deref() {
                None | Some("q" | "Q" | "quit") => {
                    self.print("\n")?;
                    return Ok(None);
                }
                Some(line) => {
                    if let Some(given) = given::read(line, question, at, script) {
                        return Ok(Some(given));
                    }
                    self.print(&format!("   that is no answer here: {}\n", escape(line.trim())))?;
                }
            }
        }
    }

    /// Says whether the answer was right, what the kernel did, and why a wrong answer is tempting.
    fn reveal(&mut self, story: &Story, at: StepId, question: &Question, given: &Given) -> Result<(), String> {
        let right = match given {
            Given::Choice(place) => answered_right(story, at).contains(place),
            Given::Free(answer) => answers::holds(&story.recording, at, answer) == Some(true),
        };
        self.asked += 1;
        self.right += u64::from(right);
        let ties = Ties::new(story);
        let answered = story.answers.iter().find(|answered| answered.step == at);
        let did = answered.map_or_else(|| "nothing".into(), |answered| words::answered(&ties, question, answered));
        let script = &story.recording.script;
        let said = given::said(given, question, at, script);
        let verdict = if right { "✓ right".to_owned() } else { format!("✗ wrong: {said}") };
        let mut text = format!("\n   {verdict}. The kernel: {did}\n");
        let width = self.options.width.saturating_sub(4);
        if let Some(tempting) = given::tempting(given, question).filter(|_| !right) {
            for line in words::wrap(&words::plain(tempting), width) {
                let _ = writeln!(text, "   {line}"); // writing to a string cannot fail
            }
        }
        self.print(&text)?;
        let parts = ladder::parts(story, &self.options);
        let why: Vec<String> =
            parts.why.into_iter().filter(|why| why.step == Some(at)).flat_map(|why| why.lines).collect();
        if why.is_empty() { Ok(()) } else { output::print(format!("\n{}\n", why.join("\n")).as_bytes()) }
    }

    /// Up to which step a recorded run was told: all of it once every question is answered.
    fn reached(&self, script: &Script) -> StepId {
        let mut questions = (0..).zip(&script.steps).filter(|(_, step)| step.predict.is_some());
        let next = questions.nth(usize::try_from(self.asked).unwrap_or(usize::MAX));
        StepId(next.map_or(script.steps.len(), |(place, _)| place))
    }

    /// How many answers were right. What the run was judged is told where it was not as expected.
    fn score(&self, script: &Script, told: &Story) -> Result<Code, String> {
        let questions = script.steps.iter().filter(|step| step.predict.is_some()).count() as u64;
        let open = questions - self.asked;
        let rest = if open > 0 { format!(", {open} not answered") } else { String::new() };
        self.print(&format!("\n {} of {} right{rest}\n", self.right, count(self.asked, "answer")))?;
        if told.failed() {
            output::note("the run was not as expected: `tcpstory run` tells where");
            return Ok(Code::Unexpected);
        }
        Ok(Code::Success)
    }
}

/// The places of the right choices.
fn answered_right(story: &Story, at: StepId) -> &[usize] {
    story.answers.iter().find(|answered| answered.step == at).map_or(&[], |answered| &answered.right)
}
