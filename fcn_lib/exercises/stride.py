"""Checks for the exercises of ``chapters/stride.ipynb``.

They run the layers in PyTorch and look; the chapter computes with integers.
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises.answers import Verdict, missing, no, number, sizes

PIXELS, UNIT = 256, 12  # of exercise 4: any unit far from the ends


def check_smallest(answer: tuple[int, int, int]) -> Verdict:
    """Check what five layers of kernel 3 and stride 2 can read.

    Args:
        answer: the smallest picture, and the smallest and the largest one
            that give a map of 4 × 4 cells, all in pixels a side.

    Example:
        >>> check_smallest((63, 63, 94))
        Pictures of 63 × 63 pixels give 1 × 1 cells, not 4 × 4.
    """
    if missing(answer):
        return no("Nothing yet: what does a single cell need?")
    values = sizes(answer, 3)
    if values is None or min(values) < 1 or max(values) > 9999:
        return no("Three sizes are wanted, (…, …, …), in pixels.")
    smallest, *fours = values
    if wrong := _wrong_smallest(smallest) or _wrong_fours(*fours):
        return no(wrong)
    return Verdict(True, "Right: each further cell needs 32 pixels more.")


def check_cut(answer: int) -> Verdict:
    """Check how many pixels the paper's code cuts off at the left.

    Example:
        >>> check_cut(12.5)
        12.5 is where cell 0 looks. Where does it paint?
    """
    if missing(answer):
        return no("Nothing yet: where does cell 0 look?")
    value = number(answer)
    if value is None:
        return no("One number is wanted, in pixels.")
    if value == _shift():
        return Verdict(
            True,
            f"Right: without the cut, everything would lie {value:g} pixels "
            "too far to the right.",
        )
    return no(_why_cut(value))


def check_centred(answer: tuple[int, int]) -> Verdict:
    """Check a kernel and a padding for three layers of stride 2.

    Args:
        answer: the kernel and the padding with which each cell sees as far
            to the left of its block as to the right.

    Example:
        >>> check_centred((3, 1))
        Cell 12 sees pixels 89 to 103, around 96. It is drawn around 99.5.
    """
    if missing(answer):
        return no("Nothing yet: try a kernel and a padding.")
    values = sizes(answer, 2)
    if values is None:
        return no("Two whole numbers are wanted: (kernel, padding).")
    kernel, padding = values
    if kernel < 1 or padding < 0:
        return no("Try kernels from 1 to 11, and no negative padding.")
    if max(kernel, padding) > 11:
        return no(
            "Yours may be right, but this check tries only kernels and "
            "paddings up to 11. Give smaller ones."
        )
    first, last = _seen(kernel, padding)
    told = f"{UNIT} sees pixels {first} to {last},"
    middle, drawn = (first + last) / 2, 8 * UNIT + 3.5
    if middle != drawn:
        return no(
            f"Cell {told} around {middle:g}. It is drawn around {drawn:g}."
        )
    if last - first < 8:
        return no(
            "The middles agree. But a cell sees no more than its own block: "
            "can it be more?"
        )
    return Verdict(True, f"Right: cell {told} evenly around its block.")


def _wrong_smallest(size: int) -> str:
    """Say what is wrong with the smallest picture that can be read."""
    if not _cells(size):
        told = "1 pixel is" if size == 1 else f"{size} pixels are"
        return f"{told} too few: in one of the five layers no window fits."
    if _cells(size - 1):
        return f"{size} pixels can be read, and so can fewer."
    return ""


def _wrong_fours(first: int, last: int) -> str:
    """Say what is wrong with the first and the last size of 4 × 4 cells."""
    for size in (first, last):
        if (cells := _cells(size)) != 4:
            return (
                f"Pictures of {size} × {size} pixels give {cells} × {cells} "
                "cells, not 4 × 4."
            )
    told = "pixels do, but they are not the"
    if _cells(first - 1) == 4:
        return f"{first} {told} fewest that give 4 × 4 cells."
    if _cells(last + 1) == 4:
        return f"{last} {told} most that give 4 × 4 cells."
    return ""


def _why_cut(value: float) -> str:
    """Say what a wrong number of pixels comes from."""
    hints = {
        12.5: "12.5 is where cell 0 looks. Where does it paint?",
        31.5: "31.5 is the middle of what cell 0 paints. Where does it look?",
        44: "Looking and painting go in the same direction: the two "
        "positions are not added.",
        -_shift(): "The size is right. But pixels are cut off, so the number "
        "is positive.",
        100: "100 is the padding. The layers behind it look further to the "
        "right again.",
        -80: "Has your first layer its padding of 100?",
        115: "The last layer, with kernel 7, looks further to the right too.",
    }
    other = (
        f"{value:g} is not it. Compose the layers: around which pixel does "
        "cell 0 look, and around which does it paint?"
    )
    return hints.get(value, other)


@cache
def _cells(n: int) -> int:
    """Run five poolings over n pixels; 0 if a window fits nowhere."""
    row = torch.zeros(1, 1, n)
    for _ in range(5):
        if row.shape[-1] < 3:
            return 0
        row = F.max_pool1d(row, kernel_size=3, stride=2)
    return row.shape[-1]


@cache
def _shift() -> float:
    """Send a ramp through averages in VGG's places and back to pixels."""
    ramp = torch.arange(1600, dtype=torch.double)[None, None]
    row, padding = ramp, 100
    thirds = torch.full((1, 1, 3), 1 / 3, dtype=torch.double)
    for convolutions in (2, 2, 3, 3, 3):
        for _ in range(convolutions):
            row = F.conv1d(row, thirds, padding=padding)
            padding = 1
        row = F.avg_pool1d(row, 2)
    row = F.avg_pool1d(row, 7, stride=1)
    tent = 1 - (torch.arange(64, dtype=torch.double) - 31.5).abs() / 32
    painted = F.conv_transpose1d(row, tent[None, None], stride=32)
    place = painted.shape[-1] // 2  # far from all padding
    return round(place - painted[0, 0, place].item(), 6)


def _seen(kernel: int, padding: int) -> tuple[int, int]:
    """Ask the gradient which pixels reach one unit."""
    pixels = torch.zeros(1, 1, PIXELS, dtype=torch.double, requires_grad=True)
    ones = torch.ones(1, 1, kernel, dtype=torch.double)
    row: Tensor = pixels
    for _ in range(3):
        row = F.conv1d(row, ones, stride=2, padding=padding)
    row[0, 0, UNIT].backward()
    reached = pixels.grad[0, 0].nonzero()
    return int(reached.min()), int(reached.max())
