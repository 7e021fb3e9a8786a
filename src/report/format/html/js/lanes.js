
// ---- lanes.js: where lanes stand from left to right

/** With more than two actors there is less room for each. */
const isCrowded = story.actors.length > 2;

/** Sizes in pixels; those of a lecture are for a screen of 1280 by 720, and grow and shrink with it, so that it is legible from the last row. */
const LOOKS = {
  explore: { row: 29, font: 13, small: 11.5, hasTime: true, delta: 84, ribbon: 7, gauge: 12, slant: 8, pad: 8 },
  narrow: { row: 32, font: 12, small: 10, hasTime: false, delta: 0, ribbon: 5, gauge: 6, slant: 7, pad: 4 },
  lecture: { row: 34, font: 24, small: 24, hasTime: !isCrowded, delta: 0, ribbon: 12, gauge: 18, slant: 10, pad: 10 },
  print: { row: 27, font: 13, small: 11, hasTime: true, delta: 84, ribbon: 7, gauge: 12, slant: 7, pad: 8 },
};

/** The sizes for a picture of that width; ids and times have the room that they need. */
function lookFor(lookName, width, scale) {
  const sized = ([name, size]) => [name, typeof size === "number" && lookName === "lecture" ? size * scale : size];
  const look = Object.fromEntries(Object.entries(LOOKS[lookName]).map(sized));
  if (isCrowded) {
    look.gauge *= 0.7;
    if (width < 800) look.delta = 0;
  }
  const widest = (texts, font) => texts.reduce((most, text) => Math.max(most, widthOf(text, font)), 0);
  const mono = `${look.font}px ${family("--mono")}`;
  look.id = look.pad + widest(story.events.map((event) => event.alias), `700 ${mono}`) + look.font * 0.6;
  look.time = look.hasTime ? widest(rows.map((row) => milliseconds(row.t_ns)), mono) + look.font * 0.4 : 0;
  return look;
}

/** The font of names of states. */
const stateFont = (look) => `650 ${look.small}px ${family("--sans")}`;

/** Whether anything flies between two neighbours: over a pipe or a UNIX socket nothing does. */
const isUsed = story.layout.lanes.filter((lane) => lane.kind === "wire").map((lane) => lane.connections.length > 0);
/** Between two actors that no connection joins. */
const UNUSED_WIRE = 24;

/** Shares of the width where there are two actors: an application, a kernel's side of a wire, a wire. */
const SHARES = [1, 0.62, 1.3];
/** Between a bar and its text. */
const BESIDE_BAR = 7;

/**
 * The lanes' edges. From left to right: gutter, application, kernel, wire, kernel, application, and so on for each further
 * actor. `kernels[wire]` has both ends of a wire.
 */
function placeLanes(width, look) {
  const gutter = look.id + look.time + look.delta + look.pad;
  const room = Math.max(160, width - gutter - look.pad);
  const lanes = { gutter, width, times: look.time > 0 && { x0: look.id, x1: look.id + look.time }, apps: [], kernels: [], wires: [] };
  let x = gutter;
  const take = (wide) => {
    const lane = { x0: x, x1: x + wide };
    x = lane.x1;
    return lane;
  };
  if (isCrowded) placeColumns(lanes, look, room, take);
  else placePair(lanes, room, take);
  return lanes;
}

/** Two actors and the wire between them; a single one has a wire to talk to itself. */
function placePair(lanes, room, take) {
  const [app, kernel, wire] = SHARES;
  if (!isUsed[0] && story.actors.length > 1) {
    const wide = (room - UNUSED_WIRE) / 2;
    lanes.apps.push(take(wide));
    lanes.wires.push(take(UNUSED_WIRE));
    lanes.kernels.push([lanes.apps[0], lanes.apps[0]]);
    lanes.apps.push(take(wide));
    return;
  }
  const unit = room / (story.actors.length * app + 2 * kernel + wire);
  lanes.apps.push(take(app * unit));
  const left = take(kernel * unit);
  lanes.wires.push(take(wire * unit));
  lanes.kernels.push([left, take(kernel * unit)]);
  if (story.actors.length > 1) lanes.apps.push(take(app * unit));
}

/**
 * Where there are more, application and kernel share a column: what waits stands beside the wires, then the bars of calls, and names
 * of states and calls, which come in different rows, in the same place. The wires have the rest.
 */
function placeColumns(lanes, look, room, take) {
  const last = story.actors.length - 1;
  const name = widthOf("ESTABLISHED", stateFont(look)) + 8;
  const own = look.ribbon + 2 + BESIDE_BAR + name;
  const besides = story.actors.map((_, place) => [place > 0 ? besideWire(place - 1, true, look) + 4 : 0, place < last ? besideWire(place, false, look) : 0]);
  const wanted = besides.map(([left, right]) => left + own + right);
  const sum = wanted.reduce((all, wide) => all + wide, 0);
  const used = isUsed.filter(Boolean).length;
  const between = room - (last - used) * UNUSED_WIRE;
  const wire = used > 0 ? Math.max((between * 0.4) / used, (between - sum) / used) : 0;
  const shrunk = (between - wire * used) / sum;
  const columns = [];
  wanted.forEach((wide, place) => {
    const column = take(wide * shrunk);
    columns.push(column);
    lanes.apps.push({ x0: column.x0 + besides[place][0], x1: column.x1 - besides[place][1] });
    if (place < last) lanes.wires.push(take(isUsed[place] ? wire : UNUSED_WIRE));
  });
  lanes.kernels = lanes.wires.map((_, place) => [columns[place], columns[place + 1]]);
}

/** The edge of a wire beside which each endpoint's states stand, as the layout says: a wire's left edge is 4n + 2, its right one 4n + 4. */
const edges = new Map(story.layout.rows.flatMap((row) => row.states ?? []).map(({ connection, side, x }) => [keyOf(connection, side), x]));

/** The kernel lane of an endpoint: which wire, which end, and which of the ribbons there; nothing for one that never had a state. */
const homes = (() => {
  const taken = new Map();
  const found = new Map();
  for (const { key } of endpoints.filter(({ key }) => edges.has(key))) {
    const x = edges.get(key);
    const track = taken.get(x) ?? 0;
    taken.set(x, track + 1);
    found.set(key, { wire: Math.floor((x - 2) / 4), right: x % 4 === 0, track });
  }
  return found;
})();

/** The kinds of waiting bytes that the endpoints at an end of a wire ever have. */
function waitingAt(wire, right) {
  const here = endpoints.filter(({ key }) => homes.get(key)?.wire === wire && homes.get(key).right === right);
  const samples = here.flatMap((endpoint) => endpoint.samples.map(({ state }) => state));
  return ["unread", "unsent"].filter((kind) => samples.some((state) => state[`${kind}_bytes`] > 0));
}

const MOST_TRACKS = 4;
const tracksAt = (wire, right) => Math.min(MOST_TRACKS, [...homes.values()].filter((home) => home.wire === wire && home.right === right).length);

/** How wide what stands beside an end of a wire is: ribbons, then gauges. Names of states begin behind it. */
const besideWire = (wire, right, look) => 3 + tracksAt(wire, right) * (look.ribbon + 2) + waitingAt(wire, right).length * (look.gauge + 2);
