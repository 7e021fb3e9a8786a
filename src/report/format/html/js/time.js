
// ---- time.js: where rows stand from top to bottom

/** How tall a folded wait is, in rows. */
const GAP_HEIGHT = 0.9;
/** A wait is long, and folded on the broken axis, if it lasts so many times as long as the story's median wait. */
const LONG = 2;

/**
 * The place of every row. In ordinal time rows follow each other evenly. In linear time the distance between two rows grows with
 * the time between them; the broken axis is linear too, but long waits are folded: `folds` says where, and how long they last. Rows
 * never overlap: where they are denser than text allows, they are moved down, and `trueY` says where their moment is.
 */
function placeRows(shown, mode, height, top) {
  const ys = [];
  const trueYs = [];
  const folds = [];
  const waits = shown.map((row, place) => (place === 0 ? 0 : Math.max(0, row.t_ns - shown[place - 1].t_ns)));
  const long = mode === "broken" ? LONG * medianOf(waits) : Infinity;
  const scale = mode === "ordinal" ? 0 : scaleOf(waits.map((wait) => (wait > long ? 0 : wait)), height);
  let y = top;
  let ideal = top;
  shown.forEach((row, place) => {
    const isGap = row.body.kind === "gap";
    const follows = shown[place - 1]?.body.kind === "gap";
    const tall = isGap ? height * GAP_HEIGHT : height;
    if (waits[place] > long) {
      // What is folded in a row of its own needs no other mark.
      if (!isGap && !follows) {
        folds.push({ y: Math.max(y, ideal) + height / 2 + (height * GAP_HEIGHT) / 2, ns: waits[place] });
        y = Math.max(y, ideal) + height * GAP_HEIGHT;
      }
      ideal = y + tall;
    } else {
      ideal += waits[place] * scale;
    }
    y = place === 0 ? y + tall / 2 : Math.max(y + tall, scale > 0 ? ideal : 0);
    if (place === 0) ideal = y;
    ys.push(y);
    trueYs.push(scale > 0 ? Math.min(ideal, y) : y);
  });
  return { ys, trueYs, folds, bottom: (ys.at(-1) ?? top) + height, yAt: between(shown, ys, top) };
}

/** The median of those waits that last at all. */
function medianOf(waits) {
  const sorted = waits.filter((wait) => wait > 0).sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? 0;
}

/** Pixels for each nanosecond: so many that the median wait is as tall as a row, unless the whole would become taller than anybody scrolls. */
function scaleOf(waits, height) {
  const whole = waits.reduce((sum, wait) => sum + wait, 0);
  if (whole === 0) return 0;
  const least = Math.max(900, waits.length * height * 1.6);
  const wanted = (whole / medianOf(waits)) * height;
  return Math.min(Math.max(wanted, least), Math.max(8000, least)) / whole;
}

/** The height of any moment: between two rows in proportion. */
function between(shown, ys, top) {
  const knots = [];
  shown.forEach((row, place) => {
    if (row.event && (knots.length === 0 || row.t_ns > knots.at(-1).t)) knots.push({ t: row.t_ns, y: ys[place] });
  });
  const moments = knots.map((knot) => knot.t);
  return (t) => {
    if (knots.length === 0) return top;
    const place = countBelow(moments, t + 1);
    const [before, after] = [knots[place - 1], knots[place]];
    if (!before) return after.y;
    if (!after) return before.y;
    return before.y + ((after.y - before.y) * (t - before.t)) / (after.t - before.t);
  };
}
