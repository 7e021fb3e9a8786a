
// ---- machine.js: the state diagram of RFC 9293, figure 5, with a token for each endpoint

const MACHINE_SIZE = [440, 372];

/** Where the states stand. The names are Linux's; the RFC writes CLOSED, SYN-RECEIVED, FIN-WAIT-1. */
const STATE_PLACES = {
  CLOSE: [220, 20],
  LISTEN: [72, 66],
  SYN_SENT: [368, 112],
  SYN_RECV: [72, 132],
  ESTABLISHED: [220, 170],
  FIN_WAIT1: [72, 226],
  CLOSE_WAIT: [368, 226],
  FIN_WAIT2: [72, 292],
  CLOSING: [220, 270],
  LAST_ACK: [368, 292],
  TIME_WAIT: [220, 346],
};

/** The line at the right edge, on which connections come to their end. */
const RAIL = 432;

/** From, to, and what happens: event / what is sent. A fourth entry is a point that bends the line, or the rail to go by. The dashed way is in a note of the figure. */
const STATE_WAYS = [
  ["CLOSE", "LISTEN", "listen", [128, 22]],
  ["LISTEN", "CLOSE", "close", [164, 66]],
  ["CLOSE", "SYN_SENT", "connect / SYN", [330, 34]],
  ["SYN_SENT", "CLOSE", "close", [276, 82]],
  ["LISTEN", "SYN_SENT", "send / SYN", [220, 88]],
  ["LISTEN", "SYN_RECV", "SYN / SYN,ACK", [108, 99]],
  ["SYN_RECV", "LISTEN", "RST", [8, 99]],
  ["SYN_SENT", "SYN_RECV", "SYN / SYN,ACK", [220, 126]],
  ["SYN_RECV", "ESTABLISHED", "ACK"],
  ["SYN_SENT", "ESTABLISHED", "SYN,ACK / ACK"],
  ["SYN_RECV", "FIN_WAIT1", "close / FIN"],
  ["ESTABLISHED", "FIN_WAIT1", "close / FIN"],
  ["ESTABLISHED", "CLOSE_WAIT", "FIN / ACK"],
  ["FIN_WAIT1", "FIN_WAIT2", "ACK"],
  ["FIN_WAIT1", "CLOSING", "FIN / ACK"],
  ["CLOSE_WAIT", "LAST_ACK", "close / FIN"],
  ["FIN_WAIT2", "TIME_WAIT", "FIN / ACK"],
  ["CLOSING", "TIME_WAIT", "ACK"],
  ["FIN_WAIT1", "TIME_WAIT", "", [158, 282], "noted"],
  ["LAST_ACK", "CLOSE", "ACK", "rail"],
  ["TIME_WAIT", "CLOSE", "2 MSL", "rail"],
];

const machineHolder = h("div", { class: "machine" });
const machines = new Map();

/** The diagram in a size; made once for each. */
function machineAt(width, height, big) {
  const key = `${width} ${height} ${big}`;
  if (!machines.has(key)) machines.set(key, paintMachine(width, height, big));
  return machines.get(key);
}

function paintMachine(width, height, big) {
  const scale = [width / MACHINE_SIZE[0], height / MACHINE_SIZE[1]];
  const scaled = (place) => place.map((part, axis) => part * scale[axis]);
  const at = (state) => scaled(STATE_PLACES[state]);
  const box = big ? [Math.min(196, width / 3.9), 40] : [94, 24];
  const ways = STATE_WAYS.map(([from, to, label, via, note]) => {
    const path = via === "rail" ? railPath(at(from), at(to), box, RAIL * scale[0]) : wayPath(at(from), at(to), box, via && scaled(via));
    const name = g("text", { class: "way-label", x: path.middle[0], y: path.middle[1] + 3, "text-anchor": "middle" }, label);
    return { from, to, group: g("g", { class: `way ${note ?? ""}` }, g("path", { d: path.d }), g("path", { class: "way-tip", d: path.tip }), name) };
  });
  const states = Object.keys(STATE_PLACES).map((state) => {
    const [x, y] = at(state);
    return { state, group: g("g", { class: `state-box tone-${STATE_TONES[state]}`, "data-state": state },
      g("rect", { x: x - box[0] / 2, y: y - box[1] / 2, width: box[0], height: box[1], rx: box[1] / 2 }),
      g("text", { x, y: y + (big ? 8 : 4), "text-anchor": "middle" }, state)) };
  });
  const jumps = g("g", { class: "jumps" });
  const jumpNames = g("g", { class: "jumps" });
  const tokens = [
    ...listeners.map((listener) => ({ listener, group: paintToken(listener.actor, big, true) })),
    ...endpoints.map((endpoint) => ({ endpoint, group: paintToken(endpoint.end.actor, big, false) })),
  ];
  const svg = g("svg", { class: `machine-svg${big ? " big" : ""}`, width, height, role: "img" },
    ways.map((way) => way.group), jumps, states.map((state) => state.group), jumpNames, tokens.map((token) => token.group));
  return { svg, ways, states, tokens, jumps, jumpNames, at, box, big };
}

/** A line between two boxes, from edge to edge, with its tip and the middle where its label stands. */
function wayPath([x0, y0], [x1, y1], box, via) {
  const control = via ?? [(x0 + x1) / 2, (y0 + y1) / 2];
  const from = edge([x0, y0], control, box);
  const to = edge([x1, y1], control, box);
  const angle = Math.atan2(to[1] - control[1], to[0] - control[0]);
  const middle = [0, 1].map((axis) => (from[axis] + 2 * control[axis] + to[axis]) / 4);
  return { d: `M${spot(from)}Q${spot(control)} ${spot(to)}`, tip: wings(to, angle), middle, from, control, to };
}

/** A line that leaves a box to the right and comes down on another from the right. */
function railPath([x0, y0], [x1, y1], box, rail) {
  const [from, to] = [[x0 + box[0] / 2, y0], [x1 + box[0] / 2, y1]];
  const near = rail - from[0] < 40;
  return { d: `M${spot(from)}H${rail}V${y1}H${to[0]}`, tip: wings(to, Math.PI), middle: near ? [rail - 14, y0 - box[1] * 0.8] : [(from[0] + rail) / 2, y0] };
}

const spot = (place) => place.map((part) => part.toFixed(1)).join(" ");

/** The tip of a line that arrives at an angle. */
function wings(to, angle) {
  const wing = (turn) => [to[0] - 7 * Math.cos(angle + turn), to[1] - 7 * Math.sin(angle + turn)];
  return `M${spot(wing(0.45))}L${spot(to)}L${spot(wing(-0.45))}Z`;
}

/** Where the way from a box's middle to a point leaves the box. */
function edge([x, y], [toX, toY], [wide, tall]) {
  const [dx, dy] = [toX - x, toY - y];
  const share = Math.min(Math.abs(wide / 2 / (dx || 1e-6)), Math.abs(tall / 2 / (dy || 1e-6)), 1);
  return [x + dx * share, y + dy * share];
}

/** A token: its shape tells the actor, its letter too. That of a socket that listens is hollow. */
function paintToken(name, big, isListener) {
  const actor = actorPlace.get(name) ?? 0;
  const size = big ? 17 : 9;
  const shapes = [
    () => g("circle", { r: size }),
    () => g("rect", { x: -size * 0.9, y: -size * 0.9, width: size * 1.8, height: size * 1.8, rx: 2 }),
    () => g("path", { d: `M0 ${-size * 1.25}L${size * 1.25} 0L0 ${size * 1.25}L${-size * 1.25} 0Z` }),
    () => g("path", { d: `M0 ${-size * 1.2}L${size * 1.15} ${size * 0.85}H${-size * 1.15}Z` }),
  ];
  const letter = (name ?? "?").slice(0, 1).toUpperCase();
  return g("g", { class: `token actor-${actor % 4}${isListener ? " listens" : ""}` }, shapes[actor % 4](), g("text", { y: big ? 8 : 4, "text-anchor": "middle" }, letter));
}

/** The endpoints that are shown: all while there are few, else those of the connection that is looked at. */
function machineEndpoints() {
  if (story.connections.length <= 2 && !view.connection) return endpoints;
  const label = view.connection || connectionLabelOf(view.event) || story.connections[0]?.label;
  return endpoints.filter(({ connection }) => connection.label === label);
}

const connectionLabelOf = (event) => event?.segment?.connection ?? event?.syscall?.connection ?? event?.state?.connection;

/** Where a token stands: nowhere before there is a socket to it. A responder has none before its SYN: it begins where its listener is. */
function tokenState({ listener, endpoint }, wanted) {
  if (listener) return listenerAt(listener, view.step);
  if (!wanted.includes(endpoint)) return null;
  const { state } = endpointAt(endpoint, view.step);
  if (state || endpoint.end.side === "responder" || endpoint.changes.length === 0) return state;
  return isMade(endpoint.end.socket, view.step) ? "CLOSE" : null;
}

/** Moves the tokens to where their endpoints are, and marks the ways that this step took. */
function updateMachine(machine) {
  const wanted = machineEndpoints();
  const taken = [];
  const said = [];
  const crowd = new Map();
  for (const token of machine.tokens) {
    const { listener, endpoint, group } = token;
    const state = tokenState(token, wanted);
    group.classList.toggle("away", state === null);
    placeToken(machine, group, state ?? endpoint?.changes[0]?.from ?? "CLOSE", state === null ? 0 : crowd.get(state) ?? 0);
    if (state === null) continue;
    crowd.set(state, (crowd.get(state) ?? 0) + 1);
    taken.push(...(listener ?? endpoint).changes.filter((change) => resultAt(change.event) === view.step - 1));
    said.push(`${listener?.actor ?? endpoint.end.actor ?? endpoint.end.address} in ${state}`);
  }
  const took = (way) => taken.some((change) => !isJump(change) && change.from === way.from && change.to === way.to);
  machine.ways.forEach((way) => way.group.classList.toggle("taken", took(way)));
  machine.states.forEach(({ state, group }) => group.classList.toggle("here", crowd.has(state)));
  const jumps = taken.filter(isJump).map((jump) => paintJump(machine, jump));
  machine.jumps.replaceChildren(...jumps.map(({ line }) => line));
  machine.jumpNames.replaceChildren(...jumps.map(({ name }) => name));
  machine.svg.setAttribute("aria-label", `State diagram of RFC 9293: ${said.join(", ") || "no socket yet"}`);
}

/** Tokens stand to the left and to the right of a state's box, one behind the other. */
function placeToken({ at, box, big }, group, state, before) {
  const [x, y] = at(state);
  const side = before % 2 === 0 ? -1 : 1;
  const offset = box[0] / 2 + (big ? 8 : 4) + Math.floor(before / 2) * (big ? 38 : 21);
  group.style.transform = `translate(${x + offset * side}px, ${y}px)`;
  group.dataset.at = state;
}

const isReset = (event) => lookOf(event) === "rst";

/** A change that is no way of the figure: an RST, mostly, which the figure leaves out but for one. */
function isJump({ event, from, to }) {
  return !STATE_WAYS.some((way) => way[0] === from && way[1] === to && (!isReset(event) || way[2] === "RST"));
}

/** A line of its own, and its name where no state stands. */
function paintJump(machine, change) {
  const [from, to] = [machine.at(change.from), machine.at(change.to)];
  const control = [(from[0] + to[0]) / 2 + (to[1] - from[1]) * 0.14, (from[1] + to[1]) / 2 - (to[0] - from[0]) * 0.14];
  const path = wayPath(from, to, machine.box, control);
  const text = isReset(change.event) ? "RST" : change.event.alias;
  const [x, y] = freePlace(machine, path, text);
  return {
    line: g("g", { class: "way taken jump" }, g("path", { d: path.d }), g("path", { class: "way-tip", d: path.tip })),
    name: g("g", { class: "way taken jump" }, g("text", { class: "way-label", x, y: y + (machine.big ? 8 : 4), "text-anchor": "middle" }, text)),
  };
}

/** A place on a line, near its middle, where a short text covers no state. */
function freePlace({ at, box, big }, { from, control, to }, text) {
  const size = big ? 24 : 11;
  const wide = (text.length * size * 0.7 + box[0]) / 2 + 4;
  const tall = (size + box[1]) / 2 + 4;
  const on = (share) => [0, 1].map((axis) => (1 - share) ** 2 * from[axis] + 2 * share * (1 - share) * control[axis] + share ** 2 * to[axis]);
  const places = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82].map(on);
  const isFree = ([x, y]) => Object.keys(STATE_PLACES).every((state) => Math.abs(at(state)[0] - x) > wide || Math.abs(at(state)[1] - y) > tall);
  return places.find(isFree) ?? places[0];
}

/** Puts the diagram into the tab of the sockets. In a lecture it is as tall as there is room for. */
function renderMachine() {
  if (view.tab !== "sockets" || view.mode === "print") return;
  const big = view.mode === "lecture" && machineHolder.clientWidth > 560;
  const width = Math.round(Math.max(280, Math.min(big ? 800 : 560, machineHolder.clientWidth || 380)));
  const whole = (width * MACHINE_SIZE[1]) / MACHINE_SIZE[0];
  const room = big ? document.getElementById("panel").clientHeight - 104 : Infinity;
  const machine = machineAt(width, Math.round(big ? Math.max(440, Math.min(whole, room)) : whole), big);
  if (machineHolder.firstChild !== machine.svg) machineHolder.replaceChildren(machine.svg);
  updateMachine(machine);
}
