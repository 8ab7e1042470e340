"""Checks for the exercises of ``chapters/fullyconv.ipynb``."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fcn_lib.exercises import Verdict


def check_vgg(answer: tuple[int, int, tuple[int, int]]) -> Verdict:
    """Check the convolution made of the first fully connected layer of VGG16.

    Args:
        answer: the side of the kernel, the number of weights without biases,
            and (rows, columns) of the map for 448 × 224 pixels.

    Example:
        >>> check_vgg((7, 4096 * 512, (8, 1)))
        Your layer has a single weight for each pair of channels.
    """
    if answer is None or answer is ...:
        return Verdict(False, "Nothing yet: how large is the map it reads?")
    try:
        kernel, weights, (rows, columns) = answer
        given = [float(v) for v in (kernel, weights, rows, columns)]
    except Exception:  # whatever was given, it has another form
        return Verdict(False, "Give (kernel, weights, (rows, columns)).")
    # shapes without numbers: the layer would fill 400 MB
    layer = nn.Conv2d(512, 4096, 7, device="meta")
    shape = layer(torch.zeros(1, 512, 14, 7, device="meta")).shape[2:]
    right = layer.weight.numel()
    if given[0] != 7:
        return Verdict(
            False, f"A kernel of {kernel} × {kernel} does not cover the map "
            "that the layer reads."
        )  # fmt: skip
    if given[1] != right:
        return Verdict(False, _wrong_weights(given[1], right))
    if tuple(given[2:]) == tuple(reversed(shape)):
        return Verdict(False, "Rows come first, then columns.")
    if tuple(given[2:]) == (14, 7):
        return Verdict(
            False, "14 × 7 cells go into the layer. At how many places does "
            "its kernel fit?"
        )  # fmt: skip
    if tuple(given[2:]) == (2, 1):
        return Verdict(
            False, "2 × 1 windows lie side by side. But the kernel moves by "
            "one cell, not by its own length."
        )  # fmt: skip
    if tuple(given[2:]) != tuple(shape):
        return Verdict(
            False, f"Not {rows} × {columns}. How many cells are there, and "
            "at how many places does the kernel fit?"
        )  # fmt: skip
    return Verdict(True, "Right: the same weights, and eight answers.")


def check_folded(answer: Callable[..., nn.Conv2d]) -> Verdict:
    """Check a function that folds the preprocessing into a convolution.

    Args:
        answer: takes a convolution without padding, and the mean and the
            standard deviation of each channel; returns a convolution that
            does to raw images what the given one does to normalised ones.

    Example:
        >>> bool(check_folded(lambda conv, mean, std: conv))
        False
    """
    if answer is None or answer is ...:
        return Verdict(False, "Nothing yet: write (x - mean) / std into Wx.")
    if not callable(answer):
        kind = type(answer).__name__
        return Verdict(False, f"A function is wanted, not {kind}.")
    try:
        # made anew, so that the reader's own random numbers stay as they are
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            for bias in (True, False):
                conv = nn.Conv2d(3, 5, (3, 2), stride=2, bias=bias).double()
                if wrong := _wrong_fold(answer, conv):
                    return Verdict(False, wrong)
    except Exception as error:  # the reader's code may raise anything
        name = type(error).__name__
        return Verdict(False, f"Your function raised {name}: {error}")
    return Verdict(True, "Right: same answers, and nothing to forget.")


def _wrong_weights(value: float, right: int) -> str:
    """Say what is wrong with a number of weights."""
    hints = {
        right + 4096: "That counts the biases too.",
        4096 * 512: "Your layer has a single weight for each pair of "
        "channels.",
        512 * 7 * 7: "That is one kernel. The layer has 4096 outputs.",
        4096 * 7 * 7: "Each kernel reaches through all the channels of the "
        "map.",
        7 * 7: "That is one slice of one kernel: count its channels, and "
        "count the kernels.",
    }
    other = (
        "That is not the number of weights. They are just those of the old "
        "layer: how many inputs, how many outputs?"
    )
    return hints.get(value, other)


def _wrong_fold(answer: Callable, conv: nn.Conv2d) -> str:
    """Say what is wrong with one folded convolution, or nothing."""
    mean = torch.tensor([0.5, 0.3, 0.9], dtype=torch.double)
    std = torch.tensor([0.5, 0.2, 0.25], dtype=torch.double)
    before = [value.clone() for value in conv.parameters()]
    folded = answer(conv, mean.clone(), std.clone())
    if folded is ...:
        return "Nothing yet: write (x - mean) / std into Wx."
    if not isinstance(folded, nn.Conv2d):
        return f"A Conv2d is wanted, not {type(folded).__name__}."
    now = conv.parameters()
    if not all(a.equal(b) for a, b in zip(before, now, strict=True)):
        return "Your function changed the convolution that it was given."
    images = torch.rand(2, 3, 9, 8, dtype=torch.double)
    with torch.no_grad():
        wanted = conv((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
        found = folded.double()(images)
    if found.shape != wanted.shape:
        return (
            f"Images {tuple(images.shape)} gave {tuple(found.shape)}, not "
            f"{tuple(wanted.shape)}: kernel and stride stay as they are."
        )
    return _difference(found, wanted, conv, folded)


def _difference(
    found: Tensor, wanted: Tensor, conv: nn.Conv2d, folded: nn.Conv2d
) -> str:
    """Name the part that differs: the weights, or only the bias."""
    error = found - wanted
    if error.abs().max() < 1e-4:
        return ""
    if error.std(dim=(0, 2, 3)).max() < 1e-4:
        if conv.bias is None:
            return (
                "A convolution without a bias gets wrong answers from you: "
                "the mean has to go somewhere all the same."
            )
        return (
            "The weights are right. But the answers are off by one number a "
            "channel: what becomes of the mean?"
        )
    if folded.weight.shape == conv.weight.shape:
        ratio = (folded.weight / conv.weight).detach()
        if torch.allclose(ratio, torch.ones_like(ratio), atol=1e-4):
            return "Your weights are still the old ones. Where is std?"
    return (
        "The answers differ from place to place, so the weights are wrong. "
        "By what is channel c of every kernel multiplied or divided?"
    )
