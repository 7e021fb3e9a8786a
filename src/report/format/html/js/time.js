
// ---- time.js: where rows stand from top to bottom

/** How tall the row of a folded wait is, in rows. */
const GAP_HEIGHT = 0.9;

/**
 * The place of every row. In ordinal time rows follow each other evenly. In linear time the distance between two rows grows with
 * the time between them; the broken axis is linear too, but long waits are folded. Rows never overlap: where they are denser than
 * text allows, they are moved down, and `trueY` says where their moment is.
 */
function placeRows(shown, mode, height, top) {
  const ys = [];
  const trueYs = [];
  const scale = mode === "ordinal" ? 0 : scaleOf(shown, mode, height);
  let y = top;
  let ideal = top;
  shown.forEach((row, place) => {
    const tall = row.body.kind === "gap" ? height * GAP_HEIGHT : height;
    const before = shown[place - 1];
    const waited = before ? Math.max(0, row.t_ns - before.t_ns) : 0;
    const folded = mode === "broken" && (row.body.kind === "gap" || before?.body.kind === "gap");
    ideal += folded ? tall : waited * scale;
    y = place === 0 ? y + tall / 2 : Math.max(y + tall, scale > 0 ? ideal : 0);
    if (place === 0) ideal = y;
    ys.push(y);
    trueYs.push(scale > 0 ? Math.min(ideal, y) : y);
  });
  return { ys, trueYs, bottom: (ys.at(-1) ?? top) + height, yAt: between(shown, ys, top) };
}

/** Pixels for each nanosecond: so many that half the rows have room without being moved. */
function scaleOf(shown, mode, height) {
  const waits = [];
  shown.forEach((row, place) => {
    const before = shown[place - 1];
    const folded = row.body.kind === "gap" || before?.body.kind === "gap";
    if (before && !(mode === "broken" && folded)) waits.push(Math.max(0, row.t_ns - before.t_ns));
  });
  const whole = waits.reduce((sum, wait) => sum + wait, 0);
  if (whole === 0) return 0;
  const most = Math.min(8000, Math.max(900, shown.length * height * 1.6));
  return most / whole;
}

/** The height of any moment: between two rows in proportion. */
function between(shown, ys, top) {
  const knots = [];
  shown.forEach((row, place) => {
    if (row.event && (knots.length === 0 || row.t_ns > knots.at(-1).t)) knots.push({ t: row.t_ns, y: ys[place] });
  });
  return (t) => {
    if (knots.length === 0) return top;
    let [least, most] = [0, knots.length];
    while (least < most) {
      const middle = (least + most) >> 1;
      if (knots[middle].t <= t) least = middle + 1;
      else most = middle;
    }
    const before = knots[least - 1];
    const after = knots[least];
    if (!before) return after.y;
    if (!after) return before.y;
    return before.y + ((after.y - before.y) * (t - before.t)) / (after.t - before.t);
  };
}
