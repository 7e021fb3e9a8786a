// What is too faint on its ground: text below 4.5 to 1, graphics below 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11). axe-core does not judge
// what is drawn, and passes over text whose ground it cannot tell.
(() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const parse = (colour) => {
    if (!known.has(colour)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
      known.set(colour, { parts: [red, green, blue], alpha: alpha / 255 });
    }
    return known.get(colour);
  };
  const over = (colour, opacity, ground) => {
    const { parts, alpha } = parse(colour);
    return parts.map((part, place) => part * alpha * opacity + ground[place] * (1 - alpha * opacity));
  };
  const light = (parts) => {
    const [red, green, blue] = parts.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [more, less] = [light(one), light(other)].sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };
  const opacityOf = (element) => (element ? Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement) : 1);
  const holder = (element) => (element instanceof SVGElement ? holder(element.parentElement) : element);
  // The backgrounds of all boxes around, from the outermost.
  const grounds = new Map();
  const groundOf = (element) => {
    if (!element) return [255, 255, 255];
    if (!grounds.has(element)) grounds.set(element, over(getComputedStyle(element).backgroundColor, 1, groundOf(element.parentElement)));
    return grounds.get(element);
  };
  const shapes = "rect, circle, path, line, polygon, polyline, ellipse";
  const contains = (box, { left, right, top, bottom }) => box.left <= (left + right) / 2 && box.right >= (left + right) / 2 && box.top <= (top + bottom) / 2 && box.bottom >= (top + bottom) / 2;
  const isFilled = (shape) => !["none", ""].includes(getComputedStyle(shape).fill) && !getComputedStyle(shape).fill.startsWith("url(") && parse(getComputedStyle(shape).fill).alpha > 0;
  // What is drawn lies on the band of a step, or on a shape beside it in its group.
  const drawnOn = (element, withShapes) => {
    let ground = groundOf(holder(element));
    const here = element.getBoundingClientRect();
    const band = element.closest(".ladder")?.querySelector(".band");
    if (band && element !== band && contains(band.getBoundingClientRect(), here)) ground = over(getComputedStyle(band).fill, 1, ground);
    if (!withShapes) return ground;
    const beside = [...element.closest("g, svg").children].filter((shape) => shape !== element && shape.matches(shapes) && isFilled(shape) && contains(shape.getBoundingClientRect(), here));
    return beside.reduce((below, shape) => over(getComputedStyle(shape).fill, Number(getComputedStyle(shape).fillOpacity), below), ground);
  };
  const hasPlace = (element) => { const { width, height } = element.getBoundingClientRect(); return width + height > 0; };
  const isShown = (element) => hasPlace(element) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !element.closest(".unseen, .skip, defs, clipPath, :disabled, noscript");
  const nameOf = (element) => `${element.tagName}.${element.className?.baseVal ?? element.className}`;
  const found = new Set();
  const complain = (element, what, ratio, least) => ratio < least && found.add(`${ratio.toFixed(2)}: ${what} in ${nameOf(element)} of ${nameOf(element.parentElement)}`);
  // A picture for slides has a ground and colours of its own, which its own tests look at.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === "" || element.closest("script, style, title, option, .drawn svg") || !isShown(element)) continue;
    const isDrawn = element instanceof SVGElement;
    const ground = isDrawn ? drawnOn(element.closest("text"), true) : groundOf(element);
    const style = getComputedStyle(element);
    complain(element, text.slice(0, 30), contrast(over(isDrawn ? style.fill : style.color, opacityOf(element), ground), ground), 4.5);
  }
  // What only divides or lies behind need not be seen.
  const decoration = ".hit, .back, .band, .halo, .step-line, .lifelines *, .row[role=presentation] .hit, .plain *, .drawn *";
  for (const shape of document.querySelectorAll(`svg :is(${shapes})`)) {
    if (shape.matches(decoration) || !isShown(shape)) continue;
    const style = getComputedStyle(shape);
    const ground = drawnOn(shape, false);
    const paints = [[style.fill, style.fillOpacity], [style.stroke, style.strokeOpacity]].filter(([paint]) => paint !== "none" && !paint.startsWith("url("));
    if (paints.length === 0) continue;
    const best = Math.max(...paints.map(([paint, opacity]) => contrast(over(paint, Number(opacity) * opacityOf(shape), ground), ground)));
    complain(shape, "graphic", best, 3);
  }
  return [...found];
})()
