
// ---- stream.js: the strip that shows which write filled which segment, and which read took it

/** For each direction of each connection: what was written, what flew, what was read, as ranges of the byte stream. */
const streams = story.streams.map((stream) => {
  const told = (pieces) => pieces.map((piece) => ({ ...piece, event: eventOf.get(piece.event) }));
  return { ...stream, writes: told(stream.writes), segments: told(stream.segments), reads: told(stream.reads) };
});

const STREAM_ROWS = [["writes", "written"], ["segments", "on the wire"], ["reads", "read"]];

const NO_BYTES = "No byte of data has been written yet.";

/** The streams of the connection that is looked at. */
function shownStreams() {
  const label = view.connection || connectionLabelOf(view.event);
  const own = streams.filter((stream) => stream.connection === label);
  return own.length > 0 ? own : streams.filter((stream) => stream.connection === streams[0].connection);
}

/** What was painted last at each height: what it depends on, its picture, and how to bring that to another step. */
const strips = new Map();

/** The strip, in type of that size in pixels; nothing before the first byte. */
function paintStreams(width, tall, size) {
  if (streams.length === 0) return null;
  const shown = shownStreams();
  if (!shown.some((stream) => STREAM_ROWS.some(([kind]) => stream[kind].some((part) => isOver(part.event))))) return null;
  const key = JSON.stringify([width, size, shown[0].connection]);
  if (strips.get(tall)?.key !== key) strips.set(tall, { key, ...buildStreams(shown, width, tall, size) });
  const { svg, updates } = strips.get(tall);
  updates.forEach((update) => update());
  return svg;
}

function buildStreams(shown, width, tall, size) {
  const lead = Math.max(...STREAM_ROWS.map(([, name]) => widthOf(name, `${size}px ${family("--sans")}`))) + 12;
  const each = (width - lead) / shown.length;
  const height = STREAM_ROWS.length * (tall + 2) + tall + 4;
  const built = shown.map((stream, place) => buildStream(stream, lead + place * each, lead + (place + 1) * each - (place < shown.length - 1 ? 12 : 4), tall, size));
  const names = STREAM_ROWS.map(([, name], row) => g("text", { class: "stream-name", x: 2, y: (row + 1) * (tall + 2) + tall * 0.78 }, name));
  const svg = g("svg", { class: "streams", width, height, role: "group", "aria-label": "Byte streams: what was written, what flew, what was read" }, names, built.map(({ group }) => group));
  return { svg, updates: built.map(({ update }) => update) };
}

/** One direction. What is written later is not told before, nor what a read that still waits will take. */
function buildStream(stream, x0, x1, tall, size) {
  const font = `${size}px ${family("--mono")}`;
  const scale = (x1 - x0) / stream.size_bytes;
  const blocks = STREAM_ROWS.flatMap(([kind], row) =>
    stream[kind].map((part) => {
      const [x, width] = [x0 + part.begin * scale, Math.max(2, (part.end - part.begin) * scale - 1)];
      const y = (row + 1) * (tall + 2);
      const length = plural(part.end - part.begin, "byte");
      const text = fittedBlock(part, width - 6, font);
      const block = g("g", { class: `block ${kind}`, onclick: () => selectEvent(part.event) },
        g("rect", { x, y, width, height: tall, rx: 2 }),
        text && g("text", { x: x + width / 2, y: y + tall * 0.78, "text-anchor": "middle" }, text),
        g("title", null, `${part.event.alias}: ${length}, from ${part.begin}`));
      return { block, part, at: resultAt(part.event) };
    }),
  ).toSorted((one, other) => one.at - other.at);
  const begins = blocks.map(({ at }) => at);
  const title = g("text", { class: "stream-title", x: x0, y: tall * 0.8 });
  const group = g("g", null, title);
  const ends = [0];
  blocks.forEach(({ part }) => ends.push(Math.max(ends.at(-1), part.end)));
  const blocksOf = grouped(blocks, ({ part }) => part.event);
  let [count, chosen] = [0, null];
  const choose = (is) => blocksOf.get(chosen)?.forEach(({ block }) => block.classList.toggle("chosen", is));
  const update = () => {
    // What is not told yet is not even hidden there.
    const until = countBelow(begins, view.step);
    for (; count < until; count++) group.append(blocks[count].block);
    for (; count > until; count--) blocks[count - 1].block.remove();
    choose(false);
    chosen = view.event;
    choose(true);
    const owners = `${ownerOf(stream.connection, stream.sender)} → ${ownerOf(stream.connection, otherSide(stream.sender))}`;
    title.textContent = cut(`${owners}: ${plural(ends[count], "byte")}`, `${size}px ${family("--sans")}`, x1 - x0);
  };
  return { group, update };
}

/** The event's id and its bytes, as much as there is room for. */
function fittedBlock(part, room, font) {
  const data = part.event.segment?.payload?.preview ?? part.event.syscall?.outcome?.data?.preview;
  const full = data === undefined ? part.event.alias : `${part.event.alias} ${data}`;
  if (widthOf(full, font) <= room) return full;
  return widthOf(part.event.alias, font) <= room ? part.event.alias : "";
}
