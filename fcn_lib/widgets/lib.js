// What the figures share: building elements, controls, reading values, and
// painting label maps. A figure imports it; Python puts both into one text.

// ---- elements ----

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

// h("button", { type: "button", onclick: act }, "Play")
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// the same for SVG
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// ---- the frame of a figure ----

// Puts the frame into `el`: a title, controls, the stage for the picture, a
// message for bad values, a sentence that follows the values, a formula, and
// the line of PyTorch that does the same. All but title and stage may be left
// empty. Keys stay inside: a notebook has shortcuts of its own.
export function frame(el, title) {
  const part = (name, tag = "div") => h(tag, { class: `ep-${name}` });
  const controls = part("controls");
  const stage = part("stage");
  const message = h("p", { class: "ep-message", role: "alert" });
  const sentence = h("p", { class: "ep-sentence", "aria-live": "polite" });
  const formula = part("formula", "p");
  const code = h("code", {});
  const line = h(
    "pre", { class: "ep-code", tabindex: "0", hidden: true }, code,
  );
  const root = h(
    "div",
    { class: "ep-figure-root", role: "group", "aria-label": title },
    h("p", { class: "ep-title" }, title),
    controls, stage, message, sentence, formula, line,
  );
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.replaceChildren(root);
  const write = (node) => (text) => {
    if (node.textContent !== text) node.textContent = text;
  };
  return {
    root,
    controls,
    stage,
    warn: write(message),
    // a number and its % stay on one line
    say: (text) => write(sentence)(text.replaceAll(" %", "\u00a0%")),
    formula: write(formula),
    code: (text) => {
      write(code)(text);
      line.hidden = !text;
    },
  };
}

// ---- controls: each has an element `el`, and `set(value)` ----

// A name that no other element of the page has. Each figure brings a copy of
// this file, and counting alone would give the same names in all of them.
const copy = Math.random().toString(36).slice(2);
let names = 0;
export const unique = (kind) => `ep-${kind}-${copy}-${++names}`;

// A slider over whole numbers from `least` to `most`, or over `values`.
// `format` turns a value into the text beside the slider; `resize(last)` ends
// it at another of its values.
export function slider({ label, least, most, values, value, format, act }) {
  const steps = values ?? Array.from(
    { length: most - least + 1 }, (_, i) => least + i,
  );
  const text = format ?? String;
  const id = unique("control");
  const input = h("input", {
    id, type: "range", min: 0, max: steps.length - 1, step: 1,
    oninput: () => {
      show();
      act(steps[input.value]);
    },
  });
  const output = h("output", { for: id });
  const show = () => {
    output.textContent = text(steps[input.value]);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const set = (next) => {
    const place = steps.indexOf(next);
    if (place >= 0) input.value = place;
    show();
  };
  set(value);
  const resize = (last) => { input.max = steps.indexOf(last); };
  const el = h(
    "div", { class: "ep-slider" },
    h("label", { for: id }, label), input, output,
  );
  return { el, input, set, resize };
}

// Controls under one name, in a row with it. (The legend of a fieldset would
// not stand in a row in Safari.)
export function named(role, name, attributes, ...children) {
  const id = unique("name");
  return h(
    "div", { role, "aria-labelledby": id, ...attributes },
    h("span", { class: "ep-name", id }, name), ...children,
  );
}

// One of a few: radio buttons in a row. `options` are [value, text] pairs.
export function choice({ label, options, value, act }) {
  const group = unique("group");
  const inputs = new Map();
  const el = named(
    "radiogroup", label, { class: "ep-choice" },
    options.map(([option, text]) => {
      const input = h("input", {
        type: "radio", name: group, value: option,
        onchange: () => act(option),
      });
      inputs.set(option, input);
      return h("label", {}, input, h("span", {}, text));
    }),
  );
  const set = (next) => {
    if (inputs.has(next)) inputs.get(next).checked = true;
  };
  set(value);
  return { el, inputs, set };
}

// On or off.
export function toggle({ label, value, act }) {
  const input = h("input", {
    type: "checkbox", onchange: () => act(input.checked),
  });
  const set = (next) => { input.checked = next; };
  set(value);
  const el = h("label", { class: "ep-toggle" }, input, h("span", {}, label));
  return { el, set };
}

export function button(label, act) {
  return h(
    "button", { type: "button", class: "ep-button", onclick: act }, label,
  );
}

export const still = () =>
  matchMedia("(prefers-reduced-motion: reduce)").matches;

// Walks through steps 0 … length - 1: first, back, play, on. Nothing plays by
// itself, and under "reduced motion" there is no play button, only steps.
export function stepper({ label, length, value, act, pause = 700 }) {
  let place = value;
  let timer = null;
  const go = (next) => {
    place = Math.min(Math.max(next, 0), length - 1);
    input.set(place);
    act(place);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const play = button("Play", () => {
    if (timer) return stop();
    if (place === length - 1) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      go(place + 1);
      if (place === length - 1 || !play.isConnected) stop();
    }, pause);
  });
  play.hidden = still();
  const input = slider({
    label, least: 0, most: length - 1, value: place,
    format: (i) => `${i + 1} of ${length}`,
    act: (i) => { stop(); go(i); },
  });
  const walk = (title, next) => button(title, () => { stop(); go(next()); });
  const el = h(
    "div", { class: "ep-stepper" },
    walk("First", () => 0), walk("Back", () => place - 1), play,
    walk("Next", () => place + 1), input.el,
  );
  const set = (next) => { place = next; input.set(next); };
  const resize = (count) => {
    length = count;
    input.resize(count - 1);
  };
  return { el, set, stop, resize };
}

// ---- pictures that can be pointed at ----

// A caption over something; panels stand side by side, or below each other.
export function panel(caption, ...content) {
  const head = h("figcaption", {}, caption);
  const el = h("figure", { class: "ep-panel" }, head, ...content);
  const say = (text) => { head.textContent = text; };
  return { el, say };
}

// A picture with room above it for SVG, in units of its pixels.
export function layers(base, width, height) {
  const over = s("svg", {
    viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true",
    preserveAspectRatio: "none",
  });
  return { el: h("div", { class: "ep-layers" }, base, over), over };
}

// A frame around pixels, seen on dark and on light.
export function outline() {
  const both = ["#000", "#fff"].map((stroke, i) => s("rect", {
    fill: "none", stroke, "stroke-width": i ? 1.5 : 4,
    "vector-effect": "non-scaling-stroke",
  }));
  const move = (x, y, width, height) => {
    for (const rect of both) {
      for (const [k, v] of Object.entries({ x, y, width, height })) {
        rect.setAttribute(k, v);
      }
    }
  };
  return { els: both, move };
}

// Calls `act(x, y)` with the pixel under a pressed pointer. A control that
// does the same from the keyboard has to stand beside it.
export function points(el, width, height, act) {
  const at = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = el.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * height);
    act(
      Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1),
    );
  };
  el.classList.add("ep-points");
  el.addEventListener("pointerdown", at);
  el.addEventListener("pointermove", at);
}

// ---- a grid of cells, for eyes, pointers and keys alike ----

// `draw(row, column)` returns { text, fill, name, kind } of a cell: what is
// written, its colour, what a screen reader says, and extra classes.
// `point(row, column)` is called when a cell is hovered, focused or tapped,
// `leave()` when none is; `pick(row, column)` on a click, Enter or Space.
// Arrow keys move from cell to cell.
export function grid({ label, rows, columns, draw, point, leave, pick }) {
  let now = [0, 0];
  const cells = [];
  const focus = (row, column) => {
    const r = Math.min(Math.max(row, 0), rows - 1);
    const c = Math.min(Math.max(column, 0), columns - 1);
    cells[now[0]][now[1]].tabIndex = -1;
    now = [r, c];
    cells[r][c].tabIndex = 0;
    cells[r][c].focus();
  };
  const moves = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const cell = (row, column) => h("div", {
    class: "ep-cell", role: "gridcell",
    tabindex: row || column ? -1 : 0,
    onpointerenter: () => point?.(row, column),
    onpointerleave: () => leave?.(),
    onfocus: () => point?.(row, column),
    onblur: () => leave?.(),
    onclick: () => { focus(row, column); pick?.(row, column); },
    onkeydown: (event) => {
      if (moves[event.key]) {
        focus(row + moves[event.key][0], column + moves[event.key][1]);
      } else if (event.key === "Enter" || event.key === " ") {
        pick?.(row, column);
      } else return;
      event.preventDefault();
    },
  });
  const el = h("div", {
    class: "ep-grid", role: "grid", "aria-label": label,
    style: `--columns: ${columns}`,
  });
  for (let row = 0; row < rows; row++) {
    cells.push(Array.from({ length: columns }, (_, c) => cell(row, c)));
    el.append(h("div", { class: "ep-row", role: "row" }, cells[row]));
  }
  const refresh = () => cells.forEach((line, row) => line.forEach(
    (node, column) => {
      const { text = "", fill, name, kind = "" } = draw(row, column);
      node.className = `ep-cell ${kind}`;
      node.style.background = fill ?? "";
      node.textContent = text;
      node.setAttribute(
        "aria-label", name ?? `row ${row}, column ${column}: ${text}`,
      );
    },
  ));
  refresh();
  return { el, cells, refresh };
}

// ---- words ----

// "a, b and c"
export function listed(words, last = "and") {
  return words.length < 2 ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}

// ---- values of the model ----

// NaN and infinities by their names, texts in quotes.
const written = (value) =>
  typeof value === "number" ? String(value) : JSON.stringify(value);

// What is wrong with a value, and the way out.
export const refusal = (key, value, wish) =>
  `${key} is ${written(value)}; it must be ${wish}.`;

// A whole number from the model, or a message that says what is wrong.
export function whole(model, key, least, most) {
  const value = model.get(key);
  if (Number.isInteger(value) && value >= least && value <= most) {
    return { value };
  }
  const wish = `a whole number from ${least} to ${most}`;
  return { error: refusal(key, value, wish) };
}

// One of some values, or a message.
export function oneOf(model, key, options) {
  const value = model.get(key);
  if (options.includes(value)) return { value };
  return { error: refusal(key, value, `one of ${options.join(", ")}`) };
}

// Calls `draw` now and whenever one of `keys` changes. Returns what undoes it.
export function follow(model, keys, draw) {
  const events = keys.map((key) => `change:${key}`);
  for (const event of events) model.on(event, draw);
  draw();
  return () => { for (const event of events) model.off(event, draw); };
}

// Tells the model, and Python where there is a kernel.
export function tell(model, key, value) {
  model.set(key, value);
  model.save_changes();
}

// ---- bytes ----

export function bytes(view) {
  return new Uint8Array(view.buffer ?? view, view.byteOffset, view.byteLength);
}

// The way back from `packed` in figure.py. Use `signed` for int8.
export async function unpack(view, signed = false) {
  const stream = new Blob([bytes(view)]).stream();
  const plain = stream.pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(plain).arrayBuffer();
  return signed ? new Int8Array(buffer) : new Uint8Array(buffer);
}

// A picture from the bytes of a PNG file, drawn with hard pixels.
export function picture(view, alt, type = "image/png") {
  const address = URL.createObjectURL(new Blob([bytes(view)], { type }));
  return h("img", {
    class: "ep-picture", src: address, alt,
    draggable: "false", // a drag is pointing, see `points`
    onload: () => URL.revokeObjectURL(address),
  });
}

// ---- label maps ----

export const VOID = 255;

// A canvas of `width` × `height` pixels that shows label maps. `paint(labels)`
// takes class ids, row by row; `name(text)` says what is seen.
export function labelMap(width, height, palette, alt = "") {
  const canvas = h("canvas", {
    class: "ep-picture", role: "img", "aria-label": alt, width, height,
  });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const paint = (labels) => {
    for (let i = 0; i < labels.length; i++) {
      const color = labels[i] === VOID ? [255, 255, 255] : palette[labels[i]];
      image.data.set(color, 4 * i);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  const name = (text) => canvas.setAttribute("aria-label", text);
  return { el: canvas, paint, name };
}

// Names beside their colours. Colour is never alone: names stand there.
export function legend(classes, palette) {
  return h("ul", { class: "ep-legend" }, classes.map((name, k) => h(
    "li", {},
    h("span", { class: "ep-swatch", style: `background: rgb(${palette[k]})` }),
    name,
  )));
}

// ---- scores ----

// The IoU of each class of a label map; void pixels do not count. A class that
// occurs nowhere gets NaN, 0 / 0.
export function ious(pred, target, classes) {
  const both = new Array(classes).fill(0);
  const either = new Array(classes).fill(0);
  for (let i = 0; i < target.length; i++) {
    if (target[i] === VOID) continue;
    either[target[i]]++;
    if (pred[i] === target[i]) both[pred[i]]++;
    else either[pred[i]]++;
  }
  return both.map((hits, k) => hits / either[k]);
}

// NaN is left out.
export function mean(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((a, b) => a + b, 0) / known.length;
}

export function meanIou(pred, target, classes) {
  return mean(ious(pred, target, classes));
}
