// A recorded training of three nets, each grown from the one before: the
// label maps of one street, the loss, and the IoU of each class, step by step.
import {
  follow, frame, h, ious, labelMap, listed, mean, oneOf, panel, picture,
  points, s, stepper, tell, unpack,
} from "./lib.js";

// One label map of all, which are stored as (height, nets, steps, width).
export function unwoven(all, [height, nets, steps, width], net, place) {
  const out = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const start = ((y * nets + net) * steps + place) * width;
    out.set(all.slice(start, start + width), y * width);
  }
  return out;
}

// "sky, road and tree", or, of many, "all but pole"
export function found(values, classes, least = 0.5) {
  const there = classes.filter((_, k) => !Number.isNaN(values[k]));
  const good = classes.filter((_, k) => values[k] >= least);
  const missed = there.filter((name) => !good.includes(name));
  if (!missed.length) return "every class";
  if (!good.length) return "no class";
  return good.length > missed.length
    ? `all but ${listed(missed)}` : listed(good);
}

// How far a value lies below the top, 0 … 1; each halving counts alike.
export function depth(value, top, low) {
  return Math.log(top / value) / Math.log(top / low);
}

// The last mean loss that all lies behind a step; undefined before the first.
export function lossAt(step, total, loss, every) {
  return step === total ? loss.at(-1) : loss[Math.floor(step / every) - 1];
}

// Which of the recorded steps lies closest.
export function nearest(steps, x) {
  return steps.reduce((a, b) => (Math.abs(b - x) < Math.abs(a - x) ? b : a));
}

const UNIT = [[0, "1"], [0.5, "0.5"], [1, "0"]];
const HIGH = 100;  // a plot is that high, in units of its own

// A plot over the steps of training. `marks` are [height, text] pairs and
// `line` [step, height] pairs, heights from 0 at the top to 1. What lies
// behind the step is drawn strongly, what is still to come faintly.
function plot(total, marks, line, act) {
  const stroke = (name, attributes) => s("path", {
    class: `ep-${name}`, "vector-effect": "non-scaling-stroke", ...attributes,
  });
  const path = (places) => places.map(
    ([x, y], i) => `${i ? "L" : "M"}${x} ${HIGH * y}`,
  ).join("");
  const past = stroke("past");
  const now = stroke("now");
  const dot = stroke("dot");
  const svg = s(
    "svg", {
      viewBox: `0 0 ${total} ${HIGH}`, preserveAspectRatio: "none",
      role: "img",
    },
    marks.map(([y]) => stroke("mark", { d: `M0 ${HIGH * y}H${total}` })),
    stroke("future", { d: path(line) }), now, past, dot,
  );
  points(svg, total + 1, 1, act);
  const head = h("div", { class: "ep-caption" });
  const el = h(
    "div", {}, head,
    h("div", { class: "ep-plot" }, svg, marks.map(([y, text]) => h(
      "span", { style: `top: ${100 * y}%`, "aria-hidden": "true" }, text,
    ))),
  );
  const move = (step, text, name) => {
    const behind = line.filter(([x]) => x <= step);
    const last = behind.at(-1);
    past.setAttribute("d", path(behind));
    now.setAttribute("d", `M${step} 0V${HIGH}`);
    dot.setAttribute("d", last ? `${path([last])}h0` : "");
    head.textContent = text;
    svg.setAttribute("aria-label", name);
  };
  return { el, move };
}

// The IoU of each class for each net; it is the legend too.
function table(classes, palette, nets) {
  const row = (head, cells) => h("tr", {}, head, cells);
  const lines = [...classes, "mean"].map((name, k) => {
    const color = k < classes.length && `background: rgb(${palette[k]})`;
    const swatch = h("span", { class: "ep-swatch", style: color });
    return {
      head: h("th", { scope: "row" }, color ? swatch : "", name),
      cells: nets.map(() => h("td", {})),
    };
  });
  const el = h(
    "table", { class: "ep-scores" },
    h("thead", {}, row(h("th", { scope: "col" }, "IoU"), nets.map(
      (net) => h("th", { scope: "col" }, net.replace("FCN-", "")),
    ))),
    h("tbody", {}, lines.map(({ head, cells }) => row(head, cells))),
  );
  const fill = (scores) => lines.forEach(({ cells }, k) => cells.forEach(
    (cell, net) => {
      const value = k < classes.length ? scores[net][k] : mean(scores[net]);
      cell.textContent = Number.isNaN(value) ? "–" : value.toFixed(2);
      cell.className = value >= 0.5 ? "ep-found" : "";
    },
  ));
  return { el, fill };
}

async function render({ model, el }) {
  const [height, width] = model.get("size");
  const [classes, palette, nets, steps, loss, every] = [
    "classes", "palette", "nets", "steps", "loss", "every",
  ].map((key) => model.get(key));
  const total = steps.at(-1);
  const target = await unpack(model.get("labels"));
  const all = await unpack(model.get("maps"));
  const shape = [height, nets.length, steps.length, width];
  const maps = nets.map((_, net) => steps.map(
    (_, place) => unwoven(all, shape, net, place),
  ));
  const scores = maps.map((own) => own.map(
    (pred) => ious(pred, target, classes.length),
  ));
  const view = frame(el, "Three nets learn, one after the other");

  const walk = stepper({
    label: "Snapshot", length: steps.length, value: steps.length - 1,
    act: (place) => tell(model, "step", steps[place]),
  });
  view.controls.append(walk.el);

  const truth = labelMap(width, height, palette, "Its true labels");
  truth.paint(target);
  const legend = table(classes, palette, nets);
  const [top, low] = [Math.max, Math.min].map((of) => of(...loss.flat()));
  const halves = [4, 2, 1, 0.5, 0.25, 0.125]
    .filter((value) => value <= top && value >= low)
    .map((value) => [depth(value, top, low), String(value)]);
  const jump = (x) => tell(model, "step", nearest(steps, x));

  const columns = nets.map((name, net) => {
    const map = labelMap(width, height, palette);
    const fall = plot(total, halves, loss[net].map((value, i) => [
      Math.min((i + 1) * every, total), depth(value, top, low),
    ]), jump);
    const rise = plot(total, UNIT, scores[net].map(
      (values, place) => [steps[place], 1 - mean(values)],
    ), jump);
    const ends = h(
      "div", { class: "ep-ends", "aria-hidden": "true" },
      h("span", {}, "0"), h("span", {}, `${total} steps`),
    );
    const from = net ? nets[net - 1] : "ImageNet";
    const made = panel(
      `${name}, from ${from}`, map.el,
      h("div", {}, fall.el, rise.el, ends),
    );
    return { el: made.el, map, fall, rise };
  });
  view.stage.append(h("div", { class: "ep-replay" }, h(
    "div", {},
    panel("An unseen street", picture(
      model.get("picture"), model.get("picture_alt"),
    )).el,
    panel("Its true labels", truth.el).el,
    legend.el,
    columns.map((column) => column.el),
  )));

  const draw = () => {
    const { value: step, error } = oneOf(model, "step", steps);
    view.warn(error ?? "");
    if (error) return;
    const place = steps.indexOf(step);
    const now = scores.map((own) => own[place]);
    const means = now.map((values) => mean(values).toFixed(2));
    const losses = loss.map(
      (own) => lossAt(step, total, own, every)?.toFixed(2) ?? "–",
    );
    walk.set(place);
    legend.fill(now);
    columns.forEach(({ map, fall, rise }, net) => {
      const name = nets[net];
      map.paint(maps[net][place]);
      map.name(`The label map of ${name} after ${step} steps`);
      fall.move(step, `loss ${losses[net]}`, `Loss of ${name}: ${
        loss[net][0].toFixed(2)} at first, now ${losses[net]}, ${
        loss[net].at(-1).toFixed(2)} in the end`);
      rise.move(step, `mean IoU ${means[net]}`, `Mean IoU of ${name}: ${
        mean(scores[net][0]).toFixed(2)} at first, now ${means[net]}, ${
        mean(scores[net].at(-1)).toFixed(2)} in the end`);
    });
    const when = step === 0 ? "Before the first step"
      : `After ${step === total ? "all" : `${step} of`} ${total} steps`;
    const said = nets.map((name, net) => `${name}${
      net ? `, which began where ${nets[net - 1]} ended,` : ""} finds ${
      found(now[net], classes)}: mean IoU ${means[net]}.`);
    view.say(`${when} ${said.join(" ")} (Found: IoU ≥ 0.5.)`);
    const numbers = nets.map((name, net) => `${losses[net]} (${name})`);
    view.formula(`loss = − Σ w · log p(true class) / Σ w${
      step ? ` = ${numbers.join(", ")}` : ""}`);
    view.code(
      "loss = F.cross_entropy(net(x), y, weight, ignore_index=255)\n"
      + "optimizer.zero_grad(); loss.backward(); optimizer.step()  # "
      + `step ${step} of ${total}\n`
      + `net = FCN16s.from_fcn32s(net)  # after ${total}: the next net`,
    );
  };
  const leave = follow(model, ["step"], draw);
  return () => { walk.stop(); leave(); };
}

export default { render };
