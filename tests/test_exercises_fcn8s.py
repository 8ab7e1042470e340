"""The checks of the chapter on FCN-8s, fed right and wrong answers."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fcn_lib.exercises.fcn8s import check_finest, check_forward_4s
from fcn_lib.transposed import upsample


def fused(net, maps):
    pool2, pool3, pool4, pool5 = maps
    x = net.upscore2(net.score(pool5)) + net.score_pool4(pool4)
    x = net.upscore_pool4(x) + net.score_pool3(pool3)
    return net.upscore_pool3(x) + net.score_pool2(pool2)


def right(net, maps, H, W):
    return upsample(fused(net, maps), 4)[..., :H, :W]


def by_contributions(net, maps, H, W):
    """Each map alone, stretched to the pixels, then added."""
    steps = [net.upscore2, net.upscore_pool4, net.upscore_pool3]
    layers = [net.score, net.score_pool4, net.score_pool3, net.score_pool2]
    parts = []
    for layer, x in zip(layers, reversed(maps), strict=True):
        x = layer(x)
        for step in steps:
            x = step(x)
        parts.append(upsample(x, 4)[..., :H, :W])
        steps = steps[1:]
    return sum(parts)


def uncut(net, maps, H, W):
    return upsample(fused(net, maps), 4)


def squeezed(net, maps, H, W):
    return F.interpolate(fused(net, maps), (H, W), mode="bilinear")


def squeezed_at_last(mode):
    def answer(net, maps, H, W):
        return F.interpolate(uncut(net, maps, H, W), (H, W), mode=mode)

    return answer


def other_corner(net, maps, H, W):
    return uncut(net, maps, H, W)[..., -H:, -W:]


def no_last_step(net, maps, H, W):
    return fused(net, maps)


def short_step(net, maps, H, W):
    return upsample(fused(net, maps), 2)


def without(place):
    def answer(net, maps, H, W):
        maps = [0 * x if i == place else x for i, x in enumerate(maps)]
        return right(net, maps, H, W)

    return answer


def fixed_steps(net, maps, H, W):
    """The steps of ×2 as fixed tents, not as the net's own layers."""
    pool2, pool3, pool4, pool5 = maps
    x = upsample(net.score(pool5), 2) + net.score_pool4(pool4)
    x = upsample(x, 2) + net.score_pool3(pool3)
    x = upsample(x, 2) + net.score_pool2(pool2)
    return upsample(x, 4)[..., :H, :W]


def wrong_order(net, maps, H, W):
    pool2, pool3, pool4, pool5 = maps
    x = net.upscore2(net.score(pool5)) + net.score_pool4(pool4)
    x = net.upscore_pool3(x) + net.score_pool3(pool3)
    x = net.upscore_pool4(x) + net.score_pool2(pool2)
    return upsample(x, 4)[..., :H, :W]


def no_steps(net, maps, H, W):
    return net.score(maps[3]) + net.score_pool4(maps[2])


def wrong_at_16(net, maps, H, W):
    pool2, pool3, pool4, pool5 = maps
    once_more = 2 * net.score_pool4(pool4) - net.score_pool4(0 * pool4)
    x = net.upscore2(net.score(pool5)) + once_more
    x = net.upscore_pool4(x) + net.score_pool3(pool3)
    x = net.upscore_pool3(x) + net.score_pool2(pool2)
    return upsample(x, 4)[..., :H, :W]


def forgetful(net, maps, H, W):
    maps[0].zero_()
    return right(net, maps, H, W)


def minus(net, maps, H, W):
    return -right(net, maps, H, W)


def more(net, maps, H, W):
    return right(net, maps, H, W) + 1


def test_the_right_number_passes():
    for answer in (
        17920, np.int64(17920), torch.zeros(8, 40, 56).numel(),
        17920.0, 160 / 4 * 224 / 4 * 8, torch.tensor(17920.0),
    ):  # fmt: skip
        verdict = check_finest(answer)
        assert verdict and "Right" in repr(verdict)


@pytest.mark.parametrize(
    "answer, words",
    [
        ("many", "no whole number"),
        (17920.5, "no whole number"),
        ("17920", "no whole number"),
        (2240.0, "So many cells"),
        ((40, 56), "no whole number"),
        ((8, 40, 56), "a shape. How many values"),
        (torch.zeros(8, 40, 56).shape, "a shape. How many values"),
        (True, "How many cells"),
        (len, "no whole number"),
        (2240, "So many cells"),
        (4480, "stride 8"),
        (286720, "logits"),
        (71680, "4 pixels wide"),
        (5, "How many cells"),
    ],
)
def test_a_wrong_number_is_told_what_is_wrong(answer, words):
    verdict = check_finest(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)


@pytest.mark.parametrize("answer", [right, by_contributions])
def test_right_nets_pass(answer):
    verdict = check_forward_4s(answer)
    assert verdict and "Right" in repr(verdict)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda net, maps, H, W: [1, 2], "not list"),
        (lambda net, maps, H, W: net.score_pool1(maps[0]), "AttributeError"),
        (lambda net, maps, H, W: maps[4], "raises IndexError"),
        (no_steps, "raises RuntimeError"),
        (lambda net, maps, H, W: maps[0], r"\(2, 5, 16, 24\)"),
        (uncut, "What is too much"),
        (no_last_step, "Where are the pixels"),
        (short_step, "last step is too short"),
        (squeezed, "from stride 32 is not right"),
        (squeezed_at_last("bilinear"), "64 × 96 logits are squeezed"),
        (squeezed_at_last("nearest"), "64 × 96 logits are squeezed"),
        (other_corner, "cut at the top and at the left"),
        (without(0), "stride 4 has no say"),
        (without(1), "stride 8 has no say"),
        (without(2), "stride 16 has no say"),
        (without(3), "stride 32 has no say"),
        (fixed_steps, "from stride 32 is not right"),
        (wrong_order, "from stride 32 is not right"),
        (wrong_at_16, "from stride 16 is not"),
        (lambda *all: right(*all).double(), "float64"),
        (minus, "from stride 32 is not right"),
        (more, "biases, or signs"),
        (forgetful, "stride 4 has no say"),
        (
            lambda net, maps, H, W: torch.zeros(2, 3, H, W),
            "stride 32 has no say",
        ),
        (
            lambda net, maps, H, W: right(net, maps, H, W) * float("nan"),
            "from stride 32 is not right",
        ),
        (
            lambda net, maps, H, W: right(net, maps, H, W).argmax(1),
            r"\(2, 50, 77\)",
        ),
    ],
)
def test_a_wrong_net_is_told_what_is_wrong(answer, words):
    verdict = check_forward_4s(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)
