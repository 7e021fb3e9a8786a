//! Which steps stand beside each other.

use super::told::Step;

/// The places of a pair.
type Places = (Option<usize>, Option<usize>);

/// The largest table: some thousand steps against some thousand others.
const MOST_CELLS: usize = 4_000_000;

/// How well two steps go together; 0 is not at all.
fn likeness(a: &Step, b: &Step) -> u32 {
    match () {
        () if a.does == b.does => 9,
        () if a.actor == b.actor && a.deed == b.deed => 5,
        () if a.actor == b.actor => 1,
        () => 0,
    }
}

/// The pairs of places with the greatest sum of likeness, both in their order (Needleman and Wunsch, with gaps that cost nothing).
/// Of equals, the one whose steps are paired earliest.
///
/// What both begin and end with needs no table; of what is left between, more than [`MOST_CELLS`] are paired by their places.
pub(super) fn align(a: &[Step], b: &[Step]) -> Vec<Places> {
    let same = |(a, b): &(&Step, &Step)| a.does == b.does;
    let begin = a.iter().zip(b).take_while(same).count();
    let end = a[begin..].iter().rev().zip(b[begin..].iter().rev()).take_while(same).count();
    let (middle_a, middle_b) = (&a[begin..a.len() - end], &b[begin..b.len() - end]);
    let middle = if middle_a.len().saturating_mul(middle_b.len()) > MOST_CELLS {
        by_place(middle_a.len(), middle_b.len())
    } else {
        aligned(middle_a, middle_b)
    };
    let moved = |place: Option<usize>| place.map(|place| place + begin);
    let ends = (0..end).map(|place| (Some(a.len() - end + place), Some(b.len() - end + place)));
    let begins = (0..begin).map(|place| (Some(place), Some(place)));
    begins.chain(middle.into_iter().map(|(left, right)| (moved(left), moved(right)))).chain(ends).collect()
}

fn by_place(a: usize, b: usize) -> Vec<Places> {
    (0..a.max(b)).map(|place| ((place < a).then_some(place), (place < b).then_some(place))).collect()
}

fn aligned(a: &[Step], b: &[Step]) -> Vec<Places> {
    let best = table(a, b);
    let (mut left, mut right) = (0, 0);
    let mut pairs = Vec::with_capacity(a.len().max(b.len()));
    while left < a.len() || right < b.len() {
        let paired =
            (left < a.len() && right < b.len()).then(|| likeness(&a[left], &b[right])).filter(|like| *like > 0);
        if paired.is_some_and(|like| best[left][right] == like + best[left + 1][right + 1]) {
            pairs.push((Some(left), Some(right)));
            (left, right) = (left + 1, right + 1);
        } else if left < a.len() && best[left][right] == best[left + 1][right] {
            pairs.push((Some(left), None));
            left += 1;
        } else {
            pairs.push((None, Some(right)));
            right += 1;
        }
    }
    pairs
}

/// The best sum for what is left from each pair of places on.
fn table(a: &[Step], b: &[Step]) -> Vec<Vec<u32>> {
    let mut best = vec![vec![0; b.len() + 1]; a.len() + 1];
    for left in (0..a.len()).rev() {
        for right in (0..b.len()).rev() {
            let like = likeness(&a[left], &b[right]);
            let paired = if like > 0 { like + best[left + 1][right + 1] } else { 0 };
            best[left][right] = paired.max(best[left + 1][right]).max(best[left][right + 1]);
        }
    }
    best
}
