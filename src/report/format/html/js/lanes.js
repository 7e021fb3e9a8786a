
// ---- lanes.js: where lanes stand from left to right

/** Sizes in pixels. The text of a lecture is legible from the last row. */
const LOOKS = {
  explore: { row: 29, font: 13, small: 11.5, id: 46, time: 62, delta: 84, ribbon: 7, slant: 8, pad: 8 },
  narrow: { row: 32, font: 12, small: 11, id: 34, time: 0, delta: 0, ribbon: 5, slant: 7, pad: 4 },
  lecture: { row: 34, font: 24, small: 24, id: 66, time: 112, delta: 0, ribbon: 12, slant: 10, pad: 10 },
  print: { row: 27, font: 13, small: 11, id: 46, time: 62, delta: 84, ribbon: 7, slant: 7, pad: 8 },
};

/** Shares of the width: an application, a kernel's side of a wire, a wire. */
const SHARES = { two: [1, 0.62, 1.3], more: [0.72, 0.38, 1.5] };

/**
 * The lanes' edges. From left to right: gutter, application, kernel, wire, kernel, application, and so on for each further
 * actor. `kernels[wire]` has both ends of a wire.
 */
function placeLanes(width, look) {
  const actorCount = story.actors.length;
  const wireCount = Math.max(1, actorCount - 1);
  const [app, kernel, wire] = actorCount > 2 ? SHARES.more : SHARES.two;
  const gutter = look.id + look.time + look.delta + look.pad;
  const room = Math.max(160, width - gutter - look.pad);
  const unit = room / (actorCount * app + wireCount * (2 * kernel + wire));
  const lanes = { gutter, width, apps: [], kernels: [], wires: [] };
  let x = gutter;
  const take = (share) => {
    const lane = { x0: x, x1: x + share * unit };
    x = lane.x1;
    return lane;
  };
  for (let place = 0; place < Math.max(actorCount, wireCount); place++) {
    if (place < actorCount) lanes.apps.push(take(app));
    if (place < wireCount) {
      const left = take(kernel);
      lanes.wires.push(take(wire));
      lanes.kernels.push([left, take(kernel)]);
    }
  }
  return lanes;
}

/** Where each connection is drawn: its wires, and which side its initiator is on. Taken from the rows that show it. */
const spans = (() => {
  const found = new Map();
  for (const row of rows) {
    if (row.body.kind !== "segment") continue;
    const { connection, sender } = row.event.segment;
    const initiatorLeft = (sender === "initiator") === row.body.rightwards;
    found.set(connection, { first: row.body.first, last: row.body.last, initiatorLeft });
  }
  return found;
})();

/** The kernel lane of an endpoint: which wire, which end, and which of the ribbons there; nothing for one that was never on a wire. */
const homes = (() => {
  const taken = new Map();
  const found = new Map();
  for (const { connection, end, key } of endpoints) {
    const span = spans.get(connection.label);
    if (!span) continue;
    const right = (end.side === "initiator") !== span.initiatorLeft;
    const wire = right ? span.last : span.first;
    const lane = `${wire} ${right}`;
    const track = taken.get(lane) ?? 0;
    taken.set(lane, track + 1);
    found.set(key, { wire, right, track });
  }
  return found;
})();
