
// ---- ladder.js: the picture: calls, kernels' states, and what flies between them

/** Fonts as the style sheet names them, for measuring. */
const families = new Map();
function family(name) {
  if (!families.has(name)) families.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "monospace");
  return families.get(name);
}
let clipCount = 0;

/** A state's family decides its colour; its name stands beside it. */
const STATE_TONES = beside.tones;

/** Paints rows. The result is the picture with what is needed to reveal it step by step, to select an event, and to find the places of things. */
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
    indexOf: new Map(shown.map((row, index) => [row, index])),
    rowOfEvent: new Map(shown.filter((row) => row.event).map((row) => [row.event, row])),
  };
  const layers = paintLayers(painter);
  const clipRect = g("rect", { x: 0, y: 0, width, height: painter.place.bottom });
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
  return { ...painter, svg, layers, clipRect, ...paintContents(painter, layers, time) };
}

function paintLayers({ width, clip }) {
  const hidden = (name, more) => g("g", { class: name, "aria-hidden": "true", ...more });
  return {
    band: g("rect", { class: "band", x: 0, width, y: 0, height: 0 }),
    still: hidden("still", { "clip-path": `url(#${clip})` }),
    rows: g("g", { role: "presentation" }),
    marks: hidden("marks"),
    next: hidden("next"),
    curves: hidden("curves"),
  };
}

/** What stands in the layers, and how to bring it to a step. */
function paintContents(painter, layers, time) {
  const tops = sliceTops(painter);
  const groups = painter.shown.map((row) => paintRow(painter, row));
  const labels = paintStateLabels(painter);
  const bars = paintBars(painter, time);
  const still = [...paintSteps(painter), ...paintRibbons(painter), ...paintGauges(painter), ...bars, ...paintAxis(painter, time)];
  const slices = [intoSlices(layers.still, still, tops), intoSlices(layers.marks, labels, tops), rowsIntoSlices(layers.rows, groups, tops)];
  const unfolded = (element, isLater, isNow) => {
    element.classList.toggle("later", isLater);
    element.classList.toggle("now", isNow);
  };
  const places = groups.map((_, index) => index);
  const unfold = [
    unfolding(places, (index) => painter.shown[index].at, (index, isLater, isNow) => unfolded(groups[index], isLater, isNow)),
    unfolding(labels, (label) => label.revealedBy, unfolded),
    // How a call will end is not told by its colour.
    unfolding(bars.filter((bar) => bar.endsAt !== undefined), (bar) => bar.endsAt, (bar, isLater) => bar.classList.toggle("waits", isLater)),
  ];
  const stops = places.filter((index) => painter.shown[index].event);
  const placesOf = grouped(stops, (index) => painter.shown[index].event);
  return { groups, tops, slices, unfold, far: tops.map(() => false), chosen: [], placesOf, stops, stop: undefined };
}

/** Rows stand in their slices in order; where some are not there, nobody can count them. */
function rowsIntoSlices(layer, groups, tops) {
  const slices = tops.map((_, place) => g("g", { class: "slice", role: "presentation" }, groups.slice(place * SLICE_ROWS, (place + 1) * SLICE_ROWS)));
  if (slices.length > 1) {
    const options = groups.filter((group) => group.getAttribute("role") === "option");
    options.forEach((group, place) => furnish(group, { "aria-posinset": place + 1, "aria-setsize": -1 }, []));
  }
  layer.append(...slices);
  return slices;
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
