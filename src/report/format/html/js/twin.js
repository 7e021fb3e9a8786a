
// ---- twin.js: the table of events, which is there for everybody, and on the screen for who asks for it

const twin = document.getElementById("twin");

/** The table tells no more than the picture does. */
const tellTwin = unfolding(
  [...twin.querySelectorAll("tbody tr")].map((row) => ({
    row,
    at: row.dataset.step === undefined ? revealedAt(story.events[row.dataset.event]) : Number(row.dataset.step),
  })),
  ({ at }) => at,
  ({ row }, isLater, isNow) => {
    row.hidden = isLater;
    row.classList.toggle("now", isNow);
  },
);

/** Brings the table to the step that is shown. */
function renderTwin(before) {
  tellTwin(view.step);
  // It keeps the keys that scroll to itself.
  if (before.table && !view.table && twin.contains(document.activeElement)) document.activeElement.blur();
  if (!view.table || before.step === view.step && before.table) return;
  twin.querySelector("tr.now")?.scrollIntoView({ block: "nearest" });
}

/** Where there is room for one of them alone, the table takes the place of the picture. */
function showTable(wanted) {
  change({ table: wanted });
  if (wanted) twin.focus();
}
