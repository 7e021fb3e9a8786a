
// ---- words.js: sentences about events

/** Milliseconds with three digits. */
const milliseconds = (ns) => {
  const us = Math.floor(ns / 1000);
  return (us < 0 ? "−" : "") + (Math.abs(us) / 1000).toFixed(3);
};

/** A duration with three digits and its unit. */
function duration(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (ns >= size) {
      const value = ns / size;
      return `${value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
    }
  }
  return `${ns} ns`;
}

const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Whose end of a connection it is: the actor's name, or an address where nobody is known. */
function ownerOf(label, side) {
  const end = connectionOf.get(label)?.ends.find((end) => end.side === side);
  return end?.actor ?? end?.address ?? "?";
}

const otherSide = (side) => (side === "initiator" ? "responder" : "initiator");

/** `[2] ` on all but the first connection between the same two actors. */
const ordinalMark = (() => {
  const seen = new Map();
  const marks = new Map();
  for (const connection of story.connections) {
    const pair = connection.ends.map((end) => end.actor ?? "").sort().join("\n");
    const count = (seen.get(pair) ?? 0) + 1;
    seen.set(pair, count);
    marks.set(connection.label, count > 1 ? `[${count}] ` : "");
  }
  return (label) => marks.get(label) ?? "";
})();

/** A segment in one line, with the sequence numbers that are asked for. */
function segmentText(segment, raw) {
  const relative = segment.flags === "ACK" && !segment.payload ? `ACK ${segment.ack_rel ?? 0}` : `${segment.flags} seq ${segment.seq_rel}`;
  const absolute = segment.flags === "ACK" && !segment.payload ? `ACK ${segment.ack ?? 0}` : `${segment.flags} seq ${segment.seq}`;
  const rest = segment.text.slice(relative.length).replace(`probe seq ${segment.seq_rel}`, `probe seq ${segment.seq}`);
  const text = raw && segment.text.startsWith(relative) ? absolute + rest : segment.text;
  return ordinalMark(segment.connection) + text;
}

/** A call without its result. */
const callText = (event) => beside.calls[event.id] ?? event.syscall.text;
/** A call's result alone. */
const resultText = (event) => event.syscall.text.slice(callText(event).length).trim();

/** What a row says. */
function rowText(row, raw) {
  const { event, body } = row;
  switch (body.kind) {
    case "call":
      if (body.part === "begin") return `${callText(event)} …`;
      return body.part === "end" ? `… ${event.syscall.call.name} ${resultText(event)}` : event.syscall.text;
    case "segment":
      return segmentText(event.segment, raw);
    case "gap":
      return duration(row.delta_ns) + (row.between_steps ? " between two steps" : "");
    case "failed_expectation": {
      const expectation = story.expectations[row.expectation];
      return `✗ expected ${expectation.expected}, found ${expectation.actual}`;
    }
    default:
      return eventText(event, raw);
  }
}

function exitText(status) {
  return status.signal === undefined ? `process ends: exit code ${status.code}` : `process ends: killed by ${status.signal}`;
}

/** Whether it is shown how an event came out: a call may still wait. */
const isOver = (event) => resultAt(event) < view.step;

/** Why an event came out as it did, as far as that is shown. */
const toldCauses = (event) => (isOver(event) ? causesOf.get(event.id) ?? [] : []);

/** What an event is, in one line. */
function eventText(event, raw) {
  switch (event.kind) {
    case "syscall":
      return isOver(event) ? event.syscall.text : `${callText(event)} …`;
    case "segment":
      return segmentText(event.segment, raw);
    case "signal":
      return `caught ${event.signal.name}`;
    case "kill":
      return `${event.kill.name} from the scenario`;
    case "exit":
      return exitText(event.exit.status);
    default:
      return event.state.agrees
        ? `kernel says ${event.state.state}`
        : `kernel says ${event.state.state}, model says ${event.state.model ?? "nothing"}`;
  }
}

/** Who acts in an event, or from whom to whom it flies. */
function whoText(event) {
  if (event.kind === "segment") {
    const { connection, sender } = event.segment;
    return `${ownerOf(connection, sender)} → ${ownerOf(connection, otherSide(sender))}`;
  }
  if (event.kind === "state") return "kernel";
  return event[event.kind].actor;
}

/** An event for those who hear it. */
function spokenText(event, raw) {
  const who = whoText(event).replace(" → ", " to ");
  const told = eventText(event, raw).replaceAll(" → ", " fails with ").replaceAll("…", "");
  const error = isError(event) && !isCall(event) ? ", error" : "";
  return `${event.alias}: ${who}, ${told}${error}, at ${milliseconds(event.t_ns)} milliseconds`;
}

/** How a tie is said, seen from its later event and from its earlier one. */
const RELATIONS = {
  sent: ["sent by", "sent"],
  answers: ["answers", "was answered by"],
  delivered: ["returned the bytes of", "delivered bytes to"],
  end_of_file: ["end of file from", "gave end of file to"],
  failed: ["failed because of", "made fail"],
  completed: ["completed by", "completed"],
  doomed: ["comes because of", "led to"],
  raised: ["raised by", "raised"],
  ended: ["ended by", "ended"],
  retransmits: ["sends again", "was sent again as"],
  closed_by_exit: ["sent by the death in", "closed, with its death,"],
  readied: ["made ready by", "made ready"],
};

const BASES = {
  sequence: "matched by addresses and sequence numbers",
  kernel: "the kernel itself reported it",
  model: "a rule of the model says so",
  time: "only the order in time says so",
};

const isInferred = (link) => link.basis === "model" || link.basis === "time" || link.confidence !== "certain";

/** Why an event was tied to others: one line. */
function matchedText(event) {
  if (!isOver(event)) return "not known yet: it waits";
  const links = linksTo.get(event.id) ?? [];
  if (links.length === 0) {
    const mine = linksFrom.get(event.id) ?? [];
    const [cause] = toldCauses(event);
    if (cause) return `the rule ${cause.rule} alone says so; no other event is needed`;
    if (isCall(event)) return "the program does this by itself";
    return mine.length === 0 ? "no other event has to do with it" : "nothing before it in this story made it happen";
  }
  const said = links.map((link) => {
    const other = eventOf.get(link.from);
    return `${(RELATIONS[link.rel] ?? [link.rel])[0]} ${other?.alias ?? "?"} (${BASES[link.basis] ?? link.basis}, ${link.confidence})`;
  });
  return said.join("; ");
}
