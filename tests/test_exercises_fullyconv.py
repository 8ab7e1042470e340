"""The checks of the chapter on dense nets: right and wrong answers."""

import copy

import pytest
import torch
from torch import nn

from fcn_lib.exercises.fullyconv import check_folded, check_vgg

WEIGHTS = 102_760_448  # 512 * 7 * 7 inputs for each of 4096 outputs


@pytest.mark.parametrize(
    "answer",
    [
        (7, WEIGHTS, (8, 1)),
        [7, WEIGHTS, [8, 1]],
        (7, float(WEIGHTS), torch.Size([8, 1])),
        ((7, 7), WEIGHTS, (8, 1)),
        ([7.0, 7], WEIGHTS, (8, 1)),
        (torch.tensor(7), WEIGHTS, (8, 1)),
        (nn.Conv2d(1, 1, 7).kernel_size, WEIGHTS, (8, 1)),
    ],
)
def test_the_right_layer(answer):
    assert check_vgg(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        ((1, WEIGHTS, (8, 1)), "1 × 1 does not cover"),
        ((224, WEIGHTS, (8, 1)), "224 × 224 does not cover"),
        (((14, 7), WEIGHTS, (8, 1)), "14 × 7 does not cover"),
        (((7, 1), WEIGHTS, (8, 1)), "7 × 1 does not cover"),
        (((7, 7, 512), WEIGHTS, (8, 1)), "The kernel is one number, or"),
        (("7x7", WEIGHTS, (8, 1)), "The kernel is one number, or"),
        (((7, 7), 49, (8, 1)), "one slice"),
        ((7, WEIGHTS + 4096, (8, 1)), "biases"),
        ((7, 4096 * 512, (8, 1)), "single weight"),
        ((7, 512 * 49, (8, 1)), "one kernel"),
        ((7, 4096 * 49, (8, 1)), "all the channels"),
        ((7, 49, (8, 1)), "one slice"),
        ((7, 1000, (8, 1)), "how many inputs"),
        ((7, WEIGHTS, (1, 8)), "Rows come first"),
        ((7, WEIGHTS, (14, 7)), "14 × 7 cells go in"),
        ((7, WEIGHTS, (2, 1)), "by one cell"),
        ((7, WEIGHTS, (7, 1)), "Not 7 × 1"),
        ((7, WEIGHTS, 8), "Give (kernel"),
        ((7, WEIGHTS, (8, 1, 1)), "Give (kernel"),
    ],
)
def test_wrong_layers(answer, words):
    verdict = check_vgg(answer)
    assert not verdict and words in verdict.text
    assert str(WEIGHTS) not in verdict.text


def folded(conv, mean, std, sign=-1, over=True, moved=True):
    """Fold, or make one of the usual mistakes."""
    new = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride
    ).double()
    scale = 1 / std if over else std
    with torch.no_grad():
        new.weight.copy_(conv.weight * scale.view(1, 3, 1, 1))
        new.bias.zero_()
        if conv.bias is not None:
            new.bias.copy_(conv.bias)
        if moved:  # another route than the chapter's: the answer to mean
            gray = mean.view(1, 3, 1, 1).expand(1, 3, *conv.kernel_size)
            answer = nn.functional.conv2d(gray, new.weight)[0, :, 0, 0]
            new.bias += sign * answer
    return new


def in_place(conv, mean, std):
    with torch.no_grad():
        conv.weight /= std.view(1, 3, 1, 1)
    return conv


def gives_a_bias(conv, mean, std):
    new = folded(conv, mean, std)
    conv.bias = nn.Parameter(torch.zeros(5, dtype=torch.double))
    return new


def takes_the_bias(conv, mean, std):
    new = folded(conv, mean, std)
    conv.bias = None
    return new


def other_numbers(conv, mean, std):
    return folded(conv.float(), mean, std)


def other_shape(conv, mean, std):
    new = folded(conv, mean, std)
    conv.weight = nn.Parameter(conv.weight[:, :1].detach())
    return new


def needs_a_bias(conv, mean, std):
    assert conv.bias.isfinite().all()
    return folded(conv, mean, std)


def forgets_the_bias(conv, mean, std):
    new = folded(conv, mean, std)
    if conv.bias is None:
        new.bias = None
    return new


def test_the_right_fold():
    assert check_folded(folded)
    assert check_folded(lambda *all: folded(*all).float())


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda *all: folded(*all, moved=False), "what becomes of the mean"),
        (lambda *all: folded(*all, sign=1), "what becomes of the mean"),
        (lambda *all: folded(*all, over=False), "channel c"),
        (lambda conv, mean, std: conv, "Where is std?"),
        (lambda conv, mean, std: copy.deepcopy(conv), "Where is std?"),
        (forgets_the_bias, "has to go somewhere"),
        (needs_a_bias, "without a bias, your function raises AttributeError"),
        (in_place, "changed the convolution"),
        (gives_a_bias, "changed the convolution"),
        (takes_the_bias, "changed the convolution"),
        (other_numbers, "changed the convolution"),
        (other_shape, "changed the convolution"),
        (lambda *all: nn.Conv2d(3, 5, 3), "kernel and stride"),
        (lambda *all: nn.Linear(3, 5), "not Linear"),
        (lambda *all: torch.zeros(5, 3, 3, 2), "not Tensor"),
        (lambda *all: 1 / 0, "Your function raises ZeroDivisionError"),
    ],
)
def test_wrong_folds(answer, words):
    verdict = check_folded(answer)
    assert not verdict and words in verdict.text
