
// ---- curves.js: the ties of the selected event

/** What caused what, from row to row as the layout says. */
const curves = story.layout.curves.map((curve) => ({ ...curve, cause: rows[curve.y].event, effect: rows[curve.y_to].event }));
const curvesInto = grouped(curves, (curve) => curve.effect);
const curvesFrom = grouped(curves, (curve) => curve.cause);

/** Where a curve is tied to a row, between which heights that row lies, and to which side there is room. */
function anchor(ladder, row, x) {
  const index = ladder.indexOf.get(row);
  if (index === undefined || ladder.groups[index].classList.contains("later")) return null;
  const y = ladder.place.ys[index];
  const edges = { top: y - ladder.look.row / 2, bottom: y + ladder.look.row / 2 };
  if (row.body.kind === "segment") {
    const arrow = arrowPlace(ladder, row, y);
    return x === row.x_to ? { x: arrow.to, y: arrow.y1, lean: arrow.way, ...edges } : { x: arrow.from, y: arrow.y0, lean: -arrow.way, ...edges };
  }
  const at = appPlace(ladder, row.body.actor);
  return { x: at.bar + (ladder.look.ribbon + 2) / 2, y, lean: at.anchor === "end" ? 1 : -1, isApp: true, ...edges };
}

/** The ties of the selected event: from its causes above, to its effects below. */
function paintCurves(ladder, event) {
  const tied = [...(curvesInto.get(event) ?? []), ...(curvesFrom.get(event) ?? [])];
  ladder.layers.curves.replaceChildren(...tied.flatMap((curve) => paintCurve(ladder, curve, curve.effect === event)));
}

function paintCurve(ladder, curve, intoSelected) {
  const [from, to] = [anchor(ladder, rows[curve.y], curve.x), anchor(ladder, rows[curve.y_to], curve.x_to)];
  if (!from || !to) return [];
  const path = Math.abs(to.x - from.x) < 1 ? bracket(from, to, ladder.look.ribbon + 2) : across(from, to);
  const kind = `curve ${intoSelected ? "cause" : "effect"}${curve.inferred ? " inferred" : ""}`;
  const dot = g("circle", { class: `${kind} dot`, cx: from.x, cy: from.y, r: 3.5 });
  return [g("path", { class: `${kind} halo`, d: path.d }), g("path", { class: kind, d: path.d }), dot, g("path", { class: `${kind} tip`, d: path.tip })];
}

/** From lane to lane: down to the line between two rows, where no text stands, across there, and down again. */
function across(from, to) {
  const level = from.isApp || !to.isApp ? to.top : from.bottom;
  const turn = Math.max(from.y, Math.min(level, to.y - 6));
  return { d: rounded([[from.x, from.y], [from.x, turn], [to.x, turn], [to.x, to.y - 6]]), tip: `M${to.x} ${to.y}l-5 -9h10Z` };
}

/** Within a lane: over the ribbon, or past the bar to the side where nothing is written; it arrives from the side. */
function bracket(from, to, wide) {
  const out = to.lean * (to.isApp ? wide / 2 + 5 : wide);
  const tip = to.lean * 8;
  return { d: rounded([[from.x, from.y], [from.x + out, from.y], [to.x + out, to.y], [to.x + tip * 0.6, to.y]]), tip: `M${to.x} ${to.y}l${tip} -5v10Z` };
}

/** A line through points, with its corners rounded. */
function rounded(points) {
  const towards = ([x, y], [toX, toY], most) => {
    const long = Math.hypot(toX - x, toY - y);
    const part = long === 0 ? 0 : Math.min(most, long / 2) / long;
    return `${(x + (toX - x) * part).toFixed(1)} ${(y + (toY - y) * part).toFixed(1)}`;
  };
  const corners = points.slice(1, -1).map((point, place) => `L${towards(point, points[place], 9)}Q${point[0]} ${point[1]} ${towards(point, points[place + 2], 9)}`);
  return `M${points[0].join(" ")}${corners.join("")}L${points.at(-1).join(" ")}`;
}
