
// ---- kernels.js: what the kernels' lanes show: states as ribbons, and the bytes that wait

/** Where a ribbon stands. */
function ribbonX(painter, home) {
  const { look, lanes } = painter;
  const wire = lanes.wires[home.wire];
  const offset = 3 + (home.track % 4) * (look.ribbon + 2);
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

/** Names of states, where they are entered. */
function paintStateLabels(painter) {
  const { look } = painter;
  return endpoints.flatMap((endpoint) => {
    const home = homes.get(endpoint.key);
    if (!home) return [];
    const x = home.right ? ribbonX(painter, home) + look.ribbon + 4 : ribbonX(painter, home) - 4;
    let free = -Infinity;
    return endpoint.changes.map((change) => {
      const y = Math.max(changeY(painter, endpoint, change.event), free);
      free = y + look.small * 0.95;
      const label = g(
        "text",
        { class: `state tone-${STATE_TONES[change.to] ?? "quiet"}`, x, y: y + look.small * 0.36, "text-anchor": home.right ? "start" : "end" },
        ordinalMark(endpoint.connection.label) + change.to,
      );
      return { element: label, at: resultAt(change.event), event: change.event };
    });
  }).map((label) => Object.assign(label.element, { revealedBy: label.at }));
}

/** Bars for bytes that wait: unread (solid) and unsent (hatched), from one answer of the kernel to the next. */
function paintGauges(painter) {
  const most = Math.max(1024, ...endpoints.flatMap(({ samples }) => samples.map(({ state }) => Math.max(state.unread_bytes, state.unsent_bytes))));
  // A sheet of paper ends with its step; what waited later is not on it.
  const last = painter.shown.at(-1)?.at ?? Infinity;
  return endpoints.flatMap((endpoint) => {
    const home = homes.get(endpoint.key);
    if (!home) return [];
    const lane = painter.lanes.kernels[home.wire][home.right ? 1 : 0];
    const wide = (lane.x1 - lane.x0) * 0.32;
    return endpoint.samples.flatMap((sample, place) => {
      if (revealedAt(sample) > last) return [];
      const y = painter.place.yAt(sample.t_ns);
      const over = endedAfter(endpoint, sample);
      const next = endpoint.samples[place + 1] ?? over;
      const end = next ? painter.place.yAt(Math.min(next.t_ns, over?.t_ns ?? Infinity)) : painter.place.bottom;
      const bar = (bytes, name, step) => {
        if (bytes === 0) return null;
        const width = Math.max(4, (wide * Math.log2(1 + bytes)) / Math.log2(1 + most));
        const x = home.right ? lane.x1 - step * (wide + 2) - width : lane.x0 + step * (wide + 2);
        const paint = name === "unsent" ? { fill: `url(#${painter.clip}-hatch)` } : {};
        return g("rect", { class: `gauge ${name}`, x, y, width, height: Math.max(2, end - y), ...paint });
      };
      return [bar(sample.state.unread_bytes, "unread", 0), bar(sample.state.unsent_bytes, "unsent", 1)];
    });
  }).filter(Boolean);
}
