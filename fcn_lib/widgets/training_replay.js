// A recorded training of three nets, each grown from the one before: the
// label maps of one street, the loss, and the IoU of each class. The nets take
// different numbers of steps, so all times are shares of a training, in percent.
import {
  follow, frame, h, ious, labelMap, listed, mean, oneOf, panel, picture,
  points, s, stepper, tell, unpack,
} from "./lib.js";

// One label map of all, which are stored as (height, nets, shares, width).
export function unwoven(all, [height, nets, shares, width], net, place) {
  const out = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const start = ((y * nets + net) * shares + place) * width;
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

// The last mean loss that all lies behind a share; undefined before the first.
export function lossAt(share, loss, every) {
  return share === 100 ? loss.at(-1) : loss[Math.floor(share / every) - 1];
}

// Which of the recorded shares lies closest.
export function nearest(shares, x) {
  return shares.reduce((a, b) => (Math.abs(b - x) < Math.abs(a - x) ? b : a));
}

const UNIT = [[0, "1"], [0.5, "0.5"], [1, "0"]];
const HIGH = 100;  // a plot is that high, in units of its own

// A plot over a training. `marks` are [height, text] pairs and `line`
// [share, height] pairs, heights from 0 at the top to 1. What lies behind the
// share is drawn strongly, what is still to come faintly.
function plot(marks, line, act) {
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
      viewBox: `0 0 100 ${HIGH}`, preserveAspectRatio: "none",
      role: "img",
    },
    marks.map(([y]) => stroke("mark", { d: `M0 ${HIGH * y}H100` })),
    stroke("future", { d: path(line) }), now, past, dot,
  );
  points(svg, 101, 1, act);
  const head = h("div", { class: "ep-caption" });
  const el = h(
    "div", {}, head,
    h("div", { class: "ep-plot" }, svg, marks.map(([y, text]) => h(
      "span", { style: `top: ${100 * y}%`, "aria-hidden": "true" }, text,
    ))),
  );
  const move = (share, text, name) => {
    const behind = line.filter(([x]) => x <= share);
    const last = behind.at(-1);
    past.setAttribute("d", path(behind));
    now.setAttribute("d", `M${share} 0V${HIGH}`);
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
  const [classes, palette, nets, shares, totals, loss, every] = [
    "classes", "palette", "nets", "shares", "totals", "loss", "every",
  ].map((key) => model.get(key));
  const target = await unpack(model.get("labels"));
  const all = await unpack(model.get("maps"));
  const shape = [height, nets.length, shares.length, width];
  const maps = nets.map((_, net) => shares.map(
    (_, place) => unwoven(all, shape, net, place),
  ));
  const scores = maps.map((own) => own.map(
    (pred) => ious(pred, target, classes.length),
  ));
  const view = frame(el, "Three nets learn, one after the other");

  const walk = stepper({
    label: "Snapshot", length: shares.length, value: shares.length - 1,
    act: (place) => tell(model, "share", shares[place]),
  });
  view.controls.append(walk.el);

  const truth = labelMap(width, height, palette, "Its true labels");
  truth.paint(target);
  const legend = table(classes, palette, nets);
  const [top, low] = [Math.max, Math.min].map((of) => of(...loss.flat()));
  const halves = [4, 2, 1, 0.5, 0.25, 0.125]
    .filter((value) => value <= top && value >= low)
    .map((value) => [depth(value, top, low), String(value)]);
  const jump = (x) => tell(model, "share", nearest(shares, x));

  const columns = nets.map((name, net) => {
    const map = labelMap(width, height, palette);
    const fall = plot(halves, loss[net].map((value, i) => [
      Math.min((i + 1) * every, 100), depth(value, top, low),
    ]), jump);
    const rise = plot(UNIT, scores[net].map(
      (values, place) => [shares[place], 1 - mean(values)],
    ), jump);
    const ends = h(
      "div", { class: "ep-ends", "aria-hidden": "true" },
      h("span", {}, "0"), h("span", {}, `${totals[net]} steps`),
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
    const { value: share, error } = oneOf(model, "share", shares);
    view.warn(error ?? "");
    if (error) return;
    const place = shares.indexOf(share);
    const steps = totals.map((total) => Math.round(share * total / 100));
    const now = scores.map((own) => own[place]);
    const means = now.map((values) => mean(values).toFixed(2));
    const losses = loss.map(
      (own) => lossAt(share, own, every)?.toFixed(2) ?? "–",
    );
    walk.set(place);
    legend.fill(now);
    columns.forEach(({ map, fall, rise }, net) => {
      const name = nets[net];
      map.paint(maps[net][place]);
      map.name(`The label map of ${name} after ${steps[net]} steps`);
      fall.move(share, `loss ${losses[net]}`, `Loss of ${name}: ${
        loss[net][0].toFixed(2)} at first, now ${losses[net]}, ${
        loss[net].at(-1).toFixed(2)} in the end`);
      rise.move(share, `mean IoU ${means[net]}`, `Mean IoU of ${name}: ${
        mean(scores[net][0]).toFixed(2)} at first, now ${means[net]}, ${
        mean(scores[net].at(-1)).toFixed(2)} in the end`);
    });
    const when = share === 0 ? "Before the first step"
      : `After ${share} % of each training, ${listed(steps)} steps,`;
    const said = nets.map((name, net) => `${name}${
      net ? `, which began where ${nets[net - 1]} ended,` : ""} finds ${
      found(now[net], classes)}: mean IoU ${means[net]}.`);
    view.say(`${when} ${said.join(" ")} (Found: IoU ≥ 0.5.)`);
    const numbers = nets.map((name, net) => `${losses[net]} (${name})`);
    view.formula(`loss = − Σ w · log p(true class) / Σ w${
      share ? ` = ${numbers.join(", ")}` : ""}`);
    view.code(
      "loss = F.cross_entropy(net(x), y, weight, ignore_index=255)\n"
      + "optimizer.zero_grad(); loss.backward(); optimizer.step()  # "
      + `step ${steps[0]} of ${totals[0]}\n`
      + `net = FCN16s.from_fcn32s(net)  # after ${totals[0]}: the next net`,
    );
  };
  const leave = follow(model, ["share"], draw);
  return () => { walk.stop(); leave(); };
}

export default { render };
