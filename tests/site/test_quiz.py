"""Questions with a reason for every answer: in Python, a page, the book."""

import ast
import math
from pathlib import Path

import pytest
from playwright.sync_api import expect
from said import sentence
from traitlets import TraitError

from contents import toc_stems
from fcn_lib.widgets import quiz as module
from fcn_lib.widgets.quiz import Choice, Number, Quiz
from notebooks import code_cells, from_text, tags, text_path

ROOT = Path(__file__).parents[2]
STEMS = toc_stems(ROOT)
HEADING = "## Check yourself"
WORD = Choice(
    "Does `mean` keep the place?",
    right=("No.", "It adds all cells up."),
    wrong=[("Yes.", "It gives one number."), ("At the rim.", "Not there.")],
)
SIZE = Number(
    "How high?",
    right=2.5,
    why="Half of five.",
    wrong={5: "That is all of it.", -1: "Below the ground?"},
    otherwise="Halve five.",
    unit="metres",
    tolerance=0.05,
)


@pytest.fixture(scope="module")
def figure():
    return Quiz(WORD, SIZE)


def verdict(page, index: int):
    return page.locator(".ep-verdict").nth(index)


def test_repr_names_the_answers(figure):
    assert repr(figure) == "Quiz(answers=[[], []])"
    given = Quiz(WORD, SIZE, answers=[["No."], [5]])
    assert repr(given) == "Quiz(answers=[['No.'], [5]])"


def test_check_explains_every_answer(figure):
    assert figure.check(0, "No.") == (True, "It adds all cells up.")
    assert figure.check(0, "Yes.") == (False, "It gives one number.")
    assert figure.check(1, 2.54) == (True, "Half of five.")
    assert figure.check(1, 2.56) == (False, "Halve five.")
    assert figure.check(1, 5) == (False, "That is all of it.")


def test_order_is_mixed_but_fixed():
    def order(right: str, wrong: list[str]) -> list[str]:
        ask = Choice("?", right=(right, "x"), wrong=[(w, "x") for w in wrong])
        return [text for text, _, _ in ask.state()["options"]]

    assert order("a", ["b", "c", "d"]) == order("d", ["a", "c", "b"])
    texts = map(str, range(60))
    first = [order(n, [f"{n}x", f"{n}y"])[0] == n for n in texts]
    assert 10 < sum(first) < 30  # one in three, about


PAIR = ("a", "why")
NUMBER = {"why": "w", "wrong": {1: "w"}, "otherwise": "o"}


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Choice("?", right=PAIR, wrong=[]), "needs a wrong answer"),
        (lambda: Choice("?", right=PAIR, wrong=[("a ", "b")]), "two answers"),
        (lambda: Choice("?", right=PAIR, wrong=[("b", " ")]), "of 'b'"),
        (lambda: Choice("?", right=PAIR, wrong=["no"]), "no pair"),
        (lambda: Choice(" ", right=PAIR, wrong=[("b", "b")]), "question"),
        (lambda: Number("?", right=math.nan, **NUMBER), "finite"),
        (lambda: Number("?", right="2", **NUMBER), "finite"),
        (lambda: Number("?", right=1, **NUMBER), "counts as right"),
        (lambda: Number("?", right=2, tolerance=-1, **NUMBER), "0 or more"),
        (lambda: Number("?", right=2, **NUMBER | {"wrong": {}}), "needs a"),
        (lambda: Number("?", right=2, **NUMBER | {"why": ""}), "explanation"),
        (lambda: Number("?", right=2, **NUMBER | {"wrong": {3: ""}}), "of 3"),
        (
            lambda: Number(
                "?", right=9, why="w", wrong={3: "w", 3.5: "w"}, otherwise="o",
                tolerance=0.5,
            ),
            "3.5 cannot be told from 3",
        ),
        (lambda: Quiz(), "needs a question"),
        (lambda: Quiz(WORD).check(0, "Maybe."), "none of"),
        (lambda: Quiz(SIZE).check(0, math.inf), "finite"),
    ],
)
def test_python_says_what_is_wrong(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("wrong", [[[]], [["?"], []], [[], [math.nan]]])
def test_python_refuses_impossible_answers(wrong):
    with pytest.raises(TraitError, match="answers"):
        Quiz(WORD, SIZE, answers=wrong)


def test_script_reads_plain_numbers_only(maths):
    call = maths(Quiz)
    good = {"5": 5, " 2,5 ": 2.5, "-.5": -0.5, "−3": -3, "+7.": 7, "007": 7}
    for text, value in good.items():
        assert call("read", text) == value
    for text in "", " ", "x", "1/3", "1.2.3", "1.000,5", "NaN", "1e3", "5 m":
        assert math.isnan(call("read", text))
    assert math.isnan(call("read", "9" * 400))


def test_script_judges_as_python_does(maths):
    call = maths(Quiz)
    third = {"right": 1 / 3, "tolerance": 0.01, "unit": "", **NUMBER}
    for ask in SIZE, Number("?", **third), Number("?", right=10**6, **NUMBER):
        steps = -0.06, -0.05, -0.01, 0, 1e-12, 0.01, 0.05, 0.051, 1
        answers = [a + step for a in (ask.right, *ask.wrong) for step in steps]
        found = call.each("judge", [(ask.state(), a) for a in answers])
        for answer, got in zip(answers, found, strict=True):
            assert got == list(ask.check(answer)), (ask, answer)
    for answer in "No.", "Yes.", "At the rim.":
        assert call("judge", WORD.state(), answer) == list(WORD.check(answer))
    assert call("judge", WORD.state(), "x") is None
    assert call("judge", SIZE.state(), "2.5") is None


def test_wrong_answer_is_explained_and_may_be_tried_again(mount, figure):
    page = mount(figure, has_touch=True)
    assert sentence(page) == "0 of 2 answered."
    expect(page.locator(".ep-code")).to_be_hidden()  # there is none
    group = page.get_by_role("group", name="1. Does mean keep the place?")
    group.get_by_role("button", name="Yes.").tap()
    assert verdict(page, 0).inner_text() == "Not quite. It gives one number."
    tried = group.get_by_role("button", name="tried, wrong: Yes.")
    expect(tried).to_be_visible()
    group.get_by_role("button", name="No.").click()
    assert verdict(page, 0).inner_text() == "Right. It adds all cells up."
    assert sentence(page) == "1 of 2 answered."
    expect(tried).to_be_visible()
    # one may still read about the others; it stays answered
    group.get_by_role("button", name="At the rim.").click()
    assert verdict(page, 0).inner_text() == "Not quite. Not there."
    assert sentence(page) == "1 of 2 answered."


def test_keys_answer_everything(mount, figure):
    page = mount(figure)
    page.get_by_role("button", name="No.").focus()
    page.keyboard.press("Enter")
    assert verdict(page, 0).inner_text().startswith("Right.")
    field = page.get_by_label("Answer in metres")
    field.focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    assert verdict(page, 1).inner_text() == "Not 5. That is all of it."
    field.fill("2,52")
    page.keyboard.press("Enter")
    assert verdict(page, 1).inner_text() == "Right. Half of five."
    assert sentence(page) == "2 of 2 answered."
    state = page.evaluate("document.activeElement.tagName")
    assert state == "INPUT"


# which verdicts change, in their order
WATCH = """() => {
  window.changed = [];
  document.querySelectorAll(".ep-verdict").forEach((el, i) => {
    const note = (all) => all.forEach(() => changed.push(i));
    new MutationObserver(note).observe(el, { childList: true });
  });
}"""


def test_a_verdict_is_read_aloud_once(mount, figure):
    page = mount(figure, answers=[["Yes."], []])
    page.evaluate(WATCH)
    field = page.get_by_label("Answer in metres")
    field.fill("5")
    field.press("Enter")
    assert page.evaluate("changed") == [1]
    field.press("Enter")  # the same number once more
    page.get_by_role("button", name="Yes.").click()
    assert page.evaluate("changed") == [1]
    page.get_by_role("button", name="At the rim.").click()
    assert page.evaluate("changed") == [1, 0]


def test_what_is_no_number_gives_a_message(mount, figure):
    page = mount(figure, answers=[[], [5]])
    for typed in "", "abc", "1/3", "NaN":
        no_number(page, typed)


def no_number(page, typed):
    field = page.get_by_label("Answer in metres")
    field.fill(typed)
    page.get_by_role("button", name="Check").click()
    message = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert "not a number" in message.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    # what is being typed stays while another question is answered
    for answer in "Yes.", "At the rim.":
        page.get_by_role("button", name=answer).click()
    assert field.input_value() == typed
    assert "not a number" in message.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    # the same number once more: nothing is new but the message goes
    field.fill("5")
    field.press("Enter")
    assert verdict(page, 1).inner_text() == "Not 5. That is all of it."
    assert field.get_attribute("aria-invalid") is None


def test_message_goes_also_where_an_equal_value_is_no_change(mount, figure):
    page = mount(figure)
    page.evaluate(
        """async ([text, state]) => {
          const blob = new Blob([text], { type: "text/javascript" });
          const { default: made } = await import(URL.createObjectURL(blob));
          const heard = [];
          const model = {  // compares as the model of Jupyter does
            get: (key) => state[key],
            set: (key, value) => {
              if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
              state[key] = value;
              heard.forEach((act) => act());
            },
            on: (event, act) => heard.push(act),
            save_changes: () => {},
          };
          await made.render({ model, el: document.querySelector("main") });
        }""",
        [
            figure._esm,
            {
                "questions": figure.questions,
                "answers": [[], [5]],
                "title": "Q",
            },
        ],
    )
    field = page.get_by_label("Answer in metres")
    for typed, words in ("x", "not a number"), ("5", "Not 5. That is all"):
        field.fill(typed)
        field.press("Enter")
        assert words in verdict(page, 1).inner_text()


def test_bad_value_gives_a_message(warns, figure):
    wrong = "x", None, [[]], [["?"], []], [[], ["2"]], [[], [float("nan")]]
    page = warns(figure, *(("answers", w, "answers", "No.") for w in wrong))
    assert sentence(page) == "1 of 2 answered."


def test_figure_has_no_barriers(looks_well, figure):
    page = looks_well(figure, answers=[["Yes.", "No."], [5]])
    buttons = page.get_by_role("button").all()
    assert buttons
    for button in buttons:
        assert button.bounding_box()["height"] >= 24


# ---- the questions of the book ----


def quiz_cell(stem: str):
    """Find the one cell of a chapter that makes a quiz."""
    cells = code_cells(from_text(ROOT, stem))
    (cell,) = [cell for cell in cells if "Quiz(\n" in cell.source]
    return cell, cells[0]


def written(stem: str) -> Quiz:
    """Make a chapter's quiz: run its cell, and the imports it needs only."""
    cell, head = quiz_cell(stem)
    tree = ast.parse(cell.source)
    names = {node.id for node in ast.walk(tree) if type(node) is ast.Name}
    scope = {}
    for node in ast.parse(head.source).body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if getattr(node, "module", "") == "fcn_lib.widgets":
            # its other figures have their own tests
            scope |= {
                alias.name: getattr(module, alias.name)
                for alias in node.names
                if hasattr(module, alias.name)
            }
        elif names & {alias.asname or alias.name for alias in node.names}:
            exec(ast.unparse(node), scope)
    *first, last = tree.body
    exec(compile(ast.Module(first, []), stem, "exec"), scope)
    return eval(ast.unparse(last), scope)


@pytest.mark.parametrize("stem", STEMS)
def test_chapter_asks_between_summary_and_exercises(stem):
    cell, _ = quiz_cell(stem)
    assert tags(cell) == ["hide-input"]
    text = text_path(ROOT, stem).read_text("utf-8")
    places = [text.index(part) for part in (
        "\n## What we saw\n", f"\n{HEADING}\n", "Quiz(\n", "\n## Exercises\n",
    )]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.parametrize("stem", STEMS)
def test_every_answer_of_a_chapter_has_a_reason_of_its_own(stem, maths):
    quiz, call = written(stem), maths(Quiz)
    assert len(quiz.asked) == 3
    assert len({ask.question for ask in quiz.asked}) == 3
    for index, ask in enumerate(quiz.asked):
        state = quiz.questions[index]
        if isinstance(ask, Choice):
            answers = [text for text, _, _ in state["options"]]
            assert len(answers) >= 3
        else:
            answers = [ask.right, *ask.wrong, 1e6 + ask.right]
        found = [quiz.check(index, answer) for answer in answers]
        assert sum(right for right, _ in found) == 1
        assert len({why for _, why in found}) == len(answers)
        assert [call("judge", state, a) for a in answers] == [
            list(one) for one in found
        ]


def test_right_answer_stands_in_no_fixed_place():
    places = [
        [right for _, _, right in state["options"]].index(True)
        for stem in STEMS
        for state in written(stem).questions
        if "options" in state
    ]
    assert len(places) >= 12
    assert max(map(places.count, places)) <= 0.6 * len(places)
