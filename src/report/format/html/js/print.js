
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
    const own = filteredRows().filter((row) => row.at === place);
    for (let first = 0; first === 0 || first < own.length; first += SHEET_ROWS) {
      pages.push(stepSheet(step, place, own.slice(first, first + SHEET_ROWS), first > 0));
    }
  });
  sheets.replaceChildren(...pages);
}

const sheet = (place, ...children) =>
  h("section", { class: "sheet" }, children, h("footer", null, `${beside.title} · ${place === null ? plural(steps.length, "step") : `${place + 1} of ${steps.length}`} · tcpstory ${story.run.tcpstory}, Linux ${story.run.kernel}`));

function titleSheet() {
  return sheet(null, h("h2", null, beside.title), introduction(), section("Steps", h("ol", null, steps.map((step) => h("li", { class: "code" }, step.does)))));
}

function questionSheet(step, place) {
  return sheet(place, h("h2", null, `Predict: step ${place + 1}, `, h("span", { class: "code" }, step.does)),
    predictionsOf.get(place).map((one) => [h("p", { class: "question" }, prose(one.question)), h("ul", { class: "boxes" }, (one.choices ?? []).map((choice) => h("li", { class: "code" }, choice.text)))]));
}

function stepSheet(step, place, shown, goesOn) {
  const causes = [...new Set(shown.filter((row) => row.event).map((row) => row.event))].flatMap((event) => causesOf.get(event.id) ?? []);
  const states = endpoints.map((endpoint) => ({ endpoint, now: endpointAt(endpoint, place + 1) })).filter(({ now }) => now.state);
  const picture = shown.length > 0 && paintLadder({ shown, lookName: "print", width: SHEET_WIDTH, time: "ordinal", raw: view.raw, label: `Step ${place + 1}` });
  if (picture) {
    picture.svg.setAttribute("role", "img");
    picture.layers.rows.querySelectorAll("[role=option]").forEach((row) => ["role", "tabindex", "aria-selected"].forEach((name) => row.removeAttribute(name)));
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

function sheetHeads(lanes) {
  const heads = story.actors.map((actor, place) => {
    const lane = lanes.apps[place];
    const last = place > 0 && place === story.actors.length - 1;
    return g("text", { class: "sheet-head", x: last ? lane.x1 : lane.x0, y: 16, "text-anchor": last ? "end" : "start" }, actor.name);
  });
  return g("svg", { class: "sheet-heads", width: SHEET_WIDTH, height: 22, "aria-hidden": "true" }, heads);
}

addEventListener("beforeprint", paintSheets);
addEventListener("afterprint", () => view.mode !== "print" && sheets.replaceChildren());
onChange(() => {
  if (view.mode === "print") paintSheets();
  else sheets.replaceChildren();
});
