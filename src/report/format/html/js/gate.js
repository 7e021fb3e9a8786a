
// ---- gate.js: the question before a step, and the answer after it

/** What was chosen or typed, and how many hands went up: by step and question. */
const picks = new Map();
const hands = new Map();

const questionKey = (place, number) => `${place} ${number}`;
/** Without answers the file ends here. */
const hasAnswer = (place) => predictionsOf.get(place).every((one) => one.answer !== undefined && one.answer !== null);

/** Asks: the question, its choices or a line to write into, and the hands that went up for each. */
function gateCard(place) {
  const questions = predictionsOf.get(place).map((prediction, number) => askOne(place, prediction, number));
  const known = hasAnswer(place);
  return h(
    "section",
    { class: "gate", "aria-label": "Predict before you see" },
    h("p", { class: "gate-lead" }, "Predict: what happens at step ", h("b", null, place + 1), ", ", h("span", { class: "code" }, steps[place].does), "?"),
    questions,
    known
      ? h("button", { type: "button", class: "main", onclick: () => reveal() }, "Show what the kernel does →")
      : h("p", { class: "quiet" }, "This file has no answers."),
  );
}

function askOne(place, prediction, number) {
  const key = questionKey(place, number);
  const free = !prediction.choices || prediction.choices.length === 0;
  return h(
    "fieldset",
    null,
    h("legend", null, prose(prediction.question)),
    free ? freeAnswer(key) : h("ol", { class: "choices" }, prediction.choices.map((choice, index) => offer(key, choice, index))),
  );
}

function freeAnswer(key) {
  return h("label", null, "Your prediction ", h("input", { type: "text", class: "code", value: picks.get(key) ?? "", autocomplete: "off", oninput: (event) => picks.set(key, event.target.value) }));
}

function offer(key, choice, index) {
  const hand = `${key} ${index}`;
  return h(
    "li",
    null,
    h("label", { class: "choice" },
      h("input", { type: "radio", name: `choice ${key}`, checked: picks.get(key) === index, onchange: () => picks.set(key, index) }),
      h("span", { class: "code" }, choice.text)),
    h("label", { class: "hands" }, "hands ",
      h("input", { type: "number", min: 0, max: 999, inputmode: "numeric", "aria-label": `Hands for ${choice.text}`, value: hands.get(hand) ?? "", oninput: (event) => hands.set(hand, Math.max(0, event.target.valueAsNumber || 0)) })),
  );
}

/** Chooses by a digit key. */
function pickByNumber(number) {
  const boxes = document.querySelectorAll(".gate input[type=radio]");
  boxes[number - 1]?.click();
}

/** After the step: the kernel's answer beside what was predicted. Only where the question was asked here. */
function answerCard(place) {
  if (!predictionsOf.has(place) || !hasAnswer(place)) return null;
  return h("section", { class: "answer", "aria-label": "What was predicted" }, predictionsOf.get(place).map((prediction, number) => answerOne(place, prediction, number)));
}

function answerOne(place, prediction, number) {
  const key = questionKey(place, number);
  const pick = picks.get(key);
  const counts = (prediction.choices ?? []).map((_, index) => hands.get(`${key} ${index}`) ?? 0);
  const most = Math.max(1, ...counts);
  const chosen = typeof pick === "number" ? prediction.choices[pick] : null;
  return [
    h("p", { class: "question" }, prose(prediction.question)),
    h("p", { class: "kernel-says" }, h("b", null, "The kernel: "), h("span", { class: "code" }, prediction.answer)),
    typeof pick === "string" && pick !== "" && h("p", null, h("b", null, "You said: "), h("span", { class: "code" }, pick)),
    chosen && h("p", { class: chosen.right ? "right" : "wrong" }, h("b", null, chosen.right ? "✓ You said so." : "✗ You said: "), chosen.right ? "" : h("span", { class: "code" }, chosen.text)),
    h("ul", { class: "choices told" }, (prediction.choices ?? []).map((choice, index) =>
      h("li", { class: choice.right ? "right" : "wrong" },
        h("b", null, choice.right ? "✓ " : "✗ "), h("span", { class: "code" }, choice.text),
        counts[index] > 0 && [" ", h("meter", { min: 0, max: most, value: counts[index], "aria-label": `Hands for ${choice.text}` }), ` ${plural(counts[index], "hand")}`],
        !choice.right && choice.tempting && h("div", { class: "tempting" }, prose(choice.tempting))))),
  ];
}
