// Brushes of ones, painted side by side: how often is each output painted?
// In a row first; a map is the product of two rows.
import {
  follow, frame, h, listed, panel, points, s, slider, tell, whole,
} from "./lib.js";

// How many inputs are shown: enough for outputs away from both ends, and few
// enough for the numbers to be read.
export function inputs(stride) {
  return Math.max(4, Math.floor(12 / stride) + 2);
}

// How often each output of a row is painted.
export function counts(n, stride, kernel) {
  const out = new Array((n - 1) * stride + kernel).fill(0);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < kernel; a++) out[i * stride + a]++;
  }
  return out;
}

// Where an endless row of inputs would paint no more: [first, one after last].
export function inner(n, stride, kernel) {
  const size = (n - 1) * stride + kernel;
  return [Math.max(0, kernel - stride), Math.min(n * stride, size)];
}

// The counts that repeat away from the rim, from a multiple of the stride on.
export function cycle(stride, kernel) {
  return Array.from(
    { length: stride }, (_, r) => Math.ceil(Math.max(0, kernel - r) / stride),
  );
}

// The counts of a map, row by row: those of its row times those of its column.
export function product(row) {
  return row.flatMap((a) => row.map((b) => a * b));
}

const unlike = (values) => [...new Set(values)].sort((a, b) => a - b);
const times = (n) => ["never", "once", "twice"][n] ?? `${n} times`;

// "2, 1, 2, 1, …": what repeats is seen to repeat
const again = (turn) =>
  `${(turn.length < 3 ? [...turn, ...turn] : turn).join(", ")}, …`;

export function sentence(stride, kernel, marked) {
  const turn = cycle(stride, kernel);
  const known = unlike(turn);
  const first = marked * stride;
  const reach = kernel === 1 ? `output ${first}`
    : `outputs ${first} to ${first + kernel - 1}`;
  const [n] = known;
  const all = listed(unlike(product(known)), "or");
  const verdict = known.length === 1
    ? `Even: away from the rim every output is painted ${times(n)}, for ${
      kernel} = ${n} × ${stride}. In a map that makes ${n} × ${n} = ${n * n}.`
    : `Uneven: away from the rim the outputs are painted ${
      again(turn)} times, for ${kernel} is no multiple of ${
      stride}. In a map the counts multiply: ${all}.`;
  const holes = known[0] ? "" : " Where it says 0 nobody paints.";
  return `${verdict}${holes} Input ${marked} (thick frame) paints ${reach}.`;
}

// ---- drawing ----

const WIDTH = 420; // of the row's picture, in its own units
const HEIGHT = 312;
const ROOM = 80; // for all brushes, and for the highest pile
const TOP = { inputs: 22, brushes: 68, floor: 258 };
const SIDE = 26; // height of an output
const INK = "#1b1f2a";

// From white to blue, dark letters stay readable on both.
const tone = (share) => `rgb(${[86, 180, 233].map(
  (blue) => Math.round(255 + (blue - 255) * share),
)})`;

const box = (x, y, width, height) =>
  `M${x.toFixed(2)} ${y.toFixed(2)}h${width.toFixed(2)}v${
    height.toFixed(2)}h${(-width).toFixed(2)}z`;

// The row: inputs, the brush of each, and what piles up. Everything alike is
// one path, so that a move of a slider changes few elements.
function rowPicture() {
  const path = (kind) => s("path", { class: kind });
  const text = (x, y, words) => s("text", { x, y }, words);
  const parts = {
    cells: s("g", { class: "ep-cb-cells" }),
    plain: path("ep-cb-plain"),
    marked: path("ep-cb-marked"),
    wires: path("ep-cb-wires"),
    bracket: path("ep-cb-bracket"),
  };
  const rim = text(0, HEIGHT - 3, "away from the rim");
  rim.setAttribute("text-anchor", "middle");
  const el = s(
    "svg",
    {
      class: "ep-cb-row", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    },
    ...Object.values(parts), rim,
    text(0, 13, "inputs"), text(0, 59, "the brush of each"),
    text(0, 167, "how often each output is painted"),
  );

  const draw = (n, stride, kernel, marked) => {
    const row = counts(n, stride, kernel);
    const most = Math.max(...row);
    const unit = WIDTH / row.length;
    const lanes = Math.ceil(kernel / stride);
    const lane = Math.min(28, ROOM / lanes);
    const block = Math.min(28, ROOM / most);
    const side = Math.min(20, unit * 0.86);
    const piles = new Array(row.length).fill(0);
    const shapes = { plain: "", marked: "", wires: "" };
    for (let i = 0; i < n; i++) {
      const kind = i === marked ? "marked" : "plain";
      const middle = (i * stride + kernel / 2) * unit;
      const top = TOP.brushes + (i % lanes) * lane;
      shapes[kind] += box(middle - side / 2, TOP.inputs, side, 20)
        + box(i * stride * unit + 1, top + 1, kernel * unit - 2, lane - 2);
      for (let r = i * stride; r < i * stride + kernel; r++) {
        const y = TOP.floor - ++piles[r] * block;
        shapes[kind] += box(r * unit + 1, y, unit - 2, block - 1);
      }
      if (i === marked) {
        const foot = TOP.floor + SIDE;
        shapes.wires = `M${middle} ${TOP.inputs + 20}V${top}`
          + [i * stride, i * stride + kernel].map(
            (r) => `M${r * unit} ${top + lane}V${foot}`,
          ).join("");
      }
    }
    for (const [kind, d] of Object.entries(shapes)) {
      parts[kind].setAttribute("d", d);
    }
    const [first, last] = inner(n, stride, kernel).map((r) => r * unit);
    parts.bracket.setAttribute(
      "d", `M${first + 1} ${HEIGHT - 24}v5H${last - 1}v-5`,
    );
    rim.setAttribute("x", Math.min(Math.max((first + last) / 2, 55), 365));
    parts.cells.replaceChildren(...row.flatMap((count, r) => [
      s("rect", {
        x: r * unit, y: TOP.floor, width: unit, height: SIDE,
        fill: tone(count / most),
      }),
      s("text", {
        x: (r + 0.5) * unit, y: TOP.floor + SIDE / 2,
        "font-size": Math.min(15, unit * (count > 9 ? 0.62 : 0.8)),
      }, count),
    ]));
  };
  return { el, draw };
}

// The map: a canvas with a tone for each count, and numbers where they fit.
function mapPicture() {
  const el = h("canvas", { class: "ep-cb-map", role: "img" });
  const context = el.getContext("2d");
  const draw = (n, stride, kernel) => {
    const row = counts(n, stride, kernel);
    const map = product(row);
    const most = Math.max(...map);
    const size = row.length;
    const cell = Math.floor(576 / size);
    el.width = el.height = cell * size;
    context.font = `${Math.round(cell * 0.6)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    map.forEach((count, i) => {
      const [x, y] = [i % size, Math.floor(i / size)].map((p) => p * cell);
      context.fillStyle = tone(count / most);
      context.fillRect(x, y, cell, cell);
      if (size > 20 || count > 99) return;
      context.fillStyle = INK;
      context.fillText(count, x + cell / 2, y + cell / 2 + 1);
    });
    const [first, last] = inner(n, stride, kernel).map((r) => r * cell);
    context.strokeStyle = INK;
    context.lineWidth = 3;
    context.setLineDash([9, 7]);
    context.strokeRect(
      first + 1.5, first + 1.5, last - first - 3, last - first - 3,
    );
  };
  return { el, draw };
}

const MOST = inputs(1) - 1;

function render({ model, el }) {
  const view = frame(el, "How often is each pixel painted?");
  const control = (key, label, least, most) => slider({
    label, least, most, value: least,
    act: (value) => tell(model, key, value),
  });
  const stride = control("stride", "Stride", 1, 6);
  const kernel = control("kernel", "Kernel", 1, 12);
  const marked = control("marked", "Input", 0, MOST);
  view.controls.append(stride.el, kernel.el, marked.el);

  const row = rowPicture();
  const map = mapPicture();
  const panels = [panel("", row.el), panel("", map.el)];
  view.stage.classList.add("ep-cb-stage");
  view.stage.append(...panels.map((one) => one.el));

  // the input whose middle is nearest
  points(row.el, WIDTH, HEIGHT, (x) => {
    const [step, k] = [model.get("stride"), model.get("kernel")];
    const n = inputs(step);
    const r = ((x + 0.5) / WIDTH) * ((n - 1) * step + k);
    const i = Math.round((r - k / 2) / step);
    tell(model, "marked", Math.min(Math.max(i, 0), n - 1));
  });

  const draw = () => {
    const wanted = [
      whole(model, "stride", 1, 6), whole(model, "kernel", 1, 12),
      whole(model, "marked", 0, MOST),
    ];
    const wrong = wanted.find(({ error }) => error);
    view.warn(wrong ? wrong.error : "");
    if (wrong) return;
    const [step, k, i] = wanted.map(({ value }) => value);
    const n = inputs(step);
    const which = Math.min(i, n - 1);
    stride.set(step);
    kernel.set(k);
    marked.resize(n - 1);
    marked.set(which);

    row.draw(n, step, k, which);
    map.draw(n, step, k);
    const size = (n - 1) * step + k;
    const each = counts(n, step, k).join(", ");
    panels[0].say(`In a row: ${n} inputs, ${size} outputs`);
    panels[1].say(`In a map: ${size} × ${size} outputs`);
    row.el.setAttribute("aria-label", `The outputs are painted ${each} times`);
    map.el.setAttribute("aria-label", `A map of ${size} by ${
      size}; each count is that of its row times that of its column: ${each}`);
    view.say(sentence(step, k, which));
    view.formula(
      `(${n} − 1) · ${step} + ${k} = ${size} outputs; away from the rim, `
      + `output r counts ⌈(${k} − r mod ${step}) / ${step}⌉`,
    );
    view.code(
      `F.conv_transpose2d(torch.ones(1, 1, ${n}, ${n}), torch.ones(1, 1, ${
        k}, ${k}), stride=${step})`,
    );
  };
  return follow(model, ["stride", "kernel", "marked"], draw);
}

export default { render };
