"""The checks of the chapter on FCN-16s, fed right and wrong answers."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fcn_lib.exercises.fcn16s import check_fuse, check_sizes
from fcn_lib.fcn16s import FCN16s
from fcn_lib.transposed import bilinear_upsampling, upsample

SIZES = [(24, 32), (12, 16), (24, 32), (384, 512), (9, 12)]


def change(place, pair):
    return [pair if i == place else size for i, size in enumerate(SIZES)]


def cut(coarse, fine):
    H, W = fine.shape[-2:]
    return upsample(coarse, 2)[..., :H, :W] + fine


def by_layer(coarse, fine):
    double = bilinear_upsampling(coarse.shape[1], 2)
    larger = double(coarse)[..., : fine.shape[2], : fine.shape[3]]
    return larger + fine


def in_place(coarse, fine):
    fine += upsample(coarse, 2)[..., : fine.shape[2], : fine.shape[3]]
    return fine


def stretched(mode):
    return lambda coarse, fine: (
        F.interpolate(coarse, fine.shape[-2:], mode=mode) + fine
    )


def doubled(mode):
    def answer(coarse, fine):
        larger = F.interpolate(coarse, scale_factor=2, mode=mode)
        return larger[..., : fine.shape[2], : fine.shape[3]] + fine

    return answer


def squeezed(coarse, fine):
    larger = upsample(coarse, 2)
    return F.interpolate(larger, fine.shape[-2:], mode="bilinear") + fine


def other_corner(coarse, fine):
    H, W = fine.shape[-2:]
    return upsample(coarse, 2)[..., -H:, -W:] + fine


def test_right_sizes_pass():
    for answer in SIZES, tuple(SIZES), np.array(SIZES):
        verdict = check_sizes(answer)
        assert verdict and "Right" in repr(verdict)


def test_the_sizes_are_those_in_the_net():
    net = FCN16s(2, pretrained=False).eval()
    sizes = []
    for layer in net.score_pool4, net.score, net.upscore2:
        layer.register_forward_hook(
            lambda layer, given, out: sizes.append(tuple(out.shape[2:]))
        )
    with torch.no_grad():
        logits = net(torch.zeros(1, 3, 375, 500))
    coarse, larger, fine = sizes  # in the order in which they are computed
    whole = tuple(16 * n for n in larger)
    rest = tuple(a - b for a, b in zip(whole, logits.shape[2:], strict=True))
    assert check_sizes([fine, coarse, larger, whole, rest])


@pytest.mark.parametrize(
    "answer, words",
    [
        (24, "Five pairs"),
        (len, "Five pairs"),
        ("sizes", "Five pairs"),
        (SIZES[:4], "Five pairs"),
        ([*SIZES, (1, 1)], "Five pairs"),
        ([..., ..., ..., ..., ...], "Five pairs"),
        ([(24, 32, 1)] * 5, "Five pairs"),
        ([(24, "x")] * 5, "Five pairs"),
        (change(0, (24.5, 32)), "Five pairs"),
        ([(24, float("nan"))] * 5, "Five pairs"),
        ([(24, float("inf"))] * 5, "Five pairs"),
        ([size[::-1] for size in SIZES], "stride 16: .*Rows come first"),
        (change(0, (12, 16)), "stride 16: .*That is stride 32"),
        ([SIZES[i] for i in (1, 0, 2, 3, 4)], "That is stride 32"),
        (change(0, (23, 31)), "stride 16: .*multiples of what"),
        (change(1, (11, 15)), "stride 32: .*complete cells"),
        (change(1, (11, 16)), "stride 32: .*then divide"),
        (change(2, (12, 16)), "the sum: .*cell by cell"),
        (change(3, (375, 500)), "after ×16: .*by 16"),
        (change(4, (0, 0)), "cut off: .*as the photograph"),
        (change(4, (12, 9)), "cut off: .*Rows come first"),
    ],
)
def test_wrong_sizes_are_told_what_is_wrong(answer, words):
    verdict = check_sizes(answer)
    assert not verdict
    assert re.search(words, repr(verdict)), repr(verdict)


@pytest.mark.parametrize("answer", [cut, by_layer, in_place])
def test_right_sums_pass(answer):
    verdict = check_fuse(answer)
    assert verdict and "Right" in repr(verdict)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda coarse, fine: upsample(coarse, 2) + fine, "7 × 5 .*raises"),
        (lambda coarse, fine: coarse + fine, "raises RuntimeError"),
        (lambda coarse, fine: fine.numpy(), "not ndarray"),
        (lambda coarse, fine: coarse, r"shape \(2, 3, 4, 3\)"),
        (lambda c, f: torch.cat([cut(c, f), f], 1), r"\(2, 6, 7, 5\)"),
        (lambda c, f: upsample(cut(c, f), 16), r"\(2, 3, 112, 80\)"),
        (lambda coarse, fine: fine, "coarse scores are missing"),
        (lambda c, f: cut(c, 0 * f), "finer map are missing"),
        (other_corner, "7 × 5 .*which corner"),
        (stretched("bilinear"), "stretched"),
        (stretched("nearest"), "repeated"),
        (doubled("bilinear"), "7 × 5 .*at the rim"),
        (doubled("nearest"), "7 × 5 .*repeated"),
        (squeezed, "7 × 5 .*stretched"),
        (lambda c, f: torch.maximum(cut(c, 0 * f), f), "scores are not"),
        (lambda c, f: 2 * cut(c, f), "scores are not"),
        (lambda c, f: cut(c, f).double(), "float64 came out"),
        (lambda c, f: cut(c, f) > 0, "bool came out"),
    ],
)
def test_a_wrong_sum_is_told_what_is_wrong(answer, words):
    verdict = check_fuse(answer)
    assert not verdict
    assert re.search(words, repr(verdict), re.DOTALL), repr(verdict)
