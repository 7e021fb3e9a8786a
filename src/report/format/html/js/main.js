
// ---- main.js: the page put together

function build() {
  const heads = h("div", { class: "heads", "aria-hidden": "true" });
  const scroll = h("div", { class: "ladder-scroll" });
  const over = h("div", { class: "over" });
  const matched = h("p", { class: "matched" });
  const caption = h("div", { class: "caption", tabindex: 0, role: "group", "aria-label": "What is said at this step" });
  const strip = h("div", { class: "strip" });
  const live = h("p", { class: "unseen", "aria-live": "polite" });
  const panel = buildPanel();
  const picture = h("section", { class: "picture", "aria-label": "The story as a picture" }, heads, h("div", { class: "ladder-box" }, scroll, over), matched, caption, strip, buildLegend());
  stage.append(buildControls(), h("div", { class: "work" }, picture, panel, twin), sheets, live, helpDialog, jumpDialog);
  const page = { heads, scroll, over, matched, caption, strip, live, picture, panel, ladder: null, painted: "", width: 0, top: 0, height: 0 };
  onChange((before) => renderPage(page, before));
  new ResizeObserver(() => fit(page)).observe(scroll);
  [scroll, over, caption].forEach((box) => box.addEventListener("scroll", nameNext, { passive: true }));
  scroll.addEventListener("scroll", () => lookAround(page), { passive: true });
  scroll.addEventListener("click", (event) => selectRow(event.target));
  scroll.addEventListener("focusin", (event) => selectRow(event.target));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    showTable(true);
  });
}

/** The picture's box has another size. */
function fit(page) {
  page.width = page.scroll.clientWidth;
  renderPage(page, view);
}

/** How much larger than 1280 by 720 the screen is: a lecture grows with it. */
const lectureScale = () => Math.min(window.innerWidth / 1280, window.innerHeight / 720);

/** So tall that about a dozen rows have room on the projector where nothing else is said. */
const lectureRow = (scale) => Math.max(LOOKS.lecture.row * scale, Math.min(56 * scale, Math.round((window.innerHeight - 171 * scale) / 12.5)));

/** Which picture is needed: a new one where something changed that it depends on. */
function renderLadder(page) {
  const { width } = page;
  const lookName = view.mode === "lecture" && width >= 850 ? "lecture" : width < 620 ? "narrow" : "explore";
  const scale = lectureScale();
  const rowHeight = lookName === "lecture" ? lectureRow(scale) : null;
  const wanted = JSON.stringify([width, lookName, rowHeight, lookName === "lecture" && scale, view.time, view.acks, view.calls, view.connection, view.raw]);
  if (page.painted === wanted || width === 0) return false;
  page.painted = wanted;
  page.ladder = paintLadder({ shown: filteredRows(), lookName, width, time: view.time, raw: view.raw, label: "Events", rowHeight, scale });
  page.ladder.frame = h("div", { class: "ladder-frame" }, page.ladder.svg);
  page.scroll.replaceChildren(page.ladder.frame);
  return true;
}

/** How far a view is on the way through the story. */
const progress = ({ step, asking, ended }) => 2 * step + (asking === null ? 0 : 1) + (ended ? 1 : 0);

/**
 * Brings everything to what the view says. First everything is written, then the places of things are asked for: each time that they are
 * asked for after something was written, the browser lays the page out anew.
 */
function renderPage(page, before) {
  renderRoot();
  renderCards(page);
  if (view.mode === "print") {
    nameNext();
    return writeAddress();
  }
  if (before.mode !== view.mode || page.width === 0) page.width = page.scroll.clientWidth;
  renderStrip(page);
  const isFresh = renderLadder(page);
  if (page.ladder) renderPicture(page, before);
  if (page.ladder) lookAhead(page);
  renderTwin(before);
  renderMachine();
  const way = progress(view) - progress(before);
  if (way !== 0 || before.asking !== view.asking) renderNews(page);
  if (page.ladder) scrollPicture(page, before, isFresh);
  if (view.mode === "lecture" && way !== 0) startReading(way);
  nameNext();
  writeAddress();
}

/** Writes what the style sheet has to know; what is as it was is not written again, for that costs time too. */
function renderRoot() {
  const root = document.documentElement;
  for (const [name, value] of [["mode", view.mode], ["theme", view.theme]]) if (root.dataset[name] !== value) root.dataset[name] = value;
  const scale = String(lectureScale());
  if (root.style.getPropertyValue("--scale") !== scale) root.style.setProperty("--scale", scale);
  root.classList.toggle("asking", view.asking !== null);
  root.classList.toggle("untouched", view.ended || (view.step === 0 && view.asking === null));
  root.classList.toggle("blank", view.blank);
  root.classList.toggle("tabled", view.table);
}

function renderCards(page) {
  page.over.replaceChildren(...overPicture());
  page.over.hidden = page.over.childElementCount === 0;
  page.panel.classList.toggle("drawn-out", view.mode === "lecture" && view.drawer !== "");
  renderCaption(page.caption);
  renderMatched(page.matched);
}

/** The picture as far as it is told. */
function renderPicture(page, before) {
  const { ladder } = page;
  renderHeads(page.heads, ladder.lanes);
  const upcoming = view.asking === null && view.step < steps.length ? steps[view.step] : null;
  stepExtent = revealLadder(ladder, view.step, upcoming);
  markChosen(page, before);
  paintCurves(ladder, view.event);
}

function scrollPicture(page, before, isFresh) {
  const stepped = isFresh || before.step !== view.step || before.asking !== view.asking;
  const paged = view.mode === "lecture" && stepped && isTooTall(page.scroll);
  if (!paged && (stepped || before.event !== view.event)) keepInView(page, stepExtent, stepped, isFresh);
  lookAround(page);
}

/** Tells those who listen, and the page around this one, that something has come. */
function renderNews({ over, live }) {
  if (view.asking !== null) {
    put.add(view.asking);
    over.scrollIntoView({ block: "nearest" });
  }
  announce(live);
  tellParent("step");
}

function renderStrip({ strip, width: wide }) {
  const width = wide - 30;
  const painted = width > 0 && view.mode !== "lecture" && view.asking === null ? paintStreams(width, 15, 11) : null;
  const waits = view.mode === "lecture" || view.asking !== null || streams.length === 0;
  if (!painted || strip.firstChild !== painted) strip.replaceChildren(...(painted ? [painted] : waits ? [] : [h("p", { class: "quiet" }, NO_BYTES)]));
}

/** Says what a step brought. */
function announce(live) {
  if (view.ended) {
    live.textContent = `The end. To remember: ${beside.summary}`;
    return;
  }
  if (view.asking !== null) {
    live.textContent = `Predict step ${view.asking + 1}: ${predictionsOf.get(view.asking).map((one) => one.question).join(" ")}`;
    return;
  }
  const events = rows.filter((row) => row.at === view.step - 1 && row.event && rowOf.get(row.event) === row && !isPureAck(row.event)).map((row) => row.event);
  const said = events.map((event) => spokenText(event, view.raw));
  live.textContent = view.step === 0 ? "The beginning" : `Step ${view.step} of ${steps.length}: ${steps[view.step - 1].does}. ${said.join(". ")}`;
}

const asked = readAddress();
document.documentElement.classList.add("alive");
build();
addEventListener("keydown", onKey);
addEventListener("message", onMessage);
addEventListener("hashchange", () => {
  const event = eventByAlias.get(decodeURIComponent(location.hash.replace(/^#e=/, "")));
  if (event && event !== view.event) selectEvent(event);
});
view.step = 0;
// Who names an event wants to see it: its question is not asked.
if (asked.event) answered.add(revealedAt(asked.event));
openAt(asked.step ?? (asked.event ? revealedAt(asked.event) + 1 : view.mode === "lecture" ? 0 : 1));
if (asked.event) selectEvent(asked.event);
tellParent("ready");
