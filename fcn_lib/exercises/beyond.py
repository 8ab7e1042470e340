"""Checks for the exercises of ``chapters/beyond.ipynb``."""

from collections.abc import Callable
from numbers import Integral

import torch
from torch import Tensor, nn

from fcn_lib.exercises import Verdict
from fcn_lib.stride import receptive_field

WIDE = 21  # pixels in a row, exercise 2


def check_field(answer: int) -> Verdict:
    """Exercise 1: what a unit behind dilations of 1, 2, 4 and 8 sees.

    Example:
        >>> check_field(9).right
        False
    """
    if _missing(answer):
        return Verdict(False, "Nothing yet: put a whole number there.")
    if not _whole(answer):
        return Verdict(False, f"{answer!r} is no whole number of pixels.")
    right = receptive_field([(2 * d + 1, 1, d) for d in (1, 2, 4, 8)]).size
    if answer == right:
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
    return Verdict(False, hints.get(int(answer), other))


def check_no_holes(dilations: tuple[int, int, int]) -> Verdict:
    """Exercise 2: three kernels of 3 that see far, and every pixel.

    Example:
        >>> check_no_holes((2, 2, 2)).right
        False
    """
    if _missing(dilations):
        return Verdict(False, "Nothing yet: put three dilations there.")
    try:
        steps = tuple(dilations)
    except TypeError:
        return Verdict(False, f"{dilations!r} is not three numbers.")
    if len(steps) != 3 or not all(_whole(d) and d > 0 for d in steps):
        return Verdict(False, "It takes three whole numbers from 1 up.")
    if max(steps) > 100:
        return Verdict(False, f"{max(steps)} leaves holes: try small numbers.")
    seen = {0}
    for d in steps:
        seen = {place + i * d for place in seen for i in (-1, 0, 1)}
    reach = 2 * sum(steps) + 1
    if len(seen) < reach:
        return Verdict(
            False,
            f"The unit reaches over {reach} pixels, and reads {len(seen)} of "
            "them. Where are its holes?",
        )
    if reach < WIDE:
        return Verdict(
            False,
            f"No holes, but the unit sees {reach} pixels, fewer than {WIDE}.",
        )
    return Verdict(True, f"Right: it sees {reach} pixels, every one of them.")


def check_split(
    split: Callable[[nn.Conv2d, int], tuple[nn.Conv2d, nn.Conv2d]],
) -> Verdict:
    """Exercise 3: a convolution of a concatenation, as two of its parts."""
    if _missing(split):
        return Verdict(False, "Nothing yet: write the function first.")
    if not callable(split):
        return Verdict(False, f"{split!r} is no function.")
    try:
        # the reader's random numbers stay as they are
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(0)
            layer = nn.Conv2d(7, 2, 3, padding=1)
            x, y = torch.rand(2, 3, 5, 6), torch.rand(2, 4, 5, 6)
            first, second = split(layer, 3)
            return _compare(layer, first, second, x, y)
    except Exception as error:  # whatever the answer does
        return Verdict(False, f"It raises {type(error).__name__}: {error}")


def _compare(
    layer: nn.Conv2d, first: nn.Module, second: nn.Module, x: Tensor, y: Tensor
) -> Verdict:
    """Compare both ways on maps x and y."""
    whole = layer(torch.cat([x, y], dim=1))
    parts = first(x) + second(y)
    if parts.shape != whole.shape:
        return Verdict(
            False,
            f"The sum has the shape {tuple(parts.shape)}, not "
            f"{tuple(whole.shape)}: has each part the layer's padding?",
        )
    if torch.allclose(parts, whole, atol=1e-5):
        return Verdict(True, "Right: both ways give the same numbers.")
    bias = layer.bias[:, None, None]
    for times, hint in (2, "twice"), (0, "never"):
        if torch.allclose(parts, whole + (times - 1) * bias, atol=1e-5):
            return Verdict(False, f"Nearly: the bias is added {hint}.")
    return Verdict(
        False,
        "The shapes are right, the numbers are not: which channels of the "
        "weight meet x, and which meet y?",
    )


def _missing(answer: object) -> bool:
    return answer is ... or answer is None


def _whole(answer: object) -> bool:
    return isinstance(answer, Integral) and not isinstance(answer, bool)
