"""Checks for the exercises of ``chapters/beyond.ipynb``."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import nn

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    items,
    missing,
    no,
    short,
    size,
    sizes,
)
from fcn_lib.stride import receptive_field

WIDE = 21  # pixels in a row, exercise 2


def check_field(answer: int) -> Verdict:
    """Exercise 1: what a unit behind dilations of 1, 2, 4 and 8 sees.

    Example:
        >>> check_field(9).right
        False
    """
    if missing(answer):
        return no("Nothing yet: put a whole number there.")
    pixels = size(answer)
    if pixels is None:
        return no(f"{short(answer)} is no whole number of pixels.")
    right = receptive_field([(2 * d + 1, 1, d) for d in (1, 2, 4, 8)]).size
    if pixels == right:
        return Verdict(True, "Right: each layer adds two of its steps.")
    hints = {
        9: "9 is what four layers see without dilation.",
        right - 1: "That is the sum of what the layers add. What did they "
        "add it to?",
        17: "17 is the reach of the last kernel alone. The layers below it "
        "add theirs.",
        81: "Kernels do not multiply: their fields overlap.",
    }
    other = "Each kernel of 3 adds two steps. How long are they in each layer?"
    return no(hints.get(pixels, other))


def check_no_holes(dilations: tuple[int, int, int]) -> Verdict:
    """Exercise 2: three kernels of 3 that see far, and every pixel.

    Example:
        >>> check_no_holes((2, 2, 2)).right
        False
    """
    if missing(dilations):
        return no("Nothing yet: put three dilations there.")
    steps = sizes(dilations, 3)
    if steps is None or min(steps) < 1:
        return no("It takes three whole numbers from 1 up.")
    if max(steps) > 100:
        return no(f"{short(max(steps))} leaves holes: try small numbers.")
    seen = {0}
    for d in steps:
        seen = {place + i * d for place in seen for i in (-1, 0, 1)}
    reach = 2 * sum(steps) + 1
    if len(seen) < reach:
        return no(
            f"The unit reaches over {reach} pixels, and reads {len(seen)} of "
            "them. Where are its holes?"
        )
    if reach < WIDE:
        return no(
            f"No holes, but the unit sees {reach} pixels, fewer than {WIDE}."
        )
    return Verdict(True, f"Right: it sees {reach} pixels, every one of them.")


@function_check(
    nothing="what does the function return?",
    right="Right: both ways give the same numbers.",
)
@torch.no_grad()
def check_split(
    split: Callable[[nn.Conv2d, int], tuple[nn.Conv2d, nn.Conv2d]],
) -> str:
    """Exercise 3: a convolution of a concatenation, as two of its parts."""
    for layer in (
        nn.Conv2d(7, 2, 3, padding=1),
        nn.Conv2d(7, 2, 1, bias=False),
    ):
        # a copy, since the answer may change what it is given
        if wrong := _wrong_parts(split(deepcopy(layer), 3), layer):
            return f"{layer}: {wrong}"
    return ""


def _wrong_parts(found: object, layer: nn.Conv2d) -> str:
    """Say what is wrong with the two parts of a layer."""
    two = items(found)
    if len(two) != 2 or not all(isinstance(part, nn.Conv2d) for part in two):
        return "two nn.Conv2d are wanted."
    first, second = two
    if (first.in_channels, second.in_channels) != (3, 4):
        return (
            "the first part must read the 3 channels of x, the second the 4 "
            "of y."
        )
    x, y = torch.rand(2, 3, 5, 6), torch.rand(2, 4, 5, 6)
    both = layer(torch.cat([x, y], dim=1))
    parts = first(x) + second(y)
    if parts.shape != both.shape:
        return (
            f"the sum has the shape {tuple(parts.shape)}, not "
            f"{tuple(both.shape)}: has each part the layer's padding?"
        )
    if torch.allclose(parts, both, atol=1e-5):
        return ""
    left = parts - both
    if torch.allclose(left, left[..., :1, :1].expand_as(left), atol=1e-5):
        return (
            "the weights are right, the biases are not: together they must "
            "add what the layer's own adds, once. (nn.Conv2d draws one unless "
            "told bias=False.)"
        )
    return (
        "the shapes are right, the numbers are not: which channels of the "
        "weight meet x, and which meet y?"
    )
