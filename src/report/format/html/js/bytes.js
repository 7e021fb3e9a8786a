
// ---- bytes.js: the captured frame, field by field and byte by byte

/** How many bytes stand on a line. */
const HEX_LINE = 16;
/** Of a long payload only the beginning is shown. */
const HEX_MOST = 512;

/** The field that is looked at, and of which segment. */
let lookedAt = { event: null, field: null };

const bytesOf = (event) => Uint8Array.from(atob(beside.frames[event.id] ?? ""), (letter) => letter.charCodeAt(0));

function bytesTab() {
  const event = view.event;
  if (!event || event.kind !== "segment") {
    return h("p", { class: "quiet" }, "Select a segment to see every byte of its frame, and what each field says.");
  }
  if (lookedAt.event !== event) lookedAt = { event, field: null };
  const bytes = bytesOf(event);
  const fields = fieldsOf(event);
  const holder = h("div", { class: "bytes" });
  const hex = paintHex(bytes, fields);
  const list = paintFields(fields);
  const told = h("div", { class: "field-told", "aria-live": "polite" });
  const look = (index) => {
    lookedAt.field = index;
    hex.cells.forEach((cell, place) => cell.classList.toggle("lit", index !== null && covers(fields[index], place)));
    list.buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === index)));
    told.replaceChildren(...(index === null ? [h("p", { class: "quiet" }, "Choose a field and its bytes light up; choose a byte and its field does.")] : tellField(fields[index], bytes)));
  };
  hex.cells.forEach((cell, place) => cell.addEventListener("click", () => look(nextField(fields, place))));
  list.buttons.forEach((button, place) => button.addEventListener("click", () => look(place)));
  look(lookedAt.field);
  holder.append(
    h("h2", null, chip(event), " ", h("span", { class: "code" }, eventText(event, view.raw))),
    h("p", { class: "quiet" }, `${whoText(event)} · ${plural(bytes.length, "byte")} as captured`),
    told,
    hex.element,
    list.element,
  );
  return holder;
}

const covers = (field, place) => place >= field.offset_bytes && place < field.offset_bytes + field.size_bytes;

/** The field of a byte; where several share it, the one after that which is looked at. */
function nextField(fields, place) {
  const here = fields.flatMap((field, index) => (covers(field, place) ? [index] : []));
  if (here.length === 0) return null;
  return here[(here.indexOf(lookedAt.field) + 1) % here.length];
}

function tellField(field, bytes) {
  const known = story.header_fields[field.filter];
  const raw = [...bytes.slice(field.offset_bytes, field.offset_bytes + Math.min(field.size_bytes, 16))].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return [
    h("p", null, h("b", null, known.name), " = ", h("span", { class: "code" }, field.value)),
    h("p", null, known.explanation),
    h("p", { class: "quiet" }, `${known.layer}; ${bitsText(field)}; bytes `, h("span", { class: "code" }, raw + (field.size_bytes > 16 ? " …" : "")), "; in Wireshark ", h("code", null, field.filter)),
  ];
}

/** Where a field lies: `bytes 34 and 35`, or some bits of them. */
function bitsText(field) {
  const last = field.offset_bytes + field.size_bytes - 1;
  const place = field.size_bytes <= 1 ? `byte ${field.offset_bytes}` : `bytes ${field.offset_bytes} to ${last}`;
  if (field.mask === null) return place;
  return `${place}, bits ${field.mask.toString(2).padStart(8 * field.size_bytes, "0").replaceAll("0", "·")}`;
}

function paintHex(bytes, fields) {
  const cells = [];
  const lines = [];
  const shown = bytes.slice(0, HEX_MOST);
  for (let first = 0; first < shown.length; first += HEX_LINE) {
    const line = [...shown.slice(first, first + HEX_LINE)].map((byte, index) => {
      const place = first + index;
      const layer = layerOf(fields, place);
      const cell = h("button", { type: "button", tabindex: place === 0 ? 0 : -1, class: `byte layer-${layer}`, "aria-label": `byte ${place}: ${byte.toString(16).padStart(2, "0")}` }, byte.toString(16).padStart(2, "0"));
      cells.push(cell);
      return cell;
    });
    const letters = [...shown.slice(first, first + HEX_LINE)].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(h("div", { class: "hex-line" }, h("span", { class: "offset" }, first.toString(16).padStart(4, "0")), h("span", { class: "hex-bytes" }, line), h("span", { class: "letters", "aria-hidden": "true" }, letters)));
  }
  const element = h("div", { class: "hex", role: "group", "aria-label": "The frame's bytes" }, lines, bytes.length > HEX_MOST && h("p", { class: "quiet" }, `and ${plural(bytes.length - HEX_MOST, "byte")} more of payload`));
  element.addEventListener("keydown", (event) => walkBytes(event, cells));
  return { element, cells };
}

/** Arrow keys walk from byte to byte. */
function walkBytes(event, cells) {
  const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: HEX_LINE, ArrowUp: -HEX_LINE }[event.key];
  const target = cells[cells.indexOf(document.activeElement) + way];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  if (!target) return;
  document.activeElement.tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}

const LAYERS = ["Ethernet II", "Internet Protocol Version 4", "Internet Protocol Version 6", "Transmission Control Protocol", "TCP options", "Payload", "Data"];

function layerOf(fields, place) {
  const field = fields.find((field) => covers(field, place));
  const layer = story.header_fields[field?.filter]?.layer;
  return Math.max(0, LAYERS.indexOf(layer));
}

/** The fields by header, each a button. */
function paintFields(fields) {
  const buttons = fields.map((field) => {
    const known = story.header_fields[field.filter];
    return h("button", { type: "button", class: `field layer-${Math.max(0, LAYERS.indexOf(known.layer))}`, "aria-pressed": "false" }, h("span", null, known.name), h("span", { class: "code" }, field.value));
  });
  const layers = grouped(fields.map((field, index) => ({ layer: story.header_fields[field.filter].layer, button: buttons[index] })), (one) => one.layer);
  const element = h("div", { class: "fields" }, [...layers].map(([layer, ones]) => section(layer, ones.map((one) => one.button))));
  return { element, buttons };
}
