//! Which steps stand beside each other.

use super::told::Step;

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
pub(super) fn align(a: &[Step], b: &[Step]) -> Vec<(Option<usize>, Option<usize>)> {
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
