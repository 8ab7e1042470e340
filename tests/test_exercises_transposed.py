"""The checks of the chapter on transposed convolution, and wrong answers."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fcn_lib.exercises.transposed import (
    check_output_padding,
    check_painted,
    check_rim,
    check_sizes,
)
from fcn_lib.transposed import upsample

# by hand: Zhang et al., Dive into Deep Learning, section 14.10
PAINTED = (
    [[0, 0, 1], [0, 4, 6], [4, 12, 9]],
    [[4]],
    [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]],
)


def wrong(verdict, words):
    """A verdict that says no, in one line, with these words."""
    return not verdict and words in verdict.text and "\n" not in verdict.text


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_the_right_sizes(kind):
    assert check_sizes(kind((16, 40, 56)))
    assert check_sizes(kind(((192 - 160) / 2, 40.0, 56)))


@pytest.mark.parametrize(
    "answer, words",
    [
        ((0, 40, 56), "With padding 0 the result has 192 × 256 pixels"),
        ((32, 40, 56), "128 × 192"),
        ((31, 40, 56), "130 × 194"),
        ((96, 40, 56), "nothing is left"),
        ((-16, 40, 56), "never negative"),
        ((16, 54, 70), "if nothing were cropped"),
        ((16, 30, 42), "multiply"),
        ((16, 56, 40), "rows come first"),
        ((16, 20, 28), "What does one of them make"),
        ((16, 40), "Three whole numbers"),
        ((16.5, 40, 56), "Three whole numbers"),
        ((16, 40, 56.5), "Three whole numbers"),
        ((16, 40, "56"), "Three whole numbers"),
        ((16.0, 20.0, 28), "make 20 × 28 of"),
    ],
)
def test_wrong_sizes(answer, words):
    assert wrong(check_sizes(answer), words)


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_painted_by_hand(kind):
    assert check_painted([kind(grid) for grid in PAINTED])


@pytest.mark.parametrize(
    "place, grid, words",
    [
        # the kernel turned, as a convolution of the spread map would need
        (0, [[0, 3, 2], [6, 14, 6], [2, 3, 0]], "For stride 1: the kernel"),
        (0, [[0, 0, 1], [0, 4, 6], [4, 12, 8]], "row 2, column 2"),
        (0, [[0, 1], [2, 3]], "your grid is 2 × 2"),
        (0, [0, 0, 1], "your grid is 3."),
        (0, 7, "a single number"),
        (0, [[0, 0, math.nan], [0, 4, 6], [4, 12, 9]], "row 0, column 2"),
        (1, PAINTED[0], "For stride 1, padding 1: your grid is 3 × 3"),
        (1, 4, "1: the numbers are right. Write a list of rows: [[4]]"),
        (1, [4], "the numbers are right"),
        (0, sum(PAINTED[0], []), "rows: [[0, 0, 1], [0, 4, 6], [4, 12, 9]]"),
        (1, 5, "a single number"),
        (1, [[0] * 5] * 5, "your grid is 5 × 5"),
        (1, [[6]], "you have 6"),
        (2, [[0, 0, 1], [0, 4, 6], [4, 12, 9]], "For stride 2: your grid"),
        (2, [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 6]],
         "row 3, column 3"),
        (2, ..., "still missing"),
        (2, [[1], [1, 2]], "equally long"),
        (2, [["a"]], "list of rows"),
    ],
)  # fmt: skip
def test_painted_wrong(place, grid, words):
    answer = list(PAINTED)
    answer[place] = grid
    assert wrong(check_painted(answer), words)


def test_not_three_grids():
    assert wrong(check_painted(PAINTED[:2]), "Three grids are wanted; 2 came")


@pytest.mark.parametrize("kind", [int, float, np.int64, torch.tensor])
def test_the_way_back(kind):
    assert check_output_padding(lambda n, k, s, p: kind((n + 2 * p - k) % s))


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda n, k, s, p: 0, "output padding 0 you come back to"),
        (lambda n, k, s, p: s - 1, "you come back to"),
        (lambda n, k, s, p: n % s, "you come back to"),
        (lambda n, k, s, p: (n - k) % s, "padding 1 the convolution gives"),
        (lambda n, k, s, p: (n + p - k) % s, "padding 1 the convolution"),
        (lambda n, k, s, p: 2 * p, "padding 1 your function gives 2"),
        (lambda n, k, s, p: n + 2 * p - k, "below the stride"),
        (lambda n, k, s, p: -1, "not below 0"),
        (lambda n, k, s, p: 10**5000, "gives this int. It must lie"),
        (lambda n, k, s, p: (n + 2 * p - k) / s, "gives 6.0. It must lie"),
        (lambda n, k, s, p: n / s % 1, "gives 0.5, no whole number"),
        (lambda n, k, s, p: "0", "gives '0', no whole number"),
    ],
)
def test_wrong_ways_back(function, words):
    assert wrong(check_output_padding(function), words)


def repeated(mode):
    def enlarge(x, factor):
        wide = F.pad(x, (1, 1, 1, 1), mode=mode)
        return upsample(wide, factor)[..., factor:-factor, factor:-factor]

    return enlarge


def faded_divided(x, factor):
    """Another right way: divide by what became of a map of ones."""
    return upsample(x, factor) / upsample(torch.ones_like(x), factor)


def test_equal_to_the_rim():
    assert check_rim(repeated("replicate"))
    assert check_rim(faded_divided)


@pytest.mark.parametrize(
    "function, words",
    [
        (upsample, "all is equal inside"),
        (repeated("reflect"), "at the rim differ"),
        (repeated("constant"), "at the rim differ"),
        (lambda x, f: x.repeat_interleave(f, 2).repeat_interleave(f, 3),
         "some of them inside"),
        (lambda x, f: upsample(F.pad(x, (1,) * 4, mode="replicate"), f),
         "has become (1, 2, 10, 12)"),
        (lambda x, f: upsample(x, f) * math.nan, "some of them inside"),
    ],
)  # fmt: skip
def test_not_equal_to_the_rim(function, words):
    assert wrong(check_rim(function), words)


def only_the_rim(x, factor):
    """The inside by upsample, the rest ready-made."""
    y = F.interpolate(x, scale_factor=factor, mode="bilinear")
    inside = (..., slice(factor, -factor), slice(factor, -factor))
    y[inside] = upsample(x, factor)[inside]
    return y


@pytest.mark.parametrize(
    "function",
    [
        lambda x, f: F.interpolate(x, scale_factor=f, mode="bilinear"),
        lambda x, f: F.interpolate(x, scale_factor=f),
        lambda x, f: nn.Upsample(scale_factor=f, mode="bilinear")(x),
        lambda x, f: nn.UpsamplingBilinear2d(scale_factor=f)(x),
        only_the_rim,
    ],
)
def test_ready_made_to_the_rim(function):
    assert wrong(check_rim(function), "calls F.interpolate. Build it anew")


@pytest.mark.parametrize(
    "function", [repeated("replicate"), only_the_rim, lambda x, f: 1 / 0]
)
def test_interpolate_is_there_again(function):
    before = F.interpolate
    check_rim(function)
    assert F.interpolate is before is torch.nn.functional.interpolate
