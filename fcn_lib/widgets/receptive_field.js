// A row of pixels under a few maps: which units, and in the end which pixels,
// does one unit read?
import {
  button, follow, frame, h, listed, named, s, slider, tell, whole,
} from "./lib.js";

// ---- maths: a layer is [kernel, stride, padding] ----

// How many places a window has in a row of n; 0 if it does not fit.
export function places(n, [kernel, stride, padding]) {
  const room = n + 2 * padding - kernel;
  return room < 0 ? 0 : Math.floor(room / stride) + 1;
}

// How many units the maps have, the row of pixels first, up to the last layer
// whose window fits.
export function sizes(pixels, layers) {
  const out = [pixels];
  for (const layer of layers) {
    const n = places(out.at(-1), layer);
    if (!n) break;
    out.push(n);
  }
  return out;
}

// [size, step, offset] of what a unit sees, of the pixels themselves first.
export function fields(layers) {
  const out = [[1, 1, 0]];
  for (const [kernel, stride, padding] of layers) {
    const [size, step, offset] = out.at(-1);
    out.push([
      size + (kernel - 1) * step,
      step * stride,
      offset + ((kernel - 1) / 2 - padding) * step,
    ]);
  }
  return out;
}

const range = (first, last) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

// What a unit reads in the map below, padding included.
export function reads(unit, [kernel, stride, padding]) {
  const first = unit * stride - padding;
  return range(first, first + kernel - 1);
}

// What a unit reads on each level from the pixels up to its own; padding is
// counted from below 0 and from n on. It is zero and reads nothing.
export function cone(pixels, layers, level, unit) {
  const n = sizes(pixels, layers);
  const out = [[unit]];
  for (let d = level; d > 0; d--) {
    const real = out[0].filter((i) => i >= 0 && i < n[d]);
    const read = new Set(real.flatMap((i) => reads(i, layers[d - 1])));
    out.unshift([...read].sort((a, b) => a - b));
  }
  return out;
}

// What no window of a layer reads in a row of n, padding included.
export function unread(n, layer) {
  const count = places(n, layer);
  if (!count) return [];
  const read = new Set(
    range(0, count - 1).flatMap((unit) => reads(unit, layer)),
  );
  return range(-layer[2], n + layer[2] - 1).filter((i) => !read.has(i));
}

// ---- words ----

const signed = (x) => String(x).replace("-", "−");
const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

// [0, 2, 3, 4] as "0 and 2 to 4"
export function runs(list) {
  const parts = [];
  for (const i of list) {
    if (parts.at(-1)?.[1] === i - 1) parts.at(-1)[1] = i;
    else parts.push([i, i]);
  }
  return listed(parts.flatMap(([a, b]) => b - a > 1 ? [`${a} to ${b}`]
    : range(a, b).map(String)));
}

const pixelsOf = (list) =>
  `${list.length === 1 ? "pixel" : "pixels"} ${runs(list)}`;
const unitsOf = (level, list) => level === 0 ? pixelsOf(list)
  : `${list.length === 1 ? "unit" : "units"} ${runs(list)} of map ${level}`;

const called = (level, unit) =>
  level ? `Unit ${unit} of map ${level}` : `Pixel ${unit}`;

// The unit that is meant, and all that is seen from it.
export function view(pixels, layers, level, unit) {
  const n = sizes(pixels, layers);
  const d = Math.min(level, n.length - 1);
  const j = Math.min(unit, n[d] - 1);
  const [size, step, offset] = fields(layers)[d];
  const middle = offset + j * step;
  const first = middle - (size - 1) / 2;
  const read = cone(pixels, layers, d, j);
  return {
    level: d, unit: j, size, step, offset, middle, first, read,
    last: first + size - 1,
    seen: read[0].filter((i) => i >= 0 && i < pixels),
    block: [j * step, j * step + step - 1],
  };
}

// Of each [pixels, layers]: the pixels that each unit of the last map sees.
export function everyUnit(cases) {
  return cases.map(([pixels, layers]) => {
    const n = sizes(pixels, layers);
    if (n.length <= layers.length) return [];
    return range(0, n.at(-1) - 1).map(
      (unit) => view(pixels, layers, layers.length, unit).seen,
    );
  });
}

function aboutSeen(shown, pixels) {
  const { first, last, size, seen } = shown;
  if (!seen.length) return "sees no pixel, only padding.";
  const outside = Math.max(0, Math.min(size, -first))
    + Math.max(0, Math.min(size, last - pixels + 1));
  const skipped = size - outside - seen.length;
  const clauses = [
    outside ? `${outside} outside the row` : "",
    skipped ? `${skipped} skipped` : "",
  ].filter(Boolean).join(" and ");
  return `sees ${pixelsOf(seen)}${
    clauses ? ` (its field spans ${size} positions, ${clauses})` : ""}.`;
}

function aboutBlock({ block: [from, to], seen, step }, pixels) {
  if (from >= pixels) {
    return `Its block, pixels ${from} to ${to}, lies outside the row.`;
  }
  const own = range(from, Math.min(to, pixels - 1));
  const cut = to >= pixels ? `, all that the row has of ${step}` : "";
  const rest = seen.filter((i) => i < from || i > to).length;
  const more = rest ? ` and sees ${many(rest, "pixel")} beyond ${
    own.length === 1 ? "it" : "them"}` : "";
  return `It is drawn on ${pixelsOf(own)}${cut}${more}.`;
}

function aboutUnread(pixels, layers) {
  const n = sizes(pixels, layers);
  return layers.slice(0, n.length - 1).map((layer, d) => {
    const left = unread(n[d], layer).filter((i) => i >= 0 && i < n[d]);
    if (!left.length) return "";
    const reason = layer[0] < layer[1]
      ? "its steps are longer than its kernel"
      : "no whole step fits any more";
    return ` Layer ${d + 1} does not read ${
      unitsOf(d, left)} (hatched): ${reason}.`;
  }).join("");
}

// Units of the maps between the pixels and the unit.
function aboutWay({ level, read }, pixels, layers) {
  const n = sizes(pixels, layers);
  const parts = range(1, level - 1).reverse().map((d) => {
    const { length } = read[d].filter((i) => i >= 0 && i < n[d]);
    return `${many(length, "unit")} of map ${d}`;
  });
  return parts.length ? ` On the way down: ${parts.join(", ")}.` : "";
}

export function sentence(pixels, layers, shown) {
  const name = called(shown.level, shown.unit);
  const lost = aboutUnread(pixels, layers);
  if (!shown.level) {
    return `${name} sees only itself: no layer lies below it.${lost}`;
  }
  const way = shown.seen.length ? aboutWay(shown, pixels, layers) : "";
  return `${name} ${aboutSeen(shown, pixels)}${way} ${
    aboutBlock(shown, pixels)}${lost}`;
}

function rule({ level, unit, size, step, offset, middle, first, last }) {
  const half = (size - 1) / 2;
  return `${called(level, unit)}: its middle lies at ${signed(offset)} + ${
    unit} · ${step} = ${signed(middle)}; it reaches from ${
    signed(middle)} − ${half} = ${signed(first)} to ${signed(middle)} + ${
    half} = ${signed(last)}.`;
}

const call = ([kernel, stride, padding]) =>
  `    nn.Conv1d(1, 1, ${kernel}, stride=${stride}, padding=${padding}),\n`;

// The net, and the pixels that the unit's gradient reaches.
function lines(pixels, layers, shown) {
  const net = `net = nn.Sequential(\n${layers.map(call).join("")})\n`;
  const n = sizes(pixels, layers);
  if (n.length <= layers.length) {
    return `${net}net(torch.zeros(1, 1, ${
      pixels}))  # RuntimeError: layer ${n.length}`;
  }
  const part = shown.level < layers.length ? `net[:${shown.level}]` : "net";
  return `${net}x = torch.zeros(1, 1, ${pixels}, requires_grad=True)\n`
    + `${part}(x)[0, 0, ${shown.unit}].backward()\n`
    + `x.grad[0, 0].nonzero().flatten()  # ${
      shown.seen.length ? pixelsOf(shown.seen) : "none"}`;
}

// What does not fit, and what would help.
function misfit(pixels, layers) {
  const n = sizes(pixels, layers);
  if (n.length > layers.length) return "";
  const [kernel, , padding] = layers[n.length - 1];
  const there = many(n.at(-1), n.length === 1 ? "pixel" : "unit");
  return `Layer ${n.length}: kernel ${kernel} does not fit in ${there}${
    padding ? ` with padding ${padding} on each side` : ""
  }. Make the kernel smaller or the padding larger${
    n.length > 1 ? ", or a stride below smaller" : ""}.`;
}

// ---- values ----

const LIMITS = [[1, 7], [1, 3], [0, 3]];
const MOST_LAYERS = 4;
const MOST_UNITS = 32 + 6 * MOST_LAYERS;

function stackOf(model) {
  const value = model.get("layers");
  if (!Array.isArray(value) || !value.length || value.length > MOST_LAYERS) {
    return { error: "layers must be a list of 1 to 4 layers." };
  }
  const fits = (layer) => Array.isArray(layer) && layer.length === 3
    && layer.every((x, i) => Number.isInteger(x) && x >= LIMITS[i][0]
      && x <= LIMITS[i][1]);
  const at = value.findIndex((layer) => !fits(layer));
  if (at < 0) return { value };
  const text = Array.isArray(value[at]) ? `[${value[at].join(", ")}]`
    : String(value[at]);
  return {
    error: `layers: layer ${at + 1} is ${text}; it must be [kernel from 1 to `
      + "7, stride from 1 to 3, padding from 0 to 3].",
  };
}

// ---- drawing ----

// Where all lies: units stand above the middle of what they see. `lo` and
// `span` are the ends in pixels.
function place(pixels, layers) {
  const n = sizes(pixels, layers);
  const field = fields(layers);
  const rows = n.map((count, d) => {
    const [, step, offset] = field[d];
    const pad = layers[d]?.[2] ?? 0;
    return { count, step, pad, at: (i) => offset + i * step };
  });
  const lo = Math.min(...rows.map(({ at, pad }) => at(-pad)), 0) - 0.8;
  const hi = Math.max(
    ...rows.map(({ at, pad, count }) => at(count - 1 + pad)), pixels - 1,
  ) + 0.8;
  return { rows, lo, span: hi - lo };
}

const percent = (share) => `${(100 * share).toFixed(3)}%`;

// One row: its units, and dashed ones for its padding.
function rowOf(level, { rows, lo, span }, skipped) {
  const { count, step, pad, at } = rows[level];
  const nodes = new Map();
  const lost = new Set(skipped);
  for (const i of range(-pad, count + pad - 1)) {
    const real = i >= 0 && i < count;
    const kind = `ep-rf-unit${real ? "" : " ep-rf-pad"}${
      lost.has(i) ? " ep-rf-lost" : ""}`;
    const text = real && level ? i : "";
    nodes.set(i, h(
      "div",
      {
        class: kind, "data-level": level, "data-unit": i,
        role: real && "gridcell", tabindex: real && -1,
        "aria-hidden": !real && "true",
        style: `left: ${percent((at(i) - step / 2 - lo) / span)}; width: ${
          percent(step / span)}`,
      },
      h("div", { class: "ep-rf-box" }, h("span", {}, text)),
    ));
  }
  const wedge = h("div", { class: "ep-rf-through", "aria-hidden": "true" });
  const el = h(
    "div",
    {
      class: "ep-rf-row", role: "row",
      "aria-label": level ? `Units of map ${level}` : "The row",
    },
    wedge, [...nodes.values()],
  );
  // the wedge goes on between the units of the row
  const fill = (read) => {
    const ends = read.length ? [at(read[0]), at(read.at(-1))] : [0, 0];
    wedge.style.left = percent((ends[0] - lo) / span);
    wedge.style.width = percent((ends[1] - ends[0]) / span);
  };
  return { el, nodes, fill };
}

// Between two rows: a wedge over all that is read, and a wire to each.
function bandOf({ lo, span }) {
  const parts = ["wedge", "wires", "zeros"].map(
    (kind) => s("path", {
      class: `ep-rf-${kind}`, "vector-effect": "non-scaling-stroke",
    }),
  );
  const el = s(
    "svg",
    {
      class: "ep-rf-band", viewBox: `${lo} 0 ${span} 1`,
      preserveAspectRatio: "none", "aria-hidden": "true",
    },
    parts,
  );
  const draw = (paths) => parts.forEach(
    (part, i) => part.setAttribute("d", paths[i]),
  );
  return { el, draw };
}

// The wedge and the wires of one layer, as paths.
function ways(above, below, upper, lower, layer) {
  const [top, bottom] = [above, below].map(({ at }) => at);
  const real = upper.filter((i) => i >= 0 && i < above.count);
  if (!real.length) return ["", "", ""];
  const wedge = `M${top(real[0])} 0L${bottom(lower[0])} 1H${
    bottom(lower.at(-1))}L${top(real.at(-1))} 0z`;
  const out = [wedge, "", ""];
  for (const i of real) {
    for (const k of reads(i, layer)) {
      out[k >= 0 && k < below.count ? 1 : 2] += `M${top(i)} 0L${bottom(k)} 1`;
    }
  }
  return out;
}

// A bar below the pixels: solid on those of the row, dashed outside.
function barOf(kind, { lo, span }) {
  const whole = h("div", { class: "ep-rf-reach" });
  const text = h("span", {});
  const solid = h("div", { class: `ep-rf-solid ep-rf-${kind}` }, text);
  const el = h(
    "div", { class: "ep-rf-bar", "aria-hidden": "true" }, whole, solid,
  );
  const lay = (node, first, last) => {
    node.hidden = last < first;
    node.style.left = percent((first - 0.5 - lo) / span);
    node.style.width = percent((last - first + 1) / span);
  };
  const draw = (reach, own) => {
    const inside = own.length ? [own[0], own.at(-1)] : [0, -1];
    const same = reach.every((x, i) => x === inside[i]);
    lay(whole, ...(same ? [0, -1] : reach));
    lay(solid, ...inside);
    text.textContent = runs(own);
  };
  return { el, draw };
}

// The stack: all rows, from the last map down to the pixels and the bars.
function stackPicture(pixels, layers) {
  const where = place(pixels, layers);
  const { rows, lo, span } = where;
  const lines = rows.map((row, d) => rowOf(
    d, where, d < layers.length ? unread(row.count, layers[d]) : [],
  ));
  const bands = layers.map(() => bandOf(where));
  const bars = ["sees", "block"].map((kind) => barOf(kind, where));
  const ticks = h(
    "div", { class: "ep-rf-ticks", "aria-hidden": "true" },
    range(0, Math.floor((pixels - 1) / 4)).map((i) => h(
      "span", { style: `left: ${percent((4 * i - lo) / span)}` }, 4 * i,
    )),
  );
  const none = () => h(
    "div", { class: "ep-rf-row ep-rf-none", "aria-hidden": "true" },
    "no window fits",
  );
  const stack = range(0, layers.length).reverse().flatMap((d) => [
    lines[d]?.el ?? none(), ...(d ? [bands[d - 1].el] : []),
  ]);
  const el = h(
    "div",
    {
      class: "ep-rf-sheet",
      style: `min-width: ${6 * span}px; max-width: ${28 * span}px`,
    },
    h("div", { role: "grid", "aria-label": "The units, map over map" }, stack),
    ticks, bars.map((bar) => bar.el),
  );

  let chosen = null;
  const mark = (shown) => {
    lines.forEach(({ nodes, fill }, d) => {
      fill(shown.read[d] ?? []);
      const read = new Set(shown.read[d] ?? []);
      for (const [i, node] of nodes) {
        const now = shown.level === d && shown.unit === i;
        const state = now ? "now" : read.has(i) ? "read" : "";
        if (node.dataset.state === state) continue;
        node.dataset.state = state;
        if (i < 0 || i >= rows[d].count) continue;
        const role = { now: ", chosen", read: ", read", "": "" }[state];
        node.setAttribute("aria-label", called(d, i) + role);
        node.setAttribute("aria-selected", String(now));
      }
    });
    bands.forEach((band, d) => band.draw(
      d < shown.level
        ? ways(
          rows[d + 1], rows[d], shown.read[d + 1], shown.read[d], layers[d],
        )
        : ["", "", ""],
    ));
    const own = range(shown.block[0], Math.min(shown.block[1], pixels - 1));
    bars[0].draw([shown.first, shown.last], shown.seen);
    bars[1].draw(shown.block, own);
  };
  // where the Tab key arrives
  const choose = ({ level, unit }) => {
    if (chosen) chosen.tabIndex = -1;
    chosen = lines[level].nodes.get(unit);
    chosen.tabIndex = 0;
  };
  // into sight, where a wide picture scrolls
  const reveal = (box) => {
    const middle = chosen.offsetLeft + chosen.offsetWidth / 2;
    const x = middle - box.scrollLeft;
    if (x < 0 || x > box.clientWidth) {
      box.scrollLeft = middle - box.clientWidth / 2;
    }
  };
  return { el, rows, lines, mark, choose, reveal };
}

// Size, step and offset, composed from the pixels up.
function ruleTable() {
  const head = (name, formula) =>
    h("th", { scope: "col" }, name, h("span", {}, formula));
  const body = h("tbody");
  const el = h(
    "table", { class: "ep-rf-rule" },
    h("thead", {}, h(
      "tr", {}, h("td"), head("Sees", "sees + (k − 1) · step"),
      head("Step", "step · s"),
      head("Middle of unit 0", "middle + ((k − 1)/2 − p) · step"),
    )),
    body,
  );
  // where lines may not break: in brackets, and behind "="
  const tied = (text) => text.replace(
    /\(.*\)|= /g, (part) => part.replaceAll(" ", "\u00a0"),
  );
  const row = (name, now, ...cells) => h(
    "tr", { "data-now": now && "true" }, h("th", { scope: "row" }, name),
    cells.map((text) => h("td", {}, tied(text))),
  );
  const draw = (layers, level) => {
    const all = fields(layers);
    body.replaceChildren(
      row("Pixels", level === 0, "1", "1", "0"),
      ...layers.map(([k, stride, p], d) => {
        const [size, step, offset] = all[d];
        const [sees, next, middle] = all[d + 1];
        return row(
          `Map ${d + 1}`, level === d + 1,
          `${size} + (${k} − 1) · ${step} = ${sees}`,
          `${step} · ${stride} = ${next}`,
          `${signed(offset)} + ((${k} − 1)/2 − ${p}) · ${step} = ${
            signed(middle)}`,
        );
      }),
    );
  };
  return { el, draw };
}

// The controls of one layer, beside it.
function layerControls(number, act) {
  const sliders = ["Kernel", "Stride", "Padding"].map((label, i) => slider({
    label, least: LIMITS[i][0], most: LIMITS[i][1], value: LIMITS[i][0],
    act: (value) => act(number, i, value),
  }));
  const el = named(
    "group", `Layer ${number}`, { class: "ep-rf-layer" },
    h("div", {}, sliders.map((one) => one.el)),
  );
  const set = (layer) => sliders.forEach((one, i) => one.set(layer[i]));
  return { el, set };
}

const KEY = [
  ["now", "the unit"], ["read", "read on the way down"],
  ["pad", "padding, a zero"], ["lost", "read by no window"],
];

function render({ model, el }) {
  const ui = frame(el, "What does one unit see?");
  ui.root.classList.add("ep-rf");
  const change = (number, i, value) => tell(
    model, "layers", model.get("layers").map((layer, d) => d === number - 1
      ? layer.map((old, k) => k === i ? value : old) : layer),
  );
  const stack = (layers) => {
    tell(model, "layers", layers);
    tell(model, "level", layers.length);
  };
  const pixels = slider({
    label: "Pixels", least: 8, most: 32, value: 24,
    act: (value) => tell(model, "pixels", value),
  });
  const level = slider({
    label: "Map", least: 0, most: MOST_LAYERS, value: 0,
    format: (d) => d ? String(d) : "pixels",
    act: (value) => tell(model, "level", value),
  });
  const unit = slider({
    label: "Unit", least: 0, most: MOST_UNITS - 1, value: 0,
    act: (value) => tell(model, "unit", value),
  });
  const more = button("Add a layer", () =>
    stack([...model.get("layers"), [3, 2, 1]]));
  const fewer = button("Remove the last layer", () =>
    stack(model.get("layers").slice(0, -1)));
  ui.controls.append(
    pixels.el, level.el, unit.el,
    h("div", { class: "ep-rf-buttons" }, more, fewer),
  );

  const box = h("div", { class: "ep-rf-view" });
  const names = range(0, MOST_LAYERS).map((d) => h("div", {
    class: "ep-rf-name",
  }));
  const controls = range(1, MOST_LAYERS).map((d) => layerControls(d, change));
  const barNames = ["sees", "drawn on"].map((text) => h(
    "div", { class: "ep-rf-name ep-rf-barname" }, text,
  ));
  const key = h("ul", { class: "ep-legend" }, KEY.map(([kind, text]) => h(
    "li", {}, h("span", { class: `ep-rf-key ep-rf-key-${kind}` }), text,
  )));
  ui.stage.classList.add("ep-rf-stage");
  ui.stage.append(
    ...[...names].reverse(), ...barNames,
    ...controls.map((one) => one.el).reverse(), box, key,
  );
  const table = ruleTable();
  ui.root.querySelector(".ep-formula").before(table.el);

  let picture = null;
  let drawn = "";
  let now = null; // pixels, layers, level and unit as they are meant
  let peek = null; // a unit under the mouse

  const build = (n, layers) => {
    const sign = JSON.stringify([n, layers]);
    if (sign === drawn) return;
    drawn = sign;
    peek = null;
    picture = stackPicture(n, layers);
    box.replaceChildren(picture.el);
    ui.stage.style.setProperty("--count", layers.length);
    names.forEach((node, d) => {
      node.hidden = d > layers.length;
      node.style.gridRow = 2 * (layers.length - d) + 1;
      const count = picture.rows[d]?.count ?? 0;
      node.replaceChildren(d ? `Map ${d}` : "Pixels", h("span", {}, count));
    });
    controls.forEach((one, d) => {
      one.el.hidden = d >= layers.length;
      one.el.style.setProperty("--at", 2 * (layers.length - d));
      if (d < layers.length) one.set(layers[d]);
    });
    barNames.forEach((node, i) => {
      node.style.gridRow = 2 * layers.length + 3 + i;
    });
    more.disabled = layers.length === MOST_LAYERS;
    fewer.disabled = layers.length === 1;
  };

  const show = () => {
    const { n, layers } = now;
    const shown = view(n, layers, peek?.level ?? now.level,
      peek?.unit ?? now.unit);
    picture.mark(shown);
    table.draw(layers.slice(0, picture.rows.length - 1), shown.level);
    ui.say(sentence(n, layers, shown));
    ui.formula(rule(shown));
    ui.code(lines(n, layers, shown));
  };

  const draw = () => {
    const wanted = [
      stackOf(model), whole(model, "pixels", 8, 32),
      whole(model, "level", 0, MOST_LAYERS),
      whole(model, "unit", 0, MOST_UNITS - 1),
    ];
    const wrong = wanted.find(({ error }) => error);
    ui.warn(wrong ? wrong.error : "");
    if (wrong) return;
    const [layers, n, ...at] = wanted.map(({ value }) => value);
    build(n, layers);
    const meant = view(n, layers, ...at);
    now = { n, layers, level: meant.level, unit: meant.unit };
    ui.warn(misfit(n, layers));
    pixels.set(n);
    level.resize(picture.rows.length - 1);
    level.set(meant.level);
    unit.resize(picture.rows[meant.level].count - 1);
    unit.set(meant.unit);
    picture.choose(meant);
    picture.reveal(box);
    show();
  };

  // ---- pointers and keys in the picture ----

  const under = (event) => {
    const node = event.target.closest?.("[role=gridcell]");
    return node && {
      node, level: Number(node.dataset.level), unit: Number(node.dataset.unit),
    };
  };
  const pick = (to) => {
    peek = null;
    tell(model, "level", to.level);
    tell(model, "unit", to.unit);
  };
  const look = (to) => {
    if (peek?.level === to?.level && peek?.unit === to?.unit) return;
    peek = to;
    show();
  };
  box.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") look(under(event));
  });
  box.addEventListener("pointerleave", () => look(null));
  box.addEventListener("click", (event) => {
    const to = under(event);
    if (!to) return;
    to.node.focus({ preventScroll: true });
    pick(to);
  });
  box.addEventListener("focusin", (event) => {
    const to = under(event);
    if (to) pick(to);
  });

  // the unit of another row whose middle is nearest
  const beside = (from, d) => {
    const { at, count, step } = picture.rows[d];
    const x = picture.rows[from.level].at(from.unit);
    const i = Math.round((x - at(0)) / step);
    return [d, Math.min(Math.max(i, 0), count - 1)];
  };
  const moves = {
    ArrowLeft: ({ level: d, unit: i }) => [d, Math.max(i - 1, 0)],
    ArrowRight: ({ level: d, unit: i }) =>
      [d, Math.min(i + 1, picture.rows[d].count - 1)],
    ArrowUp: (from) =>
      beside(from, Math.min(from.level + 1, picture.rows.length - 1)),
    ArrowDown: (from) => beside(from, Math.max(from.level - 1, 0)),
    Home: ({ level: d }) => [d, 0],
    End: ({ level: d }) => [d, picture.rows[d].count - 1],
  };
  box.addEventListener("keydown", (event) => {
    const from = under(event);
    const move = from && moves[event.key];
    if (!move) return;
    event.preventDefault();
    const [d, i] = move(from);
    picture.lines[d].nodes.get(i).focus();
  });

  return follow(model, ["layers", "pixels", "level", "unit"], draw);
}

export default { render };
