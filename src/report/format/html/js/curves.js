
// ---- curves.js: the ties of the selected event

/** Where a tie begins or ends at an event, between which heights its row lies, and to which side there is room. */
function anchor(ladder, event, other, isCause) {
  // What a call sets off, it sets off where it begins, unless it had returned before.
  const end = ladder.rowOfEvent.get(event);
  const row = isCause && end && other.t_ns < end.t_ns ? ladder.beginOfEvent.get(event) : end;
  if (!row || ladder.groups[ladder.indexOf.get(row)].classList.contains("later")) return null;
  const y = ladder.place.ys[ladder.indexOf.get(row)];
  const edges = { top: y - ladder.look.row / 2, bottom: y + ladder.look.row / 2 };
  if (row.body.kind === "segment") {
    const arrow = arrowPlace(ladder, row, y);
    const sameSender = other.kind === "segment" && other.segment.sender === event.segment.sender;
    const atHead = isCause && !sameSender;
    return atHead ? { x: arrow.to, y: arrow.y1, lean: arrow.way, ...edges } : { x: arrow.from, y: arrow.y0, lean: -arrow.way, ...edges };
  }
  if (row.body.actor === null || row.body.actor === undefined) return null;
  const at = appPlace(ladder, row.body.actor);
  return { x: at.bar + (ladder.look.ribbon + 2) / 2, y, lean: at.anchor === "end" ? 1 : -1, isApp: true, ...edges };
}

/** The ties of the selected event: from its causes above, to its effects below. */
function paintCurves(ladder, event) {
  const ties = event ? [...(linksTo.get(event.id) ?? []), ...(linksFrom.get(event.id) ?? [])] : [];
  ladder.layers.curves.replaceChildren(...ties.flatMap((link) => curve(ladder, link, link.to === event.id)));
}

function curve(ladder, link, intoSelected) {
  const [cause, effect] = [eventOf.get(link.from), eventOf.get(link.to)];
  if (!cause || !effect) return [];
  const [from, to] = [anchor(ladder, cause, effect, true), anchor(ladder, effect, cause, false)];
  if (!from || !to) return [];
  const path = Math.abs(to.x - from.x) < 1 ? bracket(from, to, ladder.look.ribbon + 2) : across(from, to);
  const kind = `curve ${intoSelected ? "cause" : "effect"}${isInferred(link) ? " inferred" : ""}`;
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
