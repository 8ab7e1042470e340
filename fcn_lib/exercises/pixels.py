"""Checks for the exercises of ``chapters/pixels.ipynb``."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    missing,
    no,
    numbers,
)

ROAD, ONE = Fraction(3, 4), Fraction(1, 21)
FOUND = (
    "Within the class road every pixel is found, not three quarters of them."
)
# of exercise 1: the right number, and what wrong ones come from
SCORES = {
    "pixel accuracy": (
        ROAD,
        {Fraction(1): "A quarter of the pixels are something else."},
    ),
    "mean accuracy": (
        ONE,
        {
            Fraction(1): "That is the accuracy of the class road. The other "
            "classes have one too.",
            ROAD: FOUND,
            ROAD * ONE: FOUND,
            Fraction(1, 20): "Three decimals are wanted; and road itself is "
            "one of the 21.",
        },
    ),
    "mean IoU": (
        ROAD * ONE,
        {
            ROAD: "That is the IoU of road alone. The other classes occur, "
            "so they have an IoU as well.",
            ONE: "The IoU of road is not 1: its union holds the pixels that "
            "were called road and are not.",
        },
    ),
}
# of exercise 2: rows true, columns predicted
A, B = ((90, 0), (5, 5)), ((10, 0), (0, 90))
ACCURACY = Fraction(195, 200)  # of both, the pixel and the mean accuracy
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
    if missing(answer):
        return no("Nothing yet: begin with the pixel accuracy.")
    values = numbers(answer, 3)
    if values is None:
        return no("Three numbers are wanted, (…, …, …).")
    for value, name in zip(values, SCORES, strict=True):
        if wrong := _wrong_score(name, value):
            return no(wrong)
    return Verdict(True, "Right: 0.75 looks well, and 20 classes are lost.")


def check_averages(answer: tuple[float, float]) -> Verdict:
    """Check the mean IoU of two images: from one matrix, and averaged.

    Args:
        answer: the mean IoU of both together, and the mean of the two.

    Example:
        >>> check_averages((0.975, 0.975))
        0.975 is an accuracy. For an IoU, divide by the union.
    """
    if missing(answer):
        return no("Nothing yet: write down one matrix for each.")
    values = numbers(answer, 2)
    if values is None:
        return no("Two numbers are wanted, (together, apart).")
    if wrong := _wrong_averages(*values):
        return no(wrong)
    return Verdict(True, "Right: the same pixels, and two numbers far apart.")


@function_check(
    nothing="which pixels can be copied?",
    right="Right: every label comes from its own block.",
)
def check_smaller(answer: Callable[[NDArray, int], NDArray]) -> str:
    """Check a function that shrinks a label map.

    Args:
        answer: takes (H, W) uint8 labels and a factor that divides H and W;
            returns (H / factor, W / factor) uint8, each pixel copied out of
            its own block.

    Example:
        >>> bool(check_smaller(lambda labels, factor: labels))
        False
    """
    # every pixel of the second map has an id of its own
    places = np.arange(240, dtype=np.uint8).reshape(12, 20)
    for labels, factor in ((EDGE, 2), (places, 4), (places, 2), (EDGE, 1)):
        if wrong := _wrong_copy(answer, labels, factor):
            return wrong
    return ""


def _wrong_score(name: str, value: float) -> str:
    """Say what is wrong with a score of the constant answer, or nothing."""
    right, hints = SCORES[name]
    if _near(value, right):
        return ""
    if not 0 <= value <= 1:
        return (
            f"Scores lie between 0 and 1; for the {name} you gave {value:g}."
        )
    for number, hint in hints.items():
        if _near(value, number):
            return f"{value:.3g} for the {name}? {hint}"
    return (
        f"{value:.3g} is not the {name}. What does each class contribute, "
        "road and one of the others?"
    )


def _wrong_averages(first: float, second: float) -> str:
    """Say what is wrong with the two means, or nothing."""
    both = np.add(A, B).tolist()
    together, apart = _mean_iou(both), (_mean_iou(A) + _mean_iou(B)) / 2
    right = _near(first, together), _near(second, apart)
    if all(right):
        return ""
    if _near(first, apart) and _near(second, together):
        return "Both numbers are there, in the other order."
    for value in (first, second):
        if not 0 <= value <= 1:
            return f"Scores lie between 0 and 1; you gave {value:g}."
        if _near(value, ACCURACY):
            return (
                f"{value:g} is an accuracy. For an IoU, divide by the union."
            )
    if max(abs(first - together), abs(second - apart)) < 0.006:
        return "Nearly: both are wanted right to three decimals."
    if right[0]:
        what = "The first number is right. For the second"
        return f"{what}, finish each image before you average."
    if right[1]:
        what = "The second number is right. For the first"
        return f"{what}, add the counts before you divide."
    return (
        "Neither is right. In the matrix of image A, the second row is 5 and "
        "5. What are the row sums, and the column sums?"
    )


def _wrong_copy(answer: Callable, labels: NDArray, factor: int) -> str:
    """Say what is wrong with one shrunk map, or nothing."""
    H, W = labels.shape
    given = labels.copy()
    small = answer(given, factor)
    if not isinstance(small, np.ndarray):
        return (
            f"A NumPy array is wanted, not {type(small).__name__}: copy the "
            "labels out of the array that you are given."
        )
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


def _mean_iou(counts: Sequence[Sequence[int]]) -> Fraction:
    """Count by hand, for two classes."""
    (a, b), (c, d) = counts
    return (Fraction(a, a + b + c) + Fraction(d, b + c + d)) / 2


def _near(value: float, wanted: Fraction) -> bool:
    return math.isclose(value, wanted, abs_tol=0.0006)
