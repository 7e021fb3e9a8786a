
// ---- kernels.js: what the kernels' lanes show: states as ribbons, and the bytes that wait

/** Where a ribbon stands. */
function ribbonX(painter, home) {
  const { look, lanes } = painter;
  const wire = lanes.wires[home.wire];
  const offset = 3 + (home.track % MOST_TRACKS) * (look.ribbon + 2);
  return home.right ? wire.x1 + offset : wire.x0 - offset - look.ribbon;
}

/** The height at which a state changes: at the arrow's tail for who sends, at its head for who receives. */
function changeY(painter, endpoint, event) {
  const index = painter.indexOf.get(painter.rowOfEvent.get(event));
  if (index === undefined) return outsideY(painter, event) ?? painter.place.yAt(event.t_ns);
  const y = painter.place.ys[index];
  if (event.kind !== "segment") return y;
  const { connection, sender } = event.segment;
  const sends = connection === endpoint.connection.label && sender === endpoint.end.side;
  return y + (sends ? -1 : 1) * (painter.look.slant / 2);
}

/** Before the first row that is painted everything is above the picture, after the last below it. */
function outsideY({ shown, place }, event) {
  if (shown.length === 0 || event.t_ns < shown[0].t_ns) return -place.bottom;
  return event.t_ns > shown.at(-1).t_ns ? 2 * place.bottom : null;
}

function paintRibbons(painter) {
  return endpoints.flatMap((endpoint) => {
    const home = homes.get(endpoint.key);
    if (!home) return [];
    const x = ribbonX(painter, home);
    return endpoint.changes.map((change, place) => {
      const y = changeY(painter, endpoint, change.event);
      const next = endpoint.changes[place + 1];
      const end = next ? changeY(painter, endpoint, next.event) : painter.place.bottom;
      const tone = STATE_TONES[change.to] ?? "quiet";
      if (tone === "closed") return null;
      return g("rect", { class: `ribbon tone-${tone}`, x, y, width: painter.look.ribbon, height: Math.max(1, end - y), rx: 2 });
    });
  }).filter(Boolean);
}

/** Where names of states begin, or end: behind what stands beside the wire, and between two wires behind the bars too. */
function stateX(painter, home) {
  const beside = besideWire(home.wire, home.right, painter.look) + 2;
  const wire = painter.lanes.wires[home.wire];
  if (!home.right) return wire.x0 - beside;
  return home.wire + 2 < story.actors.length ? appPlace(painter, home.wire + 1).text : wire.x1 + beside;
}

/** How much room names of states have: in a column as much as calls have, else what the kernel's lane and the application's have. */
function roomForStates(painter, home) {
  if (!isCrowded) return Infinity;
  return appPlace(painter, home.right ? home.wire + 1 : home.wire).own + 2;
}

/** How much higher a name stands that the text of its own row would cover: on the line between two rows. */
function aboveText(painter, event, x, right) {
  const row = painter.rowOfEvent.get(event);
  if (!row || row.body.kind === "segment" || (row.body.actor ?? null) === null) return 0;
  const at = appPlace(painter, row.body.actor);
  const wide = widthOf(rowText(row, painter.raw), painter.mono) + widthOf(tookText(painter, row), painter.mono) + 24;
  const [begin, end] = at.anchor === "end" ? [at.text - wide, at.text] : [at.text, at.text + wide];
  const name = widthOf("[2] ESTABLISHED", stateFont(painter.look));
  const [left, to] = right ? [x, x + name] : [x - name, x];
  return left < end && begin < to ? painter.look.row / 2 : 0;
}

/** Names of states, where they are entered. */
function paintStateLabels(painter) {
  const { look } = painter;
  return endpoints.flatMap((endpoint) => {
    const home = homes.get(endpoint.key);
    if (!home) return [];
    const x = stateX(painter, home);
    const room = roomForStates(painter, home);
    let free = -Infinity;
    return endpoint.changes.flatMap((change) => {
      const name = ordinalMark(endpoint.connection.label) + change.to;
      // Where there is no room, the ribbon and the head of the lane tell it.
      if (widthOf(name, stateFont(look)) > room) return [];
      const y = Math.max(changeY(painter, endpoint, change.event) - aboveText(painter, change.event, x, home.right), free);
      free = y + look.small * 0.95;
      const label = g(
        "text",
        { class: `state tone-${STATE_TONES[change.to] ?? "quiet"}`, x, y: y + look.small * 0.36, "text-anchor": home.right ? "start" : "end" },
        name,
      );
      return { element: label, at: change.at };
    });
  }).map((label) => Object.assign(label.element, { revealedBy: label.at }));
}

/** Bars for bytes that wait: unread (solid) and not yet acknowledged (hatched), from one answer of the kernel to the next. */
function paintGauges(painter) {
  const most = Math.max(1024, ...endpoints.flatMap(({ samples }) => samples.map(({ state }) => Math.max(state.unread_bytes, state.unsent_bytes))));
  // A sheet of paper ends with its step; what waited later is not on it.
  const last = painter.shown.at(-1)?.at ?? Infinity;
  return endpoints.flatMap((endpoint) => {
    const home = homes.get(endpoint.key);
    if (!home) return [];
    const { look, lanes } = painter;
    const wire = lanes.wires[home.wire];
    const kinds = waitingAt(home.wire, home.right);
    const inner = 3 + tracksAt(home.wire, home.right) * (look.ribbon + 2);
    return endpoint.samples.flatMap((sample, place) => {
      if (revealedAt(sample) > last) return [];
      const y = painter.place.yAt(sample.t_ns);
      const over = endedAfter(endpoint, sample);
      const next = endpoint.samples[place + 1] ?? over;
      const end = next ? painter.place.yAt(Math.min(next.t_ns, over?.t_ns ?? Infinity)) : painter.place.bottom;
      const bar = (bytes, name) => {
        if (bytes === 0) return null;
        const width = Math.max(4, (look.gauge * Math.log2(1 + bytes)) / Math.log2(1 + most));
        const offset = inner + kinds.indexOf(name) * (look.gauge + 2);
        const x = home.right ? wire.x1 + offset : wire.x0 - offset - width;
        const paint = name === "unsent" ? { fill: `url(#${painter.clip}-hatch)` } : {};
        return g("rect", { class: `gauge ${name}`, x, y, width, height: Math.max(2, end - y), ...paint });
      };
      return [bar(sample.state.unread_bytes, "unread"), bar(sample.state.unsent_bytes, "unsent")];
    });
  }).filter(Boolean);
}
