
// ---- axis.js: the steps and the time, across the picture

/** A thin line above the first row of each step. */
function paintSteps({ shown, place, look, width }) {
  const firsts = shown.flatMap((row, index) => (index > 0 && row.at !== shown[index - 1].at ? [place.ys[index] - look.row / 2] : []));
  return firsts.map((y) => withReach([y, y], g("line", { class: "step-line", x1: 0, x2: width, y1: y, y2: y })));
}

/** In proportional time: the axis, and from each moment a line to its row. */
function paintAxis(painter, time) {
  if (time === "ordinal") return [];
  const { place, lanes, shown } = painter;
  const x = lanes.gutter - 3;
  const leaders = shown.map((row, index) => {
    const [from, to] = [place.trueYs[index], place.ys[index]];
    return withReach([from, to], g("path", { class: "leader", d: `M${x} ${from.toFixed(1)}h-3L${x - 12} ${to.toFixed(1)}h-3` }));
  });
  const folds = place.folds.map(({ y, ns }) => withReach([y, y], paintFold(painter, duration(ns), y)));
  const whole = [place.trueYs[0] ?? 0, place.trueYs.at(-1) ?? 0];
  return [withReach(whole, g("line", { class: "axis", x1: x, x2: x, y1: whole[0], y2: whole[1] })), ...leaders, ...folds];
}

/** A wave across the picture: so long nothing happened. */
function paintFold({ lanes, look, mono }, text, y) {
  const middle = (lanes.gutter + lanes.width) / 2;
  const said = g("text", { class: "gap-text", x: middle, y: y + look.font * 0.35, "text-anchor": "middle" }, text);
  const waves = (x0, x1) => {
    const count = Math.max(1, Math.round((x1 - x0) / 12));
    const wide = (x1 - x0) / count;
    return `M${x0} ${y}` + `q${wide / 4} -3 ${wide / 2} 0t${wide / 2} 0`.repeat(count);
  };
  const room = widthOf(text, mono) / 2 + 12;
  return g("g", { class: "fold" }, g("path", { class: "gap-wave", d: waves(lanes.gutter, middle - room) + waves(middle + room, lanes.width - look.pad) }), said);
}
