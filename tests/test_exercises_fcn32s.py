"""The checks of the chapter on FCN-32s, fed right and wrong answers."""

import re

import numpy as np
import pytest

from fcn_lib.exercises import fcn32s
from fcn_lib.exercises.fcn32s import check_phone, check_sum_rate


def by_pixels(rate, target):
    return rate / int((target != 255).sum())


def by_loop(rate, target):
    return rate / sum(label != 255 for label in target.flatten().tolist())


def as_tensor(rate, target):
    return rate / (target < 255).sum()


def as_array(rate, target):
    return np.array([rate]) / np.count_nonzero(target.numpy() != 255)


def in_place(rate, target):
    target[target == 255] = 0
    return rate / target.numel()


def test_right_counts_pass():
    cells = np.ceil(3000 / 32) * np.ceil(4000 / 32)
    for answer in (
        (11750, 32000), [11750, 32000], np.array([11750, 32000]),
        (cells, 32000), (11750.0, cells * 1024 - 12e6),
    ):  # fmt: skip
        verdict = check_phone(answer)
        assert verdict and "Right" in repr(verdict)


def test_the_counts_are_those_of_a_padded_array():
    """Fill an array up and count, instead of dividing."""
    rows, columns = fcn32s.PHONE
    filled = np.pad(
        np.ones((rows, columns), dtype=bool), ((0, -rows % 32), (0, 0))
    )
    assert filled.shape[0] % 32 == filled.shape[1] % 32 == 0
    cells = filled[::32, ::32].size
    assert check_phone((cells, int((~filled).sum())))


@pytest.mark.parametrize(
    "answer, words",
    [
        (11750, "Two numbers"),
        ((11750,), "Two numbers"),
        ((1, 2, 3), "Two numbers"),
        (len, "Two numbers"),
        ("ab", "whole numbers"),
        ((11750.5, 32000), "whole numbers"),
        ((11750, "32000"), "whole numbers"),
        ((3000 / 32 * 125, 32000), "whole numbers"),
        ((93.0 * 125, 0), "complete cells"),
        ((..., ...), "whole numbers"),
        ((True, 32000), "cells are not right"),
        ((93 * 125, 0), "complete cells"),
        ((11718, 32000), "filled up one by one"),
        ((11719, 32000), "filled up one by one"),
        ((12_000_000, 0), "answers for 1024"),
        ((219, 32000), "added"),
        ((7, 32000), "cells are not right"),
        ((11750, 96000), "has already"),
        ((11750, 8), "in each"),
        ((11750, 12_032_000), "afterwards"),
        ((11750, 7), "in all"),
        ((32000, 11750), "other order"),
        ((32000, 11719), "cells are not right"),
    ],
)
def test_wrong_counts_are_told_what_is_wrong(answer, words):
    verdict = check_phone(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)


@pytest.mark.parametrize("answer", [by_pixels, by_loop, as_tensor, as_array])
def test_right_rates_pass(answer):
    verdict = check_sum_rate(answer)
    assert verdict and "Right" in repr(verdict)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda rate, target: "small", "one number, not 'small'"),
        (lambda rate, target: target, "one number, not tensor"),
        (lambda rate, target: [rate], r"one number, not \[0.1\]"),
        (lambda rate, target: rate / 0, "raises ZeroDivisionError"),
        (lambda rate, target: rate["x"], "raises TypeError"),
        (lambda rate, target: rate, "steps 45 times as far.* added up"),
        (lambda rate, target: rate / target.numel(), "no part in the sum"),
        (in_place, "no part in the sum"),
        (lambda rate, target: rate / target[0].numel(), "of the batch"),
        (
            lambda rate, target: rate / int((target[0] != 255).sum()),
            "of the batch",
        ),
        (
            lambda rate, target: by_pixels(rate, target[0]) / len(target),
            "as much void",
        ),
        (lambda rate, target: rate / target[:, 1:].numel(), "as much void"),
        (lambda rate, target: rate / len(target), "not over images"),
        (lambda rate, target: rate * 48, "times as far"),
        (lambda rate, target: 1e-10, "times as far"),
        (lambda rate, target: -by_pixels(rate, target), "above zero"),
        (lambda rate, target: 0, "above zero"),
        (lambda rate, target: float("nan"), "one number, not nan"),
        (lambda rate, target: float("inf"), "one number, not inf"),
    ],
)
def test_a_wrong_rate_is_told_what_is_wrong(answer, words):
    verdict = check_sum_rate(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)
