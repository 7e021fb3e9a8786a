
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

function paintStreams(width, tall, size) {
  if (streams.length === 0) return null;
  const shown = shownStreams();
  // Before the first byte there is nothing to draw.
  if (!shown.some((stream) => STREAM_ROWS.some(([kind]) => stream[kind].some((part) => isOver(part.event))))) return null;
  const lead = Math.max(...STREAM_ROWS.map(([, name]) => widthOf(name, `${size}px ${family("--sans")}`))) + 12;
  const each = (width - lead) / shown.length;
  const height = STREAM_ROWS.length * (tall + 2) + tall + 4;
  const groups = shown.map((stream, place) => paintStream(stream, lead + place * each, lead + (place + 1) * each - (place < shown.length - 1 ? 12 : 4), tall, size));
  const names = STREAM_ROWS.map(([, name], row) => g("text", { class: "stream-name", x: 2, y: (row + 1) * (tall + 2) + tall * 0.78 }, name));
  return g("svg", { class: "streams", width, height, role: "group", "aria-label": "Byte streams: what was written, what flew, what was read" }, names, groups);
}

function paintStream(stream, x0, x1, tall, size) {
  const font = `${size}px ${family("--mono")}`;
  const scale = (x1 - x0) / stream.size_bytes;
  // What is written later is not told before, nor what a read that still waits will take.
  const isShown = (part) => isOver(part.event);
  const soFar = Math.max(0, ...STREAM_ROWS.flatMap(([kind]) => stream[kind].filter(isShown).map((part) => part.end)));
  const title = `${ownerOf(stream.connection, stream.sender)} → ${ownerOf(stream.connection, otherSide(stream.sender))}: ${plural(soFar, "byte")}`;
  const blocks = STREAM_ROWS.flatMap(([kind], row) =>
    stream[kind].filter(isShown).map((part) => {
      const [x, width] = [x0 + part.begin * scale, Math.max(2, (part.end - part.begin) * scale - 1)];
      const y = (row + 1) * (tall + 2);
      const length = plural(part.end - part.begin, "byte");
      const text = fittedBlock(part, width - 6, font);
      return g("g", { class: `block ${kind}${part.event === view.event ? " chosen" : ""}`, onclick: () => selectEvent(part.event) },
        g("rect", { x, y, width, height: tall, rx: 2 }),
        text && g("text", { x: x + width / 2, y: y + tall * 0.78, "text-anchor": "middle" }, text),
        g("title", null, `${part.event.alias}: ${length}, from ${part.begin}`));
    }),
  );
  return g("g", null, g("text", { class: "stream-title", x: x0, y: tall * 0.8 }, cut(title, `${size}px ${family("--sans")}`, x1 - x0)), blocks);
}

/** The event's id and its bytes, as much as there is room for. */
function fittedBlock(part, room, font) {
  const data = part.event.segment?.payload?.preview ?? part.event.syscall?.outcome?.data?.preview;
  const full = data === undefined ? part.event.alias : `${part.event.alias} ${data}`;
  if (widthOf(full, font) <= room) return full;
  return widthOf(part.event.alias, font) <= room ? part.event.alias : "";
}
