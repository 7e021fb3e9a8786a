
// ---- controls.js: the ways to go on, and what is shown and how

const stage = document.getElementById("stage");

const button = (label, title, onclick, more) => h("button", { type: "button", title, onclick, ...more }, label);

/** The step's name and the ways to go on. */
function buildControls() {
  const back = button("←", "Previous step (←)", () => pageOn(-1), { class: "back", "aria-label": "Previous step" });
  const on = button(h("span", null, "Next step →"), "Next step (→)", () => pageOn(1), { class: "on main" });
  const name = h("p", { class: "step-name" });
  const modes = h("div", { class: "modes", role: "group", "aria-label": "Mode" }, MODES.map((mode) => button(mode[0].toUpperCase() + mode.slice(1), { explore: "Look around (m)", lecture: "For the projector (m)", print: "A page for each step" }[mode], () => change({ mode }), { "data-mode": mode })));
  const table = button("Table", "Every event in a table (l)", () => showTable(!view.table), { class: "table-button" });
  const help = button("?", "Keys (?)", () => openDialog(helpDialog), { class: "help-button", "aria-label": "Help: keys" });
  onChange(() => {
    name.replaceChildren(...stepName());
    back.disabled = view.step === 0 && view.asking === null;
    modes.querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.mode === view.mode)));
    table.setAttribute("aria-pressed", String(view.table));
  });
  return h("div", { class: "controls" }, h("div", { class: "steer" }, back, on), name, buildScrubber(), h("div", { class: "looks" }, buildOptions(), table, modes, help));
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

/** So many steps have room for a tick each. */
const MOST_TICKS = 60;

/** The scrubber: a slider under its ticks. */
function buildScrubber() {
  const range = h("input", { type: "range", min: 0, max: steps.length, step: 1, "aria-label": "Step", oninput: () => goTo(range.valueAsNumber) });
  const ticks = buildTicks();
  const here = h("i", { class: "tick now" });
  const mark = unfolding(ticks, ({ place }) => place, ({ tick }, isLater, isNow) => {
    tick.classList.toggle("past", !isLater && !isNow);
    tick.classList.toggle("now", isNow);
    // What fails later is not told before.
    tick.classList.toggle("untold", isLater);
  });
  onChange(() => {
    range.value = view.step;
    range.setAttribute("aria-valuetext", view.step === 0 ? "the beginning" : `step ${view.step} of ${steps.length}: ${steps[view.step - 1].does}`);
    here.hidden = ticks.some(({ place }) => place === view.step);
    here.style.left = `${(100 * view.step) / steps.length}%`;
    mark(view.step + 1);
  });
  return h("div", { class: "scrubber" }, h("div", { class: "ticks placed", "aria-hidden": "true" }, ticks.map(({ tick }) => tick), here), range);
}

/** A tick for each step: a dot, a diamond where a call fails, a ring where a question is asked. Of many steps only those have ticks. */
function buildTicks() {
  const failing = new Set(rows.filter((row) => row.event && rowOf.get(row.event) === row && isError(row.event)).map((row) => row.at));
  const kindOf = (place) => (predictionsOf.has(place - 1) ? " asked" : failing.has(place - 1) ? " error" : "");
  const isTicked = (place) => steps.length <= MOST_TICKS || place === 0 || place === steps.length || kindOf(place) !== "";
  return ["the beginning", ...steps.map((step) => step.does)].flatMap((does, place) => {
    if (!isTicked(place)) return [];
    const tick = h("i", { class: `tick${kindOf(place)}`, title: place === 0 ? does : `${place}: ${does}` });
    tick.style.left = `${(100 * place) / Math.max(1, steps.length)}%`;
    return [{ tick, place }];
  });
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
