
// ---- legend.js: how to read the picture

/** The legend: always on the screen. */
function buildLegend() {
  const icon = (wide, ...shapes) => g("svg", { viewBox: `0 0 ${wide} 14`, width: wide, height: 14, "aria-hidden": "true" }, shapes);
  const look = { row: 26 };
  const arrow = (kind, again) => {
    const way = { from: 1, to: 31, y0: 7, y1: 7, way: 1 };
    return icon(32, g("g", { class: `arrow ${kind}` }, shaft(way, again), tail(way, kind, look), head(way, kind, look)));
  };
  const entry = (picture, text) => h("li", null, picture, h("span", null, text));
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    entry(icon(12, g("rect", { class: "bar fine", x: 2, y: 0, width: 8, height: 14, rx: 3 })), "call"),
    entry(icon(12, g("rect", { class: "bar failed", x: 2, y: 0, width: 8, height: 14, rx: 3 }), cross(6, 10, 2.4)), "failed"),
    rows.some((row) => row.look) && [["syn", "SYN"], ["data", "data"], ["ack", "ACK"], ["fin", "FIN"], ["rst", "RST"]].map(([look, name]) => entry(arrow(look), name)),
    rows.some((row) => row.look) && entry(arrow("data", true), "again"),
    rows.some((row) => row.body.dropped) && entry(icon(32, g("g", { class: "arrow syn" }, shaft({ from: 1, to: 27, y0: 7, y1: 7, way: 1 })), crossed({ to: 25, y1: 7 }, look)), "dropped"),
    entry(icon(26, g("path", { class: "curve cause", d: "M2 2C2 10 24 4 24 12" })), "cause"),
    entry(icon(26, g("path", { class: "curve effect", d: "M2 2C2 10 24 4 24 12" })), "effect"),
    entry(icon(26, g("path", { class: "curve cause inferred", d: "M2 2C2 10 24 4 24 12" })), "inferred"),
    endpoints.length > 0 && entry(icon(12, g("rect", { class: "gauge unread", x: 1, y: 1, width: 10, height: 12 })), "unread"),
    endpoints.length > 0 && entry(icon(12, g("path", { class: "hatching", d: "M0 6 6 0M0 12 12 0M4 14 14 4" })), "unacked"),
  );
}
