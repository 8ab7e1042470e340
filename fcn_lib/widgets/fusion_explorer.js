// The scores of a net, split by stride: each map can be switched off, and
// what is left is added up anew.
import {
  choice, follow, frame, h, labelMap, layers, legend, listed, meanIou, oneOf,
  outline, panel, picture, refusal, slider, tell, toggle, unpack, VOID, whole,
} from "./lib.js";

// ---- maths ----

// Stretches (…, n, inner) to (…, length, inner), evenly, with zeros beyond
// the rim: one direction of `upsample` in fcn_lib/transposed, cropped.
export function along(values, n, inner, factor, length) {
  const outer = values.length / (n * inner);
  const out = new Float32Array(outer * length * inner);
  for (let o = 0; o < outer; o++) {
    for (let p = 0; p < length; p++) {
      const place = (p + 0.5) / factor - 0.5; // in cells
      const near = Math.floor(place);
      const to = (o * length + p) * inner;
      for (let i = Math.max(near, 0); i <= near + 1 && i < n; i++) {
        const weight = 1 - Math.abs(place - i);
        const from = (o * n + i) * inner;
        for (let k = 0; k < inner; k++) {
          out[to + k] += weight * values[from + k];
        }
      }
    }
  }
  return out;
}

// Scores of cells (rows, columns, K) become scores of pixels (H, W, K).
export function stretch(cells, [rows, columns], factor, [height, width]) {
  const K = cells.length / (rows * columns);
  const wide = along(cells, columns, K, factor, width);
  return along(wide, rows, width * K, factor, height);
}

// The best and the second class of each pixel when some parts (H, W, K) are
// added, and the place of the part that decided: the one that holds most of
// the lead of the best over the second.
export function fuse(parts, K) {
  const pixels = parts[0].length / K;
  const [first, second, decided] = [0, 0, 0].map(() => new Uint8Array(pixels));
  const sum = new Float64Array(K);
  for (let p = 0; p < pixels; p++) {
    sum.fill(0);
    for (const part of parts) {
      for (let k = 0; k < K; k++) sum[k] += part[p * K + k];
    }
    let [best, next] = sum[1] > sum[0] ? [1, 0] : [0, 1];
    for (let k = 2; k < K; k++) {
      if (sum[k] > sum[best]) [best, next] = [k, best];
      else if (sum[k] > sum[next]) next = k;
    }
    first[p] = best;
    second[p] = next;
    let most = -Infinity;
    for (let i = 0; i < parts.length; i++) {
      const lead = parts[i][p * K + best] - parts[i][p * K + next];
      if (lead > most) [most, decided[p]] = [lead, i];
    }
  }
  return { first, second, decided };
}

// What share of the known pixels is right.
export function accuracy(pred, target) {
  let [right, known] = [0, 0];
  for (let i = 0; i < target.length; i++) {
    if (target[i] === VOID) continue;
    known++;
    if (pred[i] === target[i]) right++;
  }
  return right / known;
}

// Where an enlarged part of a picture begins: its middle is the middle of a
// pixel, as far as the rim lets it be.
export function start(place, length, zoom) {
  const seen = length / zoom;
  return Math.min(Math.max(place + 0.5 - seen / 2, 0), length - seen);
}

// ---- texts ----

const hundredths = (value) => value.toFixed(2).replace("-", "−");

// "−0.30 + 1.50 + 2.38 ≈ 3.59"; "=" where the rounded numbers add up, too
export function sum(leads) {
  const total = leads.reduce((a, b) => a + b, 0);
  const cents = (value) => Math.round(100 * value.toFixed(2));
  const even = leads.reduce((a, b) => a + cents(b), 0) === cents(total);
  const [first, ...rest] = leads;
  const more = rest.map((lead) => ` ${lead < 0 ? "−" : "+"} ${
    hundredths(Math.abs(lead))}`);
  return `${hundredths(first)}${more.join("")} ${even ? "=" : "≈"} ${
    hundredths(total)}`;
}

const COUNTS = ["No", "One", "Two", "Three"];

function added(on, all) {
  if (on.length === all.length) {
    return `Every class has scores in cells of ${listed(all)} pixels, and `
      + "the highest sum wins";
  }
  if (on.length === 1) return `Stride ${on[0]} alone`;
  const off = all.filter((stride) => !on.includes(stride));
  return `Strides ${listed(on)} without ${listed(off)}`;
}

// ---- PyTorch ----

// how many maps a net has, and how it computes the parts of its logits
const PARTS = {
  2: `_, pool4, pool5 = net.backbone(x)  # x: (1, 3, H, W)
parts = {32: upsample(net.upscore2(net.score(pool5)), 16),
         16: upsample(net.score_pool4(pool4), 16)}`,
  3: "parts = net.contributions(x)  # x: (1, 3, H, W)",
};
const THEN = {
  labels: () => "",
  errors: () => "\nwrong = (labels != target) & (target != 255)",
  decided: (these) => `
best, second = logits.topk(2, dim=1).indices.split(1, dim=1)
leads = [parts[s].gather(1, best) - parts[s].gather(1, second)
         for s in ${these}]
decided = torch.cat(leads, dim=1).argmax(dim=1)`,
};

function python(view, on, all, [height, width]) {
  if (view === "truth") return "target  # (H, W), 255 where nobody knows";
  if (!on.length) return "# nothing to add: switch a map on";
  const these = `(${on.join(", ")}${on.length === 1 ? "," : ""})`;
  const odd = all.length === 2 && (height % 32 || width % 32);
  const crop = odd ? `[..., :${height}, :${width}]` : "";
  return `${PARTS[all.length]}
logits = sum(parts[s] for s in ${these})${crop}
labels = logits.argmax(dim=1)${THEN[view](these)}`;
}

// ---- what the large map shows ----

const VIEWS = [
  ["labels", "labels"], ["errors", "errors"], ["truth", "true labels"],
  ["decided", "who decided"],
];
const INKS = {
  right: [236, 233, 226], wrong: [160, 30, 40], hatch: [190, 186, 176],
  32: [222, 214, 198], 16: [86, 160, 211], 8: [213, 94, 0],
};
const NAMES = Object.keys(INKS);

// Each gives { ids, caption, key }. An id is a class, or the number of
// classes plus the place of an ink; `key` has [ink, text] pairs.
const MAPS = {
  labels: ({ fused, score }) => (
    { ids: fused.first, caption: `= their sum: mean IoU ${score}`, key: [] }
  ),
  truth: (_, { target }) => (
    { ids: target, caption: "The true labels", key: [] }
  ),
  errors: ({ fused, right }, { target, ink }) => ({
    ids: fused.first.map((label, p) => target[p] === VOID ? VOID
      : ink(label === target[p] ? "right" : "wrong")),
    caption: `= wrong in their sum: ${percent(1 - right)}`,
    key: [["right", "right"], ["wrong", "wrong"]],
  }),
  decided: ({ fused, strides }, { ink }) => {
    const count = strides.map(() => 0);
    for (const place of fused.decided) count[place]++;
    const share = (n) => `${Math.round((100 * n) / fused.decided.length)} %`;
    return {
      ids: fused.decided.map((place) => ink(strides[place])),
      caption: "= who decided in their sum",
      key: strides.map((s, i) => [s, `stride ${s}: ${share(count[i])}`]),
    };
  },
  nothing: (_, { target, ink, size }) => ({
    ids: target.map((__, p) => ink(
      (p + Math.floor(p / size[1])) % 8 < 2 ? "hatch" : "right",
    )),
    caption: "= nothing to add up", key: [],
  }),
};

const percent = (share) => `${(100 * share).toFixed(1)} %`;

// ---- parts of the figure ----

// A picture seen through a window that can be enlarged, with a mark on one
// pixel. `peek(x, y)` is called under a mouse, `peek()` when it leaves, and
// `pick(x, y)` on a click or tap.
function lens(base, [height, width], peek, pick) {
  const layer = layers(base, width, height);
  const mark = outline();
  layer.over.append(...mark.els);
  layer.el.classList.add("ep-points");
  let clicked = null; // the picture moves under a mouse that rests: no peek
  const rests = ({ clientX, clientY }) => clicked && Math.hypot(
    clientX - clicked.clientX, clientY - clicked.clientY,
  ) < 2; // a click counts in whole pixels, a move in fractions
  const at = (event, act) => {
    const box = layer.el.getBoundingClientRect();
    const pixel = (share, side) => Math.min(
      Math.max(Math.floor(share * side), 0), side - 1,
    );
    act(
      pixel((event.clientX - box.left) / box.width, width),
      pixel((event.clientY - box.top) / box.height, height),
    );
  };
  layer.el.addEventListener("click", (event) => {
    clicked = event;
    at(event, pick);
  });
  layer.el.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !rests(event)) at(event, peek);
  });
  layer.el.addEventListener("pointerleave", () => peek());
  const style = `aspect-ratio: ${width} / ${height}`;
  const el = h("div", { class: "ep-fx-lens", style }, layer.el);
  const look = (x, y, zoom) => {
    // both margins are in shares of the window's width
    const share = (pixels) => `${(-100 * zoom * pixels) / width}%`;
    layer.el.style.width = `${100 * zoom}%`;
    layer.el.style.marginLeft = share(start(x, width, zoom));
    layer.el.style.marginTop = share(start(y, height, zoom));
  };
  const point = (x, y, zoom) => {
    const more = Math.round(3 / zoom); // or it would be too small to see
    mark.move(x - more, y - more, 2 * more + 1, 2 * more + 1);
  };
  return { el, look, point };
}

// One map: its switch, what it says alone, and its part in a lead.
function addend(stride, map, act) {
  const control = toggle({ label: `stride ${stride}`, value: true, act });
  const says = h("span", {});
  const bar = h("span", {});
  const number = h("b", {});
  const el = h(
    "div", { class: "ep-fx-part" }, control.el, map,
    h("div", { class: "ep-fx-says" }, h("span", {}, "alone: "), says),
    h("div", { class: "ep-fx-lead" },
      h("span", { class: "ep-fx-bar" }, bar), number),
  );
  const show = (on, alone, lead, most) => {
    control.set(on);
    el.toggleAttribute("data-off", !on);
    says.textContent = alone;
    number.textContent = on ? hundredths(lead) : "off";
    const share = on && most > 0 ? (50 * lead) / most : 0;
    bar.style.width = `${Math.abs(share)}%`;
    bar.style.left = `${50 + Math.min(share, 0)}%`;
    bar.toggleAttribute("data-against", share < 0);
  };
  return { el, show };
}

// ---- the figure ----

// What Python recorded, with the scores stretched to all pixels.
async function recorded(model) {
  const [size, classes, all, cells, step] = [
    "size", "classes", "recorded", "cells", "step",
  ].map((name) => model.get(name));
  const K = classes.length;
  const target = await unpack(model.get("labels"));
  // little-endian, as all machines are that browsers run on
  const numbers = new Int16Array((await unpack(model.get("maps"))).buffer);
  const length = numbers.length / all.length;
  const parts = all.map((_, i) => {
    const own = numbers.subarray(i * length, (i + 1) * length);
    const scores = Float32Array.from(own, (n) => n * step);
    return stretch(scores, cells, Math.min(...all), size);
  });
  const alone = parts.map((part) => fuse([part], K).first);
  const full = meanIou(fuse(parts, K).first, target, K).toFixed(3);
  const ink = (name) => K + NAMES.indexOf(String(name));
  return { size, classes, K, all, target, parts, alone, full, ink };
}

// The strides that are switched on, or a message.
function switchedOn(model, all) {
  const value = model.get("strides");
  const fits = Array.isArray(value) && new Set(value).size === value.length
    && value.every((stride) => all.includes(stride));
  if (fits) return { value: all.filter((stride) => value.includes(stride)) };
  const wish = `a list of some of ${all.join(", ")}, each once`;
  return { error: refusal("strides", value, wish) };
}

// The parts that are switched on, added up and scored.
function sumUp(strides, { all, parts, K, target, full }) {
  const chosen = parts.filter((_, i) => strides.includes(all[i]));
  if (!chosen.length) return { strides, fused: null };
  const fused = fuse(chosen, K);
  const right = accuracy(fused.first, target);
  const score = meanIou(fused.first, target, K).toFixed(3);
  const compared = chosen.length < all.length
    ? `, instead of ${full} with all` : "";
  const text = `${added(strides, all)}: ${percent(right)} of the pixels `
    + `right, mean IoU ${score}${compared}.`;
  return { strides, fused, right, score, text };
}

// One pixel in words, and in numbers: the lead of its class over the second,
// split into what each part adds.
function reading(x, y, { strides, fused, text }, data) {
  const { classes, K, all, parts, target, size } = data;
  const scores = `scores = ${all.map(
    (s) => strides.includes(s) ? `from ${s}` : "0",
  ).join(" + ")}`;
  if (!fused) {
    const say = "No map is switched on: all scores are 0, and no class wins. "
      + "Switch one on.";
    return { leads: all.map(() => 0), what: "", say, formula: scores };
  }
  const p = y * size[1] + x;
  const [best, second] = [fused.first[p], fused.second[p]];
  const leads = parts.map((o) => o[p * K + best] - o[p * K + second]);
  const live = leads.filter((_, i) => strides.includes(all[i]));
  const truth = target[p] === VOID ? "nobody knows"
    : target[p] === best ? "right" : `wrong, it is ${classes[target[p]]}`;
  const lead = hundredths(live.reduce((a, b) => a + b, 0));
  const most = live.length === 1 ? "" : ", and the largest part of that lead "
    + `comes from stride ${strides[fused.decided[p]]}`;
  return {
    leads,
    what: `What each adds to ${classes[best]} − ${classes[second]} at row ${
      y}, column ${x}`,
    say: `${text} Row ${y}, column ${x} is called ${classes[best]} (${
      truth}): ${lead} ahead of ${classes[second]}${most}.`,
    formula: `${scores}; ${classes[best]} − ${classes[second]} = ${
      sum(live)}`,
  };
}

function controls(model, [height, width]) {
  const shown = choice({
    label: "Show", options: VIEWS, value: "labels",
    act: (value) => tell(model, "view", value),
  });
  const number = (label, key, least, most, format) => slider({
    label, least, most, value: least, format,
    act: (value) => tell(model, key, value),
  });
  return {
    view: shown,
    zoom: number("Zoom", "zoom", 1, 8, (value) => `${value}×`),
    row: number("Row", "row", 0, height - 1),
    column: number("Column", "column", 0, width - 1),
  };
}

async function render({ model, el }) {
  const data = await recorded(model);
  const { size, classes, K, all, target, alone, ink } = data;
  const [height, width] = size;
  const palette = model.get("palette");
  const view = frame(
    el, `What does each stride add? ${COUNTS[all.length]} maps, one sum`,
  );
  const inputs = controls(model, size);
  view.controls.append(...Object.values(inputs).map((one) => one.el));

  let now = null; // the values last drawn
  let sums = null; // and what came of them
  const peek = (...place) => now && pixel(...place);
  const pick = (x, y) => { tell(model, "row", y); tell(model, "column", x); };
  const look = (base) => lens(base, size, peek, pick);
  const small = all.map((stride, i) => {
    const score = meanIou(alone[i], target, K).toFixed(3);
    const map = labelMap(
      width, height, palette, `Stride ${stride} alone: mean IoU ${score}`,
    );
    map.paint(alone[i]);
    return look(map.el);
  });
  const addends = all.map((stride, i) => addend(stride, small[i].el, (on) => {
    const { value = all } = switchedOn(model, all);
    tell(model, "strides", all.filter(
      (other) => other === stride ? on : value.includes(other),
    ));
  }));
  const result = labelMap(width, height, [...palette, ...Object.values(INKS)]);
  const image = picture(model.get("picture"), "The picture");
  const large = [result.el, image].map(look);
  const lenses = [...small, ...large];
  const panels = [panel("", large[0].el), panel("The picture", large[1].el)];
  const key = h("div", { class: "ep-fx-key" });
  const bars = h("div", { class: "ep-fx-what" }); // what the bars mean
  view.stage.append(
    h("div", { class: "ep-fx-parts" }, addends.map((one) => one.el)), bars,
    ...panels.map((one) => one.el), legend(classes, palette), key,
  );

  // the numbers of one pixel
  const pixel = (x = now.column, y = now.row) => {
    for (const one of lenses) one.point(x, y, now.zoom);
    const { leads, what, say, formula } = reading(x, y, sums, data);
    const on = all.map((stride) => now.strides.includes(stride));
    const most = Math.max(0, ...leads.map((o, i) => on[i] ? Math.abs(o) : 0));
    addends.forEach((one, i) => one.show(
      on[i], classes[alone[i][y * width + x]], leads[i], most,
    ));
    bars.textContent = what;
    view.say(say);
    view.formula(formula);
  };

  const paint = () => {
    const known = sums.fused || now.view === "truth";
    const shown = MAPS[known ? now.view : "nothing"](sums, data);
    result.paint(shown.ids);
    result.name(shown.caption);
    panels[0].say(shown.caption);
    key.replaceChildren(...(shown.key.length ? [legend(
      shown.key.map(([, text]) => text), shown.key.map(([name]) => INKS[name]),
    )] : []));
    view.code(python(now.view, now.strides, all, size));
  };

  const draw = () => {
    const wanted = {
      strides: switchedOn(model, all),
      view: oneOf(model, "view", VIEWS.map(([name]) => name)),
      zoom: whole(model, "zoom", 1, 8),
      row: whole(model, "row", 0, height - 1),
      column: whole(model, "column", 0, width - 1),
    };
    const wrong = Object.values(wanted).find(({ error }) => error);
    view.warn(wrong ? wrong.error : "");
    if (wrong) return;
    const before = now;
    now = Object.fromEntries(
      Object.entries(wanted).map(([name, { value }]) => [name, value]),
    );
    for (const [name, one] of Object.entries(inputs)) one.set(now[name]);
    const added = String(before?.strides) !== String(now.strides) || !before;
    if (added) sums = sumUp(now.strides, data);
    if (added || before.view !== now.view) paint();
    for (const one of lenses) one.look(now.column, now.row, now.zoom);
    pixel();
  };
  await image.decode();
  return follow(model, ["strides", "view", "zoom", "row", "column"], draw);
}

export default { render };
