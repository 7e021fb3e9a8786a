
// ---- bars.js: calls from their begin to their end

const callTone = (event) => barOf.get(event).tone;

/** Where an actor's bars and texts stand. */
function appPlace(painter, actor) {
  const lane = painter.lanes.apps[actor] ?? painter.lanes.apps[0];
  const thick = painter.look.ribbon + 2;
  const { pad, gutter, width } = { ...painter.look, ...painter.lanes };
  const own = lane.x1 - lane.x0 - thick - BESIDE_BAR;
  return leansRight[actor]
    ? { bar: lane.x1 - thick, text: lane.x1 - thick - BESIDE_BAR, anchor: "end", own, room: lane.x1 - thick - BESIDE_BAR - gutter }
    : { bar: lane.x0, text: lane.x0 + thick + BESIDE_BAR, anchor: "start", own, room: width - pad - lane.x0 - thick - BESIDE_BAR };
}

/** A bar for each call, from the row of its begin to the last that it reaches; in proportional time to the moment of its end. */
function paintBars(painter, time) {
  const { look, place, indexOf } = painter;
  const half = look.row * 0.34;
  const lastShown = lastShownUpTo(painter);
  const shown = story.layout.bars.filter((bar) => indexOf.has(rows[bar.y]));
  // No bar reaches the next of its actor.
  const nextOf = new Map();
  [...grouped(shown, (bar) => bar.x).values()].forEach((bars) => bars.forEach((bar, number) => nextOf.set(bar, bars[number + 1])));
  return shown.flatMap((bar) => {
    const { event } = rows[bar.y];
    const y = place.ys[indexOf.get(rows[bar.y])] - half;
    const until = time === "ordinal" ? 0 : event.syscall.end_ns === undefined ? place.bottom : place.yAt(event.syscall.end_ns);
    const next = nextOf.get(bar);
    const most = next ? place.ys[indexOf.get(rows[next.y])] - half - 2 : Infinity;
    const end = Math.min(Math.max(place.ys[lastShown(bar.y_to)] + half, until), most);
    const thick = look.ribbon + 2;
    const x = appPlace(painter, rows[bar.y].body.actor).bar;
    const rect = g("rect", { class: `bar ${bar.tone}${bar.blocked ? " slept" : ""}`, x, y, width: thick, height: Math.max(4, end - y), rx: 3 });
    Object.assign(rect, { endsAt: resultAt(event) });
    return [rect, bar.tone === "failed" && withReach([end, end], cross(x + thick / 2, end - look.ribbon * 0.7 - 1, look.ribbon * 0.36))].filter(Boolean);
  });
}

/** Of the rows that are painted, the last that does not stand below a row of the layout. */
function lastShownUpTo({ shown }) {
  const places = shown.map((row) => row.place);
  return (wanted) => Math.max(0, countBelow(places, wanted + 1) - 1);
}

const cross = (x, y, size) =>
  g("path", { class: "cross", d: `M${x - size} ${y - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}` });
