
// ---- embed.js: for a page that shows this one in a frame: messages in and out

const isEmbedded = window.parent !== window;
/** Nothing is told before `ready`. */
let isReady = false;

/** Tells the page around this one: `{ tcpstory: "step", step, steps, event, asking }`, where `step` is the one that is shown or asked for, and `ready`, `start` and `end` alike. */
function tellParent(what) {
  if (!isEmbedded || !(isReady ||= what === "ready")) return;
  const message = { tcpstory: what, lesson: story.run.scenario.id, step: namedStep(), steps: steps.length, event: view.event?.alias ?? null, asking: view.asking !== null };
  window.parent.postMessage(message, "*"); // it holds nothing that the page around could not read in the file
}

/** What the page around may ask for; anything else is ignored. */
const REQUESTS = {
  next: () => pageOn(1),
  prev: () => pageOn(-1),
  reveal: () => reveal(),
  goto: ({ step, event }) => {
    const known = typeof event === "string" ? eventByAlias.get(event) ?? eventOf.get(event) : null;
    if (known) selectEvent(known);
    // On the way back nothing is asked: all of it was shown.
    else if (Number.isInteger(step)) step < view.step ? goTo(step) : openAt(step);
  },
};

function onMessage(message) {
  if (!isEmbedded || message.source !== window.parent || typeof message.data !== "object" || message.data === null) return;
  const asked = message.data.tcpstory;
  if (typeof asked === "string" && Object.hasOwn(REQUESTS, asked)) REQUESTS[asked](message.data);
}
