
// ---- heads.js: the names of the lanes, and what each kernel knows

/** The names of the lanes, with each endpoint's state and what waits in its buffers. */
function renderHeads(heads, lanes) {
  const parts = [];
  const place = (element, x0, x1) => {
    element.style.left = `${x0}px`;
    element.style.width = `${Math.max(0, x1 - x0)}px`;
    parts.push(element);
  };
  if (lanes.times) place(h("div", { class: "head-time", title: "milliseconds since the first segment" }, "ms"), lanes.times.x0, lanes.times.x1);
  story.actors.forEach((actor, index) => {
    place(h("div", { class: `head-app${leansRight[index] ? " right" : index > 0 ? " between" : ""}` }, h("b", null, actor.name), h("small", null, `pid ${actor.pid}`)), lanes.apps[index].x0, lanes.apps[index].x1);
  });
  lanes.wires.forEach((wire, index) => {
    if (!isUsed[index]) return;
    place(h("div", { class: "head-wire" }, "wire"), wire.x0, wire.x1);
    lanes.kernels[index].forEach((lane, end) => place(h("div", { class: `head-kernel${end === 1 ? " right" : index > 0 ? " lower" : ""}` }, kernelHead(index, end === 1)), lane.x0, lane.x1));
  });
  heads.classList.toggle("crowded", isCrowded);
  heads.replaceChildren(...parts);
}

/** What a kernel knows at this step: the state of its endpoint on this wire that moved last, and its two buffers. */
function kernelHead(wire, right) {
  const here = endpoints.filter((endpoint) => {
    const home = homes.get(endpoint.key);
    return home && home.wire === wire && home.right === right && (!view.connection || endpoint.connection.label === view.connection);
  });
  const known = here.map((endpoint) => ({ endpoint, now: endpointAt(endpoint, view.step) })).filter(({ now }) => now.state);
  const open = known.filter(({ now }) => now.state !== "CLOSE");
  const { now } = (open.length > 0 ? open : known).at(-1) ?? {};
  const listens = listeners.some((listener) => isListenedAt(listener, wire, right) && listenerAt(listener, view.step) === "LISTEN");
  if (open.length === 0 && listens) return [h("span", { class: `state-name tone-${STATE_TONES.LISTEN}` }, "LISTEN")];
  if (!now) return [h("span", { class: "state-name quiet" }, "kernel")];
  const gauge = (kind, name, title, bytes) => h("span", { class: `buffer ${kind}${bytes === 0 ? " empty" : ""}`, title: `${plural(bytes, "byte")} ${title}` }, h("i", null), h("span", null, `${name} ${bytes}`));
  return [
    h("span", { class: `state-name tone-${STATE_TONES[now.state]}` }, now.state, open.length > 1 && h("small", null, ` +${open.length - 1}`)),
    h("span", { class: "buffers" }, gauge("unread", "unread", "unread", now.unread), gauge("unsent", "unacked", "written and not yet acknowledged", now.unsent)),
  ];
}

/** Whether a socket listens at an end of a wire: where a connection to it is drawn, else beside its actor. */
function isListenedAt({ socket, actor }, wire, right) {
  const [, port] = /:(\d+)$/.exec(story.sockets[socket].local ?? "") ?? [];
  const served = endpoints.find(({ end, key }) => end.side === "responder" && end.actor === actor && end.address.endsWith(`:${port}`) && homes.has(key));
  const place = actorPlace.get(actor) ?? 0;
  const home = served ? homes.get(served.key) : { wire: Math.max(0, place - 1), right: place > 0 };
  return home.wire === wire && home.right === right;
}
