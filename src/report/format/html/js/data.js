
// ---- data.js: the timeline, and ways to find things in it

/** What is invisible, or turns the direction of writing, is shown as an escape; lines may break. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud7b0-\ud7ff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]/gu;
const visible = (key, value) => (typeof value === "string" ? value.replace(HIDDEN, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`) : value);

/** The data in an element. To look at every text takes a while, and is only needed where some letter is written as an escape. */
function read(id) {
  const text = document.getElementById(id).textContent;
  return /\\u(?!003c)/.test(text) || text.search(HIDDEN) >= 0 ? JSON.parse(text, visible) : JSON.parse(text);
}

const story = read("timeline");
const beside = read("beside");

/** What authors have written with more than plain words in it: blocks of spans, by their Markdown, which nobody reads here. */
const rich = new Map(beside.rich);
const blocksOf = (text) => rich.get(text) ?? (text ? [[false, [text]]] : []);
const painted = (spans) => spans.map((span) => (typeof span === "string" ? span : h(span[0], null, span[1])));

/** Prose within a line. */
const prose = (text) => blocksOf(text).flatMap(([, spans], place) => [place > 0 && " ", ...painted(spans)]);

/** Paragraphs and lists of prose. */
function paragraphs(text) {
  const parts = [];
  for (const [isItem, spans] of blocksOf(text)) {
    if (!isItem) parts.push(h("p", null, painted(spans)));
    else if (parts.at(-1)?.matches("ul")) parts.at(-1).append(h("li", null, painted(spans)));
    else parts.push(h("ul", null, h("li", null, painted(spans))));
  }
  return parts;
}

const steps = story.steps;
const eventOf = new Map(story.events.map((event) => [event.id, event]));
const eventByAlias = new Map(story.events.map((event) => [event.alias, event]));
const actorPlace = new Map(story.actors.map((actor, place) => [actor.name, place]));
const connectionOf = new Map(story.connections.map((connection) => [connection.label, connection]));

/** Groups things by a key. */
function grouped(things, key) {
  const groups = new Map();
  for (const thing of things) {
    const name = key(thing);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(thing);
  }
  return groups;
}

const linksTo = grouped(story.links, (link) => link.to);
const linksFrom = grouped(story.links, (link) => link.from);
const causesOf = grouped(story.causes, (cause) => cause.of);
const expectationsOf = grouped(story.expectations, (expectation) => expectation.step);
const notReachedOf = grouped(story.not_reached ?? [], (expectation) => expectation.step);
const predictionsOf = grouped(story.predictions ?? [], (prediction) => prediction.step);

const isPureAck = (event) => event.kind === "segment" && event.segment.flags === "ACK" && !event.segment.payload;
const isCall = (event) => event.kind === "syscall";

/** Whether something went wrong for a program here. */
function isError(event) {
  if (isCall(event)) return ["failed", "killed"].includes(event.syscall.outcome.kind);
  if (event.kind === "exit") return event.exit.status.signal !== undefined || Boolean(event.exit.status.code);
  return event.kind === "signal" || event.kind === "kill";
}

/** The header fields of a segment, in order; equal ones of several segments are one. */
const fieldsOf = (() => {
  const { places, known, of } = beside.fields;
  const fields = known.map(([place, value]) => {
    const [filter, offset_bytes, size_bytes, mask] = places[place];
    return { filter, offset_bytes, size_bytes, mask, value };
  });
  return (event) => of[event.id].map((number) => fields[number]);
})();

/** How many of some ascending numbers are less than a limit. */
function countBelow(numbers, limit) {
  let [least, most] = [0, numbers.length];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (numbers[middle] < limit) least = middle + 1;
    else most = middle;
  }
  return least;
}

/** The step that was under way at a moment: a place in `steps`. */
const stepAt = (() => {
  const begun = steps.flatMap((step, place) => (step.begin_ns === undefined ? [] : [place]));
  const begins = begun.map((place) => steps[place].begin_ns);
  return (t) => begun[countBelow(begins, t + 1) - 1] ?? 0;
})();

/** What a row of the layout shows, with lanes counted as actors and wires. */
function bodyOf(row) {
  const actor = row.x === null || row.x === undefined ? null : Math.floor(row.x / 4);
  const part = { call: "whole", call_begin: "begin", call_end: "end" }[row.kind];
  if (part) return { kind: "call", actor, part };
  if (row.kind !== "segment") return { kind: row.kind, actor };
  const [left, right] = [Math.min(row.x, row.x_to), Math.max(row.x, row.x_to)];
  return { kind: "segment", rightwards: row.x < row.x_to, first: (left / 2 - 1) / 2, last: (right / 2 - 2) / 2, dropped: row.dropped === true };
}

/** Rows in order. `at` is the step that reveals a row: never before what stands above it. */
const rows = story.layout.rows.map((row, place) => ({ ...row, place, at: row.seen, body: bodyOf(row), event: row.event ? eventOf.get(row.event) : null }));

/** The step that reveals an event. */
const revealedAt = (() => {
  const at = new Map();
  for (const row of rows) if (row.event && !at.has(row.event)) at.set(row.event, row.at);
  for (const event of story.events) if (!at.has(event)) at.set(event, Math.max(event.step ?? 0, stepAt(event.t_ns)));
  return (event) => at.get(event);
})();

/** The last row of an event is where its result stands. */
const rowOf = new Map(rows.filter((row) => row.event).map((row) => [row.event, row]));

/** What kind of segment it is: `syn`, `data`, `ack`, `fin`, `rst`. */
const lookOf = (event) => rowOf.get(event)?.look;

/** The bar of each call. */
const barOf = new Map(story.layout.bars.map((bar) => [rows[bar.y].event, bar]));

/** Where actors' calls stand in their lanes. */
const leansRight = story.layout.lanes.filter((lane) => lane.kind === "actor").map((lane) => lane.leans === "right");

/** The step that reveals how an event came out: of a call that waits, a later one than that of its begin. */
const resultAt = (event) => rowOf.get(event)?.at ?? revealedAt(event);

/** The call that made each socket; nothing for one that was there before. */
const makerOf = (() => {
  const makers = new Map();
  for (const event of story.events.filter(isCall)) {
    const { accepted, pair } = event.syscall.outcome;
    const made = accepted !== undefined ? [accepted] : pair ?? [event.syscall.socket];
    for (const socket of made) if (socket !== undefined && !makers.has(socket)) makers.set(socket, event);
  }
  return makers;
})();

/** Whether a socket exists once `step` steps are shown. */
function isMade(socket, step) {
  const maker = makerOf.get(socket);
  return maker === undefined || resultAt(maker) < step;
}

/** Sockets that listen, with the calls between which they do. */
const listeners = story.listeners.map((listener) => ({
  ...listener,
  actor: story.actors[story.sockets[listener.socket].actor].name,
  changes: [[listener.from, "CLOSE", "LISTEN"], [listener.until, "LISTEN", "CLOSE"]]
    .filter(([event]) => event !== undefined)
    .map(([event, from, to]) => ({ event: eventOf.get(event), from, to })),
}));

/** The state of a listening socket once `step` steps are shown; nothing before it listens. */
const listenerAt = (listener, step) => listener.changes.filter((change) => resultAt(change.event) < step).at(-1)?.to ?? null;

/** The place of an event among the rows; one without a row of its own stands where its time is. */
const placeOf = (event) => rowOf.get(event)?.place ?? rows.findLast((row) => row.t_ns <= event.t_ns)?.place ?? 0;

const keyOf = (connection, side) => `${connection}\n${side}`;
/** The changes of states, by their endpoints. */
const changesOf = grouped(
  story.events.flatMap((event) => (event.transitions ?? []).map((change) => ({ key: keyOf(change.connection, change.side), event, from: change.from, to: change.to, at: resultAt(event) }))),
  (change) => change.key,
);
/** The kernel's answers about states, by connection and address. */
const samplesOf = grouped(story.events.filter((event) => event.kind === "state"), ({ state }) => keyOf(state.connection, state.local));

/** What each endpoint's state was, from early to late: from the model's transitions and the kernel's answers. */
const endpoints = story.connections.flatMap((connection) =>
  connection.ends.map((end) => {
    const samples = samplesOf.get(keyOf(connection.label, end.address)) ?? [];
    return {
      connection,
      end,
      key: keyOf(connection.label, end.side),
      // What a call changes is changed at its end, where its result stands.
      changes: (changesOf.get(keyOf(connection.label, end.side)) ?? []).toSorted((one, other) => placeOf(one.event) - placeOf(other.event)),
      samples,
      sampledAt: samples.map(revealedAt),
    };
  }),
);

/** The event that ended an endpoint after a moment: what had waited there then is gone. */
const endedAfter = (endpoint, sample) => endpoint.changes.find((change) => change.to === "CLOSE" && change.event.order > sample.order)?.event;

/** What is known of an endpoint once `step` steps are shown. */
function endpointAt(endpoint, step) {
  const changes = endpoint.changes.filter((change) => change.at < step);
  const last = endpoint.samples[countBelow(endpoint.sampledAt, step) - 1];
  const over = last && endedAfter(endpoint, last);
  const sample = over && resultAt(over) < step ? undefined : last?.state;
  return {
    state: changes.at(-1)?.to ?? null,
    changes,
    unread: sample?.unread_bytes ?? 0,
    unsent: sample?.unsent_bytes ?? 0,
    sampled: sample !== undefined,
  };
}

/** The event that a step is about: the last with a notable cause, else the call that the author wrote, else the last row. */
function mainEvent(step) {
  const shown = rows.filter((row) => row.at === step && row.event).map((row) => row.event);
  const notable = shown.filter((event) => resultAt(event) === step && causesOf.get(event.id)?.some((cause) => cause.notable));
  return notable.at(-1) ?? shown.find((event) => isCall(event) && !event.syscall.implied) ?? shown.at(-1) ?? null;
}

/** The events that have a row, up to `step`. */
const shownRows = (step) => rows.filter((row) => row.at < step && row.event);
