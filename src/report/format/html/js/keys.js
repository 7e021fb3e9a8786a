
// ---- keys.js: the keyboard, and the remote control of a lecturer, which sends PageUp, PageDown, and b or a full stop for a black screen

const KEYS = [
  [["ArrowRight", "PageDown", " "], "→ Space PageDown", "next step", () => pageOn(1)],
  [["ArrowLeft", "PageUp"], "← PageUp", "previous step", () => pageOn(-1)],
  [["Home"], "Home", "to the beginning", () => goTo(0)],
  [["End"], "End", "to the end, or to the next question", () => goTo(steps.length)],
  [["j", "ArrowDown"], "j ↓", "next event", () => moveTo(() => true, 1)],
  [["k", "ArrowUp"], "k ↑", "previous event", () => moveTo(() => true, -1)],
  [["n"], "n", "next packet", () => moveTo((event) => event.kind === "segment", 1)],
  [["p"], "p", "previous packet", () => moveTo((event) => event.kind === "segment", -1)],
  [["e"], "e", "next error", () => moveTo(isError, 1)],
  [["E"], "E", "previous error", () => moveTo(isError, -1)],
  [["g"], "g", "go to an event or a step", () => openDialog(jumpDialog)],
  [["Enter"], "Enter", "answer the question: show what happens", () => view.asking !== null && reveal()],
  [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "1 … 9", "choose an answer; its letter does too", (key) => pickByNumber(Number(key))],
  [["t"], "t", "time: ordinal, linear, broken axis", () => change({ time: TIMES[(TIMES.indexOf(view.time) + 1) % TIMES.length] })],
  [["a"], "a", "pure ACKs on and off", () => change({ acks: !view.acks })],
  [["c"], "c", "calls on and off", () => change({ calls: !view.calls })],
  [["r"], "r", "relative or raw sequence numbers", () => change({ raw: !view.raw })],
  [["m"], "m", "explore or lecture", () => change({ mode: view.mode === "lecture" ? "explore" : "lecture" })],
  [["s"], "s", "sockets and state diagram", () => toggleDrawer("sockets")],
  [["w"], "w", "byte streams: what was written and read", () => toggleDrawer("stream")],
  [["h"], "h", "header bytes", () => toggleDrawer("bytes")],
  [["x"], "x", "explanation", () => toggleDrawer("explain")],
  [["l"], "l", "every event in a table, and back to the picture", () => showTable(!view.table)],
  [["d"], "d", "dark, light, as the system", () => change({ theme: { "": "dark", dark: "light", light: "" }[view.theme] })],
  [["b", "."], "b .", "black screen, and back", () => change({ blank: !view.blank })],
  [["f"], "f", "full screen", () => toggleFullScreen()],
  [["?"], "?", "this help", () => openDialog(helpDialog)],
  [["Escape"], "Esc", "close", () => (view.drawer || view.table) && change({ drawer: "", table: false })],
];

/** What remote controls send to step. */
const REMOTE = ["PageDown", "PageUp"];

/** What a key does: nothing while it writes into a field, presses a button or belongs to a menu of the browser. */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (view.mode === "lecture" && REMOTE.includes(event.key)) return press(event); // wherever the focus is
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest("input:not([type=range]):not([type=radio]):not([type=checkbox]), select, textarea")) return;
  const presses = event.key === " " || event.key === "Enter";
  if (presses && target.closest("button, summary, a[href], input")) return;
  if (target.closest("input") && event.key.startsWith("Arrow")) return;
  const scrolls = ["ArrowDown", "ArrowUp", "Home", "End", "PageDown", "PageUp", " "].includes(event.key);
  if (scrolls && target.closest(".panel-body, .caption, .twin")) return;
  press(event);
}

/** Does what is bound to a key, or chooses by a letter; on a black screen every such key brings the picture back, and does no more. */
function press(event) {
  if (!view.blank && pickByLetter(event.key)) return event.preventDefault();
  const bound = KEYS.find(([keys]) => keys.includes(event.key));
  if (!bound) return;
  event.preventDefault();
  if (view.blank) change({ blank: false });
  else bound[3](event.key);
}

function toggleFullScreen() {
  const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  done?.catch(() => {}); // a frame may not be allowed to
}

/** In a lecture a panel comes over the picture; else its tab beside the picture is chosen. */
function toggleDrawer(tab) {
  if (view.mode !== "lecture") return change({ tab });
  change(view.drawer === tab ? { drawer: "" } : { drawer: tab, tab });
}

function openDialog(dialog) {
  dialog.showModal();
  dialog.querySelector("input")?.focus();
}

const closeButton = () => h("button", { type: "button", class: "close", "aria-label": "Close", onclick: (event) => event.currentTarget.closest("dialog").close() }, "×");

const helpDialog = h(
  "dialog",
  { class: "help", "aria-labelledby": "help-title" },
  closeButton(),
  h("h2", { id: "help-title" }, "Keys"),
  h("dl", { class: "keys" }, KEYS.map(([, shown, what]) => [h("dt", null, shown.split(" ").map((key) => (key === "…" ? " … " : h("kbd", null, key)))), h("dd", null, what)])),
);

const jumpInput = h("input", { type: "text", id: "jump-to", autocomplete: "off", list: "jump-known", class: "code", placeholder: "c3, p7 or 5" });
const jumpDialog = h(
  "dialog",
  { class: "jump", "aria-labelledby": "jump-title" },
  closeButton(),
  h("h2", { id: "jump-title" }, "Go to"),
  h("form", { method: "dialog", onsubmit: () => jumpTo(jumpInput.value.trim()) },
    h("label", { for: "jump-to" }, "An event's id, or a step's number "), jumpInput,
    h("datalist", { id: "jump-known" }),
    h("button", { class: "main" }, "Go")),
);
jumpDialog.addEventListener("beforetoggle", () => {
  jumpInput.value = "";
  document.getElementById("jump-known").replaceChildren(...shownRows(view.step).map((row) => h("option", { value: row.event.alias })));
});

function jumpTo(wanted) {
  const event = eventByAlias.get(wanted) ?? eventOf.get(wanted);
  if (event) selectEvent(event);
  else if (/^\d+$/.test(wanted)) goTo(Number(wanted));
}
