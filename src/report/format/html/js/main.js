
// ---- main.js: the page put together

const stage = document.getElementById("stage");

const button = (label, title, onclick, more) => h("button", { type: "button", title, onclick, ...more }, label);

/** The step's name and the ways to go on. */
function buildControls() {
  const back = button("←", "Previous step (←)", () => pageOn(-1), { class: "back", "aria-label": "Previous step" });
  const on = button(h("span", null, "Next step →"), "Next step (→)", () => pageOn(1), { class: "on main" });
  const name = h("p", { class: "step-name" });
  const modes = h("div", { class: "modes", role: "group", "aria-label": "Mode" }, MODES.map((mode) => button(mode[0].toUpperCase() + mode.slice(1), { explore: "Look around (m)", lecture: "For the projector (m)", print: "A page for each step" }[mode], () => change({ mode }), { "data-mode": mode })));
  const help = button("?", "Keys (?)", () => openDialog(helpDialog), { class: "help-button", "aria-label": "Help: keys" });
  onChange(() => {
    name.replaceChildren(...stepName());
    back.disabled = view.step === 0 && view.asking === null;
    modes.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.mode === view.mode)));
  });
  return h("div", { class: "controls" }, h("div", { class: "steer" }, back, on), name, buildScrubber(), h("div", { class: "looks" }, buildOptions(), modes, help));
}

function nextName() {
  if (unread(1)) return "More ↓";
  if (isAtEnd()) return "The end";
  if (view.asking !== null) return hasAnswer(view.asking) ? "Show →" : "Next →";
  if (view.step >= steps.length) return "Remember →";
  return view.step === 0 ? "Begin →" : "Next step →";
}

/** The button on, once the picture is as it will be. */
function nameNext() {
  const on = stage.querySelector(".steer .on");
  on.firstChild.textContent = nextName();
  on.disabled = isAtEnd() && !isEmbedded && !unread(1);
}

function stepName() {
  if (view.asking !== null) return [h("b", null, `${view.asking + 1} / ${steps.length}`), " ", h("span", { class: "code" }, steps[view.asking].does), " ?"];
  if (view.step === 0) return [h("b", null, plural(steps.length, "step"))];
  return [h("b", null, `${view.step} / ${steps.length}`), " ", h("span", { class: "code" }, steps[view.step - 1].does)];
}

/** A tick for each step: a dot, a diamond where a call fails, a ring where a question is asked. */
function buildScrubber() {
  const range = h("input", { type: "range", min: 0, max: steps.length, step: 1, "aria-label": "Step", oninput: () => goTo(range.valueAsNumber) });
  const failing = new Set(rows.filter((row) => row.event && rowOf.get(row.event) === row && isError(row.event)).map((row) => row.at));
  const ticks = ["the beginning", ...steps.map((step) => step.does)].map((does, place) => {
    const asked = predictionsOf.has(place - 1);
    const kind = asked ? " asked" : failing.has(place - 1) ? " error" : "";
    return h("i", { class: `tick${kind}`, title: place === 0 ? does : `${place}: ${does}` });
  });
  onChange(() => {
    range.value = view.step;
    range.setAttribute("aria-valuetext", view.step === 0 ? "the beginning" : `step ${view.step} of ${steps.length}: ${steps[view.step - 1].does}`);
    ticks.forEach((tick, place) => {
      tick.classList.toggle("past", place < view.step);
      tick.classList.toggle("now", place === view.step);
      // What fails later is not told before.
      tick.classList.toggle("untold", place > view.step);
    });
  });
  return h("div", { class: "scrubber" }, h("div", { class: "ticks", "aria-hidden": "true" }, ticks), range);
}

/** What is shown and how. */
function buildOptions() {
  const choose = (label, name, entries) => {
    const select = h("select", { onchange: () => change({ [name]: select.value }) }, entries.map(([value, text]) => h("option", { value }, text)));
    onChange(() => (select.value = view[name]));
    return h("label", null, h("span", null, label), select);
  };
  const tick = (label, name, negated) => {
    const box = h("input", { type: "checkbox", onchange: () => change({ [name]: box.checked }) });
    onChange(() => (box.checked = view[name]));
    return h("label", null, box, h("span", null, label));
  };
  const connections = [["", "all connections"], ...story.connections.map(({ label }) => [label, label])];
  return h(
    "details",
    { class: "options" },
    h("summary", null, "View"),
    h("div", { class: "sheet-of-options" },
      choose("Time", "time", [["ordinal", "one row each"], ["linear", "in proportion"], ["broken", "in proportion, long waits folded"]]),
      choose("Connection", "connection", connections),
      tick("pure ACKs (a)", "acks"),
      tick("calls (c)", "calls"),
      tick("raw sequence numbers (r)", "raw"),
      choose("Colours", "theme", [["", "as the system"], ["light", "light"], ["dark", "dark"]])),
  );
}

/** The names of the lanes, with each endpoint's state and what waits in its buffers. */
function renderHeads(heads, lanes) {
  const parts = [];
  const place = (element, x0, x1) => {
    element.style.left = `${x0}px`;
    element.style.width = `${Math.max(0, x1 - x0)}px`;
    parts.push(element);
  };
  story.actors.forEach((actor, index) => {
    place(h("div", { class: `head-app${leansRight[index] ? " right" : index > 0 ? " between" : ""}` }, h("b", null, actor.name), h("small", null, `pid ${actor.pid}`)), lanes.apps[index].x0, lanes.apps[index].x1);
  });
  lanes.wires.forEach((wire, index) => {
    if (!isUsed[index]) return;
    place(h("div", { class: "head-wire" }, "wire"), wire.x0, wire.x1);
    lanes.kernels[index].forEach((lane, end) => place(h("div", { class: `head-kernel${end === 1 ? " right" : index > 0 ? " lower" : ""}` }, kernelHead(index, end === 1)), lane.x0, lane.x1));
  });
  heads.classList.toggle("crowded", isCrowded);
  heads.replaceChildren(...parts);
}

/** What a kernel knows at this step: the state of its endpoint on this wire that moved last, and its two buffers. */
function kernelHead(wire, right) {
  const here = endpoints.filter((endpoint) => {
    const home = homes.get(endpoint.key);
    return home && home.wire === wire && home.right === right && (!view.connection || endpoint.connection.label === view.connection);
  });
  const known = here.map((endpoint) => ({ endpoint, now: endpointAt(endpoint, view.step) })).filter(({ now }) => now.state);
  const open = known.filter(({ now }) => now.state !== "CLOSE");
  const { now } = (open.length > 0 ? open : known).at(-1) ?? {};
  const listens = listeners.some((listener) => isListenedAt(listener, wire, right) && listenerAt(listener, view.step) === "LISTEN");
  if (open.length === 0 && listens) return [h("span", { class: `state-name tone-${STATE_TONES.LISTEN}` }, "LISTEN")];
  if (!now) return [h("span", { class: "state-name quiet" }, "kernel")];
  const gauge = (name, bytes) => h("span", { class: `buffer ${name}${bytes === 0 ? " empty" : ""}`, title: `${plural(bytes, "byte")} ${name}` }, h("i", null), h("span", null, `${name} ${bytes}`));
  return [
    h("span", { class: `state-name tone-${STATE_TONES[now.state]}` }, now.state, open.length > 1 && h("small", null, ` +${open.length - 1}`)),
    h("span", { class: "buffers" }, gauge("unread", now.unread), gauge("unsent", now.unsent)),
  ];
}

/** Whether a socket listens at an end of a wire: where a connection to it is drawn, else beside its actor. */
function isListenedAt({ socket, actor }, wire, right) {
  const [, port] = /:(\d+)$/.exec(story.sockets[socket].local ?? "") ?? [];
  const served = endpoints.find(({ end, key }) => end.side === "responder" && end.actor === actor && end.address.endsWith(`:${port}`) && homes.has(key));
  const place = actorPlace.get(actor) ?? 0;
  const home = served ? homes.get(served.key) : { wire: Math.max(0, place - 1), right: place > 0 };
  return home.wire === wire && home.right === right;
}

/** The legend: always on the screen. */
function buildLegend() {
  const icon = (wide, ...shapes) => g("svg", { viewBox: `0 0 ${wide} 14`, width: wide, height: 14, "aria-hidden": "true" }, shapes);
  const look = { row: 26 };
  const arrow = (kind, again) => {
    const way = { from: 1, to: 31, y0: 7, y1: 7, way: 1 };
    return icon(32, g("g", { class: `arrow ${kind}` }, shaft(way, again), tail(way, kind, look), head(way, kind, look)));
  };
  const entry = (picture, text) => h("li", null, picture, h("span", null, text));
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    entry(icon(12, g("rect", { class: "bar fine", x: 2, y: 0, width: 8, height: 14, rx: 3 })), "call"),
    entry(icon(12, g("rect", { class: "bar failed", x: 2, y: 0, width: 8, height: 14, rx: 3 }), cross(6, 10, 2.4)), "failed"),
    rows.some((row) => row.look) && [["syn", "SYN"], ["data", "data"], ["ack", "ACK"], ["fin", "FIN"], ["rst", "RST"]].map(([look, name]) => entry(arrow(look), name)),
    rows.some((row) => row.look) && entry(arrow("data", true), "again"),
    rows.some((row) => row.body.dropped) && entry(icon(32, g("g", { class: "arrow syn" }, shaft({ from: 1, to: 27, y0: 7, y1: 7, way: 1 })), crossed({ to: 25, y1: 7 }, look)), "dropped"),
    entry(icon(26, g("path", { class: "curve cause", d: "M2 2C2 10 24 4 24 12" })), "cause"),
    entry(icon(26, g("path", { class: "curve effect", d: "M2 2C2 10 24 4 24 12" })), "effect"),
    entry(icon(26, g("path", { class: "curve cause inferred", d: "M2 2C2 10 24 4 24 12" })), "inferred"),
    endpoints.length > 0 && entry(icon(12, g("rect", { class: "gauge unread", x: 1, y: 1, width: 10, height: 12 })), "unread"),
    endpoints.length > 0 && entry(icon(12, g("path", { class: "hatching", d: "M0 6 6 0M0 12 12 0M4 14 14 4" })), "unsent"),
  );
}

/** What is said at the foot of a lecture: the answer where the question was put, and the lecturer's words. */
function renderCaption(caption) {
  const step = steps[view.step - 1];
  const answer = view.asking === null && put.has(view.step - 1) && answerCard(view.step - 1, true);
  const say = step && h("div", { class: "say" }, step.say ? paragraphs(step.say) : because(mainEvent(view.step - 1)));
  caption.replaceChildren(...[answer, say].filter(Boolean));
  caption.hidden = view.mode !== "lecture" || view.asking !== null || view.ended || caption.childElementCount === 0;
}

/** What is not true begins with the claim, quoted or as a sentence; what follows would answer it. */
const claimOf = (misconception) => {
  const text = h("p", null, prose(misconception)).textContent;
  return /^(?:"[^"]*"|.*?[.?!](?=\s|$))/s.exec(text)?.[0] ?? text;
};

/** The title, before the first step of a lecture: what it is for, what is to be doubted, and who acts. */
function titleCard() {
  const players = story.actors.map((actor) => [h("b", null, actor.name), ` ${actor.address}`]);
  return h("section", { class: "title-card" },
    h("h2", null, beside.title),
    beside.goals.length > 0 && [h("p", { class: "lead" }, "Afterwards you can"), h("ul", null, beside.goals.map((goal) => h("li", null, prose(goal))))],
    beside.misconception && h("div", { class: "folklore" }, h("p", { class: "lead" }, "True, or not?"), h("p", null, claimOf(beside.misconception))),
    h("p", { class: "players" }, players.flatMap((player, place) => [place > 0 && " · ", player])),
    h("p", { class: "quiet" }, document.querySelector(".facts").textContent));
}

/** What is to be remembered, after the last step of a lecture. */
const closingCard = () => h("section", { class: "title-card closing-card" }, h("h2", null, beside.title), closing());

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
  stage.append(buildControls(), h("div", { class: "work" }, picture, panel), sheets, live, helpDialog, jumpDialog);
  const page = { heads, scroll, over, matched, caption, strip, live, picture, panel, ladder: null, painted: "" };
  onChange((before) => renderPage(page, before));
  new ResizeObserver(() => renderPage(page, view)).observe(scroll);
  [scroll, over, caption].forEach((box) => box.addEventListener("scroll", nameNext, { passive: true }));
  scroll.addEventListener("click", (event) => selectRow(event.target));
  scroll.addEventListener("focusin", (event) => selectRow(event.target));
}

function selectRow(target) {
  const place = target.closest?.("[data-row]")?.dataset.row;
  const event = place === undefined ? null : rows[place]?.event;
  if (event && event !== view.event) change({ event });
}

/** How much larger than 1280 by 720 the screen is: a lecture grows with it. */
const lectureScale = () => Math.min(window.innerWidth / 1280, window.innerHeight / 720);

/** So tall that about a dozen rows have room on the projector where nothing else is said. */
const lectureRow = (scale) => Math.max(LOOKS.lecture.row * scale, Math.min(56 * scale, Math.round((window.innerHeight - 171 * scale) / 12.5)));

/** Which picture is needed: a new one where something changed that it depends on. */
function renderLadder(page) {
  const width = page.scroll.clientWidth;
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

function renderPage(page, before) {
  document.documentElement.dataset.mode = view.mode;
  document.documentElement.dataset.theme = view.theme;
  document.documentElement.style.setProperty("--scale", lectureScale());
  document.documentElement.classList.toggle("asking", view.asking !== null);
  document.documentElement.classList.toggle("untouched", view.ended || (view.step === 0 && view.asking === null));
  document.documentElement.classList.toggle("blank", view.blank);
  page.over.replaceChildren(...overPicture());
  page.over.hidden = page.over.childElementCount === 0;
  page.panel.classList.toggle("drawn-out", view.mode === "lecture" && view.drawer !== "");
  renderCaption(page.caption);
  renderMatched(page.matched);
  nameNext();
  if (view.mode === "print") return writeAddress();
  renderStrip(page);
  const fresh = renderLadder(page);
  const { ladder } = page;
  if (ladder) {
    renderHeads(page.heads, ladder.lanes);
    const upcoming = view.asking === null && view.step < steps.length ? steps[view.step] : null;
    const extent = revealLadder(ladder, view.step, upcoming);
    stepExtent = extent;
    markChosen(page, before);
    paintCurves(ladder, view.event);
    const stepped = fresh || before.step !== view.step || before.asking !== view.asking;
    const paged = view.mode === "lecture" && stepped && isTooTall(page.scroll);
    if (!paged && (stepped || before.event !== view.event)) keepInView(page, extent, stepped, fresh);
  }
  renderMachine();
  toggleTwin();
  const way = progress(view) - progress(before);
  if (view.mode === "lecture" && way !== 0) startReading(way);
  nameNext();
  if (way !== 0 || before.asking !== view.asking) {
    if (view.asking !== null) {
      put.add(view.asking);
      page.over.scrollIntoView({ block: "nearest" });
    }
    announce(page.live);
    tellParent("step");
  }
  writeAddress();
}

/** What stands over the picture: the title of a lecture, or a question. */
function overPicture() {
  if (view.asking !== null) return [gateCard(view.asking)];
  if (view.mode !== "lecture") return [];
  return view.step === 0 ? [titleCard()] : view.ended ? [closingCard()] : [];
}

function renderMatched(matched) {
  const event = view.event;
  matched.replaceChildren(...(event ? [h("b", null, "How we know "), chip(event), " ", withChips(matchedText(event))].flat() : [h("b", null, "How we know "), "no event is selected"]));
}

function renderStrip({ strip, scroll }) {
  const width = scroll.clientWidth - 30;
  const painted = width > 0 && view.mode !== "lecture" && view.asking === null ? paintStreams(width, 15, 11) : null;
  const waits = view.mode === "lecture" || view.asking !== null || streams.length === 0;
  if (!painted || strip.firstChild !== painted) strip.replaceChildren(...(painted ? [painted] : waits ? [] : [h("p", { class: "quiet" }, NO_BYTES)]));
}

/** Marks the selected event; it alone is a stop of the Tab key. */
function markChosen(page, before) {
  const { ladder } = page;
  const row = view.event && ladder.rowOfEvent.get(view.event);
  ladder.groups.forEach((group, index) => {
    if (group.getAttribute("role") !== "option") return;
    const chosen = row !== null && ladder.shown[index].event === view.event;
    group.setAttribute("aria-selected", String(chosen));
    group.tabIndex = ladder.shown[index] === row ? 0 : -1;
  });
  if (!row) ladder.groups.find((group) => group.getAttribute("role") === "option")?.setAttribute("tabindex", "0");
  const moved = before.event !== view.event && page.scroll.contains(document.activeElement);
  if (moved && row) ladder.groups[ladder.indexOf.get(row)].focus({ preventScroll: true });
}

/** Scrolls so that the step, or else the selected event, is in view: in a lecture always the newest row at the foot. */
function keepInView(page, extent, isNewStep, isNewPicture) {
  const { ladder, scroll } = page;
  const smooth = isNewPicture || matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const row = view.event && ladder.rowOfEvent.get(view.event);
  const y = row ? ladder.place.ys[ladder.indexOf.get(row)] : extent.begin;
  let [top, bottom] = isNewStep ? [extent.begin, extent.bottom] : [y - ladder.look.row, y + ladder.look.row];
  if (bottom - top > scroll.clientHeight) top = bottom - scroll.clientHeight;
  if (top < scroll.scrollTop || bottom > scroll.scrollTop + scroll.clientHeight) {
    scroll.scrollTo({ top: Math.max(0, bottom - scroll.clientHeight), behavior: smooth });
  }
}

/** The table tells no more than the picture does. */
const twinRows = [...document.querySelectorAll(".twin tbody tr")].map((row) => ({
  row,
  at: row.dataset.step === undefined ? revealedAt(story.events[row.dataset.event]) : Number(row.dataset.step),
}));

function toggleTwin() {
  for (const { row, at } of twinRows) {
    const isLater = at >= view.step;
    if (row.hidden !== isLater) row.hidden = isLater;
  }
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
