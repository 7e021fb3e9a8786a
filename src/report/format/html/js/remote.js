
// ---- remote.js: a lecture with a remote control alone: what is too tall for the screen is paged through before the next step

/** What may be too tall, in the order of reading: the picture, what stands over it, what is said below. */
const PAGED = [".ladder-scroll", ".over", ".caption"];
/** What stays on the screen from page to page. */
const KEPT = 0.15;

/** Where the step begins and ends in the picture. */
let stepExtent = { begin: 0, bottom: 0 };

/** The boxes that are on the screen, each with the first and the last place to scroll to. A step that fits is kept in view anyway. */
function pagedBoxes() {
  return PAGED.map((part) => document.querySelector(part)).filter((box) => box?.checkVisibility() && box.clientHeight > 0).map((box) => {
    if (!box.matches(".ladder-scroll")) return { box, first: 0, last: box.scrollHeight - box.clientHeight };
    const last = stepExtent.bottom - box.clientHeight;
    return isTooTall(box) ? { box, first: stepExtent.begin, last } : { box, first: box.scrollTop, last: box.scrollTop };
  });
}

const isTooTall = (box) => stepExtent.bottom - stepExtent.begin > box.clientHeight + 2;

/** The box that has more to show in a direction: 1 is on, -1 is back. */
function unread(way) {
  if (view.mode !== "lecture") return undefined;
  const left = ({ box, first, last }) => (way > 0 ? last - box.scrollTop : box.scrollTop - first);
  const boxes = pagedBoxes();
  return (way > 0 ? boxes : boxes.toReversed()).find((one) => left(one) > 2);
}

/** Goes on by a page where something is left to read, else by a step. */
function pageOn(way) {
  const found = unread(way);
  if (!found) return way > 0 ? next() : previous();
  const { box, first, last } = found;
  const wanted = box.scrollTop + way * box.clientHeight * (1 - KEPT);
  box.scrollTo({ top: Math.min(last, Math.max(first, wanted)), behavior: "instant" });
  nameNext();
  tellParent("step");
}

/** After a step the reading begins at the top; after a step back at the end. */
function startReading(way) {
  for (const { box, first, last } of pagedBoxes()) {
    if (last > first) box.scrollTo({ top: way > 0 ? first : last, behavior: "instant" });
  }
}
