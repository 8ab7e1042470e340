"""A transposed convolution in four views: the figure, in Python and a page."""

import re
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from said import sentence, warning
from traitlets import TraitError

from fcn_lib.widgets.transposed_conv import VIEWS, TransposedConv

SHAPES = list(product((1, 2, 3), repeat=2))
LARGE = {"rows": 4, "columns": 4, "kernel": 5, "padding": 1}
SETTINGS = list(product(range(1, 5), range(1, 6), range(4), range(4)))


@pytest.fixture(scope="module")
def figure():
    return TransposedConv()


def cells(page) -> list[list[str]]:
    rows = page.locator(".ep-row").all()
    return [row.locator(".ep-cell").all_inner_texts() for row in rows]


def transpose(x, w, stride, padding, extra):
    """Return PyTorch's answer, or None where it refuses."""
    x, w = (torch.tensor(t, dtype=torch.float64)[None, None] for t in (x, w))
    try:
        y = F.conv_transpose2d(x, w, None, stride, padding, extra)
    except RuntimeError:
        return None
    return y[0, 0].long().tolist()


def test_repr_names_the_settings(figure):
    assert repr(figure) == (
        "TransposedConv(view='zeros', rows=2, columns=3, kernel=3, stride=2, "
        "padding=0, output_padding=0, row=2, column=2)"
    )


@pytest.mark.parametrize(
    "wrong",
    [{"view": "fourth"}, {"rows": 0}, {"columns": 5}, {"kernel": 6},
     {"stride": 0}, {"padding": -1}, {"output_padding": 4}, {"row": 20},
     {"column": -1}],
)  # fmt: skip
def test_python_refuses_what_is_out_of_range(wrong):
    with pytest.raises(TraitError):
        TransposedConv(**wrong)


def test_python_refuses_settings_that_do_not_fit():
    for given in {}, {"alt": "A kernel."}:
        with pytest.raises(ValueError, match="output_padding must be from 0"):
            TransposedConv(output_padding=2, **given)
    with pytest.raises(ValueError, match="nothing is left"):
        TransposedConv(rows=1, padding=2)


def test_four_routes_equal_pytorch_everywhere(maths):
    call = maths(TransposedConv)
    draw = torch.Generator().manual_seed(0)
    cases, wanted = [], []
    for (rows, columns), (stride, k, *pads) in product(SHAPES, SETTINGS):
        x = torch.randint(-9, 10, (rows, columns), generator=draw).tolist()
        w = torch.randint(-9, 10, (k, k), generator=draw).tolist()
        how = {"stride": stride, "padding": pads[0], "extra": pads[1]}
        cases.append([x, w, how])
        wanted.append(transpose(x, w, stride, *pads))
    got = call("fourWays", cases)
    assert len(got) == 9 * 4 * 5 * 4 * 4
    for result, maps in zip(wanted, got, strict=True):
        assert maps == ([] if result is None else [result] * 4)


def test_what_meets_is_what_ones_count(maths):
    call = maths(TransposedConv)
    for stride, k, padding in product((1, 2, 3), (1, 3, 4), (0, 1)):
        how = {"stride": stride, "padding": padding, "extra": 0}
        x, w = call("input", 3, 2), call("kernelOf", k)
        ones = [[1] * 2] * 3, [[1] * k] * k
        counts = transpose(*ones, stride, padding, 0)
        if counts is None:
            continue
        result = transpose(x, w, stride, padding, 0)
        places = list(product(range(len(counts)), range(len(counts[0]))))
        found = call.each("meeting", [(*at, x, w, how) for at in places])
        for (r, c), met in zip(places, found, strict=True):
            assert len(met) == counts[r][c]
            total = sum(one["value"] * one["weight"] for one in met)
            assert total == result[r][c]


def test_numbers_of_the_figure_hide_nothing(maths):
    call = maths(TransposedConv)
    kernel = torch.tensor(call("kernelOf", 5))
    assert (kernel != 0).all()
    for k in 2, 3, 4, 5:  # a turned kernel must be seen to be turned
        assert not kernel[:k, :k].flip(0, 1).equal(kernel[:k, :k])
    assert call("input", 2, 3) == [[1, 2, 3], [4, 5, 6]]


def test_places_between_pixels_are_fractions(maths):
    call = maths(TransposedConv)
    read = [
        call("fraction", q, s)
        for q, s in [(3, 2), (0, 3), (-1, 4), (-4, 3), (6, 4), (-6, 3), (8, 3)]
    ]
    assert read == ["1½", "0", "−¼", "−1⅓", "1½", "−2", "2⅔"]


@pytest.mark.parametrize("view", VIEWS)
def test_first_sight_in_each_view(mount, figure, view):
    page = mount(figure, view=view)
    said = sentence(page)
    assert said.startswith("Output (2, 2) = 1·1 + 2·3 + 4·3 + 5·1 = 24.")
    assert page.locator(".ep-tc-now").inner_text() == "24"
    words = {
        "zeros": "4 pixels and 5 zeros lie under the turned kernel. Stride 2 "
        "stretches the input: it puts the pixels 2 apart. It is not the step "
        "of the filter",
        "fractional": "look at rows 1, ½, 0 and columns 1, ½, 0 of the input, "
        "and 4 of 9 find a pixel. For the next output they look 1/2",
        "scatter": "4 of 6 pixels paint this cell",
        "matrix": "Row 2·7 + 2 = 16 of Wᵀ holds entries for 4 of 6 pixels",
    }
    assert words[view] in said.replace("\xa0", " ")
    inputs = page.get_by_role("img", name="Input 1, 2, 3; 4, 5, 6")
    name = inputs.get_attribute("aria-label")
    assert name.endswith("(0, 0), (0, 1), (1, 0), (1, 1)")
    formula = page.locator(".ep-formula").inner_text()
    assert "rows: (2 − 1)·2 − 2·0 + 3 + 0 = 5" in formula
    assert "columns: (3 − 1)·2 − 2·0 + 3 + 0 = 7" in formula


@pytest.mark.parametrize(
    "settings",
    [{}, {"view": "matrix", "rows": 3, "columns": 4, "kernel": 4},
     {"view": "scatter", "stride": 3, "padding": 1, "output_padding": 2},
     {"view": "fractional", "kernel": 1, "stride": 4, "output_padding": 3}],
)  # fmt: skip
def test_line_of_code_makes_what_is_shown(mount, figure, settings):
    page = mount(figure, **settings)
    code = page.locator(".ep-code").inner_text()
    *before, last, sizes = code.splitlines()
    scope = {"torch": torch, "F": F}
    exec("\n".join([*before, f"y = {last}"]), scope)
    y = scope["y"]
    left, right = sizes.removeprefix("# ").split(" -> ")
    assert (left, right) == (str(tuple(scope["x"].shape)), str(tuple(y.shape)))
    kept = page.locator(".ep-cell:not(.ep-tc-off)").all_inner_texts()
    assert kept == [f"{value:.0f}" for value in y.flatten().tolist()]


@pytest.mark.parametrize(
    "settings",
    [{}, {"view": "matrix", **LARGE, "row": 19, "column": 0},
     {**LARGE, "stride": 1, "row": 3, "column": 3},
     {"view": "scatter", "stride": 3, "padding": 1, "output_padding": 2},
     {"view": "fractional", "kernel": 1, "stride": 4, "row": 1}],
)  # fmt: skip
def test_alt_tells_what_is_seen_first(mount, settings):
    figure = TransposedConv(**settings)
    page = mount(figure)
    place = re.match(r"Output (.*?\)) =", sentence(page))[1]
    code = page.locator(".ep-code").inner_text()
    sizes = re.findall(r"\(1, 1, (\d+), (\d+)\)", code)
    before, after = (" by ".join(size) for size in sizes[-2:])
    k = figure.kernel
    assert figure.alt.startswith(
        f"An input of {before} pixels, a kernel of {k} by {k}, and an output "
        f"of {after}. {VIEWS[figure.view].format(stride=figure.stride)} "
        f"Marked are output {place} and "
    )


def test_padding_crops_in_sight(mount, figure):
    whole = cells(mount(figure))
    page = mount(figure, padding=1, output_padding=1)
    assert cells(page) == whole
    off = page.locator(".ep-tc-off")
    assert off.count() == 5 + 7 - 1  # the first row and column only
    assert (
        "Padding 1 crops 1 cell at each side. Output padding 1 crops 1 "
        "fewer at the bottom and the right." in sentence(page)
    )
    off.first.click()
    assert sentence(page).startswith("Output (2, 2)")
    longer = mount(figure, output_padding=1)
    assert [row[:-1] for row in cells(longer)[:-1]] == whole
    assert cells(longer)[-1] == ["0"] * 8
    assert "adds 1 row and column at the bottom" in sentence(longer)


def test_keys_choose_an_output(mount, figure):
    page = mount(figure)
    page.locator(".ep-cell").first.focus()
    assert "Output (0, 0) = 1·1 = 1." in sentence(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "Output (1, 2) = 1·2 + 2·4 = 10." in sentence(page)
    page.get_by_label("Stride", exact=True).press("ArrowRight")
    assert len(cells(page)) == 6 and len(cells(page)[0]) == 9
    assert "Output (1, 2) = 1·2 = 2." in sentence(page)


def test_hover_click_and_touch_choose_an_output(mount, figure):
    page = mount(figure, has_touch=True)
    page.locator(".ep-cell").nth(9).hover()
    assert "Output (1, 2) = 1·2 + 2·4 = 10." in sentence(page)
    page.locator(".ep-cell").nth(34).click()
    assert "Output (4, 6) = 6·1 = 6." in sentence(page)
    page.locator(".ep-cell").nth(24).tap()
    assert "Output (3, 3) = 5·1 = 5." in sentence(page)
    page.get_by_text("pixels paint", exact=True).tap()
    assert "1 of 6 pixels paints this cell" in sentence(page)


def test_steps_walk_row_by_row(mount, figure):
    page = mount(figure)
    page.get_by_role("button", name="Next").click()
    assert "Output (2, 3)" in sentence(page)
    page.get_by_label("Output", exact=True).press("End")
    assert "Output (4, 6)" in sentence(page)
    page.get_by_role("button", name="First").click()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "document.querySelector('.ep-sentence').textContent"
        ".startsWith('Output (0, 1)')"
    )
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()


def test_a_view_that_is_left_stops(remount, figure):
    page = remount(figure)
    page.evaluate(
        """() => {
          const { disconnect } = ResizeObserver.prototype;
          window.left = 0;
          ResizeObserver.prototype.disconnect = function () {
            left++;
            disconnect.call(this);
          };
        }"""
    )
    page.get_by_role("button", name="First").click()
    page.get_by_role("button", name="Play").click()
    page.evaluate("figure.again()")
    page.wait_for_timeout(900)  # longer than a step
    assert "Output (0, 0)" in sentence(page)
    assert page.evaluate("left") == 1


def test_nothing_plays_where_motion_is_unwanted(mount, figure):
    page = mount(figure, reduced_motion="reduce")
    assert page.get_by_role("button", name="Play").count() == 0
    page.get_by_role("button", name="Back").click()
    assert "Output (2, 1)" in sentence(page)


def test_a_smaller_stride_takes_output_padding_along(mount, figure):
    page = mount(figure, stride=4, output_padding=3)
    extra = page.get_by_label("Output padding")
    page.get_by_label("Stride", exact=True).press("ArrowLeft")
    assert (
        warning(page) == ""
        and "output_padding=2" in page.locator(".ep-code").inner_text()
    )
    page.get_by_label("Stride", exact=True).press("Home")
    assert extra.is_disabled() and warning(page) == ""


def test_settings_that_do_not_fit_give_a_message(mount, figure):
    page = mount(figure, stride=2, output_padding=2)
    assert "below max(stride, dilation) = 2" in warning(page)
    page.get_by_label("Output padding").press("Home")
    assert warning(page) == ""
    before = cells(page)
    page.get_by_label("Padding (crops)").press("End")
    assert "Nothing is left of the result, −1 × 1" in warning(page)
    assert cells(page) == before
    page.get_by_label("Rows", exact=True).press("End")
    assert warning(page) == ""
    assert page.locator(".ep-cell:not(.ep-tc-off)").count() == 3


def test_bad_value_gives_a_message(warns, figure):
    warns(
        figure,
        ("rows", 5, "rows is 5", "Rows"),
        ("kernel", float("nan"), "kernel is NaN", "Kernel"),
        ("kernel", 9, "kernel is 9", "Kernel"),
        ("view", "none", 'view is "none"', "pixels paint"),
        ("row", "x", 'row is "x"', None),
        ("padding", 1.5, "padding is 1.5", "Padding (crops)"),
    )


@pytest.mark.parametrize(
    "view, settings",
    [("zeros", {}), ("fractional", LARGE), ("scatter", LARGE),
     ("matrix", LARGE)],
)  # fmt: skip
def test_figure_has_no_barriers(looks_well, figure, view, settings):
    looks_well(figure, view=view, **settings)
