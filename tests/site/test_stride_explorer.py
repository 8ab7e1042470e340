"""What one output cell stands for: the figure, in Python and in a page."""

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from said import sentence
from traitlets import TraitError

from fcn_lib.coarse import block_labels, mosaic
from fcn_lib.pixels import VOID, confusion_matrix, scores
from fcn_lib.scenes import CLASSES, scene
from fcn_lib.widgets.stride_explorer import STRIDES, StrideExplorer

IMAGE, LABELS = scene(198)
K = len(CLASSES)


@pytest.fixture(scope="module")
def figure():
    return StrideExplorer(IMAGE, LABELS, row=110, column=20)


def iou(pred) -> str:
    table = confusion_matrix(torch.tensor(pred), torch.tensor(LABELS), K)
    return f"{scores(table).mean_iou:.3f}"


def test_repr_names_the_settings(figure):
    expected = "StrideExplorer(stride=32, answer='label', row=110, column=20)"
    assert repr(figure) == expected


def test_alt_tells_the_first_stride(figure):
    assert "5 by 7 cells, squares of 32 by 32 pixels, gets one" in figure.alt
    fine = StrideExplorer(IMAGE, LABELS, stride=8, answer="scores").alt
    assert "20 by 28 cells, squares of 8 by 8 pixels, keeps scores" in fine


@pytest.mark.parametrize(
    "wrong", [{"stride": 3}, {"row": 160}, {"column": -1}, {"answer": 1}]
)
def test_python_refuses_what_is_out_of_range(figure, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(TraitError):
        setattr(figure, name, value)


def test_python_refuses_sizes_that_make_no_cells():
    with pytest.raises(ValueError, match="multiples of 32"):
        StrideExplorer(IMAGE[:100], LABELS[:100])
    with pytest.raises(ValueError, match="same height"):
        StrideExplorer(IMAGE, LABELS[:96])


def test_mosaics_are_those_of_the_library(maths):
    call = maths(StrideExplorer)
    draw = np.random.default_rng(0)
    for H, W, stride in [(5, 7, 2), (8, 8, 4), (3, 3, 4), (9, 6, 1)]:
        labels = draw.choice([0, 1, 2, VOID], size=(H, W))
        got = call("mosaic", labels.ravel().tolist(), H, W, stride, 3)
        cells = block_labels(labels, stride, 3)
        assert got == mosaic(cells, stride, (H, W)).ravel().tolist()


def test_score_is_that_of_the_library(mount, figure):
    page = mount(figure, stride=STRIDES[0])
    for stride in STRIDES:
        assert f"stride {stride} " in sentence(page)
        kept = mosaic(block_labels(LABELS, stride, K), stride, LABELS.shape)
        caption = page.locator("figcaption").last.inner_text()
        assert caption.endswith(iou(kept))
        page.get_by_label("Stride", exact=True).press("ArrowRight")


def test_keys_change_the_stride(mount, figure):
    page = mount(figure)
    page.get_by_label("Stride", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    assert "stride 16 the street has 10 × 14 = 140 cells" in sentence(page)
    shown = page.locator(".ep-code")
    expect(shown).to_be_visible()
    code = shown.inner_text()
    assert "kernel_size=16" in code and "(1, 3, 10, 14)" in code
    page.keyboard.press("Home")
    kept = page.locator("figcaption").last.inner_text()
    assert kept.endswith("1.000")


def test_click_and_touch_move_the_cell(mount, figure):
    page = mount(figure, has_touch=True)
    box = page.locator(".ep-layers").first.bounding_box()
    side = box["width"] / 224
    at = {"x": side * 100, "y": side * 40}
    page.locator(".ep-layers").first.click(position=at)
    assert "rows 32 to 63, columns 96 to 127" in sentence(page)
    page.locator(".ep-layers").last.tap(position={"x": side * 5, "y": 5})
    assert "rows 0 to 31, columns 0 to 31" in sentence(page)


def test_a_pressed_pointer_is_followed(mount, figure):
    page = mount(figure)
    box = page.locator(".ep-layers").first.bounding_box()
    side = box["width"] / 224
    for x, press in (20, page.mouse.down), (100, None), (200, page.mouse.up):
        page.mouse.move(box["x"] + side * x, box["y"] + side * 40)
        if press:
            press()
    assert "rows 32 to 63, columns 192 to 223" in sentence(page)


def test_choices_are_heard_with_their_name(mount, figure):
    page = mount(figure)
    kept = page.get_by_role("radiogroup", name="A cell keeps")
    assert kept.get_by_role("radio").count() == 2
    name = kept.get_by_text("A cell keeps").bounding_box()
    first = kept.locator("label").first.bounding_box()
    assert name["x"] + name["width"] <= first["x"]
    assert (
        name["y"]
        < first["y"] + first["height"] / 2
        < sum((name["y"], name["height"]))
    )


def test_scores_beat_labels(mount, figure):
    page = mount(figure)
    first = page.locator("figcaption").last.inner_text()
    page.get_by_text("scores, stretched").click()
    second = page.locator("figcaption").last.inner_text()
    assert second > first


def test_bad_value_gives_a_message(warns, figure):
    warns(
        figure,
        ("stride", 3, "stride is 3", "Stride"),
        ("row", float("nan"), "row is NaN", "Row"),
        ("column", "x", 'column is "x"', "Column"),
        ("row", 999, "row is 999", "Row"),
    )


def test_figure_has_no_barriers(looks_well, figure):
    looks_well(figure)
