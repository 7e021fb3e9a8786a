
// ---- chosen.js: the selected event, and what is in view

function selectRow(target) {
  const place = target.closest?.("[data-row]")?.dataset.row;
  const event = place === undefined ? null : rows[place]?.event;
  if (event && event !== view.event) change({ event });
}

/** Marks the selected event; it alone is a stop of the Tab key, or the first where it has no row. */
function markChosen(page, before) {
  const { ladder } = page;
  const row = view.event ? ladder.rowOfEvent.get(view.event) : undefined;
  const select = (is) => ladder.chosen.forEach((index) => ladder.groups[index].setAttribute("aria-selected", String(is)));
  select(false);
  ladder.chosen = row ? ladder.placesOf.get(view.event) : [];
  select(true);
  const stop = row ? ladder.indexOf.get(row) : ladder.stops[0];
  if (stop !== ladder.stop) {
    ladder.groups[ladder.stop]?.setAttribute("tabindex", "-1");
    ladder.groups[stop]?.setAttribute("tabindex", "0");
    ladder.stop = stop;
  }
  const moved = before.event !== view.event && page.scroll.contains(document.activeElement);
  if (moved && row) {
    lookAround(page);
    ladder.groups[stop].focus({ preventScroll: true });
  }
}

/** Has there what is near the window. */
function lookAround(page) {
  const { scrollTop, clientHeight } = page.scroll;
  [page.top, page.height] = [scrollTop, clientHeight];
  if (page.ladder) showNear(page.ladder, scrollTop, scrollTop + clientHeight);
}

/** Has there what will be near the window, before anybody asks where things are. */
function lookAhead({ ladder, top, height }) {
  const target = Math.max(0, stepExtent.bottom - height);
  if (Math.abs(target - top) < 2 * height) showNear(ladder, Math.min(target, top), Math.max(target, top) + height);
}

/** Who goes on sooner than after so many milliseconds is not kept waiting by a picture that scrolls. */
const HURRY_MS = 400;
let scrolledAt = -Infinity;

/** Whether the picture leaps over so many pixels: over a long way, in a hurry, and for who wants nothing to move. */
function leapsOver(way, height) {
  const now = performance.now();
  const isHurried = now - scrolledAt < HURRY_MS;
  scrolledAt = now;
  return isHurried || way > 2 * height || matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Scrolls so that the step, or else the selected event, is in view: in a lecture always the newest row at the foot. */
function keepInView({ ladder, scroll }, extent, isNewStep, isNewPicture) {
  const { scrollTop, clientHeight } = scroll;
  const row = view.event && ladder.rowOfEvent.get(view.event);
  const y = row ? ladder.place.ys[ladder.indexOf.get(row)] : extent.begin;
  let [top, bottom] = isNewStep ? [extent.begin, extent.bottom] : [y - ladder.look.row, y + ladder.look.row];
  if (bottom - top > clientHeight) top = bottom - clientHeight;
  if (top >= scrollTop && bottom <= scrollTop + clientHeight) return;
  const target = Math.max(0, bottom - clientHeight);
  const leaps = leapsOver(Math.abs(target - scrollTop), clientHeight) || isNewPicture;
  showNear(ladder, leaps ? target : Math.min(target, scrollTop), Math.max(leaps ? 0 : scrollTop, target) + clientHeight);
  scroll.scrollTo({ top: target, behavior: leaps ? "instant" : "smooth" });
}
