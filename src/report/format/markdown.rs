//! The story as Markdown, for notes and READMEs: a section for each step with what is said, asked, done and explained.

use std::collections::BTreeMap;

use crate::record::{Choice, Question, Script, Step, StepId};
use crate::report::layout::{Body, Cells, Layout, Part, Place, Row};
use crate::report::page::escaped;
use crate::report::ties::Ties;
use crate::report::words::{Span, Style};
use crate::report::{Options, words};
use crate::story::{Cause, EventId, Side, Story};

/// Writes a story as Markdown.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let layout = Layout::of(&ties, options);
    let mut causes: BTreeMap<EventId, Vec<&Cause>> = BTreeMap::new();
    for cause in layout.causes(&ties, options) {
        causes.entry(cause.of).or_default().push(cause);
    }
    let mut notes = Notes { ties: &ties, causes, paragraphs: Vec::new() };
    notes.head();
    notes.steps(&layout);
    if options.upto.is_none() {
        notes.foot();
    }
    let mut text = notes.paragraphs.join("\n\n");
    text.push('\n');
    text.into_bytes()
}

struct Notes<'a> {
    ties: &'a Ties<'a>,
    /// Those to tell, by what they explain.
    causes: BTreeMap<EventId, Vec<&'a Cause>>,
    paragraphs: Vec<String>,
}

impl<'a> Notes<'a> {
    fn script(&self) -> &'a Script {
        &self.ties.story.recording.script
    }

    fn add(&mut self, paragraph: String) {
        if !paragraph.is_empty() {
            self.paragraphs.push(paragraph);
        }
    }

    fn head(&mut self) {
        let script = self.script();
        self.add(format!("# {}", prose(&script.title)));
        self.add(escaped(&words::facts(self.ties.story)));
        self.add(blocks(&script.summary));
        if !script.goals.is_empty() {
            self.add("Afterwards you can:".into());
            self.add(list(script.goals.iter().map(|goal| prose(goal))));
        }
    }

    fn steps(&mut self, layout: &Layout) {
        let mut rows = layout.rows.as_slice();
        for run in &self.ties.story.recording.steps {
            let end = rows.partition_point(|row| row.seen <= run.step);
            let (now, later) = rows.split_at(end);
            rows = later;
            if now.is_empty() && rows.is_empty() && layout.seen_at(run.step) < layout.rows.len() {
                break;
            }
            if let Some(step) = self.script().steps.get(run.step.0) {
                self.step(run.step, step, now);
            }
        }
    }

    fn heading(&mut self, id: StepId, step: &Step) {
        self.add(format!("## {}. {}", id.0 + 1, code(&words::action(step, self.script()))));
    }

    fn step(&mut self, id: StepId, step: &Step, rows: &[Row]) {
        self.heading(id, step);
        if let Some(question) = &step.predict {
            self.question(question, id);
        }
        self.add(step.say.as_deref().map_or_else(String::new, blocks));
        self.add(list(rows.iter().filter_map(|row| self.row(row))));
        let told: Vec<&Cause> = rows.iter().filter(|row| !is_begin(row)).flat_map(|row| self.causes_of(row)).collect();
        for cause in told {
            let story = self.ties.story;
            let text = format!(
                "> **Why {}**: {}",
                escaped(&words::alias(story, cause.of)),
                escaped(&words::cause(story, cause))
            );
            self.add(text);
        }
    }

    fn causes_of(&self, row: &Row) -> Vec<&'a Cause> {
        row.event.and_then(|event| self.causes.get(&event)).cloned().unwrap_or_default()
    }

    /// What to ask before the step is shown, the answer, and why the wrong ones are tempting; no more than the question where the
    /// answer is not known.
    fn question(&mut self, question: &Question, step: StepId) {
        self.add(format!("**First ask:** {}", prose(&question.text)));
        let (story, script) = (self.ties.story, self.script());
        let answered = story.answers.iter().find(|answered| answered.step == step);
        let choice = |(place, choice): (usize, &Choice)| {
            let said = code(&words::choice(choice, step, script));
            let right = answered.is_some_and(|answered| answered.right.contains(&place));
            let mark = if right { " ✓" } else { "" };
            let tempting = choice.tempting.as_deref().map_or_else(String::new, |text| format!(": {}", prose(text)));
            format!("{}. {said}{mark}{tempting}", words::letter(place))
        };
        self.add(list(question.choices.iter().enumerate().map(choice)));
        if let Some(answered) = answered {
            let did = words::answered(self.ties, question, answered);
            self.add(format!("**Answer, from the kernel:** {}", code(&did)));
        }
    }

    /// A list's item: id, who, what, where it comes from, and the states that changed.
    fn row(&self, row: &Row) -> Option<String> {
        let cells = Cells::new(self.ties, row);
        let story = self.ties.story;
        let who = match (cells.place, row.event) {
            (Place::Wire(..), Some(event)) => words::way(story, event)?,
            (Place::Lane(actor), _) => words::escape(&story.recording.actors.get(actor.0)?.name),
            (Place::Across, _) if let Body::Gap { between_steps, .. } = row.body => {
                let pass = if between_steps { "" } else { " pass" };
                return Some(format!("*{}{pass}*", escaped(&cells.main)));
            }
            _ => String::new(),
        };
        let id = if cells.id.is_empty() { String::new() } else { format!("**{}** ", escaped(&cells.id)) };
        let origin = cells.origin.first().map_or_else(String::new, |origin| format!(" {}", escaped(origin)));
        let dropped = if matches!(row.body, Body::Segment(arrow) if arrow.dropped) { " ✕ dropped" } else { "" };
        Some(format!("{id}{}: {}{dropped}{origin}{}", escaped(&who), code(&cells.main), self.states(row)))
    }

    /// `; client CLOSE_WAIT, server FIN_WAIT1`
    fn states(&self, row: &Row) -> String {
        let mut labels: Vec<_> = row.states.iter().collect();
        labels.sort_by_key(|label| label.endpoint.side == Side::Responder);
        let said = labels.iter().map(|label| {
            let end = words::end_name(self.ties.story, label.endpoint);
            format!("{} {}", escaped(&end), escaped(label.state.name()))
        });
        let said = said.collect::<Vec<_>>().join(", ");
        if said.is_empty() { said } else { format!("; {said}") }
    }

    fn foot(&mut self) {
        for (at, question) in words::open_questions(self.ties.story) {
            if let Some(step) = self.script().steps.get(at.0) {
                self.heading(at, step);
                self.question(question, at);
            }
        }
        let (story, script) = (self.ties.story, self.script());
        if !story.findings.is_empty() {
            self.add("## Findings".into());
            self.add(list(story.findings.iter().map(|finding| escaped(&words::finding(story, finding)))));
        }
        self.section("What people often say instead", &script.misconception);
        self.section("On a real network", &script.loopback_differs);
        self.add("## Expectations".into());
        let failed: Vec<String> = story
            .verdict
            .failed()
            .map(|check| {
                let said = words::check(self.ties, check);
                let place = escaped(&said.place);
                format!("{place}: {} expected {}, found {}", code(&said.step), code(&said.expected), code(&said.actual))
            })
            .collect();
        let (judged, text) = words::verdict(story);
        self.add(format!("{} {text}", judged.sign()));
        self.add(list(failed.into_iter()));
    }

    fn section(&mut self, heading: &str, text: &str) {
        if !text.is_empty() {
            self.add(format!("## {heading}"));
            self.add(blocks(text));
        }
    }
}

fn is_begin(row: &Row) -> bool {
    matches!(row.body, Body::Call { part: Part::Begin, .. })
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")
}

/// A text as code, whatever it contains: the fence is longer than any run of backquotes in it (`CommonMark`, section 6.1).
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// An author's Markdown of several paragraphs and lists.
fn blocks(markdown: &str) -> String {
    let mut text = String::new();
    let mut last_is_item = false;
    for block in words::rich(markdown) {
        if !text.is_empty() {
            text.push_str(if block.is_item && last_is_item { "\n" } else { "\n\n" });
        }
        if block.is_item {
            text.push_str("- ");
        }
        text.push_str(&styled(&block.spans));
        last_is_item = block.is_item;
    }
    text
}

/// An author's Markdown on one line. Emphasis and code stay; links become their text, and everything else that Markdown or HTML
/// would obey is shown as it stands.
fn prose(markdown: &str) -> String {
    styled(&words::spans(markdown))
}

/// Leaves the underscores within words alone: there they are no emphasis (`CommonMark`, section 6.2), and names are full of them.
fn with_names(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let parts: Vec<&str> = escaped.split("\\_").collect();
    for (place, part) in parts.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| parts[place].chars().next_back());
        if place > 0 {
            let inside = [before, part.chars().next()].iter().all(|c| c.is_some_and(char::is_alphanumeric));
            text.push_str(if inside { "_" } else { "\\_" });
        }
        text.push_str(part);
    }
    text
}

fn styled(spans: &[Span]) -> String {
    let written = |span: &Span| {
        let text = words::escape(&span.text);
        let words = || with_names(&escaped(&text));
        match span.style {
            Style::Plain => words(),
            Style::Code => code(&text),
            Style::Strong => format!("**{}**", words()),
            Style::Emphasis => format!("*{}*", words()),
        }
    };
    spans.iter().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{broken_pipe, broken_pipe_of};
    use crate::story::tell;

    fn markdown(stage: crate::report::testing::Stage) -> String {
        String::from_utf8(write(&tell(stage.done()), &Options::default())).unwrap()
    }

    #[test]
    fn broken_pipe_as_notes() {
        insta::assert_snapshot!(markdown(broken_pipe()));
    }

    #[test]
    fn payload_is_code_whatever_it_contains() {
        let text = markdown(broken_pipe_of("<b>", ["a|b", "*c*"], "``` <i>x</i> ` y"));
        assert!(text.starts_with("# \\<b\\>\n"), "{text}");
        assert!(text.contains("a\\|b: ````write(\"``` <i>x</i> ` y\") = 16````"), "{text}");
    }

    #[test]
    fn prose_keeps_its_emphasis_and_nothing_else() {
        assert_eq!(prose("The *write* `a<b` <i> [x](javascript:1)\n# y"), "The *write* `a<b` \\<i\\> x \\# y");
        assert_eq!(prose("open ` <b>"), "open \\` \\<b\\>");
        assert_eq!(prose("SO_LINGER, **TIME_WAIT**, _x_ and a_ b"), "SO_LINGER, **TIME_WAIT**, *x* and a\\_ b");
        assert_eq!(blocks("One\ntwo:\n\n- a\n  b\n* c\n\nEnd."), "One two:\n\n- a b\n- c\n\nEnd.");
        assert_eq!(code("a`b"), "``a`b``");
    }
}
