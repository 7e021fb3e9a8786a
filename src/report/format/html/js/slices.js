
// ---- slices.js: of a long picture only what is near the window is there to be laid out and painted

/** So many rows come and go together. */
const SLICE_ROWS = 12;
/** So many pixels above and below the window are near it. */
const NEAR = 240;

/** Where the slices of a picture begin. */
const sliceTops = ({ shown, place, look }) => shown.flatMap((_, index) => (index % SLICE_ROWS === 0 ? [place.ys[index] - look.row / 2] : []));

/** Writes beside something between which heights it is drawn. */
const withReach = (reach, element) => Object.assign(element, { reach });

/** Between which heights something is drawn: a rectangle and a text say it themselves. */
function reachOf(element) {
  const top = Number(element.getAttribute("y"));
  return element.reach ?? [top, top + Number(element.getAttribute("height"))];
}

/** Puts what a layer shows into slices; what reaches over more than two of them is always there. */
function intoSlices(layer, elements, tops) {
  const slices = tops.map(() => g("g", { class: "slice", role: "presentation" }));
  for (const element of elements) {
    const [top, bottom] = reachOf(element);
    const first = Math.max(0, countBelow(tops, top + 1) - 1);
    (bottom <= (tops[first + 2] ?? Infinity) ? slices[first] : layer).append(element);
  }
  layer.append(...slices);
  return slices;
}

/** Has what is near a part of the picture there, and the selected row, which may have the focus; nothing else. */
function showNear(ladder, top, bottom) {
  const { tops, slices, chosen } = ladder;
  // What begins in a slice may reach into the next one.
  const first = countBelow(tops, top - NEAR) - 2;
  const end = countBelow(tops, bottom + NEAR);
  tops.forEach((_, place) => {
    const isFar = (place < first || place >= end) && !chosen.some((index) => Math.floor(index / SLICE_ROWS) === place);
    if (ladder.far[place] === isFar) return;
    ladder.far[place] = isFar;
    for (const layer of slices) layer[place].classList.toggle("far", isFar);
  });
}
