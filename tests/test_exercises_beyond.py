"""The checks of the chapter's exercises, fed right and wrong answers."""

import numpy as np
import pytest
import torch
from torch import nn

from fcn_lib.exercises.beyond import (
    check_field,
    check_no_holes,
    check_split,
)


@pytest.mark.parametrize("answer", [31, np.int64(31), 31.0, np.float32(31)])
def test_the_field_is_thirty_one(answer):
    assert check_field(answer)


@pytest.mark.parametrize(
    "answer, word",
    [(9, "without dilation"), (30, "sum of what"), (17, "last kernel"),
     (81, "multiply"), (15, "How long"), (32, "How long"),
     (0, "How long"), (30.0, "sum of what"), (30.5, "no whole number"),
     ("30", "no whole number")],
)  # fmt: skip
def test_a_wrong_field_gets_a_hint(answer, word):
    verdict = check_field(answer)
    assert not verdict and word in verdict.text and "31" not in verdict.text


@pytest.mark.parametrize(
    "answer",
    [(1, 3, 9), [9, 1, 3], np.array([1, 3, 7]), (1, 3, 6), range(1, 10, 4),
     torch.tensor([1, 3, 9]), (1.0, 3.0, 6.0)],
)  # fmt: skip
def test_dilations_without_holes(answer):
    seen = {
        a * i + b * j + c * k
        for a, b, c in [tuple(map(int, answer))]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        for k in (-1, 0, 1)
    }
    whole = len(seen) == max(seen) - min(seen) + 1 >= 21
    assert bool(check_no_holes(answer)) == whole


def test_at_least_one_of_these_is_right():
    assert check_no_holes((1, 3, 9)) and check_no_holes((1, 3, 7))


@pytest.mark.parametrize(
    "answer, word",
    [((2, 2, 2), "reads 7"), ((1, 2, 4), "fewer"), ((1, 1, 1), "fewer"),
     ((1, 4, 9), "holes"), ((1, 3), "three"), ((0, 1, 9), "from 1 up"),
     ((1, 3, 10**9), "small"), (7, "three whole numbers"),
     ((1, 3.5, 9), "three whole numbers"), ("139", "three whole numbers")],
)  # fmt: skip
def test_wrong_dilations_get_a_hint(answer, word):
    verdict = check_no_holes(answer)
    assert not verdict and word in verdict.text


def split(layer, channels, bias=(True, False), at=None, padding=None):
    """Split a layer as asked for, or wrongly."""
    at = channels if at is None else at
    parts = layer.weight[:, :at], layer.weight[:, at:]
    made = []
    for weight, has in zip(parts, bias, strict=True):
        has = has and layer.bias is not None
        part = nn.Conv2d(
            weight.shape[1], layer.out_channels, layer.kernel_size,
            padding=layer.padding if padding is None else padding, bias=has,
        )  # fmt: skip
        part.weight.data = weight.detach().clone()
        if has:
            part.bias.data = layer.bias.detach()
        made.append(part)
    return tuple(made)


def half_right(layer, channels):
    """Only the first of the two results is right."""
    first, second = split(layer, channels)
    with torch.no_grad():
        second.weight[1] += 0.1
    return first, second


def forgotten_bias(layer, channels):
    """The second part keeps the bias that PyTorch drew."""
    first, second = split(layer, channels)
    drawn = nn.Conv2d(
        second.in_channels, 2, second.kernel_size, padding=second.padding
    )
    drawn.weight.data = second.weight.data
    return first, drawn


def new_bias(layer, channels):
    """Give the parts a bias only where the layer has none."""
    if layer.bias is None:
        return forgotten_bias(layer, channels)
    return split(layer, channels)


def changed(layer, channels):
    """The layer itself loses its weights, after it was split."""
    parts = split(layer, channels)
    layer.weight.zero_()
    return parts


def needs_a_bias(layer, channels):
    layer.bias.data  # noqa: B018
    return split(layer, channels)


@pytest.mark.parametrize("bias", [(True, False), (False, True)])
def test_a_right_split(bias):
    assert check_split(lambda layer, C: split(layer, C, bias))


@pytest.mark.parametrize("kind", [list, nn.ModuleList])
def test_a_right_split_in_another_form(kind):
    assert check_split(lambda layer, C: kind(split(layer, C)))


def test_a_split_may_change_the_layer():
    assert check_split(changed)


@pytest.mark.parametrize(
    "answer, word",
    [
        (lambda layer, C: split(layer, C, (True, True)), "biases are not"),
        (lambda layer, C: split(layer, C, (False, False)), "biases are not"),
        (forgotten_bias, "padding=(1, 1)): the weights are right, the bias"),
        (new_bias, "bias=False): the weights are right, the biases are not"),
        (needs_a_bias, "raises AttributeError"),
        (lambda layer, C: split(layer, C, at=4), "3 channels of x"),
        (lambda layer, C: split(layer, C)[::-1], "3 channels of x"),
        (lambda layer, C: split(layer, C, padding=0), "padding"),
        (lambda layer, C: split(layer, C, padding=1), "bias=False): the sum"),
        (lambda layer, C: (nn.Conv2d(3, 2, 3, padding=1),
                           nn.Conv2d(4, 2, 3, padding=1)), "which channels"),
        (half_right, "which channels"),
        (lambda layer, C: layer, "two nn.Conv2d"),
        (lambda layer, C: split(layer, C)[0], "two nn.Conv2d"),
        (lambda layer, C: (layer.weight[:, :C], layer.weight[:, C:]),
         "two nn.Conv2d"),
        (lambda layer, C: 1 / 0, "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_wrong_split_gets_a_hint(answer, word):
    verdict = check_split(answer)
    assert not verdict and word in verdict.text
