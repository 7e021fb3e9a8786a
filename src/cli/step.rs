//! `tcpstory step`

use unicode_width::UnicodeWidthStr as _;

use super::args::StepArgs;
use super::stop::{Stop, cannot};
use super::terminal::{Key, Screen, Woken};
use super::{Code, lessons, output, render, run};
use crate::lab::session::{Options as Asked, Session};
use crate::lab::{LabError, sandbox};
use crate::record::{Recording, Script, StepId};
use crate::report::columns::{cut, prefix};
use crate::report::format::ladder::{self, Parts};
use crate::report::words::{self, count};
use crate::report::{self, Options, format};
use crate::story::Story;

/// What the keys do.
const KEYS: &str = "Space next · ↑ ↓ look back · q quit";
/// The one without which nobody gets out, for a screen that has no room for all.
const WAY_OUT: &str = "q quit";
/// How many columns of a step's name are shown before keys give way to it.
const SHORTEST: usize = 12;
const KEYS_IN_ASCII: &str = "Space next, Up/Down look back, q quit";

/// Performs a scenario step by step, as a person asks for it.
pub(super) fn step(args: &StepArgs) -> Code {
    let checked = Screen::check().and_then(|()| args.output.iter().try_for_each(|path| run::format_of(path).map(drop)));
    if let Err(message) = checked {
        output::error(&message);
        return Code::Usage;
    }
    let family = args.live.place.family();
    let Some(script) = lessons::read_one(&args.scenario, family) else { return Code::Usage };
    let opened = sandbox::enter_with(args.live.place.sandbox.into()).and_then(|ground| {
        let stop = Stop::new()?;
        let session = Session::open(&ground, &script, &Asked { by_hand: true, ..Asked::default() }, &stop.flag)?;
        Ok((session, stop))
    });
    let (mut session, stop) = match opened {
        Ok(opened) => opened,
        Err(error) => return cannot(&error),
    };
    let options = output::text(&args.live.text);
    let walked = walk(&mut session, &script, &stop, &options, args.live.text.screen.width.is_none());
    let runs_on = session.timer_of_steps();
    let told = walked.and_then(|()| session.finish().map_err(Failure::Machine));
    match told {
        Ok(recording) => {
            let options = Options { width: output::columns(args.live.text.screen.width), ..options };
            tell(recording, args, &options, runs_on).and(stop.left())
        }
        Err(Failure::Machine(error)) => cannot(&error),
        Err(Failure::Terminal(message)) => {
            output::error(&message);
            Code::Usage
        }
    }
}

enum Failure {
    Machine(LabError),
    Terminal(String),
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        Self::Machine(error)
    }
}

/// Shows the screen until the person leaves.
fn walk(session: &mut Session, script: &Script, stop: &Stop, options: &Options, fit: bool) -> Result<(), Failure> {
    let mut screen = Screen::enter().map_err(Failure::Terminal)?;
    let mut view = View { script, options: *options, fit, back: 0, done: None };
    let mut story = told(session)?;
    loop {
        view.draw(&story, session.next(), None);
        let keys = match screen.wait(&stop.flag) {
            Woken::Stopped => return Ok(()),
            Woken::Resized => continue,
            Woken::Keys(keys) => keys,
        };
        for key in keys {
            match (key, session.next()) {
                (Key::Quit, _) => return Ok(()),
                (Key::Next, Some(at)) => {
                    view.draw(&story, Some(at), Some("…"));
                    session.step()?;
                    (view.back, view.done) = (0, Some(at));
                    story = told(session)?;
                }
                (Key::Next, None) => view.back = 0,
                (Key::Up | Key::Down | Key::PageUp | Key::Home | Key::End, _) => view.scroll(key),
            }
        }
    }
}

/// The story until now.
fn told(session: &mut Session) -> Result<Story, LabError> {
    session.so_far().map(crate::story::tell)
}

/// The whole of what came, after the screen is gone.
fn tell(recording: Recording, args: &StepArgs, options: &Options, runs_on: Option<&str>) -> Code {
    let story = report::tell(recording, options);
    let mut code = Code::Success;
    if let Some(format) = format::by_name("ladder") {
        code = code.and(render::print(format, &(format.write)(&story, options)));
    }
    code = code.and(run::write_and_name(&args.output, &story, options));
    if story.failed() {
        code = code.and(Code::Unexpected);
        if let Some(timer) = runs_on {
            output::note(&format!(
                "the kernel does not wait for a person: {timer}\n  help: `tcpstory run` performs all steps at once"
            ));
        }
    }
    code
}

/// What is on the screen.
struct View<'a> {
    script: &'a Script,
    options: Options,
    /// The page is as wide as the terminal.
    fit: bool,
    /// How many rows the last one shown is before the newest.
    back: usize,
    /// The step that was performed last.
    done: Option<StepId>,
}

impl View<'_> {
    fn scroll(&mut self, key: Key) {
        let page = Screen::size().1 / 2;
        self.back = match key {
            Key::Up => self.back.saturating_add(1),
            Key::PageUp => self.back.saturating_add(page),
            Key::Down => self.back.saturating_sub(1),
            Key::Home => usize::MAX,
            Key::End | Key::Next | Key::Quit => 0,
        };
    }

    fn draw(&mut self, story: &Story, next: Option<StepId>, performing: Option<&str>) {
        let (columns, lines) = Screen::size();
        if self.fit {
            self.options.width = columns;
        }
        let parts = ladder::parts(story, &self.options);
        self.back = self.back.min(parts.rows.len().saturating_sub(1));
        let plain = |text: String| if self.options.ascii { words::ascii(&text) } else { text };
        let (head, foot) =
            (plain(words::plain(&self.script.title)), plain(self.status(story, next, performing, columns)));
        let (head, foot) = (prefix(&head, columns).to_owned(), prefix(&foot, columns).to_owned());
        Screen::draw(&composed(&parts, &Frame { head, foot, lines, back: self.back, done: self.done }));
    }

    /// How far it is, what comes next, and what the keys do.
    fn status(&self, story: &Story, next: Option<StepId>, performing: Option<&str>, columns: usize) -> String {
        let steps = self.script.steps.len();
        let keys = if self.options.ascii { KEYS_IN_ASCII } else { KEYS };
        match next {
            Some(at) => {
                let step = words::action(&self.script.steps[at.0], self.script);
                let step = if self.options.ascii { words::ascii(&step) } else { step };
                let place = at.0 + 1;
                match performing {
                    Some(mark) => between(&format!(" {place}/{steps}  "), &step, &[mark], columns),
                    None => between(&format!(" {place}/{steps} next: "), &step, &[keys, WAY_OUT], columns),
                }
            }
            None if story.verdict.passed() => {
                let all = count(story.verdict.checks.len() as u64, "expectation");
                format!(" {steps}/{steps}  ✓ {all} · {WAY_OUT}")
            }
            None => format!(" {steps}/{steps}  ✗ not as expected · {WAY_OUT} tells where"),
        }
    }
}

/// A name between its place and what stands after it, of which the first is taken that leaves some room. A name that is too long
/// gives way.
fn between(begin: &str, name: &str, ends: &[&str], columns: usize) -> String {
    let room = |end: &str| columns.saturating_sub(begin.width() + 3 + end.width());
    let end =
        ends.iter().find(|end| room(end) >= name.width().min(SHORTEST)).or(ends.last()).copied().unwrap_or_default();
    format!("{begin}{} · {end}", cut(name, room(end), "..."))
}

/// What stands around the rows, and which of them are shown.
struct Frame {
    head: String,
    foot: String,
    /// How many lines the screen has.
    lines: usize,
    back: usize,
    done: Option<StepId>,
}

/// The lines of the screen: title, names, the rows up to the newest or to the one looked back to, why the last step came out as it
/// did, and the status. The newest row has its place on every screen that has two lines more than it.
fn composed(parts: &Parts, frame: &Frame) -> Vec<String> {
    let why = parts.why.iter().filter(|why| why.step.is_some() && why.step == frame.done);
    let mut why: Vec<String> = why.flat_map(|why| why.lines.iter().cloned()).collect();
    let mut above = vec![frame.head.clone(), parts.names.clone()];
    above.truncate(frame.lines.saturating_sub(2));
    let rest = frame.lines.saturating_sub(above.len() + 1);
    why.truncate((rest / 3).min(rest.saturating_sub(parts.newest + 1)));
    if !why.is_empty() {
        why.insert(0, String::new());
    }
    let room = rest - why.len();
    let end = parts.rows.len() - frame.back.min(parts.rows.len());
    let shown = &parts.rows[end.saturating_sub(room)..end];
    let blank = vec![String::new(); room - shown.len()];
    let (shown, why) = (shown.to_vec(), why);
    [above, shown, blank, why, vec![frame.foot.clone()]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::format::ladder::Painted;

    fn screen(rows: usize, why: usize, lines: usize, back: usize) -> Vec<String> {
        let rows = (0..rows).map(|row| format!("row {row}")).collect();
        let lines_of_why = (0..why).map(|line| format!("why {line}")).collect();
        let why = vec![Painted { step: Some(StepId(0)), lines: lines_of_why }];
        let parts = Parts { names: "names".into(), rows, newest: 1, why };
        let (head, foot) = ("head".to_owned(), "foot".to_owned());
        composed(&parts, &Frame { head, foot, lines, back, done: Some(StepId(0)) })
    }

    #[test]
    fn the_newest_row_is_on_every_screen() {
        for lines in 3..40 {
            for (rows, why) in [(1, 0), (10, 3), (100, 0), (100, 30)] {
                let shown = screen(rows, why, lines, 0);
                assert_eq!(shown.len(), lines, "{shown:?}");
                assert!(shown.contains(&format!("row {}", rows - 1)), "{lines} lines: {shown:?}");
                assert_eq!(shown.last().map(String::as_str), Some("foot"));
            }
        }
    }

    #[test]
    fn one_can_look_back() {
        let shown = screen(100, 0, 24, 50);
        assert!(shown.contains(&"row 49".to_owned()) && !shown.contains(&"row 50".to_owned()));
    }

    #[test]
    fn a_long_name_leaves_the_keys_on_the_line() {
        let name = "client setsockopt(SO_LINGER, 0), and a long story about it that goes on for a while";
        for columns in 30..120 {
            let line = between(" 3/12 next: ", name, &[KEYS, WAY_OUT], columns);
            assert!(line.width() <= columns && line.ends_with(WAY_OUT), "{columns}: {line}");
            assert_eq!(line.contains(KEYS), columns >= 12 + SHORTEST + 3 + KEYS.width(), "{columns}: {line}");
        }
        assert_eq!(
            between(" 1/2 next: ", "server listen", &[KEYS, WAY_OUT], 80),
            format!(" 1/2 next: server listen · {KEYS}")
        );
        assert_eq!(between(" 1/2  ", "client read(10)", &["…"], 20), " 1/2  client ... · …");
    }
}
