"""Checks for the exercises of ``chapters/photos.ipynb``."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    missing,
    no,
    numbers,
    short,
)
from fcn_lib.pixels import VOID

# a pet (1) with its border (3), on a background (2)
TRIMAP = np.array(
    [[2, 2, 2, 2], [3, 3, 3, 2], [1, 1, 3, 2], [1, 1, 3, 2]], dtype=np.uint8
)
# of exercise 2, in pixels
SQUARE, POLE, BAND = (200, 200), (200, 8), 3


@function_check(
    nothing="what does the function return?",
    right="Right: two classes that begin at 0, and the border is void.",
)
def check_pet_labels(answer: Callable[[NDArray], NDArray]) -> str:
    """Check a function that makes labels of a trimap of the pets.

    Args:
        answer: takes (H, W) uint8 with the ids 1, 2 and 3; returns (H, W)
            with 0 for the pet, 1 for the background and 255 for the border.

    Example:
        >>> bool(check_pet_labels(lambda trimap: trimap - 1))
        False
    """
    trimap = TRIMAP.copy()
    found = answer(trimap)
    if not (trimap == TRIMAP).all():
        return (
            "The trimap itself was changed. Whoever reads it again gets "
            "something else: work on a copy."
        )
    if isinstance(found, list | tuple):
        return f"An array is wanted, not {type(found).__name__}."
    return _wrong_labels(np.asarray(found))


def check_eaten(answer: tuple[float, float]) -> Verdict:
    """Check the IoUs of a square and of a pole without their void bands.

    Args:
        answer: the IoU of the square, and that of the pole.

    Example:
        >>> check_eaten(...)
        Nothing yet: give two numbers, (…, …).
    """
    if missing(answer):
        return no("Nothing yet: give two numbers, (…, …).")
    ious = numbers(answer, 2)
    if ious is None:
        return no(f"Two numbers are wanted, (…, …), not {short(answer)}.")
    wrong = _wrong_iou("square", ious[0], SQUARE)
    if wrong := wrong or _wrong_iou("pole", ious[1], POLE):
        return no(wrong)
    return Verdict(
        True,
        "Right: the same band costs the square a few percent, and the pole "
        "most of what it is.",
    )


def _wrong_labels(labels: NDArray) -> str:
    """Say what is wrong with the labels of the trimap, or nothing."""
    if labels.shape != TRIMAP.shape:
        return (
            f"A trimap of shape {TRIMAP.shape} came back as {labels.shape}: "
            "one label for each pixel is wanted."
        )
    if labels.dtype.kind not in "biuf" or not np.isfinite(labels).all():
        return "The labels are not numbers."
    if wrong := _wrong_ids(labels):
        return wrong
    if labels.dtype == np.uint8:
        return ""
    return (
        f"The ids are right, but their type is {labels.dtype}: the library's "
        "label maps are uint8."
    )


def _wrong_ids(labels: NDArray) -> str:
    """Say what is wrong with the labels, by what each id has become."""
    pet, ground, border = (labels[TRIMAP == id] for id in (1, 2, 3))
    if (border == 2).all():
        return (
            "The border has become class 2. But nobody knows what is there: "
            'the data set calls it "not classified". Which label says so?'
        )
    if (labels == TRIMAP).all():
        return (
            "Nothing has changed. Classes begin at 0: a net with two scores "
            "has no class 2, let alone 3."
        )
    if (pet == 1).all() and (ground == 0).all():
        return (
            "Pet and background have changed places. The task names them in "
            "an order: the pet is class 0."
        )
    if (pet == VOID).all():
        return (
            "The pet has become void: in uint8, 1 - 2 is 255. Look at what "
            "the arithmetic does to each of the three ids."
        )
    for name, part, wanted in (
        ("pet", pet, 0),
        ("background", ground, 1),
        ("border", border, VOID),
    ):
        if not (part == wanted).all():
            found = sorted({int(value) for value in part})
            return (
                f"Where the {name} is, the labels are {found}; the task "
                f"wants {wanted}."
            )
    return ""


def _wrong_iou(name: str, value: float, shape: tuple[int, int]) -> str:
    """Say what is wrong with one IoU."""
    (H, W), b = shape, BAND
    right = _left(H, W, 2 * b)
    if abs(value - right) < 0.005:
        return ""
    if value == round(right, 1):
        return f"The {name} is right so far; to two decimals, please."
    if abs(value - 1) < 1e-9:
        return (
            "1 is the IoU when void is left out of the score. Here all "
            f"pixels that truly belong to the {name} count."
        )
    if abs(value - _left(H, W, 4 * b)) < 0.005:
        return (
            f"Half of the band lies outside the {name}: inside it is {b} "
            "pixels wide."
        )
    if min(abs(value - _left(H, W, b)), abs(value - (W - 2 * b) / W)) < 0.005:
        return f"The band takes from the {name} at all four sides."
    if not 0 <= value <= 1:
        return f"An IoU lies between 0 and 1, and {value:g} does not."
    return (
        f"{value:g} is not the IoU of the {name}. What the net finds lies "
        "wholly inside it. So how large are overlap and union?"
    )


def _left(H: int, W: int, less: int) -> float:
    """The share of a rectangle that is left when its sides get shorter."""
    return max(H - less, 0) * max(W - less, 0) / (H * W)
