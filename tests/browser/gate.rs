//! Questions: asked before anything is revealed, and answered by the kernel.

use libtest_mimic::Failed;
use serde_json::json;
use tcpstory::report::Options;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::stepping::STEP;
use crate::world::{World, names, questions};

pub(crate) const TESTS: &[Test] = &[
    ("a_question_is_asked_before_its_step", a_question_is_asked_before_its_step),
    (
        "every_question_of_every_lesson_is_answered_by_the_kernel",
        every_question_of_every_lesson_is_answered_by_the_kernel,
    ),
    ("what_was_predicted_stands_beside_what_the_kernel_did", what_was_predicted_stands_beside_what_the_kernel_did),
    ("an_answer_in_own_words_is_judged", an_answer_in_own_words_is_judged),
    ("end_stops_at_a_question", end_stops_at_a_question),
    ("a_page_without_answers_holds_none", a_page_without_answers_holds_none),
];

const GATE: &str = "document.querySelector('.gate') !== null";

/// The number of the first step that has a question, the question, and the kernel's answer.
fn first_question() -> Result<(u64, (String, String)), Failed> {
    Ok(questions("broken-pipe")?.pop_first().ok_or("nothing is asked")?)
}

/// The words of a text, without its marks.
fn plain(text: &str) -> String {
    text.replace(['`', '*'], "").split_whitespace().collect()
}

fn a_question_is_asked_before_its_step(world: &World) -> Result<(), Failed> {
    let (step, (question, answer)) = first_question()?;
    for mode in ["explore", "lecture"] {
        world.visit("broken-pipe", &format!("?mode={mode}&step={}", step - 1), PROJECTOR, |page| {
            assert_eq!(page.see(GATE)?, false);
            page.press("ArrowRight")?;
            page.until(GATE)?;
            let asked = page.see("document.querySelector('.gate legend').textContent")?;
            assert_eq!(plain(asked.as_str().unwrap_or_default()), plain(&question));
            assert_eq!(page.see(STEP)?, step - 1);
            assert_eq!(page.see("document.querySelector('.answer, .kernel-says')")?, json!(null));
            let tells = page.see("document.body.innerText.includes('The kernel: ')")?;
            assert_eq!(tells, false, "{mode}");
            page.press("Enter")?;
            page.until(&format!("!({GATE}) && {STEP} === {step}"))?;
            let said = page.see("document.querySelector('.kernel-says').innerText")?;
            assert_eq!(said, format!("The kernel: {answer}"));
            Ok(())
        })?;
    }
    Ok(())
}

/// As a lecturer comes by them: with two actors or three, where a process is killed, and over IPv6.
fn every_question_of_every_lesson_is_answered_by_the_kernel(world: &World) -> Result<(), Failed> {
    let mut asking = 0;
    for name in names()? {
        let mut expected = questions(&name)?;
        asking += usize::from(!expected.is_empty());
        world.visit(&name, "?mode=lecture", PROJECTOR, |page| {
            let text = |selector: &str| {
                let text = page.see(&format!("document.querySelector('{selector}').innerText"))?;
                Ok::<_, Failed>(plain(text.as_str().unwrap_or_default()))
            };
            while !expected.is_empty() {
                page.press("PageDown")?;
                if page.see(GATE)? == false {
                    assert_eq!(page.see("view.step === steps.length")?, false, "{name} never asks {expected:?}");
                    continue;
                }
                let (step, (question, answer)) = expected.pop_first().ok_or("no question")?;
                assert_eq!(page.see(STEP)?, step - 1, "{name}");
                assert_eq!(text(".gate legend")?, plain(&question), "{name}");
                page.press("PageDown")?;
                page.until(&format!("!({GATE}) && {STEP} === {step}"))?;
                assert_eq!(text(".kernel-says")?, plain(&format!("The kernel: {answer}")), "{name}");
            }
            Ok(())
        })?;
    }
    assert!(asking >= 10, "only {asking} lessons ask");
    Ok(())
}

fn what_was_predicted_stands_beside_what_the_kernel_did(world: &World) -> Result<(), Failed> {
    let (step, (_, answer)) = first_question()?;
    world.visit("broken-pipe", &format!("?mode=lecture&step={}", step - 1), PROJECTOR, |page| {
        page.press("PageDown")?;
        page.until(GATE)?;
        let wrong = page.see(&format!(
            "story.predictions.find((one) => one.step === {}).choices.findIndex((choice) => !choice.right)",
            step - 1
        ))?;
        let wrong = wrong.as_u64().ok_or("every choice is right")?;
        page.press(&(wrong + 1).to_string())?;
        assert_eq!(
            page.see("[...document.querySelectorAll('.gate [type=radio]')].findIndex((box) => box.checked)")?,
            wrong
        );
        page.click(&format!(".gate .choices li:nth-child({}) .hands input", wrong + 1))?;
        page.write("17")?;
        // The remote control does not write into the field.
        page.click(".gate button.main")?;
        page.until("document.querySelector('.answer')")?;
        let told = page.see("document.querySelector('.answer').innerText")?;
        let told = told.as_str().unwrap_or_default();
        for part in [&format!("The kernel: {answer}"), "You: ✗ ", "17 hands"] {
            assert!(told.contains(part), "{part:?} is missing in {told}");
        }
        Ok(())
    })
}

fn end_stops_at_a_question(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=1", PROJECTOR, |page| {
        for step in questions("broken-pipe")?.keys() {
            page.press("End")?;
            page.until(&format!("{GATE} && {STEP} === {}", step - 1))?;
            page.press("Enter")?;
            page.until(&format!("{STEP} === {step}"))?;
        }
        page.press("End")?;
        Ok(page.until(&format!("{STEP} === steps.length"))?)
    })
}

/// The story ends at the first question, and nothing that a reader does brings more.
fn a_page_without_answers_holds_none(world: &World) -> Result<(), Failed> {
    let (step, _) = first_question()?;
    let file = world.written("broken-pipe", "html", &Options { no_answers: true, ..Options::default() })?;
    let page = Page::new(&world.browser, PROJECTOR)?;
    page.open(&file, "?step=1")?;
    for key in ["End", "Enter", "PageDown", "End", "ArrowRight", "e"] {
        page.press(key)?;
    }
    page.until(&format!("{GATE} && {STEP} === {}", step - 1))?;
    let told = page.see(
        "story.predictions.flatMap((one) => [...Object.keys(one), ...(one.choices ?? []).flatMap(Object.keys)])",
    )?;
    for key in ["answer", "of", "right", "tempting"] {
        assert!(!told.as_array().ok_or("no predictions")?.contains(&json!(key)), "{key}");
    }
    assert_eq!(page.see(&format!("story.events.filter((event) => event.step >= {}).length", step - 1))?, 0);
    assert_eq!(
        page.see("document.body.textContent.includes('The kernel: ') && document.querySelector('.kernel-says')")?,
        json!(null)
    );
    Ok(page.was_quiet()?)
}

/// However it is written, and only where nothing else is said.
fn an_answer_in_own_words_is_judged(world: &World) -> Result<(), Failed> {
    let cases: [(&str, &str, &[&str], &[&str]); 5] = [
        (
            "c4",
            "errno",
            &["EPIPE", "epipe", "-1 EPIPE", "−1 (EPIPE)", "Broken pipe", "write fails with EPIPE + SIGPIPE", "32"],
            &["", "E", "ECONNRESET", "EPIPE or ECONNRESET", "not EPIPE", "1", "-1"],
        ),
        ("c3", "result", &["1", "returns 1", "write returns 1 byte"], &["-1 EPIPE", "11", "EPIPE", "0"]),
        ("c3", "errno", &["none", "no error", "Success"], &["EPIPE", "no EPIPE"]),
        ("p6", "segment", &["RST", "server RST", "a RST", "rst"], &["FIN", "ACK", "RST FIN"]),
        ("p2", "segment", &["SYN,ACK", "syn-ack", "SYN ACK"], &["SYN", "ACK"]),
    ];
    world.visit("broken-pipe", "?step=8", PROJECTOR, |page| {
        for (alias, about, right, wrong) in cases {
            for (answers, expected) in [(right, true), (wrong, false)] {
                for answer in answers {
                    let judged = page.see(&format!(
                        "isAnswer({{ of: eventByAlias.get('{alias}').id, about: '{about}', answer: 'told' }}, {})",
                        json!(answer)
                    ))?;
                    assert_eq!(judged, expected, "{alias}, {about}: {answer:?}");
                }
            }
        }
        let blocks =
            "isAnswer({ of: eventByAlias.get('s3').id, about: 'result', answer: 'read(1) blocks' }, 'It blocks')";
        assert_eq!(page.see(blocks)?, true);
        let none = "isAnswer({ about: 'segment', answer: 'no segment' }, 'No segment.')";
        assert_eq!(page.see(none)?, true);
        Ok(())
    })
}
