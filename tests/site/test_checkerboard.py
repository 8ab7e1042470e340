"""How often outputs are painted: the figure, in Python and in a page."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from said import sentence
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


def inputs(each) -> list[int]:
    return each("inputs", [[stride] for stride, _ in ALL])


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
    each = maths(Checkerboard).each
    sizes = inputs(each)
    rows = each(
        "counts", [(n, *one) for n, one in zip(sizes, ALL, strict=True)]
    )
    maps = each("product", [[row] for row in rows])
    assert max(sizes) <= INPUTS
    for n, one, row, whole in zip(sizes, ALL, rows, maps, strict=True):
        assert whole == painted(n, *one).flatten().tolist()
        assert row == in_a_row(n, *one).tolist()


def test_even_exactly_when_the_stride_divides_the_kernel(maths):
    each = maths(Checkerboard).each
    cycles = each("cycle", ALL)
    told = each("sentence", [(*one, 0) for one in ALL])
    for (stride, kernel), cycle, words in zip(ALL, cycles, told, strict=True):
        # far from both ends: a whole turn, from a multiple of the stride
        row = in_a_row(30, stride, kernel)[15 * stride : 16 * stride].tolist()
        assert cycle == row
        even = len(set(row)) == 1
        assert even == (kernel % stride == 0)
        assert words.startswith("Even" if even else "Uneven")


def test_alt_follows_the_settings(maths):
    cycles = maths(Checkerboard).each("cycle", ALL)
    for (stride, kernel), cycle in zip(ALL, cycles, strict=True):
        alt = Checkerboard(stride=stride, kernel=kernel).alt
        assert f"a brush of width {kernel}, in steps of {stride}." in alt
        counts = sorted(set(cycle))
        times = " or ".join(map(str, counts))
        assert f"away from the rim {times} times." in alt
        pattern = "an even" if len(counts) == 1 else "a checked"
        assert alt.endswith(f" {pattern} pattern.")


def test_inner_is_where_more_inputs_would_change_nothing(maths):
    each = maths(Checkerboard).each
    sizes = inputs(each)
    ends = each(
        "inner", [(n, *one) for n, one in zip(sizes, ALL, strict=True)]
    )
    for n, (stride, kernel), (first, last) in zip(
        sizes, ALL, ends, strict=True
    ):
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


def test_bad_value_gives_a_message(warns):
    warns(
        Checkerboard(),
        ("stride", 0, "stride is 0", "Stride"),
        ("kernel", float("nan"), "kernel is NaN", "Kernel"),
        ("marked", "x", 'marked is "x"', "Input"),
    )


def test_figure_has_no_barriers(looks_well):
    looks_well(Checkerboard())
