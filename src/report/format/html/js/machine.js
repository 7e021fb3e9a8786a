
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

/** From, to, and what happens: event / what is sent. A fourth entry is a point that bends the line, or the rail to go by. */
const STATE_WAYS = [
  ["CLOSE", "LISTEN", "listen"],
  ["CLOSE", "SYN_SENT", "connect / SYN"],
  ["LISTEN", "SYN_RECV", "SYN / SYN,ACK"],
  ["SYN_SENT", "SYN_RECV", "SYN / SYN,ACK", [220, 108]],
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
  ["FIN_WAIT1", "TIME_WAIT", "", [152, 268]],
  ["LAST_ACK", "CLOSE", "ACK", "rail"],
  ["TIME_WAIT", "CLOSE", "2 MSL", "rail"],
];

const machineHolder = h("div", { class: "machine" });
const machines = new Map();

/** The diagram at a width; made once for each. */
function machineAt(width, big) {
  const key = `${Math.round(width)} ${big}`;
  if (!machines.has(key)) machines.set(key, paintMachine(width, big));
  return machines.get(key);
}

function paintMachine(width, big) {
  const scale = width / MACHINE_SIZE[0];
  const at = (state) => STATE_PLACES[state].map((part) => part * scale);
  const box = big ? [Math.min(196, width / 3.9), 40] : [94, 24];
  const ways = STATE_WAYS.map(([from, to, label, via]) => {
    const path = via === "rail" ? railPath(at(from), at(to), box, RAIL * scale) : wayPath(at(from), at(to), box, via?.map((part) => part * scale));
    const name = g("text", { class: "way-label", x: path.middle[0], y: path.middle[1] + 3, "text-anchor": "middle" }, label);
    return { from, to, group: g("g", { class: "way" }, g("path", { d: path.d }), g("path", { class: "way-tip", d: path.tip }), name) };
  });
  const states = Object.keys(STATE_PLACES).map((state) => {
    const [x, y] = at(state);
    return { state, group: g("g", { class: `state-box tone-${STATE_TONES[state]}` },
      g("rect", { x: x - box[0] / 2, y: y - box[1] / 2, width: box[0], height: box[1], rx: box[1] / 2 }),
      g("text", { x, y: y + (big ? 8 : 4), "text-anchor": "middle" }, state)) };
  });
  const jumps = g("g", { class: "jumps" });
  const tokens = endpoints.map((endpoint) => ({ endpoint, group: paintToken(endpoint, big) }));
  const svg = g("svg", { class: `machine-svg${big ? " big" : ""}`, width, height: MACHINE_SIZE[1] * scale, role: "img" },
    ways.map((way) => way.group), jumps, states.map((state) => state.group), tokens.map((token) => token.group));
  return { svg, ways, states, tokens, jumps, at, box, big };
}

/** A line between two boxes, from edge to edge, with its tip and the middle where its label stands. */
function wayPath([x0, y0], [x1, y1], box, via) {
  const control = via ?? [(x0 + x1) / 2, (y0 + y1) / 2];
  const from = edge([x0, y0], control, box);
  const to = edge([x1, y1], control, box);
  const angle = Math.atan2(to[1] - control[1], to[0] - control[0]);
  const middle = [0, 1].map((axis) => (from[axis] + 2 * control[axis] + to[axis]) / 4);
  return { d: `M${spot(from)}Q${spot(control)} ${spot(to)}`, tip: wings(to, angle), middle };
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

/** A token: its shape tells the actor, its letter too. */
function paintToken(endpoint, big) {
  const actor = actorPlace.get(endpoint.end.actor) ?? 0;
  const size = big ? 17 : 9;
  const shapes = [
    () => g("circle", { r: size }),
    () => g("rect", { x: -size * 0.9, y: -size * 0.9, width: size * 1.8, height: size * 1.8, rx: 2 }),
    () => g("path", { d: `M0 ${-size * 1.25}L${size * 1.25} 0L0 ${size * 1.25}L${-size * 1.25} 0Z` }),
    () => g("path", { d: `M0 ${-size * 1.2}L${size * 1.15} ${size * 0.85}H${-size * 1.15}Z` }),
  ];
  const letter = (endpoint.end.actor ?? "?").slice(0, 1).toUpperCase();
  return g("g", { class: `token actor-${actor % 4}` }, shapes[actor % 4](), g("text", { y: big ? 8 : 4, "text-anchor": "middle" }, letter),
    g("title", null, `${endpoint.end.actor ?? endpoint.end.address} on ${endpoint.connection.label}`));
}

/** The endpoints that are shown: all while there are few, else those of the connection that is looked at. */
function machineEndpoints() {
  if (story.connections.length <= 2 && !view.connection) return endpoints;
  const label = view.connection || connectionLabelOf(view.event) || story.connections[0]?.label;
  return endpoints.filter(({ connection }) => connection.label === label);
}

const connectionLabelOf = (event) => event?.segment?.connection ?? event?.syscall?.connection ?? event?.state?.connection;

/** Moves the tokens to where their endpoints are, and marks the ways that this step took. */
function updateMachine(machine) {
  const wanted = machineEndpoints();
  const taken = [];
  const crowd = new Map();
  for (const { endpoint, group } of machine.tokens) {
    const now = endpointAt(endpoint, view.step);
    const shown = wanted.includes(endpoint) && (now.state !== null || endpoint.changes.length > 0);
    group.classList.toggle("away", !shown);
    if (!shown) continue;
    const state = now.state ?? "CLOSE";
    const before = crowd.get(state) ?? 0;
    crowd.set(state, before + 1);
    const [x, y] = machine.at(state);
    const offset = (machine.box[0] / 2 + (machine.big ? 8 : 4)) * (before % 2 === 0 ? -1 : 1);
    group.style.transform = `translate(${x + offset}px, ${y + Math.floor(before / 2) * 10}px)`;
    taken.push(...now.changes.filter((change) => revealedAt(change.event) === view.step - 1));
  }
  const took = (way) => taken.some((change) => change.from === way.from && change.to === way.to);
  machine.ways.forEach((way) => way.group.classList.toggle("taken", took(way)));
  machine.states.forEach(({ state, group }) => group.classList.toggle("here", crowd.has(state)));
  const jumps = taken.filter((change) => !STATE_WAYS.some(([from, to]) => from === change.from && to === change.to));
  machine.jumps.replaceChildren(...jumps.map((jump) => paintJump(machine, jump)));
  const said = wanted.map((endpoint) => `${endpoint.end.actor ?? endpoint.end.address} in ${endpointAt(endpoint, view.step).state ?? "no state yet"}`);
  machine.svg.setAttribute("aria-label", `State diagram of RFC 9293: ${said.join(", ")}`);
}

/** A change that is no way of the figure: an RST, mostly, which the figure leaves out. */
function paintJump(machine, change) {
  const [from, to] = [machine.at(change.from), machine.at(change.to)];
  const path = wayPath(from, to, machine.box, [(from[0] + to[0]) / 2 + (to[1] - from[1]) * 0.14, (from[1] + to[1]) / 2 - (to[0] - from[0]) * 0.14]);
  const name = change.event.kind === "segment" && segmentKind(change.event.segment) === "rst" ? "RST" : change.event.alias;
  return g("g", { class: "way taken jump" }, g("path", { d: path.d }), g("path", { class: "way-tip", d: path.tip }),
    g("text", { class: "way-label", x: path.middle[0], y: path.middle[1], "text-anchor": "middle" }, name));
}

/** Puts the diagram into the tab of the sockets. */
function renderMachine() {
  if (view.tab !== "sockets" || view.mode === "print") return;
  const lecture = view.mode === "lecture";
  const width = Math.max(280, Math.min(lecture ? 800 : 560, machineHolder.clientWidth || 380));
  const machine = machineAt(width, lecture && width > 560);
  if (machineHolder.firstChild !== machine.svg) machineHolder.replaceChildren(machine.svg);
  updateMachine(machine);
}
