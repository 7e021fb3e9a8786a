
// ---- view.js: what is shown: the one place that knows, and the ways to change it

const MODES = ["explore", "lecture", "print"];
const TIMES = ["ordinal", "linear", "broken"];

const view = {
  mode: "explore",
  /** How many steps are shown; 0 is the beginning, before the first. */
  step: 1,
  event: null,
  time: "ordinal",
  acks: true,
  calls: true,
  connection: "",
  raw: false,
  theme: "",
  tab: "explain",
  /** Whether the table of events is on the screen, in the place of the picture. */
  table: false,
  /** A panel over the picture, where there is no room beside it. */
  drawer: "",
  /** The question that is asked now: the place of its step. */
  asking: null,
  /** Whether a lecture has come to what is to be remembered, after the last step. */
  ended: false,
  /** Whether the screen is black. */
  blank: false,
};

/** Questions that were answered, or passed over by going to a later step: places of steps. */
const answered = new Set();

const renderers = [];
/** Has `render` called after every change. */
const onChange = (render) => renderers.push(render);

function change(patch) {
  const before = { ...view };
  Object.assign(view, patch);
  for (const render of renderers) render(before);
}

const isAsked = (step) => predictionsOf.has(step) && !answered.has(step);

/** Shows `step` steps, with an event of the last of them selected; on the way forward it stops at a question. */
function goTo(step, event) {
  const wanted = Math.min(Math.max(0, step), steps.length);
  for (let place = view.step; place < wanted; place++) {
    if (isAsked(place)) return change({ step: place, asking: place, ended: false, event: mainEvent(place - 1) });
  }
  change({ step: wanted, asking: null, ended: false, event: event ?? mainEvent(wanted - 1) });
}

/** Goes to a step from outside: what was asked before it counts as answered, so that only its own question is asked. */
function openAt(step) {
  for (const place of predictionsOf.keys()) if (place < step - 1) answered.add(place);
  view.step = Math.min(view.step, Math.max(0, step - 1));
  goTo(step);
}

function next() {
  if (view.asking !== null) return reveal();
  if (isAtEnd()) return tellParent("end");
  if (view.step >= steps.length) return change({ ended: true });
  goTo(view.step + 1);
}

function previous() {
  if (view.ended) return change({ ended: false });
  if (view.asking !== null) return change({ asking: nextQuestion(-1) });
  if (view.step === 0) return tellParent("start");
  goTo(view.step - 1);
}

/** A lecture ends with what is to be remembered, any other view with the last step; without answers the last question ends it. */
function isAtEnd() {
  if (view.asking !== null) return !hasAnswer(view.asking) && nextQuestion(1) === null;
  return view.step >= steps.length && (view.mode !== "lecture" || view.ended);
}

/** The step that the page names: of a question the one that it is about. */
const namedStep = () => (view.asking === null ? view.step : view.asking + 1);

/** Another question that waits behind the steps that are shown; without answers they are asked one after the other. */
function nextQuestion(way) {
  const waiting = [...predictionsOf.keys()].filter((place) => place >= view.step && (place - view.asking) * way > 0);
  return (way > 0 ? waiting[0] : waiting.at(-1)) ?? null;
}

/** Answers the question that is asked: performs its step. A file without answers has only the next question. */
function reveal() {
  const place = view.asking;
  if (place === null) return;
  if (hasAnswer(place)) {
    answered.add(place);
    return goTo(place + 1);
  }
  const further = nextQuestion(1);
  return further === null ? tellParent("end") : change({ asking: further });
}

/** Selects an event; goes to its step where that is not shown. */
function selectEvent(event) {
  const at = revealedAt(event);
  if (at < view.step) return change({ event });
  goTo(at + 1, event);
}

/** The rows that the filters leave. */
function filteredRows() {
  const ofConnection = (event) => {
    if (!view.connection) return true;
    const label = event.kind === "segment" ? event.segment.connection : event.syscall?.connection;
    return label === undefined || label === view.connection;
  };
  return rows.filter((row) => {
    if (!row.event) return true;
    if (!view.acks && isPureAck(row.event)) return false;
    if (!view.calls && isCall(row.event)) return false;
    return ofConnection(row.event);
  });
}

/** Selects the next event in a direction among those that `wanted` accepts; where nothing is left forwards, goes a step on. */
function moveTo(wanted, way) {
  const events = filteredRows().filter((row) => row.event && wanted(row.event) && rowOf.get(row.event) === row);
  const current = view.event ? rowOf.get(view.event)?.place ?? -1 : -1;
  const shown = events.filter((row) => row.at < view.step);
  const target = way > 0 ? shown.find((row) => row.place > current) : shown.filter((row) => row.place < current).at(-1);
  if (target) return change({ event: target.event });
  const later = way > 0 && events.find((row) => row.at >= view.step);
  if (later) {
    goTo(later.at + 1, later.event);
  }
}

/** What the address says: `?mode=lecture&step=7#e=c3`; everything may stand behind the `#` as well. */
function readAddress() {
  const words = new URLSearchParams(location.search);
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) words.set(name, value);
  const oneOf = (name, known) => (known.includes(words.get(name)) ? words.get(name) : null);
  view.mode = oneOf("mode", MODES) ?? "explore";
  view.time = oneOf("time", TIMES) ?? "ordinal";
  view.theme = oneOf("theme", ["light", "dark"]) ?? "";
  view.acks = words.get("acks") !== "0";
  view.calls = words.get("calls") !== "0";
  view.raw = words.get("raw") === "1";
  view.connection = connectionOf.has(words.get("connection")) ? words.get("connection") : "";
  const step = Number.parseInt(words.get("step") ?? "", 10);
  const event = eventByAlias.get(words.get("e")) ?? eventOf.get(words.get("e"));
  return { step: Number.isInteger(step) ? step : null, event };
}

function writeAddress() {
  const words = new URLSearchParams();
  if (view.mode !== "explore") words.set("mode", view.mode);
  words.set("step", namedStep());
  if (view.time !== "ordinal") words.set("time", view.time);
  if (view.theme) words.set("theme", view.theme);
  if (!view.acks) words.set("acks", "0");
  if (!view.calls) words.set("calls", "0");
  if (view.raw) words.set("raw", "1");
  if (view.connection) words.set("connection", view.connection);
  const hash = view.event ? `#e=${encodeURIComponent(view.event.alias)}` : "";
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => putAddress(`?${words}${hash}`), ADDRESS_MS);
}

/** Browsers refuse addresses that change too often, as they would while a key is held down. */
const ADDRESS_MS = 150;
let addressTimer = 0;

function putAddress(address) {
  if (address === location.search + location.hash) return;
  try {
    history.replaceState(null, "", location.pathname + address);
  } catch {
    // Some places that show a page (an iframe with srcdoc) have no address to change.
  }
}
