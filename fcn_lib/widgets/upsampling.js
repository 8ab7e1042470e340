// A small map, enlarged in four ways: repeated, with bilinear tents, and with
// two kinds of random weights.
import {
  choice, follow, frame, h, layers, legend, oneOf, outline, panel, s, slider,
  tell, toggle, unpack,
} from "./lib.js";

// ---- the four ways; `map` has { values, rows, columns } ----

// Each cell repeated: F.interpolate(mode="nearest").
export function nearest({ values, rows, columns }, factor) {
  const width = columns * factor;
  const out = new Float32Array(rows * factor * width);
  for (let y = 0; y < rows * factor; y++) {
    const start = Math.floor(y / factor) * columns;
    for (let x = 0; x < width; x++) {
      out[y * width + x] = values[start + Math.floor(x / factor)];
    }
  }
  return out;
}

// The transposed convolution with kernel 2s, stride s, padding s / 2.
export function paint({ values, rows, columns }, factor, kernel) {
  const [height, width] = [rows * factor, columns * factor];
  const out = new Float32Array(height * width);
  const size = 2 * factor;
  for (let i = 0; i < values.length; i++) {
    if (!values[i]) continue; // it paints zeros
    const top = Math.floor(i / columns) * factor - factor / 2;
    const left = (i % columns) * factor - factor / 2;
    for (let a = Math.max(0, -top); a < Math.min(size, height - top); a++) {
      const start = (top + a) * width + left;
      const last = Math.min(size, width - left);
      for (let b = Math.max(0, -left); b < last; b++) {
        out[start + b] += values[i] * kernel[a * size + b];
      }
    }
  }
  return out;
}

// A tent, as high as the cell in its middle: bilinear_kernel(2 * factor).
export function tent(factor) {
  const size = 2 * factor;
  const side = Array.from(
    { length: size }, (_, i) => 1 - Math.abs(i - factor + 0.5) / factor,
  );
  return Float32Array.from(side.flatMap((a) => side.map((b) => a * b)));
}

// One channel for each pixel of a cell, put into its place: a 1 × 1
// convolution and F.pixel_shuffle.
export function shuffle({ values, rows, columns }, factor, weights) {
  const width = columns * factor;
  const out = new Float32Array(rows * factor * width);
  for (let y = 0; y < rows * factor; y++) {
    const start = Math.floor(y / factor) * columns;
    const channel = (y % factor) * factor;
    for (let x = 0; x < width; x++) {
      out[y * width + x] = values[start + Math.floor(x / factor)]
        * weights[channel + (x % factor)];
    }
  }
  return out;
}

// `numbers` are drawn evenly from 0 to 1, at least (2 * factor) ** 2 of them.
export function enlarge(map, factor, method, numbers) {
  if (method === "nearest") return nearest(map, factor);
  if (method === "bilinear") return paint(map, factor, tent(factor));
  const first = (n) => Float32Array.from(numbers.slice(0, n));
  if (method === "random") {
    return paint(map, factor, first(4 * factor ** 2).map((u) => u / 2));
  }
  return shuffle(map, factor, first(factor ** 2).map((u) => u + 0.5));
}

// ---- what there is to see ----

// F.interpolate(mode="bilinear", align_corners=False): beyond the rim the
// outermost cells go on.
export function stretch({ values, rows, columns }, factor) {
  const places = (n) => Array.from({ length: n * factor }, (_, y) => {
    const place = Math.max(0, (y + 0.5) / factor - 0.5);
    const low = Math.floor(place);
    return { low, high: Math.min(low + 1, n - 1), share: place - low };
  });
  const across = places(columns);
  const width = across.length;
  const out = new Float32Array(rows * factor * width);
  const between = (one, other, share) => one + (other - one) * share;
  places(rows).forEach(({ low, high, share }, y) => {
    // a row between two rows of cells, then the pixels between its cells
    const row = Float64Array.from({ length: columns }, (_, x) => between(
      values[low * columns + x], values[high * columns + x], share,
    ));
    for (let x = 0; x < width; x++) {
      const at = across[x];
      out[y * width + x] = between(row[at.low], row[at.high], at.share);
    }
  });
  return out;
}

// How much two maps differ, pixel by pixel.
export function apart(one, other) {
  return one.map((value, i) => Math.abs(value - other[i]));
}

// Least and most of what a flat map of ones becomes, away from the rim.
export function flatness(factor, method, numbers) {
  const ones = { values: new Array(9).fill(1), rows: 3, columns: 3 };
  const out = enlarge(ones, factor, method, numbers);
  let [least, most] = [Infinity, -Infinity];
  for (let y = factor; y < 2 * factor; y++) {
    for (let x = factor; x < 2 * factor; x++) {
      const value = out[y * 3 * factor + x];
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return [least, most];
}

// ---- words ----

const FACTORS = [2, 4, 8, 16, 32];
const METHODS = ["nearest", "bilinear", "random", "sub-pixel"];
const NAMES = {
  nearest: "Nearest",
  bilinear: "Bilinear",
  random: "Random",
  "sub-pixel": "Sub-pixel",
};

const DEEDS = {
  nearest: (f) => `repeats each cell over ${f} × ${f} pixels`,
  bilinear: (f) => `lets each cell paint a tent of ${2 * f} × ${
    2 * f} pixels, which fades into the next`,
  random: (f) => `lets each cell paint the same ${2 * f} × ${
    2 * f} random weights, which overlap`,
  "sub-pixel": (f) => `gives each of the ${f} × ${
    f} pixels of a cell a channel, and so a random weight, of its own`,
};

export function code(factor, method, rows, columns, rim) {
  const size = 2 * factor;
  const options = `stride=${factor}, padding=${factor / 2}`;
  const sizes = `# x: (1, 1, ${rows}, ${columns}) -> (1, 1, ${
    rows * factor}, ${columns * factor})`;
  const lines = {
    nearest: [`F.interpolate(x, scale_factor=${factor}, mode="nearest")`],
    bilinear: [
      `tent = 1 - (torch.arange(${size}) - ${factor - 0.5}).abs() / ${
        factor}`,
      `F.conv_transpose2d(x, torch.outer(tent, tent)[None, None], ${
        options})`,
    ],
    random: [
      "torch.manual_seed(0)",
      `F.conv_transpose2d(x, torch.rand(1, 1, ${size}, ${
        size}) / 2, ${options})`,
    ],
    "sub-pixel": [
      "torch.manual_seed(0)",
      `F.pixel_shuffle(F.conv2d(x, torch.rand(${
        factor ** 2}, 1, 1, 1) + 0.5), ${factor})`,
    ],
  };
  if (rim) {
    lines.bilinear.push(`F.interpolate(x, scale_factor=${
      factor}, mode="bilinear", align_corners=False)`);
  }
  return [sizes, ...lines[method]].join("\n");
}

function formula(factor, method, rows, columns) {
  const paints = method === "bilinear" || method === "random";
  const size = (n) => paints
    ? `(${n} − 1) · ${factor} + ${2 * factor} − 2 · ${factor / 2} = ${
      n * factor}`
    : `${n} · ${factor} = ${n * factor}`;
  return `${size(rows)} rows, ${size(columns)} columns`;
}

// ---- drawing ----

const EQUAL = 1e-5; // differences up to here are rounding

// Colours at values 0, 1 and 1.5; what lies above looks like 1.5.
const MOST = 1.5;
const SCALE = [
  [0, [255, 255, 255]], [1, [78, 152, 206]], [MOST, [10, 24, 66]],
];
const BAND = [213, 94, 0];

const mix = (from, to, share) =>
  from.map((part, i) => Math.round(part + (to[i] - part) * share));

function tone(value) {
  const upper = value < 1 ? 1 : 2;
  const [[low, from], [high, to]] = SCALE.slice(upper - 1, upper + 1);
  return mix(from, to, (Math.min(value, MOST) - low) / (high - low));
}

// 256 colours, each as the four bytes of a pixel
const table = (color) => new Uint32Array(new Uint8Array(
  Array.from({ length: 256 }, (_, i) => [...color(i / 255), 255]).flat(),
).buffer);
const TONES = table((share) => tone(share * MOST));
// of differences from 0 to 1: never so pale that they go unseen
const TINTS = table((share) => mix([255, 226, 200], BAND, share));

// A canvas for values, with room above it.
function tonedMap() {
  const el = h("canvas", { class: "ep-picture", role: "img" });
  const paintOn = (values, width, differences) => {
    el.width = width;
    el.height = values.length / width;
    const context = el.getContext("2d");
    const image = context.createImageData(el.width, el.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) {
      pixels[i] = TONES[Math.min(255, Math.round((255 / MOST) * values[i]))];
    }
    for (let i = 0; differences && i < pixels.length; i++) {
      if (differences[i] <= EQUAL) continue;
      pixels[i] = TINTS[Math.round(255 * differences[i])];
    }
    context.putImageData(image, 0, 0);
  };
  const name = (text) => el.setAttribute("aria-label", text);
  return { el, paint: paintOn, name };
}

// The cells with their numbers; they stay as they are.
function numbered({ values, rows, columns }) {
  const words = values.map(
    (v) => v % 1 ? v.toFixed(2).replace(/^0/, "") : String(v),
  );
  return s(
    "svg",
    {
      class: "ep-up-cells", viewBox: `0 0 ${40 * columns} ${40 * rows}`,
      role: "img",
      "aria-label": `The map, row by row: ${words.join(" ")}`,
    },
    values.flatMap((value, i) => {
      const [x, y] = [40 * (i % columns), 40 * Math.floor(i / columns)];
      return [
        s("rect", {
          x, y, width: 40, height: 40, fill: `rgb(${tone(value)})`,
        }),
        s("text", { x: x + 20, y: y + 20 }, words[i]),
      ];
    }),
  );
}

async function render({ model, el }) {
  const cells = model.get("cells");
  const [rows, columns] = [cells.length, cells[0].length];
  const map = { values: cells.flat(), rows, columns };
  const single = { ...map, values: map.values.map(() => 0) };
  const middle = [rows, columns].map((n) => Math.floor((n - 1) / 2));
  single.values[middle[0] * columns + middle[1]] = 1;
  const numbers = new Float32Array(
    (await unpack(model.get("numbers"))).buffer,
  );

  const view = frame(el, "Four ways to enlarge a map");
  const factor = slider({
    label: "Factor", values: FACTORS, value: 8, format: (f) => `×${f}`,
    act: (value) => tell(model, "factor", value),
  });
  const method = choice({
    label: "Explain", value: "bilinear",
    options: METHODS.map((m) => [m, NAMES[m].toLowerCase()]),
    act: (value) => tell(model, "method", value),
  });
  const rim = toggle({
    label: "Where F.interpolate differs from bilinear", value: false,
    act: (value) => tell(model, "rim", value),
  });
  view.controls.append(factor.el, method.el, rim.el);

  const alone = tonedMap();
  const aloneLayer = layers(alone.el, columns, rows);
  const cell = outline();
  cell.move(middle[1], middle[0], 1, 1);
  aloneLayer.over.append(...cell.els);
  const aloneCaption = panel("", aloneLayer.el);
  const maps = Object.fromEntries(METHODS.map((m) => [m, tonedMap()]));
  const bilinear = layers(maps.bilinear.el, columns, rows);
  const inside = outline();
  bilinear.over.append(...inside.els);
  const results = Object.fromEntries(METHODS.map((m) => [
    m, panel(NAMES[m], m === "bilinear" ? bilinear.el : maps[m].el),
  ]));
  view.stage.classList.add("ep-up-stage");
  view.stage.append(
    panel(`The map: ${rows} × ${columns}`, numbered(map)).el,
    aloneCaption.el,
    results.nearest.el, results.random.el,
    results.bilinear.el, results["sub-pixel"].el,
    legend(["0", "0.5", "1", "1.5 and more"], [0, 0.5, 1, MOST].map(tone)),
  );

  const band = (f, painted) => {
    const differences = apart(painted, stretch(map, f));
    const most = differences.reduce((a, b) => Math.max(a, b));
    const width = f / 2;
    const lines = width === 1 ? "row and column at each side"
      : `${width} rows and columns at each side`;
    return {
      differences,
      words: " Orange: beyond the rim the tents find zeros, while "
        + "F.interpolate repeats the last cell. The two differ in the "
        + `outermost ${lines} only, by up to ${most.toFixed(2)}.`,
    };
  };

  const draw = () => {
    const on = model.get("rim");
    const wanted = [
      oneOf(model, "factor", FACTORS), oneOf(model, "method", METHODS),
      oneOf(model, "rim", [true, false]),
    ];
    const wrong = wanted.find(({ error }) => error);
    view.warn(wrong ? wrong.error : "");
    if (wrong) return;
    const [f, how] = wanted.map(({ value }) => value);
    factor.set(f);
    method.set(how);
    rim.set(on);

    const width = columns * f;
    const out = Object.fromEntries(
      METHODS.map((m) => [m, enlarge(map, f, m, numbers)]),
    );
    const border = on ? band(f, out.bilinear) : {};
    for (const m of METHODS) {
      maps[m].paint(out[m], width, m === "bilinear" && border.differences);
      maps[m].name(`${NAMES[m]}, ${rows * f} by ${width} pixels`);
      results[m].el.classList.toggle("ep-up-chosen", m === how);
    }
    const [least, most] = flatness(f, how, numbers).map((v) => v.toFixed(2));
    for (const rect of inside.els) rect.toggleAttribute("hidden", !on);
    inside.move(0.5, 0.5, columns - 1, rows - 1);
    alone.paint(enlarge(single, f, how, numbers), width);
    alone.name(`What a single 1 becomes: ${NAMES[how]} ${DEEDS[how](f)}`);
    aloneCaption.say(`A single 1, ${NAMES[how].toLowerCase()}`);
    view.say(
      `${NAMES[how]}, ×${f}, ${DEEDS[how](f)}. A flat map of ones ${
        least === most ? "stays 1"
          : `comes out checked, from ${least} to ${most}`}${
        how === "bilinear" ? ", away from the rim" : ""}.${
        border.words ?? ""}`,
    );
    view.formula(formula(f, how, rows, columns));
    view.code(code(f, how, rows, columns, on));
  };
  return follow(model, ["factor", "method", "rim"], draw);
}

export default { render };
