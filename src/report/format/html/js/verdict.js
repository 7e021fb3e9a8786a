
// ---- verdict.js: whether an answer in somebody's own words is what the kernel did

/** Words that say nothing of their own. */
const FILLERS = new Set("a an the it is was be with and by in of to call fails fail failed error errno returns return returned gets get sends sent sees segment packet bytes byte".split(" "));

const BLOCKING = ["blocks", "block", "it blocks", "waits", "sleeps", "hangs", "does not return"];
const SUCCESS = ["success", "succeeds", "none", "no error", "no", "ok"];
const NO_SEGMENT = ["none", "no segment", "nothing", "no"];

/** A text as its words: letters of one size, no punctuation; a minus stays before its number. */
const wordsOf = (text) => text.toLowerCase().replace(/[\u2212–]/g, "-").replace(/-(?!\d)|(?<=\w)-|[^\p{L}\p{N}_-]+/gu, " ").trim().replace(/ +/g, " ");

/** What an answer must say one of, and what it may say besides. */
function answerForms(prediction) {
  const event = eventOf.get(prediction.of);
  if (prediction.answer.endsWith(" blocks")) return { forms: BLOCKING, besides: [event?.syscall?.call.name] };
  if (!event) return { forms: prediction.about === "segment" ? NO_SEGMENT : [prediction.answer], besides: [] };
  return event.kind === "segment" ? segmentForms(event) : outcomeForms(event.syscall, prediction.about);
}

function segmentForms(event) {
  const { segment } = event;
  const names = [ownerOf(segment.connection, segment.sender), ownerOf(segment.connection, otherSide(segment.sender))];
  const short = { syn: segment.flags.includes("ACK") ? "synack" : "syn", data: "data", ack: "ack", fin: "fin", rst: "rst" }[lookOf(event)];
  const preview = segment.payload?.preview ?? "";
  return { forms: [segment.flags, short, preview], besides: [...names, "ack", "psh", preview, `seq ${segment.seq_rel}`] };
}

function outcomeForms({ outcome, call }, about) {
  const besides = [call.name, "-1", "sigpipe"];
  if (outcome.kind === "failed") return { forms: [outcome.errno.name, String(outcome.errno.number), outcome.errno.text], besides };
  if (outcome.kind === "killed") return { forms: [outcome.signal, outcome.signal.replace("SIG", "")], besides: [call.name, "killed", "dies", "process"] };
  if (outcome.kind !== "returned") return { forms: BLOCKING, besides };
  if (outcome.pending_error) return { forms: [outcome.pending_error.name, outcome.pending_error.text], besides: [call.name, "0"] };
  if (about === "errno") return { forms: SUCCESS, besides: [call.name, String(outcome.value)] };
  const data = outcome.data?.preview ?? "";
  const read = outcome.value === 0 && call.name.startsWith("re") ? ["eof", "end of file", "end"] : [];
  const done = outcome.value === 0 && read.length === 0 ? SUCCESS : [];
  return { forms: [String(outcome.value), data, (outcome.ready ?? []).join(" "), ...read, ...done], besides: [call.name, data] };
}

/** Whether a text says what the kernel did, however it is written, and says nothing else: `EPIPE`, `epipe`, `-1 EPIPE`, `Broken pipe`. */
function isAnswer(prediction, text) {
  const { forms, besides } = answerForms(prediction);
  const longestFirst = (texts) => texts.map((one) => wordsOf(one ?? "")).filter(Boolean).sort((one, other) => other.length - one.length);
  let left = ` ${wordsOf(text)} `;
  let isSaid = false;
  for (const form of longestFirst(forms)) {
    isSaid ||= left.includes(` ${form} `);
    left = left.replaceAll(` ${form} `, "  ");
  }
  for (const beside of longestFirst(besides)) left = left.replaceAll(` ${beside} `, "  ");
  return isSaid && left.split(" ").every((word) => word === "" || FILLERS.has(word));
}
