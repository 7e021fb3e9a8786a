
// ---- stream.js: the strip that shows which write filled which segment, and which read took it

/** For each direction of each connection: what was written, what flew, what was read, as ranges of the byte stream. */
const streams = story.streams.map((stream) => {
  const told = (pieces) => pieces.map((piece) => ({ ...piece, event: eventOf.get(piece.event) }));
  return { ...stream, writes: told(stream.writes), segments: told(stream.segments), reads: told(stream.reads) };
});

const STREAM_ROWS = [["writes", "written"], ["segments", "on the wire"], ["reads", "read"]];

/** The streams of the connection that is looked at. */
function shownStreams() {
  const label = view.connection || connectionLabelOf(view.event);
  const own = streams.filter((stream) => stream.connection === label);
  return own.length > 0 ? own : streams.filter((stream) => stream.connection === streams[0].connection);
}

function paintStreams(width, tall, font) {
  if (streams.length === 0) return null;
  const shown = shownStreams();
  const lead = width < 560 ? 92 : 178;
  const each = (width - 12) / shown.length;
  const height = STREAM_ROWS.length * (tall + 2) + tall + 4;
  const groups = shown.map((stream, place) => {
    const x0 = place * each + (place === 0 ? lead - 90 : 8);
    return paintStream(stream, place * each + (place > 0 ? 12 : 82), place === shown.length - 1 ? width - 4 : (place + 1) * each - 4, tall, font, x0);
  });
  const names = STREAM_ROWS.map(([, name], row) => g("text", { class: "stream-name", x: 2, y: (row + 1) * (tall + 2) + tall * 0.78 }, name));
  return g("svg", { class: "streams", width, height, role: "group", "aria-label": "Byte streams: what was written, what flew, what was read" }, names, groups);
}

function paintStream(stream, x0, x1, tall, font) {
  const scale = (x1 - x0) / stream.size_bytes;
  // What is written later is not told before, nor what a read that still waits will take.
  const isShown = (part) => isOver(part.event);
  const soFar = Math.max(0, ...STREAM_ROWS.flatMap(([kind]) => stream[kind].filter(isShown).map((part) => part.end)));
  const title = `${ownerOf(stream.connection, stream.sender)} → ${ownerOf(stream.connection, otherSide(stream.sender))}: ${plural(soFar, "byte")}`;
  const blocks = STREAM_ROWS.flatMap(([kind], row) =>
    stream[kind].filter(isShown).map((part) => {
      const [x, width] = [x0 + part.begin * scale, Math.max(2, (part.end - part.begin) * scale - 1)];
      const y = (row + 1) * (tall + 2);
      const size = plural(part.end - part.begin, "byte");
      const text = fittedBlock(part, width - 6, font);
      return g("g", { class: `block ${kind}${part.event === view.event ? " chosen" : ""}`, onclick: () => selectEvent(part.event) },
        g("rect", { x, y, width, height: tall, rx: 2 }),
        text && g("text", { x: x + width / 2, y: y + tall * 0.78, "text-anchor": "middle" }, text),
        g("title", null, `${part.event.alias}: ${size}, from ${part.begin}`));
    }),
  );
  return g("g", null, g("text", { class: "stream-title", x: x0, y: tall * 0.8 }, cut(title, font, x1 - x0)), blocks);
}

/** The event's id and its bytes, as much as there is room for. */
function fittedBlock(part, room, font) {
  const data = part.event.segment?.payload?.preview ?? part.event.syscall?.outcome?.data?.preview;
  const full = data === undefined ? part.event.alias : `${part.event.alias} ${data}`;
  if (widthOf(full, font) <= room) return full;
  return widthOf(part.event.alias, font) <= room ? part.event.alias : "";
}
