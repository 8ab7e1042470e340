"""Checks for the exercises of ``chapters/fcn32s.ipynb``."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    items,
    missing,
    no,
    number,
    short,
    sizes,
)
from fcn_lib.stride import conv_size

PHONE = 3000, 4000  # rows and columns, exercise 1


def check_phone(answer: tuple[int, int]) -> Verdict:
    """Exercise 1: the cells of a phone's picture, and the pixels filled in.

    Args:
        answer: how many cells, and how many pixels.

    Example:
        >>> check_phone(...)
        Nothing yet: give two numbers, (cells, pixels).
    """
    if missing(answer):
        return no("Nothing yet: give two numbers, (cells, pixels).")
    if len(items(answer)) != 2:
        return no(f"Two numbers are wanted, not {short(answer)}.")
    counts = sizes(answer, 2)
    if counts is None:
        return no("Both are counts: whole numbers.")
    cells, pixels = counts
    h, w = (conv_size(n, 32, stride=32, ceil_mode=True) for n in PHONE)
    if not (_wrong_cells(pixels, h, w) or _wrong_filling(cells, h, w)):
        return no("In the other order: (cells, pixels).")
    if wrong := _wrong_cells(cells, h, w) or _wrong_filling(pixels, h, w):
        return no(wrong)
    return Verdict(True, "Right: only the last row of cells is incomplete.")


@function_check(
    nothing="what does the function return?",
    right="Right: both steps end at the same place.",
)
def check_sum_rate(answer: Callable[[float, Tensor], float]) -> str:
    """Exercise 4: the learning rate that suits a loss that is summed.

    A step of SGD is taken with each of the two losses, and compared.

    Args:
        answer: takes the rate for the mean, and a target (N, H, W) with 255
            for void; returns the rate for the sum.

    Example:
        >>> check_sum_rate(lambda rate, target: rate).right
        False
    """
    logits = torch.randn(2, 3, 5, 6)
    target = torch.randint(0, 3, (2, 5, 6))
    target[:, 0] = 255  # a row of void in each image
    target[1, 2, :3] = 255  # and not as much in both
    answered = answer(0.1, target.clone())
    rate = number(answered)
    if rate is None:
        return f"A rate is one number, not {short(answered)}."
    return _wrong_rate(rate, logits, target)


def _wrong_cells(cells: int, h: int, w: int) -> str:
    """Say what is wrong with a number of cells, of which h × w are needed."""
    H, W = PHONE
    over = (
        "That is the number of pixels over 1024. Rows and columns are filled "
        "up one by one."
    )
    hints = {
        h * w: "",
        H // 32 * (W // 32): "Those are the complete cells. The last rows of "
        "the picture would belong to none.",
        H * W // 1024: over,
        -(-H * W // 1024): over,
        H * W: "So many pixels there are. A cell answers for 1024.",
        h + w: "Those are the rows and the columns of cells, added.",
    }
    other = "The cells are not right. How many does each side need?"
    return hints.get(cells, other)


def _wrong_filling(pixels: int, h: int, w: int) -> str:
    """Say what is wrong with a number of pixels that fill up h × w cells."""
    H, W = PHONE
    hints = {
        H % 32 * W: "But so many pixels the last row of cells has already; "
        "how many does it lack?",
        h * 32 - H: "That is the number of rows filled in; how many pixels "
        "are in each?",
        h * w * 1024: "That is how many pixels there are afterwards.",
    }
    if pixels == h * w * 1024 - H * W:
        return ""
    hint = hints.get(pixels, "How many pixels have they in all?")
    return f"The cells are right. {hint}"


def _wrong_rate(rate: float, logits: Tensor, target: Tensor) -> str:
    """Compare a step at rate 0.1 on the mean with one on the sum."""
    if not rate > 0:
        return f"A learning rate is above zero, and {rate:g} is not."
    by_mean = 0.1 * _gradient(logits, target, "mean")
    by_sum = rate * _gradient(logits, target, "sum")
    if torch.allclose(by_sum, by_mean, rtol=1e-3, atol=1e-7):
        return ""
    far = (by_sum.norm() / by_mean.norm()).item()
    told = f"With your rate the sum steps {far:.3g} times as far as the mean."
    batch = "The sum goes over all images of the batch."
    first = int((target[0] != 255).sum())
    hints = {
        target.numel(): "Which pixels have no part in the sum?",
        target[0].numel(): batch,
        first: batch,
        first * len(target): "Has each image as much void as the first?",
        len(target): "A mean over pixels, not over images.",
    }
    divided = round(0.1 / rate) if rate > 1e-6 else 0
    return f"{told} {hints.get(divided, 'How many losses are added up?')}"


def _gradient(logits: Tensor, target: Tensor, reduction: str) -> Tensor:
    x = logits.clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(
            x, target, ignore_index=255, reduction=reduction
        )
    return torch.autograd.grad(loss, x)[0]
