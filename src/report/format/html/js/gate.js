
// ---- gate.js: the question before a step, and the answer after it

/** What was chosen or typed, and how many hands went up: by step and question. */
const picks = new Map();
const hands = new Map();
/** The questions that were put on the screen: places of steps. */
const put = new Set();

const questionKey = (place, number) => `${place} ${number}`;
/** Without answers the file ends here. */
const hasAnswer = (place) => predictionsOf.get(place).every((one) => one.answer !== undefined && one.answer !== null);

/** Asks: the question, its choices or a line to write into, and the hands that went up for each. */
function gateCard(place) {
  const questions = predictionsOf.get(place).map((prediction, number) => askOne(place, prediction, number));
  return h(
    "section",
    { class: "gate", "aria-label": "Predict before you see" },
    h("p", { class: "gate-lead" }, "Predict: what happens at step ", h("b", null, place + 1), ", ", h("span", { class: "code" }, steps[place].does), "?"),
    questions,
    onFrom(place),
  );
}

function onFrom(place) {
  const on = (label) => h("button", { type: "button", class: "main", onclick: () => reveal() }, label);
  if (hasAnswer(place)) return on("Show what the kernel does →");
  return [h("p", { class: "quiet" }, "This file has no answers."), nextQuestion(1) !== null && on("Next question →")];
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

/** How a choice is named by its place, here as in the terminal: `a`, `b`, `c`. */
const choiceLetter = (index) => String.fromCharCode(97 + index);

/** Chooses by a letter, while a question with choices is on the screen. */
function pickByLetter(letter) {
  const place = letter.length === 1 ? letter.toLowerCase().charCodeAt(0) - 97 : -1;
  const box = view.asking === null ? null : document.querySelectorAll(".gate input[type=radio]")[place];
  box?.click();
  return Boolean(box);
}

/** Chooses by a digit key. */
function pickByNumber(number) {
  const boxes = document.querySelectorAll(".gate input[type=radio]");
  boxes[number - 1]?.click();
}

/** After the step: the kernel's answer beside what was predicted. In a lecture there is room for one reason: that of the error most made. */
function answerCard(place, brief) {
  if (!predictionsOf.has(place) || !hasAnswer(place)) return null;
  const told = predictionsOf.get(place).map((prediction, number) => answerOne(place, prediction, number, brief));
  return h("section", { class: "answer", "aria-label": "What was predicted" }, told);
}

function answerOne(place, prediction, number, brief) {
  const key = questionKey(place, number);
  const pick = picks.get(key);
  const choices = prediction.choices ?? [];
  const counts = choices.map((_, index) => hands.get(`${key} ${index}`) ?? 0);
  const tempting = (choice) => !choice.right && choice.tempting && h("div", { class: "tempting" }, prose(choice.tempting));
  return [
    h("p", { class: "question" }, prose(prediction.question)),
    h("p", { class: "kernel-says" }, h("b", null, "The kernel: "), h("span", { class: "code" }, prediction.answer), yourAnswer(pick, prediction)),
    h("ul", { class: "choices told" }, choices.map((choice, index) =>
      h("li", { class: `${choice.right ? "right" : "wrong"}${pick === index ? " mine" : ""}` },
        h("b", null, choice.right ? "✓ " : "✗ "), h("span", { class: "choice-letter" }, `${choiceLetter(index)} `), h("span", { class: "code" }, choice.text), handsTold(counts, index, choice), !brief && tempting(choice)))),
    brief && h("div", null, [mostTempting(choices, counts, pick)].filter(Boolean).map((choice) => [h("b", { class: "code" }, choice.text), tempting(choice)])),
  ];
}

/** What was chosen or written, and whether it is right. */
function yourAnswer(pick, prediction) {
  const chosen = typeof pick === "number" ? prediction.choices[pick] : null;
  const text = (chosen?.text ?? pick ?? "").trim();
  if (text === "") return null;
  const right = chosen ? chosen.right : isAnswer(prediction, text);
  return [" · ", h("b", { class: right ? "right" : "wrong" }, "You: ", right ? "✓ " : "✗ "), h("span", { class: "code" }, text)];
}

function handsTold(counts, index, choice) {
  if (counts[index] === 0) return null;
  return [" ", h("meter", { min: 0, max: Math.max(...counts), value: counts[index], "aria-label": `Hands for ${choice.text}` }), ` ${plural(counts[index], "hand")}`];
}

/** The wrong answer that was given here, or by most hands, or the first. */
function mostTempting(choices, counts, pick) {
  const wrong = choices.map((choice, index) => ({ choice, index })).filter(({ choice }) => !choice.right && choice.tempting);
  const own = wrong.find(({ index }) => index === pick);
  return (own ?? wrong.sort((one, other) => counts[other.index] - counts[one.index])[0])?.choice;
}
