
// ---- ladder.js: the picture: calls, kernels' states, and what flies between them

/** Fonts as the style sheet names them, for measuring. */
const family = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "monospace";
let clipCount = 0;

/** A state's family decides its colour; its name stands beside it. */
const STATE_TONES = beside.tones;

/**
 * Paints rows. The result is the picture with what is needed to reveal it step by step: `reveal(step)`, `select(event)`, and the
 * places of things.
 */
function paintLadder({ shown: wanted, lookName, width, time, raw, label, rowHeight, scale }) {
  const look = { ...lookFor(lookName, width, scale), ...(rowHeight && { row: rowHeight, scale }) };
  // In proportion a wait is as tall as it is long: it needs no row that says so.
  const shown = time === "linear" ? wanted.filter((row) => row.body.kind !== "gap") : wanted;
  const painter = {
    shown,
    look,
    lookName,
    width,
    raw,
    lanes: placeLanes(width, look),
    place: placeRows(shown, time, look.row, 4),
    mono: `${look.font}px ${family("--mono")}`,
    sans: `600 ${look.small}px ${family("--sans")}`,
    clip: `clip-${++clipCount}`,
  };
  painter.indexOf = new Map(shown.map((row, index) => [row, index]));
  const told = shown.filter((row) => row.event);
  painter.rowOfEvent = new Map(told.map((row) => [row.event, row]));
  const clipRect = g("rect", { x: 0, y: 0, width, height: painter.place.bottom });
  const layers = {
    band: g("rect", { class: "band", x: 0, width, y: 0, height: 0 }),
    still: g("g", { class: "still", "aria-hidden": "true", "clip-path": `url(#${painter.clip})` }),
    rows: g("g", { role: "presentation" }),
    marks: g("g", { class: "marks", "aria-hidden": "true" }),
    next: g("g", { class: "next", "aria-hidden": "true" }),
    curves: g("g", { class: "curves", "aria-hidden": "true" }),
  };
  layers.still.append(...paintSteps(painter), ...paintRibbons(painter), ...paintGauges(painter), ...paintBars(painter, time), ...paintAxis(painter, time));
  const groups = shown.map((row) => paintRow(painter, row));
  const labels = paintStateLabels(painter);
  layers.rows.append(...groups);
  layers.marks.append(...labels);
  const svg = g(
    "svg",
    { class: `ladder ${lookName}`, width, height: painter.place.bottom + 2 * look.row, role: "listbox", "aria-label": label, "aria-orientation": "vertical" },
    g("defs", null, g("clipPath", { id: painter.clip }, clipRect), hatch(painter)),
    layers.band,
    lifelines(painter),
    layers.still,
    layers.marks,
    layers.rows,
    layers.next,
    layers.curves,
  );
  return { ...painter, svg, layers, groups, labels, clipRect };
}

/** Hatching for what waits to be sent: told from what waits to be read by shape, not by colour alone. */
function hatch(painter) {
  const stroke = g("path", { d: "M0 6 6 0", class: "hatching" });
  return g("pattern", { id: `${painter.clip}-hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stroke);
}

/** The edges of the kernels: vertical lines beside each wire. They are as tall as the picture will be. */
function lifelines(painter) {
  const lines = painter.lanes.wires.flatMap((wire, place) => (isUsed[place] ? [wire.x0, wire.x1] : []));
  return g("g", { class: "lifelines", "aria-hidden": "true" }, lines.map((x) => g("line", { x1: x, x2: x, y1: 0, y2: "100%" })));
}

/** A thin line above the first row of each step. */
function paintSteps({ shown, place, look, width }) {
  const firsts = shown.flatMap((row, index) => (index > 0 && row.at !== shown[index - 1].at ? [place.ys[index] - look.row / 2] : []));
  return firsts.map((y) => g("line", { class: "step-line", x1: 0, x2: width, y1: y, y2: y }));
}

const callTone = (event) => barOf.get(event).tone;

/** Where an actor's bars and texts stand. */
function appPlace(painter, actor) {
  const lane = painter.lanes.apps[actor] ?? painter.lanes.apps[0];
  const thick = painter.look.ribbon + 2;
  const { pad, gutter, width } = { ...painter.look, ...painter.lanes };
  const own = lane.x1 - lane.x0 - thick - BESIDE_BAR;
  return leansRight[actor]
    ? { bar: lane.x1 - thick, text: lane.x1 - thick - BESIDE_BAR, anchor: "end", own, room: lane.x1 - thick - BESIDE_BAR - gutter }
    : { bar: lane.x0, text: lane.x0 + thick + BESIDE_BAR, anchor: "start", own, room: width - pad - lane.x0 - thick - BESIDE_BAR };
}

/** A bar for each call, from the row of its begin to the last that it reaches; in proportional time to the moment of its end. */
function paintBars(painter, time) {
  const { look, place, indexOf } = painter;
  const half = look.row * 0.34;
  const lastShown = lastShownUpTo(painter);
  const shown = story.layout.bars.filter((bar) => indexOf.has(rows[bar.y]));
  // No bar reaches the next of its actor.
  const nextOf = new Map();
  [...grouped(shown, (bar) => bar.x).values()].forEach((bars) => bars.forEach((bar, number) => nextOf.set(bar, bars[number + 1])));
  return shown.flatMap((bar) => {
    const { event } = rows[bar.y];
    const y = place.ys[indexOf.get(rows[bar.y])] - half;
    const until = time === "ordinal" ? 0 : event.syscall.end_ns === undefined ? place.bottom : place.yAt(event.syscall.end_ns);
    const next = nextOf.get(bar);
    const most = next ? place.ys[indexOf.get(rows[next.y])] - half - 2 : Infinity;
    const end = Math.min(Math.max(place.ys[lastShown(bar.y_to)] + half, until), most);
    const thick = look.ribbon + 2;
    const x = appPlace(painter, rows[bar.y].body.actor).bar;
    const rect = g("rect", { class: `bar ${bar.tone}${bar.blocked ? " slept" : ""}`, x, y, width: thick, height: Math.max(4, end - y), rx: 3 });
    Object.assign(rect, { endsAt: resultAt(event) });
    return [rect, bar.tone === "failed" && cross(x + thick / 2, end - look.ribbon * 0.7 - 1, look.ribbon * 0.36)].filter(Boolean);
  });
}

/** Of the rows that are painted, the last that does not stand below a row of the layout. */
function lastShownUpTo({ shown }) {
  const places = shown.map((row) => row.place);
  return (wanted) => {
    let [least, most] = [0, places.length];
    while (least < most) {
      const middle = (least + most) >> 1;
      if (places[middle] <= wanted) least = middle + 1;
      else most = middle;
    }
    return Math.max(0, least - 1);
  };
}

const cross = (x, y, size) =>
  g("path", { class: "cross", d: `M${x - size} ${y - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}` });

/** In proportional time: the axis, and from each moment a line to its row. */
function paintAxis(painter, time) {
  if (time === "ordinal") return [];
  const { place, lanes, shown } = painter;
  const x = lanes.gutter - 3;
  const leaders = shown.map((row, index) => {
    const [from, to] = [place.trueYs[index], place.ys[index]];
    return g("path", { class: "leader", d: `M${x} ${from.toFixed(1)}h-3L${x - 12} ${to.toFixed(1)}h-3` });
  });
  const folds = place.folds.map(({ y, ns }) => paintFold(painter, duration(ns), y));
  return [g("line", { class: "axis", x1: x, x2: x, y1: place.trueYs[0] ?? 0, y2: place.trueYs.at(-1) ?? 0 }), ...leaders, ...folds];
}

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

/** Where a segment's arrow begins and ends. */
function arrowPlace(painter, row, y) {
  const { lanes, look } = painter;
  const [left, right] = [lanes.wires[row.body.first].x0, lanes.wires[row.body.last].x1];
  const [from, to] = row.body.rightwards ? [left, right] : [right, left];
  return { from, to, y0: y - look.slant / 2, y1: y + look.slant / 2, way: row.body.rightwards ? 1 : -1 };
}

/** An arrow with its label. What kind of segment it is, is said by the text, by the shaft and by the head. */
function paintSegment(painter, row, y) {
  const { look, mono, raw } = painter;
  const { segment } = row.event;
  const kind = row.look;
  const arrow = arrowPlace(painter, row, y);
  const room = Math.abs(arrow.to - arrow.from) - 2 * headRoom(kind, look) - 4;
  const text = fitted(segmentText(segment, raw), mono, room);
  return g(
    "g",
    { class: `arrow ${kind}${row.again ? " again" : ""}` },
    shaft(arrow, row.again === true, widthOf(text, `600 ${mono}`) + 10),
    tail(arrow, kind, look),
    row.body.dropped ? crossed(arrow, look) : head(arrow, kind, look),
    g("text", { class: "label", x: (arrow.from + arrow.to) / 2, y: y + look.font * 0.35, "text-anchor": "middle" }, text),
  );
}

/** The text in full, or without the flags that every segment with data has, or cut. */
function fitted(text, font, room) {
  if (widthOf(text, font) <= room) return text;
  const shorter = text.replace(/^(\[\d+\] )?(PSH,)?ACK (?=seq)/, "$1");
  const shortest = text.replace(/ seq \d+$/, "");
  return [shorter, shortest].find((one) => widthOf(one, font) <= room) ?? cut(shorter, font, room);
}

/** The line of an arrow, open in the middle for a label of that width; a retransmission's is double. */
function shaft({ from, to, y0, y1, way }, again, label) {
  const end = to - way * 5;
  const middle = (from + to) / 2;
  const at = (x) => y0 + ((y1 - y0) * (x - from)) / (to - from);
  const parts = label > 0 ? [[from, middle - (way * label) / 2], [middle + (way * label) / 2, end]] : [[from, end]];
  const drawn = parts.filter(([x0, x1]) => (x1 - x0) * way > 0);
  const line = (offset) => drawn.map(([x0, x1]) => g("line", { class: "shaft", x1: x0, y1: at(x0) + offset, x2: x1, y2: at(x1) + offset }));
  return (again ? [-2.5, 2.5] : [0]).flatMap(line);
}

function tail({ from, y0, way }, kind, look) {
  const size = look.row * 0.13;
  if (kind === "syn") return g("circle", { class: "tail", cx: from + way * size, cy: y0, r: size });
  if (kind === "fin") return g("path", { class: "tail", d: `M${from + way * 3} ${y0 - size * 1.6}v${size * 3.2}` });
  return null;
}

/** The end of an arrow whose segment was dropped by the kernel that it came to. */
function crossed({ to, y1 }, look) {
  const size = look.row * 0.2;
  return g("path", { class: "dropped", d: `M${to - size} ${y1 - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}` });
}

/** How long a head is. */
const headRoom = (kind, look) => look.row * (kind === "rst" ? 0.48 : 0.32);

function head({ to, y1, way }, kind, look) {
  const long = look.row * 0.32;
  const half = look.row * 0.17;
  const back = to - way * long;
  if (kind === "ack") return g("path", { class: "point open", d: `M${back} ${y1 - half}L${to} ${y1}L${back} ${y1 + half}` });
  if (kind === "rst") return g("path", { class: "point", d: `M${to} ${y1}L${to - way * long * 0.75} ${y1 - half * 1.5}L${to - way * long * 1.5} ${y1}L${to - way * long * 0.75} ${y1 + half * 1.5}Z` });
  return g("path", { class: `point${kind === "fin" ? " hollow" : ""}`, d: `M${back} ${y1 - half}L${to} ${y1}L${back} ${y1 + half}Z` });
}

/** Shows the first `step` steps. Returns where the current step begins and ends. */
function revealLadder(ladder, step, next) {
  const { shown, groups, labels, layers, look, place, lanes } = ladder;
  let count = 0;
  while (count < shown.length && shown[count].at < step) count++;
  groups.forEach((group, index) => {
    group.classList.toggle("later", index >= count);
    group.classList.toggle("now", shown[index].at === step - 1);
  });
  labels.forEach((label) => {
    label.classList.toggle("later", label.revealedBy >= step);
    label.classList.toggle("now", label.revealedBy === step - 1);
  });
  // How a call will end is not told by its colour.
  layers.still.querySelectorAll(".bar").forEach((bar) => bar.classList.toggle("waits", bar.endsAt >= step));
  const bottom = count === 0 ? 0 : place.ys[count - 1] + look.row / 2;
  ladder.clipRect.setAttribute("height", count === shown.length ? place.bottom : bottom);
  const first = shown.findIndex((row) => row.at === step - 1);
  const begin = first === -1 ? bottom : place.ys[first] - look.row / 2;
  layers.band.setAttribute("y", begin);
  layers.band.setAttribute("height", first === -1 ? 0 : Math.max(0, bottom - begin));
  layers.next.replaceChildren(...(next && step > 0 ? paintNext(ladder, next, bottom + look.row * 0.75) : []));
  const height = Math.max(bottom + look.row * (next ? 1.5 : 0.6), 10);
  // In a frame the picture keeps its size: to lay a thousand rows out anew takes longer than a step may.
  if (ladder.frame) ladder.frame.style.height = `${height}px`;
  else ladder.svg.setAttribute("height", height);
  return { begin, bottom: height, width: lanes.width };
}

/** What the next step will do, not how it will end. */
function paintNext(ladder, step, y) {
  const { look, mono, sans } = ladder;
  const name = story.actors.findIndex((actor) => step.does.startsWith(`${actor.name} `));
  const at = appPlace(ladder, Math.max(0, name));
  const text = name === -1 ? step.does : step.does.slice(story.actors[name].name.length + 1);
  const lead = "next ";
  const shownText = cut(text, mono, at.room - widthOf(lead, sans) - 10);
  const wide = widthOf(lead + shownText, mono) + 16;
  const x = at.anchor === "end" ? at.text - wide + 8 : at.text - 8;
  return [
    g("rect", { class: "next-box", x, y: y - look.row * 0.4, width: wide, height: look.row * 0.8, rx: 5 }),
    g("text", { class: "next-text", x: at.text, y: y + look.font * 0.35, "text-anchor": at.anchor }, lead + shownText),
  ];
}
