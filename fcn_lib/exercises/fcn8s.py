"""Checks for the exercises of ``chapters/fcn8s.ipynb``."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    missing,
    no,
    short,
    size,
    sizes,
)
from fcn_lib.stride import conv_size
from fcn_lib.transposed import bilinear_kernel

K = 3  # classes of the maps in exercise 4
CHANNELS = {4: 5, 8: 6, 16: 7, 32: 8}
SIZE = 50, 77  # of the image; filled up, it has 64 × 96 pixels


class Heads(nn.Module):
    """The layers of an FCN-4s behind its backbone, with random weights."""

    def __init__(self) -> None:
        super().__init__()
        names = "score_pool2", "score_pool3", "score_pool4", "score"
        for name, C in zip(names, CHANNELS.values(), strict=True):
            setattr(self, name, nn.Conv2d(C, K, 1))
        for name in "upscore2", "upscore_pool4", "upscore_pool3":
            step = nn.ConvTranspose2d(K, K, 4, 2, 1, groups=K, bias=False)
            setattr(self, name, step)


def check_finest(answer: int) -> Verdict:
    """Exercise 1: how many scores the map of stride 4 has.

    Example:
        >>> check_finest(2240).right
        False
    """
    if missing(answer):
        return no("Nothing yet: put a whole number there.")
    if sizes(answer, 3):
        return no("That is a shape. How many values has it?")
    count = size(answer)
    if count is None:
        return no(f"{short(answer)} is no whole number.")
    rows, columns = (conv_size(n, 4, stride=4) for n in (160, 224))
    if count == rows * columns * 8:
        return Verdict(True, "Right: 8 scores in each of its cells.")
    hints = {
        rows * columns: "So many cells it has. What is in each of them?",
        20 * 28 * 8: "That is the map of stride 8. Here is a finer one.",
        160 * 224 * 8: "So many logits come out. The finest map has one cell "
        "for several pixels.",
        160 * 224 // 4 * 8: "A cell of stride 4 is 4 pixels wide and 4 high.",
    }
    other = "How many cells has it in a row, in a column? What is in each?"
    return no(hints.get(count, other))


@function_check(
    nothing="what does the function return?",
    right="Right: each map goes its way.",
)
@torch.no_grad()
def check_forward_4s(
    answer: Callable[[nn.Module, list[Tensor], int, int], Tensor],
) -> str:
    """Exercise 4: from the maps of a backbone to the logits of FCN-4s.

    Each map is sent its way alone, by torch's own operators; what the answer
    makes of each is compared with that.

    Args:
        answer: takes a net with the layers of ``Heads``, the maps of strides
            4, 8, 16 and 32, and H and W of the image; returns logits
            (N, K, H, W).

    Example:
        >>> check_forward_4s(lambda net, maps, H, W: maps[0]).right
        False
    """
    net = Heads()
    maps = {
        s: torch.randn(2, C, 64 // s, 96 // s) for s, C in CHANNELS.items()
    }
    found = _asked(answer, net, maps)
    return _wrong_shape(found) or _wrong_part(answer, net, maps, found)


def _asked(answer: Callable, net: Heads, maps: dict) -> object:
    """Ask the answer, with maps of its own: it may write into them."""
    return answer(net, [x.clone() for x in maps.values()], *SIZE)


def _wrong_shape(found: object) -> str:
    """Say what is wrong with the shape of the logits."""
    if not isinstance(found, Tensor):
        return f"Logits are a tensor, not {type(found).__name__}."
    if found.shape == (2, K, *SIZE):
        right = found.dtype == torch.float32
        return "" if right else f"Floats went in, {found.dtype} came out."
    hints = {
        (2, K, 64, 96): "The image had been filled up. What is too much?",
        (2, K, 16, 24): "So large is the map of stride 4. Where are the "
        "pixels?",
        (2, K, 32, 48): "The last step is too short.",
    }
    shape = tuple(found.shape)
    other = f"An image of {SIZE[0]} × {SIZE[1]} has as many logits a class."
    return f"The logits have the shape {shape}. {hints.get(shape, other)}"


def _wrong_part(
    answer: Callable, net: Heads, maps: dict, ours: Tensor
) -> str:
    """Say which map does not arrive as it should."""
    right = _by_hand(net, maps)
    if torch.allclose(ours, _cut(right), atol=1e-4):
        return ""
    if wrong := _wrong_fit(ours, right):
        return f"The shape is right, but {wrong}"
    for stride in 32, 16, 8, 4:
        less = {**maps, stride: torch.zeros_like(maps[stride])}
        part = ours - _asked(answer, net, less)
        if not part.any():
            return f"The map of stride {stride} has no say in your logits."
        wanted = _cut(right - _by_hand(net, less))
        if not torch.allclose(part, wanted, atol=1e-4):
            text = f"The shape is right. But what comes from stride {stride} "
            return text + "is not right: which layers does it pass?"
    return "All four maps arrive, yet the sum is not right: biases, or signs?"


def _wrong_fit(logits: Tensor, full: Tensor) -> str:
    """Say what is wrong if the sum is right, but fitted in another way."""
    H, W = SIZE
    if torch.allclose(logits, full[..., -H:, -W:], atol=1e-4):
        return (
            "you cut at the top and at the left. Where was the image filled "
            "up?"
        )
    for mode in "bilinear", "nearest":
        squeezed = F.interpolate(full, size=SIZE, mode=mode)
        if torch.allclose(logits, squeezed, atol=1e-4):
            return (
                "64 × 96 logits are squeezed into 50 × 77. What was filled "
                "in has to be cut off."
            )
    return ""


def _cut(full: Tensor) -> Tensor:
    return full[..., : SIZE[0], : SIZE[1]]


def _by_hand(net: Heads, maps: dict[int, Tensor]) -> Tensor:
    """Send each map its way alone, and add up at the pixels, all of them."""
    layers = [net.score, net.score_pool4, net.score_pool3, net.score_pool2]
    steps = [net.upscore2, net.upscore_pool4, net.upscore_pool3]
    kernels = [step.weight for step in steps]
    tent = bilinear_kernel(8).expand(K, 1, 8, 8)
    total = 0
    for i, stride in enumerate((32, 16, 8, 4)):
        weight = layers[i].weight[:, :, 0, 0]  # (K, C)
        x = torch.einsum("kc,nchw->nkhw", weight, maps[stride])
        x = x + layers[i].bias[:, None, None]
        for kernel in kernels[i:]:
            x = F.conv_transpose2d(x, kernel, None, 2, 1, groups=K)
        total = total + F.conv_transpose2d(x, tent, None, 4, 2, groups=K)
    return total
