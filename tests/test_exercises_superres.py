"""The checks of the chapter on super-resolution: right and wrong answers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fcn_lib.exercises.superres import (
    check_merged,
    check_psnr,
    check_quadruple,
    check_shuffle,
)


@pytest.mark.parametrize("answer", [28.1, 28.13, np.float64(28.131), 28.1308])
def test_the_right_psnr(answer):
    assert check_psnr(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (34.15, "averaged the errors"),
        (22.1, "as if all four"),
        (2.81, "bels"),
        (64.77, "natural"),
        (4.07, "squared too"),
        (56.26, "squared already"),
        (28, "to one decimal"),
        (28.0, "to one decimal"),
        (29, "255² goes over it"),
        (100, "255² goes over it"),
    ],
)
def test_wrong_psnr(answer, words):
    verdict = check_psnr(answer)
    assert not verdict and words in verdict.text and "28" not in verdict.text


@pytest.mark.parametrize("kind", [tuple, list, torch.Size, np.array])
def test_the_right_shape(kind):
    assert check_shuffle(kind((2, 4, 60, 84)))


@pytest.mark.parametrize(
    "answer, words",
    [
        ((2, 36, 60, 84), "makes none"),
        ((2, 4, 20, 28), "makes none"),
        ((2, 12, 60, 28), "both grow"),
        ((2, 12, 60, 84), "makes none"),
        ((8, 1, 60, 84), "batch"),
        ((4, 60, 84), "four numbers"),
        ((2, 4, 60, 84.5), "four numbers"),
        (240, "four numbers"),
    ],
)
def test_wrong_shapes(answer, words):
    verdict = check_shuffle(answer)
    assert not verdict and words in verdict.text


def two_shuffles(first, second, padding=1):
    """Make ×4 with two convolutions that have these channels."""
    return lambda channels: nn.Sequential(
        nn.Conv2d(channels, first, 3, padding=padding),
        nn.PixelShuffle(2),
        nn.Conv2d(first // 4, second, 3, padding=padding),
        nn.PixelShuffle(2),
    )


def twice_the_same(channels):
    """The first shuffle leaves fewer channels than the second wants."""
    conv = nn.Conv2d(channels, 12, 3, padding=1)
    return nn.Sequential(*[conv, nn.PixelShuffle(2)] * 2)


def test_the_right_layers():
    assert check_quadruple(two_shuffles(32, 12))
    assert check_quadruple(
        lambda channels: nn.Sequential(
            nn.Conv2d(channels, 48, 1), nn.PixelShuffle(2), nn.PixelShuffle(2)
        )
    )


def shared(times):
    """One shuffle that stands in the layer so many times."""
    return lambda channels: nn.Sequential(
        nn.Conv2d(channels, 3 * 4**times, 1), *[nn.PixelShuffle(2)] * times
    )


class Called(nn.Module):
    """One shuffle that is called so many times; another one is idle."""

    def __init__(self, channels, times):
        super().__init__()
        self.conv = nn.Conv2d(channels, 3 * 4**times, 1)
        self.shuffle, self.idle = nn.PixelShuffle(2), nn.PixelShuffle(2)
        self.times = times

    def forward(self, maps):
        """Convolve, then shuffle again and again."""
        maps = self.conv(maps)
        for _ in range(self.times):
            maps = self.shuffle(maps)
        return maps


def called(times):
    return lambda channels: Called(channels, times)


def quadrupled_at_once(channels):
    return nn.Sequential(nn.Conv2d(channels, 48, 1), nn.PixelShuffle(4))


@pytest.mark.parametrize("layer", [shared, called])
def test_a_shuffle_may_work_twice(layer):
    assert check_quadruple(layer(2))


@pytest.mark.parametrize(
    "answer, words",
    [
        (two_shuffles(32, 3), "RuntimeError"),
        (two_shuffles(32, 3), "into the second?"),
        (twice_the_same, "RuntimeError"),
        (twice_the_same, "into the second?"),
        (two_shuffles(32, 16), "(1, 4, 20, 28)"),
        (two_shuffles(32, 16), "into the second?"),
        (two_shuffles(32, 12, padding=0), "(1, 3, 8, 16)"),
        (two_shuffles(32, 12, padding=0), "has each convolution its padding"),
        (quadrupled_at_once, "takes 0 with"),
        (shared(1), "takes 1 with"),
        (shared(3), "takes 3 with"),
        (called(1), "takes 1 with"),
        (called(3), "takes 3 with"),
        (lambda channels: nn.PixelShuffle(4), "RuntimeError"),
        (lambda channels: nn.Upsample(scale_factor=4), "takes 0 with"),
        (lambda channels: torch.zeros(1), "nn.Module"),
        (lambda channels: 1 / 0, "ZeroDivisionError"),
        (nn.ReLU(), "TypeError"),
    ],
)
def test_wrong_layers(answer, words):
    verdict = check_quadruple(answer)
    assert not verdict and words in verdict.text


def merged(kernel):
    """Convolve with a block of ones, in full: an independent route."""
    ones = torch.ones(1, 1, 2, 2, dtype=kernel.dtype)
    turned = kernel.flip(0, 1)[None, None]
    return F.conv2d(turned, ones, padding=1)[0, 0]


def in_one_line(kernel):
    turned = kernel.flip(0, 1)[None, None]
    return F.conv_transpose2d(turned, torch.ones(1, 1, 2, 2))[0, 0]


def test_the_right_kernel():
    assert check_merged(merged)
    assert check_merged(lambda kernel: merged(kernel).numpy())
    assert check_merged(lambda kernel: merged(kernel.double()))
    assert check_merged(in_one_line)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda kernel: merged(kernel.flip(0, 1)), "180°"),
        (lambda kernel: kernel, "(3, 3); (4, 4)"),
        (lambda kernel: F.pad(kernel, (0, 1, 0, 1)), "four times"),
        (lambda kernel: merged(kernel) / 4, "four times"),
        (lambda kernel: in_one_line(kernel.flip(0, 1)), "180°"),
        (lambda kernel: in_one_line(kernel) + 1e-3, "four times"),
        (lambda kernel: [[0] * 4] * 4, "A tensor is wanted, not list"),
        (lambda kernel: merged(kernel).tolist(), "tensor is wanted"),
        (lambda kernel: kernel.sum(), "(); (4, 4)"),
        (lambda kernel: kernel[5], "IndexError"),
    ],
)
def test_wrong_kernels(answer, words):
    verdict = check_merged(answer)
    assert not verdict and words in verdict.text
