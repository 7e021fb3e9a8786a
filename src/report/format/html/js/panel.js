
// ---- panel.js: what is told beside the picture

const TABS = [
  ["explain", "Explain", explainTab],
  ["bytes", "Bytes", bytesTab],
  ["sockets", "Sockets", socketsTab],
  ["stream", "Stream", streamTab],
  ["links", "Links", linksTab],
  ["languages", "Languages", languagesTab],
];

/** The short id of an event, to go to it. */
function chip(event) {
  const shown = revealedAt(event) < view.step;
  return h("button", { type: "button", class: `chip ${chipTone(event)}`, disabled: !shown, title: shown ? eventText(event, view.raw) : "not shown yet", onclick: () => selectEvent(event) }, event.alias);
}

function chipTone(event) {
  if (event.kind === "segment") return lookOf(event);
  return isOver(event) && isError(event) ? "failed" : "fine";
}

/** A sentence whose short ids lead to their events. */
function withChips(text) {
  return text.split(/\b([a-z]{1,3}\d+[a-z]?)\b/).map((part, place) => {
    const event = place % 2 === 1 ? eventByAlias.get(part) : null;
    return event && revealedAt(event) < view.step ? chip(event) : part;
  });
}

/** Names and what belongs to each; what is empty is left out. */
function pairs(entries) {
  const kept = entries.filter(([, text]) => text !== "" && text !== null && text !== undefined);
  return kept.length === 0 ? null : h("dl", { class: "pairs" }, kept.map(([name, text]) => [h("dt", null, name), h("dd", null, text)]));
}

const section = (title, ...children) => {
  const kept = children.flat(Infinity).filter(Boolean);
  return kept.length === 0 ? null : h("section", { class: "part" }, title && h("h2", null, title), kept);
};

function explainTab() {
  if (view.step === 0) return introduction();
  const step = steps[view.step - 1];
  return [
    answerCard(view.step - 1),
    step.say && h("div", { class: "say" }, paragraphs(step.say)),
    view.event && eventCard(view.event),
    view.step === steps.length && view.asking === null && closing(),
    section("Expected of this step", expectations(view.step - 1)),
  ];
}

const aims = () => beside.goals.length > 0 && section("Afterwards you can", h("ul", null, beside.goals.map((goal) => h("li", null, prose(goal)))));
const players = () => section("Who plays", h("ul", null, story.actors.map((actor) => h("li", null, h("b", null, actor.name), ` at ${actor.address}, process ${actor.pid}`))));

/** Before the first step: what the lesson is about, and who plays. */
const introduction = () => [
  aims(),
  players(),
  section("How", h("p", null, "Press ", h("kbd", null, "→"), " or ", h("kbd", null, "Space"), " for the next step, ", h("kbd", null, "←"), " for the one before, ", h("kbd", null, "?"), " for every key.")),
];

/** After the last step: what to remember. */
function closing() {
  return [
    section("To remember", paragraphs(beside.summary)),
    beside.misconception && section("Not true", h("div", { class: "folklore" }, paragraphs(beside.misconception))),
    beside.loopback_differs && section("On a real network", paragraphs(beside.loopback_differs)),
    story.findings.length > 0 && section("Findings", h("ul", null, story.findings.map((finding) => h("li", null, withChips(finding.text))))),
  ];
}

/** Why an event came out as it did, in a sentence each: its causes, or the rule that it follows. */
function because(event) {
  if (!event) return [];
  const causes = toldCauses(event);
  const lead = [chip(event), " "];
  if (causes.length > 0) return causes.map((cause) => h("p", null, lead.splice(0), withChips(cause.text)));
  const [allowed] = isCall(event) && isOver(event) ? event.syscall.predicted : [];
  const rule = allowed && beside.rules[allowed.rule];
  return h("p", null, lead, rule ? prose(rule.statement) : matchedText(event));
}

/** One event: what it is, why it is so, and on what that rests. */
function eventCard(event) {
  const causes = toldCauses(event);
  const took = isCall(event) && isOver(event) && event.syscall.duration_ns !== undefined ? ` · took ${duration(event.syscall.duration_ns)}` : "";
  return h(
    "article",
    { class: "event-card" },
    h("h2", null, chip(event), " ", h("span", { class: "code" }, eventText(event, view.raw))),
    h("p", { class: "quiet" }, `${whoText(event)} · ${milliseconds(event.t_ns)} ms${took}`),
    causes.map(causeCard),
    causes.length === 0 && isOver(event) && expectedOutcome(event),
    isCall(event) && isOver(event) && !event.syscall.explained && h("p", { class: "trouble" }, "The model does not explain this."),
    isOver(event) && errnoLine(event),
  );
}

function causeCard(cause) {
  const rule = beside.rules[cause.rule] ?? {};
  return h(
    "div",
    { class: "cause" },
    h("p", null, h("b", null, "Why "), withChips(cause.text)),
    pairs([
      ["On the wire", rule.wire && prose(rule.wire)],
      [rule.differs ? "RFC (Linux differs)" : "RFC", rule.rfc && prose(rule.rfc)],
      ["Linux", rule.linux && prose(rule.linux)],
      ["Since", rule.since],
    ]),
    rule.misconception && h("p", { class: "folklore" }, h("b", null, "Not true: "), prose(rule.misconception)),
    h("p", { class: "quiet" }, "rule ", h("code", null, cause.rule)),
  );
}

/** The rule of a call whose outcome needed no cause. */
function expectedOutcome(event) {
  if (!isCall(event)) return null;
  return event.syscall.predicted.slice(0, 1).map((allowed) => {
    const rule = beside.rules[allowed.rule];
    if (!rule) return null;
    return h(
      "div",
      { class: "cause" },
      h("p", null, prose(rule.statement)),
      pairs([["RFC", rule.rfc && prose(rule.rfc)], ["Linux", rule.linux && prose(rule.linux)]]),
      rule.misconception && h("p", { class: "folklore" }, h("b", null, "Not true: "), prose(rule.misconception)),
      h("p", { class: "quiet" }, "rule ", h("code", null, allowed.rule)),
    );
  });
}

function errnoLine(event) {
  const errno = isCall(event) ? event.syscall.outcome.errno ?? event.syscall.outcome.pending_error : null;
  return errno && h("p", { class: "quiet" }, `errno ${errno.number}, ${errno.name}: ${errno.text}. More: `, h("code", null, `tcpstory explain ${errno.name}`));
}

function expectations(step) {
  const item = (kind, sign, one, behind) =>
    h("li", { class: kind }, h("b", null, `${sign} `), h("span", { class: "code" }, one.expected), behind);
  const judged = (expectationsOf.get(step) ?? []).map((one) =>
    one.passed ? item("passed", "✓", one, "") : item("missed", "✗", one, ` but found ${one.actual}`),
  );
  const open = (notReachedOf.get(step) ?? []).map((one) => item("quiet", "·", one, ", not reached"));
  return judged.length + open.length > 0 && h("ul", { class: "checks" }, judged, open);
}

/** What is known of a socket at this step: of one that listens only that, else of its latest connection. */
function socketAt(place) {
  const listener = listeners.find((one) => one.socket === place && listenerAt(one, view.step) === "LISTEN");
  if (listener) return { state: "LISTEN", sampled: false };
  const own = endpoints.filter(({ end }) => end.socket === place).map((endpoint) => endpointAt(endpoint, view.step));
  return own.findLast(({ state }) => state) ?? { state: listeners.some((one) => one.socket === place && listenerAt(one, view.step)) ? "CLOSE" : null, sampled: false };
}

/** Where a socket is and with whom it talks, as far as it is known: a port of the kernel's choice is not before connect. */
function addressesAt(socket, place, state) {
  const isBound = story.events.some((event) => isCall(event) && event.syscall.socket === place && event.syscall.call.name === "bind" && resultAt(event) < view.step);
  const isTied = state && state !== "LISTEN" && socket.peer;
  return [(isBound || state) && socket.local, isTied && socket.peer].filter(Boolean).join(" → ");
}

function socketsTab() {
  const made = story.sockets.map((socket, place) => ({ socket, place })).filter(({ place }) => isMade(place, view.step));
  const cells = ({ socket, place }) => {
    const now = socketAt(place);
    const name = `${story.actors[socket.actor]?.name ?? "?"}.${socket.name}${socket.generation > 1 ? ` #${socket.generation}` : ""}`;
    return h(
      "tr",
      null,
      h("th", { scope: "row" }, name, h("small", { class: "quiet" }, addressesAt(socket, place, now.state))),
      h("td", null, now.state ? h("span", { class: `state-name tone-${STATE_TONES[now.state]}` }, now.state) : "–"),
      h("td", { class: "number" }, now.sampled ? now.unread : "–"),
      h("td", { class: "number" }, now.sampled ? now.unsent : "–"),
    );
  };
  const heads = ["socket", "state", "unread", "unacked"].map((name) => h("th", { scope: "col" }, name));
  const table = h("div", { class: "scroll" }, h("table", { class: "small sockets" }, h("thead", null, h("tr", null, heads)), h("tbody", null, made.map(cells))));
  return [
    section("The states of RFC 9293, section 3.3.2", machineHolder),
    section("Sockets after this step", made.length > 0 ? table : h("p", { class: "quiet" }, "There is no socket yet.")),
    h("p", { class: "quiet" }, "Unread: received, not yet read. Unsent: written, not yet acknowledged. As the kernel said at the end of a step; the state as the model holds it."),
  ];
}

/** The byte streams as far as they are shown. */
function streamTab() {
  const size = Math.max(11, parseFloat(getComputedStyle(document.querySelector(".panel .tabs") ?? document.body).fontSize) * (view.mode === "lecture" ? 1 : 0.74));
  const room = (document.getElementById("panel")?.clientWidth || 420) - 40;
  const painted = paintStreams(room, Math.round(size * 1.4), size);
  return [
    section("Which write filled which segment, and which read took it", painted ?? h("p", { class: "quiet" }, NO_BYTES)),
    painted && h("p", { class: "quiet" }, "From left to right: the bytes of a direction, from its first. A segment that was sent again covers the same bytes."),
  ];
}

function linksTab() {
  const event = view.event;
  if (!event) return h("p", { class: "quiet" }, "Select an event to see what it is tied to.");
  const list = (links, seen, other) =>
    links.length > 0 && h("ul", { class: "links" }, links.map((link) => {
      const event = eventOf.get(link[other]);
      return h("li", { class: isInferred(link) ? "inferred" : "" },
        h("b", null, (RELATIONS[link.rel] ?? [link.rel, link.rel])[seen]), " ", chip(event), " ",
        h("span", { class: "code" }, eventText(event, view.raw)),
        h("div", { class: "quiet" }, `${BASES[link.basis] ?? link.basis}; ${link.confidence}`, link.stream_bytes ? `; bytes ${link.stream_bytes.begin} to ${link.stream_bytes.end - 1} of the stream` : ""));
    }));
  const isTold = (link) => [link.from, link.to].every((id) => eventOf.has(id) && revealedAt(eventOf.get(id)) < view.step) && isOver(eventOf.get(link.to));
  const earlier = list((linksTo.get(event.id) ?? []).filter(isTold), 0, "from");
  const later = list((linksFrom.get(event.id) ?? []).filter(isTold), 1, "to");
  return [
    h("h2", null, chip(event), " ", h("span", { class: "code" }, eventText(event, view.raw))),
    h("p", { class: "quiet" }, `Its full id is ${event.id}`),
    section("It came from", earlier || h("p", { class: "quiet" }, "Nothing in this story made it happen.")),
    section("It led to", later || h("p", { class: "quiet" }, "Nothing that is shown yet.")),
  ];
}

function languagesTab() {
  const event = view.event;
  const failed = (event) => (isOver(event) ? beside.shown[event.id] ?? [] : []);
  const own = event ? failed(event) : [];
  const shown = own.length > 0 ? own : [...new Set(shownRows(view.step).flatMap((row) => failed(row.event)))];
  if (shown.length === 0) return h("p", { class: "quiet" }, "No call has failed so far. For one that has, this shows what C, Go, Python, Rust, Java and Node make of it.");
  const signals = shownRows(view.step).some((row) => isCall(row.event) && isOver(row.event) && row.event.syscall.text.includes("SIGPIPE"));
  return [
    own.length === 0 && h("p", { class: "quiet" }, "What failed so far:"),
    shown.map((place) => section(beside.languages[place].situation, pairs(beside.languages[place].words.map(([name, text]) => [name, h("span", { class: "code" }, text)])))),
    signals && section("SIGPIPE", pairs(beside.sigpipe)),
  ];
}

/** The panel with its tabs, for the side and for the drawer of a lecture. */
function buildPanel() {
  const tabs = TABS.map(([id, name]) =>
    h("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "panel", onclick: () => change({ tab: id }) }, name),
  );
  const body = h("div", { id: "panel", role: "tabpanel", class: "panel-body", tabindex: 0 });
  const list = h("div", { role: "tablist", class: "tabs", "aria-label": "About the selected event" }, tabs);
  list.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    const place = TABS.findIndex(([id]) => id === view.tab);
    change({ tab: TABS[(place + way + TABS.length) % TABS.length][0] });
    tabs[TABS.findIndex(([id]) => id === view.tab)].focus();
    event.preventDefault();
    event.stopPropagation();
  });
  let isScrolled = false;
  onChange((before) => {
    tabs.forEach((tab, place) => {
      const chosen = TABS[place][0] === view.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
    body.setAttribute("aria-labelledby", `tab-${view.tab}`);
    body.parentElement?.classList.toggle("drawn-out", view.mode === "lecture" && view.drawer !== "");
    furnishPanel(body);
    const isOther = before.tab !== view.tab || before.event !== view.event || before.step !== view.step;
    // Whoever has not scrolled it need not wait for the page to be laid out.
    if (isOther && isScrolled) body.scrollTop = 0;
  });
  body.addEventListener("scroll", () => (isScrolled = body.scrollTop > 0), { passive: true });
  const close = h("button", { type: "button", class: "close-drawer", "aria-label": "Close the panel", onclick: () => change({ drawer: "" }) }, "×");
  return h("aside", { class: "panel", "aria-label": "About the selected event" }, h("div", { class: "panel-head" }, list, close), body);
}

function furnishPanel(body) {
  const content = TABS.find(([id]) => id === view.tab)[2]();
  body.replaceChildren(...[content].flat(Infinity).filter(Boolean));
}
