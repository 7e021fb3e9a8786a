
// ---- dom.js: elements made from data. Markup is never read from text, so that whatever a payload holds is shown and not obeyed.

const SVG_SPACE = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a function is the listener of `onNAME`, `null` and `false` are left out, text becomes a text node. */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const h = (name, attributes, ...children) => furnish(document.createElement(name), attributes, children);
const g = (name, attributes, ...children) => furnish(document.createElementNS(SVG_SPACE, name), attributes, children);

/** The measures of texts, by font. */
const ruler = document.createElement("canvas").getContext("2d");
const measured = new Map();

function widthOf(text, font) {
  const key = font + "\n" + text;
  let width = measured.get(key);
  if (width === undefined) {
    ruler.font = font;
    width = ruler.measureText(text).width;
    measured.set(key, width);
  }
  return width;
}

/** The text if it fits into `room` pixels, else its beginning with an ellipsis. */
function cut(text, font, room) {
  if (widthOf(text, font) <= room) return text;
  const letters = [...text];
  let [least, most] = [0, letters.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (widthOf(letters.slice(0, middle).join("") + "…", font) <= room) least = middle;
    else most = middle - 1;
  }
  return letters.slice(0, least).join("") + "…";
}
