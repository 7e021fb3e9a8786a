
// ---- print.js: one page for each step

const SHEET_WIDTH = 1000;
/** Rows that a page has room for beside its text. */
const SHEET_ROWS = 15;

const sheets = h("div", { class: "sheets" });

/** Every page: the title, then for each step what happens, with a question before it where there is one. */
function paintSheets() {
  const pages = [titleSheet()];
  steps.forEach((step, place) => {
    if (predictionsOf.has(place)) pages.push(questionSheet(step, place));
    // Without answers there is nothing to show from the first question on.
    if ([...predictionsOf.keys()].some((asked) => asked <= place && !hasAnswer(asked))) return;
    windowsOf(place).forEach((shown, number) => pages.push(stepSheet(step, place, shown, number > 0)));
    if (predictionsOf.has(place)) pages.push(answerSheet(step, place));
  });
  if ([...predictionsOf.keys()].every(hasAnswer)) pages.push(lastSheet());
  sheets.replaceChildren(...pages);
}

/** The rows of a step with as many before them as there is room for; where they are too many, one page after another. */
function windowsOf(place) {
  const upTo = filteredRows().filter((row) => row.at <= place);
  const own = upTo.filter((row) => row.at === place);
  if (own.length <= SHEET_ROWS) return [upTo.slice(-SHEET_ROWS)];
  return Array.from({ length: Math.ceil(own.length / SHEET_ROWS) }, (_, number) => own.slice(number * SHEET_ROWS, (number + 1) * SHEET_ROWS));
}

const sheet = (place, ...children) =>
  h("section", { class: "sheet" }, children, h("footer", null, `${beside.title} · ${place === null ? plural(steps.length, "step") : `${place + 1} of ${steps.length}`} · tcpstory ${story.run.tcpstory}, Linux ${story.run.kernel}`));

function titleSheet() {
  return sheet(null, h("h2", null, beside.title), aims(), players(), section("Steps", h("ol", null, steps.map((step) => h("li", { class: "code" }, step.does)))));
}

function questionSheet(step, place) {
  return sheet(place, h("h2", null, `Predict: step ${place + 1}, `, h("span", { class: "code" }, step.does)),
    predictionsOf.get(place).map((one) => [h("p", { class: "question" }, prose(one.question)), h("ul", { class: "boxes" }, (one.choices ?? []).map((choice) => h("li", { class: "code" }, choice.text)))]));
}

/** What the kernel answered, and why the other answers are tempting. */
function answerSheet(step, place) {
  return sheet(place, h("h2", null, `Answer: step ${place + 1}, `, h("span", { class: "code" }, step.does)), answerCard(place));
}

/** What to remember. */
const lastSheet = () => sheet(null, h("h2", null, beside.title), closing());

function stepSheet(step, place, shown, goesOn) {
  const causes = [...new Set(shown.filter((row) => row.event && row.at === place && rowOf.get(row.event) === row).map((row) => row.event))].flatMap((event) => causesOf.get(event.id) ?? []);
  const states = endpoints.map((endpoint) => ({ endpoint, now: endpointAt(endpoint, place + 1) })).filter(({ now }) => now.state);
  const picture = shown.length > 0 && paintLadder({ shown, lookName: "print", width: SHEET_WIDTH, time: "ordinal", raw: view.raw, label: `Step ${place + 1}` });
  if (picture) {
    revealLadder(picture, place + 1, null);
    asImage(picture);
  }
  return sheet(
    place,
    h("h2", null, `${place + 1}. `, h("span", { class: "code" }, step.does), goesOn ? " (continued)" : ""),
    picture && [sheetHeads(picture.lanes), picture.svg],
    !goesOn && step.say && h("div", { class: "say" }, paragraphs(step.say)),
    causes.length > 0 && h("ul", { class: "causes" }, causes.map((cause) => h("li", null, h("b", null, `${eventOf.get(cause.of).alias}: `), cause.text))),
    states.length > 0 && h("p", { class: "quiet" }, "Then ", states.map(({ endpoint, now }, index) => [index > 0 ? ", " : "", `${ownerOf(endpoint.connection.label, endpoint.end.side)} is in ${now.state}`]), "."),
  );
}

/** On paper nothing can be chosen. */
function asImage({ svg, groups }) {
  svg.setAttribute("role", "img");
  // So that it shrinks with a narrow sheet.
  svg.setAttribute("viewBox", `0 0 ${SHEET_WIDTH} ${svg.getAttribute("height")}`);
  svg.removeAttribute("aria-orientation");
  for (const group of groups) ["role", "tabindex", "aria-selected", "aria-label", "aria-posinset", "aria-setsize"].forEach((name) => group.removeAttribute(name));
}

function sheetHeads(lanes) {
  const heads = story.actors.map((actor, place) => {
    const lane = lanes.apps[place];
    const last = leansRight[place];
    return g("text", { class: "sheet-head", x: last ? lane.x1 : lane.x0, y: 16, "text-anchor": last ? "end" : "start" }, actor.name);
  });
  return g("svg", { class: "sheet-heads", width: SHEET_WIDTH, height: 22, viewBox: `0 0 ${SHEET_WIDTH} 22`, "aria-hidden": "true" }, heads);
}

addEventListener("beforeprint", paintSheets);
addEventListener("afterprint", () => view.mode !== "print" && sheets.replaceChildren());
onChange(() => {
  if (view.mode === "print") paintSheets();
  else sheets.replaceChildren();
});
