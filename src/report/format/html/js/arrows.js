
// ---- arrows.js: segments, on their way from one kernel to the other

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
