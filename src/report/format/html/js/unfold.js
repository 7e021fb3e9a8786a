
// ---- unfold.js: things that are shown step by step

/**
 * Shows things, each with the step after `at(thing)`. What is returned brings them to a step: `paint(thing, isLater, isNow)` is called for
 * those alone that change, so that a step of a long story is as quick as one of a short one.
 */
function unfolding(things, at, paint) {
  const sorted = things.toSorted((one, other) => at(one) - at(other));
  const places = sorted.map(at);
  sorted.forEach((thing) => paint(thing, true, false));
  let [first, count] = [0, 0];
  return (step) => {
    const [begin, end] = [countBelow(places, step - 1), countBelow(places, step)];
    for (let place = Math.min(first, begin); place < Math.max(count, end); place++) {
      paint(sorted[place], place >= end, place >= begin && place < end);
    }
    [first, count] = [begin, end];
  };
}
