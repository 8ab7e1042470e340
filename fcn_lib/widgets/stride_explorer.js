// One picture, ever larger cells: what one cell stands for, and what is left
// of the labels when each cell gets one answer.
import {
  choice, follow, frame, h, labelMap, layers, legend, meanIou, oneOf, outline,
  panel, picture, points, slider, tell, unpack, VOID, whole,
} from "./lib.js";

// Pixels of each class in a block, void left out.
export function votes(labels, width, { top, left, bottom, right }, classes) {
  const count = new Array(classes).fill(0);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const label = labels[y * width + x];
      if (label !== VOID) count[label]++;
    }
  }
  return count;
}

// The class with most votes, the lowest id among equals; void if there is none.
export function winner(count) {
  const most = Math.max(...count);
  return most > 0 ? count.indexOf(most) : VOID;
}

// The block around a pixel. Blocks at the rim may be incomplete.
export function block(row, column, stride, height, width) {
  const top = row - (row % stride);
  const left = column - (column % stride);
  return {
    top, left,
    bottom: Math.min(top + stride, height),
    right: Math.min(left + stride, width),
  };
}

// The label map that survives when each block gets its winner.
export function mosaic(labels, height, width, stride, classes) {
  const out = new Uint8Array(height * width);
  for (let row = 0; row < height; row += stride) {
    for (let column = 0; column < width; column += stride) {
      const place = block(row, column, stride, height, width);
      const label = winner(votes(labels, width, place, classes));
      for (let y = place.top; y < place.bottom; y++) {
        out.fill(label, y * width + place.left, y * width + place.right);
      }
    }
  }
  return out;
}

// "42 % road, 31 % car, 27 % other"
export function shares(count, classes) {
  const all = count.reduce((a, b) => a + b, 0);
  if (!all) return "void only";
  const known = count.map((n, k) => [n, classes[k]]).filter(([n]) => n > 0)
    .sort(([a], [b]) => b - a);
  const percent = (n) => `${Math.round((100 * n) / all)} %`;
  const named = known.slice(0, 3).map(([n, name]) => `${percent(n)} ${name}`);
  const rest = known.slice(3).reduce((sum, [n]) => sum + n, 0);
  return [...named, ...(rest ? [`${percent(rest)} other`] : [])].join(", ");
}

const STRIDES = [1, 2, 4, 8, 16, 32];
const ANSWERS = ["label", "scores"];

async function render({ model, el }) {
  const [height, width] = model.get("size");
  const classes = model.get("classes");
  const palette = model.get("palette");
  const target = await unpack(model.get("labels"));
  const stretched = await unpack(model.get("stretched"));
  const view = frame(el, "What is left of a street at stride 1 … 32");

  const stride = slider({
    label: "Stride", values: STRIDES, value: 32,
    act: (value) => tell(model, "stride", value),
  });
  const answer = choice({
    label: "A cell keeps", value: "label",
    options: [["label", "one label"], ["scores", "scores, stretched"]],
    act: (value) => tell(model, "answer", value),
  });
  const row = slider({
    label: "Row", least: 0, most: height - 1, value: 0,
    act: (value) => tell(model, "row", value),
  });
  const column = slider({
    label: "Column", least: 0, most: width - 1, value: 0,
    act: (value) => tell(model, "column", value),
  });
  view.controls.append(stride.el, answer.el, row.el, column.el);

  const point = (x, y) => { tell(model, "row", y); tell(model, "column", x); };
  const image = picture(model.get("picture"), model.get("picture_alt"));
  const street = layers(image, width, height);
  const map = labelMap(width, height, palette);
  const left = layers(map.el, width, height);
  const marks = [street, left].map((layer) => {
    const mark = outline();
    layer.over.append(...mark.els);
    points(layer.el, width, height, point);
    return mark;
  });
  const near = h("canvas", { class: "ep-picture", role: "img" });
  const panels = [
    panel("The picture, and a pixel's cell", street.el),
    panel("", near), panel("", left.el),
  ];
  view.stage.append(...panels.map(({ el }) => el), legend(classes, palette));

  const enlarge = ({ top, left, bottom, right }) => {
    near.width = right - left;
    near.height = bottom - top;
    near.getContext("2d").drawImage(
      image, left, top, near.width, near.height, 0, 0, near.width, near.height,
    );
  };

  const draw = () => {
    const wanted = {
      stride: oneOf(model, "stride", STRIDES),
      answer: oneOf(model, "answer", ANSWERS),
      row: whole(model, "row", 0, height - 1),
      column: whole(model, "column", 0, width - 1),
    };
    const wrong = Object.values(wanted).find(({ error }) => error);
    view.warn(wrong ? wrong.error : "");
    if (wrong) return;
    const [step, keeps, y, x] = Object.values(wanted).map((w) => w.value);
    stride.set(step);
    answer.set(keeps);
    row.set(y);
    column.set(x);

    const place = block(y, x, step, height, width);
    for (const mark of marks) {
      mark.move(
        place.left, place.top, place.right - place.left,
        place.bottom - place.top,
      );
    }
    const count = votes(target, width, place, classes.length);
    const start = STRIDES.indexOf(step) * height * width;
    const kept = keeps === "label" || step === 1
      ? mosaic(target, height, width, step, classes.length)
      : stretched.subarray(start, start + height * width);
    map.paint(kept);
    enlarge(place);

    const [rows, columns] = [height, width].map((n) => Math.ceil(n / step));
    const score = meanIou(kept, target, classes.length).toFixed(3);
    const pixels = (place.bottom - place.top) * (place.right - place.left);
    const named = classes[winner(count)] ?? "void";
    panels[1].say(pixels === 1 ? "The pixel" : `Its ${pixels} pixels`);
    panels[2].say(`What survives: mean IoU ${score}`);
    near.setAttribute("aria-label", `The cell enlarged: ${
      shares(count, classes)}`);
    map.name(`The label map that survives at stride ${step}`);
    view.say(
      `At stride ${step} the street has ${rows} × ${columns} = ${
        rows * columns} cells. This one stands for rows ${place.top} to ${
        place.bottom - 1}, columns ${place.left} to ${place.right - 1}: ${
        shares(count, classes)}. ${keeps === "label"
        ? `Its one label is “${named}”. Mean IoU of all: ${score}.`
        : `Its scores, fitted and stretched back, give mean IoU ${score}.`}`,
    );
    view.formula(
      `⌊(${height} − ${step}) / ${step}⌋ + 1 = ${rows} rows, ⌊(${width} − ${
        step}) / ${step}⌋ + 1 = ${columns} columns`,
    );
    view.code(
      `F.avg_pool2d(x, kernel_size=${step}, stride=${step})  # (1, 3, ${
        height}, ${width}) -> (1, 3, ${rows}, ${columns})`,
    );
  };
  await image.decode();
  return follow(model, ["stride", "answer", "row", "column"], draw);
}

export default { render };
