// A label map to paint beside the true one. All scores come from one small
// table, so a single stroke changes all of them.
import {
  button, choice, follow, frame, grid, h, listed, mean, panel, tell, VOID,
  whole,
} from "./lib.js";

// ---- counting ----

// Pixels by true class (row) and predicted class (column), row by row.
export function confusion(pred, target, classes) {
  const n = new Array(classes * classes).fill(0);
  target.forEach((label, i) => {
    if (label !== VOID) n[label * classes + pred[i]]++;
  });
  return n;
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

// The scores of a confusion matrix, and the sums they are made of. A class
// that occurs nowhere has NaN, 0 / 0, and is left out of a mean.
export function scores(n, classes) {
  const ids = Array.from({ length: classes }, (_, k) => k);
  const correct = ids.map((k) => n[k * classes + k]);
  const truth = ids.map((k) => sum(ids.map((j) => n[k * classes + j])));
  const guessed = ids.map((k) => sum(ids.map((i) => n[i * classes + k])));
  const total = sum(truth);
  const iou = ids.map(
    (k) => correct[k] / (truth[k] + guessed[k] - correct[k]),
  );
  return {
    correct, truth, guessed, total, iou,
    pixelAccuracy: sum(correct) / total,
    meanAccuracy: mean(ids.map((k) => correct[k] / truth[k])),
    meanIou: mean(iou),
    // an absent class has the weight 0, and the IoU NaN
    weightedIou: sum(ids.map((k) => truth[k] && truth[k] * iou[k])) / total,
  };
}

// ---- predictions to start from ----

// Void gets the label on its left: a prediction has no void.
function filled(row) {
  let last = row.find((label) => label !== VOID) ?? 0;
  return row.map((label) => {
    if (label !== VOID) last = label;
    return last;
  });
}

// The most frequent class everywhere, the truth moved a column, the truth.
export function starts(target, columns, classes) {
  const count = new Array(classes).fill(0);
  for (const label of target) if (label !== VOID) count[label]++;
  const rows = [];
  for (let i = 0; i < target.length; i += columns) {
    rows.push(filled(target.slice(i, i + columns)));
  }
  const most = count.indexOf(Math.max(...count));
  return {
    most,
    all: target.map(() => most),
    shifted: rows.flatMap((row) => [row[0], ...row.slice(0, -1)]),
    perfect: rows.flat(),
  };
}

// ---- words ----

const same = (a, b) => a.every((value, i) => value === b[i]);
const digits = (value, n = 3) =>
  Number.isNaN(value) ? "–" : value.toFixed(n);

// What is wrong with a label map, or nothing.
export function mistake(key, labels, size, classes) {
  const [height, width] = size;
  if (!Array.isArray(labels) || labels.length !== height * width) {
    const found = Array.isArray(labels) ? `${labels.length} labels` : labels;
    return `${key} is ${found}; it must be a list of ${
      height * width} labels, ${height} rows of ${width} columns.`;
  }
  const good = (label) => Number.isInteger(label)
    && ((label >= 0 && label < classes)
      || (key === "target" && label === VOID));
  const i = labels.findIndex((label) => !good(label));
  if (i < 0) return "";
  const extra = key === "target" ? `, or ${VOID} for void` : "";
  return `${key} holds ${labels[i]} at row ${Math.floor(i / width)}, column ${
    i % width}; classes are 0 to ${classes - 1}${extra}.`;
}

export function sentence(title, result, classes) {
  const { correct, truth, total, iou, pixelAccuracy, meanIou } = result;
  if (!total) return "Every pixel is void, so there is nothing to score.";
  const lost = classes.filter((_, k) => truth[k] && !correct[k]);
  const known = iou.filter((value) => !Number.isNaN(value));
  const least = Math.min(...known);
  const start = title ? `${title}: ` : "";
  const end = lost.length ? `not one ${listed(lost, "or")} pixel is found`
    : least === 1 ? "every class overlaps wholly"
      : `${classes[iou.indexOf(least)]} has the lowest IoU, ${
        digits(least, 2)}`;
  return `${start}${Math.round(100 * pixelAccuracy)} % of the pixels are right`
    + ` and the mean IoU is ${digits(meanIou, 2)}; ${end}.`;
}

export function formula(k, { correct, truth, guessed, iou }, classes) {
  const result = Number.isNaN(iou[k])
    ? `0 / 0: ${classes[k]} occurs nowhere, so it is left out of the mean`
    : digits(iou[k]);
  return `IoU of ${classes[k]} = overlap / (row + column − overlap) = ${
    correct[k]} / (${truth[k]} + ${guessed[k]} − ${correct[k]}) = ${result}`;
}

export function code([height, width], classes) {
  return [
    `# target, pred: (${height}, ${width}) int64`,
    `K, valid = ${classes}, target != ${VOID}`,
    "pairs = K * target[valid] + pred[valid]",
    "n = torch.bincount(pairs, minlength=K * K).reshape(K, K)",
    "iou = n.diag() / (n.sum(0) + n.sum(1) - n.diag())",
  ].join("\n");
}

// ---- drawing ----

// Calls `act(row, column)` along a stroke. A finger that moves up or down
// scrolls the page; so it paints by a tap, or from side to side.
function strokes({ el, cells }, act) {
  let down = false;
  let first = null; // where a finger came down that has not painted yet
  const at = (event) => {
    const node = el.getRootNode()
      .elementFromPoint(event.clientX, event.clientY);
    cells.forEach((line, row) => {
      const column = line.indexOf(node);
      if (column >= 0) act(row, column);
    });
  };
  el.addEventListener("pointerdown", (event) => {
    down = event.button === 0;
    first = down && event.pointerType === "touch" ? event : null;
    if (down && !first) at(event);
  });
  el.addEventListener("pointermove", (event) => {
    if (!down) return;
    if (first) {
      const aside = Math.abs(event.clientX - first.clientX);
      const along = Math.abs(event.clientY - first.clientY);
      if (aside <= Math.max(8, along)) return;
      at(first);
      first = null;
    }
    at(event);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    el.addEventListener(end, () => { down = false; });
  }
}

// The confusion matrix with its sums; `mark` frames the cell of one pixel.
function matrix(classes, chip) {
  const ids = classes.map((_, k) => k);
  const cells = ids.map(() => ids.map(() => h("td", {})));
  const truth = ids.map(() => h("td", { class: "ep-sp-sum" }));
  const guessed = ids.map(() => h("td", { class: "ep-sp-sum" }));
  const total = h("td", { class: "ep-sp-sum" });
  const el = h(
    "table", { class: "ep-sp-matrix" },
    h("thead", {}, h(
      "tr", {}, h("td", { class: "ep-sp-corner" }, "true ↓  predicted →"),
      ids.map((k) => h(
        "th", { scope: "col", "aria-label": `predicted ${classes[k]}` },
        chip(k),
      )),
      h("th", { scope: "col", class: "ep-sp-sum" }, "all"),
    )),
    h("tbody", {}, ids.map((k) => h(
      "tr", {},
      h(
        "th", { scope: "row", "aria-label": `true ${classes[k]}` },
        chip(k), classes[k],
      ),
      cells[k], truth[k],
    ))),
    h("tfoot", {}, h(
      "tr", {}, h("th", { scope: "row", class: "ep-sp-sum" }, "all"), guessed,
      total,
    )),
  );
  const draw = (n, result, chosen, color) => {
    cells.forEach((line, i) => line.forEach((node, j) => {
      node.textContent = n[i * classes.length + j];
      node.dataset.part = i === chosen && j === chosen ? "overlap"
        : i === chosen || j === chosen ? "union" : "";
      node.dataset.none = n[i * classes.length + j] === 0;
    }));
    el.style.setProperty("--chosen", color);
    ids.forEach((k) => {
      truth[k].textContent = result.truth[k];
      guessed[k].textContent = result.guessed[k];
    });
    total.textContent = result.total;
  };
  let marked = null;
  const mark = (i, j) => {
    marked?.removeAttribute("data-here");
    marked = cells[i]?.[j] ?? null;
    marked?.setAttribute("data-here", "");
  };
  return { el, draw, mark };
}

const NAMES = [
  ["pixelAccuracy", "pixel accuracy"], ["meanAccuracy", "mean accuracy"],
  ["meanIou", "mean IoU"], ["weightedIou", "freq.-weighted IoU"],
];

// A number and a bar for each score, and for the IoU of each class.
function table(classes, colors, chip) {
  const line = (kind, color, ...name) => {
    const number = h("td", {});
    const bar = h("div", { style: color && `background: ${color}` });
    const el = h(
      "tr", { class: kind }, h("th", { scope: "row" }, ...name), number,
      h(
        "td", { "aria-hidden": "true" }, h("div", { class: "ep-sp-bar" }, bar),
      ),
    );
    const set = (value) => {
      number.textContent = digits(value);
      bar.style.width = `${100 * (value || 0)}%`;
    };
    return { el, set };
  };
  const lines = NAMES.map(([key, name]) => line(
    key === "meanIou" ? "ep-sp-main" : "", "", name,
  ));
  const each = classes.map((name, k) => line(
    k ? "" : "ep-sp-first", colors[k], chip(k), `IoU of ${name}`,
  ));
  const el = h("table", { class: "ep-sp-scores" }, h(
    "tbody", {}, [...lines, ...each].map((made) => made.el),
  ));
  const draw = (result, chosen) => {
    NAMES.forEach(([key], i) => lines[i].set(result[key]));
    each.forEach((made, k) => {
      made.set(result.iou[k]);
      made.el.toggleAttribute("data-chosen", k === chosen);
    });
  };
  return { el, draw };
}

function render({ model, el }) {
  const [height, width] = model.get("size");
  const classes = model.get("classes");
  const colors = model.get("palette").map((color) => `rgb(${color})`);
  const K = classes.length;
  const letters = classes.map((name) => name[0].toUpperCase());
  const view = frame(el, "Paint, and watch the scores");
  let seen = null; // what the last good drawing shows: { pred, target, brush }

  const chip = (k) => h(
    "span",
    { class: "ep-sp-chip", "aria-hidden": "true", style:
      `background: ${colors[k]}` },
    letters[k],
  );
  const brush = choice({
    label: "Paint with", options: classes.map((name, k) => [k, name]),
    value: model.get("brush"), act: (k) => tell(model, "brush", k),
  });
  brush.inputs.forEach((input, k) => input.after(chip(k)));
  const keys = ["all", "shifted", "perfect"];
  const titles = ["All one class", "Shifted by one", "Perfect"];
  // these work as well while the prediction is a bad one
  const buttons = keys.map((key, i) => button(titles[i], () => {
    const target = model.get("target");
    if (mistake("target", target, [height, width], K)) return;
    tell(model, "pred", starts(target, width, K)[key]);
  }));
  const label = "Start from";
  view.controls.append(brush.el, h(
    "div", { class: "ep-sp-starts", role: "group", "aria-label": label },
    h("span", { "aria-hidden": "true" }, label), buttons,
  ));

  const paint = (row, column) => {
    const i = row * width + column;
    if (!seen || seen.pred[i] === seen.brush) return;
    tell(model, "pred", seen.pred.map((k, j) => j === i ? seen.brush : k));
  };
  const look = (key) => (row, column) => {
    if (!seen) return {};
    const i = row * width + column;
    const label = seen[key][i];
    const truth = seen.target[i];
    const kind = truth === VOID ? "void" : label === truth ? "" : "wrong";
    const where = `row ${row}, column ${column}: `;
    const name = classes[label] ?? "void";
    const verdict = key === "target" ? "" : {
      void: ", void in truth, not counted",
      wrong: `, wrong, it is ${classes[truth]}`,
      "": ", right",
    }[kind];
    return {
      text: letters[label] ?? "", fill: colors[label],
      name: where + name + verdict,
      kind: kind && (key === "pred" || kind === "void") ? `ep-sp-${kind}` : "",
    };
  };
  let here = null;
  const point = (row, column) => {
    for (const map of Object.values(maps)) {
      if (here) map.cells[here[0]][here[1]].removeAttribute("data-here");
    }
    here = row === undefined ? null : [row, column];
    counts.mark();
    if (!here || !seen) return;
    const i = row * width + column;
    for (const map of Object.values(maps)) {
      map.cells[row][column].setAttribute("data-here", "");
    }
    counts.mark(seen.target[i], seen.pred[i]);
  };
  const map = (key, label, pick) => grid({
    label, rows: height, columns: width, draw: look(key), point,
    leave: () => point(), pick,
  });
  const counts = matrix(classes, chip);
  const maps = {
    target: map("target", "True labels"),
    pred: map("pred", "Prediction; Enter paints with the brush", paint),
  };
  maps.pred.el.classList.add("ep-picks");
  strokes(maps.pred, paint);
  const list = table(classes, colors, chip);
  const guess = panel("", maps.pred.el);
  view.stage.classList.add("ep-sp-stage");
  view.stage.append(
    panel("True labels (dots: void, not scored)", maps.target.el).el,
    guess.el, panel("Confusion matrix", counts.el).el,
    panel("Scores", list.el).el,
  );

  const draw = () => {
    const [pred, target] = ["pred", "target"].map((key) => model.get(key));
    const k = whole(model, "brush", 0, K - 1);
    const wrong = mistake("target", target, [height, width], K)
      || mistake("pred", pred, [height, width], K) || k.error || "";
    view.warn(wrong);
    if (wrong) return;
    const fresh = seen?.target !== target;
    seen = { pred, target, brush: k.value };
    brush.set(k.value);
    if (fresh) maps.target.refresh();
    maps.pred.refresh();
    point(...here ?? []);

    const n = confusion(pred, target, K);
    const result = scores(n, K);
    counts.draw(n, result, k.value, colors[k.value]);
    list.draw(result, k.value);
    const begin = starts(target, width, K);
    titles[0] = `All ${classes[begin.most]}`;
    const now = keys.findIndex((key) => same(pred, begin[key]));
    buttons.forEach((made, i) => {
      made.textContent = titles[i];
      made.setAttribute("aria-pressed", i === now);
    });
    const right = result.correct.reduce((a, b) => a + b, 0);
    const wrongs = result.total - right;
    guess.say(`Prediction (hatched: ${wrongs} of ${result.total} wrong)`);
    view.say(sentence(titles[now], result, classes));
    view.formula(formula(k.value, result, classes));
    view.code(code([height, width], K));
  };
  return follow(model, ["pred", "target", "brush"], draw);
}

export default { render };
