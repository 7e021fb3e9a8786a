
// ---- cards.js: what is said around the picture, and in its place before the first step and after the last

/** What stands over the picture: the title of a lecture, or a question. */
function overPicture() {
  if (view.asking !== null) return [gateCard(view.asking)];
  if (view.mode !== "lecture") return [];
  return view.step === 0 ? [titleCard()] : view.ended ? [closingCard()] : [];
}

/** The title, before the first step of a lecture: what it is for, what is to be doubted, and who acts. */
function titleCard() {
  const players = story.actors.map((actor) => [h("b", null, actor.name), ` ${actor.address}`]);
  return h("section", { class: "title-card" },
    h("h2", null, beside.title),
    beside.goals.length > 0 && [h("p", { class: "lead" }, "Afterwards you can"), h("ul", null, beside.goals.map((goal) => h("li", null, prose(goal))))],
    beside.misconception && h("div", { class: "folklore" }, h("p", { class: "lead" }, "True, or not?"), h("p", null, claimOf(beside.misconception))),
    h("p", { class: "players" }, players.flatMap((player, place) => [place > 0 && " · ", player])),
    h("p", { class: "quiet" }, document.querySelector(".facts").textContent));
}

/** What is not true begins with the claim, quoted or as a sentence; what follows would answer it. */
const claimOf = (misconception) => {
  const text = h("p", null, prose(misconception)).textContent;
  return /^(?:"[^"]*"|.*?[.?!](?=\s|$))/s.exec(text)?.[0] ?? text;
};

/** What is to be remembered, after the last step of a lecture. */
const closingCard = () => h("section", { class: "title-card closing-card" }, h("h2", null, beside.title), closing());

/** What is said at the foot of a lecture: the answer where the question was put, and the lecturer's words. */
function renderCaption(caption) {
  const step = steps[view.step - 1];
  const answer = view.asking === null && put.has(view.step - 1) && answerCard(view.step - 1, true);
  const say = step && h("div", { class: "say" }, step.say ? paragraphs(step.say) : because(mainEvent(view.step - 1)));
  caption.replaceChildren(...[answer, say].filter(Boolean));
  caption.hidden = view.mode !== "lecture" || view.asking !== null || view.ended || caption.childElementCount === 0;
}

function renderMatched(matched) {
  const event = view.event;
  matched.replaceChildren(...(event ? [h("b", null, "How we know "), chip(event), " ", withChips(matchedText(event))].flat() : [h("b", null, "How we know "), "no event is selected"]));
}
