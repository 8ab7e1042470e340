"""Checks for the exercises of ``chapters/superres.ipynb``."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    missing,
    no,
    number,
    raises,
    sizes,
)

TOLERANCE = 0.06  # decibels: one decimal is asked for


def check_psnr(answer: float) -> Verdict:
    """Check the PSNR when one value in four is off by 20, the others right.

    Example:
        >>> check_psnr("high")
        A PSNR is one number, in decibels.
    """
    if missing(answer):
        return no("Nothing yet: begin with the squares.")
    value = number(answer)
    if value is None:
        return no("A PSNR is one number, in decibels.")
    mean = (20**2 + 0 + 0 + 0) / 4
    right = 10 * math.log10(255**2 / mean)
    if math.isclose(value, right, abs_tol=TOLERANCE):
        return Verdict(True, "Right: the mean of the squares is 100.")
    if value == round(right):
        return no("Right so far; to one decimal, please.")
    return no(_why_psnr(value, mean))


def check_shuffle(answer: tuple[int, ...]) -> Verdict:
    """Check the shape that PixelShuffle(3) makes of (2, 36, 20, 28).

    Example:
        >>> check_shuffle((2, 36, 60, 84))
        Count the values: the shuffle only moves them, it makes none.
    """
    if missing(answer):
        return no("Nothing yet: count the values first.")
    shape = sizes(answer, 4)
    if shape is None:
        return no("Give the shape as four numbers: (N, C, H, W).")
    wanted = tuple(F.pixel_shuffle(torch.zeros(2, 36, 20, 28), 3).shape)
    if shape == wanted:
        return Verdict(True, "Right: nine channels became 3 × 3 pixels.")
    if math.prod(shape) != math.prod(wanted):
        return no(
            "Count the values: the shuffle only moves them, it makes none."
        )
    if shape[0] != wanted[0]:
        return no("Each picture of the batch is for itself.")
    return no(
        "As many values as went in, good. But rows and columns both grow by "
        "3: how many channels does that use up?"
    )


@function_check(
    nothing="which two steps make ×4?",
    right="Right: 5 × 7 becomes 20 × 28, in three channels.",
)
def check_quadruple(answer: Callable[[int], nn.Module]) -> str:
    """Check a function that makes a ×4 layer with two shuffles of 2.

    Example:
        >>> check_quadruple(lambda channels: nn.Upsample(scale_factor=4))
        Two steps of ×2 are wanted; your layer takes 0 with PixelShuffle(2).
    """
    layer = answer(8)
    if not isinstance(layer, nn.Module):
        return "The function must return an nn.Module."
    steps = []

    # one shuffle that is called twice takes two steps
    def note(part: nn.Module, *_: object) -> None:
        if isinstance(part, nn.PixelShuffle) and part.upscale_factor == 2:
            steps.append(part)

    fit = (
        "Each shuffle takes four channels for one: how many must go into the "
        "second?"
    )
    with torch.no_grad(), register_module_forward_hook(note):
        try:
            shape = tuple(layer(torch.zeros(1, 8, 5, 7)).shape)
        except RuntimeError as error:
            return f"Your layer {raises(error)}. {fit}"
    if len(steps) != 2:
        return (
            f"Two steps of ×2 are wanted; your layer takes {len(steps)} with "
            "PixelShuffle(2)."
        )
    if shape == (1, 3, 20, 28):
        return ""
    if shape[1:2] == (3,):
        fit = (
            "Three channels, good. But the size is not 20 × 28: has each "
            "convolution its padding?"
        )
    return f"(1, 8, 5, 7) becomes {shape}. {fit}"


@function_check(
    nothing="what does one pixel paint?",
    right="Right: four kernels, each turned, added.",
)
def check_merged(answer: Callable[[Tensor], Tensor]) -> str:
    """Check a function that makes one 4 × 4 kernel of a 3 × 3 kernel.

    With stride 2 and padding 1, the transposed convolution has to do what
    repeating the pixels and a convolution with padding 1 do.

    Example:
        >>> check_merged(lambda kernel: kernel)
        Your kernel is (3, 3); (4, 4) is wanted.
    """
    kernel = torch.rand(3, 3)
    merged = answer(kernel.clone())
    if not hasattr(merged, "shape"):
        return f"A tensor is wanted, not {type(merged).__name__}."
    shape = tuple(merged.shape)
    if shape != (4, 4):
        return f"Your kernel is {shape}; (4, 4) is wanted."
    merged, kernel = torch.as_tensor(merged).double(), kernel.double()
    if _paints_like(merged, kernel):
        return ""
    if _paints_like(merged, kernel.flip(0, 1)):
        return (
            "Nearly: the painting kernel is the sliding one, turned by 180°."
        )
    return (
        "The two layers differ. Follow one single 1: it is repeated four "
        "times, and then each copy paints."
    )


def _why_psnr(value: float, mean: float) -> str:
    """Say what a wrong PSNR comes from, by trying typical mistakes."""
    hints = {
        20 * math.log10(255 / 5): "You averaged the errors, then squared "
        "them. First square, then average: large errors count for more.",
        20 * math.log10(255 / 20): "You took the one error as if all four "
        "values had it. Three of the squares are zero.",
        math.log10(255**2 / mean): "That is in bels. A decibel is a tenth of "
        "one.",
        10 * math.log(255**2 / mean): "That is the natural logarithm; "
        "decibels take the one to base 10.",
        20 * math.log10(255**2 / mean): "20 goes with the ratio of 255 to "
        "the root of the mean. Your ratio is squared already.",
        10 * math.log10(255 / mean): "The highest value is squared too, as "
        "the errors are.",
    }
    for mistake, hint in hints.items():
        if math.isclose(value, mistake, abs_tol=TOLERANCE):
            return hint
    return (
        "Not yet. The mean square of the errors is right? Then 255² goes over "
        "it."
    )


def _paints_like(merged: Tensor, kernel: Tensor) -> bool:
    """Compare one transposed convolution with repeating and convolving."""
    x = torch.rand(1, 1, 5, 6, dtype=torch.double)
    painted = F.conv_transpose2d(x, merged[None, None], stride=2, padding=1)
    repeated = F.interpolate(x, scale_factor=2)
    slid = F.conv2d(repeated, kernel[None, None], padding=1)
    return bool(torch.allclose(painted, slid, atol=1e-5))
