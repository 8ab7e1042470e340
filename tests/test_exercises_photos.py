"""The checks of the chapter on photographs, fed right and wrong answers."""

import re

import numpy as np
import pytest

from fcn_lib.exercises import photos
from fcn_lib.exercises.photos import check_eaten, check_pet_labels

PAIR = (194 * 194 / 200**2, 194 * 2 / (200 * 8))


def by_table(trimap):
    return np.array([7, 0, 1, 255], dtype=np.uint8)[trimap]


def by_where(trimap):
    labels = np.where(trimap == 1, 0, 1)
    labels[trimap == 3] = 255
    return labels.astype(np.uint8)


def in_place(trimap):
    trimap[:] = by_table(trimap)
    return trimap


def raising(trimap):
    return trimap["pet"]


@pytest.mark.parametrize("answer", [by_table, by_where])
def test_right_labels_of_pets_pass(answer):
    verdict = check_pet_labels(answer)
    assert verdict and "Right" in repr(verdict)


@pytest.mark.parametrize(
    "answer, words",
    [
        (raising, "raises IndexError"),
        (lambda trimap: [[1, 2], [3]], "An array is wanted, not list"),
        (lambda trimap: by_table(trimap).tolist(), "array is wanted, not l"),
        (
            lambda trimap: np.where(trimap == 3, 0, trimap),
            r"pet is, the labels are \[1\]; the task wants 0",
        ),
        (lambda trimap: 7, r"\(4, 4\) came back as \(\)"),
        (lambda trimap: trimap[:2], r"came back as \(2, 4\)"),
        (lambda trimap: trimap.ravel(), r"came back as \(16,\)"),
        (in_place, "was changed"),
        (lambda trimap: trimap - 1, "not classified"),
        (lambda trimap: trimap, "Nothing has changed"),
        (lambda trimap: (trimap == 1) * 1, "changed places"),
        (lambda trimap: np.where(trimap == 3, 255, trimap % 2), "changed pl"),
        (lambda trimap: trimap - np.uint8(2), "1 - 2 is 255"),
        (lambda trimap: np.where(trimap == 2, 1, 0), r"border .* \[0\]"),
        (lambda trimap: np.where(trimap == 1, 0, 1), r"border .* \[1\]"),
        (lambda trimap: by_table(trimap).astype(int), "type is int64"),
        (lambda trimap: by_table(trimap) / 1.0, "type is float64"),
        (lambda trimap: np.full((4, 4), "x"), "labels are|not numbers"),
        (lambda trimap: np.full((4, 4), np.nan), "labels are|not numbers"),
    ],
)
def test_a_wrong_function_for_pets_is_told_what_is_wrong(answer, words):
    verdict = check_pet_labels(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)


def test_right_ious_pass():
    for answer in (PAIR, list(PAIR), np.array(PAIR), (0.941, 0.24)):
        assert check_eaten(answer)


def test_the_ious_are_those_of_drawn_things():
    """Count pixels instead of multiplying sides."""
    for (H, W), wanted in zip((photos.SQUARE, photos.POLE), PAIR, strict=True):
        thing = np.zeros((H + 20, W + 20), dtype=bool)
        thing[10 : 10 + H, 10 : 10 + W] = True
        found = thing.copy()
        for shift in range(-photos.BAND, photos.BAND + 1):
            for axis in (0, 1):
                found &= np.roll(thing, shift, axis)
        iou = (found & thing).sum() / (found | thing).sum()
        assert iou == pytest.approx(wanted)


@pytest.mark.parametrize(
    "answer, words",
    [
        (0.94, "Two numbers are wanted"),
        ((0.94,), "Two numbers are wanted"),
        ((1, 2, 3), "Two numbers are wanted"),
        (("a", "b"), "Two numbers are wanted"),
        ("ab", "Two numbers are wanted"),
        ({"square": 1}, "Two numbers are wanted"),
        (len, "Two numbers are wanted"),
        (np.zeros((2, 2)), r"not array\(\[\[0., 0.\], \[0., 0.\]\]\)"),
        ((1, 1), "1 is the IoU when void is left out"),
        ((PAIR[0], 1), "belong to the pole"),
        ((0.9, PAIR[1]), "square is right so far; to two decimals"),
        ((PAIR[0], 0.2), "pole is right so far; to two decimals"),
        ((0.97, PAIR[1]), "at all four sides"),
        ((PAIR[0], 0.25), "at all four sides"),
        ((PAIR[0], 0.0), "Half of the band lies outside the pole"),
        ((188 * 188 / 200**2, PAIR[1]), "Half of the band"),
        ((94.1, 24), "between 0 and 1"),
        ((-1, 0.5), "between 0 and 1"),
        ((float("nan"), 0.5), r"Two numbers .* not \(nan, 0.5\)"),
        ((0.5, 0.5), "0.5 is not the IoU of the square"),
        (PAIR[::-1], "is not the IoU of the square"),
    ],
)
def test_wrong_ious_are_told_what_is_wrong(answer, words):
    verdict = check_eaten(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)


def test_no_wrong_answer_is_told_the_solution():
    for answer in ((1, 1), (0.97, 0.25), (0.5, 0.5)):
        assert ".94" not in repr(check_eaten(answer))
        assert ".24" not in repr(check_eaten(answer))
