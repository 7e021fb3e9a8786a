//! What is shown of a story, and how: filters, time, sequence numbers.

use libtest_mimic::Failed;
use serde_json::json;

use crate::Test;
use crate::page::{PROJECTOR, Page};
use crate::world::World;

pub(crate) const TESTS: &[Test] = &[
    ("filters_leave_out_acknowledgments_and_calls", filters_leave_out_acknowledgments_and_calls),
    ("one_connection_can_be_looked_at_alone", one_connection_can_be_looked_at_alone),
    ("sequence_numbers_are_relative_or_raw", sequence_numbers_are_relative_or_raw),
    ("time_is_ordinal_or_in_proportion", time_is_ordinal_or_in_proportion),
    ("proportional_time_says_something_of_a_fast_story", proportional_time_says_something_of_a_fast_story),
    ("every_row_of_the_layout_is_painted", every_row_of_the_layout_is_painted),
];

/// The short ids of the rows that are painted.
const PAINTED: &str = "[...document.querySelectorAll('.ladder-scroll .row .id')].map((id) => id.textContent.trim())";

fn painted(page: &Page<'_>) -> Result<Vec<String>, Failed> {
    let ids = page.see(PAINTED)?;
    Ok(ids.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect())
}

fn filters_leave_out_acknowledgments_and_calls(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=6", PROJECTOR, |page| {
        let begins = |ids: &[String], letters: &[char]| ids.iter().any(|id| id.starts_with(letters));
        let all = painted(page)?;
        assert!(begins(&all, &['a']) && begins(&all, &['c', 's']) && begins(&all, &['p']));
        page.press("a")?;
        let without_acks = painted(page)?;
        assert!(!begins(&without_acks, &['a']) && begins(&without_acks, &['c', 's']));
        page.press("c")?;
        let packets = painted(page)?;
        assert!(!begins(&packets, &['a', 'c', 's']) && begins(&packets, &['p']), "{packets:?}");
        page.press("a")?;
        page.press("c")?;
        assert_eq!(painted(page)?, all, "and back");
        Ok(())
    })
}

fn one_connection_can_be_looked_at_alone(world: &World) -> Result<(), Failed> {
    world.visit("upstream-prematurely-closed", "", PROJECTOR, |page| {
        let labels = page.see("story.connections.map(({ label }) => label)")?;
        let labels = labels.as_array().ok_or("no connections")?;
        assert!(labels.len() > 1);
        for label in labels {
            page.see(&format!(
                "(() => {{ const select = [...document.querySelectorAll('.options select')].find((one) => [...one.options].some(({{ value }}) => \
                 value === {label})); select.value = {label}; select.dispatchEvent(new Event('change')); }})()"
            ))?;
            let foreign = page.see(&format!(
                "{PAINTED}.map((id) => eventByAlias.get(id)).filter((event) => event.kind === 'segment' && event.segment.connection !== {label}).length"
            ))?;
            assert_eq!(foreign, 0, "{label}");
            assert!(painted(page)?.iter().any(|id| id.starts_with('p')), "{label}");
        }
        Ok(())
    })
}

fn sequence_numbers_are_relative_or_raw(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=2", PROJECTOR, |page| {
        let label = "document.querySelector('.arrow.syn .label').textContent";
        assert_eq!(page.see(label)?, "SYN seq 0");
        page.press("r")?;
        let raw = page.see("`SYN seq ${eventByAlias.get('p1').segment.seq}`")?;
        assert_eq!(page.see(label)?, raw);
        page.press("r")?;
        assert_eq!(page.see(label)?, "SYN seq 0");
        Ok(())
    })
}

/// In proportion, a wait that is ten times as long is ten times as high, unless it is folded; and rows never overlap.
fn time_is_ordinal_or_in_proportion(world: &World) -> Result<(), Failed> {
    const PLACES: &str = "(() => {
        const rows = [...document.querySelectorAll('.ladder-scroll .row')];
        const place = (row) => { const hit = row.querySelector('.hit'); return hit.y.baseVal.value + hit.height.baseVal.value / 2; };
        return rows.map((row) => [row.dataset.row ?? null, place(row)]);
    })()";
    world.visit("read-timeout", "?step=1", PROJECTOR, |page| {
        let mut heights = Vec::new();
        for time in ["ordinal", "linear", "broken"] {
            assert_eq!(page.see("view.time")?, time);
            let places = page.see(PLACES)?;
            let ys: Vec<f64> = places.as_array().into_iter().flatten().filter_map(|place| place[1].as_f64()).collect();
            assert!(ys.len() > 5 && ys.is_sorted(), "{time}: {ys:?}");
            let gaps: Vec<f64> = ys.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let (least, most) =
                gaps.iter().fold((f64::MAX, 0_f64), |(least, most), gap| (least.min(*gap), most.max(*gap)));
            assert!(least > 20.0, "{time}: rows overlap: {gaps:?}");
            assert_eq!(most > 2.0 * least, time != "ordinal", "{time}: {gaps:?}");
            heights.push(ys.last().copied().unwrap_or_default());
            page.press("t")?;
        }
        assert!(heights[0] < heights[1], "{heights:?}");
        assert_eq!(page.see("view.time")?, "ordinal");
        Ok(())
    })
}

/// Also where everything takes microseconds and only the set-up is slow, as in a run of broken-pipe: long waits are folded, and of what is
/// left most is as tall as it is long.
fn proportional_time_says_something_of_a_fast_story(world: &World) -> Result<(), Failed> {
    world.visit("broken-pipe", "?step=1", PROJECTOR, |page| {
        let seen = page.see(
            "(() => {
                const times = [-842302, -499092, -331403, -211645, -12929, 0, 26549, 32518, 38397, 307677, 534485, 540894, 558070, 722875, 918516, 924254, 945045, 2076768, 2083958, 2100804, 2232139];
                const shown = times.map((t_ns) => ({ t_ns, body: { kind: 'call' }, event: {} }));
                return ['ordinal', 'linear', 'broken'].map((time) => {
                    const { ys, trueYs, folds, bottom } = placeRows(shown, time, 29, 4);
                    const free = ys.filter((y, place) => Math.abs(y - trueYs[place]) < 1).length;
                    return { folds: folds.length, free: free / ys.length, overlap: ys.some((y, place) => place > 0 && y - ys[place - 1] < 28) };
                });
            })()",
        )?;
        let [ordinal, linear, broken] = [0, 1, 2].map(|place| &seen[place]);
        assert_eq!((ordinal["folds"].as_u64(), linear["folds"].as_u64()), (Some(0), Some(0)), "{seen}");
        assert!(broken["folds"].as_u64() >= Some(3), "the set-up is folded: {seen}");
        assert!(linear["free"].as_f64() > Some(0.3) && broken["free"].as_f64() > Some(0.5), "{seen}");
        for time in [ordinal, linear, broken] {
            assert_eq!(time["overlap"], false, "{time}");
        }
        Ok(())
    })
}

fn every_row_of_the_layout_is_painted(world: &World) -> Result<(), Failed> {
    world.visit("upstream-prematurely-closed", "?step=1", PROJECTOR, |page| {
        let expected =
            page.see("story.layout.rows.filter((row) => row.event).map((row) => eventOf.get(row.event).alias)")?;
        assert_eq!(json!(painted(page)?), expected);
        Ok(())
    })
}
