
// ---- curves.js: the ties of the selected event

/** Where a tie begins or ends at an event, and to which side there is room for a curve. */
function anchor(ladder, event, other, isCause) {
  // What a call sets off, it sets off where it begins, unless it had returned before.
  const end = ladder.rowOfEvent.get(event);
  const row = isCause && end && other.t_ns < end.t_ns ? ladder.beginOfEvent.get(event) : end;
  if (!row || ladder.groups[ladder.indexOf.get(row)].classList.contains("later")) return null;
  const y = ladder.place.ys[ladder.indexOf.get(row)];
  if (row.body.kind === "segment") {
    const arrow = arrowPlace(ladder, row, y);
    const sameSender = other.kind === "segment" && other.segment.sender === event.segment.sender;
    return isCause && !sameSender ? { x: arrow.to, y: arrow.y1, lean: arrow.way } : { x: arrow.from, y: arrow.y0, lean: -arrow.way };
  }
  if (row.body.actor === null || row.body.actor === undefined) return null;
  const at = appPlace(ladder, row.body.actor);
  return { x: at.bar + (ladder.look.ribbon + 2) / 2, y, lean: at.anchor === "end" ? -1 : 1, isApp: true };
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
  const path = Math.abs(to.x - from.x) < 30 ? arc(from, to) : swing(from, to);
  const kind = `curve ${intoSelected ? "cause" : "effect"}${isInferred(link) ? " inferred" : ""}`;
  const dot = g("circle", { class: `${kind} dot`, cx: from.x, cy: from.y, r: 3.5 });
  return [g("path", { class: `${kind} halo`, d: path.d }), g("path", { class: kind, d: path.d }), dot, g("path", { class: `${kind} tip`, d: path.tip })];
}

/** Between two lanes: along the bars of the program, where no text stands, and across near the kernel. It arrives from above. */
function swing(from, to) {
  const fall = Math.max(0, to.y - from.y);
  const bend = Math.max(18, fall * 0.45);
  const near = Math.min(16, fall * 0.4);
  const turn = Math.sign(from.x - to.x) * 2;
  const [out, home] = to.isApp ? [from.y + near, from.y + near] : from.isApp ? [to.y - near, to.y - near] : [from.y + bend, to.y - bend];
  return { d: `M${from.x} ${from.y}C${from.x} ${out} ${to.x} ${home} ${to.x} ${to.y - 4}`, tip: `M${to.x} ${to.y}l${turn - 5} -9h10Z` };
}

/** Within a lane: out to where there is room, and back; it arrives from the side. */
function arc(from, to) {
  const out = to.lean * (22 + Math.min(60, Math.abs(to.y - from.y) * 0.3));
  return { d: `M${from.x} ${from.y}C${from.x + out} ${from.y} ${to.x + out} ${to.y} ${to.x + to.lean * 5} ${to.y}`, tip: `M${to.x} ${to.y}l${to.lean * 9} -5v10Z` };
}
