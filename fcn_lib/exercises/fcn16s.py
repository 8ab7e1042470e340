"""Checks for the exercises of ``chapters/fcn16s.ipynb``."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    items,
    missing,
    no,
    raises,
    sizes,
)
from fcn_lib.stride import conv_size
from fcn_lib.transposed import bilinear_kernel

PHOTO = 375, 500  # rows and columns, exercise 1
NAMES = "stride 16", "stride 32", "the sum", "after ×16", "cut off"


def check_sizes(answer: Sequence[tuple[int, int]]) -> Verdict:
    """Exercise 1: the sizes in FCN-16s, for a photograph of 375 × 500.

    Args:
        answer: five pairs (rows, columns), in the order of ``NAMES``.

    Example:
        >>> check_sizes([(24, 32)])
        Five pairs are wanted, (rows, columns) each.
    """
    if missing(answer):
        return no("Nothing yet: five pairs (rows, columns).")
    found = [sizes(pair, 2) for pair in items(answer)]
    if len(found) != 5 or None in found:
        return no("Five pairs are wanted, (rows, columns) each.")
    # count windows: of 32 pixels, then of half a cell
    coarse = tuple(conv_size(n, 32, stride=32, ceil_mode=True) for n in PHOTO)
    full = tuple(n * 32 for n in coarse)
    fine = tuple(conv_size(n, 16, stride=16) for n in full)
    rest = tuple(a - b for a, b in zip(full, PHOTO, strict=True))
    right = fine, coarse, fine, full, rest
    for name, pair, wanted in zip(NAMES, found, right, strict=True):
        if pair != wanted:
            told = f"{name}: not {pair[0]} × {pair[1]}."
            return no(f"{told} {_why(name, pair, wanted)}")
    return Verdict(True, "Right: both maps fit, since both are complete.")


@function_check(
    nothing="what does the function return?",
    right="Right: every cell lies where it lay.",
)
@torch.no_grad()
def check_fuse(answer: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Exercise 4: fuse two maps of scores that need not fit.

    Args:
        answer: takes scores (N, K, h, w) of stride 32, and (N, K, H, W) of
            stride 16 with H = 2h or 2h - 1, and W likewise; returns the sum.

    Example:
        >>> check_fuse(lambda coarse, fine: fine).right
        False
    """
    coarse = torch.randn(2, 3, 4, 3)
    for H, W in (7, 5), (8, 6), (8, 5):
        fine = torch.randn(2, 3, H, W)
        try:
            found = answer(coarse.clone(), fine.clone())
        except Exception as error:
            wrong = f"your function {raises(error)}"
        else:
            wrong = _wrong_sum(found, coarse, fine)
        if wrong:
            return f"4 × 3 coarse cells, {H} × {W} finer ones: {wrong}"
    return ""


def _why(name: str, pair: tuple, wanted: tuple) -> str:
    """Say what to think of, for one wrong pair of the sizes."""
    if pair == wanted[::-1]:
        return "Rows come first, then columns."
    if name == "stride 32" and pair == tuple(n // 32 for n in PHOTO):
        return "Those are the complete cells; what of the other pixels?"
    if name == "stride 16" and pair == tuple(n // 2 for n in wanted):
        return "That is stride 32."
    if name == "stride 16" and pair == tuple(-(-n // 16) for n in PHOTO):
        return "So it is without filling up. The image grows first."
    return {
        "stride 16": "Fill the image up first: to multiples of what?",
        "stride 32": "Fill the image up to multiples of 32, then divide.",
        "the sum": "Maps are added cell by cell: whose size do both have?",
        "after ×16": "Each side of the sum grows by 16.",
        "cut off": "What is left shall be as large as the photograph.",
    }[name]


def _wrong_sum(found: object, coarse: Tensor, fine: Tensor) -> str:
    """Say what is wrong with a sum, or nothing."""
    if not isinstance(found, Tensor):
        return f"a tensor is wanted, not {type(found).__name__}."
    if found.dtype != fine.dtype:
        return f"scores of {fine.dtype} went in, {found.dtype} came out."
    if found.shape != fine.shape:
        return (
            f"the result has the shape {tuple(found.shape)}. One score is "
            "wanted for each class and each of the finer cells."
        )
    for result, text in _results(coarse, fine):
        if torch.allclose(found, result, atol=1e-5):
            return text
    return "the size is right, the scores are not."


def _results(coarse: Tensor, fine: Tensor) -> list[tuple[Tensor, str]]:
    """List the right sum and typical mistakes, with a text for each."""
    H, W = fine.shape[-2:]
    tent = bilinear_kernel(4).expand(3, 1, 4, 4)
    larger = F.conv_transpose2d(coarse, tent, stride=2, padding=1, groups=3)
    doubled = {
        mode: F.interpolate(coarse, scale_factor=2, mode=mode)[..., :H, :W]
        for mode in ("bilinear", "nearest")
    }
    rim = (
        "every cell lies where it lay, but at the rim this is not the tent "
        "of the nets: take `upsample(coarse, 2)`."
    )
    repeated = (
        "the coarse cells are repeated, and the nets blend them: take "
        "`upsample(coarse, 2)`."
    )
    stretched = (
        "the coarse map is stretched to the finer one's size. Where do its "
        "cells lie then, and where did they lie in the image?"
    )
    corner = (
        "cut at the top and at the left. In which corner do both maps begin?"
    )
    return [
        (larger[..., :H, :W] + fine, ""),
        (larger[..., :H, :W], "the scores of the finer map are missing."),
        (fine, "the coarse scores are missing."),
        (larger[..., -H:, -W:] + fine, corner),
        (doubled["bilinear"] + fine, rim),
        (doubled["nearest"] + fine, repeated),
        *(
            (F.interpolate(x, size=(H, W), mode=mode) + fine, stretched)
            for x in (coarse, larger)
            for mode in doubled
        ),
    ]
