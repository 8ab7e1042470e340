// Questions to check oneself with: each answer gets its explanation, and may
// be followed by another. Nothing leaves the page.
import {
  follow, frame, h, refusal, tell, unique,
} from "./lib.js";

// A plain number, with a decimal point or comma; all else is NaN.
export function read(text) {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

// [right or not, why], as `check` in Python; null if it is no answer here.
export function judge(question, answer) {
  if (question.options) {
    const option = question.options.find(([text]) => text === answer);
    return option ? [option[2], option[1]] : null;
  }
  if (!Number.isFinite(answer)) return null;
  const { right, why, wrong, otherwise, tolerance } = question;
  const near = (value) => Math.abs(answer - value)
    <= tolerance + 1e-9 * Math.max(1, Math.abs(value));
  if (near(right)) return [true, why];
  return [false, wrong.find(([value]) => near(value))?.[1] ?? otherwise];
}

// What is wrong with the answers of a model, or "".
export function fault(questions, answers) {
  const lists = Array.isArray(answers) && answers.every(Array.isArray);
  if (!lists || answers.length !== questions.length) {
    const wish = `a list of ${questions.length} lists, one for each question`;
    return refusal("answers", answers, wish);
  }
  for (const [i, given] of answers.entries()) {
    const odd = given.findIndex((answer) => !judge(questions[i], answer));
    if (odd >= 0) {
      return `answers has ${JSON.stringify(given[odd])}, which question ${
        i + 1} cannot be answered with.`;
    }
  }
  return "";
}

// `x` becomes code.
const rich = (text) => text.split("`").map(
  (part, i) => (i % 2 ? h("code", {}, part) : part),
);

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// Where it is said how good an answer was. Words that stand there stay: a
// screen reader would read them once more if they were set again.
function verdict() {
  const el = h("p", {
    class: "ep-verdict", role: "status", "aria-live": "polite",
    id: unique("verdict"),
  });
  let said = [];
  const say = (...words) => {
    if (same(words, said)) return;
    said = words;
    const [kind, head, text] = words;
    el.dataset.kind = kind;
    el.replaceChildren(h("strong", {}, head), " ", ...rich(text));
  };
  const clear = () => {
    said = [];
    el.replaceChildren();
  };
  return { el, say, clear };
}

// Buttons, one for each option; those tried are marked.
function options({ options: all }, give) {
  const marks = new Map();
  const el = h("div", { class: "ep-options" }, all.map(([text]) => {
    const mark = h("span", { class: "ep-mark" });
    marks.set(text, mark);
    return h(
      "button",
      { type: "button", class: "ep-option", onclick: () => give(text) },
      mark, h("span", {}, rich(text)),
    );
  }));
  const draw = (given) => {
    for (const [text, , right] of all) {
      const tried = given.includes(text);
      const mark = marks.get(text);
      mark.textContent = tried ? (right ? "✓" : "✗") : "";
      if (!tried) mark.removeAttribute("role");
      else mark.setAttribute("role", "img");
      if (!tried) mark.removeAttribute("aria-label");
      else mark.setAttribute("aria-label", right ? "right:" : "tried, wrong:");
      mark.parentNode.dataset.kind = tried ? (right ? "right" : "wrong") : "";
    }
  };
  return { el, draw, named: () => "" };
}

// A field for a number, and a button. What is said about it stands in the
// element that `told` names.
function field({ unit }, give, told) {
  const input = h("input", {
    type: "text", inputmode: "decimal", autocomplete: "off",
    "aria-describedby": told,
  });
  const el = h(
    "form",
    {
      class: "ep-field", novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        give(read(input.value), input.value);
      },
    },
    h("label", {}, unit ? `Answer in ${unit}` : "Answer", input),
    h("button", { type: "submit", class: "ep-button" }, "Check"),
  );
  const draw = (given) => {
    const answer = given.at(-1);
    // "2,50" stays as it was typed
    if (read(input.value) !== answer) input.value = answer ?? "";
    input.removeAttribute("aria-invalid");
  };
  const refuse = () => input.setAttribute("aria-invalid", "true");
  return { el, draw, refuse, named: (answer) => ` ${answer}` };
}

// One question: `give(answer)` is called with an answer that can be judged.
function block(question, number, give) {
  const result = verdict();
  const form = (question.options ? options : field)(
    question, (answer, typed) => {
      if (judge(question, answer)) return give(answer);
      const what = typed.trim() ? `“${typed.trim()}” is` : "Nothing is";
      form.refuse();
      result.say(
        "odd", `${what} not a number.`, "Write digits, such as 12 or 0.5.",
      );
    }, result.el.id,
  );
  const el = h(
    "fieldset", { class: "ep-question" },
    h("legend", {}, `${number}. `, ...rich(question.question)),
    form.el, result.el,
  );
  const draw = (given) => {
    form.draw(given);
    if (!given.length) return result.clear();
    const answer = given.at(-1);
    const [right, why] = judge(question, answer);
    const named = form.named(answer);
    const wrong = named ? `Not${named}.` : "Not quite.";
    result.say(right ? "right" : "wrong", right ? "Right." : wrong, why);
  };
  return { el, draw };
}

function render({ model, el }) {
  const questions = model.get("questions");
  const view = frame(el, model.get("title"));
  let good = questions.map(() => []); // the answers that are drawn
  const give = (index, answer) => {
    const next = good.map((given, i) => (i !== index ? given
      : [...given.filter((other) => other !== answer), answer]));
    tell(model, "answers", next);
    // the same answer again changes nothing, but clears a message
    blocks[index].draw(good[index]);
  };
  const blocks = questions.map((question, i) => block(
    question, i + 1, (answer) => give(i, answer),
  ));
  view.stage.append(...blocks.map((one) => one.el));

  const draw = () => {
    const answers = model.get("answers");
    const wrong = fault(questions, answers);
    view.warn(wrong);
    if (wrong) return;
    const before = good;
    good = answers;
    // the others keep what is being typed there, and what is said about it
    blocks.forEach((one, i) => {
      if (!same(before[i], answers[i])) one.draw(answers[i]);
    });
    const done = answers.filter((given, i) => given.some(
      (answer) => judge(questions[i], answer)[0],
    )).length;
    view.say(`${done} of ${questions.length} answered.`);
  };
  return follow(model, ["answers"], draw);
}

export default { render };
