"""What one unit sees: the figure, in Python and in a page."""

import random
import re
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from said import sentence, warning
from torch import nn
from traitlets import TraitError

from fcn_lib.stride import conv_size, receptive_field
from fcn_lib.widgets.figure import listed
from fcn_lib.widgets.receptive_field import MOST, TOY, ReceptiveField

ALL = list(product(range(1, 8), range(1, 4), range(4)))
SMALL = [layer for layer in ALL if layer[0] < 5]


@pytest.fixture(scope="module")
def figure():
    return ReceptiveField()


def code(page) -> str:
    return page.locator(".ep-code").inner_text()


def marked(page, level: int, state: str = "read") -> list[int]:
    units = page.locator(f'[data-level="{level}"][data-state="{state}"]')
    return [int(unit.get_attribute("data-unit")) for unit in units.all()]


def cell(page, level: int, unit: int):
    return page.locator(f'[data-level="{level}"][data-unit="{unit}"]')


def reached(pixels, layers) -> list[list[int]]:
    """Where gradients arrive, of each unit; none where no window fits."""
    x = torch.zeros(MOST, 1, pixels, requires_grad=True)
    y = x
    for kernel, stride, padding in layers:
        if y.shape[-1] + 2 * padding < kernel:
            return []
        y = F.conv1d(y, torch.ones(1, 1, kernel), None, stride, padding)
    y[:, 0].diagonal().sum().backward()  # row j asks for unit j
    rows = x.grad[: y.shape[-1], 0]
    return [row.nonzero().flatten().tolist() for row in rows]


def some(count: int, depth: int) -> list[tuple]:
    draw = random.Random(depth)
    return [
        (draw.randint(8, 32), draw.choices(ALL, k=depth)) for _ in range(count)
    ]


def test_repr_names_the_settings(figure):
    assert repr(figure) == (
        "ReceptiveField(layers=[[3, 2, 1], [3, 2, 1], [3, 2, 1]], "
        "pixels=24, level=3, unit=1)"
    )
    assert ReceptiveField(TOY[:2]).level == 2


@pytest.mark.parametrize(
    "layers, settings",
    [(TOY, {}), ([(3, 2, 1)], {"pixels": 8}), (TOY, {"level": 2, "unit": 3}),
     ([(3, 1, 0), (2, 2, 0)], {"pixels": 12, "unit": 40})],
)  # fmt: skip
def test_alt_tells_what_is_seen_first(mount, layers, settings):
    figure = ReceptiveField(layers, **settings)
    page = mount(figure)
    said = sentence(page)
    sizes = page.locator(".ep-rf-name:visible span").all_inner_texts()
    sizes = [int(n) for n in reversed(sizes)]
    unit = re.match(r"Unit (\d+ of map \d)", said)[1]
    sees = re.search(r"sees pixels (\d+ to \d+)\.", said)[1]
    first, last = re.search(r"drawn on pixels (\d+)\D+(\d+)", said).groups()
    ways = re.findall(r"(\d+) units of map", said)
    assert figure.alt.startswith(f"A row of {sizes[0]} pixels under ")
    assert f"of size {listed(sizes[1:])}." in figure.alt
    over = f" over {listed(ways)} units" if ways else ""
    assert figure.alt.endswith(
        f"from unit {unit}{over} to pixels {sees}, padding counted. The "
        f"unit's block is pixels {first} to {last}."
    )


def test_alt_of_a_pixel():
    alt = ReceptiveField(level=0, unit=30).alt
    assert alt.endswith("size 12, 6 and 3. Pixel 23 sees only itself.")


@pytest.mark.parametrize(
    "wrong",
    [{"pixels": 7}, {"pixels": 33}, {"level": 5}, {"unit": -1},
     {"unit": MOST}, {"layers": []}, {"layers": TOY[:1] * 5},
     {"layers": [(8, 1, 0)]}, {"layers": [(3, 4, 0)]},
     {"layers": [(3, 1, -1)]}, {"layers": [(3, 1)]}, {"layers": ["abc"]}],
)  # fmt: skip
def test_python_refuses_what_is_out_of_range(wrong):
    with pytest.raises(TraitError):
        ReceptiveField(**wrong)


def test_python_refuses_windows_that_do_not_fit():
    for given in {}, {"alt": "A cone."}:
        with pytest.raises(ValueError, match="layer 2: kernel=5 .* n=3"):
            ReceptiveField([(3, 3, 0), (5, 1, 0)], pixels=9, **given)


def test_no_map_has_more_units_than_most():
    n = 32
    for _ in range(4):
        n = max(conv_size(n, *layer) for layer in ALL if layer[0] <= n)
    assert n == MOST


def test_units_see_what_gradients_reach(maths):
    cases = [
        *((n, [layer]) for n in (8, 9, 10, 24) for layer in ALL),
        *((9, pair) for pair in product(SMALL, SMALL)),
        *some(200, depth=3),
        *some(200, depth=4),
    ]
    got = maths(ReceptiveField)("everyUnit", cases)
    assert len(got) == 4 * 84 + 48 * 48 + 400
    for (n, layers), seen in zip(cases, got, strict=True):
        assert seen == reached(n, layers), (n, layers)


def test_sizes_and_fields_are_those_of_the_library(maths):
    call = maths(ReceptiveField)
    cases = [*some(100, depth=1), *some(150, depth=4)]
    made = call.each("sizes", cases)
    known = call.each("fields", [[layers] for _, layers in cases])
    for (n, layers), got, fields in zip(cases, made, known, strict=True):
        expected = [n]
        try:
            for layer in layers:
                expected.append(conv_size(expected[-1], *layer))
        except ValueError:
            pass
        assert got == expected
        for depth, field in enumerate(fields):
            assert tuple(field) == receptive_field(layers[:depth])


def test_unread_is_what_no_window_covers(maths):
    call = maths(ReceptiveField)
    cases = list(product((8, 11), ALL))
    found = call.each("unread", cases)
    for (n, (k, s, p)), got in zip(cases, found, strict=True):
        read = [
            i + a for i in range(-p, n + p - k + 1, s) for a in range(k)
        ]  # fmt: skip
        expected = [i for i in range(-p, n + p) if i not in read]
        fits = n + 2 * p >= k
        assert got == (expected if fits else [])


def test_lists_are_put_into_words(maths):
    call = maths(ReceptiveField)
    lists = [], [4], [4, 5], [1, 2, 3], [0, 2], [0, 2, 3, 4, 7, 8]
    assert [call("runs", numbers) for numbers in lists] == [
        "", "4", "4 and 5", "1 to 3", "0 and 2", "0, 2 to 4, 7 and 8",
    ]  # fmt: skip


def test_first_sight(mount, figure):
    page = mount(figure)
    assert sentence(page) == (
        "Unit 1 of map 3 sees pixels 1 to 15. On the way down: 3 units of "
        "map 2, 7 units of map 1. It is drawn on pixels 8 to 15 and sees 7 "
        "pixels beyond them."
    )
    assert marked(page, 3, "now") == [1]
    assert marked(page, 2) == [1, 2, 3]
    assert marked(page, 1) == list(range(1, 8))
    assert marked(page, 0) == list(range(1, 16))
    rows = page.locator(".ep-rf-rule tbody tr").all_inner_texts()
    rows = [row.replace("\xa0", " ").split("\t") for row in rows]
    assert rows[-1] == [
        "Map 3", "7 + (3 − 1) · 4 = 15", "4 · 2 = 8",
        "0 + ((3 − 1)/2 − 1) · 4 = 0",
    ]  # fmt: skip
    formula = page.locator(".ep-formula").inner_text()
    assert "0 + 1 · 8 = 8; it reaches from 8 − 7 = 1 to 8 + 7 = 15" in formula


@pytest.mark.parametrize(
    "settings",
    [{}, {"unit": 0}, {"level": 1, "unit": 11}, {"level": 0, "unit": 5},
     {"layers": [[1, 3, 0], [2, 1, 1], [3, 1, 0]], "unit": 3},
     {"layers": [[3, 1, 3]], "unit": 0}, {"layers": [[1, 1, 2]], "unit": 0}],
)  # fmt: skip
def test_lines_of_code_find_the_same_pixels(mount, figure, settings):
    page = mount(figure, **settings)
    *before, last = code(page).splitlines()
    scope = {"torch": torch, "nn": nn}
    exec("\n".join([*before, f"found = {last}"]), scope)
    found = scope["found"].tolist()
    assert [i for i in marked(page, 0) if 0 <= i < 24] == (
        found if settings.get("level") != 0 else []
    )
    bar = page.locator(".ep-rf-sees").text_content()
    ends = [int(text) for text in re.findall(r"\d+", bar)]
    assert [ends[:1], ends[-1:]] == [found[:1], found[-1:]]
    many = "s" if len(found) > 1 else ""
    said = f"pixel{many} {bar}" if found else "none"
    assert last.split("# ")[1] == said


def test_padding_and_skipped_pixels_are_said(mount, figure):
    said = sentence(mount(figure, unit=0))
    assert "sees pixels 0 to 7 (its field spans 15 positions, 7 out" in said
    page = mount(figure, layers=[[2, 3, 0]], pixels=9, unit=1)
    assert "drawn on pixels 3 to 5" in sentence(page)
    assert "does not read pixels 2, 5 and 8 (hatched): its steps" in sentence(
        page
    )
    page = mount(figure, layers=[[3, 2, 0]], pixels=24)
    assert "read pixel 23 (hatched): no whole step fits" in sentence(page)
    assert page.locator(".ep-rf-lost").count() == 1
    said = sentence(mount(figure, layers=[[1, 1, 3]], unit=0))
    assert "sees no pixel, only padding." in said


def test_keys_walk_through_the_stack(mount, figure):
    page = mount(figure)
    cell(page, 3, 1).focus()
    page.keyboard.press("ArrowRight")
    assert "Unit 2 of map 3 sees pixels 9 to 23" in sentence(page)
    page.keyboard.press("ArrowDown")
    assert "Unit 4 of map 2 sees pixels 13 to 19" in sentence(page)
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Pixel 20 sees only itself" in sentence(page)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert "Unit 0 of map 1 sees pixels 0 and 1" in sentence(page)
    assert page.get_by_label("Map", exact=True).input_value() == "1"
    page.get_by_label("Unit", exact=True).press("End")
    assert "Unit 11 of map 1 sees pixels 21 to 23" in sentence(page)
    assert page.locator('[role="gridcell"][tabindex="0"]').count() == 1
    assert cell(page, 1, 11).get_attribute("tabindex") == "0"


def test_hover_looks_and_click_and_touch_stay(mount, figure):
    page = mount(figure, has_touch=True)
    cell(page, 2, 4).hover()
    assert "Unit 4 of map 2 sees pixels 13 to 19" in sentence(page)
    page.locator(".ep-title").hover()
    assert "Unit 1 of map 3" in sentence(page)
    cell(page, 1, 3).click()
    page.locator(".ep-title").hover()
    assert "Unit 3 of map 1 sees pixels 5 to 7" in sentence(page)
    cell(page, 2, 1).tap()
    assert "Unit 1 of map 2 sees pixels 1 to 7" in sentence(page)
    assert page.get_by_label("Unit", exact=True).input_value() == "1"


def test_controls_change_a_layer(mount, figure):
    page = mount(figure)
    first = page.get_by_role("group", name="Layer 1")
    first.get_by_label("Kernel").press("End")
    assert "sees pixels 1 to 19." in sentence(page)
    assert "nn.Conv1d(1, 1, 7, stride=2, padding=1)" in code(page)
    first.get_by_label("Stride").press("Home")
    assert "drawn on pixels 4 to 7" in sentence(page)
    page.get_by_role("group", name="Layer 3").get_by_label("Padding").press(
        "Home"
    )
    assert "padding=0" in code(page)
    page.get_by_label("Pixels", exact=True).press("End")
    assert "torch.zeros(1, 1, 32" in code(page)


def test_nothing_to_scroll_where_all_is_in_view(mount, figure):
    page = mount(figure)
    view = page.locator(".ep-rf-view")
    assert view.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_layers_come_and_go(mount, figure):
    page = mount(figure)
    more = page.get_by_role("button", name="Add a layer")
    fewer = page.get_by_role("button", name="Remove the last layer")
    more.click()
    assert "Unit 1 of map 4" in sentence(page) and more.is_disabled()
    for _ in range(3):
        fewer.click()
    assert "Unit 1 of map 1 sees pixels 1 to 3" in sentence(page)
    assert fewer.is_disabled()
    assert page.get_by_role("group", name="Layer 2").count() == 0


def test_window_that_does_not_fit_gives_a_message(mount, figure):
    page = mount(figure)
    layer = page.get_by_role("group", name="Layer 3").get_by_label("Kernel")
    page.get_by_label("Pixels", exact=True).press("Home")
    layer.press("End")
    assert warning(page).startswith(
        "Layer 3: kernel 7 does not fit in 2 units with padding 1 on each"
    )
    assert sentence(page).startswith("Unit 1 of map 2 sees")
    with pytest.raises(RuntimeError, match="greater than actual input"):
        exec(code(page), {"torch": torch, "nn": nn})
    layer.press("Home")
    assert warning(page) == ""
    assert sentence(page).startswith("Unit 1 of map 3 sees")
    page = mount(figure, layers=[[7, 1, 0]] * 2, pixels=8)
    assert warning(page).startswith("Layer 2: kernel 7 does not fit in 2 un")


def test_bad_value_gives_a_message(warns, figure):
    fewer = "Remove the last layer"
    warns(
        figure,
        ("layers", [], "layers must be", "Add a layer"),
        ("layers", [[3, 2, 1], [3, 9, 1]], "it must be", fewer),
        ("layers", "x", "layers must be", None),
        ("pixels", 99, "pixels is 99", "Pixels"),
        ("level", float("nan"), "level is NaN", "Map"),
        ("unit", 1.5, "unit is 1.5", "Unit"),
    )


@pytest.mark.parametrize(
    "settings",
    [{}, {"layers": [[3, 3, 3]] * 3, "unit": 0},
     {"layers": [[5, 3, 0]] * 3}],
)  # fmt: skip
def test_figure_has_no_barriers(looks_well, figure, settings):
    looks_well(figure, **settings)
