"""Checks for the exercises of ``chapters/fcn16s.ipynb``."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises import Verdict
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
    if answer is ... or answer is None:
        return _no("Nothing yet: five pairs (rows, columns).")
    try:
        found = [tuple(int(n) for n in pair) for pair in answer]
    except (TypeError, ValueError, OverflowError):
        return _no("Five pairs are wanted, (rows, columns) each.")
    if len(found) != 5 or any(len(pair) != 2 for pair in found):
        return _no("Five pairs are wanted, (rows, columns) each.")
    # count windows: of 32 pixels, then of half a cell
    coarse = [conv_size(n, 32, stride=32, ceil_mode=True) for n in PHOTO]
    full = [n * 32 for n in coarse]
    fine = [conv_size(n, 16, stride=16) for n in full]
    rest = [a - b for a, b in zip(full, PHOTO, strict=True)]
    right = [tuple(pair) for pair in (fine, coarse, fine, full, rest)]
    for name, pair, wanted in zip(NAMES, found, right, strict=True):
        if pair != wanted:
            text = f"{name}: not {pair[0]} × {pair[1]}. "
            return _no(text + _why(name, pair, wanted))
    return Verdict(True, "Right: both maps fit, since both are complete.")


def check_fuse(answer: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """Exercise 4: fuse two maps of scores that need not fit.

    Args:
        answer: takes scores (N, K, h, w) of stride 32, and (N, K, H, W) of
            stride 16 with H = 2h or 2h - 1, and W likewise; returns the sum.

    Example:
        >>> check_fuse(lambda coarse, fine: fine).right
        False
    """
    if answer is ... or answer is None:
        return _no("Nothing yet: write the function first.")
    if not callable(answer):
        return _no(f"{answer!r} is no function.")
    random = torch.Generator().manual_seed(0)
    coarse = torch.randn(2, 3, 4, 3, generator=random)
    for H, W in (8, 6), (7, 5), (8, 5):
        fine = torch.randn(2, 3, H, W, generator=random)
        try:
            with torch.no_grad():
                found = answer(coarse.clone(), fine.clone())
        except Exception as error:  # whatever the answer does
            return _no(
                f"With 4 × 3 coarse cells and {H} × {W} finer ones it raises "
                f"{type(error).__name__}: {error}"
            )
        if found is ...:
            return _no("Nothing yet: what does the function return?")
        if wrong := _wrong_sum(found, coarse, fine):
            return _no(f"4 × 3 coarse cells, {H} × {W} finer ones: {wrong}")
    return Verdict(True, "Right: every cell lies where it lay.")


def _why(name: str, pair: tuple, wanted: tuple) -> str:
    """Say what to think of, for one wrong pair of the sizes."""
    if pair == wanted[::-1]:
        return "Rows come first, then columns."
    if name == "stride 32" and pair == tuple(n // 32 for n in PHOTO):
        return "Those are the complete cells; what of the other pixels?"
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
    """Say what is wrong with a sum, by trying typical mistakes."""
    if not isinstance(found, Tensor):
        return f"a tensor is wanted, not {type(found).__name__}."
    if found.dtype != fine.dtype:
        return f"scores of {fine.dtype} went in, {found.dtype} came out."
    if found.shape != fine.shape:
        return (
            f"the result has the shape {tuple(found.shape)}. One score is "
            "wanted for each class and each of the finer cells."
        )
    H, W = fine.shape[-2:]
    tent = bilinear_kernel(4).expand(3, 1, 4, 4)
    larger = F.conv_transpose2d(coarse, tent, stride=2, padding=1, groups=3)
    if torch.allclose(found, larger[..., :H, :W] + fine, atol=1e-5):
        return ""
    squeezed = (
        F.interpolate(m, size=(H, W), mode=mode)
        for m in (coarse, larger)
        for mode in ("bilinear", "nearest")
    )
    mistakes = [
        (larger[..., :H, :W], "the scores of the finer map are missing."),
        (fine, "the coarse scores are missing."),
        (
            larger[..., -H:, -W:] + fine,
            "cut at the top and at the left. In which corner do both maps "
            "begin?",
        ),
    ]
    mistakes += [
        (
            m + fine,
            "the coarse map is stretched to the finer one's size, or its "
            "cells are repeated. Where do its cells lie then, and where did "
            "they lie in the image?",
        )
        for m in squeezed
    ]
    for wrong, text in mistakes:
        if torch.allclose(found, wrong, atol=1e-5):
            return text
    return "the size is right, the scores are not."


def _no(text: str) -> Verdict:
    return Verdict(False, text)
