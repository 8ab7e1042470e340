"""A map enlarged in four ways: the figure, in Python and in a page."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from said import sentence
from traitlets import TraitError

from fcn_lib.transposed import bilinear_kernel, bilinear_upsampling, upsample
from fcn_lib.widgets.upsampling import (
    FACTORS,
    METHODS,
    NUMBERS,
    SEED,
    Upsampling,
    _draw,
)

CELLS = np.random.default_rng(0).random((5, 7)).round(3)
X = torch.tensor(CELLS, dtype=torch.float32)[None, None]
MAP = {"values": CELLS.ravel().tolist(), "rows": 5, "columns": 7}
DRAWN = _draw(NUMBERS)


@pytest.fixture(scope="module")
def figure():
    return Upsampling(CELLS)


def expected(method, s):
    """The same, with PyTorch's layers; random weights are drawn anew."""
    if method == "nearest":
        return X.repeat_interleave(s, dim=2).repeat_interleave(s, dim=3)
    if method == "bilinear":
        return bilinear_upsampling(1, s)(X).detach()
    if method == "random":
        layer = torch.nn.ConvTranspose2d(1, 1, 2 * s, s, s // 2, bias=False)
        after, least, most = torch.nn.Identity(), 0, 0.5
    else:
        layer = torch.nn.Conv2d(1, s * s, 1, bias=False)
        after, least, most = torch.nn.PixelShuffle(s), 0.5, 1.5
    torch.manual_seed(SEED)
    with torch.no_grad():
        layer.weight.uniform_(least, most)
        return after(layer(X))


def close(got, wanted) -> bool:
    assert len(got) == wanted.numel()
    return torch.allclose(torch.tensor(got), wanted.flatten(), atol=2e-6)


def test_repr_names_the_settings(figure):
    expected = "Upsampling(factor=8, method='bilinear', rim=False)"
    assert repr(figure) == expected
    assert "5 by 7 cells" in figure.alt


@pytest.mark.parametrize("wrong", [{"factor": 3}, {"method": "x"}])
def test_python_refuses_what_is_out_of_range(wrong):
    with pytest.raises(TraitError):
        Upsampling(CELLS, **wrong)


@pytest.mark.parametrize(
    "cells, words",
    [
        (np.ones(5), "2 to 8"), (np.ones((9, 2)), "2 to 8"),
        (np.full((2, 2), 1.1), "fractions"),
        (np.full((2, 2), np.nan), "fractions"),
    ],
)  # fmt: skip
def test_python_refuses_odd_cells(cells, words):
    with pytest.raises(ValueError, match=words):
        Upsampling(cells)


def test_all_methods_are_those_of_pytorch(maths):
    call = maths(Upsampling)
    for s, method in itertools.product(FACTORS, METHODS):
        numbers = DRAWN[: (2 * s) ** 2].tolist()
        got = call("enlarge", MAP, s, method, numbers)
        assert close(got, expected(method, s)), (s, method)


def test_tents_and_stretching_are_those_of_pytorch(maths):
    call = maths(Upsampling)
    for s in FACTORS:
        theirs = F.interpolate(
            X, scale_factor=s, mode="bilinear", align_corners=False
        )
        assert close(call("stretch", MAP, s), theirs)
        assert close(call("tent", s), bilinear_kernel(2 * s))


def test_flatness_is_that_of_a_large_flat_map(maths):
    call = maths(Upsampling)
    flat = {"values": [1] * 25, "rows": 5, "columns": 5}
    for s, method in itertools.product(FACTORS, METHODS):
        numbers = DRAWN[: (2 * s) ** 2].tolist()
        y = torch.tensor(call("enlarge", flat, s, method, numbers))
        inside = y.view(5 * s, 5 * s)[s:-s, s:-s]
        got = call("flatness", s, method, numbers)
        wanted = [inside.min().item(), inside.max().item()]
        assert got == pytest.approx(wanted, abs=2e-6)


def check_rim(page, s):
    """Sentence and orange pixels say where PyTorch's two ways differ."""
    theirs = F.interpolate(X, scale_factor=s, mode="bilinear")
    apart = (upsample(X, s) - theirs)[0, 0].abs()
    differs = apart > 1e-5
    equal = (~differs).nonzero()  # they fill a rectangle
    width = int(equal.min())
    assert len(equal) == (5 * s - 2 * width) * (7 * s - 2 * width)
    assert not differs[width:-width, width:-width].any()
    words = "row and column" if width == 1 else f"{width} rows and columns"
    assert f"outermost {words} at each side only" in sentence(page)
    assert f"by up to {apart.max():.2f}." in sentence(page)
    orange = page.evaluate(
        """() => {
          const shown = document.querySelectorAll("canvas")[3];
          const { width, height } = shown;
          const copy = new OffscreenCanvas(width, height).getContext("2d");
          copy.drawImage(shown, 0, 0);
          const { data } = copy.getImageData(0, 0, width, height);
          const red = [];
          for (let i = 0; i < data.length; i += 4) {
            red.push(data[i] > data[i + 2]);
          }
          return red;
        }"""
    )
    assert orange == differs.flatten().tolist()


def test_rim_is_where_pytorch_differs(mount, figure):
    page = mount(figure, factor=2, rim=True)
    check_rim(page, 2)
    for s in FACTORS[1:]:
        page.get_by_label("Factor").press("ArrowRight")
        check_rim(page, s)


@pytest.mark.parametrize("method", METHODS)
def test_lines_of_code_do_the_same(mount, figure, method):
    page = mount(figure, method=method)
    for s, key in zip((2, 32), ("Home", "End"), strict=True):
        page.get_by_label("Factor").press(key)
        *before, last = page.inner_text(".ep-code").splitlines()
        names = {"F": F, "torch": torch, "x": X}
        exec("\n".join(before), names)
        y = eval(last, names)
        assert torch.allclose(y, expected(method, s), atol=2e-6)
        assert f"-> {tuple(y.shape)}" in before[0]
        assert f"= {5 * s} rows" in page.inner_text(".ep-formula")


def test_keys_click_and_touch_change_what_is_seen(mount, figure):
    page = mount(figure, has_touch=True)
    assert sentence(page).startswith("Bilinear, ×8, lets each cell paint a")
    assert "stays 1, away from the rim" in sentence(page)
    page.get_by_label("Factor").press("ArrowLeft")
    assert "tent of 8 × 8 pixels" in sentence(page)
    assert "A flat map of ones stays 1" in sentence(page)
    page.get_by_label("bilinear", exact=True).press("ArrowRight")
    assert sentence(page).startswith("Random, ×4")
    assert "comes out checked, from 0.57 to 1.38" in sentence(page)
    page.get_by_text("sub-pixel", exact=True).tap()
    assert "4 × 4 pixels of a cell a channel" in sentence(page)
    assert page.locator(".ep-up-chosen figcaption").inner_text() == "Sub-pixel"
    assert page.locator(".ep-layers rect:visible").count() == 2
    page.get_by_label("Where F.interpolate").check()
    assert page.locator(".ep-layers rect:visible").count() == 4
    assert "outermost 2 rows and columns" in sentence(page)
    page.get_by_text("nearest", exact=True).click()
    assert "repeats each cell over 4 × 4 pixels" in sentence(page)


def test_bad_value_gives_a_message(warns, figure):
    rim = "Where F.interpolate differs from bilinear"
    warns(
        figure,
        ("factor", 3, "factor is 3", "Factor"),
        ("method", float("nan"), "method is NaN", "random"),
        ("rim", "x", 'rim is "x"', rim),
    )


def test_figure_has_no_barriers(looks_well, figure):
    looks_well(figure, rim=True)
