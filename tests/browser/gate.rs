//! Questions: asked before anything is revealed, and answered by the kernel.

use libtest_mimic::Failed;
use serde_json::json;
use tcpstory::report::Options;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::stepping::STEP;
use crate::world::{World, questions};

pub(crate) const TESTS: &[Test] = &[
    ("a_question_is_asked_before_its_step", a_question_is_asked_before_its_step),
    ("what_was_predicted_stands_beside_what_the_kernel_did", what_was_predicted_stands_beside_what_the_kernel_did),
    ("end_stops_at_a_question", end_stops_at_a_question),
    ("a_page_without_answers_holds_none", a_page_without_answers_holds_none),
];

const GATE: &str = "document.querySelector('.gate') !== null";

/// The number of the first step that has a question, the question, and the kernel's answer.
fn first_question() -> Result<(u64, (String, String)), Failed> {
    Ok(questions("broken-pipe")?.pop_first().ok_or("nothing is asked")?)
}

fn a_question_is_asked_before_its_step(world: &World) -> Result<(), Failed> {
    let (step, (question, answer)) = first_question()?;
    for mode in ["explore", "lecture"] {
        world.visit("broken-pipe", &format!("?mode={mode}&step={}", step - 1), PROJECTOR, |page| {
            assert_eq!(page.see(GATE)?, false);
            page.press("ArrowRight")?;
            page.until(GATE)?;
            let asked = page.see("document.querySelector('.gate legend').textContent")?;
            let plain = |text: &str| text.replace(['`', '*'], "").split_whitespace().collect::<String>();
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
        page.ask("Input.insertText", &json!({ "text": "17" }))?;
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
