"""The order in which a net sees its images, the same for the same seed.

The order does not depend on what was drawn before, so that a run that was
cut off can go on where it stopped.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

Pairs = Sequence[tuple[NDArray, NDArray]]


def batches(
    data: Pairs,
    batch_size: int,
    seed: int,
    start: int,
    steps: int,
    crop: tuple[int, int] | None = None,
) -> DataLoader:
    """Draw batches in random order, half of the images mirrored.

    Each image comes once a round; what does not fill a batch is left for
    another round.

    Args:
        data: pairs of uint8 (H, W, 3) and uint8 (H, W).
        batch_size: N.
        seed: of the order, and of which images are mirrored.
        start: the first step that is wanted.
        steps: the step to stop before.
        crop: (H, W) of a window that is cut out of each image at a random
            place; an image that is smaller stays as it is.

    Returns:
        Yields (N, 3, H, W) and (N, H, W), uint8.

    Raises:
        ValueError: if there are too few pairs, or a batch mixes sizes.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    if len(data) < batch_size:
        raise ValueError(
            f"{len(data)} pairs do not fill a batch of {batch_size}: give "
            "more, or a smaller batch_size"
        )
    plan = _plan(len(data), batch_size, seed)
    return DataLoader(
        _Varied(data, crop),
        batch_sampler=list(islice(plan, start, steps)),
        collate_fn=stack,
        # its own random numbers, so that those of the net are left alone
        generator=torch.Generator(),
    )


class Choice(NamedTuple):
    """One image of a batch, and how it is varied."""

    i: int
    mirrored: bool
    top: float  # of the window, from 0 to 1
    left: float


def _plan(length: int, batch_size: int, seed: int) -> Iterator[list[Choice]]:
    """Which images make up each batch, and how each of them is varied."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(length, generator=generator).tolist()
        draws = torch.rand(length, 3, generator=generator).tolist()
        choices = [
            Choice(i, mirror < 0.5, top, left)
            for i, (mirror, top, left) in zip(order, draws, strict=True)
        ]
        for first in range(0, length - batch_size + 1, batch_size):
            yield choices[first : first + batch_size]


class _Varied:
    """Pairs as tensors; asked for a choice, a pair comes varied by it."""

    def __init__(self, data: Pairs, crop: tuple[int, int] | None) -> None:
        self.data = data
        self.crop = crop

    def __getitem__(self, choice: Choice) -> tuple[Tensor, Tensor]:
        image, labels = tensors(*self.data[choice.i])
        if self.crop:
            H, W = labels.shape
            h, w = self.crop
            # the last place is one pixel further than the largest rest
            top = int(choice.top * (max(H - h, 0) + 1))
            left = int(choice.left * (max(W - w, 0) + 1))
            window = slice(top, top + h), slice(left, left + w)
            image, labels = image[:, *window], labels[window]
        if choice.mirrored:
            image, labels = image.flip(-1), labels.flip(-1)
        return image, labels


def tensors(image: NDArray, labels: NDArray) -> tuple[Tensor, Tensor]:
    """Make torch's uint8 (3, H, W) and (H, W) of one pair."""
    # torch knows no negative strides, which flipped arrays have
    pixels, ids = map(np.ascontiguousarray, (image.transpose(2, 0, 1), labels))
    return torch.from_numpy(pixels), torch.from_numpy(ids)


def stack(pairs: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Make batches (N, 3, H, W) and (N, H, W) of pairs of tensors.

    Raises:
        ValueError: if sizes differ.
    """
    sizes = sorted({tuple(part.shape[-2:]) for pair in pairs for part in pair})
    if len(sizes) > 1:
        raise ValueError(
            "images or labels of "
            + " and ".join(f"{H}x{W}" for H, W in sizes[:2])
            + " do not fit into one batch: crop them, or use batch_size=1"
        )
    return [torch.stack(parts) for parts in zip(*pairs, strict=True)]
