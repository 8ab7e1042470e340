// A recording to move about in: for each combination of values there is what
// Python returned, a picture or a text or both.
import {
  choice, follow, frame, h, picture, refusal, slider, tell, toggle,
} from "./lib.js";

// Where the answer for some values lies; the last choice runs fastest.
export function place(choices, values) {
  return choices.reduce((sum, [name, all]) =>
    sum * all.length + all.indexOf(values[name]), 0);
}

// A value as Python writes it.
export function python(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

// What is wrong with the values of a model, or "".
export function fault(choices, values) {
  for (const [name, all] of choices) {
    const value = values?.[name];
    if (!all.includes(value)) {
      return refusal(name, value, `one of ${all.map(python).join(", ")}`);
    }
  }
  return "";
}

// "size_of_input" is read as "size of input", "class_" as "class".
const words = (name) => name.replaceAll("_", " ").trim();
const first = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function control([name, all], value, act) {
  const label = first(words(name));
  if (typeof all[0] === "boolean") return toggle({ label, value, act });
  if (typeof all[0] === "number") {
    return slider({ label, values: all, value, act });
  }
  const options = all.map((text) => [text, text]);
  return choice({ label, options, value, act });
}

// "stride 16, class road"
function told(choices, values) {
  return choices.map(([name]) => {
    const value = values[name];
    if (typeof value !== "boolean") return `${words(name)} ${value}`;
    return value ? `with ${words(name)}` : `without ${words(name)}`;
  }).join(", ");
}

async function render({ model, el }) {
  const choices = model.get("choices");
  const texts = model.get("texts");
  const files = model.get("pictures");
  const view = frame(el, model.get("title"));
  let good = Object.fromEntries(choices.map(([name, all]) => [name, all[0]]));
  const act = (name) => (value) =>
    tell(model, "values", { ...good, [name]: value });
  const controls = choices.map((one) => control(one, one[1][0], act(one[0])));
  view.controls.append(...controls.map((one) => one.el));
  const wall = h("div", { class: "ep-shown" });
  if (files.length) view.stage.append(wall);
  else view.stage.hidden = true;

  // all of them at once, so that none is awaited when a slider moves
  const images = files.map((file) => picture(file, ""));
  await Promise.all(images.map((image) => image.decode()));

  const draw = () => {
    const values = model.get("values");
    const wrong = fault(choices, values);
    view.warn(wrong);
    if (wrong) return;
    good = values;
    choices.forEach(([name], i) => controls[i].set(values[name]));
    const at = place(choices, values);
    const now = first(told(choices, values));
    if (files.length) {
      images[at].alt = now;
      wall.replaceChildren(images[at]);
    }
    view.say(texts[at] ? `${now}: ${texts[at]}` : `${now}.`);
    const given = choices.map(([name]) => `${name}=${python(values[name])}`);
    view.code(`${model.get("called")}(${given.join(", ")})`);
  };
  return follow(model, ["values"], draw);
}

export default { render };
