"""The checks of the chapter on stride, fed with right and wrong answers."""

import numpy as np
import pytest
import torch

from fcn_lib.exercises.stride import (
    check_centred,
    check_cut,
    check_smallest,
)
from fcn_lib.stride import Transposed, conv_size, receptive_field


def five(n):
    """Count with integers: another route than the check's."""
    for _ in range(5):
        n = conv_size(n, kernel=3, stride=2)
    return n


@pytest.mark.parametrize("kind", [tuple, list, np.array, torch.tensor])
def test_the_right_sizes(kind):
    smallest = receptive_field([(3, 2, 0)] * 5).size
    fours = [n for n in range(smallest, 300) if five(n) == 4]
    assert check_smallest(kind((smallest, fours[0], fours[-1])))


@pytest.mark.parametrize(
    "answer, words",
    [
        ((32, 128, 159), "32 pixels are too few"),
        ((62, 159, 190), "62 pixels are too few"),
        ((1, 159, 190), "1 pixel is too few"),
        ((64, 159, 190), "64 pixels can be read, and so can fewer."),
        ((63, 252, 252), "6 × 6 cells, not 4"),
        ((63, 158, 190), "3 × 3 cells, not 4"),
        ((63, 159, 191), "5 × 5 cells, not 4"),
        ((63, 160, 190), "not the fewest"),
        ((63, 159, 189), "not the most"),
        ((63, 159), "Three sizes"),
        ((63, (159, 190)), "Three sizes"),
    ],
)
def test_wrong_sizes(answer, words):
    verdict = check_smallest(answer)
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("kind", [int, float, np.int64, torch.tensor])
def test_the_right_cut(kind):
    layers = [(3, 1, 100)]
    for i, convolutions in enumerate((2, 2, 3, 3, 3)):
        layers += [(3, 1, 1)] * (convolutions - (i == 0)) + [(2, 2, 0)]
    layers += [(7, 1, 0), Transposed(64, 32)]
    verdict = check_cut(kind(-receptive_field(layers).offset))
    assert verdict and "19 pixels too far to the right" in verdict.text


@pytest.mark.parametrize(
    "answer, words",
    [
        (12.5, "where cell 0 looks"),
        (31.5, "the middle of what cell 0 paints"),
        (44, "not added"),
        (-19, "positive"),
        (100, "padding"),
        (-80, "its padding of 100"),
        (115, "with kernel 7"),
        (22, "22 is not it"),
        (18, "18 is not it"),
        ((19, 19), "One number"),
        ("about twenty", "One number"),
    ],
)
def test_wrong_cuts(answer, words):
    verdict = check_cut(answer)
    assert not verdict and words in verdict.text
    assert "19" not in verdict.text


@pytest.mark.parametrize("answer", [(4, 1), [6, 2], (8, 3), np.array([10, 4])])
def test_right_kernels(answer):
    kernel, padding = map(int, answer)
    assert receptive_field([(kernel, 2, padding)] * 3).offset == 3.5
    assert check_centred(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        ((3, 1), "pixels 89 to 103, around 96"),
        ((3, 0), "around 103"),
        ((5, 2), "around 96"),
        ((4, 0), "around 106.5"),
        ((4, 2), "around 92.5"),
        ((2, 0), "can it be more"),
        ((1, 0), "around 96"),
        ((12, 5), "may be right, but this check tries only"),
        ((100, 49), "may be right, but this check tries only"),
        ((0, 1), "from 1 to 11"),
        ((4, -1), "no negative"),
        ((4, 1.5), "Two whole numbers"),
        (4, "Two whole numbers"),
    ],
)
def test_wrong_kernels(answer, words):
    verdict = check_centred(answer)
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("kernel", range(1, 12))
@pytest.mark.parametrize("padding", range(6))
def test_the_gradient_agrees_with_the_integers(kernel, padding):
    field = receptive_field([(kernel, 2, padding)] * 3)
    verdict = check_centred((kernel, padding))
    assert bool(verdict) == (field.offset == 3.5 and field.size > 8)
