"""Checks for the exercises of ``chapters/fullyconv.ipynb``."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    items,
    missing,
    no,
    numbers,
    raises,
)


def check_vgg(answer: tuple[int, int, tuple[int, int]]) -> Verdict:
    """Check the convolution made of the first fully connected layer of VGG16.

    Args:
        answer: the kernel, 7 or (7, 7), say; the number of weights without
            biases; and (rows, columns) of the map for 448 × 224 pixels.

    Example:
        >>> check_vgg((7, 4096 * 512, (8, 1)))
        Your layer has a single weight for each pair of channels.
    """
    if missing(answer):
        return no("Nothing yet: how large is the map it reads?")
    try:
        kernel, weights, (rows, columns) = answer
        weights = float(weights)
        size = float(rows), float(columns)
    except Exception:  # whatever was given, it has another form
        return no("Give (kernel, weights, (rows, columns)).")
    sides = numbers(items(kernel) or (kernel, kernel), 2)
    if sides is None:
        return no("The kernel is one number, or (rows, columns).")
    if sides != (7, 7):
        return no(
            f"A kernel of {sides[0]:g} × {sides[1]:g} does not cover the map "
            "that the layer reads."
        )
    if wrong := _wrong_layer(weights, size):
        return no(wrong)
    return Verdict(True, "Right: the same weights, and eight answers.")


@function_check(
    nothing="write (x - mean) / std into Wx.",
    right="Right: same answers, and nothing to forget.",
)
def check_folded(answer: Callable[..., nn.Conv2d]) -> str:
    """Check a function that folds the preprocessing into a convolution.

    Args:
        answer: takes a convolution without padding, and the mean and the
            standard deviation of each channel; returns a convolution that
            does to raw images what the given one does to normalised ones.

    Example:
        >>> bool(check_folded(lambda conv, mean, std: conv))
        False
    """
    for bias in (True, False):
        conv = nn.Conv2d(3, 5, (3, 2), stride=2, bias=bias).double()
        if wrong := _wrong_conv(answer, conv):
            return wrong
    return ""


def _wrong_layer(weights: float, size: tuple[float, float]) -> str:
    """Compare with the layer itself."""
    # shapes without numbers: the layer would fill 400 MB
    layer = nn.Conv2d(512, 4096, 7, device="meta")
    right = tuple(layer(torch.zeros(1, 512, 14, 7, device="meta")).shape[2:])
    if weights != layer.weight.numel():
        return _wrong_weights(weights, layer.weight.numel())
    hints = {
        right: "",
        right[::-1]: "Rows come first, then columns.",
        (14, 7): "14 × 7 cells go into the layer. At how many places does "
        "its kernel fit?",
        (2, 1): "2 × 1 windows lie side by side. But the kernel moves by one "
        "cell, not by its own length.",
    }
    other = (
        f"Not {size[0]:g} × {size[1]:g}. How many cells are there, and at "
        "how many places does the kernel fit?"
    )
    return hints.get(size, other)


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


def _wrong_conv(answer: Callable, conv: nn.Conv2d) -> str:
    """Say what is wrong with one folded convolution, or nothing."""
    mean = torch.tensor([0.5, 0.3, 0.9], dtype=torch.double)
    std = torch.tensor([0.5, 0.2, 0.25], dtype=torch.double)
    before = deepcopy(conv)
    try:
        folded = answer(conv, mean.clone(), std.clone())
    except Exception as error:
        if conv.bias is not None:
            raise
        return (
            "Given a convolution without a bias, your function "
            f"{raises(error)}. Its bias is None, but the mean has to go "
            "somewhere all the same."
        )
    if not isinstance(folded, nn.Conv2d):
        return f"A Conv2d is wanted, not {type(folded).__name__}."
    if not _same(conv, before):
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


def _same(a: nn.Conv2d, b: nn.Conv2d) -> bool:
    """Tell whether two convolutions have the same weights and biases."""
    ours, theirs = a.state_dict(), b.state_dict()
    return ours.keys() == theirs.keys() and all(
        ours[name].dtype == theirs[name].dtype
        and ours[name].equal(theirs[name])
        for name in ours
    )


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
