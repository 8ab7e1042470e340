"""Checks for the exercises of ``chapters/fcn32s.ipynb``."""

from collections.abc import Callable
from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises import Verdict
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
    if _missing(answer):
        return _no("Nothing yet: give two numbers, (cells, pixels).")
    try:
        cells, pixels = answer
    except (TypeError, ValueError):
        return _no(f"Two numbers are wanted, not {answer!r}.")
    if not (_whole(cells) and _whole(pixels)):
        return _no("Both are counts: whole numbers.")
    H, W = PHONE
    h, w = (conv_size(n, 32, stride=32, ceil_mode=True) for n in PHONE)
    if cells != h * w:
        hints = {
            H // 32 * (W // 32): "Those are the complete cells. The last rows "
            "of the picture would belong to none.",
            H * W // 1024: "That is the number of pixels over 1024. Rows and "
            "columns are filled up one by one.",
            -(-H * W // 1024): "That is the number of pixels over 1024. Rows "
            "and columns are filled up one by one.",
            H * W: "So many pixels there are. A cell answers for 1024.",
            h + w: "Those are the rows and the columns of cells, added.",
        }
        other = "The cells are not right. How many does each side need?"
        return _no(hints.get(int(cells), other))
    if pixels != h * w * 1024 - H * W:
        hints = {
            H % 32 * W: "The cells are right. But so many pixels the last "
            "row of cells has already; how many does it lack?",
            h * 32 - H: "The cells are right. That is the number of rows "
            "filled in; how many pixels are in each?",
            h * w * 1024: "The cells are right. That is how many pixels there "
            "are afterwards.",
        }
        other = "The cells are right. How many pixels have they in all?"
        return _no(hints.get(int(pixels), other))
    return Verdict(True, "Right: only the last row of cells is incomplete.")


def check_sum_rate(answer: Callable[[float, Tensor], float]) -> Verdict:
    """Exercise 4: the learning rate that suits a loss that is summed.

    A step of SGD is taken with each of the two losses, and compared.

    Args:
        answer: takes the rate for the mean, and a target (N, H, W) with 255
            for void; returns the rate for the sum.

    Example:
        >>> check_sum_rate(lambda rate, target: rate).right
        False
    """
    if _missing(answer):
        return _no("Nothing yet: write the function first.")
    if not callable(answer):
        return _no(f"{answer!r} is no function.")
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 5, 6, generator=random)
    target = torch.randint(0, 3, (2, 5, 6), generator=random)
    target[:, 0] = 255  # a row of void in each image
    try:
        found = answer(0.1, target.clone())
        if found is ...:
            return _no("Nothing yet: what does the function return?")
        rate = float(found)
    except Exception as error:  # whatever the answer does
        return _no(f"It raises {type(error).__name__}: {error}")
    by_mean = 0.1 * _gradient(logits, target, "mean")
    by_sum = rate * _gradient(logits, target, "sum")
    if torch.allclose(by_sum, by_mean, rtol=1e-3, atol=1e-7):
        return Verdict(True, "Right: both steps end at the same place.")
    far = (by_sum.norm() / by_mean.norm()).item()
    if not rate > 0:
        return _no(f"A learning rate is above zero, and {rate:g} is not.")
    text = f"With your rate the sum steps {far:.3g} times as far as the mean."
    hints = {
        target.numel(): " Which pixels have no part in the sum?",
        target[0].numel(): " The sum goes over all images of the batch.",
        int((target[0] != 255).sum()): " The sum goes over all images of the "
        "batch.",
        len(target): " A mean over pixels, not over images.",
    }
    divided = round(0.1 / rate) if rate > 1e-6 else 0
    return _no(text + hints.get(divided, " How many losses are added up?"))


def _gradient(logits: Tensor, target: Tensor, reduction: str) -> Tensor:
    x = logits.clone().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(
            x, target, ignore_index=255, reduction=reduction
        )
    return torch.autograd.grad(loss, x)[0]


def _missing(answer: object) -> bool:
    return answer is ... or answer is None


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _no(text: str) -> Verdict:
    return Verdict(False, text)
