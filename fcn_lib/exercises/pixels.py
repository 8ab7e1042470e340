"""Checks for the exercises of ``chapters/pixels.ipynb``."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fcn_lib.exercises import Verdict

NAMES = "pixel accuracy", "mean accuracy", "mean IoU"
# of exercise 2: rows true, columns predicted
A, B = ((90, 0), (5, 5)), ((10, 0), (0, 90))
EDGE = np.array([[2, 2, 2, 6, 6, 6], [2, 2, 2, 6, 6, 255]], dtype=np.uint8)


def check_constant(answer: tuple[float, float, float]) -> Verdict:
    """Check three scores of a net that says "road" at every pixel.

    Args:
        answer: pixel accuracy, mean accuracy and mean IoU, where three
            quarters of the pixels are road, and 21 classes occur.

    Example:
        >>> check_constant(0.75)
        Three numbers are wanted, (…, …, …).
    """
    if answer is None or answer is ...:
        return Verdict(False, "Nothing yet: begin with the pixel accuracy.")
    values = _numbers(answer, 3)
    if values is None:
        return Verdict(False, "Three numbers are wanted, (…, …, …).")
    share, one = Fraction(3, 4), Fraction(1, 21)
    right = share, one, share * one
    hints = [
        {Fraction(1): "A quarter of the pixels are something else."},
        {
            Fraction(1): "That is the accuracy of the class road. The other "
            "classes have one too.",
            share: "Within the class road every pixel is found, not three "
            "quarters of them.",
            share * one: "Within the class road every pixel is found, not "
            "three quarters of them.",
        },
        {
            share: "That is the IoU of road alone. The other classes occur, "
            "so they have an IoU as well.",
            one: "The IoU of road is not 1: its union holds the pixels that "
            "were called road and are not.",
        },
    ]
    for name, value, wanted, known in zip(
        NAMES, values, right, hints, strict=True
    ):
        if not _near(value, wanted):
            return _wrong_score(name, value, known)
    return Verdict(True, "Right: 0.75 looks well, and 20 classes are lost.")


def check_averages(answer: tuple[float, float]) -> Verdict:
    """Check the mean IoU of two images: from one matrix, and averaged.

    Args:
        answer: the mean IoU of both together, and the mean of the two.

    Example:
        >>> check_averages((0.975, 0.975))
        0.975 is the pixel accuracy. For an IoU, divide by the union.
    """
    if answer is None or answer is ...:
        return Verdict(False, "Nothing yet: write down one matrix for each.")
    values = _numbers(answer, 2)
    if values is None:
        return Verdict(False, "Two numbers are wanted, (together, apart).")
    both = tuple(
        tuple(a + b for a, b in zip(*rows, strict=True))
        for rows in zip(A, B, strict=True)
    )
    together, apart = _mean_iou(both), (_mean_iou(A) + _mean_iou(B)) / 2
    first, second = values
    if _near(first, together) and _near(second, apart):
        return Verdict(
            True, "Right: the same pixels, and two numbers far apart."
        )
    if _near(first, apart) and _near(second, together):
        return Verdict(False, "Both numbers are there, in the other order.")
    for value in values:
        if _near(value, Fraction(195, 200)):
            return Verdict(
                False,
                f"{value:g} is the pixel accuracy. For an IoU, divide by the "
                "union.",
            )
    if _near(first, together):
        what = "The first number is right. For the second"
        return Verdict(False, f"{what}, finish each image before you average.")
    if _near(second, apart):
        what = "The second number is right. For the first"
        return Verdict(False, f"{what}, add the counts before you divide.")
    return Verdict(
        False,
        "Neither is right. In the matrix of image A, the second row is 5 and "
        "5. What are the row sums, and the column sums?",
    )


def check_smaller(answer: Callable[[NDArray, int], NDArray]) -> Verdict:
    """Check a function that shrinks a label map.

    Args:
        answer: takes (H, W) uint8 labels and a factor that divides H and W;
            returns (H / factor, W / factor) uint8, each pixel copied out of
            its own block.

    Example:
        >>> bool(check_smaller(lambda labels, factor: labels))
        False
    """
    if answer is None or answer is ...:
        return Verdict(False, "Nothing yet: which pixels can be copied?")
    if not callable(answer):
        kind = type(answer).__name__
        return Verdict(False, f"A function is wanted, not {kind}.")
    # every pixel of the second map has an id of its own
    places = np.arange(240, dtype=np.uint8).reshape(12, 20)
    for labels, factor in ((EDGE, 2), (places, 4), (places, 2), (EDGE, 1)):
        try:
            wrong = _wrong_copy(answer, labels, factor)
        except Exception as error:  # the reader's code may raise anything
            wrong = f"Your function raised {type(error).__name__}: {error}"
        if wrong:
            return Verdict(False, wrong)
    return Verdict(True, "Right: every label comes from its own block.")


def _wrong_copy(answer: Callable, labels: NDArray, factor: int) -> str:
    """Say what is wrong with one shrunk map, or nothing."""
    H, W = labels.shape
    given = labels.copy()
    small = answer(given, factor)
    if small is ...:
        return "Nothing yet: which pixels can be copied?"
    if not isinstance(small, np.ndarray):
        return f"A NumPy array is wanted, not {type(small).__name__}."
    if small.shape != (H // factor, W // factor):
        return (
            f"{H} × {W} labels and factor {factor} gave the shape "
            f"{small.shape}: one pixel for each block is wanted."
        )
    if not (given == labels).all():
        return "Your function changed the map that it was given."
    for i, j in np.ndindex(small.shape):
        rows = slice(i * factor, (i + 1) * factor)
        block = labels[rows, j * factor : (j + 1) * factor]
        if not (block == small[i, j]).any():
            found = ", ".join(str(k) for k in np.unique(block))
            return (
                f"A block with the labels {found} became {small[i, j]}, "
                "which is not among them."
            )
    if small.dtype != np.uint8:
        return f"The labels are right, but their type is {small.dtype}."
    return ""


def _wrong_score(name: str, value: float, known: dict) -> Verdict:
    if not 0 <= value <= 1:
        return Verdict(
            False, f"Scores lie between 0 and 1; for the {name} you gave "
            f"{value:g}."
        )  # fmt: skip
    for number, hint in known.items():
        if _near(value, number):
            return Verdict(False, f"{value:.3g} for the {name}? {hint}")
    return Verdict(
        False, f"{value:.3g} is not the {name}. What does each class "
        "contribute, road and one of the others?"
    )  # fmt: skip


def _mean_iou(counts: tuple[tuple[int, int], ...]) -> Fraction:
    """Count by hand, for two classes."""
    (a, b), (c, d) = counts
    return (Fraction(a, a + b + c) + Fraction(d, b + c + d)) / 2


def _near(value: float, wanted: Fraction) -> bool:
    return math.isclose(value, wanted, abs_tol=0.0006)


def _numbers(answer: object, count: int) -> list[float] | None:
    """Read some finite numbers, or nothing."""
    try:
        values = [float(value) for value in answer]
    except Exception:  # whatever was given, it is no row of numbers
        return None
    if len(values) != count or not all(map(math.isfinite, values)):
        return None
    return values
