"""The checks of the chapter on stride 32: right and wrong answers."""

import numpy as np
import pytest
import torch

from fcn_lib.coarse import block_labels, mosaic
from fcn_lib.exercises.coarse import (
    check_best_accuracy,
    check_border,
    check_pole,
)


def wrong(verdict, words):
    """A verdict that says no, in one line, with these words."""
    return not verdict and words in verdict.text and "\n" not in verdict.text


def share_of_majority(labels, stride, num_classes):
    cells = block_labels(labels, stride, num_classes)
    drawn = mosaic(cells, stride, labels.shape[-2:])
    return (drawn == labels)[labels != 255].mean()


@pytest.mark.parametrize("kind", [tuple, list, np.array])
def test_the_right_poles(kind):
    assert check_pole(kind((17, 9)))


@pytest.mark.parametrize(
    "answer, words",
    [
        ((16, 9), "one other class, 16 columns make a tie"),
        ((17, 8), "3 other classes, 8 columns make a tie"),
        ((15, 9), "15 columns lose"),
        ((17, 7), "has 8.33 columns' worth"),
        ((18, 9), "So would fewer"),
        ((17, 17), "3 other classes, 17 columns win"),
        ((32, 9), "So would fewer"),
        ((544, 288), "The block has 32"),
        ((-1, 9), "The block has 32"),
        ((16.5, 9), "whole numbers"),
    ],
)
def test_wrong_poles(answer, words):
    assert wrong(check_pole(answer), words)


def test_the_right_border():
    assert check_border(lambda a, b: 16 + 32 * a / (a + b))
    assert check_border(lambda a, b: round(16 + 32 * a / (a + b)))
    assert check_border(lambda a, b: torch.tensor(16 + 32 * a / (a + b)))
    assert check_border(lambda a, b: np.array([16 + 32 * a / (a + b)]))


@pytest.mark.parametrize(
    "function, words",
    [
        (
            lambda a, b: 32,
            "2 and 7 you put the border at 32. From a at column",
        ),
        (lambda a, b: 32 * a / (a + b), "counted from the left centre"),
        (lambda a, b: 64 * a / (a + b), "left of 16 and right of 48"),
        (lambda a, b: 16 + 32 * b / (a + b), "away from the surer cell"),
        (lambda a, b: a / (a + b), "left of 16"),
        (lambda a, b: np.ceil(16 + 32 * a / (a + b)), "at 24: nearly. It"),
        (lambda a, b: 16 + 31 * a / (a + b), "at 39.25. From a at column"),
        (lambda a, b: [24.5], "Your function gives [24.5]; one number"),
        (lambda a, b: str(16 + 32 * a / (a + b)), "gives '32.0'; one number"),
    ],
)
def test_wrong_borders(function, words):
    assert wrong(check_border(function), words)


def test_the_best_accuracy():
    assert check_best_accuracy(share_of_majority)
    assert check_best_accuracy(by_counting)
    assert check_best_accuracy(lambda *all: np.array([by_counting(*all)]))


def by_counting(labels, stride, num_classes):
    """Block by block, in plain Python."""
    *_, H, W = labels.shape
    right = 0
    for image in labels.reshape(-1, H, W):
        for row in range(0, H, stride):
            for column in range(0, W, stride):
                block = image[row : row + stride, column : column + stride]
                right += max((block == k).sum() for k in range(num_classes))
    return right / (labels != 255).sum()


def mean_of_shares(labels, stride, num_classes):
    images = labels.reshape(-1, *labels.shape[-2:])
    shares = [share_of_majority(x, stride, num_classes) for x in images]
    return np.mean(shares)


def one_map(labels, stride, num_classes):
    H, W = labels.shape
    return share_of_majority(labels, stride, num_classes)


def first_map(labels, stride, num_classes):
    first = labels.reshape(-1, *labels.shape[-2:])[0]
    return share_of_majority(first, stride, num_classes)


def everything(labels, stride, num_classes):
    drawn = mosaic(
        block_labels(labels, stride, num_classes), stride, labels.shape[-2:]
    )
    return (drawn == labels).mean()  # void agrees with void


def void_counts(labels, stride, num_classes):
    known = labels != 255
    return share_of_majority(labels, stride, num_classes) * known.mean()


def first_pixel(labels, stride, num_classes):
    cells = labels[..., ::stride, ::stride]
    drawn = mosaic(cells, stride, labels.shape[-2:])
    return (drawn == labels)[labels != 255].mean()


def right_pixels(labels, stride, num_classes):
    known = labels != 255
    return share_of_majority(labels, stride, num_classes) * known.sum()


def whole_blocks(labels, stride, num_classes):
    """Throw the incomplete blocks at the rim away."""
    H, W = labels.shape[-2:]
    whole = labels[..., : H // stride * stride, : W // stride * stride]
    return share_of_majority(whole, stride, num_classes)


def reshaped(labels, stride, num_classes):
    *_, H, W = labels.shape
    blocks = labels.reshape(-1, H // stride, stride, W // stride, stride)
    votes = [(blocks == k).sum(axis=(2, 4)) for k in range(num_classes)]
    return np.max(votes, axis=0).sum() / (labels != 255).sum()


def spoils(labels, stride, num_classes):
    share = share_of_majority(labels, stride, num_classes)
    labels[:] = 255
    return share


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda *given: 1, "none has so many right"),
        (lambda *given: 0.5, "has more pixels right"),
        (first_pixel, "has more pixels right"),
        (everything, "void pixels are not judged"),
        (void_counts, "void pixels are not judged"),
        (right_pixels, "A share is wanted"),
        (mean_of_shares, "none has so many right"),
        (first_map, "none has so many right"),
        (one_map, "raises ValueError: too many values"),
        (whole_blocks, "[2, 2, 1, 1, 0]] at stride 2 you say"),
        (reshaped, "raises ValueError: cannot reshape array of size 15"),
        (lambda *given: "62%", "Your function gives '62%'; one number"),
    ],
)
def test_wrong_accuracies(function, words):
    assert wrong(check_best_accuracy(function), words)


def test_an_answer_cannot_spoil_the_maps():
    assert check_best_accuracy(spoils) and check_best_accuracy(spoils)
