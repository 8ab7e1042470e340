"""Checks for the exercises of ``chapters/coarse.ipynb``."""

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    missing,
    no,
    number,
    short,
    sizes,
)

BLOCK = 32  # rows and columns of the block in exercise 1
# the second pair tells the usual mistakes apart
LEADS = (1, 1), (2, 7), (3, 1), (1, 3), (9, 0.5)
# of exercise 3, for stride 2: whole, void beside a class, a block all void;
# incomplete blocks; and a stack of maps, which know unequally many pixels
MAPS = (
    [[0, 0, 1, 2], [0, 1, 2, 0]],
    [[0, 255, 1, 1], [1, 1, 2, 255], [2, 0, 255, 255], [2, 2, 255, 255]],
    [[0, 0, 1, 2, 1], [0, 1, 2, 0, 1], [2, 2, 1, 1, 0]],
    [[[0, 255, 1, 1], [1, 1, 255, 255]], [[0, 0, 1, 2], [0, 1, 2, 0]]],
)


def check_pole(answer: tuple[int, int]) -> Verdict:
    """Check how wide a pole must be to be sure of the vote in its block.

    Args:
        answer: columns needed against one other class, and against three
            that share the rest equally.

    Example:
        >>> check_pole(...)
        Nothing yet: give two numbers of columns, (…, …).
    """
    if missing(answer):
        return no("Nothing yet: give two numbers of columns, (…, …).")
    widths = sizes(answer, 2)
    if widths is None:
        return no("Two whole numbers of columns are wanted: (…, …).")
    for width, others in zip(widths, (1, 3), strict=True):
        if wrong := _wrong_width(width, others):
            return no(wrong)
    return Verdict(True, "Right: one column less would be a tie.")


@function_check(
    nothing="where is the lead zero?",
    right="Right, for all pairs of leads that were tried.",
)
def check_border(answer: Callable[[float, float], float]) -> str:
    """Check where two blended cells of stride 32 change from one to the other.

    Args:
        answer: takes the leads a (of the left cell) and b (of the right one);
            returns the place of the border, in pixels from the left edge.

    Example:
        >>> check_border(lambda a, b: 32).right
        False
    """
    for a, b in LEADS:
        given = answer(a, b)
        place = number(given)
        if place is None:
            return _no_number(given)
        if wrong := _wrong_border(place, a, b):
            return wrong
    return ""


@function_check(
    nothing="which mosaic has most pixels right?",
    right="Right: no mosaic of all that there are has more.",
)
def check_best_accuracy(
    answer: Callable[[NDArray, int, int], float],
) -> str:
    """Check a function that gives the best pixel accuracy of any mosaic.

    Args:
        answer: takes labels (H, W) or (N, H, W) uint8, the stride and the
            number of classes; returns a share from 0 to 1.

    Example:
        >>> check_best_accuracy(lambda labels, stride, num_classes: 1).right
        False
    """
    for rows in MAPS:
        given = answer(np.array(rows, dtype=np.uint8), 2, 3)
        share = number(given)
        if share is None:
            return _no_number(given)
        if wrong := _wrong_share(share, np.array(rows)):
            return wrong
    return ""


def _wrong_width(width: int, others: int) -> str:
    """Say what is wrong with the width of a pole among some classes."""
    if not 0 <= width <= BLOCK:
        return f"{width} columns? The block has {BLOCK}."
    task = "one other class" if others == 1 else f"{others} other classes"
    told = f"Against {task}, {width} columns"
    rest = (BLOCK - width) / others  # columns' worth of each other class
    if width < rest:
        return (
            f"{told} lose: any other class there has {rest:.3g} columns' "
            "worth of pixels."
        )
    if width == rest:
        return (
            f"{told} make a tie. Who wins a tie, and which number has the "
            "class pole?"
        )
    if width - 1 > (BLOCK - width + 1) / others:
        return f"{told} win. So would fewer."
    return ""


def _no_number(given: object) -> str:
    return f"Your function gives {short(given)}; one number is wanted."


def _wrong_border(place: float, a: float, b: float) -> str:
    """Compare with a finely drawn blend of two cells."""
    lead = torch.tensor([[[a, -b]]], dtype=torch.double)  # of the left class
    fine = F.interpolate(lead, scale_factor=3200, mode="linear")
    found = (fine > 0).sum().item() / 100  # a hundred samples a pixel
    if abs(place - found) <= 0.51:  # whole pixels are good enough
        return ""
    told = f"For leads of {a:g} and {b:g} you put the border at {place:.4g}"
    if abs(place - found) <= 1 and place % 1 == 0:
        return (
            f"{told}: nearly. It need not be a whole number, so do not round."
        )
    if abs(place + 16 - found) <= 0.51:
        return f"{told}, counted from the left centre. Where is that centre?"
    if abs(64 - place - found) <= 0.51:
        return f"{told}: the border moves away from the surer cell."
    if not 16 <= place <= 48:
        return f"{told}, but left of 16 and right of 48 nothing changes."
    return f"{told}. From a at column 16 to −b at 48: where is the lead zero?"


def _wrong_share(share: float, labels: NDArray) -> str:
    """Compare with the best of all mosaics, tried one by one."""
    known = labels != 255
    *rest, H, W = labels.shape
    size = *rest, -(-H // 2), -(-W // 2)  # rounded up
    best = 0
    for cells in product(range(3), repeat=math.prod(size)):
        drawn = np.kron(np.reshape(cells, size), np.ones((2, 2)))
        agree = drawn[..., :H, :W] == labels
        best = max(best, int(agree[known].sum()))
    if abs(share - best / known.sum()) < 1e-6:
        return ""
    told = f"Of {labels.tolist()} at stride 2 you say {share:.3f}"
    if abs(share - best) < 1e-6:
        return f"{told}, a number of pixels. A share is wanted."
    if _parts(share, known.size) and not _parts(share, known.sum()):
        return f"{told}: void pixels are not judged, so leave them out."
    if share > best / known.sum():
        return f"{told}: all mosaics were tried, and none has so many right."
    return f"{told}: there is a mosaic that has more pixels right."


def _parts(share: float, count: int) -> bool:
    """Tell whether a share may be a number of pixels out of so many."""
    return abs(share * count - np.round(share * count)) < 1e-6
