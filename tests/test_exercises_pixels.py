"""The checks of the chapter on pixels, fed with right and wrong answers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fcn_lib.exercises.pixels import (
    check_averages,
    check_constant,
    check_smaller,
)
from fcn_lib.pixels import scores


@pytest.mark.parametrize("kind", [tuple, list, np.array, torch.tensor])
def test_right_scores_of_the_constant_answer(kind):
    # 21 classes, 84 pixels: 63 of road, one or two of each other class
    true = torch.tensor([63.0] + [1] * 19 + [2])
    counts = torch.zeros(21, 21)
    counts[:, 0] = true
    result = scores(counts)
    right = result.pixel_accuracy, result.mean_accuracy, result.mean_iou
    assert check_constant(kind(right))
    assert check_constant(kind((0.75, 0.048, 0.036)))


@pytest.mark.parametrize(
    "answer, words",
    [
        ((1, 1 / 21, 0.036), "A quarter of the pixels"),
        ((0.5, 1 / 21, 0.036), "not the pixel accuracy"),
        ((0.75, 1, 0.036), "other classes have one too"),
        ((0.75, 0.75, 0.036), "every pixel is found"),
        ((0.75, 0.036, 0.048), "every pixel is found"),
        ((0.75, 1 / 21, 0.75), "IoU of road alone"),
        ((0.75, 1 / 21, 1 / 21), "The IoU of road is not 1"),
        ((0.75, 1 / 21, 0.5), "not the mean IoU"),
        ((0.75, 0.05, 0.036), "0.05 for the mean accuracy? Three decimals"),
        ((75, 4.8, 3.6), "between 0 and 1"),
        ((0.75, 0.048), "Three numbers"),
    ],
)
def test_wrong_scores_of_the_constant_answer(answer, words):
    verdict = check_constant(answer)
    assert not verdict and words in verdict.text


def averages():
    """Use the library's scores: another route than the check's."""
    a, b = torch.tensor([[90, 0], [5, 5]]), torch.tensor([[10, 0], [0, 90]])
    alone = (scores(a).mean_iou + scores(b).mean_iou) / 2
    return scores(a + b).mean_iou, alone


def test_right_averages():
    assert check_averages(averages())
    assert check_averages([0.951, 0.862])


@pytest.mark.parametrize(
    "answer, words",
    [
        ((0.862, 0.951), "the other order"),
        ((0.975, 0.975), "0.975 is an accuracy"),
        ((0.975, 0.875), "0.975 is an accuracy"),
        ((95.1, 86.2), "between 0 and 1; you gave 95.1"),
        ((0.95, 0.86), "Nearly: both are wanted right to three decimals"),
        ((0.951, 0.86), "Nearly: both"),
        ((0.951, 0.951), "The first number is right"),
        ((0.862, 0.862), "The second number is right"),
        ((0.7, 0.8), "Neither"),
        ((0.951,), "Two numbers"),
    ],
)
def test_wrong_averages(answer, words):
    verdict = check_averages(answer)
    assert not verdict and words in verdict.text


def nearest(labels, factor):
    """Let PyTorch choose the pixels."""
    x = torch.from_numpy(labels.astype(np.float32))[None, None]
    return F.interpolate(x, scale_factor=1 / factor)[0, 0].numpy()


def most_frequent(labels, factor):
    H, W = labels.shape
    blocks = labels.reshape(H // factor, factor, W // factor, factor)
    blocks = blocks.swapaxes(1, 2).reshape(H // factor, W // factor, -1)
    vote = [[np.bincount(b).argmax() for b in row] for row in blocks]
    return np.array(vote, dtype=np.uint8)


@pytest.mark.parametrize(
    "answer",
    [
        lambda labels, factor: labels[::factor, ::factor],
        lambda labels, factor: labels[factor - 1 :: factor, ::factor].copy(),
        lambda labels, factor: nearest(labels, factor).astype(np.uint8),
        most_frequent,
    ],
)
def test_right_ways_to_shrink(answer):
    assert check_smaller(answer), check_smaller(answer).text


def averaged(labels, factor):
    H, W = labels.shape
    blocks = labels.reshape(H // factor, factor, W // factor, factor)
    return blocks.mean(axis=(1, 3)).astype(np.uint8)


def in_place(labels, factor):
    small = labels[::factor, ::factor].copy()
    labels[:] = 0
    return small


@pytest.mark.parametrize(
    "answer, words",
    [
        (averaged, "labels 2, 6 became 4"),
        (nearest, "type is float32"),
        (in_place, "changed the map"),
        (lambda labels, factor: labels, "the shape (2, 6)"),
        (lambda labels, factor: labels[::2, ::2], "the shape (6, 10)"),
        (lambda labels, factor: labels[::factor, ::factor].T, "(3, 1)"),
        (
            lambda labels, factor: labels[
                : labels.shape[0] // factor, : labels.shape[1] // factor
            ],
            "not among them",
        ),
        (
            lambda labels, factor: np.minimum(labels[::factor, ::factor], 7),
            "not among them",
        ),
        (lambda labels, factor: [[2, 2, 6]], "not list: copy the labels"),
        (lambda labels, factor: labels[99], "IndexError"),
    ],
)
def test_wrong_ways_to_shrink(answer, words):
    verdict = check_smaller(answer)
    assert not verdict and words in verdict.text
