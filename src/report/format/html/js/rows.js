
// ---- rows.js: what stands in a row: ids, times, and in the lanes the texts of calls

/** One row, as an option of the list. */
function paintRow(painter, row) {
  const { look, lanes, place, indexOf, raw } = painter;
  const y = place.ys[indexOf.get(row)];
  const hit = g("rect", { class: "hit", x: 1, y: y - look.row / 2, width: lanes.width - 2, height: look.row, rx: 4 });
  if (!row.event) {
    return g("g", { class: `row ${row.body.kind}`, role: "presentation", "aria-hidden": "true" }, hit, paintAcross(painter, row, y));
  }
  const baseline = y + look.font * 0.35;
  const group = g(
    "g",
    { class: `row ${row.body.kind}`, role: "option", tabindex: -1, "aria-selected": "false", "data-row": row.place },
    hit,
    g("text", { class: "id", x: look.pad, y: baseline }, `${row.event.alias} `),
    look.time > 0 && g("text", { class: "time", x: look.id + look.time, y: baseline, "text-anchor": "end" }, `${milliseconds(row.t_ns)} `),
    look.delta > 0 && row.delta_ns > 0 &&
      g("text", { class: "delta", x: look.id + look.time + look.delta - 14, y: baseline, "text-anchor": "end" }, `+${duration(row.delta_ns)} `),
    row.body.kind === "segment" ? paintSegment(painter, row, y) : paintTold(painter, row, y),
  );
  group.setAttribute("aria-label", `${group.textContent.replace(/\s+/g, " ").trim()}, ${saidOf(row)}`);
  return group;
}

/** What the picture says by places and shapes, for the name of a row: whose it is, and how it ended. */
function saidOf(row) {
  const who = whoText(row.event).replace(" → ", " to ");
  const failed = isCall(row.event) && isError(row.event) ? ", failed" : "";
  return `${who}${row.body.dropped ? ", dropped" : row.body.part === "begin" ? ", begins" : failed}`;
}

/** Something in an actor's lane: a call, a signal, the end of a process. */
function paintTold(painter, row, y) {
  const { look, mono, lanes, raw } = painter;
  const baseline = y + look.font * 0.35;
  const text = rowText(row, raw);
  const actor = row.body.actor ?? null;
  if (actor === null) return g("text", { class: "told trouble", x: lanes.gutter, y: baseline }, cut(text, mono, lanes.width - lanes.gutter));
  const at = appPlace(painter, actor);
  const tone = row.body.part === "begin" ? "fine" : isCall(row.event) ? callTone(row.event) : row.body.kind === "disagreement" ? "trouble" : isError(row.event) ? "failed" : "fine";
  const took = tookText(painter, row);
  const tookWide = took ? widthOf(took, mono) + 20 : 0;
  const room = at.room - tookWide;
  const shownText = cut(text, mono, room);
  const parts = [g("tspan", { class: `told ${tone}` }, shownText), took && g("tspan", { class: "took", dx: 12 }, ` ${took}`)];
  return [
    isCall(row.event) ? null : endMark(painter, at, y, row),
    backOf(painter, at, widthOf(shownText, mono) + tookWide, y),
    g("text", { class: "line", x: at.text, y: baseline, "text-anchor": at.anchor }, parts),
  ];
}

/** What lies behind a text that is wider than its lane, so that nothing shines through it. */
function backOf({ look }, at, wide, y) {
  if (wide <= at.own) return null;
  return g("rect", { class: "back", x: at.anchor === "end" ? at.text - wide - 4 : at.text - 2, y: y - look.font * 0.56, width: wide + 6, height: look.font * 1.12 });
}

/** How long a call took, where its result stands and where there is room for it. */
function tookText(painter, row) {
  const { event, body } = row;
  if (!isCall(event) || body.part === "begin" || event.syscall.duration_ns === undefined) return "";
  const short = painter.lookName === "lecture" || painter.lookName === "narrow";
  return short && event.syscall.duration_ns < 1e6 ? "" : duration(event.syscall.duration_ns);
}

/** The mark of a signal or of a process's end: a square, crossed out where the process has died. */
function endMark(painter, at, y, row) {
  const size = painter.look.ribbon + 2;
  const square = g("rect", { class: `mark ${isError(row.event) ? "failed" : "fine"}`, x: at.bar, y: y - size / 2, width: size, height: size });
  return [square, isError(row.event) && cross(at.bar + size / 2, y, size * 0.3)];
}

/** What concerns nobody's lane: a folded wait, a failed expectation. */
function paintAcross(painter, row, y) {
  const { lanes, look, mono, raw } = painter;
  const text = rowText(row, raw);
  if (row.body.kind === "gap") return paintFold(painter, text, y);
  const middle = (lanes.gutter + lanes.width) / 2;
  return g("text", { class: "told trouble", x: middle, y: y + look.font * 0.35, "text-anchor": "middle" }, cut(text, mono, lanes.width - lanes.gutter));
}
