"""Recordings to move about in: what Python returned is what a page shows."""

import io
import itertools

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure as Drawing
from PIL import Image
from playwright.sync_api import expect
from said import sentence
from traitlets import TraitError

from fcn_lib.stride import conv_size
from fcn_lib.widgets.explore import MOST_BYTES, Explorer, explore

CHOICES = {"stride": [1, 2, 4], "cut_off": [False, True], "kind": ["a", "b"]}


def measured(stride, cut_off, kind):
    """Return a flat picture, and the size that PyTorch makes of 9 rows."""
    x = torch.zeros(1, 1, 9, 9)
    pool = torch.nn.MaxPool2d(1, stride, ceil_mode=not cut_off)
    rows = pool(x).shape[2]
    shade = 40 * stride + 20 * cut_off + 10 * (kind == "b")
    return np.full((4, 6, 3), shade, np.uint8), f"{rows} rows."


@pytest.fixture(scope="module")
def figure():
    return explore(measured, alt="A flat picture.", **CHOICES)


def shade(page) -> int:
    """Read the grey of the picture that is seen."""
    expect(page.locator(".ep-picture")).to_have_count(1)
    shot = page.locator(".ep-picture").screenshot()
    image = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))
    return int(image[image.shape[0] // 2, image.shape[1] // 2, 0])


def test_repr_names_the_values(figure):
    told = "Explorer(values={'stride': 1, 'cut_off': False, 'kind': 'a'})"
    assert repr(figure) == told
    start = {"stride": 4}
    moved = explore(measured, alt="A.", start=start, **CHOICES)
    assert moved.values == figure.values | start


def test_every_combination_is_recorded_in_the_order_of_the_script(
    maths, figure
):
    call = maths(Explorer)
    places = list(itertools.product(*CHOICES.values()))
    assert len(figure.texts) == len(figure.pictures) == len(places)
    for row in places:
        values = dict(zip(CHOICES, row, strict=True))
        at = call("place", figure.choices, values)
        picture, text = measured(**values)
        assert figure.texts[at] == text
        stored = Image.open(io.BytesIO(figure.pictures[at])).convert("RGB")
        assert (np.asarray(stored) == picture).all()


def test_script_writes_values_as_python_reads_them(maths):
    call = maths(Explorer)
    for value in True, False, 3, 0.5, -2, 1e-7, 'say "a"', "ä\\n":
        assert eval(call("python", value)) == value


@pytest.mark.parametrize("kind", ["array", "tensor", "PIL", "matplotlib"])
def test_pictures_of_all_kinds(kind):
    def render(n):
        gray = np.full((3, 5, 3), 10 * n, np.uint8)
        drawing = Drawing((0.05, 0.03), dpi=100, facecolor="none")
        return {
            "array": gray, "tensor": torch.from_numpy(gray),
            "PIL": Image.fromarray(gray), "matplotlib": drawing,
        }[kind]  # fmt: skip

    made = explore(render, n=np.arange(1, 3), alt="Grey.")
    image = np.asarray(Image.open(io.BytesIO(made.pictures[1])).convert("RGB"))
    assert image.shape == (3, 5, 3) and made.texts == ["", ""]
    assert (image == (255 if kind == "matplotlib" else 20)).all()
    assert made.values == {"n": 1} and type(made.values["n"]) is int


def text(**values) -> str:
    return "x"


def noise(n):
    return np.random.default_rng(n).integers(
        256, size=(150, 150, 3), dtype="B"
    )


@pytest.mark.parametrize(
    "render, choices, words",
    [
        (text, {"a": range(8), "b": range(8)}, "8 × 8: 64 states"),
        (text, {}, "no choices"),
        (text, {"a": [1]}, "two or more"),
        (text, {"a": [1, 1.0]}, "all different"),
        (text, {"a": [1, "b"]}, "numbers only"),
        (text, {"a": [True, 2]}, "numbers only"),
        (text, {"a": [None, None]}, "numbers only"),
        (text, {"a": "abc"}, "list of values"),
        (text, {"a": [1, float("nan")]}, "finite"),
        (noise, {"n": range(20)}, r"20 states take \d+ kB, more than 300"),
        (lambda n: np.zeros((2, 2, 3)), {"n": [1, 2]}, "float64"),
        (lambda n: np.zeros((2, 2), "B"), {"n": [1, 2]}, r"\(2, 2\)"),
        (lambda n: None, {"n": [1, 2]}, "must be a picture"),
        (
            lambda n: "x" if n == 1 else noise(n)[:9],
            {"n": [1, 2]},
            "picture for {'n': 2} but none for {'n': 1}",
        ),
    ],
)
def test_python_says_what_is_wrong(render, choices, words):
    with pytest.raises(ValueError, match=words):
        explore(render, alt="A.", **choices)


def test_sixty_states_are_recorded_and_a_larger_number_is_never_computed():
    calls = []

    def render(a, b):
        calls.append((a, b))
        return str(a * b)

    assert len(explore(render, a=range(6), b=range(10), alt="0.").texts) == 60
    with pytest.raises(ValueError, match="61 states"):
        explore(lambda a: calls.append(a), a=range(61), alt="0.")
    assert len(calls) == 60
    with pytest.raises(ValueError, match="alt is empty"):
        explore(render, a=[1, 2], b=[1, 2], alt=" ")
    assert MOST_BYTES == 300_000


@pytest.mark.parametrize(
    "wrong", [{"stride": 3}, {"stride": True}, {"kind": 1}, {"other": 1}]
)
def test_python_refuses_what_was_not_recorded(figure, wrong):
    with pytest.raises(TraitError, match=next(iter(wrong))):
        figure.values = figure.values | wrong
    with pytest.raises(TraitError, match=next(iter(wrong))):
        explore(measured, alt="A.", start=wrong, **CHOICES)


def test_keys_move_through_the_recording(mount, figure):
    page = mount(figure)
    assert sentence(page) == "Stride 1, without cut off, kind a: 9 rows."
    assert shade(page) == 40
    page.get_by_label("Stride").focus()
    page.keyboard.press("End")
    rows = conv_size(9, kernel=1, stride=4, ceil_mode=True)
    assert sentence(page).startswith("Stride 4, without cut off, kind a: ")
    assert sentence(page).endswith(f": {rows} rows.")
    assert shade(page) == 160
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert sentence(page).startswith("Stride 4, with cut off, kind b: ")
    assert shade(page) == 190
    code = page.locator(".ep-code").inner_text()
    assert code == 'measured(stride=4, cut_off=True, kind="b")'
    assert measured(stride=4, cut_off=True, kind="b")[1] in sentence(page)


def test_click_and_touch_move_through_the_recording(mount, figure):
    page = mount(figure, has_touch=True)
    page.get_by_label("Cut off").tap()
    page.get_by_text("b", exact=True).click()
    assert sentence(page) == "Stride 1, with cut off, kind b: 9 rows."
    assert shade(page) == 70
    assert page.get_by_role("img").get_attribute("alt").endswith("kind b")


def test_texts_need_no_stage_and_pictures_no_text(mount):
    def power(n):
        return f"{n} squared is {n * n}."

    page = mount(explore(power, n=[0.5, 2], alt="A quarter.", title="Powers"))
    assert page.locator(".ep-title").inner_text() == "Powers"
    assert sentence(page) == "N 0.5: 0.5 squared is 0.25."
    assert page.locator(".ep-stage").is_hidden()
    page = mount(explore(lambda n: noise(n)[:9], n=[1, 2], alt="Noise."))
    assert sentence(page) == "N 1."
    assert page.locator(".ep-code").inner_text() == "render(n=1)"


def test_bad_value_gives_a_message(warns, figure):
    wrong = (
        {"stride": 3},
        {"stride": float("nan")},
        {"kind": "x"},
        {"cut_off": 1},
    )
    warns(
        figure,
        *(
            ("values", figure.values | one, next(iter(one)), "Stride")
            for one in wrong
        ),
    )


def test_figure_has_no_barriers(looks_well, figure):
    looks_well(figure)
