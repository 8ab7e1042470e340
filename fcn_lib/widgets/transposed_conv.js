// A transposed convolution of a small map, one output at a time. Four views
// compute it, each by its own route, and show which pixels meet at an output.
import {
  choice, follow, frame, grid, h, oneOf, panel, s, slider, stepper,
  tell, whole,
} from "./lib.js";

// ---- four computations of the same result ----

// Maps are lists of rows: x of the input, w of the kernel, k × k. `how` holds
// { stride, padding, extra }, where extra is PyTorch's output_padding.

const table = (rows, columns, value) => Array.from(
  { length: rows },
  (_, r) => Array.from({ length: columns }, (_, c) => value(r, c)),
);

export function size(n, k, { stride, padding, extra }) {
  return (n - 1) * stride - 2 * padding + k + extra;
}

const sizes = (x, w, how) =>
  [x.length, x[0].length].map((n) => size(n, w.length, how));

export const turn = (w) => w.map((row) => [...row].reverse()).reverse();

// The pixels moved apart, in a rim of k - 1 - padding zeros. Where that is
// negative it crops instead. More zeros, `extra`, at the bottom and the right.
export function apart(x, w, how) {
  const rim = w.length - 1 - how.padding;
  const [H, W] = sizes(x, w, how).map((n) => n + w.length - 1);
  const wide = table(H, W, () => 0);
  x.forEach((line, i) => line.forEach((value, j) => {
    const [r, c] = [i, j].map((q) => q * how.stride + rim);
    if (wide[r]?.[c] === 0) wide[r][c] = value;
  }));
  return wide;
}

// An ordinary convolution over them, in steps of 1, with the turned kernel.
export function byZeros(x, w, how) {
  const wide = apart(x, w, how);
  const [H, W] = sizes(x, w, how);
  const turned = turn(w);
  return table(H, W, (r, c) => turned.reduce((sum, line, a) => line.reduce(
    (part, weight, b) => part + weight * wide[r + a][c + b], sum,
  ), 0));
}

// Entry (a, b) looks at the input in steps of 1 / stride. There is a pixel
// only where both places are whole numbers: x has no row 0.5, nor a row -1.
export function byFraction(x, w, how) {
  const [H, W] = sizes(x, w, how);
  const place = (r, a) => (r + how.padding - a) / how.stride;
  return table(H, W, (r, c) => w.reduce((sum, line, a) => line.reduce(
    (part, weight, b) => part + weight * (x[place(r, a)]?.[place(c, b)] ?? 0),
    sum,
  ), 0));
}

// Each pixel adds its kernel to a canvas; the result is cut out of it.
export function byScatter(x, w, how) {
  const [H, W] = sizes(x, w, how);
  const p = how.padding;
  const canvas = table(H + 2 * p, W + 2 * p, () => 0);
  x.forEach((line, i) => line.forEach((value, j) => {
    w.forEach((weights, a) => weights.forEach((weight, b) => {
      canvas[i * how.stride + a][j * how.stride + b] += value * weight;
    }));
  }));
  return canvas.slice(p, p + H).map((line) => line.slice(p, p + W));
}

// The matrix of the direct convolution that makes x's size out of the
// result's: a row for each pixel of x, a column for each output.
export function direct(x, w, how) {
  const [H, W] = sizes(x, w, how);
  const columns = x[0].length;
  const { stride, padding } = how;
  return table(x.length * columns, H * W, (pixel, output) => {
    const [i, j] = [Math.floor(pixel / columns), pixel % columns];
    const [r, c] = [Math.floor(output / W), output % W];
    return w[r + padding - i * stride]?.[c + padding - j * stride] ?? 0;
  });
}

// Its transpose times x, written in one column.
export function byMatrix(x, w, how) {
  const [H, W] = sizes(x, w, how);
  const matrix = direct(x, w, how);
  const pixels = x.flat();
  return table(H, W, (r, c) => pixels.reduce(
    (sum, value, pixel) => sum + matrix[pixel][r * W + c] * value, 0,
  ));
}

// What meets at output (r, c): pixel (i, j) and entry (a, b) of the kernel.
export function meeting(r, c, x, w, { stride, padding }) {
  const found = [];
  x.forEach((line, i) => line.forEach((value, j) => {
    const [a, b] = [r + padding - i * stride, c + padding - j * stride];
    const weight = w[a]?.[b];
    if (weight !== undefined) found.push({ i, j, a, b, value, weight });
  }));
  return found;
}

// Why there is no result, or "".
export function problem(rows, columns, k, how) {
  const { stride, padding, extra } = how;
  if (extra >= stride) {
    return `output_padding is ${extra}; it must be below max(stride, dilation)`
      + ` = ${stride}. Lower it, or raise the stride.`;
  }
  const [H, W] = [rows, columns].map((n) => size(n, k, how));
  if (Math.min(H, W) > 0) return "";
  return `Nothing is left of the result, ${minus(H)} × ${minus(W)}: padding ${
    padding} crops too much. Lower it, or raise the kernel or the stride.`;
}

// The input counts its pixels; the kernel is the corner of a larger one. None
// of its entries is 0, so that all that meets is seen in the sum.
const KERNEL = [
  [1, 2, 3, 2, 1], [4, 1, 2, 1, 3], [3, 2, 1, 4, 2], [2, 4, 1, 3, 1],
  [1, 3, 2, 1, 2],
];
export const input = (rows, columns) =>
  table(rows, columns, (i, j) => i * columns + j + 1);
export const kernelOf = (k) => table(k, k, (a, b) => KERNEL[a][b]);

// ---- words ----

const minus = (n) => String(n).replace("-", "−");
const GLYPHS = {
  "1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "2/4": "½", "3/4": "¾",
};

// q / stride as one reads it: "1½", "−¼"
export function fraction(q, stride) {
  const [all, rest] = [Math.floor(Math.abs(q) / stride), Math.abs(q) % stride];
  const part = rest ? GLYPHS[`${rest}/${stride}`] : "";
  return (q < 0 ? "−" : "") + (all || !part ? all : "") + part;
}

const places = (r, k, { stride, padding }) =>
  Array.from({ length: k }, (_, a) => fraction(r + padding - a, stride));

// "5 × 7", never broken at the end of a line
const by = (rows, columns) => `${rows}\u00a0×\u00a0${columns}`;

const count = (n, one, many = `${one}s`) =>
  n === 1 ? `1 ${one}` : `${n} ${many}`;

// "1·1 + 2·3 = 7"
export function sum(met, result) {
  if (!met.length) return "0, for no pixel meets an entry of the kernel here";
  const terms = met.map(({ value, weight }) => `${value}·${weight}`);
  return `${terms.join(" + ")} = ${result}`;
}

// What padding and output padding do to the rim.
function crops({ padding, extra }) {
  const end = "at the bottom and the right";
  return [
    padding && `Padding ${padding} crops ${
      count(padding, "cell")} at each side.`,
    extra && `Output padding ${extra} ${padding
      ? `crops ${Math.min(extra, padding)} fewer ${end}` : ""}${
      padding && extra > padding ? " and " : ""}${extra > padding
      ? `adds ${count(extra - padding, "row and column",
        "rows and columns")} ${padding ? "beyond" : end}, where nobody paints`
      : ""}.`,
  ].filter(Boolean);
}

function sentence({ view, x, w, how, H, W, result }, r, c, met) {
  const { stride, padding } = how;
  const k = w.length;
  const n = met.length;
  const pixels = x.flat().length;
  const start = `Output (${r}, ${c}) = ${sum(met, result[r][c])}.`;
  const stretch = stride === 1
    ? "Stride 1 leaves the pixels side by side."
    : `Stride ${stride} stretches the input: it puts the pixels ${
      stride} apart.`;
  const words = {
    zeros: `${count(n, "pixel")} and ${count(k * k - n, "zero")} lie under `
      + `the turned kernel. ${stretch} It is not the step of the filter, `
      + "which goes on by 1.",
    fractional: `The entries of the kernel look at rows ${
      places(r, k, how).join(", ")} and columns ${
      places(c, k, how).join(", ")} of the input, and ${n} of ${k * k} ${
      n === 1 ? "finds" : "find"} a pixel. ${stride === 1
      ? "At stride 1 all places are whole numbers."
      : `For the next output they look 1/${stride} of a pixel further.`}`,
    scatter: `${n} of ${pixels} pixels ${
      n === 1 ? "paints" : "paint"} this cell; where paint overlaps, it is `
      + `added. ${stretch}`,
    matrix: `Row ${r}·${W} + ${c} = ${r * W + c} of Wᵀ holds entries for ${
      n} of ${pixels} pixels, and zeros. W is the convolution with stride ${
      stride} and padding ${padding} that takes ${by(H, W)} to ${
      by(x.length, x[0].length)}.`,
  };
  return [start, words[view], ...crops(how)].join(" ");
}

// "1, 2, 3; 4, 5, 6"
const rowsOf = (map) => map.map((row) => row.join(", ")).join("; ");

const line = (row) => `[${row.map((value) => `${value}.`).join(", ")}]`;

// Runs as it stands, after `import torch, torch.nn.functional as F`.
function code({ x, w, how, H, W }) {
  const [rows, columns] = [x.length, x[0].length];
  return `x = torch.arange(1., ${rows * columns + 1}).view(1, 1, ${rows}, ${
    columns})\nw = torch.tensor([${w.map(line).join(", ")}])[None, None]\n`
    + `F.conv_transpose2d(x, w, stride=${how.stride}, padding=${
      how.padding}, output_padding=${how.extra})\n# (1, 1, ${rows}, ${
      columns}) -> (1, 1, ${H}, ${W})`;
}

function formula({ x, w, how }) {
  const [rows, columns] = [x.length, x[0].length].map((n) => `(${n} − 1)·${
    how.stride} − 2·${how.padding} + ${w.length} + ${how.extra} = ${
    size(n, w.length, how)}`);
  return "out = (n − 1)·stride − 2·padding + kernel + output padding\n"
    + `rows: ${rows}; columns: ${columns}`;
}

// ---- drawing: all in units of a cell's side ----

const U = 30;
const INK = "#1b1f2a";
const path = (kind, d) => s("path", { class: `ep-tc-${kind}`, d });
const box = (column, row, width = 1, height = width, inset = 0) =>
  `M${column * U + inset} ${row * U + inset}h${width * U - 2 * inset}v${
    height * U - 2 * inset}h${-width * U + 2 * inset}z`;
const write = (column, row, words, kind = "value") => s("text", {
  class: `ep-tc-${kind}`, x: column * U, y: row * U,
}, words);
const both = (column, row, value, weight) => [
  write(column + 0.36, row + 0.4, value, value ? "value" : "zero"),
  write(column + 0.92, row + 0.76, `×${weight}`, "weight"),
];
// three strokes through a cell that is cut away
const hatch = (column, row) => [0.25, 0.5, 0.75].map((at) => `M${
  (column + Math.max(0, 2 * at - 1)) * U} ${(row + Math.min(1, 2 * at)) * U}L${
  (column + Math.min(1, 2 * at)) * U} ${(row + Math.max(0, 2 * at - 1)) * U}`)
  .join("");

// A picture in two layers: one for the settings, one for the chosen output.
function sheet(kind = "") {
  const [under, over] = [s("g"), s("g")];
  const el = s("svg", { class: `ep-tc-sheet ${kind}`, role: "img" });
  el.append(under, over);
  const resize = (left, top, width, height) => {
    el.setAttribute("viewBox", [left, top, width, height].join(" "));
    el.setAttribute("width", width);
    el.style.minWidth = `${0.8 * width}px`;
  };
  const name = (words) => el.setAttribute("aria-label", words);
  return { el, under, over, resize, name };
}

// A table of numbers; `marked` says which cells stand out.
function numbers(picture, values) {
  const [rows, columns] = [values.length, values[0].length];
  picture.resize(-1, -1, columns * U + 2, rows * U + 2);
  const cells = values.flatMap((row, i) => row.map((_, j) => box(j, i)));
  picture.under.replaceChildren(
    path(picture.el.classList.contains("ep-tc-x") ? "pixel" : "plain",
      cells.join("")),
    ...values.flatMap((row, i) => row.map(
      (value, j) => write(j + 0.5, i + 0.5, value),
    )),
  );
}

const mark = (picture, values, marked) => picture.over.replaceChildren(
  ...marked.flatMap(([i, j]) => [
    path("met", box(j, i, 1, 1, 1)), write(j + 0.5, i + 0.5, values[i][j]),
  ]),
);

// Each view: a caption, what it draws for the settings, and for an output.
const zeros = {
  caption: ({ w, how }) => {
    const rim = w.length - 1 - how.padding;
    return `Pixels ${how.stride} apart, rim k − 1 − p = ${w.length} − 1 − ${
      how.padding} = ${minus(rim)}${rim < 0 ? ", so it crops" : ""}`;
  },
  // shown are the padded map, and what a negative rim has cut away
  under({ x, w, how, H, W }, picture) {
    const rim = w.length - 1 - how.padding;
    const cut = Math.max(0, -rim);
    const spans = [[x.length, H], [x[0].length, W]].map(([n, size]) => {
      const stretched = (n - 1) * how.stride + 1;
      return { stretched, padded: size + w.length - 1 };
    });
    const [rows, columns] = spans.map(({ stretched, padded }) =>
      cut + Math.max(padded, rim + stretched));
    const shapes = { rim: "", gap: "", pixel: "", cut: "", hatch: "" };
    const texts = [];
    const within = (q, n) => q >= 0 && q < n;
    for (let y = 0; y < rows; y++) {
      for (let z = 0; z < columns; z++) {
        const [r, c] = [y - cut, z - cut];
        const [i, j] = [r - rim, c - rim];
        const kept = within(r, spans[0].padded) && within(c, spans[1].padded);
        const inner = within(i, spans[0].stretched)
          && within(j, spans[1].stretched);
        const value = x[i / how.stride]?.[j / how.stride];
        const kind = !kept ? "cut" : value ? "pixel" : inner ? "gap" : "rim";
        shapes[kind] += box(z, y);
        if (!kept) shapes.hatch += hatch(z, y);
        texts.push(write(
          z + 0.5, y + 0.5, value ?? 0, value ? "value" : "zero",
        ));
      }
    }
    picture.resize(-2, -2, columns * U + 4, rows * U + 4);
    picture.under.replaceChildren(
      ...Object.entries(shapes).map(([kind, d]) => path(kind, d)), ...texts,
    );
  },
  over({ w, how }, r, c, met) {
    const k = w.length;
    const rim = k - 1 - how.padding;
    const [top, left] = [r, c].map((q) => q + Math.max(0, -rim));
    const turned = turn(w);
    const at = ({ a, b }) => [left + k - 1 - b, top + k - 1 - a];
    const under = turned.map((row, a) => row.map(
      (_, b) => box(left + b, top + a),
    ));
    const value = table(k, k, () => 0);
    for (const one of met) value[k - 1 - one.a][k - 1 - one.b] = one.value;
    return [
      path("window", under.flat().join("")),
      path("met", met.map((one) => box(...at(one), 1, 1, 1)).join("")),
      ...turned.flatMap((row, a) => row.flatMap(
        (weight, b) => both(left + b, top + a, value[a][b], weight),
      )),
      path("frame", box(left, top, k)),
    ];
  },
};

const fractional = {
  caption: ({ how }) => how.stride === 1
    ? "The input as it is; the kernel steps by 1"
    : `The input as it is; the kernel steps by 1/${how.stride}`,
  under({ x, w, how, H, W }, picture) {
    const k = w.length;
    const rim = k - 1 - how.padding;
    const step = how.stride;
    const out = Math.max(0, (step - 1) / 2 - rim); // pixels beyond all places
    const [rows, columns] = [[x.length, H], [x[0].length, W]].map(
      ([n, size]) => Math.max(
        size + k - 1, rim + (n - 1) * step + (step + 1) / 2,
      ),
    );
    const pixels = [];
    const values = [];
    x.forEach((row, i) => row.forEach((value, j) => {
      const [top, left] = [i, j].map((q) => q * step + rim);
      pixels.push(box(left - (step - 1) / 2, top - (step - 1) / 2, step));
      values.push(write(left + 0.5, top + 0.5, value));
    }));
    const value = (q) => (q - rim) / step;
    const dots = table(H + k - 1, W + k - 1, (y, z) => x[value(y)]?.[value(z)]
      ? "" : `M${(z + 0.5) * U - 1.2} ${(y + 0.5) * U}h2.4`).flat();
    const room = (out + 1.3) * U;
    picture.resize(
      -room, -room, columns * U + room + 3, rows * U + room + 3,
    );
    picture.edge = -out;
    picture.under.replaceChildren(
      path("pixel", pixels.join("")), path("dots", dots.join("")), ...values,
    );
  },
  over({ w, how }, r, c, met, { edge }) {
    const k = w.length;
    const circle = (a, b, kind) => s("circle", {
      class: `ep-tc-${kind}`, cx: (c + k - 1 - b + 0.5) * U,
      cy: (r + k - 1 - a + 0.5) * U, r: 0.45 * U,
    });
    const taps = w.flatMap((row, a) => row.flatMap((weight, b) => {
      const [column, line] = [c + k - 1 - b, r + k - 1 - a];
      const pixel = met.find((one) => one.a === a && one.b === b);
      return pixel
        ? [circle(a, b, "met"), write(
          column + 0.5, line + 0.5, `${pixel.value}·${weight}`,
          pixel.value > 9 ? "product ep-tc-long" : "product",
        )]
        : [circle(a, b, "miss"), write(
          column + 0.5, line + 0.5, weight, "zero",
        )];
    }));
    const ticks = w.flatMap((_, a) => [
      write(edge - 0.6, r + k - 0.5 - a, places(r, k, how)[a], "tick"),
      write(c + k - 0.5 - a, edge - 0.55, places(c, k, how)[a], "tick"),
    ]);
    return [path("reach", box(c, r, k)), ...taps, ...ticks];
  },
};

// all that is painted, and what output padding adds beyond it
const canvasSize = (n, k, { stride, padding, extra }) =>
  (n - 1) * stride + k + Math.max(0, extra - padding);

const scatter = {
  caption: ({ how }) => `Value × kernel, painted ${
    how.stride} apart, and added`,
  under({ x, w, how, H, W }, picture) {
    const k = w.length;
    const p = how.padding;
    const [rows, columns] = [x.length, x[0].length].map(
      (n) => canvasSize(n, k, how),
    );
    const shapes = { plain: "", cut: "", hatch: "" };
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const kept = r >= p && r < p + H && c >= p && c < p + W;
        shapes[kept ? "plain" : "cut"] += box(c, r);
        if (!kept) shapes.hatch += hatch(c, r);
      }
    }
    picture.resize(-2, -2, columns * U + 4, rows * U + 4);
    picture.under.replaceChildren(
      ...Object.entries(shapes).map(([kind, d]) => path(kind, d)),
    );
  },
  // only the pixels that meet here paint, so that their sum can be followed
  over({ x, w, how, H, W }, r, c, met) {
    const { stride, padding } = how;
    const k = w.length;
    const busy = new Set(met.map(({ value }) => value));
    const idle = x.flatMap((row, i) => row.map((value, j) =>
      busy.has(value) ? "" : box(j * stride, i * stride, k, k, 3)));
    const paint = new Map();
    for (const { i, j, value } of met) {
      w.forEach((row, a) => row.forEach((weight, b) => {
        const place = [j * stride + b, i * stride + a];
        const { amount = 0 } = paint.get(String(place)) ?? {};
        paint.set(String(place), { place, amount: amount + value * weight });
      }));
    }
    const brush = ({ i, j }) => [j * stride, i * stride];
    const tag = (one) => {
      const [column, row] = brush(one);
      return write(column + 0.1, row + 0.22, `×${one.value}`, "tag");
    };
    return [
      path("patch", idle.join("")),
      ...met.map((one) => path("paint", box(...brush(one), k, k, 2))),
      path("result", padding ? box(padding, padding, W, H) : ""),
      path("chosen", box(c + padding, r + padding, 1, 1, 1)),
      ...[...paint.values()].map(({ place: [column, row], amount }) => write(
        column + 0.5, row + 0.58, amount,
        column === c + padding && row === r + padding ? "sum" : "value",
      )),
      ...met.map(tag),
    ];
  },
};

// The whole matrix, small; its row of the chosen output beside it, readable.
const HIGH = 10 * U;
const matrix = {
  caption: ({ x, H, W }) => `Wᵀ, ${by(H * W, x.flat().length)}: `
    + "the row of this output, times x",
  measure({ x, H, W }) {
    const n = x.flat().length;
    return {
      n, high: Math.min(HIGH, H * W * 12) / (H * W),
      wide: Math.min(12, 90 / n), list: 126,
    };
  },
  under(state, picture) {
    const { n, high, wide } = matrix.measure(state);
    const outputs = state.H * state.W;
    const entries = direct(state.x, state.w, state.how).flatMap(
      (row, pixel) => row.map((entry, output) => entry ? `M${
        pixel * wide} ${output * high}h${wide}v${high}h${-wide}z` : ""),
    );
    const lines = high < 5 ? "" : Array.from(
      { length: outputs - 1 }, (_, o) => `M0 ${(o + 1) * high}h${n * wide}`,
    ).join("") + Array.from(
      { length: n - 1 }, (_, i) => `M${(i + 1) * wide} 0v${outputs * high}`,
    ).join("");
    picture.resize(
      -3, -4, 280, Math.max(outputs * high, (n + 1) * 20 + 26) + 8,
    );
    picture.under.replaceChildren(
      path("plain", `M0 0h${n * wide}v${outputs * high}h${-n * wide}z`),
      path("entries", entries.join("")), path("lines", lines),
    );
  },
  over(state, r, c, met) {
    const { n, high, wide, list } = matrix.measure(state);
    const columns = state.x[0].length;
    const row = r * state.W + c;
    const used = new Map(met.map((one) => [one.i * columns + one.j, one]));
    const tall = Math.max(high, 3);
    const top = (row + 0.5) * high - tall / 2;
    const at = (x, y, words, kind) => s(
      "text", { class: `ep-tc-${kind}`, x, y }, words,
    );
    const rows = state.x.flat().flatMap((value, pixel) => {
      const one = used.get(pixel);
      const y = 20 + 20 * pixel;
      const cell = (x) => `M${x} ${y}h36v20h-36z`;
      const middle = y + 10.5;
      return [
        path(one ? "met" : "plain", cell(list)),
        path(one ? "met" : "pixel", cell(list + 50)),
        at(list + 18, middle, one?.weight ?? 0, one ? "value" : "zero"),
        at(list + 68, middle, value, "value"),
        at(list + 43, middle, "·", "tick"),
        at(list + 97, middle, "=", "tick"),
        at(list + 126, middle, one ? one.value * one.weight : 0,
          one ? "tick" : "faint"),
      ];
    });
    const foot = 20 + 20 * n;
    return [
      path("wires", `M${n * wide} ${top}L${list} 20M${n * wide} ${
        top + tall}L${list} ${foot}`),
      path("frame", `M-1 ${top}h${n * wide + 2}v${tall}h${-n * wide - 2}z`),
      at(list + 18, 9, `row ${row}`, "tick"), at(list + 68, 9, "x", "tick"),
      ...rows,
      path("chosen", `M${list + 108} ${foot + 4}h36v22h-36z`),
      at(list + 126, foot + 15.5, state.result[r][c], "sum"),
    ];
  },
};

const VIEWS = {
  zeros: { ...zeros, compute: byZeros },
  fractional: { ...fractional, compute: byFraction },
  scatter: { ...scatter, compute: byScatter },
  matrix: { ...matrix, compute: byMatrix },
};

// The four results of each case [x, w, how], or none where there is no result.
// For tests: they compare them with PyTorch.
export const fourWays = (cases) => cases.map(([x, w, how]) =>
  problem(x.length, x[0].length, w.length, how) ? []
    : Object.values(VIEWS).map(({ compute }) => compute(x, w, how)));

// ---- the figure ----

const LIMITS = {
  rows: ["Rows", 1, 4], columns: ["Columns", 1, 4], kernel: ["Kernel", 1, 5],
  stride: ["Stride", 1, 4], padding: ["Padding (crops)", 0, 3],
  output_padding: ["Output padding", 0, 3],
};
const LAST = 19; // row or column of the largest result

// The whole canvas as a grid. Only what cropping leaves can be chosen.
function resultGrid({ x, w, how, H, W, result }, choose) {
  const p = how.padding;
  const canvas = byScatter(x, w, { ...how, padding: 0, extra: 0 });
  const [rows, columns] = [x.length, x[0].length].map(
    (n) => canvasSize(n, w.length, how),
  );
  const place = (row, column) => {
    const [r, c] = [row - p, column - p];
    return r >= 0 && r < H && c >= 0 && c < W ? [r, c] : null;
  };
  const made = grid({
    label: `Output, ${H} rows and ${W} columns`, rows, columns,
    draw: (row, column) => {
      const kept = place(row, column);
      const value = kept ? result[kept[0]][kept[1]]
        : canvas[row]?.[column] ?? 0;
      return {
        text: value, kind: kept ? "" : "ep-tc-off",
        name: kept ? `output (${kept.join(", ")}): ${value}`
          : `cropped: ${value}`,
      };
    },
    point: (row, column) => {
      const kept = place(row, column);
      if (kept) choose(...kept);
    },
  });
  made.el.classList.add("ep-picks");
  let last = null;
  const mark = (r, c) => {
    last?.classList.remove("ep-tc-now");
    last?.removeAttribute("aria-selected");
    last = made.cells[r + p][c + p];
    last.classList.add("ep-tc-now");
    last.setAttribute("aria-selected", "true");
  };
  return { el: made.el, mark };
}

function render({ model, el }) {
  const view = frame(el, "A transposed convolution, output by output");
  view.root.classList.add("ep-tc");
  const kind = choice({
    label: "View", value: "zeros",
    options: [
      ["zeros", "zeros between"], ["scatter", "pixels paint"],
      ["fractional", "fractional step"], ["matrix", "matrix"],
    ],
    act: (value) => tell(model, "view", value),
  });
  const sliders = Object.fromEntries(Object.entries(LIMITS).map(
    ([key, [label, least, most]]) => [key, slider({
      label, least, most, value: least,
      act: (value) => {
        // a smaller stride takes the output padding along
        if (key === "stride" && model.get("output_padding") >= value) {
          model.set("output_padding", value - 1);
        }
        tell(model, key, value);
      },
    })],
  ));
  view.controls.append(
    kind.el, ...Object.values(sliders).map((one) => one.el),
  );

  let now = null; // all that follows from the settings
  let output = null; // the grid of the result
  const go = (r, c) => { model.set("row", r); tell(model, "column", c); };
  const walker = stepper({
    label: "Output", length: (LAST + 1) ** 2, value: 0,
    act: (i) => { if (now) go(Math.floor(i / now.W), i % now.W); },
  });
  const pictures = {
    x: sheet("ep-tc-x"), w: sheet(), main: sheet(),
  };
  const scroll = h("div", { class: "ep-tc-box" }, pictures.main.el);
  // where it scrolls, keys must be able to scroll it
  const watch = new ResizeObserver(() => {
    if (scroll.scrollWidth > scroll.clientWidth) scroll.tabIndex = 0;
    else scroll.removeAttribute("tabindex");
  });
  watch.observe(scroll);
  watch.observe(pictures.main.el);
  const spot = h("div"); // for the grid of the result
  const panels = {
    x: panel("", pictures.x.el), w: panel("", pictures.w.el),
    main: panel("", scroll), out: panel("", spot),
  };
  view.stage.append(
    h("div", { class: "ep-tc-given" }, panels.x.el, panels.w.el),
    panels.main.el, panels.out.el, walker.el,
  );

  // all that depends on the settings alone
  const settle = (key, name, [rows, columns, k, stride, padding, extra]) => {
    const how = { stride, padding, extra };
    const [x, w] = [input(rows, columns), kernelOf(k)];
    const [H, W] = sizes(x, w, how);
    const result = VIEWS[name].compute(x, w, how);
    now = { key, view: name, x, w, how, H, W, result };
    now.weights = name === "zeros" ? turn(w) : w;
    numbers(pictures.x, x);
    numbers(pictures.w, now.weights);
    VIEWS[name].under(now, pictures.main);
    output = resultGrid(now, (r, c) => { walker.stop(); go(r, c); });
    spot.replaceChildren(output.el);
    walker.resize(H * W);
    const canvas = [rows, columns].map((n) => canvasSize(n, k, how));
    const wide = pictures.main.el.getAttribute("width") > 500;
    view.stage.classList.toggle("ep-tc-broad", wide);
    panels.x.say(`Input x, ${by(rows, columns)}`);
    panels.w.say(name === "zeros" ? "Kernel, turned" : "Kernel w");
    panels.main.say(VIEWS[name].caption(now));
    panels.out.say(`Output ${by(H, W)}${
      padding ? `, cut out of ${by(...canvas)}` : ""}`);
    view.formula(formula(now));
    view.code(code(now));
  };

  // all that depends on the chosen output
  const choose = (r, c) => {
    const { x, w, how, W, weights, view: name } = now;
    const met = meeting(r, c, x, w, how);
    const last = w.length - 1;
    mark(pictures.x, x, met.map(({ i, j }) => [i, j]));
    mark(pictures.w, weights, met.map(
      ({ a, b }) => name === "zeros" ? [last - a, last - b] : [a, b],
    ));
    pictures.main.over.replaceChildren(
      ...VIEWS[name].over(now, r, c, met, pictures.main),
    );
    output.mark(r, c);
    walker.set(r * W + c);
    const inputs = met.map(({ i, j }) => `(${i}, ${j})`).join(", ") || "none";
    pictures.x.name(`Input ${rowsOf(x)}. Pixels that meet output (${r}, ${
      c}): ${inputs}`);
    pictures.w.name(`Kernel ${rowsOf(weights)}`);
    pictures.main.name(`${VIEWS[name].caption(now)}. Output (${r}, ${c}) = ${
      sum(met, now.result[r][c])}`);
    view.say(sentence(now, r, c, met));
  };

  const draw = () => {
    const limits = Object.entries(LIMITS);
    const wanted = {
      view: oneOf(model, "view", Object.keys(VIEWS)),
      ...Object.fromEntries(limits.map(
        ([key, [, least, most]]) => [key, whole(model, key, least, most)],
      )),
      row: whole(model, "row", 0, LAST),
      column: whole(model, "column", 0, LAST),
    };
    const wrong = Object.values(wanted).find(({ error }) => error);
    if (wrong) return view.warn(wrong.error);
    const [name, ...values] = Object.values(wanted).map(({ value }) => value);
    const [rows, columns, k, stride, padding, extra, row, column] = values;
    kind.set(name);
    sliders.output_padding.resize(Math.max(stride - 1, extra));
    sliders.output_padding.input.disabled = stride === 1 && extra === 0;
    limits.forEach(([key], at) => sliders[key].set(values[at]));

    const message = problem(rows, columns, k, { stride, padding, extra });
    view.warn(message);
    if (message) return;
    const key = `${name} ${values.slice(0, 6)}`;
    if (now?.key !== key) settle(key, name, values);
    choose(Math.min(row, now.H - 1), Math.min(column, now.W - 1));
  };
  const leave = follow(
    model, ["view", ...Object.keys(LIMITS), "row", "column"], draw,
  );
  return () => { walker.stop(); watch.disconnect(); leave(); };
}

export default { render };
