
// ---- steps.js: shows as much of both runs as somebody has stepped to

const told = JSON.parse(document.getElementById("comparison").textContent);
const pairs = told.steps;
const SIDES = ["a", "b"];
const HOW = {
  same: "The same comes of it.",
  other_result: "The same is done, and something else comes of it.",
  other_deed: "Something else is done.",
  only_a: "Only A has this step.",
  only_b: "Only B has this step.",
};
const THEMES = { "": "dark", dark: "light", light: "" };

/** How many pairs of steps are shown; 0 is before the first. */
let shown = 0;
let theme = "";
let isBlank = false;

const differs = (place) => pairs[place].relation !== "same";

/** The last step of a side among the first pairs. */
const lastStep = (side, count) => Math.max(-1, ...pairs.slice(0, count).map((pair) => pair[side]?.step ?? -1));

const pieces = [...document.querySelectorAll("[data-side]")].flatMap((side) =>
  [...side.querySelectorAll("[data-fragment-index]")].map((piece) => ({ piece, side: side.dataset.side, step: Number(piece.dataset.fragmentIndex) })),
);
/** What belongs to a pair in the pictures: the band behind it, and the marks between the ladders. */
const ofPairs = [...document.querySelectorAll("[data-pair]")].map((piece) => ({ piece, place: Number(piece.dataset.pair) }));
const tableRows = [...document.querySelectorAll("#twin tbody tr")];

const isEmbedded = window.parent !== window;
/** Nothing is told before `ready`. */
let isReady = false;

/** Tells the page around this one, as a lesson's page does; `lesson` is the ids of both. */
function tellParent(what) {
  if (!isEmbedded || !(isReady ||= what === "ready")) return;
  const message = { tcpstory: what, lesson: SIDES.map((side) => told[side].id), step: shown, steps: pairs.length, event: null, asking: false };
  window.parent.postMessage(message, "*"); // it holds nothing that the page around could not read in the file
}

/** One step on or back; at an end the page around is told instead. */
function stepBy(way) {
  const next = shown + way;
  if (next < 0) tellParent("start");
  else if (next > pairs.length) tellParent("end");
  else goTo(next);
}

/** What the page around may ask for; anything else is ignored. */
const REQUESTS = {
  next: () => stepBy(1),
  prev: () => stepBy(-1),
  goto: ({ step }) => Number.isInteger(step) && goTo(step),
};

function onMessage(message) {
  if (!isEmbedded || message.source !== window.parent || typeof message.data !== "object" || message.data === null) return;
  const asked = message.data.tcpstory;
  if (typeof asked === "string" && Object.hasOwn(REQUESTS, asked)) REQUESTS[asked](message.data);
}

function goTo(count) {
  shown = Math.min(Math.max(0, count), pairs.length);
  const last = Object.fromEntries(SIDES.map((side) => [side, lastStep(side, shown)]));
  for (const { piece, side, step } of pieces) piece.classList.toggle("later", step > last[side]);
  for (const { piece, place } of ofPairs) {
    piece.classList.toggle("later", place >= shown);
    piece.classList.toggle("here", place === shown - 1);
  }
  tableRows.forEach((row, place) => row.classList.toggle("later", place >= shown));
  const parting = told.first_other_result ?? told.first_difference ?? pairs.length - 1;
  document.getElementById("parting").hidden = shown <= parting;
  for (const said of document.querySelectorAll(".drawn .parted")) said.classList.toggle("later", shown <= parting);
  document.getElementById("card").replaceChildren(...thisStep());
  steer();
  keepInView();
  putAddress();
  tellParent("step");
}

/** What this step is, and what came of it on each side. */
function thisStep() {
  const pair = pairs[shown - 1];
  if (!pair) return [h("p", null, "Nothing has happened yet.")];
  const line = (event) => h("li", event.own ? { class: "own" } : null, h("b", null, event.own ? "≠ " : "", event.alias ?? ""), ` ${event.text}`);
  const side = (name) => {
    const { step, does, events } = pair[name] ?? {};
    const what = does === undefined ? [h("p", { class: "quiet" }, "no such step")] : [h("h2", null, `${name.toUpperCase()} ${step + 1}: ${does}`), h("ul", null, events.map(line))];
    return h("div", { class: "side" }, what);
  };
  const isFirst = shown - 1 === told.first_difference;
  const how = `${isFirst ? "The first difference. " : ""}${HOW[pair.relation]}`;
  return [h("p", { class: differs(shown - 1) ? "how apart" : "how" }, differs(shown - 1) ? "≠ " : "= ", how), h("div", { class: "sides" }, SIDES.map(side))];
}

/** Scrolls each picture that is shown so that this step is in it. */
function keepInView() {
  for (const { piece } of ofPairs.filter(({ piece }) => piece.matches(".band.here"))) {
    const box = piece.closest("figure");
    if (!box.checkVisibility()) continue;
    const [band, frame] = [piece.getBoundingClientRect(), box.getBoundingClientRect()];
    if (band.bottom > frame.bottom - 8) box.scrollTop += band.bottom - frame.bottom + 24;
    if (band.top < frame.top + 8) box.scrollTop -= frame.top - band.top + 24;
  }
  if (shown === 0) document.querySelectorAll("figure").forEach((box) => (box.scrollTop = 0));
}

/** The next pair that differs in a direction: 1 is on, -1 is back. */
function toDifference(way) {
  for (let place = shown - 1 + way; place >= 0 && place < pairs.length; place += way) if (differs(place)) return goTo(place + 1);
}

function chooseTheme(wanted) {
  theme = wanted;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  goTo(shown);
}

function blank(wanted) {
  isBlank = wanted;
  document.documentElement.classList.toggle("blank", isBlank);
}

function toggleFullScreen() {
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  done?.catch(() => {}); // a frame may not be allowed to
}

const KEYS = [
  [["ArrowRight", "PageDown", " "], "→ Space PageDown", "next step", () => stepBy(1)],
  [["ArrowLeft", "PageUp"], "← PageUp", "previous step", () => stepBy(-1)],
  [["Home"], "Home", "to the beginning", () => goTo(0)],
  [["End"], "End", "to the end", () => goTo(pairs.length)],
  [["e"], "e", "next difference", () => toDifference(1)],
  [["E"], "E", "previous difference", () => toDifference(-1)],
  [["l"], "l", "every step in a table, and back to the pictures", () => showTable(!isTabled())],
  [["d"], "d", "dark, light, as the system", () => chooseTheme(THEMES[theme])],
  [["b", "."], "b .", "black screen, and back", () => blank(!isBlank)],
  [["f"], "f", "full screen", toggleFullScreen],
  [["?"], "?", "this help", () => helpDialog.showModal()],
];

const helpDialog = h(
  "dialog",
  { class: "help", "aria-labelledby": "help-title" },
  h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => helpDialog.close() }, "×"),
  h("h2", { id: "help-title" }, "Keys"),
  h("dl", { class: "keys" }, KEYS.map(([, keys, what]) => [h("dt", null, keys.split(" ").map((key) => h("kbd", null, key))), h("dd", null, what)])),
);

/** What a key does: nothing while it presses a button, moves the scrubber or scrolls the table; on a black screen it brings the picture back. */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if ((event.key === " " || event.key === "Enter") && target.closest("button, a[href]")) return;
  if (target.closest("input") && event.key !== "PageDown" && event.key !== "PageUp" && event.key.length > 1) return;
  if (target.closest(".twin, .card") && ["Home", "End", "PageDown", "PageUp", " "].includes(event.key)) return;
  const bound = KEYS.find(([keys]) => keys.includes(event.key));
  if (!bound) return;
  event.preventDefault();
  if (isBlank) blank(false);
  else bound[3]();
}

const back = h("button", { type: "button", onclick: () => stepBy(-1), "aria-label": "Previous step" }, "←");
const on = h("button", { type: "button", class: "main on", onclick: () => stepBy(1) }, "Next step →");
const stepName = h("p", { class: "step-name" });
const scrubber = h("input", { type: "range", min: 0, max: pairs.length, "aria-label": "Step", oninput: () => goTo(Number(scrubber.value)) });
const ticks = [h("span", { class: "tick" }), ...pairs.map((pair, place) => h("span", { class: differs(place) ? "tick error" : "tick" }))];
const apart = h("button", { type: "button", onclick: () => goTo(told.first_difference + 1) }, "First difference");
const twin = document.getElementById("twin");
const table = h("button", { type: "button", class: "table-button", "aria-pressed": "false", onclick: () => showTable(!isTabled()) }, "Table");
const help = h("button", { type: "button", class: "help-button", "aria-label": "Keys", onclick: () => helpDialog.showModal() }, "?");

const isTabled = () => document.documentElement.classList.contains("tabled");

/** Where there is room for one of them alone, the table takes the place of the pictures. */
function showTable(wanted) {
  document.documentElement.classList.toggle("tabled", wanted);
  table.setAttribute("aria-pressed", String(wanted));
  if (wanted) return twin.focus();
  // It keeps the keys that scroll to itself.
  if (twin.contains(document.activeElement)) document.activeElement.blur();
  keepInView();
}

/** Brings the controls up to date. */
function steer() {
  [back.disabled, on.disabled] = [shown === 0, shown === pairs.length];
  const { a, b } = pairs[shown - 1] ?? {};
  const does = shown === 0 ? "the beginning" : a?.does ?? b.does;
  stepName.replaceChildren(h("b", null, `${shown}/${pairs.length}`), does);
  scrubber.value = shown;
  scrubber.setAttribute("aria-valuetext", `${shown} of ${pairs.length}: ${does}`);
  ticks.forEach((tick, place) => {
    tick.classList.toggle("past", place < shown);
    tick.classList.toggle("now", place === shown);
  });
}

function putAddress() {
  const address = `?step=${shown}`;
  if (address === location.search) return;
  try {
    history.replaceState(null, "", location.pathname + address);
  } catch {
    // Some places that show a page (an iframe with srcdoc) have no address to change; others refuse many changes at a time.
  }
}

function start() {
  const stage = h("div", { class: "stage" });
  const controls = document.getElementById("controls");
  controls.before(stage);
  controls.className = "controls";
  controls.append(
    h("div", { class: "steer" }, back, on),
    stepName,
    h("div", { class: "scrubber" }, h("div", { class: "ticks", "aria-hidden": "true" }, ticks), scrubber),
    h("div", { class: "looks" }, told.first_difference === undefined ? null : apart, table, help),
  );
  const below = h("div", { class: "below" }, document.getElementById("card"), document.getElementById("parting"));
  stage.append(document.querySelector(".head"), controls, document.querySelector(".both"), below, twin);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    showTable(true);
  });
  document.body.append(helpDialog);
  document.documentElement.classList.add("alive");
  document.addEventListener("keydown", onKey);
  addEventListener("message", onMessage);
  const asked = Number.parseInt(new URLSearchParams(location.search).get("step") ?? "1", 10);
  goTo(Number.isInteger(asked) ? asked : 1);
  tellParent("ready");
}

start();
