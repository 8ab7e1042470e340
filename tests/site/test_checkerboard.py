"""How often outputs are painted: the figure, in Python and in a page."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from traitlets import TraitError

from fcn_lib.widgets.checkerboard import (
    INPUTS,
    KERNELS,
    STRIDES,
    Checkerboard,
)

ALL = list(itertools.product(STRIDES, KERNELS))


def painted(n, stride, kernel):
    """Count in two dimensions, with PyTorch."""
    ones = torch.ones(1, 1, n, n), torch.ones(1, 1, kernel, kernel)
    return F.conv_transpose2d(*ones, stride=stride)[0, 0].int()


def in_a_row(n, stride, kernel):
    """Count in one dimension."""
    ones = torch.ones(1, 1, n), torch.ones(1, 1, kernel)
    return F.conv_transpose1d(*ones, stride=stride)[0, 0].int()


def sentence(page) -> str:
    return page.locator(".ep-sentence").inner_text()


def test_repr_names_the_settings():
    figure = Checkerboard(kernel=4)
    assert repr(figure) == "Checkerboard(stride=2, kernel=4, marked=3)"
    assert figure.alt


@pytest.mark.parametrize(
    "wrong", [{"stride": 0}, {"kernel": 13}, {"marked": 14}, {"kernel": "x"}]
)
def test_python_refuses_what_is_out_of_range(wrong):
    with pytest.raises(TraitError):
        Checkerboard(**wrong)


def test_counts_are_those_of_pytorch(maths):
    call = maths(Checkerboard)
    for stride, kernel in ALL:
        n = call("inputs", stride)
        expected = painted(n, stride, kernel)
        row = call("counts", n, stride, kernel)
        assert call("product", row) == expected.flatten().tolist()
        assert row == in_a_row(n, stride, kernel).tolist()
        assert n <= INPUTS


def test_even_exactly_when_the_stride_divides_the_kernel(maths):
    call = maths(Checkerboard)
    for stride, kernel in ALL:
        # far from both ends: a whole turn, from a multiple of the stride
        row = in_a_row(30, stride, kernel)[15 * stride : 16 * stride].tolist()
        assert call("cycle", stride, kernel) == row
        even = len(set(row)) == 1
        assert even == (kernel % stride == 0)
        words = call("sentence", stride, kernel, 0)
        assert words.startswith("Even" if even else "Uneven")


def test_inner_is_where_more_inputs_would_change_nothing(maths):
    call = maths(Checkerboard)
    for stride, kernel in ALL:
        n = call("inputs", stride)
        first, last = call("inner", n, stride, kernel)
        # the same outputs of a row that goes on for ten inputs at each end
        here, wide = (in_a_row(m, stride, kernel) for m in (n, n + 20))
        more = wide[10 * stride :][: len(here)]
        same = (here == more).nonzero().flatten().tolist()
        assert same == list(range(first, last))
        assert last - first >= min(2 * stride, len(here))


def test_default_is_uneven_and_keys_make_it_even(mount):
    page = mount(Checkerboard())
    assert sentence(page).startswith("Uneven: away from the rim the outputs")
    assert "2, 1, 2, 1, … times" in sentence(page)
    assert "1, 2 or 4" in sentence(page)
    page.get_by_label("Kernel").press("ArrowRight")
    assert "every output is painted twice" in sentence(page)
    assert "2 × 2 = 4" in sentence(page)
    assert "torch.ones(1, 1, 4, 4), stride=2" in page.inner_text(".ep-code")
    formula = page.inner_text(".ep-formula")
    assert formula.startswith("(8 − 1) · 2 + 4 = 18 outputs")


def test_line_of_code_makes_the_map(mount):
    page = mount(Checkerboard(stride=3, kernel=5))
    y = eval(page.inner_text(".ep-code"), {"F": F, "torch": torch})
    size = y.shape[-1]
    assert page.locator("figcaption").last.inner_text() == (
        f"In a map: {size} × {size} outputs"
    )
    row = y[0, 0].amin(dim=0).int().tolist()  # that of the outermost row
    label = page.locator(".ep-cb-map").get_attribute("aria-label")
    assert label.endswith(", ".join(map(str, row)))
    cells = page.locator(".ep-cb-cells text").all_text_contents()
    assert cells == [str(count) for count in row]


def test_click_and_touch_mark_a_brush(mount):
    page = mount(Checkerboard(), has_touch=True)
    row = page.locator(".ep-cb-row")
    box = row.bounding_box()
    assert "Input 3 (thick frame) paints outputs 6 to 8" in sentence(page)
    row.click(position={"x": 4, "y": 20})
    assert "Input 0 (thick frame) paints outputs 0 to 2" in sentence(page)
    row.tap(position={"x": box["width"] * 9.5 / 17, "y": 60})
    assert "Input 4 (thick frame) paints outputs 8 to 10" in sentence(page)
    page.get_by_label("Input").press("End")
    assert "Input 7 (thick frame) paints outputs 14 to 16" in sentence(page)


def test_fewer_inputs_mark_the_last(mount):
    page = mount(Checkerboard(marked=7))
    page.get_by_label("Stride").press("End")
    assert "Input 3 (thick frame) paints outputs 18 to 20" in sentence(page)
    assert page.get_by_label("Input").input_value() == "3"
    page.get_by_label("Input").press("ArrowLeft")
    assert "Input 2" in sentence(page)


@pytest.mark.parametrize(
    "wrong",
    [{"stride": 0}, {"kernel": float("nan")}, {"marked": "x"}],
)
def test_bad_value_gives_a_message(mount, wrong):
    page = mount(Checkerboard(), **wrong)
    (name,) = wrong
    assert name in page.inner_text(".ep-message")
    assert sentence(page) == ""
    label = "Input" if name == "marked" else name.capitalize()
    for key in "End", "Home":
        page.get_by_label(label).press(key)
    assert page.inner_text(".ep-message") == ""
    assert "Input" in sentence(page)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_figure_has_no_barriers(mount, barriers, color_scheme):
    page = mount(Checkerboard(), viewport={"width": 360, "height": 700})
    page.evaluate(
        "mode => { document.documentElement.dataset.theme = mode; }",
        color_scheme,
    )
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
