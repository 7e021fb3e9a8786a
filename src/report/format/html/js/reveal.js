
// ---- reveal.js: the picture as far as somebody has stepped

/** Shows the first `step` steps. Returns where the current step begins and ends. */
function revealLadder(ladder, step, next) {
  const { shown, layers, look, place, lanes } = ladder;
  for (const unfold of ladder.unfold) unfold(step);
  const steps = (ladder.steps ??= shown.map((row) => row.at));
  const [first, count] = [countBelow(steps, step - 1), countBelow(steps, step)];
  const bottom = count === 0 ? 0 : place.ys[count - 1] + look.row / 2;
  ladder.clipRect.setAttribute("height", count === shown.length ? place.bottom : bottom);
  const begin = first === count ? bottom : place.ys[first] - look.row / 2;
  layers.band.setAttribute("y", begin);
  layers.band.setAttribute("height", Math.max(0, bottom - begin));
  layers.next.replaceChildren(...(next && step > 0 ? paintNext(ladder, next, bottom + look.row * 0.75) : []));
  const height = Math.max(bottom + look.row * (next ? 1.5 : 0.6), 10);
  // In a frame the picture keeps its size: to lay a thousand rows out anew takes longer than a step may.
  if (ladder.frame) ladder.frame.style.height = `${height}px`;
  else ladder.svg.setAttribute("height", height);
  return { begin, bottom: height, width: lanes.width };
}

/** What the next step will do, not how it will end. */
function paintNext(ladder, step, y) {
  const { look, mono, sans } = ladder;
  const name = story.actors.findIndex((actor) => step.does.startsWith(`${actor.name} `));
  const at = appPlace(ladder, Math.max(0, name));
  const text = name === -1 ? step.does : step.does.slice(story.actors[name].name.length + 1);
  const lead = "next ";
  const shownText = cut(text, mono, at.room - widthOf(lead, sans) - 10);
  const wide = widthOf(lead + shownText, mono) + 16;
  const x = at.anchor === "end" ? at.text - wide + 8 : at.text - 8;
  return [
    g("rect", { class: "next-box", x, y: y - look.row * 0.4, width: wide, height: look.row * 0.8, rx: 5 }),
    g("text", { class: "next-text", x: at.text, y: y + look.font * 0.35, "text-anchor": at.anchor }, lead + shownText),
  ];
}
