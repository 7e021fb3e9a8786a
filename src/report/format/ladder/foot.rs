//! Under the ladder: why things came out as they did, findings, and the verdict.

use super::paint::{BAD, BOLD, DIM, GOOD, PLAIN, Page};
use crate::record::{End, StepId};
use crate::report::layout::{Body, Layout};
use crate::report::ties::Ties;
use crate::report::words::Judged;
use crate::report::{Options, words};
use crate::story::{Cause, Check, Expected};

pub(super) fn write(page: &mut Page, ties: &Ties<'_>, layout: &Layout, options: &Options) {
    ordinals(page, ties, layout);
    causes(page, ties, layout, options);
    if options.upto.is_some() {
        return; // findings and expectations are about the whole
    }
    findings(page, ties);
    questions(page, ties, options);
    page.blank();
    verdict(page, ties, options);
}

/// What the numbers before segments count, where there are some.
fn ordinals(page: &mut Page, ties: &Ties<'_>, layout: &Layout) {
    let connections = layout.rows.iter().filter_map(|row| match &row.body {
        Body::Segment(arrow) => Some(ties.ordinal(arrow.sender.connection)),
        _ => None,
    });
    let said = match connections.max() {
        None | Some(0 | 1) => return,
        Some(2) => "segments of the second connection between the same two.".to_owned(),
        Some(last) => format!("to [{last}]: segments of the second and later connections between the same two."),
    };
    page.blank();
    page.prose(1, ("[2] ", DIM), &said, DIM);
}

/// The causes that a reader should be told unasked; with `verbose` all of them.
fn causes(page: &mut Page, ties: &Ties<'_>, layout: &Layout, options: &Options) {
    let causes = layout.causes(ties, options);
    if !causes.is_empty() {
        page.blank();
    }
    for cause in causes {
        self::cause(page, ties, cause);
    }
}

/// Why an event came out as it did.
pub(super) fn cause(page: &mut Page, ties: &Ties<'_>, cause: &Cause) {
    let label = format!("why {}: ", words::alias(ties.story, cause.of));
    page.prose(1, (&label, BOLD), &words::cause(ties.story, cause), PLAIN);
}

fn findings(page: &mut Page, ties: &Ties<'_>) {
    let findings = &ties.story.findings;
    if !findings.is_empty() {
        page.blank();
    }
    for finding in findings {
        let is_bad = finding.kind.is_alarming();
        let style = if is_bad { BAD } else { DIM };
        page.prose(1, (if is_bad { "! " } else { "· " }, style), &words::finding(ties.story, finding), PLAIN);
    }
}

/// What is asked: where the answers are left out, and with `verbose`, which tells them.
fn questions(page: &mut Page, ties: &Ties<'_>, options: &Options) {
    let recording = &ties.story.recording;
    let withheld = matches!(recording.end, End::Withheld { .. });
    let asked = recording.script.steps.iter().enumerate().filter(|_| withheld || options.verbose);
    for (place, step) in asked {
        let Some(question) = &step.predict else { continue };
        page.blank();
        let label = format!("? {}: ", words::action(step, &recording.script));
        page.prose(1, (&label, BOLD), &words::plain(&question.text), PLAIN);
        for (number, choice) in question.choices.iter().enumerate() {
            let label = format!("{}  ", words::letter(number));
            page.prose(3, (&label, DIM), &words::choice(choice, StepId(place), &recording.script), PLAIN);
        }
        let answered = ties.story.answers.iter().find(|answered| answered.step.0 == place);
        if let Some(answered) = answered {
            page.prose(3, ("→  ", DIM), &words::answered(ties, question, answered), PLAIN);
        }
    }
}

/// `✓ 9 expectations`, or how many failed, each with what was expected and what was found; with `verbose` each that was met or not
/// reached, too.
fn verdict(page: &mut Page, ties: &Ties<'_>, options: &Options) {
    let verdict = &ties.story.verdict;
    for check in &verdict.checks {
        if !check.passed {
            failed_check(page, ties, check);
        } else if check.expected == Expected::Kernel {
            let said = words::check(ties, check);
            let text = format!("expected for {}, this is {}", said.expected, said.actual);
            page.prose(1, (&format!("· {} ", said.place), DIM), &text, PLAIN);
        } else if options.verbose {
            let said = words::check(ties, check);
            let text = format!("{}: {}", said.step, said.expected);
            page.prose(1, (&format!("✓ {} ", said.place), GOOD), &text, PLAIN);
        }
    }
    for open in verdict.not_reached.iter().filter(|_| options.verbose) {
        let said = words::not_reached(ties.story, open);
        let text = format!("{}: {}, {}", said.step, said.expected, said.actual);
        page.prose(1, (&format!("· {} ", said.place), DIM), &text, PLAIN);
    }
    let (judged, text) = words::verdict(ties.story);
    let style = match judged {
        Judged::Good => GOOD,
        Judged::Bad => BAD,
        Judged::Open => DIM,
    };
    page.prose(1, (&format!("{} ", judged.sign()), style), &text, PLAIN);
}

fn failed_check(page: &mut Page, ties: &Ties<'_>, check: &Check) {
    let said = words::check(ties, check);
    page.prose(1, (&format!("✗ {} ", said.place), BAD), &said.step, BOLD);
    page.prose(3, ("expected  ", DIM), &said.expected, PLAIN);
    page.prose(3, ("actual    ", DIM), &said.actual, PLAIN);
}
